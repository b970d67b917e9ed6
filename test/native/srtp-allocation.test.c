// No allocation for anything that reaches SRTP from outside, in any suite: genuine packets, replays, forgeries, a flood of
// sources that nobody knows; and none of those that are refused moves anything. Counted by the address sanitizer's hooks.

#include "base/bytes.h"
#include "srtp/srtp.h"
#include "support/check.h"

extern int __sanitizer_install_malloc_and_free_hooks(void (*malloc_hook)(const volatile void *, size_t),
                                                     void (*free_hook)(const volatile void *));

enum { LENGTH = 172, ROOM = 200, FLOOD = 5000 };

static unsigned long allocations;
static struct srtp_sender sender;
static struct srtp_receiver receiver;

static void count_malloc(const volatile void *memory, size_t size) {
  (void)memory;
  (void)size;
  allocations++;
}

static void count_free(const volatile void *memory) { (void)memory; }

struct datagram {
  uint8_t bytes[ROOM];
  size_t length;
  bool rtcp;
};

static struct datagram plain(bool rtcp, uint32_t ssrc, uint16_t sequence) {
  struct datagram datagram = {.length = LENGTH, .rtcp = rtcp, .bytes = {0x80, rtcp ? 201 : 8}};
  if (!rtcp) bytes_store_u16(datagram.bytes + 2, sequence);
  bytes_store_u32(datagram.bytes + (rtcp ? 4 : 8), ssrc);
  return datagram;
}

static struct datagram protected(bool rtcp, uint16_t sequence) {
  struct datagram datagram = plain(rtcp, 0xCAFEBABE, sequence);
  dp_error error = rtcp ? srtp_protect_rtcp(&sender, datagram.bytes, &datagram.length, ROOM)
                        : srtp_protect_rtp(&sender, datagram.bytes, &datagram.length, ROOM);
  CHECK_EQUAL(error, DP_OK);
  return datagram;
}

static dp_error receive(struct datagram datagram) {
  return datagram.rtcp ? srtp_unprotect_rtcp(&receiver, datagram.bytes, &datagram.length)
                       : srtp_unprotect_rtp(&receiver, datagram.bytes, &datagram.length);
}

/** RTP and RTCP in turn, each a call of its own: taken, replayed, forged, from sources that nobody knows. */
static void meet_everything(void) {
  for (uint16_t turn = 0; turn < 200; turn++) {
    struct datagram genuine = protected(turn % 2, turn);
    struct datagram forged = genuine;
    forged.bytes[20] ^= 1;
    const struct srtp_receiver before = receiver;
    CHECK_EQUAL(receive(forged), DP_NOT_AUTHENTIC);
    CHECK_BYTES(&receiver, &before, sizeof before);
    CHECK_EQUAL(receive(genuine), DP_OK);
    const struct srtp_receiver after = receiver;
    CHECK_EQUAL(receive(genuine), DP_REPLAYED);
    CHECK_BYTES(&receiver, &after, sizeof after);
  }
  const struct srtp_receiver before = receiver;
  for (uint32_t ssrc = 1; ssrc <= FLOOD; ssrc++) CHECK_EQUAL(receive(plain(ssrc % 2, ssrc, 1)), DP_NOT_AUTHENTIC);
  CHECK_BYTES(&receiver, &before, sizeof before);
}

static void nothing_from_outside_allocates(void) {
  for (unsigned suite = 0; suite < SRTP_SUITES; suite++) {
    const struct srtp_policy policy = {.suite = (enum srtp_suite)suite, .master_key = {1}, .master_salt = {2}};
    allocations = 0;
    CHECK_EQUAL(srtp_sender_init(&sender, &policy), DP_OK);
    CHECK_EQUAL(srtp_receiver_init(&receiver, &policy), DP_OK);
    // Else the count would be worth nothing.
    CHECK(allocations > 0);
    allocations = 0;
    meet_everything();
    CHECK_EQUAL(allocations, 0);
    srtp_sender_close(&sender);
    srtp_receiver_close(&receiver);
  }
}

int main(void) {
  if (__sanitizer_install_malloc_and_free_hooks(count_malloc, count_free) == 0) {
    printf("FAIL the sanitizer has no hooks\n");
    return 1;
  }
  TEST(nothing_from_outside_allocates);
  return test_summary("srtp-allocation");
}
