// G.711 by libspandsp: ns a sample, in frames of 160.

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <spandsp.h>

#include "timing.h"

static int16_t samples[FRAME * FRAMES];
static uint8_t octets[FRAME * FRAMES];

static void fill_samples(void) {
  uint32_t random = 1;
  for (size_t i = 0; i < FRAME * FRAMES; i++) {
    random = random * 1664525 + 1013904223;
    samples[i] = (int16_t)((int32_t)(random >> 16) - 32768);
  }
}

int main(void) {
  const int modes[] = {G711_ALAW, G711_ULAW};
  const char *const names[] = {"alaw", "ulaw"};
  printf("{");
  for (size_t law = 0; law < 2; law++) {
    g711_state_t *state = g711_init(NULL, modes[law]);
    if (state == NULL) abort();
    fill_samples();
    uint64_t encode = UINT64_MAX, decode = UINT64_MAX;
    for (int run = 0; run < RUNS; run++) {
      uint64_t start = timing_now_ns();
      for (size_t i = 0; i < FRAMES; i++) g711_encode(state, octets + i * FRAME, samples + i * FRAME, FRAME);
      timing_keep_best(&encode, start, timing_now_ns());
    }
    for (int run = 0; run < RUNS; run++) {
      uint64_t start = timing_now_ns();
      for (size_t i = 0; i < FRAMES; i++) g711_decode(state, samples + i * FRAME, octets + i * FRAME, FRAME);
      timing_keep_best(&decode, start, timing_now_ns());
    }
    printf("%s\"%s_encode_ns\": %.3f, \"%s_decode_ns\": %.3f", law == 0 ? "" : ", ", names[law],
           (double)encode / (FRAME * FRAMES), names[law], (double)decode / (FRAME * FRAMES));
    g711_free(state);
  }
  printf("}\n");
  return 0;
}
