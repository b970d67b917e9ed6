// See rtp.h.

#include "rtp/rtp.h"

enum {
  PADDING_BIT = 0x20,
  EXTENSION_BIT = 0x10,
  CSRC_COUNT = 0x0F,
  MARKER_BIT = 0x80,
  PAYLOAD_TYPE = 0x7F,
  EXTENSION_HEADER_BYTES = 4,
};

enum rtp_datagram rtp_classify(const uint8_t *bytes, size_t length) {
  if (length < 2) return RTP_DATAGRAM_UNKNOWN;
  // RFC 7983 §7, figure 3.
  if (bytes[0] <= 3) return RTP_DATAGRAM_STUN;
  if (bytes[0] >= 20 && bytes[0] <= 63) return RTP_DATAGRAM_DTLS;
  if (bytes[0] < 128 || bytes[0] > 191) return RTP_DATAGRAM_UNKNOWN;
  // RFC 5761 §4: RTCP's packet types 192 to 223 are RTP payload types 64 to 95 with marker, which nobody assigns.
  return bytes[1] >= 192 && bytes[1] <= 223 ? RTP_DATAGRAM_RTCP : RTP_DATAGRAM_RTP;
}

dp_error rtp_measure_header(const uint8_t *bytes, size_t length, size_t *header_bytes) {
  if (length < RTP_HEADER_BYTES) return DP_TOO_SHORT;
  if (bytes[0] >> 6 != RTP_VERSION) return DP_MALFORMED;
  size_t header = RTP_HEADER_BYTES + 4 * (size_t)(bytes[0] & CSRC_COUNT);
  if (bytes[0] & EXTENSION_BIT) {
    if (length < header + EXTENSION_HEADER_BYTES) return DP_TOO_SHORT;
    header += EXTENSION_HEADER_BYTES + 4 * (size_t)bytes_load_u16(bytes + header + 2);
  }
  if (length < header) return DP_TOO_SHORT;
  *header_bytes = header;
  return DP_OK;
}

dp_error rtp_parse(const uint8_t *bytes, size_t length, struct rtp_packet *packet) {
  size_t header = 0;
  dp_error error = rtp_measure_header(bytes, length, &header);
  if (error) return error;
  size_t padding = 0;
  if (bytes[0] & PADDING_BIT) {
    // §5.1: the last octet counts itself; A.1: it must leave room for the header.
    padding = bytes[length - 1];
    if (padding == 0 || padding > length - header) return DP_MALFORMED;
  }
  size_t csrc_count = bytes[0] & CSRC_COUNT;
  size_t extension = RTP_HEADER_BYTES + 4 * csrc_count;
  bool has_extension = bytes[0] & EXTENSION_BIT;
  *packet = (struct rtp_packet){
      .header = {.timestamp = bytes_load_u32(bytes + 4),
                 .ssrc = bytes_load_u32(bytes + 8),
                 .sequence = bytes_load_u16(bytes + 2),
                 .payload_type = bytes[1] & PAYLOAD_TYPE,
                 .marker = bytes[1] & MARKER_BIT},
      .payload = {bytes + header, length - header - padding},
      .header_bytes = header,
      .csrc_count = (uint8_t)csrc_count,
      .has_extension = has_extension,
  };
  if (has_extension) {
    packet->extension_profile = bytes_load_u16(bytes + extension);
    packet->extension.data = bytes + extension + EXTENSION_HEADER_BYTES;
    packet->extension.length = header - extension - EXTENSION_HEADER_BYTES;
  }
  return DP_OK;
}

dp_error rtp_pack_header(const struct rtp_header *header, uint8_t *bytes, size_t capacity) {
  if (capacity < RTP_HEADER_BYTES) return DP_NO_SPACE;
  if (header->payload_type > PAYLOAD_TYPE) return DP_INVALID_ARGUMENT;
  bytes[0] = RTP_VERSION << 6;
  bytes[1] = (uint8_t)((header->marker ? MARKER_BIT : 0) | header->payload_type);
  bytes_store_u16(bytes + 2, header->sequence);
  bytes_store_u32(bytes + 4, header->timestamp);
  bytes_store_u32(bytes + 8, header->ssrc);
  return DP_OK;
}
