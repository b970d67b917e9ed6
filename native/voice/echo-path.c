// See echo-path.h.

#define _DEFAULT_SOURCE // M_PI

#include "voice/echo-path.h"

#include <math.h>
#include <string.h>

/** What a block leaves of those before: a third of a second counts. */
#define SMOOTHING 0.97F
/** Mean power of differences, below which there is no echo to compare: rounding and a quiet room have less. */
#define ECHO_POWER 100.0F
/** Samples of a block that are compared: at 16 kHz every other one. */
#define COMPARED 80
/** Blocks with an echo before anything is believed, and in which the same delay must be the best. */
#define LEAST_BLOCKS 8
#define STEADY_BLOCKS 4
/** A second: after as many it is the way no more, and the filter has learned another one. */
#define MOST_BLOCKS 100
/** So much of what the microphone hears is explained at least: a voice beside it may be half as loud. */
#define EXPLAINED 0.6F
/** The filter that moves it by less than a sample reaches so many to either side. */
#define REACH 8

void echo_path_init(struct echo_path *path, const struct spectrum_transform *transform) {
  memset(path, 0, sizeof *path);
  path->transform = transform;
}

void echo_path_set(struct echo_path *path, const float *response, size_t count) {
  size_t most = ECHO_FILTER_PARTITIONS * path->transform->block;
  memset(path->response, 0, sizeof path->response);
  memcpy(path->response, response, (count < most ? count : most) * sizeof *response);
  path->known = true;
}

void echo_path_keep(struct echo_path *path, const struct echo_filter *filter) {
  echo_filter_read(filter, path->response);
  path->known = true;
}

void echo_path_seek(struct echo_path *path) {
  size_t n = path->transform->block;
  path->seeking = path->known;
  if (!path->seeking) return;
  for (size_t m = 0; m < ECHO_FILTER_PARTITIONS; m++) {
    spectrum_of_part(path->transform, &path->response[m * n], &path->weights[m]);
  }
  memset(&path->far, 0, sizeof path->far);
  memset(path->echo, 0, sizeof path->echo);
  memset(path->common, 0, sizeof path->common);
  memset(path->energy, 0, sizeof path->energy);
  path->near_energy = path->last_near = path->last_echo = 0;
  path->heard = path->steady = path->lag = 0;
}

static size_t lags_of(const struct echo_path *path) { return ECHO_PATH_SOUGHT_MS / 10 * path->transform->block; }

/** Puts what the way makes of a block behind what it made of those before. */
static void make_echo(struct echo_path *path, const float *far) {
  size_t n = path->transform->block;
  size_t lags = lags_of(path);
  float samples[2 * SPECTRUM_MAX_BLOCK];
  struct spectrum sum = {0};
  far_history_put(&path->far, path->transform, far);
  for (size_t m = 0; m < ECHO_FILTER_PARTITIONS; m++) {
    spectrum_add_product(n, &path->weights[m], far_history_at(&path->far, m), &sum);
  }
  spectrum_to_samples(path->transform, &sum, samples);
  memmove(path->echo, &path->echo[n], lags * sizeof *path->echo);
  // Differences: deep tones are alike at many delays.
  for (size_t at = 0; at < n; at++) {
    path->echo[lags + at] = samples[n + at] - path->last_echo;
    path->last_echo = samples[n + at];
  }
}

static void compare(struct echo_path *path, const float *near) {
  size_t n = path->transform->block;
  size_t lags = lags_of(path);
  size_t step = n / COMPARED;
  float energy = 0;
  for (size_t place = 0; place < lags; place++) path->common[place] *= SMOOTHING;
  for (size_t at = 0; at < n; at += step) {
    const float *echo = &path->echo[at + 1];
    for (size_t place = 0; place < lags; place++) path->common[place] += near[at] * echo[place];
    energy += near[at] * near[at];
  }
  path->near_energy = SMOOTHING * path->near_energy + energy;
  energy = 0;
  for (size_t at = 1; at <= n; at++) energy += path->echo[at] * path->echo[at];
  for (size_t place = 0; place < lags; place++) {
    path->energy[place] = SMOOTHING * path->energy[place] + energy / (float)step;
    const float *echo = &path->echo[place + 1];
    energy = fmaxf(0, energy + (echo[n] * echo[n] - echo[0] * echo[0]));
  }
}

/** A delay, by its place in the sums. */
struct match {
  size_t place;
  float fraction;  /**< Of a place: where the greatest lies between it and its neighbours. */
  float gain;      /**< How much louder than it was. */
  float explained; /**< Of what the microphone hears. */
};

/** The delay that explains most. */
static struct match find_match(const struct echo_path *path) {
  struct match match = {0};
  size_t lags = lags_of(path);
  float greatest = 0;
  for (size_t place = 0; place < lags; place++) {
    float common = path->common[place];
    float explained = common * common / (path->energy[place] + 1);
    if (common <= 0 || explained <= greatest) continue;
    greatest = explained;
    match.place = place;
  }
  float peak = path->common[match.place];
  if (match.place > 0 && match.place + 1 < lags) {
    // The parabola through three of them.
    float before = path->common[match.place - 1];
    float behind = path->common[match.place + 1];
    float bend = before - 2 * peak + behind;
    if (bend < 0) match.fraction = fmaxf(-0.5F, fminf(0.5F, 0.5F * (before - behind) / bend));
    peak -= 0.25F * (before - behind) * match.fraction;
  }
  match.gain = peak / (path->energy[match.place] + 1);
  match.explained = fminf(1, peak * match.gain / (path->near_energy + 1));
  return match;
}

/** Moves the response by part of a sample: a sinc under a raised cosine. @param later samples, half of one at most */
static void move(struct echo_path *path, float later, float gain) {
  float before[ECHO_FILTER_SAMPLES + 2 * REACH] = {0};
  float taps[2 * REACH + 1];
  size_t count = ECHO_FILTER_PARTITIONS * path->transform->block;
  for (int at = -REACH; at <= REACH; at++) {
    float x = (float)at - later;
    float sinc = fabsf(x) < 1e-4F ? 1 : sinf((float)M_PI * x) / ((float)M_PI * x);
    taps[at + REACH] = gain * sinc * (0.5F + 0.5F * cosf((float)M_PI * x / (REACH + 1)));
  }
  memcpy(&before[REACH], path->response, count * sizeof *before);
  for (size_t at = 0; at < count; at++) {
    float sum = 0;
    for (size_t tap = 0; tap <= 2 * REACH; tap++) sum += taps[tap] * before[at + 2 * REACH - tap];
    path->response[at] = sum;
  }
}

bool echo_path_run(struct echo_path *path, const float *far, const float *microphone) {
  size_t n = path->transform->block;
  float near[SPECTRUM_MAX_BLOCK];
  if (!path->seeking) return false;
  make_echo(path, far);
  for (size_t at = 0; at < n; at++) {
    near[at] = microphone[at] - path->last_near;
    path->last_near = microphone[at];
  }
  compare(path, near);
  struct match match = find_match(path);
  if (path->energy[match.place] < ECHO_POWER * COMPARED) return false;
  size_t lag = lags_of(path) - 1 - match.place;
  path->heard++;
  path->steady = lag + 1 >= path->lag && lag <= path->lag + 1 ? path->steady + 1 : 0;
  path->lag = lag;
  path->seeking = path->heard < MOST_BLOCKS;
  if (path->heard < LEAST_BLOCKS || path->steady < STEADY_BLOCKS || match.explained < EXPLAINED) return false;
  path->seeking = false;
  path->unexplained = 1 - match.explained;
  move(path, -match.fraction, match.gain);
  return true;
}
