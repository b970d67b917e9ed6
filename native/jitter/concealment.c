// See concealment.h. Figures are those of G.711 appendix I.

#include "jitter/concealment.h"

#include <string.h>

#include "dsp/ramp.h"

/** In milliseconds. */
enum {
  LAG_LEAST = 5,   // 200 Hz
  LAG_MOST = 15,   // 66 Hz
  COMPARED = 20,   // So much of the last sound is held against what was before it.
  FULL = 10,       // Then it fades, by a fifth every 10 ms,
  FADED = 60,      // to silence.
  SECOND = 10,     // From here on two periods are repeated,
  THIRD = 20,      // from here on three: one alone begins to hum.
  RETURN_MORE = 4, // The return of real sound takes so much longer for each 10 ms that were made up,
  RETURN_MOST = 10,
};

#define RETURN_SAMPLES (RETURN_MOST * CONCEALMENT_MAX_RATE_HZ / 1000)

static size_t history_length(const struct concealment *concealment) {
  return CONCEALMENT_HISTORY_MS * concealment->per_ms;
}

void concealment_init(struct concealment *concealment, uint32_t rate_hz) {
  memset(concealment, 0, sizeof *concealment);
  concealment->per_ms = rate_hz / 1000;
}

/** What was heard moves into the past. */
static void remember(struct concealment *concealment, const int16_t *samples, size_t count) {
  size_t length = history_length(concealment);
  if (count >= length) {
    memcpy(concealment->history, samples + count - length, length * sizeof *samples);
    return;
  }
  size_t kept = length - count;
  memmove(concealment->history, concealment->history + count, kept * sizeof *samples);
  memcpy(concealment->history + kept, samples, count * sizeof *samples);
}

// ---- the pitch ----

/** How alike the last sound is to that `lag` samples before, as a share of its energy; every `step`th sample counts. */
static double likeness(const struct concealment *concealment, size_t lag, size_t step) {
  const int16_t *history = concealment->history;
  size_t length = history_length(concealment);
  int64_t product = 0;
  int64_t energy = 1;
  for (size_t i = length - COMPARED * concealment->per_ms; i < length; i += step) {
    product += (int64_t)history[i] * history[i - lag];
    energy += (int64_t)history[i - lag] * history[i - lag];
  }
  // product² / energy without a root; what is unlike does not count.
  return product <= 0 ? 0 : (double)product * (double)product / (double)energy;
}

static size_t best_lag(const struct concealment *concealment, size_t least, size_t most, size_t step) {
  size_t best = most;
  double found = 0;
  for (size_t lag = least; lag <= most; lag += step) {
    double here = likeness(concealment, lag, step);
    if (here <= found) continue;
    found = here;
    best = lag;
  }
  return best;
}

/** The pitch period, or where there is none the lag that fits best: roughly at 4 kHz, then exactly around it. */
static size_t find_period(const struct concealment *concealment) {
  size_t least = LAG_LEAST * concealment->per_ms;
  size_t most = LAG_MOST * concealment->per_ms;
  size_t step = concealment->per_ms / 4;
  size_t rough = best_lag(concealment, least, most, step);
  size_t from = rough - least < step ? least : rough - step + 1;
  size_t to = most - rough < step ? most : rough + step - 1;
  return best_lag(concealment, from, to, 1);
}

// ---- making up ----

/** Over which two sounds are joined: a quarter of the period. */
static size_t overlap(const struct concealment *concealment) { return concealment->period / 4; }

/** The next sample of a loop. Its end is joined with what stands before its beginning, which follows it. */
static int32_t play(const struct concealment *concealment, struct concealment_loop *loop) {
  size_t length = loop->periods * concealment->period;
  size_t joined = overlap(concealment);
  const int16_t *start = concealment->source + history_length(concealment) - length;
  size_t at = loop->phase;
  loop->phase = (at + 1) % length;
  if (at + joined < length) return start[at];
  return ramp_between(start[at], start[(ptrdiff_t)at - (ptrdiff_t)length], at + joined - length + 1, joined + 1);
}

static void begin(struct concealment *concealment) {
  concealment->period = find_period(concealment);
  concealment->loop = (struct concealment_loop){.periods = 1};
  concealment->joining = 0;
  memcpy(concealment->source, concealment->history, sizeof concealment->source);
}

/** One period more is repeated from now on, from the same place in it. */
static void grow(struct concealment *concealment) {
  concealment->before = concealment->loop;
  concealment->loop.periods++;
  concealment->loop.phase %= concealment->period;
  concealment->joining = overlap(concealment);
}

/** The next sample before the fade. */
static int32_t next_sample(struct concealment *concealment) {
  size_t made = concealment->concealed;
  if (made == SECOND * concealment->per_ms || made == THIRD * concealment->per_ms) grow(concealment);
  int32_t sample = play(concealment, &concealment->loop);
  size_t joined = overlap(concealment);
  if (concealment->joining > 0) {
    sample = ramp_between(sample, play(concealment, &concealment->before), concealment->joining, joined + 1);
    concealment->joining--;
  }
  if (made >= joined) return sample;
  // The sound broke off somewhere; backwards it goes on from there without a step.
  int16_t mirrored = concealment->source[history_length(concealment) - 1 - made];
  return ramp_between(mirrored, sample, made + 1, joined + 1);
}

/** How much is left after so many made-up samples, of `most` at first. */
static int32_t strength(uint32_t concealed, uint32_t faded, int32_t most) {
  if (concealed >= faded) return 0;
  int32_t left = (int32_t)(faded - concealed);
  return left < most ? left : most;
}

static void make(struct concealment *concealment, int16_t *samples, size_t count) {
  if (concealment->period == 0) begin(concealment);
  uint32_t faded = (uint32_t)(FADED * concealment->per_ms);
  int32_t most = (int32_t)((FADED - FULL) * concealment->per_ms);
  for (size_t i = 0; i < count; i++) {
    int32_t left = strength(concealment->concealed, faded, most);
    samples[i] = (int16_t)(left == 0 ? 0 : next_sample(concealment) * left / most);
    if (left > 0) concealment->concealed++;
  }
}

void concealment_make(struct concealment *concealment, int16_t *samples, size_t count) {
  make(concealment, samples, count);
  remember(concealment, samples, count);
}

/** The made-up sound goes on for a while under the real one, the longer the more was made up. */
static void come_back(struct concealment *concealment, int16_t *samples, size_t count) {
  size_t tens = concealment->concealed / (10 * concealment->per_ms);
  size_t length = overlap(concealment) + (tens > 1 ? tens - 1 : 0) * RETURN_MORE * concealment->per_ms;
  if (length > RETURN_MOST * concealment->per_ms) length = RETURN_MOST * concealment->per_ms;
  if (length > count) length = count;
  int16_t made[RETURN_SAMPLES];
  make(concealment, made, length);
  ramp_over(made, samples, samples, length);
  concealment->period = 0;
  concealment->concealed = 0;
}

void concealment_good(struct concealment *concealment, int16_t *samples, size_t count) {
  if (concealment->period > 0) come_back(concealment, samples, count);
  remember(concealment, samples, count);
}

void concealment_break(struct concealment *concealment) {
  if (concealment->period == 0) begin(concealment);
}

void concealment_take_back(struct concealment *concealment, size_t count) {
  memmove(concealment->history + count, concealment->history,
          (history_length(concealment) - count) * sizeof concealment->history[0]);
}
