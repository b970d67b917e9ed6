// What is spoken: a turn's sound out of a device, with just so much ready that what comes a little late is not missed.
// Media thread, but for opening.

#ifndef DOORPHONE_ALSA_ALSA_CAPTURE_H
#define DOORPHONE_ALSA_ALSA_CAPTURE_H

#include "alsa/alsa-direction.h"
#include "alsa/alsa-drift.h"
#include "alsa/alsa-margin.h"

/** A second of captured sound at 16 kHz: no device gives more at once. */
#define ALSA_CAPTURED_SAMPLES 16000

struct alsa_capture {
  struct alsa_direction direction;
  struct alsa_margin aim; /**< How many captured samples are to be ready when a turn's are taken. */
  struct alsa_drift drift;
  int16_t captured[ALSA_CAPTURED_SAMPLES];
  size_t captured_count;
  bool primed;         /**< Enough was captured once; until then silence is given. */
  size_t most_at_once; /**< Captured samples in one turn of this second, until the device is known to be even. */
  uint32_t watched;    /**< Turns of this second. */
  uint32_t idle_turns; /**< Turns in a row without a captured sample. */
};

/** Not on the media thread. @return 0 or a negative errno */
int alsa_capture_open(struct alsa_capture *capture, const struct alsa_library *library, const char *name, bool wide);

/** Takes what the device has. @return 0, or a negative errno that is not passing: -EAGAIN when nothing came for a second */
int alsa_capture_turn(struct alsa_capture *capture);

/** Gives a turn's sound: silence where nothing is ready. @return how far the engine's next turn is to be moved, in ns */
int32_t alsa_capture_take(struct alsa_capture *capture, int16_t *spoken);

void alsa_capture_rest(struct alsa_capture *capture);

#endif
