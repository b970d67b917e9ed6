// Calibration and levels in an engine that runs, on a device whose microphone hears its loudspeaker a while later.

#define _GNU_SOURCE

#include "engine-support.h"

#define ECHO_SAMPLES 240 // 30 ms
#define LIMIT_MS 15000

static struct station door;
static int16_t way[ECHO_SAMPLES];
static size_t way_at;
static atomic_int gain_percent;

/** What is played comes back after ECHO_SAMPLES, so much louder. */
static void echo_exchange(void *device, const int16_t *heard, int16_t *spoken, struct audio_report *report) {
  humming_exchange(device, heard, spoken, report);
  for (size_t at = 0; at < AUDIO_FRAME_SAMPLES; at++) {
    int louder = way[way_at] * atomic_load(&gain_percent) / 100;
    spoken[at] = (int16_t)(louder > INT16_MAX ? INT16_MAX : louder < INT16_MIN ? INT16_MIN : louder);
    way[way_at] = heard[at];
    way_at = (way_at + 1) % ECHO_SAMPLES;
  }
}

static const struct audio_operations echo_operations = {.exchange = echo_exchange, .close = humming_close};

static void start(int percent) {
  humming_init(&door.device, 0);
  memset(way, 0, sizeof way);
  atomic_store(&gain_percent, percent);
  struct engine_options options = station_options(&door, &echo_operations);
  options.speaker_percent = 50;
  options.voice.echo_cancellation = true;
  CHECK_EQUAL(engine_create(&options, &door.engine), DP_OK);
}

/** @return what comes of it, DP_EMPTY where nothing does */
static dp_error outcome(struct calibration_report *report) {
  dp_error error = DP_EMPTY;
  for (int waited = 0; waited < LIMIT_MS && error == DP_EMPTY; waited += 20) {
    error = engine_take_calibration(door.engine, report);
    if (error == DP_EMPTY) sleep_ms(20);
  }
  return error;
}

static void the_way_is_measured(void) {
  struct calibration_report report;
  start(70);
  CHECK_EQUAL(engine_take_calibration(door.engine, &report), DP_NOT_FOUND);
  CHECK_EQUAL(engine_begin_calibration(door.engine), DP_OK);
  CHECK_EQUAL(engine_begin_calibration(door.engine), DP_FULL);
  CHECK_EQUAL(outcome(&report), DP_OK);
  CHECK(report.heard);
  CHECK_WITHIN(report.delay_ms, 29.9, 30.1);
  CHECK_WITHIN(report.path_db, -3.2, -3);
  // -18 dBFS, of which half the volume leaves a quarter.
  CHECK_WITHIN(report.speaker_dbfs, -30.2, -29.8);
  CHECK_EQUAL(report.clips, 0);
  // One sample comes back, 6 ms behind the beginning, as loud as it is measured; but for the high-pass.
  CHECK_EQUAL(report.path_count, 1280);
  CHECK_WITHIN(report.path[48], 0.6, 0.7);
  CHECK_WITHIN(report.path[40], -0.02, 0.02);
  // Then there is nothing more to be taken, and another can be begun.
  CHECK_EQUAL(engine_take_calibration(door.engine, &report), DP_NOT_FOUND);
  CHECK_EQUAL(engine_begin_calibration(door.engine), DP_OK);
  station_stop(&door); // while it runs
}

static void whoever_rings_goes_before(void) {
  struct calibration_report report;
  start(70);
  CHECK_EQUAL(engine_begin_calibration(door.engine), DP_OK);
  sleep_ms(1000);
  CHECK_EQUAL(engine_play(door.engine, ENGINE_TONE_RINGBACK), DP_OK);
  CHECK_EQUAL(outcome(&report), DP_FULL);
  CHECK_EQUAL(engine_play(door.engine, ENGINE_TONE_NONE), DP_OK);
  CHECK_EQUAL(engine_begin_calibration(door.engine), DP_OK);
  station_open(&door, 0);
  struct engine_stream stream = stream_to(door.port);
  station_configure(&door, &stream);
  CHECK_EQUAL(outcome(&report), DP_FULL);
  (void)station_close(&door);
  CHECK_EQUAL(engine_begin_calibration(door.engine), DP_OK);
  atomic_store(&door.device.fault, AUDIO_FAULT_LOST);
  CHECK_EQUAL(outcome(&report), DP_DEVICE);
  station_stop(&door);
}

static void a_known_delay_is_where_the_canceller_begins(void) {
  struct voice_report report;
  start(0);
  engine_read_voice(door.engine, &report);
  CHECK(report.delay_ms < 0);
  CHECK_EQUAL(engine_set_echo(door.engine, 42, NULL, 0), DP_OK);
  CHECK_EQUAL(engine_set_echo(door.engine, -1, NULL, 0), DP_INVALID_ARGUMENT);
  CHECK_EQUAL(engine_set_echo(door.engine, NAN, NULL, 0), DP_INVALID_ARGUMENT);
  station_turn(&door, 3);
  engine_read_voice(door.engine, &report);
  CHECK_WITHIN(report.delay_ms, 41.9, 42.1);
  station_stop(&door);
}

/** The path is lent: the engine has its own when the call is over. */
static void a_known_way_is_taken_over(void) {
  start(0);
  size_t count = engine_path_samples(door.engine);
  CHECK_EQUAL(count, 1280);
  float *path = calloc(count, sizeof *path);
  if (!path) abort();
  path[48] = 1;
  CHECK_EQUAL(engine_set_echo(door.engine, 42, path, count - 1), DP_INVALID_ARGUMENT);
  CHECK_EQUAL(engine_set_echo(door.engine, 42, path, 2 * count), DP_INVALID_ARGUMENT);
  path[1279] = INFINITY;
  CHECK_EQUAL(engine_set_echo(door.engine, 42, path, count), DP_INVALID_ARGUMENT);
  path[1279] = NAN;
  CHECK_EQUAL(engine_set_echo(door.engine, 42, path, count), DP_INVALID_ARGUMENT);
  path[1279] = 0;
  for (int times = 0; times < 50; times++) CHECK_EQUAL(engine_set_echo(door.engine, 42, path, count), DP_OK);
  free(path);
  station_turn(&door, 3);
  station_stop(&door);
}

static void levels_are_those_of_the_last_second(void) {
  struct engine_levels levels;
  start(1000);
  engine_read_levels(door.engine, &levels);
  CHECK_WITHIN(levels.speaker.rms_dbfs, -100, -100);
  CHECK_EQUAL(engine_play(door.engine, ENGINE_TONE_RINGBACK), DP_OK);
  sleep_ms(700);
  engine_read_levels(door.engine, &levels);
  // A tone of 8000 at a quarter: a peak of 2000 is -24.3 dBFS; ten times that is at the microphone, cut off nowhere.
  CHECK_WITHIN(levels.speaker.peak_dbfs, -24.4, -24.2);
  CHECK(levels.speaker.rms_dbfs < -26 && levels.speaker.rms_dbfs > -34);
  CHECK_WITHIN(levels.microphone.peak_dbfs, -4.4, -4.2);
  CHECK_EQUAL(levels.microphone.clipped, 0);
  atomic_store(&gain_percent, 2000);
  sleep_ms(200);
  engine_read_levels(door.engine, &levels);
  CHECK(levels.microphone.clipped > 200);
  CHECK_EQUAL(levels.speaker.clipped, 0);
  // A call counts from its own beginning; and a second later the tone is forgotten.
  CHECK_EQUAL(engine_play(door.engine, ENGINE_TONE_NONE), DP_OK);
  sleep_ms(100);
  station_open(&door, 0);
  struct engine_stream stream = stream_to(door.port);
  stream.receives = false;
  station_configure(&door, &stream);
  sleep_ms(1300);
  engine_read_levels(door.engine, &levels);
  CHECK_EQUAL(levels.microphone.clipped, 0);
  CHECK_WITHIN(levels.microphone.peak_dbfs, -100, -100);
  (void)station_close(&door);
  station_stop(&door);
}

int main(void) {
  TEST(the_way_is_measured);
  TEST(whoever_rings_goes_before);
  TEST(a_known_delay_is_where_the_canceller_begins);
  TEST(a_known_way_is_taken_over);
  TEST(levels_are_those_of_the_last_second);
  return test_summary("engine-calibration");
}
