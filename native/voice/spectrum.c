// See spectrum.h. A complex transform of N points in Stockham's order (no bit reversal), over pairs of real samples.

#define _DEFAULT_SOURCE // M_PI

#include "voice/spectrum.h"

#include <math.h>
#include <string.h>

/** N complex numbers. */
struct points {
  float re[SPECTRUM_MAX_BLOCK];
  float im[SPECTRUM_MAX_BLOCK];
};

/** Where a pass stands: `length` points are still to be transformed, `stride` such transforms lie in one another. */
struct pass {
  size_t length;
  size_t stride;
};

dp_error spectrum_init(struct spectrum_transform *transform, size_t block) {
  static const size_t radices[] = {5, 4, 2};
  memset(transform, 0, sizeof *transform);
  if (block == 0 || block > SPECTRUM_MAX_BLOCK) return DP_INVALID_ARGUMENT;
  size_t left = block;
  for (size_t at = 0; at < sizeof radices / sizeof radices[0]; at++) {
    while (left % radices[at] == 0) {
      transform->factors[transform->factor_count++] = radices[at];
      left /= radices[at];
    }
  }
  if (left != 1) return DP_INVALID_ARGUMENT;
  transform->block = block;
  for (size_t k = 0; k < 2 * block; k++) {
    transform->cosine[k] = (float)cos(M_PI * (double)k / (double)block);
    transform->sine[k] = (float)sin(M_PI * (double)k / (double)block);
  }
  return DP_OK;
}

/** One output of a butterfly: its sum, turned by the factor of its place. */
static inline void put(struct points *to, size_t at, float re, float im, float c, float s) {
  to->re[at] = re * c + im * s;
  to->im[at] = im * c - re * s;
}

static void pass_by_2(const struct spectrum_transform *transform, struct pass pass, const struct points *from,
                      struct points *to) {
  size_t m = pass.length / 2;
  size_t s = pass.stride;
  for (size_t p = 0; p < m; p++) {
    float c = transform->cosine[2 * p * s];
    float i = transform->sine[2 * p * s];
    for (size_t q = 0; q < s; q++) {
      size_t a = q + s * p;
      size_t b = a + s * m;
      size_t out = q + s * 2 * p;
      put(to, out, from->re[a] + from->re[b], from->im[a] + from->im[b], 1, 0);
      put(to, out + s, from->re[a] - from->re[b], from->im[a] - from->im[b], c, i);
    }
  }
}

static void pass_by_4(const struct spectrum_transform *transform, struct pass pass, const struct points *from,
                      struct points *to) {
  size_t m = pass.length / 4;
  size_t s = pass.stride;
  const float *cosine = transform->cosine;
  const float *sine = transform->sine;
  for (size_t p = 0; p < m; p++) {
    size_t turn = 2 * p * s;
    for (size_t q = 0; q < s; q++) {
      size_t a = q + s * p;
      size_t b = a + s * m;
      size_t c = b + s * m;
      size_t d = c + s * m;
      float even_re = from->re[a] + from->re[c], even_im = from->im[a] + from->im[c];
      float odd_re = from->re[b] + from->re[d], odd_im = from->im[b] + from->im[d];
      float other_re = from->re[a] - from->re[c], other_im = from->im[a] - from->im[c];
      // The difference of the odd ones, turned by a quarter.
      float turned_re = from->im[b] - from->im[d], turned_im = from->re[d] - from->re[b];
      size_t out = q + s * 4 * p;
      put(to, out, even_re + odd_re, even_im + odd_im, 1, 0);
      put(to, out + s, other_re + turned_re, other_im + turned_im, cosine[turn], sine[turn]);
      put(to, out + 2 * s, even_re - odd_re, even_im - odd_im, cosine[2 * turn], sine[2 * turn]);
      put(to, out + 3 * s, other_re - turned_re, other_im - turned_im, cosine[3 * turn], sine[3 * turn]);
    }
  }
}

static void pass_by_5(const struct spectrum_transform *transform, struct pass pass, const struct points *from,
                      struct points *to) {
  size_t m = pass.length / 5;
  size_t s = pass.stride;
  size_t fifth = 2 * transform->block / 5;
  float c1 = transform->cosine[fifth], s1 = transform->sine[fifth];
  float c2 = transform->cosine[2 * fifth], s2 = transform->sine[2 * fifth];
  for (size_t p = 0; p < m; p++) {
    size_t turn = 2 * p * s;
    for (size_t q = 0; q < s; q++) {
      size_t a = q + s * p;
      const float *re = &from->re[a];
      const float *im = &from->im[a];
      size_t step = s * m;
      float sum1_re = re[step] + re[4 * step], sum1_im = im[step] + im[4 * step];
      float sum2_re = re[2 * step] + re[3 * step], sum2_im = im[2 * step] + im[3 * step];
      float gap1_re = re[step] - re[4 * step], gap1_im = im[step] - im[4 * step];
      float gap2_re = re[2 * step] - re[3 * step], gap2_im = im[2 * step] - im[3 * step];
      float even1_re = re[0] + c1 * sum1_re + c2 * sum2_re, even1_im = im[0] + c1 * sum1_im + c2 * sum2_im;
      float even2_re = re[0] + c2 * sum1_re + c1 * sum2_re, even2_im = im[0] + c2 * sum1_im + c1 * sum2_im;
      float odd1_re = s1 * gap1_im + s2 * gap2_im, odd1_im = -s1 * gap1_re - s2 * gap2_re;
      float odd2_re = s2 * gap1_im - s1 * gap2_im, odd2_im = -s2 * gap1_re + s1 * gap2_re;
      size_t out = q + s * 5 * p;
      put(to, out, re[0] + sum1_re + sum2_re, im[0] + sum1_im + sum2_im, 1, 0);
      put(to, out + s, even1_re + odd1_re, even1_im + odd1_im, transform->cosine[turn], transform->sine[turn]);
      put(to, out + 2 * s, even2_re + odd2_re, even2_im + odd2_im, transform->cosine[2 * turn],
          transform->sine[2 * turn]);
      put(to, out + 3 * s, even2_re - odd2_re, even2_im - odd2_im, transform->cosine[3 * turn],
          transform->sine[3 * turn]);
      put(to, out + 4 * s, even1_re - odd1_re, even1_im - odd1_im, transform->cosine[4 * turn],
          transform->sine[4 * turn]);
    }
  }
}

/** @return which of the two holds the result */
static struct points *transform_points(const struct spectrum_transform *transform, struct points *here,
                                       struct points *there) {
  struct pass pass = {.length = transform->block, .stride = 1};
  for (size_t at = 0; at < transform->factor_count; at++) {
    size_t radix = transform->factors[at];
    if (radix == 5) pass_by_5(transform, pass, here, there);
    else if (radix == 4) pass_by_4(transform, pass, here, there);
    else pass_by_2(transform, pass, here, there);
    struct points *last = here;
    here = there;
    there = last;
    pass = (struct pass){.length = pass.length / radix, .stride = pass.stride * radix};
  }
  return here;
}

void spectrum_of(const struct spectrum_transform *transform, const float *samples, struct spectrum *spectrum) {
  struct points first;
  struct points second;
  size_t n = transform->block;
  for (size_t k = 0; k < n; k++) {
    first.re[k] = samples[2 * k];
    first.im[k] = samples[2 * k + 1];
  }
  const struct points *pairs = transform_points(transform, &first, &second);
  spectrum->re[0] = pairs->re[0] + pairs->im[0];
  spectrum->re[n] = pairs->re[0] - pairs->im[0];
  spectrum->im[0] = spectrum->im[n] = 0;
  for (size_t k = 1; k < n; k++) {
    // The transforms of the even and of the odd samples, taken out of that of their pairs.
    float even_re = (pairs->re[k] + pairs->re[n - k]) / 2, even_im = (pairs->im[k] - pairs->im[n - k]) / 2;
    float odd_re = (pairs->im[k] + pairs->im[n - k]) / 2, odd_im = (pairs->re[n - k] - pairs->re[k]) / 2;
    float c = transform->cosine[k], s = transform->sine[k];
    spectrum->re[k] = even_re + odd_re * c + odd_im * s;
    spectrum->im[k] = even_im + odd_im * c - odd_re * s;
  }
}

void spectrum_of_part(const struct spectrum_transform *transform, const float *part, struct spectrum *spectrum) {
  float samples[2 * SPECTRUM_MAX_BLOCK] = {0};
  memcpy(samples, part, transform->block * sizeof *samples);
  spectrum_of(transform, samples, spectrum);
}

void spectrum_to_samples(const struct spectrum_transform *transform, const struct spectrum *spectrum, float *samples) {
  struct points first;
  struct points second;
  size_t n = transform->block;
  float scale = 1.0F / (float)n;
  for (size_t k = 0; k < n; k++) {
    const float *re = spectrum->re;
    const float *im = spectrum->im;
    float even_re = (re[k] + re[n - k]) / 2, even_im = (im[k] - im[n - k]) / 2;
    float gap_re = (re[k] - re[n - k]) / 2, gap_im = (im[k] + im[n - k]) / 2;
    float c = transform->cosine[k], s = transform->sine[k];
    float odd_re = gap_re * c - gap_im * s, odd_im = gap_im * c + gap_re * s;
    // Real and imaginary parts change places: a transform forth is then one back.
    first.im[k] = even_re - odd_im;
    first.re[k] = even_im + odd_re;
  }
  const struct points *pairs = transform_points(transform, &first, &second);
  for (size_t k = 0; k < n; k++) {
    samples[2 * k] = pairs->im[k] * scale;
    samples[2 * k + 1] = pairs->re[k] * scale;
  }
}
