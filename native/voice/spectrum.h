// The Fourier transform of real sound, for block lengths that 10 ms have at 8 and 16 kHz: 2N samples and N + 1 bins, N
// a product of 5, 4 and 2. Single precision. The caller owns state and memory; one thread.
//
// Init computes the factors (not on the media thread); transforming neither allocates nor calls libm.

#ifndef DOORPHONE_VOICE_SPECTRUM_H
#define DOORPHONE_VOICE_SPECTRUM_H

#include <stddef.h>

#include "base/error.h"

/** Samples of a block: 10 ms at 16 kHz. */
#define SPECTRUM_MAX_BLOCK 160
#define SPECTRUM_MAX_BINS (SPECTRUM_MAX_BLOCK + 1)

/** Real and imaginary parts apart, as loops over bins like them. */
struct spectrum {
  float re[SPECTRUM_MAX_BINS];
  float im[SPECTRUM_MAX_BINS];
};

/** Fields are the transform's own. */
struct spectrum_transform {
  size_t block; /**< N */
  size_t factors[8];
  size_t factor_count;
  float cosine[2 * SPECTRUM_MAX_BLOCK]; /**< cos(pi k / N) */
  float sine[2 * SPECTRUM_MAX_BLOCK];
};

/** @param block N, at most SPECTRUM_MAX_BLOCK @return DP_OK, DP_INVALID_ARGUMENT (other factors, too long) */
dp_error spectrum_init(struct spectrum_transform *transform, size_t block);

/** Of 2N samples: bins 0 to N, not scaled. */
void spectrum_of(const struct spectrum_transform *transform, const float *samples, struct spectrum *spectrum);

/** Of N samples that as many of silence follow: a part of a response, as a filter's weights. */
void spectrum_of_part(const struct spectrum_transform *transform, const float *part, struct spectrum *spectrum);

/** The 2N samples of N + 1 bins, scaled so that it undoes spectrum_of. */
void spectrum_to_samples(const struct spectrum_transform *transform, const struct spectrum *spectrum, float *samples);

/** Adds the product of two spectra of this block length to a third. */
static inline void spectrum_add_product(size_t block, const struct spectrum *one, const struct spectrum *other,
                                        struct spectrum *sum) {
  for (size_t k = 0; k <= block; k++) {
    sum->re[k] += one->re[k] * other->re[k] - one->im[k] * other->im[k];
    sum->im[k] += one->re[k] * other->im[k] + one->im[k] * other->re[k];
  }
}

#endif
