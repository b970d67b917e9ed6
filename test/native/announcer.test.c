// What the door itself lets be heard: what is weakened by how much and how fast, that nothing clicks, what is repeated.

#define _DEFAULT_SOURCE // M_PI

#include <math.h>

#include "dsp/announcer.h"
#include "dsp/level.h"
#include "support/check.h"

enum { RATE = 8000, BLOCK = 160, ROOM = RATE * 4, AMPLITUDE = 8000 };

static struct announcer announcer;
static int16_t heard[ROOM];

static void begin(void) { CHECK_EQUAL(announcer_init(&announcer, RATE, AMPLITUDE), DP_OK); }

/** The conversation from `from` on: a hum of 300 Hz, or nothing; blocks as the engine has them. */
static void mix(size_t from, size_t count, bool talking, double amplitude) {
  for (size_t at = from; at < from + count; at++) heard[at] = (int16_t)(amplitude * sin(2 * M_PI * 300 * (double)at / RATE));
  for (size_t at = from; at < from + count; at += BLOCK) announcer_mix(&announcer, talking, heard + at, BLOCK);
}

static double level_of(size_t from, size_t count) {
  struct level_meter meter = {0};
  level_add(&meter, heard + from, count);
  return level_rms(&meter);
}

/** The greatest step from one sample to the next. */
static int steepest(size_t from, size_t count) {
  int greatest = 0;
  for (size_t at = from + 1; at < from + count; at++) {
    int step = abs(heard[at] - heard[at - 1]);
    if (step > greatest) greatest = step;
  }
  return greatest;
}

/** Samples that are the same all along. */
static struct announcer_recording constant(int16_t *samples, size_t count, int16_t value) {
  for (size_t at = 0; at < count; at++) samples[at] = value;
  return (struct announcer_recording){.given = true, .samples = samples, .count = count};
}

static void an_announcement_weakens_the_talk_by_twelve_decibels(void) {
  static int16_t silence[RATE];
  begin();
  const struct announcer_recording recording = constant(silence, RATE, 0);
  announcer_record(&announcer, ANNOUNCER_OPENED, &recording);
  mix(0, RATE, true, 10000);
  double before = level_of(0, RATE);
  announcer_say(&announcer, ANNOUNCER_OPENED);
  mix(RATE, RATE * 2, true, 10000);
  // Within 20 ms, and for as long as it lasts.
  CHECK_WITHIN(20 * log10(level_of(RATE + 160, RATE - 160) / before), -12.1, -11.9);
  // All of it is back within 200 ms more.
  CHECK_WITHIN(20 * log10(level_of(2 * RATE + 1600, RATE - 1600) / before), -0.1, 0.1);
  CHECK(!announcer_is_busy(&announcer));
  // A sine of 10000 at 300 Hz moves by 2356 a sample: nothing is steeper.
  CHECK(steepest(0, RATE * 3) < 2400);
}

static void the_chime_is_heard_over_the_talk_and_ends(void) {
  begin();
  announcer_say(&announcer, ANNOUNCER_OPENED);
  CHECK(announcer_is_busy(&announcer));
  mix(0, RATE, true, 0);
  CHECK(level_of(0, BLOCK) > 500);
  CHECK(level_of(0, 3200) > 1000);
  CHECK_EQUAL(level_of(3200, RATE - 3200), 0);
  CHECK(!announcer_is_busy(&announcer));
  // At most as steep as its higher note at its loudest.
  CHECK(steepest(0, RATE) < AMPLITUDE);
}

static void tones_wait_while_somebody_talks(void) {
  begin();
  announcer_play(&announcer, ANNOUNCER_RINGBACK);
  mix(0, RATE / 2, false, 0);
  CHECK(level_of(BLOCK, RATE / 2 - BLOCK) > 5000);
  mix(RATE / 2, RATE / 4, true, 0);
  CHECK_EQUAL(level_of(RATE / 2 + BLOCK, RATE / 4 - BLOCK), 0);
  mix(RATE * 3 / 4, RATE / 8, false, 0);
  CHECK(level_of(RATE * 3 / 4 + BLOCK, RATE / 8 - BLOCK) > 5000);
  // 425 Hz at 8000: at most 2670 a sample.
  CHECK(steepest(0, RATE * 7 / 8) < 2700);
}

static void a_recording_of_ringback_is_repeated_others_are_heard_once(void) {
  static int16_t samples[1000];
  begin();
  const struct announcer_recording recording = constant(samples, 1000, 5000);
  announcer_record(&announcer, ANNOUNCER_RINGBACK, &recording);
  announcer_record(&announcer, ANNOUNCER_BUSY, &recording);
  announcer_play(&announcer, ANNOUNCER_RINGBACK);
  mix(0, RATE, false, 0);
  CHECK_EQUAL(level_of(0, RATE), 5000);
  announcer_play(&announcer, ANNOUNCER_BUSY);
  mix(RATE, RATE, false, 0);
  // The first fades under the second.
  CHECK(heard[RATE] > 9900);
  CHECK(heard[RATE + BLOCK - 1] < 5100);
  CHECK_EQUAL(level_of(RATE + BLOCK, 1000 - BLOCK), 5000);
  CHECK_EQUAL(level_of(RATE + 1000, RATE - 1000), 0);
}

static void a_sound_that_is_switched_off_is_not_heard(void) {
  begin();
  const struct announcer_recording nothing = {.given = true};
  announcer_record(&announcer, ANNOUNCER_RINGBACK, &nothing);
  announcer_record(&announcer, ANNOUNCER_OPENED, &nothing);
  announcer_play(&announcer, ANNOUNCER_RINGBACK);
  announcer_say(&announcer, ANNOUNCER_OPENED);
  mix(0, RATE, false, 0);
  CHECK_EQUAL(level_of(0, RATE), 0);
  // The tone is back where there is no recording any more, while it plays too.
  announcer_record(&announcer, ANNOUNCER_RINGBACK, &(struct announcer_recording){.given = false});
  mix(0, RATE / 2, false, 0);
  CHECK(level_of(BLOCK, RATE / 2 - BLOCK) > 5000);
}

static void what_is_replaced_is_not_looked_at_any_more(void) {
  int16_t *first = malloc(RATE * sizeof *first);
  if (!first) abort();
  begin();
  const struct announcer_recording recording = constant(first, RATE, 5000);
  announcer_record(&announcer, ANNOUNCER_RINGBACK, &recording);
  announcer_record(&announcer, ANNOUNCER_OPENED, &recording);
  announcer_play(&announcer, ANNOUNCER_RINGBACK);
  announcer_say(&announcer, ANNOUNCER_OPENED);
  mix(0, BLOCK, false, 0);
  announcer_play(&announcer, ANNOUNCER_NONE); // it is about to fade
  const struct announcer_recording none = {.given = false};
  announcer_record(&announcer, ANNOUNCER_RINGBACK, &none);
  announcer_record(&announcer, ANNOUNCER_OPENED, &none);
  free(first); // the address sanitizer watches
  mix(0, RATE / 2, false, 0);
  CHECK_EQUAL(level_of(0, RATE / 2), 0);
}

int main(void) {
  TEST(an_announcement_weakens_the_talk_by_twelve_decibels);
  TEST(the_chime_is_heard_over_the_talk_and_ends);
  TEST(tones_wait_while_somebody_talks);
  TEST(a_recording_of_ringback_is_repeated_others_are_heard_once);
  TEST(a_sound_that_is_switched_off_is_not_heard);
  TEST(what_is_replaced_is_not_looked_at_any_more);
  return test_summary("announcer");
}
