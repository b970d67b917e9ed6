// G.711 against the Recommendation's own tables, written out below as its decision values, and against spandsp.

#include "codec/g711.h"
#include "support/check.h"

/** A run of intervals of one width: G.711 tables 1 and 2, "number of intervals × interval size". */
struct run {
  int intervals;
  int width;
};

// Table 1 (A-law): scale to 4096; segments 1 and 2 share a width.
static const struct run alaw_runs[] = {{32, 2}, {16, 4}, {16, 8}, {16, 16}, {16, 32}, {16, 64}, {16, 128}};
// Table 2 (µ-law): scale to 8159; the first interval is half as wide as the rest of its segment.
static const struct run ulaw_runs[] = {{1, 1},   {15, 2},  {16, 4},   {16, 8},  {16, 16},
                                       {16, 32}, {16, 64}, {16, 128}, {16, 256}};

enum { INTERVALS = 128 };

static int alaw_decisions[INTERVALS + 1];
static int ulaw_decisions[INTERVALS + 1];

static void write_out(const struct run *runs, size_t count, int *decisions) {
  int at = 0;
  int value = 0;
  decisions[0] = 0;
  for (size_t i = 0; i < count; i++) {
    for (int n = 0; n < runs[i].intervals; n++) {
      value += runs[i].width;
      decisions[++at] = value;
    }
  }
}

/** The interval, 0 to 127, in which a magnitude lies; values beyond the virtual decision value are in the last. */
static int interval_of(const int *decisions, int scale, int magnitude) {
  int n = 0;
  while (n < INTERVALS - 1 && magnitude >= decisions[n + 1] * scale) n++;
  return n;
}

/** Table 1a and 1b: character signal before inversion is the interval with the polarity bit; even bits inverted. */
static uint8_t alaw_expected(int sample) {
  int magnitude = sample < 0 ? -sample - 1 : sample;
  int signal = interval_of(alaw_decisions, 8, magnitude) | (sample < 0 ? 0 : 0x80);
  return (uint8_t)(signal ^ 0x55);
}

/** Table 2a and 2b: 255 - n for positive values, 127 - n for negative ones. */
static uint8_t ulaw_expected(int sample) {
  int n = interval_of(ulaw_decisions, 4, sample < 0 ? -sample : sample);
  return (uint8_t)((sample < 0 ? 127 : 255) - n);
}

/** Value at decoder output: the middle of the interval; table 2's first is 0. */
static int alaw_value(uint8_t octet) {
  int signal = octet ^ 0x55;
  int n = signal & 0x7F;
  int middle = (alaw_decisions[n] + alaw_decisions[n + 1]) * 8 / 2;
  return signal & 0x80 ? middle : -middle;
}

static int ulaw_value(uint8_t octet) {
  int n = (octet & 0x80 ? 255 : 127) - octet;
  int middle = n == 0 ? 0 : (ulaw_decisions[n] + ulaw_decisions[n + 1]) * 4 / 2;
  return octet & 0x80 ? middle : -middle;
}

static int16_t all_samples[65536];
static uint8_t all_octets[256];
static enum g711_kernel tested_kernel;

static struct g711_codec codec_for(enum g711_law law) {
  struct g711_codec codec = {0};
  if (g711_init_kernel(&codec, law, tested_kernel) != DP_OK) abort();
  return codec;
}

static void tables_end_where_the_recommendation_ends(void) {
  CHECK_EQUAL(alaw_decisions[INTERVALS], 4096);
  CHECK_EQUAL(ulaw_decisions[INTERVALS], 8159);
  // Some rows as they are printed: decision values 113 and 16 of table 1a, 113 and 17 of table 2a.
  CHECK_EQUAL(alaw_decisions[112], 2048);
  CHECK_EQUAL(ulaw_decisions[112], 4063);
  CHECK_EQUAL(ulaw_decisions[16], 31);
}

static void encodes_every_sample(enum g711_law law, uint8_t (*expected)(int)) {
  static uint8_t octets[65536];
  codec_for(law).encode(all_samples, octets, 65536);
  unsigned wrong = 0;
  for (int i = 0; i < 65536; i++) {
    if (octets[i] != expected(all_samples[i])) wrong++;
  }
  CHECK_EQUAL(wrong, 0);
}

static void alaw_encodes_all_65536_samples(void) { encodes_every_sample(G711_ALAW, alaw_expected); }
static void ulaw_encodes_all_65536_samples(void) { encodes_every_sample(G711_ULAW, ulaw_expected); }

static void decodes_all_256_octets(void) {
  int16_t samples[256];
  codec_for(G711_ALAW).decode(all_octets, samples, 256);
  for (int i = 0; i < 256; i++) CHECK_EQUAL(samples[i], alaw_value((uint8_t)i));
  codec_for(G711_ULAW).decode(all_octets, samples, 256);
  for (int i = 0; i < 256; i++) CHECK_EQUAL(samples[i], ulaw_value((uint8_t)i));
}

static uint64_t fnv1a(const uint8_t *bytes, size_t length) {
  uint64_t hash = UINT64_C(0xcbf29ce484222325);
  for (size_t i = 0; i < length; i++) hash = (hash ^ bytes[i]) * UINT64_C(0x100000001b3);
  return hash;
}

/** FNV-1a hashes of what spandsp 0.0.6 (libspandsp.so.2) makes of all samples from -32768 up, and of octets 0 to 255 as
 * little-endian samples; sox 14.4.2 decodes to the same. */
static void agrees_with_spandsp(void) {
  static uint8_t octets[65536];
  codec_for(G711_ALAW).encode(all_samples, octets, 65536);
  CHECK(fnv1a(octets, 65536) == UINT64_C(0xf030666eb780cf25));
  codec_for(G711_ULAW).encode(all_samples, octets, 65536);
  CHECK(fnv1a(octets, 65536) == UINT64_C(0x94d7525214c75eb2));

  static const uint64_t decoded[] = {
      [G711_ALAW] = UINT64_C(0x693a40ca62a3d2a5), [G711_ULAW] = UINT64_C(0xb91e65d68481a1a8)};
  for (int law = G711_ALAW; law <= G711_ULAW; law++) {
    int16_t samples[256];
    uint8_t bytes[512];
    codec_for((enum g711_law)law).decode(all_octets, samples, 256);
    for (int i = 0; i < 256; i++) {
      bytes[2 * i] = (uint8_t)((uint16_t)samples[i] & 0xFF);
      bytes[2 * i + 1] = (uint8_t)((uint16_t)samples[i] >> 8);
    }
    CHECK(fnv1a(bytes, sizeof bytes) == decoded[law]);
  }
}

/** Vector kernels work in blocks: every length and start, with nothing written beyond. */
static void any_length_and_alignment_stays_in_bounds(void) {
  for (size_t start = 0; start < 4; start++) {
    for (size_t count = 0; count <= 100; count++) {
      uint8_t *octets = malloc(count + 1);
      int16_t *samples = malloc((count + 1) * sizeof *samples);
      const int16_t *from = all_samples + 32700 + start;
      octets[count] = 0xA5;
      samples[count] = 0x1234;
      codec_for(G711_ULAW).encode(from, octets, count);
      codec_for(G711_ULAW).decode(all_octets + start, samples, count);
      for (size_t i = 0; i < count; i++) {
        CHECK_EQUAL(octets[i], ulaw_expected(from[i]));
        CHECK_EQUAL(samples[i], ulaw_value(all_octets[start + i]));
      }
      codec_for(G711_ALAW).encode(from, octets, count);
      codec_for(G711_ALAW).decode(all_octets + start, samples, count);
      for (size_t i = 0; i < count; i++) {
        CHECK_EQUAL(octets[i], alaw_expected(from[i]));
        CHECK_EQUAL(samples[i], alaw_value(all_octets[start + i]));
      }
      CHECK_EQUAL(octets[count], 0xA5);
      CHECK_EQUAL(samples[count], 0x1234);
      free(octets);
      free(samples);
    }
  }
}

static void silence_decodes_to_least_sound(void) {
  for (int law = G711_ALAW; law <= G711_ULAW; law++) {
    struct g711_codec codec = codec_for((enum g711_law)law);
    int16_t zero = 0;
    uint8_t octet = 0;
    codec.encode(&zero, &octet, 1);
    CHECK_EQUAL(octet, codec.silence);
  }
}

static void chooses_a_kernel_that_runs(void) {
  struct g711_codec codec;
  g711_init(&codec, G711_ALAW);
  uint8_t octet;
  int16_t sample = 1000;
  codec.encode(&sample, &octet, 1);
  CHECK_EQUAL(octet, 0xFA);  // spandsp
}

int main(void) {
  write_out(alaw_runs, sizeof alaw_runs / sizeof alaw_runs[0], alaw_decisions);
  write_out(ulaw_runs, sizeof ulaw_runs / sizeof ulaw_runs[0], ulaw_decisions);
  for (int i = 0; i < 65536; i++) all_samples[i] = (int16_t)(i - 32768);
  for (int i = 0; i < 256; i++) all_octets[i] = (uint8_t)i;

  TEST(tables_end_where_the_recommendation_ends);
  TEST(chooses_a_kernel_that_runs);
  static const char *const names[] = {"portable", "SSE4.1", "AVX2"};
  for (int kernel = G711_KERNEL_PORTABLE; kernel <= G711_KERNEL_AVX2; kernel++) {
    struct g711_codec codec;
    if (g711_init_kernel(&codec, G711_ALAW, (enum g711_kernel)kernel) != DP_OK) {
      printf("this processor does not run the %s kernel\n", names[kernel]);
      continue;
    }
    printf("kernel: %s\n", names[kernel]);
    tested_kernel = (enum g711_kernel)kernel;
    TEST(alaw_encodes_all_65536_samples);
    TEST(ulaw_encodes_all_65536_samples);
    TEST(decodes_all_256_octets);
    TEST(agrees_with_spandsp);
    TEST(any_length_and_alignment_stays_in_bounds);
    TEST(silence_decodes_to_least_sound);
  }
  return test_summary("g711");
}
