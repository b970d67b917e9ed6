// See concealment.h.

#include "jitter/concealment.h"

#include <string.h>

enum {
  LAG_LEAST = 40,   // 5 ms: 200 Hz
  LAG_MOST = 120,   // 15 ms: 66 Hz
  FULL = 80,        // 10 ms
  FADED = 480,      // 60 ms
  CROSS_FADE = 40,  // 5 ms
};

void concealment_init(struct concealment *concealment) { memset(concealment, 0, sizeof *concealment); }

/** How alike the last LAG_MOST samples are to those `lag` before, as a share of their energy. */
static double likeness(const int16_t *history, size_t lag) {
  int64_t product = 0;
  int64_t energy = 1;
  for (size_t i = CONCEALMENT_HISTORY - LAG_MOST; i < CONCEALMENT_HISTORY; i++) {
    product += (int64_t)history[i] * history[i - lag];
    energy += (int64_t)history[i - lag] * history[i - lag];
  }
  // product² / energy without a root; what is unlike does not count.
  return product <= 0 ? 0 : (double)product * (double)product / (double)energy;
}

/** The pitch period, or where there is none the lag that fits best. */
static size_t find_period(const int16_t *history) {
  size_t best = LAG_MOST;
  double most = 0;
  for (size_t lag = LAG_LEAST; lag <= LAG_MOST; lag++) {
    double found = likeness(history, lag);
    if (found > most) {
      most = found;
      best = lag;
    }
  }
  return best;
}

/** The next made-up sample, before the fade. */
static int32_t repeat(struct concealment *concealment) {
  int32_t sample = concealment->history[CONCEALMENT_HISTORY - concealment->period + concealment->phase];
  concealment->phase = (concealment->phase + 1) % concealment->period;
  return sample;
}

/** How much is left at a sample of the made-up sound, 0 to FADED - FULL. */
static int32_t strength(uint32_t concealed) {
  if (concealed < FULL) return FADED - FULL;
  return concealed < FADED ? (int32_t)(FADED - concealed) : 0;
}

void concealment_make(struct concealment *concealment, int16_t *samples, size_t count) {
  if (concealment->period == 0) {
    concealment->period = find_period(concealment->history);
    concealment->phase = 0;
  }
  for (size_t i = 0; i < count; i++) {
    int32_t full = repeat(concealment);
    samples[i] = (int16_t)(full * strength(concealment->concealed) / (FADED - FULL));
    if (concealment->concealed < FADED) concealment->concealed++;
  }
}

/** The made-up sound goes on for a while under the real one. */
static void cross_fade(struct concealment *concealment, int16_t *samples, size_t count) {
  size_t length = count < CROSS_FADE ? count : CROSS_FADE;
  int16_t made[CROSS_FADE];
  concealment_make(concealment, made, length);
  for (size_t i = 0; i < length; i++) {
    int32_t real = (int32_t)i + 1;
    samples[i] = (int16_t)((made[i] * ((int32_t)length + 1 - real) + samples[i] * real) / ((int32_t)length + 1));
  }
  concealment->period = 0;
  concealment->concealed = 0;
}

void concealment_good(struct concealment *concealment, int16_t *samples, size_t count) {
  if (concealment->period > 0) cross_fade(concealment, samples, count);
  if (count >= CONCEALMENT_HISTORY) {
    memcpy(concealment->history, samples + count - CONCEALMENT_HISTORY, sizeof concealment->history);
    return;
  }
  size_t kept = CONCEALMENT_HISTORY - count;
  memmove(concealment->history, concealment->history + count, kept * sizeof *samples);
  memcpy(concealment->history + kept, samples, count * sizeof *samples);
}
