// Concealment by figures: how well speech with holes is understood, held against silence and the last packet in their place;
// then what is demanded of level and join.

#define _DEFAULT_SOURCE  // M_PI

#include "jitter/concealment.h"

#include "support/holes.h"
#include "support/intelligibility.h"
#include "support/room.h"

// ---- speech with holes ----

struct judgement {
  double understood;
  double distance;
};

/** Over so many networks that lose different packets. */
static struct judgement judge(const struct holes *holes, const struct filler *filler, uint32_t rate_hz, const int16_t *clean,
                              size_t count) {
  enum { CHANCES = 2 };
  struct judgement sum = {0};
  int16_t *heard = calloc(count, sizeof *heard);
  if (!heard) abort();
  for (uint64_t chance = 0; chance < CHANCES; chance++) {
    holes_pass(holes, filler, rate_hz, chance, clean, count, heard);
    sum.understood += intelligibility(clean, heard, count, rate_hz) / CHANCES;
    sum.distance += spectral_distance(clean, heard, count) / CHANCES;
  }
  free(heard);
  printf("     %" PRIu32 " Hz, %s, %-11s: STOI %.4f, log-spectral distance %.2f dB\n", rate_hz, holes->name, filler->name,
         sum.understood, sum.distance);
  return sum;
}

static void holes_are_heard_less(uint32_t rate_hz) {
  struct sound talk = sound_talk(rate_hz, "visitor.en", "resident.de", 9);
  int16_t *clean = holes_samples(&talk);
  for (size_t n = 0; n < HOLES_TRIED; n++) {
    struct judgement silence = judge(&holes_tried[n], &holes_with_silence, rate_hz, clean, talk.count);
    struct judgement last = judge(&holes_tried[n], &holes_with_last_packet, rate_hz, clean, talk.count);
    struct judgement ours = judge(&holes_tried[n], &holes_concealed, rate_hz, clean, talk.count);
    CHECK(ours.understood > silence.understood);
    CHECK(ours.distance < silence.distance);
    CHECK(ours.understood > last.understood);
    CHECK(ours.distance < last.distance);
  }
  free(clean);
  free(talk.samples);
}

static void holes_in_speech_are_heard_less_than_silence_or_the_last_packet(void) {
  holes_are_heard_less(8000);
  holes_are_heard_less(16000);
}

/** Speech in noise, taken as 10 kHz: the value is that of the formulas of the paper in numpy, as pystoi has them. */
static void the_measure_is_the_published_one(void) {
  struct sound speech = sound_load("visitor.en");
  int16_t *clean = holes_samples(&speech), *noisy = holes_samples(&speech);
  uint64_t random = 7;
  for (size_t at = 0; at < speech.count; at++) {
    int sum = clean[at] + (int)(test_random(&random) % 4001) - 2000;
    noisy[at] = (int16_t)(sum > INT16_MAX ? INT16_MAX : sum < INT16_MIN ? INT16_MIN : sum);
  }
  CHECK_WITHIN(intelligibility(clean, noisy, speech.count, STOI_HZ), 0.9046 - 0.0005, 0.9046 + 0.0005);
  CHECK_WITHIN(intelligibility(clean, clean, speech.count, STOI_HZ), 0.9999, 1.0001);
  free(clean);
  free(noisy);
  free(speech.samples);
}

// ---- level and join ----

enum { RATE = 16000, MS = RATE / 1000 };

static struct concealment concealment;

/** 100 ms of a voice-like sound, 125 Hz with overtones, at 16 kHz, that is weaker by this factor after each 10 ms. */
static void hear_a_voice(double ebb) {
  int16_t sound[100 * MS];
  concealment_init(&concealment, RATE);
  for (int at = 0; at < 100 * MS; at++) {
    double turn = 2 * M_PI * 125 * at / RATE;
    double level = pow(ebb, at / (10.0 * MS) - 10);
    sound[at] = (int16_t)lrint(level * (4000 * sin(turn) + 3000 * sin(2 * turn + 1) + 2000 * sin(5 * turn + 2)));
  }
  concealment_good(&concealment, sound, 100 * MS);
}

static double power(const int16_t *samples, size_t count) {
  double sum = 0;
  for (size_t at = 0; at < count; at++) sum += (double)samples[at] * samples[at];
  return sum / (double)count;
}

/** Amplitude over one period, 8 ms, around a time, as a share of what it was in the end. */
static double left_at(const int16_t *made, size_t ms) {
  double before = power(concealment.source + CONCEALMENT_MAX_HISTORY - 8 * MS, 8 * MS);
  return sqrt(power(made + (ms - 4) * MS, 8 * MS) / before);
}

/** From the first moment to silence at 150 ms. */
static void it_fades_within_150_ms(void) {
  int16_t made[180 * MS];
  hear_a_voice(1);
  for (size_t at = 0; at < 180; at += 20) concealment_make(&concealment, made + at * MS, 20 * MS);
  CHECK_WITHIN(left_at(made, 15), 0.88, 0.92);
  CHECK_WITHIN(left_at(made, 75), 0.48, 0.52);
  CHECK_WITHIN(left_at(made, 135), 0.08, 0.12);
  CHECK_EQUAL(power(made + 150 * MS, 30 * MS), 0);
}

/** An ebbing voice goes on to ebb, as far as that is likely; one that swells does not swell on. */
static void a_voice_that_ebbs_ebbs_on(void) {
  static const struct {
    double ebb, least, most;
  } cases[] = {{0.8, 0.7, 0.9}, {0.5, 0.5, 0.8}, {1.25, 0.8, 1}};
  for (size_t at = 0; at < sizeof cases / sizeof cases[0]; at++) {
    int16_t made[80 * MS];
    hear_a_voice(cases[at].ebb);
    concealment_make(&concealment, made, 80 * MS);
    double steady = 1 - 12 / 150.0;
    CHECK_WITHIN(left_at(made, 12) / steady, cases[at].least, cases[at].most);
  }
}

/** A voice that stays the same is filled in as it would have gone on, from the first sample, whatever lengths are asked for. */
static void a_steady_voice_goes_on(void) {
  int16_t whole[60 * MS], parts[60 * MS];
  hear_a_voice(1);
  const int16_t *before = concealment.history + CONCEALMENT_MAX_HISTORY - 8 * MS;
  int16_t period[8 * MS];
  memcpy(period, before, sizeof period);
  concealment_make(&concealment, whole, 60 * MS);
  for (int at = 0; at < 20 * MS; at++) {
    double expected = period[at % (8 * MS)] * (1 - at / (150.0 * MS));
    CHECK_WITHIN(whole[at], expected - 50, expected + 50);
  }
  hear_a_voice(1);
  for (size_t at = 0; at < 60 * MS; at += 48) concealment_make(&concealment, parts + at, 48);
  CHECK_BYTES(whole, parts, sizeof whole);
}

/** Where the end does not fit to the period before it, no step is heard: it is let go over a millisecond. */
static void a_break_in_the_sound_makes_no_click(void) {
  int16_t sound[100 * MS], made[20 * MS];
  hear_a_voice(1);
  memcpy(sound, concealment.history + CONCEALMENT_MAX_HISTORY - 40 * MS, 40 * MS * sizeof *sound);
  for (int at = 0; at < MS; at++) sound[40 * MS - MS + at] = (int16_t)(sound[40 * MS - MS + at] + 8000 * (at + 1) / MS);
  concealment_good(&concealment, sound, 40 * MS);
  int last = sound[40 * MS - 1];
  concealment_make(&concealment, made, 20 * MS);
  for (int at = 0; at < 20 * MS; at++) {
    // The voice itself moves by 1900 from one sample to the next at most, the step by an eighteenth of it.
    CHECK_WITHIN(made[at] - last, -2500, 2500);
    last = made[at];
  }
}

/** Of noise nothing repeats: what is made up of it comes again after two periods from 20 ms on, after three from 40. */
static void the_longer_it_lasts_the_more_is_repeated(void) {
  int16_t sound[100 * MS], made[80 * MS];
  uint64_t random = 3;
  concealment_init(&concealment, RATE);
  for (size_t at = 0; at < 100 * MS; at++) sound[at] = (int16_t)(test_random(&random) % 8000 - 4000);
  concealment_good(&concealment, sound, 100 * MS);
  concealment_make(&concealment, made, 80 * MS);
  size_t period = concealment.period;
  for (size_t loop = 2; loop <= 3; loop++) {
    size_t from = (loop == 2 ? 20u : 40u) * MS + (loop - 1) * period;
    for (size_t periods = 1; periods < loop; periods++) {
      double again = 0;
      for (size_t i = from; i < from + period; i++) again += (double)made[i] * made[i - periods * period];
      CHECK_WITHIN(again / (power(made + from, period) * (double)period), -0.5, 0.5);
    }
  }
  CHECK_EQUAL(concealment.loop.periods, 3);
}

/** The return takes a quarter of a period, whatever was lost. */
static void the_return_is_quick(void) {
  static const size_t lost_ms[] = {10, 20, 30, 200};
  for (size_t at = 0; at < sizeof lost_ms / sizeof lost_ms[0]; at++) {
    int16_t made[200 * MS], back[20 * MS];
    hear_a_voice(1);
    concealment_make(&concealment, made, lost_ms[at] * MS);
    for (size_t i = 0; i < 20 * MS; i++) back[i] = 20000;
    concealment_good(&concealment, back, 20 * MS);
    size_t touched = 0;
    while (back[touched] != 20000) touched++;
    CHECK_EQUAL(touched, 2 * MS);
    for (size_t i = touched; i < 20 * MS; i++) CHECK_EQUAL(back[i], 20000);
  }
}

int main(void) {
  TEST(the_measure_is_the_published_one);
  TEST(holes_in_speech_are_heard_less_than_silence_or_the_last_packet);
  TEST(it_fades_within_150_ms);
  TEST(a_voice_that_ebbs_ebbs_on);
  TEST(a_steady_voice_goes_on);
  TEST(a_break_in_the_sound_makes_no_click);
  TEST(the_longer_it_lasts_the_more_is_repeated);
  TEST(the_return_is_quick);
  return test_summary("concealment");
}
