// What is heard: a turn's sound into a device, with just so much waiting before it that a late turn tears nothing.
// Media thread, but for opening.

#ifndef DOORPHONE_ALSA_ALSA_PLAYBACK_H
#define DOORPHONE_ALSA_ALSA_PLAYBACK_H

#include "alsa/alsa-direction.h"
#include "alsa/alsa-drift.h"
#include "alsa/alsa-margin.h"

struct alsa_playback {
  struct alsa_direction direction;
  struct alsa_margin lead; /**< How many of the device's frames wait to be heard when a turn adds to them. */
  struct alsa_drift drift; /**< Used where nothing is captured. */
  uint32_t left_out;       /**< Turns that are still not to be heard: less is to wait. */
  uint32_t left_out_waits; /**< Turns in which it waited for a pause. */
  uint32_t refused;        /**< Turns in a row that the device did not take. */
  uint32_t depth_turns;    /**< Turns over which `least_depth` holds. */
  alsa_uframes depth;      /**< Frames that waited to be heard when the last turn came; 0: not known. */
  alsa_uframes least_depth; /**< The fewest of them. */
};

/** Not on the media thread. @return 0 or a negative errno */
int alsa_playback_open(struct alsa_playback *playback, const struct alsa_library *library, const char *name, bool wide);

/** @return 0, or a negative errno that is not passing: -EAGAIN when the device has stood still for a second */
int alsa_playback_turn(struct alsa_playback *playback, const int16_t *heard);

/** Nothing is captured: the engine follows what waits here. @return how far its next turn is to be moved, in ns */
int32_t alsa_playback_follow(struct alsa_playback *playback);

/** The other direction has shown to be even: less needs to wait here as well. */
void alsa_playback_take_for_even(struct alsa_playback *playback);

void alsa_playback_rest(struct alsa_playback *playback);

#endif
