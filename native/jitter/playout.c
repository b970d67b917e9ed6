// See playout.h.

#include "jitter/playout.h"

#include <string.h>

#include "base/monotonic.h"
#include "dsp/ramp.h"

/** What the player takes at a time, where it does not say: see jitter_buffer_options. */
enum { READ_MS = 20 };
/** How long the sound of another rate takes to end. */
enum { TAILS_A_SECOND = 50 };

/** Mean square below which a frame counts as quiet: about -50 dB of full scale, a room without a voice. */
#define QUIET_MEAN_SQUARE (100 * 100)

/** How alike neighbours must be to stand in for each other unheard. */
#define LIKENESS 0.85

const struct playout_limits playout_usual_limits = {.min_delay_ns = JITTER_BUFFER_MIN_DELAY_NS,
                                                    .max_delay_ns = JITTER_BUFFER_MAX_DELAY_NS};

static struct jitter_buffer_options options_for(const struct playout_limits *limits, enum codec codec) {
  uint32_t clock_hz = codec_traits(codec)->clock_hz;
  uint32_t read_ms = limits->read_ms == 0 ? READ_MS : limits->read_ms;
  return (struct jitter_buffer_options){.clock_rate_hz = clock_hz,
                                        .read_samples = clock_hz / 1000 * read_ms,
                                        .min_delay_ns = limits->min_delay_ns,
                                        .max_delay_ns = limits->max_delay_ns};
}

dp_error playout_init(struct playout *playout, const struct playout_limits *limits, enum codec codec) {
  if (!playout || !limits || !codec_traits(codec)) return DP_INVALID_ARGUMENT;
  memset(playout, 0, sizeof *playout);
  playout->limits = *limits;
  playout->rate_hz = codec_traits(codec)->rate_hz;
  concealment_init(&playout->concealment, playout->rate_hz);
  codec_decoder_init(&playout->decoder, codec, NULL);
  const struct jitter_buffer_options options = options_for(limits, codec);
  return jitter_buffer_init(&playout->buffer, &options);
}

dp_error playout_set_limits(struct playout *playout, const struct playout_limits *limits) {
  if (limits->min_delay_ns == playout->limits.min_delay_ns && limits->max_delay_ns == playout->limits.max_delay_ns) {
    return DP_OK;
  }
  dp_error error = jitter_buffer_set_limits(&playout->buffer, limits->min_delay_ns, limits->max_delay_ns);
  if (error != DP_OK) return error;
  playout->limits.min_delay_ns = limits->min_delay_ns;
  playout->limits.max_delay_ns = limits->max_delay_ns;
  playout->waits_for_copies = false;
  return DP_OK;
}

/** What waits to be heard ends at its own rate; what comes begins from silence. */
static void change_rate(struct playout *playout, uint32_t rate_hz) {
  if (rate_hz == playout->rate_hz) return;
  size_t length = playout->rate_hz / TAILS_A_SECOND;
  size_t kept = playout->queued < length ? playout->queued : length;
  memcpy(playout->tail, playout->queue, kept * sizeof playout->tail[0]);
  concealment_make(&playout->concealment, playout->tail + kept, length - kept);
  ramp_out(playout->tail, length);
  playout->tail_length = length;
  playout->queued = 0;
  playout->rate_hz = rate_hz;
  concealment_init(&playout->concealment, rate_hz);
}

size_t playout_take_tail(struct playout *playout, int16_t *samples, size_t most) {
  size_t length = playout->tail_length < most ? playout->tail_length : most;
  memcpy(samples, playout->tail, length * sizeof *samples);
  playout->tail_length -= length;
  memmove(playout->tail, playout->tail + length, playout->tail_length * sizeof *samples);
  return length;
}

void playout_set_codec(struct playout *playout, enum codec codec, const struct codec_supply *supply) {
  if (codec == playout->decoder.codec || !codec_traits(codec)) return;
  const struct jitter_buffer_options options = options_for(&playout->limits, codec);
  playout->waits_for_copies = false;
  playout->pausing = false;
  codec_decoder_init(&playout->decoder, codec, supply);
  change_rate(playout, codec_traits(codec)->rate_hz);
  (void)jitter_buffer_restart(&playout->buffer, &options);
}

static bool is_low(const int16_t *samples, size_t count) {
  int64_t sum = 0;
  for (size_t i = 0; i < count; i++) sum += (int64_t)samples[i] * samples[i];
  return sum < (int64_t)count * QUIET_MEAN_SQUARE;
}

/** Whether a packet is quiet: one that cannot be decoded out of its turn is taken to be as what was heard last. */
static bool is_quiet(struct playout *playout, struct byte_view payload, size_t count) {
  if (codec_traits(playout->decoder.codec)->has_memory) return playout->sounds_quiet;
  int16_t samples[CODEC_PAYLOAD_SAMPLES];
  codec_decode(&playout->decoder, payload, samples);
  return is_low(samples, count);
}

enum jitter_put playout_put(struct playout *playout, const struct rtp_packet *packet, uint64_t arrival_ns) {
  size_t count = codec_payload_samples(&playout->decoder, packet->payload);
  const struct jitter_packet kept = {
      .header = packet->header,
      .payload = packet->payload,
      .samples = (uint32_t)((uint64_t)count * playout->buffer.options.clock_rate_hz / playout->rate_hz),
      .quiet = count > 0 && is_quiet(playout, packet->payload, count),
  };
  return jitter_buffer_put(&playout->buffer, &kept, arrival_ns);
}

enum jitter_put playout_put_pause(struct playout *playout, const struct rtp_packet *packet, uint64_t arrival_ns) {
  const struct jitter_buffer *buffer = &playout->buffer;
  const struct jitter_packet kept = {
      .header = packet->header,
      .payload = packet->payload,
      // It says of no end: until the next packet that there could be.
      .samples = buffer->frame_samples > 0 ? buffer->frame_samples : buffer->options.read_samples,
      .quiet = true,
      .pause = true,
  };
  return jitter_buffer_put(&playout->buffer, &kept, arrival_ns);
}

void playout_end_pause(struct playout *playout) { playout->pausing = false; }

/** What is between sounds. */
static void append_pause(struct playout *playout, const struct jitter_frame *frame, int16_t *end, size_t count) {
  struct comfort_noise noise;
  if (frame->kind == JITTER_FRAME_PAUSE && comfort_noise_read(frame->payload, &noise)) {
    if (!playout->pausing) {
      playout->noise.started = false;
      concealment_break(&playout->concealment);
    }
    playout->pausing = playout->sounds_quiet = true;
    comfort_noise_maker_set(&playout->noise, &noise);
  }
  if (playout->pausing) {
    comfort_noise_make(&playout->noise, end, count);
    concealment_good(&playout->concealment, end, count);
    return;
  }
  // In silence too: what was heard last fades out instead of breaking off.
  concealment_make(&playout->concealment, end, count);
}

/**
 * A copy of what is lost comes with the packet behind it, which a short delay does not wait for: after the first loss it
 * is longer by a packet.
 */
static void wait_for_copies(struct playout *playout, const struct jitter_frame *frame) {
  if (playout->waits_for_copies || frame->following.length > 0) return;
  playout->waits_for_copies = true;
  uint64_t packet_ns = (uint64_t)frame->samples * NS_PER_SECOND / playout->buffer.options.clock_rate_hz;
  struct jitter_buffer_options *options = &playout->buffer.options;
  options->min_delay_ns += packet_ns;
  if (options->min_delay_ns > options->max_delay_ns) options->min_delay_ns = options->max_delay_ns;
}

static bool conceal(struct playout *playout, const struct jitter_frame *frame, int16_t *end, size_t count) {
  if (frame->kind != JITTER_FRAME_CONCEAL || !codec_traits(playout->decoder.codec)->sends_copies) return false;
  wait_for_copies(playout, frame);
  return codec_conceal(&playout->decoder, frame->following, end, count);
}

/** Makes a decoded frame, which is the queue's end, shorter or longer as the jitter buffer wants it. @return its length then */
static size_t stretch(struct playout *playout, const struct jitter_frame *frame, size_t count) {
  struct concealment *concealment = &playout->concealment;
  const struct time_scale scale = {
      .per_ms = concealment->per_ms,
      .most = (size_t)((uint64_t)frame->stretch * playout->rate_hz / playout->buffer.options.clock_rate_hz),
      .likeness = frame->at_any_price ? 0 : LIKENESS};
  if (frame->pace == JITTER_PACE_SLOWER) {
    size_t length = CONCEALMENT_HISTORY_MS * concealment->per_ms;
    size_t come = time_scale_lengthen(&scale, concealment->history, length, playout->queue + playout->queued, count);
    playout->lengthened += come;
    return count + come;
  }
  // What is queued has not been heard either: two short frames hold a period that one does not.
  size_t queued = playout->queued;
  size_t most = TIME_SCALE_MOST_MS * concealment->per_ms;
  size_t reach = queued < most ? queued : most;
  size_t gone = time_scale_shorten(&scale, playout->queue + queued - reach, reach + count);
  if (gone == 0) return count;
  playout->shortened += gone;
  concealment_take_back(concealment, reach);
  playout->queued = queued - reach;
  return reach + count - gone;
}

/** Puts one frame behind what is queued. There is room: see playout_read. */
static void append(struct playout *playout, const struct jitter_frame *frame) {
  int16_t *end = playout->queue + playout->queued;
  size_t count = (size_t)((uint64_t)frame->samples * playout->rate_hz / playout->buffer.options.clock_rate_hz);
  if (frame->kind == JITTER_FRAME_PACKET) {
    codec_decode(&playout->decoder, frame->payload, end);
    playout->sounds_quiet = is_low(end, count);
    if (frame->follows_skipped || playout->pausing) concealment_break(&playout->concealment);
    playout->pausing = false;
    bool joins = playout->concealment.period > 0;
    if (!joins && frame->pace != JITTER_PACE_AS_IS) count = stretch(playout, frame, count);
    concealment_good(&playout->concealment, playout->queue + playout->queued, count);
  } else if (conceal(playout, frame, end, count)) {
    concealment_good(&playout->concealment, end, count);
  } else {
    append_pause(playout, frame, end, count);
  }
  playout->queued += count;
}

dp_error playout_read(struct playout *playout, uint64_t now_ns, int16_t *samples, size_t count) {
  if (!samples || count == 0 || count > PLAYOUT_MAX_READ) return DP_INVALID_ARGUMENT;
  while (playout->queued < count) {
    struct jitter_frame frame;
    jitter_buffer_get(&playout->buffer, now_ns, playout->queued * NS_PER_SECOND / playout->rate_hz, &frame);
    append(playout, &frame);
  }
  memcpy(samples, playout->queue, count * sizeof *samples);
  playout->queued -= count;
  memmove(playout->queue, playout->queue + count, playout->queued * sizeof *samples);
  return DP_OK;
}
