// What has come of a calibration: the responses of all stretches, one of them all, and what it says. See calibration.h.

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "voice/calibration.h"
#include "voice/high-pass.h"

/** A stretch is as long as a period; the next begins a quarter of it later, so that few lie across a slip. */
#define STRETCH_STEPS 4
#define STRETCHES ((CALIBRATION_PERIODS - 2) * STRETCH_STEPS + 1)
/** The peak's power over the mean of all that lies away from it: of noise alone it is 18 at most (2 ln 8191). */
#define PEAK_OVER_MEAN 60.0F
/** The direct sound is half the greatest at least, and so much before it at most: a wall may give back more. */
#define DIRECT_SHARE 0.5F
#define DIRECT_BEFORE_MS 20
/** What comes back within these belongs to the way. */
#define BEFORE_MS VOICE_PATH_LEAD_MS
#define BEHIND_MS VOICE_PATH_MS
/** A stretch's delay is so far from the others' at most, and known by what comes so long after the peak. */
#define SLIP_MOST_MS 30
#define COMPARED_MS 10

struct judgement {
  float values[CALIBRATION_PERIOD_MOST + 1]; /**< Of the transform. */
  size_t windows[CALIBRATION_PERIOD_MOST];   /**< Where each sample goes into the transform, */
  size_t places[CALIBRATION_PERIOD_MOST];    /**< and where each of the response comes out of it. */
  float responses[STRETCHES][CALIBRATION_PERIOD_MOST];
  float average[CALIBRATION_PERIOD_MOST];
};

/** A response's power: of the way alone, and the mean of a sample elsewhere. */
struct share {
  double way;
  double mean;
};

// ---- the responses ----

/** The register's `order` bits that end at a place of the sequence, the latest the greatest. */
static size_t window_at(const struct calibration *calibration, size_t at) {
  size_t bits = 0;
  for (size_t back = 0; back < calibration->order; back++) {
    size_t place = (at + calibration->period - back) % calibration->period;
    bits |= (size_t)calibration->sequence[place] << (calibration->order - 1 - back);
  }
  return bits;
}

static void find_places(const struct calibration *calibration, struct judgement *judgement) {
  size_t ends[16] = {0}; // where the register holds nothing but this one bit
  for (size_t at = 0; at < calibration->period; at++) {
    judgement->windows[at] = window_at(calibration, at);
    for (unsigned bit = 0; bit < calibration->order; bit++) {
      if (judgement->windows[at] == (size_t)1 << bit) ends[bit] = at;
    }
  }
  for (size_t at = 0; at < calibration->period; at++) {
    size_t place = 0;
    for (unsigned bit = 0; bit < calibration->order; bit++) {
      size_t from = (ends[bit] + calibration->period - at) % calibration->period;
      place |= (size_t)calibration->sequence[from] << bit;
    }
    judgement->places[at] = place;
  }
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

/** The response to one sample of full amplitude, by the period that was heard from there on. */
static void find_response(const struct calibration *calibration, struct judgement *judgement, size_t from,
                          float *response) {
  size_t length = calibration->period + 1;
  float scale = 1.0F / ((float)length * CALIBRATION_AMPLITUDE);
  float *values = judgement->values;
  memset(values, 0, length * sizeof *values);
  for (size_t at = from; at < from + calibration->period; at++) {
    values[0] -= (float)calibration->heard[at];
    values[judgement->windows[at % calibration->period]] = (float)calibration->heard[at];
  }
  transform(values, length);
  for (size_t at = 0; at < calibration->period; at++) response[at] = values[judgement->places[at]] * scale;
}

// ---- places in a response ----

static size_t samples_in(const struct calibration *calibration, unsigned duration_ms) {
  return (size_t)calibration->rate_hz * duration_ms / 1000;
}

/** Samples from one place of a period to another, onwards. */
static size_t onwards(const struct calibration *calibration, size_t from, size_t to) {
  return (to + calibration->period - from) % calibration->period;
}

static size_t find_peak(const struct calibration *calibration, const float *response) {
  size_t peak = 0;
  for (size_t at = 1; at < calibration->period; at++) {
    if (fabsf(response[at]) > fabsf(response[peak])) peak = at;
  }
  return peak;
}

static size_t find_direct(const struct calibration *calibration, const float *response, size_t peak) {
  size_t before = samples_in(calibration, DIRECT_BEFORE_MS);
  if (before > peak) before = peak; // nothing is heard before it is played
  for (size_t at = peak - before; at < peak; at++) {
    if (fabsf(response[at]) >= DIRECT_SHARE * fabsf(response[peak])) return at;
  }
  return peak;
}

/** Noise is spread evenly, so what it has of the way is known by what is elsewhere. */
static struct share share_of(const struct calibration *calibration, const float *response, size_t direct) {
  size_t before = samples_in(calibration, BEFORE_MS);
  size_t first = onwards(calibration, before, direct);
  size_t length = before + samples_in(calibration, BEHIND_MS);
  struct share share = {0};
  for (size_t at = 0; at < calibration->period; at++) {
    double power = (double)response[at] * response[at];
    if (onwards(calibration, first, at) < length) share.way += power;
    else share.mean += power;
  }
  share.mean /= (double)(calibration->period - length);
  share.way = fmax(share.way - share.mean * (double)length, 0);
  return share;
}

static bool stands_out(float peak, const struct share *share) { return peak * peak > PEAK_OVER_MEAN * share->mean; }

// ---- one of them all ----

/** How much later than in the one the way is in the other, in samples onwards. */
static size_t find_slip(const struct calibration *calibration, const float *one, const float *other, size_t peak) {
  size_t most = samples_in(calibration, SLIP_MOST_MS);
  size_t compared = samples_in(calibration, COMPARED_MS);
  size_t found = 0;
  double greatest = 0;
  for (size_t step = 0; step <= 2 * most; step++) {
    size_t slip = onwards(calibration, most, step);
    double sum = 0;
    for (size_t at = peak; at < peak + compared; at++) {
      sum += (double)one[at % calibration->period] * other[(at + slip) % calibration->period];
    }
    if (sum <= greatest) continue;
    greatest = sum;
    found = slip;
  }
  return found;
}

/** The stretch whose peak is the highest: no slip is in it, or a small one. */
static size_t find_clearest(const struct calibration *calibration, const struct judgement *judgement) {
  size_t clearest = 0;
  float highest = 0;
  for (size_t at = 0; at < STRETCHES; at++) {
    const float *response = judgement->responses[at];
    float peak = fabsf(response[find_peak(calibration, response)]);
    if (peak <= highest) continue;
    highest = peak;
    clearest = at;
  }
  return clearest;
}

/** Moves each response to where the clearest is. Where not even that one stands out of its noise, they stay. */
static void align(const struct calibration *calibration, struct judgement *judgement) {
  const float *clearest = judgement->responses[find_clearest(calibration, judgement)];
  size_t peak = find_peak(calibration, clearest);
  struct share share = share_of(calibration, clearest, peak);
  if (!stands_out(clearest[peak], &share)) return;
  for (size_t at = 0; at < STRETCHES; at++) {
    float *response = judgement->responses[at];
    if (response == clearest) continue;
    size_t slip = find_slip(calibration, clearest, response, peak);
    size_t rest = calibration->period - slip;
    memcpy(judgement->values, response, slip * sizeof *response);
    memmove(response, response + slip, rest * sizeof *response);
    memcpy(response + rest, judgement->values, slip * sizeof *response);
  }
}

static void average(const struct calibration *calibration, struct judgement *judgement) {
  for (size_t stretch = 0; stretch < STRETCHES; stretch++) {
    for (size_t at = 0; at < calibration->period; at++) {
      judgement->average[at] += judgement->responses[stretch][at] / STRETCHES;
    }
  }
}

// ---- what it says ----

static float decibels(double power) { return power > 0 ? fmaxf((float)(10 * log10(power)), -100) : -100; }

static int ascending(const void *one, const void *other) {
  double difference = *(const double *)one - *(const double *)other;
  return difference < 0 ? -1 : difference > 0;
}

/** That of the third greatest stretch: a slip in the middle makes many of them weaker, noise may make one stronger. */
static double way_power(const struct calibration *calibration, const struct judgement *judgement, size_t direct) {
  double powers[STRETCHES];
  for (size_t at = 0; at < STRETCHES; at++) {
    powers[at] = share_of(calibration, judgement->responses[at], direct).way;
  }
  qsort(powers, STRETCHES, sizeof *powers, ascending);
  return powers[STRETCHES - 3];
}

/** The response from a little before the direct sound on, as the echo canceller has it: behind its high-pass. */
static void take_path(const struct calibration *calibration, const float *response, size_t direct,
                      struct calibration_report *report) {
  size_t before = samples_in(calibration, BEFORE_MS);
  size_t first = direct > before ? direct - before : 0;
  // It is to what was played before the speaker's volume; the canceller is given what that leaves.
  float scale = CALIBRATION_AMPLITUDE / (float)level_rms(&calibration->speaker);
  struct high_pass high_pass;
  report->path_count = samples_in(calibration, BEHIND_MS);
  for (size_t at = 0; at < report->path_count; at++) {
    report->path[at] = scale * response[(first + at) % calibration->period];
  }
  high_pass_init(&high_pass, calibration->rate_hz);
  high_pass_run(&high_pass, report->path, report->path_count);
}

static void judge(const struct calibration *calibration, struct judgement *judgement,
                  struct calibration_report *report) {
  find_places(calibration, judgement);
  for (size_t at = 0; at < STRETCHES; at++) {
    find_response(calibration, judgement, at * calibration->period / STRETCH_STEPS, judgement->responses[at]);
  }
  align(calibration, judgement);
  average(calibration, judgement);
  size_t peak = find_peak(calibration, judgement->average);
  size_t direct = find_direct(calibration, judgement->average, peak);
  struct share share = share_of(calibration, judgement->average, direct);
  report->heard = stands_out(judgement->average[peak], &share);
  report->delay_ms = (float)direct * 1000 / (float)calibration->rate_hz;
  // The response is to what was played before the speaker's volume.
  double played = level_rms(&calibration->speaker);
  double power = way_power(calibration, judgement, direct) * CALIBRATION_AMPLITUDE * CALIBRATION_AMPLITUDE;
  report->path_db = played > 0 ? decibels(power / (played * played)) : -100;
  if (report->heard && played > 0) take_path(calibration, judgement->average, direct, report);
}

dp_error calibration_judge(const struct calibration *calibration, struct calibration_report *report) {
  *report = (struct calibration_report){.speaker_dbfs = (float)level_dbfs(&calibration->speaker),
                                        .microphone_dbfs = (float)level_dbfs(&calibration->microphone),
                                        .noise_dbfs = (float)level_dbfs(&calibration->noise),
                                        .clips = calibration->clips};
  struct judgement *judgement = calloc(1, sizeof *judgement);
  if (!judgement) return DP_SYSTEM;
  judge(calibration, judgement, report);
  free(judgement);
  return DP_OK;
}
