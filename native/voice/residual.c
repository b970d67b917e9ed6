// See residual.h. Gains by the decision-directed rule of Y. Ephraim and D. Malah, "Speech enhancement using a minimum
// mean-square error short-time spectral amplitude estimator", 1984; least values after R. Martin, "Noise power spectral
// density estimation based on optimal smoothing and minimum statistics", 2001, with fixed smoothing.

#define _DEFAULT_SOURCE // M_PI

#include "voice/residual.h"

#include <math.h>
#include <string.h>

/** 1.5 s: a voice leaves every bin alone within that. */
#define PERIOD_BLOCKS 150
#define POWER_SMOOTHING 0.8F
/** The least of smoothed power lies so far below its mean. */
#define NOISE_BIAS 2.0F
#define LEAK_BIAS 8.0F
/** Until the smoothed power is that of the sound, and no longer of the nothing before it. */
#define SETTLED_BLOCKS 20
/** What is left of an echo dies away as rooms do: 60 dB in half a second. */
#define ROOM_DECAY 0.76F
/** Of the power that the filter may not know of: these windows have half that of its blocks. */
#define UNKNOWN_SHARE 0.5F
/** How much of the last block's gain counts in this one's. */
#define DECISION 0.9F
/** Power of the weakest noise and echo that are let through: -18 dB, -50 dB. */
#define NOISE_FLOOR 0.0158F
#define ECHO_FLOOR 0.00001F
/** A tenth of the power in what the filter left is echo: it counts. */
#define ECHO_COUNTS 0.1F
/** So much of the power is let through, taken over two blocks, where there may be a voice, -8 dB, and where there is one, -3 dB. */
#define DOUBT_SHARE 0.16F
#define VOICE_SHARE 0.5F
#define VOICE_SMOOTHING 0.5F
/** Blocks that follow either: the ends of words, and short gaps. */
#define VOICE_FOLLOWED 20
/** And those that follow an echo: the gaps between its words. */
#define ECHO_FOLLOWED 50
/** Of a bin, below which nothing is estimated. */
#define POWER_FLOOR 1.0F

static void least_reset(struct least *least, float value) {
  for (size_t k = 0; k < SPECTRUM_MAX_BINS; k++) least->now[k] = least->before[k] = value;
  least->age = 0;
}

/** To be called once a block, before its values are taken. */
static void least_turn(struct least *least) {
  if (++least->age < PERIOD_BLOCKS) return;
  least->age = 0;
  memcpy(least->before, least->now, sizeof least->now);
  for (size_t k = 0; k < SPECTRUM_MAX_BINS; k++) least->now[k] = INFINITY;
}

static void least_take(struct least *least, size_t bin, float value) {
  if (value < least->now[bin]) least->now[bin] = value;
}

static float least_of(const struct least *least, size_t bin) {
  return least->now[bin] < least->before[bin] ? least->now[bin] : least->before[bin];
}

void residual_forget_echo(struct residual *residual) { least_reset(&residual->leak, 1); }

void residual_init(struct residual *residual, const struct spectrum_transform *transform) {
  memset(residual, 0, sizeof *residual);
  residual->transform = transform;
  size_t length = 2 * transform->block;
  for (size_t at = 0; at < length; at++) {
    residual->window[at] = (float)sin(M_PI * ((double)at + 0.5) / (double)length);
  }
  residual->since_echo = ECHO_FOLLOWED + 1;
  residual_forget_echo(residual);
  least_reset(&residual->noise, INFINITY);
}

/** The spectrum of the last two blocks. */
static void analyse(const struct residual *residual, float *last, const float *block, struct spectrum *spectrum) {
  size_t n = residual->transform->block;
  float samples[2 * SPECTRUM_MAX_BLOCK];
  for (size_t at = 0; at < n; at++) {
    samples[at] = last[at] * residual->window[at];
    samples[n + at] = block[at] * residual->window[n + at];
  }
  memcpy(last, block, n * sizeof *block);
  spectrum_of(residual->transform, samples, spectrum);
}

static float power_of(const struct spectrum *spectrum, size_t bin) {
  return spectrum->re[bin] * spectrum->re[bin] + spectrum->im[bin] * spectrum->im[bin];
}

static float smooth(float *value, float now) {
  *value = POWER_SMOOTHING * *value + (1 - POWER_SMOOTHING) * now;
  return *value;
}

/** Of a bin, in this block. */
struct bin_powers {
  float error;
  float echo;
  float unknown;
};

/** Estimates what is left of the echo in a bin. */
static void learn_echo(struct residual *residual, size_t bin, const struct bin_powers *powers) {
  float floor = POWER_FLOOR * (float)residual->transform->block;
  float error_power = smooth(&residual->error_power[bin], powers->error);
  float echo_power = smooth(&residual->echo_power[bin], powers->echo);
  if (echo_power > floor) least_take(&residual->leak, bin, error_power / echo_power);
  float leak = LEAK_BIAS * least_of(&residual->leak, bin);
  if (!(leak < 1)) leak = 1;
  float left = leak * (powers->echo > echo_power ? powers->echo : echo_power);
  if (UNKNOWN_SHARE * powers->unknown > left) left = UNKNOWN_SHARE * powers->unknown;
  float decayed = ROOM_DECAY * residual->residual_power[bin];
  residual->residual_power[bin] = left > decayed ? left : decayed;
}

static float noise_of(struct residual *residual, size_t bin) {
  if (residual->blocks >= SETTLED_BLOCKS) least_take(&residual->noise, bin, residual->error_power[bin]);
  float noise = NOISE_BIAS * least_of(&residual->noise, bin);
  return noise < INFINITY ? noise : 0;
}

/** Of a bin: what it is multiplied with, and what it is where nothing is let through. */
struct bin_gain {
  float gain;
  float least;
};

/** @param power of the bin now */
static struct bin_gain gain_of(struct residual *residual, struct residual_options options, size_t bin, float power) {
  float echo = options.echo ? residual->residual_power[bin] : 0;
  float noise = noise_of(residual, bin);
  float unwanted = echo + (options.noise ? noise : 0);
  if (!(unwanted > 0)) {
    residual->clean_power[bin] = power;
    return (struct bin_gain){.gain = 1, .least = 1};
  }
  float above = power > unwanted ? (power - unwanted) / unwanted : 0;
  float ratio = DECISION * residual->clean_power[bin] / unwanted + (1 - DECISION) * above;
  float gain = ratio / (1 + ratio);
  residual->clean_power[bin] = gain * gain * power;
  // Where the echo was, the room's noise stays to be heard, as in the pauses.
  float kept = options.noise ? NOISE_FLOOR * noise : noise;
  float floor = (NOISE_FLOOR * (unwanted - echo) + ECHO_FLOOR * echo) / unwanted;
  if (power > 0 && kept / power > floor) floor = kept / power < 1 ? kept / power : 1;
  float least = sqrtf(floor);
  return (struct bin_gain){.gain = gain > least ? gain : least, .least = least};
}

/** Powers of all bins of a block. */
struct sums {
  float error;
  float clean;
  float echo;
};

static void follow(size_t *since, bool is, size_t followed) {
  if (is) *since = 0;
  else if (*since <= followed) ++*since;
}

/** Whether there is echo alone: in a voice many bins stand out, and it goes on. @return whether nothing may be let through */
static bool judge(struct residual *residual, const struct sums *sums) {
  residual->error_sum = VOICE_SMOOTHING * residual->error_sum + (1 - VOICE_SMOOTHING) * sums->error;
  residual->clean_sum = VOICE_SMOOTHING * residual->clean_sum + (1 - VOICE_SMOOTHING) * sums->clean;
  follow(&residual->since_doubt, residual->clean_sum > DOUBT_SHARE * residual->error_sum, VOICE_FOLLOWED);
  follow(&residual->since_voice, residual->clean_sum > VOICE_SHARE * residual->error_sum, VOICE_FOLLOWED);
  follow(&residual->since_echo, sums->echo > ECHO_COUNTS * sums->error, ECHO_FOLLOWED);
  bool echo = residual->since_echo <= ECHO_FOLLOWED;
  residual->echo_alone = echo && residual->since_voice > VOICE_FOLLOWED;
  return echo && residual->since_doubt > VOICE_FOLLOWED;
}

static void synthesise(struct residual *residual, const struct spectrum *spectrum, float *block) {
  size_t n = residual->transform->block;
  float samples[2 * SPECTRUM_MAX_BLOCK];
  spectrum_to_samples(residual->transform, spectrum, samples);
  for (size_t at = 0; at < n; at++) {
    block[at] = residual->tail[at] + samples[at] * residual->window[at];
    residual->tail[at] = samples[n + at] * residual->window[n + at];
  }
}

void residual_run(struct residual *residual, struct residual_options options, const struct residual_block *block) {
  struct spectrum sound;
  struct spectrum taken;
  analyse(residual, residual->last_error, block->sound, &sound);
  analyse(residual, residual->last_echo, block->echo, &taken);
  least_turn(&residual->leak);
  least_turn(&residual->noise);
  if (residual->blocks < SETTLED_BLOCKS) residual->blocks++;
  struct bin_gain gains[SPECTRUM_MAX_BINS];
  struct sums sums = {0};
  for (size_t k = 0; k <= residual->transform->block; k++) {
    const struct bin_powers powers = {
        .error = power_of(&sound, k), .echo = power_of(&taken, k), .unknown = block->unknown[k]};
    learn_echo(residual, k, &powers);
    gains[k] = gain_of(residual, options, k, powers.error);
    sums.error += powers.error;
    sums.clean += gains[k].gain * gains[k].gain * powers.error;
    sums.echo += options.echo ? residual->residual_power[k] : 0;
  }
  bool nothing = judge(residual, &sums);
  for (size_t k = 0; k <= residual->transform->block; k++) {
    float gain = nothing ? gains[k].least : gains[k].gain;
    sound.re[k] *= gain;
    sound.im[k] *= gain;
  }
  synthesise(residual, &sound, block->sound);
}
