// STUN (RFC 8489) as ICE's connectivity checks use it (RFC 8445 §7): Binding requests read and answered, with short-term
// credentials (MESSAGE-INTEGRITY by HMAC-SHA1) and FINGERPRINT; our own Binding request and what its answer says. Pure, no
// allocation; any thread.
//
// Leaves out: long-term credentials and NONCE (§9.2), MESSAGE-INTEGRITY-SHA256, which ICE does not use, other methods,
// ALTERNATE-SERVER, RFC 3489's messages without a magic cookie.

#ifndef DOORPHONE_STUN_STUN_H
#define DOORPHONE_STUN_STUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/error.h"
#include "crypto/hmac-sha1.h"

#define STUN_HEADER_BYTES 20
#define STUN_TRANSACTION_BYTES 12
/** Room for whatever is written here. */
#define STUN_MOST_BYTES 128
/** Of more unknown attributes than these, an answer names the first. */
#define STUN_UNKNOWN 8

/** RFC 8489 §5, figure 3: the class's bits of the message type. */
enum stun_class { STUN_REQUEST = 0x000, STUN_INDICATION = 0x010, STUN_SUCCESS = 0x100, STUN_ERROR = 0x110 };

enum stun_error_code { STUN_UNKNOWN_ATTRIBUTE = 420, STUN_ROLE_CONFLICT = 487 };

/** A transport address. */
struct stun_address {
  uint8_t length; /**< 4: IPv4, 16: IPv6 */
  uint8_t bytes[16];
  uint16_t port;
};

/** A message that was read. Views point into its bytes. */
struct stun_message {
  enum stun_class class;
  uint8_t transaction[STUN_TRANSACTION_BYTES];
  struct byte_view username; /**< Empty: none. */
  bool has_integrity;
  size_t integrity_offset; /**< Where that attribute begins. */
  bool has_fingerprint;    /**< It was there, and right. */
  bool use_candidate;
  bool controlling; /**< The sender takes ICE's controlling role … */
  bool controlled;  /**< … or the controlled one. */
  bool has_priority;
  uint32_t priority;
  bool has_mapped;
  struct stun_address mapped;
  size_t unknown_count; /**< Attributes that must be understood and are not (§14). */
  uint16_t unknown[STUN_UNKNOWN];
};

/**
 * Reads a Binding message (§5, §6.3). Attributes behind MESSAGE-INTEGRITY but FINGERPRINT are not looked at (§14.5).
 * @return DP_OK, DP_TOO_SHORT, DP_MALFORMED (also: a wrong fingerprint), DP_UNSUPPORTED (another method)
 */
dp_error stun_parse(const uint8_t *bytes, size_t length, struct stun_message *message);

/** Whether MESSAGE-INTEGRITY is there and right (§14.5). @param key of the short-term password (§9.1.1) */
bool stun_is_authentic(const uint8_t *bytes, const struct stun_message *message, const struct hmac_sha1 *key);

/**
 * Writes a success response with FINGERPRINT (§6.3.1.1).
 * @param mapped where the request came from
 * @param key null: without MESSAGE-INTEGRITY
 * @return its length
 */
size_t stun_write_success(const struct stun_message *request, const struct stun_address *mapped,
                          const struct hmac_sha1 *key, uint8_t bytes[STUN_MOST_BYTES]);

/** Writes an error response (§14.8) with FINGERPRINT; with 420 the unknown attributes are named (§14.9). */
size_t stun_write_error(const struct stun_message *request, enum stun_error_code code, const struct hmac_sha1 *key,
                        uint8_t bytes[STUN_MOST_BYTES]);

/** Writes a Binding request without credentials, with FINGERPRINT. @param transaction random bytes */
size_t stun_write_request(const uint8_t transaction[STUN_TRANSACTION_BYTES], uint8_t bytes[STUN_MOST_BYTES]);

/** Writes a Binding indication, which nobody answers (§6.3.2): it keeps a NAT's mapping. @param transaction random bytes */
size_t stun_write_indication(const uint8_t transaction[STUN_TRANSACTION_BYTES], uint8_t bytes[STUN_MOST_BYTES]);

#endif
