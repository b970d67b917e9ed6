// Playback and capture of one ALSA device, as mono sound of 8 or 16 kHz, a turn at a time. A device may have but one of the
// two: then the other is silence. One that refuses to do both at once (half-duplex) is turned round by who speaks. Opening and
// closing may take long and belong to a thread that is not real time; the exchange never blocks.

#ifndef DOORPHONE_ALSA_ALSA_PAIR_H
#define DOORPHONE_ALSA_ALSA_PAIR_H

#include <stdbool.h>
#include <stdint.h>

#include "alsa/alsa-capture.h"
#include "alsa/alsa-floor.h"
#include "alsa/alsa-playback.h"

struct alsa_pair {
  struct alsa_playback playback;
  struct alsa_capture capture;
  struct audio_report half; /**< What each exchange says of a direction that is not there, or not at once. */
  struct alsa_floor floor;  /**< Where it does one at a time. */
  uint32_t turns; /**< Since it was opened or has rested; counts no further than what it is asked for. */
  uint32_t looks; /**< Since it rests. */
};

/**
 * Opens the direction of a half-duplex device that is wanted, and closes the other. Not on the media thread.
 * @return 0 or a negative errno: it has none now
 */
int alsa_pair_turn_round(struct alsa_pair *pair, const struct alsa_library *library, const char *name, bool wide);

/** Whether it plays or records, one at a time. */
static inline bool alsa_pair_is_half_duplex(const struct alsa_pair *pair) {
  return pair->half.fault == AUDIO_FAULT_BY_TURNS;
}

/** Whether a half-duplex one has not the direction that is wanted: alsa_pair_turn_round is to be called. */
static inline bool alsa_pair_is_turned_away(const struct alsa_pair *pair) {
  const struct alsa_direction *wanted = pair->floor.records ? &pair->capture.direction : &pair->playback.direction;
  return alsa_pair_is_half_duplex(pair) && !wanted->handle;
}

/** Opens both directions, or the one that can be. Not on the media thread. @param wide for sound of 16 kHz @return 0 or a negative errno */
int alsa_pair_open(const struct alsa_library *library, const char *name, bool wide, struct alsa_pair **pair);

void alsa_pair_close(struct alsa_pair *pair);

/** One turn. Media thread. @return whether the device still works, if by half; `report` says what does not */
bool alsa_pair_exchange(struct alsa_pair *pair, const int16_t *heard, int16_t *spoken, struct audio_report *report);

/**
 * Stops both directions until the next exchange: the card sleeps, and a microphone that nobody listens to is off. A
 * half-duplex one is to play when it is woken. Media thread; a sound server's client may take some milliseconds.
 */
void alsa_pair_rest(struct alsa_pair *pair);

/** While it rests: is the card still there? Media thread. @return whether; `report` says what is wrong */
bool alsa_pair_look(struct alsa_pair *pair, struct audio_report *report);

#endif
