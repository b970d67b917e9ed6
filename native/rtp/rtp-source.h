// What a receiver keeps of one source: validity and sequence numbers (RFC 3550 A.1), loss (A.3), interarrival jitter
// (§6.4.1, A.8). Owned by one thread; time is an argument.

#ifndef DOORPHONE_RTP_RTP_SOURCE_H
#define DOORPHONE_RTP_RTP_SOURCE_H

#include <stdbool.h>
#include <stdint.h>

#include "rtp/rtcp.h"
#include "rtp/rtp.h"

/** RFC 3550 A.1's constants. */
#define RTP_MAX_DROPOUT 3000
#define RTP_MAX_MISORDER 100
#define RTP_MIN_SEQUENTIAL 2

enum rtp_source_verdict {
  RTP_SOURCE_ACCEPTED,  /**< In order, or a tolerable step; counted. */
  RTP_SOURCE_RESTARTED, /**< Two in a row after a jump: the other side began anew; counters start again. */
  RTP_SOURCE_PROBATION, /**< Not yet valid: not enough packets in sequence. */
  RTP_SOURCE_JUMPED     /**< A jump; the packet is not counted until its successor confirms it. */
};

/** Fields are the source's own. */
struct rtp_source {
  uint32_t ssrc;
  uint32_t clock_rate_hz;
  bool started; /**< Sequence number 0 and timestamp 0 are values, so "nothing seen yet" needs a flag. */
  uint16_t max_sequence;
  uint32_t cycles; /**< Wraps counted, times 65536. */
  uint32_t base_sequence;
  uint32_t bad_sequence; /**< Last jump's successor; 65537 is "none". */
  uint32_t probation;
  uint32_t received;
  uint32_t expected_prior;
  uint32_t received_prior;
  bool has_transit;
  uint64_t last_arrival_ns;
  uint32_t last_timestamp;
  int64_t jitter_ns_q4; /**< Jitter in ns times 16, A.8's scaled form. */
};

/**
 * A source of which nothing has been heard.
 * @param probation packets in sequence before it is valid: RTP_MIN_SEQUENTIAL, or 0 where address or SRTP vouch for it
 */
void rtp_source_init(struct rtp_source *source, uint32_t ssrc, uint32_t clock_rate_hz, uint32_t probation);

/** The timestamps' clock from the next packet on; jitter that was found so far stays (RFC 7160 §4.3). */
void rtp_source_set_clock(struct rtp_source *source, uint32_t clock_rate_hz);

/** Takes a packet into account (A.1, A.8). @param arrival_ns monotonic */
enum rtp_source_verdict rtp_source_update(struct rtp_source *source, const struct rtp_header *header,
                                          uint64_t arrival_ns);

/** Highest sequence number with its wraps (RFC 3550 §6.4.1). */
uint32_t rtp_source_extended_sequence(const struct rtp_source *source);

/** Packets that should have come since the start (A.3). */
uint32_t rtp_source_expected(const struct rtp_source *source);

/** Packets lost since the start, negative if duplicates outnumber losses; clamped to 24 bits (A.3). */
int32_t rtp_source_lost(const struct rtp_source *source);

/** Interarrival jitter in ns. Divide by the clock's period for §6.4.1's unit. */
uint64_t rtp_source_jitter_ns(const struct rtp_source *source);

/** Fills SSRC, loss, highest sequence and jitter of a report block and begins the next interval of "fraction lost".
 * The caller adds LSR and DLSR. */
void rtp_source_report(struct rtp_source *source, struct rtcp_report_block *block);

#endif
