// Comfort noise (RFC 3389): what a pause in the sound is like, in a few octets, and noise like it. A level and the
// reflection coefficients of an all-pole filter, at the rate of the codec beside it. The caller owns the state; one thread
// each; no allocation.

#ifndef DOORPHONE_CODEC_COMFORT_NOISE_H
#define DOORPHONE_CODEC_COMFORT_NOISE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

/** Coefficients that are made and heard; what a payload has beyond is left out, as it may be (§3). */
#define COMFORT_NOISE_ORDER 10
#define COMFORT_NOISE_BYTES (1 + COMFORT_NOISE_ORDER)

struct comfort_noise {
  uint8_t level; /**< In -dBov, 0 to 127 (§3.1). */
  float reflections[COMFORT_NOISE_ORDER]; /**< -1 < k < 1 (§3.2); 0 beyond the order. */
};

/** @return false: the payload is empty */
bool comfort_noise_read(struct byte_view payload, struct comfort_noise *noise);

/** @param payload with room for COMFORT_NOISE_BYTES @return octets written */
size_t comfort_noise_write(const struct comfort_noise *noise, uint8_t *payload);

/**
 * The noise of which this is the autocorrelation (Levinson and Durbin).
 * @param correlation of lags 0 to COMFORT_NOISE_ORDER, a sample's share
 * @return the power that no filter explains, as a share of all of it; 1 for silence
 */
float comfort_noise_describe(const float correlation[COMFORT_NOISE_ORDER + 1], struct comfort_noise *noise);

/** Makes noise. Zero-initialised it makes silence. */
struct comfort_noise_maker {
  bool started;
  float amplitude; /**< Of the whole noise: what is heard follows what was described, within a tenth of a second. */
  float amplitude_wanted;
  float reflections[COMFORT_NOISE_ORDER];
  float reflections_wanted[COMFORT_NOISE_ORDER];
  float memory[COMFORT_NOISE_ORDER + 1]; /**< Of the lattice filter. */
  uint32_t random;
};

/** Noise like this from now on: the first at once, each other in passing. */
void comfort_noise_maker_set(struct comfort_noise_maker *maker, const struct comfort_noise *noise);

/** @param count of about 20 ms, after which what is heard has come a part of the way to what is wanted */
void comfort_noise_make(struct comfort_noise_maker *maker, int16_t *samples, size_t count);

#endif
