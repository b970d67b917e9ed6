// What media costs on this processor: ns a sample for G.711, ns a packet for SRTP. Best of many short runs, as other
// load only ever adds. `make -C native bench`; --json for programs.

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/monotonic.h"
#include "codec/g711.h"
#include "srtp/srtp.h"

enum { FRAME = 160, FRAMES = 256, RUNS = 400, PACKET = 172, PACKETS = 1000 };

static int16_t samples[FRAME * FRAMES];
static uint8_t octets[FRAME * FRAMES];

static void encode_frames(const struct g711_codec *codec) {
  for (size_t i = 0; i < FRAMES; i++) codec->encode(samples + i * FRAME, octets + i * FRAME, FRAME);
}

static void decode_frames(const struct g711_codec *codec) {
  for (size_t i = 0; i < FRAMES; i++) codec->decode(octets + i * FRAME, samples + i * FRAME, FRAME);
}

/** Nanoseconds a sample of the quickest run. */
static double time_codec(const struct g711_codec *codec, void (*work)(const struct g711_codec *)) {
  uint64_t best = UINT64_MAX;
  for (int run = 0; run < RUNS; run++) {
    uint64_t start = monotonic_now_ns();
    work(codec);
    uint64_t taken = monotonic_now_ns() - start;
    if (taken < best) best = taken;
  }
  return (double)best / (FRAME * FRAMES);
}

static void fill_samples(void) {
  uint32_t random = 1;
  for (size_t i = 0; i < FRAME * FRAMES; i++) {
    random = random * 1664525 + 1013904223;
    samples[i] = (int16_t)((int32_t)(random >> 16) - 32768);
  }
}

static void bench_g711(bool json) {
  static const char *const kernels[] = {"portable", "sse41", "avx2"};
  static const char *const laws[] = {"alaw", "ulaw"};
  for (int law = G711_ALAW; law <= G711_ULAW; law++) {
    for (int kernel = G711_KERNEL_PORTABLE; kernel <= G711_KERNEL_AVX2; kernel++) {
      struct g711_codec codec;
      if (g711_init_kernel(&codec, (enum g711_law)law, (enum g711_kernel)kernel) != DP_OK) continue;
      fill_samples();
      double encode = time_codec(&codec, encode_frames);
      double decode = time_codec(&codec, decode_frames);
      const char *format =
          json ? "\"g711_%s_%s_encode_ns_per_sample\": %.3f, \"g711_%s_%s_decode_ns_per_sample\": %.3f,\n"
               : "G.711 %s %-9s encode %.3f, %s %s decode %.3f ns a sample\n";
      printf(format, laws[law], kernels[kernel], encode, laws[law], kernels[kernel], decode);
    }
  }
}

static struct srtp_sender sender;
static struct srtp_receiver receiver;
static uint8_t packets[PACKETS][PACKET + SRTP_MAX_RTP_OVERHEAD];

/** Protects, then unprotects PACKETS packets; adds what each took. */
static void srtp_round(uint16_t *sequence, uint64_t *protect_ns, uint64_t *unprotect_ns) {
  size_t lengths[PACKETS];
  for (size_t i = 0; i < PACKETS; i++) {
    lengths[i] = PACKET;
    packets[i][0] = 0x80;
    bytes_store_u16(packets[i] + 2, (*sequence)++);
  }
  uint64_t start = monotonic_now_ns();
  for (size_t i = 0; i < PACKETS; i++) {
    if (srtp_protect_rtp(&sender, packets[i], &lengths[i], sizeof packets[i]) != DP_OK) abort();
  }
  uint64_t middle = monotonic_now_ns();
  for (size_t i = 0; i < PACKETS; i++) {
    if (srtp_unprotect_rtp(&receiver, packets[i], &lengths[i]) != DP_OK) abort();
  }
  uint64_t end = monotonic_now_ns();
  if (middle - start < *protect_ns) *protect_ns = middle - start;
  if (end - middle < *unprotect_ns) *unprotect_ns = end - middle;
}

static void bench_suite(enum srtp_suite suite, bool json) {
  const struct srtp_policy policy = {.suite = suite, .master_key = {1, 2, 3}, .master_salt = {4, 5, 6}};
  if (srtp_sender_init(&sender, &policy) != DP_OK || srtp_receiver_init(&receiver, &policy) != DP_OK) abort();
  uint64_t protect = UINT64_MAX, unprotect = UINT64_MAX;
  uint16_t sequence = 0;
  for (int run = 0; run < RUNS; run++) srtp_round(&sequence, &protect, &unprotect);
  const char *name = srtp_suite_parameters(suite)->name;
  double protect_each = (double)protect / PACKETS;
  double unprotect_each = (double)unprotect / PACKETS;
  if (json) printf("\"%s_protect_ns\": %.0f, \"%s_unprotect_ns\": %.0f", name, protect_each, name, unprotect_each);
  else printf("SRTP %s, 172 bytes: protect %.0f, unprotect %.0f ns a packet", name, protect_each, unprotect_each);
  srtp_sender_close(&sender);
  srtp_receiver_close(&receiver);
}

static void bench_srtp(bool json) {
  for (unsigned suite = 0; suite < SRTP_SUITES; suite++) {
    bench_suite((enum srtp_suite)suite, json);
    printf(json && suite + 1 < SRTP_SUITES ? ",\n" : "\n");
  }
}

int main(int count, char **arguments) {
  bool json = count > 1 && strcmp(arguments[1], "--json") == 0;
  if (json) printf("{");
  bench_g711(json);
  bench_srtp(json);
  if (json) printf("}\n");
  return 0;
}
