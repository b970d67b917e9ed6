// What the microphone heard, made ready to be sent: rumble taken away, the loudspeaker's sound taken out, noise weakened,
// the voice brought to one loudness. One step for each turn of the engine; sound that passes comes out 10 ms later.
//
//   played ──► ring of the last half second ──► aligned by the delay that is found ──┐
//   microphone ──► high-pass ──► linear echo filter ◄────────────────────────────────┘
//                                └─► residual echo and noise ──► gain control ──► sent
//
// Everything is opened at once and can be switched while it runs. With all of it off, sound is not touched at all. One
// thread; nothing allocates or locks after voice_create. Above dsp/, below engine/.

#ifndef DOORPHONE_VOICE_VOICE_H
#define DOORPHONE_VOICE_VOICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct voice_switches {
  bool echo_cancellation;
  bool noise_suppression;
  bool gain_control;
};

/** Of a delay that is not known yet. */
#define VOICE_DELAY_UNKNOWN (-1.0F)
/** Of an attenuation that is not known yet. */
#define VOICE_ATTENUATION_UNKNOWN (-1.0F)

/** Levels are RMS of the last turns in dBFS, -100 at least. */
struct voice_report {
  float delay_ms;       /**< From the engine to the microphone, or VOICE_DELAY_UNKNOWN. */
  float attenuation_db; /**< Echo return loss enhancement, over the last seconds of echo alone; or _UNKNOWN. */
  float gain_db;        /**< Of the gain control. */
  float speaker_dbfs;
  float microphone_dbfs;
  float sent_dbfs;
  uint64_t clips;      /**< Samples of the microphone at full scale. */
  uint32_t beginnings; /**< How often the echo was learned anew. */
};

/** A response begins so long before the direct sound: what comes before the peak is part of it. */
#define VOICE_PATH_LEAD_MS 6
/** And lasts so long. */
#define VOICE_PATH_MS 160
/** Samples of it at 16 kHz. */
#define VOICE_PATH_MOST (VOICE_PATH_MS * 16)

struct voice;

/**
 * @param rate_hz 8000 or 16000
 * @param delay_ms what was found another time, or VOICE_DELAY_UNKNOWN
 * @return DP_OK, DP_INVALID_ARGUMENT, DP_SYSTEM (memory)
 */
dp_error voice_create(uint32_t rate_hz, float delay_ms, struct voice **voice);

void voice_destroy(struct voice *voice);

/** The memory, for whoever locks it. */
size_t voice_bytes(void);

void voice_switch(struct voice *voice, struct voice_switches switches);

/**
 * What was measured. What is learned of the echo is learned anew.
 * @param delay_ms as in voice_create
 * @param path the response from VOICE_PATH_LEAD_MS before the direct sound on, behind the high-pass; null: keeps the one that is known
 */
void voice_expect(struct voice *voice, float delay_ms, const float *path, size_t count);

/**
 * The device was stopped and begins again: the delay of the echo may be another one, and what was learned of its way, or
 * measured, counts when it is found in what the microphone hears.
 */
void voice_begin(struct voice *voice);

/**
 * One turn.
 * @param played what the loudspeaker was given in this turn
 * @param spoken what the microphone gave; becomes what is to be sent
 * @param count 20 ms of samples
 */
void voice_run(struct voice *voice, const int16_t *played, int16_t *spoken, size_t count);

/** Nothing is to be sent in this turn; the loudspeaker may be heard in a later one. */
void voice_skip(struct voice *voice, const int16_t *played, size_t count);

void voice_read(const struct voice *voice, struct voice_report *report);

#endif
