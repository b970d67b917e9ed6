// See voice-activity.h.

#include "codec/voice-activity.h"

#include <math.h>
#include <string.h>

/** In blocks of 10 ms. */
enum { BLOCKS_A_SECOND = 100, BLOCKS_A_PART = 25, BLOCKS_TO_KNOW = 50 };

/** Above the noise by so much, 5 dB, is speech: as far as noise itself hardly reaches. */
#define ABOVE_NOISE 3.0F
/** -70 dBov as mean square: what is lower is nothing. */
#define INAUDIBLE 107.0F
/** Of a block in what the noise is measured by: 50 ms. */
#define SMOOTHING 0.2F
/** What is below is wind and motors more than speech. */
#define LEAST_HZ 280.0F

void voice_activity_init(struct voice_activity *activity, uint32_t rate_hz) {
  memset(activity, 0, sizeof *activity);
  activity->rate_hz = rate_hz;
  activity->kept = expf(-6.2832F * LEAST_HZ / (float)rate_hz);
}

/** Takes a block's power. @return whether it is above the noise */
static bool rises(struct noise_floor *noise, float power, uint32_t block) {
  noise->smooth = block == 0 ? power : noise->smooth + SMOOTHING * (power - noise->smooth);
  float *part = &noise->least[block / BLOCKS_A_PART % VOICE_ACTIVITY_PARTS];
  if (block % BLOCKS_A_PART == 0 || noise->smooth < *part) *part = noise->smooth;
  size_t known = block / BLOCKS_A_PART + 1;
  float least = *part;
  for (size_t at = 0; at < VOICE_ACTIVITY_PARTS && at < known; at++) {
    if (noise->least[at] < least) least = noise->least[at];
  }
  return power > INAUDIBLE && power > ABOVE_NOISE * least;
}

static bool ends_block(struct voice_activity *activity) {
  float count = (float)activity->filled;
  bool whole = rises(&activity->whole, activity->sum_whole / count, activity->blocks);
  bool high = rises(&activity->high, activity->sum_high / count, activity->blocks);
  activity->blocks++;
  activity->sum_whole = activity->sum_high = 0;
  activity->filled = 0;
  return whole || high || activity->blocks <= BLOCKS_TO_KNOW;
}

bool voice_activity_hears(struct voice_activity *activity, const int16_t *samples, size_t count) {
  bool hears = activity->blocks < BLOCKS_TO_KNOW;
  for (size_t at = 0; at < count; at++) {
    float sample = samples[at];
    float filtered = sample - activity->before + activity->kept * activity->filtered;
    // The difference of neighbours has little of what is low.
    float high = filtered - activity->filtered;
    activity->before = sample;
    activity->filtered = filtered;
    activity->sum_whole += filtered * filtered;
    activity->sum_high += high * high;
    if (++activity->filled < activity->rate_hz / BLOCKS_A_SECOND) continue;
    hears = ends_block(activity) || hears;
  }
  return hears;
}
