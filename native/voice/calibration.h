// Measures the way from the loudspeaker to the microphone: plays a maximum length sequence, whose response at the
// microphone, correlated with the sequence and averaged over some periods, is that of loudspeaker, room and microphone
// together (J. Borish, J. B. Angell, "An efficient algorithm for measuring the impulse response using pseudorandom noise",
// 1983; the correlation is a Hadamard transform). A sequence and not a sweep: noise and voices in the street are spread
// over the whole response and averaged away.
//
// A sound server may lose or add frames meanwhile, and what comes back then has another delay from there on. So each
// stretch as long as a period has a response of its own, which is moved onto the others before they are averaged.
//
// calibration_play and calibration_hear belong to the thread that has the sound and allocate nothing;
// calibration_judge, which takes some milliseconds, to whoever has it afterwards.

#ifndef DOORPHONE_VOICE_CALIBRATION_H
#define DOORPHONE_VOICE_CALIBRATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "dsp/level.h"
#include "voice/voice.h"

/** A period is longer than the longest delay that the echo canceller takes: 512 ms. */
#define CALIBRATION_PERIOD_MOST 8191
/** The first lets the room come to rest, the others are judged. */
#define CALIBRATION_PERIODS 5
/** The samples that are judged. */
#define CALIBRATION_HEARD_MOST ((CALIBRATION_PERIODS - 1) * CALIBRATION_PERIOD_MOST)
/** -18 dBFS: a loud voice has its peaks there and above. */
#define CALIBRATION_AMPLITUDE 4125

struct calibration_report {
  bool heard;        /**< The microphone hears the loudspeaker; else delay and loudness mean nothing. */
  float delay_ms;    /**< From a turn's sound to the same turn's microphone, the direct way. */
  float path_db;     /**< What comes back, over what is played: below 0 weaker. */
  float speaker_dbfs;
  float microphone_dbfs; /**< While it is played. */
  float noise_dbfs;      /**< Before. */
  uint64_t clips;        /**< Samples of the microphone at full scale. */
  float path[VOICE_PATH_MOST]; /**< The response to what the loudspeaker was given, as voice_expect takes it. */
  size_t path_count;           /**< 0: the loudspeaker is not heard. */
};

/** Fields are the calibration's own. */
struct calibration {
  uint32_t rate_hz;
  unsigned order;
  size_t period;
  size_t quiet; /**< Samples before the sequence; the room is listened to in their second half. */
  size_t at;
  uint64_t clips;
  struct level_meter speaker;
  struct level_meter microphone;
  struct level_meter noise;
  uint8_t sequence[CALIBRATION_PERIOD_MOST]; /**< Bits. */
  int16_t heard[CALIBRATION_HEARD_MOST];     /**< From the second period on. */
};

/** @param rate_hz 8000 or 16000 @return DP_OK, DP_INVALID_ARGUMENT */
dp_error calibration_init(struct calibration *calibration, uint32_t rate_hz);

/** Adds what is to be played in this turn. */
void calibration_play(const struct calibration *calibration, int16_t *heard, size_t count);

/** Takes what the loudspeaker was given and the microphone gave in the turn. @return whether all has been heard */
bool calibration_hear(struct calibration *calibration, const int16_t *played, const int16_t *spoken, size_t count);

/** What has come of it. @return DP_OK, DP_SYSTEM (memory) */
dp_error calibration_judge(const struct calibration *calibration, struct calibration_report *report);

#endif
