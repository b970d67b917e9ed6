// An echo whose way is known from another time: what the first half second gains by it, wherever the delay of the card has
// gone since; and that a way that is no longer the one costs nothing. All of it is the same in every run; the figures
// are printed, and asserted.

#define _DEFAULT_SOURCE

#include "support/check.h"
#include "support/room.h"
#include "voice/calibration.h"
#include "voice/echo-filter.h"
#include "voice/high-pass.h"
#include "voice/voice.h"

enum { NARROW = 8000, WIDE = 16000, STARTS = 2 };

static const uint64_t hall = 88172645463325252U;
static const uint64_t other_hall = 1181783497276652981U;

/** What begins, and what was known. */
struct scene {
  uint32_t rate_hz;
  double known_ms;   /**< The delay at the calibration, */
  double delay_ms;   /**< and now: */
  double fraction;   /**< and so much of a sample later. */
  double other;      /**< So much of what the walls gave back is another room's. */
  double gain;       /**< Of the echo, against the calibration's; 0: the same. */
  float noise_peak;  /**< While it was calibrated; 0: a quiet room's. */
  bool cold;         /**< The way is not known, the delay is. */
  bool called;       /**< The way was not measured, but learned in a call with the delay that is known. */
};

/** Of the mean of some starts: how much weaker what is sent is than what is heard, in dB. */
struct outcome {
  double first;  /**< To 100 ms after the first word, */
  double soon;   /**< from 250 to 500 ms, */
  double second; /**< and in the second second. */
  double least;  /**< Of any 100 ms of loud echo. */
  double voice;  /**< Of a visitor who begins to speak in the same moment, from 0.1 s to 1.1 s: what passes, */
  double clean;  /**< and over all else. */
};

static struct calibration calibration;
static struct calibration_report measured;
/** Speech at both rates. */
static struct sound residents[2];
static struct sound visitors[2];

static size_t at_rate(uint32_t rate_hz) { return rate_hz == WIDE ? 1 : 0; }

static struct room room_of(const struct scene *scene) {
  struct room room = room_build(scene->rate_hz, scene->delay_ms, 0.7, hall);
  struct room other = room_build(scene->rate_hz, scene->delay_ms, 0.7, other_hall);
  size_t direct = (size_t)(scene->delay_ms * scene->rate_hz / 1000);
  double gain = scene->gain > 0 ? scene->gain : 1;
  float *whole = room_memory(room.length);
  for (size_t at = 0; at < room.length; at++) {
    double value = (double)room.response[at];
    if (at > direct) value = sqrt(1 - scene->other) * value + sqrt(scene->other) * (double)other.response[at];
    whole[at] = (float)(gain * value);
  }
  // Between its samples: a sinc under a raised cosine.
  for (size_t at = 0; at < room.length; at++) {
    double sum = 0;
    for (long tap = -24; tap <= 24; tap++) {
      long from = (long)at - tap;
      if (from < 0 || from >= (long)room.length) continue;
      double x = (double)tap - scene->fraction;
      double sinc = fabs(x) < 1e-9 ? 1 : sin(M_PI * x) / (M_PI * x);
      sum += (double)whole[from] * sinc * (0.5 + 0.5 * cos(M_PI * x / 25));
    }
    room.response[at] = (float)sum;
  }
  free(whole);
  free(other.response);
  return room;
}

static int16_t to_sample(float value) { return (int16_t)rintf(fminf(fmaxf(value, INT16_MIN), INT16_MAX)); }

/** As it is measured at the loudspeaker's 60 percent. */
static void calibrate(const struct scene *scene) {
  size_t turn = scene->rate_hz / 100;
  size_t count = 4 * (size_t)scene->rate_hz;
  struct sound played = {.count = count, .samples = room_memory(count)};
  struct room room = room_build(scene->rate_hz, scene->known_ms, 0.7, hall);
  CHECK_EQUAL(calibration_init(&calibration, scene->rate_hz), DP_OK);
  for (size_t at = 0; at < count; at += turn) {
    int16_t given[160] = {0};
    calibration.at = at;
    calibration_play(&calibration, given, turn);
    for (size_t i = 0; i < turn; i++) played.samples[at + i] = (float)(given[i] * 60 / 100);
  }
  calibration.at = 0;
  struct sound echo = room_echo(&room, &played);
  float peak = scene->noise_peak > 0 ? scene->noise_peak : ROOM_NOISE_PEAK;
  uint64_t noise = 11;
  bool done = false;
  for (size_t at = 0; at < count && !done; at += turn) {
    int16_t given[160];
    int16_t heard[160];
    for (size_t i = 0; i < turn; i++) {
      given[i] = (int16_t)played.samples[at + i];
      heard[i] = to_sample(echo.samples[at + i] + peak * room_random(&noise));
    }
    done = calibration_hear(&calibration, given, heard, turn);
  }
  CHECK_EQUAL(calibration_judge(&calibration, &measured), DP_OK);
  CHECK(measured.heard);
  CHECK_EQUAL(measured.path_count, scene->rate_hz * 160 / 1000);
  free(played.samples);
  free(room.response);
  free(echo.samples);
}

/** A resident's speech from a moment on in which there is some. */
static struct sound words(const struct sound *talk, uint32_t rate_hz, double from, double seconds) {
  size_t block = rate_hz / 100;
  size_t first = (size_t)(from * rate_hz);
  struct sound words = {.count = (size_t)(seconds * rate_hz), .samples = room_memory((size_t)(seconds * rate_hz))};
  while (sound_power(talk->samples, 1, (double)first, (double)(first + block)) < 1e6) first += block;
  size_t lead = words.count / 7;
  memcpy(&words.samples[lead], &talk->samples[first], (words.count - lead) * sizeof(float));
  return words;
}

/** @param sent null: nobody wants it */
static void pass(struct voice *voice, uint32_t rate_hz, const struct sound *played, const float *heard, float *sent) {
  size_t turn = rate_hz / 100;
  for (size_t at = 0; at + turn <= played->count; at += turn) {
    int16_t far[160];
    int16_t spoken[160];
    for (size_t i = 0; i < turn; i++) {
      far[i] = (int16_t)played->samples[at + i];
      spoken[i] = to_sample(heard[at + i]);
    }
    voice_run(voice, far, spoken, turn);
    for (size_t i = 0; sent && i < turn; i++) sent[at + i] = spoken[i];
  }
}

/** A call of six seconds, in which the way is learned. */
static void converse(struct voice *voice, const struct scene *scene, const struct sound *talk) {
  struct room room = room_build(scene->rate_hz, scene->known_ms, 0.7, hall);
  struct sound played = words(talk, scene->rate_hz, 11, 6);
  struct sound echo = room_echo(&room, &played);
  uint64_t noise = 5;
  for (size_t at = 0; at < echo.count; at++) echo.samples[at] += ROOM_NOISE_PEAK * room_random(&noise);
  pass(voice, scene->rate_hz, &played, echo.samples, NULL);
  free(room.response);
  free(played.samples);
  free(echo.samples);
}

static struct voice *begin(const struct scene *scene, const struct sound *talk) {
  struct voice *voice = NULL;
  CHECK_EQUAL(voice_create(scene->rate_hz, VOICE_DELAY_UNKNOWN, &voice), DP_OK);
  voice_switch(voice, (struct voice_switches){.echo_cancellation = true, .noise_suppression = true});
  if (scene->called) converse(voice, scene, talk);
  else voice_expect(voice, measured.delay_ms, scene->cold ? NULL : measured.path, measured.path_count);
  voice_begin(voice);
  return voice;
}

/** One start. @param near the visitor's voice, or null */
static void start(const struct scene *scene, const struct sound *talk, const struct sound *near, double from,
                  struct outcome *sum) {
  uint32_t rate_hz = scene->rate_hz;
  struct room room = room_of(scene);
  struct sound played = words(talk, rate_hz, from, 3.5);
  struct sound echo = room_echo(&room, &played);
  float *heard = room_memory(played.count);
  float *sent = room_memory(played.count);
  uint64_t noise = 7;
  struct sound voice_sound = {0};
  if (near) {
    voice_sound = words(near, rate_hz, from, 3.5);
    double ratio = sound_power(echo.samples, rate_hz, 1, 3.4) / sound_power(voice_sound.samples, rate_hz, 1, 3.4);
    for (size_t at = 0; at < voice_sound.count; at++) voice_sound.samples[at] *= (float)(0.5 * sqrt(ratio));
  }
  for (size_t at = 0; at < played.count; at++) {
    heard[at] = echo.samples[at] + (near ? voice_sound.samples[at] : 0) + ROOM_NOISE_PEAK * room_random(&noise);
  }
  struct voice *voice = begin(scene, talk);
  pass(voice, rate_hz, &played, heard, sent);
  double first = 0.5 + scene->delay_ms / 1000;
  if (!near) {
    struct high_pass high_pass;
    high_pass_init(&high_pass, rate_hz);
    high_pass_run(&high_pass, heard, played.count);
    const double edges[3][2] = {{0, 0.1}, {0.25, 0.5}, {1, 2}};
    double *figures[3] = {&sum->first, &sum->soon, &sum->second};
    for (size_t at = 0; at < 3; at++) {
      *figures[at] += decibels_between(sound_power(heard, rate_hz, first + edges[at][0], first + edges[at][1]),
                                       sound_power(sent, rate_hz, first + edges[at][0] + 0.01, first + edges[at][1] + 0.01)) /
                      STARTS;
    }
    for (double at = first; at < 3.3; at += 0.05) {
      double power = sound_power(heard, rate_hz, at, at + 0.1);
      if (power > 1e5) sum->least = fmin(sum->least, decibels_between(power, sound_power(sent, rate_hz, at + 0.01, at + 0.11)));
    }
  } else {
    struct high_pass high_pass;
    high_pass_init(&high_pass, rate_hz);
    high_pass_run(&high_pass, voice_sound.samples, voice_sound.count);
    double common = 0;
    double own = 0;
    double all = 0;
    size_t late = rate_hz / 100;
    for (size_t at = (size_t)(0.6 * rate_hz); at < (size_t)(1.6 * rate_hz); at++) {
      double value = (double)voice_sound.samples[at];
      double out = (double)sent[at + late];
      common += value * out;
      own += value * value;
      all += out * out;
    }
    double share = common / own;
    sum->voice += 20 * log10(fabs(share) + 1e-3) / STARTS;
    sum->clean += decibels_between(share * share * own, all - share * share * own) / STARTS;
  }
  voice_destroy(voice);
  free(room.response);
  free(played.samples);
  free(echo.samples);
  free(voice_sound.samples);
  free(heard);
  free(sent);
}

static struct outcome run(const char *name, const struct scene *scene) {
  struct outcome outcome = {.least = 99};
  const struct sound *talk = &residents[at_rate(scene->rate_hz)];
  if (!scene->called) calibrate(scene);
  for (int at = 0; at < STARTS; at++) {
    start(scene, talk, NULL, 2.6 * at, &outcome);
    start(scene, talk, &visitors[at_rate(scene->rate_hz)], 2.6 * at, &outcome);
  }
  printf("     %5u Hz, %-34s echo %4.1f dB weaker at first, %4.1f at 0.25 s, %4.1f at 1 s, %4.1f at least; both talk: "
         "voice %4.1f dB, %4.1f dB above all else\n",
         scene->rate_hz, name, outcome.first, outcome.soon, outcome.second, outcome.least, outcome.voice, outcome.clean);
  return outcome;
}

// ---- the response that is measured ----

static void a_calibration_gives_the_response_itself(void) {
  static const double delays_ms[] = {0, 3, 12, 137.5};
  for (size_t at = 0; at < sizeof delays_ms / sizeof delays_ms[0]; at++) {
    const struct scene scene = {.rate_hz = at % 2 ? WIDE : NARROW, .known_ms = delays_ms[at]};
    calibrate(&scene);
    // What the room is, seen through the same high-pass.
    struct room room = room_build(scene.rate_hz, scene.known_ms, 0.7, hall);
    struct high_pass high_pass;
    high_pass_init(&high_pass, scene.rate_hz);
    high_pass_run(&high_pass, room.response, room.length);
    size_t delay = (size_t)(scene.known_ms * scene.rate_hz / 1000);
    size_t lead = scene.rate_hz * VOICE_PATH_LEAD_MS / 1000;
    size_t first = delay > lead ? delay - lead : 0;
    double wrong = 0;
    double all = 0;
    for (size_t i = 0; i < measured.path_count; i++) {
      double value = (double)room.response[first + i];
      wrong += (value - (double)measured.path[i]) * (value - (double)measured.path[i]);
      all += value * value;
    }
    CHECK(decibels_between(1e6 * all, 1e6 * wrong) >= 30);
    free(room.response);
  }
  const struct scene quiet = {.rate_hz = NARROW, .known_ms = 12};
  calibrate(&quiet);
  memset(calibration.heard, 0, sizeof calibration.heard);
  CHECK_EQUAL(calibration_judge(&calibration, &measured), DP_OK);
  CHECK(!measured.heard);
  CHECK_EQUAL(measured.path_count, 0);
}

// ---- what is gained ----

/** No echo from the first word on, and a voice beside it passes. */
static void check_well(const struct outcome *outcome) {
  CHECK(outcome->first >= 45);
  CHECK(outcome->soon >= 50);
  CHECK(outcome->second >= 50);
  CHECK(outcome->least >= 40);
  CHECK(outcome->voice >= -5.5);
  CHECK(outcome->clean >= 3.5);
}

static void known(uint32_t rate_hz) {
  const struct scene cold = {.rate_hz = rate_hz, .known_ms = 12, .delay_ms = 12, .cold = true};
  const struct scene warm = {.rate_hz = rate_hz, .known_ms = 12, .delay_ms = 12};
  struct outcome without = run("delay known alone", &cold);
  struct outcome with = run("way known", &warm);
  check_well(&without);
  check_well(&with);
  // The visitor is heard from the first word on.
  CHECK(with.voice >= -3);
  CHECK(with.voice >= without.voice + 0.5);
  CHECK(with.clean >= without.clean + 0.8);
}

static void a_way_that_is_known_lets_a_voice_pass_sooner(void) {
  known(NARROW);
  known(WIDE);
}

/** Not worse than with what is known of the delay alone, wherever that has gone. */
static void a_card_that_begins_with_another_delay_is_found(void) {
  static const struct scene scenes[] = {
      {.rate_hz = WIDE, .known_ms = 12, .delay_ms = 12, .fraction = 0.5},
      {.rate_hz = NARROW, .known_ms = 12, .delay_ms = 12, .fraction = 0.5},
      {.rate_hz = WIDE, .known_ms = 12, .delay_ms = 12.0625},
      {.rate_hz = WIDE, .known_ms = 47, .delay_ms = 33, .fraction = 0.3},
      {.rate_hz = NARROW, .known_ms = 80, .delay_ms = 12},
      {.rate_hz = NARROW, .known_ms = 12, .delay_ms = 80},
      {.rate_hz = NARROW, .known_ms = 320, .delay_ms = 300},
  };
  for (size_t at = 0; at < sizeof scenes / sizeof scenes[0]; at++) {
    char name[80];
    (void)snprintf(name, sizeof name, "%.1f → %.1f ms and %.2f", scenes[at].known_ms, scenes[at].delay_ms, scenes[at].fraction);
    struct outcome outcome = run(name, &scenes[at]);
    check_well(&outcome);
  }
}

static void a_room_that_has_changed_costs_nothing(void) {
  static const struct scene scenes[] = {
      {.rate_hz = WIDE, .known_ms = 12, .delay_ms = 14, .other = 0.2},
      {.rate_hz = NARROW, .known_ms = 12, .delay_ms = 14, .other = 0.5},
      {.rate_hz = WIDE, .known_ms = 12, .delay_ms = 14, .other = 1},
      {.rate_hz = NARROW, .known_ms = 12, .delay_ms = 14, .gain = 0.5},
      {.rate_hz = NARROW, .known_ms = 12, .delay_ms = 14, .gain = 2},
  };
  for (size_t at = 0; at < sizeof scenes / sizeof scenes[0]; at++) {
    char name[80];
    (void)snprintf(name, sizeof name, "%.0f %% other walls, %.1f as loud", 100 * scenes[at].other,
                   scenes[at].gain > 0 ? scenes[at].gain : 1);
    struct outcome outcome = run(name, &scenes[at]);
    check_well(&outcome);
  }
}

static void what_was_measured_in_a_loud_street_is_no_worse_than_nothing(void) {
  const struct scene scene = {.rate_hz = WIDE, .known_ms = 12, .delay_ms = 20, .noise_peak = 2000};
  struct outcome outcome = run("calibrated in a loud street", &scene);
  check_well(&outcome);
}

// ---- from one call to the next ----

static void what_a_call_has_learned_counts_in_the_next(void) {
  static const struct scene scenes[] = {
      {.rate_hz = WIDE, .known_ms = 12, .delay_ms = 12, .fraction = 0.5, .called = true},
      {.rate_hz = WIDE, .known_ms = 12, .delay_ms = 12.125, .called = true},
      {.rate_hz = NARROW, .known_ms = 47, .delay_ms = 33, .called = true},
      {.rate_hz = NARROW, .known_ms = 80, .delay_ms = 12, .called = true},
  };
  for (size_t at = 0; at < sizeof scenes / sizeof scenes[0]; at++) {
    char name[80];
    (void)snprintf(name, sizeof name, "a call at %.1f, next at %.2f ms", scenes[at].known_ms,
                   scenes[at].delay_ms + 1000 * scenes[at].fraction / scenes[at].rate_hz);
    struct outcome outcome = run(name, &scenes[at]);
    // A filter that went on as it was took 4 dB out at a shift of two samples, and at one of 68 ms made the echo louder.
    check_well(&outcome);
  }
}

int main(void) {
  for (size_t at = 0; at < 2; at++) {
    residents[at] = sound_talk(at ? WIDE : NARROW, "resident.en", "resident.de", 18);
    visitors[at] = sound_talk(at ? WIDE : NARROW, "visitor.en", "visitor.de", 18);
  }
  TEST(a_calibration_gives_the_response_itself);
  TEST(a_way_that_is_known_lets_a_voice_pass_sooner);
  TEST(a_card_that_begins_with_another_delay_is_found);
  TEST(a_room_that_has_changed_costs_nothing);
  TEST(what_was_measured_in_a_loud_street_is_no_worse_than_nothing);
  TEST(what_a_call_has_learned_counts_in_the_next);
  for (size_t at = 0; at < 2; at++) {
    free(residents[at].samples);
    free(visitors[at].samples);
  }
  return test_summary("voice-path");
}
