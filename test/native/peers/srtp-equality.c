// Our SRTP and SRTCP beside libsrtp2's, packet for packet: what both make of random packets must be the same bytes, and what
// both say of them behind a network that loses, delays, repeats and forges must be the same. Sequence numbers leap, so that
// they wrap every few hundred packets. Ours may not allocate meanwhile. Then the same with several keys that packets name
// (MKI), which libsrtp2 makes and both receive.
//
//   make -C native peers && build/native/peers/srtp-equality [PACKETS a suite [SEED]]
//
// A seed makes the same run again.

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "libsrtp2.h"
#include "srtp/srtp.h"
#include "support/check.h"

enum { SOURCES = 4, SESSION_PACKETS = 4000, ROOM = 1600, DELAYED = 24, REMEMBERED = 64 };

// ---- allocations ----

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *memory, size_t size);

// volatile: to the compiler, no malloc reads what is static here.
static volatile bool counting;
static volatile unsigned long allocations;

// OpenSSL's calls come here too.
#pragma GCC visibility push(default)

void *malloc(size_t size) {
  allocations += counting;
  return __libc_malloc(size);
}

void *calloc(size_t count, size_t size) {
  allocations += counting;
  return __libc_calloc(count, size);
}

void *realloc(void *memory, size_t size) {
  allocations += counting;
  return __libc_realloc(memory, size);
}

#pragma GCC visibility pop

// ---- what is being compared ----

struct packet {
  uint8_t bytes[ROOM];
  size_t length;
  bool rtcp;
};

struct sender {
  struct peer_source source;
  uint64_t index; // Of the next packet.
  bool begun;
  struct srtp_sender ours;
};

static uint64_t random_state;
static struct sender senders[SOURCES];
static struct srtp_receiver receiver;
static struct peer_session peer_sender, peer_receiver;
static struct peer_keys keys;
static struct packet delayed[DELAYED], remembered[REMEMBERED];
static size_t remembered_count;

/** What became of the packets, so that a run can be seen to have met everything. */
static struct {
  unsigned long made, lost, wraps, taken, replayed, too_old, unauthentic, forged;
} tally;

static uint32_t random_below(uint32_t limit) { return (uint32_t)(test_random(&random_state) >> 32) % limit; }

static void fill_random(uint8_t *bytes, size_t length) {
  for (size_t at = 0; at < length; at++) bytes[at] = (uint8_t)(test_random(&random_state) >> 56);
}

static void give_up(const char *suite, const char *what) {
  printf("FAIL %s: %s, at packet %lu\n", suite, what, tally.made);
  exit(1);
}

// ---- packets ----

static void make_rtp(struct sender *sender, struct packet *packet) {
  uint32_t csrcs = random_below(4) == 0 ? random_below(16) : 0;
  bool extended = random_below(4) == 0;
  size_t payload = random_below(8) == 0 ? random_below(1200) : random_below(240);
  fill_random(packet->bytes, 12 + 4 * csrcs + (extended ? 4 + 4 * 32 : 0) + payload);
  // RFC 3550 §5.1. Padding is encrypted with the rest, and no matter of SRTP's.
  packet->bytes[0] = (uint8_t)(0x80u | (random_below(4) == 0 ? 0x20u : 0u) | (extended ? 0x10u : 0u) | csrcs);
  bytes_store_u16(packet->bytes + 2, (uint16_t)sender->index);
  bytes_store_u32(packet->bytes + 8, sender->source.ssrc);
  packet->length = 12 + 4 * csrcs;
  if (extended) {
    uint32_t words = random_below(33);
    bytes_store_u16(packet->bytes + packet->length + 2, (uint16_t)words);
    packet->length += 4 + 4 * words;
  }
  packet->length += payload;
  packet->rtcp = false;
}

static void make_rtcp(struct sender *sender, struct packet *packet) {
  packet->length = 8 + 4 * random_below(60);
  fill_random(packet->bytes, packet->length);
  packet->bytes[0] = (uint8_t)(0x80 | (packet->bytes[0] & 0x1F));
  packet->bytes[1] = (uint8_t)(200 + random_below(8));
  bytes_store_u32(packet->bytes + 4, sender->source.ssrc);
  packet->rtcp = true;
}

/** Most go on by one, some lose a few or a window's worth on the way to us, some leap; none by 2^15, which nobody could follow. */
static void advance(struct sender *sender) {
  uint64_t before = sender->index;
  sender->index++;
  if (random_below(20) == 0) sender->index += random_below(6);
  if (random_below(30) == 0) sender->index += random_below(150);
  if (random_below(80) == 0) sender->index += random_below(15000);
  tally.wraps += (sender->index >> 16) - (before >> 16);
}

/** Protects by both, or where packets name their key by libsrtp2. @return whether both made the same of it */
static bool protect(struct sender *sender, struct packet *packet) {
  struct packet theirs = *packet;
  if (keys.mki_bytes > 0) {
    peer_sender.key = random_below(PEER_KEYS);
    return peer_protect(&peer_sender, packet->rtcp, packet->bytes, &packet->length) == PEER_TAKEN;
  }
  dp_error (*ours)(struct srtp_sender *, uint8_t *, size_t *, size_t) = packet->rtcp ? srtp_protect_rtcp : srtp_protect_rtp;
  counting = true;
  dp_error error = ours(&sender->ours, packet->bytes, &packet->length, ROOM);
  counting = false;
  if (error != DP_OK || peer_protect(&peer_sender, packet->rtcp, theirs.bytes, &theirs.length) != PEER_TAKEN) return false;
  return packet->length == theirs.length && memcmp(packet->bytes, theirs.bytes, theirs.length) == 0;
}

// ---- the network and its end ----

static enum peer_verdict verdict_of(dp_error error) {
  switch (error) {
    case DP_OK: return PEER_TAKEN;
    case DP_REPLAYED: return PEER_REPLAYED;
    case DP_TOO_OLD: return PEER_TOO_OLD;
    case DP_NOT_AUTHENTIC: return PEER_NOT_AUTHENTIC;
    default: return PEER_OTHER;
  }
}

static dp_error unprotect(struct packet *packet) {
  counting = true;
  dp_error error = packet->rtcp ? srtp_unprotect_rtcp(&receiver, packet->bytes, &packet->length)
                                : srtp_unprotect_rtp(&receiver, packet->bytes, &packet->length);
  counting = false;
  return error;
}

/** Gives a packet to both. @return why they differ; null: they do not */
static const char *receive(const struct packet *packet) {
  struct packet ours = *packet, theirs = *packet;
  struct srtp_receiver before = receiver;
  enum peer_verdict own = verdict_of(unprotect(&ours));
  if (own != peer_unprotect(&peer_receiver, theirs.rtcp, theirs.bytes, &theirs.length)) return "verdicts differ";
  if (own == PEER_OTHER) return "a genuine packet is refused";
  tally.taken += own == PEER_TAKEN;
  tally.replayed += own == PEER_REPLAYED;
  tally.too_old += own == PEER_TOO_OLD;
  tally.unauthentic += own == PEER_NOT_AUTHENTIC;
  if (own == PEER_TAKEN) {
    if (ours.length != theirs.length) return "plain lengths differ";
    return memcmp(ours.bytes, theirs.bytes, ours.length) == 0 ? NULL : "plain packets differ";
  }
  if (memcmp(&before, &receiver, sizeof before) != 0) return "a refused packet has moved something";
  return ours.length == packet->length && memcmp(ours.bytes, packet->bytes, packet->length) == 0
             ? NULL
             : "a refused packet was changed";
}

/** A changed bit, a cut end, or another source: neither side takes it. */
static const char *receive_forged(const struct packet *genuine) {
  struct packet forged = *genuine;
  uint32_t way = random_below(8);
  if (way == 0) forged.length = random_below((uint32_t)forged.length);
  else if (way == 1) fill_random(forged.bytes + (forged.rtcp ? 4 : 8), 4);
  else if (way == 2) fill_random(forged.bytes + (forged.rtcp ? forged.length - 20 : 2), 2);
  else forged.bytes[random_below((uint32_t)forged.length)] ^= (uint8_t)(1u << random_below(8));
  if (forged.length == genuine->length && memcmp(forged.bytes, genuine->bytes, forged.length) == 0) return NULL;
  struct packet theirs = forged, copy = forged;
  struct srtp_receiver before = receiver;
  tally.forged++;
  if (unprotect(&copy) == DP_OK) return "we took a forged packet";
  if (peer_unprotect(&peer_receiver, theirs.rtcp, theirs.bytes, &theirs.length) == PEER_TAKEN) return "the peer took one";
  return memcmp(&before, &receiver, sizeof before) == 0 ? NULL : "a forged packet has moved something";
}

/** Loses, delays, repeats and forges. The first packet of a source arrives, and at once. */
static const char *carry(const struct packet *packet, bool first) {
  const char *fault = NULL;
  if (random_below(50) == 0) fault = receive_forged(packet);
  if (fault) return fault;
  remembered[remembered_count++ % REMEMBERED] = *packet;
  if (!first && random_below(20) == 0) {
    tally.lost++;
    return NULL;
  }
  if (!first && random_below(6) == 0) {
    struct packet *place = &delayed[random_below(DELAYED)];
    const struct packet late = *place;
    *place = *packet;
    return late.length > 0 ? receive(&late) : NULL;
  }
  fault = receive(packet);
  if (fault || random_below(30) != 0) return fault;
  return receive(&remembered[random_below(remembered_count < REMEMBERED ? (uint32_t)remembered_count : REMEMBERED)]);
}

// ---- a session ----

/** A source of ours in the state that the peer's begins with. */
static void begin_source(struct sender *sender, size_t at, const struct srtp_policy *policy) {
  if (srtp_sender_init(&sender->ours, policy) != DP_OK) abort();
  // Ours counts SRTCP from 0, as RFC 3711 §3.4 has it, libsrtp2 from 1.
  sender->ours.rtcp_index = 1;
  if (sender->source.roll_over == 0) return;
  sender->ours.has_index = sender->ours.has_ssrc = true;
  sender->ours.ssrc = sender->source.ssrc;
  sender->ours.index = sender->index - 1;
  struct srtp_source *known = &receiver.sources[at];
  known->used = known->has_rtp = true;
  known->ssrc = sender->source.ssrc;
  srtp_replay_start(&known->rtp, sender->index - 1);
}

/** Keys of both, names of a length that differs from session to session. @return the first key, for our senders */
static struct srtp_policy open_keys(enum srtp_suite suite, bool named) {
  struct srtp_policy policy, first;
  fill_random(&keys.masters[0][0], sizeof keys.masters);
  fill_random(&keys.mkis[0][0], sizeof keys.mkis);
  keys.mki_bytes = !named ? 0 : random_below(4) == 0 ? 1 + random_below(PEER_MKI_BYTES) : 4;
  for (uint8_t key = 0; key < PEER_KEYS; key++) {
    keys.mkis[key][0] = key; // Each another.
    if (srtp_policy_init(&policy, suite, keys.masters[key]) != DP_OK) abort();
    if (key == 0) first = policy;
    policy.mki = (struct byte_view){keys.mkis[key], keys.mki_bytes};
    if (key > 0 && !named) break;
    dp_error error = key == 0 ? srtp_receiver_init(&receiver, &policy) : srtp_receiver_add_key(&receiver, &policy);
    if (error != DP_OK) abort();
  }
  return first;
}

static void open_session(enum srtp_suite suite, bool named) {
  struct peer_source sources[SOURCES];
  const struct srtp_policy policy = open_keys(suite, named);
  for (uint32_t at = 0; at < SOURCES; at++) {
    struct sender *sender = &senders[at];
    memset(sender, 0, sizeof *sender);
    // Half of them late in a long call: every bit of the roll-over counter is somewhere set.
    sources[at].ssrc = (random_below(UINT32_MAX) & ~(SOURCES - 1u)) | at;
    sources[at].roll_over = random_below(2) == 0 ? 0 : 1 + random_below(UINT32_MAX - 100000);
    sender->source = sources[at];
    sender->index = (uint64_t)sources[at].roll_over << 16 | (1 + random_below(0x7ffe));
    begin_source(sender, at, &policy);
  }
  const char *name = srtp_suite_parameters(suite)->name;
  peer_open(&peer_sender, name, &keys, sources, SOURCES);
  peer_open(&peer_receiver, name, &keys, sources, SOURCES);
  memset(delayed, 0, sizeof delayed);
  remembered_count = 0;
}

static void close_session(void) {
  for (size_t at = 0; at < SOURCES; at++) srtp_sender_close(&senders[at].ours);
  srtp_receiver_close(&receiver);
  peer_close(&peer_sender);
  peer_close(&peer_receiver);
}

/**
 * libsrtp2 looks for RTCP's MKI as far from the end as RTP's tag is long, and where the tags differ refuses what it has made
 * itself: there is no RTCP then.
 */
static bool has_rtcp(void) {
  const struct srtp_suite_parameters *suite = receiver.keys[0].rtp.suite;
  return keys.mki_bytes == 0 || suite->rtp_tag_bytes == suite->rtcp_tag_bytes;
}

static void run_session(const char *name, unsigned long packets) {
  struct packet packet;
  for (unsigned long made = 0; made < packets; made++) {
    struct sender *sender = &senders[random_below(SOURCES)];
    bool first = !sender->begun;
    if (first || random_below(8) != 0 || !has_rtcp()) {
      make_rtp(sender, &packet);
      sender->begun = true;
    } else {
      make_rtcp(sender, &packet);
    }
    tally.made++;
    if (!protect(sender, &packet)) give_up(name, "protected packets differ");
    const char *fault = carry(&packet, first);
    if (fault) give_up(name, fault);
    if (!packet.rtcp) advance(sender);
  }
}

static void compare_suite(enum srtp_suite suite, bool named, unsigned long packets) {
  const char *name = srtp_suite_parameters(suite)->name;
  if (!peer_knows(name)) {
    printf("libsrtp2 does not know %s\n", name);
    return;
  }
  memset(&tally, 0, sizeof tally);
  while (tally.made < packets) {
    open_session(suite, named);
    unsigned long left = packets - tally.made;
    run_session(name, left < SESSION_PACKETS ? left : SESSION_PACKETS);
    close_session();
  }
  printf("ok   %s%s: %lu packets the same, %lu lost, %lu wraps; %lu taken, %lu replayed, %lu too old, %lu not authentic; "
         "%lu forged\n",
         name, named ? " with MKI" : "", tally.made, tally.lost, tally.wraps, tally.taken, tally.replayed, tally.too_old, tally.unauthentic,
         tally.forged);
  if (packets < SESSION_PACKETS) return;
  if (!tally.lost || !tally.wraps || !tally.replayed || !tally.too_old || !tally.forged) give_up(name, "too easy a run");
}

/** The counter sees what OpenSSL allocates, or its zero is worth nothing. */
static void try_counter(void) {
  const struct srtp_policy policy = {.suite = SRTP_AES_CM_128_HMAC_SHA1_80};
  struct srtp_sender opened;
  counting = true;
  dp_error error = srtp_sender_init(&opened, &policy);
  counting = false;
  if (error != DP_OK || allocations == 0) give_up("malloc", "the counter does not count");
  srtp_sender_close(&opened);
  allocations = 0;
}

int main(int count, char **arguments) {
  unsigned long packets = count > 1 ? strtoul(arguments[1], NULL, 10) : 20000;
  uint64_t seed = count > 2 ? strtoull(arguments[2], NULL, 10) : 1;
  const char *version = peer_load();
  if (!version) {
    printf("libsrtp2 is not installed\n");
    return 2;
  }
  try_counter();
  printf("%s, seed %lu\n", version, (unsigned long)seed);
  for (unsigned at = 0; at < 2 * SRTP_SUITES; at++) {
    random_state = seed * 0x9E3779B97F4A7C15u + at + 1;
    compare_suite((enum srtp_suite)(at % SRTP_SUITES), at >= SRTP_SUITES, packets);
  }
  if (allocations != 0) {
    printf("FAIL ours allocated %lu times\n", allocations);
    return 1;
  }
  return 0;
}
