// The VoIP Metrics block of RTCP's extended reports (RFC 3611 §4.7): written and read. Pure; any thread.
//
// Leaves out: every other block, which is passed over.

#ifndef DOORPHONE_RTP_RTCP_XR_H
#define DOORPHONE_RTP_RTCP_XR_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/error.h"

#define RTCP_XR 207

/** A level, a rating or a score that is not known (§4.7.4, §4.7.5). */
#define RTCP_XR_UNKNOWN 127

/** An XR packet with this block alone. */
#define RTCP_XR_VOIP_BYTES 44

/** In the units of §4.7: shares in 1/256, times in ms, levels in dBm as octets, scores times ten. */
struct rtcp_voip_metrics {
  uint32_t ssrc; /**< Whom it is about. */
  uint8_t loss_rate;
  uint8_t discard_rate;
  uint8_t burst_density;
  uint8_t gap_density;
  uint16_t burst_duration_ms;
  uint16_t gap_duration_ms;
  uint16_t round_trip_ms;
  uint16_t end_system_delay_ms;
  uint8_t signal_level;
  uint8_t noise_level;
  uint8_t echo_return_loss;
  uint8_t gmin;
  uint8_t rating; /**< R factor */
  uint8_t external_rating;
  uint8_t listening_score;
  uint8_t conversation_score;
  uint8_t receiver;
  uint16_t jitter_buffer_ms;
  uint16_t jitter_buffer_max_ms;
  uint16_t jitter_buffer_limit_ms;
};

/** Receiver configuration (§4.7.6): enhanced concealment, an adaptive jitter buffer, its rate not told. */
#define RTCP_XR_RECEIVER 0xB0

/** Writes RTCP_XR_VOIP_BYTES. @param ssrc ours */
void rtcp_xr_write(uint32_t ssrc, const struct rtcp_voip_metrics *metrics, uint8_t *bytes);

/**
 * Looks for the block about us in the body of an XR packet, behind the common header.
 * @param found untouched where there is none
 * @return DP_OK, DP_TOO_SHORT
 */
dp_error rtcp_xr_read(struct byte_view body, uint32_t our_ssrc, bool *has_metrics, struct rtcp_voip_metrics *found);

#endif
