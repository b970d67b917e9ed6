// The tones of a telephone's keys at the door's own microphone, as a recorder held before it plays them: they never count
// as digits, neither here nor, by an event of ours, at the other side. With echo cancellation and without.

#define _GNU_SOURCE

#include "engine-support.h"

static double phases[2];

/** The microphone hears the key 5: 770 and 1336 Hz (ITU-T Q.23), 100 ms on and 100 ms off. */
static void keyed_exchange(void *device, const int16_t *heard, int16_t *spoken, struct audio_report *report) {
  struct humming_device *humming = device;
  humming_exchange(device, heard, spoken, report);
  if (atomic_load(&humming->exchanges) / 5 % 2 == 0) return;
  static const double hz[2] = {770, 1336};
  for (size_t at = 0; at < AUDIO_FRAME_SAMPLES; at++) {
    double sum = 0;
    for (size_t tone = 0; tone < 2; tone++) {
      sum += sin(phases[tone]);
      phases[tone] += 2 * M_PI * hz[tone] / AUDIO_RATE_HZ;
    }
    spoken[at] = (int16_t)(8000 * sum);
  }
}

static const struct audio_operations keyed_operations = {.exchange = keyed_exchange, .close = humming_close};

static struct station door;
static struct station phone;

static void tones_are_no_digits(struct voice_switches voice) {
  char digits[8];
  humming_init(&door.device, 0);
  door.event_count = 0;
  struct engine_options options = {.device = {.operations = &keyed_operations, .device = &door.device},
                                   .first_port = FIRST_PORT,
                                   .last_port = LAST_PORT,
                                   .speaker_percent = 100,
                                   .microphone_percent = 100,
                                   .voice = voice,
                                   .wake = station_wake,
                                   .wake_context = &door};
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

static void tones_at_the_microphone_are_no_digits(void) { tones_are_no_digits((struct voice_switches){0}); }

static void nor_are_they_behind_the_echo_canceller(void) {
  tones_are_no_digits(
      (struct voice_switches){.echo_cancellation = true, .noise_suppression = true, .gain_control = true});
}

int main(void) {
  TEST(tones_at_the_microphone_are_no_digits);
  TEST(nor_are_they_behind_the_echo_canceller);
  return test_summary("engine-tones");
}
