// RTCP of a stream: reports about every five seconds, BYE, what the peer reports. RFC 3550 §6. See stream.h.

#include "engine/stream.h"

/** xorshift64: spreads reports over time, keeps no secret. */
static uint32_t next_random(struct stream_context *context) {
  uint64_t state = context->random;
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  context->random = state;
  return (uint32_t)(state >> 32);
}

/** NTP time that runs as evenly as CLOCK_MONOTONIC, so that a stepped clock spoils no round-trip time. */
static uint64_t ntp_at(const struct stream_context *context, uint64_t now_ns) {
  return ntp_from_unix_ns(context->unix_zero_ns + now_ns);
}

void stream_report_start(struct stream *stream, struct stream_context *context, uint64_t now_ns) {
  stream->reports.due_ns = now_ns + rtcp_interval_ns(true, next_random(context));
}

static const struct sockaddr_storage *destination(const struct stream *stream) {
  const struct stream_input *input = &stream->input;
  if (stream->setup.multiplexed) return input->latched ? &input->peer : &stream->setup.remote;
  return input->rtcp_latched ? &input->rtcp_peer : &stream->setup.remote_rtcp;
}

/** Fills the block about the source that is heard. @return how many blocks that makes */
static size_t fill_block(struct stream *stream, uint64_t now_ns, struct rtcp_report_block *block) {
  struct stream_input *input = &stream->input;
  if (!input->has_source) return 0;
  rtp_source_report(&input->source, block);
  block->last_sr = stream->reports.last_sr;
  block->delay_since_last_sr = block->last_sr == 0 ? 0 : rtcp_delay_from_ns(now_ns - stream->reports.last_sr_ns);
  return 1;
}

static void send_report(struct stream *stream, const struct stream_context *context, uint64_t now_ns, bool bye) {
  if (stream_awaits_keys(stream, COMPONENT_RTCP)) return;
  struct rtcp_report_block block;
  struct rtcp_voip_metrics metrics;
  bool tells = stream->setup.tells_quality && stream_quality_metrics(stream, &metrics);
  const struct stream_output *output = &stream->output;
  uint64_t media_ns = media_clock_at(&context->clock, now_ns);
  struct rtcp_sender_info sender = {.ntp_timestamp = ntp_at(context, now_ns),
                                    .rtp_timestamp = stream_output_timestamp(output, media_ns),
                                    .packets = output->packets,
                                    .octets = output->octets};
  struct rtcp_compound compound = {.ssrc = stream->ssrc,
                                   .sender = output->active && output->packets > 0 ? &sender : NULL,
                                   .blocks = &block,
                                   .block_count = fill_block(stream, now_ns, &block),
                                   .cname = {.data = context->cname, .length = STREAM_CNAME_BYTES},
                                   .metrics = tells ? &metrics : NULL,
                                   .bye = bye};
  uint8_t bytes[RTCP_BUFFER_BYTES];
  size_t length;
  if (rtcp_pack(&compound, bytes, sizeof bytes, &length) != DP_OK) return;
  if (output->srtcp && srtp_protect_rtcp(output->srtcp, bytes, &length, sizeof bytes) != DP_OK) return;
  int descriptor = stream->setup.multiplexed ? stream->sockets.rtp : stream->sockets.rtcp;
  (void)sockets_send(descriptor, bytes, length, destination(stream));
}

void stream_report_turn(struct stream *stream, struct stream_context *context, uint64_t now_ns) {
  if (now_ns < stream->reports.due_ns) return;
  send_report(stream, context, now_ns, false);
  stream->reports.due_ns = now_ns + rtcp_interval_ns(false, next_random(context));
}

void stream_report_bye(struct stream *stream, struct stream_context *context, uint64_t now_ns) {
  // RFC 3550 §6.3.7: who has sent neither RTP nor RTCP sends no BYE.
  if (stream->configured && stream->output.packets > 0) send_report(stream, context, now_ns, true);
}

static void follow_source(struct srtp_sender *sender) {
  if (sender) srtp_sender_change_source(sender);
}

void stream_report_change_source(struct stream *stream, struct stream_context *context) {
  struct stream_output *output = &stream->output;
  // Odd, so that it is surely another one.
  stream->ssrc += next_random(context) | 1;
  // As at the beginning: see engine_open_session.
  output->sequence = (uint16_t)(next_random(context) & 0x7fff);
  output->packets = 0;
  output->octets = 0;
  output->marker = true;
  for (size_t at = 0; at < SRTP_SUITES; at++) follow_source(output->senders[at]);
  for (size_t at = 0; at < COMPONENTS; at++) follow_source(stream->security.senders[at]);
}

/** Whether the source may report for the peer; nothing is changed. */
static bool is_believable(const struct stream *stream, const struct sockets_datagram *datagram) {
  const struct stream_input *input = &stream->input;
  if (input->latched && sockets_same_host(&datagram->source, &input->peer)) return true;
  return input->srtcp || sockets_same_host(&datagram->source, &stream->setup.remote) ||
         sockets_same_host(&datagram->source, &stream->setup.remote_rtcp);
}

static void take_report(struct stream *stream, const struct stream_context *context,
                        const struct rtcp_received *received, uint64_t arrival_ns) {
  struct stream_statistics *figures = &stream->statistics;
  bool heard = stream->input.has_source && received->ssrc == stream->input.source.ssrc;
  if (received->has_sender && heard) {
    stream->reports.last_sr = ntp_middle(received->sender.ntp_timestamp);
    stream->reports.last_sr_ns = arrival_ns;
  }
  if (received->bye && heard) stream->input.ended = true;
  if (received->has_metrics && received->metrics.listening_score != RTCP_XR_UNKNOWN) {
    figures->remote_opinion_hundredths = 10 * (uint64_t)received->metrics.listening_score;
  }
  if (!received->has_block) return;
  figures->remote_loss_256ths = received->block.fraction_lost;
  uint64_t round_trip_ns;
  if (rtcp_round_trip(&received->block, ntp_at(context, arrival_ns), &round_trip_ns)) {
    figures->round_trip_ns = round_trip_ns;
  }
}

bool stream_report_take(struct stream *stream, struct stream_context *context, uint8_t *bytes,
                        const struct sockets_datagram *datagram) {
  struct stream_input *input = &stream->input;
  size_t length = datagram->length;
  if (!stream->configured || datagram->truncated || !is_believable(stream, datagram)) return false;
  if (stream_awaits_keys(stream, COMPONENT_RTCP)) return false;
  if (input->srtcp) {
    dp_error error = srtp_unprotect_rtcp(input->srtcp, bytes, &length);
    if (error == DP_REPLAYED) stream->statistics.packets_duplicate++;
    if (error != DP_OK) return error == DP_REPLAYED;
  }
  struct rtcp_received received;
  if (rtcp_parse(bytes, length, stream->ssrc, &received) != DP_OK) return false;
  if (received.ssrc == stream->ssrc) return false;
  if (!stream->setup.multiplexed && !input->rtcp_latched) {
    input->rtcp_latched = true;
    input->rtcp_peer = datagram->source;
  }
  input->last_report_ns = datagram->arrival_ns;
  take_report(stream, context, &received, datagram->arrival_ns);
  return true;
}

void stream_report_receive(struct stream *stream, struct stream_context *context, uint8_t *bytes,
                           const struct sockets_datagram *datagram) {
  // Empty datagrams keep NATs open (RFC 6263 §4.1).
  if (datagram->length == 0) return;
  enum rtp_datagram kind = datagram->truncated ? RTP_DATAGRAM_UNKNOWN : rtp_classify(bytes, datagram->length);
  bool taken = kind == RTP_DATAGRAM_STUN || kind == RTP_DATAGRAM_DTLS
                   ? stream_security_pass(stream, context, COMPONENT_RTCP, bytes, datagram)
                   : stream_report_take(stream, context, bytes, datagram);
  if (!taken) stream->statistics.packets_refused++;
}
