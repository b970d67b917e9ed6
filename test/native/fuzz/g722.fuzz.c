// Any octets as G.722, and any samples into it: decoding in two pieces is decoding in one.

#include <stdlib.h>
#include <string.h>

#include "codec/g722.h"

extern const char fuzz_name[];
const char fuzz_name[] = "fuzz g722";
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MOST = 2048 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  int16_t whole[2 * MOST];
  int16_t pieces[2 * MOST];
  uint8_t octets[MOST];
  if (size == 0 || size > MOST) return 0;
  struct g722_decoder one;
  struct g722_decoder two;
  g722_decoder_init(&one);
  g722_decoder_init(&two);
  size_t first = data[0] % size;
  g722_decode(&one, data, whole, size);
  g722_decode(&two, data, pieces, first);
  g722_decode(&two, data + first, pieces + 2 * first, size - first);
  if (memcmp(whole, pieces, 2 * size * sizeof *whole) != 0) abort();
  struct g722_encoder encoder;
  g722_encoder_init(&encoder);
  memcpy(whole, data, size / 4 * 4);
  g722_encode(&encoder, whole, octets, size / 4);
  return 0;
}
