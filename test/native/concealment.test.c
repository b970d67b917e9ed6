// Concealment by figures: how well speech with holes is understood, held against silence and the last packet in their place;
// then what appendix I of G.711 demands of level and join.

#define _DEFAULT_SOURCE  // M_PI

#include "jitter/concealment.h"

#include "support/intelligibility.h"
#include "support/room.h"

// ---- speech with holes ----

enum filling { SILENCE, LAST_PACKET, CONCEALED, FILLINGS };
static const char *const filling_names[FILLINGS] = {"silence", "last packet", "concealed"};

/** Packets are lost one by one, or four in a row. */
struct network {
  const char *name;
  unsigned lost_percent;
  unsigned in_a_row;
};

static int16_t *samples_of(const struct sound *sound) {
  int16_t *samples = calloc(sound->count, sizeof *samples);
  if (!samples) abort();
  for (size_t at = 0; at < sound->count; at++) samples[at] = (int16_t)lrintf(sound->samples[at]);
  return samples;
}

/** Speech after a network that loses packets of 20 ms. */
static void pass(const struct network *network, enum filling filling, uint32_t rate_hz, const int16_t *clean, size_t count,
                 int16_t *heard) {
  static struct concealment concealment;
  uint64_t random = 5;
  size_t frame = rate_hz / 50;
  unsigned still_lost = 0;
  concealment_init(&concealment, rate_hz);
  for (size_t at = 0; at + frame <= count; at += frame) {
    if (still_lost == 0 && test_random(&random) % (100 * network->in_a_row) < network->lost_percent)
      still_lost = network->in_a_row;
    int16_t *packet = heard + at;
    memcpy(packet, clean + at, frame * sizeof *packet);
    if (still_lost == 0) {
      if (filling == CONCEALED) concealment_good(&concealment, packet, frame);
      continue;
    }
    still_lost--;
    if (filling == CONCEALED) concealment_make(&concealment, packet, frame);
    if (filling == SILENCE || at == 0) memset(packet, 0, frame * sizeof *packet);
    if (filling == LAST_PACKET && at > 0) memcpy(packet, packet - frame, frame * sizeof *packet);
  }
}

static void holes_are_heard_less(uint32_t rate_hz) {
  static const struct network networks[] = {{"5 % lost", 5, 1}, {"10 % lost", 10, 1}, {"10 % lost in fours", 10, 4}};
  struct sound talk = sound_talk(rate_hz, "visitor.en", "resident.de", 9);
  int16_t *clean = samples_of(&talk);
  int16_t *heard = calloc(talk.count, sizeof *heard);
  if (!heard) abort();
  for (size_t n = 0; n < sizeof networks / sizeof networks[0]; n++) {
    double understood[FILLINGS], distance[FILLINGS];
    for (int filling = 0; filling < FILLINGS; filling++) {
      pass(&networks[n], (enum filling)filling, rate_hz, clean, talk.count, heard);
      understood[filling] = intelligibility(clean, heard, talk.count, rate_hz);
      distance[filling] = spectral_distance(clean, heard, talk.count);
      printf("     %" PRIu32 " Hz, %s, %-11s: STOI %.4f, log-spectral distance %.2f dB\n", rate_hz, networks[n].name,
             filling_names[filling], understood[filling], distance[filling]);
    }
    CHECK(understood[CONCEALED] > understood[SILENCE]);
    CHECK(distance[CONCEALED] < distance[SILENCE]);
    // After 60 ms there is silence, as the appendix has it. A packet that goes on and on is understood better by this measure,
    // and hums.
    if (networks[n].in_a_row > 1) continue;
    CHECK(understood[CONCEALED] > understood[LAST_PACKET]);
    CHECK(distance[CONCEALED] < distance[LAST_PACKET]);
  }
  free(heard);
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
  int16_t *clean = samples_of(&speech), *noisy = samples_of(&speech);
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

// ---- what the appendix says ----

enum { RATE = 16000, MS = RATE / 1000 };

static struct concealment concealment;

/** 100 ms of a voice-like sound, 125 Hz with overtones, at 16 kHz. */
static void hear_a_voice(void) {
  int16_t sound[100 * MS];
  concealment_init(&concealment, RATE);
  for (int at = 0; at < 100 * MS; at++) {
    double turn = 2 * M_PI * 125 * at / RATE;
    sound[at] = (int16_t)lrint(4000 * sin(turn) + 3000 * sin(2 * turn + 1) + 2000 * sin(5 * turn + 2));
  }
  concealment_good(&concealment, sound, 100 * MS);
}

static double power(const int16_t *samples, size_t count) {
  double sum = 0;
  for (size_t at = 0; at < count; at++) sum += (double)samples[at] * samples[at];
  return sum / (double)count;
}

/** Full for 10 ms, then a fifth less of the amplitude each 10 ms: in the middle of the third 10 ms 0.7 are left. */
static void it_fades_by_a_fifth_every_10_ms(void) {
  int16_t made[80 * MS];
  hear_a_voice();
  double before = power(concealment.history + 9 * MS, 40 * MS);
  for (size_t at = 0; at < 80; at += 20) concealment_make(&concealment, made + at * MS, 20 * MS);
  CHECK_WITHIN(sqrt(power(made, 8 * MS) / before), 0.94, 1.03);
  // Over one period, 8 ms, around the middle.
  CHECK_WITHIN(sqrt(power(made + 21 * MS, 8 * MS) / before), 0.68, 0.74);
  CHECK_WITHIN(sqrt(power(made + 41 * MS, 8 * MS) / before), 0.28, 0.34);
  CHECK_EQUAL(power(made + 60 * MS, 20 * MS), 0);
}

/** A voice that stays the same is filled in as it would have gone on, whatever the lengths that are asked for. */
static void a_steady_voice_goes_on(void) {
  int16_t whole[60 * MS], parts[60 * MS];
  hear_a_voice();
  const int16_t *before = concealment.history + CONCEALMENT_MAX_HISTORY - 8 * MS;
  int16_t period[8 * MS];
  memcpy(period, before, sizeof period);
  concealment_make(&concealment, whole, 60 * MS);
  for (int at = 3 * MS; at < 10 * MS; at++) CHECK_WITHIN(whole[at] - period[at % (8 * MS)], -300, 300);
  hear_a_voice();
  for (size_t at = 0; at < 60 * MS; at += 48) concealment_make(&concealment, parts + at, 48);
  CHECK_BYTES(whole, parts, sizeof whole);
}

/** Of noise nothing repeats: what is made up of it after 20 ms comes again after three periods, not after one. */
static void the_longer_it_lasts_the_more_is_repeated(void) {
  int16_t sound[100 * MS], made[60 * MS];
  uint64_t random = 3;
  concealment_init(&concealment, RATE);
  for (size_t at = 0; at < 100 * MS; at++) sound[at] = (int16_t)(test_random(&random) % 8000 - 4000);
  concealment_good(&concealment, sound, 100 * MS);
  concealment_make(&concealment, made, 60 * MS);
  size_t period = concealment.period;
  double after_one = 0;
  for (size_t at = 25 * MS; at < 25 * MS + period; at++) after_one += (double)made[at] * made[at - period];
  CHECK_EQUAL(concealment.loop.periods, 3);
  CHECK_WITHIN(after_one / (power(made + 25 * MS, period) * (double)period), -0.5, 0.5);
}

/** The return takes a quarter of a period, and 4 ms more for each 10 ms that were lost beyond the first, 10 ms at most. */
static void the_return_takes_longer_after_a_long_hole(void) {
  static const struct {
    size_t lost_ms, untouched_ms;
  } cases[] = {{10, 2}, {20, 6}, {30, 10}, {200, 10}};
  for (size_t at = 0; at < sizeof cases / sizeof cases[0]; at++) {
    int16_t made[200 * MS], back[20 * MS];
    hear_a_voice();
    concealment_make(&concealment, made, cases[at].lost_ms * MS);
    for (size_t i = 0; i < 20 * MS; i++) back[i] = 20000;
    concealment_good(&concealment, back, 20 * MS);
    size_t touched = 0;
    while (back[touched] != 20000) touched++;
    CHECK_EQUAL(touched, cases[at].untouched_ms * MS);
    for (size_t i = touched; i < 20 * MS; i++) CHECK_EQUAL(back[i], 20000);
  }
}

int main(void) {
  TEST(the_measure_is_the_published_one);
  TEST(holes_in_speech_are_heard_less_than_silence_or_the_last_packet);
  TEST(it_fades_by_a_fifth_every_10_ms);
  TEST(a_steady_voice_goes_on);
  TEST(the_longer_it_lasts_the_more_is_repeated);
  TEST(the_return_takes_longer_after_a_long_hole);
  return test_summary("concealment");
}
