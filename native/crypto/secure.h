// What handling of secrets needs beside ciphers: wiping, comparing in constant time, random bytes. Any thread.

#ifndef DOORPHONE_CRYPTO_SECURE_H
#define DOORPHONE_CRYPTO_SECURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/** Overwrites bytes in a way that the compiler may not drop. */
void secure_wipe(void *bytes, size_t length);

/** Whether two strings of the same length are equal; the time taken says nothing of where they differ. */
bool secure_equal(const uint8_t *left, const uint8_t *right, size_t length);

/** Fills with random bytes from OpenSSL's generator (SSRC, first sequence number: RFC 3550 §5.1). May lock: not on the
 * media thread. @return DP_OK, DP_CRYPTO */
dp_error secure_random(uint8_t *bytes, size_t length);

#endif
