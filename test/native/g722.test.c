// G.722 against spandsp (vectors/make-g722-vectors.c), and by what a listener would notice.

#include "codec/g722.h"

#include <math.h>

#include "support/check.h"
#include "vectors/g722-signals.h"
#include "vectors/g722-vectors.h"

static int16_t samples[G722_SIGNAL_SAMPLES];
static int16_t decoded[G722_SIGNAL_SAMPLES];
static uint8_t octets[G722_SIGNAL_SAMPLES / 2];

enum { OCTETS = G722_SIGNAL_SAMPLES / 2 };

static void encode_whole(void) {
  struct g722_encoder encoder;
  g722_encoder_init(&encoder);
  g722_encode(&encoder, samples, octets, OCTETS);
}

static void decode_whole(void) {
  struct g722_decoder decoder;
  g722_decoder_init(&decoder);
  g722_decode(&decoder, octets, decoded, OCTETS);
}

static void codes_as_spandsp_does(void) {
  for (int signal = 0; signal < G722_SIGNALS; signal++) {
    g722_signal_make((enum g722_signal)signal, samples);
    encode_whole();
    CHECK(g722_hash_octets(octets, OCTETS) == g722_vectors[signal].octets);
    decode_whole();
    uint64_t expected = g722_vectors[signal].samples;
    if (expected != 0) CHECK(g722_hash_samples(decoded, G722_SIGNAL_SAMPLES) == expected);
  }
}

/** State goes on from call to call, whatever their sizes. */
static void pieces_make_the_same_whole(void) {
  static uint8_t in_pieces[OCTETS];
  static int16_t decoded_in_pieces[G722_SIGNAL_SAMPLES];
  g722_signal_make(G722_SIGNAL_SWEEP, samples);
  encode_whole();
  decode_whole();
  struct g722_encoder encoder;
  struct g722_decoder decoder;
  g722_encoder_init(&encoder);
  g722_decoder_init(&decoder);
  uint64_t random = 7;
  for (size_t at = 0; at < OCTETS;) {
    size_t count = 1 + test_random(&random) % 500;
    if (count > OCTETS - at) count = OCTETS - at;
    g722_encode(&encoder, samples + 2 * at, in_pieces + at, count);
    g722_decode(&decoder, in_pieces + at, decoded_in_pieces + 2 * at, count);
    at += count;
  }
  CHECK_BYTES(in_pieces, octets, OCTETS);
  CHECK_BYTES(decoded_in_pieces, decoded, sizeof decoded);
}

/** Signal to noise of a tone, ratio of powers in dB; the filters' delay of 22 samples is taken out. */
static double tone_quality_db(double hertz, double amplitude) {
  enum { DELAY = 22 };
  double power = 0;
  double error = 0;
  for (int at = 0; at < G722_SIGNAL_SAMPLES; at++) {
    samples[at] = (int16_t)lrint(amplitude * sin(2 * 3.141592653589793 * hertz / G722_RATE_HZ * at));
  }
  encode_whole();
  decode_whole();
  for (int at = 1000; at < G722_SIGNAL_SAMPLES - DELAY; at++) {
    double difference = decoded[at + DELAY] - samples[at];
    power += (double)samples[at] * samples[at];
    error += difference * difference;
  }
  return 10 * log10(power / error);
}

/** G.722 §2.5.3 wants more than this of real converters; above 4 kHz two bits a sample are left. */
static void tones_come_through(void) {
  CHECK_WITHIN(tone_quality_db(300, 10000), 30, 100);
  CHECK_WITHIN(tone_quality_db(1000, 10000), 30, 100);
  CHECK_WITHIN(tone_quality_db(3000, 10000), 20, 100);
  CHECK_WITHIN(tone_quality_db(6000, 10000), 9, 100);
}

/** What lies beyond the scale is limited, where it would else turn into its opposite. */
static void full_scale_does_not_wrap_round(void) {
  g722_signal_make(G722_SIGNAL_SQUARE, samples);
  encode_whole();
  decode_whole();
  for (int at = 0; at < G722_SIGNAL_SAMPLES; at++) {
    if (at % 2000 < 200) continue; // just after an edge
    CHECK((decoded[at] < 0) == (samples[at] < 0));
  }
}

static void silence_stays_silent(void) {
  memset(samples, 0, sizeof samples);
  encode_whole();
  decode_whole();
  for (int at = 0; at < G722_SIGNAL_SAMPLES; at++) CHECK_WITHIN(decoded[at], -4, 4);
}

int main(void) {
  TEST(codes_as_spandsp_does);
  TEST(pieces_make_the_same_whole);
  TEST(tones_come_through);
  TEST(full_scale_does_not_wrap_round);
  TEST(silence_stays_silent);
  return test_summary("g722");
}
