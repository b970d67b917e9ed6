// Plain RTP of a peer behind a NAT, whose address is not the agreed one: who is taken for the peer, and who hears the
// door. Hosts are addresses of the loopback network. The rules are those of stream-latch.c.

#define _GNU_SOURCE

#include "engine-support.h"

#define LONGEST 2048

static struct station door;

/** Somebody who sends RTP. */
struct source {
  int descriptor;
  uint16_t number;
  uint32_t ssrc;
};

static struct source agreed;     // 127.0.0.9, what the description says
static struct source signalling; // 127.0.0.2, where the signalling comes from
static struct source stranger;   // 127.0.0.3
static struct source attacker;   // 127.0.0.4

static struct source source_open(uint8_t host, uint16_t *port) {
  struct source source = {.descriptor = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), .number = 100, .ssrc = host};
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK - 1 + host)};
  socklen_t length = sizeof address;
  if (bind(source.descriptor, (struct sockaddr *)&address, length) != 0) abort();
  if (getsockname(source.descriptor, (struct sockaddr *)&address, &length) != 0) abort();
  if (port) *port = ntohs(address.sin_port);
  return source;
}

/** Sends so many packets in sequence, `gap_ms` apart. */
static void speak(struct source *source, int count, unsigned gap_ms) {
  uint8_t packet[LONGEST];
  for (int at = 0; at < count; at++) {
    size_t length = bare_packet(packet, 8, source->number, source->number * 160u, source->ssrc);
    source->number++;
    bare_send(source->descriptor, door.port, packet, length);
    if (gap_ms > 0) sleep_ms(gap_ms);
  }
}

/** How many packets of sound come in 150 ms, those before left out. */
static int hears(const struct source *source) {
  uint8_t packet[LONGEST];
  station_hear(&door);
  while (bare_receive(source->descriptor, packet, sizeof packet, 0) >= 0) continue;
  sleep_ms(150);
  int count = 0;
  while (bare_receive(source->descriptor, packet, sizeof packet, 0) >= 12) count++;
  return count;
}

static void start(const char *signalling_address) {
  station_start(&door, 400);
  station_open(&door, 0);
  uint16_t port;
  agreed = source_open(9, &port);
  signalling = source_open(2, NULL);
  stranger = source_open(3, NULL);
  attacker = source_open(4, NULL);
  struct engine_stream stream = stream_to(port);
  stream.remote_address = "127.0.0.9";
  stream.remote_rtcp_port = port == 65535 ? port : (uint16_t)(port + 1);
  stream.signalling_address = signalling_address;
  station_configure(&door, &stream);
}

static void stop(void) {
  close(agreed.descriptor);
  close(signalling.descriptor);
  close(stranger.descriptor);
  close(attacker.descriptor);
  station_stop(&door);
}

// ---- who is the peer ----

static void without_a_nat_only_the_agreed_host_counts(void) {
  start(NULL);
  speak(&signalling, 10, 0);
  speak(&stranger, 10, 0);
  CHECK(hears(&agreed) >= 5);
  CHECK_EQUAL(hears(&signalling) + hears(&stranger), 0);
  CHECK_EQUAL(station_statistics(&door).packets_refused, 20);
  stop();
}

static void the_host_that_signals_is_the_peer(void) {
  start("127.0.0.2");
  speak(&signalling, 1, 0);
  CHECK_EQUAL(hears(&signalling), 0);
  speak(&signalling, 2, 20);
  CHECK(hears(&signalling) >= 5);
  CHECK_EQUAL(hears(&agreed), 0);
  stop();
}

static void else_it_is_the_first_that_is_stable(void) {
  start("127.0.0.2");
  speak(&stranger, 4, 0);
  CHECK_EQUAL(hears(&stranger), 0);
  stranger.number++; // one is lost: it begins anew
  speak(&stranger, 4, 0);
  CHECK_EQUAL(hears(&stranger), 0);
  speak(&stranger, 1, 0);
  CHECK(hears(&stranger) >= 5);
  CHECK_EQUAL(hears(&agreed), 0);
  speak(&stranger, 10, 0);
  station_hear(&door);
  CHECK_EQUAL(station_statistics(&door).packets_received, 11);
  stop();
}

static void its_own_address_is_the_peers_for_good(void) {
  start("127.0.0.2");
  speak(&agreed, 2, 20);
  CHECK(hears(&agreed) >= 5);
  sleep_ms(1100); // and stays it while it says nothing
  speak(&signalling, 10, 0);
  speak(&stranger, 10, 0);
  CHECK(hears(&agreed) >= 5);
  CHECK_EQUAL(hears(&signalling) + hears(&stranger), 0);
  stop();
}

static void its_own_address_takes_the_place_of_others(void) {
  start("127.0.0.2");
  speak(&stranger, 6, 0);
  CHECK(hears(&stranger) >= 5);
  for (int at = 0; at < 5; at++) {
    speak(&stranger, 1, 10);
    speak(&agreed, 1, 10);
  }
  CHECK(hears(&agreed) >= 5);
  CHECK_EQUAL(hears(&stranger), 0);
  stop();
}

static void a_nat_may_give_it_another_port(void) {
  start("127.0.0.2");
  speak(&signalling, 5, 0);
  CHECK(hears(&signalling) >= 5);
  struct source moved = source_open(2, NULL);
  moved.number = signalling.number;
  speak(&moved, 5, 0); // not while it speaks
  CHECK_EQUAL(hears(&moved), 0);
  sleep_ms(1100);
  speak(&moved, 3, 0);
  CHECK(hears(&moved) >= 5);
  close(moved.descriptor);
  stop();
}

// ---- hijackers ----

/** A guessed port, and anything but a stream. */
static void garbage_makes_nobody_the_peer(void) {
  start("127.0.0.2");
  uint64_t random = 7;
  uint8_t packet[LONGEST];
  for (uint16_t at = 0; at < 300; at++) {
    size_t length = bare_packet(packet, 8, at, at * 160u, 77);
    switch (at % 5) {
    case 0: // anything
      for (size_t octet = 0; octet < length; octet++) packet[octet] = (uint8_t)test_random(&random);
      break;
    case 1: // of a payload type that was not agreed on
      packet[1] = 18;
      break;
    case 2: // of ever another source
      packet[11] = (uint8_t)test_random(&random);
      break;
    case 3: // out of sequence
      packet[2] = (uint8_t)test_random(&random);
      break;
    default: // cut short
      length = at % 12;
    }
    bare_send(attacker.descriptor, door.port, packet, length);
    if (at % 20 == 0) sleep_ms(5);
  }
  CHECK_EQUAL(hears(&attacker), 0);
  CHECK(hears(&agreed) >= 5);
  CHECK_EQUAL(station_statistics(&door).packets_received, 0);
  // It has not kept the peer out either.
  speak(&stranger, 5, 0);
  CHECK(hears(&stranger) >= 5);
  stop();
}

static void nobody_races_the_host_that_signals(void) {
  start("127.0.0.2");
  speak(&attacker, 6, 0);
  CHECK(hears(&attacker) >= 5); // there first: until the peer speaks
  for (int at = 0; at < 3; at++) {
    speak(&attacker, 1, 10);
    speak(&signalling, 1, 10);
  }
  CHECK(hears(&signalling) >= 5);
  CHECK_EQUAL(hears(&attacker), 0);
  for (int at = 0; at < 20; at++) {
    speak(&attacker, 3, 0);
    speak(&signalling, 1, 20);
  }
  CHECK_EQUAL(hears(&attacker), 0);
  CHECK(hears(&signalling) >= 5);
  stop();
}

/** Two strangers at the beginning: neither is heard, and the sound goes to neither. */
static void of_two_strangers_neither_is_believed(void) {
  start("127.0.0.2");
  speak(&attacker, 6, 0);
  CHECK(hears(&attacker) >= 5);
  for (int at = 0; at < 6; at++) {
    speak(&attacker, 1, 10);
    speak(&stranger, 1, 10);
  }
  CHECK_EQUAL(hears(&attacker), 0);
  CHECK_EQUAL(hears(&stranger), 0);
  CHECK(hears(&agreed) >= 5);
  uint64_t received = station_statistics(&door).packets_received;
  for (int at = 0; at < 10; at++) {
    speak(&attacker, 1, 10);
    speak(&stranger, 1, 10);
  }
  CHECK_EQUAL(station_statistics(&door).packets_received, received);
  // Who stays is the peer.
  for (int at = 0; at < 28; at++) speak(&stranger, 1, 50);
  CHECK(hears(&stranger) >= 5);
  stop();
}

static void nobody_races_a_stranger_that_has_been_the_peer_for_two_seconds(void) {
  start("127.0.0.2");
  speak(&stranger, 6, 0);
  for (int at = 0; at < 42; at++) speak(&stranger, 1, 50);
  for (int at = 0; at < 20; at++) {
    speak(&attacker, 3, 0);
    speak(&stranger, 1, 20);
  }
  CHECK_EQUAL(hears(&attacker), 0);
  CHECK(hears(&stranger) >= 5);
  stop();
}

static void a_new_agreement_forgets_who_was_the_peer(void) {
  start("127.0.0.2");
  speak(&stranger, 6, 0);
  CHECK(hears(&stranger) >= 5);
  struct engine_stream stream = stream_to(9);
  stream.remote_address = "127.0.0.9";
  station_configure(&door, &stream);
  CHECK_EQUAL(hears(&stranger), 0);
  speak(&stranger, 6, 0);
  CHECK_EQUAL(hears(&stranger), 0);
  stop();
}

static void a_wrong_address_is_refused(void) {
  start("127.0.0.2");
  struct engine_stream stream = stream_to(9);
  stream.signalling_address = "phone.example.com";
  CHECK_EQUAL(engine_configure_session(door.engine, door.session, &stream), DP_MALFORMED);
  stop();
}

int main(void) {
  TEST(without_a_nat_only_the_agreed_host_counts);
  TEST(the_host_that_signals_is_the_peer);
  TEST(else_it_is_the_first_that_is_stable);
  TEST(its_own_address_is_the_peers_for_good);
  TEST(its_own_address_takes_the_place_of_others);
  TEST(a_nat_may_give_it_another_port);
  TEST(garbage_makes_nobody_the_peer);
  TEST(nobody_races_the_host_that_signals);
  TEST(of_two_strangers_neither_is_believed);
  TEST(nobody_races_a_stranger_that_has_been_the_peer_for_two_seconds);
  TEST(a_new_agreement_forgets_who_was_the_peer);
  TEST(a_wrong_address_is_refused);
  return test_summary("engine-latch");
}
