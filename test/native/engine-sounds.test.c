// What the door itself lets be heard, in an engine that runs: at once, over a call, counted as what the loudspeaker plays,
// and taken from files while it sounds.

#define _GNU_SOURCE

#include "engine-support.h"

static struct station door;
static struct station phone;

static struct engine_sound sound_of(size_t count, int16_t value) {
  struct engine_sound sound = {.samples = malloc(count * sizeof *sound.samples), .count = count};
  if (!sound.samples) abort();
  for (size_t at = 0; at < count; at++) sound.samples[at] = value;
  return sound;
}

/** @return the first sample from `from` on that is not silent; `heard_count` where there is none */
static size_t first_heard(const struct humming_device *device, size_t from) {
  while (from < device->heard_count && device->heard[from] == 0) from++;
  return from;
}

static void ringback_is_in_the_next_turn(void) {
  station_start(&door, 0);
  station_turn(&door, 5);
  unsigned before = atomic_load(&door.device.exchanges);
  CHECK_EQUAL(engine_play(door.engine, ENGINE_TONE_RINGBACK), DP_OK);
  // The thread has taken the command by the time that it has answered the one behind it.
  CHECK_EQUAL(engine_set_sound(door.engine, ENGINE_TONE_BUSY, &(struct engine_sound){.silent = true}), DP_OK);
  unsigned taken = atomic_load(&door.device.exchanges);
  station_turn(&door, 5);
  station_stop(&door);
  size_t first = first_heard(&door.device, (size_t)before * AUDIO_FRAME_SAMPLES);
  // The first sample of a tone is 0.
  CHECK(first <= (size_t)taken * AUDIO_FRAME_SAMPLES + 2);
}

/** Waits, two seconds at most, until the level of what the speaker plays stays between two. @return whether it does */
static bool speaker_comes_to(float least_dbfs, float most_dbfs) {
  struct voice_report report;
  int stayed_ms = 0;
  for (int waited = 0; waited < 2000 && stayed_ms < 150; waited += 5) {
    engine_read_voice(door.engine, &report);
    stayed_ms = report.speaker_dbfs >= least_dbfs && report.speaker_dbfs <= most_dbfs ? stayed_ms + 5 : 0;
    sleep_ms(5);
  }
  if (stayed_ms >= 150) return true;
  printf("  the speaker plays at %.1f dBFS\n", (double)report.speaker_dbfs);
  return false;
}

static void an_announcement_is_heard_over_a_call_and_known_to_the_echo_canceller(void) {
  struct voice_report report;
  station_start(&door, 0);
  station_start(&phone, 300);
  station_open(&door, 0);
  station_open(&phone, 0);
  connect_stations(&door, &phone);
  sleep_ms(700);
  // A second of silence, so that the talk beneath it can be measured.
  struct engine_sound silence = sound_of(AUDIO_RATE_HZ, 0);
  CHECK_EQUAL(engine_set_sound(door.engine, ENGINE_TONE_OPENED, &silence), DP_OK);
  engine_read_voice(door.engine, &report);
  float before = report.speaker_dbfs;
  CHECK(before > -20);
  CHECK_EQUAL(engine_announce(door.engine, ENGINE_TONE_OPENED), DP_OK);
  CHECK(speaker_comes_to(before - 13, before - 11));
  CHECK(speaker_comes_to(before - 1, before + 1));
  // Where the other side is silent, what is said is all that is played: the canceller has it.
  struct engine_stream held = stream_to(door.port);
  held.sends = false;
  station_configure(&phone, &held);
  CHECK(speaker_comes_to(-200, -60));
  struct engine_sound loud = sound_of(AUDIO_RATE_HZ, 8000);
  CHECK_EQUAL(engine_set_sound(door.engine, ENGINE_TONE_OPENED, &loud), DP_OK);
  CHECK_EQUAL(engine_announce(door.engine, ENGINE_TONE_OPENED), DP_OK);
  CHECK(speaker_comes_to(-13, -12));
  (void)station_close(&door);
  (void)station_close(&phone);
  station_stop(&door);
  station_stop(&phone);
}

static void sounds_are_replaced_while_they_sound(void) {
  station_start(&door, 0);
  CHECK_EQUAL(engine_play(door.engine, ENGINE_TONE_RINGBACK), DP_OK);
  for (int round = 0; round < 50; round++) {
    struct engine_sound ringing = sound_of(400, (int16_t)(1000 + round));
    struct engine_sound opened = sound_of(400, 100);
    CHECK_EQUAL(engine_set_sound(door.engine, ENGINE_TONE_RINGBACK, &ringing), DP_OK);
    CHECK_EQUAL(engine_set_sound(door.engine, ENGINE_TONE_OPENED, &opened), DP_OK);
    CHECK_EQUAL(engine_announce(door.engine, ENGINE_TONE_OPENED), DP_OK);
    sleep_ms(7);
  }
  CHECK_EQUAL(engine_set_sound(door.engine, ENGINE_TONE_RINGBACK, &(struct engine_sound){.silent = true}), DP_OK);
  sleep_ms(100);
  station_stop(&door);
  CHECK(door.device.heard_count > AUDIO_FRAME_SAMPLES * 5);
  CHECK_EQUAL(door.device.heard[door.device.heard_count - 1], 0);
}

static void what_cannot_be_played_is_refused(void) {
  station_start(&door, 0);
  CHECK_EQUAL(engine_play(door.engine, ENGINE_TONE_OPENED), DP_INVALID_ARGUMENT);
  CHECK_EQUAL(engine_announce(door.engine, ENGINE_TONE_RINGBACK), DP_INVALID_ARGUMENT);
  struct engine_sound sound = {.silent = true};
  CHECK_EQUAL(engine_set_sound(door.engine, ENGINE_TONE_NONE, &sound), DP_INVALID_ARGUMENT);
  sound = sound_of(ENGINE_SOUND_SECONDS * AUDIO_RATE_HZ + 1, 0);
  CHECK_EQUAL(engine_set_sound(door.engine, ENGINE_TONE_BUSY, &sound), DP_INVALID_ARGUMENT);
  free(sound.samples);
  station_stop(&door);
}

int main(void) {
  TEST(ringback_is_in_the_next_turn);
  TEST(an_announcement_is_heard_over_a_call_and_known_to_the_echo_canceller);
  TEST(sounds_are_replaced_while_they_sound);
  TEST(what_cannot_be_played_is_refused);
  return test_summary("engine-sounds");
}
