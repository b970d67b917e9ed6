// The kernels that g711_init_kernel chooses from. Private to codec/.

#ifndef DOORPHONE_CODEC_G711_KERNELS_H
#define DOORPHONE_CODEC_G711_KERNELS_H

#include <stdbool.h>

#include "codec/g711.h"

/** Encoder and decoder of one law on one kind of processor. */
struct g711_functions {
  g711_encode_h *encode;
  g711_decode_h *decode;
};

/** Plain C; also finishes what the vector kernels leave over. */
void g711_portable_encode_alaw(const int16_t *samples, uint8_t *octets, size_t count);
void g711_portable_encode_ulaw(const int16_t *samples, uint8_t *octets, size_t count);
void g711_portable_decode_alaw(const uint8_t *octets, int16_t *samples, size_t count);
void g711_portable_decode_ulaw(const uint8_t *octets, int16_t *samples, size_t count);

/** Whether this processor runs a kernel of g711-x86.c, and its functions. Portable is not asked here. */
bool g711_x86_functions(enum g711_law law, enum g711_kernel kernel, struct g711_functions *functions);

#endif
