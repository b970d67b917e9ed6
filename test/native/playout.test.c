// Playout: from RTP payloads to the sound that is due; concealment by what one would hear.

#define _DEFAULT_SOURCE  // M_PI

#include "jitter/playout.h"

#include <math.h>

#include "support/check.h"

#define MS INT64_C(1000000)

enum { FRAME = 160 };

static struct playout playout;

static const struct playout_limits limits = {.min_delay_ns = JITTER_BUFFER_MIN_DELAY_NS,
                                             .max_delay_ns = JITTER_BUFFER_MAX_DELAY_NS};

static void open_playout(enum codec codec) {
  if (playout_init(&playout, &limits, codec) != DP_OK) abort();
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
    open_playout(CODEC_PCMA);
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

/** Plays so many packets, which come as punctually as they can. @return the delay at the end */
static int64_t delay_after(int packets, uint16_t first) {
  int16_t heard[FRAME];
  for (int at = 0; at < packets; at++) {
    int64_t now = (first + at) * 20 * MS;
    send((uint16_t)(first + at), 437, FRAME, now);
    CHECK_EQUAL(playout_read(&playout, (uint64_t)(now + MS), heard, FRAME), DP_OK);
  }
  return (int64_t)jitter_buffer_delay_ns(&playout.buffer);
}

static void the_delay_stays_between_its_limits(void) {
  const struct playout_limits longer = {.min_delay_ns = 100 * MS, .max_delay_ns = 300 * MS};
  open_playout(CODEC_PCMA);
  CHECK(delay_after(100, 0) < 30 * MS);
  CHECK_EQUAL(playout_set_limits(&playout, &longer), DP_OK);
  CHECK_WITHIN((double)delay_after(200, 100), 95e6, 130e6);
  // A new source, and another codec, have them too.
  playout_set_codec(&playout, CODEC_PCMU, NULL);
  playout_set_codec(&playout, CODEC_PCMA, NULL);
  CHECK_WITHIN((double)delay_after(100, 300), 95e6, 130e6);
  // Shorter ones are come down to.
  const struct playout_limits short_ones = {.min_delay_ns = 0, .max_delay_ns = 20 * MS};
  CHECK_EQUAL(playout_set_limits(&playout, &short_ones), DP_OK);
  CHECK(delay_after(200, 400) < 30 * MS);
  const struct playout_limits wrong = {.min_delay_ns = 30 * MS, .max_delay_ns = 20 * MS};
  CHECK_EQUAL(playout_set_limits(&playout, &wrong), DP_INVALID_ARGUMENT);
  CHECK_EQUAL(playout.limits.max_delay_ns, 20 * MS);
}

static void several_frames_at_once_are_the_same_sound(void) {
  static int16_t whole[4800], parts[4800];
  for (int run = 0; run < 2; run++) {
    open_playout(CODEC_PCMA);
    int16_t *to = run == 0 ? whole : parts;
    for (uint16_t i = 0; i < 5; i++) send(i, 300, FRAME, i * MS / 100);
    if (run == 0) {
      CHECK_EQUAL(playout_read(&playout, (uint64_t)(10 * MS), to, 480), DP_OK);
    } else {
      static const size_t lengths[] = {160, 320};
      size_t at = 0;
      for (size_t k = 0; k < 2; at += lengths[k++])
        CHECK_EQUAL(playout_read(&playout, (uint64_t)(10 * MS) + at * 125000, to + at, lengths[k]), DP_OK);
    }
  }
  CHECK_BYTES(whole, parts, 480 * sizeof *whole);
}

static void silence_before_the_first_packet(void) {
  open_playout(CODEC_PCMU);
  int16_t sound[FRAME];
  memset(sound, 1, sizeof sound);
  CHECK_EQUAL(playout_read(&playout, 0, sound, FRAME), DP_OK);
  for (int i = 0; i < FRAME; i++) CHECK_EQUAL(sound[i], 0);
}

static void bad_arguments_are_refused(void) {
  open_playout(CODEC_PCMA);
  int16_t sound[FRAME];
  CHECK_EQUAL(playout_read(&playout, 0, sound, 0), DP_INVALID_ARGUMENT);
  CHECK_EQUAL(playout_read(&playout, 0, NULL, 1), DP_INVALID_ARGUMENT);
  CHECK_EQUAL(playout_read(&playout, 0, sound, PLAYOUT_MAX_READ + 1), DP_INVALID_ARGUMENT);
  CHECK_EQUAL(playout_init(&playout, &limits, (enum codec)77), DP_INVALID_ARGUMENT);
}

static void another_codec_drops_what_is_buffered(void) {
  open_playout(CODEC_PCMA);
  send(0, 400, FRAME, 0);
  playout_set_codec(&playout, CODEC_PCMA, NULL);
  int16_t sound[FRAME];
  CHECK_EQUAL(playout_read(&playout, (uint64_t)(10 * MS), sound, FRAME), DP_OK);
  CHECK_EQUAL(playout.buffer.counters.played, 1);
  send(1, 400, FRAME, 20 * MS);
  playout_set_codec(&playout, CODEC_PCMU, NULL);
  CHECK_EQUAL(playout_read(&playout, (uint64_t)(30 * MS), sound, FRAME), DP_OK);
  CHECK_EQUAL(playout.buffer.counters.played, 1);
}

// ---- from one rate to another ----

/** 20 ms of 300 Hz, coded. */
static void send_coded(struct codec_encoder *encoder, uint16_t sequence, int64_t arrival_ns) {
  int16_t sound[320];
  uint8_t payload[CODEC_PAYLOAD_BYTES];
  size_t count = codec_traits(encoder->codec)->rate_hz / 50;
  for (size_t at = 0; at < count; at++) {
    double seconds = (double)(sequence * count + at) / (50.0 * (double)count);
    sound[at] = (int16_t)lrint(10000 * sin(2 * M_PI * 300 * seconds));
  }
  size_t length = codec_encode(encoder, sound, count, payload);
  const struct rtp_packet packet = {
      .header = {.sequence = sequence, .timestamp = sequence * 160u, .ssrc = 1, .payload_type = 9},
      .payload = {payload, length}};
  CHECK_EQUAL(playout_put(&playout, &packet, (uint64_t)arrival_ns), JITTER_PUT_KEPT);
}

static int greatest_step(const int16_t *samples, size_t count) {
  int greatest = 0;
  for (size_t at = 1; at < count; at++) {
    int step = abs(samples[at] - samples[at - 1]);
    if (step > greatest) greatest = step;
  }
  return greatest;
}

/** What was heard ends in silence at its rate while the other begins from silence at its own: neither breaks. */
static void another_rate_begins_and_ends_without_a_click(void) {
  static const enum codec codecs[2] = {CODEC_PCMA, CODEC_G722};
  for (size_t from = 0; from < 2; from++) {
    enum codec before = codecs[from];
    enum codec after = codecs[1 - from];
    size_t old = codec_traits(before)->rate_hz / 50;
    size_t new = codec_traits(after)->rate_hz / 50;
    static int16_t ending[30 * 320];
    static int16_t beginning[30 * 320];
    struct codec_encoder encoder;
    open_playout(before);
    codec_encoder_init(&encoder, before, NULL);
    for (uint16_t at = 0; at < 20; at++) {
      send_coded(&encoder, at, at * 20 * MS);
      CHECK_EQUAL(playout_read(&playout, (uint64_t)((at * 20 + 9) * MS), ending + at * old, old), DP_OK);
    }
    playout_set_codec(&playout, after, NULL);
    CHECK_EQUAL(playout_take_tail(&playout, ending + 20 * old, old / 4), old / 4);
    CHECK_EQUAL(playout_take_tail(&playout, ending + 20 * old + old / 4, old), old - old / 4);
    CHECK_EQUAL(playout_take_tail(&playout, ending + 21 * old, old), 0);
    codec_encoder_init(&encoder, after, NULL);
    for (uint16_t at = 0; at < 20; at++) {
      send_coded(&encoder, at, (at + 20) * 20 * MS);
      CHECK_EQUAL(playout_read(&playout, (uint64_t)(((at + 20) * 20 + 9) * MS), beginning + at * new, new), DP_OK);
    }
    // 300 Hz at 10000 steps by 2360 from sample to sample at 8 kHz, by 1180 at 16, and by more where G.722 has yet to find
    // its scale; a break would step by up to 20000.
    CHECK_WITHIN(greatest_step(ending + 10 * old, 11 * old), 1000, old == 160 ? 3300 : 2100);
    CHECK_WITHIN(greatest_step(beginning, 20 * new), 1000, 3300);
    CHECK_WITHIN(abs(ending[21 * old - 1]), 0, 200);
    CHECK_WITHIN(abs(beginning[0]), 0, 50);
  }
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
    concealment_init(&concealment, 8000);
    int16_t sound[5 * FRAME];
    sine(sound, 5 * FRAME, hz, 0);
    int natural = steepest(sound, 5 * FRAME);
    concealment_good(&concealment, sound, FRAME);
    concealment_good(&concealment, sound + FRAME, FRAME);
    concealment_make(&concealment, sound + 2 * FRAME, FRAME);
    concealment_good(&concealment, sound + 3 * FRAME, FRAME);
    concealment_good(&concealment, sound + 4 * FRAME, FRAME);
    CHECK_WITHIN(loudest(sound + 2 * FRAME, 80), 9000, 10300);
    CHECK(steepest(sound, 5 * FRAME) < 2 * natural + 300);
  }
}

static void a_long_hole_fades_to_silence(void) {
  struct concealment concealment;
  concealment_init(&concealment, 8000);
  int16_t sound[FRAME];
  for (int i = 0; i < 3; i++) {
    sine(sound, FRAME, 150, (size_t)i * FRAME);
    concealment_good(&concealment, sound, FRAME);
  }
  int last = 10001;
  for (int i = 0; i < 8; i++) {
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
  concealment_init(&concealment, 8000);
  int16_t sound[FRAME];
  concealment_make(&concealment, sound, FRAME);
  CHECK_EQUAL(loudest(sound, FRAME), 0);
}

static void extremes_do_not_overflow(void) {
  struct concealment concealment;
  concealment_init(&concealment, 8000);
  int16_t sound[480];
  for (int i = 0; i < 480; i++) sound[i] = i / 30 % 2 ? INT16_MAX : INT16_MIN;
  concealment_good(&concealment, sound, 480);
  concealment_make(&concealment, sound, 480);
  for (int i = 0; i < 480; i++) sound[i] = INT16_MIN;
  concealment_good(&concealment, sound, 3);
  concealment_good(&concealment, sound, 480);
  CHECK_EQUAL(sound[479], INT16_MIN);
}

/** Speech, a pause of two seconds with one description of it (RFC 3389), and speech at another delay. */
static void a_pause_sounds_as_it_was_described(void) {
  enum { TURNS = 200, SPOKEN = 30, BACK = 130 };
  static int16_t heard[TURNS * FRAME];
  static const uint8_t described[] = {40};
  open_playout(CODEC_PCMA);
  uint16_t sequence = 0;
  for (int turn = 0; turn < TURNS; turn++) {
    int64_t now = turn * 20 * MS;
    uint8_t sound[FRAME];
    for (size_t at = 0; at < FRAME; at++) sound[at] = at / 10 % 2 ? 0xB4 : 0x34; // small and square
    struct rtp_packet packet = {.header = {.sequence = sequence, .timestamp = (uint32_t)turn * FRAME, .ssrc = 1},
                                .payload = {sound, FRAME}};
    if (turn == SPOKEN) {
      packet.payload = (struct byte_view){described, sizeof described};
      CHECK_EQUAL(playout_put_pause(&playout, &packet, (uint64_t)now), JITTER_PUT_KEPT);
      CHECK_EQUAL(playout_put_pause(&playout, &packet, (uint64_t)now), JITTER_PUT_DUPLICATE);
    } else if (turn < SPOKEN || turn >= BACK) {
      CHECK_EQUAL(playout_put(&playout, &packet, (uint64_t)now), JITTER_PUT_KEPT);
    }
    if (turn <= SPOKEN || turn >= BACK) sequence++;
    CHECK_EQUAL(playout_read(&playout, (uint64_t)(now + 9 * MS), heard + turn * FRAME, FRAME), DP_OK);
    CHECK_EQUAL(playout.pausing, turn >= SPOKEN && turn < BACK);
  }
  CHECK_EQUAL(playout.buffer.counters.concealed, 0);
  CHECK_EQUAL(playout.buffer.counters.late, 0);
  CHECK_EQUAL(playout.buffer.counters.played, SPOKEN + TURNS - BACK);
  for (int turn = SPOKEN + 2; turn < BACK; turn++) {
    double power = 0;
    for (int at = 0; at < FRAME; at++) power += (double)heard[turn * FRAME + at] * heard[turn * FRAME + at];
    CHECK_WITHIN(10 * log10(power / FRAME / 32768 / 32768), -43, -37);
  }
}

/** A square and small tone of a packet's length, or the description of a pause where `noise` has octets. */
static struct rtp_packet packet_of(uint16_t number, struct byte_view noise) {
  static uint8_t sound[FRAME];
  for (size_t at = 0; at < FRAME; at++) sound[at] = at / 10 % 2 ? 0xB4 : 0x34;
  return (struct rtp_packet){.header = {.sequence = number, .timestamp = number * (uint32_t)FRAME, .ssrc = 1},
                             .payload = noise.length > 0 ? noise : (struct byte_view){sound, FRAME}};
}

/** Some describe a pause once: whether it is told of in time or not, silence in its place sounds like a line that is dead. */
static void a_pause_is_heard_however_late_it_is_told_of(void) {
  enum { SPOKEN = 30 };
  static const uint8_t described[] = {40};
  static const int late[] = {1, 3, 5, 8, 20};
  int16_t heard[FRAME];
  for (size_t at = 0; at < sizeof late / sizeof late[0]; at++) {
    open_playout(CODEC_PCMA);
    for (int turn = 0; turn < SPOKEN + late[at] + 20; turn++) {
      uint64_t now = (uint64_t)turn * 20 * MS;
      struct rtp_packet sound = packet_of((uint16_t)turn, (struct byte_view){0});
      struct rtp_packet pause = packet_of(SPOKEN, (struct byte_view){described, sizeof described});
      if (turn < SPOKEN) CHECK_EQUAL(playout_put(&playout, &sound, now), JITTER_PUT_KEPT);
      if (turn == SPOKEN + late[at]) CHECK_EQUAL(playout_put_pause(&playout, &pause, now), JITTER_PUT_KEPT);
      CHECK_EQUAL(playout_read(&playout, now + 9 * MS, heard, FRAME), DP_OK);
      CHECK_EQUAL(playout.pausing, turn >= SPOKEN + late[at]);
    }
    double power = 0;
    for (size_t sample = 0; sample < FRAME; sample++) power += (double)heard[sample] * heard[sample];
    CHECK_WITHIN(10 * log10(power / FRAME / 32768 / 32768), -43, -37);
  }
}

static void a_pause_that_is_over_is_not_taken_up(void) {
  static const uint8_t described[] = {40};
  int16_t heard[FRAME];
  open_playout(CODEC_PCMA);
  for (int turn = 0; turn < 60; turn++) {
    uint64_t now = (uint64_t)turn * 20 * MS;
    struct rtp_packet sound = packet_of((uint16_t)turn, (struct byte_view){0});
    struct rtp_packet pause = packet_of(30, (struct byte_view){described, sizeof described});
    if (turn != 30) CHECK_EQUAL(playout_put(&playout, &sound, now), JITTER_PUT_KEPT);
    if (turn == 34) CHECK_EQUAL(playout_put_pause(&playout, &pause, now), JITTER_PUT_LATE);
    CHECK_EQUAL(playout_read(&playout, now + 9 * MS, heard, FRAME), DP_OK);
    CHECK(!playout.pausing);
  }
}

int main(void) {
  TEST(a_pause_is_heard_however_late_it_is_told_of);
  TEST(a_pause_that_is_over_is_not_taken_up);
  TEST(a_pause_sounds_as_it_was_described);
  TEST(what_was_said_is_heard);
  TEST(the_delay_stays_between_its_limits);
  TEST(several_frames_at_once_are_the_same_sound);
  TEST(silence_before_the_first_packet);
  TEST(bad_arguments_are_refused);
  TEST(another_codec_drops_what_is_buffered);
  TEST(another_rate_begins_and_ends_without_a_click);
  TEST(a_hole_in_a_voice_is_not_heard);
  TEST(a_long_hole_fades_to_silence);
  TEST(nothing_is_made_of_nothing);
  TEST(extremes_do_not_overflow);
  return test_summary("playout");
}
