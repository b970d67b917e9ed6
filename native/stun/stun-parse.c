// Reading. See stun.h.

#include <string.h>

#include "crypto/secure.h"
#include "stun/stun-wire.h"

/** An attribute's value. */
struct attribute {
  uint16_t type;
  size_t offset; /**< Of its type. */
  struct byte_view value;
};

/** RFC 8489 §14.1, §14.2. @param mask null: MAPPED-ADDRESS */
static void read_address(const struct attribute *attribute, const uint8_t *mask, struct stun_message *message) {
  const uint8_t *value = attribute->value.data;
  size_t length = attribute->value.length;
  bool is_v4 = length == 8 && value[1] == STUN_FAMILY_IPV4;
  bool is_v6 = length == 20 && value[1] == STUN_FAMILY_IPV6;
  if (!is_v4 && !is_v6) return;
  struct stun_address *mapped = &message->mapped;
  mapped->length = is_v4 ? 4 : 16;
  mapped->port = bytes_load_u16(value + 2);
  if (mask) mapped->port ^= bytes_load_u16(mask);
  for (size_t at = 0; at < mapped->length; at++) mapped->bytes[at] = value[4 + at] ^ (mask ? mask[at] : 0);
  message->has_mapped = true;
}

static void note_unknown(uint16_t type, struct stun_message *message) {
  // §14: the upper half may be passed over.
  if (type >= 0x8000 || message->unknown_count >= STUN_UNKNOWN) return;
  message->unknown[message->unknown_count++] = type;
}

static void take_attribute(const uint8_t *bytes, const struct attribute *attribute, struct stun_message *message) {
  const struct byte_view *value = &attribute->value;
  switch (attribute->type) {
    case STUN_USERNAME:
      if (message->username.length == 0) message->username = *value;
      break;
    case STUN_PRIORITY:
      if (value->length != 4) break;
      message->has_priority = true;
      message->priority = bytes_load_u32(value->data);
      break;
    case STUN_USE_CANDIDATE:
      message->use_candidate = true;
      break;
    case STUN_ICE_CONTROLLING:
      message->controlling = true;
      break;
    case STUN_ICE_CONTROLLED:
      message->controlled = true;
      break;
    case STUN_MAPPED_ADDRESS:
      if (!message->has_mapped) read_address(attribute, NULL, message);
      break;
    case STUN_XOR_MAPPED_ADDRESS:
      // §14.2: cookie and transaction ID stand beside each other in the header.
      read_address(attribute, bytes + STUN_COOKIE_OFFSET, message);
      break;
    case STUN_MESSAGE_INTEGRITY:
      message->has_integrity = value->length == HMAC_SHA1_BYTES;
      message->integrity_offset = attribute->offset;
      break;
    case STUN_ERROR_CODE:
    case STUN_UNKNOWN_ATTRIBUTES:
    case STUN_REALM:
    case STUN_NONCE:
    case STUN_MESSAGE_INTEGRITY_SHA256:
      break;
    default:
      note_unknown(attribute->type, message);
  }
}

/** §14.7: the last attribute, and right. */
static bool check_fingerprint(const uint8_t *bytes, size_t length, const struct attribute *attribute) {
  if (attribute->value.length != 4 || attribute->offset + 8 != length) return false;
  return bytes_load_u32(attribute->value.data) == stun_fingerprint(bytes, attribute->offset);
}

/** §14. @param offset where it begins; moved behind it */
static dp_error next_attribute(const uint8_t *bytes, size_t length, size_t *offset, struct attribute *attribute) {
  if (length - *offset < STUN_ATTRIBUTE_HEADER_BYTES) return DP_TOO_SHORT;
  size_t size = bytes_load_u16(bytes + *offset + 2);
  size_t padded = (size + 3) & ~(size_t)3;
  if (length - *offset - STUN_ATTRIBUTE_HEADER_BYTES < padded) return DP_TOO_SHORT;
  attribute->type = bytes_load_u16(bytes + *offset);
  attribute->offset = *offset;
  attribute->value = (struct byte_view){bytes + *offset + STUN_ATTRIBUTE_HEADER_BYTES, size};
  *offset += STUN_ATTRIBUTE_HEADER_BYTES + padded;
  return DP_OK;
}

static dp_error parse_header(const uint8_t *bytes, size_t length, struct stun_message *message) {
  if (length < STUN_HEADER_BYTES) return DP_TOO_SHORT;
  uint16_t type = bytes_load_u16(bytes);
  if (type >> 14 != 0 || bytes_load_u32(bytes + STUN_COOKIE_OFFSET) != STUN_COOKIE) return DP_MALFORMED;
  size_t stated = bytes_load_u16(bytes + 2);
  if (stated % 4 != 0 || stated != length - STUN_HEADER_BYTES) return DP_MALFORMED;
  if ((type & ~STUN_CLASS_BITS) != STUN_BINDING) return DP_UNSUPPORTED;
  message->class = (enum stun_class)(type & STUN_CLASS_BITS);
  memcpy(message->transaction, bytes + STUN_TRANSACTION_OFFSET, STUN_TRANSACTION_BYTES);
  return DP_OK;
}

dp_error stun_parse(const uint8_t *bytes, size_t length, struct stun_message *message) {
  memset(message, 0, sizeof *message);
  dp_error error = parse_header(bytes, length, message);
  size_t offset = STUN_HEADER_BYTES;
  bool sealed = false;
  while (error == DP_OK && offset < length) {
    struct attribute attribute;
    error = next_attribute(bytes, length, &offset, &attribute);
    if (error != DP_OK) return error;
    if (attribute.type == STUN_FINGERPRINT) {
      if (!check_fingerprint(bytes, length, &attribute)) return DP_MALFORMED;
      message->has_fingerprint = true;
    } else if (!sealed) {
      take_attribute(bytes, &attribute, message);
      sealed = attribute.type == STUN_MESSAGE_INTEGRITY;
    }
  }
  return error;
}

bool stun_is_authentic(const uint8_t *bytes, const struct stun_message *message, const struct hmac_sha1 *key) {
  if (!message->has_integrity) return false;
  uint8_t digest[HMAC_SHA1_BYTES];
  if (!stun_integrity(bytes, message->integrity_offset, key, digest)) return false;
  const uint8_t *shown = bytes + message->integrity_offset + STUN_ATTRIBUTE_HEADER_BYTES;
  return secure_equal(shown, digest, HMAC_SHA1_BYTES);
}
