// See comfort-noise.h.

#include "codec/comfort-noise.h"

#include <math.h>
#include <string.h>

/** The overload point of 16 bits (§3.1). */
#define OVERLOAD 32768.0F
/** Of §3.2: k = 258 (N - 127) / 32768; N = 255 is reserved. */
#define STEP (258.0F / 32768.0F)
enum { MIDDLE = 127, MOST = 254, LEAST_LEVEL = 127 };
/** White noise 40 dB below, so that the filter of a nearly periodic sound stays well away from ringing. */
#define WHITENING 1.0001F
/** A filter that rings for seconds is no noise: coefficients of a peer's end here. */
#define STEEPEST 0.995F
/** Of the way to what is wanted, each time. */
#define PACE 0.25F

static float bounded(float value, float most) {
  if (value > most) return most;
  return value < -most ? -most : value;
}

bool comfort_noise_read(struct byte_view payload, struct comfort_noise *noise) {
  if (payload.length == 0) return false;
  memset(noise, 0, sizeof *noise);
  noise->level = payload.data[0] & 0x7F;
  for (size_t at = 0; at < COMFORT_NOISE_ORDER && at + 1 < payload.length; at++) {
    int index = payload.data[at + 1];
    if (index <= MOST) noise->reflections[at] = STEP * (float)(index - MIDDLE);
  }
  return true;
}

size_t comfort_noise_write(const struct comfort_noise *noise, uint8_t *payload) {
  payload[0] = noise->level & 0x7F;
  for (size_t at = 0; at < COMFORT_NOISE_ORDER; at++) {
    long index = MIDDLE + lroundf(noise->reflections[at] / STEP);
    payload[at + 1] = (uint8_t)(index < 0 ? 0 : index > MOST ? MOST : index);
  }
  return COMFORT_NOISE_BYTES;
}

static uint8_t level_of(float power) {
  if (power < 1e-3F) return LEAST_LEVEL;
  float level = -10 * log10f(power / (OVERLOAD * OVERLOAD));
  if (level < 0) return 0;
  return level > LEAST_LEVEL ? LEAST_LEVEL : (uint8_t)lroundf(level);
}

float comfort_noise_describe(const float correlation[COMFORT_NOISE_ORDER + 1], struct comfort_noise *noise) {
  memset(noise, 0, sizeof *noise);
  noise->level = level_of(correlation[0]);
  if (noise->level == LEAST_LEVEL) return 1;
  float predictor[COMFORT_NOISE_ORDER + 1] = {1};
  const float whole = correlation[0] * WHITENING;
  float rest = whole;
  for (size_t order = 1; order <= COMFORT_NOISE_ORDER; order++) {
    float sum = correlation[order];
    for (size_t at = 1; at < order; at++) sum += predictor[at] * correlation[order - at];
    // In the sign of G.711 Appendix II: low sounds have a first coefficient below 0.
    float reflection = bounded(-sum / rest, STEEPEST);
    noise->reflections[order - 1] = reflection;
    predictor[order] = reflection;
    for (size_t low = 1, high = order - 1; low <= high; low++, high--) {
      float before = predictor[low];
      predictor[low] += reflection * predictor[high];
      if (low != high) predictor[high] += reflection * before;
    }
    rest *= 1 - reflection * reflection;
  }
  return rest / whole;
}

void comfort_noise_maker_set(struct comfort_noise_maker *maker, const struct comfort_noise *noise) {
  maker->amplitude_wanted = noise->level == LEAST_LEVEL ? 0 : OVERLOAD * powf(10, -(float)noise->level / 20);
  for (size_t at = 0; at < COMFORT_NOISE_ORDER; at++) {
    maker->reflections_wanted[at] = bounded(noise->reflections[at], STEEPEST);
  }
  if (maker->started) return;
  maker->started = true;
  maker->amplitude = maker->amplitude_wanted;
  memcpy(maker->reflections, maker->reflections_wanted, sizeof maker->reflections);
  memset(maker->memory, 0, sizeof maker->memory);
}

/** Between two stable lattice filters all are stable, as each coefficient stays between -1 and 1. */
static void approach(struct comfort_noise_maker *maker) {
  maker->amplitude += PACE * (maker->amplitude_wanted - maker->amplitude);
  for (size_t at = 0; at < COMFORT_NOISE_ORDER; at++) {
    maker->reflections[at] += PACE * (maker->reflections_wanted[at] - maker->reflections[at]);
  }
}

/** White, of mean power 1. xorshift (Marsaglia). */
static float white(struct comfort_noise_maker *maker) {
  uint32_t random = maker->random ? maker->random : 1;
  random ^= random << 13;
  random ^= random >> 17;
  random ^= random << 5;
  maker->random = random;
  return ((float)random / 2147483648.0F - 1) * 1.7320508F;
}

/** An all-pole lattice: one stage a coefficient. */
static float filtered(struct comfort_noise_maker *maker, float excitation) {
  float forward = excitation;
  for (size_t at = COMFORT_NOISE_ORDER; at-- > 0;) {
    forward -= maker->reflections[at] * maker->memory[at];
    maker->memory[at + 1] = maker->memory[at] + maker->reflections[at] * forward;
  }
  maker->memory[0] = forward;
  return forward;
}

void comfort_noise_make(struct comfort_noise_maker *maker, int16_t *samples, size_t count) {
  approach(maker);
  float power = 1; // What the filter makes of 1 is its inverse.
  for (size_t at = 0; at < COMFORT_NOISE_ORDER; at++) power *= 1 - maker->reflections[at] * maker->reflections[at];
  float amplitude = maker->amplitude * sqrtf(power);
  for (size_t at = 0; at < count; at++) {
    samples[at] = (int16_t)lrintf(bounded(filtered(maker, amplitude * white(maker)), INT16_MAX));
  }
}
