// See rtcp-xr.h.

#include "rtp/rtcp-xr.h"

#include "rtp/rtp.h"

enum {
  SSRC_BYTES = 4,
  BLOCK_HEADER_BYTES = 4,
  VOIP_METRICS = 7,
  VOIP_METRICS_WORDS = 8,
};

void rtcp_xr_write(uint32_t ssrc, const struct rtcp_voip_metrics *metrics, uint8_t *bytes) {
  // §2: the common header has a reserved field in the place of a count.
  bytes[0] = RTP_VERSION << 6;
  bytes[1] = RTCP_XR;
  bytes_store_u16(bytes + 2, RTCP_XR_VOIP_BYTES / 4 - 1);
  bytes_store_u32(bytes + 4, ssrc);
  uint8_t *block = bytes + 8;
  block[0] = VOIP_METRICS;
  block[1] = 0;
  bytes_store_u16(block + 2, VOIP_METRICS_WORDS);
  bytes_store_u32(block + 4, metrics->ssrc);
  block[8] = metrics->loss_rate;
  block[9] = metrics->discard_rate;
  block[10] = metrics->burst_density;
  block[11] = metrics->gap_density;
  bytes_store_u16(block + 12, metrics->burst_duration_ms);
  bytes_store_u16(block + 14, metrics->gap_duration_ms);
  bytes_store_u16(block + 16, metrics->round_trip_ms);
  bytes_store_u16(block + 18, metrics->end_system_delay_ms);
  block[20] = metrics->signal_level;
  block[21] = metrics->noise_level;
  block[22] = metrics->echo_return_loss;
  block[23] = metrics->gmin;
  block[24] = metrics->rating;
  block[25] = metrics->external_rating;
  block[26] = metrics->listening_score;
  block[27] = metrics->conversation_score;
  block[28] = metrics->receiver;
  block[29] = 0;
  bytes_store_u16(block + 30, metrics->jitter_buffer_ms);
  bytes_store_u16(block + 32, metrics->jitter_buffer_max_ms);
  bytes_store_u16(block + 34, metrics->jitter_buffer_limit_ms);
}

/** §4.7.5: values beyond the range are to be ignored. */
static uint8_t within(uint8_t value, uint8_t least, uint8_t most) {
  return value >= least && value <= most ? value : RTCP_XR_UNKNOWN;
}

static struct rtcp_voip_metrics read_metrics(const uint8_t *block) {
  return (struct rtcp_voip_metrics){
      .ssrc = bytes_load_u32(block + 4),
      .loss_rate = block[8],
      .discard_rate = block[9],
      .burst_density = block[10],
      .gap_density = block[11],
      .burst_duration_ms = bytes_load_u16(block + 12),
      .gap_duration_ms = bytes_load_u16(block + 14),
      .round_trip_ms = bytes_load_u16(block + 16),
      .end_system_delay_ms = bytes_load_u16(block + 18),
      .signal_level = block[20],
      .noise_level = block[21],
      .echo_return_loss = block[22],
      .gmin = block[23],
      .rating = within(block[24], 0, 100),
      .external_rating = within(block[25], 0, 100),
      .listening_score = within(block[26], 10, 50),
      .conversation_score = within(block[27], 10, 50),
      .receiver = block[28],
      .jitter_buffer_ms = bytes_load_u16(block + 30),
      .jitter_buffer_max_ms = bytes_load_u16(block + 32),
      .jitter_buffer_limit_ms = bytes_load_u16(block + 34),
  };
}

dp_error rtcp_xr_read(struct byte_view body, uint32_t our_ssrc, bool *has_metrics, struct rtcp_voip_metrics *found) {
  if (body.length < SSRC_BYTES) return DP_TOO_SHORT;
  const uint8_t *block = body.data + SSRC_BYTES;
  size_t left = body.length - SSRC_BYTES;
  while (left > 0) {
    if (left < BLOCK_HEADER_BYTES) return DP_TOO_SHORT;
    size_t words = bytes_load_u16(block + 2);
    size_t bytes = BLOCK_HEADER_BYTES + 4 * words;
    if (bytes > left) return DP_TOO_SHORT;
    // §3: a block of another length than its type has is not to be read as one.
    if (block[0] == VOIP_METRICS && words == VOIP_METRICS_WORDS && bytes_load_u32(block + 4) == our_ssrc) {
      *has_metrics = true;
      *found = read_metrics(block);
    }
    block += bytes;
    left -= bytes;
  }
  return DP_OK;
}
