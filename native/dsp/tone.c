// See tone.h. The oscillator is a pointer turned by a fixed angle every sample; its length drifts by rounding and is
// set right once a block.

#include "dsp/tone.h"

#include <math.h>
#include <string.h>

#include "dsp/mix.h"

static const double turn = 6.283185307179586;

enum { FREQUENCY_HZ = 425, RAMPS_PER_SECOND = 200, RATE_LEAST = 4000, RATE_MOST = 192000 };

/** A cadence in ms (ETSI TR 101 041-2, the values that most of Europe uses). */
struct cadence {
  uint32_t on_ms;
  uint32_t off_ms;
};

static const struct cadence cadences[] = {
    [TONE_NONE] = {0, 1000},
    [TONE_RINGBACK] = {1000, 4000},
    [TONE_BUSY] = {500, 500},
    [TONE_FAILURE] = {250, 250},
};

dp_error tone_init(struct tone_generator *tone, uint32_t rate_hz, int16_t amplitude) {
  if (!tone || amplitude < 0 || rate_hz < RATE_LEAST || rate_hz > RATE_MOST) return DP_INVALID_ARGUMENT;
  memset(tone, 0, sizeof *tone);
  double step = turn * FREQUENCY_HZ / rate_hz;
  tone->rate_hz = rate_hz;
  tone->cosine_step = (float)cos(step);
  tone->sine_step = (float)sin(step);
  tone->cosine = 1;
  tone->amplitude = amplitude;
  tone->envelope_step = (float)RAMPS_PER_SECOND / (float)rate_hz;
  tone->period_samples = rate_hz;
  return DP_OK;
}

void tone_set(struct tone_generator *tone, enum tone_kind kind) {
  if (tone->kind == kind) return;
  const struct cadence *cadence = &cadences[kind];
  tone->kind = kind;
  tone->at = 0;
  tone->on_samples = tone->rate_hz / 1000 * cadence->on_ms;
  tone->period_samples = tone->rate_hz / 1000 * (cadence->on_ms + cadence->off_ms);
}

/** Moves the envelope to where the cadence is. */
static void follow_cadence(struct tone_generator *tone) {
  if (tone->at < tone->on_samples) {
    tone->envelope += tone->envelope_step;
    if (tone->envelope > 1) tone->envelope = 1;
  } else {
    tone->envelope -= tone->envelope_step;
    if (tone->envelope < 0) tone->envelope = 0;
  }
  tone->at = tone->at + 1 < tone->period_samples ? tone->at + 1 : 0;
}

void tone_read(struct tone_generator *tone, int16_t *samples, size_t count) {
  for (size_t i = 0; i < count; i++) {
    follow_cadence(tone);
    samples[i] = mix_saturate((int32_t)(tone->amplitude * tone->envelope * tone->sine));
    float cosine = tone->cosine * tone->cosine_step - tone->sine * tone->sine_step;
    tone->sine = tone->sine * tone->cosine_step + tone->cosine * tone->sine_step;
    tone->cosine = cosine;
  }
  // One step of Newton's method towards length 1.
  float correction = 1.5F - 0.5F * (tone->cosine * tone->cosine + tone->sine * tone->sine);
  tone->cosine *= correction;
  tone->sine *= correction;
}
