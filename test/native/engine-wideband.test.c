// Calls with sound of 16 kHz: between devices of either rate, with every codec, and from one codec to another in mid-call.

#define _GNU_SOURCE

#include "engine-support.h"

#include "codec/codec.h"
#include "rtp/rtp.h"

/** Beyond what a stream of 8 kHz carries. */
#define HIGH_HZ 5000
#define LOW_HZ 700

static struct station left;
static struct station right;

/** Each station hums, and plays what the other hums. */
static void start(bool left_wide, bool right_wide, double hz) {
  static const uint16_t range[2] = {FIRST_PORT, LAST_PORT};
  station_start_wide(&left, hz, left_wide, range);
  station_start_wide(&right, hz, right_wide, range);
  station_open(&left, 0);
  station_open(&right, 0);
}

static struct engine_stream coded_to(uint16_t port, enum codec codec) {
  struct engine_stream stream = stream_to(port);
  stream.codec = (uint8_t)codec;
  stream.payload_type = codec < 96 ? (uint8_t)codec : 97;
  return stream;
}

static void talk(enum codec codec) {
  struct engine_stream to_right = coded_to(right.port, codec);
  struct engine_stream to_left = coded_to(left.port, codec);
  station_configure(&left, &to_right);
  station_configure(&right, &to_left);
}

static void stop(void) {
  station_stop(&left);
  station_stop(&right);
}

static void wideband_is_heard_as_such(void) {
  static const enum codec codecs[] = {CODEC_G722, CODEC_L16_16K};
  for (size_t at = 0; at < sizeof codecs / sizeof codecs[0]; at++) {
    start(true, true, HIGH_HZ);
    talk(codecs[at]);
    sleep_ms(1000);
    stop();
    CHECK_WITHIN(heard_share(&left.device, HIGH_HZ, 0.5), 0.8, 1.01);
    CHECK_WITHIN(heard_share(&right.device, HIGH_HZ, 0.5), 0.8, 1.01);
    CHECK_WITHIN(heard_level(&left.device, 0.5), 5000, 6300);
  }
}

/** Sound that both rates can carry passes whatever the device and the codec speak. */
static void every_device_hears_every_codec(void) {
  static const enum codec codecs[] = {CODEC_PCMU, CODEC_G722, CODEC_L16_8K, CODEC_L16_16K};
  for (size_t at = 0; at < sizeof codecs / sizeof codecs[0]; at++) {
    start(true, false, LOW_HZ);
    talk(codecs[at]);
    sleep_ms(900);
    stop();
    CHECK_WITHIN(heard_share(&left.device, LOW_HZ, 0.4), 0.85, 1.01);
    CHECK_WITHIN(heard_share(&right.device, LOW_HZ, 0.4), 0.85, 1.01);
    CHECK_WITHIN(heard_level(&left.device, 0.4), 4500, 6000);
    CHECK_WITHIN(heard_level(&right.device, 0.4), 4500, 6000);
  }
}

static void another_codec_is_taken_up(void) {
  static const enum codec codecs[] = {CODEC_PCMA, CODEC_G722, CODEC_L16_16K, CODEC_L16_8K, CODEC_PCMU, CODEC_G722};
  start(true, true, 300);
  for (size_t at = 0; at < sizeof codecs / sizeof codecs[0]; at++) {
    talk(codecs[at]);
    sleep_ms(500);
  }
  struct stream_statistics figures = station_close(&left);
  stop();
  CHECK_EQUAL(figures.packets_refused, 0);
  CHECK_WITHIN(heard_share(&left.device, 300, 0.3), 0.8, 1.01);
}

/** A peer may send any codec of our offer, whatever it prefers (RFC 3264 §7). */
static void codecs_of_the_offer_are_understood(void) {
  start(true, true, HIGH_HZ);
  struct engine_stream to_right = coded_to(right.port, CODEC_PCMA);
  struct engine_stream to_left = coded_to(left.port, CODEC_L16_16K);
  to_right.formats[0] = (struct codec_format){.payload_type = 97, .codec = CODEC_L16_16K};
  to_right.format_count = 1;
  station_configure(&left, &to_right);
  station_configure(&right, &to_left);
  sleep_ms(800);
  stop();
  CHECK_WITHIN(heard_share(&left.device, HIGH_HZ, 0.3), 0.8, 1.01);
}

struct sent {
  uint32_t ssrc;
  uint32_t timestamp;
  size_t payload_bytes;
  uint8_t payload_type;
};

static struct sent receive(struct bare_peer *peer) {
  uint8_t bytes[2048];
  ssize_t length = bare_receive(peer->rtp, bytes, sizeof bytes, 500);
  CHECK(length > RTP_HEADER_BYTES);
  return (struct sent){.ssrc = get_u32(bytes + 8),
                       .timestamp = get_u32(bytes + 4),
                       .payload_bytes = (size_t)length - RTP_HEADER_BYTES,
                       .payload_type = bytes[1] & 0x7f};
}

/** RFC 3551 §4.5.2: 160 octets and 160 units for 20 ms of G.722; §4.5.11: L16 has its own clock. */
static void packets_are_as_the_profile_has_them(void) {
  static const struct {
    enum codec codec;
    uint8_t packet_ms;
    size_t octets;
    uint32_t units;
  } expected[] = {{CODEC_G722, 20, 160, 160},
                  {CODEC_G722, 30, 240, 240},
                  {CODEC_L16_16K, 20, 640, 320},
                  {CODEC_L16_16K, 60, 1280, 640}, // 40 ms: what a datagram carries everywhere
                  {CODEC_L16_8K, 20, 320, 160},
                  {CODEC_PCMA, 20, 160, 160}};
  for (size_t at = 0; at < sizeof expected / sizeof expected[0]; at++) {
    struct bare_peer peer;
    bare_open(&peer);
    station_start(&left, LOW_HZ);
    station_open(&left, 0);
    struct engine_stream stream = coded_to(peer.port, expected[at].codec);
    stream.packet_time_ms = expected[at].packet_ms;
    station_configure(&left, &stream);
    struct sent first = receive(&peer);
    struct sent second = receive(&peer);
    CHECK_EQUAL(first.payload_bytes, expected[at].octets);
    CHECK_EQUAL(second.timestamp - first.timestamp, expected[at].units);
    station_stop(&left);
    bare_close(&peer);
  }
}

/** RFC 7160 §4.1: another clock is another SSRC, and BYE for the one before; the same clock stays the same source. */
static void another_clock_is_another_source(void) {
  struct bare_peer peer;
  bare_open(&peer);
  station_start(&left, LOW_HZ);
  station_open(&left, 0);
  struct engine_stream stream = coded_to(peer.port, CODEC_PCMA);
  station_configure(&left, &stream);
  struct sent first = receive(&peer);
  stream = coded_to(peer.port, CODEC_G722);
  station_configure(&left, &stream);
  struct sent sent = receive(&peer);
  while (sent.payload_type != 9) sent = receive(&peer);
  CHECK_EQUAL(sent.ssrc, first.ssrc);
  stream = coded_to(peer.port, CODEC_L16_16K);
  station_configure(&left, &stream);
  while (sent.payload_type != 97) sent = receive(&peer);
  CHECK(sent.ssrc != first.ssrc);
  uint8_t bytes[1500];
  ssize_t length = bare_receive(peer.rtcp, bytes, sizeof bytes, 500);
  CHECK(length >= 8);
  // The compound's last packet (RFC 3550 §6.6): type 203, our SSRC of before.
  CHECK_EQUAL(bytes[length - 7], 203);
  CHECK_EQUAL(get_u32(bytes + length - 4), first.ssrc);
  station_stop(&left);
  bare_close(&peer);
}

/** With SRTP the new source begins its counters, and the peer follows. */
static void an_encrypted_call_changes_its_clock(void) {
  static const uint8_t key[] = "left-key-0123456left-salt-0123left-more-012345";
  static const uint8_t other_key[] = "right-key-012345right-salt-012right-more-01234";
  start(true, true, HIGH_HZ);
  static const enum codec codecs[] = {CODEC_G722, CODEC_L16_16K, CODEC_G722, CODEC_L16_16K};
  for (size_t at = 0; at < sizeof codecs / sizeof codecs[0]; at++) {
    struct engine_stream to_right = coded_to(right.port, codecs[at]);
    struct engine_stream to_left = coded_to(left.port, codecs[at]);
    to_right.send_key = to_left.receive_key = key;
    to_right.receive_key = to_left.send_key = other_key;
    station_configure(&left, &to_right);
    station_configure(&right, &to_left);
    sleep_ms(400);
  }
  struct stream_statistics figures = station_close(&left);
  stop();
  CHECK_EQUAL(figures.packets_refused, 0);
  CHECK_WITHIN(heard_share(&left.device, HIGH_HZ, 0.3), 0.8, 1.01);
}

/** RFC 4733 §2.1: events have the clock of the sound; of a slower one where the peer knows no other. */
static void digits_pass_at_every_clock(void) {
  static const struct {
    enum codec codec;
    uint32_t event_clock_hz;
    uint32_t units;
  } cases[] = {{CODEC_G722, 0, 800}, {CODEC_L16_16K, 0, 1600}, {CODEC_L16_16K, 8000, 800}};
  for (size_t at = 0; at < sizeof cases / sizeof cases[0]; at++) {
    struct bare_peer peer;
    bare_open(&peer);
    station_start(&left, 0);
    station_open(&left, 0);
    struct engine_stream stream = coded_to(peer.port, cases[at].codec);
    stream.event_clock_hz = cases[at].event_clock_hz;
    station_configure(&left, &stream);
    CHECK_EQUAL(engine_send_digits(left.engine, left.session, "5", 100), DP_OK);
    uint16_t duration = 0;
    uint32_t began = 0;
    unsigned ends = 0;
    for (int taken = 0; taken < 30 && ends < 3; taken++) {
      uint8_t bytes[2048];
      if (bare_receive(peer.rtp, bytes, sizeof bytes, 500) != RTP_HEADER_BYTES + 4) continue;
      if (ends == 0 && duration == 0) began = get_u32(bytes + 4);
      CHECK_EQUAL(get_u32(bytes + 4), began);
      CHECK_EQUAL(bytes[12], 5);
      duration = get_u16(bytes + 14);
      if (bytes[13] & 0x80) ends++;
    }
    CHECK_EQUAL(ends, 3);
    CHECK_EQUAL(duration, cases[at].units);
    station_stop(&left);
    bare_close(&peer);
  }
}

int main(void) {
  TEST(wideband_is_heard_as_such);
  TEST(every_device_hears_every_codec);
  TEST(another_codec_is_taken_up);
  TEST(codecs_of_the_offer_are_understood);
  TEST(packets_are_as_the_profile_has_them);
  TEST(another_clock_is_another_source);
  TEST(an_encrypted_call_changes_its_clock);
  TEST(digits_pass_at_every_clock);
  return test_summary("engine-wideband");
}
