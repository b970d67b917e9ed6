// What a stream sends while it has nothing to say (RFC 6263), at the intervals of the RFC, by a clock of the test's own.

#define _GNU_SOURCE

#include "engine-support.h"

#include "engine/keep-alive.h"
#include "engine/stream.h"

#define TURN_MS 20

// ---- when ----

static void is_due_after_fifteen_seconds_of_nothing(void) {
  struct keep_alive keep_alive;
  const uint64_t start_ns = 7 * NS_PER_SECOND;
  keep_alive_sent(&keep_alive, start_ns);
  CHECK(!keep_alive_is_due(&keep_alive, start_ns));
  CHECK(!keep_alive_is_due(&keep_alive, start_ns + 15 * NS_PER_SECOND - 1));
  CHECK(keep_alive_is_due(&keep_alive, start_ns + 15 * NS_PER_SECOND));
  keep_alive_sent(&keep_alive, start_ns + 14 * NS_PER_SECOND);
  CHECK(!keep_alive_is_due(&keep_alive, start_ns + 15 * NS_PER_SECOND));
  keep_alive_hurry(&keep_alive, start_ns + 16 * NS_PER_SECOND);
  CHECK(keep_alive_is_due(&keep_alive, start_ns + 16 * NS_PER_SECOND));
}

// ---- what is sent ----

static struct stream stream;
static struct stream_context context;
static struct lateness lateness;
static struct ring events;
static uint8_t event_storage[RING_STORAGE_BYTES(sizeof(struct engine_event), 64)];
static uint64_t now_ns;
static int peer; // a socket that takes what the stream sends
static struct sockaddr_storage peer_address;

static int open_socket(struct sockaddr_storage *address) {
  int descriptor = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  struct sockaddr_in any = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t length = sizeof *address;
  CHECK_EQUAL(bind(descriptor, (struct sockaddr *)&any, sizeof any), 0);
  memset(address, 0, sizeof *address);
  CHECK_EQUAL(getsockname(descriptor, (struct sockaddr *)address, &length), 0);
  return descriptor;
}

static uint16_t port_of(const struct sockaddr_storage *address) {
  return ntohs(((const struct sockaddr_in *)address)->sin_port);
}

static void start(void) {
  const struct stream_origin origin = {.ssrc = 1, .timestamp = 2, .sequence = 3};
  memset(&context, 0, sizeof context);
  memset(&stream, 0, sizeof stream);
  CHECK_EQUAL(stream_init(&stream, &origin, TURN_MS), DP_OK);
  CHECK_EQUAL(ring_init(&events, event_storage, sizeof(struct engine_event), 64), DP_OK);
  now_ns = monotonic_now_ns();
  context.clock = media_clock_start(now_ns, TURN_MS);
  context.turn_ms = TURN_MS;
  context.events = &events;
  context.lateness = &lateness;
  struct sockaddr_storage own;
  stream.sockets.rtp = open_socket(&own);
  stream.sockets.port = port_of(&own);
  peer = open_socket(&peer_address);
}

static void stop(void) {
  close(stream.sockets.rtp);
  close(peer);
}

static void agree(bool sends) {
  struct stream_setup before = stream.setup;
  stream.setup = (struct stream_setup){.remote = peer_address,
                                       .sends = sends,
                                       .codec = CODEC_PCMA,
                                       .payload_type = 8,
                                       .event_payload_type = -1,
                                       .event_clock_hz = 8000,
                                       .packet_ms = 20};
  stream_output_configure(&stream, &context, &before, now_ns);
}

struct came {
  unsigned empty;
  unsigned sound;
  unsigned strange;
};

/** What has come, all of it from the port that RTP is sent by (§7). */
static void take(struct came *came) {
  uint8_t bytes[SOCKETS_DATAGRAM_BYTES];
  struct sockaddr_storage from;
  socklen_t length = sizeof from;
  ssize_t count;
  while ((count = recvfrom(peer, bytes, sizeof bytes, 0, (struct sockaddr *)&from, &length)) >= 0) {
    if (count == 0) came->empty++;
    else if (count == 172) came->sound++;
    else came->strange++;
    CHECK_EQUAL(port_of(&from), stream.sockets.port);
    length = sizeof from;
  }
}

/** Turns of an engine for so long; what is due is sent, but for sound where `mute`. Loopback delivers at once. */
static struct came pass(double seconds, bool mute) {
  struct came came = {.empty = 0};
  for (int turn = 0; turn < (int)(seconds * 1000 / TURN_MS); turn++) {
    media_clock_turn(&context.clock);
    now_ns = context.clock.turn_ns;
    while (!mute && stream_output_due_ns(&stream, &context) <= now_ns) stream_output_send(&stream, &context);
    stream_output_keep_alive(&stream, now_ns);
    take(&came);
  }
  return came;
}

static void check(struct came came, unsigned empty, unsigned sound) {
  CHECK_EQUAL(came.empty, empty);
  CHECK_EQUAL(came.sound, sound);
  CHECK_EQUAL(came.strange, 0);
}

/** The way is opened at once, as the peer may be behind it, then kept open: an empty datagram each 15 s (§4.1, §7). */
static void a_stream_that_only_listens_keeps_the_way_open(void) {
  start();
  agree(false);
  check(pass(0.02, false), 1, 0);
  check(pass(14.98, false), 0, 0);
  check(pass(0.02, false), 1, 0);
  check(pass(600, false), 40, 0);
  stop();
}

/** §7: only when no regular packets are sent. */
static void sound_needs_nothing_beside_it(void) {
  start();
  agree(true);
  check(pass(60, false), 0, 3001); // the first at the beginning, the last at the end
  // On hold: at once, for the way may be another one now.
  agree(false);
  check(pass(0.02, false), 1, 0);
  check(pass(20, false), 1, 0);
  agree(true);
  struct came came = pass(60, false);
  CHECK_EQUAL(came.empty, 0);
  CHECK_WITHIN(came.sound, 2999, 3001);
  stop();
}

/** As in a long pause, or where nothing can be encoded. */
static void a_stream_that_sends_nothing_though_it_may_keeps_the_way_open(void) {
  start();
  agree(true);
  check(pass(14.98, true), 0, 0);
  check(pass(0.02, true), 1, 0);
  check(pass(30, true), 2, 0);
  stop();
}

static void a_peer_without_an_address_is_sent_nothing(void) {
  start();
  memset(&peer_address, 0, sizeof peer_address);
  peer_address.ss_family = AF_INET;
  agree(false);
  check(pass(60, false), 0, 0);
  stop();
}

/** Where its packets come from, not where it says that it is. */
static void a_peer_that_was_found_elsewhere_is_sent_it_there(void) {
  struct sockaddr_storage nobody;
  start();
  int other = open_socket(&nobody);
  stream.input.latched = true;
  stream.input.peer = peer_address;
  peer_address = nobody;
  agree(false);
  check(pass(15.02, false), 2, 0);
  CHECK(recv(other, &nobody, sizeof nobody, 0) < 0);
  close(other);
  stop();
}

int main(void) {
  TEST(is_due_after_fifteen_seconds_of_nothing);
  TEST(a_stream_that_only_listens_keeps_the_way_open);
  TEST(sound_needs_nothing_beside_it);
  TEST(a_stream_that_sends_nothing_though_it_may_keeps_the_way_open);
  TEST(a_peer_without_an_address_is_sent_nothing);
  TEST(a_peer_that_was_found_elsewhere_is_sent_it_there);
  return test_summary("keep-alive");
}
