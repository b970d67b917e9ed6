// See calibration.h.

#include "voice/calibration.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "dsp/mix.h"

/** -18 dBFS: a loud voice has its peaks there and above. */
#define AMPLITUDE 4125
/** A card that slept is awake after half of it. */
#define QUIET_MS 800
/** The peak's power over the mean of all that lies away from it: of noise alone it is 18 at most (2 ln 8191). */
#define PEAK_OVER_MEAN 60.0F
/** The direct sound is half the greatest at least, and so much before it at most: a wall may give back more. */
#define DIRECT_SHARE 0.5F
#define DIRECT_BEFORE_MS 20
/** What comes back within these belongs to the way. */
#define BEFORE_MS 6
#define BEHIND_MS 160
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
    *sample = mix_saturate(*sample + (calibration->sequence[place] ? -AMPLITUDE : AMPLITUDE));
  }
}

static void hear_sequence(struct calibration *calibration, size_t at, int16_t played, int16_t spoken) {
  if (at < calibration->period) return;
  level_add(&calibration->speaker, &played, 1);
  level_add(&calibration->microphone, &spoken, 1);
  calibration->sums[at % calibration->period] += spoken;
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

// ---- the response ----

/** The register's `order` bits that end at a place of the sequence, the latest the greatest. */
static size_t window_at(const struct calibration *calibration, size_t at) {
  size_t bits = 0;
  for (size_t back = 0; back < calibration->order; back++) {
    size_t place = (at + calibration->period - back) % calibration->period;
    bits |= (size_t)calibration->sequence[place] << (calibration->order - 1 - back);
  }
  return bits;
}

static void transform(float *values, size_t length) {
  for (size_t half = length / 2; half > 0; half /= 2) {
    for (size_t from = 0; from < length; from += 2 * half) {
      for (size_t at = from; at < from + half; at++) {
        float sum = values[at] + values[at + half];
        values[at + half] = values[at] - values[at + half];
        values[at] = sum;
      }
    }
  }
}

/** Where each sample of the response comes out of the transform. */
static void find_places(const struct calibration *calibration, size_t *places) {
  size_t ends[16] = {0}; // where the register holds nothing but this one bit
  for (size_t at = 0; at < calibration->period; at++) {
    size_t bits = window_at(calibration, at);
    for (unsigned bit = 0; bit < calibration->order; bit++) {
      if (bits == (size_t)1 << bit) ends[bit] = at;
    }
  }
  for (size_t at = 0; at < calibration->period; at++) {
    size_t place = 0;
    for (unsigned bit = 0; bit < calibration->order; bit++) {
      size_t from = (ends[bit] + calibration->period - at) % calibration->period;
      place |= (size_t)calibration->sequence[from] << bit;
    }
    places[at] = place;
  }
}

/** The response to one sample of full amplitude. @param values, places with room for a period and one */
static void find_response(const struct calibration *calibration, float *values, size_t *places, float *response) {
  size_t length = calibration->period + 1;
  float scale = 1.0F / ((float)length * AMPLITUDE * (CALIBRATION_PERIODS - 1));
  memset(values, 0, length * sizeof *values);
  for (size_t at = 0; at < calibration->period; at++) {
    values[0] -= calibration->sums[at];
    values[window_at(calibration, at)] = calibration->sums[at];
  }
  transform(values, length);
  find_places(calibration, places);
  for (size_t at = 0; at < calibration->period; at++) response[at] = values[places[at]] * scale;
}

// ---- what it says ----

static float decibels(double power) { return power > 0 ? fmaxf((float)(10 * log10(power)), -100) : -100; }

/** Samples from one place of a period to another, onwards. */
static size_t onwards(const struct calibration *calibration, size_t from, size_t to) {
  return (to + calibration->period - from) % calibration->period;
}

static size_t find_direct(const struct calibration *calibration, const float *response, size_t peak) {
  size_t before = (size_t)calibration->rate_hz * DIRECT_BEFORE_MS / 1000;
  if (before > peak) before = peak; // nothing is heard before it is played
  for (size_t at = peak - before; at < peak; at++) {
    if (fabsf(response[at]) >= DIRECT_SHARE * fabsf(response[peak])) return at;
  }
  return peak;
}

static void judge_response(const struct calibration *calibration, const float *response,
                           struct calibration_report *report) {
  size_t peak = 0;
  for (size_t at = 1; at < calibration->period; at++) {
    if (fabsf(response[at]) > fabsf(response[peak])) peak = at;
  }
  size_t direct = find_direct(calibration, response, peak);
  size_t before = (size_t)calibration->rate_hz * BEFORE_MS / 1000;
  size_t first = (direct + calibration->period - before) % calibration->period;
  size_t length = before + (size_t)calibration->rate_hz * BEHIND_MS / 1000;
  double within = 0;
  double elsewhere = 0;
  for (size_t at = 0; at < calibration->period; at++) {
    double power = (double)response[at] * response[at];
    if (onwards(calibration, first, at) < length) within += power;
    else elsewhere += power;
  }
  double mean = elsewhere / (double)(calibration->period - length);
  report->heard = (double)response[peak] * response[peak] > PEAK_OVER_MEAN * mean;
  report->delay_ms = (float)direct * 1000 / (float)calibration->rate_hz;
  // The response is to what was played before the speaker's volume.
  double played = level_rms(&calibration->speaker);
  report->path_db = played > 0 ? decibels(within * AMPLITUDE * AMPLITUDE / (played * played)) : -100;
}

dp_error calibration_judge(const struct calibration *calibration, struct calibration_report *report) {
  size_t length = calibration->period + 1;
  float *values = malloc(length * sizeof *values);
  float *response = malloc(length * sizeof *response);
  size_t *places = malloc(length * sizeof *places);
  *report = (struct calibration_report){.speaker_dbfs = (float)level_dbfs(&calibration->speaker),
                                        .microphone_dbfs = (float)level_dbfs(&calibration->microphone),
                                        .noise_dbfs = (float)level_dbfs(&calibration->noise),
                                        .clips = calibration->clips};
  bool enough = values && response && places;
  if (enough) {
    find_response(calibration, values, places, response);
    judge_response(calibration, response, report);
  }
  free(values);
  free(response);
  free(places);
  return enough ? DP_OK : DP_SYSTEM;
}
