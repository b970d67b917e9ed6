// See dtmf-detector.h.

#define _DEFAULT_SOURCE // M_PI

#include "dsp/dtmf-detector.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#define GROUP 4
/** The lower group, then the higher (Q.23). */
static const float tones_hz[DTMF_TONES] = {697, 770, 852, 941, 1209, 1336, 1477, 1633};
static const char keys[GROUP][GROUP] = {{'1', '2', '3', 'A'}, {'4', '5', '6', 'B'}, {'7', '8', '9', 'C'}, {'*', '0', '#', 'D'}};

/** Between the 1.5 % that are taken and the 3.5 % that are not (Q.24). */
#define OFF_MOST 0.025F
/** Power of the lower tone over the higher: 8 dB, and the other way 4 dB, and a decibel for the measurement. */
#define LOWER_MOST 7.9F
#define HIGHER_MOST 3.2F
/** 10 dB: by so much a tone that ends falls. */
#define GONE 0.1F
#define QUIET_WINDOWS 2

struct care {
  float least_power; /**< Mean power of the weaker tone. */
  float purity;      /**< So much of all the power is that of both. */
  unsigned windows;  /**< In a row. */
};

static const struct care cares[] = {
    [DTMF_SURE] = {.least_power = 170000, .purity = 0.85F, .windows = 3}, // -38 dBFS
    [DTMF_WARY] = {.least_power = 1000, .purity = 0.5F, .windows = 1},    // -60 dBFS
};

dp_error dtmf_tables_init(struct dtmf_tables *tables, uint32_t rate_hz) {
  if (rate_hz != 8000 && rate_hz != 16000) return DP_INVALID_ARGUMENT;
  memset(tables, 0, sizeof *tables);
  tables->rate_hz = rate_hz;
  tables->window = rate_hz * 9 / 400;
  tables->hop = tables->window / 3;
  for (size_t at = 0; at < tables->window; at++) {
    tables->shape[at] = (float)(0.5 - 0.5 * cos(2 * M_PI * ((double)at + 0.5) / (double)tables->window));
  }
  for (size_t tone = 0; tone < DTMF_TONES; tone++) {
    double turn = 2 * M_PI * (double)tones_hz[tone] / rate_hz;
    tables->step_cosine[tone] = (float)cos(turn);
    tables->step_sine[tone] = (float)sin(turn);
  }
  return DP_OK;
}

/** What a window holds. */
struct measurement {
  float total;             /**< Of the shaped samples: the sum of their squares. */
  float power[DTMF_TONES]; /**< Mean power of each tone, were it alone and in tune. */
  float phase[DTMF_TONES];
};

/** Goertzel's recursion, for all tones. */
static void measure(const struct dtmf_detector *detector, const struct dtmf_tables *tables, struct measurement *found) {
  float shaped[DTMF_WINDOW];
  found->total = 0;
  for (size_t at = 0; at < tables->window; at++) {
    shaped[at] = (float)detector->samples[at] * tables->shape[at];
    found->total += shaped[at] * shaped[at];
  }
  for (size_t tone = 0; tone < DTMF_TONES; tone++) {
    float last = 0;
    float before = 0;
    float twice = 2 * tables->step_cosine[tone];
    for (size_t at = 0; at < tables->window; at++) {
      float next = shaped[at] + twice * last - before;
      before = last;
      last = next;
    }
    float real = last - before * tables->step_cosine[tone];
    float imaginary = before * tables->step_sine[tone];
    // A sine of amplitude A comes out as A N / 4: the shape halves it.
    float amplitude = 4 * sqrtf(real * real + imaginary * imaginary) / (float)tables->window;
    found->power[tone] = amplitude * amplitude / 2;
    found->phase[tone] = atan2f(imaginary, real);
  }
}

/** By how many hertz a tone is off, from how its phase moved in a hop. */
static float offset_hz(const struct dtmf_detector *detector, const struct dtmf_tables *tables,
                       const struct measurement *found, size_t tone) {
  float seconds = (float)tables->hop / (float)tables->rate_hz;
  float moved = found->phase[tone] - detector->phases[tone];
  float turns = moved / (2 * (float)M_PI) - tones_hz[tone] * seconds;
  return (turns - rintf(turns)) / seconds;
}

/** What is left of a tone's power that is off: the shape's own spectrum. */
static float left_of(const struct dtmf_tables *tables, float hertz) {
  float bins = hertz * (float)tables->window / (float)tables->rate_hz;
  float angle = (float)M_PI * bins;
  float amplitude = fabsf(angle) < 1e-3F ? 1 : sinf(angle) / (angle * (1 - bins * bins));
  return fmaxf(amplitude * amplitude, 0.1F);
}

static size_t strongest(const struct measurement *found, size_t first) {
  size_t best = first;
  for (size_t tone = first; tone < first + GROUP; tone++) {
    if (found->power[tone] > found->power[best]) best = tone;
  }
  return best;
}

/** @return the key that both windows agree on, '\0': none */
static char key_of(const struct dtmf_detector *detector, const struct dtmf_tables *tables, const struct care *care,
                   const struct measurement *found) {
  size_t lower = strongest(found, 0);
  size_t higher = strongest(found, GROUP);
  float off[2] = {offset_hz(detector, tables, found, lower), offset_hz(detector, tables, found, higher)};
  if (fabsf(off[0]) > OFF_MOST * tones_hz[lower] || fabsf(off[1]) > OFF_MOST * tones_hz[higher]) return '\0';
  float low = found->power[lower] / left_of(tables, off[0]);
  float high = found->power[higher] / left_of(tables, off[1]);
  if (fminf(low, high) < care->least_power || low > LOWER_MOST * high || high > HIGHER_MOST * low) return '\0';
  // The mean of the squared shape is 3/8.
  float mean = found->total / (0.375F * (float)tables->window);
  if (low + high < care->purity * mean) return '\0';
  return keys[lower][higher - GROUP];
}

static float power_of(const struct measurement *found, char key) {
  for (size_t row = 0; row < GROUP; row++) {
    for (size_t column = 0; column < GROUP; column++) {
      if (keys[row][column] == key) return fminf(found->power[row], found->power[GROUP + column]);
    }
  }
  return 0;
}

/** A key that is lost for a moment, as a packet is, is not pressed again: its tones must have fallen. */
static void follow_release(struct dtmf_detector *detector, const struct measurement *found) {
  if (detector->pressed == '\0') return;
  float power = power_of(found, detector->pressed);
  if (power > detector->power) detector->power = power;
  detector->quiet = power < GONE * detector->power ? detector->quiet + 1 : 0;
  if (detector->quiet >= QUIET_WINDOWS) detector->pressed = '\0';
}

static char take_window(struct dtmf_detector *detector, const struct dtmf_tables *tables, const struct care *care) {
  struct measurement found;
  measure(detector, tables, &found);
  char key = key_of(detector, tables, care, &found);
  memcpy(detector->phases, found.phase, sizeof detector->phases);
  follow_release(detector, &found);
  detector->hits = key != '\0' && key == detector->candidate ? detector->hits + 1 : key != '\0';
  detector->candidate = key;
  if (detector->hits != care->windows || key == detector->pressed) return '\0';
  detector->pressed = key;
  detector->power = power_of(&found, key);
  detector->quiet = 0;
  return key;
}

char dtmf_listen(struct dtmf_detector *detector, const struct dtmf_tables *tables, enum dtmf_care care,
                 const int16_t *samples, size_t count) {
  char begun = '\0';
  while (count > 0) {
    size_t wanted = tables->hop - detector->fresh;
    size_t taken = count < wanted ? count : wanted;
    memmove(detector->samples, detector->samples + taken, (tables->window - taken) * sizeof *samples);
    memcpy(detector->samples + tables->window - taken, samples, taken * sizeof *samples);
    detector->fresh += taken;
    samples += taken;
    count -= taken;
    if (detector->fresh < tables->hop) break;
    detector->fresh = 0;
    char key = take_window(detector, tables, &cares[care]);
    if (key != '\0') begun = key;
  }
  return begun;
}
