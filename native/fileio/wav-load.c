// A whole file into memory, as mono of one rate. See wav.h.

#define _GNU_SOURCE

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dsp/mix.h"
#include "dsp/resampler.h"
#include "fileio/wav.h"

/** Longer than any filter's delay: so much silence after the end lets the last samples out. */
#define FLUSH_SAMPLES 512

struct file_bytes {
  uint8_t *data;
  size_t length;
};

static bool read_fully(int descriptor, struct file_bytes *file) {
  size_t done = 0;
  while (done < file->length) {
    ssize_t got = read(descriptor, file->data + done, file->length - done);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return false;
    if (got == 0) break; // it shrank meanwhile
    done += (size_t)got;
  }
  file->length = done;
  return true;
}

static enum wav_fault read_descriptor(int descriptor, struct file_bytes *file) {
  struct stat status;
  if (fstat(descriptor, &status) != 0) return WAV_UNREADABLE;
  if (!S_ISREG(status.st_mode)) {
    errno = S_ISDIR(status.st_mode) ? EISDIR : EINVAL;
    return WAV_UNREADABLE;
  }
  if (status.st_size > (off_t)WAV_MAX_FILE_BYTES) return WAV_TOO_LARGE;
  if (status.st_size == 0) return WAV_NOT_WAVE;
  file->length = (size_t)status.st_size;
  file->data = malloc(file->length);
  if (!file->data) return WAV_NO_MEMORY;
  if (read_fully(descriptor, file)) return WAV_OK;
  int reason = errno;
  free(file->data);
  errno = reason;
  return WAV_UNREADABLE;
}

static enum wav_fault read_file(const char *path, struct file_bytes *file) {
  // Non-blocking, so that a path that names a pipe is refused and not waited for.
  int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0) return errno == ENOENT || errno == ENOTDIR ? WAV_NOT_FOUND : WAV_UNREADABLE;
  enum wav_fault fault = read_descriptor(descriptor, file);
  int reason = errno;
  close(descriptor);
  errno = reason;
  return fault;
}

/** The file's sound as mono at its own rate; to be freed. */
static int16_t *extract_mono(const struct file_bytes *file, const struct wav_layout *layout, size_t spare) {
  size_t samples = layout->frames * layout->channels;
  int16_t *sound = calloc(samples + spare, sizeof *sound);
  if (!sound) return NULL;
  wav_read_samples(file->data, layout, sound);
  if (layout->channels == 1) return sound;
  mix_to_mono(sound, layout->channels, layout->frames, sound);
  memset(sound + layout->frames, 0, (samples - layout->frames) * sizeof *sound);
  return sound;
}

/** Cuts the filter's delay off the beginning and its tail off the end, so that a loop closes without a gap. */
static size_t trim(const struct resampler *resampler, size_t frames, int16_t *output, size_t count) {
  size_t delay = resampler->taps / 2 * resampler->output_hz / resampler->input_hz;
  size_t wanted = (size_t)((uint64_t)frames * resampler->output_hz / resampler->input_hz);
  if (wanted == 0) wanted = 1;
  if (delay >= count) return count;
  if (wanted > count - delay) wanted = count - delay;
  memmove(output, output + delay, wanted * sizeof *output);
  return wanted;
}

/** Converts `mono`, which has FLUSH_SAMPLES of silence behind it, to another rate. */
static enum wav_fault convert(const int16_t *mono, const struct wav_layout *layout, uint32_t rate_hz, int16_t **samples,
                              size_t *count) {
  size_t storage_bytes = resampler_storage_bytes(layout->rate_hz, rate_hz);
  if (storage_bytes == 0) return WAV_RATE;
  void *storage = malloc(storage_bytes);
  struct resampler resampler;
  int16_t *output = NULL;
  if (storage && resampler_init(&resampler, layout->rate_hz, rate_hz, storage, storage_bytes) == DP_OK) {
    struct resampler_block block = {.input = mono, .input_count = layout->frames + FLUSH_SAMPLES};
    block.output_capacity = resampler_output_limit(&resampler, block.input_count);
    output = malloc(block.output_capacity * sizeof *output);
    block.output = output;
    if (output && resampler_process(&resampler, &block) == DP_OK && block.output_count > 0) {
      *samples = output;
      *count = trim(&resampler, layout->frames, output, block.output_count);
      free(storage);
      return WAV_OK;
    }
  }
  free(output);
  free(storage);
  return WAV_NO_MEMORY;
}

enum wav_fault wav_load(const char *path, uint32_t rate_hz, int16_t **samples, size_t *count) {
  struct file_bytes file;
  enum wav_fault fault = read_file(path, &file);
  if (fault != WAV_OK) return fault;
  struct wav_layout layout;
  fault = wav_parse(file.data, file.length, &layout);
  int16_t *mono = NULL;
  if (fault == WAV_OK) {
    mono = extract_mono(&file, &layout, FLUSH_SAMPLES);
    if (!mono) fault = WAV_NO_MEMORY;
  }
  free(file.data);
  if (fault != WAV_OK) return fault;
  if (layout.rate_hz == rate_hz) {
    *samples = mono;
    *count = layout.frames;
    return WAV_OK;
  }
  fault = convert(mono, &layout, rate_hz, samples, count);
  free(mono);
  return fault;
}
