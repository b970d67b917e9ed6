// What a stream receives: who is believed, which source is heard, digits, the sound that is due. See stream.h.
//
// Whom we believe: with SRTP the tag decides, whatever the host; plain RTP see stream-latch.c.
//
// Which source is heard. A new SSRC in the place of one that is heard must show two packets in sequence (RFC 3550 A.1)
// while the old one is quiet; so neither stray packets nor two interleaved sources tear the sound. Where the old one has said
// BYE (RFC 3550 §6.3.4; RFC 7160 §4.1 has it for another clock) and is quiet, the first packet of the new one counts.

#include <string.h>

#include "dsp/mix.h"
#include "engine/engine.h"
#include "engine/stream.h"

/** After such a pause a stream no longer counts as being heard: tones may be. */
#define AUDIBLE_NS NS_PER_SECOND

/** RFC 3551 §6, RFC 3389. */
#define PAYLOAD_PCMU 0
#define PAYLOAD_PCMA 8
#define PAYLOAD_COMFORT_NOISE 13
#define COMFORT_NOISE_CLOCK_HZ 8000

/** What we have sent is not sent back later than this. */
enum { LOOP_PACKETS = 3000, LOOP_SECONDS = 60 };

enum payload_kind { PAYLOAD_UNKNOWN, PAYLOAD_SOUND, PAYLOAD_DIGIT, PAYLOAD_PAUSE };

void stream_input_configure(struct stream *stream, const struct stream_setup *before, uint64_t now_ns) {
  struct stream_input *input = &stream->input;
  const struct stream_setup *setup = &stream->setup;
  const bool *nominated = stream->security.nominated;
  bool same = sockets_same_address(&before->remote, &setup->remote) && before->first_stable == setup->first_stable &&
              (!setup->first_stable || sockets_same_host(&before->signalling, &setup->signalling));
  if (!nominated[COMPONENT_RTP] && !same) stream_latch_reset(stream);
  if (!nominated[COMPONENT_RTCP] && !sockets_same_address(&before->remote_rtcp, &setup->remote_rtcp)) {
    input->rtcp_latched = false;
  }
  (void)playout_set_limits(&input->playout, &setup->delay);
  // Before the first packet: from then on what the peer sends says which codec is heard.
  if (!before->receives || before->codec != setup->codec) playout_set_codec(&input->playout, setup->codec, &setup->supply);
  if (!setup->receives || !before->receives) {
    input->silent = false;
    input->waiting_since_ns = now_ns;
  }
}

/** What the payload type means, and by which codec sound is coded. */
static enum payload_kind kind_of(const struct stream_setup *setup, uint8_t payload_type, enum codec *codec) {
  *codec = setup->codec;
  if (payload_type == setup->payload_type) return PAYLOAD_SOUND;
  if (setup->received_event_payload_type == payload_type) return PAYLOAD_DIGIT;
  // An answer that lists several codecs leaves the sender free (RFC 3264 §7).
  for (size_t at = 0; at < setup->format_count; at++) {
    if (setup->formats[at].payload_type != payload_type) continue;
    if (setup->formats[at].codec == CODEC_FORMAT_EVENTS) return PAYLOAD_DIGIT;
    if (setup->formats[at].codec == CODEC_FORMAT_NOISE) return PAYLOAD_PAUSE;
    *codec = (enum codec)setup->formats[at].codec;
    return PAYLOAD_SOUND;
  }
  if (payload_type == PAYLOAD_COMFORT_NOISE) return PAYLOAD_PAUSE;
  // The static types mean what they mean, agreed on or not.
  if (payload_type == PAYLOAD_PCMU) *codec = CODEC_PCMU;
  if (payload_type == PAYLOAD_PCMA) *codec = CODEC_PCMA;
  return payload_type == PAYLOAD_PCMU || payload_type == PAYLOAD_PCMA ? PAYLOAD_SOUND : PAYLOAD_UNKNOWN;
}

void stream_input_forget(struct stream *stream) {
  struct stream_input *input = &stream->input;
  int32_t lost = input->has_source ? rtp_source_lost(&input->source) : 0;
  if (lost > 0) input->lost_before += (uint64_t)lost;
  input->has_source = false;
  input->has_candidate = false;
  input->ended = false;
}

/** Of the timestamps of what is received, as far as is known. */
static uint32_t clock_hz_of(const struct stream *stream) {
  return codec_traits(stream->input.playout.decoder.codec)->clock_hz;
}

/** Whether the packet belongs to the source that is heard; makes a new source that one. */
static bool accept_source(struct stream *stream, const struct rtp_header *header, bool vouched, uint64_t arrival_ns) {
  struct stream_input *input = &stream->input;
  if (input->has_source && input->source.ssrc == header->ssrc) {
    input->has_candidate = false;
    input->ended = false;
    enum rtp_source_verdict verdict = rtp_source_update(&input->source, header, arrival_ns);
    return verdict == RTP_SOURCE_ACCEPTED || verdict == RTP_SOURCE_RESTARTED;
  }
  if (!input->has_candidate || input->candidate.ssrc != header->ssrc) {
    uint32_t probation = vouched && (!input->has_source || input->ended) ? 0 : RTP_MIN_SEQUENTIAL;
    rtp_source_init(&input->candidate, header->ssrc, clock_hz_of(stream), probation);
    input->has_candidate = true;
  }
  enum rtp_source_verdict verdict = rtp_source_update(&input->candidate, header, arrival_ns);
  if (verdict != RTP_SOURCE_ACCEPTED && verdict != RTP_SOURCE_RESTARTED) return false;
  const struct rtp_source accepted = input->candidate;
  stream_input_forget(stream);
  input->source = accepted;
  input->has_source = true;
  return true;
}

static void take_sound(struct stream *stream, const struct rtp_packet *packet, enum codec codec,
                       uint64_t arrival_ns) {
  struct stream_input *input = &stream->input;
  if (packet->payload.length == 0) return;
  playout_set_codec(&input->playout, codec, &stream->setup.supply);
  rtp_source_set_clock(&input->source, clock_hz_of(stream));
  enum jitter_put put = playout_put(&input->playout, packet, arrival_ns);
  if (put == JITTER_PUT_DUPLICATE) stream->statistics.packets_duplicate++;
}

/** RFC 3389 §4: its timestamps are of the codec's clock; payload type 13 is of 8 kHz. */
static void take_pause(struct stream *stream, const struct rtp_packet *packet, uint64_t arrival_ns) {
  if (packet->header.payload_type == PAYLOAD_COMFORT_NOISE && clock_hz_of(stream) != COMFORT_NOISE_CLOCK_HZ) return;
  enum jitter_put put = playout_put_pause(&stream->input.playout, packet, arrival_ns);
  if (put == JITTER_PUT_DUPLICATE) stream->statistics.packets_duplicate++;
}

static void say_digit(struct stream *stream, struct stream_context *context, const struct telephone_event_news *news,
                      uint64_t at_ns) {
  char digit = news->began ? telephone_event_digit(news->event) : '\0';
  if (digit != '\0') stream_emit(context, ENGINE_EVENT_DIGIT, stream, digit, at_ns);
}

static void take_digit(struct stream *stream, struct stream_context *context, const struct rtp_packet *packet,
                       uint64_t arrival_ns) {
  struct telephone_event_news news;
  stream->input.has_events = true;
  if (telephone_event_receive(&stream->input.digits, packet, arrival_ns, &news) != DP_OK) return;
  say_digit(stream, context, &news, arrival_ns);
}

/** The peer is heard: first packet, or back after silence. */
static void note_reception(struct stream *stream, struct stream_context *context, uint64_t arrival_ns) {
  struct stream_input *input = &stream->input;
  struct stream_statistics *figures = &stream->statistics;
  figures->packets_received++;
  figures->last_received_ns = arrival_ns;
  if (figures->first_received_ns == STATISTICS_UNKNOWN) figures->first_received_ns = arrival_ns;
  input->last_ns = arrival_ns;
  if (!stream->setup.receives) return;
  if (!input->started) {
    input->started = true;
    stream_emit(context, ENGINE_EVENT_STARTED_IN, stream, 0, arrival_ns);
  }
  if (input->silent) {
    input->silent = false;
    stream_emit(context, ENGINE_EVENT_BACK, stream, 0, arrival_ns);
  }
}

/** A copy of what we have sent lately: its number and its time are ours, not only its source. */
static bool is_our_own(const struct stream *stream, const struct rtp_header *header) {
  const struct stream_output *output = &stream->output;
  if (output->packets == 0) return false;
  uint16_t packets_ago = (uint16_t)(output->sequence - header->sequence);
  uint32_t units_ago = stream_output_timestamp(output, output->due_media_ns) - header->timestamp;
  return packets_ago <= LOOP_PACKETS && units_ago / output->clock_hz <= LOOP_SECONDS;
}

/** Another one has our SSRC: we take another (RFC 3550 §8.2). Twice in a call that is no chance. @return false: not again */
static bool give_way(struct stream *stream, struct stream_context *context, uint64_t now_ns) {
  if (stream->input.collided) return false;
  stream->input.collided = true;
  stream_report_bye(stream, context, now_ns);
  stream_report_change_source(stream, context);
  return true;
}

/** Takes a packet that is RTP, and authentic where it has to be. @return false: refused */
static bool take_packet(struct stream *stream, struct stream_context *context, const struct rtp_packet *packet,
                        const struct sockets_datagram *datagram) {
  struct stream_input *input = &stream->input;
  const struct rtp_header *header = &packet->header;
  // Our own packets, sent back: a loop (RFC 3550 §8.2).
  if (header->ssrc == stream->ssrc && is_our_own(stream, header)) return false;
  enum codec codec;
  enum payload_kind kind = kind_of(&stream->setup, header->payload_type, &codec);
  bool heard = input->has_source && input->source.ssrc == header->ssrc;
  if (kind == PAYLOAD_UNKNOWN && !heard) return false;
  if (!input->srtp && !stream_latch_admits(stream, header, datagram)) return false;
  if (header->ssrc == stream->ssrc && !give_way(stream, context, datagram->arrival_ns)) return false;
  // What has come from another host has proven itself already.
  bool vouched = input->srtp || !sockets_same_host(&datagram->source, &stream->setup.remote) ||
                 sockets_same_address(&datagram->source, &stream->setup.remote);
  if (!accept_source(stream, header, vouched, datagram->arrival_ns)) return true;
  stream_latch_follow(stream, datagram);
  note_reception(stream, context, datagram->arrival_ns);
  if (!stream->setup.receives) return true;
  if (kind == PAYLOAD_SOUND) take_sound(stream, packet, codec, datagram->arrival_ns);
  if (kind == PAYLOAD_PAUSE) take_pause(stream, packet, datagram->arrival_ns);
  if (kind == PAYLOAD_DIGIT) take_digit(stream, context, packet, datagram->arrival_ns);
  return true;
}

static bool take_rtp(struct stream *stream, struct stream_context *context, uint8_t *bytes, size_t length,
                     const struct sockets_datagram *datagram) {
  struct stream_input *input = &stream->input;
  if (input->srtp) {
    dp_error error = srtp_unprotect_rtp(input->srtp, bytes, &length);
    // Seen before: the network's doing, and no affair of a stranger's.
    if (error == DP_REPLAYED) stream->statistics.packets_duplicate++;
    if (error == DP_KEY_EXPIRED) stream_security_spent(stream, context, input->srtp, datagram->arrival_ns);
    if (error != DP_OK) return error == DP_REPLAYED;
  }
  struct rtp_packet packet;
  if (rtp_parse(bytes, length, &packet) != DP_OK) return false;
  return take_packet(stream, context, &packet, datagram);
}

void stream_input_take(struct stream *stream, struct stream_context *context, uint8_t *bytes,
                       const struct sockets_datagram *datagram) {
  // Empty datagrams keep NATs open (RFC 6263 §4.1).
  if (datagram->length == 0) return;
  bool taken = false;
  if (stream->configured && !datagram->truncated) {
    switch (rtp_classify(bytes, datagram->length)) {
    case RTP_DATAGRAM_RTP:
      taken = !stream_awaits_keys(stream, COMPONENT_RTP) &&
              take_rtp(stream, context, bytes, datagram->length, datagram);
      break;
    case RTP_DATAGRAM_RTCP:
      taken = stream_report_take(stream, context, bytes, datagram);
      break;
    case RTP_DATAGRAM_STUN:
    case RTP_DATAGRAM_DTLS:
      taken = stream_security_pass(stream, context, COMPONENT_RTP, bytes, datagram);
      break;
    case RTP_DATAGRAM_UNKNOWN:
      break;
    }
  }
  if (!taken) stream->statistics.packets_refused++;
}

bool stream_input_play(struct stream *stream, const struct stream_context *context, int16_t *frame) {
  struct stream_input *input = &stream->input;
  uint64_t now_ns = context->clock.turn_ns;
  if (!stream->configured || !stream->setup.receives || !input->has_source) return false;
  size_t count = audio_samples(stream_input_is_wide(stream), context->turn_ms);
  if (playout_read(&input->playout, now_ns, frame, count) != DP_OK) return false;
  // A pause may be told of once, and last.
  return input->playout.pausing || now_ns < input->last_ns + AUDIBLE_NS;
}

void stream_input_listen(struct stream *stream, struct stream_context *context, const int16_t *frame) {
  struct stream_input *input = &stream->input;
  // A peer that sends events means those, whatever else is to be heard beside them (RFC 4733 §2.5.1).
  if (!context->tone_digits.counted || input->has_events) return;
  uint64_t now_ns = context->clock.turn_ns;
  bool wide = stream_input_is_wide(stream);
  const struct tone_sound sound = {.wide = wide, .samples = frame, .count = audio_samples(wide, context->turn_ms)};
  char digit = tone_digits_take(&context->tone_digits, &input->tones, &sound, now_ns);
  if (digit != '\0') stream_emit(context, ENGINE_EVENT_TONE_DIGIT, stream, digit, now_ns);
}

bool stream_input_play_tail(struct stream *stream, const struct stream_context *context, struct bands_frame *heard) {
  int16_t tail[PLAYOUT_TAIL];
  bool wide = !stream_input_is_wide(stream);
  size_t length = playout_take_tail(&stream->input.playout, tail, audio_samples(wide, context->turn_ms));
  if (length > 0) mix_add(bands_samples(heard, wide), tail, length);
  return length > 0;
}

void stream_input_turn(struct stream *stream, struct stream_context *context, uint64_t now_ns) {
  struct stream_input *input = &stream->input;
  struct telephone_event_news news;
  telephone_event_receiver_tick(&input->digits, now_ns, &news);
  if (!stream->setup.receives || stream->silence_ns == 0 || input->silent) return;
  uint64_t since_ns = input->waiting_since_ns;
  if (input->has_source && input->last_ns > since_ns) since_ns = input->last_ns;
  // In a pause there may be nothing to send (RFC 3389 §5): who reports is there.
  if (input->playout.pausing && input->last_report_ns > since_ns) since_ns = input->last_report_ns;
  if (now_ns < since_ns + stream->silence_ns) return;
  input->silent = true;
  playout_end_pause(&input->playout);
  stream_emit(context, ENGINE_EVENT_SILENT, stream, 0, now_ns);
}
