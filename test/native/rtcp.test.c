// RTCP by RFC 3550 §6: bytes as the figures have them, A.2's checks, round-trip time by §6.4.1's example, intervals.

#include "rtp/rtcp.h"

#include "support/check.h"

enum { OURS = 0x01020304 };

static uint8_t *copy_of(const uint8_t *bytes, size_t length) {
  uint8_t *copy = malloc(length ? length : 1);
  memcpy(copy, bytes, length);
  return copy;
}

static dp_error parse_hex(const char *text, struct rtcp_received *received) {
  uint8_t bytes[400];
  size_t length = test_from_hex(text, bytes, sizeof bytes);
  uint8_t *copy = copy_of(bytes, length);
  dp_error error = rtcp_parse(copy, length, OURS, received);
  free(copy);
  return error;
}

#define SENDER_REPORT                                              \
  "81c8000c 0a0b0c0d 83aa7e80 80000000 00001000 00000064 00003e80" \
  "01020304 40fffffe 00010005 0000001e b7052000 00054000"
#define CNAME_OF_SENDER "81ca0004 0a0b0c0d 0109 646f6f7240746573 74 00"

static const struct rtcp_sender_info sender = {
    .ntp_timestamp = UINT64_C(0x83aa7e8080000000), .rtp_timestamp = 0x1000, .packets = 100, .octets = 16000};
static const struct rtcp_report_block block = {.ssrc = OURS,
                                               .fraction_lost = 0x40,
                                               .cumulative_lost = -2,
                                               .highest_sequence = 0x10005,
                                               .jitter = 30,
                                               .last_sr = 0xb7052000,
                                               .delay_since_last_sr = 0x00054000};

static void writes_sender_report_cname_and_bye(void) {
  const struct rtcp_compound compound = {.ssrc = 0x0a0b0c0d,
                                         .sender = &sender,
                                         .blocks = &block,
                                         .block_count = 1,
                                         .cname = {(const uint8_t *)"door@test", 9},
                                         .bye = true};
  uint8_t expected[200], bytes[200];
  size_t length = 0;
  size_t expected_length = test_from_hex(SENDER_REPORT CNAME_OF_SENDER "81cb0001 0a0b0c0d", expected, sizeof expected);
  CHECK_EQUAL(rtcp_pack(&compound, bytes, sizeof bytes, &length), DP_OK);
  CHECK_EQUAL(length, expected_length);
  CHECK_BYTES(bytes, expected, expected_length);
  CHECK_EQUAL(rtcp_pack(&compound, bytes, expected_length - 1, &length), DP_NO_SPACE);
}

static void writes_an_empty_receiver_report(void) {
  const struct rtcp_compound compound = {.ssrc = 0x0a0b0c0d, .cname = {(const uint8_t *)"ab", 2}};
  uint8_t expected[200], bytes[200];
  size_t length = 0;
  // Text and one zero would end in the middle of a word; "ab" leaves four zeros.
  size_t expected_length =
      test_from_hex("80c90001 0a0b0c0d 81ca0003 0a0b0c0d 0102 6162 00000000", expected, sizeof expected);
  CHECK_EQUAL(rtcp_pack(&compound, bytes, sizeof bytes, &length), DP_OK);
  CHECK_EQUAL(length, expected_length);
  CHECK_BYTES(bytes, expected, expected_length);
}

static void refuses_to_write_what_cannot_be(void) {
  uint8_t bytes[2000], text[300] = {0};
  size_t length = 0;
  struct rtcp_compound compound = {.ssrc = 1, .cname = {text, 0}};
  CHECK_EQUAL(rtcp_pack(&compound, bytes, sizeof bytes, &length), DP_INVALID_ARGUMENT);
  compound.cname.length = 256;
  CHECK_EQUAL(rtcp_pack(&compound, bytes, sizeof bytes, &length), DP_INVALID_ARGUMENT);
  compound.cname.length = 255;
  CHECK_EQUAL(rtcp_pack(&compound, bytes, sizeof bytes, &length), DP_OK);
  compound.block_count = 32;
  compound.blocks = &block;
  CHECK_EQUAL(rtcp_pack(&compound, bytes, sizeof bytes, &length), DP_INVALID_ARGUMENT);
}

static void reads_what_a_peer_says_of_us(void) {
  struct rtcp_received received;
  uint8_t bytes[200];
  size_t length = test_from_hex(SENDER_REPORT CNAME_OF_SENDER "81cb0001 0a0b0c0d", bytes, sizeof bytes);
  CHECK_EQUAL(rtcp_parse(bytes, length, OURS, &received), DP_OK);
  CHECK_EQUAL(received.ssrc, 0x0a0b0c0d);
  CHECK(received.has_sender && received.has_block && received.bye);
  CHECK(received.sender.ntp_timestamp == sender.ntp_timestamp);
  CHECK_EQUAL(received.sender.rtp_timestamp, 0x1000);
  CHECK_EQUAL(received.sender.packets, 100);
  CHECK_EQUAL(received.sender.octets, 16000);
  CHECK_EQUAL(received.block.fraction_lost, 0x40);
  CHECK_EQUAL(received.block.cumulative_lost, -2);
  CHECK_EQUAL(received.block.highest_sequence, 0x10005);
  CHECK_EQUAL(received.block.jitter, 30);
  CHECK_EQUAL(received.block.last_sr, 0xb7052000u);
  CHECK_EQUAL(received.cname.length, 9);
  CHECK_BYTES(received.cname.data, "door@test", 9);
}

static void others_blocks_byes_and_types_are_passed_over(void) {
  struct rtcp_received received;
  // A block about somebody else, SDES of somebody else, APP, an unknown type 207 and a BYE of somebody else.
  CHECK_EQUAL(parse_hex("81c90007 0a0b0c0d 99999999 00000000 00000000 00000000 00000000 00000000"
                        "81ca0002 11111111 01016100"
                        "80cc0002 0a0b0c0d 41424344 80cf0001 0a0b0c0d 81cb0001 11111111",
                        &received),
              DP_OK);
  CHECK(!received.has_sender && !received.has_block && !received.bye);
  CHECK_EQUAL(received.cname.length, 0);
}

static void last_packet_may_be_padded(void) {
  struct rtcp_received received;
  CHECK_EQUAL(parse_hex("80c90001 0a0b0c0d a1cb0002 0a0b0c0d 00000004", &received), DP_OK);
  CHECK(received.bye);
  CHECK_EQUAL(parse_hex("a0c90002 0a0b0c0d 00000004", &received), DP_MALFORMED);  // the first
  CHECK_EQUAL(parse_hex("80c90001 0a0b0c0d a1cb0002 0a0b0c0d 00000004 80cb0000", &received), DP_MALFORMED);  // not last
  CHECK_EQUAL(parse_hex("80c90001 0a0b0c0d a1cb0002 0a0b0c0d 00000005", &received), DP_MALFORMED);           // no word
  CHECK_EQUAL(parse_hex("80c90001 0a0b0c0d a1cb0002 0a0b0c0d 00000000", &received), DP_MALFORMED);
  CHECK_EQUAL(parse_hex("80c90001 0a0b0c0d a1cb0002 0a0b0c0d 00000010", &received), DP_MALFORMED);  // too much
}

static void refuses_by_a_2(void) {
  struct rtcp_received received;
  CHECK_EQUAL(parse_hex("", &received), DP_TOO_SHORT);
  CHECK_EQUAL(parse_hex("80c90001 0a0b0c", &received), DP_TOO_SHORT);
  CHECK_EQUAL(parse_hex("40c90001 0a0b0c0d", &received), DP_MALFORMED);                    // version
  CHECK_EQUAL(parse_hex("81ca0002 11111111 01016100", &received), DP_MALFORMED);           // begins with SDES
  CHECK_EQUAL(parse_hex("80c90002 0a0b0c0d", &received), DP_TOO_SHORT);                    // length beyond
  CHECK_EQUAL(parse_hex("81c90001 0a0b0c0d", &received), DP_TOO_SHORT);                    // block missing
  CHECK_EQUAL(parse_hex("80c80001 0a0b0c0d", &received), DP_TOO_SHORT);                    // sender info missing
  CHECK_EQUAL(parse_hex("80c90001 0a0b0c0d 80", &received), DP_TOO_SHORT);                 // a byte over
  CHECK_EQUAL(parse_hex("80c90001 0a0b0c0d 40cb0001 0a0b0c0d", &received), DP_MALFORMED);  // version of the second
  CHECK_EQUAL(parse_hex("80c90001 0a0b0c0d 82cb0001 0a0b0c0d", &received), DP_TOO_SHORT);  // sources missing
  CHECK_EQUAL(parse_hex("80c90001 0a0b0c0d 81ca0002 0a0b0c0d 01ff6100", &received), DP_MALFORMED);  // item beyond
  CHECK_EQUAL(parse_hex("80c90001 0a0b0c0d 81ca0002 0a0b0c0d 01026162", &received), DP_MALFORMED);  // no zero
  CHECK_EQUAL(parse_hex("80c90000", &received), DP_TOO_SHORT);
}

/** Figure 2 of §6.4.1: 6.125 s of round trip. */
static void round_trip_is_that_of_figure_2(void) {
  const struct rtcp_report_block figure = {.last_sr = 0xb7052000, .delay_since_last_sr = 0x00054000};
  uint64_t round_trip = 0;
  CHECK(rtcp_round_trip(&figure, UINT64_C(0xb710) << 32 | UINT64_C(0x80000000), &round_trip));
  CHECK_EQUAL(round_trip, INT64_C(6125000000));
  const struct rtcp_report_block none = {.last_sr = 0};
  CHECK(!rtcp_round_trip(&none, UINT64_C(1) << 32, &round_trip));
  const struct rtcp_report_block lie = {.last_sr = 0xb7052000, .delay_since_last_sr = 0x7fff0000};
  CHECK(!rtcp_round_trip(&lie, UINT64_C(0xb710) << 32, &round_trip));
}

static void converts_times(void) {
  // RFC 5905, figure 4: 1 Jan 1970 is 2 208 988 800.
  CHECK(ntp_from_unix_ns(0) == UINT64_C(2208988800) << 32);
  CHECK(ntp_from_unix_ns(500000000) == (UINT64_C(2208988800) << 32 | UINT64_C(0x80000000)));
  CHECK_EQUAL(ntp_middle(UINT64_C(0x1122334455667788)), 0x33445566);
  CHECK_EQUAL(rtcp_delay_from_ns(UINT64_C(5250000000)), 0x00054000);
  CHECK_EQUAL(rtcp_delay_from_ns(UINT64_C(70000) * 1000000000), UINT32_MAX);
}

static void intervals_are_spread(void) {
  CHECK_WITHIN(rtcp_interval_ns(false, 0), 2.052e9, 2.053e9);
  CHECK_WITHIN(rtcp_interval_ns(false, UINT32_MAX), 6.156e9, 6.157e9);
  CHECK_WITHIN(rtcp_interval_ns(true, UINT32_C(0x80000000)), 2.052e9, 2.053e9);
}

// ---- VoIP metrics (RFC 3611) ----

static const struct rtcp_voip_metrics metrics = {.ssrc = 0x0a0b0c0d,
                                                 .loss_rate = 12,
                                                 .discard_rate = 13,
                                                 .burst_density = 84,
                                                 .gap_density = 10,
                                                 .burst_duration_ms = 120,
                                                 .gap_duration_ms = 520,
                                                 .round_trip_ms = 0x1234,
                                                 .end_system_delay_ms = 60,
                                                 .signal_level = 127,
                                                 .noise_level = 0xC0,
                                                 .echo_return_loss = 55,
                                                 .gmin = 16,
                                                 .rating = 93,
                                                 .external_rating = 127,
                                                 .listening_score = 44,
                                                 .conversation_score = 43,
                                                 .receiver = RTCP_XR_RECEIVER,
                                                 .jitter_buffer_ms = 20,
                                                 .jitter_buffer_max_ms = 200,
                                                 .jitter_buffer_limit_ms = 0x0201};

/** Word by word as the figure of §4.7 has it. */
static void writes_voip_metrics_before_bye(void) {
  const struct rtcp_compound compound = {
      .ssrc = 0x11111111, .cname = {(const uint8_t *)"a", 1}, .metrics = &metrics, .bye = true};
  uint8_t bytes[RTCP_BUFFER_BYTES], expected[200];
  size_t length = 0;
  CHECK_EQUAL(rtcp_pack(&compound, bytes, sizeof bytes, &length), DP_OK);
  size_t wanted = test_from_hex("80c90001 11111111 81ca0002 11111111 01016100"
                                "80cf000a 11111111 07000008 0a0b0c0d 0c0d540a 00780208 1234003c 7fc03710 5d7f2c2b"
                                "b0000014 00c80201 81cb0001 11111111",
                                expected, sizeof expected);
  CHECK_EQUAL(length, wanted);
  CHECK_BYTES(bytes, expected, wanted);
  CHECK_EQUAL(rtcp_pack(&compound, bytes, wanted - 1, &length), DP_NO_SPACE);
}

static void reads_voip_metrics_about_us(void) {
  struct rtcp_received received;
  const char *text = "80c90001 0a0b0c0d 80cf000d 0a0b0c0d 04000002 00000000 00000000"
                     "07000008 01020304 0c0d540a 00780208 1234003c 7fc03710 5d7f2c2b b0000014 00c80201";
  CHECK_EQUAL(parse_hex(text, &received), DP_OK);
  CHECK(received.has_metrics);
  CHECK_EQUAL(received.metrics.listening_score, 44);
  CHECK_EQUAL(received.metrics.gap_duration_ms, 520);
  CHECK_EQUAL(received.metrics.jitter_buffer_limit_ms, 0x0201);
  CHECK_EQUAL(received.metrics.receiver, 0xb0);
}

/** §4.7.5: scores from 10 to 50 and ratings up to 100 are values; §3: another length is another block. */
static void ignores_what_is_none_of_ours_or_no_value(void) {
  struct rtcp_received received;
  CHECK_EQUAL(parse_hex("80c90001 0a0b0c0d 80cf000a 0a0b0c0d 07000008 05060708 00000000 00000000 00000000 00000000"
                        "00000000 00000000 00000000",
                        &received),
              DP_OK);
  CHECK(!received.has_metrics);
  CHECK_EQUAL(parse_hex("80c90001 0a0b0c0d 80cf000a 0a0b0c0d 07000008 01020304 00000000 00000000 00000000 00000000"
                        "65003309 00000000 00000000",
                        &received),
              DP_OK);
  CHECK(received.has_metrics);
  CHECK_EQUAL(received.metrics.rating, RTCP_XR_UNKNOWN);
  CHECK_EQUAL(received.metrics.listening_score, RTCP_XR_UNKNOWN);
  CHECK_EQUAL(received.metrics.conversation_score, RTCP_XR_UNKNOWN);
  CHECK_EQUAL(parse_hex("80c90001 0a0b0c0d 80cf0002 0a0b0c0d 07000001", &received), DP_TOO_SHORT);  // block beyond
  CHECK_EQUAL(parse_hex("80c90001 0a0b0c0d 80cf0000", &received), DP_TOO_SHORT);                    // no source
}

int main(void) {
  TEST(writes_sender_report_cname_and_bye);
  TEST(writes_an_empty_receiver_report);
  TEST(refuses_to_write_what_cannot_be);
  TEST(reads_what_a_peer_says_of_us);
  TEST(others_blocks_byes_and_types_are_passed_over);
  TEST(last_packet_may_be_padded);
  TEST(refuses_by_a_2);
  TEST(round_trip_is_that_of_figure_2);
  TEST(converts_times);
  TEST(intervals_are_spread);
  TEST(writes_voip_metrics_before_bye);
  TEST(reads_voip_metrics_about_us);
  TEST(ignores_what_is_none_of_ours_or_no_value);
  return test_summary("rtcp");
}
