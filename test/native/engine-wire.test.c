// The engine against a bare socket: what is on the wire by RFC 3550, 3551, 4733, 6263, and what it makes of packets that
// are late, foreign or garbage.

#define _GNU_SOURCE

#include "engine-support.h"

#include <sys/uio.h>

#define LONGEST 2048

static struct station door;
static struct bare_peer peer;

static void start(double hz, const struct engine_stream *stream_or_null) {
  station_start(&door, hz);
  station_open(&door, 0);
  bare_open(&peer);
  struct engine_stream stream = stream_or_null ? *stream_or_null : stream_to(peer.port);
  stream.remote_port = peer.port;
  stream.remote_rtcp_port = (uint16_t)(peer.port + 1);
  station_configure(&door, &stream);
}

static void stop(void) {
  station_stop(&door);
  bare_close(&peer);
}

/** RFC 3550 §5.1: version 2, numbers up by one, timestamps by the samples of a packet, one SSRC. */
static void packets_form_a_stream(void) {
  static const uint8_t packet_times[] = {20, 10, 30, 40, 50, 60};
  for (size_t at = 0; at < sizeof packet_times; at++) {
    struct engine_stream stream = stream_to(1);
    stream.packet_time_ms = packet_times[at];
    size_t samples = packet_times[at] * 8u;
    start(400, &stream);
    uint8_t packet[LONGEST];
    uint16_t sequence = 0;
    uint32_t timestamp = 0;
    uint32_t ssrc = 0;
    for (int number = 0; number < 12; number++) {
      CHECK_EQUAL(bare_receive(peer.rtp, packet, sizeof packet, 1000), 12 + samples);
      CHECK_EQUAL(packet[0], 0x80);
      CHECK_EQUAL(packet[1] & 0x7f, 8);
      // RFC 3551 §4.1: only the first packet after a pause is marked.
      CHECK_EQUAL(packet[1] >> 7, number == 0);
      if (number > 0) {
        CHECK_EQUAL(get_u16(packet + 2), (uint16_t)(sequence + 1));
        CHECK_EQUAL(get_u32(packet + 4), timestamp + (uint32_t)samples);
        CHECK_EQUAL(get_u32(packet + 8), ssrc);
      }
      sequence = get_u16(packet + 2);
      timestamp = get_u32(packet + 4);
      ssrc = get_u32(packet + 8);
    }
    stop();
  }
}

/** The microphone's samples come through whole: every packet of a tone is as loud as the tone. */
static void no_packet_is_padded(void) {
  static const uint8_t packet_times[] = {10, 20, 30, 50};
  for (size_t at = 0; at < sizeof packet_times; at++) {
    struct engine_stream stream = stream_to(1);
    stream.packet_time_ms = packet_times[at];
    start(400, &stream);
    uint8_t packet[LONGEST];
    for (int number = 0; number < 20; number++) {
      ssize_t length = bare_receive(peer.rtp, packet, sizeof packet, 1000);
      // The first 100 ms hold the silence that comes before the microphone's first sound.
      if (number * packet_times[at] < 100) continue;
      int quiet = 0;
      for (ssize_t octet = 12; octet < length; octet++) quiet += packet[octet] == 0xd5;
      CHECK(quiet <= (int)length / 8);
    }
    stop();
  }
}

static void resuming_keeps_the_time(void) {
  uint8_t packet[LONGEST];
  start(400, NULL);
  for (int at = 0; at < 5; at++) CHECK_EQUAL(bare_receive(peer.rtp, packet, sizeof packet, 1000), 172);
  struct engine_stream held = stream_to(peer.port);
  held.sends = false;
  station_configure(&door, &held);
  uint16_t sequence = get_u16(packet + 2);
  uint32_t timestamp = get_u32(packet + 4);
  ssize_t length;
  bool kept_alive = false;
  while ((length = bare_receive(peer.rtp, packet, sizeof packet, 500)) >= 0) {
    // RFC 6263 §4.1: an empty datagram keeps the way open.
    if (length == 0) kept_alive = true;
    else {
      sequence = get_u16(packet + 2);
      timestamp = get_u32(packet + 4);
    }
  }
  CHECK(kept_alive);
  struct engine_stream again = stream_to(peer.port);
  station_configure(&door, &again);
  CHECK_EQUAL(bare_receive(peer.rtp, packet, sizeof packet, 1000), 172);
  CHECK_EQUAL(get_u16(packet + 2), (uint16_t)(sequence + 1));
  CHECK_EQUAL(packet[1], 0x88);
  // Half a second of silence is in the timestamp (RFC 3551 §4.1), though not in the numbers.
  CHECK_WITHIN(get_u32(packet + 4) - timestamp, 3800, 16000);
  stop();
}

static void a_digit_looks_as_it_must(void) {
  uint8_t packet[LONGEST];
  start(400, NULL);
  CHECK_EQUAL(bare_receive(peer.rtp, packet, sizeof packet, 1000), 172);
  CHECK_EQUAL(engine_send_digits(door.engine, door.session, "5", 100), DP_OK);
  int ends = 0;
  int updates = 0;
  uint32_t timestamp = 0;
  uint16_t duration = 0;
  for (int at = 0; at < 60 && ends < 3; at++) {
    ssize_t length = bare_receive(peer.rtp, packet, sizeof packet, 1000);
    if ((packet[1] & 0x7f) != 101) continue;
    CHECK_EQUAL(length, 16);
    CHECK_EQUAL(packet[12], 5);
    bool first = updates == 0;
    CHECK_EQUAL(packet[1] >> 7, first); // RFC 4733 §2.5.1.2: the first packet is marked
    if (first) timestamp = get_u32(packet + 4);
    CHECK_EQUAL(get_u32(packet + 4), timestamp); // §2.5.1.2: they all bear the beginning
    CHECK(get_u16(packet + 14) >= duration);
    duration = get_u16(packet + 14);
    if (packet[13] & 0x80) ends++;
    updates++;
  }
  CHECK_EQUAL(ends, 3); // §2.5.1.4
  CHECK_EQUAL(duration, 800);
  stop();
}

/** RFC 3550 §6.1, §6.6: SR first, then SDES with CNAME, BYE at the end. */
static void the_end_is_said(void) {
  uint8_t packet[LONGEST];
  start(400, NULL);
  for (int at = 0; at < 10; at++) CHECK_EQUAL(bare_receive(peer.rtp, packet, sizeof packet, 1000), 172);
  uint32_t ssrc = get_u32(packet + 8);
  struct stream_statistics figures = station_close(&door);
  CHECK(figures.packets_sent >= 10);
  ssize_t length = bare_receive(peer.rtcp, packet, sizeof packet, 1000);
  CHECK(length > 28);
  CHECK_EQUAL(packet[1], 200);
  CHECK_EQUAL(get_u32(packet + 4), ssrc);
  CHECK_EQUAL(get_u32(packet + 20), figures.packets_sent);
  CHECK_EQUAL(get_u32(packet + 24), figures.packets_sent * 160);
  bool described = false;
  bool ended = false;
  for (ssize_t at = 0; at + 4 <= length; at += 4 * (get_u16(packet + at + 2) + 1)) {
    described = described || packet[at + 1] == 202;
    ended = packet[at + 1] == 203 && get_u32(packet + at + 4) == ssrc;
  }
  CHECK(described);
  CHECK(ended);
  stop();
}

static void reports_say_what_was_lost(void) {
  uint8_t packet[LONGEST];
  start(400, NULL);
  for (uint16_t number = 0; number < 100; number++) {
    // Every tenth is lost; both wraps lie within.
    if (number % 10 == 5) continue;
    size_t length = bare_packet(packet, 8, (uint16_t)(65500 + number), 0xffffff00u + number * 160u, 7777);
    bare_send(peer.rtp, door.port, packet, length);
    // All within the second before the first report, on a busy machine too.
    if (number % 20 == 0) sleep_ms(1);
  }
  station_hear(&door);
  struct stream_statistics figures = station_statistics(&door);
  CHECK_EQUAL(figures.packets_received, 90);
  CHECK_EQUAL(figures.packets_lost, 10);
  // The first report comes after 2.5 s times 0.5 to 1.5, divided by 1.21828 (RFC 3550 §6.2, §6.3.1).
  ssize_t length = bare_receive(peer.rtcp, packet, sizeof packet, 4000);
  CHECK(length >= 52);
  CHECK_EQUAL(packet[0], 0x81);
  CHECK_EQUAL(packet[1], 200);
  CHECK_EQUAL(get_u32(packet + 28), 7777);
  CHECK_WITHIN(packet[32], 20, 28); // a tenth, in 256ths
  CHECK_EQUAL(get_u32(packet + 32) & 0xffffff, 10);
  CHECK_EQUAL(get_u32(packet + 36), 65536 + (65500 + 99) % 65536);
  stop();
}

static void round_trip_is_measured(void) {
  uint8_t packet[LONGEST];
  start(400, NULL);
  CHECK_EQUAL(bare_receive(peer.rtp, packet, sizeof packet, 1000), 172);
  ssize_t length = bare_receive(peer.rtcp, packet, sizeof packet, 4000);
  CHECK(length >= 28);
  // A receiver report about the door: a quarter lost, its SR echoed 100 ms after it came.
  uint8_t report[32] = {0x81, 201, 0, 7, 0, 0, 0x1e, 0x61};
  memcpy(report + 8, packet + 4, 4);   // whom it is about
  report[12] = 64;                     // fraction lost
  memcpy(report + 24, packet + 10, 4); // LSR: the middle of the NTP stamp
  uint32_t delay = 6554;               // DLSR: 100 ms in 1/65536 s
  for (int at = 0; at < 4; at++) report[28 + at] = (uint8_t)(delay >> (24 - 8 * at));
  sleep_ms(140);
  bare_send(peer.rtcp, (uint16_t)(door.port + 1), report, sizeof report);
  station_hear(&door);
  struct stream_statistics figures = station_statistics(&door);
  CHECK_WITHIN(figures.round_trip_ns, 38 * NS_PER_MS, 400 * NS_PER_MS);
  CHECK_EQUAL(figures.remote_loss_256ths, 64);
  stop();
}

/** How long ago the kernel says that a datagram came, in nanoseconds; 0: it has put no stamp on it. */
static uint64_t age_of_next(int descriptor) {
  uint8_t byte;
  union {
    struct cmsghdr header;
    uint8_t bytes[CMSG_SPACE(sizeof(struct timespec))];
  } control;
  struct iovec part = {.iov_base = &byte, .iov_len = 1};
  struct msghdr message = {
      .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
  struct timespec stamp = {0};
  if (recvmsg(descriptor, &message, MSG_DONTWAIT) != 1) return 0;
  struct cmsghdr *item = CMSG_FIRSTHDR(&message);
  if (!item || item->cmsg_type != SCM_TIMESTAMPNS) return 0;
  memcpy(&stamp, CMSG_DATA(item), sizeof stamp);
  return wallclock_now_ns() - ((uint64_t)stamp.tv_sec * NS_PER_SECOND + (uint64_t)stamp.tv_nsec);
}

/**
 * Linux begins to stamp what arrives a while after the first socket has asked for it, from a work queue: until then a
 * datagram's stamp is that of its reading. @return a socket that keeps it at it
 */
static int wait_for_stamps(void) {
  const int on = 1;
  int descriptor = bare_socket(31998);
  CHECK_EQUAL(setsockopt(descriptor, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on), 0);
  for (int tries = 0; tries < 500; tries++) {
    bare_send(descriptor, 31998, (const uint8_t *)"x", 1);
    sleep_ms(10);
    if (age_of_next(descriptor) >= 9 * NS_PER_MS) break;
  }
  return descriptor;
}

/** The XR packet of a compound, or null. */
static const uint8_t *find_metrics(const uint8_t *report, ssize_t length) {
  for (ssize_t at = 0; at + 4 <= length; at += 4 * (get_u16(report + at + 2) + 1)) {
    if (report[at + 1] == 207) return report + at;
  }
  return NULL;
}

/** RFC 3611 §4.7: told where the peer has asked, and taken from the peer. */
static void quality_is_told_and_taken(void) {
  uint8_t packet[LONGEST];
  struct engine_stream stream = stream_to(1);
  stream.tells_quality = true;
  start(400, &stream);
  for (uint16_t number = 0; number < 50; number++) {
    size_t length = bare_packet(packet, 8, number, number * 160u, 7777);
    if (number % 10 != 5) bare_send(peer.rtp, door.port, packet, length);
    sleep_ms(20);
  }
  ssize_t length = bare_receive(peer.rtcp, packet, sizeof packet, 4000);
  const uint8_t *metrics = find_metrics(packet, length);
  CHECK(metrics != NULL);
  if (metrics) {
    CHECK_EQUAL(get_u16(metrics + 2), 10);
    CHECK_EQUAL(metrics[8], 7);
    CHECK_EQUAL(get_u32(metrics + 12), 7777);
    CHECK_WITHIN(metrics[16], 15, 40);  // about a tenth lost, in 256ths
    CHECK_EQUAL(metrics[31], 16);       // Gmin
    // A tenth costs 95 * 10 / 35.1 of 93.2; on a busy machine our own packets come late as well.
    CHECK_WITHIN(metrics[32], 1, 80);
    CHECK_WITHIN(metrics[34], 10, 40);
  }
  CHECK_WITHIN(station_statistics(&door).opinion_hundredths, 100, 400);
  CHECK_EQUAL(station_statistics(&door).remote_opinion_hundredths, STATISTICS_UNKNOWN);
  // The peer's, about the door: it hears us with 3.6.
  CHECK(bare_receive(peer.rtp, packet, sizeof packet, 1000) > 12);
  uint8_t report[52] = {0x80, 201, 0, 1, 0, 0, 0x1e, 0x61, 0x80, 207, 0, 10, 0, 0, 0x1e, 0x61, 7, 0, 0, 8};
  memcpy(report + 20, packet + 8, 4);
  memset(report + 40, 127, 4);
  report[42] = 36;
  bare_send(peer.rtcp, (uint16_t)(door.port + 1), report, sizeof report);
  station_hear(&door);
  CHECK_EQUAL(station_statistics(&door).remote_opinion_hundredths, 360);
  stop();
}

static void packets_before_the_agreement_are_not_lost(void) {
  uint8_t packet[LONGEST];
  int stamps = wait_for_stamps();
  station_start(&door, 0);
  station_open(&door, 0);
  bare_open(&peer);
  for (uint16_t number = 0; number < 5; number++) {
    size_t length = bare_packet(packet, 8, number, number * 160u, 1);
    bare_send(peer.rtp, door.port, packet, length);
  }
  sleep_ms(20);
  uint64_t configured_ns = monotonic_now_ns();
  struct engine_stream stream = stream_to(peer.port);
  station_configure(&door, &stream);
  CHECK(station_wait(&door, ENGINE_EVENT_STARTED_IN, 1, 1000));
  station_hear(&door);
  struct stream_statistics figures = station_statistics(&door);
  CHECK_EQUAL(figures.packets_received, 5);
  // The stamp is the kernel's: they came before they were wanted.
  CHECK(figures.first_received_ns < configured_ns);
  close(stamps);
  stop();
}

static void send_numbered(int descriptor, uint16_t first, int count, uint32_t ssrc) {
  uint8_t packet[LONGEST];
  for (int at = 0; at < count; at++) {
    uint16_t number = (uint16_t)(first + at);
    size_t length = bare_packet(packet, 8, number, number * 160u, ssrc);
    bare_send(descriptor, door.port, packet, length);
  }
  station_hear(&door);
}

/** Takes all that has come so far. @return how many datagrams */
static int drain(int descriptor) {
  uint8_t packet[LONGEST];
  int count = 0;
  while (bare_receive(descriptor, packet, sizeof packet, 0) >= 0) count++;
  return count;
}

static void sound_follows_the_peer_to_its_port(void) {
  start(400, NULL);
  struct bare_peer elsewhere;
  bare_open(&elsewhere);
  // RFC 4961: the peer's packets come from another port than it said, as through a NAT.
  send_numbered(elsewhere.rtp, 1, 3, 42);
  (void)drain(peer.rtp);
  (void)drain(elsewhere.rtp);
  sleep_ms(200);
  CHECK(drain(elsewhere.rtp) >= 5);
  CHECK_EQUAL(drain(peer.rtp), 0);
  // Its own address always counts, and takes the stream back.
  send_numbered(peer.rtp, 4, 3, 42);
  (void)drain(elsewhere.rtp);
  sleep_ms(200);
  CHECK(drain(peer.rtp) >= 5);
  CHECK_EQUAL(drain(elsewhere.rtp), 0);
  // While it speaks, nobody else on its host takes it away.
  send_numbered(elsewhere.rtp, 7, 3, 42);
  (void)drain(elsewhere.rtp);
  sleep_ms(200);
  CHECK_EQUAL(drain(elsewhere.rtp), 0);
  CHECK_EQUAL(station_statistics(&door).packets_refused, 3);
  bare_close(&elsewhere);
  stop();
}

static void a_new_source_takes_over(void) {
  start(400, NULL);
  send_numbered(peer.rtp, 100, 10, 1);
  CHECK_EQUAL(station_statistics(&door).packets_received, 10);
  // Two in sequence prove a source (RFC 3550 A.1): the first of the two is spent on it.
  send_numbered(peer.rtp, 60000, 10, 2);
  CHECK_EQUAL(station_statistics(&door).packets_received, 19);
  // A stray packet of a third one changes nothing.
  send_numbered(peer.rtp, 3, 1, 3);
  send_numbered(peer.rtp, 60010, 1, 2);
  send_numbered(peer.rtp, 4, 1, 3);
  send_numbered(peer.rtp, 60011, 1, 2);
  CHECK_EQUAL(station_statistics(&door).packets_received, 21);
  CHECK_EQUAL(station_count(&door, ENGINE_EVENT_STARTED_IN), 1);
  stop();
}

/** A report of `source` that ends with its BYE (RFC 3550 §6.6). */
static void say_bye(uint32_t source) {
  uint8_t report[16] = {0x80, 201, 0, 1, 0, 0, 0, 0, 0x81, 203, 0, 1};
  for (int at = 0; at < 4; at++) report[4 + at] = report[12 + at] = (uint8_t)(source >> (24 - 8 * at));
  bare_send(peer.rtcp, (uint16_t)(door.port + 1), report, sizeof report);
  station_hear(&door);
}

static void after_a_bye_the_first_packet_of_the_next_source_counts(void) {
  start(400, NULL);
  send_numbered(peer.rtp, 100, 10, 1);
  say_bye(1);
  send_numbered(peer.rtp, 60000, 10, 2);
  CHECK_EQUAL(station_statistics(&door).packets_received, 20);
  // Another's BYE, and that of a source that goes on, are none.
  say_bye(1);
  send_numbered(peer.rtp, 7, 1, 3);
  CHECK_EQUAL(station_statistics(&door).packets_received, 20);
  say_bye(2);
  send_numbered(peer.rtp, 60010, 1, 2);
  send_numbered(peer.rtp, 8, 1, 3);
  CHECK_EQUAL(station_statistics(&door).packets_received, 21);
  CHECK_EQUAL(station_count(&door, ENGINE_EVENT_STARTED_IN), 1);
  stop();
}

static void duplicates_are_counted(void) {
  uint8_t packet[LONGEST];
  start(0, NULL);
  for (uint16_t number = 0; number < 10; number++) {
    size_t length = bare_packet(packet, 8, number, number * 160u, 1);
    bare_send(peer.rtp, door.port, packet, length);
    bare_send(peer.rtp, door.port, packet, length);
  }
  station_hear(&door);
  CHECK_EQUAL(station_statistics(&door).packets_duplicate, 10);
  stop();
}

static void packets_wait_as_long_as_is_asked(void) {
  struct engine_stream stream = stream_to(1);
  stream.least_delay_ms = 150;
  stream.most_delay_ms = 300;
  start(0, &stream);
  for (uint16_t first = 0; first < 25; first++) {
    uint8_t packet[LONGEST];
    size_t length = bare_packet(packet, 8, first, first * 160u, 77);
    bare_send(peer.rtp, door.port, packet, length);
    sleep_ms(20);
  }
  CHECK(station_statistics(&door).jitter_buffer_ns >= 140 * NS_PER_MS);
  // Asked for without sense: refused.
  stream.least_delay_ms = 301;
  CHECK_EQUAL(engine_configure_session(door.engine, door.session, &stream), DP_INVALID_ARGUMENT);
  stop();
}

static void comfort_noise_is_taken_calmly(void) {
  uint8_t packet[LONGEST];
  start(0, NULL);
  send_numbered(peer.rtp, 1, 5, 1);
  size_t length = bare_packet(packet, 13, 6, 6 * 160, 1);
  bare_send(peer.rtp, door.port, packet, length - 159);
  station_hear(&door);
  struct stream_statistics figures = station_statistics(&door);
  CHECK_EQUAL(figures.packets_received, 6);
  CHECK_EQUAL(figures.packets_refused, 0);
  stop();
}

/** Lost beginnings, lost ends, repeats: each key press once (RFC 4733 §2.5.2). */
static void digits_survive_a_bad_network(void) {
  char digits[64];
  uint8_t packet[LONGEST];
  uint16_t sequence = 1;
  start(0, NULL);
  for (uint8_t key = 0; key < 10; key++) {
    for (uint16_t part = 1; part <= 8; part++) {
      bool beginning = part <= 2;
      bool end = part > 5;
      // Key 3 loses its beginning, key 4 its ends, key 5 all but one packet.
      bool lost = (key == 3 && beginning) || (key == 4 && end) || (key == 5 && part != 4);
      (void)bare_packet(packet, 101, sequence++, 10000 + key * 2000u, 9);
      uint16_t duration = (uint16_t)((end ? 5 : part) * 160);
      packet[12] = key;
      packet[13] = end ? 0x8a : 0x0a;
      packet[14] = (uint8_t)(duration >> 8);
      packet[15] = (uint8_t)duration;
      if (part == 1) packet[1] |= 0x80;
      if (!lost) bare_send(peer.rtp, door.port, packet, 16);
      if (key == 6 && !lost) bare_send(peer.rtp, door.port, packet, 16);
      sleep_ms(2);
    }
  }
  CHECK(station_wait(&door, ENGINE_EVENT_DIGIT, 10, 2000));
  station_hear(&door);
  station_digits(&door, ENGINE_EVENT_DIGIT, digits, sizeof digits);
  CHECK_TEXT(digits, "0123456789");
  stop();
}

/** Random, truncated and oversized datagrams at both ports: refused and counted; the call goes on. */
static void garbage_is_refused_and_counted(void) {
  static uint8_t garbage[9000];
  uint64_t random = 20260101;
  start(400, NULL);
  send_numbered(peer.rtp, 1, 5, 1);
  struct bare_peer stranger;
  bare_open(&stranger);
  uint64_t sent = 0;
  for (int round = 0; round < 4000; round++) {
    size_t length = 1 + test_random(&random) % (round % 50 == 0 ? sizeof garbage : 200);
    for (size_t at = 0; at < length; at++) garbage[at] = (uint8_t)test_random(&random);
    // Half of them look like RTP or RTCP at first sight.
    if (round % 2 == 0) garbage[0] = (uint8_t)((garbage[0] & 0x3f) | 0x80);
    if (round % 8 == 0 && length > 1) garbage[1] = (uint8_t)(200 + round % 4);
    bool named = round % 3 == 0;
    uint16_t port = (uint16_t)(door.port + (round % 5 == 0 ? 1 : 0));
    bare_send(named ? peer.rtp : stranger.rtp, port, garbage, length);
    sent++;
    if (round % 100 == 99) sleep_ms(5);
  }
  station_hear(&door);
  struct stream_statistics figures = station_statistics(&door);
  printf("  %llu of %llu refused, %llu taken\n", (unsigned long long)figures.packets_refused, (unsigned long long)sent,
         (unsigned long long)(figures.packets_received - 5));
  CHECK(figures.packets_refused > sent * 9 / 10);
  CHECK(figures.packets_refused <= sent);
  // What looks like RTP of an agreed type from the named address cannot be told apart; two in sequence it never is.
  CHECK_EQUAL(figures.packets_received, 5);
  uint64_t before = figures.packets_received;
  send_numbered(peer.rtp, 6, 5, 1);
  CHECK_EQUAL(station_statistics(&door).packets_received, before + 5);
  bare_close(&stranger);
  stop();
}

static void our_own_packets_are_not_heard(void) {
  uint8_t packet[LONGEST];
  start(400, NULL);
  for (int at = 0; at < 10; at++) {
    ssize_t length = bare_receive(peer.rtp, packet, sizeof packet, 1000);
    bare_send(peer.rtp, door.port, packet, (size_t)length);
  }
  station_hear(&door);
  struct stream_statistics figures = station_statistics(&door);
  CHECK_EQUAL(figures.packets_received, 0);
  CHECK_EQUAL(figures.packets_refused, 10);
  stop();
}

/** RFC 3550 §8.2: a peer that happens to have our SSRC is heard, and we say BYE and take another. */
static void a_peer_with_our_source_is_given_way(void) {
  uint8_t packet[LONGEST];
  uint8_t report[LONGEST];
  start(400, NULL);
  CHECK_EQUAL(bare_receive(peer.rtp, packet, sizeof packet, 1000), 172);
  uint32_t source = get_u32(packet + 8);
  uint16_t number = (uint16_t)(get_u16(packet + 2) + 30000);
  uint32_t timestamp = get_u32(packet + 4) + 0x40000000u;
  for (uint16_t at = 0; at < 10; at++) {
    size_t length = bare_packet(packet, 8, (uint16_t)(number + at), timestamp + at * 160u, source);
    bare_send(peer.rtp, door.port, packet, length);
  }
  // At once: a report of the usual kind is due later.
  ssize_t length = bare_receive(peer.rtcp, report, sizeof report, 1000);
  CHECK(length >= 8);
  CHECK_EQUAL(report[length - 7], 203);
  CHECK_EQUAL(get_u32(report + length - 4), source);
  uint32_t other = source;
  for (int at = 0; at < 50 && other == source; at++) {
    CHECK_EQUAL(bare_receive(peer.rtp, packet, sizeof packet, 1000), 172);
    other = get_u32(packet + 8);
  }
  CHECK(other != source);
  CHECK(station_statistics(&door).packets_received >= 9);
  // A peer that follows us has no chance in mind.
  length = (ssize_t)bare_packet(packet, 8, (uint16_t)(number + 500), timestamp, other);
  for (int at = 0; at < 3; at++) bare_send(peer.rtp, door.port, packet, (size_t)length);
  station_hear(&door);
  while (bare_receive(peer.rtp, packet, sizeof packet, 1) > 0) continue;
  CHECK_EQUAL(bare_receive(peer.rtp, packet, sizeof packet, 1000), 172);
  CHECK_EQUAL(get_u32(packet + 8), other);
  stop();
}

int main(void) {
  TEST(packets_form_a_stream);
  TEST(no_packet_is_padded);
  TEST(resuming_keeps_the_time);
  TEST(a_digit_looks_as_it_must);
  TEST(the_end_is_said);
  TEST(reports_say_what_was_lost);
  TEST(round_trip_is_measured);
  TEST(quality_is_told_and_taken);
  TEST(packets_before_the_agreement_are_not_lost);
  TEST(sound_follows_the_peer_to_its_port);
  TEST(a_new_source_takes_over);
  TEST(after_a_bye_the_first_packet_of_the_next_source_counts);
  TEST(duplicates_are_counted);
  TEST(packets_wait_as_long_as_is_asked);
  TEST(comfort_noise_is_taken_calmly);
  TEST(digits_survive_a_bad_network);
  TEST(garbage_is_refused_and_counted);
  TEST(our_own_packets_are_not_heard);
  TEST(a_peer_with_our_source_is_given_way);
  return test_summary("engine-wire");
}
