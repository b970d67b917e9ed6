// See echo-filter.h.

#include "voice/echo-filter.h"

#include <math.h>
#include <string.h>

/** Of a weight before anything is known: a loudspeaker as loud in the microphone as it was in figures. */
#define FIRST_UNCERTAINTY 1.0F
/** How much less each further partition is expected to hold: more than a room's decay, for the direct way comes first. */
#define PARTITION_DECAY 0.5F
/** And of one that is restored, as a share of its power: see doubt(). */
#define RESTORED_UNEXPLAINED 2.0F
#define RESTORED_LEAST 0.1F
#define RESTORED_MOST 1.0F
#define RESTORED_WALLS 2.0F
#define RESTORED_EVEN 0.3F
#define LEAST_RESTORED 1e-6F
/** How much of the weights stays true from one block to the next: people and doors move. */
#define STAYS 0.9998F
/** Mean power of a block, below which nobody speaks: -60 dBFS. */
#define FAR_POWER 1000.0F
/** Not to fall below: numbers that are all but zero cost processors dearly. */
#define LEAST_UNCERTAINTY 1e-9F
/** Smoothing of what is no echo. */
#define NEAR_SMOOTHING 0.8F
/** Power in a bin below which nothing is learned: rounding to 16 bits has about that. */
#define POWER_FLOOR 20.0F
/**
 * Shares of a bin's power that one block of sound in a transform of two explains, in the error's variance and in what is
 * learned of a weight. In theory each is a half; partitions share what they learn, and so it is a little more and less.
 */
#define EXPECTED_SHARE 0.7F
#define LEARNED_SHARE 0.3F
/** Partitions that are cut to their length in each block. */
#define CONSTRAINED_A_BLOCK 4
/** Smoothing of energies: 200 ms. */
#define ENERGY_SMOOTHING 0.95F
/** The error louder than the microphone by so much: the filter adds what it should take away. */
#define DIVERGED 1.5F
/** The error holds the estimated echo upside down, by so much of it: the echo comes by another way. */
#define WRONG_WAY 0.4F
/** And is so much alike (correlation): a voice, however loud, is not. */
#define ALIKE 0.5F

void echo_filter_forget(struct echo_filter *filter) {
  float expected = FIRST_UNCERTAINTY;
  for (size_t m = 0; m < ECHO_FILTER_PARTITIONS; m++) {
    struct echo_partition *partition = &filter->partitions[m];
    memset(&partition->weights, 0, sizeof partition->weights);
    for (size_t k = 0; k < SPECTRUM_MAX_BINS; k++) partition->uncertainty[k] = expected;
    expected *= PARTITION_DECAY;
  }
  filter->energies = (struct echo_energies){0};
  filter->beginnings++;
}

void echo_filter_init(struct echo_filter *filter, const struct spectrum_transform *transform) {
  memset(filter, 0, sizeof *filter);
  filter->transform = transform;
  echo_filter_forget(filter);
}

/** Of a weight that was learned another time: with as much as was not explained, and in what walls give back all of it. */
static float doubt(size_t partition, float unexplained) {
  if (partition > 0) return RESTORED_WALLS;
  return fminf(RESTORED_MOST, fmaxf(RESTORED_LEAST, RESTORED_UNEXPLAINED * unexplained));
}

void echo_filter_restore(struct echo_filter *filter, const float *response, float unexplained) {
  size_t n = filter->transform->block;
  echo_filter_forget(filter);
  for (size_t m = 0; m < ECHO_FILTER_PARTITIONS; m++) {
    struct echo_partition *partition = &filter->partitions[m];
    float power[SPECTRUM_MAX_BINS];
    float mean = 0;
    spectrum_of_part(filter->transform, &response[m * n], &partition->weights);
    for (size_t k = 0; k <= n; k++) {
      const struct spectrum *w = &partition->weights;
      power[k] = w->re[k] * w->re[k] + w->im[k] * w->im[k];
      mean += power[k] / (float)(n + 1);
    }
    // A bin that a room leaves out is not left out by the same room with somebody in it.
    for (size_t k = 0; k <= n; k++) {
      float uncertainty = doubt(m, unexplained) * fmaxf(power[k], RESTORED_EVEN * mean);
      partition->uncertainty[k] = fmaxf(uncertainty, LEAST_RESTORED);
    }
  }
}

void echo_filter_read(const struct echo_filter *filter, float *response) {
  size_t n = filter->transform->block;
  for (size_t m = 0; m < ECHO_FILTER_PARTITIONS; m++) {
    float samples[2 * SPECTRUM_MAX_BLOCK];
    spectrum_to_samples(filter->transform, &filter->partitions[m].weights, samples);
    memcpy(&response[m * n], samples, n * sizeof *samples);
  }
}

static float product_of(const float *one, const float *other, size_t count) {
  float sum = 0;
  for (size_t at = 0; at < count; at++) sum += one[at] * other[at];
  return sum;
}

void echo_filter_remember(struct echo_filter *filter, const float *far) {
  far_history_put(&filter->far, filter->transform, far);
  filter->far_energy[filter->far.newest] = product_of(far, far, filter->transform->block);
}

/** Whether something was played whose echo may be heard now: in a pause nothing is learned, and nothing forgotten. */
static bool is_played(const struct echo_filter *filter) {
  float greatest = 0;
  for (size_t m = 0; m < ECHO_FILTER_PARTITIONS; m++) greatest = fmaxf(greatest, filter->far_energy[m]);
  return greatest > FAR_POWER * (float)filter->transform->block;
}

/** What the weights make of what was played. */
static void estimate(struct echo_filter *filter) {
  size_t n = filter->transform->block;
  struct spectrum sum = {0};
  for (size_t m = 0; m < ECHO_FILTER_PARTITIONS; m++) {
    spectrum_add_product(n, &filter->partitions[m].weights, far_history_at(&filter->far, m), &sum);
  }
  float samples[2 * SPECTRUM_MAX_BLOCK];
  spectrum_to_samples(filter->transform, &sum, samples);
  memcpy(filter->echo, &samples[n], n * sizeof *samples);
}

/** The variance of the error: what the weights do not know yet, and what is no echo. */
static void expect(struct echo_filter *filter, const struct spectrum *error, float *variance) {
  size_t n = filter->transform->block;
  for (size_t k = 0; k <= n; k++) variance[k] = 0;
  for (size_t m = 0; m < ECHO_FILTER_PARTITIONS; m++) {
    const struct spectrum *x = far_history_at(&filter->far, m);
    const float *uncertainty = filter->partitions[m].uncertainty;
    for (size_t k = 0; k <= n; k++) variance[k] += uncertainty[k] * (x->re[k] * x->re[k] + x->im[k] * x->im[k]);
  }
  for (size_t k = 0; k <= n; k++) {
    float power = error->re[k] * error->re[k] + error->im[k] * error->im[k];
    filter->unknown[k] = variance[k];
    filter->near_power[k] = NEAR_SMOOTHING * filter->near_power[k] + (1 - NEAR_SMOOTHING) * power;
    variance[k] = EXPECTED_SHARE * variance[k] + filter->near_power[k] + POWER_FLOOR * (float)n;
  }
}

static void learn(struct echo_filter *filter, const struct spectrum *error, const float *variance) {
  size_t n = filter->transform->block;
  for (size_t m = 0; m < ECHO_FILTER_PARTITIONS; m++) {
    const struct spectrum *x = far_history_at(&filter->far, m);
    struct spectrum *w = &filter->partitions[m].weights;
    float *uncertainty = filter->partitions[m].uncertainty;
    for (size_t k = 0; k <= n; k++) {
      float step = uncertainty[k] / variance[k];
      w->re[k] += step * (x->re[k] * error->re[k] + x->im[k] * error->im[k]);
      w->im[k] += step * (x->re[k] * error->im[k] - x->im[k] * error->re[k]);
      float learned = LEARNED_SHARE * step * (x->re[k] * x->re[k] + x->im[k] * x->im[k]);
      float weight = w->re[k] * w->re[k] + w->im[k] * w->im[k];
      uncertainty[k] = STAYS * STAYS * (1 - learned) * uncertainty[k] + (1 - STAYS * STAYS) * weight;
      if (uncertainty[k] < LEAST_UNCERTAINTY) uncertainty[k] = LEAST_UNCERTAINTY;
    }
  }
}

/** Weights are of one block's length: what circular convolution adds behind it is cut, one partition in turn. */
static void constrain(struct echo_filter *filter) {
  size_t n = filter->transform->block;
  float samples[2 * SPECTRUM_MAX_BLOCK];
  struct spectrum *weights = &filter->partitions[filter->constrained].weights;
  filter->constrained = (filter->constrained + 1) % ECHO_FILTER_PARTITIONS;
  spectrum_to_samples(filter->transform, weights, samples);
  memset(&samples[n], 0, n * sizeof *samples);
  spectrum_of(filter->transform, samples, weights);
}

static void take_energy(float *smoothed, float now) {
  *smoothed = ENERGY_SMOOTHING * *smoothed + (1 - ENERGY_SMOOTHING) * now;
}

/** A filter that adds echo, or whose echo is none, is of another room. */
static bool is_wrong(struct echo_filter *filter, const float *microphone) {
  size_t n = filter->transform->block;
  struct echo_energies *energies = &filter->energies;
  take_energy(&energies->microphone, product_of(microphone, microphone, n));
  take_energy(&energies->error, product_of(filter->error, filter->error, n));
  take_energy(&energies->echo, product_of(filter->echo, filter->echo, n));
  take_energy(&energies->common, product_of(filter->error, filter->echo, n));
  float floor = POWER_FLOOR * (float)n;
  if (energies->error > DIVERGED * energies->microphone + floor) return true;
  return energies->common < -WRONG_WAY * energies->echo - floor &&
         energies->common * energies->common > ALIKE * ALIKE * energies->error * energies->echo;
}

void echo_filter_run(struct echo_filter *filter, const float *far, const float *microphone) {
  size_t n = filter->transform->block;
  float samples[2 * SPECTRUM_MAX_BLOCK] = {0};
  float variance[SPECTRUM_MAX_BINS];
  struct spectrum error;
  echo_filter_remember(filter, far);
  estimate(filter);
  for (size_t at = 0; at < n; at++) filter->error[at] = samples[n + at] = microphone[at] - filter->echo[at];
  if (is_wrong(filter, microphone)) {
    echo_filter_forget(filter);
    memcpy(filter->error, microphone, n * sizeof *microphone);
    return;
  }
  if (!is_played(filter)) {
    memset(filter->unknown, 0, sizeof filter->unknown);
    return;
  }
  spectrum_of(filter->transform, samples, &error);
  expect(filter, &error, variance);
  learn(filter, &error, variance);
  for (size_t count = 0; count < CONSTRAINED_A_BLOCK; count++) constrain(filter);
}
