// Life, agreement and figures of a stream. See stream.h.

#include "engine/stream.h"

#include <string.h>

#include "engine/engine.h"

dp_error stream_init(struct stream *stream, const struct stream_origin *origin, uint32_t turn_ms) {
  memset(stream, 0, sizeof *stream);
  stream->ssrc = origin->ssrc;
  stream->output.sequence = origin->sequence;
  stream->output.timestamp_zero = origin->timestamp;
  stream->output.clock_hz = codec_traits(CODEC_PCMA)->clock_hz;
  codec_encoder_init(&stream->output.encoder, CODEC_PCMA, NULL);
  telephone_event_receiver_init(&stream->input.digits);
  statistics_init(&stream->statistics);
  struct playout_limits limits = playout_usual_limits;
  limits.read_ms = turn_ms;
  return playout_init(&stream->input.playout, &limits, CODEC_PCMA);
}

/** Puts the new keys of the signalling in place; `setup` carries the old ones back. */
static void exchange_keys(struct stream *stream, struct stream_setup *setup) {
  struct stream_output *output = &stream->output;
  if (setup->sender) {
    struct srtp_sender *old = output->senders[setup->suite];
    output->senders[setup->suite] = setup->sender;
    setup->sender = old;
  }
  if (!setup->keeps_receiver) {
    struct srtp_receiver *old = stream->input.receiver;
    if (setup->keeps_sources && old && setup->receiver) {
      srtp_receiver_continue(setup->receiver, old);
    }
    stream->input.receiver = setup->receiver;
    stream->input.spent_since_ns = 0;
    setup->receiver = old;
  }
}

/** Which of the keys are in use. */
static void select_keys(struct stream *stream) {
  const struct stream_setup *agreed = &stream->agreed;
  const struct stream_security *security = &stream->security;
  struct stream_output *output = &stream->output;
  struct stream_input *input = &stream->input;
  if (agreed->association == 0) {
    output->srtp = output->srtcp = agreed->encrypts ? output->senders[agreed->suite] : NULL;
    input->srtp = input->srtcp = input->receiver;
    return;
  }
  enum component rtcp = agreed->multiplexed ? COMPONENT_RTP : COMPONENT_RTCP;
  output->srtp = security->senders[COMPONENT_RTP];
  output->srtcp = security->senders[rtcp];
  input->srtp = security->receivers[COMPONENT_RTP];
  input->srtcp = security->receivers[rtcp];
}

void stream_enforce(struct stream *stream, struct stream_context *context, uint64_t now_ns) {
  struct stream_setup before = stream->setup;
  select_keys(stream);
  stream->setup = stream->agreed;
  if (stream_awaits_keys(stream, COMPONENT_RTP)) stream->setup.sends = stream->setup.receives = false;
  stream_input_configure(stream, &before, now_ns);
  stream_output_configure(stream, context, &before, now_ns);
}

void stream_configure(struct stream *stream, struct stream_context *context, struct stream_setup *setup,
                      uint64_t now_ns) {
  bool first = !stream->configured;
  exchange_keys(stream, setup);
  stream->agreed = *setup;
  stream->agreed.sender = NULL;
  stream->agreed.receiver = NULL;
  stream->configured = true;
  stream_security_configure(stream, context);
  stream_enforce(stream, context, now_ns);
  stream_security_catch_up(stream, context, now_ns);
  if (first) stream_report_start(stream, context, now_ns);
}

void stream_turn(struct stream *stream, struct stream_context *context, uint64_t now_ns) {
  if (!stream->configured) return;
  stream_input_turn(stream, context, now_ns);
  stream_output_keep_alive(stream, now_ns);
  stream_report_turn(stream, context, now_ns);
}

void stream_measure(struct stream *stream) {
  const struct stream_input *input = &stream->input;
  const struct jitter_counters *counters = &input->playout.buffer.counters;
  struct stream_statistics *figures = &stream->statistics;
  int32_t lost = input->has_source ? rtp_source_lost(&input->source) : 0;
  figures->packets_lost = input->lost_before + (lost > 0 ? (uint64_t)lost : 0);
  figures->packets_late = counters->late;
  figures->frames_concealed = counters->concealed - counters->inserted;
  figures->jitter_ns = input->has_source ? rtp_source_jitter_ns(&input->source) : 0;
  figures->jitter_buffer_ns = jitter_buffer_delay_ns(&input->playout.buffer);
  figures->opinion_hundredths = stream_quality_figure(stream);
  figures->protection = stream_security_figure(stream);
}

void stream_emit(struct stream_context *context, uint32_t kind, const struct stream *stream, int32_t value,
                 uint64_t at_ns) {
  struct engine_event event = {.kind = kind, .session = stream->id, .value = value, .at_ns = at_ns};
  (void)ring_put(context->events, &event);
  context->wake_courier = true;
}
