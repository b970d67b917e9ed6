// How much sound is kept ready against what comes late: more after each lack, and less again when for long it was not
// needed, as one bad moment must not be delay for years. Media thread; pure.

#ifndef DOORPHONE_ALSA_ALSA_MARGIN_H
#define DOORPHONE_ALSA_ALSA_MARGIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Amounts are samples of one rate, the owner's. */
struct alsa_margin {
  size_t amount;  /**< To be ready. */
  size_t least;   /**< What it is at first, and comes back to. */
  size_t most;
  size_t step;    /**< By which it grows and shrinks. */
  size_t reserve; /**< What has to be left at the worst moment before a step may go. */
  size_t least_left;
  uint32_t calm_turns;
  uint32_t patience_turns; /**< So long no more than the rest was needed before a step goes. */
  bool eased;              /**< A step has gone, and it has not been calm for as long again. */
};

/** Where it begins, with the least of amounts. What it has learned of patience is forgotten. @param rate_hz of the samples */
struct alsa_margin alsa_margin_of(size_t least, size_t most_ms, uint32_t rate_hz);

/** Something was not there in time. If that comes of a step that went, the next one goes later: after 10 s, 20, up to 5 min. */
void alsa_margin_lack(struct alsa_margin *margin);

/** Each turn: a step may go. @param left of the amount when it was needed */
void alsa_margin_turn(struct alsa_margin *margin, size_t left);

#endif
