// Level meter: peak and RMS of what has been added since the last reset. The caller owns the state; one thread.

#ifndef DOORPHONE_DSP_LEVEL_H
#define DOORPHONE_DSP_LEVEL_H

#include <stddef.h>
#include <stdint.h>

/** Zero-initialised is empty. */
struct level_meter {
  uint64_t sum_of_squares;
  uint64_t count;
  uint32_t peak; /**< 0 to 32768 */
};

void level_reset(struct level_meter *meter);

void level_add(struct level_meter *meter, const int16_t *samples, size_t count);

/** Root mean square, 0 to 32768; 0 when nothing was added. */
double level_rms(const struct level_meter *meter);

/** An amplitude, 0 to 32768, in dB against a full-scale square wave (dBFS); -100 at least. */
double level_decibels(double amplitude);

/** RMS in dBFS, -100 for silence. */
double level_dbfs(const struct level_meter *meter);

#endif
