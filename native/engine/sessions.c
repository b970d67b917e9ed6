// The control thread's side of sessions: sockets, keys, commands. See engine.h.

#define _GNU_SOURCE

#include <string.h>

#include "crypto/secure.h"
#include "engine/engine-parts.h"
#include "engine/keys.h"

#define MIN_DIGIT_MS 40
#define MAX_DIGIT_MS 8000

struct engine_slot *engine_find_slot(struct engine *engine, uint32_t session) {
  struct engine_slot *slot = &engine->slots[session % engine->sessions];
  return slot->open && slot->id == session ? slot : NULL;
}

static size_t index_of(const struct engine *engine, const struct engine_slot *slot) { return (size_t)(slot - engine->slots); }

/** A slot that is free, with a number that no session had before; null if all are in use. */
static struct engine_slot *claim(struct engine *engine) {
  for (uint32_t at = 0; at < engine->sessions; at++) {
    struct engine_slot *slot = &engine->slots[at];
    if (slot->open) continue;
    slot->id = engine->generation * (uint32_t)engine->sessions + at;
    // Begins anew before the numbers wrap, so that a number always says its slot.
    engine->generation = engine->generation % (UINT32_MAX / (uint32_t)engine->sessions - 1) + 1;
    return slot;
  }
  return NULL;
}

dp_error engine_open_session(struct engine *engine, const char *address, uint32_t silence_ms, uint32_t *session,
                             uint16_t *port) {
  struct sockaddr_storage local;
  dp_error error = sockets_parse_address(address, 0, &local);
  if (error != DP_OK) return error;
  struct engine_slot *slot = claim(engine);
  if (!slot) return DP_TOO_MANY_SESSIONS;
  struct stream *stream = &engine->streams[index_of(engine, slot)];
  struct stream_origin origin;
  error = secure_random((uint8_t *)&origin, sizeof origin);
  // In the lower half, so that loss of the first packets cannot hide a wrap from an SRTP receiver (RFC 3711 §3.3.1).
  origin.sequence &= 0x7fff;
  if (error == DP_OK) error = stream_init(stream, &origin, engine->context.turn_ms);
  if (error == DP_OK) error = sockets_open_pair(&engine->range, &local, &stream->sockets);
  if (error != DP_OK) return error;
  stream->id = slot->id;
  stream->silence_ns = silence_ms * NS_PER_MS;
  statistics_publish(&engine->boards[index_of(engine, slot)], &stream->statistics);
  slot->family = stream->sockets.family;
  *session = slot->id;
  *port = stream->sockets.port;
  // Until it is configured there is nothing to do for it; waking the media thread, which outranks us, would hold up a call.
  struct engine_command command = {.kind = ENGINE_COMMAND_OPEN, .slot = index_of(engine, slot)};
  error = engine_command_quietly(engine, &command);
  if (error != DP_OK) {
    sockets_close_pair(&stream->sockets);
    return error;
  }
  slot->open = true;
  return DP_OK;
}

dp_error engine_take_ports(struct engine *engine, uint32_t session, uint32_t from, uint16_t *port) {
  struct engine_slot *slot = engine_find_slot(engine, session);
  struct engine_slot *other = engine_find_slot(engine, from);
  if (!slot || !other || other == slot || other->configured) return DP_NOT_FOUND;
  if (other->family != slot->family) return DP_UNSUPPORTED;
  // Looked at first: sockets that are replaced cannot be had back.
  if (ring_count(&engine->commands) >= engine->command_room) return DP_FULL;
  struct sockets_pair *sockets = &engine->streams[index_of(engine, slot)].sockets;
  dp_error error = sockets_replace_pair(sockets, &engine->streams[index_of(engine, other)].sockets);
  if (error != DP_OK) return error;
  *port = sockets->port;
  const struct engine_command command = {.kind = ENGINE_COMMAND_MOVED, .slot = index_of(engine, slot)};
  return engine_command(engine, &command);
}

// ---- agreement ----

static bool has_sender(const struct engine_slot *slot, const struct engine_stream *stream) {
  enum srtp_suite suite = stream->send_suite;
  return slot->has_send_key[suite] &&
         secure_equal(slot->send_keys[suite], stream->send_key, srtp_suite_master_bytes(suite));
}

/** What the peer's packets are understood by. */
static struct keys_received received_keys(const struct engine_stream *stream) {
  struct keys_received keys = {.suite = stream->receive_suite};
  if (!stream->receive_key) return keys;
  size_t master_bytes = srtp_suite_master_bytes(keys.suite);
  keys.mki_bytes = stream->receive_mki_bytes;
  keys.count = keys.mki_bytes == 0 ? 1 : stream->receive_keys;
  for (size_t at = 0; at < keys.count; at++) {
    memcpy(keys.masters[at], stream->receive_key + at * master_bytes, master_bytes);
    if (keys.mki_bytes > 0) memcpy(keys.mkis[at], stream->receive_mki + at * keys.mki_bytes, keys.mki_bytes);
    if (stream->receive_lifetimes) keys.lifetimes[at] = stream->receive_lifetimes[at];
  }
  return keys;
}

static bool has_receiver(const struct engine_slot *slot, const struct keys_received *keys) {
  const struct keys_received *known = &slot->received;
  if (keys->count == 0 || known->count != keys->count) return known->count == keys->count;
  return known->suite == keys->suite && known->mki_bytes == keys->mki_bytes &&
         memcmp(known->mkis, keys->mkis, sizeof keys->mkis) == 0 &&
         memcmp(known->lifetimes, keys->lifetimes, sizeof keys->lifetimes) == 0 &&
         secure_equal(&known->masters[0][0], &keys->masters[0][0], sizeof keys->masters);
}

/** Makes what the new keys need; a key that stays keeps its counters. */
static dp_error prepare_keys(const struct engine_slot *slot, const struct engine_stream *stream,
                             const struct keys_received *received, struct stream_setup *setup) {
  dp_error error = DP_OK;
  setup->encrypts = stream->send_key != NULL;
  setup->suite = stream->send_suite;
  if (setup->encrypts && !has_sender(slot, stream)) {
    error = keys_make_sender(stream->send_suite, stream->send_key, &setup->sender);
  }
  setup->keeps_receiver = has_receiver(slot, received);
  setup->keeps_sources = keys_overlap(&slot->received, received);
  if (error == DP_OK && !setup->keeps_receiver && received->count > 0) {
    error = keys_make_receiver(received, &setup->receiver);
  }
  return error;
}

static void remember_keys(struct engine_slot *slot, const struct engine_stream *stream,
                          const struct keys_received *received) {
  enum srtp_suite suite = stream->send_suite;
  if (stream->send_key) {
    slot->has_send_key[suite] = true;
    memcpy(slot->send_keys[suite], stream->send_key, srtp_suite_master_bytes(suite));
  }
  slot->received = *received;
}

/** Keys that packets name: as many and as long names as there is room for. */
static bool is_valid_mki(const struct engine_stream *stream) {
  if (stream->receive_mki_bytes == 0) return true;
  return stream->receive_key && stream->receive_mki && stream->receive_mki_bytes <= SRTP_MAX_MKI_BYTES &&
         stream->receive_keys > 0 && stream->receive_keys <= SRTP_MAX_KEYS;
}

static bool is_valid(const struct engine_stream *stream) {
  if (stream->remote_port == 0 || stream->remote_rtcp_port == 0) return false;
  if (!codec_traits(stream->codec) || stream->format_count > CODEC_FORMATS) return false;
  if (stream->payload_type > 127 || stream->event_payload_type > 127 || stream->event_payload_type < -1) return false;
  if (stream->received_event_payload_type > 127 || stream->received_event_payload_type < -1) return false;
  if (stream->event_payload_type == stream->payload_type) return false;
  if (stream->noise_payload_type > 127) return false;
  if (stream->noise_payload_type != 0 && stream->noise_payload_type == stream->payload_type) return false;
  if (stream->event_clock_hz != 0 && codec_traits(stream->codec)->clock_hz % stream->event_clock_hz != 0) return false;
  for (size_t at = 0; at < stream->format_count; at++) {
    const struct codec_format *format = &stream->formats[at];
    if (format->payload_type > 127) return false;
    bool is_sound = format->codec != CODEC_FORMAT_EVENTS && format->codec != CODEC_FORMAT_NOISE;
    if (is_sound && !codec_traits(format->codec)) return false;
  }
  if (stream->dtls && stream->dtls->association > ENGINE_ASSOCIATIONS) return false;
  if (stream->dtls && (stream->dtls->association == 0 || stream->send_key || stream->receive_key)) return false;
  if (stream->dtls && (stream->dtls->peer.count == 0 || stream->dtls->peer.count > DTLS_FINGERPRINTS)) return false;
  if (stream->ice && (!*stream->ice->ufrag || strlen(stream->ice->ufrag) > ICE_UFRAG_BYTES)) return false;
  if (stream->send_key && !srtp_suite_parameters(stream->send_suite)) return false;
  if (stream->receive_key && !srtp_suite_parameters(stream->receive_suite)) return false;
  if (!is_valid_mki(stream)) return false;
  if (stream->most_delay_ms > ENGINE_DELAY_MOST_MS) return false;
  if (stream->most_delay_ms != 0 && stream->least_delay_ms > stream->most_delay_ms) return false;
  return stream->packet_time_ms >= 10 && stream->packet_time_ms <= 60 && stream->packet_time_ms % 10 == 0;
}

// ---- what the courier does ----

/** Takes the credentials; others than those in use are a restart (RFC 8445 §9). @return DP_OK, DP_CRYPTO */
static dp_error take_credentials(struct engine_slot *slot, const struct engine_ice *ice, struct ice_credentials *taken) {
  *taken = (struct ice_credentials){.number = 0};
  if (!ice) return DP_OK;
  taken->ufrag_length = strlen(ice->ufrag);
  memcpy(taken->ufrag, ice->ufrag, taken->ufrag_length);
  dp_error error = hmac_sha1_init(&taken->password, (const uint8_t *)ice->password, strlen(ice->password));
  if (error != DP_OK) return error;
  bool same = slot->ice.number != 0 && slot->ice.ufrag_length == taken->ufrag_length &&
              memcmp(slot->ice.ufrag, taken->ufrag, taken->ufrag_length) == 0 &&
              memcmp(&slot->ice.password, &taken->password, sizeof taken->password) == 0;
  taken->number = same ? slot->ice.number : ++slot->ice_restarts;
  return DP_OK;
}

/** Tells the courier what concerns it, before the media thread hands it the first datagram of it. */
static dp_error request_channel(struct engine *engine, struct engine_slot *slot, const struct engine_stream *stream,
                                struct stream_setup *setup) {
  struct courier_request request = {.kind = COURIER_SET, .slot = index_of(engine, slot)};
  struct channel_setup *channel = &request.setup;
  dp_error error = take_credentials(slot, stream->ice, &channel->ice);
  if (error != DP_OK) return error;
  setup->association = stream->dtls ? stream->dtls->association : 0;
  setup->ice = channel->ice.number;
  if (!stream->dtls && !stream->ice && !slot->has_channel) return DP_OK;
  const struct stream *own = &engine->streams[index_of(engine, slot)];
  channel->session = slot->id;
  channel->association = setup->association;
  if (stream->dtls) {
    channel->role = stream->dtls->role;
    channel->peer = stream->dtls->peer;
  }
  channel->multiplexed = setup->multiplexed;
  channel->sockets[COMPONENT_RTP] = own->sockets.rtp;
  channel->sockets[COMPONENT_RTCP] = own->sockets.rtcp;
  channel->remote[COMPONENT_RTP] = setup->remote;
  channel->remote[COMPONENT_RTCP] = setup->remote_rtcp;
  error = engine_request(engine, &request);
  if (error == DP_OK) {
    slot->has_channel = true;
    slot->ice = channel->ice;
  }
  secure_wipe(&request, sizeof request);
  return error;
}

/** Afterwards nobody but us uses the session's sockets, as far as the courier goes. */
static dp_error stop_channel(struct engine *engine, struct engine_slot *slot) {
  if (!slot->has_channel) return DP_OK;
  const struct courier_request request = {.kind = COURIER_STOP, .slot = index_of(engine, slot)};
  dp_error error = engine_request(engine, &request);
  if (error != DP_OK) return error;
  while (sem_wait(&engine->courier_answer) != 0) continue; // EINTR
  slot->has_channel = false;
  return DP_OK;
}

// ---- putting it into force ----

/** Where the peer receives. */
static dp_error place_stream(const struct engine_slot *slot, const struct engine_stream *stream,
                             struct stream_setup *setup) {
  const char *rtcp_address = stream->remote_rtcp_address ? stream->remote_rtcp_address : stream->remote_address;
  dp_error error = sockets_parse_address(stream->remote_address, stream->remote_port, &setup->remote);
  if (error == DP_OK) error = sockets_parse_address(rtcp_address, stream->remote_rtcp_port, &setup->remote_rtcp);
  if (error != DP_OK) return error;
  if (setup->remote.ss_family != slot->family || setup->remote_rtcp.ss_family != slot->family) return DP_UNSUPPORTED;
  setup->first_stable = stream->signalling_address != NULL;
  if (setup->first_stable) error = sockets_parse_address(stream->signalling_address, 0, &setup->signalling);
  if (error != DP_OK) return error;
  setup->multiplexed = stream->remote_port == stream->remote_rtcp_port &&
                       sockets_same_host(&setup->remote, &setup->remote_rtcp);
  return DP_OK;
}

/** How long packets wait to be played. */
static struct playout_limits delay_limits(const struct engine_stream *stream) {
  if (stream->most_delay_ms == 0) return playout_usual_limits;
  return (struct playout_limits){.min_delay_ns = stream->least_delay_ms * NS_PER_MS,
                                 .max_delay_ns = stream->most_delay_ms * NS_PER_MS};
}

/** What has been agreed, as the media thread sees it, but for keys. @return DP_OK, DP_MALFORMED, DP_UNSUPPORTED */
static dp_error fill_setup(const struct engine_slot *slot, const struct engine_stream *stream,
                           struct stream_setup *setup) {
  const struct codec_traits *traits = codec_traits(stream->codec);
  uint32_t longest_ms = traits->longest_ms;
  *setup = (struct stream_setup){
      .tells_quality = stream->tells_quality,
      .sends = stream->sends,
      .receives = stream->receives,
      .codec = (enum codec)stream->codec,
      .payload_type = stream->payload_type,
      .event_payload_type = stream->event_payload_type,
      .event_clock_hz = stream->event_clock_hz == 0 ? traits->clock_hz : stream->event_clock_hz,
      .received_event_payload_type = stream->received_event_payload_type,
      .noise_payload_type = stream->noise_payload_type,
      .format_count = stream->format_count,
      .delay = delay_limits(stream),
      .packet_ms = stream->packet_time_ms < longest_ms ? stream->packet_time_ms : longest_ms};
  memcpy(setup->formats, stream->formats, sizeof setup->formats);
  return place_stream(slot, stream, setup);
}

static bool wants_opus(const struct engine_stream *stream) {
  if (stream->codec == CODEC_OPUS) return true;
  for (size_t at = 0; at < stream->format_count; at++) {
    if (stream->formats[at].codec == CODEC_OPUS) return true;
  }
  return false;
}

/** Packets of Opus have 10, 20, 40 or 60 ms (RFC 6716 §2.1.4). */
static void fit_opus(struct stream_setup *setup) {
  if (setup->codec == CODEC_OPUS && setup->packet_ms % 20 != 0 && setup->packet_ms > 10) setup->packet_ms -= 10;
}

/** What codecs need from outside: made once a session. @return DP_OK, DP_UNSUPPORTED, DP_SYSTEM (memory) */
static dp_error supply_codecs(struct engine *engine, struct engine_slot *slot, const struct engine_stream *stream,
                              struct stream_setup *setup) {
  if (wants_opus(stream) && !slot->opus) {
    if (!engine->opus.object) return DP_UNSUPPORTED;
    slot->opus = opus_pair_create(&engine->opus);
    if (!slot->opus) return DP_SYSTEM;
  }
  setup->supply = (struct codec_supply){.opus = slot->opus, .wishes = stream->opus};
  fit_opus(setup);
  return DP_OK;
}

dp_error engine_configure_session(struct engine *engine, uint32_t session, const struct engine_stream *stream) {
  struct engine_slot *slot = engine_find_slot(engine, session);
  if (!slot) return DP_NOT_FOUND;
  if (!is_valid(stream)) return DP_INVALID_ARGUMENT;
  struct engine_command command = {.kind = ENGINE_COMMAND_CONFIGURE, .slot = index_of(engine, slot)};
  struct stream_setup *setup = &command.setup;
  dp_error error = fill_setup(slot, stream, setup);
  if (error == DP_OK) error = supply_codecs(engine, slot, stream, setup);
  // Looked at first: what the courier has been told cannot be taken back.
  if (error == DP_OK && ring_count(&engine->commands) >= engine->command_room) error = DP_FULL;
  struct keys_received received = received_keys(stream);
  if (error == DP_OK) error = prepare_keys(slot, stream, &received, setup);
  if (error == DP_OK) error = request_channel(engine, slot, stream, setup);
  if (error == DP_OK) error = engine_command(engine, &command);
  if (error == DP_OK) {
    slot->configured = true;
    remember_keys(slot, stream, &received);
  } else {
    keys_free(setup->sender, setup->receiver);
  }
  secure_wipe(&received, sizeof received);
  return error;
}

// ---- digits, figures, end ----

dp_error engine_send_digits(struct engine *engine, uint32_t session, const char *digits, uint32_t duration_ms) {
  struct engine_slot *slot = engine_find_slot(engine, session);
  if (!slot) return DP_NOT_FOUND;
  if (duration_ms < MIN_DIGIT_MS || duration_ms > MAX_DIGIT_MS) return DP_INVALID_ARGUMENT;
  struct engine_command command = {.kind = ENGINE_COMMAND_DIGITS, .slot = index_of(engine, slot)};
  command.digits.count = strlen(digits);
  command.digits.duration_ms = duration_ms;
  atomic_uint *waiting = &engine->streams[command.slot].digits_waiting;
  if (command.digits.count > TELEPHONE_EVENT_QUEUE) return DP_FULL;
  for (size_t at = 0; at < command.digits.count; at++) {
    uint8_t event;
    if (!telephone_event_from_digit(digits[at], &event)) return DP_INVALID_ARGUMENT;
    command.digits.digits[at] = digits[at];
  }
  unsigned count = (unsigned)command.digits.count;
  if (atomic_fetch_add(waiting, count) + count <= TELEPHONE_EVENT_QUEUE) {
    dp_error error = engine_command(engine, &command);
    if (error == DP_OK) return DP_OK;
  }
  atomic_fetch_sub(waiting, count);
  return DP_FULL;
}

dp_error engine_read_statistics(struct engine *engine, uint32_t session, struct stream_statistics *statistics) {
  struct engine_slot *slot = engine_find_slot(engine, session);
  if (!slot) return DP_NOT_FOUND;
  statistics_read(&engine->boards[index_of(engine, slot)], statistics);
  return DP_OK;
}

dp_error engine_close_session(struct engine *engine, uint32_t session, struct stream_statistics *final) {
  struct engine_slot *slot = engine_find_slot(engine, session);
  if (!slot) return DP_NOT_FOUND;
  struct stream *stream = &engine->streams[index_of(engine, slot)];
  struct engine_command command = {.kind = ENGINE_COMMAND_CLOSE, .slot = index_of(engine, slot)};
  dp_error error = stop_channel(engine, slot);
  if (error == DP_OK) error = engine_ask(engine, &command);
  if (error != DP_OK) return error;
  statistics_read(&engine->boards[index_of(engine, slot)], final);
  sockets_close_pair(&stream->sockets);
  for (size_t at = 0; at < SRTP_SUITES; at++) keys_free(stream->output.senders[at], NULL);
  keys_free(NULL, stream->input.receiver);
  for (size_t at = 0; at < COMPONENTS; at++) {
    keys_free(stream->security.senders[at], stream->security.receivers[at]);
    keys_free(stream->security.early[at].sender, stream->security.early[at].receiver);
  }
  opus_pair_free(slot->opus);
  secure_wipe(slot, sizeof *slot);
  return DP_OK;
}

void engine_close_sessions(struct engine *engine) {
  for (size_t at = 0; at < engine->sessions; at++) {
    struct stream_statistics final;
    struct engine_slot *slot = &engine->slots[at];
    // A ring that is full empties within a turn.
    while (slot->open && engine_close_session(engine, slot->id, &final) == DP_FULL) continue;
  }
}
