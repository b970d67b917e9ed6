// Any bytes as a WAV file: sound that is found lies within the file. Every other input is given the magic words, so that
// random bytes get past them.

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "fileio/wav.h"

extern const char fuzz_name[];
const char fuzz_name[] = "fuzz fileio-wav";
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds) {
  if (!holds) abort();
}

static void check(const uint8_t *bytes, size_t size) {
  struct wav_layout layout;
  if (wav_parse(bytes, size, &layout) != WAV_OK) return;
  require(layout.channels >= 1 && layout.channels <= WAV_MAX_CHANNELS);
  require(layout.sample_bytes >= 1 && layout.sample_bytes <= 4);
  require(layout.frames > 0 && layout.offset <= size);
  require(layout.frames <= (size - layout.offset) / ((size_t)layout.channels * layout.sample_bytes));
  int16_t *samples = malloc(layout.frames * layout.channels * sizeof *samples);
  if (!samples) abort();
  wav_read_samples(bytes, &layout, samples);
  free(samples);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  check(data, size);
  if (size < 44) return 0;
  uint8_t *bytes = malloc(size); // of the exact length, so that the sanitizer sees its end
  if (!bytes) abort();
  memcpy(bytes, data, size);
  memcpy(bytes, "RIFF", 4);
  memcpy(bytes + 8, "WAVEfmt ", 8);
  check(bytes, size);
  const uint8_t format[20] = {16, 0, 0, 0, 1, 0, 1, 0, 0x40, 0x1f, 0, 0, 0x80, 0x3e, 0, 0, 2, 0, 16, 0};
  memcpy(bytes + 16, format, sizeof format);
  check(bytes, size);
  memcpy(bytes + 36, "data", 4);
  check(bytes, size);
  free(bytes);
  return 0;
}
