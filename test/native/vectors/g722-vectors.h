// FNV-1a of what spandsp 0.0.6 makes of each signal: octets, and samples of these. By make-g722-vectors.c.

#ifndef DOORPHONE_TEST_VECTORS_G722_VECTORS_H
#define DOORPHONE_TEST_VECTORS_G722_VECTORS_H

#include <stdint.h>

#include "vectors/g722-signals.h"

static const struct {
  uint64_t octets;
  uint64_t samples; /**< 0: beyond the scale. */
} g722_vectors[G722_SIGNALS] = {
    {UINT64_C(0xd7481d85f368e2eb), UINT64_C(0x0000000000000000)},
    {UINT64_C(0x7e28915d4cca6539), UINT64_C(0x8f614ede5d528385)},
    {UINT64_C(0xdec899f661d5a4c8), UINT64_C(0x3ae33faac3009f27)},
    {UINT64_C(0x3ae37f0d8b9c79a9), UINT64_C(0x0000000000000000)},
};

#endif
