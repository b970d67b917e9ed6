// See resampler.h. The prototype is a low-pass at L times the input rate; phase p of it is every L-th coefficient from
// p on, kept last one first, so that an output sample is one product of the phase with the latest input.

#include "dsp/resampler.h"

#include <math.h>
#include <string.h>

#include "dsp/minimum-phase.h"
#include "dsp/mix.h"

enum { RATE_LEAST = 4000, RATE_MOST = 192000, TAPS_MULTIPLE = 4, RATIO_MOST = 24 };
static const double pi = 3.141592653589793;
static const double stop_db = 72;     // Kaiser's estimate; some is lost to rounding to 16 bits.
static const double pass_end = 0.85;  // Of the lower rate's Nyquist frequency.

/** Where the stop band begins. */
static double stop_begin(bool prompt) { return prompt ? 2 - pass_end : 1; }

static uint32_t greatest_common_divisor(uint32_t a, uint32_t b) {
  while (b != 0) {
    uint32_t rest = a % b;
    a = b;
    b = rest;
  }
  return a;
}

/** Phases, step and taps for a pair of rates. @return false: not supported */
static bool plan(struct resampler *resampler, uint32_t input_hz, uint32_t output_hz, bool prompt) {
  if (input_hz < RATE_LEAST || input_hz > RATE_MOST || output_hz < RATE_LEAST || output_hz > RATE_MOST) return false;
  uint32_t divisor = greatest_common_divisor(input_hz, output_hz);
  resampler->input_hz = input_hz;
  resampler->output_hz = output_hz;
  resampler->prompt = prompt;
  resampler->phases = output_hz / divisor;
  resampler->step = input_hz / divisor;
  uint32_t lower_hz = input_hz < output_hz ? input_hz : output_hz;
  if (resampler->phases > RESAMPLER_MAX_PHASES || input_hz / lower_hz > RATIO_MOST) return false;
  if (input_hz == output_hz) {
    resampler->taps = TAPS_MULTIPLE;
    return true;
  }
  // Kaiser: N = (A - 7.95) / (2.285 Δω), here for one phase, that is at the input rate.
  double transition = pi * (stop_begin(prompt) - pass_end) * lower_hz / input_hz;
  double taps = (stop_db - 7.95) / (2.285 * transition);
  resampler->taps = ((size_t)taps / TAPS_MULTIPLE + 1) * TAPS_MULTIPLE;
  return true;
}

/** Modified Bessel function of the first kind, order 0, by its series. */
static double bessel_i0(double x) {
  double sum = 1;
  double term = 1;
  for (int k = 1; term > sum * 1e-12; k++) {
    term *= (x / (2 * k)) * (x / (2 * k));
    sum += term;
  }
  return sum;
}

/** The prototype's coefficient `n` of `length`. */
static double coefficient(double n, double length, double cutoff) {
  double beta = 0.1102 * (stop_db - 8.7);
  double centre = (length - 1) / 2;
  double x = n - centre;
  double position = x / (centre + 0.5);
  double window = bessel_i0(beta * sqrt(1 - position * position)) / bessel_i0(beta);
  double sinc = fabs(x) < 1e-9 ? cutoff : sin(pi * cutoff * x) / (pi * x);
  return sinc * window;
}

static void compute_filter(struct resampler *resampler) {
  size_t taps = resampler->taps;
  size_t phases = resampler->phases;
  if (resampler->input_hz == resampler->output_hz) {
    memset(resampler->filter, 0, taps * sizeof *resampler->filter);
    resampler->filter[taps - 1] = 1;
    return;
  }
  uint32_t lower_hz = resampler->input_hz < resampler->output_hz ? resampler->input_hz : resampler->output_hz;
  // In the middle of the transition band, as a share of the prototype's Nyquist frequency.
  double cutoff = (stop_begin(resampler->prompt) + pass_end) / 2 * lower_hz / ((double)resampler->input_hz * (double)phases);
  size_t length = taps * phases;
  double prototype[MINIMUM_PHASE_MOST];
  bool soonest = resampler->prompt && length <= MINIMUM_PHASE_MOST;
  for (size_t n = 0; soonest && n < length; n++) prototype[n] = coefficient((double)n, (double)length, cutoff);
  if (soonest) minimum_phase(prototype, length);
  for (size_t phase = 0; phase < phases; phase++) {
    float *filter = resampler->filter + phase * taps;
    double sum = 0;
    for (size_t k = 0; k < taps; k++) {
      size_t n = phase + k * phases;
      double value = soonest ? prototype[n] : coefficient((double)n, (double)length, cutoff);
      filter[taps - 1 - k] = (float)value;
      sum += value;
    }
    // Every phase passes 0 Hz alike, or a constant would come out as a hum at the rate of the phases.
    for (size_t k = 0; k < taps; k++) filter[k] = (float)(filter[k] / sum);
  }
}

size_t resampler_storage_bytes(uint32_t input_hz, uint32_t output_hz) {
  struct resampler resampler;
  if (!plan(&resampler, input_hz, output_hz, false)) return 0;
  return (resampler.phases + 2) * resampler.taps * sizeof(float);
}

static dp_error init(struct resampler *resampler, uint32_t input_hz, uint32_t output_hz, void *storage,
                     size_t storage_bytes) {
  if (!plan(resampler, input_hz, output_hz, resampler->prompt)) return DP_UNSUPPORTED;
  if (storage_bytes < resampler_storage_bytes(input_hz, output_hz)) return DP_NO_SPACE;
  resampler->filter = storage;
  resampler->history = resampler->filter + resampler->phases * resampler->taps;
  resampler_forget(resampler);
  compute_filter(resampler);
  return DP_OK;
}

dp_error resampler_init(struct resampler *resampler, uint32_t input_hz, uint32_t output_hz, void *storage,
                        size_t storage_bytes) {
  if (!resampler || !storage) return DP_INVALID_ARGUMENT;
  *resampler = (struct resampler){.prompt = false};
  return init(resampler, input_hz, output_hz, storage, storage_bytes);
}

dp_error resampler_init_prompt(struct resampler *resampler, uint32_t input_hz, uint32_t output_hz, void *storage,
                               size_t storage_bytes) {
  if (!resampler || !storage) return DP_INVALID_ARGUMENT;
  *resampler = (struct resampler){.prompt = true};
  return init(resampler, input_hz, output_hz, storage, storage_bytes);
}

void resampler_forget(struct resampler *resampler) {
  memset(resampler->history, 0, 2 * resampler->taps * sizeof *resampler->history);
  resampler->write = 0;
  resampler->phase = 0;
  resampler->pending = 1;
}

size_t resampler_output_limit(const struct resampler *resampler, size_t input_count) {
  if (input_count < resampler->pending) return 0;
  // Output k needs pending + (phase + k M) / L input samples.
  uint64_t room = ((uint64_t)input_count - resampler->pending + 1) * resampler->phases - 1 - resampler->phase;
  return (size_t)(room / resampler->step + 1);
}

static void take(struct resampler *resampler, int16_t sample) {
  resampler->history[resampler->write] = sample;
  resampler->history[resampler->write + resampler->taps] = sample;
  resampler->write = resampler->write + 1 < resampler->taps ? resampler->write + 1 : 0;
}

/** The product of a phase with the latest input. Four sums at once, as one would have to wait for itself. */
static int16_t output_sample(const struct resampler *resampler) {
  const float *filter = resampler->filter + resampler->phase * resampler->taps;
  const float *input = resampler->history + resampler->write;
  float sums[TAPS_MULTIPLE] = {0};
  for (size_t k = 0; k < resampler->taps; k += TAPS_MULTIPLE) {
    for (size_t lane = 0; lane < TAPS_MULTIPLE; lane++) sums[lane] += filter[k + lane] * input[k + lane];
  }
  float sum = (sums[0] + sums[1]) + (sums[2] + sums[3]);
  return mix_saturate((int32_t)(sum < 0 ? sum - 0.5F : sum + 0.5F));
}

dp_error resampler_process(struct resampler *resampler, struct resampler_block *block) {
  block->output_count = 0;
  if (resampler_output_limit(resampler, block->input_count) > block->output_capacity) return DP_NO_SPACE;
  size_t taken = 0;
  for (;;) {
    while (resampler->pending > 0 && taken < block->input_count) {
      take(resampler, block->input[taken++]);
      resampler->pending--;
    }
    if (resampler->pending > 0) return DP_OK;
    block->output[block->output_count++] = output_sample(resampler);
    uint32_t advanced = resampler->phase + resampler->step;
    resampler->pending = advanced / resampler->phases;
    resampler->phase = advanced % resampler->phases;
  }
}
