// See concealment.h.

#include "jitter/concealment.h"

#include <string.h>

/** In milliseconds. */
enum {
  LAG_LEAST = 5,   // 200 Hz
  LAG_MOST = 15,   // 66 Hz
  FULL = 10,
  FADED = 60,
  CROSS_FADE = 5,
};

#define CROSS_FADE_SAMPLES (CROSS_FADE * CONCEALMENT_MAX_RATE_HZ / 1000)

static size_t history_length(const struct concealment *concealment) {
  return CONCEALMENT_HISTORY_MS * concealment->per_ms;
}

void concealment_init(struct concealment *concealment, uint32_t rate_hz) {
  memset(concealment, 0, sizeof *concealment);
  concealment->per_ms = rate_hz / 1000;
}

/** How alike the last LAG_MOST milliseconds are to those `lag` samples before, as a share of their energy. */
static double likeness(const struct concealment *concealment, size_t lag) {
  const int16_t *history = concealment->history;
  size_t length = history_length(concealment);
  int64_t product = 0;
  int64_t energy = 1;
  for (size_t i = length - LAG_MOST * concealment->per_ms; i < length; i++) {
    product += (int64_t)history[i] * history[i - lag];
    energy += (int64_t)history[i - lag] * history[i - lag];
  }
  // product² / energy without a root; what is unlike does not count.
  return product <= 0 ? 0 : (double)product * (double)product / (double)energy;
}

/** The pitch period, or where there is none the lag that fits best. */
static size_t find_period(const struct concealment *concealment) {
  size_t longest = LAG_MOST * concealment->per_ms;
  size_t best = longest;
  double most = 0;
  for (size_t lag = LAG_LEAST * concealment->per_ms; lag <= longest; lag++) {
    double found = likeness(concealment, lag);
    if (found > most) {
      most = found;
      best = lag;
    }
  }
  return best;
}

/** The next made-up sample, before the fade. */
static int32_t repeat(struct concealment *concealment) {
  int32_t sample = concealment->history[history_length(concealment) - concealment->period + concealment->phase];
  concealment->phase = (concealment->phase + 1) % concealment->period;
  return sample;
}

/** How much is left after so many made-up samples, of `most` at first. */
static int32_t strength(uint32_t concealed, uint32_t faded, int32_t most) {
  if (concealed >= faded) return 0;
  int32_t left = (int32_t)(faded - concealed);
  return left < most ? left : most;
}

void concealment_make(struct concealment *concealment, int16_t *samples, size_t count) {
  if (concealment->period == 0) {
    concealment->period = find_period(concealment);
    concealment->phase = 0;
  }
  uint32_t faded = (uint32_t)(FADED * concealment->per_ms);
  int32_t most = (int32_t)((FADED - FULL) * concealment->per_ms);
  for (size_t i = 0; i < count; i++) {
    int32_t full = repeat(concealment);
    samples[i] = (int16_t)(full * strength(concealment->concealed, faded, most) / most);
    if (concealment->concealed < faded) concealment->concealed++;
  }
}

/** The made-up sound goes on for a while under the real one. */
static void cross_fade(struct concealment *concealment, int16_t *samples, size_t count) {
  size_t length = CROSS_FADE * concealment->per_ms;
  if (count < length) length = count;
  int16_t made[CROSS_FADE_SAMPLES];
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
  size_t length = history_length(concealment);
  if (count >= length) {
    memcpy(concealment->history, samples + count - length, length * sizeof *samples);
    return;
  }
  size_t kept = length - count;
  memmove(concealment->history, concealment->history + count, kept * sizeof *samples);
  memcpy(concealment->history + kept, samples, count * sizeof *samples);
}
