// Concealment of lost sound: the last pitch period is repeated and faded; the return of real sound is cross-faded. The
// caller owns the state; one thread. No sound is delayed by it.
//
// Leaves out: G.711 appendix I, whose overlap-add this resembles from afar.

#ifndef DOORPHONE_JITTER_CONCEALMENT_H
#define DOORPHONE_JITTER_CONCEALMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** 30 ms: twice the longest pitch period that is looked for, so that any period stands in it whole. */
#define CONCEALMENT_HISTORY_MS 30
#define CONCEALMENT_MAX_RATE_HZ 16000
#define CONCEALMENT_MAX_HISTORY (CONCEALMENT_MAX_RATE_HZ / 1000 * CONCEALMENT_HISTORY_MS)

/** Fields are the concealer's own. */
struct concealment {
  size_t per_ms;                        /**< Samples a millisecond: 8 or 16. */
  int16_t history[CONCEALMENT_MAX_HISTORY]; /**< The last sound, oldest first: as much as there is at this rate. */
  size_t period;                        /**< Samples that are repeated; 0: not concealing. */
  size_t phase;                         /**< Next sample of the period. */
  uint32_t concealed;                   /**< Samples made up in a row. */
};

/** Knows no sound: conceals with silence. @param rate_hz 8000 or 16000 */
void concealment_init(struct concealment *concealment, uint32_t rate_hz);

/** Takes real sound; changes its first 5 ms where it follows made-up sound. */
void concealment_good(struct concealment *concealment, int16_t *samples, size_t count);

/** Makes up sound: full for 10 ms, then a fade to silence at 60 ms. */
void concealment_make(struct concealment *concealment, int16_t *samples, size_t count);

#endif
