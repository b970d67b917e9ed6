// Concealment of lost sound in the manner of G.711 appendix I: the last pitch periods are repeated, joined where they meet,
// more of them the longer nothing comes, and faded; the return of real sound is cross-faded. It works on decoded sound, and
// so for every codec. The caller owns the state; one thread; no allocation.
//
// Differs from the appendix in
// - that no sound is delayed by it: the 3.75 ms that the appendix holds back, to join them with what is made up, have been
//   heard already. What is made up begins with the step to it, which is let go over a millisecond;
// - the pitch, which is that of the last 10 ms and not of 20: what is made up goes on with what was heard last;
// - the fade, which is slower, begins at once, and is faster where the voice was ebbing: silence after 60 ms is understood worse;
// - the return, which is a quarter of a period long after any hole: real sound is better than the best that is made up.
// By STOI and log-spectral distance each is better (concealment.test.c; docs/bench.md has another's appendix beside it).

#ifndef DOORPHONE_JITTER_CONCEALMENT_H
#define DOORPHONE_JITTER_CONCEALMENT_H

#include <stddef.h>
#include <stdint.h>

/** Three and a quarter of the longest pitch period, 15 ms, rounded up. */
#define CONCEALMENT_HISTORY_MS 49
#define CONCEALMENT_MAX_RATE_HZ 16000
#define CONCEALMENT_MAX_HISTORY (CONCEALMENT_MAX_RATE_HZ / 1000 * CONCEALMENT_HISTORY_MS)

/** The last periods before the sound broke off, repeated over and over. */
struct concealment_loop {
  size_t periods;
  size_t phase; /**< Of its next sample. */
};

/** Fields are the concealer's own. */
struct concealment {
  size_t per_ms;                            /**< Samples a millisecond: 8 or 16. */
  int16_t history[CONCEALMENT_MAX_HISTORY]; /**< What was heard last, oldest first: as much as there is at this rate. */
  size_t period;                            /**< Samples; 0: not concealing, and what follows counts for nothing. */
  uint32_t concealed;                       /**< Samples made up in a row. */
  int16_t source[CONCEALMENT_MAX_HISTORY];  /**< The history when the sound broke off. */
  struct concealment_loop loop;
  struct concealment_loop before; /**< The shorter loop, while the longer one is faded in. */
  size_t joining;                 /**< Samples until that is done. */
  float trend;                    /**< What is made up is weaker by this factor with each sample, */
  float strength;                 /**< and by now so much of it is left, but for the fade. */
};

/** Knows no sound: conceals with silence. @param rate_hz 8000 or 16000 */
void concealment_init(struct concealment *concealment, uint32_t rate_hz);

/** Takes real sound; changes its beginning, 4 ms at most, where it follows made-up sound. */
void concealment_good(struct concealment *concealment, int16_t *samples, size_t count);

/** What comes next does not follow what was heard, though nothing was lost: it is cross-faded. */
void concealment_break(struct concealment *concealment);

/** The last samples, not made-up ones, are taken back: they will be heard otherwise. @param count at most 15 ms */
void concealment_take_back(struct concealment *concealment, size_t count);

/** Makes up sound: a fade to silence at 150 ms. */
void concealment_make(struct concealment *concealment, int16_t *samples, size_t count);

#endif
