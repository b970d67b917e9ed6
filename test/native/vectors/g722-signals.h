// What G.722 is tried with, made of whole numbers alone so that it is the same everywhere.

#ifndef DOORPHONE_TEST_VECTORS_G722_SIGNALS_H
#define DOORPHONE_TEST_VECTORS_G722_SIGNALS_H

#include <stddef.h>
#include <stdint.h>

enum g722_signal {
  G722_SIGNAL_NOISE,  /**< At full scale. */
  G722_SIGNAL_MURMUR, /**< Noise a few steps high, with silence between. */
  G722_SIGNAL_SWEEP,  /**< A triangle that rises from 60 Hz to 7 kHz, at half scale. */
  G722_SIGNAL_SQUARE, /**< From one end of the scale to the other, 4 times a second. */
  G722_SIGNALS
};

/** Two seconds. */
#define G722_SIGNAL_SAMPLES 32000

static inline uint32_t g722_signal_random(uint32_t *state) {
  *state = *state * 1664525u + 1013904223u;
  return *state >> 16;
}

static inline void g722_signal_make(enum g722_signal signal, int16_t *samples) {
  uint32_t random = 1;
  uint32_t phase = 0;
  for (int32_t at = 0; at < G722_SIGNAL_SAMPLES; at++) {
    int32_t value = (int32_t)g722_signal_random(&random) - 32768;
    if (signal == G722_SIGNAL_MURMUR) value = at / 3000 % 2 ? value / 2000 : 0;
    if (signal == G722_SIGNAL_SQUARE) value = at / 2000 % 2 ? INT16_MAX : INT16_MIN;
    if (signal == G722_SIGNAL_SWEEP) {
      phase = (phase + 245u + (uint32_t)at * 28427u / G722_SIGNAL_SAMPLES) % 65536u;
      value = ((int32_t)phase < 32768 ? (int32_t)phase : 65535 - (int32_t)phase) - 16384;
    }
    samples[at] = (int16_t)value;
  }
}

/** FNV-1a of samples as little-endian octets, or of octets. */
static inline uint64_t g722_hash_octets(const uint8_t *octets, size_t count) {
  uint64_t hash = UINT64_C(0xcbf29ce484222325);
  for (size_t at = 0; at < count; at++) hash = (hash ^ octets[at]) * UINT64_C(0x100000001b3);
  return hash;
}

static inline uint64_t g722_hash_samples(const int16_t *samples, size_t count) {
  uint64_t hash = UINT64_C(0xcbf29ce484222325);
  for (size_t at = 0; at < count; at++) {
    hash = (hash ^ ((uint16_t)samples[at] & 0xFFu)) * UINT64_C(0x100000001b3);
    hash = (hash ^ ((uint16_t)samples[at] >> 8)) * UINT64_C(0x100000001b3);
  }
  return hash;
}

#endif
