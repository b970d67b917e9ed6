// See concealment.h.

#include "jitter/concealment.h"

#include <math.h>
#include <string.h>

#include "dsp/mix.h"
#include "dsp/ramp.h"

/** In milliseconds. */
enum {
  LAG_LEAST = 5,  // 200 Hz
  LAG_MOST = 15,  // 66 Hz
  COMPARED = 10,  // So much of the last sound is held against what was before it.
  FADED = 150,    // From the first sample on it fades, to silence here.
  SECOND = 20,    // From here on two periods are repeated,
  THIRD = 40,     // from here on three: one alone begins to hum.
  JOINED = 1,     // The step to what is made up is let go over so much.
};

/** A voice that was ebbing goes on to: by a half in a period at most, and to this share at most. */
#define WEAKER_MOST 0.5F
#define WEAKEST 0.6F

/** A quarter of the longest period. */
#define RETURN_SAMPLES (LAG_MOST * CONCEALMENT_MAX_RATE_HZ / 1000 / 4)

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

static float energy(const int16_t *samples, size_t count) {
  float sum = 1;
  for (size_t i = 0; i < count; i++) sum += (float)samples[i] * (float)samples[i];
  return sum;
}

/** What each sample is weaker than the one before, as the last period is weaker than that before it; never made louder. */
static float trend_of(const struct concealment *concealment) {
  size_t period = concealment->period;
  const int16_t *last = concealment->history + history_length(concealment) - period;
  float trend = sqrtf(energy(last, period) / energy(last - period, period));
  return powf(fminf(fmaxf(trend, WEAKER_MOST), 1), 1 / (float)period);
}

static void begin(struct concealment *concealment) {
  concealment->period = find_period(concealment);
  concealment->loop = (struct concealment_loop){.periods = 1};
  concealment->joining = 0;
  concealment->trend = trend_of(concealment);
  concealment->strength = 1;
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
  // The sound broke off somewhere else than where the period before it ended. That step, less and less of it, goes along.
  int32_t width = (int32_t)(JOINED * concealment->per_ms);
  if ((int32_t)made >= width) return sample;
  const int16_t *end = concealment->source + history_length(concealment) - 1;
  int32_t step = *end - *(end - concealment->period);
  return sample + step * (width - (int32_t)made) / (width + 1);
}

static void make(struct concealment *concealment, int16_t *samples, size_t count) {
  if (concealment->period == 0) begin(concealment);
  const uint32_t faded = (uint32_t)(FADED * concealment->per_ms);
  for (size_t i = 0; i < count; i++) {
    if (concealment->concealed >= faded) {
      samples[i] = 0;
      continue;
    }
    float left = (float)(faded - concealment->concealed) / (float)faded * concealment->strength;
    samples[i] = mix_saturate((int32_t)((float)next_sample(concealment) * left));
    concealment->strength = fmaxf(concealment->strength * concealment->trend, WEAKEST);
    concealment->concealed++;
  }
}

void concealment_make(struct concealment *concealment, int16_t *samples, size_t count) {
  make(concealment, samples, count);
  remember(concealment, samples, count);
}

/** The made-up sound goes on under the beginning of the real one, no longer than a click would take to be heard. */
static void come_back(struct concealment *concealment, int16_t *samples, size_t count) {
  size_t length = overlap(concealment);
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
