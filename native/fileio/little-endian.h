// Numbers as RIFF has them: the lowest octet first. The caller has checked that they are there.

#ifndef DOORPHONE_FILEIO_LITTLE_ENDIAN_H
#define DOORPHONE_FILEIO_LITTLE_ENDIAN_H

#include <stdint.h>

static inline uint16_t read_u16(const uint8_t *bytes) { return (uint16_t)(bytes[0] | (unsigned)bytes[1] << 8); }

static inline uint32_t read_u32(const uint8_t *bytes) { return read_u16(bytes) | (uint32_t)read_u16(bytes + 2) << 16; }

#endif
