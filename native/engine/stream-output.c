// What a stream sends: sound and digits on the stream's own grid. See stream.h.
//
// The grid begins with the moment in which sending begins, so that the first packet leaves at once, and is measured in
// media time, so that it neither outruns nor falls behind the sound that the turns bring.

#include <string.h>

#include "dsp/double-rate.h"
#include "dsp/ramp.h"
#include "engine/engine.h"
#include "engine/stream.h"

/** Within this a turn is surely over; whole grains. */
#define BEHIND_TURN_NS (NS_PER_MS / 2)
/** Between two digits. Gateways want 40 ms at least to tell "11" from "1". */
#define DIGIT_PAUSE_MS 50

static uint64_t packet_ns(const struct stream *stream) { return stream->setup.packet_ms * NS_PER_MS; }

/** Of one packet, at the encoder's rate. */
static size_t packet_samples(const struct stream *stream) {
  return stream->setup.packet_ms * audio_rate_hz(stream->output.wide) / 1000;
}

static const struct sockaddr_storage *destination(const struct stream *stream) {
  return stream->input.latched ? &stream->input.peer : &stream->setup.remote;
}

/**
 * Silence that is sent before the first turn brings sound. The first packet leaves now and turns come in an unknown
 * phase; for packets that are no whole number of turns, half a turn more keeps the queue from running dry.
 */
static void prime(struct stream *stream, const struct stream_context *context) {
  struct stream_output *output = &stream->output;
  uint32_t turn_ms = context->turn_ms;
  output->queued = packet_samples(stream);
  if (stream->setup.packet_ms % turn_ms != 0) output->queued += audio_samples(output->wide, turn_ms) / 2;
  memset(output->queue, 0, output->queued * sizeof output->queue[0]);
  output->primed = true;
  output->aligns = false;
}

static void begin(struct stream_output *output, const struct stream_context *context, uint64_t now_ns) {
  uint64_t media_ns = media_clock_at(&context->clock, now_ns);
  // Whole grains, and never before the end of what was sent earlier.
  media_ns -= media_ns % GRAIN_NS;
  if (output->packets == 0 || media_ns > output->due_media_ns) output->due_media_ns = media_ns;
  output->active = true;
  output->marker = true;
  keep_alive_sent(&output->keep_alive, now_ns);
  pauses_init(&output->pauses, audio_rate_hz(output->wide));
}

/** Digits have been sent or dropped: there is room for as many. */
static void settle_digits(struct stream *stream, size_t count) {
  atomic_fetch_sub_explicit(&stream->digits_waiting, (unsigned)count, memory_order_relaxed);
}

static void drop_digits(struct stream *stream) {
  settle_digits(stream, telephone_event_sender_waiting(&stream->output.digits));
  telephone_event_sender_clear(&stream->output.digits);
}

/** Before the codec is changed: with another clock, what is queued would have another length. */
static void configure_digits(struct stream *stream, const struct stream_setup *before) {
  const struct stream_setup *setup = &stream->setup;
  const uint32_t clock_hz = codec_traits(setup->codec)->clock_hz;
  const struct telephone_event_timing timing = {.packet_units = setup->packet_ms * clock_hz / 1000,
                                                .pause_units = DIGIT_PAUSE_MS * clock_hz / 1000,
                                                .units_a_tick = clock_hz / setup->event_clock_hz};
  bool same_clocks = clock_hz == stream->output.clock_hz && before->event_clock_hz == setup->event_clock_hz;
  if (!same_clocks || !setup->sends || setup->event_payload_type < 0) drop_digits(stream);
  telephone_event_sender_set_timing(&stream->output.digits, &timing);
}

/** What waits to be sent ends in silence, and what comes at the other rate begins from it. */
static void change_rate(struct stream_output *output, bool wide) {
  if (wide == output->wide) return;
  pauses_init(&output->pauses, audio_rate_hz(wide));
  ramp_out(output->queue, output->queued);
  if (wide && output->queued > STREAM_QUEUE_SAMPLES / 2) output->queued = STREAM_QUEUE_SAMPLES / 2;
  if (wide) double_rate(output->queue, output->queued);
  else halve_rate(output->queue, output->queued);
  output->queued = wide ? output->queued * 2 : output->queued / 2;
  output->wide = wide;
  output->begins = true;
}

/** RFC 7160 §4.1: timestamps of another clock are another source's, and the one before says that it has ended. */
static void change_clock(struct stream *stream, struct stream_context *context, uint32_t clock_hz, uint64_t now_ns) {
  struct stream_output *output = &stream->output;
  if (clock_hz == output->clock_hz) return;
  if (output->packets > 0) {
    stream_report_bye(stream, context, now_ns);
    stream_report_change_source(stream, context);
  }
  output->clock_hz = clock_hz;
}

static void configure_codec(struct stream *stream, struct stream_context *context, const struct stream_setup *before,
                            uint64_t now_ns) {
  struct stream_output *output = &stream->output;
  const struct codec_traits *traits = codec_traits(stream->setup.codec);
  const struct codec_supply *supply = &stream->setup.supply;
  bool same = stream->setup.codec == output->encoder.codec &&
              opus_wishes_equal(&supply->wishes, &before->supply.wishes);
  if (!same) {
    codec_encoder_init(&output->encoder, stream->setup.codec, supply);
  }
  change_rate(output, traits->rate_hz == AUDIO_WIDE_RATE_HZ);
  change_clock(stream, context, traits->clock_hz, now_ns);
}

void stream_output_configure(struct stream *stream, struct stream_context *context,
                             const struct stream_setup *before, uint64_t now_ns) {
  struct stream_output *output = &stream->output;
  const struct stream_setup *setup = &stream->setup;
  bool first = before->packet_ms == 0;
  configure_digits(stream, before);
  configure_codec(stream, context, before, now_ns);
  if (!setup->sends) {
    if (output->active || first) keep_alive_hurry(&output->keep_alive, now_ns);
    output->active = false;
    return;
  }
  if (!output->active || before->packet_ms != setup->packet_ms) prime(stream, context);
  if (!output->active) begin(output, context, now_ns);
}

/**
 * The first packet leaves at once, whatever the turns' phase: sound would wait for the next one for as long as they lie
 * apart, all through the call. So where turns are short, because delay counts, the second packet waits for the turn that
 * completes its sound, and that moment begins the grid anew; timestamps go on without a gap. Never sooner than the grid had
 * it, or the first packet would have come late to the peer, who would add that to what it waits. A little behind the turn, so
 * that what a turn has to compute, now more and now less, does not show in the packets' pace.
 */
static void align(struct stream *stream, const struct stream_context *context, uint32_t ms) {
  struct stream_output *output = &stream->output;
  uint64_t due_media_ns = context->clock.turn_media_ns + BEHIND_TURN_NS;
  size_t come = output->queued;
  if (!output->aligns) return;
  output->aligns = false;
  for (; due_media_ns < output->due_media_ns; due_media_ns += ms * NS_PER_MS) come += audio_samples(output->wide, ms);
  // By then there will be more than the packet holds: what is oldest gives way.
  size_t wanted = packet_samples(stream);
  size_t surplus = come > wanted ? come - wanted : 0;
  if (surplus > output->queued) surplus = output->queued;
  output->queued -= surplus;
  memmove(output->queue, output->queue + surplus, output->queued * sizeof output->queue[0]);
  uint64_t grains = (due_media_ns - output->due_media_ns) / GRAIN_NS;
  output->timestamp_zero -= (uint32_t)grains * (output->clock_hz / AUDIO_RATE_HZ);
  output->due_media_ns = due_media_ns;
}

void stream_output_feed(struct stream *stream, const struct stream_context *context, struct bands_frame *frame,
                        uint32_t ms) {
  struct stream_output *output = &stream->output;
  size_t count = audio_samples(output->wide, ms);
  if (!output->active || count == 0) return;
  if (output->queued + count > STREAM_QUEUE_SAMPLES) {
    // Only after the process was stopped and went on: the oldest sound gives way.
    output->queued -= count;
    memmove(output->queue, output->queue + count, output->queued * sizeof output->queue[0]);
  }
  int16_t *added = output->queue + output->queued;
  memcpy(added, bands_samples(frame, output->wide), count * sizeof *added);
  if (output->begins) ramp_in(added, count);
  output->begins = false;
  output->queued += count;
  align(stream, context, ms);
}

uint64_t stream_output_due_ns(const struct stream *stream, const struct stream_context *context) {
  return stream->output.active ? media_clock_when(&context->clock, stream->output.due_media_ns) : UINT64_MAX;
}

/** Takes one packet's samples; silence for what is not there. */
static void take_samples(struct stream_output *output, int16_t *samples, size_t count) {
  size_t taken = output->queued < count ? output->queued : count;
  memcpy(samples, output->queue, taken * sizeof *samples);
  memset(samples + taken, 0, (count - taken) * sizeof *samples);
  output->queued -= taken;
  memmove(output->queue, output->queue + taken, output->queued * sizeof output->queue[0]);
}

/** A packet on its way out. */
struct outgoing {
  uint8_t bytes[RTP_HEADER_BYTES + CODEC_PAYLOAD_BYTES + SRTP_MAX_RTP_OVERHEAD];
  size_t payload_bytes;
  bool nothing; /**< There is nothing to send. */
  bool digit_done;
  char digit;
};

/** What stands for sound in a pause (RFC 3389), where the peer takes it. @return false: it is no pause */
static bool pauses(struct stream *stream, const int16_t *samples, size_t count, struct outgoing *outgoing) {
  struct stream_output *output = &stream->output;
  if (stream->setup.noise_payload_type == 0) return false;
  struct comfort_noise noise;
  switch (pauses_take(&output->pauses, samples, count, &noise)) {
  case PAUSES_NOISE:
    outgoing->payload_bytes = comfort_noise_write(&noise, outgoing->bytes + RTP_HEADER_BYTES);
    break;
  case PAUSES_NOTHING:
    outgoing->nothing = true;
    break;
  default:
    return false;
  }
  output->marker = true; // of the next packet of sound
  return true;
}

/** Writes header and payload: sound, a digit or comfort noise in its place, or nothing. */
static dp_error compose(struct stream *stream, struct outgoing *outgoing) {
  struct stream_output *output = &stream->output;
  size_t count = packet_samples(stream);
  struct rtp_header header = {.timestamp = stream_output_timestamp(output, output->due_media_ns),
                              .ssrc = stream->ssrc,
                              .sequence = output->sequence,
                              .payload_type = stream->setup.payload_type,
                              .marker = output->marker};
  int16_t samples[STREAM_QUEUE_SAMPLES];
  take_samples(output, samples, count);
  struct telephone_event_output event;
  if (telephone_event_sender_step(&output->digits, header.timestamp, &event)) {
    header.payload_type = (uint8_t)stream->setup.event_payload_type;
    header.timestamp = event.timestamp;
    header.marker = event.marker;
    memcpy(outgoing->bytes + RTP_HEADER_BYTES, event.payload, sizeof event.payload);
    outgoing->payload_bytes = sizeof event.payload;
    outgoing->digit_done = event.finished;
    outgoing->digit = event.digit;
  } else if (pauses(stream, samples, count, outgoing)) {
    header.payload_type = stream->setup.noise_payload_type;
    header.marker = false; // RFC 3389 §4
  } else {
    // What cannot be encoded is not sent: its number is spent, as if it were lost.
    outgoing->payload_bytes = codec_encode(&output->encoder, samples, count, outgoing->bytes + RTP_HEADER_BYTES);
    if (outgoing->payload_bytes == 0) return DP_UNSUPPORTED;
    outgoing->nothing = codec_is_pause(&output->encoder, outgoing->payload_bytes);
    output->marker = outgoing->nothing;
  }
  return rtp_pack_header(&header, outgoing->bytes, sizeof outgoing->bytes);
}

/** Counts a packet that has left and says what it was. */
static void account(struct stream *stream, struct stream_context *context, const struct outgoing *outgoing,
                    uint64_t late_ns, uint64_t sent_ns) {
  struct stream_output *output = &stream->output;
  struct stream_statistics *figures = &stream->statistics;
  lateness_count(context->lateness, late_ns);
  if (late_ns > figures->max_lateness_ns) figures->max_lateness_ns = late_ns;
  figures->packets_sent++;
  output->packets++;
  output->octets += (uint32_t)outgoing->payload_bytes;
  if (figures->first_sent_ns == STATISTICS_UNKNOWN) {
    figures->first_sent_ns = sent_ns;
    stream_emit(context, ENGINE_EVENT_STARTED_OUT, stream, 0, sent_ns);
  }
}

void stream_output_send(struct stream *stream, struct stream_context *context) {
  struct stream_output *output = &stream->output;
  struct outgoing outgoing = {.digit_done = false};
  uint64_t due_ns = stream_output_due_ns(stream, context);
  dp_error error = compose(stream, &outgoing);
  output->due_media_ns += packet_ns(stream);
  output->aligns = output->primed && context->turn_ms < AUDIO_FRAME_MS;
  output->primed = false;
  if (outgoing.nothing) return;
  output->sequence++;
  size_t length = RTP_HEADER_BYTES + outgoing.payload_bytes;
  if (error == DP_OK && output->srtp) {
    error = srtp_protect_rtp(output->srtp, outgoing.bytes, &length, sizeof outgoing.bytes);
  }
  // Stamped before the call, so that nobody has received it earlier; late by the time that the call has ended.
  uint64_t sent_ns = monotonic_now_ns();
  // A packet that cannot be made or sent is lost like any other: its number is spent, the grid goes on.
  bool sent = error == DP_OK && sockets_send(stream->sockets.rtp, outgoing.bytes, length, destination(stream));
  uint64_t now_ns = monotonic_now_ns();
  // By when it was due, as turns count: within a few milliseconds the same.
  if (sent) keep_alive_sent(&output->keep_alive, due_ns);
  if (sent) account(stream, context, &outgoing, now_ns > due_ns ? now_ns - due_ns : 0, sent_ns);
  if (!outgoing.digit_done) return;
  settle_digits(stream, 1);
  stream_emit(context, ENGINE_EVENT_DIGIT_SENT, stream, outgoing.digit, sent_ns);
}

void stream_output_skip(struct stream *stream, const struct stream_context *context, uint64_t now_ns) {
  struct stream_output *output = &stream->output;
  if (!output->active) return;
  uint64_t grid_ns = packet_ns(stream);
  uint64_t media_ns = media_clock_at(&context->clock, now_ns);
  if (media_ns <= output->due_media_ns) return;
  output->due_media_ns += (media_ns - output->due_media_ns) / grid_ns * grid_ns;
  output->marker = true;
}

void stream_output_digit(struct stream *stream, char digit, uint32_t duration_ms) {
  uint32_t ticks = stream->setup.packet_ms == 0 ? 0 : duration_ms * stream->setup.event_clock_hz / 1000;
  uint32_t units = ticks < UINT16_MAX ? ticks : UINT16_MAX;
  bool taken = stream->output.active && stream->setup.event_payload_type >= 0 &&
               telephone_event_sender_queue(&stream->output.digits, digit, units) == DP_OK;
  if (!taken) settle_digits(stream, 1);
}

void stream_output_keep_alive(struct stream *stream, uint64_t now_ns) {
  struct stream_output *output = &stream->output;
  if (!keep_alive_is_due(&output->keep_alive, now_ns)) return;
  keep_alive_sent(&output->keep_alive, now_ns);
  static const uint8_t nothing[1];
  (void)sockets_send(stream->sockets.rtp, nothing, 0, destination(stream));
}
