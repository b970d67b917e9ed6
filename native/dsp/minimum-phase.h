// The filter with the same magnitude that answers soonest, for sound that somebody waits for. Not on the media thread:
// some hundred thousand products.

#ifndef DOORPHONE_DSP_MINIMUM_PHASE_H
#define DOORPHONE_DSP_MINIMUM_PHASE_H

#include <stddef.h>

/**
 * The longest response that is taken, in coefficients: at 48 kHz to 8 there are 180, while 44.1 kHz to 8 has 14000, which
 * would take seconds on a small board.
 */
#define MINIMUM_PHASE_MOST 512

/**
 * Replaces a symmetric response of 1 to MINIMUM_PHASE_MOST coefficients, whose sum is about 1, by that of minimum phase; what
 * is more than 80 dB down stays that far down, but not exactly where it was.
 */
void minimum_phase(double *response, size_t length);

#endif
