// The engine whole, over loopback sockets: two engines talk, digits, keys, tones, hold, figures, resources.

#define _GNU_SOURCE

#include <dirent.h>

#include "engine-support.h"

static struct station left;
static struct station right;

static void start_pair(double left_hz, double right_hz) {
  station_start(&left, left_hz);
  station_start(&right, right_hz);
  station_open(&left, 0);
  station_open(&right, 0);
}

static void stop_pair(void) {
  station_stop(&left);
  station_stop(&right);
}

static void sound_flows_both_ways(void) {
  start_pair(400, 1000);
  connect_stations(&left, &right);
  // Before any event is taken: the courier does not wake for a ring that is empty again.
  CHECK(station_is_woken(&left, 2000));
  CHECK(station_wait(&left, ENGINE_EVENT_STARTED_IN, 1, 2000));
  CHECK(station_wait(&right, ENGINE_EVENT_STARTED_IN, 1, 2000));
  sleep_ms(1500);
  CHECK_EQUAL(station_count(&left, ENGINE_EVENT_STARTED_OUT), 1);
  CHECK_EQUAL(station_count(&left, ENGINE_EVENT_STARTED_IN), 1);
  struct stream_statistics sent = station_close(&left);
  struct stream_statistics received = station_close(&right);
  stop_pair();
  CHECK_WITHIN(heard_share(&left.device, 1000, 1), 0.95, 1.01);
  CHECK_WITHIN(heard_share(&right.device, 400, 1), 0.95, 1.01);
  // A tone of amplitude 8000 has 5657 RMS; G.711 keeps it within a few percent.
  CHECK_WITHIN(heard_level(&left.device, 1), 5300, 6000);
  CHECK(sent.packets_sent >= 70);
  CHECK(received.packets_received >= 70);
  CHECK(received.packets_received <= sent.packets_sent);
  CHECK_EQUAL(received.packets_lost, 0);
  CHECK_EQUAL(received.packets_refused, 0);
  CHECK(sent.first_sent_ns <= received.first_received_ns);
}

static void both_laws_are_understood(void) {
  start_pair(400, 1000);
  struct engine_stream to_right = stream_to(right.port);
  struct engine_stream to_left = stream_to(left.port);
  to_right.codec = to_left.codec = 0;
  to_right.payload_type = to_left.payload_type = 0;
  station_configure(&left, &to_right);
  station_configure(&right, &to_left);
  sleep_ms(1500);
  stop_pair();
  CHECK_WITHIN(heard_share(&left.device, 1000, 1), 0.95, 1.01);
  CHECK_WITHIN(heard_share(&right.device, 400, 1), 0.95, 1.01);
}

static void a_peer_may_change_between_the_static_types(void) {
  start_pair(400, 0);
  struct engine_stream to_right = stream_to(right.port);
  struct engine_stream to_left = stream_to(left.port);
  to_right.codec = 0;
  to_right.payload_type = 0;
  station_configure(&left, &to_right); // sends PCMU
  station_configure(&right, &to_left); // agreed PCMA
  sleep_ms(1500);
  stop_pair();
  CHECK_WITHIN(heard_share(&right.device, 400, 1), 0.95, 1.01);
}

// ---- keys ----

// As long as the longest suite wants them.
static const uint8_t left_key[] = "left-key-0123456left-salt-0123left-more-012345";
static const uint8_t right_key[] = "right-key-012345right-salt-012right-more-01234";

static void connect_secured(const uint8_t *left_expects) {
  struct engine_stream to_right = stream_to(right.port);
  struct engine_stream to_left = stream_to(left.port);
  to_right.send_key = left_key;
  to_right.receive_key = left_expects;
  to_left.send_key = right_key;
  to_left.receive_key = left_key;
  station_configure(&left, &to_right);
  station_configure(&right, &to_left);
}

static void sound_flows_encrypted(void) {
  start_pair(400, 1000);
  connect_secured(right_key);
  sleep_ms(700);
  // A re-INVITE that repeats the keys: counters and windows go on.
  connect_secured(right_key);
  sleep_ms(800);
  struct stream_statistics figures = station_close(&left);
  stop_pair();
  CHECK_WITHIN(heard_share(&left.device, 1000, 1), 0.95, 1.01);
  CHECK_WITHIN(heard_share(&right.device, 400, 1), 0.95, 1.01);
  CHECK_EQUAL(figures.packets_refused, 0);
  CHECK_EQUAL(figures.packets_duplicate, 0);
}

static void a_wrong_key_is_silence(void) {
  start_pair(400, 1000);
  connect_secured(left_key);
  sleep_ms(600);
  struct stream_statistics figures = station_close(&left);
  CHECK_EQUAL(station_count(&left, ENGINE_EVENT_STARTED_IN), 0);
  stop_pair();
  CHECK(figures.packets_refused >= 20);
  CHECK_EQUAL(figures.packets_received, 0);
  CHECK_EQUAL(heard_level(&left.device, 0.5), 0);
}

static void a_new_key_takes_over(void) {
  start_pair(400, 1000);
  connect_secured(right_key);
  sleep_ms(300);
  struct engine_stream to_right = stream_to(right.port);
  struct engine_stream to_left = stream_to(left.port);
  to_right.send_key = right_key;
  to_right.receive_key = left_key;
  to_left.send_key = left_key;
  to_left.receive_key = right_key;
  station_configure(&left, &to_right);
  station_configure(&right, &to_left);
  sleep_ms(1500);
  stop_pair();
  CHECK_WITHIN(heard_share(&left.device, 1000, 1), 0.95, 1.01);
  CHECK_WITHIN(heard_share(&right.device, 400, 1), 0.95, 1.01);
}

/** Another suite in a re-INVITE, and the first one again: its counters go on, or the peer would see replays. */
static void suites_change_and_come_back(void) {
  static const enum srtp_suite order[] = {SRTP_AES_256_CM_HMAC_SHA1_32, SRTP_AEAD_AES_128_GCM,
                                          SRTP_AES_CM_128_HMAC_SHA1_32, SRTP_AEAD_AES_256_GCM, SRTP_AEAD_AES_128_GCM};
  start_pair(400, 1000);
  struct engine_stream to_right = stream_to(right.port);
  struct engine_stream to_left = stream_to(left.port);
  to_right.send_key = to_left.receive_key = left_key;
  to_right.receive_key = to_left.send_key = right_key;
  struct stream_statistics figures;
  for (size_t at = 0; at < sizeof order / sizeof order[0]; at++) {
    to_right.send_suite = to_right.receive_suite = to_left.send_suite = to_left.receive_suite = order[at];
    // Both at once as near as can be: what is under way meanwhile is refused.
    station_configure(&left, &to_right);
    station_configure(&right, &to_left);
    station_hear(&left);
    CHECK_EQUAL(engine_read_statistics(left.engine, left.session, &figures), DP_OK);
    uint64_t before = figures.packets_received;
    uint64_t refused = figures.packets_refused;
    sleep_ms(300);
    CHECK_EQUAL(engine_read_statistics(left.engine, left.session, &figures), DP_OK);
    CHECK(figures.packets_received >= before + 12);
    CHECK_EQUAL(figures.packets_refused, refused);
    CHECK_EQUAL(figures.packets_duplicate, 0);
  }
  stop_pair();
}

static void an_unknown_suite_is_refused(void) {
  start_pair(400, 1000);
  struct engine_stream to_right = stream_to(right.port);
  to_right.send_key = left_key;
  to_right.send_suite = (enum srtp_suite)SRTP_SUITES;
  CHECK_EQUAL(engine_configure_session(left.engine, left.session, &to_right), DP_INVALID_ARGUMENT);
  stop_pair();
}

// ---- digits ----

static void each_digit_arrives_once(void) {
  char digits[64];
  start_pair(400, 1000);
  connect_stations(&left, &right);
  CHECK_EQUAL(engine_send_digits(left.engine, left.session, "1122#*A0", 60), DP_OK);
  CHECK(station_wait(&left, ENGINE_EVENT_DIGIT_SENT, 8, 5000));
  CHECK(station_wait(&right, ENGINE_EVENT_DIGIT, 8, 1000));
  sleep_ms(400);
  station_digits(&right, ENGINE_EVENT_DIGIT, digits, sizeof digits);
  CHECK_TEXT(digits, "1122#*A0");
  station_digits(&left, ENGINE_EVENT_DIGIT_SENT, digits, sizeof digits);
  CHECK_TEXT(digits, "1122#*A0");
  sleep_ms(900);
  stop_pair();
  // Sound goes on afterwards.
  CHECK_WITHIN(heard_share(&right.device, 400, 0.8), 0.95, 1.01);
}

static void digits_need_a_peer_that_takes_them(void) {
  start_pair(400, 1000);
  struct engine_stream to_right = stream_to(right.port);
  to_right.event_payload_type = -1;
  station_configure(&left, &to_right);
  CHECK_EQUAL(engine_send_digits(left.engine, left.session, "1", 60), DP_OK);
  sleep_ms(400);
  CHECK_EQUAL(station_count(&left, ENGINE_EVENT_DIGIT_SENT), 0);
  CHECK_EQUAL(engine_send_digits(left.engine, left.session, "1x", 60), DP_INVALID_ARGUMENT);
  CHECK_EQUAL(engine_send_digits(left.engine, left.session, "1", 10), DP_INVALID_ARGUMENT);
  CHECK_EQUAL(engine_send_digits(left.engine, left.session, "123456789012345678901234567890123", 60), DP_FULL);
  stop_pair();
}

/** Each side names its own number for what it receives (RFC 3264 §5.1). */
static void digits_may_have_another_number_each_way(void) {
  char digits[64];
  start_pair(400, 1000);
  struct engine_stream to_right = stream_to(right.port);
  struct engine_stream to_left = stream_to(left.port);
  to_right.event_payload_type = to_left.received_event_payload_type = 96;
  station_configure(&left, &to_right);
  station_configure(&right, &to_left);
  CHECK_EQUAL(engine_send_digits(left.engine, left.session, "12", 60), DP_OK);
  CHECK_EQUAL(engine_send_digits(right.engine, right.session, "34", 60), DP_OK);
  CHECK(station_wait(&right, ENGINE_EVENT_DIGIT, 2, 1000));
  CHECK(station_wait(&left, ENGINE_EVENT_DIGIT, 2, 1000));
  station_digits(&right, ENGINE_EVENT_DIGIT, digits, sizeof digits);
  CHECK_TEXT(digits, "12");
  station_digits(&left, ENGINE_EVENT_DIGIT, digits, sizeof digits);
  CHECK_TEXT(digits, "34");
  stop_pair();
}

static void digits_that_do_not_fit_are_refused_whole(void) {
  char digits[64];
  start_pair(400, 1000);
  connect_stations(&left, &right);
  CHECK_EQUAL(engine_send_digits(left.engine, left.session, "12345678901234567890123456789012", 4000), DP_OK);
  CHECK_EQUAL(engine_send_digits(left.engine, left.session, "5", 40), DP_FULL);
  // A peer that takes no digits any more makes room: what waited is dropped.
  struct engine_stream to_right = stream_to(right.port);
  to_right.event_payload_type = -1;
  station_configure(&left, &to_right);
  connect_stations(&left, &right);
  station_hear(&right);
  size_t begun = station_count(&right, ENGINE_EVENT_DIGIT);
  CHECK_EQUAL(engine_send_digits(left.engine, left.session, "678", 40), DP_OK);
  CHECK(station_wait(&right, ENGINE_EVENT_DIGIT, begun + 3, 3000));
  station_digits(&right, ENGINE_EVENT_DIGIT, digits, sizeof digits);
  CHECK_TEXT(digits + begun, "678");
  CHECK_EQUAL(engine_send_digits(left.engine, left.session, "12345678901234567890123456789", 40), DP_OK);
  stop_pair();
}

static void digits_go_on_when_the_packet_time_changes(void) {
  char digits[64];
  start_pair(400, 1000);
  connect_stations(&left, &right);
  CHECK_EQUAL(engine_send_digits(left.engine, left.session, "42#", 200), DP_OK);
  CHECK(station_wait(&right, ENGINE_EVENT_DIGIT, 1, 3000));
  struct engine_stream to_right = stream_to(right.port);
  to_right.packet_time_ms = 60;
  station_configure(&left, &to_right);
  CHECK(station_wait(&right, ENGINE_EVENT_DIGIT, 2, 3000));
  to_right.packet_time_ms = 10;
  station_configure(&left, &to_right);
  CHECK(station_wait(&left, ENGINE_EVENT_DIGIT_SENT, 3, 3000));
  CHECK(station_wait(&right, ENGINE_EVENT_DIGIT, 3, 3000));
  station_digits(&right, ENGINE_EVENT_DIGIT, digits, sizeof digits);
  CHECK_TEXT(digits, "42#");
  stop_pair();
}

// ---- hold, silence, tones, device ----

static void hold_stops_sound_and_says_so(void) {
  station_start(&left, 400);
  station_start(&right, 1000);
  station_open(&left, 600);
  station_open(&right, 600);
  connect_stations(&left, &right);
  CHECK(station_wait(&right, ENGINE_EVENT_STARTED_IN, 1, 2000));
  struct engine_stream held = stream_to(right.port);
  held.sends = false;
  held.receives = false;
  station_configure(&left, &held);
  CHECK(station_wait(&right, ENGINE_EVENT_SILENT, 1, 2000));
  // What the held side does not want to hear is no silence to it.
  sleep_ms(800);
  CHECK_EQUAL(station_count(&left, ENGINE_EVENT_SILENT), 0);
  uint64_t sent_before = station_statistics(&left).packets_sent;
  sleep_ms(200);
  CHECK_EQUAL(station_statistics(&left).packets_sent, sent_before);
  struct engine_stream resumed = stream_to(right.port);
  station_configure(&left, &resumed);
  CHECK(station_wait(&right, ENGINE_EVENT_BACK, 1, 2000));
  sleep_ms(1300);
  stop_pair();
  CHECK_EQUAL(right.event_count > 0 ? station_first(&right, ENGINE_EVENT_STARTED_IN) != NULL : 0, 1);
  CHECK_WITHIN(heard_share(&right.device, 400, 0.8), 0.95, 1.01);
}

static void tones_play_while_nobody_talks(void) {
  station_start(&left, 0);
  CHECK_EQUAL(engine_play(left.engine, ENGINE_TONE_RINGBACK), DP_OK);
  sleep_ms(1000);
  CHECK_EQUAL(engine_play(left.engine, (enum engine_tone)9), DP_INVALID_ARGUMENT);
  station_stop(&left);
  // ETSI TR 101 041-2: 425 Hz, one second on.
  CHECK_WITHIN(heard_share(&left.device, 425, 0.6), 0.9, 1.01);

  start_pair(0, 1000);
  connect_stations(&left, &right);
  CHECK_EQUAL(engine_play(left.engine, ENGINE_TONE_BUSY), DP_OK);
  sleep_ms(1500);
  stop_pair();
  CHECK_WITHIN(heard_share(&left.device, 1000, 1), 0.95, 1.01);
  CHECK_WITHIN(heard_share(&left.device, 425, 1), 0, 0.01);
}

static void loudness_can_be_set(void) {
  start_pair(0, 1000);
  connect_stations(&left, &right);
  CHECK_EQUAL(engine_set_gain(left.engine, 0, 100), DP_OK);
  CHECK_EQUAL(engine_set_gain(left.engine, 101, 100), DP_INVALID_ARGUMENT);
  sleep_ms(800);
  stop_pair();
  CHECK_EQUAL(heard_level(&left.device, 0.4), 0);
}

static void a_device_that_fails_is_reported_once(void) {
  struct engine_state state;
  station_start(&left, 0);
  atomic_store(&left.device.fault, AUDIO_FAULT_LOST);
  CHECK(station_wait(&left, ENGINE_EVENT_DEVICE, 1, 2000));
  sleep_ms(100);
  CHECK_EQUAL(station_count(&left, ENGINE_EVENT_DEVICE), 1);
  CHECK_EQUAL(station_first(&left, ENGINE_EVENT_DEVICE)->session, AUDIO_FAULT_LOST);
  engine_read_state(left.engine, &state);
  CHECK_EQUAL(state.fault, AUDIO_FAULT_LOST);
  atomic_store(&left.device.fault, AUDIO_FAULT_NONE);
  CHECK(station_wait(&left, ENGINE_EVENT_DEVICE, 2, 2000));
  engine_read_state(left.engine, &state);
  CHECK_EQUAL(state.fault, AUDIO_FAULT_NONE);
  station_stop(&left);
}

static void events_that_nobody_takes_are_counted(void) {
  struct engine_state state;
  station_start(&left, 0);
  for (int at = 0; at < 300; at++) {
    unsigned before = atomic_load(&left.device.exchanges);
    atomic_store(&left.device.fault, at % 2 == 0 ? AUDIO_FAULT_LOST : AUDIO_FAULT_NONE);
    while (atomic_load(&left.device.exchanges) == before) sleep_ms(1);
  }
  station_turn(&left, 2); // the last one is told of
  engine_read_state(left.engine, &state);
  CHECK(state.events_dropped > 0);
  CHECK(state.turns >= 300);
  CHECK_EQUAL(station_count(&left, ENGINE_EVENT_DEVICE), 256);
  station_stop(&left);
}

// ---- resources ----

static size_t open_descriptors(void) {
  size_t count = 0;
  DIR *folder = opendir("/proc/self/fd");
  while (readdir(folder)) count++;
  closedir(folder);
  return count;
}

static void sessions_come_and_go_without_a_trace(void) {
  station_start(&left, 0);
  size_t before = open_descriptors();
  for (int round = 0; round < 200; round++) {
    station_open(&left, 0);
    struct engine_stream nowhere = stream_to(9);
    nowhere.send_key = left_key;
    nowhere.receive_key = right_key;
    station_configure(&left, &nowhere);
    (void)station_close(&left);
  }
  CHECK_EQUAL(open_descriptors(), before);
  struct stream_statistics figures;
  CHECK_EQUAL(engine_close_session(left.engine, left.session, &figures), DP_NOT_FOUND);
  CHECK_EQUAL(engine_read_statistics(left.engine, left.session, &figures), DP_NOT_FOUND);
  CHECK_EQUAL(engine_send_digits(left.engine, left.session, "1", 100), DP_NOT_FOUND);
  station_stop(&left);
  size_t without = open_descriptors();
  station_start(&left, 0);
  station_open(&left, 0);
  station_stop(&left);
  CHECK_EQUAL(open_descriptors(), without);
}

static void ports_and_sessions_run_out(void) {
  uint32_t session;
  uint16_t port;
  uint16_t first = ports_of_our_own();
  // Even ports with a next one: the third, the fifth, the seventh.
  station_start_range(&left, 0, (uint16_t)(first + 1), (uint16_t)(first + 7));
  uint16_t seen[3];
  for (int at = 0; at < 3; at++) {
    CHECK_EQUAL(engine_open_session(left.engine, "127.0.0.1", 0, &session, &seen[at]), DP_OK);
    CHECK_EQUAL(seen[at] % 2, 0);
    CHECK_WITHIN(seen[at], first + 2, first + 6);
  }
  CHECK(seen[0] != seen[1] && seen[1] != seen[2] && seen[0] != seen[2]);
  CHECK_EQUAL(engine_open_session(left.engine, "127.0.0.1", 0, &session, &port), DP_NO_PORT);
  struct stream_statistics figures;
  CHECK_EQUAL(engine_close_session(left.engine, session, &figures), DP_OK);
  CHECK_EQUAL(engine_open_session(left.engine, "127.0.0.1", 0, &session, &port), DP_OK);
  CHECK_EQUAL(port, seen[2]);
  CHECK_EQUAL(engine_open_session(left.engine, "door.example", 0, &session, &port), DP_MALFORMED);
  CHECK_EQUAL(engine_open_session(left.engine, "192.0.2.1", 0, &session, &port), DP_NOT_FOUND);
  station_stop(&left);

  station_start(&left, 0);
  for (int at = 0; at < ENGINE_SESSIONS; at++) {
    CHECK_EQUAL(engine_open_session(left.engine, "127.0.0.1", 0, &session, &port), DP_OK);
  }
  CHECK_EQUAL(engine_open_session(left.engine, "127.0.0.1", 0, &session, &port), DP_TOO_MANY_SESSIONS);
  station_stop(&left);
}

/** As many as were asked for, no matter whether that is a power of two; each talks to the next one and is heard. */
static void as_many_sessions_as_were_asked_for(void) {
  enum { SESSIONS = 30 };
  uint32_t sessions[SESSIONS];
  uint16_t ports[SESSIONS], port;
  uint32_t session;
  struct stream_statistics figures;
  humming_init(&left.device, 400);
  struct engine_options options = {.device = {.operations = &humming_operations, .device = &left.device},
                                   .first_port = FIRST_PORT,
                                   .last_port = LAST_PORT,
                                   .sessions = ENGINE_MAX_SESSIONS + 1,
                                   .wake = station_wake,
                                   .wake_context = &left};
  CHECK_EQUAL(engine_create(&options, &left.engine), DP_INVALID_ARGUMENT);
  options.sessions = SESSIONS;
  CHECK_EQUAL(engine_create(&options, &left.engine), DP_OK);
  for (int at = 0; at < SESSIONS; at++) {
    CHECK_EQUAL(engine_open_session(left.engine, "127.0.0.1", 0, &sessions[at], &ports[at]), DP_OK);
  }
  CHECK_EQUAL(engine_open_session(left.engine, "127.0.0.1", 0, &session, &port), DP_TOO_MANY_SESSIONS);
  for (int at = 0; at < SESSIONS; at++) {
    struct engine_stream stream = stream_to(ports[at ^ 1]);
    CHECK_EQUAL(engine_configure_session(left.engine, sessions[at], &stream), DP_OK);
  }
  sleep_ms(500);
  for (int at = 0; at < SESSIONS; at++) {
    CHECK_EQUAL(engine_close_session(left.engine, sessions[at], &figures), DP_OK);
    CHECK(figures.packets_sent >= 15);
    CHECK(figures.packets_received >= 10);
  }
  // A slot that is used again has another number.
  CHECK_EQUAL(engine_open_session(left.engine, "127.0.0.1", 0, &session, &port), DP_OK);
  for (int at = 0; at < SESSIONS; at++) CHECK(sessions[at] != session);
  station_stop(&left);
}

static void ports_are_used_again_as_late_as_possible(void) {
  uint16_t first = ports_of_our_own();
  station_start_range(&left, 0, first, (uint16_t)(first + 7));
  uint16_t seen[5];
  for (int at = 0; at < 5; at++) {
    station_open(&left, 0);
    seen[at] = left.port;
    (void)station_close(&left);
  }
  for (int at = 0; at < 4; at++) {
    for (int other = 0; other < at; other++) CHECK(seen[at] != seen[other]);
  }
  CHECK_EQUAL(seen[4], seen[0]);
  station_stop(&left);
}

static void parameters_are_checked(void) {
  station_start(&left, 0);
  station_open(&left, 0);
  struct engine_stream stream = stream_to(9);
  stream.packet_time_ms = 25;
  CHECK_EQUAL(engine_configure_session(left.engine, left.session, &stream), DP_INVALID_ARGUMENT);
  stream = stream_to(9);
  stream.codec = 3;
  CHECK_EQUAL(engine_configure_session(left.engine, left.session, &stream), DP_INVALID_ARGUMENT);
  stream = stream_to(9);
  stream.payload_type = 128;
  CHECK_EQUAL(engine_configure_session(left.engine, left.session, &stream), DP_INVALID_ARGUMENT);
  stream = stream_to(9);
  stream.event_payload_type = 8;
  CHECK_EQUAL(engine_configure_session(left.engine, left.session, &stream), DP_INVALID_ARGUMENT);
  stream = stream_to(0);
  CHECK_EQUAL(engine_configure_session(left.engine, left.session, &stream), DP_INVALID_ARGUMENT);
  stream = stream_to(9);
  stream.remote_address = "::1";
  CHECK_EQUAL(engine_configure_session(left.engine, left.session, &stream), DP_UNSUPPORTED);
  stream.remote_address = "pbx.example.com";
  CHECK_EQUAL(engine_configure_session(left.engine, left.session, &stream), DP_MALFORMED);
  CHECK_EQUAL(engine_configure_session(left.engine, left.session + ENGINE_SESSIONS, &stream), DP_NOT_FOUND);
  station_stop(&left);
}

static void several_sessions_are_heard_together(void) {
  static struct station third;
  start_pair(0, 1000);
  station_start(&third, 600);
  station_open(&third, 0);
  connect_stations(&left, &right);
  uint32_t second;
  uint16_t second_port;
  CHECK_EQUAL(engine_open_session(left.engine, "127.0.0.1", 0, &second, &second_port), DP_OK);
  struct engine_stream to_third = stream_to(third.port);
  struct engine_stream to_second = stream_to(second_port);
  CHECK_EQUAL(engine_configure_session(left.engine, second, &to_third), DP_OK);
  station_configure(&third, &to_second);
  sleep_ms(1500);
  stop_pair();
  station_stop(&third);
  // Half each; on a busy machine one of them may have been late for a moment.
  double share = heard_share(&left.device, 1000, 1);
  CHECK_WITHIN(share, 0.25, 0.75);
  CHECK_WITHIN(share + heard_share(&left.device, 600, 1), 0.95, 1.01);
}

int main(void) {
  TEST(sound_flows_both_ways);
  TEST(both_laws_are_understood);
  TEST(a_peer_may_change_between_the_static_types);
  TEST(sound_flows_encrypted);
  TEST(a_wrong_key_is_silence);
  TEST(a_new_key_takes_over);
  TEST(suites_change_and_come_back);
  TEST(an_unknown_suite_is_refused);
  TEST(each_digit_arrives_once);
  TEST(digits_need_a_peer_that_takes_them);
  TEST(digits_may_have_another_number_each_way);
  TEST(digits_that_do_not_fit_are_refused_whole);
  TEST(digits_go_on_when_the_packet_time_changes);
  TEST(hold_stops_sound_and_says_so);
  TEST(tones_play_while_nobody_talks);
  TEST(loudness_can_be_set);
  TEST(a_device_that_fails_is_reported_once);
  TEST(events_that_nobody_takes_are_counted);
  TEST(sessions_come_and_go_without_a_trace);
  TEST(ports_and_sessions_run_out);
  TEST(ports_are_used_again_as_late_as_possible);
  TEST(parameters_are_checked);
  TEST(as_many_sessions_as_were_asked_for);
  TEST(several_sessions_are_heard_together);
  return test_summary("engine");
}
