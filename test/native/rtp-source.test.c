// Sequence numbers, loss and jitter of a source: RFC 3550 A.1, A.3, A.8.

#include "rtp/rtp-source.h"

#include "support/check.h"

enum { MS = 1000000 };

static struct rtp_source source;

static enum rtp_source_verdict feed_at(uint16_t sequence, uint32_t timestamp, uint64_t arrival_ns) {
  const struct rtp_header header = {.sequence = sequence, .timestamp = timestamp, .ssrc = 7};
  return rtp_source_update(&source, &header, arrival_ns);
}

static enum rtp_source_verdict feed(uint16_t sequence) {
  return feed_at(sequence, sequence * 160u, sequence * 20u * MS);
}

static void counts_from_sequence_number_0(void) {
  rtp_source_init(&source, 7, 8000, 0);
  CHECK_EQUAL(rtp_source_lost(&source), 0);
  for (uint16_t i = 0; i < 10; i++) CHECK_EQUAL(feed(i), RTP_SOURCE_ACCEPTED);
  CHECK_EQUAL(rtp_source_extended_sequence(&source), 9);
  CHECK_EQUAL(rtp_source_lost(&source), 0);
}

static void wraps_are_counted(void) {
  rtp_source_init(&source, 7, 8000, 0);
  for (uint32_t i = 65530; i < 65540; i++) CHECK_EQUAL(feed((uint16_t)i), RTP_SOURCE_ACCEPTED);
  CHECK_EQUAL(rtp_source_extended_sequence(&source), 65539);
  CHECK_EQUAL(rtp_source_lost(&source), 0);
  CHECK_EQUAL(feed(65535), RTP_SOURCE_ACCEPTED);  // A straggler moves nothing.
  CHECK_EQUAL(rtp_source_extended_sequence(&source), 65539);
  CHECK_EQUAL(rtp_source_lost(&source), -1);  // One too many: a duplicate, A.3.
}

static void probation_wants_two_in_sequence(void) {
  rtp_source_init(&source, 7, 8000, RTP_MIN_SEQUENTIAL);
  CHECK_EQUAL(feed(10), RTP_SOURCE_PROBATION);
  CHECK_EQUAL(feed(20), RTP_SOURCE_PROBATION);
  CHECK_EQUAL(rtp_source_lost(&source), 0);
  CHECK_EQUAL(feed(21), RTP_SOURCE_ACCEPTED);
  CHECK_EQUAL(rtp_source_extended_sequence(&source), 21);
  CHECK_EQUAL(rtp_source_lost(&source), 0);
}

static void a_jump_needs_a_successor(void) {
  rtp_source_init(&source, 7, 8000, 0);
  for (uint16_t i = 0; i < 5; i++) (void)feed(i);
  CHECK_EQUAL(feed(30000), RTP_SOURCE_JUMPED);
  CHECK_EQUAL(rtp_source_extended_sequence(&source), 4);
  CHECK_EQUAL(feed(5), RTP_SOURCE_ACCEPTED);
  CHECK_EQUAL(feed(30000), RTP_SOURCE_JUMPED);
  CHECK_EQUAL(feed(30001), RTP_SOURCE_RESTARTED);
  CHECK_EQUAL(rtp_source_extended_sequence(&source), 30001);
  CHECK_EQUAL(rtp_source_lost(&source), 0);
}

static void dropouts_below_3000_are_loss(void) {
  rtp_source_init(&source, 7, 8000, 0);
  (void)feed(0);
  CHECK_EQUAL(feed(2999), RTP_SOURCE_ACCEPTED);
  CHECK_EQUAL(rtp_source_lost(&source), 2998);
  CHECK_EQUAL(feed(2999 + 3000), RTP_SOURCE_JUMPED);
}

static void a_report_says_loss_of_its_interval(void) {
  struct rtcp_report_block block;
  rtp_source_init(&source, 7, 8000, 0);
  for (uint16_t i = 0; i < 100; i++) {
    if (i % 4 != 3) (void)feed(i);
  }
  rtp_source_report(&source, &block);
  CHECK_EQUAL(block.ssrc, 7);
  CHECK_EQUAL(block.highest_sequence, 98);
  CHECK_EQUAL(block.cumulative_lost, 24);
  CHECK_EQUAL(block.fraction_lost, 24 * 256 / 99);
  for (uint16_t i = 100; i < 200; i++) (void)feed(i);
  rtp_source_report(&source, &block);
  CHECK_EQUAL(block.fraction_lost, 1 * 256 / 101);  // 99 was the last one missing.
  CHECK_EQUAL(block.cumulative_lost, 25);
  rtp_source_report(&source, &block);
  CHECK_EQUAL(block.fraction_lost, 0);  // Nothing expected, nothing lost.
  for (int i = 0; i < 3; i++) (void)feed(199);
  rtp_source_report(&source, &block);
  CHECK_EQUAL(block.fraction_lost, 0);  // Duplicates are no negative loss.
  CHECK_EQUAL(block.cumulative_lost, 22);
}

static void loss_is_clamped_to_24_bits(void) {
  rtp_source_init(&source, 7, 8000, 0);
  (void)feed(0);
  source.cycles = UINT32_C(0x7FFF0000);
  CHECK_EQUAL(rtp_source_lost(&source), 0x7FFFFF);
  source.cycles = 0;
  source.received = UINT32_C(0x7FFFFFFF);
  CHECK_EQUAL(rtp_source_lost(&source), -0x800000);
}

/** A.8 by its formula in floating point: J += (|D| - J) / 16. */
static void jitter_follows_the_formula(void) {
  rtp_source_init(&source, 7, 8000, 0);
  uint64_t random = 5;
  double expected = 0, last_transit = 0;
  for (uint16_t i = 0; i < 1000; i++) {
    uint64_t arrival = (uint64_t)i * 20 * MS + test_random(&random) % (10 * MS) + 3 * MS;
    uint32_t timestamp = UINT32_C(0xFFFFFF00) + i * 160u;  // Wraps on the way.
    double transit = (double)arrival - (double)i * 20e6;
    if (i > 0) {
      double difference = transit - last_transit;
      expected += ((difference < 0 ? -difference : difference) - expected) / 16;
    }
    last_transit = transit;
    (void)feed_at(i, timestamp, arrival);
    CHECK_WITHIN(rtp_source_jitter_ns(&source), expected - 5, expected + 5);
  }
  struct rtcp_report_block block;
  rtp_source_report(&source, &block);
  CHECK_WITHIN(block.jitter, expected * 8000 / 1e9 - 1, expected * 8000 / 1e9 + 1);
  CHECK(block.jitter > 10);
}

static void an_even_stream_has_no_jitter(void) {
  rtp_source_init(&source, 7, 8000, 0);
  for (uint16_t i = 0; i < 100; i++) (void)feed(i);
  CHECK_EQUAL(rtp_source_jitter_ns(&source), 0);
}

int main(void) {
  TEST(counts_from_sequence_number_0);
  TEST(wraps_are_counted);
  TEST(probation_wants_two_in_sequence);
  TEST(a_jump_needs_a_successor);
  TEST(dropouts_below_3000_are_loss);
  TEST(a_report_says_loss_of_its_interval);
  TEST(loss_is_clamped_to_24_bits);
  TEST(jitter_follows_the_formula);
  TEST(an_even_stream_has_no_jitter);
  return test_summary("rtp-source");
}
