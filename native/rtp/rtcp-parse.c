// Reading RTCP with the checks of RFC 3550 A.2. See rtcp.h.

#include <string.h>

#include "rtp/rtcp.h"
#include "rtp/rtp.h"

enum {
  HEADER_BYTES = 4,
  SENDER_INFO_BYTES = 20,
  BLOCK_BYTES = 24,
  PADDING_BIT = 0x20,
  COUNT_BITS = 0x1F,
  SDES_END = 0,
  SDES_CNAME = 1,
};

/** One packet of the compound: what follows its header, without padding. */
struct section {
  uint8_t count;
  uint8_t type;
  const uint8_t *body;
  size_t bytes;
};

/** Cuts the first packet off. A.2: version 2, a length that fits, padding on the last packet only. */
static dp_error read_section(struct byte_view *rest, struct section *section) {
  if (rest->length < HEADER_BYTES) return DP_TOO_SHORT;
  if (rest->data[0] >> 6 != RTP_VERSION) return DP_MALFORMED;
  size_t bytes = 4 * ((size_t)bytes_load_u16(rest->data + 2) + 1);
  if (bytes > rest->length) return DP_TOO_SHORT;
  size_t padding = 0;
  if (rest->data[0] & PADDING_BIT) {
    padding = rest->data[bytes - 1];
    if (bytes != rest->length || padding == 0 || padding % 4 != 0 || padding > bytes - HEADER_BYTES)
      return DP_MALFORMED;
  }
  *section = (struct section){
      .count = rest->data[0] & COUNT_BITS,
      .type = rest->data[1],
      .body = rest->data + HEADER_BYTES,
      .bytes = bytes - HEADER_BYTES - padding,
  };
  rest->data += bytes;
  rest->length -= bytes;
  return DP_OK;
}

static int32_t sign_extend_24(uint32_t value) { return value & 0x800000 ? (int32_t)value - 0x1000000 : (int32_t)value; }

static struct rtcp_report_block read_block(const uint8_t *bytes) {
  return (struct rtcp_report_block){
      .ssrc = bytes_load_u32(bytes),
      .fraction_lost = bytes[4],
      .cumulative_lost = sign_extend_24(bytes_load_u24(bytes + 5)),
      .highest_sequence = bytes_load_u32(bytes + 8),
      .jitter = bytes_load_u32(bytes + 12),
      .last_sr = bytes_load_u32(bytes + 16),
      .delay_since_last_sr = bytes_load_u32(bytes + 20),
  };
}

/** SR or RR (§6.4.1, §6.4.2). What follows the blocks is a profile's extension and is left alone. */
static dp_error read_report(const struct section *section, uint32_t our_ssrc, struct rtcp_received *received) {
  size_t blocks_at = section->type == RTCP_SR ? 4 + SENDER_INFO_BYTES : 4;
  if (section->bytes < blocks_at + BLOCK_BYTES * (size_t)section->count) return DP_TOO_SHORT;
  received->ssrc = bytes_load_u32(section->body);
  if (section->type == RTCP_SR) {
    const uint8_t *info = section->body + 4;
    received->has_sender = true;
    received->sender = (struct rtcp_sender_info){
        .ntp_timestamp = bytes_load_u64(info),
        .rtp_timestamp = bytes_load_u32(info + 8),
        .packets = bytes_load_u32(info + 12),
        .octets = bytes_load_u32(info + 16),
    };
  }
  for (size_t i = 0; i < section->count; i++) {
    struct rtcp_report_block block = read_block(section->body + blocks_at + BLOCK_BYTES * i);
    if (block.ssrc != our_ssrc) continue;
    received->has_block = true;
    received->block = block;
  }
  return DP_OK;
}

/** One chunk of SDES (§6.5): items up to a zero, then on to the next word. @return bytes of the chunk; 0: malformed */
static size_t read_chunk(const uint8_t *chunk, size_t bytes, struct byte_view *cname) {
  size_t at = 4;
  while (at < bytes && chunk[at] != SDES_END) {
    if (bytes - at < 2 || bytes - at - 2 < chunk[at + 1]) return 0;
    if (chunk[at] == SDES_CNAME) *cname = (struct byte_view){chunk + at + 2, chunk[at + 1]};
    at += 2 + (size_t)chunk[at + 1];
  }
  // The zero is not optional: without it the chunk would end a word beyond its bytes, which are whole words.
  size_t end = (at / 4 + 1) * 4;
  return end <= bytes ? end : 0;
}

static dp_error read_sdes(const struct section *section, struct rtcp_received *received) {
  const uint8_t *at = section->body;
  size_t left = section->bytes;
  for (size_t i = 0; i < section->count; i++) {
    if (left < 4) return DP_TOO_SHORT;
    struct byte_view cname = {at, 0};
    size_t bytes = read_chunk(at, left, &cname);
    if (bytes == 0) return DP_MALFORMED;
    if (bytes_load_u32(at) == received->ssrc && cname.length > 0) received->cname = cname;
    at += bytes;
    left -= bytes;
  }
  return DP_OK;
}

/** §6.6. The optional reason is left alone. */
static dp_error read_bye(const struct section *section, struct rtcp_received *received) {
  if (section->bytes < 4 * (size_t)section->count) return DP_TOO_SHORT;
  for (size_t i = 0; i < section->count; i++) {
    if (bytes_load_u32(section->body + 4 * i) == received->ssrc) received->bye = true;
  }
  return DP_OK;
}

static dp_error read_content(const struct section *section, uint32_t our_ssrc, struct rtcp_received *received) {
  switch (section->type) {
    case RTCP_SR:
    case RTCP_RR:
      return read_report(section, our_ssrc, received);
    case RTCP_SDES:
      return read_sdes(section, received);
    case RTCP_BYE:
      return read_bye(section, received);
    case RTCP_XR:
      return rtcp_xr_read((struct byte_view){section->body, section->bytes}, our_ssrc, &received->has_metrics,
                          &received->metrics);
    default:
      return DP_OK;  // §6.1: unknown types are ignored.
  }
}

dp_error rtcp_parse(const uint8_t *bytes, size_t length, uint32_t our_ssrc, struct rtcp_received *received) {
  memset(received, 0, sizeof *received);
  received->cname.data = bytes;
  if (length < HEADER_BYTES + 4) return DP_TOO_SHORT;
  // A.2: the first packet is a report, without padding.
  if (bytes[1] != RTCP_SR && bytes[1] != RTCP_RR) return DP_MALFORMED;
  if (bytes[0] & PADDING_BIT) return DP_MALFORMED;

  struct byte_view rest = {bytes, length};
  while (rest.length > 0) {
    struct section section;
    dp_error error = read_section(&rest, &section);
    if (!error) error = read_content(&section, our_ssrc, received);
    if (error) return error;
  }
  return DP_OK;
}
