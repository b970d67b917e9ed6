// RTCP (RFC 3550 §6): SR, RR, SDES with CNAME, BYE, as compound packets; round-trip time; when to send. Pure; any
// thread.
//
// Of extended reports (RFC 3611) it carries VoIP metrics: see rtcp-xr.h. Leaves out: feedback messages (RFC 4585), which are
// parsed over and never sent.

#ifndef DOORPHONE_RTP_RTCP_H
#define DOORPHONE_RTP_RTCP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/error.h"
#include "rtp/rtcp-xr.h"

enum rtcp_type { RTCP_SR = 200, RTCP_RR = 201, RTCP_SDES = 202, RTCP_BYE = 203, RTCP_APP = 204 };

/** Five bits of "reception report count". */
#define RTCP_MAX_BLOCKS 31
/** An SDES item's length is a byte (§6.5). */
#define RTCP_MAX_TEXT_BYTES 255
/** Enough for SR with one block, CNAME, VoIP metrics and BYE as the engine sends them. */
#define RTCP_BUFFER_BYTES 1024

/** Sender information (§6.4.1). */
struct rtcp_sender_info {
  uint64_t ntp_timestamp; /**< 32.32 seconds since 1900; ntp_from_unix_ns */
  uint32_t rtp_timestamp; /**< The same instant on the stream's clock. */
  uint32_t packets;
  uint32_t octets; /**< Payload only. */
};

/** A report block (§6.4.1). */
struct rtcp_report_block {
  uint32_t ssrc;                /**< Whom it is about. */
  uint8_t fraction_lost;        /**< In 1/256. */
  int32_t cumulative_lost;      /**< 24 bits, signed. */
  uint32_t highest_sequence;    /**< Extended. */
  uint32_t jitter;              /**< In timestamp units. */
  uint32_t last_sr;             /**< Middle 32 bits of the last SR's NTP timestamp; 0: none yet. */
  uint32_t delay_since_last_sr; /**< In 1/65536 s. */
};

/** A compound packet to send. Pointers are read during rtcp_pack only. */
struct rtcp_compound {
  uint32_t ssrc;                         /**< Ours. */
  const struct rtcp_sender_info *sender; /**< Null: RR instead of SR. */
  const struct rtcp_report_block *blocks;
  size_t block_count;     /**< 0 to 31 */
  struct byte_view cname; /**< 1 to 255 bytes of UTF-8 (§6.5.1) */
  const struct rtcp_voip_metrics *metrics; /**< Null: none. */
  bool bye;
};

/** What a received compound packet says to us. The view points into the parsed buffer. */
struct rtcp_received {
  uint32_t ssrc; /**< Who sent it. */
  bool has_sender;
  struct rtcp_sender_info sender;
  bool has_block; /**< There is a block about us. */
  struct rtcp_report_block block;
  struct byte_view cname; /**< Empty if none. */
  bool has_metrics;       /**< VoIP metrics about us. */
  struct rtcp_voip_metrics metrics;
  bool bye; /**< A BYE that lists `ssrc`. */
};

/** Writes SR or RR, SDES with CNAME and, if asked, VoIP metrics and BYE. @return DP_OK, DP_NO_SPACE, DP_INVALID_ARGUMENT */
dp_error rtcp_pack(const struct rtcp_compound *compound, uint8_t *bytes, size_t capacity, size_t *length);

/**
 * Checks a compound packet by A.2 and reads it.
 * @param our_ssrc the block about this source is kept
 * @return DP_OK, DP_TOO_SHORT, DP_MALFORMED
 */
dp_error rtcp_parse(const uint8_t *bytes, size_t length, uint32_t our_ssrc, struct rtcp_received *received);

/** Unix time in ns as NTP timestamp (§4). Any clock that runs on evenly will do for reports between two parties. */
uint64_t ntp_from_unix_ns(uint64_t unix_ns);

/** The middle 32 bits of an NTP timestamp, as LSR has them. */
uint32_t ntp_middle(uint64_t ntp_timestamp);

/** Nanoseconds as DLSR's 1/65536 s, at most its largest value. */
uint32_t rtcp_delay_from_ns(uint64_t delay_ns);

/**
 * Round-trip time from a block about us (§6.4.1).
 * @param arrival_ntp when the block arrived, by the clock that stamped our SR
 * @return false: no SR echoed yet, or figures that cannot be (a negative time)
 */
bool rtcp_round_trip(const struct rtcp_report_block *block, uint64_t arrival_ntp, uint64_t *round_trip_ns);

/**
 * Time until the next report (§6.2, A.7) for two parties, where the minimum of 5 s rules (2.5 s for the first).
 * @param random 32 random bits, spread over 0.5 to 1.5 times the interval, then divided by 1.21828 (§6.3.1)
 */
uint64_t rtcp_interval_ns(bool first, uint32_t random);

#endif
