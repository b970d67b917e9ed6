// Opus by the system's library. Where that is not installed only what needs none is tried.

#define _GNU_SOURCE

#include "engine-support.h"

#include "codec/codec.h"
#include "jitter/playout.h"

#define MS INT64_C(1000000)

static struct opus_library library;

/** RFC 6716 §3.1, table 2, and §3.2. */
static void a_packet_says_how_long_it_is(void) {
  static const struct {
    uint8_t bytes[2];
    size_t length;
    size_t samples;
  } packets[] = {
      {{0 << 3, 0}, 1, 160},       // SILK, 10 ms, one frame
      {{1 << 3, 0}, 2, 320},       // 20 ms
      {{3 << 3, 0}, 2, 960},       // 60 ms
      {{13 << 3, 0}, 2, 320},      // hybrid, 20 ms
      {{16 << 3, 0}, 2, 40},       // CELT, 2.5 ms
      {{1 << 3 | 1, 0}, 2, 640},   // two of 20 ms
      {{1 << 3 | 3, 3}, 2, 960},   // three of 20 ms, by count
      {{1 << 3 | 3, 6}, 2, 1920},  // 120 ms
      {{1 << 3 | 3, 7}, 2, 0},     // more than 120 ms
      {{3 << 3 | 3, 63}, 2, 0},    // much more
      {{1 << 3 | 3, 0}, 2, 0},     // none
      {{1 << 3 | 3, 0}, 1, 0},     // a count that is not there
      {{0, 0}, 0, 0},
  };
  for (size_t at = 0; at < sizeof packets / sizeof packets[0]; at++) {
    struct byte_view packet = {.data = packets[at].bytes, .length = packets[at].length};
    CHECK_EQUAL(opus_packet_samples(packet), packets[at].samples);
  }
}

static void without_its_library_it_is_no_codec(void) {
  struct station station;
  station_start(&station, 0); // which does not ask for it
  struct engine_state state;
  engine_read_state(station.engine, &state);
  CHECK(!state.opus);
  station_open(&station, 0);
  struct engine_stream stream = stream_to(9);
  stream.codec = CODEC_OPUS;
  CHECK_EQUAL(engine_configure_session(station.engine, station.session, &stream), DP_UNSUPPORTED);
  stream.codec = CODEC_PCMA;
  stream.formats[0] = (struct codec_format){.payload_type = 111, .codec = CODEC_OPUS};
  stream.format_count = 1;
  CHECK_EQUAL(engine_configure_session(station.engine, station.session, &stream), DP_UNSUPPORTED);
  station_stop(&station);
}

// ---- with the library ----

static struct playout playout;
static struct codec_encoder encoder;

/** 20 ms of a voice-like sound: a hum with harmonics whose pitch never stays, as repetition would be as good as a copy. */
static void hum(int16_t *samples, size_t packet) {
  for (size_t at = 0; at < 320; at++) {
    double time = (double)(packet * 320 + at) / 16000;
    double phase = 2 * M_PI * 170 * time + 20 * sin(2 * M_PI * 3 * time);
    double sum = 0;
    for (int harmonic = 1; harmonic <= 12; harmonic++) sum += sin(harmonic * phase) / harmonic;
    samples[at] = (int16_t)(5000 * sum);
  }
}

static double energy(const int16_t *samples, size_t count) {
  double sum = 0;
  for (size_t at = 0; at < count; at++) sum += (double)samples[at] * samples[at];
  return sum;
}

/** Packets, of which every tenth is lost. @return how far what is heard is from what was said, as a share of energy */
static double lose(bool corrects) {
  static int16_t heard[320 * 200];
  static int16_t said[320 * 200];
  struct opus_pair *pair = opus_pair_create(&library);
  const struct codec_supply supply = {.opus = pair, .wishes = {.corrects = corrects}};
  const struct playout_limits limits = {.min_delay_ns = 5 * (uint64_t)MS, .max_delay_ns = 200 * (uint64_t)MS};
  CHECK_EQUAL(playout_init(&playout, &limits, CODEC_PCMA), DP_OK);
  playout_set_codec(&playout, CODEC_OPUS, &supply);
  codec_encoder_init(&encoder, CODEC_OPUS, &supply);
  size_t loud = 0;
  for (size_t packet = 0; packet < 200; packet++) {
    uint8_t payload[CODEC_PAYLOAD_BYTES];
    hum(said + packet * 320, packet);
    size_t length = codec_encode(&encoder, said + packet * 320, 320, payload);
    CHECK(length > 0);
    const struct rtp_packet rtp = {.header = {.sequence = (uint16_t)packet,
                                              .timestamp = (uint32_t)(packet * 960),
                                              .ssrc = 1,
                                              .payload_type = 111},
                                   .payload = {payload, length}};
    if (packet % 10 != 9) CHECK_EQUAL(playout_put(&playout, &rtp, packet * 20 * (uint64_t)MS), JITTER_PUT_KEPT);
    uint64_t now_ns = (packet * 20 + 9) * (uint64_t)MS;
    CHECK_EQUAL(playout_read(&playout, now_ns, heard + packet * 320, 320), DP_OK);
  }
  for (size_t packet = 50; packet < 190; packet++) loud += energy(heard + packet * 320, 320) > 1e8;
  CHECK(loud > 130);
  opus_pair_free(pair);
  double worst = 1e30;
  // Aligned by search: the codec's own delay is its affair.
  for (size_t lag = 0; lag < 2400; lag++) {
    double error = 0;
    for (size_t at = 320 * 100; at < 320 * 140; at++) {
      double difference = (double)heard[at] - said[at - lag];
      error += difference * difference;
    }
    if (error < worst) worst = error;
  }
  return worst / energy(said + 320 * 100, 320 * 40);
}

static void copies_of_what_is_lost_are_heard(void) {
  double without = lose(false);
  double with = lose(true);
  printf("     error by energy: %.3f without copies, %.3f with them\n", without, with);
  CHECK(with < 0.8 * without);
  CHECK_WITHIN(with, 0, 0.6);
}

/** @return bits a second of ten seconds' hum */
static size_t bits_of(const struct codec_supply *supply) {
  size_t octets = 0;
  codec_encoder_init(&encoder, CODEC_OPUS, supply);
  for (size_t packet = 0; packet < 500; packet++) {
    int16_t samples[320];
    uint8_t payload[CODEC_PAYLOAD_BYTES];
    hum(samples, packet);
    octets += codec_encode(&encoder, samples, 320, payload);
  }
  return octets * 8 / 10;
}

/** RFC 7587 §6.1, maxaveragebitrate. */
static void no_more_bits_are_sent_than_are_wanted(void) {
  struct opus_pair *pair = opus_pair_create(&library);
  struct codec_supply supply = {.opus = pair};
  size_t own = bits_of(&supply);
  CHECK_WITHIN(own, 14000, 34000); // less than is allowed, as a hum is easily said
  supply.wishes.most_bits = 10000;
  CHECK_WITHIN(bits_of(&supply), 5000, 10500);
  supply.wishes.corrects = true;
  CHECK_WITHIN(bits_of(&supply), 5000, 10500);
  supply.wishes.corrects = false;
  supply.wishes.most_bits = 300000; // more than is good is not sent
  CHECK_EQUAL(bits_of(&supply), own);
  opus_pair_free(pair);
}

/** RFC 7587 §6.1, cbr. */
static void packets_are_of_one_length_where_that_is_wanted(void) {
  struct opus_pair *pair = opus_pair_create(&library);
  for (int constant = 0; constant <= 1; constant++) {
    const struct codec_supply supply = {.opus = pair, .wishes = {.constant = constant == 1}};
    size_t least = SIZE_MAX, most = 0;
    codec_encoder_init(&encoder, CODEC_OPUS, &supply);
    for (size_t packet = 0; packet < 100; packet++) {
      int16_t samples[320] = {0};
      uint8_t payload[CODEC_PAYLOAD_BYTES];
      if (packet % 20 < 10) hum(samples, packet);
      size_t octets = codec_encode(&encoder, samples, 320, payload);
      if (octets < least) least = octets;
      if (octets > most) most = octets;
    }
    CHECK_EQUAL(least == most, constant == 1);
    if (constant == 1) CHECK_EQUAL(most, 32000 / 8 / 50);
  }
  opus_pair_free(pair);
}

/** RFC 7587 §7.1, maxplaybackrate: no wider band than that. The band is in a packet's first octet (RFC 6716 §3.1, table 2). */
static void no_wider_band_is_sent_than_can_be_played(void) {
  static const struct {
    uint32_t rate_hz;
    unsigned least, beyond; // configuration numbers of SILK's band
  } bands[] = {{8000, 0, 4}, {12000, 4, 8}, {16000, 8, 12}, {48000, 8, 12}, {0, 8, 12}};
  struct opus_pair *pair = opus_pair_create(&library);
  for (size_t at = 0; at < sizeof bands / sizeof bands[0]; at++) {
    const struct codec_supply supply = {.opus = pair, .wishes = {.most_rate_hz = bands[at].rate_hz}};
    codec_encoder_init(&encoder, CODEC_OPUS, &supply);
    for (size_t packet = 0; packet < 20; packet++) {
      int16_t samples[320];
      uint8_t payload[CODEC_PAYLOAD_BYTES];
      hum(samples, packet);
      CHECK(codec_encode(&encoder, samples, 320, payload) > 2);
      unsigned configuration = payload[0] >> 3;
      CHECK(configuration >= bands[at].least && configuration < bands[at].beyond);
    }
  }
  opus_pair_free(pair);
}

/** RFC 7587 §3.1.3, §6.1, usedtx. */
static void pauses_need_not_be_sent_where_that_is_wanted(void) {
  struct opus_pair *pair = opus_pair_create(&library);
  for (int omits = 0; omits <= 1; omits++) {
    const struct codec_supply supply = {.opus = pair, .wishes = {.pauses = omits == 1}};
    size_t spoken = 0, silent = 0;
    codec_encoder_init(&encoder, CODEC_OPUS, &supply);
    for (size_t packet = 0; packet < 300; packet++) {
      int16_t samples[320] = {0};
      uint8_t payload[CODEC_PAYLOAD_BYTES];
      if (packet < 100) hum(samples, packet);
      bool sent = !codec_is_pause(&encoder, codec_encode(&encoder, samples, 320, payload));
      if (packet < 100) spoken += sent;
      else silent += sent;
    }
    CHECK_EQUAL(spoken, 100);
    if (omits == 0) CHECK_EQUAL(silent, 200);
    else CHECK_WITHIN(silent, 5, 60); // one every 400 ms, and some until it is sure
  }
  opus_pair_free(pair);
}

static void any_bytes_are_survived(void) {
  struct opus_pair *pair = opus_pair_create(&library);
  const struct codec_supply supply = {.opus = pair};
  struct codec_decoder decoder;
  codec_decoder_init(&decoder, CODEC_OPUS, &supply);
  uint64_t random = 3;
  for (int round = 0; round < 3000; round++) {
    uint8_t bytes[100];
    int16_t samples[CODEC_PAYLOAD_SAMPLES];
    struct byte_view payload = {.data = bytes, .length = 1 + test_random(&random) % sizeof bytes};
    for (size_t at = 0; at < payload.length; at++) bytes[at] = (uint8_t)test_random(&random);
    if (codec_payload_samples(&decoder, payload) > 0) codec_decode(&decoder, payload, samples);
    (void)codec_conceal(&decoder, payload, samples, 320);
    (void)codec_conceal(&decoder, (struct byte_view){NULL, 0}, samples, 40 * (1 + test_random(&random) % 48));
    CHECK(!codec_conceal(&decoder, payload, samples, 333));
  }
  opus_pair_free(pair);
}

static void start_with_opus(struct station *station, double hz) {
  humming_init(&station->device, hz);
  station->device.wide = true;
  struct engine_options options = station_options(station, &humming_operations);
  options.device.wide = true;
  options.opus = true;
  CHECK_EQUAL(engine_create(&options, &station->engine), DP_OK);
  struct engine_state state;
  engine_read_state(station->engine, &state);
  CHECK(state.opus);
  station_open(station, 0);
}

static struct station left;
static struct station right;

/** With another codec before and after, whose clock is another (RFC 7160), and packets of 30 ms, which Opus has not. */
static void two_engines_talk(void) {
  static const uint8_t codecs[] = {CODEC_PCMA, CODEC_OPUS, CODEC_G722, CODEC_OPUS};
  start_with_opus(&left, 700);
  start_with_opus(&right, 700);
  for (size_t at = 0; at < sizeof codecs; at++) {
    struct engine_stream to_right = stream_to(right.port);
    struct engine_stream to_left = stream_to(left.port);
    to_right.codec = to_left.codec = codecs[at];
    to_right.payload_type = to_left.payload_type = codecs[at] < 96 ? codecs[at] : 111;
    to_right.packet_time_ms = 30;
    to_right.opus.corrects = true;
    station_configure(&left, &to_right);
    station_configure(&right, &to_left);
    sleep_ms(600);
  }
  struct stream_statistics figures = station_close(&left);
  CHECK_EQUAL(figures.packets_refused, 0);
  station_stop(&left);
  station_stop(&right);
  CHECK_WITHIN(heard_share(&left.device, 700, 0.3), 0.8, 1.01);
  CHECK_WITHIN(heard_share(&right.device, 700, 0.3), 0.8, 1.01);
  CHECK_WITHIN(heard_level(&left.device, 0.3), 4000, 7000);
}

int main(void) {
  TEST(a_packet_says_how_long_it_is);
  TEST(without_its_library_it_is_no_codec);
  if (opus_library_open(&library) != DP_OK) {
    printf("libopus.so.0 is not installed: the rest is not tried\n");
    return test_summary("opus");
  }
  TEST(copies_of_what_is_lost_are_heard);
  TEST(no_more_bits_are_sent_than_are_wanted);
  TEST(packets_are_of_one_length_where_that_is_wanted);
  TEST(no_wider_band_is_sent_than_can_be_played);
  TEST(pauses_need_not_be_sent_where_that_is_wanted);
  TEST(any_bytes_are_survived);
  TEST(two_engines_talk);
  opus_library_close(&library);
  return test_summary("opus");
}
