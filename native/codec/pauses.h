// What of the microphone's sound is sent where pauses are not: speech, noise in place of speech, or nothing (RFC 3389 §5).
// The end of a word is followed for a while, a pause begins with a description of its noise, which is told again when it
// changes, and every two seconds anyhow, so that nobody takes the sender for dead. The caller owns the state; one thread;
// no allocation.

#ifndef DOORPHONE_CODEC_PAUSES_H
#define DOORPHONE_CODEC_PAUSES_H

#include "codec/comfort-noise.h"
#include "codec/voice-activity.h"

enum pauses_verdict { PAUSES_SOUND, PAUSES_NOISE, PAUSES_NOTHING };

/** Fields are its own. */
struct pauses {
  struct voice_activity activity;
  bool pausing;
  uint32_t since_speech_ms;
  uint32_t since_noise_ms;
  uint8_t told_level;
  int16_t recent[COMFORT_NOISE_ORDER]; /**< The samples before the packet. */
  float correlation[COMFORT_NOISE_ORDER + 1]; /**< Of the noise, the latest counting most. */
};

/** @param rate_hz 8000 or 16000 */
void pauses_init(struct pauses *pauses, uint32_t rate_hz);

/**
 * Takes the samples of a packet, 10 to 60 ms.
 * @param noise where the verdict is PAUSES_NOISE: what to send in its place
 */
enum pauses_verdict pauses_take(struct pauses *pauses, const int16_t *samples, size_t count,
                                struct comfort_noise *noise);

#endif
