// RTP's fixed header, CSRC list, extension, padding (RFC 3550 §5), and which datagram is what (RFC 7983 §7).

#include "rtp/rtp.h"

#include "support/check.h"

/** Parses a copy of exactly that length, where the address sanitizer sees any byte too many. */
static dp_error parse_hex(const char *text, struct rtp_packet *packet, uint8_t **copy) {
  uint8_t bytes[300];
  size_t length = test_from_hex(text, bytes, sizeof bytes);
  *copy = malloc(length ? length : 1);
  memcpy(*copy, bytes, length);
  return rtp_parse(*copy, length, packet);
}

static dp_error error_of(const char *text) {
  struct rtp_packet packet;
  uint8_t *copy;
  dp_error error = parse_hex(text, &packet, &copy);
  free(copy);
  return error;
}

static void reads_the_fixed_header(void) {
  struct rtp_packet packet;
  uint8_t *copy;
  CHECK_EQUAL(parse_hex("80 88 1234 89abcdef fedcba98 d5d4", &packet, &copy), DP_OK);
  CHECK(packet.header.marker);
  CHECK_EQUAL(packet.header.payload_type, 8);
  CHECK_EQUAL(packet.header.sequence, 0x1234);
  CHECK_EQUAL(packet.header.timestamp, 0x89abcdefu);
  CHECK_EQUAL(packet.header.ssrc, 0xfedcba98u);
  CHECK_EQUAL(packet.payload.length, 2);
  CHECK_EQUAL(packet.payload.data[1], 0xd4);
  CHECK_EQUAL(packet.csrc_count, 0);
  CHECK(!packet.has_extension);
  free(copy);
}

static void skips_csrcs_extension_and_padding(void) {
  struct rtp_packet packet;
  uint8_t *copy;
  CHECK_EQUAL(parse_hex("b2 00 0000 00000000 00000001 aaaaaaaa bbbbbbbb bede0001 11223344 0a0b 00 02", &packet, &copy),
              DP_OK);
  CHECK(!packet.header.marker);
  CHECK_EQUAL(packet.csrc_count, 2);
  CHECK(packet.has_extension);
  CHECK_EQUAL(packet.extension_profile, 0xbede);
  CHECK_EQUAL(packet.extension.length, 4);
  CHECK_EQUAL(packet.extension.data[0], 0x11);
  CHECK_EQUAL(packet.header_bytes, 28);
  CHECK_EQUAL(packet.payload.length, 2);
  CHECK_EQUAL(packet.payload.data[0], 0x0a);
  free(copy);
}

static void an_empty_payload_is_a_packet(void) {
  struct rtp_packet packet;
  uint8_t *copy;
  CHECK_EQUAL(parse_hex("80 00 0000 00000000 00000001", &packet, &copy), DP_OK);
  CHECK_EQUAL(packet.payload.length, 0);
  free(copy);
  CHECK_EQUAL(parse_hex("a0 00 0000 00000000 00000001 00 00 03", &packet, &copy), DP_OK);
  CHECK_EQUAL(packet.payload.length, 0);
  free(copy);
}

static void refuses_what_is_not_rtp(void) {
  CHECK_EQUAL(error_of(""), DP_TOO_SHORT);
  CHECK_EQUAL(error_of("80 00 0000 00000000 000000"), DP_TOO_SHORT);
  CHECK_EQUAL(error_of("40 00 0000 00000000 00000001"), DP_MALFORMED);                    // version 1
  CHECK_EQUAL(error_of("c0 00 0000 00000000 00000001"), DP_MALFORMED);                    // version 3
  CHECK_EQUAL(error_of("81 00 0000 00000000 00000001 aaaaaa"), DP_TOO_SHORT);             // CSRC cut
  CHECK_EQUAL(error_of("90 00 0000 00000000 00000001 bede00"), DP_TOO_SHORT);             // extension's head cut
  CHECK_EQUAL(error_of("90 00 0000 00000000 00000001 bede0002 11111111"), DP_TOO_SHORT);  // extension cut
  CHECK_EQUAL(error_of("90 00 0000 00000000 00000001 bedeffff"), DP_TOO_SHORT);
  CHECK_EQUAL(error_of("a0 00 0000 00000000 00000001"), DP_MALFORMED);        // padding without room
  CHECK_EQUAL(error_of("a0 00 0000 00000000 00000001 01 00"), DP_MALFORMED);  // padding of 0
  CHECK_EQUAL(error_of("a0 00 0000 00000000 00000001 01 03"), DP_MALFORMED);  // padding into the header
}

static void writes_the_fixed_header(void) {
  const struct rtp_header header = {
      .timestamp = 0x89abcdef, .ssrc = 0xfedcba98, .sequence = 0x1234, .payload_type = 101, .marker = true};
  uint8_t bytes[12], expected[12];
  test_from_hex("80 e5 1234 89abcdef fedcba98", expected, sizeof expected);
  CHECK_EQUAL(rtp_pack_header(&header, bytes, sizeof bytes), DP_OK);
  CHECK_BYTES(bytes, expected, 12);
  CHECK_EQUAL(rtp_pack_header(&header, bytes, 11), DP_NO_SPACE);
  const struct rtp_header wrong = {.payload_type = 128};
  CHECK_EQUAL(rtp_pack_header(&wrong, bytes, sizeof bytes), DP_INVALID_ARGUMENT);
}

static void tells_datagrams_apart(void) {
  static const struct {
    uint8_t bytes[2];
    enum rtp_datagram kind;
  } cases[] = {
      {{0x00, 0x01}, RTP_DATAGRAM_STUN},    {{0x03, 0x01}, RTP_DATAGRAM_STUN}, {{0x16, 0xFE}, RTP_DATAGRAM_DTLS},
      {{0x80, 0x08}, RTP_DATAGRAM_RTP},     {{0x80, 0x88}, RTP_DATAGRAM_RTP},  {{0x80, 0xC8}, RTP_DATAGRAM_RTCP},
      {{0x81, 0xC9}, RTP_DATAGRAM_RTCP},    {{0x80, 0xE5}, RTP_DATAGRAM_RTP},  {{0x40, 0x08}, RTP_DATAGRAM_UNKNOWN},
      {{0xC0, 0x08}, RTP_DATAGRAM_UNKNOWN},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
    CHECK_EQUAL(rtp_classify(cases[i].bytes, 2), cases[i].kind);
  CHECK_EQUAL(rtp_classify(cases[3].bytes, 1), RTP_DATAGRAM_UNKNOWN);
  CHECK_EQUAL(rtp_classify(cases[3].bytes, 0), RTP_DATAGRAM_UNKNOWN);
}

int main(void) {
  TEST(reads_the_fixed_header);
  TEST(skips_csrcs_extension_and_padding);
  TEST(an_empty_payload_is_a_packet);
  TEST(refuses_what_is_not_rtp);
  TEST(writes_the_fixed_header);
  TEST(tells_datagrams_apart);
  return test_summary("rtp");
}
