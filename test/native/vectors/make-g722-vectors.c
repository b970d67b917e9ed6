// Makes g722-vectors.h with spandsp, so that our G.722 is held against another implementation without needing it:
//
//   apt install libspandsp-dev
//   cc -o /tmp/make make-g722-vectors.c -lspandsp -lm && /tmp/make > g722-vectors.h
//
// spandsp 0.0.6 does not limit what it decodes to 16 bits but wraps it round; so nothing is decoded here that reaches the
// ends of the scale.

#include <inttypes.h>
#include <spandsp.h>
#include <stdio.h>
#include <stdlib.h>

#include "g722-signals.h"

static int16_t samples[G722_SIGNAL_SAMPLES];
static int16_t decoded[G722_SIGNAL_SAMPLES];
static uint8_t octets[G722_SIGNAL_SAMPLES / 2];

int main(void) {
  printf("// FNV-1a of what spandsp 0.0.6 makes of each signal: octets, and samples of these. By make-g722-vectors.c.\n\n");
  printf("#ifndef DOORPHONE_TEST_VECTORS_G722_VECTORS_H\n#define DOORPHONE_TEST_VECTORS_G722_VECTORS_H\n\n");
  printf("#include <stdint.h>\n\n#include \"vectors/g722-signals.h\"\n\n");
  printf("static const struct {\n  uint64_t octets;\n  uint64_t samples; /**< 0: beyond the scale. */\n"
         "} g722_vectors[G722_SIGNALS] = {\n");
  for (int signal = 0; signal < G722_SIGNALS; signal++) {
    g722_signal_make((enum g722_signal)signal, samples);
    g722_encode_state_t *encoder = g722_encode_init(NULL, 64000, 0);
    g722_decode_state_t *decoder = g722_decode_init(NULL, 64000, 0);
    if (!encoder || !decoder) abort();
    int count = g722_encode(encoder, octets, samples, G722_SIGNAL_SAMPLES);
    int back = g722_decode(decoder, decoded, octets, count);
    if (back != G722_SIGNAL_SAMPLES) abort();
    int fits = signal == G722_SIGNAL_MURMUR || signal == G722_SIGNAL_SWEEP;
    printf("    {UINT64_C(0x%016" PRIx64 "), UINT64_C(0x%016" PRIx64 ")},\n", g722_hash_octets(octets, (size_t)count),
           fits ? g722_hash_samples(decoded, (size_t)back) : 0);
  }
  printf("};\n\n#endif\n");
  return 0;
}
