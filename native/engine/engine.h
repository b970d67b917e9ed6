// The media engine: one real-time thread that owns the sound device, the RTP sockets and every sample. Sessions come from
// a pool that is made with the engine; a turn, 20 ms or as short as the device wants it, moves sound between device and sessions; packets leave on a grid of their own. While no
// session and no tone needs turns the device rests, and the thread sleeps until it is told something.
// RFC 3550, 3551 (RTP, RTCP) · 4733 (digits) · 3711 (SRTP) · 5764 (DTLS-SRTP) · 8445 (ICE-lite) · 4961 (symmetric RTP) ·
// 6263 (keep-alive) · 3389 (comfort noise).
//
// Threads. Functions marked "control" belong to the thread that created the engine. None waits for the media thread but
// engine_close_session and engine_set_sound, for one answer. The media thread neither allocates nor locks nor logs. The courier thread, which is
// not real time, calls `wake`, holds DTLS handshakes and answers ICE's checks.
//
// Leaves out: negotiation, every word of SIP.

#ifndef DOORPHONE_ENGINE_ENGINE_H
#define DOORPHONE_ENGINE_ENGINE_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "codec/codec.h"
#include "dtls/dtls.h"
#include "engine/audio-io.h"
#include "engine/courier-mail.h"
#include "engine/statistics.h"
#include "rtp/telephone-event.h"
#include "srtp/srtp.h"
#include "voice/calibration.h"
#include "voice/voice.h"

/** Sessions that may be open at once, where the options say nothing else. */
#define ENGINE_SESSIONS 8
#define ENGINE_MAX_SESSIONS 1024

struct engine;

enum engine_tone {
  ENGINE_TONE_NONE = 0,
  ENGINE_TONE_RINGBACK = 1,
  ENGINE_TONE_BUSY = 2,
  ENGINE_TONE_FAILURE = 3,
  ENGINE_TONE_OPENED = 4, /**< A door is open: said once, over everything. */
};

/** What is heard in a tone's place. */
struct engine_sound {
  int16_t *samples; /**< From malloc, of the device's rate; null: nothing is heard, or the tone. */
  size_t count;     /**< Up to ENGINE_SOUND_SECONDS of them. */
  bool silent;      /**< With no samples: nothing is heard. */
};

/** The longest sound in a tone's place. */
#define ENGINE_SOUND_SECONDS 60
/** Packets of a peer's never wait longer to be played. */
#define ENGINE_DELAY_MOST_MS 500

/** One direction at the device, over the last second; -100 at least. */
struct engine_level {
  double rms_dbfs;
  double peak_dbfs;
  uint64_t clipped; /**< Samples at full scale since the last call began. */
};

struct engine_levels {
  struct engine_level speaker;    /**< What it is given. */
  struct engine_level microphone; /**< What it gives, as it is. */
};

/** The numbers cross to TypeScript: src/media/layout.ts. */
enum engine_event_kind {
  ENGINE_EVENT_STARTED_IN = 1,
  ENGINE_EVENT_STARTED_OUT = 2,
  ENGINE_EVENT_DIGIT = 3,      /**< value: its character */
  ENGINE_EVENT_DIGIT_SENT = 4, /**< value: its character */
  ENGINE_EVENT_SILENT = 5,
  ENGINE_EVENT_BACK = 6,
  ENGINE_EVENT_DEVICE = 7,    /**< session: enum audio_fault; value: errno */
  ENGINE_EVENT_SECURED = 8,   /**< DTLS: the keys are in force. value: association times 256 plus enum srtp_suite */
  ENGINE_EVENT_UNSECURED = 9, /**< DTLS: there will be none. value: association times 256 plus enum dtls_failure */
  ENGINE_EVENT_TONE_DIGIT = 10, /**< By its tones in the sound. value: its character */
  ENGINE_EVENT_KEY_SPENT = 11, /**< Lifetimes of all the peer's keys are over, and it has gone on for 3 s. Again every 3 s. */
};

/** Associations that a session may have: their number crosses in an event. */
#define ENGINE_ASSOCIATIONS (INT32_MAX / 256)

struct engine_event {
  uint32_t kind;
  uint32_t session;
  int32_t value;
  uint64_t at_ns; /**< CLOCK_MONOTONIC, taken at the system call. */
};

struct engine_options {
  struct audio_io device; /**< The engine's own once engine_create has returned DP_OK. */
  uint16_t first_port;
  uint16_t last_port;
  uint16_t sessions; /**< That may be open at once, ENGINE_MAX_SESSIONS at most; 0: ENGINE_SESSIONS. */
  uint8_t speaker_percent;
  uint8_t microphone_percent;
  struct voice_switches voice; /**< All off: what the microphone gives is sent as it is. */
  bool opus; /**< Look for its library: engine_state says whether it is there. */
  /** Events are waiting. Courier thread; must not call the engine. */
  void (*wake)(void *context);
  void *wake_context;
};

/** Keys by a DTLS handshake on the media ports (RFC 5764). */
struct engine_dtls {
  uint32_t association; /**< From 1; another number is another association, which begins anew (RFC 8842 §3.1). */
  enum dtls_role role;
  struct dtls_fingerprints peer;
};

/** Our half of ICE's credentials (RFC 8839 §5.4); other ones are a restart. */
struct engine_ice {
  const char *ufrag; /**< At most ICE_UFRAG_BYTES. */
  const char *password;
};

/** What has been agreed with the peer. Pointers are read during the call only. */
struct engine_stream {
  const char *remote_address; /**< Literal IPv4 or IPv6. */
  uint16_t remote_port;
  const char *remote_rtcp_address; /**< Null: the same. */
  uint16_t remote_rtcp_port;       /**< The same place as RTP's: multiplexed (RFC 5761). */
  uint8_t codec;             /**< Of what we send: enum codec. */
  uint8_t payload_type;
  /** What else the peer may send: what an offer of ours has named. */
  struct codec_format formats[CODEC_FORMATS];
  size_t format_count;
  int16_t event_payload_type;          /**< -1: the peer takes no telephone-event. */
  uint32_t event_clock_hz; /**< Of telephone-events that we send, a part of the codec's clock; 0: that clock. */
  int16_t received_event_payload_type; /**< Of those that the peer sends, which may have another number. -1: none. */
  uint8_t packet_time_ms;     /**< 10, 20 … 60; the codec's longest where that is less. */
  /** Plain RTP may come from elsewhere than the remote address, which is behind a NAT: from this host, where the peer's
   * signalling comes from, or from the first that is stable (see stream-latch.c). Null: from the remote address only. */
  const char *signalling_address;
  uint8_t noise_payload_type; /**< Of comfort noise (RFC 3389): pauses are not sent. 0: they are. */
  struct opus_wishes opus; /**< How the peer wants to be sent Opus. */
  uint16_t least_delay_ms; /**< How long packets wait to be played, between these bounds. */
  uint16_t most_delay_ms;  /**< 0: both as the jitter buffer has them. At most ENGINE_DELAY_MOST_MS. */
  bool tells_quality; /**< Our reports carry VoIP metrics (RFC 3611 §4.7). */
  bool sends;
  bool receives;
  enum srtp_suite send_suite; /**< Counts where there is a key. */
  enum srtp_suite receive_suite;
  const uint8_t *send_key;    /**< Master key and salt, srtp_suite_master_bytes; null: plain RTP. */
  const uint8_t *receive_key; /**< The same; where packets name their key, of each of them, one behind the other. */
  const uint8_t *receive_mki; /**< The names, one behind the other (RFC 3711 §3.1); counts where they have a length. */
  size_t receive_mki_bytes;   /**< Of one; 0: packets name none, and there is one key. */
  size_t receive_keys;        /**< How many, where they have names; SRTP_MAX_KEYS at most. */
  const uint64_t *receive_lifetimes; /**< Of each, in packets (RFC 4568 §6.1), 0: the suite's; null: the suite's for all. */
  const struct engine_dtls *dtls; /**< Null: no handshake. With it there are no keys above. */
  const struct engine_ice *ice;   /**< Null: checks get no answer. */
};

/** A STUN server. */
struct engine_stun_server {
  const char *address; /**< Literal, of the session's family. */
  uint16_t port;
};

/** What a STUN server has said. */
struct engine_mapping {
  size_t request; /**< As engine_ask_mapping numbered it. */
  bool refused;   /**< It cannot say; what follows does not count. */
  char address[INET6_ADDRSTRLEN];
  uint16_t port;
};

struct engine_state {
  bool realtime;
  bool memory_locked; /**< All that the media thread uses of the engine's stays out of the swap. */
  uint64_t events_dropped;
  uint64_t turns; /**< Taken so far. */
  enum audio_fault fault;
  int32_t system_error;
  bool opus; /**< Its library was found; else it is no codec here. */
};

/** Starts the media and courier threads. Control. @return DP_OK, DP_INVALID_ARGUMENT, DP_CRYPTO, DP_SYSTEM (errno) */
dp_error engine_create(const struct engine_options *options, struct engine **engine);

/** Ends the threads; closes every session, the device and all sockets. Control. */
void engine_destroy(struct engine *engine);

/**
 * Opens RTP and RTCP sockets on a free even port of the range and the next one. Control.
 * @param address literal local address
 * @param silence_ms no packet for so long is ENGINE_EVENT_SILENT; 0: never
 * @return DP_OK, DP_NO_PORT, DP_TOO_MANY_SESSIONS, DP_MALFORMED (address), DP_NOT_FOUND (address is not ours), DP_FULL
 * (command ring), DP_CRYPTO, DP_SYSTEM (errno)
 */
dp_error engine_open_session(struct engine *engine, const char *address, uint32_t silence_ms, uint32_t *session,
                             uint16_t *port);

/**
 * Starts or changes sending and receiving; the first packet leaves at once, with DTLS as soon as there are keys: until then,
 * and if there will be none, nothing is sent and nothing believed. A key that stays the same keeps its roll-over
 * counter and replay window, though others come beside it; of the keys that we send with, so does the latest of each suite while another is in use, so
 * that no keystream comes twice. Control.
 * @return DP_OK, DP_NOT_FOUND, DP_MALFORMED (address), DP_UNSUPPORTED (other family, no library of the codec),
 * DP_INVALID_ARGUMENT, DP_FULL, DP_CRYPTO, DP_SYSTEM (memory)
 */
dp_error engine_configure_session(struct engine *engine, uint32_t session, const struct engine_stream *stream);

/**
 * Gives a session the ports of another one, which is not configured, in the place of its own: keys, handshake and counters
 * go on. The other one has none afterwards, and is to be closed. Where that fails the session stays where it was. Control.
 * @return DP_OK, DP_NOT_FOUND (no such sessions), DP_UNSUPPORTED (other family), DP_FULL, DP_SYSTEM (errno)
 */
dp_error engine_take_ports(struct engine *engine, uint32_t session, uint32_t from, uint16_t *port);

/**
 * Asks a STUN server where it sees a socket of a session (RFC 8489): sends a Binding request, or once more the one that it
 * has not answered yet. Until the session is configured. Control.
 * @return DP_OK, DP_NOT_FOUND (no such session, or it is configured), DP_MALFORMED (address), DP_UNSUPPORTED (other
 * family), DP_INVALID_ARGUMENT (port), DP_FULL (MAPPING_REQUESTS are out), DP_CRYPTO
 */
dp_error engine_ask_mapping(struct engine *engine, uint32_t session, enum component component,
                            const struct engine_stun_server *server, size_t *request);

/**
 * Takes one answer to what was asked; whatever else has come is dropped. Never waits. Control.
 * @return DP_OK, DP_EMPTY (none is there), DP_NOT_FOUND as above
 */
dp_error engine_take_mapping(struct engine *engine, uint32_t session, struct engine_mapping *mapping);

/** Sends something to a STUN server that it does not answer, so that the NAT goes on as it does. Control. @return as
 * engine_ask_mapping, DP_NOT_FOUND only where there is no such session */
dp_error engine_keep_mapping(struct engine *engine, uint32_t session, enum component component,
                             const struct engine_stun_server *server);

/**
 * Nothing is asked any more; what has come until now is dropped, so that nobody who found the port in the meantime is
 * heard. Control. @return DP_OK, DP_NOT_FOUND as above
 */
dp_error engine_end_mapping(struct engine *engine, uint32_t session);

/**
 * Queues digits (0-9 * # A-D). Nothing is sent while the peer takes no telephone-event or we do not send. Control.
 * @param duration_ms of each, 40 to 8000, but no more than RFC 4733's 16 bits of duration hold: 8.1 s at 8 kHz, 1.3 s at 48
 * @return DP_OK, DP_NOT_FOUND, DP_INVALID_ARGUMENT, DP_FULL (with these more than TELEPHONE_EVENT_QUEUE would
 * wait, none of them is sent; or the command ring)
 */
dp_error engine_send_digits(struct engine *engine, uint32_t session, const char *digits, uint32_t duration_ms);

/**
 * Sends RTCP BYE, frees the ports, writes the final statistics. Waits for the media thread's answer, which takes a
 * fraction of a millisecond, and with DTLS or ICE for the courier's, who may be in the middle of a signature. Control. @return DP_OK, DP_NOT_FOUND, DP_FULL
 */
dp_error engine_close_session(struct engine *engine, uint32_t session, struct stream_statistics *final);

/** What the speaker plays while no session sends sound to it. Control. @return DP_OK, DP_INVALID_ARGUMENT, DP_FULL */
dp_error engine_play(struct engine *engine, enum engine_tone tone);

/**
 * Says ENGINE_TONE_OPENED, and nothing else, over all that is heard, which is weakened meanwhile. Control.
 * @return as engine_play
 */
dp_error engine_announce(struct engine *engine, enum engine_tone tone);

/**
 * What is heard in a tone's place from now on. Waits for the media thread to let go of what was before, a fraction of a
 * millisecond. Control.
 * @param sound its samples are the engine's when DP_OK is returned
 * @return DP_OK, DP_INVALID_ARGUMENT (ENGINE_TONE_NONE, too long), DP_FULL
 */
dp_error engine_set_sound(struct engine *engine, enum engine_tone tone, const struct engine_sound *sound);

/**
 * Measures the way from the loudspeaker to the microphone, for four seconds in which a hiss is played; a call or a tone ends
 * it. engine_take_calibration has what comes of it. Control. @return DP_OK, DP_FULL (one is under way), DP_SYSTEM
 */
dp_error engine_begin_calibration(struct engine *engine);

/**
 * Control.
 * @return DP_OK; DP_EMPTY (it goes on), DP_NOT_FOUND (none was begun), DP_FULL (somebody rang, or a call came), DP_DEVICE
 * (the device failed), DP_SYSTEM (memory)
 */
dp_error engine_take_calibration(struct engine *engine, struct calibration_report *report);

/**
 * Whether digits count that a peer sends as tones in its sound: of those who have not sent any as events in this session
 * (RFC 4733), and not the ones that the door's own microphone has heard just before. Off at first. Control.
 * @return DP_OK, DP_FULL
 */
dp_error engine_set_tone_digits(struct engine *engine, bool counted);

/**
 * Tells the echo canceller what was measured: how far behind the echo is, and the response (calibration_report.path), which it
 * looks for anew when the device begins. Waits for the media thread to have taken it, a fraction of a millisecond. Control.
 * @param path null: not known; that of before stays
 * @param count engine_path_samples, where there is a path
 * @return DP_OK, DP_INVALID_ARGUMENT (no numbers, another length), DP_FULL
 */
dp_error engine_set_echo(struct engine *engine, float delay_ms, const float *path, size_t count);

/** How long a response is at the device's rate: VOICE_PATH_MOST at most. Any thread. */
size_t engine_path_samples(const struct engine *engine);

/** Any thread. */
void engine_read_levels(const struct engine *engine, struct engine_levels *levels);

/** Whether the device speaks 16 kHz. Any thread. */
bool engine_is_wide(const struct engine *engine);

/** Loudness in percent, 0 to 100. Control. @return DP_OK, DP_INVALID_ARGUMENT, DP_FULL */
dp_error engine_set_gain(struct engine *engine, uint8_t speaker_percent, uint8_t microphone_percent);

/** What is done to the microphone's sound. Control. @return DP_OK, DP_FULL */
dp_error engine_set_voice(struct engine *engine, struct voice_switches switches);

/** What becomes of it, as of the last turn in which somebody listened. Any thread. */
void engine_read_voice(struct engine *engine, struct voice_report *report);

/** SHA-256 over the certificate that we show in DTLS (RFC 8122 §5); made with the engine. Any thread. */
void engine_fingerprint(const struct engine *engine, uint8_t fingerprint[DTLS_FINGERPRINT_BYTES]);

/** Takes up to `capacity` events, oldest first; returns how many. Control. */
size_t engine_take_events(struct engine *engine, struct engine_event *events, size_t capacity);

/** A session's figures as of the last turn. Control. @return DP_OK, DP_NOT_FOUND */
dp_error engine_read_statistics(struct engine *engine, uint32_t session, struct stream_statistics *statistics);

/** The engine's own state. Control. */
void engine_read_state(struct engine *engine, struct engine_state *state);

/**
 * A sign of life: asks the courier, who asks the media thread, who answers. Control; does not wait.
 * @return whether the last question has been answered; the first has none before it
 */
bool engine_feel_pulse(struct engine *engine);

/**
 * How late packets left against their grid, since the engine started. Control.
 * @param upper_ns a bucket's greatest lateness, UINT64_MAX for the last; LATENESS_BUCKETS of them
 * @param packets how many left that late
 */
void engine_read_lateness(const struct engine *engine, uint64_t *upper_ns, uint64_t *packets);

#endif
