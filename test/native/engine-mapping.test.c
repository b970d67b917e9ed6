// Where a NAT shows a session: the engine against STUN servers that are bare sockets, honest and otherwise. The messages
// are written out by hand (RFC 8489 §5, §14.1, §14.2).

#define _GNU_SOURCE

#include "engine-support.h"

#include "engine/mapping.h"

#define LONGEST 1500

/** 203.0.113.7 port 40000. */
static const uint8_t mapped_v4[] = {0, 1, 0x9c, 0x40, 203, 0, 113, 7};
static const uint8_t magic[] = {0x21, 0x12, 0xa4, 0x42};

static struct station door;
static struct bare_peer server;

static void start(void) {
  station_start(&door, 0);
  station_open(&door, 0);
  bare_open(&server);
}

static void stop(void) {
  bare_close(&server);
  station_stop(&door);
}

static struct engine_stun_server at_port(uint16_t port) {
  return (struct engine_stun_server){.address = "127.0.0.1", .port = port};
}

/** Asks, and has the server hear it. @return the request's number */
static size_t ask(enum component component, uint8_t heard[28]) {
  size_t request = 99;
  struct engine_stun_server place = at_port(server.port);
  CHECK_EQUAL(engine_ask_mapping(door.engine, door.session, component, &place, &request), DP_OK);
  CHECK_EQUAL(bare_receive(server.rtp, heard, 28, 1000), 28);
  return request;
}

/** A message with one attribute that answers `asked`. @return its length */
static size_t write_answer(const uint8_t asked[28], uint16_t type, uint16_t attribute, const uint8_t *value,
                           uint16_t length, uint8_t *bytes) {
  const uint8_t header[] = {(uint8_t)(type >> 8), (uint8_t)type, 0, (uint8_t)(length + 4)};
  const uint8_t head[] = {(uint8_t)(attribute >> 8), (uint8_t)attribute, 0, (uint8_t)length};
  memcpy(bytes, header, 4);
  memcpy(bytes + 4, asked + 4, 16);
  memcpy(bytes + 20, head, 4);
  memcpy(bytes + 24, value, length);
  return 24u + length;
}

static void mask(uint8_t value[8]) {
  value[2] ^= magic[0];
  value[3] ^= magic[1];
  for (int at = 0; at < 4; at++) value[4 + at] ^= magic[at];
}

static void send_answer(int descriptor, const uint8_t asked[28], uint16_t type, uint16_t attribute,
                        const uint8_t *value, uint16_t length) {
  uint8_t bytes[LONGEST];
  size_t written = write_answer(asked, type, attribute, value, length, bytes);
  bare_send(descriptor, door.port, bytes, written);
}

static dp_error take(struct engine_mapping *mapping) {
  return engine_take_mapping(door.engine, door.session, mapping);
}

static void the_server_says_where_it_sees_us(void) {
  start();
  uint8_t asked[28];
  struct engine_mapping mapping;
  CHECK_EQUAL(take(&mapping), DP_EMPTY);
  size_t request = ask(COMPONENT_RTP, asked);
  CHECK_EQUAL(get_u16(asked), 0x0001); // a Binding request, with FINGERPRINT alone
  CHECK_EQUAL(get_u16(asked + 2), 8);
  CHECK_BYTES(asked + 4, magic, 4);
  CHECK_EQUAL(get_u16(asked + 20), 0x8028);
  CHECK_EQUAL(take(&mapping), DP_EMPTY);
  uint8_t value[8];
  memcpy(value, mapped_v4, 8);
  mask(value);
  send_answer(server.rtp, asked, 0x0101, 0x0020, value, 8);
  CHECK_EQUAL(take(&mapping), DP_OK);
  CHECK_EQUAL(mapping.request, request);
  CHECK(!mapping.refused);
  CHECK_TEXT(mapping.address, "203.0.113.7");
  CHECK_EQUAL(mapping.port, 40000);
  // The same once more, as the network may double it, is no answer to anything.
  send_answer(server.rtp, asked, 0x0101, 0x0020, value, 8);
  CHECK_EQUAL(take(&mapping), DP_EMPTY);
  stop();
}

/** RFC 8489 §6.2.1, §14.1: the same request is sent again; older servers know MAPPED-ADDRESS only. */
static void what_is_sent_again_is_the_same(void) {
  start();
  uint8_t first[28];
  uint8_t second[28];
  uint8_t other[28];
  size_t request = ask(COMPONENT_RTP, first);
  CHECK_EQUAL(ask(COMPONENT_RTP, second), request);
  CHECK_BYTES(second, first, 28);
  struct engine_mapping mapping;
  send_answer(server.rtp, first, 0x0101, 0x0001, mapped_v4, 8);
  CHECK_EQUAL(take(&mapping), DP_OK);
  CHECK_TEXT(mapping.address, "203.0.113.7");
  CHECK_EQUAL(mapping.port, 40000);
  (void)ask(COMPONENT_RTP, other);
  CHECK(memcmp(other + 8, first + 8, 12) != 0);
  stop();
}

static void each_socket_asks_for_itself(void) {
  start();
  uint8_t of_rtp[28];
  uint8_t of_rtcp[28];
  size_t rtp = ask(COMPONENT_RTP, of_rtp);
  size_t rtcp = ask(COMPONENT_RTCP, of_rtcp);
  CHECK(rtp != rtcp);
  struct engine_mapping mapping;
  uint8_t bytes[LONGEST];
  // At the other socket it is no answer.
  size_t length = write_answer(of_rtcp, 0x0101, 0x0001, mapped_v4, 8, bytes);
  bare_send(server.rtp, door.port, bytes, length);
  CHECK_EQUAL(take(&mapping), DP_EMPTY);
  bare_send(server.rtp, (uint16_t)(door.port + 1), bytes, length);
  CHECK_EQUAL(take(&mapping), DP_OK);
  CHECK_EQUAL(mapping.request, rtcp);
  stop();
}

static void liars_are_not_heard(void) {
  start();
  uint8_t asked[28];
  size_t request = ask(COMPONENT_RTP, asked);
  struct engine_mapping mapping;
  uint8_t bytes[LONGEST];
  size_t length = write_answer(asked, 0x0101, 0x0001, mapped_v4, 8, bytes);
  // From another port than was asked; with another number; cut off; of another method; a request; longer than any.
  bare_send(server.rtcp, door.port, bytes, length);
  bytes[8] ^= 1;
  bare_send(server.rtp, door.port, bytes, length);
  bytes[8] ^= 1;
  bare_send(server.rtp, door.port, bytes, length - 1);
  bytes[1] = 0x03;
  bare_send(server.rtp, door.port, bytes, length);
  bytes[0] = 0;
  bytes[1] = 0x01;
  bare_send(server.rtp, door.port, bytes, length);
  memset(bytes, 0, sizeof bytes);
  bare_send(server.rtp, door.port, bytes, sizeof bytes);
  bare_send(server.rtp, door.port, bytes, 0);
  CHECK_EQUAL(take(&mapping), DP_EMPTY);
  send_answer(server.rtp, asked, 0x0101, 0x0001, mapped_v4, 8);
  CHECK_EQUAL(take(&mapping), DP_OK);
  CHECK_EQUAL(mapping.request, request);
  stop();
}

/** §6.3.3, §6.3.4: answers, and of no use. */
static void what_cannot_be_used_is_refused(void) {
  static const uint8_t no_port[] = {0, 1, 0, 0, 203, 0, 113, 7};
  static const uint8_t v6[20] = {0, 2, 0x9c, 0x40, 0x20, 0x01, 0x0d, 0xb8};
  static const uint8_t cut_off[] = {0, 1, 0x9c, 0x40};
  static const uint8_t error[] = {0, 0, 4, 1};
  static const struct {
    uint16_t type;
    uint16_t attribute;
    const uint8_t *value;
    uint16_t length;
  } cases[] = {
      {0x0101, 0x0001, no_port, sizeof no_port}, {0x0101, 0x0001, v6, sizeof v6},
      {0x0101, 0x0001, cut_off, sizeof cut_off}, {0x0101, 0x7fff, mapped_v4, sizeof mapped_v4},
      {0x0111, 0x0009, error, sizeof error},
  };
  start();
  for (size_t at = 0; at < sizeof cases / sizeof cases[0]; at++) {
    uint8_t asked[28];
    struct engine_mapping mapping;
    size_t request = ask(COMPONENT_RTP, asked);
    send_answer(server.rtp, asked, cases[at].type, cases[at].attribute, cases[at].value, cases[at].length);
    CHECK_EQUAL(take(&mapping), DP_OK);
    CHECK_EQUAL(mapping.request, request);
    CHECK(mapping.refused);
  }
  stop();
}

static void what_came_before_the_end_is_not_heard(void) {
  start();
  uint8_t asked[28];
  uint8_t packet[LONGEST];
  (void)ask(COMPONENT_RTP, asked);
  for (uint16_t number = 0; number < 100; number++) {
    bare_send(server.rtp, door.port, packet, bare_packet(packet, 8, number, number * 160u, 1));
  }
  CHECK_EQUAL(engine_end_mapping(door.engine, door.session), DP_OK);
  // Late: nothing is asked any more.
  struct engine_mapping mapping;
  send_answer(server.rtp, asked, 0x0101, 0x0001, mapped_v4, 8);
  CHECK_EQUAL(take(&mapping), DP_EMPTY);
  for (uint16_t number = 0; number < 5; number++) {
    bare_send(server.rtp, door.port, packet, bare_packet(packet, 8, number, number * 160u, 2));
  }
  struct engine_stream stream = stream_to(server.port);
  station_configure(&door, &stream);
  CHECK(station_wait(&door, ENGINE_EVENT_STARTED_IN, 1, 1000));
  CHECK_EQUAL(station_close(&door).packets_received, 5);
  stop();
}

static void the_mapping_is_kept_by_what_nobody_answers(void) {
  start();
  uint8_t heard[LONGEST];
  struct engine_stun_server place = at_port(server.port);
  CHECK_EQUAL(engine_keep_mapping(door.engine, door.session, COMPONENT_RTCP, &place), DP_OK);
  CHECK_EQUAL(bare_receive(server.rtp, heard, sizeof heard, 1000), 28);
  CHECK_EQUAL(get_u16(heard), 0x0011); // an indication
  stop();
}

static void a_session_that_is_configured_is_asked_for_no_more(void) {
  start();
  struct engine_stream stream = stream_to(server.port);
  stream.sends = false;
  station_configure(&door, &stream);
  struct engine_stun_server place = at_port(server.port);
  struct engine_mapping mapping;
  size_t request;
  CHECK_EQUAL(engine_ask_mapping(door.engine, door.session, COMPONENT_RTP, &place, &request), DP_NOT_FOUND);
  CHECK_EQUAL(take(&mapping), DP_NOT_FOUND);
  CHECK_EQUAL(engine_end_mapping(door.engine, door.session), DP_NOT_FOUND);
  CHECK_EQUAL(engine_keep_mapping(door.engine, door.session, COMPONENT_RTP, &place), DP_OK);
  CHECK_EQUAL(engine_keep_mapping(door.engine, door.session + 1, COMPONENT_RTP, &place), DP_NOT_FOUND);
  // The next session of the same slot begins afresh.
  (void)station_close(&door);
  station_open(&door, 0);
  CHECK_EQUAL(engine_ask_mapping(door.engine, door.session, COMPONENT_RTP, &place, &request), DP_OK);
  stop();
}

static void nobody_is_asked_without_end(void) {
  start();
  struct engine_mapping mapping;
  size_t request;
  for (uint16_t number = 0; number < MAPPING_REQUESTS; number++) {
    struct engine_stun_server place = at_port((uint16_t)(40000 + number));
    CHECK_EQUAL(engine_ask_mapping(door.engine, door.session, COMPONENT_RTP, &place, &request), DP_OK);
  }
  struct engine_stun_server place = at_port(40100);
  CHECK_EQUAL(engine_ask_mapping(door.engine, door.session, COMPONENT_RTP, &place, &request), DP_FULL);
  CHECK_EQUAL(engine_end_mapping(door.engine, door.session), DP_OK);
  CHECK_EQUAL(engine_ask_mapping(door.engine, door.session, COMPONENT_RTP, &place, &request), DP_OK);
  place.port = 0;
  CHECK_EQUAL(engine_ask_mapping(door.engine, door.session, COMPONENT_RTP, &place, &request), DP_INVALID_ARGUMENT);
  place = (struct engine_stun_server){.address = "::1", .port = 3478};
  CHECK_EQUAL(engine_ask_mapping(door.engine, door.session, COMPONENT_RTP, &place, &request), DP_UNSUPPORTED);
  place.address = "stun.example.com";
  CHECK_EQUAL(engine_ask_mapping(door.engine, door.session, COMPONENT_RTP, &place, &request), DP_MALFORMED);
  CHECK_EQUAL(take(&mapping), DP_EMPTY);
  stop();
}

/** Machines behind one NAT would be in each other's way at the same port. */
static void ports_begin_anywhere(void) {
  uint16_t first = 0;
  bool differs = false;
  for (int number = 0; number < 5; number++) {
    start();
    if (number > 0 && door.port != first) differs = true;
    first = door.port;
    CHECK(first >= FIRST_PORT && first < LAST_PORT && first % 2 == 0);
    stop();
  }
  CHECK(differs);
}

int main(void) {
  TEST(the_server_says_where_it_sees_us);
  TEST(what_is_sent_again_is_the_same);
  TEST(each_socket_asks_for_itself);
  TEST(liars_are_not_heard);
  TEST(what_cannot_be_used_is_refused);
  TEST(what_came_before_the_end_is_not_heard);
  TEST(the_mapping_is_kept_by_what_nobody_answers);
  TEST(a_session_that_is_configured_is_asked_for_no_more);
  TEST(nobody_is_asked_without_end);
  TEST(ports_begin_anywhere);
  return test_summary("engine-mapping");
}
