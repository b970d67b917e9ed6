// A DTLS-SRTP endpoint (RFC 5764 over DTLS 1.2, RFC 6347): the handshake with one peer over datagrams that the caller
// carries, and the keys that come of it. It knows no address and no socket; time is an argument.
//
// What makes a peer the right one is the fingerprint of its certificate, which the signalling has told (RFC 5763 §5): one
// with another certificate, or one that does not negotiate SRTP, never gets as far as keys. A server answers a first
// ClientHello with no more bytes than it had, by a cookie (RFC 6347 §4.2.1), and remembers nothing of it.
//
// One thread an endpoint, which is not the media thread: OpenSSL allocates and locks.
//
// Leaves out: application data, which DTLS-SRTP has none of (§4.1) and which is thrown away; MKI, of which a client that
// proposes one is answered none (§4.1.1); renegotiation, in whose place a new endpoint takes over (RFC 8842 §3); resumption.

#ifndef DOORPHONE_DTLS_DTLS_H
#define DOORPHONE_DTLS_DTLS_H

#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/error.h"
#include "dtls/dtls-fingerprint.h"
#include "dtls/dtls-identity.h"

/** No datagram of ours is longer: what every path carries, with room for IPv6 and tunnels. */
#define DTLS_MTU 1200
/** The longest master key (32) and salt (14) together. */
#define DTLS_MASTER_BYTES 46
/** The longest source that a cookie can bind to. */
#define DTLS_SOURCE_BYTES 32

struct dtls_endpoint;

/** `setup:active` is the client, `setup:passive` the server (RFC 5763 §5). */
enum dtls_role { DTLS_CLIENT = 1, DTLS_SERVER = 2 };

enum dtls_state {
  DTLS_LISTENING,   /**< Server: no peer has shown yet that it receives what we send it. */
  DTLS_HANDSHAKING, /**< With one peer. */
  DTLS_ESTABLISHED, /**< Its certificate is the announced one, and there are keys. */
  DTLS_FAILED       /**< For good. */
};

/** Why there are no keys. The numbers cross to TypeScript: src/media/layout.ts. */
enum dtls_failure {
  DTLS_FAILURE_NONE = 0,
  DTLS_FAILURE_TIMEOUT = 1,     /**< Not done within its time. */
  DTLS_FAILURE_FINGERPRINT = 2, /**< The certificate is not the announced one. */
  DTLS_FAILURE_NO_SRTP = 3,     /**< The peer negotiates no SRTP, or no profile of ours. */
  DTLS_FAILURE_REFUSED = 4,     /**< The peer ended it with an alert. */
  DTLS_FAILURE_PROTOCOL = 5     /**< What came broke the rules, or nothing is in common. */
};

/** SRTP protection profiles (RFC 5764 §4.1.2, RFC 7714 §14.2). */
enum dtls_profile {
  DTLS_PROFILE_AES128_CM_SHA1_80 = 0x0001,
  DTLS_PROFILE_AES128_CM_SHA1_32 = 0x0002,
  DTLS_PROFILE_AEAD_AES_128_GCM = 0x0007,
  DTLS_PROFILE_AEAD_AES_256_GCM = 0x0008
};

/** Master keys, each with its salt behind it, as SDES carries them. Secret: wipe after use. */
struct dtls_keys {
  enum dtls_profile profile;
  size_t master_bytes; /**< Key and salt together. */
  uint8_t send[DTLS_MASTER_BYTES];
  uint8_t receive[DTLS_MASTER_BYTES];
};

struct dtls_options {
  struct dtls_identity *identity; /**< Outlives the endpoint. */
  enum dtls_role role;
  struct dtls_fingerprints peer;
  uint64_t deadline_ns; /**< When a handshake that is not done has failed. */
  /** Carries a datagram to the peer; while listening, to where the datagram being taken came from. */
  void (*send)(void *context, const uint8_t *bytes, size_t length);
  void *context;
};

/**
 * Begins. A client's ClientHello leaves before this returns.
 * @param now_ns monotonic
 * @return DP_OK, DP_INVALID_ARGUMENT (no fingerprint), DP_SYSTEM (memory), DP_CRYPTO
 */
dp_error dtls_endpoint_create(const struct dtls_options *options, uint64_t now_ns, struct dtls_endpoint **endpoint);

/** Says farewell (close_notify) where there is somebody to say it to, wipes and frees. Null is nothing. */
void dtls_endpoint_destroy(struct dtls_endpoint *endpoint);

/**
 * Takes a datagram, whatever its bytes.
 * @param source says where it came from, by the caller's own encoding: a cookie counts only from where it was sent to
 */
void dtls_endpoint_take(struct dtls_endpoint *endpoint, struct byte_view datagram, struct byte_view source,
                        uint64_t now_ns);

/** When dtls_endpoint_tick is to be called next; UINT64_MAX: never. */
uint64_t dtls_endpoint_due_ns(const struct dtls_endpoint *endpoint);

/** Sends again what has not been answered; ends what has taken too long. */
void dtls_endpoint_tick(struct dtls_endpoint *endpoint, uint64_t now_ns);

enum dtls_state dtls_endpoint_state(const struct dtls_endpoint *endpoint);

enum dtls_failure dtls_endpoint_failure(const struct dtls_endpoint *endpoint);

/** The keys of an established endpoint (RFC 5764 §4.2). @return DP_OK, DP_EMPTY (not established), DP_CRYPTO */
dp_error dtls_endpoint_keys(struct dtls_endpoint *endpoint, struct dtls_keys *keys);

#endif
