// What reading and writing of STUN share: numbers, and the two sums over a message. For stun/ alone.

#ifndef DOORPHONE_STUN_STUN_WIRE_H
#define DOORPHONE_STUN_STUN_WIRE_H

#include "stun/stun.h"

#define STUN_COOKIE UINT32_C(0x2112A442)
#define STUN_COOKIE_OFFSET 4
#define STUN_TRANSACTION_OFFSET 8
#define STUN_ATTRIBUTE_HEADER_BYTES 4

/** RFC 8489 §5 */
enum { STUN_BINDING = 0x0001, STUN_CLASS_BITS = 0x0110 };

/** RFC 8489 §18.3, RFC 8445 §16.1. */
enum {
  STUN_MAPPED_ADDRESS = 0x0001,
  STUN_USERNAME = 0x0006,
  STUN_MESSAGE_INTEGRITY = 0x0008,
  STUN_ERROR_CODE = 0x0009,
  STUN_UNKNOWN_ATTRIBUTES = 0x000A,
  STUN_REALM = 0x0014,
  STUN_NONCE = 0x0015,
  STUN_MESSAGE_INTEGRITY_SHA256 = 0x001C,
  STUN_XOR_MAPPED_ADDRESS = 0x0020,
  STUN_PRIORITY = 0x0024,
  STUN_USE_CANDIDATE = 0x0025,
  STUN_FINGERPRINT = 0x8028,
  STUN_ICE_CONTROLLED = 0x8029,
  STUN_ICE_CONTROLLING = 0x802A
};

/** RFC 8489 §14.1 */
enum { STUN_FAMILY_IPV4 = 1, STUN_FAMILY_IPV6 = 2 };

/** FINGERPRINT's value over the first `length` bytes, whose header counts that attribute already (§14.7). */
uint32_t stun_fingerprint(const uint8_t *bytes, size_t length);

/**
 * MESSAGE-INTEGRITY's value over the first `length` bytes, with the header's length as if the message ended behind that
 * attribute (§14.5).
 */
bool stun_integrity(const uint8_t *bytes, size_t length, const struct hmac_sha1 *key, uint8_t digest[HMAC_SHA1_BYTES]);

#endif
