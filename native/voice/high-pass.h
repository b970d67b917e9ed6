// Takes wind, traffic and the rumble of a wall out of a voice: a second-order Butterworth high-pass. The caller owns the
// state; one thread.

#ifndef DOORPHONE_VOICE_HIGH_PASS_H
#define DOORPHONE_VOICE_HIGH_PASS_H

#include <stddef.h>
#include <stdint.h>

/** -3 dB: below the voices of grown men, above what hums. */
#define HIGH_PASS_HZ 120

/** Fields are the filter's own. */
struct high_pass {
  float b0;
  float a1;
  float a2;
  float state[2];
};

void high_pass_init(struct high_pass *filter, uint32_t rate_hz);

/** In place. */
void high_pass_run(struct high_pass *filter, float *samples, size_t count);

#endif
