// The engine's parts that can be held against figures: media time, the lateness histogram, figures shared by threads.

#define _GNU_SOURCE

#include <pthread.h>

#include "engine-support.h"
#include "engine/lateness.h"
#include "engine/media-clock.h"
#include "engine/sockets.h"

// ---- media time ----

static void media_time_is_real_time_without_drift(void) {
  struct media_clock clock = {.turn_ns = 5 * NS_PER_SECOND, .turn_media_ns = 1000 * (uint64_t)TURN_NS, .length_ns = TURN_NS, .period_ns = TURN_NS};
  CHECK_EQUAL(media_clock_at(&clock, 5 * NS_PER_SECOND + 7 * NS_PER_MS), 1000 * TURN_NS + 7 * (int64_t)NS_PER_MS);
  CHECK_EQUAL(media_clock_when(&clock, 1000 * (uint64_t)TURN_NS + 7 * NS_PER_MS), 5 * NS_PER_SECOND + 7 * NS_PER_MS);
  CHECK_EQUAL(media_clock_when(&clock, 999 * (uint64_t)TURN_NS), 5 * NS_PER_SECOND - 20 * NS_PER_MS);
  CHECK_EQUAL(media_clock_next_turn_ns(&clock), 5 * NS_PER_SECOND + 20 * NS_PER_MS);
}

static void media_time_bends_with_the_device(void) {
  struct media_clock clock = {.turn_ns = NS_PER_SECOND, .turn_media_ns = 64 * (uint64_t)TURN_NS, .length_ns = TURN_NS, .period_ns = TURN_NS};
  media_clock_drift(&clock, 2000); // 100 ppm slower
  for (int turn = 0; turn < 50 * 3600; turn++) media_clock_turn(&clock);
  CHECK_EQUAL(clock.turn_media_ns, 64 * TURN_NS + 3600 * (int64_t)NS_PER_SECOND);
  CHECK_EQUAL(clock.turn_ns, NS_PER_SECOND + 3600 * NS_PER_SECOND + 360 * NS_PER_MS);
  uint64_t there = media_clock_when(&clock, clock.turn_media_ns + 12345678);
  CHECK_WITHIN(media_clock_at(&clock, there) - clock.turn_media_ns, 12345677, 12345679);
  media_clock_drift(&clock, 5000000);
  CHECK_EQUAL(clock.period_ns, TURN_NS + 20000);
  media_clock_drift(&clock, -5000000);
  CHECK_EQUAL(clock.period_ns, TURN_NS - 20000);
}

// ---- lateness ----

static size_t bucket_that_counted(uint64_t late_ns) {
  static struct lateness lateness;
  memset(&lateness, 0, sizeof lateness);
  lateness_count(&lateness, late_ns);
  for (size_t at = 0; at < LATENESS_BUCKETS; at++) {
    if (atomic_load(&lateness.packets[at]) == 1) return at;
  }
  return LATENESS_BUCKETS;
}

static void media_time_passes_without_turns(void) {
  struct media_clock clock = {.turn_ns = NS_PER_SECOND, .turn_media_ns = 64 * (uint64_t)TURN_NS, .length_ns = TURN_NS, .period_ns = TURN_NS};
  media_clock_skip(&clock, NS_PER_SECOND + 19 * NS_PER_MS);
  CHECK_EQUAL(clock.turn_ns, NS_PER_SECOND);
  media_clock_skip(&clock, NS_PER_SECOND + 20 * NS_PER_MS);
  CHECK_EQUAL(clock.turn_ns, NS_PER_SECOND + 20 * NS_PER_MS);
  CHECK_EQUAL(clock.turn_media_ns, 65 * TURN_NS);
  // A month; the grid stays the same, and no turn is owed.
  const uint64_t month_ns = 30 * 86400 * (uint64_t)NS_PER_SECOND;
  media_clock_skip(&clock, NS_PER_SECOND + month_ns + 7 * NS_PER_MS);
  CHECK_EQUAL(clock.turn_ns, NS_PER_SECOND + month_ns);
  CHECK_EQUAL(clock.turn_media_ns, 64 * (uint64_t)TURN_NS + month_ns);
  // Time that is over already changes nothing.
  media_clock_skip(&clock, NS_PER_SECOND);
  CHECK_EQUAL(clock.turn_ns, NS_PER_SECOND + month_ns);
}

static void every_lateness_has_its_bucket(void) {
  CHECK_EQUAL(lateness_upper_ns(LATENESS_BUCKETS - 1), UINT64_MAX);
  for (size_t at = 0; at + 1 < LATENESS_BUCKETS; at++) {
    uint64_t upper = lateness_upper_ns(at);
    CHECK(at == 0 || upper > lateness_upper_ns(at - 1));
    CHECK_EQUAL(bucket_that_counted(upper), at);
    CHECK_EQUAL(bucket_that_counted(upper + 1), at + 1);
  }
  CHECK_EQUAL(bucket_that_counted(0), 0);
  CHECK_EQUAL(bucket_that_counted(UINT64_MAX), LATENESS_BUCKETS - 1);
}

// ---- figures ----

static struct statistics_board board;
static atomic_bool done;

static void *publish(void *unused) {
  (void)unused;
  for (uint64_t round = 1; round <= 200000; round++) {
    struct stream_statistics figures;
    uint64_t *words = (uint64_t *)&figures;
    for (size_t at = 0; at < STATISTICS_WORDS; at++) words[at] = round + at;
    statistics_publish(&board, &figures);
  }
  atomic_store(&done, true);
  return NULL;
}

static void figures_that_are_read_belong_together(void) {
  struct stream_statistics figures;
  statistics_init(&figures);
  statistics_publish(&board, &figures);
  pthread_t writer;
  CHECK_EQUAL(pthread_create(&writer, NULL, publish, NULL), 0);
  uint64_t torn = 0;
  uint64_t last = 0;
  while (!atomic_load(&done)) {
    statistics_read(&board, &figures);
    if (figures.first_sent_ns == STATISTICS_UNKNOWN) continue;
    const uint64_t *words = (const uint64_t *)&figures;
    for (size_t at = 1; at < STATISTICS_WORDS; at++) torn += words[at] != words[0] + at;
    CHECK(words[0] >= last);
    last = words[0];
  }
  pthread_join(writer, NULL);
  CHECK_EQUAL(torn, 0);
  statistics_read(&board, &figures);
  CHECK_EQUAL(figures.packets_sent, 200000);
}

// ---- sockets ----

static void addresses_are_read_and_compared(void) {
  struct sockaddr_storage left;
  struct sockaddr_storage right;
  CHECK_EQUAL(sockets_parse_address("192.0.2.7", 4000, &left), DP_OK);
  CHECK_EQUAL(sockets_parse_address("192.0.2.7", 4001, &right), DP_OK);
  CHECK(sockets_same_host(&left, &right));
  CHECK_EQUAL(sockets_port(&right), 4001);
  CHECK_EQUAL(sockets_parse_address("2001:db8::7", 4000, &right), DP_OK);
  CHECK(!sockets_same_host(&left, &right));
  CHECK_EQUAL(sockets_parse_address("2001:db8:0::7", 1, &left), DP_OK);
  CHECK(sockets_same_host(&left, &right));
  CHECK_EQUAL(sockets_parse_address("192.0.2.300", 1, &left), DP_MALFORMED);
  CHECK_EQUAL(sockets_parse_address("", 1, &left), DP_MALFORMED);
}

/** Sends a datagram that is taken 100 ms later. @return how far its stamp lies beyond the time of its sending */
static uint64_t stamp_error_ns(const struct sockets_pair *pair, const struct bare_peer *sender) {
  struct sockets_datagram datagram;
  uint8_t bytes[4];
  CHECK(!sockets_receive(pair->rtp, bytes, sizeof bytes, &datagram));
  uint64_t before = monotonic_now_ns();
  bare_send(sender->rtp, pair->port, (const uint8_t *)"abcdef", 6);
  uint64_t after = monotonic_now_ns();
  sleep_ms(100);
  CHECK(sockets_receive(pair->rtp, bytes, sizeof bytes, &datagram));
  CHECK(datagram.truncated);
  CHECK_EQUAL(sockets_port(&datagram.source), sender->port);
  if (datagram.arrival_ns < before) return before - datagram.arrival_ns;
  return datagram.arrival_ns > after ? datagram.arrival_ns - after : 0;
}

static void arrival_is_when_the_kernel_had_it(void) {
  struct sockets_range range = {.first = 30400, .last = 30499};
  struct sockaddr_storage local;
  struct sockets_pair pair;
  struct bare_peer sender;
  CHECK_EQUAL(sockets_parse_address("127.0.0.1", 0, &local), DP_OK);
  CHECK_EQUAL(sockets_open_pair(&range, &local, &pair), DP_OK);
  bare_open(&sender);
  // Two clocks are read one after the other, and a busy machine may let anybody in between: the best of some counts.
  uint64_t least_ns = UINT64_MAX;
  for (int at = 0; at < 5; at++) {
    uint64_t error_ns = stamp_error_ns(&pair, &sender);
    if (error_ns < least_ns) least_ns = error_ns;
  }
  CHECK_WITHIN(least_ns, 0, NS_PER_MS);
  bare_close(&sender);
  sockets_close_pair(&pair);
}

static void a_batch_is_in_order_and_ends_where_no_more_wait(void) {
  struct sockets_range range = {.first = 30400, .last = 30499};
  struct sockaddr_storage local;
  struct sockets_pair pair;
  struct bare_peer sender;
  static struct sockets_batch batch;
  static uint8_t longer[SOCKETS_DATAGRAM_BYTES + 1];
  CHECK_EQUAL(sockets_parse_address("127.0.0.1", 0, &local), DP_OK);
  CHECK_EQUAL(sockets_open_pair(&range, &local, &pair), DP_OK);
  bare_open(&sender);
  CHECK_EQUAL(sockets_receive_batch(pair.rtp, &batch), 0);
  for (uint8_t at = 0; at <= SOCKETS_BATCH; at++) bare_send(sender.rtp, pair.port, &at, 1);
  bare_send(sender.rtp, pair.port, longer, 0);
  bare_send(sender.rtp, pair.port, longer, sizeof longer);
  CHECK_EQUAL(sockets_receive_batch(pair.rtp, &batch), SOCKETS_BATCH);
  for (size_t at = 0; at < SOCKETS_BATCH; at++) {
    CHECK_EQUAL(batch.bytes[at][0], at);
    CHECK_EQUAL(batch.datagrams[at].length, 1);
    CHECK(!batch.datagrams[at].truncated);
    CHECK_EQUAL(sockets_port(&batch.datagrams[at].source), sender.port);
    CHECK(at == 0 || batch.datagrams[at].arrival_ns + NS_PER_MS >= batch.datagrams[at - 1].arrival_ns);
  }
  CHECK_EQUAL(sockets_receive_batch(pair.rtp, &batch), 3);
  CHECK_EQUAL(batch.bytes[0][0], SOCKETS_BATCH);
  CHECK_EQUAL(batch.datagrams[1].length, 0);
  CHECK(batch.datagrams[2].truncated);
  CHECK_EQUAL(sockets_receive_batch(pair.rtp, &batch), 0);
  bare_close(&sender);
  sockets_close_pair(&pair);
}

/** The traffic class that a datagram of one byte came with; -1: none came. */
static int class_of_next(int descriptor) {
  uint8_t byte;
  union {
    struct cmsghdr header;
    uint8_t bytes[CMSG_SPACE(sizeof(int))];
  } control;
  struct pollfd ready = {.fd = descriptor, .events = POLLIN};
  struct iovec part = {.iov_base = &byte, .iov_len = 1};
  struct msghdr message = {
      .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
  if (poll(&ready, 1, 1000) != 1 || recvmsg(descriptor, &message, MSG_DONTWAIT) != 1) return -1;
  struct cmsghdr *item = CMSG_FIRSTHDR(&message);
  int value = 0;
  if (!item) return -1;
  if (item->cmsg_type == IP_TOS) return *CMSG_DATA(item); // of one byte
  memcpy(&value, CMSG_DATA(item), sizeof value);
  return value;
}

/** RFC 3246: DSCP 46, expedited forwarding, by RTP and RTCP. */
static void check_class(const char *address, int level, int wish) {
  struct sockets_range range = {.first = 30400, .last = 30499};
  struct sockaddr_storage local;
  struct sockaddr_storage peer;
  struct sockets_pair pair;
  socklen_t length = sizeof peer;
  const int on = 1;
  CHECK_EQUAL(sockets_parse_address(address, 0, &local), DP_OK);
  // Machines without IPv6 have no ::1.
  if (sockets_open_pair(&range, &local, &pair) != DP_OK && local.ss_family == AF_INET6) return;
  int receiver = socket(local.ss_family, SOCK_DGRAM, 0);
  CHECK_EQUAL(setsockopt(receiver, level, wish, &on, sizeof on), 0);
  CHECK_EQUAL(bind(receiver, (struct sockaddr *)&local, sizeof local), 0);
  CHECK_EQUAL(getsockname(receiver, (struct sockaddr *)&peer, &length), 0);
  CHECK(sockets_send(pair.rtp, (const uint8_t *)"x", 1, &peer));
  CHECK_EQUAL(class_of_next(receiver), 46 << 2);
  CHECK(sockets_send(pair.rtcp, (const uint8_t *)"x", 1, &peer));
  CHECK_EQUAL(class_of_next(receiver), 46 << 2);
  close(receiver);
  sockets_close_pair(&pair);
}

static void what_is_sent_asks_for_expedited_forwarding(void) {
  check_class("127.0.0.1", IPPROTO_IP, IP_RECVTOS);
  check_class("::1", IPPROTO_IPV6, IPV6_RECVTCLASS);
}

int main(void) {
  TEST(media_time_passes_without_turns);
  TEST(media_time_is_real_time_without_drift);
  TEST(media_time_bends_with_the_device);
  TEST(every_lateness_has_its_bucket);
  TEST(figures_that_are_read_belong_together);
  TEST(addresses_are_read_and_compared);
  TEST(arrival_is_when_the_kernel_had_it);
  TEST(what_is_sent_asks_for_expedited_forwarding);
  TEST(a_batch_is_in_order_and_ends_where_no_more_wait);
  return test_summary("engine-parts");
}
