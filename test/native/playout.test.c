// Playout: from RTP payloads to the sound that is due; concealment by what one would hear.

#define _DEFAULT_SOURCE  // M_PI

#include "jitter/playout.h"

#include <math.h>

#include "support/check.h"

#define MS INT64_C(1000000)

enum { FRAME = 160 };

static struct playout playout;

static void open_playout(enum g711_law law) {
  const struct jitter_buffer_options options = {.clock_rate_hz = 8000,
                                                .read_samples = FRAME,
                                                .min_delay_ns = JITTER_BUFFER_MIN_DELAY_NS,
                                                .max_delay_ns = JITTER_BUFFER_MAX_DELAY_NS};
  if (playout_init(&playout, &options, law) != DP_OK) abort();
}

/** A sine from sample `at` on. */
static void sine(int16_t *samples, size_t count, double hz, size_t at) {
  for (size_t i = 0; i < count; i++) samples[i] = (int16_t)lrint(10000 * sin(2 * M_PI * hz * (double)(at + i) / 8000));
}

static void send(uint16_t sequence, double hz, size_t samples, int64_t arrival_ns) {
  struct g711_codec codec;
  g711_init(&codec, G711_ALAW);
  int16_t sound[960];
  uint8_t payload[960];
  sine(sound, samples, hz, sequence * samples);
  codec.encode(sound, payload, samples);
  const struct rtp_packet packet = {
      .header = {.sequence = sequence, .timestamp = (uint32_t)(sequence * samples), .ssrc = 1, .payload_type = 8},
      .payload = {payload, samples}};
  CHECK_EQUAL(playout_put(&playout, &packet, (uint64_t)arrival_ns), JITTER_PUT_KEPT);
}

static void what_was_said_is_heard(void) {
  for (size_t packet = 80; packet <= 480; packet += 80) {
    open_playout(G711_ALAW);
    static int16_t heard[16000], said[16000];
    sine(said, 16000, 437, 0);
    uint16_t sequence = 0;
    size_t count = 0;
    for (int64_t now = 0; count < 16000; now += 20 * MS, count += FRAME) {
      for (; sequence * (int64_t)packet * MS / 8 <= now; sequence++)
        send(sequence, 437, packet, sequence * (int64_t)packet * MS / 8);
      CHECK_EQUAL(playout_read(&playout, (uint64_t)(now + 9 * MS), heard + count, FRAME), DP_OK);
    }
    // The same sound, later by some samples: by how many is not told, but at most by 60 ms.
    int best = 1 << 30;
    for (size_t lag = 0; lag < 480; lag++) {
      int worst = 0;
      for (size_t i = 4000; i < 8000; i++) {
        int difference = abs(heard[i] - said[i - lag]);
        if (difference > worst) worst = difference;
      }
      if (worst < best) best = worst;
    }
    CHECK(best <= 256);  // A-law's own error at this level.
    CHECK_EQUAL(playout.buffer.counters.concealed, 0);
  }
}

static void any_read_length_yields_the_same_sound(void) {
  static int16_t whole[4800], parts[4800];
  for (int run = 0; run < 2; run++) {
    open_playout(G711_ALAW);
    int16_t *to = run == 0 ? whole : parts;
    for (uint16_t i = 0; i < 5; i++) send(i, 300, FRAME, i * MS / 100);
    if (run == 0) {
      CHECK_EQUAL(playout_read(&playout, (uint64_t)(10 * MS), to, 480), DP_OK);
    } else {
      static const size_t lengths[] = {1, 7, 160, 100, 53, 159};
      size_t at = 0;
      for (size_t k = 0; k < 6; at += lengths[k++])
        CHECK_EQUAL(playout_read(&playout, (uint64_t)(10 * MS) + at * 125000, to + at, lengths[k]), DP_OK);
    }
  }
  CHECK_BYTES(whole, parts, 480 * sizeof *whole);
}

static void silence_before_the_first_packet(void) {
  open_playout(G711_ULAW);
  int16_t sound[FRAME];
  memset(sound, 1, sizeof sound);
  CHECK_EQUAL(playout_read(&playout, 0, sound, FRAME), DP_OK);
  for (int i = 0; i < FRAME; i++) CHECK_EQUAL(sound[i], 0);
}

static void bad_arguments_are_refused(void) {
  open_playout(G711_ALAW);
  int16_t sound[FRAME];
  CHECK_EQUAL(playout_read(&playout, 0, sound, 0), DP_INVALID_ARGUMENT);
  CHECK_EQUAL(playout_read(&playout, 0, NULL, 1), DP_INVALID_ARGUMENT);
  CHECK_EQUAL(playout_read(&playout, 0, sound, PLAYOUT_MAX_READ + 1), DP_INVALID_ARGUMENT);
  const struct jitter_buffer_options wideband = {.clock_rate_hz = 16000, .read_samples = 320};
  CHECK_EQUAL(playout_init(&playout, &wideband, G711_ALAW), DP_UNSUPPORTED);
}

static void another_law_drops_what_is_buffered(void) {
  open_playout(G711_ALAW);
  send(0, 400, FRAME, 0);
  playout_set_law(&playout, G711_ALAW);
  int16_t sound[FRAME];
  CHECK_EQUAL(playout_read(&playout, (uint64_t)(10 * MS), sound, FRAME), DP_OK);
  CHECK_EQUAL(playout.buffer.counters.played, 1);
  send(1, 400, FRAME, 20 * MS);
  playout_set_law(&playout, G711_ULAW);
  CHECK_EQUAL(playout_read(&playout, (uint64_t)(30 * MS), sound, FRAME), DP_OK);
  CHECK_EQUAL(playout.buffer.counters.played, 1);
}

// ---- concealment ----

static int loudest(const int16_t *samples, size_t count) {
  int most = 0;
  for (size_t i = 0; i < count; i++) most = abs(samples[i]) > most ? abs(samples[i]) : most;
  return most;
}

static int steepest(const int16_t *samples, size_t count) {
  int most = 0;
  for (size_t i = 1; i < count; i++) {
    int step = abs(samples[i] - samples[i - 1]);
    if (step > most) most = step;
  }
  return most;
}

/** A voice-like sine loses 20 ms: the hole is filled at the same level and nothing clicks at either edge. */
static void a_hole_in_a_voice_is_not_heard(void) {
  for (double hz = 90; hz < 200; hz += 7.3) {
    struct concealment concealment;
    concealment_init(&concealment);
    int16_t sound[5 * FRAME];
    sine(sound, 5 * FRAME, hz, 0);
    int natural = steepest(sound, 5 * FRAME);
    concealment_good(&concealment, sound, FRAME);
    concealment_good(&concealment, sound + FRAME, FRAME);
    concealment_make(&concealment, sound + 2 * FRAME, FRAME);
    concealment_good(&concealment, sound + 3 * FRAME, FRAME);
    concealment_good(&concealment, sound + 4 * FRAME, FRAME);
    CHECK_WITHIN(loudest(sound + 2 * FRAME, 80), 9000, 10100);
    CHECK(steepest(sound, 5 * FRAME) < 2 * natural + 300);
  }
}

static void a_long_hole_fades_to_silence(void) {
  struct concealment concealment;
  concealment_init(&concealment);
  int16_t sound[FRAME];
  for (int i = 0; i < 3; i++) {
    sine(sound, FRAME, 150, (size_t)i * FRAME);
    concealment_good(&concealment, sound, FRAME);
  }
  int last = 10001;
  for (int i = 0; i < 3; i++) {
    concealment_make(&concealment, sound, FRAME);
    CHECK(loudest(sound, FRAME) < last);
    last = loudest(sound + FRAME - 54, 54);  // A period of it.
  }
  for (int i = 0; i < 500; i++) {
    concealment_make(&concealment, sound, FRAME);
    CHECK_EQUAL(loudest(sound, FRAME), 0);
  }
  // Sound that comes back does so within 5 ms, without a click.
  sine(sound, FRAME, 150, 0);
  concealment_good(&concealment, sound, FRAME);
  CHECK(loudest(sound + 40, 120) > 9000);
  CHECK(abs(sound[0]) < 300);
}

static void nothing_is_made_of_nothing(void) {
  struct concealment concealment;
  concealment_init(&concealment);
  int16_t sound[FRAME];
  concealment_make(&concealment, sound, FRAME);
  CHECK_EQUAL(loudest(sound, FRAME), 0);
}

static void extremes_do_not_overflow(void) {
  struct concealment concealment;
  concealment_init(&concealment);
  int16_t sound[480];
  for (int i = 0; i < 480; i++) sound[i] = i / 30 % 2 ? INT16_MAX : INT16_MIN;
  concealment_good(&concealment, sound, 480);
  concealment_make(&concealment, sound, 480);
  for (int i = 0; i < 480; i++) sound[i] = INT16_MIN;
  concealment_good(&concealment, sound, 3);
  concealment_good(&concealment, sound, 480);
  CHECK_EQUAL(sound[479], INT16_MIN);
}

int main(void) {
  TEST(what_was_said_is_heard);
  TEST(any_read_length_yields_the_same_sound);
  TEST(silence_before_the_first_packet);
  TEST(bad_arguments_are_refused);
  TEST(another_law_drops_what_is_buffered);
  TEST(a_hole_in_a_voice_is_not_heard);
  TEST(a_long_hole_fades_to_silence);
  TEST(nothing_is_made_of_nothing);
  TEST(extremes_do_not_overflow);
  return test_summary("playout");
}
