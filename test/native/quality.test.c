// Losses as bursts and gaps (RFC 3611 §4.7.2), and what they make of a call (ITU-T G.107).

#include "rtp/loss-pattern.h"
#include "rtp/quality.h"

#include "support/check.h"

static struct loss_pattern pattern;
static struct loss_summary summary;

/** 1: received; anything else: lost. */
static void hear(const char *packets) {
  pattern = (struct loss_pattern){0};
  for (const char *at = packets; *at; at++) {
    if (*at == '1')
      loss_pattern_received(&pattern);
    else
      loss_pattern_lost(&pattern, 1);
  }
  loss_pattern_summarize(&pattern, &summary);
}

/** The pattern that §4.7.2 shows: 64 packets, a burst of twelve with four lost, 52 in gaps with two lost. */
static void the_rfcs_example_is_read_as_there(void) {
  hear("11110111111111111111111X111X1011110111111111111111111X111111111");
  CHECK_EQUAL(pattern.all.packets, 63);  // The figure has one packet less than its text.
  CHECK_EQUAL(summary.burst_count, 1);
  CHECK_EQUAL(summary.bursts.packets, 12);
  CHECK_EQUAL(summary.bursts.lost, 4);
  CHECK_EQUAL(summary.gaps.packets, 51);
  CHECK_EQUAL(summary.gaps.lost, 2);
  CHECK_EQUAL(summary.gap_count, 2);
  CHECK_EQUAL(pattern.all.lost, 6);
}

static void losses_16_packets_apart_stand_alone(void) {
  hear("0" "1111111111111111" "0");
  CHECK_EQUAL(summary.burst_count, 0);
  CHECK_EQUAL(summary.gaps.lost, 2);
  hear("0" "111111111111111" "0");
  CHECK_EQUAL(summary.burst_count, 1);
  CHECK_EQUAL(summary.bursts.packets, 17);
  CHECK_EQUAL(summary.gaps.packets, 0);
}

static void nothing_is_no_loss(void) {
  hear("");
  CHECK_EQUAL(summary.gap_count, 0);
  CHECK_EQUAL(loss_pattern_share(&pattern), 0);
  CHECK_EQUAL(loss_pattern_burstiness(&pattern), 1);
}

static void losses_in_a_row_are_bursty(void) {
  hear("1111000011111111");
  CHECK_WITHIN(loss_pattern_share(&pattern), 0.25, 0.25);
  CHECK_WITHIN(loss_pattern_burstiness(&pattern), 2.999, 3.001);  // 4 * (1 - 0.25)
  pattern = (struct loss_pattern){0};
  for (int at = 0; at < 100; at++) loss_pattern_received(&pattern);
  loss_pattern_lost(&pattern, 3);
  loss_pattern_received(&pattern);
  loss_pattern_lost(&pattern, 3);
  CHECK_EQUAL(pattern.runs, 2);
  CHECK_EQUAL(pattern.all.packets, 107);
}

static double rating(double lost_share, double burstiness, double delay_ms) {
  const struct quality_causes causes = {.lost_share = lost_share, .burstiness = burstiness, .delay_ms = delay_ms};
  return quality_rating(&causes);
}

/** Default values of G.107: R 93.2, MOS 4.41; Ie-eff worked out by hand for Bpl 25.1. */
static void ratings_are_those_of_g_107(void) {
  CHECK_WITHIN(rating(0, 1, 0), 93.2, 93.2);
  CHECK_WITHIN(quality_opinion(93.2), 4.405, 4.415);
  CHECK_WITHIN(rating(0.05, 1, 0), 93.2 - 95 * 5 / 30.1 - 0.001, 93.2 - 95 * 5 / 30.1 + 0.001);
  CHECK_WITHIN(rating(0.05, 2, 0), 93.2 - 95 * 5 / 27.6 - 0.001, 93.2 - 95 * 5 / 27.6 + 0.001);
  CHECK_WITHIN(quality_opinion(50), 2.575, 2.585);  // G.107 annex B: R 50 is 2.58, the least of "nearly all dissatisfied".
  CHECK_WITHIN(quality_opinion(60), 3.095, 3.105);
  CHECK_WITHIN(quality_opinion(80), 4.015, 4.035);
  CHECK_EQUAL(quality_opinion(0), 1);
  CHECK_EQUAL(quality_opinion(1), 1);
  CHECK_WITHIN(quality_opinion(100), 4.5, 4.5);
  CHECK_EQUAL(rating(1, 100, 2000), 0);
}

static void delay_counts_beyond_100_ms(void) {
  CHECK_EQUAL(rating(0, 1, 100) == rating(0, 1, 0), 1);
  // By the formula of §3.4: X is 1 at 200 ms, 2 at 400 ms.
  CHECK_WITHIN(93.2 - rating(0, 1, 200), 3.03, 3.05);
  CHECK_WITHIN(93.2 - rating(0, 1, 400), 24.0, 24.2);
  CHECK(rating(0, 1, 800) < rating(0, 1, 400));
}

int main(void) {
  TEST(the_rfcs_example_is_read_as_there);
  TEST(losses_16_packets_apart_stand_alone);
  TEST(nothing_is_no_loss);
  TEST(losses_in_a_row_are_bursty);
  TEST(ratings_are_those_of_g_107);
  TEST(delay_counts_beyond_100_ms);
  return test_summary("quality");
}
