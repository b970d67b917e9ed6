// Tones, gain, levels, mixing: by ear with figures.

#define _DEFAULT_SOURCE  // M_PI

#include <math.h>

#include "dsp/gain.h"
#include "dsp/level.h"
#include "dsp/meter.h"
#include "dsp/mix.h"
#include "dsp/tone.h"
#include "support/check.h"

enum { RATE = 8000 };

/** Amplitude of one frequency in the samples (one bin of a discrete Fourier transform). */
static double amplitude_at(const int16_t *samples, size_t count, double hz) {
  double real = 0, imaginary = 0;
  for (size_t i = 0; i < count; i++) {
    real += samples[i] * cos(2 * M_PI * hz * (double)i / RATE);
    imaginary += samples[i] * sin(2 * M_PI * hz * (double)i / RATE);
  }
  return 2 * sqrt(real * real + imaginary * imaginary) / (double)count;
}

static int16_t sound[RATE * 12];

static void play(struct tone_generator *tone, enum tone_kind kind, size_t count) {
  tone_set(tone, kind);
  // In frames, as the engine does.
  for (size_t at = 0; at < count; at += 160) tone_read(tone, sound + at, count - at < 160 ? count - at : 160);
}

/** Whether each tenth of a second is on, as text. */
static void cadence_of(size_t seconds, char *text) {
  for (size_t i = 0; i < seconds * 20; i++) {
    struct level_meter meter = {0};
    level_add(&meter, sound + i * 400 + 60, 280);  // Without the ramps.
    text[i] = level_rms(&meter) > 1000 ? '#' : meter.peak == 0 ? '.' : '?';
  }
  text[seconds * 20] = '\0';
}

static void cadences_are_those_of_europe(void) {
  struct tone_generator tone;
  char text[300];
  CHECK_EQUAL(tone_init(&tone, RATE, 8000), DP_OK);
  play(&tone, TONE_NONE, RATE);
  cadence_of(1, text);
  CHECK_TEXT(text, "....................");
  play(&tone, TONE_RINGBACK, RATE * 6);
  cadence_of(6, text);
  CHECK_TEXT(text,
             "####################"
             "....................."
             "..................."
             "...................."
             "...................."
             "####################");
  play(&tone, TONE_BUSY, RATE * 2);
  cadence_of(2, text);
  CHECK_TEXT(text, "##########..........##########..........");
  play(&tone, TONE_FAILURE, RATE);
  cadence_of(1, text);
  CHECK_TEXT(text, "#####.....#####.....");
}

static void pitch_is_425_hz_and_pure(void) {
  struct tone_generator tone;
  CHECK_EQUAL(tone_init(&tone, RATE, 8000), DP_OK);
  play(&tone, TONE_RINGBACK, RATE);
  const int16_t *steady = sound + 400;
  CHECK_WITHIN(amplitude_at(steady, 6400, 425), 7950, 8050);
  for (double hz = 100; hz < 4000; hz += 25) {
    if (hz != 425) CHECK(amplitude_at(steady, 6400, hz) < 8);  // 60 dB down
  }
  // After an hour the oscillator is as loud as at first.
  for (int i = 0; i < 3600; i++) play(&tone, TONE_RINGBACK, RATE);
  CHECK_WITHIN(amplitude_at(steady, 6400, 425), 7950, 8050);
}

/** The steepest step of a sine of this pitch is amplitude × 2π 425 / 8000; a click would be steeper. */
static void nothing_clicks(void) {
  struct tone_generator tone;
  CHECK_EQUAL(tone_init(&tone, RATE, 8000), DP_OK);
  static const enum tone_kind kinds[] = {TONE_BUSY, TONE_NONE, TONE_RINGBACK, TONE_FAILURE, TONE_NONE};
  int16_t last = 0;
  for (size_t k = 0; k < 5; k++) {
    play(&tone, kinds[k], 8100);
    for (size_t i = 0; i < 8100; i++) {
      CHECK(abs(sound[i] - last) < 2900);
      last = sound[i];
    }
  }
  CHECK_EQUAL(last, 0);
}

static void the_same_tone_again_goes_on(void) {
  struct tone_generator tone;
  CHECK_EQUAL(tone_init(&tone, RATE, 8000), DP_OK);
  play(&tone, TONE_RINGBACK, RATE * 2);
  play(&tone, TONE_RINGBACK, RATE);  // In the pause still.
  char text[100];
  cadence_of(1, text);
  CHECK_TEXT(text, "....................");
  CHECK_EQUAL(tone_init(&tone, 0, 8000), DP_INVALID_ARGUMENT);
  CHECK_EQUAL(tone_init(&tone, RATE, -1), DP_INVALID_ARGUMENT);
}

static void gain_follows_its_curve(void) {
  static const struct {
    uint32_t percent;
    int expected;
  } cases[] = {{0, 0}, {10, 100}, {50, 2500}, {100, 10000}, {150, 22500}, {400, 32767}, {9999, 32767}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct gain gain;
    int16_t samples[2] = {10000, -10000};
    gain_init(&gain, cases[i].percent);
    gain_apply(&gain, samples, 2);
    CHECK_WITHIN(samples[0], cases[i].expected - 1, cases[i].expected);
    CHECK_WITHIN(samples[1], cases[i].expected == 32767 ? -32768 : -cases[i].expected, -cases[i].expected + 1);
  }
}

static void gain_changes_within_a_block(void) {
  struct gain gain;
  int16_t samples[160];
  gain_init(&gain, 100);
  gain_set(&gain, 0);
  for (int i = 0; i < 160; i++) samples[i] = 16000;
  gain_apply(&gain, samples, 160);
  for (int i = 1; i < 160; i++) CHECK_WITHIN(samples[i - 1] - samples[i], 99, 101);
  CHECK_EQUAL(samples[159], 0);
  samples[0] = 16000;
  gain_apply(&gain, samples, 1);
  CHECK_EQUAL(samples[0], 0);
}

static void full_scale_survives(void) {
  struct gain gain;
  int16_t samples[2] = {INT16_MIN, INT16_MAX};
  gain_init(&gain, 100);
  gain_apply(&gain, samples, 2);
  CHECK_EQUAL(samples[0], INT16_MIN);
  CHECK_EQUAL(samples[1], INT16_MAX);
}

static void levels_are_what_textbooks_say(void) {
  struct level_meter meter = {0};
  CHECK_EQUAL(level_rms(&meter), 0);
  CHECK_EQUAL(level_dbfs(&meter), -100);
  for (int i = 0; i < RATE; i++) sound[i] = (int16_t)lrint(20000 * sin(2 * M_PI * 1000 * i / RATE));
  level_add(&meter, sound, RATE / 2);
  level_add(&meter, sound + RATE / 2, RATE / 2);
  CHECK_EQUAL(meter.peak, 20000);
  CHECK_WITHIN(level_rms(&meter), 20000 / M_SQRT2 - 2, 20000 / M_SQRT2 + 2);
  CHECK_WITHIN(level_dbfs(&meter), -7.31, -7.29);  // 20 log10(20000 / 32768) - 3.01
  level_reset(&meter);
  const int16_t extreme[] = {INT16_MIN, INT16_MIN};
  level_add(&meter, extreme, 2);
  CHECK_EQUAL(meter.peak, 32768);
  CHECK_WITHIN(level_dbfs(&meter), -0.001, 0.001);
}

/** The meter of a second against one that adds up its fifty turns anew each time; peaks come, go, and come twice. */
static void a_meter_shows_the_last_second(void) {
  static int16_t turns[300][160];
  struct meter meter = {0};
  uint64_t random = 3;
  for (size_t turn = 0; turn < 300; turn++) {
    // Long quiet stretches, in which what was loud must be forgotten; now and then a peak that was there before.
    int loud = test_random(&random) % 20 == 0 ? 30000 : turn / 60 % 2 ? 10 : 3000;
    for (size_t at = 0; at < 160; at++) turns[turn][at] = (int16_t)((int)(test_random(&random) % (unsigned)(2 * loud + 1)) - loud);
    if (turn % 37 < 2) turns[turn][5] = INT16_MIN;
    meter_add(&meter, turns[turn], 160);
    struct level_meter second, expected = {0};
    meter_read(&meter, &second);
    for (size_t from = turn < METER_TURNS ? 0 : turn - METER_TURNS + 1; from <= turn; from++) level_add(&expected, turns[from], 160);
    CHECK_EQUAL(second.sum_of_squares, expected.sum_of_squares);
    CHECK_EQUAL(second.count, expected.count);
    CHECK_EQUAL(second.peak, expected.peak);
  }
  CHECK(meter.clipped > 0);
  meter_begin(&meter);
  CHECK_EQUAL(meter.clipped, 0);
}

static void mixing_saturates(void) {
  int16_t onto[] = {1000, 30000, -30000, 0};
  const int16_t more[] = {-500, 10000, -10000, INT16_MIN};
  mix_add(onto, more, 4);
  CHECK_EQUAL(onto[0], 500);
  CHECK_EQUAL(onto[1], INT16_MAX);
  CHECK_EQUAL(onto[2], INT16_MIN);
  CHECK_EQUAL(onto[3], INT16_MIN);
}

static void mono_is_the_mean(void) {
  int16_t stereo[] = {100, 200, INT16_MAX, INT16_MAX, INT16_MIN, INT16_MIN, -3, 4};
  mix_to_mono(stereo, 2, 4, stereo);
  CHECK_EQUAL(stereo[0], 150);
  CHECK_EQUAL(stereo[1], INT16_MAX);
  CHECK_EQUAL(stereo[2], INT16_MIN);
  CHECK_EQUAL(stereo[3], 0);
  const int16_t six[] = {6, 12, 18, 24, 30, 36};
  int16_t mono = 0;
  mix_to_mono(six, 6, 1, &mono);
  CHECK_EQUAL(mono, 21);
}

int main(void) {
  TEST(cadences_are_those_of_europe);
  TEST(pitch_is_425_hz_and_pure);
  TEST(nothing_clicks);
  TEST(the_same_tone_again_goes_on);
  TEST(gain_follows_its_curve);
  TEST(gain_changes_within_a_block);
  TEST(full_scale_survives);
  TEST(levels_are_what_textbooks_say);
  TEST(a_meter_shows_the_last_second);
  TEST(mixing_saturates);
  TEST(mono_is_the_mean);
  return test_summary("dsp");
}
