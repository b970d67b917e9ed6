// See codec.h.

#include "codec/codec.h"

static const struct codec_traits g711 = {.rate_hz = 8000, .clock_hz = 8000, .longest_ms = 60};
static const struct codec_traits g722 = {
    .rate_hz = G722_RATE_HZ, .clock_hz = 8000, .longest_ms = 60, .has_memory = true};
static const struct codec_traits l16_8k = {.rate_hz = 8000, .clock_hz = 8000, .longest_ms = 60};
static const struct codec_traits l16_16k = {.rate_hz = 16000, .clock_hz = 16000, .longest_ms = 40};

static const struct codec_traits opus = {
    .rate_hz = OPUS_RATE_HZ, .clock_hz = 48000, .longest_ms = 60, .has_memory = true, .sends_copies = true};

const struct codec_traits *codec_traits(unsigned codec) {
  switch (codec) {
    case CODEC_PCMU:
    case CODEC_PCMA:
      return &g711;
    case CODEC_G722:
      return &g722;
    case CODEC_L16_8K:
      return &l16_8k;
    case CODEC_L16_16K:
      return &l16_16k;
    case CODEC_OPUS:
      return &opus;
    default:
      return NULL;
  }
}

static enum g711_law law_of(enum codec codec) { return codec == CODEC_PCMU ? G711_ULAW : G711_ALAW; }

void codec_encoder_init(struct codec_encoder *encoder, enum codec codec, const struct codec_supply *supply) {
  encoder->codec = codec;
  encoder->omits_pauses = false;
  if (codec == CODEC_G722) g722_encoder_init(&encoder->g722);
  if (codec == CODEC_PCMU || codec == CODEC_PCMA) g711_init(&encoder->g711, law_of(codec));
  if (codec != CODEC_OPUS || !supply) return;
  encoder->opus = supply->opus;
  encoder->omits_pauses = supply->wishes.pauses;
  opus_begin_encoding(encoder->opus, &supply->wishes);
}

size_t codec_encode(struct codec_encoder *encoder, const int16_t *samples, size_t count, uint8_t *payload) {
  switch (encoder->codec) {
    case CODEC_PCMU:
    case CODEC_PCMA:
      encoder->g711.encode(samples, payload, count);
      return count;
    case CODEC_G722:
      g722_encode(&encoder->g722, samples, payload, count / G722_SAMPLES_AN_OCTET);
      return count / G722_SAMPLES_AN_OCTET;
    case CODEC_L16_8K:
    case CODEC_L16_16K:
      for (size_t at = 0; at < count; at++) bytes_store_u16(payload + 2 * at, (uint16_t)samples[at]);
      return 2 * count;
    case CODEC_OPUS:
      return opus_encode_packet(encoder->opus, samples, count, payload, CODEC_PAYLOAD_BYTES);
  }
  return 0;
}

bool codec_is_pause(const struct codec_encoder *encoder, size_t octets) {
  return encoder->omits_pauses && octets <= OPUS_PAUSE_OCTETS;
}

void codec_decoder_init(struct codec_decoder *decoder, enum codec codec, const struct codec_supply *supply) {
  decoder->codec = codec;
  if (codec == CODEC_G722) g722_decoder_init(&decoder->g722);
  if (codec == CODEC_PCMU || codec == CODEC_PCMA) g711_init(&decoder->g711, law_of(codec));
  if (codec != CODEC_OPUS || !supply) return;
  decoder->opus = supply->opus;
  opus_begin_decoding(decoder->opus);
}

size_t codec_payload_samples(const struct codec_decoder *decoder, struct byte_view payload) {
  if (payload.length > CODEC_PAYLOAD_BYTES) return 0;
  switch (decoder->codec) {
    case CODEC_PCMU:
    case CODEC_PCMA:
      return payload.length;
    case CODEC_G722:
      return payload.length * G722_SAMPLES_AN_OCTET;
    case CODEC_L16_8K:
    case CODEC_L16_16K:
      return payload.length % 2 == 0 ? payload.length / 2 : 0;
    case CODEC_OPUS:
      return opus_packet_samples(payload);
  }
  return 0;
}

void codec_decode(struct codec_decoder *decoder, struct byte_view payload, int16_t *samples) {
  switch (decoder->codec) {
    case CODEC_PCMU:
    case CODEC_PCMA:
      decoder->g711.decode(payload.data, samples, payload.length);
      break;
    case CODEC_G722:
      g722_decode(&decoder->g722, payload.data, samples, payload.length);
      break;
    case CODEC_L16_8K:
    case CODEC_L16_16K:
      for (size_t at = 0; at < payload.length / 2; at++) samples[at] = (int16_t)bytes_load_u16(payload.data + 2 * at);
      break;
    case CODEC_OPUS:
      opus_decode_packet(decoder->opus, payload, samples, opus_packet_samples(payload));
      break;
  }
}

bool codec_conceal(struct codec_decoder *decoder, struct byte_view following, int16_t *samples, size_t count) {
  return decoder->codec == CODEC_OPUS && opus_decode_lost(decoder->opus, following, samples, count);
}
