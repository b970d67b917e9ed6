// The way from loudspeaker to microphone, measured in a room of figures: its delay and loudness within a sample and a
// fraction of a decibel, with the street's noise in it, behind a sound server that slips, too; and that nothing is found
// where nothing is heard.

#define _DEFAULT_SOURCE

#include "support/check.h"
#include "support/room.h"
#include "voice/calibration.h"

enum { NARROW = 8000, WIDE = 16000, SECONDS = 4 };

static struct calibration calibration;

enum { SLIPS_MOST = 4 };

/** What a sound server does to the echo: from there on it is so many samples later, or earlier. */
struct slip {
  double at_s;
  long samples;
};

struct scene {
  uint32_t rate_hz;
  double delay_ms;
  double gain;       /**< Of the echo; 0: none. */
  float noise_peak;  /**< Uniform. */
  unsigned volume;   /**< Of the loudspeaker, percent of the samples. */
  struct slip slips[SLIPS_MOST];
};

/** The place of the echo that the microphone is given at one of its own. */
static size_t slipped(const struct scene *scene, size_t at, size_t count) {
  long place = (long)at;
  for (size_t i = 0; i < SLIPS_MOST; i++) {
    if (scene->slips[i].samples && (double)at >= scene->slips[i].at_s * scene->rate_hz) place -= scene->slips[i].samples;
  }
  return place < 0 ? 0 : place < (long)count ? (size_t)place : count - 1;
}

/** Plays it all, lets the microphone hear it turn by turn. */
static struct calibration_report measure(const struct scene *scene) {
  size_t turn = scene->rate_hz / 50;
  struct sound played = {.count = (size_t)SECONDS * scene->rate_hz, .samples = room_memory((size_t)SECONDS * scene->rate_hz)};
  int16_t samples[320];
  CHECK_EQUAL(calibration_init(&calibration, scene->rate_hz), DP_OK);
  for (size_t at = 0; at < played.count; at += turn) {
    memset(samples, 0, sizeof samples);
    calibration.at = at;
    calibration_play(&calibration, samples, turn);
    for (size_t i = 0; i < turn; i++) played.samples[at + i] = (float)((int)samples[i] * (int)scene->volume / 100);
  }
  calibration.at = 0;
  struct room room = room_build(scene->rate_hz, scene->delay_ms, scene->gain, 88172645463325252U);
  struct sound echo = room_echo(&room, &played);
  uint64_t random = 11;
  bool done = false;
  for (size_t at = 0; at < played.count && !done; at += turn) {
    int16_t given[320];
    for (size_t i = 0; i < turn; i++) {
      given[i] = (int16_t)played.samples[at + i];
      float sum = echo.samples[slipped(scene, at + i, played.count)] + scene->noise_peak * room_random(&random);
      samples[i] = (int16_t)rintf(fminf(fmaxf(sum, INT16_MIN), INT16_MAX));
    }
    done = calibration_hear(&calibration, given, samples, turn);
  }
  CHECK(done);
  struct calibration_report report;
  CHECK_EQUAL(calibration_judge(&calibration, &report), DP_OK);
  free(played.samples);
  free(room.response);
  free(echo.samples);
  return report;
}

static void the_delay_is_found_to_the_sample_and_the_loudness_to_half_a_decibel(void) {
  static const double delays_ms[] = {0, 12, 42, 137.5, 480};
  for (size_t at = 0; at < 2 * sizeof delays_ms / sizeof delays_ms[0]; at++) {
    const struct scene scene = {.rate_hz = at % 2 ? WIDE : NARROW,
                                .delay_ms = delays_ms[at / 2],
                                .gain = 0.5,
                                .noise_peak = ROOM_NOISE_PEAK,
                                .volume = 100};
    struct calibration_report report = measure(&scene);
    CHECK(report.heard);
    CHECK_WITHIN(report.delay_ms, scene.delay_ms - 0.07, scene.delay_ms + 0.07);
    // The walls are silent 160 ms behind it but for a thousandth.
    CHECK_WITHIN(report.path_db, -6.5, -5.5);
    CHECK_WITHIN(report.speaker_dbfs, -18.1, -17.9);
    CHECK_WITHIN(report.microphone_dbfs, -24.5, -23.5);
    CHECK(report.noise_dbfs < -70);
    CHECK_EQUAL(report.clips, 0);
  }
}

static void a_street_as_loud_as_the_echo_hides_nothing(void) {
  // Uniform noise of this peak has -24 dBFS.
  const struct scene scene = {.rate_hz = WIDE, .delay_ms = 63, .gain = 0.5, .noise_peak = 3580, .volume = 100};
  struct calibration_report report = measure(&scene);
  CHECK(report.heard);
  CHECK_WITHIN(report.delay_ms, 62.9, 63.1);
  CHECK_WITHIN(report.path_db, -7, -5);
  CHECK_WITHIN(report.noise_dbfs, -25, -23);
}

static void a_sound_server_that_slips_makes_the_echo_no_weaker(void) {
  // The sequence is played from 0.8 s on, and judged from 1.31 to 3.36 s.
  static const long samples[] = {1, -1, 2, -3, 7, -12, 25, -40, 40};
  for (size_t at = 0; at < sizeof samples / sizeof samples[0]; at++) {
    struct scene scene = {.rate_hz = at % 2 ? NARROW : WIDE,
                          .delay_ms = 50,
                          .gain = 0.5,
                          .noise_peak = 1000,
                          .volume = 100,
                          .slips = {{.at_s = 2.35, .samples = samples[at]}}};
    struct calibration_report report = measure(&scene);
    CHECK(report.heard);
    CHECK_WITHIN(report.path_db, -7, -5.5);
    // The one delay or the other.
    double slip_ms = 1000.0 * (double)samples[at] / scene.rate_hz;
    CHECK_WITHIN(report.delay_ms, fmin(50, 50 + slip_ms) - 0.07, fmax(50, 50 + slip_ms) + 0.07);
  }
}

static void nor_does_one_that_slips_again_and_again(void) {
  struct scene scene = {.rate_hz = WIDE,
                        .delay_ms = 50,
                        .gain = 0.5,
                        .noise_peak = 1000,
                        .volume = 100,
                        .slips = {{1.5, 17}, {2.1, -30}, {2.7, 23}, {3.2, -9}}};
  struct calibration_report report = measure(&scene);
  CHECK(report.heard);
  CHECK_WITHIN(report.path_db, -8, -5.5);
  CHECK_WITHIN(report.delay_ms, 49, 51.3);
  // A street as loud as the echo beside it.
  scene.noise_peak = 3580;
  report = measure(&scene);
  CHECK(report.heard);
  CHECK_WITHIN(report.path_db, -8.5, -5.5);
  CHECK_WITHIN(report.delay_ms, 49, 51.3);
}

static void the_volume_of_the_loudspeaker_does_not_count(void) {
  const struct scene scene = {.rate_hz = NARROW, .delay_ms = 30, .gain = 0.5, .noise_peak = ROOM_NOISE_PEAK, .volume = 25};
  struct calibration_report report = measure(&scene);
  CHECK_WITHIN(report.speaker_dbfs, -30.2, -29.8);
  CHECK_WITHIN(report.path_db, -6.6, -5.4);
}

static void where_the_loudspeaker_is_not_heard_that_is_said(void) {
  struct scene scene = {.rate_hz = WIDE, .delay_ms = 30, .gain = 0, .noise_peak = 1000, .volume = 100};
  struct calibration_report report = measure(&scene);
  CHECK(!report.heard);
  scene.noise_peak = 0;
  report = measure(&scene);
  CHECK(!report.heard);
  CHECK_EQUAL((int)report.noise_dbfs, -100);
  // Nor one that is turned off.
  scene = (struct scene){.rate_hz = NARROW, .delay_ms = 30, .gain = 1, .noise_peak = 100, .volume = 0};
  report = measure(&scene);
  CHECK(!report.heard);
}

static void an_overdriven_microphone_is_counted(void) {
  const struct scene scene = {.rate_hz = NARROW, .delay_ms = 20, .gain = 6, .noise_peak = ROOM_NOISE_PEAK, .volume = 100};
  struct calibration_report report = measure(&scene);
  CHECK(report.clips > 100);
  CHECK_WITHIN(report.delay_ms, 19.9, 20.1);
}

int main(void) {
  TEST(the_delay_is_found_to_the_sample_and_the_loudness_to_half_a_decibel);
  TEST(a_street_as_loud_as_the_echo_hides_nothing);
  TEST(a_sound_server_that_slips_makes_the_echo_no_weaker);
  TEST(nor_does_one_that_slips_again_and_again);
  TEST(the_volume_of_the_loudspeaker_does_not_count);
  TEST(where_the_loudspeaker_is_not_heard_that_is_said);
  TEST(an_overdriven_microphone_is_counted);
  return test_summary("calibration");
}
