// The codecs of a stream behind one face: 16-bit samples in, an RTP payload out, and back. State is the caller's; one thread
// each; no allocation.
//
//   codec        samples   RTP clock   payload
//   PCMU, PCMA   8 kHz     8 kHz       an octet a sample (RFC 3551 §4.5.14)
//   G722         16 kHz    8 kHz       an octet for two samples; the clock is what an error of old has made it (§4.5.2)
//   L16          8, 16 kHz the same    two octets a sample, the higher first (§4.5.11)
//   opus         16 kHz    48 kHz      RFC 7587 §4.1; by a library, whose memory comes from outside

#ifndef DOORPHONE_CODEC_CODEC_H
#define DOORPHONE_CODEC_CODEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "codec/g711.h"
#include "codec/g722.h"
#include "codec/opus-library.h"

/** Static payload types where there is one (RFC 3551 §6). The numbers cross to TypeScript: src/media/codec-number.ts. */
enum codec {
  CODEC_PCMU = 0,
  CODEC_PCMA = 8,
  CODEC_G722 = 9,
  CODEC_L16_8K = 128,
  CODEC_L16_16K = 129,
  CODEC_OPUS = 130,
};

/** 60 ms of L16 at 8 kHz and more: what a datagram on every network carries. */
#define CODEC_PAYLOAD_BYTES 1280
/** Of every payload that is not longer than that. */
#define CODEC_PAYLOAD_SAMPLES (CODEC_PAYLOAD_BYTES * 2)

/** Payload types that a stream may have beside the agreed one. */
#define CODEC_FORMATS 12

/** In a codec_format: telephone-events (RFC 4733). */
#define CODEC_FORMAT_EVENTS 255
/** Comfort noise (RFC 3389) of another clock than 8 kHz, whose payload type is 13. */
#define CODEC_FORMAT_NOISE 254

/** What a payload type means. */
struct codec_format {
  uint8_t payload_type;
  uint8_t codec; /**< enum codec, or one of these */
};

struct codec_traits {
  uint32_t rate_hz;    /**< Of its samples. */
  uint32_t clock_hz;   /**< Of its RTP timestamps; a multiple of 8000. */
  uint32_t longest_ms; /**< The longest packet whose payload fits into CODEC_PAYLOAD_BYTES, in tens. */
  bool sends_copies;   /**< A payload may hold a copy of what the one before it holds. */
  bool has_memory;     /**< What a payload means depends on those before. */
};

/** What is known of a codec; null: there is none of that number. */
const struct codec_traits *codec_traits(unsigned codec);

struct codec_encoder {
  enum codec codec;
  bool omits_pauses; /**< Some packets need not be sent. */
  union {
    struct g711_codec g711;
    struct g722_encoder g722;
    struct opus_pair *opus;
  };
};

struct codec_decoder {
  enum codec codec;
  union {
    struct g711_codec g711;
    struct g722_decoder g722;
    struct opus_pair *opus;
  };
};

/** What some codecs need from outside. */
struct codec_supply {
  struct opus_pair *opus; /**< Outlives encoder and decoder, which have a half each. Null: opus is not to be had. */
  struct opus_wishes wishes; /**< How its peer wants it. */
};

/** @param supply null: none; opus is then not to be asked for */
void codec_encoder_init(struct codec_encoder *encoder, enum codec codec, const struct codec_supply *supply);

/**
 * Encodes the samples of one packet, at most the codec's longest.
 * @param count even
 * @param payload with room for CODEC_PAYLOAD_BYTES
 * @return octets written; 0: none, it failed
 */
size_t codec_encode(struct codec_encoder *encoder, const int16_t *samples, size_t count, uint8_t *payload);

/** Whether a packet of so many octets is one of a pause, and need not be sent. */
bool codec_is_pause(const struct codec_encoder *encoder, size_t octets);

/** @param supply as above */
void codec_decoder_init(struct codec_decoder *decoder, enum codec codec, const struct codec_supply *supply);

/** How many samples a payload holds; 0: it is none of this codec's, or longer than CODEC_PAYLOAD_BYTES. */
size_t codec_payload_samples(const struct codec_decoder *decoder, struct byte_view payload);

/** Decodes a payload. @param samples with room for codec_payload_samples */
void codec_decode(struct codec_decoder *decoder, struct byte_view payload, int16_t *samples);

/**
 * Makes up sound that was lost, where the codec knows how.
 * @param following the payload right behind it; empty: it has not come
 * @return false: it does not
 */
bool codec_conceal(struct codec_decoder *decoder, struct byte_view following, int16_t *samples, size_t count);

#endif
