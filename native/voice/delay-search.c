// See delay-search.h.

#define _DEFAULT_SOURCE // M_PI

#include "voice/delay-search.h"

#include <math.h>
#include <string.h>

/** The low-pass of both decimators; a fourth of it is gone at 1 kHz, which folding does not harm. */
#define CUT_HZ 800
/** Of the step that would explain each sample at once. */
#define STEP 0.5F
/** Mean power of the far side, below which nothing is learned: -66 dBFS. */
#define LEAST_POWER 256.0F
/** Smoothing of energies, a tenth of a second. */
#define SMOOTHING 0.995F
/** So much of what the microphone hears the weights must leave unexplained at most. */
#define UNEXPLAINED 0.5F
/** The peak over the mean of all taps, and over the greatest tap elsewhere. */
#define PEAK_OVER_MEAN 30.0F
#define PEAK_OVER_OTHERS 1.5F
/** Taps around the peak that belong to it, the room's first echoes among them. */
#define PEAK_WIDTH 16
/** Taps that a peak may move and be the same. */
#define STEADY_TAPS 2
/** Turns that it must stand: a third of a second of sound. */
#define STEADY_TURNS 16
/** Sums that are kept apart, so that they can be added side by side. */
#define LANES 8

_Static_assert(DELAY_SEARCH_TAPS % LANES == 0, "the window is a whole number of lanes");

static void decimator_init(struct decimator *decimator, uint32_t rate_hz) {
  static const double damping[2] = {0.5411961, 1.3065630}; // Q of a Butterworth filter of fourth order
  memset(decimator, 0, sizeof *decimator);
  decimator->factor = rate_hz / DELAY_SEARCH_HZ;
  double w = tan(M_PI * CUT_HZ / (double)rate_hz);
  for (size_t section = 0; section < 2; section++) {
    double scale = 1 / (1 + w / damping[section] + w * w);
    float *c = decimator->coefficients[section];
    c[0] = c[2] = (float)(w * w * scale);
    c[1] = 2 * c[0];
    c[3] = (float)(2 * (w * w - 1) * scale);
    c[4] = (float)((1 - w / damping[section] + w * w) * scale);
  }
}

/** @return whether this sample completes one of the lower rate */
static bool decimate(struct decimator *decimator, float sample, float *decimated) {
  for (size_t section = 0; section < 2; section++) {
    const float *c = decimator->coefficients[section];
    float *state = decimator->state[section];
    float output = c[0] * sample + state[0];
    state[0] = c[1] * sample - c[3] * output + state[1];
    state[1] = c[2] * sample - c[4] * output;
    sample = output;
  }
  if (++decimator->phase < decimator->factor) return false;
  decimator->phase = 0;
  *decimated = sample - decimator->last;
  decimator->last = sample;
  return true;
}

void delay_search_init(struct delay_search *search, uint32_t rate_hz) {
  memset(search, 0, sizeof *search);
  decimator_init(&search->far, rate_hz);
  decimator_init(&search->near, rate_hz);
}

static void push(struct delay_search *search, float far) {
  float *history = search->history;
  search->newest = (search->newest + DELAY_SEARCH_TAPS - 1) % DELAY_SEARCH_TAPS;
  float oldest = history[search->newest];
  history[search->newest] = history[search->newest + DELAY_SEARCH_TAPS] = far;
  search->energy += (double)far * (double)far - (double)oldest * (double)oldest;
}

static float explained(const struct delay_search *search) {
  const float *window = &search->history[search->newest];
  float sums[LANES] = {0};
  for (size_t at = 0; at < DELAY_SEARCH_TAPS; at += LANES) {
    for (size_t lane = 0; lane < LANES; lane++) sums[lane] += window[at + lane] * search->weights[at + lane];
  }
  float sum = 0;
  for (size_t lane = 0; lane < LANES; lane++) sum += sums[lane];
  return sum;
}

static void learn(struct delay_search *search, float near) {
  float error = near - explained(search);
  search->near_energy = SMOOTHING * search->near_energy + (1 - SMOOTHING) * near * near;
  search->error_energy = SMOOTHING * search->error_energy + (1 - SMOOTHING) * error * error;
  const float *window = &search->history[search->newest];
  float step = STEP * error / (float)search->energy;
  for (size_t at = 0; at < DELAY_SEARCH_TAPS; at++) search->weights[at] += step * window[at];
}

/** @return whether there is one peak, that is one */
static bool find_peak(const struct delay_search *search, size_t *peak) {
  float greatest = 0;
  float sum = 0;
  for (size_t at = 0; at < DELAY_SEARCH_TAPS; at++) {
    float power = search->weights[at] * search->weights[at];
    sum += power;
    if (power <= greatest) continue;
    greatest = power;
    *peak = at;
  }
  float elsewhere = 0;
  for (size_t at = 0; at < DELAY_SEARCH_TAPS; at++) {
    if (at + PEAK_WIDTH > *peak && at < *peak + PEAK_WIDTH) continue;
    float power = search->weights[at] * search->weights[at];
    if (power > elsewhere) elsewhere = power;
  }
  return greatest * DELAY_SEARCH_TAPS > PEAK_OVER_MEAN * sum && greatest > PEAK_OVER_OTHERS * elsewhere;
}

static void judge(struct delay_search *search) {
  size_t peak = 0;
  if (search->error_energy > UNEXPLAINED * search->near_energy || !find_peak(search, &peak)) {
    search->turns = 0;
    return;
  }
  size_t moved = peak > search->candidate ? peak - search->candidate : search->candidate - peak;
  search->turns = moved <= STEADY_TAPS ? search->turns + 1 : 0;
  search->candidate = peak;
  if (search->turns < STEADY_TURNS) return;
  search->found = true;
  search->delay = peak;
}

void delay_search_run(struct delay_search *search, const float *far, const float *near, size_t count) {
  bool learned = false;
  for (size_t at = 0; at < count; at++) {
    float far_sample = 0;
    float near_sample = 0;
    // Both sides are in step.
    (void)decimate(&search->near, near[at], &near_sample);
    if (!decimate(&search->far, far[at], &far_sample)) continue;
    push(search, far_sample);
    if (search->energy < (double)LEAST_POWER * DELAY_SEARCH_TAPS) continue;
    learn(search, near_sample);
    learned = true;
  }
  if (learned) judge(search);
}

bool delay_search_result(const struct delay_search *search, float *delay_ms) {
  *delay_ms = (float)search->delay * (1000.0F / DELAY_SEARCH_HZ);
  return search->found;
}
