// See high-pass.h. The bilinear transform of the analogue filter.

#define _DEFAULT_SOURCE // M_PI

#include "voice/high-pass.h"

#include <math.h>

void high_pass_init(struct high_pass *filter, uint32_t rate_hz) {
  double w = tan(M_PI * HIGH_PASS_HZ / (double)rate_hz);
  double scale = 1 / (1 + M_SQRT2 * w + w * w);
  *filter = (struct high_pass){.b0 = (float)scale,
                               .a1 = (float)(2 * (w * w - 1) * scale),
                               .a2 = (float)((1 - M_SQRT2 * w + w * w) * scale)};
}

void high_pass_run(struct high_pass *filter, float *samples, size_t count) {
  for (size_t at = 0; at < count; at++) {
    float input = filter->b0 * samples[at];
    float output = input + filter->state[0];
    filter->state[0] = -2 * input - filter->a1 * output + filter->state[1];
    filter->state[1] = input - filter->a2 * output;
    samples[at] = output;
  }
}
