// The engine with several keys of the peer's, of which each packet names one (RFC 3711 §3.1), and with keys that last for so
// many packets (RFC 4568 §6.1).

#define _GNU_SOURCE

#include "engine-support.h"
#include "engine/stream.h"
#include "srtp/srtp.h"

enum { MKI_BYTES = 2, MASTER_BYTES = 30, TAG_BYTES = 10, ROOM = 220, SSRC = 0x1234 };

static struct station door;
static struct bare_peer peer;
static struct srtp_sender senders[3];

/** The peer's keys and their names. */
static uint8_t masters[3 * MASTER_BYTES];
static const uint8_t mkis[3 * MKI_BYTES] = {0, 1, 0, 2, 0, 3};

/** @param first, count of the keys that the peer has told of */
static struct engine_stream stream_with(size_t first, size_t count) {
  static const uint8_t own[MASTER_BYTES] = {99};
  struct engine_stream stream = stream_to(peer.port);
  stream.send_key = own;
  stream.receive_key = masters + first * MASTER_BYTES;
  stream.receive_mki = mkis + first * MKI_BYTES;
  stream.receive_mki_bytes = MKI_BYTES;
  stream.receive_keys = count;
  return stream;
}

static void start(void) {
  for (size_t at = 0; at < sizeof masters; at++) masters[at] = (uint8_t)(at * 31 + 5);
  station_start(&door, 0);
  station_open(&door, 0);
  bare_open(&peer);
  for (size_t key = 0; key < 3; key++) {
    struct srtp_policy policy;
    CHECK_EQUAL(srtp_policy_init(&policy, SRTP_AES_CM_128_HMAC_SHA1_80, masters + key * MASTER_BYTES), DP_OK);
    CHECK_EQUAL(srtp_sender_init(&senders[key], &policy), DP_OK);
  }
}

static void stop(void) {
  for (size_t key = 0; key < 3; key++) srtp_sender_close(&senders[key]);
  station_stop(&door);
  bare_close(&peer);
}

/** A packet of the peer's. @param index in which the roll-over counter is */
static void say(size_t key, uint64_t index) {
  uint8_t packet[ROOM];
  size_t length = bare_packet(packet, 8, (uint16_t)index, (uint32_t)index * 160, SSRC);
  senders[key].has_index = true;
  senders[key].index = index - 1;
  CHECK_EQUAL(srtp_protect_rtp(&senders[key], packet, &length, sizeof packet), DP_OK);
  memmove(packet + length - TAG_BYTES + MKI_BYTES, packet + length - TAG_BYTES, TAG_BYTES);
  memcpy(packet + length - TAG_BYTES, mkis + key * MKI_BYTES, MKI_BYTES);
  bare_send(peer.rtp, door.port, packet, length + MKI_BYTES);
}

/** Whether so many packets are taken, and no more. */
static bool takes(uint64_t count) {
  station_hear(&door);
  return station_statistics(&door).packets_received == count;
}

static void each_of_the_keys_is_understood(void) {
  start();
  struct engine_stream stream = stream_with(0, 2);
  station_configure(&door, &stream);
  for (uint64_t index = 10; index < 20; index++) say(index % 2, index);
  CHECK(takes(10));
  // One that the peer has not told of, and what came before.
  say(2, 20);
  say(0, 18);
  CHECK(takes(10));
  // Ours name none.
  uint8_t packet[2048];
  CHECK_EQUAL(bare_receive(peer.rtp, packet, sizeof packet, 1000), 172 + TAG_BYTES);
  stop();
}

/** RFC 3711 §3.2.1: roll-over counter and window go on while a key stays. */
static void a_key_that_is_added_goes_on_in_the_same_stream(void) {
  start();
  struct engine_stream stream = stream_with(0, 2);
  station_configure(&door, &stream);
  for (uint64_t index = 0xfff8; index < 0x10008; index++) say(0, index);
  CHECK(takes(16));
  stream = stream_with(1, 2);
  station_configure(&door, &stream);
  for (uint64_t index = 0x10008; index < 0x10010; index++) say(1 + index % 2, index);
  CHECK(takes(24));
  // The first key is over.
  say(0, 0x10010);
  say(1, 0x10008);
  CHECK(takes(24));
  // The same keys once more change nothing.
  station_configure(&door, &stream);
  say(2, 0x10010);
  say(2, 0x1000f);
  CHECK(takes(25));
  stop();
}

// ---- lifetimes ----

static void a_key_lasts_for_its_packets(void) {
  static const uint64_t lifetimes[2] = {16, 16};
  start();
  struct engine_stream stream = stream_with(0, 2);
  stream.receive_lifetimes = lifetimes;
  station_configure(&door, &stream);
  for (uint64_t index = 1; index <= 28; index++) say(index <= 16 ? 0 : 1, index);
  CHECK(takes(28));
  say(0, 29); // Its own are over.
  say(1, 30);
  CHECK(takes(29));
  // The same keys once more, and others beside one of them, make none of them last longer.
  station_configure(&door, &stream);
  stream = stream_with(1, 2);
  stream.receive_lifetimes = lifetimes;
  station_configure(&door, &stream);
  for (uint64_t index = 31; index <= 36; index++) say(1, index);
  CHECK(takes(32));
  say(2, 37);
  CHECK(takes(33));
  stop();
}

/** A stream whose events a test takes, at times of its own. */
static struct stream timed;
static struct stream_context timed_context;
static struct ring events;
static struct srtp_receiver spent;

/** How many of a kind have been said since the last time. */
static int said(uint32_t kind) {
  int count = 0;
  for (struct engine_event event; ring_get(&events, &event);) count += event.kind == kind;
  return count;
}

static void a_key_that_is_spent_may_be_replaced_for_three_seconds(void) {
  static uint8_t storage[16 * sizeof(struct engine_event)];
  CHECK_EQUAL(ring_init(&events, storage, sizeof(struct engine_event), 16), DP_OK);
  timed_context.events = &events;
  timed = (struct stream){.setup.receives = true};
  spent = (struct srtp_receiver){.key_count = 2};
  for (size_t key = 0; key < 2; key++) spent.keys[key].lifetime_rtp = spent.keys[key].lifetime_rtcp = 16;
  spent.keys[0].rtp_packets = 16;
  // The other one is good: somebody else may have named the first.
  uint64_t second = NS_PER_SECOND;
  for (uint64_t at = 1; at < 10; at++) stream_security_spent(&timed, &timed_context, &spent, at * second);
  CHECK_EQUAL(said(ENGINE_EVENT_KEY_SPENT), 0);
  spent.keys[1].rtp_packets = 16;
  stream_security_spent(&timed, &timed_context, &spent, 10 * second);
  stream_security_spent(&timed, &timed_context, &spent, 13 * second - 1);
  CHECK_EQUAL(said(ENGINE_EVENT_KEY_SPENT), 0);
  stream_security_spent(&timed, &timed_context, &spent, 13 * second);
  stream_security_spent(&timed, &timed_context, &spent, 14 * second);
  CHECK_EQUAL(said(ENGINE_EVENT_KEY_SPENT), 1);
  // Who hears of it may not have been able to do anything yet.
  stream_security_spent(&timed, &timed_context, &spent, 16 * second);
  CHECK_EQUAL(said(ENGINE_EVENT_KEY_SPENT), 1);
  // On hold nothing is expected.
  timed.setup.receives = false;
  stream_security_spent(&timed, &timed_context, &spent, 20 * second);
  CHECK_EQUAL(said(ENGINE_EVENT_KEY_SPENT), 0);
}

static void keys_that_cannot_be_are_refused(void) {
  start();
  struct engine_stream stream = stream_with(0, 0);
  CHECK_EQUAL(engine_configure_session(door.engine, door.session, &stream), DP_INVALID_ARGUMENT);
  stream.receive_keys = SRTP_MAX_KEYS + 1;
  CHECK_EQUAL(engine_configure_session(door.engine, door.session, &stream), DP_INVALID_ARGUMENT);
  stream = stream_with(0, 1);
  stream.receive_mki_bytes = SRTP_MAX_MKI_BYTES + 1;
  CHECK_EQUAL(engine_configure_session(door.engine, door.session, &stream), DP_INVALID_ARGUMENT);
  stream = stream_with(0, 1);
  stream.receive_key = NULL;
  CHECK_EQUAL(engine_configure_session(door.engine, door.session, &stream), DP_INVALID_ARGUMENT);
  // One name twice.
  static const uint8_t same[2 * MKI_BYTES];
  stream = stream_with(0, 2);
  stream.receive_mki = same;
  CHECK_EQUAL(engine_configure_session(door.engine, door.session, &stream), DP_INVALID_ARGUMENT);
  stop();
}

int main(void) {
  TEST(each_of_the_keys_is_understood);
  TEST(a_key_that_is_added_goes_on_in_the_same_stream);
  TEST(a_key_lasts_for_its_packets);
  TEST(a_key_that_is_spent_may_be_replaced_for_three_seconds);
  TEST(keys_that_cannot_be_are_refused);
  return test_summary("engine-keys");
}
