// The parts of the voice's way, each alone; and the whole of it with all switched off, with noise, and at full scale.

#define _DEFAULT_SOURCE // M_PI

#include "support/check.h"
#include "support/room.h"
#include "voice/delay-search.h"
#include "voice/gain-control.h"
#include "voice/high-pass.h"
#include "voice/spectrum.h"
#include "voice/voice.h"

enum { RATE = 8000, BLOCK = RATE / 100, TURN = RATE / 50 };

static double rms_of(const float *samples, size_t count) {
  double sum = 0;
  for (size_t at = 0; at < count; at++) sum += (double)samples[at] * (double)samples[at];
  return sqrt(sum / (double)count);
}

static void add_sine(float *samples, size_t count, double hz, double amplitude, uint32_t rate_hz) {
  for (size_t at = 0; at < count; at++) {
    samples[at] += (float)(amplitude * sin(2 * M_PI * hz * (double)at / rate_hz));
  }
}

// ---- spectrum ----

static void a_spectrum_is_that_of_the_definition(void) {
  static const size_t blocks[] = {80, 160, 40, 2};
  for (size_t which = 0; which < sizeof blocks / sizeof blocks[0]; which++) {
    size_t n = blocks[which];
    struct spectrum_transform transform;
    struct spectrum spectrum;
    float samples[2 * SPECTRUM_MAX_BLOCK];
    float again[2 * SPECTRUM_MAX_BLOCK];
    uint64_t seed = 5;
    double worst = 0;
    CHECK_EQUAL(spectrum_init(&transform, n), DP_OK);
    for (size_t at = 0; at < 2 * n; at++) samples[at] = room_random(&seed);
    spectrum_of(&transform, samples, &spectrum);
    for (size_t k = 0; k <= n; k++) {
      double re = 0, im = 0;
      for (size_t at = 0; at < 2 * n; at++) {
        re += (double)samples[at] * cos(M_PI * (double)(k * at) / (double)n);
        im -= (double)samples[at] * sin(M_PI * (double)(k * at) / (double)n);
      }
      worst = fmax(worst, fabs(re - (double)spectrum.re[k]) + fabs(im - (double)spectrum.im[k]));
    }
    spectrum_to_samples(&transform, &spectrum, again);
    for (size_t at = 0; at < 2 * n; at++) worst = fmax(worst, fabs((double)samples[at] - (double)again[at]));
    CHECK_WITHIN(worst, 0, 1e-5);
  }
}

static void other_lengths_are_refused(void) {
  struct spectrum_transform transform;
  CHECK_EQUAL(spectrum_init(&transform, 0), DP_INVALID_ARGUMENT);
  CHECK_EQUAL(spectrum_init(&transform, 70), DP_INVALID_ARGUMENT);
  CHECK_EQUAL(spectrum_init(&transform, 320), DP_INVALID_ARGUMENT);
}

// ---- high-pass ----

static double high_pass_gain_db(uint32_t rate_hz, double hz) {
  static float samples[2 * 16000];
  struct high_pass filter;
  memset(samples, 0, sizeof samples);
  add_sine(samples, 2 * rate_hz, hz, 10000, rate_hz);
  double before = rms_of(&samples[rate_hz], rate_hz);
  high_pass_init(&filter, rate_hz);
  high_pass_run(&filter, samples, 2 * rate_hz);
  return 20 * log10(rms_of(&samples[rate_hz], rate_hz) / before);
}

static void rumble_is_taken_and_voices_are_not(void) {
  static const uint32_t rates[] = {8000, 16000};
  for (size_t at = 0; at < 2; at++) {
    // A Butterworth filter of second order: -3 dB at its corner, 12 dB less an octave below.
    CHECK_WITHIN(high_pass_gain_db(rates[at], HIGH_PASS_HZ), -3.1, -2.9);
    CHECK_WITHIN(high_pass_gain_db(rates[at], 50), -16, -14.5);
    CHECK_WITHIN(high_pass_gain_db(rates[at], 300), -0.2, 0);
    CHECK_WITHIN(high_pass_gain_db(rates[at], 3000), -0.05, 0.05);
  }
}

// ---- delay search ----

/** @return whether a delay was found, of what is heard that much later */
static bool search(const struct sound *played, double delay_ms, double near_gain, float *found_ms) {
  struct delay_search delay;
  uint64_t seed = 3;
  struct room room = room_build(RATE, delay_ms, 0.5, 11);
  struct sound heard = room_echo(&room, played);
  for (size_t at = 0; at < heard.count; at++) {
    heard.samples[at] = heard.samples[at] * (float)near_gain + ROOM_NOISE_PEAK * room_random(&seed);
  }
  delay_search_init(&delay, RATE);
  for (size_t at = 0; at + TURN <= played->count; at += TURN) {
    delay_search_run(&delay, &played->samples[at], &heard.samples[at], TURN);
  }
  free(heard.samples);
  free(room.response);
  return delay_search_result(&delay, found_ms);
}

static void delays_are_found_in_speech(void) {
  static const double delays_ms[] = {0, 5, 41.5, 130, 290, 480};
  struct sound talk = sound_talk(RATE, "resident.de", "resident.en", 4);
  for (size_t at = 0; at < sizeof delays_ms / sizeof delays_ms[0]; at++) {
    float found_ms = 0;
    CHECK(search(&talk, delays_ms[at], 1, &found_ms));
    CHECK_WITHIN(found_ms, delays_ms[at] - 1, delays_ms[at] + 1.5);
  }
  free(talk.samples);
}

static void without_an_echo_no_delay_is_found(void) {
  struct sound talk = sound_talk(RATE, "resident.de", "resident.en", 4);
  float found_ms = 0;
  CHECK(!search(&talk, 40, 0, &found_ms));
  free(talk.samples);
}

static void a_voice_is_not_taken_for_an_echo(void) {
  struct sound far = sound_talk(RATE, "resident.de", "resident.en", 6);
  struct sound near = sound_talk(RATE, "visitor.de", "visitor.en", 6);
  struct delay_search delay;
  float found_ms;
  delay_search_init(&delay, RATE);
  for (size_t at = 0; at + TURN <= far.count; at += TURN) {
    delay_search_run(&delay, &far.samples[at], &near.samples[at], TURN);
  }
  CHECK(!delay_search_result(&delay, &found_ms));
  free(far.samples);
  free(near.samples);
}

static void a_tone_has_no_delay(void) {
  struct sound tone = {.count = 4 * RATE, .samples = room_memory(4 * RATE)};
  float found_ms = 0;
  add_sine(tone.samples, tone.count, 425, 8000, RATE); // ringback
  CHECK(!search(&tone, 40, 1, &found_ms));
  free(tone.samples);
}

// ---- gain control ----

/** Runs speech of this loudness, with noise beneath. @return RMS of the last three seconds' speech */
static double controlled(double scale, float noise_peak, struct gain_control *control, double seconds) {
  struct sound talk = sound_talk(RATE, "visitor.en", "visitor.de", seconds);
  uint64_t seed = 9;
  gain_control_init(control, RATE);
  float peak = 0;
  for (size_t at = 0; at < talk.count; at++) {
    talk.samples[at] = talk.samples[at] * (float)scale + noise_peak * room_random(&seed);
  }
  for (size_t at = 0; at + BLOCK <= talk.count; at += BLOCK) {
    gain_control_run(control, &talk.samples[at], BLOCK, (struct gain_heard){0});
    for (size_t i = 0; i < BLOCK; i++) peak = fmaxf(peak, fabsf(talk.samples[at + i]));
  }
  CHECK(peak <= 29300);
  double rms = rms_of(&talk.samples[talk.count - 3 * RATE], 3 * RATE);
  free(talk.samples);
  return rms;
}

static void voices_near_and_far_become_alike(void) {
  struct gain_control control;
  double near = controlled(1, 2, &control, 8);
  CHECK(control.gain < 1);
  double far = controlled(0.1, 2, &control, 8);
  CHECK(control.gain > 2);
  printf("     voices 20 dB apart are %.1f dB apart behind the gain control\n", 20 * log10(near / far));
  CHECK_WITHIN(20 * log10(near / far), -3, 6);
}

static void the_gain_has_bounds(void) {
  struct gain_control control;
  (void)controlled(0.02, 0.5F, &control, 12);
  CHECK_WITHIN(control.gain, 1, 5.7);
  (void)controlled(30, 0.5F, &control, 8);
  CHECK_WITHIN(control.gain, 0.3, 0.4);
}

static void noise_is_not_pumped_up(void) {
  struct gain_control control;
  float block[BLOCK];
  uint64_t seed = 4;
  gain_control_init(&control, RATE);
  for (size_t count = 0; count < 2000; count++) {
    for (size_t at = 0; at < BLOCK; at++) block[at] = 150 * room_random(&seed);
    gain_control_run(&control, block, BLOCK, (struct gain_heard){0});
  }
  CHECK_WITHIN(control.gain, 0.95, 1.05);
}

static void an_echo_does_not_move_the_gain(void) {
  struct gain_control control;
  float block[BLOCK];
  uint64_t seed = 4;
  gain_control_init(&control, RATE);
  for (size_t count = 0; count < 500; count++) {
    for (size_t at = 0; at < BLOCK; at++) block[at] = 400 * room_random(&seed);
    gain_control_run(&control, block, BLOCK, (struct gain_heard){.echo_alone = true});
  }
  CHECK_WITHIN(control.gain, 1, 1);
}

static void a_shout_is_limited_at_its_first_sample(void) {
  struct gain_control control;
  float block[BLOCK];
  gain_control_init(&control, RATE);
  memset(block, 0, sizeof block);
  gain_control_run(&control, block, BLOCK, (struct gain_heard){0});
  add_sine(block, BLOCK, 1000, 120000, RATE);
  gain_control_run(&control, block, BLOCK, (struct gain_heard){0});
  for (size_t at = 0; at < BLOCK; at++) CHECK_WITHIN(fabsf(block[at]), 0, 29300);
  CHECK(rms_of(block, BLOCK) > 10000);
}

// ---- the whole way ----

static struct voice *opened(struct voice_switches switches) {
  struct voice *voice = NULL;
  CHECK_EQUAL(voice_create(RATE, VOICE_DELAY_UNKNOWN, &voice), DP_OK);
  voice_switch(voice, switches);
  return voice;
}

static void switched_off_it_touches_nothing(void) {
  struct voice *voice = opened((struct voice_switches){0});
  uint64_t seed = 2;
  for (size_t turn = 0; turn < 100; turn++) {
    int16_t played[TURN];
    int16_t spoken[TURN];
    int16_t before[TURN];
    for (size_t at = 0; at < TURN; at++) {
      played[at] = (int16_t)(uint16_t)test_random(&seed);
      spoken[at] = before[at] = (int16_t)(uint16_t)test_random(&seed);
    }
    voice_run(voice, played, spoken, TURN);
    CHECK_BYTES(spoken, before, sizeof spoken);
  }
  voice_destroy(voice);
}

static void noise_is_weakened_and_a_voice_is_not(void) {
  struct voice *voice = opened((struct voice_switches){.noise_suppression = true});
  struct sound talk = sound_talk(RATE, "visitor.en", "visitor.de", 6);
  struct sound sent = {.count = talk.count, .samples = room_memory(talk.count)};
  const int16_t nothing[TURN] = {0};
  uint64_t seed = 6;
  double noise_before = 0, noise_after = 0, common = 0, voiced = 0;
  // Two seconds of noise alone, then the voice in it.
  memset(talk.samples, 0, 2 * RATE * sizeof(float));
  for (size_t at = 0; at + TURN <= talk.count; at += TURN) {
    int16_t spoken[TURN];
    for (size_t i = 0; i < TURN; i++) {
      float noise = 300 * room_random(&seed);
      spoken[i] = (int16_t)(talk.samples[at + i] * 0.3F + noise);
      if (at >= RATE && at < 2 * RATE) noise_before += (double)noise * (double)noise;
    }
    voice_run(voice, nothing, spoken, TURN);
    for (size_t i = 0; i < TURN; i++) {
      sent.samples[at + i] = spoken[i];
      if (at >= RATE && at < 2 * RATE) noise_after += (double)spoken[i] * spoken[i];
    }
  }
  for (size_t at = 5 * RATE / 2; at + BLOCK < talk.count; at++) {
    double sample = (double)talk.samples[at] * 0.3;
    common += sample * (double)sent.samples[at + BLOCK];
    voiced += sample * sample;
  }
  double noise_db = decibels_between(noise_before, noise_after);
  double voice_db = 20 * log10(common / voiced);
  printf("     noise weakened by %.1f dB, the voice in it by %.1f dB\n", noise_db, -voice_db);
  CHECK_WITHIN(noise_db, 8, 20);
  CHECK_WITHIN(voice_db, -2, 0.5);
  free(talk.samples);
  free(sent.samples);
  voice_destroy(voice);
}

static const struct voice_switches all_on = {.echo_cancellation = true, .noise_suppression = true, .gain_control = true};

static void it_bears_anything(void) {
  struct voice *voice = opened(all_on);
  struct voice_report report;
  uint64_t seed = 8;
  for (size_t turn = 0; turn < 500; turn++) {
    int16_t played[TURN];
    int16_t spoken[TURN];
    uint64_t kind = test_random(&seed) % 4;
    for (size_t at = 0; at < TURN; at++) {
      played[at] = kind == 0 ? 0 : kind == 1 ? INT16_MAX : kind == 2 ? INT16_MIN : (int16_t)(uint16_t)test_random(&seed);
      spoken[at] = kind == 3 ? INT16_MIN : kind == 1 ? 0 : (int16_t)(uint16_t)test_random(&seed);
    }
    voice_run(voice, played, spoken, TURN);
  }
  // And is well afterwards: silence comes out as silence.
  int16_t silence[TURN];
  for (size_t turn = 0; turn < 100; turn++) {
    memset(silence, 0, sizeof silence);
    voice_run(voice, silence, silence, TURN);
  }
  for (size_t at = 0; at < TURN; at++) CHECK_WITHIN(silence[at], -2, 2);
  voice_read(voice, &report);
  CHECK(isfinite(report.gain_db) && isfinite(report.sent_dbfs) && isfinite(report.attenuation_db));
  CHECK(report.clips > 0);
  voice_destroy(voice);
}

/** A tone that ends: what is said of it 100 ms later. */
static float level_behind_a_tone(size_t turn) {
  struct voice *voice = opened((struct voice_switches){0});
  const int16_t nothing[TURN] = {0};
  for (size_t at = 0; at < RATE; at += turn) {
    float tone[TURN] = {0};
    int16_t spoken[TURN] = {0};
    if (at < RATE - RATE / 10) add_sine(tone, turn, 1000, 10000, RATE);
    for (size_t i = 0; i < turn; i++) spoken[i] = (int16_t)tone[i];
    voice_run(voice, nothing, spoken, turn);
  }
  struct voice_report report;
  voice_read(voice, &report);
  voice_destroy(voice);
  return (float)report.microphone_dbfs;
}

static void levels_fall_as_fast_whatever_the_turn_is(void) {
  float level = level_behind_a_tone(TURN);
  CHECK_WITHIN(level, -40, -20);
  CHECK_WITHIN(level_behind_a_tone(BLOCK), level - 0.1F, level + 0.1F);
}

static void levels_and_clips_are_told(void) {
  struct voice *voice = opened((struct voice_switches){0});
  struct voice_report report;
  int16_t played[TURN];
  int16_t spoken[TURN];
  for (size_t turn = 0; turn < 50; turn++) {
    for (size_t at = 0; at < TURN; at++) {
      played[at] = at % 2 ? 3277 : -3277;
      spoken[at] = at % 2 ? INT16_MAX : -328;
    }
    voice_run(voice, played, spoken, TURN);
  }
  voice_read(voice, &report);
  CHECK_WITHIN(report.speaker_dbfs, -20.1, -19.9);
  CHECK_WITHIN(report.microphone_dbfs, -3.1, -2.9);
  CHECK_EQUAL(report.clips, 50 * TURN / 2);
  CHECK_WITHIN(report.delay_ms, VOICE_DELAY_UNKNOWN, VOICE_DELAY_UNKNOWN);
  CHECK_WITHIN(report.attenuation_db, VOICE_ATTENUATION_UNKNOWN, VOICE_ATTENUATION_UNKNOWN);
  voice_destroy(voice);
}

static void other_rates_are_refused(void) {
  struct voice *voice = NULL;
  CHECK_EQUAL(voice_create(48000, VOICE_DELAY_UNKNOWN, &voice), DP_INVALID_ARGUMENT);
  CHECK(voice == NULL);
}

int main(void) {
  TEST(a_spectrum_is_that_of_the_definition);
  TEST(other_lengths_are_refused);
  TEST(rumble_is_taken_and_voices_are_not);
  TEST(delays_are_found_in_speech);
  TEST(without_an_echo_no_delay_is_found);
  TEST(a_voice_is_not_taken_for_an_echo);
  TEST(a_tone_has_no_delay);
  TEST(voices_near_and_far_become_alike);
  TEST(the_gain_has_bounds);
  TEST(noise_is_not_pumped_up);
  TEST(an_echo_does_not_move_the_gain);
  TEST(a_shout_is_limited_at_its_first_sample);
  TEST(switched_off_it_touches_nothing);
  TEST(noise_is_weakened_and_a_voice_is_not);
  TEST(it_bears_anything);
  TEST(levels_and_clips_are_told);
  TEST(levels_fall_as_fast_whatever_the_turn_is);
  TEST(other_rates_are_refused);
  return test_summary("voice");
}
