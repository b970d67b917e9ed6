// How good a stream sounds, for the figures and for the peer (RFC 3611 §4.7). See stream.h.

#include "base/monotonic.h"
#include "engine/stream.h"
#include "rtp/quality.h"

/** What the sound device holds beside: a turn's frame. */
enum { DEVICE_MS = 20 };

static uint8_t in_256ths(uint64_t count, uint64_t of) {
  if (of == 0) return 0;
  uint64_t share = count * 256 / of;
  return share > 255 ? 255 : (uint8_t)share;
}

static uint16_t bounded(uint64_t value) { return value > UINT16_MAX ? UINT16_MAX : (uint16_t)value; }

static struct quality_causes causes_of(const struct stream *stream, double delay_ms) {
  const struct loss_pattern *losses = &stream->input.playout.buffer.losses;
  return (struct quality_causes){.lost_share = loss_pattern_share(losses),
                                 .burstiness = loss_pattern_burstiness(losses),
                                 .delay_ms = delay_ms};
}

uint64_t stream_quality_figure(const struct stream *stream) {
  if (stream->input.playout.buffer.losses.all.packets == 0) return STATISTICS_UNKNOWN;
  const struct quality_causes causes = causes_of(stream, 0);
  return (uint64_t)(100 * quality_opinion(quality_rating(&causes)) + 0.5);
}

/** Bursts and gaps, of which packets are as long as the latest. */
static void tell_losses(const struct stream *stream, struct rtcp_voip_metrics *metrics) {
  const struct stream_input *input = &stream->input;
  const struct jitter_buffer *buffer = &input->playout.buffer;
  struct loss_summary summary;
  loss_pattern_summarize(&buffer->losses, &summary);
  int32_t lost = rtp_source_lost(&input->source);
  uint32_t expected = rtp_source_expected(&input->source);
  uint64_t packet_us = (uint64_t)buffer->frame_samples * 1000000 / buffer->options.clock_rate_hz;
  metrics->loss_rate = in_256ths(lost > 0 ? (uint64_t)lost : 0, expected);
  metrics->discard_rate = in_256ths(buffer->counters.late + buffer->counters.overflowed, expected);
  metrics->burst_density = in_256ths(summary.bursts.lost, summary.bursts.packets);
  metrics->gap_density = in_256ths(summary.gaps.lost, summary.gaps.packets);
  if (summary.burst_count > 0)
    metrics->burst_duration_ms = bounded(summary.bursts.packets * packet_us / summary.burst_count / 1000);
  if (summary.gap_count > 0)
    metrics->gap_duration_ms = bounded(summary.gaps.packets * packet_us / summary.gap_count / 1000);
}

static void tell_quality(const struct stream *stream, double delay_ms, struct rtcp_voip_metrics *metrics) {
  const struct quality_causes listening = causes_of(stream, 0);
  const struct quality_causes talking = causes_of(stream, delay_ms);
  metrics->rating = (uint8_t)(quality_rating(&talking) + 0.5);
  metrics->listening_score = (uint8_t)(10 * quality_opinion(quality_rating(&listening)) + 0.5);
  metrics->conversation_score = (uint8_t)(10 * quality_opinion(quality_rating(&talking)) + 0.5);
}

bool stream_quality_metrics(const struct stream *stream, struct rtcp_voip_metrics *metrics) {
  const struct stream_input *input = &stream->input;
  const struct jitter_buffer *buffer = &input->playout.buffer;
  if (!input->has_source || buffer->losses.all.packets == 0) return false;
  uint64_t round_trip_ns = stream->statistics.round_trip_ns;
  uint64_t round_trip_ms = round_trip_ns == STATISTICS_UNKNOWN ? 0 : round_trip_ns / NS_PER_MS;
  uint64_t jitter_buffer_ms = jitter_buffer_delay_ns(buffer) / NS_PER_MS;
  uint64_t system_ms = jitter_buffer_ms + stream->setup.packet_ms + DEVICE_MS;
  uint64_t most_ms = buffer->options.max_delay_ns / NS_PER_MS;
  *metrics = (struct rtcp_voip_metrics){
      .ssrc = input->source.ssrc,
      .round_trip_ms = bounded(round_trip_ms),
      .end_system_delay_ms = bounded(system_ms),
      .signal_level = RTCP_XR_UNKNOWN,
      .noise_level = RTCP_XR_UNKNOWN,
      .echo_return_loss = RTCP_XR_UNKNOWN,
      .gmin = LOSS_PATTERN_GMIN,
      .external_rating = RTCP_XR_UNKNOWN,
      .receiver = RTCP_XR_RECEIVER,
      .jitter_buffer_ms = bounded(jitter_buffer_target_ns(buffer) / NS_PER_MS),
      .jitter_buffer_max_ms = bounded(most_ms),
      .jitter_buffer_limit_ms = bounded(most_ms),
  };
  tell_losses(stream, metrics);
  // Of the peer's end we know nothing: it is taken to be like ours.
  tell_quality(stream, (double)(round_trip_ms / 2 + system_ms), metrics);
  return true;
}
