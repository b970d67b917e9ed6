// Playback and capture of one ALSA device, as mono sound of 8 or 16 kHz, a turn at a time. A device may have but one of the two, or refuse
// to do both at once (half-duplex): then the other is silence. Opening and closing may take long and belong to a thread
// that is not real time; the exchange never blocks.

#ifndef DOORPHONE_ALSA_ALSA_PAIR_H
#define DOORPHONE_ALSA_ALSA_PAIR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "alsa/alsa-library.h"
#include "alsa/alsa-margin.h"
#include "dsp/resampler.h"
#include "engine/audio-io.h"

/** What is exchanged at a time: each turn that sound waits for is delay. */
#define ALSA_TURN_MS 5
/** What is written or read at once: more than a turn at the highest rate that is asked for. */
#define ALSA_BLOCK_FRAMES 1024
/** A second of captured sound at 16 kHz: no device gives more at once. */
#define ALSA_CAPTURED_SAMPLES 16000

/** One direction. */
struct alsa_direction {
  struct alsa_handle *handle; /**< Null: it is not there. */
  unsigned channels;
  unsigned rate_hz;
  alsa_uframes buffer_frames;
  alsa_uframes period_frames; /**< What the card moves at a time, as far as is known. */
  bool running;
  bool even; /**< It gives and takes evenly, as cards do, and little needs to wait: known, or learned. */
  struct resampler resampler; /**< Unused where the device runs at the pair's rate. */
  void *filter;
};

struct alsa_pair {
  const struct alsa_library *library;
  uint32_t rate_hz;     /**< Of the frames that are exchanged. */
  size_t turn_samples;  /**< In one of them. */
  struct alsa_direction playback;
  struct alsa_direction capture;
  struct audio_report half; /**< What each exchange says of a direction that is not there. */
  int16_t captured[ALSA_CAPTURED_SAMPLES];
  size_t captured_count;
  struct alsa_margin aim;  /**< How many captured samples are to be ready when a turn's are taken. */
  struct alsa_margin lead; /**< How many of the playback's frames wait to be heard when a turn adds to them. */
  bool primed;         /**< Enough was captured once; until then silence is given. */
  int64_t surplus_q8;  /**< Captured samples beyond the aim, or what lacks of the lead, averaged, times 256. */
  size_t most_at_once; /**< Captured samples in one turn of this second, until the capture is known to be even. */
  uint32_t watched;    /**< Turns of this second. */
  uint32_t left_out;   /**< Turns that are still not to be heard: less is to wait. */
  uint32_t left_out_waits; /**< Turns in which it waited for a pause. */
  uint32_t turns;      /**< Since it was opened or has rested; counts no further than what it is asked for. */
  uint32_t idle_turns; /**< Turns in a row without a captured sample. */
  uint32_t refused;    /**< Frames in a row that playback did not take. */
  uint32_t depth_turns;       /**< Turns over which `least_depth` holds. */
  alsa_uframes depth;         /**< The device's frames that waited to be heard when the last turn came; 0: not known. */
  alsa_uframes least_depth;   /**< The fewest of the device's frames that waited to be heard. */
  uint32_t looks;             /**< Since it rests. */
};

/** Opens both directions, or the one that can be. Not on the media thread. @param wide for frames of 16 kHz @return 0 or a negative errno */
int alsa_pair_open(const struct alsa_library *library, const char *name, bool wide, struct alsa_pair **pair);

void alsa_pair_close(struct alsa_pair *pair);

/** One turn. Media thread. @return whether the device still works, if by half; `report` says what does not */
bool alsa_pair_exchange(struct alsa_pair *pair, const int16_t *heard, int16_t *spoken, struct audio_report *report);

/**
 * Stops both directions until the next exchange: the card sleeps, and a microphone that nobody listens to is off. Media
 * thread; a sound server's client may take some milliseconds.
 */
void alsa_pair_rest(struct alsa_pair *pair);

/** While it rests: is the card still there? Media thread. @return whether; `report` says what is wrong */
bool alsa_pair_look(struct alsa_pair *pair, struct audio_report *report);

#endif
