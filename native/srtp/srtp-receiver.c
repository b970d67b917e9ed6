// Unprotecting (RFC 3711 §3.3, §3.4). See srtp.h for the order of steps and why.

#include <string.h>

#include "base/bytes.h"
#include "crypto/secure.h"
#include "rtp/rtp.h"
#include "srtp/srtp.h"

dp_error srtp_receiver_init(struct srtp_receiver *receiver, const struct srtp_policy *policy) {
  if (!receiver || !policy) return DP_INVALID_ARGUMENT;
  memset(receiver, 0, sizeof *receiver);
  dp_error error = srtp_session_keys_init(&receiver->rtp, policy, SRTP_LABEL_RTP_ENCRYPTION, false);
  if (!error) error = srtp_session_keys_init(&receiver->rtcp, policy, SRTP_LABEL_RTCP_ENCRYPTION, false);
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

dp_error srtp_unprotect_rtp(struct srtp_receiver *receiver, uint8_t *packet, size_t *length) {
  size_t overhead = receiver->rtp.suite->rtp_tag_bytes;
  if (*length < RTP_HEADER_BYTES + overhead) return DP_TOO_SHORT;
  struct srtp_frame frame = {.bytes = packet, .length = *length - overhead};
  dp_error error = rtp_measure_header(packet, frame.length, &frame.clear);
  if (error) return error;
  if (receiver->rtp_packets >= receiver->lifetime_rtp) return DP_KEY_EXPIRED;
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
  error = srtp_open_rtp(&receiver->rtp, &frame);
  if (error) return error;

  source->used = true;
  source->ssrc = frame.ssrc;
  commit(&source->rtp, &source->has_rtp, frame.index);
  receiver->rtp_packets++;
  *length = frame.length;
  return DP_OK;
}

dp_error srtp_unprotect_rtcp(struct srtp_receiver *receiver, uint8_t *packet, size_t *length) {
  size_t overhead = SRTCP_INDEX_BYTES + receiver->rtcp.suite->rtcp_tag_bytes;
  if (*length < SRTCP_CLEAR_BYTES + overhead) return DP_TOO_SHORT;
  if (packet[0] >> 6 != RTP_VERSION) return DP_MALFORMED;
  if (receiver->rtcp_packets >= receiver->lifetime_rtcp) return DP_KEY_EXPIRED;
  struct srtp_frame frame = {.bytes = packet,
                             .clear = SRTCP_CLEAR_BYTES,
                             .length = *length - overhead,
                             .ssrc = bytes_load_u32(packet + 4)};
  uint32_t flag_and_index = bytes_load_u32(packet + srtcp_index_at(&receiver->rtcp, frame.length));
  frame.index = flag_and_index & UINT32_C(0x7FFFFFFF);

  struct srtp_source *source = find_source(receiver, frame.ssrc);
  bool known = source && source->has_rtcp;
  dp_error error = known ? srtp_replay_check(&source->rtcp, frame.index) : DP_OK;
  if (error) return error;
  if (!source) source = free_source(receiver);
  if (!source) return DP_FULL;
  error = srtp_open_rtcp(&receiver->rtcp, &frame);
  if (error) return error;

  source->used = true;
  source->ssrc = frame.ssrc;
  commit(&source->rtcp, &source->has_rtcp, frame.index);
  receiver->rtcp_packets++;
  *length = frame.length;
  return DP_OK;
}
