// One RTP session on the media thread: what it sends, what it receives, what it reports. The control thread makes a stream
// ready, hands it over by the command that opens it, and has it back with the answer to the command that closes it;
// between the two every field but `digits_waiting` is the media thread's own. Nothing here allocates, locks or blocks.
//
// Parts: stream.c (life, agreement, figures) · stream-output.c · stream-input.c · stream-latch.c (whom plain RTP is
// believed) · stream-report.c (RTCP) ·
// stream-quality.c (how good it sounds) · stream-security.c (keys by DTLS, ICE).

#ifndef DOORPHONE_ENGINE_STREAM_H
#define DOORPHONE_ENGINE_STREAM_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/ring.h"
#include "codec/codec.h"
#include "codec/pauses.h"
#include "engine/audio-io.h"
#include "engine/bands.h"
#include "engine/courier-mail.h"
#include "engine/keep-alive.h"
#include "engine/lateness.h"
#include "engine/media-clock.h"
#include "engine/sockets.h"
#include "engine/statistics.h"
#include "engine/stream-latch.h"
#include "engine/tone-digits.h"
#include "jitter/playout.h"
#include "rtp/rtcp.h"
#include "rtp/rtp-source.h"
#include "rtp/telephone-event.h"
#include "srtp/srtp.h"

/** At 16 kHz the longest packet time, 60 ms, and what a turn of 20 ms and the priming add. */
#define STREAM_QUEUE_SAMPLES 1920
/** 96 random bits in Base64 (RFC 7022 §4.2). */
#define STREAM_CNAME_BYTES 16

/** What every stream shares with its engine. */
struct stream_context {
  struct media_clock clock;
  uint32_t turn_ms;     /**< Of the device. Constant. */
  struct ring *events;  /**< of struct engine_event */
  struct ring *parcels; /**< of struct courier_parcel */
  struct ring *retired; /**< of struct engine_retired */
  bool wake_courier;    /**< An event or a parcel was put since the courier was woken. */
  struct lateness *lateness;
  struct tone_digits tone_digits;
  uint64_t random;       /**< State of the generator that spreads reports. */
  uint64_t unix_zero_ns; /**< Unix time of CLOCK_MONOTONIC 0 when the engine started: NTP stamps must not step. */
  uint8_t cname[STREAM_CNAME_BYTES];
};

/** What has been agreed, as it crosses the command ring. Keys are owned by whoever holds it. */
struct stream_setup {
  struct sockaddr_storage remote;
  struct sockaddr_storage remote_rtcp;
  bool multiplexed; /**< RTCP travels with RTP (RFC 5761). */
  bool first_stable; /**< The peer is behind a NAT: another host than `remote` may be it. */
  struct sockaddr_storage signalling; /**< Where its signalling comes from, if so. */
  bool sends;
  bool receives;
  enum codec codec;
  uint8_t payload_type;
  struct codec_format formats[CODEC_FORMATS];
  size_t format_count;
  int16_t event_payload_type; /**< -1: none */
  uint32_t event_clock_hz;
  int16_t received_event_payload_type;
  uint8_t noise_payload_type; /**< 0: pauses are sent as sound. */
  uint32_t packet_ms; /**< 0: nothing has been agreed yet. */
  bool tells_quality; /**< Reports carry VoIP metrics: the peer has asked for them. */
  struct codec_supply supply; /**< The control thread's, which keeps it until the stream is closed. */
  struct playout_limits delay; /**< How long packets wait to be played. */
  bool encrypts;
  enum srtp_suite suite;      /**< Of what we send, where it is encrypted. */
  struct srtp_sender *sender; /**< A new key of the suite; null: the stream has the right one, or needs none. */
  bool keeps_receiver;        /**< The key is the one in use. */
  bool keeps_sources;         /**< A new receiver goes on where the one in use was. */
  struct srtp_receiver *receiver; /**< Null: plain, unless kept. */
  uint32_t association; /**< The keys are this DTLS association's, and no other; nothing flows before. 0: no DTLS. */
  uint32_t ice;         /**< Checks are answered by these credentials, which another number replaces; 0: no ICE. */
};

struct stream_output {
  bool active;
  uint64_t due_media_ns; /**< When the next packet leaves, and what its timestamp says. */
  uint32_t timestamp_zero;
  uint16_t sequence;
  bool marker;      /**< The next packet of sound comes after a pause (RFC 3551 §4.1). */
  uint32_t packets; /**< For sender reports. */
  uint32_t octets;
  struct keep_alive keep_alive;
  uint32_t clock_hz; /**< Of the timestamps, as the encoder's codec has it. */
  bool wide;         /**< The encoder takes 16 kHz. */
  bool begins;       /**< The next frame is the first at this rate. */
  bool primed;       /**< The next packet is the first one, of silence. */
  bool aligns;       /**< The one after it says when packets are due. */
  struct codec_encoder encoder;
  struct pauses pauses;
  struct telephone_event_sender digits;
  struct srtp_sender *srtp; /**< The one in use; null: plain. */
  struct srtp_sender *srtcp;
  struct srtp_sender *senders[SRTP_SUITES]; /**< The latest key of each suite: at rest it keeps its counters. */
  int16_t queue[STREAM_QUEUE_SAMPLES];
  size_t queued;
};

struct stream_input {
  struct srtp_receiver *srtp; /**< The one in use; null: plain. */
  struct srtp_receiver *srtcp;
  struct srtp_receiver *receiver; /**< Of the key that the signalling brought; null: none. */
  uint64_t spent_since_ns; /**< When a packet was first refused since its keys are spent, or that was said; 0: none yet. */
  struct stream_latch latch;
  bool latched;               /**< `peer` is where the peer's packets come from (RFC 4961). */
  struct sockaddr_storage peer;
  bool rtcp_latched;
  struct sockaddr_storage rtcp_peer;
  bool has_source;
  struct rtp_source source;
  bool ended; /**< The source that is heard has said BYE. */
  bool has_candidate;
  struct rtp_source candidate; /**< A new SSRC that has not yet shown two packets in sequence. */
  struct playout playout;
  struct telephone_event_receiver digits;
  bool collided;        /**< The peer has had our SSRC, and we have taken another. */
  bool has_events; /**< The peer has sent digits as events. */
  struct tone_listener tones;
  uint64_t lost_before; /**< By sources that are gone. */
  bool started;
  bool silent;
  uint64_t waiting_since_ns; /**< Since when packets are expected. */
  uint64_t last_ns;          /**< Arrival of the last accepted packet; valid once one has been accepted. */
  uint64_t last_report_ns;   /**< Of the last RTCP packet; 0: none. */
};

struct stream_reports {
  uint64_t due_ns;
  uint32_t last_sr; /**< Middle of the peer's last SR stamp; 0: none yet (RFC 3550 §6.4.1). */
  uint64_t last_sr_ns;
};

/** Keys by DTLS: RTP's, and RTCP's where it has a port of its own. */
struct stream_security {
  uint32_t association; /**< Whose keys these are. */
  struct srtp_sender *senders[COMPONENTS];
  struct srtp_receiver *receivers[COMPONENTS];
  struct courier_news early[COMPONENTS]; /**< Keys of an association that has not been agreed on here yet. */
  bool failed;
  uint32_t ice; /**< Credentials that the nominations belong to. */
  bool nominated[COMPONENTS];
};

struct stream {
  bool configured;
  uint32_t id;
  uint32_t ssrc;
  uint64_t silence_ns; /**< 0: silence is not reported. */
  struct sockets_pair sockets;
  struct stream_setup agreed; /**< Without keys, which have their own places. */
  struct stream_setup setup;  /**< What of it is in force. */
  struct stream_security security;
  struct stream_output output;
  struct stream_input input;
  struct stream_reports reports;
  struct stream_statistics statistics;
  atomic_uint digits_waiting; /**< Control adds what it commands, the media thread takes off what is sent or dropped. */
};

/** Random values that begin a stream (RFC 3550 §5.1). */
struct stream_origin {
  uint32_t ssrc;
  uint32_t timestamp;
  uint16_t sequence;
};

// ---- life (stream.c) ----

/**
 * Makes a stream ready. Control thread, before it is handed over.
 * @param turn_ms of the device @return DP_OK, DP_INVALID_ARGUMENT
 */
dp_error stream_init(struct stream *stream, const struct stream_origin *origin, uint32_t turn_ms);

/**
 * Takes what has been agreed. Keys that are no longer used come back in `setup` for the control thread to free.
 * The first packet is due at once where sending begins.
 */
void stream_configure(struct stream *stream, struct stream_context *context, struct stream_setup *setup,
                      uint64_t now_ns);

/** Puts into force what has been agreed, as far as the keys that there are let it. */
void stream_enforce(struct stream *stream, struct stream_context *context, uint64_t now_ns);

/** What falls due once a turn: silence, reports, keep-alive, digits without an end. */
void stream_turn(struct stream *stream, struct stream_context *context, uint64_t now_ns);

/** Completes the figures. */
void stream_measure(struct stream *stream);

/** Puts an event; a full ring drops and counts it. @param kind enum engine_event_kind */
void stream_emit(struct stream_context *context, uint32_t kind, const struct stream *stream, int32_t value,
                 uint64_t at_ns);

// ---- output (stream-output.c) ----

/** Begins, changes or ends sending, after `stream->setup` has been set. */
void stream_output_configure(struct stream *stream, struct stream_context *context,
                             const struct stream_setup *before, uint64_t now_ns);

/** Takes `ms` from the microphone: of the frame the half that has the encoder's rate. */
void stream_output_feed(struct stream *stream, const struct stream_context *context, struct bands_frame *frame,
                        uint32_t ms);

/** The RTP timestamp of a media time, in whole grains. */
static inline uint32_t stream_output_timestamp(const struct stream_output *output, uint64_t media_ns) {
  return output->timestamp_zero + (uint32_t)(media_ns / GRAIN_NS) * (output->clock_hz / AUDIO_RATE_HZ);
}

/** CLOCK_MONOTONIC of the next packet; UINT64_MAX while we send none. */
uint64_t stream_output_due_ns(const struct stream *stream, const struct stream_context *context);

/** Sends the packet that is due. */
void stream_output_send(struct stream *stream, struct stream_context *context);

/** Skips the packets that should have left before `now_ns`: the process was stopped. */
void stream_output_skip(struct stream *stream, const struct stream_context *context, uint64_t now_ns);

/** Queues a digit where the peer takes them. */
void stream_output_digit(struct stream *stream, char digit, uint32_t duration_ms);

/** Keeps bindings of NATs on the way open while nothing else is sent (RFC 6263 §4.1: an empty datagram). */
void stream_output_keep_alive(struct stream *stream, uint64_t now_ns);

// ---- input (stream-input.c) ----

/** Follows `stream->setup`. */
void stream_input_configure(struct stream *stream, const struct stream_setup *before, uint64_t now_ns);

/** Takes a datagram from the RTP port. `bytes` is decrypted in place. */
void stream_input_take(struct stream *stream, struct stream_context *context, uint8_t *bytes,
                       const struct sockets_datagram *datagram);

/** What was heard so far is over: the next packet begins a new source. */
void stream_input_forget(struct stream *stream);

/**
 * The next turn, at the rate of what is received.
 * @param frame with room for AUDIO_WIDE_FRAME_SAMPLES
 * @return false: the stream has no sound to play; `frame` does not count
 */
bool stream_input_play(struct stream *stream, const struct stream_context *context, int16_t *frame);

/**
 * Adds a turn of what was received at the other rate before the codec changed, if that was just now.
 * @param heard the sums of both rates @return whether there was any
 */
bool stream_input_play_tail(struct stream *stream, const struct stream_context *context, struct bands_frame *heard);

/** Whether what is received is of 16 kHz. */
static inline bool stream_input_is_wide(const struct stream *stream) {
  return stream->input.playout.rate_hz == AUDIO_WIDE_RATE_HZ;
}

/** Listens for digits in what is played. @param frame as stream_input_play has filled it */
void stream_input_listen(struct stream *stream, struct stream_context *context, const int16_t *frame);

/** Silence of the peer, digits without an end. */
void stream_input_turn(struct stream *stream, struct stream_context *context, uint64_t now_ns);

// ---- security (stream-security.c) ----

/** With DTLS agreed nothing is sent or believed in the clear: whether RTP, or RTCP, waits for its keys. */
bool stream_awaits_keys(const struct stream *stream, enum component component);

/** Follows `stream->agreed`: keys of another association are given up. */
void stream_security_configure(struct stream *stream, struct stream_context *context);

/** Takes keys that came before they were agreed on. */
void stream_security_catch_up(struct stream *stream, struct stream_context *context, uint64_t now_ns);

/** A packet was refused, as its key is spent: says so where it stays at that. */
void stream_security_spent(struct stream *stream, struct stream_context *context, const struct srtp_receiver *receiver,
                           uint64_t now_ns);

/** Hands DTLS or STUN to the courier. @return false: nobody there waits for it, or there is no room */
bool stream_security_pass(struct stream *stream, struct stream_context *context, enum component component,
                          const uint8_t *bytes, const struct sockets_datagram *datagram);

/** Takes what the courier says of this stream. Keys that are not taken stay in `news`. */
void stream_security_take(struct stream *stream, struct stream_context *context, struct courier_news *news,
                          uint64_t now_ns);

/** Gives keys back to the control thread; null is nothing. */
void stream_retire(struct stream_context *context, struct srtp_sender *sender, struct srtp_receiver *receiver);

/** What the figures say of encryption: enum stream_protection. */
uint64_t stream_security_figure(const struct stream *stream);

// ---- quality (stream-quality.c) ----

/** Mean opinion score of what is heard, times 100; STATISTICS_UNKNOWN before the first packet. */
uint64_t stream_quality_figure(const struct stream *stream);

/** What is told to the peer. @return false: there is nothing to tell yet */
bool stream_quality_metrics(const struct stream *stream, struct rtcp_voip_metrics *metrics);

// ---- reports (stream-report.c) ----

/** Takes a datagram from the RTCP port. */
void stream_report_receive(struct stream *stream, struct stream_context *context, uint8_t *bytes,
                           const struct sockets_datagram *datagram);

/** Takes RTCP, from whichever port. @return false: refused */
bool stream_report_take(struct stream *stream, struct stream_context *context, uint8_t *bytes,
                        const struct sockets_datagram *datagram);

/** Sends a report when one is due (RFC 3550 §6.2). */
void stream_report_turn(struct stream *stream, struct stream_context *context, uint64_t now_ns);

/** Sends the last report, with BYE (RFC 3550 §6.6). */
void stream_report_bye(struct stream *stream, struct stream_context *context, uint64_t now_ns);

/** We are another source from now on (RFC 3550 §8): another SSRC, counters from 0, and the keys begin anew with it. */
void stream_report_change_source(struct stream *stream, struct stream_context *context);

/** When the first report is due. */
void stream_report_start(struct stream *stream, struct stream_context *context, uint64_t now_ns);

#endif
