// Unprotecting (RFC 3711 §3.3, §3.4). See srtp.h for the order of steps and why.

#include <string.h>

#include "base/bytes.h"
#include "crypto/secure.h"
#include "rtp/rtp.h"
#include "srtp/srtp.h"

// ---- keys ----

static void close_key(struct srtp_receiver_key *key) {
  srtp_session_keys_close(&key->rtp);
  srtp_session_keys_close(&key->rtcp);
  secure_wipe(key, sizeof *key);
}

static dp_error init_key(struct srtp_receiver_key *key, const struct srtp_policy *policy) {
  dp_error error = srtp_session_keys_init(&key->rtp, policy, SRTP_LABEL_RTP_ENCRYPTION, false);
  if (!error) error = srtp_session_keys_init(&key->rtcp, policy, SRTP_LABEL_RTCP_ENCRYPTION, false);
  if (error) {
    close_key(key);
    return error;
  }
  key->lifetime_rtp = srtp_policy_lifetime(policy, SRTP_MAX_RTP_PACKETS);
  key->lifetime_rtcp = srtp_policy_lifetime(policy, SRTP_MAX_RTCP_PACKETS);
  if (policy->mki.length > 0) memcpy(key->mki, policy->mki.data, policy->mki.length);
  return DP_OK;
}

/** The key of an MKI, which may be empty; null: there is none. */
static struct srtp_receiver_key *find_key(struct srtp_receiver *receiver, const uint8_t *mki) {
  for (size_t i = 0; i < receiver->key_count; i++) {
    if (memcmp(receiver->keys[i].mki, mki, receiver->mki_bytes) == 0) return &receiver->keys[i];
  }
  return NULL;
}

/** What all keys have in common. */
static const struct srtp_suite_parameters *suite_of(const struct srtp_receiver *receiver) {
  return receiver->keys[0].rtp.suite;
}

dp_error srtp_receiver_init(struct srtp_receiver *receiver, const struct srtp_policy *policy) {
  if (!receiver || !policy || policy->mki.length > SRTP_MAX_MKI_BYTES) return DP_INVALID_ARGUMENT;
  memset(receiver, 0, sizeof *receiver);
  dp_error error = init_key(&receiver->keys[0], policy);
  if (error) return error;
  receiver->mki_bytes = policy->mki.length;
  receiver->key_count = 1;
  return DP_OK;
}

dp_error srtp_receiver_add_key(struct srtp_receiver *receiver, const struct srtp_policy *policy) {
  if (policy->mki.length == 0 || policy->mki.length != receiver->mki_bytes) return DP_INVALID_ARGUMENT;
  if (srtp_suite_parameters(policy->suite) != suite_of(receiver)) return DP_INVALID_ARGUMENT;
  if (find_key(receiver, policy->mki.data)) return DP_INVALID_ARGUMENT;
  if (receiver->key_count == SRTP_MAX_KEYS) return DP_FULL;
  dp_error error = init_key(&receiver->keys[receiver->key_count], policy);
  if (!error) receiver->key_count++;
  return error;
}

/** Whether both come of one master key under one name: else their session salts are alike once in 2^96 times. */
static bool is_same(const struct srtp_receiver_key *one, const struct srtp_receiver_key *other, size_t mki_bytes) {
  return one->rtp.suite == other->rtp.suite && memcmp(one->mki, other->mki, mki_bytes) == 0 &&
         secure_equal(one->rtp.salt, other->rtp.salt, one->rtp.suite->salt_bytes);
}

void srtp_receiver_continue(struct srtp_receiver *receiver, const struct srtp_receiver *before) {
  memcpy(receiver->sources, before->sources, sizeof receiver->sources);
  if (receiver->mki_bytes != before->mki_bytes) return;
  for (size_t at = 0; at < receiver->key_count * before->key_count; at++) {
    struct srtp_receiver_key *key = &receiver->keys[at / before->key_count];
    const struct srtp_receiver_key *known = &before->keys[at % before->key_count];
    if (!is_same(key, known, receiver->mki_bytes)) continue;
    key->rtp_packets = known->rtp_packets;
    key->rtcp_packets = known->rtcp_packets;
  }
}

bool srtp_receiver_is_spent(const struct srtp_receiver *receiver) {
  for (size_t at = 0; at < receiver->key_count; at++) {
    // A key that goes on under a shorter lifetime may have had more.
    if (receiver->keys[at].rtp_packets < receiver->keys[at].lifetime_rtp) return false;
  }
  return true;
}

void srtp_receiver_close(struct srtp_receiver *receiver) {
  for (size_t i = 0; i < SRTP_MAX_KEYS; i++) close_key(&receiver->keys[i]);
  secure_wipe(receiver, sizeof *receiver);
}

// ---- sources ----

/** What is kept of an SSRC; null: nothing authentic has come from it. */
static struct srtp_source *find_source(struct srtp_receiver *receiver, uint32_t ssrc) {
  for (size_t i = 0; i < SRTP_MAX_SOURCES; i++) {
    struct srtp_source *source = &receiver->sources[i];
    if (source->used && source->ssrc == ssrc) return source;
  }
  return NULL;
}

/** Where a new SSRC would be kept; null: there is no room. */
static struct srtp_source *free_source(struct srtp_receiver *receiver) {
  for (size_t i = 0; i < SRTP_MAX_SOURCES; i++) {
    if (!receiver->sources[i].used) return &receiver->sources[i];
  }
  return NULL;
}

/** Enters an authentic index. */
static void commit(struct srtp_replay *replay, bool *has, uint64_t index) {
  if (*has)
    srtp_replay_add(replay, index);
  else
    srtp_replay_start(replay, index);
  *has = true;
}

// ---- packets ----

/** Where the MKI stands: at the end, but that the tag of HMAC comes behind it (RFC 3711 §3.1; RFC 7714 §8.2, §9.2). */
static const uint8_t *mki_of(const struct srtp_receiver *receiver, const uint8_t *packet, size_t length, size_t tag_bytes) {
  return packet + length - receiver->mki_bytes - (suite_of(receiver)->aead ? 0 : tag_bytes);
}

dp_error srtp_unprotect_rtp(struct srtp_receiver *receiver, uint8_t *packet, size_t *length) {
  size_t tag_bytes = suite_of(receiver)->rtp_tag_bytes;
  size_t overhead = receiver->mki_bytes + tag_bytes;
  if (*length < RTP_HEADER_BYTES + overhead) return DP_TOO_SHORT;
  struct srtp_frame frame = {.bytes = packet, .length = *length - overhead, .mki = receiver->mki_bytes};
  dp_error error = rtp_measure_header(packet, frame.length, &frame.clear);
  if (error) return error;
  struct srtp_receiver_key *key = find_key(receiver, mki_of(receiver, packet, *length, tag_bytes));
  if (!key) return DP_NOT_AUTHENTIC;
  if (key->rtp_packets >= key->lifetime_rtp) return DP_KEY_EXPIRED;
  uint16_t sequence = bytes_load_u16(packet + 2);
  frame.ssrc = bytes_load_u32(packet + 8);

  struct srtp_source *source = find_source(receiver, frame.ssrc);
  bool known = source && source->has_rtp;
  frame.index = known ? srtp_estimate_index(source->rtp.highest, sequence) : sequence;
  if (frame.index >= SRTP_MAX_RTP_PACKETS) return DP_KEY_EXPIRED;
  error = known ? srtp_replay_check(&source->rtp, frame.index) : DP_OK;
  if (error) return error;
  if (!source) source = free_source(receiver);
  if (!source) return DP_FULL;
  error = srtp_open_rtp(&key->rtp, &frame);
  if (error) return error;

  source->used = true;
  source->ssrc = frame.ssrc;
  commit(&source->rtp, &source->has_rtp, frame.index);
  key->rtp_packets++;
  *length = frame.length;
  return DP_OK;
}

dp_error srtp_unprotect_rtcp(struct srtp_receiver *receiver, uint8_t *packet, size_t *length) {
  size_t tag_bytes = suite_of(receiver)->rtcp_tag_bytes;
  size_t overhead = SRTCP_INDEX_BYTES + receiver->mki_bytes + tag_bytes;
  if (*length < SRTCP_CLEAR_BYTES + overhead) return DP_TOO_SHORT;
  if (packet[0] >> 6 != RTP_VERSION) return DP_MALFORMED;
  struct srtp_receiver_key *key = find_key(receiver, mki_of(receiver, packet, *length, tag_bytes));
  if (!key) return DP_NOT_AUTHENTIC;
  if (key->rtcp_packets >= key->lifetime_rtcp) return DP_KEY_EXPIRED;
  struct srtp_frame frame = {.bytes = packet,
                             .clear = SRTCP_CLEAR_BYTES,
                             .length = *length - overhead,
                             .mki = receiver->mki_bytes,
                             .ssrc = bytes_load_u32(packet + 4)};
  uint32_t flag_and_index = bytes_load_u32(packet + srtcp_index_at(&key->rtcp, frame.length));
  frame.index = flag_and_index & UINT32_C(0x7FFFFFFF);

  struct srtp_source *source = find_source(receiver, frame.ssrc);
  bool known = source && source->has_rtcp;
  dp_error error = known ? srtp_replay_check(&source->rtcp, frame.index) : DP_OK;
  if (error) return error;
  if (!source) source = free_source(receiver);
  if (!source) return DP_FULL;
  error = srtp_open_rtcp(&key->rtcp, &frame);
  if (error) return error;

  source->used = true;
  source->ssrc = frame.ssrc;
  commit(&source->rtcp, &source->has_rtcp, frame.index);
  key->rtcp_packets++;
  *length = frame.length;
  return DP_OK;
}
