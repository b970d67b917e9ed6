// See playout.h.

#include "jitter/playout.h"

#include <string.h>

#include "base/monotonic.h"

enum { RATE_HZ = 8000, NS_PER_SAMPLE = 125000 };

/** Mean square below which a frame counts as quiet: about -50 dB of full scale, a room without a voice. */
#define QUIET_MEAN_SQUARE (100 * 100)

dp_error playout_init(struct playout *playout, const struct jitter_buffer_options *options, enum g711_law law) {
  if (!playout || !options) return DP_INVALID_ARGUMENT;
  if (options->clock_rate_hz != RATE_HZ) return DP_UNSUPPORTED;
  memset(playout, 0, sizeof *playout);
  concealment_init(&playout->concealment);
  g711_init(&playout->codec, law);
  playout->law = law;
  return jitter_buffer_init(&playout->buffer, options);
}

void playout_set_law(struct playout *playout, enum g711_law law) {
  if (law == playout->law) return;
  struct jitter_counters counters = playout->buffer.counters;
  struct jitter_buffer_options options = playout->buffer.options;
  g711_init(&playout->codec, law);
  playout->law = law;
  (void)jitter_buffer_init(&playout->buffer, &options);
  playout->buffer.counters = counters;
}

static bool is_quiet(const struct playout *playout, struct byte_view payload) {
  int16_t samples[JITTER_BUFFER_PAYLOAD_BYTES];
  if (payload.length == 0 || payload.length > JITTER_BUFFER_PAYLOAD_BYTES) return false;
  playout->codec.decode(payload.data, samples, payload.length);
  int64_t sum = 0;
  for (size_t i = 0; i < payload.length; i++) sum += (int64_t)samples[i] * samples[i];
  return sum < (int64_t)payload.length * QUIET_MEAN_SQUARE;
}

enum jitter_put playout_put(struct playout *playout, const struct rtp_packet *packet, uint64_t arrival_ns) {
  const struct jitter_packet kept = {
      .header = packet->header,
      .payload = packet->payload,
      .samples = packet->payload.length > UINT32_MAX ? 0 : (uint32_t)packet->payload.length,
      .quiet = is_quiet(playout, packet->payload),
  };
  return jitter_buffer_put(&playout->buffer, &kept, arrival_ns);
}

/** Puts one frame behind what is queued. There is room: see playout_read. */
static void append(struct playout *playout, const struct jitter_frame *frame) {
  int16_t *end = playout->queue + playout->queued;
  size_t count = frame->samples;
  if (frame->kind == JITTER_FRAME_PACKET) {
    playout->codec.decode(frame->payload.data, end, frame->payload.length);
    concealment_good(&playout->concealment, end, count);
  } else {
    // In silence too: what was heard last fades out instead of breaking off.
    concealment_make(&playout->concealment, end, count);
  }
  playout->queued += count;
}

dp_error playout_read(struct playout *playout, uint64_t now_ns, int16_t *samples, size_t count) {
  if (!samples || count == 0 || count > PLAYOUT_MAX_READ) return DP_INVALID_ARGUMENT;
  while (playout->queued < count) {
    struct jitter_frame frame;
    jitter_buffer_get(&playout->buffer, now_ns, playout->queued * NS_PER_SAMPLE, &frame);
    append(playout, &frame);
  }
  memcpy(samples, playout->queue, count * sizeof *samples);
  playout->queued -= count;
  memmove(playout->queue, playout->queue + count, playout->queued * sizeof *samples);
  return DP_OK;
}
