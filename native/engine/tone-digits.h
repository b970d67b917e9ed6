// Digits that come as tones in a peer's sound: only what comes from the network counts. What the door's own microphone hears
// may come back from there, by a hands-free telephone or a hybrid, and does not: a visitor opens no door with a whistle. For
// engine/ alone; media thread.

#ifndef DOORPHONE_ENGINE_TONE_DIGITS_H
#define DOORPHONE_ENGINE_TONE_DIGITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "dsp/dtmf-detector.h"

/** 0-9 * # A-D. */
#define TONE_DIGITS 16

/** One sound that is listened to; zero-initialised has heard nothing. */
struct tone_listener {
  bool wide; /**< Of the sound so far. */
  struct dtmf_detector detector;
};

/** A turn of sound. */
struct tone_sound {
  bool wide;
  const int16_t *samples;
  size_t count;
};

/** What all streams share. Fields are its own, but for `counted`. */
struct tone_digits {
  bool counted; /**< To write. */
  struct dtmf_tables tables[2]; /**< For 8 and 16 kHz. */
  struct tone_listener microphone;
  uint64_t heard_ns[TONE_DIGITS]; /**< When the microphone heard each last; 0: never. */
};

/** @return as dtmf_tables_init */
dp_error tone_digits_init(struct tone_digits *digits);

/** Takes a turn of the microphone's sound. */
void tone_digits_hear(struct tone_digits *digits, const struct tone_sound *spoken, uint64_t now_ns);

/** Takes a turn of a peer's sound. @return a digit that counts, or '\0' */
char tone_digits_take(struct tone_digits *digits, struct tone_listener *peer, const struct tone_sound *sound,
                      uint64_t now_ns);

#endif
