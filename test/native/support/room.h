// A room of figures: a loudspeaker beside a microphone, with a bulk delay, a direct way and a reverberation that decays
// exponentially; and the speech of sounds/ to be heard in it. Deterministic: the same program hears the same room.

#ifndef DOORPHONE_TEST_SUPPORT_ROOM_H
#define DOORPHONE_TEST_SUPPORT_ROOM_H

#include <math.h>
#include <stdio.h>

#include "dsp/resampler.h"
#include "fileio/wav.h"
#include "support/check.h"
#include "voice/spectrum.h"

/** RT60. */
#define ROOM_REVERBERATION_S 0.3
/** The direct sound over all that the walls give back, in a loudspeaker's near field. */
#define ROOM_DIRECT_DB 6.0
/** Of the microphone and its amplifier: uniform, -75 dBFS. */
#define ROOM_NOISE_PEAK 10.0F

struct room {
  uint32_t rate_hz;
  size_t length; /**< Of the response. */
  float *response;
};

/** One sound, as long as a test wants it. */
struct sound {
  size_t count;
  float *samples;
};

static inline float room_random(uint64_t *state) {
  return (float)((double)(test_random(state) >> 11) / 4503599627370496.0 - 1);
}

static inline float *room_memory(size_t count) {
  float *memory = calloc(count, sizeof *memory);
  if (!memory) abort();
  return memory;
}

/**
 * @param delay_ms until the direct sound
 * @param gain of all of the response: 1 is an echo as loud as what is played
 * @param seed another one is another room
 */
static inline struct room room_build(uint32_t rate_hz, double delay_ms, double gain, uint64_t seed) {
  size_t delay = (size_t)(delay_ms * rate_hz / 1000);
  size_t tail = (size_t)(ROOM_REVERBERATION_S * rate_hz);
  struct room room = {.rate_hz = rate_hz, .length = delay + tail, .response = room_memory(delay + tail)};
  double walls = 0;
  for (size_t at = 1; at < tail; at++) {
    double value = (double)room_random(&seed) * pow(10, -3.0 * (double)at / (double)tail);
    room.response[delay + at] = (float)value;
    walls += value * value;
  }
  double direct = sqrt(walls) * pow(10, ROOM_DIRECT_DB / 20);
  room.response[delay] = (float)direct;
  double scale = gain / sqrt(walls + direct * direct);
  for (size_t at = 0; at < room.length; at++) room.response[at] = (float)(room.response[at] * scale);
  return room;
}

/** A block of a sound, or zeros beyond its ends. @param at may be negative */
static inline void room_block(const float *samples, size_t count, long at, size_t length, float *block) {
  for (size_t i = 0; i < length; i++) {
    long from = at + (long)i;
    block[i] = from >= 0 && from < (long)count ? samples[from] : 0;
  }
}

/** What the microphone hears of a sound: a convolution in blocks, as hundreds of millions of products take too long here. */
static inline struct sound room_echo(const struct room *room, const struct sound *played) {
  enum { N = 80 };
  struct spectrum_transform transform;
  float block[2 * N] = {0};
  size_t partitions = (room->length + N - 1) / N;
  size_t blocks = (played->count + N - 1) / N;
  struct spectrum *ways = calloc(partitions, sizeof *ways);
  struct spectrum *sounds = calloc(blocks, sizeof *sounds);
  struct sound echo = {.count = played->count, .samples = room_memory(blocks * N)};
  if (!ways || !sounds || spectrum_init(&transform, N) != DP_OK) abort();
  for (size_t p = 0; p < partitions; p++) {
    room_block(room->response, room->length, (long)(p * N), N, block);
    spectrum_of(&transform, block, &ways[p]);
  }
  for (size_t b = 0; b < blocks; b++) {
    struct spectrum sum = {0};
    room_block(played->samples, played->count, (long)(b * N) - N, sizeof block / sizeof block[0], block);
    spectrum_of(&transform, block, &sounds[b]);
    for (size_t p = 0; p < partitions && p <= b; p++) {
      const struct spectrum *w = &ways[p];
      const struct spectrum *x = &sounds[b - p];
      for (size_t k = 0; k <= N; k++) {
        sum.re[k] += w->re[k] * x->re[k] - w->im[k] * x->im[k];
        sum.im[k] += w->re[k] * x->im[k] + w->im[k] * x->re[k];
      }
    }
    spectrum_to_samples(&transform, &sum, block);
    memcpy(&echo.samples[b * N], &block[N], N * sizeof *block);
  }
  free(ways);
  free(sounds);
  return echo;
}

/** A file of sounds/, without the silence at its beginning. */
static inline struct sound sound_load(const char *name) {
  char path[200];
  static uint8_t bytes[1 << 20];
  struct wav_layout layout;
  snprintf(path, sizeof path, "../sounds/%s.wav", name);
  FILE *file = fopen(path, "rb");
  size_t length = file ? fread(bytes, 1, sizeof bytes, file) : 0;
  if (file) fclose(file);
  if (wav_parse(bytes, length, &layout) != WAV_OK || layout.rate_hz != 8000 || layout.channels != 1) {
    printf("%s is no speech of 8 kHz\n", path);
    exit(1);
  }
  const size_t silence = 8000 * 3 / 20;
  struct sound sound = {.count = layout.frames - silence, .samples = room_memory(layout.frames - silence)};
  for (size_t at = 0; at < sound.count; at++) {
    const uint8_t *sample = &bytes[layout.offset + 2 * (silence + at)];
    sound.samples[at] = (float)(int16_t)(uint16_t)(sample[0] | sample[1] << 8);
  }
  return sound;
}

/** Two pieces of speech in turn, for so long, at this rate. */
static inline struct sound sound_talk(uint32_t rate_hz, const char *first, const char *second, double seconds) {
  struct sound pieces[2] = {sound_load(first), sound_load(second)};
  size_t count = (size_t)(seconds * 8000);
  int16_t *narrow = calloc(count, sizeof *narrow);
  if (!narrow) abort();
  size_t written = 0;
  for (size_t turn = 0; written < count; turn++) {
    const struct sound *piece = &pieces[turn % 2];
    for (size_t at = 0; at < piece->count && written < count; at++) narrow[written++] = (int16_t)piece->samples[at];
  }
  struct sound talk = {.count = count * rate_hz / 8000, .samples = room_memory(count * rate_hz / 8000)};
  if (rate_hz == 8000) {
    for (size_t at = 0; at < count; at++) talk.samples[at] = narrow[at];
  } else {
    struct resampler resampler;
    size_t bytes = resampler_storage_bytes(8000, rate_hz);
    void *storage = malloc(bytes);
    int16_t *wide = calloc(talk.count, sizeof *wide);
    if (!storage || !wide || resampler_init(&resampler, 8000, rate_hz, storage, bytes) != DP_OK) abort();
    struct resampler_block block = {
        .input = narrow, .input_count = count, .output = wide, .output_capacity = talk.count};
    if (resampler_process(&resampler, &block) != DP_OK) abort();
    for (size_t at = 0; at < block.output_count; at++) talk.samples[at] = wide[at];
    free(wide);
    free(storage);
  }
  free(narrow);
  free(pieces[0].samples);
  free(pieces[1].samples);
  return talk;
}

/** Mean power from one second to another. */
static inline double sound_power(const float *samples, uint32_t rate_hz, double from, double to) {
  double sum = 0;
  size_t first = (size_t)(from * rate_hz);
  size_t last = (size_t)(to * rate_hz);
  for (size_t at = first; at < last; at++) sum += (double)samples[at] * (double)samples[at];
  return sum / (double)(last - first);
}

static inline double decibels_between(double power, double other) { return 10 * log10(power / (other + 1e-3)); }

#endif
