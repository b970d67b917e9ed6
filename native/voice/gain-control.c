// See gain-control.h.

#include "voice/gain-control.h"

#include <math.h>

#include "voice/mean-power.h"

/** RMS that a voice is brought to: -22 dBFS, with 19 dB above it for its peaks. */
#define TARGET_RMS 2600.0F
/** Bounds of the gain: -10 and +15 dB. */
#define LEAST_GAIN 0.316F
#define GREATEST_GAIN 5.6F
/** RMS that noise may be amplified to: -50 dBFS. */
#define NOISE_RMS 104.0F
/** Steps of 10 ms: 6 dB a second up, 12 dB down. */
#define STEP_UP 1.0069F
#define STEP_DOWN 0.986F
/** Power above that of the pauses which is a voice: 10 dB; and the least: -55 dBFS. */
#define VOICE_OVER_NOISE 10.0F
#define LEAST_VOICE 3400.0F
/** Smoothing of the voice's power: a third of a second of speech. */
#define VOICE_SMOOTHING 0.97F
/** How fast the power of pauses rises while there is none: 2 dB a second. */
#define NOISE_RISE 1.0046F
/** Of the last power of pauses. */
#define NOISE_SMOOTHING 0.9F
/** Peaks are kept below -1 dBFS, and let go within 100 ms. */
#define CEILING 29200.0F
#define RELEASE_SECONDS 0.1F
/** The most that the gain changes in 10 ms when an echo comes or goes: 6 dB, all of it within the beginning of a word. */
#define ECHO_STEP 2.0F
/** Of the first noise that is assumed. */
#define FIRST_NOISE 1000.0F

void gain_control_init(struct gain_control *control, uint32_t rate_hz) {
  *control = (struct gain_control){
      .noise = FIRST_NOISE, .gain = 1, .applied = 1, .limit = 1, .release = 1 / (RELEASE_SECONDS * (float)rate_hz)};
}

static void follow_noise(struct gain_control *control, float power) {
  if (power < control->noise) {
    control->noise = NOISE_SMOOTHING * control->noise + (1 - NOISE_SMOOTHING) * power;
  } else {
    control->noise *= NOISE_RISE;
  }
  if (control->noise < 1) control->noise = 1;
}

/** @return the gain for voices, from the end of this block on */
static float next_gain(struct gain_control *control, float power) {
  if (power < VOICE_OVER_NOISE * control->noise || power < LEAST_VOICE) return control->gain;
  control->speech = control->speech > 0 ? VOICE_SMOOTHING * control->speech + (1 - VOICE_SMOOTHING) * power : power;
  float wanted = TARGET_RMS / sqrtf(control->speech);
  float quiet = NOISE_RMS / sqrtf(control->noise);
  if (wanted > quiet) wanted = quiet > 1 ? quiet : fminf(wanted, 1);
  wanted = fminf(fmaxf(wanted, LEAST_GAIN), GREATEST_GAIN);
  if (wanted > control->gain) return fminf(wanted, control->gain * STEP_UP);
  return fmaxf(wanted, control->gain * STEP_DOWN);
}

/** @return what the gain is at the end of this block */
static float applied_gain(const struct gain_control *control, bool echo) {
  float wanted = echo ? fminf(control->gain, 1) : control->gain;
  if (wanted < control->applied) return fmaxf(wanted, control->applied / ECHO_STEP);
  return fminf(wanted, control->applied * ECHO_STEP);
}

void gain_control_run(struct gain_control *control, float *samples, size_t count, struct gain_heard heard) {
  float power = mean_power(samples, count);
  float from = control->applied;
  if (!heard.echo_alone && !heard.in_doubt) {
    follow_noise(control, power);
    control->gain = next_gain(control, power);
  }
  control->applied = applied_gain(control, heard.echo_alone);
  float step = (control->applied - from) / (float)count;
  for (size_t at = 0; at < count; at++) {
    float sample = samples[at] * (from + step * (float)(at + 1));
    float magnitude = fabsf(sample);
    control->limit = fminf(1, control->limit + control->release);
    if (magnitude * control->limit > CEILING) control->limit = CEILING / magnitude;
    samples[at] = sample * control->limit;
  }
}
