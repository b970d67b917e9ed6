// Any run of packets and reads: every read gives its samples, the delay stays within its bound. Eight bytes a step:
// sequence, timestamp, source, length, time that passes, and whether the player reads.

#include <stdlib.h>

#include "jitter/playout.h"

extern const char fuzz_name[];
const char fuzz_name[] = "fuzz jitter";
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds) {
  if (!holds) abort();
}

static void put(struct playout *playout, const uint8_t *step, uint64_t now) {
  static uint8_t sound[1536];
  sound[0] = step[2]; // Opus says there how long it is.
  sound[1] = step[3];
  // Near values make a stream, others jump; the low bits of byte 5 choose.
  uint32_t timestamp = step[5] & 1 ? bytes_load_u32(step) : (uint32_t)step[1] * 80;
  const struct rtp_packet packet = {.header = {.sequence = step[5] & 2 ? bytes_load_u16(step) : step[1],
                                               .timestamp = timestamp,
                                               .ssrc = step[5] >> 6},
                                    .payload = {sound, step[4] < 128 ? 160 : (size_t)step[4] * 6}};
  if (step[7] & 16) (void)playout_put_pause(playout, &packet, now);
  else (void)playout_put(playout, &packet, now);
}

/** Opus where its library is there, else it has no memory to be used with. */
static const struct codec_supply *opus_supply(void) {
  static bool looked;
  static struct opus_library library;
  static struct codec_supply supply;
  if (!looked && opus_library_open(&library) == DP_OK) supply.opus = opus_pair_create(&library);
  looked = true;
  return &supply;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static const enum codec codecs[] = {CODEC_PCMU, CODEC_G722, CODEC_L16_16K, CODEC_L16_8K, CODEC_OPUS};
  const struct codec_supply *supply = opus_supply();
  const unsigned known = supply->opus ? 5 : 4;
  const struct playout_limits limits = {.min_delay_ns = JITTER_BUFFER_MIN_DELAY_NS,
                                        .max_delay_ns = JITTER_BUFFER_MAX_DELAY_NS};
  struct playout *playout = malloc(sizeof *playout);
  require(playout && playout_init(playout, &limits, codecs[size % 4]) == DP_OK);
  // Beginnings where unwrapped timestamps would overflow a product.
  uint64_t now = size > 0 && data[0] & 1 ? UINT64_C(1) << 60 : 0;
  for (size_t at = 0; at + 8 <= size; at += 8) {
    const uint8_t *step = data + at;
    now += (uint64_t)step[6] << (step[7] & 4 ? 24 : 16);
    // A peer may send another codec at any moment.
    if (step[7] > 250) playout_set_codec(playout, codecs[step[4] % known], supply);
    if (step[7] & 1) put(playout, step, now);
    int16_t samples[PLAYOUT_MAX_READ];
    size_t count = step[7] & 8 ? (size_t)step[4] + 1 : 160;
    if (step[7] & 2) require(playout_read(playout, now, samples, count) == DP_OK);
    require(playout->queued < PLAYOUT_QUEUE);
    // Two frames of the longest packet (160 ms) and one read beyond the maximum.
    require(jitter_buffer_delay_ns(&playout->buffer) <= limits.max_delay_ns + UINT64_C(400000000));
    require(jitter_buffer_target_ns(&playout->buffer) <= limits.max_delay_ns);
  }
  free(playout);
  return 0;
}
