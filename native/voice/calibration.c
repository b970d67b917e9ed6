// See calibration.h.

#include "voice/calibration.h"

#include <string.h>

#include "dsp/mix.h"

/** A card that slept is awake after half of it. */
#define QUIET_MS 800
#define FULL_SCALE 32767

/** Feedback that makes the longest sequence, for 12 and 13 bits: x^12+x^6+x^4+x+1, x^13+x^4+x^3+x+1. */
static const uint32_t feedback_12 = 0x829;
static const uint32_t feedback_13 = 0x100d;

static void make_sequence(struct calibration *calibration) {
  uint32_t feedback = calibration->order == 12 ? feedback_12 : feedback_13;
  uint32_t state = 1;
  for (size_t at = 0; at < calibration->period; at++) {
    calibration->sequence[at] = (uint8_t)(state & 1);
    state = (state & 1) ? (state >> 1) ^ feedback : state >> 1;
  }
}

dp_error calibration_init(struct calibration *calibration, uint32_t rate_hz) {
  if (rate_hz != 8000 && rate_hz != 16000) return DP_INVALID_ARGUMENT;
  memset(calibration, 0, sizeof *calibration);
  calibration->rate_hz = rate_hz;
  calibration->order = rate_hz == 8000 ? 12 : 13;
  calibration->period = ((size_t)1 << calibration->order) - 1;
  calibration->quiet = (size_t)rate_hz * QUIET_MS / 1000;
  make_sequence(calibration);
  return DP_OK;
}

// ---- sound ----

void calibration_play(const struct calibration *calibration, int16_t *heard, size_t count) {
  for (size_t at = calibration->at; at < calibration->at + count; at++) {
    if (at < calibration->quiet || at >= calibration->quiet + CALIBRATION_PERIODS * calibration->period) continue;
    size_t place = (at - calibration->quiet) % calibration->period;
    int16_t *sample = &heard[at - calibration->at];
    *sample = mix_saturate(*sample + (calibration->sequence[place] ? -CALIBRATION_AMPLITUDE : CALIBRATION_AMPLITUDE));
  }
}

static void hear_sequence(struct calibration *calibration, size_t at, int16_t played, int16_t spoken) {
  if (at < calibration->period) return;
  level_add(&calibration->speaker, &played, 1);
  level_add(&calibration->microphone, &spoken, 1);
  calibration->heard[at - calibration->period] = spoken;
}

bool calibration_hear(struct calibration *calibration, const int16_t *played, const int16_t *spoken, size_t count) {
  size_t end = calibration->quiet + CALIBRATION_PERIODS * calibration->period;
  for (size_t i = 0; i < count && calibration->at < end; i++, calibration->at++) {
    if (spoken[i] >= FULL_SCALE || spoken[i] <= -FULL_SCALE) calibration->clips++;
    if (calibration->at >= calibration->quiet) {
      hear_sequence(calibration, calibration->at - calibration->quiet, played[i], spoken[i]);
    } else if (calibration->at >= calibration->quiet / 2) {
      level_add(&calibration->noise, &spoken[i], 1);
    }
  }
  return calibration->at >= end;
}
