// In-band digits by the tolerances of ITU-T Q.24 (table A.1), at every alignment; what must not be taken for a digit, above
// all the speech of sounds/.

#define _DEFAULT_SOURCE

#include "dsp/dtmf-detector.h"
#include "support/check.h"
#include "support/room.h"

static struct dtmf_tables tables;
static struct dtmf_detector detector;
static int16_t sound[16000 * 4];
static size_t length;
static uint64_t seed;

/** A key by ITU-T Q.23. */
static const struct {
  char key;
  double hz[2];
} all_keys[] = {{'1', {697, 1209}}, {'2', {697, 1336}}, {'3', {697, 1477}}, {'A', {697, 1633}},
                {'4', {770, 1209}}, {'5', {770, 1336}}, {'6', {770, 1477}}, {'B', {770, 1633}},
                {'7', {852, 1209}}, {'8', {852, 1336}}, {'9', {852, 1477}}, {'C', {852, 1633}},
                {'*', {941, 1209}}, {'0', {941, 1336}}, {'#', {941, 1477}}, {'D', {941, 1633}}};

enum { KEYS = sizeof all_keys / sizeof all_keys[0] };

struct press {
  size_t key;
  double ms;
  double amplitude; /**< Of the lower tone. */
  double twist_db;  /**< The higher over the lower. */
  double off[2];    /**< Of each tone, as a share. */
};

static void begin(uint32_t rate_hz) {
  CHECK_EQUAL(dtmf_tables_init(&tables, rate_hz), DP_OK);
  memset(&detector, 0, sizeof detector);
  length = 0;
}

static void add_silence(double ms) {
  size_t count = (size_t)(ms * tables.rate_hz / 1000);
  memset(sound + length, 0, count * sizeof *sound);
  length += count;
}

static void add_press(const struct press *press) {
  size_t count = (size_t)(press->ms * tables.rate_hz / 1000);
  for (size_t at = 0; at < count; at++) {
    double time = (double)at / tables.rate_hz;
    double low = sin(2 * M_PI * all_keys[press->key].hz[0] * (1 + press->off[0]) * time);
    double high = sin(2 * M_PI * all_keys[press->key].hz[1] * (1 + press->off[1]) * time);
    sound[length++] = (int16_t)(press->amplitude * (low + pow(10, press->twist_db / 20) * high));
  }
}

/** Noise over all of it. @param peak uniform */
static void add_noise(double peak) {
  for (size_t at = 0; at < length; at++) sound[at] = (int16_t)(sound[at] + peak * (double)room_random(&seed));
}

/** Turn by turn, as the engine does; from a place of its own in the detector's grid. */
static size_t listen(size_t skew, char *text, size_t capacity) {
  static const int16_t nothing[320];
  size_t count = 0;
  (void)dtmf_listen(&detector, &tables, DTMF_SURE, nothing, skew);
  for (size_t at = 0; at < length; at += tables.rate_hz / 50) {
    size_t turn = length - at < tables.rate_hz / 50 ? length - at : tables.rate_hz / 50;
    char key = dtmf_listen(&detector, &tables, DTMF_SURE, sound + at, turn);
    if (key != '\0' && count + 1 < capacity) text[count++] = key;
  }
  text[count] = '\0';
  return count;
}

/** Every key once, so long, with pauses as long; at every alignment. @return how many of the rows were right */
static unsigned rows_right(uint32_t rate_hz, struct press press, double noise) {
  unsigned right = 0;
  for (size_t skew = 0; skew < 60; skew += 5) {
    char text[40];
    begin(rate_hz);
    add_silence(60);
    for (press.key = 0; press.key < KEYS; press.key++) {
      add_press(&press);
      add_silence(press.ms < 40 ? 40 : press.ms);
    }
    add_noise(noise);
    (void)listen(skew, text, sizeof text);
    right += strcmp(text, "123A456B789C*0#D") == 0;
  }
  return right;
}

static unsigned rows_of_nothing(struct press press) {
  unsigned right = 0;
  for (size_t skew = 0; skew < 60; skew += 5) {
    char text[40];
    begin(8000);
    add_silence(60);
    for (press.key = 0; press.key < KEYS; press.key++) {
      add_press(&press);
      add_silence(80);
    }
    right += listen(skew, text, sizeof text) == 0;
  }
  return right;
}

static void forty_milliseconds_of_tone_and_pause_suffice(void) {
  CHECK_EQUAL(rows_right(8000, (struct press){.ms = 40, .amplitude = 8000}, 0), 12);
  CHECK_EQUAL(rows_right(16000, (struct press){.ms = 40, .amplitude = 8000}, 0), 12);
  CHECK_EQUAL(rows_right(8000, (struct press){.ms = 100, .amplitude = 8000}, 0), 12);
}

static void tones_that_are_off_by_one_and_a_half_percent_are_taken(void) {
  for (int low = -1; low <= 1; low++) {
    for (int high = -1; high <= 1; high++) {
      const struct press press = {.ms = 40, .amplitude = 8000, .off = {0.015 * low, 0.015 * high}};
      CHECK_EQUAL(rows_right(8000, press, 0), 12);
    }
  }
}

static void tones_that_are_off_by_three_and_a_half_percent_are_not(void) {
  for (int sign = -1; sign <= 1; sign += 2) {
    CHECK_EQUAL(rows_of_nothing((struct press){.ms = 100, .amplitude = 8000, .off = {0.035 * sign, 0}}), 12);
    CHECK_EQUAL(rows_of_nothing((struct press){.ms = 100, .amplitude = 8000, .off = {0, 0.035 * sign}}), 12);
  }
}

static void the_groups_may_differ(void) {
  CHECK_EQUAL(rows_right(8000, (struct press){.ms = 40, .amplitude = 8000, .twist_db = -8}, 0), 12);
  CHECK_EQUAL(rows_right(8000, (struct press){.ms = 40, .amplitude = 5000, .twist_db = 4}, 0), 12);
  // Not by any amount: that is a voice, or one tone.
  CHECK_EQUAL(rows_of_nothing((struct press){.ms = 100, .amplitude = 8000, .twist_db = -12}), 12);
  CHECK_EQUAL(rows_of_nothing((struct press){.ms = 100, .amplitude = 4000, .twist_db = 8}), 12);
}

static void weak_tones_and_noise_are_borne(void) {
  // -35 dBFS each.
  CHECK_EQUAL(rows_right(8000, (struct press){.ms = 40, .amplitude = 820}, 0), 12);
  // Noise 15 dB below the tones' power: 8000² over 10^1.5, uniform.
  CHECK_EQUAL(rows_right(8000, (struct press){.ms = 40, .amplitude = 8000}, 8000 * sqrt(3 / 31.6)), 12);
}

static void what_is_too_short_is_no_digit(void) {
  CHECK_EQUAL(rows_of_nothing((struct press){.ms = 20, .amplitude = 8000}), 12);
}

static void a_long_press_is_one_digit_also_where_a_packet_is_lost(void) {
  char text[40];
  for (size_t gap = 0; gap < 160; gap += 7) {
    begin(8000);
    add_silence(50);
    const struct press press = {.key = 5, .ms = 1000, .amplitude = 8000};
    add_press(&press);
    // Concealed by repetition of what was before.
    memcpy(sound + 4000 + gap, sound + 4000 + gap - 160, 160 * sizeof *sound);
    add_silence(100);
    (void)listen(0, text, sizeof text);
    CHECK_TEXT(text, "5");
  }
}

/** @return keys in a minute of speech */
static size_t keys_in(uint32_t rate_hz, const char *first, const char *second, float louder) {
  struct sound talk = sound_talk(rate_hz, first, second, 60);
  size_t count = 0;
  begin(rate_hz);
  for (size_t at = 0; at + 320 <= talk.count; at += 320) {
    int16_t turn[320];
    for (size_t i = 0; i < 320; i++) turn[i] = (int16_t)fmaxf(INT16_MIN, fminf(INT16_MAX, talk.samples[at + i] * louder));
    count += dtmf_listen(&detector, &tables, DTMF_SURE, turn, 320) != '\0';
  }
  free(talk.samples);
  return count;
}

static void speech_is_no_digit(void) {
  static const float loudness[] = {0.5F, 1, 2, 4};
  for (size_t at = 0; at < sizeof loudness / sizeof loudness[0]; at++) {
    CHECK_EQUAL(keys_in(8000, "resident.en", "resident.de", loudness[at]), 0);
    CHECK_EQUAL(keys_in(8000, "visitor.en", "visitor.de", loudness[at]), 0);
    CHECK_EQUAL(keys_in(16000, "resident.en", "visitor.de", loudness[at]), 0);
  }
}

static void noise_and_single_tones_are_no_digits(void) {
  char text[40];
  begin(8000);
  add_silence(4000);
  add_noise(20000);
  CHECK_EQUAL(listen(0, text, sizeof text), 0);
  for (size_t key = 0; key < KEYS; key++) {
    const struct press press = {.key = key, .ms = 500, .amplitude = 8000, .twist_db = -60};
    begin(8000);
    add_press(&press);
    CHECK_EQUAL(listen(0, text, sizeof text), 0);
  }
}

static void the_wary_one_hears_what_the_sure_one_does_not(void) {
  char key = '\0';
  begin(8000);
  add_silence(50);
  // -55 dBFS each, in noise that is nearly as loud.
  const struct press press = {.key = 0, .ms = 60, .amplitude = 82};
  add_press(&press);
  add_silence(20);
  add_noise(80);
  for (size_t at = 0; at + 160 <= length; at += 160) {
    char heard = dtmf_listen(&detector, &tables, DTMF_WARY, sound + at, 160);
    if (heard != '\0') key = heard;
  }
  CHECK_EQUAL(key, '1');
}

int main(void) {
  seed = 5;
  TEST(forty_milliseconds_of_tone_and_pause_suffice);
  TEST(tones_that_are_off_by_one_and_a_half_percent_are_taken);
  TEST(tones_that_are_off_by_three_and_a_half_percent_are_not);
  TEST(the_groups_may_differ);
  TEST(weak_tones_and_noise_are_borne);
  TEST(what_is_too_short_is_no_digit);
  TEST(a_long_press_is_one_digit_also_where_a_packet_is_lost);
  TEST(speech_is_no_digit);
  TEST(noise_and_single_tones_are_no_digits);
  TEST(the_wary_one_hears_what_the_sure_one_does_not);
  return test_summary("dtmf-detector");
}
