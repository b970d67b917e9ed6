// Unprotecting (RFC 3711 §3.3, §3.4). See srtp.h for the order of steps and why.

#include <string.h>

#include "base/bytes.h"
#include "crypto/secure.h"
#include "rtp/rtp.h"
#include "srtp/srtp.h"

dp_error srtp_receiver_init(struct srtp_receiver *receiver, const struct srtp_policy *policy) {
  if (!receiver || !policy) return DP_INVALID_ARGUMENT;
  memset(receiver, 0, sizeof *receiver);
  dp_error error = srtp_session_keys_init(&receiver->rtp, policy, SRTP_LABEL_RTP_ENCRYPTION);
  if (!error) error = srtp_session_keys_init(&receiver->rtcp, policy, SRTP_LABEL_RTCP_ENCRYPTION);
  if (error) srtp_receiver_close(receiver);
  receiver->lifetime_rtp = srtp_policy_lifetime(policy, SRTP_MAX_RTP_PACKETS);
  receiver->lifetime_rtcp = srtp_policy_lifetime(policy, SRTP_MAX_RTCP_PACKETS);
  return error;
}

void srtp_receiver_close(struct srtp_receiver *receiver) {
  srtp_session_keys_close(&receiver->rtp);
  srtp_session_keys_close(&receiver->rtcp);
  secure_wipe(receiver, sizeof *receiver);
}

/** What is kept of an SSRC; null: nothing authentic has come from it. */
static struct srtp_source *find_source(struct srtp_receiver *receiver, uint32_t ssrc) {
  for (size_t i = 0; i < SRTP_MAX_SOURCES; i++) {
    struct srtp_source *source = &receiver->sources[i];
    if (source->used && source->ssrc == ssrc) return source;
  }
  return NULL;
}

static struct srtp_source *free_source(struct srtp_receiver *receiver) {
  for (size_t i = 0; i < SRTP_MAX_SOURCES; i++) {
    if (!receiver->sources[i].used) return &receiver->sources[i];
  }
  return NULL;
}

/** Whether the tag at `length` is that of the packet before it and the trailer. */
static dp_error check_tag(const struct hmac_sha1 *authentication, const uint8_t *packet, size_t length,
                          struct byte_view trailer) {
  const struct byte_view parts[] = {{packet, length}, trailer};
  uint8_t digest[HMAC_SHA1_BYTES];
  dp_error error = hmac_sha1_compute(authentication, parts, 2, digest);
  if (error) return error;
  return secure_equal(digest, packet + length, SRTP_TAG_BYTES) ? DP_OK : DP_NOT_AUTHENTIC;
}

/** Enters an authentic index. */
static void commit(struct srtp_replay *replay, bool *has, uint64_t index) {
  if (*has)
    srtp_replay_add(replay, index);
  else
    srtp_replay_start(replay, index);
  *has = true;
}

dp_error srtp_unprotect_rtp(struct srtp_receiver *receiver, uint8_t *packet, size_t *length) {
  if (*length < RTP_HEADER_BYTES + SRTP_RTP_OVERHEAD) return DP_TOO_SHORT;
  size_t clear = *length - SRTP_RTP_OVERHEAD;
  size_t header = 0;
  dp_error error = rtp_measure_header(packet, clear, &header);
  if (error) return error;
  if (receiver->rtp_packets >= receiver->lifetime_rtp) return DP_KEY_EXPIRED;
  uint16_t sequence = bytes_load_u16(packet + 2);
  uint32_t ssrc = bytes_load_u32(packet + 8);

  struct srtp_source *source = find_source(receiver, ssrc);
  bool known = source && source->has_rtp;
  uint64_t index = known ? srtp_estimate_index(source->rtp.highest, sequence) : sequence;
  if (index >= SRTP_MAX_RTP_PACKETS) return DP_KEY_EXPIRED;
  error = known ? srtp_replay_check(&source->rtp, index) : DP_OK;
  if (error) return error;

  uint8_t roll_over[4];
  bytes_store_u32(roll_over, (uint32_t)(index >> 16));
  error = check_tag(&receiver->rtp.authentication, packet, clear, (struct byte_view){roll_over, sizeof roll_over});
  if (error) return error;
  if (!source) source = free_source(receiver);
  if (!source) return DP_FULL;
  error = srtp_apply_keystream(&receiver->rtp, ssrc, index, packet + header, clear - header);
  if (error) return error;

  source->used = true;
  source->ssrc = ssrc;
  commit(&source->rtp, &source->has_rtp, index);
  receiver->rtp_packets++;
  *length = clear;
  return DP_OK;
}

dp_error srtp_unprotect_rtcp(struct srtp_receiver *receiver, uint8_t *packet, size_t *length) {
  if (*length < SRTCP_CLEAR_BYTES + SRTP_RTCP_OVERHEAD) return DP_TOO_SHORT;
  if (packet[0] >> 6 != RTP_VERSION) return DP_MALFORMED;
  if (receiver->rtcp_packets >= receiver->lifetime_rtcp) return DP_KEY_EXPIRED;
  size_t authenticated = *length - SRTP_TAG_BYTES;
  size_t clear = authenticated - SRTCP_INDEX_BYTES;
  uint32_t flag_and_index = bytes_load_u32(packet + clear);
  uint64_t index = flag_and_index & UINT32_C(0x7FFFFFFF);
  bool encrypted = flag_and_index >> 31;
  uint32_t ssrc = bytes_load_u32(packet + 4);

  struct srtp_source *source = find_source(receiver, ssrc);
  bool known = source && source->has_rtcp;
  dp_error error = known ? srtp_replay_check(&source->rtcp, index) : DP_OK;
  if (error) return error;
  error = check_tag(&receiver->rtcp.authentication, packet, authenticated, (struct byte_view){packet, 0});
  if (error) return error;
  if (!source) source = free_source(receiver);
  if (!source) return DP_FULL;
  if (encrypted) {
    error = srtp_apply_keystream(&receiver->rtcp, ssrc, index, packet + SRTCP_CLEAR_BYTES, clear - SRTCP_CLEAR_BYTES);
    if (error) return error;
  }

  source->used = true;
  source->ssrc = ssrc;
  commit(&source->rtcp, &source->has_rtcp, index);
  receiver->rtcp_packets++;
  *length = clear;
  return DP_OK;
}
