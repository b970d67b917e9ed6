// Protecting (RFC 3711 §3.3, §3.4). See srtp.h.

#include <string.h>

#include "base/bytes.h"
#include "crypto/secure.h"
#include "rtp/rtp.h"
#include "srtp/srtp.h"

dp_error srtp_sender_init(struct srtp_sender *sender, const struct srtp_policy *policy) {
  if (!sender || !policy || policy->mki.length > 0) return DP_INVALID_ARGUMENT;
  memset(sender, 0, sizeof *sender);
  dp_error error = srtp_session_keys_init(&sender->rtp, policy, SRTP_LABEL_RTP_ENCRYPTION, true);
  if (!error) error = srtp_session_keys_init(&sender->rtcp, policy, SRTP_LABEL_RTCP_ENCRYPTION, true);
  if (error) srtp_sender_close(sender);
  sender->lifetime_rtp = srtp_policy_lifetime(policy, SRTP_MAX_RTP_PACKETS);
  sender->lifetime_rtcp = srtp_policy_lifetime(policy, SRTP_MAX_RTCP_PACKETS);
  return error;
}

void srtp_sender_close(struct srtp_sender *sender) {
  srtp_session_keys_close(&sender->rtp);
  srtp_session_keys_close(&sender->rtcp);
  secure_wipe(sender, sizeof *sender);
}

void srtp_sender_change_source(struct srtp_sender *sender) {
  sender->has_ssrc = false;
  sender->has_index = false;
}

/** The index of a packet to send: beyond the last one, or its keystream is spent (§9.1). */
static dp_error next_index(const struct srtp_sender *sender, uint16_t sequence, uint64_t *index) {
  *index = sender->has_index ? srtp_estimate_index(sender->index, sequence) : sequence;
  if (sender->has_index && *index <= sender->index) return DP_REPLAYED;
  if (*index >= SRTP_MAX_RTP_PACKETS || sender->packets >= sender->lifetime_rtp) return DP_KEY_EXPIRED;
  return DP_OK;
}

dp_error srtp_protect_rtp(struct srtp_sender *sender, uint8_t *packet, size_t *length, size_t capacity) {
  size_t header = 0;
  dp_error error = rtp_measure_header(packet, *length, &header);
  if (error) return error;
  size_t overhead = sender->rtp.suite->rtp_tag_bytes;
  if (capacity < *length || capacity - *length < overhead) return DP_NO_SPACE;
  uint32_t ssrc = bytes_load_u32(packet + 8);
  if (sender->has_ssrc && ssrc != sender->ssrc) return DP_WRONG_SOURCE;
  uint64_t index = 0;
  error = next_index(sender, bytes_load_u16(packet + 2), &index);
  if (error) return error;

  // Spent from here on, even if what follows fails.
  sender->has_ssrc = true;
  sender->has_index = true;
  sender->ssrc = ssrc;
  sender->index = index;
  sender->packets++;

  const struct srtp_frame frame = {.bytes = packet, .clear = header, .length = *length, .ssrc = ssrc, .index = index};
  error = srtp_seal_rtp(&sender->rtp, &frame);
  if (error) return error;
  *length += overhead;
  return DP_OK;
}

dp_error srtp_protect_rtcp(struct srtp_sender *sender, uint8_t *packet, size_t *length, size_t capacity) {
  if (*length < SRTCP_CLEAR_BYTES) return DP_TOO_SHORT;
  if (packet[0] >> 6 != RTP_VERSION) return DP_MALFORMED;
  size_t overhead = SRTCP_INDEX_BYTES + sender->rtcp.suite->rtcp_tag_bytes;
  if (capacity < *length || capacity - *length < overhead) return DP_NO_SPACE;
  uint32_t ssrc = bytes_load_u32(packet + 4);
  if (sender->has_ssrc && ssrc != sender->ssrc) return DP_WRONG_SOURCE;
  if (sender->rtcp_index >= sender->lifetime_rtcp) return DP_KEY_EXPIRED;
  uint64_t index = sender->rtcp_index++;
  sender->has_ssrc = true;
  sender->ssrc = ssrc;

  const struct srtp_frame frame = {
      .bytes = packet, .clear = SRTCP_CLEAR_BYTES, .length = *length, .ssrc = ssrc, .index = index};
  dp_error error = srtp_seal_rtcp(&sender->rtcp, &frame);
  if (error) return error;
  *length += overhead;
  return DP_OK;
}
