// Opus (RFC 6716) by the system's library, which is looked up at run time: the engine builds and loads where there is none.
// Mono at 16 kHz, which the library converts to and from whatever the packets hold. Opening and closing belong to a thread
// that is not real time; coding allocates nothing.

#ifndef DOORPHONE_CODEC_OPUS_LIBRARY_H
#define DOORPHONE_CODEC_OPUS_LIBRARY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/error.h"

#define OPUS_RATE_HZ 16000
/** What is made up must be a whole number of these: 2.5 ms. */
#define OPUS_LEAST_SAMPLES (OPUS_RATE_HZ / 400)
/** What an encoder that may leave out pauses makes of one, but for a packet every 400 ms. */
#define OPUS_PAUSE_OCTETS 2

struct opus_encoder_state;
struct opus_decoder_state;

/** libopus.so.0, as far as it is used: its ABI, declared here so that no header is needed to build. */
struct opus_library {
  void *object;
  int (*encoder_get_size)(int channels);
  int (*encoder_init)(struct opus_encoder_state *state, int32_t rate_hz, int channels, int application);
  int32_t (*encode)(struct opus_encoder_state *state, const int16_t *samples, int count, uint8_t *bytes, int32_t most);
  int (*encoder_ctl)(struct opus_encoder_state *state, int request, ...);
  int (*decoder_get_size)(int channels);
  int (*decoder_init)(struct opus_decoder_state *state, int32_t rate_hz, int channels);
  int (*decode)(struct opus_decoder_state *state, const uint8_t *bytes, int32_t length, int16_t *samples, int count,
                int correct);
};

/** How the peer wants to be sent sound (RFC 7587 §6.1). */
struct opus_wishes {
  bool corrects; /**< It takes forward error correction (useinbandfec). */
  bool constant; /**< Bits at a constant rate (cbr), as gateways to telephone networks want it. */
  bool pauses;   /**< Pauses may be left out (usedtx). */
  uint32_t most_bits;    /**< A second, at most, on average (maxaveragebitrate); 0: it does not say. */
  uint32_t most_rate_hz; /**< What it can play (maxplaybackrate), beyond which nothing may be sent (§7.1); 0: the same. */
};

bool opus_wishes_equal(const struct opus_wishes *one, const struct opus_wishes *other);

/** Looks the library up. @return DP_OK, DP_UNSUPPORTED (it is not there) */
dp_error opus_library_open(struct opus_library *library);

/** Harmless where it is not open. */
void opus_library_close(struct opus_library *library);

/** Both directions of one stream. */
struct opus_pair {
  const struct opus_library *library;
  size_t encoder_bytes;
  size_t decoder_bytes;
  struct opus_encoder_state *encoder;
  struct opus_decoder_state *decoder;
};

/** Memory for both directions. Not on the media thread. @return null: there is none */
struct opus_pair *opus_pair_create(const struct opus_library *library);

/** Wipes what was said, and frees. Null is nothing. Not on the media thread. */
void opus_pair_free(struct opus_pair *pair);

/** Begins anew. */
void opus_begin_encoding(struct opus_pair *pair, const struct opus_wishes *wishes);
void opus_begin_decoding(struct opus_pair *pair);

/** Encodes 10, 20, 40 or 60 ms. @return octets; OPUS_PAUSE_OCTETS or less: need not be sent, 0: it failed */
size_t opus_encode_packet(struct opus_pair *pair, const int16_t *samples, size_t count, uint8_t *bytes, size_t capacity);

/** How many samples a packet holds, at 16 kHz (RFC 6716 §3.1, §3.2); 0: it is malformed. Pure. */
size_t opus_packet_samples(struct byte_view packet);

/** Decodes opus_packet_samples; silence for what cannot be decoded. */
void opus_decode_packet(struct opus_pair *pair, struct byte_view packet, int16_t *samples, size_t count);

/**
 * Makes up what was lost.
 * @param following the packet right behind it, which may hold a copy of it (RFC 6716 §2.1.7); empty: it has not come
 * @return false: not of that length
 */
bool opus_decode_lost(struct opus_pair *pair, struct byte_view following, int16_t *samples, size_t count);

#endif
