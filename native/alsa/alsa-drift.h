// How a device's clock differs from the engine's: what is kept ready at the device drifts away from what is to be, and the
// engine's period is bent until it comes back. Media thread; pure.

#ifndef DOORPHONE_ALSA_ALSA_DRIFT_H
#define DOORPHONE_ALSA_ALSA_DRIFT_H

#include <stdint.h>

#include "alsa/alsa-direction.h"

/** How much of a deviation of one sample at 8 kHz is worked off in a turn: 10 ppm. At 100 samples off it takes seconds. */
#define ALSA_DRIFT_NS_A_SAMPLE (10 * ALSA_TURN_MS)
/** A sample is averaged over 1.3 s, longer than any device's period. */
#define ALSA_DRIFT_TURNS (1280 / ALSA_TURN_MS)

struct alsa_drift {
  int64_t surplus_q8; /**< Samples by which the engine is the slower one, averaged, times 256. */
};

/** Each turn. @param surplus samples at the sound's rate */
static inline void alsa_drift_average(struct alsa_drift *drift, int64_t surplus) {
  drift->surplus_q8 += (surplus * 256 - drift->surplus_q8) / ALSA_DRIFT_TURNS;
}

/** @return how far the engine's next turn is to be moved, in ns; sooner where too much is ready */
static inline int32_t alsa_drift_ns(const struct alsa_drift *drift, uint32_t sound_hz) {
  return (int32_t)(-drift->surplus_q8 * ALSA_DRIFT_NS_A_SAMPLE * AUDIO_RATE_HZ / sound_hz / 256);
}

#endif
