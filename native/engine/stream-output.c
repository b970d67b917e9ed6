// What a stream sends: sound and digits on the stream's own grid. See stream.h.
//
// The grid begins with the moment in which sending begins, so that the first packet leaves at once, and is measured in
// media time, so that it neither outruns nor falls behind the sound that the turns bring.

#include <string.h>

#include "engine/engine.h"
#include "engine/stream.h"

/** RFC 6263 §7: the least that is recommended for UDP. */
#define KEEP_ALIVE_NS (15 * NS_PER_SECOND)
/** Between two digits. Gateways want 40 ms at least to tell "11" from "1". */
#define DIGIT_PAUSE_SAMPLES (AUDIO_RATE_HZ / 20)

static uint64_t samples_to_ns(uint32_t samples) { return samples * SAMPLE_NS; }

static uint32_t timestamp_of(const struct stream_output *output, uint64_t media_ns) {
  return output->timestamp_zero + (uint32_t)(media_ns / SAMPLE_NS);
}

static const struct sockaddr_storage *destination(const struct stream *stream) {
  return stream->input.latched ? &stream->input.peer : &stream->setup.remote;
}

/**
 * Silence that is sent before the first turn brings sound. The first packet leaves now and turns come in an unknown
 * phase; for packets that are no whole number of turns, half a turn more keeps the queue from running dry.
 */
static void prime(struct stream_output *output, uint32_t packet_samples) {
  output->queued = packet_samples;
  if (packet_samples % AUDIO_FRAME_SAMPLES != 0) output->queued += AUDIO_FRAME_SAMPLES / 2;
  memset(output->queue, 0, output->queued * sizeof output->queue[0]);
}

static void begin(struct stream_output *output, const struct stream_context *context, uint64_t now_ns) {
  uint64_t media_ns = media_clock_at(&context->clock, now_ns);
  // Whole samples, and never before the end of what was sent earlier.
  media_ns -= media_ns % SAMPLE_NS;
  if (output->packets == 0 || media_ns > output->due_media_ns) output->due_media_ns = media_ns;
  output->active = true;
  output->marker = true;
}

/** Digits have been sent or dropped: there is room for as many. */
static void settle_digits(struct stream *stream, size_t count) {
  atomic_fetch_sub_explicit(&stream->digits_waiting, (unsigned)count, memory_order_relaxed);
}

static void configure_digits(struct stream *stream, const struct stream_setup *before) {
  struct telephone_event_sender *digits = &stream->output.digits;
  const struct stream_setup *setup = &stream->setup;
  if (before->packet_samples == 0) telephone_event_sender_init(digits, setup->packet_samples, DIGIT_PAUSE_SAMPLES);
  telephone_event_sender_set_packet(digits, setup->packet_samples);
  if (setup->sends && setup->event_payload_type >= 0) return;
  settle_digits(stream, telephone_event_sender_waiting(digits));
  telephone_event_sender_clear(digits);
}

void stream_output_configure(struct stream *stream, const struct stream_context *context,
                             const struct stream_setup *before, uint64_t now_ns) {
  struct stream_output *output = &stream->output;
  const struct stream_setup *setup = &stream->setup;
  bool resized = before->packet_samples != setup->packet_samples;
  g711_init(&output->codec, setup->law);
  configure_digits(stream, before);
  if (!setup->sends) {
    if (output->active || before->packet_samples == 0) output->keep_alive_ns = now_ns;
    output->active = false;
    return;
  }
  if (!output->active || resized) prime(output, setup->packet_samples);
  if (!output->active) begin(output, context, now_ns);
}

void stream_output_feed(struct stream *stream, const int16_t *frame) {
  struct stream_output *output = &stream->output;
  if (!output->active) return;
  if (output->queued + AUDIO_FRAME_SAMPLES > STREAM_QUEUE_SAMPLES) {
    // Only after the process was stopped and went on: the oldest sound gives way.
    output->queued -= AUDIO_FRAME_SAMPLES;
    memmove(output->queue, output->queue + AUDIO_FRAME_SAMPLES, output->queued * sizeof output->queue[0]);
  }
  memcpy(output->queue + output->queued, frame, AUDIO_FRAME_SAMPLES * sizeof *frame);
  output->queued += AUDIO_FRAME_SAMPLES;
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
  uint8_t bytes[RTP_HEADER_BYTES + STREAM_QUEUE_SAMPLES + SRTP_MAX_RTP_OVERHEAD];
  size_t payload_bytes;
  bool digit_done;
  char digit;
};

/** Writes header and payload: sound, or a digit in its place. */
static dp_error compose(struct stream *stream, struct outgoing *outgoing) {
  struct stream_output *output = &stream->output;
  uint32_t count = stream->setup.packet_samples;
  struct rtp_header header = {.timestamp = timestamp_of(output, output->due_media_ns),
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
  } else {
    output->codec.encode(samples, outgoing->bytes + RTP_HEADER_BYTES, count);
    outgoing->payload_bytes = count;
    output->marker = false;
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
  output->due_media_ns += samples_to_ns(stream->setup.packet_samples);
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
  if (sent) account(stream, context, &outgoing, now_ns > due_ns ? now_ns - due_ns : 0, sent_ns);
  if (!outgoing.digit_done) return;
  settle_digits(stream, 1);
  stream_emit(context, ENGINE_EVENT_DIGIT_SENT, stream, outgoing.digit, sent_ns);
}

void stream_output_skip(struct stream *stream, const struct stream_context *context, uint64_t now_ns) {
  struct stream_output *output = &stream->output;
  if (!output->active) return;
  uint64_t packet_ns = samples_to_ns(stream->setup.packet_samples);
  uint64_t media_ns = media_clock_at(&context->clock, now_ns);
  if (media_ns <= output->due_media_ns) return;
  output->due_media_ns += (media_ns - output->due_media_ns) / packet_ns * packet_ns;
  output->marker = true;
}

void stream_output_digit(struct stream *stream, char digit, uint16_t units) {
  bool taken = stream->output.active && stream->setup.event_payload_type >= 0 &&
               telephone_event_sender_queue(&stream->output.digits, digit, units) == DP_OK;
  if (!taken) settle_digits(stream, 1);
}

void stream_output_keep_alive(struct stream *stream, uint64_t now_ns) {
  struct stream_output *output = &stream->output;
  if (output->active || now_ns < output->keep_alive_ns) return;
  output->keep_alive_ns = now_ns + KEEP_ALIVE_NS;
  static const uint8_t nothing[1];
  (void)sockets_send(stream->sockets.rtp, nothing, 0, destination(stream));
}
