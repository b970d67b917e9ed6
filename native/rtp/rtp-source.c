// See rtp-source.h.

#include "rtp/rtp-source.h"

#include <string.h>

enum { SEQUENCE_MODULUS = 65536, NO_BAD_SEQUENCE = SEQUENCE_MODULUS + 1 };

/** Numbers that RTCP carries in 24 signed bits. */
enum { LOST_MOST = 0x7FFFFF, LOST_LEAST = -0x800000 };

/** A.1 init_seq: counting begins at this sequence number. */
static void begin_at(struct rtp_source *source, uint16_t sequence) {
  source->base_sequence = sequence;
  source->max_sequence = sequence;
  source->bad_sequence = NO_BAD_SEQUENCE;
  source->cycles = 0;
  source->received = 0;
  source->received_prior = 0;
  source->expected_prior = 0;
  source->has_transit = false;
}

void rtp_source_init(struct rtp_source *source, uint32_t ssrc, uint32_t clock_rate_hz, uint32_t probation) {
  memset(source, 0, sizeof *source);
  source->ssrc = ssrc;
  source->clock_rate_hz = clock_rate_hz;
  source->probation = probation;
}

void rtp_source_set_clock(struct rtp_source *source, uint32_t clock_rate_hz) {
  if (clock_rate_hz == source->clock_rate_hz) return;
  source->clock_rate_hz = clock_rate_hz;
  // The last timestamp is of another clock.
  source->has_transit = false;
}

/** A.1, a source that is not valid yet: only packets in sequence bring it on. */
static enum rtp_source_verdict update_probation(struct rtp_source *source, uint16_t sequence) {
  if (sequence != (uint16_t)(source->max_sequence + 1)) {
    source->probation = RTP_MIN_SEQUENTIAL - 1;
    source->max_sequence = sequence;
    return RTP_SOURCE_PROBATION;
  }
  source->max_sequence = sequence;
  if (--source->probation > 0) return RTP_SOURCE_PROBATION;
  begin_at(source, sequence);
  return RTP_SOURCE_ACCEPTED;
}

/** A.1 update_seq without its counting. */
static enum rtp_source_verdict update_sequence(struct rtp_source *source, uint16_t sequence) {
  if (!source->started) {
    source->started = true;
    begin_at(source, sequence);
    if (source->probation == 0) return RTP_SOURCE_ACCEPTED;
    source->max_sequence = (uint16_t)(sequence - 1);
  }
  if (source->probation > 0) return update_probation(source, sequence);

  uint16_t ahead = (uint16_t)(sequence - source->max_sequence);
  if (ahead < RTP_MAX_DROPOUT) {
    if (sequence < source->max_sequence) source->cycles += SEQUENCE_MODULUS;
    source->max_sequence = sequence;
    return RTP_SOURCE_ACCEPTED;
  }
  if (ahead <= SEQUENCE_MODULUS - RTP_MAX_MISORDER) {
    if (sequence == source->bad_sequence) {
      begin_at(source, sequence);
      return RTP_SOURCE_RESTARTED;
    }
    source->bad_sequence = (uint16_t)(sequence + 1);
    return RTP_SOURCE_JUMPED;
  }
  return RTP_SOURCE_ACCEPTED;  // Late or twice.
}

/** A.8 in nanoseconds: J += (|D| - J) / 16, kept times 16 and rounded as there. */
static void update_jitter(struct rtp_source *source, uint32_t timestamp, uint64_t arrival_ns) {
  if (source->has_transit) {
    int64_t sent_ns =
        (int64_t)(int32_t)(timestamp - source->last_timestamp) * INT64_C(1000000000) / (int64_t)source->clock_rate_hz;
    int64_t difference = (int64_t)(arrival_ns - source->last_arrival_ns) - sent_ns;
    if (difference < 0) difference = -difference;
    source->jitter_ns_q4 += difference - ((source->jitter_ns_q4 + 8) >> 4);
  }
  source->has_transit = true;
  source->last_arrival_ns = arrival_ns;
  source->last_timestamp = timestamp;
}

enum rtp_source_verdict rtp_source_update(struct rtp_source *source, const struct rtp_header *header,
                                          uint64_t arrival_ns) {
  enum rtp_source_verdict verdict = update_sequence(source, header->sequence);
  if (verdict == RTP_SOURCE_ACCEPTED || verdict == RTP_SOURCE_RESTARTED) {
    source->received++;
    update_jitter(source, header->timestamp, arrival_ns);
  }
  return verdict;
}

uint32_t rtp_source_extended_sequence(const struct rtp_source *source) { return source->cycles + source->max_sequence; }

uint32_t rtp_source_expected(const struct rtp_source *source) {
  if (!source->started || source->probation > 0) return 0;
  return rtp_source_extended_sequence(source) - source->base_sequence + 1;
}

int32_t rtp_source_lost(const struct rtp_source *source) {
  int64_t lost = (int64_t)rtp_source_expected(source) - (int64_t)source->received;
  if (lost > LOST_MOST) return LOST_MOST;
  if (lost < LOST_LEAST) return LOST_LEAST;
  return (int32_t)lost;
}

uint64_t rtp_source_jitter_ns(const struct rtp_source *source) { return (uint64_t)(source->jitter_ns_q4 >> 4); }

void rtp_source_report(struct rtp_source *source, struct rtcp_report_block *block) {
  uint32_t expected_now = rtp_source_expected(source);
  // A.3: the interval since the last report; duplicates can make the loss negative, which counts as none.
  uint32_t expected_interval = expected_now - source->expected_prior;
  int64_t lost_interval = (int64_t)expected_interval - (int64_t)(source->received - source->received_prior);
  source->expected_prior = expected_now;
  source->received_prior = source->received;

  *block = (struct rtcp_report_block){
      .ssrc = source->ssrc,
      .cumulative_lost = rtp_source_lost(source),
      .highest_sequence = rtp_source_extended_sequence(source),
      .jitter = (uint32_t)(rtp_source_jitter_ns(source) / 1000 * source->clock_rate_hz / 1000000),
  };
  if (expected_interval > 0 && lost_interval > 0) {
    uint64_t fraction = ((uint64_t)lost_interval << 8) / expected_interval;
    block->fraction_lost = fraction > 255 ? 255 : (uint8_t)fraction;
  }
}
