// Bytes: a view of somebody else's bytes, and network byte order (RFC 3550 §4) without alignment or aliasing traps.
// Header only, any thread.

#ifndef DOORPHONE_BASE_BYTES_H
#define DOORPHONE_BASE_BYTES_H

#include <stddef.h>
#include <stdint.h>

/** Bytes that somebody else owns; valid as long as the owner says. */
struct byte_view {
  const uint8_t *data;
  size_t length;
};

static inline uint16_t bytes_load_u16(const uint8_t *bytes) { return (uint16_t)((bytes[0] << 8) | bytes[1]); }

static inline uint32_t bytes_load_u24(const uint8_t *bytes) {
  return ((uint32_t)bytes[0] << 16) | ((uint32_t)bytes[1] << 8) | bytes[2];
}

static inline uint32_t bytes_load_u32(const uint8_t *bytes) {
  return ((uint32_t)bytes[0] << 24) | bytes_load_u24(bytes + 1);
}

static inline uint64_t bytes_load_u64(const uint8_t *bytes) {
  return ((uint64_t)bytes_load_u32(bytes) << 32) | bytes_load_u32(bytes + 4);
}

static inline void bytes_store_u16(uint8_t *bytes, uint16_t value) {
  bytes[0] = (uint8_t)(value >> 8);
  bytes[1] = (uint8_t)value;
}

static inline void bytes_store_u24(uint8_t *bytes, uint32_t value) {
  bytes[0] = (uint8_t)(value >> 16);
  bytes_store_u16(bytes + 1, (uint16_t)value);
}

static inline void bytes_store_u32(uint8_t *bytes, uint32_t value) {
  bytes_store_u16(bytes, (uint16_t)(value >> 16));
  bytes_store_u16(bytes + 2, (uint16_t)value);
}

static inline void bytes_store_u64(uint8_t *bytes, uint64_t value) {
  bytes_store_u32(bytes, (uint32_t)(value >> 32));
  bytes_store_u32(bytes + 4, (uint32_t)value);
}

#endif
