// The tones of a telephone's keys at the door's own microphone, as a recorder held before it plays them: they never count
// as digits, neither here nor, by an event of ours, at the other side. With echo cancellation and without. And those that
// come from the network, which count where that is asked for.

#define _GNU_SOURCE

#include "engine-support.h"

/** The microphone hears the key 5: 770 and 1336 Hz (ITU-T Q.23), 100 ms on and 100 ms off. */
static void keyed_exchange(void *device, const int16_t *heard, int16_t *spoken, struct audio_report *report) {
  struct humming_device *humming = device;
  humming_exchange(device, heard, spoken, report);
  unsigned turn = atomic_load(&humming->exchanges);
  if (turn / 5 % 2 == 0) return;
  for (size_t at = 0; at < AUDIO_FRAME_SAMPLES; at++) {
    double time = (double)(turn * AUDIO_FRAME_SAMPLES + at) / AUDIO_RATE_HZ;
    spoken[at] = (int16_t)(8000 * (sin(2 * M_PI * 770 * time) + sin(2 * M_PI * 1336 * time)));
  }
}

static const struct audio_operations keyed_operations = {.exchange = keyed_exchange, .close = humming_close};

static struct station door;
static struct station phone;

static void tones_are_no_digits(struct voice_switches voice) {
  char digits[8];
  humming_init(&door.device, 0);
  struct engine_options options = station_options(&door, &keyed_operations);
  options.voice = voice;
  CHECK_EQUAL(engine_create(&options, &door.engine), DP_OK);
  station_start(&phone, 0);
  station_open(&door, 0);
  station_open(&phone, 0);
  connect_stations(&door, &phone);
  sleep_ms(1200);
  // The tones are heard at the phone, so they were there to be taken for digits.
  struct voice_report report;
  engine_read_voice(door.engine, &report);
  CHECK(report.sent_dbfs > -60);
  CHECK_EQUAL(station_count(&door, ENGINE_EVENT_DIGIT), 0);
  CHECK_EQUAL(station_count(&phone, ENGINE_EVENT_DIGIT), 0);
  // The network's digit beside them counts, once.
  CHECK_EQUAL(engine_send_digits(phone.engine, phone.session, "7", 60), DP_OK);
  CHECK(station_wait(&door, ENGINE_EVENT_DIGIT, 1, 3000));
  sleep_ms(200);
  station_digits(&door, ENGINE_EVENT_DIGIT, digits, sizeof digits);
  CHECK_TEXT(digits, "7");
  CHECK_EQUAL(station_count(&phone, ENGINE_EVENT_DIGIT), 0);
  (void)station_close(&door);
  (void)station_close(&phone);
  station_stop(&door);
  station_stop(&phone);
}

static void start_keyed(struct station *station) {
  humming_init(&station->device, 0);
  const struct engine_options options = station_options(station, &keyed_operations);
  CHECK_EQUAL(engine_create(&options, &station->engine), DP_OK);
}

static void talk(void) {
  station_open(&door, 0);
  station_open(&phone, 0);
  connect_stations(&door, &phone);
}

static void hang_up(void) {
  (void)station_close(&door);
  (void)station_close(&phone);
  station_stop(&door);
  station_stop(&phone);
}

static void tones_from_the_network_count_where_that_is_asked_for(void) {
  char digits[40];
  station_start(&door, 0);
  start_keyed(&phone);
  talk();
  sleep_ms(700);
  CHECK_EQUAL(station_count(&door, ENGINE_EVENT_TONE_DIGIT), 0);
  CHECK_EQUAL(engine_set_tone_digits(door.engine, true), DP_OK);
  CHECK(station_wait(&door, ENGINE_EVENT_TONE_DIGIT, 4, 4000));
  station_digits(&door, ENGINE_EVENT_TONE_DIGIT, digits, sizeof digits);
  CHECK_EQUAL(strspn(digits, "5"), strlen(digits));
  // Five a second, and not one more: each press is said once.
  sleep_ms(100);
  size_t before = station_count(&door, ENGINE_EVENT_TONE_DIGIT);
  sleep_ms(1000);
  CHECK_WITHIN(station_count(&door, ENGINE_EVENT_TONE_DIGIT) - before, 3, 6);
  // Who sends events means those.
  CHECK_EQUAL(engine_send_digits(phone.engine, phone.session, "7", 60), DP_OK);
  CHECK(station_wait(&door, ENGINE_EVENT_DIGIT, 1, 3000));
  before = station_count(&door, ENGINE_EVENT_TONE_DIGIT);
  sleep_ms(700);
  CHECK_EQUAL(station_count(&door, ENGINE_EVENT_TONE_DIGIT), before);
  CHECK_EQUAL(station_count(&door, ENGINE_EVENT_DIGIT), 1);
  hang_up();
}

static void tones_of_the_microphone_that_come_back_do_not(void) {
  start_keyed(&door);
  // What comes back, if a little later: the same tones.
  start_keyed(&phone);
  CHECK_EQUAL(engine_set_tone_digits(door.engine, true), DP_OK);
  sleep_ms(100);
  talk();
  sleep_ms(1500);
  CHECK(station_statistics(&door).packets_received > 30);
  CHECK_EQUAL(station_count(&door, ENGINE_EVENT_TONE_DIGIT), 0);
  hang_up();
}

static void tones_at_the_microphone_are_no_digits(void) { tones_are_no_digits((struct voice_switches){0}); }

static void nor_are_they_behind_the_echo_canceller(void) {
  tones_are_no_digits(
      (struct voice_switches){.echo_cancellation = true, .noise_suppression = true, .gain_control = true});
}

int main(void) {
  TEST(tones_at_the_microphone_are_no_digits);
  TEST(nor_are_they_behind_the_echo_canceller);
  TEST(tones_from_the_network_count_where_that_is_asked_for);
  TEST(tones_of_the_microphone_that_come_back_do_not);
  return test_summary("engine-tones");
}
