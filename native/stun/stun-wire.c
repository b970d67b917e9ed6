// See stun-wire.h.

#include "stun/stun-wire.h"

#define FINGERPRINT_MASK UINT32_C(0x5354554E)

/** The CRC-32 of RFC 1952 §8, four bits at a time. */
static uint32_t crc32_of(const uint8_t *bytes, size_t length) {
  static const uint32_t table[16] = {0x00000000, 0x1DB71064, 0x3B6E20C8, 0x26D930AC, 0x76DC4190, 0x6B6B51F4,
                                     0x4DB26158, 0x5005713C, 0xEDB88320, 0xF00F9344, 0xD6D6A3E8, 0xCB61B38C,
                                     0x9B64C2B0, 0x86D3D2D4, 0xA00AE278, 0xBDBDF21C};
  uint32_t crc = UINT32_MAX;
  for (size_t at = 0; at < length; at++) {
    crc ^= bytes[at];
    crc = crc >> 4 ^ table[crc & 15];
    crc = crc >> 4 ^ table[crc & 15];
  }
  return ~crc;
}

uint32_t stun_fingerprint(const uint8_t *bytes, size_t length) { return crc32_of(bytes, length) ^ FINGERPRINT_MASK; }

bool stun_integrity(const uint8_t *bytes, size_t length, const struct hmac_sha1 *key, uint8_t digest[HMAC_SHA1_BYTES]) {
  uint8_t stated[2];
  bytes_store_u16(stated, (uint16_t)(length - STUN_HEADER_BYTES + STUN_ATTRIBUTE_HEADER_BYTES + HMAC_SHA1_BYTES));
  const struct byte_view parts[] = {{bytes, 2}, {stated, sizeof stated}, {bytes + 4, length - 4}};
  return hmac_sha1_compute(key, parts, 3, digest) == DP_OK;
}
