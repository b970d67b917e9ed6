// SRTP and SRTCP (RFC 3711; the suites of srtp-suite.h), key derivation rate 0. A sender protects one SSRC at a time; a
// receiver learns SSRCs, each only after its first authentic packet. It may have several master keys, of which each packet
// names one by its MKI (§3.1); roll-over counters and windows belong to the SSRCs, whichever key (§3.2.1). The order in a
// receiver is: find the key, estimate the index (pure), look at the replay window (read only), authenticate, decrypt, and
// only then commit: no forged packet moves roll-over counter or window.
//
// Init and close allocate (OpenSSL contexts): not on the media thread. Protect and unprotect do not allocate and belong
// to one thread a context.
//
// Leaves out: MKIs in what we send, which has one key at a time; key derivation rates, AES-192, encrypted header extensions (RFC 6904).

#ifndef DOORPHONE_SRTP_SRTP_H
#define DOORPHONE_SRTP_SRTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "srtp/srtp-keys.h"
#include "srtp/srtp-replay.h"
#include "srtp/srtp-transform.h"

/** How much longer a protected packet may be, whatever the suite. */
#define SRTP_MAX_RTP_OVERHEAD SRTP_MAX_TAG_BYTES
#define SRTP_MAX_RTCP_OVERHEAD (SRTCP_INDEX_BYTES + SRTP_MAX_TAG_BYTES)
/** SSRCs that a receiver tells apart; more are refused, as dropping one would reopen it to replay. */
#define SRTP_MAX_SOURCES 8
/** Master keys of a receiver. */
#define SRTP_MAX_KEYS 4

/** RFC 3711 §9.2: packets that one master key may protect. */
#define SRTP_MAX_RTP_PACKETS (UINT64_C(1) << 48)
#define SRTP_MAX_RTCP_PACKETS (UINT64_C(1) << 31)

/** What one direction protects with. One SSRC, fixed by its first packet until it is changed. */
struct srtp_sender {
  struct srtp_session_keys rtp;
  struct srtp_session_keys rtcp;
  uint64_t lifetime_rtp;
  uint64_t lifetime_rtcp;
  bool has_ssrc; /**< A first packet has gone. */
  uint32_t ssrc;
  bool has_index; /**< A first RTP packet has gone. */
  uint64_t index; /**< Of the last RTP packet: ROC times 65536 plus sequence number (§3.3.1). */
  uint64_t packets;
  uint64_t rtcp_index; /**< Of the next SRTCP packet; 31 bits on the wire (§3.4). */
};

/** What a receiver keeps of one authenticated SSRC. */
struct srtp_source {
  bool used;
  bool has_rtp; /**< `rtp` is a window. */
  bool has_rtcp;
  uint32_t ssrc;
  struct srtp_replay rtp;
  struct srtp_replay rtcp;
};

/** What comes of one master key. */
struct srtp_receiver_key {
  struct srtp_session_keys rtp;
  struct srtp_session_keys rtcp;
  uint64_t lifetime_rtp;
  uint64_t lifetime_rtcp;
  uint64_t rtp_packets; /**< Authentic ones. */
  uint64_t rtcp_packets;
  uint8_t mki[SRTP_MAX_MKI_BYTES];
};

/** What one direction unprotects with. */
struct srtp_receiver {
  size_t mki_bytes; /**< In each packet (§3.2.1); 0: none, and one key. */
  size_t key_count;
  struct srtp_receiver_key keys[SRTP_MAX_KEYS];
  struct srtp_source sources[SRTP_MAX_SOURCES];
};

/**
 * Derives the session keys. The same master key must never be given to two senders, nor again to a new sender of the
 * same SSRC: the keystream would repeat (§9.1), and GCM would give its key away (RFC 7714 §8.4). Wipe the policy afterwards.
 * @param policy without MKI
 * @return DP_OK, DP_INVALID_ARGUMENT, DP_CRYPTO
 */
dp_error srtp_sender_init(struct srtp_sender *sender, const struct srtp_policy *policy);

/**
 * The next packet may be of another SSRC, and begins its counters. It must be one that this key has never protected.
 * What the key has protected so far still counts for its lifetime.
 */
void srtp_sender_change_source(struct srtp_sender *sender);

/** Wipes and frees. Harmless when zero-initialised or closed already. */
void srtp_sender_close(struct srtp_sender *sender);

/** A receiver with its first key. @return DP_OK, DP_INVALID_ARGUMENT, DP_CRYPTO */
dp_error srtp_receiver_init(struct srtp_receiver *receiver, const struct srtp_policy *policy);

/**
 * Another key, of the same suite, with an MKI that no other has and that is as long as theirs (RFC 4568 §6.1). On any failure
 * there is one less.
 * @return DP_OK, DP_INVALID_ARGUMENT, DP_FULL, DP_CRYPTO
 */
dp_error srtp_receiver_add_key(struct srtp_receiver *receiver, const struct srtp_policy *policy);

/**
 * Goes on where another receiver was: with its SSRCs (RFC 3711 §3.2.1: they have the roll-over counters), and with what the
 * keys that both have were used for. Does not allocate.
 */
void srtp_receiver_continue(struct srtp_receiver *receiver, const struct srtp_receiver *before);

/** Whether the lifetimes of all its keys are over for RTP (RFC 3711 §9.2): no further packet is accepted. */
bool srtp_receiver_is_spent(const struct srtp_receiver *receiver);

void srtp_receiver_close(struct srtp_receiver *receiver);

/**
 * Protects an RTP packet in place (§3.3). Sequence numbers must go up; a repeated one is refused, as its keystream is
 * spent. The length grows by the suite's tag.
 * @param capacity of the buffer `packet`
 * @return DP_OK, DP_TOO_SHORT, DP_MALFORMED, DP_NO_SPACE, DP_WRONG_SOURCE, DP_REPLAYED, DP_KEY_EXPIRED, DP_CRYPTO
 */
dp_error srtp_protect_rtp(struct srtp_sender *sender, uint8_t *packet, size_t *length, size_t capacity);

/**
 * Checks and decrypts an SRTP packet in place (§3.3). The length shrinks by the suite's tag and the MKI. On any failure
 * nothing has changed, neither packet nor receiver.
 * @return DP_OK, DP_TOO_SHORT, DP_MALFORMED, DP_REPLAYED, DP_TOO_OLD, DP_NOT_AUTHENTIC (it may name no key of ours), DP_FULL,
 * DP_KEY_EXPIRED, DP_CRYPTO
 */
dp_error srtp_unprotect_rtp(struct srtp_receiver *receiver, uint8_t *packet, size_t *length);

/** Protects a compound RTCP packet in place (§3.4); encrypts it. @return as srtp_protect_rtp */
dp_error srtp_protect_rtcp(struct srtp_sender *sender, uint8_t *packet, size_t *length, size_t capacity);

/** Checks and, where the E bit says so, decrypts an SRTCP packet in place (§3.4). @return as srtp_unprotect_rtp */
dp_error srtp_unprotect_rtcp(struct srtp_receiver *receiver, uint8_t *packet, size_t *length);

#endif
