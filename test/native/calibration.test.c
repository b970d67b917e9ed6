// The way from loudspeaker to microphone, measured in a room of figures: its delay and loudness within a sample and a
// fraction of a decibel, with the street's noise in it; and that nothing is found where nothing is heard.

#define _DEFAULT_SOURCE

#include "support/check.h"
#include "support/room.h"
#include "voice/calibration.h"

enum { NARROW = 8000, WIDE = 16000, SECONDS = 4 };

static struct calibration calibration;

struct scene {
  uint32_t rate_hz;
  double delay_ms;
  double gain;       /**< Of the echo; 0: none. */
  float noise_peak;  /**< Uniform. */
  unsigned volume;   /**< Of the loudspeaker, percent of the samples. */
};

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
      float sum = echo.samples[at + i] + scene->noise_peak * room_random(&random);
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
  TEST(the_volume_of_the_loudspeaker_does_not_count);
  TEST(where_the_loudspeaker_is_not_heard_that_is_said);
  TEST(an_overdriven_microphone_is_counted);
  return test_summary("calibration");
}
