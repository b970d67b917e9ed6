// RTP packets (RFC 3550 §5): pack and parse with every length checked. Pure; any thread.
//
// Leaves out: meaning of header extensions (RFC 8285) and of CSRC lists, which are measured and skipped.

#ifndef DOORPHONE_RTP_RTP_H
#define DOORPHONE_RTP_RTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/error.h"

#define RTP_VERSION 2
/** Fixed header, RFC 3550 §5.1. */
#define RTP_HEADER_BYTES 12

/** The fixed header's fields that change. */
struct rtp_header {
  uint32_t timestamp; /**< In units of the payload's clock rate. */
  uint32_t ssrc;
  uint16_t sequence;
  uint8_t payload_type; /**< 0 to 127 */
  bool marker;
};

/** A parsed packet. The views point into the buffer that was parsed. */
struct rtp_packet {
  struct rtp_header header;
  struct byte_view payload; /**< Without padding; may be empty. */
  size_t header_bytes;      /**< Fixed header, CSRC list and extension. */
  uint8_t csrc_count;
  bool has_extension;
  uint16_t extension_profile; /**< "defined by profile", RFC 3550 §5.3.1; 0 if none. */
  struct byte_view extension; /**< Its data, without the four bytes before it. */
};

/** What a datagram on an RTP port is by its first bytes (RFC 7983 §7, RFC 5761 §4). */
enum rtp_datagram { RTP_DATAGRAM_UNKNOWN, RTP_DATAGRAM_RTP, RTP_DATAGRAM_RTCP, RTP_DATAGRAM_STUN, RTP_DATAGRAM_DTLS };

/** Tells datagrams apart that share a port. Checks no more than the first two bytes. */
enum rtp_datagram rtp_classify(const uint8_t *bytes, size_t length);

/** Parses a packet (RFC 3550 §5.1, §5.3.1, A.1). @return DP_OK, DP_TOO_SHORT, DP_MALFORMED (version, padding) */
dp_error rtp_parse(const uint8_t *bytes, size_t length, struct rtp_packet *packet);

/**
 * The length of fixed header, CSRC list and extension, without looking at padding: an SRTP packet's padding is
 * encrypted (RFC 3711 §3.1). @return DP_OK, DP_TOO_SHORT, DP_MALFORMED
 */
dp_error rtp_measure_header(const uint8_t *bytes, size_t length, size_t *header_bytes);

/** Writes the fixed header: 12 bytes, no CSRC, extension or padding. @return DP_OK, DP_NO_SPACE, DP_INVALID_ARGUMENT */
dp_error rtp_pack_header(const struct rtp_header *header, uint8_t *bytes, size_t capacity);

#endif
