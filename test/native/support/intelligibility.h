// How well damaged speech is understood, and how far its spectrum is off. Of figures alone: no listener.
//
// intelligibility: STOI, after Taal, Hendriks, Heusdens, Jensen: "An Algorithm for Intelligibility Prediction of
// Time-Frequency Weighted Noisy Speech", IEEE Trans. Audio, Speech and Language Processing 19 (2011). 0 to 1.
// spectral_distance: log-spectral distance in dB over what is not silent; 0 is the same sound.

#ifndef DOORPHONE_TEST_SUPPORT_INTELLIGIBILITY_H
#define DOORPHONE_TEST_SUPPORT_INTELLIGIBILITY_H

#include <math.h>

#include "support/check.h"

#define STOI_PI 3.14159265358979323846

/** The figures of the paper: 10 kHz, frames of 256 half overlapping, 15 third octaves from 150 Hz, segments of 30 frames. */
enum { STOI_HZ = 10000, STOI_FRAME = 256, STOI_BINS = 512, STOI_BANDS = 15, STOI_SEGMENT = 30, STOI_RANGE_DB = 40 };

static inline double *stoi_memory(size_t count) {
  double *memory = calloc(count > 0 ? count : 1, sizeof *memory);
  if (!memory) abort();
  return memory;
}

/** Fourier transform in place; the length is a power of two. */
static inline void stoi_transform(double *re, double *im, size_t length) {
  for (size_t i = 1, j = 0; i < length; i++) {
    size_t bit = length >> 1;
    for (; j & bit; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i >= j) continue;
    double swap = re[i];
    re[i] = re[j];
    re[j] = swap;
  }
  for (size_t half = 1; half < length; half *= 2) {
    for (size_t k = 0; k < half; k++) {
      double c = cos(STOI_PI * (double)k / (double)half), s = -sin(STOI_PI * (double)k / (double)half);
      for (size_t at = k; at < length; at += 2 * half) {
        double x = re[at + half] * c - im[at + half] * s, y = re[at + half] * s + im[at + half] * c;
        re[at + half] = re[at] - x;
        im[at + half] = im[at] - y;
        re[at] += x;
        im[at] += y;
      }
    }
  }
}

static inline double stoi_window(size_t at) { return 0.5 - 0.5 * cos(2 * STOI_PI * (double)(at + 1) / (STOI_FRAME + 1)); }

/** Weight of a sample that is so far from the place wanted: a windowed sinc. */
static inline double stoi_weight(double distance, double cutoff, int reach) {
  double x = STOI_PI * distance * cutoff;
  double sinc = fabs(x) < 1e-9 ? 1 : sin(x) / x;
  return sinc * cutoff * (0.5 + 0.5 * cos(STOI_PI * distance / (reach + 1)));
}

/** Samples of 8, 10 or 16 kHz at 10 kHz. */
static inline double *stoi_resample(const int16_t *samples, size_t count, uint32_t rate_hz, size_t *resampled) {
  // The places wanted lie in as many ways between the samples.
  enum { REACH = 24, WAYS = 5 };
  double weights[WAYS][2 * REACH + 1];
  double cutoff = rate_hz > STOI_HZ ? (double)STOI_HZ / rate_hz : 1;
  for (int way = 0; way < WAYS; way++) {
    double place = (double)way * rate_hz / STOI_HZ;
    for (int at = -REACH; at <= REACH; at++)
      weights[way][at + REACH] = stoi_weight(at + floor(place) - place, cutoff, REACH);
  }
  *resampled = count * STOI_HZ / rate_hz;
  double *out = stoi_memory(*resampled);
  for (size_t n = 0; n < *resampled; n++) {
    long middle = (long)(n * rate_hz / STOI_HZ);
    for (long at = -REACH; at <= REACH; at++) {
      if (middle + at >= 0 && middle + at < (long)count)
        out[n] += samples[middle + at] * weights[n % WAYS][at + REACH];
    }
  }
  return out;
}

static inline double stoi_frame_power(const double *samples) {
  double sum = 0;
  for (size_t i = 0; i < STOI_FRAME; i++) sum += samples[i] * stoi_window(i) * samples[i] * stoi_window(i);
  return sum;
}

/** Takes frames out of both in which the first is silent: 40 dB below its loudest. @return samples that are left */
static inline size_t stoi_leave_out_silence(double *clean, double *heard, size_t count) {
  enum { HOP = STOI_FRAME / 2 };
  double *kept[2] = {stoi_memory(count + STOI_FRAME), stoi_memory(count + STOI_FRAME)};
  double loudest = 0;
  for (size_t at = 0; at + STOI_FRAME < count; at += HOP) loudest = fmax(loudest, stoi_frame_power(clean + at));
  size_t to = 0;
  for (size_t at = 0; at + STOI_FRAME < count; at += HOP) {
    if (stoi_frame_power(clean + at) * pow(10, STOI_RANGE_DB / 10.0) <= loudest) continue;
    for (size_t i = 0; i < STOI_FRAME; i++) {
      kept[0][to + i] += clean[at + i] * stoi_window(i);
      kept[1][to + i] += heard[at + i] * stoi_window(i);
    }
    to += HOP;
  }
  size_t left = to > 0 ? to + HOP : 0;
  memcpy(clean, kept[0], left * sizeof *clean);
  memcpy(heard, kept[1], left * sizeof *heard);
  free(kept[0]);
  free(kept[1]);
  return left;
}

/** What each third octave holds, frame by frame: STOI_BANDS values a frame. */
static inline double *stoi_bands(const double *samples, size_t frames) {
  double *bands = stoi_memory(frames * STOI_BANDS);
  for (size_t frame = 0; frame < frames; frame++) {
    double re[STOI_BINS] = {0}, im[STOI_BINS] = {0};
    for (size_t i = 0; i < STOI_FRAME; i++) re[i] = samples[frame * STOI_FRAME / 2 + i] * stoi_window(i);
    stoi_transform(re, im, STOI_BINS);
    for (int band = 0; band < STOI_BANDS; band++) {
      double hz_a_bin = (double)STOI_HZ / STOI_BINS;
      size_t low = (size_t)lround(150 * pow(2, (2 * band - 1) / 6.0) / hz_a_bin);
      size_t high = (size_t)lround(150 * pow(2, (2 * band + 1) / 6.0) / hz_a_bin);
      double power = 0;
      for (size_t bin = low; bin < high; bin++) power += re[bin] * re[bin] + im[bin] * im[bin];
      bands[frame * STOI_BANDS + (size_t)band] = sqrt(power);
    }
  }
  return bands;
}

/** How the band of a segment correlates, the damaged one brought to the level of the clean one and cut where it is far above. */
static inline double stoi_correlation(const double *clean, const double *heard) {
  double level[2] = {0}, mean[2] = {0}, cut[STOI_SEGMENT], sums[3] = {0};
  for (size_t i = 0; i < STOI_SEGMENT; i++) {
    level[0] += clean[i * STOI_BANDS] * clean[i * STOI_BANDS];
    level[1] += heard[i * STOI_BANDS] * heard[i * STOI_BANDS];
  }
  double scale = sqrt(level[0] / (level[1] + 1e-12));
  for (size_t i = 0; i < STOI_SEGMENT; i++) {
    cut[i] = fmin(heard[i * STOI_BANDS] * scale, clean[i * STOI_BANDS] * (1 + pow(10, 15 / 20.0)));
    mean[0] += clean[i * STOI_BANDS] / STOI_SEGMENT;
    mean[1] += cut[i] / STOI_SEGMENT;
  }
  for (size_t i = 0; i < STOI_SEGMENT; i++) {
    double x = clean[i * STOI_BANDS] - mean[0], y = cut[i] - mean[1];
    sums[0] += x * y;
    sums[1] += x * x;
    sums[2] += y * y;
  }
  return sums[0] / (sqrt(sums[1] * sums[2]) + 1e-12);
}

static inline double intelligibility(const int16_t *clean, const int16_t *heard, size_t count, uint32_t rate_hz) {
  size_t length;
  double *x = stoi_resample(clean, count, rate_hz, &length);
  double *y = stoi_resample(heard, count, rate_hz, &length);
  length = stoi_leave_out_silence(x, y, length);
  size_t frames = length < STOI_FRAME ? 0 : (length - STOI_FRAME) / (STOI_FRAME / 2);
  if (frames < STOI_SEGMENT) abort();
  double *clean_bands = stoi_bands(x, frames), *heard_bands = stoi_bands(y, frames);
  double sum = 0;
  for (size_t from = 0; from + STOI_SEGMENT <= frames; from++) {
    for (size_t band = 0; band < STOI_BANDS; band++)
      sum += stoi_correlation(clean_bands + from * STOI_BANDS + band, heard_bands + from * STOI_BANDS + band);
  }
  free(x);
  free(y);
  free(clean_bands);
  free(heard_bands);
  return sum / (double)((frames - STOI_SEGMENT + 1) * STOI_BANDS);
}

/** Spectrum of a frame in dB. @return whether it holds sound: above -50 dB of full scale */
static inline bool stoi_decibels(const int16_t *samples, double *decibels) {
  double re[STOI_FRAME] = {0}, im[STOI_FRAME] = {0}, power = 0;
  for (size_t i = 0; i < STOI_FRAME; i++) {
    re[i] = samples[i] * stoi_window(i);
    power += re[i] * re[i] / STOI_FRAME;
  }
  stoi_transform(re, im, STOI_FRAME);
  // Below the noise of 16 bits nothing counts.
  for (size_t i = 0; i < STOI_FRAME / 2; i++) decibels[i] = 10 * log10(re[i] * re[i] + im[i] * im[i] + STOI_FRAME);
  return power > 60 * 60;
}

static inline double spectral_distance(const int16_t *clean, const int16_t *heard, size_t count) {
  double sum = 0;
  size_t frames = 0;
  for (size_t at = 0; at + STOI_FRAME <= count; at += STOI_FRAME / 2) {
    double x[STOI_FRAME / 2], y[STOI_FRAME / 2], squares = 0;
    bool sounds = stoi_decibels(clean + at, x);
    (void)stoi_decibels(heard + at, y);
    if (!sounds) continue;
    for (size_t i = 0; i < STOI_FRAME / 2; i++) squares += (x[i] - y[i]) * (x[i] - y[i]);
    sum += sqrt(squares / (STOI_FRAME / 2));
    frames++;
  }
  return frames > 0 ? sum / (double)frames : 0;
}

#endif
