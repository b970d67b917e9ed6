// Building RTCP, and its times. See rtcp.h; reading is in rtcp-parse.c.

#include "rtp/rtcp.h"

#include <string.h>

#include "rtp/rtp.h"

enum {
  HEADER_BYTES = 4,
  SENDER_INFO_BYTES = 20,
  BLOCK_BYTES = 24,
  SDES_CNAME = 1,
};

/** Seconds from 1900, NTP's epoch, to 1970. */
#define NTP_UNIX_OFFSET UINT64_C(2208988800)

/** Where the next packet of the compound goes. */
struct writer {
  uint8_t *at;
};

/** The common header (§6.4.1); `bytes` of the whole packet, a multiple of four. */
static void write_header(struct writer *writer, size_t count, enum rtcp_type type, size_t bytes) {
  writer->at[0] = (uint8_t)(RTP_VERSION << 6 | count);
  writer->at[1] = (uint8_t)type;
  bytes_store_u16(writer->at + 2, (uint16_t)(bytes / 4 - 1));
  writer->at += HEADER_BYTES;
}

static void write_u32(struct writer *writer, uint32_t value) {
  bytes_store_u32(writer->at, value);
  writer->at += 4;
}

static void write_block(struct writer *writer, const struct rtcp_report_block *block) {
  write_u32(writer, block->ssrc);
  write_u32(writer, (uint32_t)block->fraction_lost << 24 | ((uint32_t)block->cumulative_lost & 0xFFFFFF));
  write_u32(writer, block->highest_sequence);
  write_u32(writer, block->jitter);
  write_u32(writer, block->last_sr);
  write_u32(writer, block->delay_since_last_sr);
}

static size_t report_bytes(const struct rtcp_compound *compound) {
  size_t fixed = compound->sender ? HEADER_BYTES + 4 + SENDER_INFO_BYTES : HEADER_BYTES + 4;
  return fixed + BLOCK_BYTES * compound->block_count;
}

/** §6.5: SSRC, item, and one to four zeros up to the next word. */
static size_t sdes_bytes(const struct rtcp_compound *compound) {
  size_t text = 2 + compound->cname.length + 1;
  return HEADER_BYTES + 4 + (text + 3) / 4 * 4;
}

static size_t metrics_bytes(const struct rtcp_compound *compound) { return compound->metrics ? RTCP_XR_VOIP_BYTES : 0; }

static size_t bye_bytes(const struct rtcp_compound *compound) { return compound->bye ? HEADER_BYTES + 4 : 0; }

static void write_report(struct writer *writer, const struct rtcp_compound *compound) {
  const struct rtcp_sender_info *sender = compound->sender;
  write_header(writer, compound->block_count, sender ? RTCP_SR : RTCP_RR, report_bytes(compound));
  write_u32(writer, compound->ssrc);
  if (sender) {
    write_u32(writer, (uint32_t)(sender->ntp_timestamp >> 32));
    write_u32(writer, (uint32_t)sender->ntp_timestamp);
    write_u32(writer, sender->rtp_timestamp);
    write_u32(writer, sender->packets);
    write_u32(writer, sender->octets);
  }
  for (size_t i = 0; i < compound->block_count; i++) write_block(writer, &compound->blocks[i]);
}

static void write_sdes(struct writer *writer, const struct rtcp_compound *compound) {
  size_t bytes = sdes_bytes(compound);
  uint8_t *end = writer->at + bytes;
  write_header(writer, 1, RTCP_SDES, bytes);
  write_u32(writer, compound->ssrc);
  *writer->at++ = SDES_CNAME;
  *writer->at++ = (uint8_t)compound->cname.length;
  memcpy(writer->at, compound->cname.data, compound->cname.length);
  writer->at += compound->cname.length;
  while (writer->at < end) *writer->at++ = 0;
}

dp_error rtcp_pack(const struct rtcp_compound *compound, uint8_t *bytes, size_t capacity, size_t *length) {
  if (compound->block_count > RTCP_MAX_BLOCKS) return DP_INVALID_ARGUMENT;
  if (compound->block_count > 0 && !compound->blocks) return DP_INVALID_ARGUMENT;
  if (compound->cname.length == 0 || compound->cname.length > RTCP_MAX_TEXT_BYTES) return DP_INVALID_ARGUMENT;
  size_t needed = report_bytes(compound) + sdes_bytes(compound) + metrics_bytes(compound) + bye_bytes(compound);
  if (capacity < needed) return DP_NO_SPACE;

  struct writer writer = {bytes};
  write_report(&writer, compound);
  write_sdes(&writer, compound);
  if (compound->metrics) {
    rtcp_xr_write(compound->ssrc, compound->metrics, writer.at);
    writer.at += RTCP_XR_VOIP_BYTES;
  }
  // §6.1: BYE comes last.
  if (compound->bye) {
    write_header(&writer, 1, RTCP_BYE, bye_bytes(compound));
    write_u32(&writer, compound->ssrc);
  }
  *length = needed;
  return DP_OK;
}

uint64_t ntp_from_unix_ns(uint64_t unix_ns) {
  uint64_t seconds = unix_ns / UINT64_C(1000000000) + NTP_UNIX_OFFSET;
  uint64_t fraction = ((unix_ns % UINT64_C(1000000000)) << 32) / UINT64_C(1000000000);
  return seconds << 32 | fraction;
}

uint32_t ntp_middle(uint64_t ntp_timestamp) { return (uint32_t)(ntp_timestamp >> 16); }

uint32_t rtcp_delay_from_ns(uint64_t delay_ns) {
  uint64_t seconds = delay_ns / UINT64_C(1000000000);
  if (seconds > UINT16_MAX) return UINT32_MAX;
  return (uint32_t)(seconds << 16 | ((delay_ns % UINT64_C(1000000000)) << 16) / UINT64_C(1000000000));
}

bool rtcp_round_trip(const struct rtcp_report_block *block, uint64_t arrival_ntp, uint64_t *round_trip_ns) {
  if (block->last_sr == 0) return false;
  uint32_t units = ntp_middle(arrival_ntp) - block->last_sr - block->delay_since_last_sr;
  if (units > INT32_MAX) return false;  // Negative: the other side's delay is longer than all of it.
  *round_trip_ns = (uint64_t)units * UINT64_C(1000000000) >> 16;
  return true;
}

uint64_t rtcp_interval_ns(bool first, uint32_t random) {
  // §6.2: 5 s, halved for the first report. §6.3.1: times 0.5 to 1.5, over e - 3/2 = 1.21828.
  uint64_t least_ns = first ? UINT64_C(2500000000) : UINT64_C(5000000000);
  uint64_t spread_ns = least_ns / 2 + ((least_ns >> 8) * random >> 24);
  return spread_ns * 100000 / 121828;
}
