// Echo in a room of figures: how much of it is left, what becomes of a voice beside it, and what happens when its way
// changes. All of it is the same in every run; the figures are printed, and asserted.

#define _DEFAULT_SOURCE

#include "support/check.h"
#include "support/room.h"
#include "voice/echo-filter.h"
#include "voice/high-pass.h"
#include "voice/voice.h"

enum { NARROW = 8000, WIDE = 16000 };

/** One conversation at a microphone. */
struct scene {
  uint32_t rate_hz;
  double seconds;
  double delay_ms;
  double moved_at; /**< From then on the way is that of the room below; 0: never. */
  double moved_delay_ms;
  double near_from; /**< From when on the visitor speaks as well; 0: never. */
  double near_gain; /**< Against the echo; 0: half as loud. */
  double alone;     /**< For so long in the beginning the visitor speaks alone, as loud as in the end; 0: not at all. */
  bool levelled;    /**< With the gain control behind it. */
};

/** What is played, what the microphone hears of it, and of the visitor. */
struct take {
  struct sound played;
  struct sound echo;
  struct sound near;
  struct sound heard;
  struct sound sent;
};

/** The loudspeaker is twice as loud in the microphone as the visitor. */
static const double usual_gain = 0.5;

static struct take record(const struct scene *scene) {
  struct take take = {.played = sound_talk(scene->rate_hz, "resident.en", "resident.de", scene->seconds)};
  size_t alone = (size_t)(scene->alone * scene->rate_hz);
  memset(take.played.samples, 0, alone * sizeof(float));
  struct room room = room_build(scene->rate_hz, scene->delay_ms, 0.7, 88172645463325252U);
  take.echo = room_echo(&room, &take.played);
  take.near = (struct sound){.count = take.played.count, .samples = room_memory(take.played.count)};
  size_t count = take.echo.count;
  if (scene->moved_at > 0) {
    struct room other = room_build(scene->rate_hz, scene->moved_delay_ms, 0.7, 1181783497276652981U);
    struct sound moved = room_echo(&other, &take.played);
    size_t from = (size_t)(scene->moved_at * scene->rate_hz);
    memcpy(&take.echo.samples[from], &moved.samples[from], (count - from) * sizeof(float));
    free(moved.samples);
    free(other.response);
  }
  free(room.response);
  if (scene->near_from > 0) {
    struct sound visitor = sound_talk(scene->rate_hz, "visitor.en", "visitor.de", scene->seconds - scene->near_from);
    double ratio = sound_power(take.echo.samples, scene->rate_hz, 0, scene->seconds) /
                   sound_power(visitor.samples, scene->rate_hz, 0, scene->seconds - scene->near_from);
    size_t from = count - visitor.count;
    for (size_t at = 0; at < visitor.count; at++) {
      take.near.samples[from + at] = visitor.samples[at] * (float)(sqrt(ratio) * (scene->near_gain > 0 ? scene->near_gain : usual_gain));
    }
    memcpy(take.near.samples, &take.near.samples[from], alone * sizeof(float));
    free(visitor.samples);
  }
  uint64_t noise = 7;
  take.heard = (struct sound){.count = count, .samples = room_memory(count)};
  take.sent = (struct sound){.count = count, .samples = room_memory(count)};
  for (size_t at = 0; at < count; at++) {
    float sum = take.echo.samples[at] + take.near.samples[at] + ROOM_NOISE_PEAK * room_random(&noise);
    take.heard.samples[at] = rintf(fminf(fmaxf(sum, INT16_MIN), INT16_MAX));
  }
  return take;
}

static void discard(struct take *take) {
  free(take->played.samples);
  free(take->echo.samples);
  free(take->near.samples);
  free(take->heard.samples);
  free(take->sent.samples);
}

/** Through the whole of the voice's way, turn by turn. */
static struct voice_report process(const struct scene *scene, struct take *take, float known_delay_ms) {
  struct voice *voice = NULL;
  struct voice_report report;
  size_t turn = scene->rate_hz / 50;
  int16_t played[320];
  int16_t spoken[320];
  CHECK_EQUAL(voice_create(scene->rate_hz, known_delay_ms, &voice), DP_OK);
  voice_switch(voice, (struct voice_switches){
                          .echo_cancellation = true, .noise_suppression = true, .gain_control = scene->levelled});
  for (size_t at = 0; at + turn <= take->heard.count; at += turn) {
    for (size_t i = 0; i < turn; i++) {
      played[i] = (int16_t)take->played.samples[at + i];
      spoken[i] = (int16_t)take->heard.samples[at + i];
    }
    voice_run(voice, played, spoken, turn);
    for (size_t i = 0; i < turn; i++) take->sent.samples[at + i] = spoken[i];
  }
  voice_read(voice, &report);
  voice_destroy(voice);
  return report;
}

/** How much weaker what is sent is than what was heard. */
static double attenuation(const struct scene *scene, const struct take *take, double from, double to) {
  return decibels_between(sound_power(take->heard.samples, scene->rate_hz, from, to),
                          sound_power(take->sent.samples, scene->rate_hz, from, to));
}

// ---- one side talks ----

static void single_talk(uint32_t rate_hz) {
  const struct scene scene = {.rate_hz = rate_hz, .seconds = 5, .delay_ms = 12};
  struct take take = record(&scene);
  struct voice_report report = process(&scene, &take, VOICE_DELAY_UNKNOWN);
  double first = attenuation(&scene, &take, 0, 1);
  double later = attenuation(&scene, &take, 2, 5);
  printf("     %u Hz: echo attenuated by %.1f dB in the first second, by %.1f dB after 2 s (aim: 35)\n", rate_hz, first,
         later);
  CHECK(later >= 35);
  CHECK(first >= 25);
  // Its own figure is that of the last three seconds, with echo alone.
  CHECK(report.attenuation_db >= 30);
  CHECK_WITHIN(report.delay_ms, 11, 14);
  CHECK_EQUAL(report.clips, 0);
  discard(&take);
}

static void echo_is_gone_after_two_seconds(void) { single_talk(NARROW); }

static void echo_is_gone_at_16_khz(void) { single_talk(WIDE); }

static void linear_part(uint32_t rate_hz, double least_db) {
  const struct scene scene = {.rate_hz = rate_hz, .seconds = 3, .delay_ms = 12};
  struct take take = record(&scene);
  static struct spectrum_transform transform;
  static struct echo_filter filter;
  size_t block = rate_hz / 100;
  CHECK_EQUAL(spectrum_init(&transform, block), DP_OK);
  echo_filter_init(&filter, &transform);
  for (size_t at = 0; at + block <= take.heard.count; at += block) {
    echo_filter_run(&filter, &take.played.samples[at], &take.heard.samples[at]);
    memcpy(&take.sent.samples[at], filter.error, block * sizeof(float));
  }
  double at_once = attenuation(&scene, &take, 1, 1.5);
  double later = attenuation(&scene, &take, 2, 3);
  printf("     %u Hz: the linear part alone takes %.1f dB at 1 s (aim: 20), %.1f dB after 2 s\n", rate_hz, at_once, later);
  CHECK(at_once >= least_db);
  CHECK(later >= 24);
  discard(&take);
}

static void linear_part_learns_within_a_second(void) {
  linear_part(NARROW, 20);
  // 20.1 dB: too near the aim for processors that round elsewhere.
  linear_part(WIDE, 19);
}

static void a_pause_forgets_nothing(void) {
  const struct scene scene = {.rate_hz = NARROW, .seconds = 4, .delay_ms = 12};
  struct take take = record(&scene);
  static struct spectrum_transform transform;
  static struct echo_filter filter;
  const size_t block = NARROW / 100;
  float silence[NARROW / 100] = {0};
  uint64_t noise = 3;
  CHECK_EQUAL(spectrum_init(&transform, block), DP_OK);
  echo_filter_init(&filter, &transform);
  for (size_t at = 0; at < 3 * NARROW; at += block) {
    echo_filter_run(&filter, &take.played.samples[at], &take.heard.samples[at]);
  }
  // Two minutes in which the door alone is heard.
  for (size_t count = 0; count < 12000; count++) {
    float heard[NARROW / 100];
    for (size_t at = 0; at < block; at++) heard[at] = 1000 * room_random(&noise);
    echo_filter_run(&filter, silence, heard);
  }
  for (size_t at = 3 * NARROW; at + block <= take.heard.count; at += block) {
    echo_filter_run(&filter, &take.played.samples[at], &take.heard.samples[at]);
    memcpy(&take.sent.samples[at], filter.error, block * sizeof(float));
  }
  // The first 200 ms hold what walls give back of a moment that was not played again.
  double at_once = attenuation(&scene, &take, 3.2, 4);
  printf("     after a pause of two minutes the linear part takes %.1f dB at once\n", at_once);
  CHECK(at_once >= 20);
  discard(&take);
}

// ---- both talk ----

struct passage {
  double voice_db; /**< The voice in what is sent, against what it was. */
  double clean_db; /**< The voice there over all else: echo that is left, noise, and what bends the voice. */
};

/** Against the voice as the high-pass leaves it. What is sent comes 10 ms later. */
static struct passage passage_of(const struct scene *scene, const struct take *take, double from) {
  size_t late = scene->rate_hz / 100;
  struct high_pass high_pass;
  high_pass_init(&high_pass, scene->rate_hz);
  high_pass_run(&high_pass, take->near.samples, take->near.count);
  double common = 0;
  double near = 0;
  double sent = 0;
  for (size_t at = (size_t)(from * scene->rate_hz); at + late < take->near.count; at++) {
    double voice = (double)take->near.samples[at];
    double sound = (double)take->sent.samples[at + late];
    common += voice * sound;
    near += voice * voice;
    sent += sound * sound;
  }
  double share = common / near;
  return (struct passage){.voice_db = 20 * log10(fabs(share) + 1e-6),
                          .clean_db = decibels_between(share * share * near, sent - share * share * near)};
}

static void double_talk(uint32_t rate_hz) {
  const struct scene scene = {.rate_hz = rate_hz, .seconds = 8, .delay_ms = 12, .near_from = 3};
  struct take take = record(&scene);
  struct voice_report report = process(&scene, &take, VOICE_DELAY_UNKNOWN);
  struct passage passage = passage_of(&scene, &take, 3.5);
  printf("     %u Hz: both talk: voice %.1f dB (aim: -3), %.1f dB above all else, where it was 6 dB below the echo\n",
         rate_hz, passage.voice_db, passage.clean_db);
  CHECK_WITHIN(passage.voice_db, -3, 1);
  CHECK(passage.clean_db >= 8);
  CHECK_EQUAL(report.beginnings, 1);
  discard(&take);
}

static void a_voice_passes_beside_a_louder_echo(void) { double_talk(NARROW); }

static void a_voice_passes_at_16_khz(void) { double_talk(WIDE); }

static void a_shout_is_not_taken_for_another_room(void) {
  const struct scene scene = {.rate_hz = NARROW, .seconds = 8, .delay_ms = 12, .near_from = 2, .near_gain = 4};
  struct take take = record(&scene);
  struct voice_report report = process(&scene, &take, VOICE_DELAY_UNKNOWN);
  CHECK_EQUAL(report.beginnings, 1);
  CHECK_WITHIN(passage_of(&scene, &take, 2.5).voice_db, -1, 1);
  discard(&take);
}

static void a_voice_from_the_first_moment_passes(void) {
  const struct scene scene = {.rate_hz = NARROW, .seconds = 6, .delay_ms = 12, .near_from = 0.01};
  struct take take = record(&scene);
  (void)process(&scene, &take, VOICE_DELAY_UNKNOWN);
  struct passage passage = passage_of(&scene, &take, 2);
  CHECK_WITHIN(passage.voice_db, -3, 1);
  CHECK(passage.clean_db >= 6);
  discard(&take);
}

// ---- and the gain control behind it ----

/** A quiet visitor speaks, so that voices are lifted; then the resident alone; then both. */
static void gain_for_voices_alone(uint32_t rate_hz) {
  struct scene scene = {.rate_hz = rate_hz, .seconds = 13, .delay_ms = 12, .near_from = 9, .near_gain = 0.3, .alone = 4};
  struct take plain = record(&scene);
  struct take take = record(&scene);
  (void)process(&scene, &plain, VOICE_DELAY_UNKNOWN);
  scene.levelled = true;
  struct voice_report report = process(&scene, &take, VOICE_DELAY_UNKNOWN);
  double lifted = -attenuation(&scene, &take, 3, 4);
  double echo = attenuation(&scene, &take, 6, 9);
  double both = passage_of(&scene, &take, 9.5).voice_db;
  printf("     %u Hz: behind all three: a quiet visitor lifted by %.1f dB, by %.1f dB beside the resident; echo between attenuated "
         "by %.1f dB (aim: 35), %.1f dB without the gain control\n",
         rate_hz, lifted, both, echo, attenuation(&scene, &plain, 6, 9));
  CHECK(lifted >= 8);
  CHECK(echo >= 35);
  CHECK(echo >= attenuation(&scene, &plain, 6, 9) - 1);
  // Beside the resident too: not weakened, and lifted as well.
  CHECK(both >= 6);
  CHECK(report.gain_db >= 8);
  discard(&plain);
  discard(&take);
}

static void the_gain_rises_for_voices_alone(void) {
  gain_for_voices_alone(NARROW);
  gain_for_voices_alone(WIDE);
}

/** Nobody ever speaks at the door: the echo does not pass for somebody. */
static void an_echo_alone_does_not_move_the_gain(void) {
  const struct scene scene = {.rate_hz = NARROW, .seconds = 12, .delay_ms = 12, .levelled = true};
  struct take take = record(&scene);
  struct voice_report report = process(&scene, &take, VOICE_DELAY_UNKNOWN);
  CHECK(attenuation(&scene, &take, 2, 12) >= 35);
  CHECK_WITHIN(report.gain_db, -1, 1);
  discard(&take);
}

/** Nor when its way changes, as behind a sound server that loses frames, and what is left is louder than is expected. */
static void an_echo_by_another_way_does_not_move_the_gain(void) {
  static const double delays_ms[] = {12.125, 12.5, 14, 30};
  for (size_t at = 0; at < sizeof delays_ms / sizeof delays_ms[0]; at++) {
    const struct scene scene = {.rate_hz = NARROW,
                                .seconds = 9,
                                .delay_ms = 12,
                                .moved_at = 5,
                                .moved_delay_ms = delays_ms[at],
                                .levelled = true};
    struct take take = record(&scene);
    struct voice_report report = process(&scene, &take, VOICE_DELAY_UNKNOWN);
    CHECK_WITHIN(report.gain_db, -1.5, 1.5);
    discard(&take);
  }
}

// ---- the way of the echo changes ----

static void a_sound_servers_delay_is_found(void) {
  const struct scene scene = {.rate_hz = NARROW, .seconds = 6, .delay_ms = 320};
  struct take take = record(&scene);
  struct voice_report report = process(&scene, &take, VOICE_DELAY_UNKNOWN);
  double later = attenuation(&scene, &take, 4, 6);
  printf("     delay of 320 ms: found %.1f ms, echo attenuated by %.1f dB after 4 s\n", (double)report.delay_ms, later);
  CHECK_WITHIN(report.delay_ms, 318, 323);
  CHECK(later >= 35);
  discard(&take);
}

static void a_delay_that_is_known_saves_the_search(void) {
  const struct scene scene = {.rate_hz = NARROW, .seconds = 3, .delay_ms = 320};
  struct take take = record(&scene);
  (void)process(&scene, &take, 320);
  double soon = attenuation(&scene, &take, 1, 3);
  printf("     delay of 320 ms, known: echo attenuated by %.1f dB after 1 s\n", soon);
  CHECK(soon >= 30);
  discard(&take);
}

static void a_delay_that_changes_is_followed(void) {
  const struct scene scene = {
      .rate_hz = NARROW, .seconds = 9, .delay_ms = 60, .moved_at = 4, .moved_delay_ms = 180};
  struct take take = record(&scene);
  struct voice_report report = process(&scene, &take, VOICE_DELAY_UNKNOWN);
  double later = attenuation(&scene, &take, 7, 9);
  printf("     delay from 60 to 180 ms at 4 s: found %.1f ms, echo attenuated by %.1f dB from 7 s on\n",
         (double)report.delay_ms, later);
  CHECK_WITHIN(report.delay_ms, 178, 183);
  CHECK(later >= 35);
  discard(&take);
}

static void a_door_that_is_opened_is_learned(void) {
  const struct scene scene = {.rate_hz = NARROW, .seconds = 7, .delay_ms = 12, .moved_at = 3, .moved_delay_ms = 12.5};
  struct take take = record(&scene);
  (void)process(&scene, &take, VOICE_DELAY_UNKNOWN);
  double soon = attenuation(&scene, &take, 3.5, 4.5);
  double later = attenuation(&scene, &take, 5, 7);
  printf("     another room at 3 s: echo attenuated by %.1f dB after half a second, by %.1f dB after 2 s\n", soon, later);
  CHECK(soon >= 10);
  CHECK(later >= 35);
  discard(&take);
}

int main(void) {
  TEST(echo_is_gone_after_two_seconds);
  TEST(echo_is_gone_at_16_khz);
  TEST(linear_part_learns_within_a_second);
  TEST(a_pause_forgets_nothing);
  TEST(a_voice_passes_beside_a_louder_echo);
  TEST(a_voice_passes_at_16_khz);
  TEST(a_shout_is_not_taken_for_another_room);
  TEST(a_voice_from_the_first_moment_passes);
  TEST(the_gain_rises_for_voices_alone);
  TEST(an_echo_alone_does_not_move_the_gain);
  TEST(an_echo_by_another_way_does_not_move_the_gain);
  TEST(a_sound_servers_delay_is_found);
  TEST(a_delay_that_is_known_saves_the_search);
  TEST(a_delay_that_changes_is_followed);
  TEST(a_door_that_is_opened_is_learned);
  return test_summary("voice-echo");
}
