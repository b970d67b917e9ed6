// See stream-parameters.h.

#include "binding/stream-parameters.h"

#include <string.h>

#include "base/bytes.h"
#include "binding/error-code.h"
#include "srtp/srtp-suite.h"

static const int64_t port_range[2] = {1, 65535};
static const int64_t payload_range[2] = {-1, 127};
static const int64_t octet_range[2] = {0, 255};
static const int64_t number_range[2] = {0, UINT32_MAX};
static const int64_t clock_range[2] = {0, 192000};
static const int64_t bits_range[2] = {0, 1000000};
static const int64_t delay_range[2] = {0, ENGINE_DELAY_MOST_MS};
static const int64_t role_range[2] = {DTLS_CLIENT, DTLS_SERVER};

/** The members that hold a suite and its key. */
static const char *const send_members[2] = {"sendSuite", "sendKey"};
static const char *const receive_members[2] = {"receiveSuite", "receiveKey"};

/** A suite's keys, one behind the other. */
struct read_keys {
  enum srtp_suite suite;
  const uint8_t *bytes; /**< Null: plain RTP. */
  size_t count;
};

/** A suite by its name, with keys: both, or neither and plain RTP. */
static bool read_keys(napi_env env, napi_value object, const char *const members[2], struct read_keys *keys) {
  char name[ARGUMENT_TEXT_BYTES];
  bool present;
  size_t length;
  *keys = (struct read_keys){.suite = SRTP_AES_CM_128_HMAC_SHA1_80};
  if (!arguments_text_member(env, object, members[0], name, &present)) return false;
  if (!present) return arguments_bytes_member(env, object, members[1], 0, &keys->bytes);
  if (srtp_suite_named(name, &keys->suite) != DP_OK) {
    error_throw(env, ERROR_INVALID_ARGUMENT, "%s must be the name of a crypto suite", members[0]);
    return false;
  }
  if (!arguments_view_member(env, object, members[1], &keys->bytes, &length)) return false;
  size_t master_bytes = srtp_suite_master_bytes(keys->suite);
  keys->count = length / master_bytes;
  bool whole = keys->bytes && keys->count > 0 && length % master_bytes == 0;
  if (!whole) error_throw(env, ERROR_INVALID_ARGUMENT, "%s must be given with its suite, as long as it wants", members[1]);
  return whole;
}

static bool read_sent(napi_env env, napi_value object, struct engine_stream *stream) {
  struct read_keys keys;
  if (!read_keys(env, object, send_members, &keys)) return false;
  stream->send_suite = keys.suite;
  stream->send_key = keys.bytes;
  if (keys.count > 1) error_throw(env, ERROR_INVALID_ARGUMENT, "sendKey must be one key");
  return keys.count <= 1;
}

/** Big-endian numbers of 64 bits, one a key; left out: each lasts as long as its suite allows. */
static bool read_lifetimes(napi_env env, napi_value object, struct stream_parameters *parameters, size_t keys) {
  const uint8_t *bytes;
  size_t length;
  if (!arguments_view_member(env, object, "receiveLifetimes", &bytes, &length)) return false;
  if (!bytes) return true;
  if (length != keys * sizeof(uint64_t) || keys > SRTP_MAX_KEYS) {
    error_throw(env, ERROR_INVALID_ARGUMENT, "receiveLifetimes must be 8 bytes for each key of receiveKey, of %d at most",
                SRTP_MAX_KEYS);
    return false;
  }
  for (size_t at = 0; at < keys; at++) parameters->lifetimes[at] = bytes_load_u64(bytes + at * sizeof(uint64_t));
  parameters->stream.receive_lifetimes = parameters->lifetimes;
  return true;
}

/** One key, or as many as there are MKIs, all of one length. */
static bool read_received(napi_env env, napi_value object, struct stream_parameters *parameters) {
  struct engine_stream *stream = &parameters->stream;
  struct read_keys keys;
  size_t mki_bytes;
  if (!read_keys(env, object, receive_members, &keys)) return false;
  if (!arguments_view_member(env, object, "receiveMki", &stream->receive_mki, &mki_bytes)) return false;
  stream->receive_suite = keys.suite;
  stream->receive_key = keys.bytes;
  stream->receive_keys = keys.count;
  if (keys.count > 0) stream->receive_mki_bytes = mki_bytes / keys.count;
  bool fits = mki_bytes == 0 ? keys.count <= 1 : keys.count > 0 && mki_bytes % keys.count == 0;
  if (!fits) error_throw(env, ERROR_INVALID_ARGUMENT, "receiveMki must name each key of receiveKey");
  return fits && read_lifetimes(env, object, parameters, keys.count);
}

/**
 * Fingerprints behind each other, each a byte that says the hash (enum dtls_hash) and its value. Of more than the engine
 * compares the first count.
 */
static bool read_fingerprints(napi_env env, napi_value object, struct dtls_fingerprints *fingerprints) {
  const uint8_t *bytes;
  size_t length;
  if (!arguments_view_member(env, object, "dtlsFingerprints", &bytes, &length)) return false;
  for (size_t at = 0; at < length && fingerprints->count < DTLS_FINGERPRINTS;) {
    struct dtls_fingerprint *next = &fingerprints->list[fingerprints->count];
    next->hash = (enum dtls_hash)bytes[at];
    size_t size = dtls_hash_bytes(next->hash);
    if (size == 0 || length - at - 1 < size) {
      error_throw(env, ERROR_INVALID_ARGUMENT, "dtlsFingerprints must be hashes that are known, whole");
      return false;
    }
    memcpy(next->bytes, bytes + at + 1, size);
    fingerprints->count++;
    at += 1 + size;
  }
  return true;
}

/** An association of 0 is none. */
static bool read_dtls(napi_env env, napi_value object, struct stream_parameters *parameters) {
  int64_t association;
  int64_t role;
  if (!arguments_integer_member(env, object, "dtlsAssociation", number_range, &association)) return false;
  if (association == 0) return true;
  if (!arguments_integer_member(env, object, "dtlsRole", role_range, &role)) return false;
  parameters->dtls.association = (uint32_t)association;
  parameters->dtls.role = (enum dtls_role)role;
  parameters->stream.dtls = &parameters->dtls;
  return read_fingerprints(env, object, &parameters->dtls.peer);
}

/** Both credentials, or none. */
static bool read_ice(napi_env env, napi_value object, struct stream_parameters *parameters) {
  bool named;
  if (!arguments_text_member(env, object, "iceUfrag", parameters->ufrag, &named)) return false;
  if (!named) return true;
  if (!arguments_text_member(env, object, "icePassword", parameters->password, NULL)) return false;
  parameters->ice = (struct engine_ice){.ufrag = parameters->ufrag, .password = parameters->password};
  parameters->stream.ice = &parameters->ice;
  return true;
}

/** What else the peer may send: payload type and codec by turns; left out: nothing. */
static bool read_formats(napi_env env, napi_value object, struct engine_stream *stream) {
  const uint8_t *bytes;
  size_t length;
  if (!arguments_view_member(env, object, "formats", &bytes, &length)) return false;
  if (length % 2 != 0 || length / 2 > CODEC_FORMATS) {
    error_throw(env, ERROR_INVALID_ARGUMENT, "formats must be at most %d pairs", CODEC_FORMATS);
    return false;
  }
  stream->format_count = length / 2;
  for (size_t at = 0; at < stream->format_count; at++) {
    stream->formats[at] = (struct codec_format){.payload_type = bytes[2 * at], .codec = bytes[2 * at + 1]};
  }
  return true;
}

/** Another place that the peer may be heard from; left out: none. */
static bool read_latch(napi_env env, napi_value object, struct stream_parameters *parameters) {
  bool named;
  char *address = parameters->signalling_address;
  if (!arguments_text_member(env, object, "signallingAddress", address, &named)) return false;
  if (named) parameters->stream.signalling_address = address;
  return true;
}

/** How long packets wait to be played. */
static bool read_delay(napi_env env, napi_value object, struct engine_stream *stream) {
  int64_t least;
  int64_t most;
  if (!arguments_integer_member(env, object, "leastDelayMs", delay_range, &least) ||
      !arguments_integer_member(env, object, "mostDelayMs", delay_range, &most)) {
    return false;
  }
  stream->least_delay_ms = (uint16_t)least;
  stream->most_delay_ms = (uint16_t)most;
  return true;
}

/** How the sound is to be encoded. */
static bool read_wishes(napi_env env, napi_value object, struct engine_stream *stream) {
  int64_t noise_payload_type;
  int64_t most_bits;
  int64_t most_rate;
  if (!arguments_integer_member(env, object, "noisePayloadType", octet_range, &noise_payload_type) ||
      !arguments_integer_member(env, object, "mostBits", bits_range, &most_bits) ||
      !arguments_integer_member(env, object, "mostRateHz", clock_range, &most_rate) ||
      !arguments_flag_member(env, object, "constantBits", &stream->opus.constant) ||
      !arguments_flag_member(env, object, "omitsPauses", &stream->opus.pauses) ||
      !arguments_flag_member(env, object, "corrects", &stream->opus.corrects)) {
    return false;
  }
  stream->noise_payload_type = (uint8_t)noise_payload_type;
  stream->opus.most_bits = (uint32_t)most_bits;
  stream->opus.most_rate_hz = (uint32_t)most_rate;
  return true;
}

static bool read_media(napi_env env, napi_value object, struct stream_parameters *parameters) {
  struct engine_stream *stream = &parameters->stream;
  int64_t port;
  int64_t rtcp_port;
  int64_t codec;
  int64_t payload_type;
  int64_t event_payload_type;
  int64_t event_clock;
  int64_t received_event_payload_type;
  int64_t packet_time;
  if (!arguments_text_member(env, object, "remoteAddress", parameters->address, NULL) ||
      !arguments_text_member(env, object, "remoteRtcpAddress", parameters->rtcp_address, NULL) ||
      !arguments_integer_member(env, object, "remotePort", port_range, &port) ||
      !arguments_integer_member(env, object, "remoteRtcpPort", port_range, &rtcp_port) ||
      !arguments_integer_member(env, object, "codec", octet_range, &codec) ||
      !arguments_integer_member(env, object, "payloadType", octet_range, &payload_type) ||
      !arguments_integer_member(env, object, "eventPayloadType", payload_range, &event_payload_type) ||
      !arguments_integer_member(env, object, "eventClockHz", clock_range, &event_clock) ||
      !arguments_integer_member(env, object, "receivedEventPayloadType", payload_range, &received_event_payload_type) ||
      !arguments_integer_member(env, object, "packetTimeMs", octet_range, &packet_time) ||
      !arguments_flag_member(env, object, "tellsQuality", &stream->tells_quality) ||
      !arguments_flag_member(env, object, "sends", &stream->sends) ||
      !arguments_flag_member(env, object, "receives", &stream->receives)) {
    return false;
  }
  stream->remote_address = parameters->address;
  stream->remote_rtcp_address = parameters->rtcp_address;
  stream->remote_port = (uint16_t)port;
  stream->remote_rtcp_port = (uint16_t)rtcp_port;
  stream->codec = (uint8_t)codec;
  stream->payload_type = (uint8_t)payload_type;
  stream->event_payload_type = (int16_t)event_payload_type;
  stream->event_clock_hz = (uint32_t)event_clock;
  stream->received_event_payload_type = (int16_t)received_event_payload_type;
  stream->packet_time_ms = (uint8_t)packet_time;
  return read_wishes(env, object, stream) && read_delay(env, object, stream) && read_formats(env, object, stream);
}

bool stream_parameters_read(napi_env env, napi_value object, struct stream_parameters *parameters) {
  struct engine_stream *stream = &parameters->stream;
  memset(stream, 0, sizeof *stream);
  memset(&parameters->dtls, 0, sizeof parameters->dtls);
  return read_media(env, object, parameters) && read_latch(env, object, parameters) &&
         read_sent(env, object, stream) && read_received(env, object, parameters) &&
         read_dtls(env, object, parameters) && read_ice(env, object, parameters);
}
