// The engine with keys by DTLS and addresses by ICE: two engines, strangers, a bare socket that must hear nothing in the
// clear.

#define _GNU_SOURCE

#include "engine-support.h"
#include "stun/stun.h"

#define LONGEST 2048

static struct station left;
static struct station right;
static struct station stranger;
static struct bare_peer peer;

static struct engine_dtls dtls_with(const struct station *other, enum dtls_role role, uint32_t association) {
  struct engine_dtls dtls = {.association = association, .role = role, .peer = {.count = 1}};
  dtls.peer.list[0].hash = DTLS_SHA256;
  engine_fingerprint(other->engine, dtls.peer.list[0].bytes);
  return dtls;
}

/** Nobody's. */
static struct engine_dtls dtls_with_nobody(enum dtls_role role) {
  return (struct engine_dtls){.association = 1, .role = role, .peer = {.count = 1, .list = {{.hash = DTLS_SHA256}}}};
}

static void start_pair(void) {
  station_start(&left, 400);
  station_start(&right, 1000);
  station_open(&left, 0);
  station_open(&right, 0);
}

static void stop_pair(void) {
  station_stop(&left);
  station_stop(&right);
}

/** Left is the client. @param multiplexed RTCP travels with RTP */
static void connect_secured(uint32_t association, bool multiplexed) {
  struct engine_dtls client = dtls_with(&right, DTLS_CLIENT, association);
  struct engine_dtls server = dtls_with(&left, DTLS_SERVER, association);
  struct engine_stream to_right = stream_to(right.port);
  struct engine_stream to_left = stream_to(left.port);
  to_right.dtls = &client;
  to_left.dtls = &server;
  if (multiplexed) {
    to_right.remote_rtcp_port = right.port;
    to_left.remote_rtcp_port = left.port;
  }
  station_configure(&left, &to_right);
  station_configure(&right, &to_left);
}

static void expect_secured(size_t count) {
  CHECK(station_wait(&left, ENGINE_EVENT_SECURED, count, 3000));
  CHECK(station_wait(&right, ENGINE_EVENT_SECURED, count, 3000));
  CHECK_EQUAL(station_count(&left, ENGINE_EVENT_SECURED), count);
}

static void expect_sound(void) {
  CHECK_WITHIN(heard_share(&left.device, 1000, 1), 0.95, 1.01);
  CHECK_WITHIN(heard_share(&right.device, 400, 1), 0.95, 1.01);
}

static void keys_go_on_at_another_address(void) {
  start_pair();
  connect_secured(1, true);
  expect_secured(1);
  sleep_ms(300);
  uint16_t port = 0;
  uint16_t free_port = 0;
  uint32_t other = 0;
  struct stream_statistics nothing;
  CHECK_EQUAL(engine_take_ports(left.engine, left.session, left.session, &port), DP_NOT_FOUND);
  CHECK_EQUAL(engine_take_ports(left.engine, left.session, left.session + 1, &port), DP_NOT_FOUND);
  if (engine_open_session(left.engine, "::1", 0, &other, &free_port) == DP_OK) {
    CHECK_EQUAL(engine_take_ports(left.engine, left.session, other, &port), DP_UNSUPPORTED);
    CHECK_EQUAL(engine_close_session(left.engine, other, &nothing), DP_OK);
  }
  CHECK_EQUAL(engine_open_session(left.engine, "127.0.0.2", 0, &other, &free_port), DP_OK);
  CHECK_EQUAL(engine_take_ports(left.engine, other, left.session, &port), DP_NOT_FOUND);
  CHECK_EQUAL(engine_take_ports(left.engine, left.session, other, &port), DP_OK);
  CHECK_EQUAL(port, free_port);
  CHECK_EQUAL(engine_close_session(left.engine, other, &nothing), DP_OK);
  struct engine_dtls server = dtls_with(&left, DTLS_SERVER, 1);
  struct engine_stream to_left = stream_to(port);
  to_left.remote_address = "127.0.0.2";
  to_left.remote_rtcp_port = port;
  to_left.dtls = &server;
  station_configure(&right, &to_left);
  sleep_ms(1500);
  CHECK_EQUAL(station_count(&left, ENGINE_EVENT_SECURED), 1);
  struct stream_statistics figures = station_close(&left);
  CHECK_EQUAL(figures.protection, STREAM_ENCRYPTED);
  CHECK(figures.packets_received >= 60);
  stop_pair();
  expect_sound();
}

static void sound_flows_by_keys_of_a_handshake(void) {
  start_pair();
  connect_secured(1, true);
  expect_secured(1);
  const struct engine_event *secured = station_first(&left, ENGINE_EVENT_SECURED);
  if (secured) CHECK_EQUAL(secured->value, 256 + SRTP_AEAD_AES_128_GCM);
  station_hear(&left);
  // Some packets may come before the last flight of the handshake that has their keys; none is refused from then on.
  uint64_t refused = station_statistics(&left).packets_refused;
  sleep_ms(1500);
  struct stream_statistics figures = station_close(&left);
  CHECK_EQUAL(figures.protection, STREAM_ENCRYPTED);
  CHECK(figures.packets_received >= 60);
  CHECK_EQUAL(figures.packets_refused, refused);
  CHECK_EQUAL(station_count(&left, ENGINE_EVENT_UNSECURED), 0);
  stop_pair();
  expect_sound();
}

/** RFC 5764 §4.2: RTCP on a port of its own has an association of its own. */
static void rtcp_has_keys_of_its_own(void) {
  start_pair();
  connect_secured(1, false);
  expect_secured(1);
  // The first report of each comes within 3.1 s (RFC 3550 §6.3.1), and what the other says of it with the second at most.
  uint64_t loss = STATISTICS_UNKNOWN;
  for (int waited = 0; waited < 90 && loss == STATISTICS_UNKNOWN; waited++) {
    sleep_ms(100);
    loss = station_statistics(&left).remote_loss_256ths;
  }
  CHECK_EQUAL(loss, 0);
  stop_pair();
  expect_sound();
}

/** Hold and resume in the same association: no second handshake, and the counters go on. */
static void hold_keeps_the_keys(void) {
  start_pair();
  connect_secured(1, true);
  expect_secured(1);
  struct engine_dtls client = dtls_with(&right, DTLS_CLIENT, 1);
  struct engine_stream held = stream_to(right.port);
  held.remote_rtcp_port = right.port;
  held.dtls = &client;
  held.sends = false;
  station_configure(&left, &held);
  sleep_ms(200);
  connect_secured(1, true);
  sleep_ms(1300);
  CHECK_EQUAL(station_count(&left, ENGINE_EVENT_SECURED), 1);
  CHECK_EQUAL(station_count(&right, ENGINE_EVENT_SECURED), 1);
  CHECK_EQUAL(station_statistics(&right).packets_duplicate, 0);
  stop_pair();
  expect_sound();
}

static void another_association_takes_over(void) {
  start_pair();
  connect_secured(1, true);
  expect_secured(1);
  connect_secured(2, true);
  expect_secured(2);
  sleep_ms(1300);
  stop_pair();
  expect_sound();
}

static void a_wrong_fingerprint_is_silence(void) {
  start_pair();
  struct engine_dtls client = dtls_with(&right, DTLS_CLIENT, 1);
  struct engine_dtls server = dtls_with_nobody(DTLS_SERVER);
  struct engine_stream to_right = stream_to(right.port);
  struct engine_stream to_left = stream_to(left.port);
  to_right.remote_rtcp_port = right.port;
  to_left.remote_rtcp_port = left.port;
  to_right.dtls = &client;
  to_left.dtls = &server;
  station_configure(&left, &to_right);
  station_configure(&right, &to_left);
  CHECK(station_wait(&right, ENGINE_EVENT_UNSECURED, 1, 3000));
  CHECK(station_wait(&left, ENGINE_EVENT_UNSECURED, 1, 3000));
  const struct engine_event *refused = station_first(&right, ENGINE_EVENT_UNSECURED);
  const struct engine_event *told = station_first(&left, ENGINE_EVENT_UNSECURED);
  if (refused) CHECK_EQUAL(refused->value, 256 + DTLS_FAILURE_FINGERPRINT);
  if (told) CHECK_EQUAL(told->value, 256 + DTLS_FAILURE_REFUSED);
  sleep_ms(300);
  struct stream_statistics figures = station_close(&right);
  CHECK_EQUAL(figures.protection, STREAM_WITHOUT_KEYS);
  CHECK_EQUAL(figures.packets_sent, 0);
  CHECK_EQUAL(figures.packets_received, 0);
  CHECK_EQUAL(station_statistics(&left).packets_sent, 0);
  stop_pair();
}

/** The first byte tells (RFC 7983 §7): 20 to 63 is DTLS, 0 to 3 STUN. */
static void nothing_is_clear_before_there_are_keys(void) {
  uint8_t packet[LONGEST];
  for (int server = 0; server < 2; server++) {
    station_start(&left, 400);
    station_open(&left, 0);
    bare_open(&peer);
    struct engine_dtls dtls = dtls_with_nobody(server ? DTLS_SERVER : DTLS_CLIENT);
    struct engine_stream stream = stream_to(peer.port);
    stream.dtls = &dtls;
    station_configure(&left, &stream);
    ssize_t length;
    unsigned handshakes = 0;
    unsigned checks = 0;
    for (uint64_t end_ns = monotonic_now_ns() + 700 * NS_PER_MS; monotonic_now_ns() < end_ns;) {
      // The voice of a peer in the clear is not heard either.
      bare_packet(packet, 8, 1, 160, 99);
      bare_send(peer.rtp, left.port, packet, 172);
      length = bare_receive(peer.rtp, packet, sizeof packet, 20);
      if (length <= 0) continue;
      handshakes += packet[0] >= 20 && packet[0] <= 63;
      checks += packet[0] <= 3;
      CHECK(packet[0] <= 63);
    }
    // A client asks at 0 and 0.4 s; a server opens its way once (RFC 5763 §6.7.2).
    CHECK_EQUAL(handshakes, server ? 0 : 2);
    CHECK_EQUAL(checks, server ? 1 : 0);
    CHECK_EQUAL(station_statistics(&left).protection, STREAM_AWAITS_KEYS);
    struct stream_statistics figures = station_close(&left);
    CHECK_EQUAL(figures.packets_sent, 0);
    CHECK_EQUAL(figures.packets_received, 0);
    CHECK(figures.packets_refused >= 20);
    CHECK_EQUAL(station_count(&left, ENGINE_EVENT_STARTED_IN), 0);
    while ((length = bare_receive(peer.rtcp, packet, sizeof packet, 100)) >= 0) CHECK(length == 0 || packet[0] <= 63);
    station_stop(&left);
    bare_close(&peer);
  }
}

static void a_stranger_does_not_stand_in_the_way(void) {
  start_pair();
  station_start(&stranger, 700);
  CHECK_EQUAL(engine_open_session(stranger.engine, "127.0.0.2", 0, &stranger.session, &stranger.port), DP_OK);
  struct engine_dtls server = dtls_with(&left, DTLS_SERVER, 1);
  struct engine_stream to_left = stream_to(left.port);
  to_left.remote_rtcp_port = left.port;
  to_left.dtls = &server;
  station_configure(&right, &to_left);
  struct engine_dtls intrusion = dtls_with(&right, DTLS_CLIENT, 1);
  struct engine_stream to_right = stream_to(right.port);
  to_right.remote_rtcp_port = right.port;
  to_right.dtls = &intrusion;
  station_configure(&stranger, &to_right);
  CHECK(station_wait(&stranger, ENGINE_EVENT_UNSECURED, 1, 3000));
  CHECK_EQUAL(station_count(&right, ENGINE_EVENT_UNSECURED), 0);
  struct engine_dtls client = dtls_with(&right, DTLS_CLIENT, 1);
  to_right.dtls = &client;
  station_configure(&left, &to_right);
  expect_secured(1);
  sleep_ms(1200);
  station_stop(&stranger);
  stop_pair();
  expect_sound();
}

/** A peer behind a NAT comes from elsewhere than it believes to be: media go to where its handshake came from. */
static void media_go_to_where_the_peer_has_proven_to_be(void) {
  start_pair();
  struct engine_dtls server = dtls_with(&left, DTLS_SERVER, 1);
  struct engine_stream to_left = stream_to(left.port);
  to_left.remote_address = "127.0.0.77";
  to_left.remote_rtcp_port = left.port;
  to_left.dtls = &server;
  station_configure(&right, &to_left);
  struct engine_dtls client = dtls_with(&right, DTLS_CLIENT, 1);
  struct engine_stream to_right = stream_to(right.port);
  to_right.remote_rtcp_port = right.port;
  to_right.dtls = &client;
  station_configure(&left, &to_right);
  expect_secured(1);
  sleep_ms(1200);
  stop_pair();
  expect_sound();
}

static void a_session_may_end_at_any_moment(void) {
  for (unsigned delay_ms = 0; delay_ms < 12; delay_ms++) {
    start_pair();
    connect_secured(1, delay_ms % 2 == 0);
    sleep_ms(delay_ms);
    (void)station_close(&right);
    station_open(&right, 0);
    sleep_ms(2);
    (void)station_close(&left);
    stop_pair();
  }
}

static void a_setup_that_makes_no_sense_is_refused(void) {
  static const uint8_t key[SRTP_MAX_MASTER_BYTES];
  start_pair();
  struct engine_dtls dtls = dtls_with(&right, DTLS_CLIENT, 0);
  struct engine_stream stream = stream_to(right.port);
  stream.dtls = &dtls;
  CHECK_EQUAL(engine_configure_session(left.engine, left.session, &stream), DP_INVALID_ARGUMENT);
  dtls.association = 1;
  dtls.peer.count = 0;
  CHECK_EQUAL(engine_configure_session(left.engine, left.session, &stream), DP_INVALID_ARGUMENT);
  dtls.peer.count = 1;
  stream.send_key = key;
  CHECK_EQUAL(engine_configure_session(left.engine, left.session, &stream), DP_INVALID_ARGUMENT);
  stop_pair();
}

// ---- ICE ----

static const struct engine_ice credentials = {.ufrag = "evtj", .password = "VOkJxbRl1RmTxUk/WvJxBt"};

/** A check, its attributes in the order that RFC 5769 §2.1 has them. @return its length */
static size_t write_check(uint8_t bytes[128], const char *password, bool nominates, uint32_t priority) {
  // Made by hand: SOFTWARE is left out, ICE-CONTROLLING and USE-CANDIDATE stand in.
  static const uint8_t head[] = {0x00, 0x01, 0, 0, 0x21, 0x12, 0xa4, 0x42, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9,
                                 0x00, 0x24, 0, 4, 0, 0, 0, 0, 0x80, 0x2a, 0, 8, 1, 2, 3, 4, 5, 6, 7, 8,
                                 0x00, 0x06, 0, 9, 'e', 'v', 't', 'j', ':', 'h', '6', 'v', 'Y', 0, 0, 0};
  size_t length = sizeof head;
  memcpy(bytes, head, sizeof head);
  bytes_store_u32(bytes + 24, priority);
  if (nominates) {
    bytes_store_u32(bytes + length, 0x00250000);
    length += 4;
  }
  struct hmac_sha1 key;
  CHECK_EQUAL(hmac_sha1_init(&key, (const uint8_t *)password, strlen(password)), DP_OK);
  // RFC 8489 §14.5: the length as if the message ended behind the attribute, which it does.
  bytes_store_u16(bytes + 2, (uint16_t)(length - 20 + 24));
  const struct byte_view part = {bytes, length};
  bytes_store_u32(bytes + length, 0x00080014);
  CHECK_EQUAL(hmac_sha1_compute(&key, &part, 1, bytes + length + 4), DP_OK);
  return length + 24;
}

static void send_check(struct bare_peer *from, const char *password, bool nominates, uint32_t priority) {
  uint8_t bytes[128];
  size_t length = write_check(bytes, password, nominates, priority);
  bare_send(from->rtp, left.port, bytes, length);
}

/** Waits for an answer among whatever else comes. @return whether one came that is authentic and says our port */
static bool is_answered(struct bare_peer *from) {
  uint8_t bytes[LONGEST];
  struct hmac_sha1 key;
  CHECK_EQUAL(hmac_sha1_init(&key, (const uint8_t *)credentials.password, strlen(credentials.password)), DP_OK);
  for (int at = 0; at < 20; at++) {
    ssize_t length = bare_receive(from->rtp, bytes, sizeof bytes, 200);
    if (length < 0) return false;
    struct stun_message message;
    if (length == 0 || bytes[0] > 3 || stun_parse(bytes, (size_t)length, &message) != DP_OK) continue;
    return message.class == STUN_SUCCESS && stun_is_authentic(bytes, &message, &key) && message.has_fingerprint &&
           message.mapped.port == from->port;
  }
  return false;
}

/** Plain RTP to where ICE says, and no longer to where the description says. */
static void media_follow_the_nominated_pair(void) {
  struct bare_peer other;
  uint8_t packet[LONGEST];
  station_start(&left, 400);
  station_open(&left, 0);
  bare_open(&peer);
  bare_open(&other);
  struct engine_stream stream = stream_to(peer.port);
  stream.ice = &credentials;
  station_configure(&left, &stream);
  // Another's password, nobody's name: silence, and nothing moves.
  send_check(&other, "VOkJxbRl1RmTxUk/WvJxBu", true, 100);
  CHECK(!is_answered(&other));
  CHECK_EQUAL(bare_receive(peer.rtp, packet, sizeof packet, 500), 172);
  // A check alone is answered; media stay.
  send_check(&other, credentials.password, false, 100);
  CHECK(is_answered(&other));
  CHECK(bare_receive(other.rtp, packet, sizeof packet, 100) < 0);
  send_check(&other, credentials.password, true, 100);
  CHECK(is_answered(&other));
  CHECK_EQUAL(bare_receive(other.rtp, packet, sizeof packet, 500), 172);
  sleep_ms(50);
  while (bare_receive(peer.rtp, packet, sizeof packet, 0) >= 0) continue;
  CHECK(bare_receive(peer.rtp, packet, sizeof packet, 200) < 0);
  // A pair of less priority changes nothing; nor does RTP from elsewhere.
  send_check(&peer, credentials.password, true, 99);
  CHECK(is_answered(&peer));
  CHECK(bare_receive(peer.rtp, packet, sizeof packet, 200) < 0);
  // Sound is believed from the nominated address.
  for (uint16_t number = 1; number < 3; number++) {
    bare_packet(packet, 8, number, number * 160u, 99);
    bare_send(other.rtp, left.port, packet, 172);
  }
  CHECK(station_wait(&left, ENGINE_EVENT_STARTED_IN, 1, 1000));
  station_stop(&left);
  bare_close(&peer);
  bare_close(&other);
}

/** RFC 5763 §6.7.1: checks come before the handshake. */
static void a_handshake_waits_for_the_nomination(void) {
  uint8_t packet[LONGEST];
  station_start(&left, 400);
  station_open(&left, 0);
  bare_open(&peer);
  struct engine_dtls dtls = dtls_with_nobody(DTLS_CLIENT);
  struct engine_stream stream = stream_to((uint16_t)(peer.port + 1));
  stream.remote_rtcp_port = stream.remote_port;
  stream.dtls = &dtls;
  stream.ice = &credentials;
  station_configure(&left, &stream);
  ssize_t length;
  while ((length = bare_receive(peer.rtcp, packet, sizeof packet, 300)) >= 0) CHECK_EQUAL(length, 0);
  send_check(&peer, credentials.password, true, 100);
  bool hello = false;
  bool answered = false;
  for (int at = 0; at < 4 && (length = bare_receive(peer.rtp, packet, sizeof packet, 300)) > 0; at++) {
    hello = hello || packet[0] == 22;
    answered = answered || packet[0] == 1;
  }
  CHECK(hello);
  CHECK(answered);
  station_stop(&left);
  bare_close(&peer);
}

/** A restart (RFC 8445 §9) makes the old credentials void. */
static void other_credentials_are_a_restart(void) {
  static const struct engine_ice others = {.ufrag = "evtj", .password = "another-password-of-22"};
  station_start(&left, 400);
  station_open(&left, 0);
  bare_open(&peer);
  struct engine_stream stream = stream_to(peer.port);
  stream.ice = &credentials;
  station_configure(&left, &stream);
  send_check(&peer, credentials.password, true, 100);
  CHECK(is_answered(&peer));
  stream.ice = &others;
  station_configure(&left, &stream);
  sleep_ms(50);
  send_check(&peer, credentials.password, true, 100);
  CHECK(!is_answered(&peer));
  station_stop(&left);
  bare_close(&peer);
}

int main(void) {
  TEST(sound_flows_by_keys_of_a_handshake);
  TEST(keys_go_on_at_another_address);
  TEST(rtcp_has_keys_of_its_own);
  TEST(hold_keeps_the_keys);
  TEST(another_association_takes_over);
  TEST(a_wrong_fingerprint_is_silence);
  TEST(nothing_is_clear_before_there_are_keys);
  TEST(a_stranger_does_not_stand_in_the_way);
  TEST(media_go_to_where_the_peer_has_proven_to_be);
  TEST(a_session_may_end_at_any_moment);
  TEST(a_setup_that_makes_no_sense_is_refused);
  TEST(media_follow_the_nominated_pair);
  TEST(a_handshake_waits_for_the_nomination);
  TEST(other_credentials_are_a_restart);
  return test_summary("engine-secure");
}
