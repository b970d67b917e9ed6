// Comfort noise by RFC 3389: octets, level and spectrum of what is heard, and what becomes of speech where pauses are not
// sent.

#define _GNU_SOURCE

#include <math.h>

#include "codec/comfort-noise.h"
#include "codec/pauses.h"
#include "dsp/mix.h"
#include "support/check.h"
#include "support/room.h"

enum { SECOND = 8000, PACKET = 160 };

/** §3.1 to §3.3: the top bit means nothing, 127 is 0, 258/32768 a step, what is missing or reserved is 0. */
static void octets_are_read(void) {
  static const uint8_t payload[] = {0xA5, 127, 0, 254, 128, 255};
  struct comfort_noise noise;
  CHECK(comfort_noise_read((struct byte_view){payload, sizeof payload}, &noise));
  CHECK_EQUAL(noise.level, 0x25);
  CHECK_WITHIN(noise.reflections[0], 0, 0);
  CHECK_WITHIN(noise.reflections[1], -0.99995, -0.99993); // 258 * -127 / 32768
  CHECK_WITHIN(noise.reflections[2], 0.99993, 0.99995);
  CHECK_WITHIN(noise.reflections[3], 0.00787, 0.00788);
  CHECK_WITHIN(noise.reflections[4], 0, 0);
  CHECK_WITHIN(noise.reflections[9], 0, 0);
  CHECK(comfort_noise_read((struct byte_view){payload, 1}, &noise)); // §3: the level alone, as of old
  CHECK(!comfort_noise_read((struct byte_view){payload, 0}, &noise));
}

static void octets_come_back(void) {
  for (int first = 0; first < 255; first++) {
    uint8_t payload[COMFORT_NOISE_BYTES];
    uint8_t written[COMFORT_NOISE_BYTES];
    for (size_t at = 0; at < sizeof payload; at++) payload[at] = (uint8_t)((first + (int)at * 23) % 255);
    payload[0] &= 0x7F;
    struct comfort_noise noise;
    CHECK(comfort_noise_read((struct byte_view){payload, sizeof payload}, &noise));
    CHECK_EQUAL(comfort_noise_write(&noise, written), sizeof written);
    CHECK(memcmp(payload, written, sizeof payload) == 0);
  }
}

static uint32_t seed;

/** Of mean power 1. */
static double white(void) {
  seed = seed * 1664525u + 1013904223u;
  return (double)(int32_t)seed / 2147483648.0 * 1.7320508;
}

static void correlate(const int16_t *samples, size_t count, float correlation[COMFORT_NOISE_ORDER + 1]) {
  for (size_t lag = 0; lag <= COMFORT_NOISE_ORDER; lag++) {
    double sum = 0;
    for (size_t at = lag; at < count; at++) sum += (double)samples[at] * samples[at - lag];
    correlation[lag] = (float)(sum / (double)count);
  }
}

/** Noise y(n) = a w(n) + b y(n-1) - 0.5 y(n-2), and the payload that libavcodec 59's encoder makes of 640 samples of it. */
static void another_encoder_describes_it_alike(void) {
  static const struct {
    double b;
    double amplitude;
    uint8_t payload[COMFORT_NOISE_BYTES];
  } cases[] = {
      {1.2, 100, {45, 25, 192, 118, 133, 120, 122, 134, 142, 136, 128}},
      {-0.8, 400, {36, 189, 195, 126, 126, 125, 129, 130, 127, 110, 131}},
      {0, 20, {63, 126, 198, 115, 128, 131, 133, 122, 116, 126, 140}},
  };
  for (size_t which = 0; which < 3; which++) {
    int16_t samples[640];
    double before[2] = {0, 0};
    seed = 12345;
    for (int at = -500; at < 640; at++) {
      double value = cases[which].amplitude * white() + cases[which].b * before[0] - 0.5 * before[1];
      before[1] = before[0];
      before[0] = value;
      if (at >= 0) samples[at] = (int16_t)lrint(value);
    }
    float correlation[COMFORT_NOISE_ORDER + 1];
    struct comfort_noise noise;
    uint8_t payload[COMFORT_NOISE_BYTES];
    correlate(samples, 640, correlation);
    CHECK(comfort_noise_describe(correlation, &noise) < 1);
    (void)comfort_noise_write(&noise, payload);
    CHECK_WITHIN(payload[0], cases[which].payload[0] - 1, cases[which].payload[0] + 1);
    // It looks at the samples through a window, we do not.
    for (size_t at = 1; at < sizeof payload; at++) {
      CHECK_WITHIN(payload[at], cases[which].payload[at] - 12, cases[which].payload[at] + 12);
    }
  }
}

/** What is heard has the level and, described anew, the coefficients that were asked for. */
static void noise_is_as_described(void) {
  static const float wanted[][3] = {{0, 0, 0}, {-0.8F, 0.5F, 0}, {0.4F, 0.3F, -0.2F}, {-0.95F, 0.2F, 0.1F}};
  static const uint8_t levels[] = {20, 45, 60};
  static int16_t samples[20 * SECOND];
  for (size_t at = 0; at < sizeof wanted / sizeof wanted[0]; at++) {
    for (size_t which = 0; which < sizeof levels; which++) {
      struct comfort_noise_maker maker = {.random = 7};
      struct comfort_noise noise = {.level = levels[which]};
      memcpy(noise.reflections, wanted[at], sizeof wanted[at]);
      comfort_noise_maker_set(&maker, &noise);
      for (size_t from = 0; from < 20 * SECOND; from += PACKET) comfort_noise_make(&maker, samples + from, PACKET);
      float correlation[COMFORT_NOISE_ORDER + 1];
      struct comfort_noise heard;
      correlate(samples, 20 * SECOND, correlation);
      (void)comfort_noise_describe(correlation, &heard);
      CHECK_WITHIN(10 * log10(correlation[0] / 32768 / 32768), -levels[which] - 0.7, -levels[which] + 0.7);
      for (size_t k = 0; k < 3; k++) {
        CHECK_WITHIN(heard.reflections[k], wanted[at][k] - 0.04, wanted[at][k] + 0.04);
      }
    }
  }
}

static void another_description_is_gone_over_to(void) {
  struct comfort_noise_maker maker = {0};
  int16_t samples[PACKET];
  comfort_noise_make(&maker, samples, PACKET); // nothing was described: silence
  for (size_t at = 0; at < PACKET; at++) CHECK_EQUAL(samples[at], 0);
  comfort_noise_maker_set(&maker, &(struct comfort_noise){.level = 60});
  comfort_noise_make(&maker, samples, PACKET);
  comfort_noise_maker_set(&maker, &(struct comfort_noise){.level = 30, .reflections = {-0.9F}});
  double last = 0;
  for (int packet = 0; packet < 20; packet++) {
    comfort_noise_make(&maker, samples, PACKET);
    double power = 0;
    for (size_t at = 0; at < PACKET; at++) power += (double)samples[at] * samples[at];
    last = 10 * log10(power / PACKET / 32768 / 32768);
    if (packet == 0) CHECK(last < -37);
  }
  CHECK_WITHIN(last, -34, -26);
  comfort_noise_maker_set(&maker, &(struct comfort_noise){.level = 127});
  for (int packet = 0; packet < 60; packet++) comfort_noise_make(&maker, samples, PACKET);
  for (size_t at = 0; at < PACKET; at++) CHECK_EQUAL(samples[at], 0);
}

/** The filters at the edge do not run away, and what is loudest is cut off, not wrapped. */
static void hostile_descriptions_are_survived(void) {
  uint64_t random = 11;
  struct comfort_noise_maker maker = {0};
  for (int round = 0; round < 2000; round++) {
    uint8_t payload[20];
    int16_t samples[PACKET];
    for (size_t at = 0; at < sizeof payload; at++) payload[at] = test_random(&random) % 3 ? (uint8_t)test_random(&random) : 254;
    struct comfort_noise noise;
    if (comfort_noise_read((struct byte_view){payload, test_random(&random) % sizeof payload}, &noise)) {
      comfort_noise_maker_set(&maker, &noise);
    }
    comfort_noise_make(&maker, samples, PACKET);
    for (size_t at = 0; at < COMFORT_NOISE_ORDER + 1; at++) CHECK(isfinite(maker.memory[at]));
  }
}

// ---- pauses ----

static struct pauses pauses;

/** Runs packets of noise of an amplitude. @return how many of them were sent as sound */
static int run_noise(double amplitude, int packets, int *told) {
  int sent = 0;
  double before = 0;
  for (int packet = 0; packet < packets; packet++) {
    int16_t samples[PACKET];
    for (size_t at = 0; at < PACKET; at++) samples[at] = (int16_t)lrint(before = amplitude * white() + 0.7 * before);
    struct comfort_noise noise;
    enum pauses_verdict verdict = pauses_take(&pauses, samples, PACKET, &noise);
    sent += verdict == PAUSES_SOUND;
    *told += verdict == PAUSES_NOISE;
  }
  return sent;
}

static void a_pause_is_told_and_told_again(void) {
  seed = 1;
  int told = 0;
  pauses_init(&pauses, SECOND);
  CHECK_WITHIN(run_noise(30, 50, &told), 25, 45); // half a second to know the noise, and what follows speech
  CHECK_EQUAL(told, 1);
  told = 0;
  CHECK_EQUAL(run_noise(30, 500, &told), 0);
  CHECK_WITHIN(told, 4, 6); // ten seconds
}

static void louder_noise_is_sound_until_it_is_known(void) {
  seed = 2;
  int told = 0;
  pauses_init(&pauses, SECOND);
  (void)run_noise(30, 100, &told);
  // 14 dB more: five seconds, until nothing else is remembered.
  CHECK_WITHIN(run_noise(150, 350, &told), 240, 300);
  told = 0;
  CHECK_EQUAL(run_noise(150, 100, &told), 0);
  // 4 dB less is noise still, and told at once.
  told = 0;
  CHECK_EQUAL(run_noise(95, 25, &told), 0);
  CHECK_WITHIN(told, 1, 2);
}

static void silence_is_a_pause(void) {
  static const int16_t nothing[PACKET];
  struct comfort_noise noise;
  int sent = 0;
  pauses_init(&pauses, SECOND);
  for (int packet = 0; packet < 100; packet++) sent += pauses_take(&pauses, nothing, PACKET, &noise) == PAUSES_SOUND;
  CHECK_WITHIN(sent, 25, 45);
  CHECK_EQUAL(noise.level, 127);
}

/** A tone that never ends stops being news to the detector; it is not noise for all that. */
static void a_tone_is_no_noise(void) {
  struct comfort_noise noise;
  pauses_init(&pauses, SECOND);
  for (int packet = 0; packet < 500; packet++) {
    int16_t samples[PACKET];
    for (int at = 0; at < PACKET; at++) samples[at] = (int16_t)(3000 * sin(2 * M_PI * 425 * (packet * PACKET + at) / SECOND));
    CHECK_EQUAL(pauses_take(&pauses, samples, PACKET, &noise), PAUSES_SOUND);
  }
}

/** What of speech is not sent, and how much less is sent, with noise so far below the speech. */
struct outcome {
  double lost;       /**< Share of the speech's energy. */
  double worst_db;   /**< The loudest block of 10 ms of speech that is not sent, below the speech's mean. */
  double saved;      /**< Share of packets. */
  size_t cuts;       /**< Blocks of speech within 15 dB of its mean that are not sent. */
};

static struct outcome speak(uint32_t rate_hz, double noise_db) {
  const size_t packet = rate_hz / 50;
  const size_t block = rate_hz / 100;
  const double pause_s = 1.5;
  struct sound talk = sound_talk(rate_hz, "visitor.en", "resident.en", 30);
  double energy = 0;
  for (size_t at = 0; at < talk.count; at++) energy += (double)talk.samples[at] * talk.samples[at];
  const double mean = energy / (double)talk.count;
  const double amplitude = sqrt(mean) * pow(10, -noise_db / 20);
  struct outcome outcome = {.worst_db = -100};
  size_t packets = 0;
  size_t saved = 0;
  double lost = 0;
  seed = 3;
  pauses_init(&pauses, rate_hz);
  // A turn of talk, then one of listening, over and over.
  const size_t turn = (size_t)(4 * rate_hz);
  for (size_t from = 0; from + packet <= talk.count; from += packet) {
    if (from % turn == 0) {
      for (size_t at = 0; at < (size_t)(pause_s * 50); at++) {
        int16_t quiet[320];
        struct comfort_noise noise;
        for (size_t n = 0; n < packet; n++) quiet[n] = (int16_t)lrint(amplitude * white());
        saved += pauses_take(&pauses, quiet, packet, &noise) != PAUSES_SOUND;
        packets++;
      }
    }
    int16_t samples[320];
    struct comfort_noise noise;
    for (size_t at = 0; at < packet; at++) {
      samples[at] = mix_saturate((int32_t)lrint((double)talk.samples[from + at] + amplitude * white()));
    }
    packets++;
    if (pauses_take(&pauses, samples, packet, &noise) == PAUSES_SOUND) continue;
    saved++;
    for (size_t part = from; part < from + packet; part += block) {
      double power = 0;
      for (size_t at = part; at < part + block; at++) power += (double)talk.samples[at] * talk.samples[at];
      lost += power;
      double below_db = 10 * log10(power / (double)block / mean + 1e-10);
      if (below_db > outcome.worst_db) outcome.worst_db = below_db;
      outcome.cuts += below_db > -15;
    }
  }
  outcome.lost = lost / energy;
  outcome.saved = (double)saved / (double)packets;
  free(talk.samples);
  return outcome;
}

static void no_word_is_cut(void) {
  static const double noises_db[] = {60, 40, 30, 20};
  for (size_t at = 0; at < sizeof noises_db / sizeof noises_db[0]; at++) {
    for (uint32_t rate_hz = 8000; rate_hz <= 16000; rate_hz *= 2) {
      struct outcome outcome = speak(rate_hz, noises_db[at]);
      printf("     %u Hz, noise %2.0f dB below speech: %.6f of its energy not sent, the loudest %.1f dB below it; %2.0f %% of "
             "packets saved\n",
             rate_hz, noises_db[at], outcome.lost, -outcome.worst_db, 100 * outcome.saved);
      CHECK(outcome.lost < 0.001);
      CHECK_EQUAL(outcome.cuts, 0);
      CHECK(outcome.saved > 0.1);
    }
  }
}

int main(void) {
  TEST(octets_are_read);
  TEST(octets_come_back);
  TEST(another_encoder_describes_it_alike);
  TEST(noise_is_as_described);
  TEST(another_description_is_gone_over_to);
  TEST(hostile_descriptions_are_survived);
  TEST(a_pause_is_told_and_told_again);
  TEST(louder_noise_is_sound_until_it_is_known);
  TEST(silence_is_a_pause);
  TEST(a_tone_is_no_noise);
  TEST(no_word_is_cut);
  return test_summary("comfort-noise");
}
