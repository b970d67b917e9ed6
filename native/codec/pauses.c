// See pauses.h.

#include "codec/pauses.h"

#include <stdlib.h>
#include <string.h>

enum {
  FOLLOWED_MS = 300,  // A word's end, its echo from the wall, the gap before a plosive.
  TOLD_AGAIN_MS = 2000,
  CHANGE_TOLD_MS = 200,
  CHANGE_DB = 3,
  REMEMBERED_MS = 100,
};

/** What a filter explains but for a thousandth is a tone, an alarm, music: no noise. */
#define TONAL 0.001F

void pauses_init(struct pauses *pauses, uint32_t rate_hz) {
  memset(pauses, 0, sizeof *pauses);
  voice_activity_init(&pauses->activity, rate_hz);
}

/** A sample of the packet, or of what was before it. */
static int16_t sample_at(const struct pauses *pauses, const int16_t *samples, size_t at, size_t lag) {
  return at >= lag ? samples[at - lag] : pauses->recent[COMFORT_NOISE_ORDER + at - lag];
}

/** Takes a packet without speech into account. @param ms its length */
static void learn(struct pauses *pauses, const int16_t *samples, size_t count, uint32_t ms) {
  float mean = 0;
  for (size_t at = 0; at < count; at++) mean += samples[at];
  mean /= (float)count;
  float weight = ms < REMEMBERED_MS ? (float)ms / REMEMBERED_MS : 1;
  if (pauses->since_speech_ms <= ms) weight = 1; // What was before is another pause's.
  for (size_t lag = 0; lag <= COMFORT_NOISE_ORDER; lag++) {
    float sum = 0;
    for (size_t at = 0; at < count; at++) sum += (samples[at] - mean) * (sample_at(pauses, samples, at, lag) - mean);
    pauses->correlation[lag] += weight * (sum / (float)count - pauses->correlation[lag]);
  }
}

static enum pauses_verdict tell(struct pauses *pauses, const struct comfort_noise *noise) {
  pauses->pausing = true;
  pauses->since_noise_ms = 0;
  pauses->told_level = noise->level;
  return PAUSES_NOISE;
}

static enum pauses_verdict judge(struct pauses *pauses, const int16_t *samples, size_t count,
                                 struct comfort_noise *noise) {
  uint32_t ms = (uint32_t)(count * 1000 / pauses->activity.rate_hz);
  if (voice_activity_hears(&pauses->activity, samples, count)) {
    pauses->since_speech_ms = 0;
    pauses->pausing = false;
    return PAUSES_SOUND;
  }
  if (pauses->since_speech_ms <= FOLLOWED_MS) pauses->since_speech_ms += ms;
  learn(pauses, samples, count, ms);
  bool is_noise = comfort_noise_describe(pauses->correlation, noise) > TONAL;
  if (pauses->since_speech_ms <= FOLLOWED_MS || !is_noise) {
    pauses->pausing = false;
    return PAUSES_SOUND;
  }
  if (!pauses->pausing) return tell(pauses, noise);
  pauses->since_noise_ms += ms;
  bool changed = abs(noise->level - pauses->told_level) >= CHANGE_DB && pauses->since_noise_ms >= CHANGE_TOLD_MS;
  return changed || pauses->since_noise_ms >= TOLD_AGAIN_MS ? tell(pauses, noise) : PAUSES_NOTHING;
}

enum pauses_verdict pauses_take(struct pauses *pauses, const int16_t *samples, size_t count,
                                struct comfort_noise *noise) {
  enum pauses_verdict verdict = judge(pauses, samples, count, noise);
  memcpy(pauses->recent, samples + count - COMFORT_NOISE_ORDER, sizeof pauses->recent);
  return verdict;
}
