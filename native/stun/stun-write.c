// Writing. See stun.h.

#include <string.h>

#include "stun/stun-wire.h"

/** A message on its way: nothing written here comes near STUN_MOST_BYTES, and what would is left out. */
struct writer {
  uint8_t *bytes;
  size_t length;
};

/** Header with a length of 0 (RFC 8489 §5). */
static struct writer begin(enum stun_class class, const uint8_t transaction[STUN_TRANSACTION_BYTES], uint8_t *bytes) {
  bytes_store_u16(bytes, (uint16_t)(STUN_BINDING | class));
  bytes_store_u16(bytes + 2, 0);
  bytes_store_u32(bytes + STUN_COOKIE_OFFSET, STUN_COOKIE);
  memcpy(bytes + STUN_TRANSACTION_OFFSET, transaction, STUN_TRANSACTION_BYTES);
  return (struct writer){.bytes = bytes, .length = STUN_HEADER_BYTES};
}

/** Room for an attribute, zeroed, padding included; the header counts it (§14). @return its value, null: no room */
static uint8_t *append(struct writer *writer, uint16_t type, size_t size) {
  size_t padded = (size + 3) & ~(size_t)3;
  if (STUN_MOST_BYTES - writer->length < STUN_ATTRIBUTE_HEADER_BYTES + padded) return NULL;
  uint8_t *at = writer->bytes + writer->length;
  bytes_store_u16(at, type);
  bytes_store_u16(at + 2, (uint16_t)size);
  memset(at + STUN_ATTRIBUTE_HEADER_BYTES, 0, padded);
  writer->length += STUN_ATTRIBUTE_HEADER_BYTES + padded;
  bytes_store_u16(writer->bytes + 2, (uint16_t)(writer->length - STUN_HEADER_BYTES));
  return at + STUN_ATTRIBUTE_HEADER_BYTES;
}

/** MESSAGE-INTEGRITY (§14.5) where there is a key, FINGERPRINT (§14.7) last. */
static size_t finish(struct writer *writer, const struct hmac_sha1 *key) {
  size_t before = writer->length;
  uint8_t *digest = key ? append(writer, STUN_MESSAGE_INTEGRITY, HMAC_SHA1_BYTES) : NULL;
  if (key && (!digest || !stun_integrity(writer->bytes, before, key, digest))) return 0;
  before = writer->length;
  uint8_t *fingerprint = append(writer, STUN_FINGERPRINT, 4);
  if (!fingerprint) return 0;
  bytes_store_u32(fingerprint, stun_fingerprint(writer->bytes, before));
  return writer->length;
}

/** XOR-MAPPED-ADDRESS (§14.2). */
static void append_mapped(struct writer *writer, const struct stun_address *mapped) {
  uint8_t *value = append(writer, STUN_XOR_MAPPED_ADDRESS, 4u + mapped->length);
  if (!value) return;
  const uint8_t *mask = writer->bytes + STUN_COOKIE_OFFSET;
  value[1] = mapped->length == 4 ? STUN_FAMILY_IPV4 : STUN_FAMILY_IPV6;
  bytes_store_u16(value + 2, mapped->port ^ bytes_load_u16(mask));
  for (size_t at = 0; at < mapped->length; at++) value[4 + at] = mapped->bytes[at] ^ mask[at];
}

size_t stun_write_success(const struct stun_message *request, const struct stun_address *mapped,
                          const struct hmac_sha1 *key, uint8_t bytes[STUN_MOST_BYTES]) {
  if (mapped->length != 4 && mapped->length != 16) return 0;
  struct writer writer = begin(STUN_SUCCESS, request->transaction, bytes);
  append_mapped(&writer, mapped);
  return finish(&writer, key);
}

/** UNKNOWN-ATTRIBUTES (§14.9). */
static void append_unknown(struct writer *writer, const struct stun_message *request) {
  uint8_t *value = append(writer, STUN_UNKNOWN_ATTRIBUTES, 2 * request->unknown_count);
  for (size_t at = 0; value && at < request->unknown_count; at++) {
    bytes_store_u16(value + 2 * at, request->unknown[at]);
  }
}

size_t stun_write_error(const struct stun_message *request, enum stun_error_code code, const struct hmac_sha1 *key,
                        uint8_t bytes[STUN_MOST_BYTES]) {
  const char *reason = code == STUN_ROLE_CONFLICT ? "Role Conflict" : "Unknown Attribute";
  struct writer writer = begin(STUN_ERROR, request->transaction, bytes);
  // §14.8: the hundreds, the rest, the phrase.
  uint8_t *value = append(&writer, STUN_ERROR_CODE, 4 + strlen(reason));
  if (!value) return 0;
  value[2] = (uint8_t)(code / 100);
  value[3] = (uint8_t)(code % 100);
  memcpy(value + 4, reason, strlen(reason));
  if (code == STUN_UNKNOWN_ATTRIBUTE) append_unknown(&writer, request);
  return finish(&writer, key);
}

size_t stun_write_request(const uint8_t transaction[STUN_TRANSACTION_BYTES], uint8_t bytes[STUN_MOST_BYTES]) {
  struct writer writer = begin(STUN_REQUEST, transaction, bytes);
  return finish(&writer, NULL);
}

size_t stun_write_indication(const uint8_t transaction[STUN_TRANSACTION_BYTES], uint8_t bytes[STUN_MOST_BYTES]) {
  struct writer writer = begin(STUN_INDICATION, transaction, bytes);
  return finish(&writer, NULL);
}
