// See opus-library.h.

#define _DEFAULT_SOURCE // explicit_bzero

#include "codec/opus-library.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#include "base/symbol.h"

/** Numbers of opus_defines.h. */
enum {
  APPLICATION_VOIP = 2048,
  SET_BITRATE = 4002,
  SET_MAX_BANDWIDTH = 4004,
  SET_VBR = 4006,
  SET_COMPLEXITY = 4010,
  SET_INBAND_FEC = 4012,
  SET_PACKET_LOSS = 4014,
  SET_DTX = 4016,
  SET_SIGNAL = 4024,
  SIGNAL_VOICE = 3001,
  BANDWIDTH_NARROW = 1101,
  BANDWIDTH_MEDIUM = 1102,
  BANDWIDTH_WIDE = 1103,
};

/** Wideband speech with room for a copy of what was lost (RFC 7587 §3.1.1 has 16 to 20 kbit/s without). */
#define BITRATE 32000
/** What one core of a small board bears beside all else. */
#define COMPLEXITY 5
/** The share of loss that copies are made for: the library's measure of how much to spend on them. */
#define LOSS_PERCENT 10

dp_error opus_library_open(struct opus_library *library) {
  *library = (struct opus_library){.object = dlopen("libopus.so.0", RTLD_NOW | RTLD_LOCAL)};
  if (!library->object) return DP_UNSUPPORTED;
  void *object = library->object;
  if (look_up(object, "opus_encoder_get_size", &library->encoder_get_size) &&
      look_up(object, "opus_encoder_init", &library->encoder_init) &&
      look_up(object, "opus_encode", &library->encode) &&
      look_up(object, "opus_encoder_ctl", &library->encoder_ctl) &&
      look_up(object, "opus_decoder_get_size", &library->decoder_get_size) &&
      look_up(object, "opus_decoder_init", &library->decoder_init) &&
      look_up(object, "opus_decode", &library->decode)) {
    return DP_OK;
  }
  opus_library_close(library);
  return DP_UNSUPPORTED;
}

void opus_library_close(struct opus_library *library) {
  if (library->object) (void)dlclose(library->object);
  library->object = NULL;
}

struct opus_pair *opus_pair_create(const struct opus_library *library) {
  struct opus_pair *pair = calloc(1, sizeof *pair);
  if (!pair) return NULL;
  pair->library = library;
  pair->encoder_bytes = (size_t)library->encoder_get_size(1);
  pair->decoder_bytes = (size_t)library->decoder_get_size(1);
  pair->encoder = calloc(1, pair->encoder_bytes);
  pair->decoder = calloc(1, pair->decoder_bytes);
  if (pair->encoder && pair->decoder) return pair;
  opus_pair_free(pair);
  return NULL;
}

void opus_pair_free(struct opus_pair *pair) {
  if (!pair) return;
  if (pair->encoder) explicit_bzero(pair->encoder, pair->encoder_bytes);
  if (pair->decoder) explicit_bzero(pair->decoder, pair->decoder_bytes);
  free(pair->encoder);
  free(pair->decoder);
  free(pair);
}

bool opus_wishes_equal(const struct opus_wishes *one, const struct opus_wishes *other) {
  return one->corrects == other->corrects && one->constant == other->constant && one->pauses == other->pauses &&
         one->most_bits == other->most_bits && one->most_rate_hz == other->most_rate_hz;
}

/** The widest band that needs no more than a sampling rate (RFC 6716 §2, table 1). */
static int32_t bandwidth_for(uint32_t rate_hz) {
  if (rate_hz == 0 || rate_hz >= 16000) return BANDWIDTH_WIDE;
  return rate_hz >= 12000 ? BANDWIDTH_MEDIUM : BANDWIDTH_NARROW;
}

void opus_begin_encoding(struct opus_pair *pair, const struct opus_wishes *wishes) {
  const struct opus_library *library = pair->library;
  uint32_t bits = wishes->most_bits > 0 && wishes->most_bits < BITRATE ? wishes->most_bits : BITRATE;
  (void)library->encoder_init(pair->encoder, OPUS_RATE_HZ, 1, APPLICATION_VOIP);
  (void)library->encoder_ctl(pair->encoder, SET_BITRATE, (int32_t)bits);
  (void)library->encoder_ctl(pair->encoder, SET_COMPLEXITY, (int32_t)COMPLEXITY);
  (void)library->encoder_ctl(pair->encoder, SET_SIGNAL, (int32_t)SIGNAL_VOICE);
  (void)library->encoder_ctl(pair->encoder, SET_MAX_BANDWIDTH, bandwidth_for(wishes->most_rate_hz));
  (void)library->encoder_ctl(pair->encoder, SET_VBR, (int32_t)(wishes->constant ? 0 : 1));
  (void)library->encoder_ctl(pair->encoder, SET_DTX, (int32_t)(wishes->pauses ? 1 : 0));
  (void)library->encoder_ctl(pair->encoder, SET_INBAND_FEC, (int32_t)(wishes->corrects ? 1 : 0));
  (void)library->encoder_ctl(pair->encoder, SET_PACKET_LOSS, (int32_t)(wishes->corrects ? LOSS_PERCENT : 0));
}

void opus_begin_decoding(struct opus_pair *pair) {
  (void)pair->library->decoder_init(pair->decoder, OPUS_RATE_HZ, 1);
}

size_t opus_encode_packet(struct opus_pair *pair, const int16_t *samples, size_t count, uint8_t *bytes,
                          size_t capacity) {
  int32_t length = pair->library->encode(pair->encoder, samples, (int)count, bytes, (int32_t)capacity);
  return length > 0 ? (size_t)length : 0;
}

/** A frame's length by the five bits of the configuration (RFC 6716 §3.1, table 2), in units of 2.5 ms. */
static size_t frame_units(unsigned configuration) {
  static const uint8_t silk[4] = {4, 8, 16, 24};
  static const uint8_t celt[4] = {1, 2, 4, 8};
  if (configuration < 12) return silk[configuration & 3];
  if (configuration < 16) return configuration & 1 ? 8 : 4;
  return celt[configuration & 3];
}

size_t opus_packet_samples(struct byte_view packet) {
  enum { MOST_UNITS = 48 }; // 120 ms (§3.4, R5)
  if (packet.length == 0) return 0;
  size_t frames = 1;
  unsigned code = packet.data[0] & 3;
  if (code == 1 || code == 2) frames = 2;
  if (code == 3) {
    if (packet.length < 2) return 0;
    frames = packet.data[1] & 0x3F;
  }
  size_t units = frames * frame_units(packet.data[0] >> 3);
  return units <= MOST_UNITS ? units * OPUS_LEAST_SAMPLES : 0;
}

void opus_decode_packet(struct opus_pair *pair, struct byte_view packet, int16_t *samples, size_t count) {
  int got = pair->library->decode(pair->decoder, packet.data, (int32_t)packet.length, samples, (int)count, 0);
  size_t decoded = got > 0 ? (size_t)got : 0;
  if (decoded < count) memset(samples + decoded, 0, (count - decoded) * sizeof *samples);
}

bool opus_decode_lost(struct opus_pair *pair, struct byte_view following, int16_t *samples, size_t count) {
  if (count == 0 || count % OPUS_LEAST_SAMPLES != 0) return false;
  const uint8_t *bytes = following.length > 0 ? following.data : NULL;
  int32_t length = following.length > 0 ? (int32_t)following.length : 0;
  int got = pair->library->decode(pair->decoder, bytes, length, samples, (int)count, bytes ? 1 : 0);
  return got == (int)count;
}
