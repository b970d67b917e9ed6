// Sound made shorter and longer: whole periods go or come, nothing breaks, and nothing is done to what has no like.

#define _DEFAULT_SOURCE  // M_PI

#include "jitter/time-scale.h"

#include <math.h>

#include "support/check.h"

enum { RATE = 8000, MS = RATE / 1000, FRAME = 20 * MS };

static const struct time_scale scale = {.per_ms = MS, .most = 20 * MS, .likeness = 0.85};

/** Two tones that come round together every `period` samples. */
static void voice(int16_t *samples, size_t count, double period) {
  for (size_t at = 0; at < count; at++) {
    double turn = 2 * M_PI * (double)at / period;
    samples[at] = (int16_t)lrint(5000 * sin(turn) + 3000 * sin(3 * turn + 1));
  }
}

static int greatest_bend(const int16_t *samples, size_t count) {
  int most = 0;
  for (size_t at = 2; at < count; at++) {
    int bend = abs(samples[at] - 2 * samples[at - 1] + samples[at - 2]);
    if (bend > most) most = bend;
  }
  return most;
}

static void a_whole_number_of_periods_goes(void) {
  for (int period = 25; period <= 120; period += 5) {
    int16_t said[FRAME], sound[FRAME];
    voice(said, FRAME, period);
    memcpy(sound, said, sizeof sound);
    size_t gone = time_scale_shorten(&scale, sound, FRAME);
    CHECK(gone > 0);
    CHECK_EQUAL(gone % (size_t)period, 0);
    // What is left is what was said, from the beginning to an end that lies so much earlier.
    for (size_t at = 0; at < FRAME - gone; at++) CHECK_WITHIN(sound[at] - said[at], -2, 2);
  }
}

static void a_whole_number_of_periods_comes(void) {
  for (int period = 25; period <= 120; period += 5) {
    int16_t said[3 * FRAME], sound[FRAME + TIME_SCALE_MAX_SAMPLES];
    voice(said, 3 * FRAME, period);
    memcpy(sound, said + FRAME, FRAME * sizeof *sound);
    size_t come = time_scale_lengthen(&scale, said, FRAME, sound, FRAME);
    CHECK(come > 0);
    CHECK_EQUAL(come % (size_t)period, 0);
    for (size_t at = 0; at < FRAME + come; at++) CHECK_WITHIN(sound[at] - said[FRAME + at], -2, 2);
  }
}

/** A voice whose pitch and loudness change is joined where it is most alike. */
static void a_changing_voice_does_not_break(void) {
  for (int seed = 0; seed < 20; seed++) {
    int16_t said[2 * FRAME], sound[2 * FRAME + TIME_SCALE_MAX_SAMPLES];
    double turn = seed;
    for (size_t at = 0; at < 2 * FRAME; at++) {
      turn += 2 * M_PI / (50 + 20 * (double)at / FRAME + seed);
      said[at] = (int16_t)lrint((3000 + 10.0 * (double)at) * sin(turn) + 2000 * sin(3 * turn));
    }
    int natural = greatest_bend(said, 2 * FRAME);
    memcpy(sound, said, sizeof said);
    size_t gone = time_scale_shorten(&scale, sound + FRAME, FRAME);
    CHECK(gone > 0);
    CHECK(greatest_bend(sound, 2 * FRAME - gone) <= natural + natural / 5);
    memcpy(sound, said, sizeof said);
    size_t come = time_scale_lengthen(&scale, said, FRAME, sound + FRAME, FRAME);
    CHECK(come > 0);
    CHECK(greatest_bend(sound, 2 * FRAME + come) <= natural + natural / 5);
  }
}

static void what_has_no_like_is_left_alone(void) {
  int16_t noise[2 * FRAME], sound[2 * FRAME + TIME_SCALE_MAX_SAMPLES];
  uint64_t random = 11;
  for (size_t at = 0; at < 2 * FRAME; at++) noise[at] = (int16_t)(test_random(&random) % 10000 - 5000);
  memcpy(sound, noise, sizeof noise);
  CHECK_EQUAL(time_scale_shorten(&scale, sound, FRAME), 0);
  CHECK_EQUAL(time_scale_lengthen(&scale, noise, FRAME, sound + FRAME, FRAME), 0);
  CHECK_BYTES(sound, noise, sizeof noise);
  const struct time_scale urgent = {.per_ms = MS, .most = 20 * MS, .likeness = 0};
  CHECK(time_scale_shorten(&urgent, sound, FRAME) > 0);
}

static void no_more_goes_or_comes_than_may(void) {
  static const size_t mosts[] = {0, 1, 23, 24, 40, 119, 500};
  for (size_t k = 0; k < sizeof mosts / sizeof mosts[0]; k++) {
    const struct time_scale bounded = {.per_ms = MS, .most = mosts[k], .likeness = 0};
    int16_t said[2 * FRAME], sound[FRAME + TIME_SCALE_MAX_SAMPLES];
    voice(said, 2 * FRAME, 31);
    memcpy(sound, said + FRAME, FRAME * sizeof *sound);
    size_t gone = time_scale_shorten(&bounded, sound, FRAME);
    CHECK(gone <= mosts[k] && gone <= 15 * MS && (gone > 0) == (mosts[k] >= 24));
    memcpy(sound, said + FRAME, FRAME * sizeof *sound);
    size_t come = time_scale_lengthen(&bounded, said, FRAME, sound, FRAME);
    CHECK(come <= mosts[k] && come <= 15 * MS && (come > 0) == (mosts[k] >= 24));
  }
}

static void silence_gives_way_and_scraps_do_not(void) {
  int16_t before[FRAME] = {0}, sound[FRAME + TIME_SCALE_MAX_SAMPLES] = {0};
  CHECK(time_scale_shorten(&scale, sound, FRAME) > 0);
  CHECK(time_scale_lengthen(&scale, before, FRAME, sound, FRAME) > 0);
  CHECK_EQUAL(time_scale_shorten(&scale, sound, 5 * MS), 0);
  CHECK_EQUAL(time_scale_lengthen(&scale, before, FRAME, sound, 5 * MS - 1), 0);
}

int main(void) {
  TEST(a_whole_number_of_periods_goes);
  TEST(a_whole_number_of_periods_comes);
  TEST(a_changing_voice_does_not_break);
  TEST(what_has_no_like_is_left_alone);
  TEST(no_more_goes_or_comes_than_may);
  TEST(silence_gives_way_and_scraps_do_not);
  return test_summary("time-scale");
}
