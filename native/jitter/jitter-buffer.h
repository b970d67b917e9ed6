// An adaptive jitter buffer: packets in as they arrive, frames out when the player wants them. Arrival and now are
// arguments; slots are part of the struct. One thread.
//
// How it decides. A packet's transit is its arrival minus its timestamp (both in ns); the least transit of the last
// packets is the fast path, what a packet took more is its excess. The target delay is a high percentile of the excess,
// or the greatest while that is 5 ms at most, between the limits. Playing timestamp P at `now` means a delay of now - (fast path + P).
//
//   delay below the target   the player is asked to stretch the sound; the position waits for a frame (an inserted
//                            frame) where nothing is there to play, where the sound is quiet, or when stretching has not
//                            helped for 200 ms
//   delay above the target   by more than a frame: the player is asked to shorten the sound, and a quiet frame is
//                            skipped; any frame when that has not helped for 500 ms; by more than three frames, or above
//                            the maximum: at once
//   nothing for 100 ms       playing stops; the next packet begins anew with the target delay
//   a pause that is told of  (RFC 3389) is never waited in or skipped: what comes behind it begins anew; it lasts until
//                            then, so that it is taken up however late it is told of
//
// So neither bursts nor differing clocks let the delay grow for good: it never exceeds `max_delay_ns` by more than two
// frames.
//
// Sound that has been stretched ends somewhere within a read of the player's, and what the player holds beyond its reads is
// delay that keeps no packet from being late. So stretching, once begun, goes on until reads and frames fall together again.
//
// Leaves out: coding, concealment, the stretching itself (see playout.h).

#ifndef DOORPHONE_JITTER_JITTER_BUFFER_H
#define DOORPHONE_JITTER_JITTER_BUFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/error.h"
#include "codec/codec.h"
#include "rtp/loss-pattern.h"
#include "rtp/rtp.h"

/** 640 ms of the shortest packets (10 ms); as many as the bits of `used`. */
#define JITTER_BUFFER_SLOTS 64
/** The longest packet that any codec has. */
#define JITTER_BUFFER_PAYLOAD_BYTES CODEC_PAYLOAD_BYTES
/** Packets whose transit is remembered: 2.5 s of 20 ms packets. */
#define JITTER_BUFFER_HISTORY 128

/** Limits and rates. */
struct jitter_buffer_options {
  uint32_t clock_rate_hz; /**< Of the RTP timestamps. */
  uint32_t read_samples;  /**< What the player takes at a time, in timestamp units. */
  uint64_t min_delay_ns;
  uint64_t max_delay_ns;
};

/** Beside the player's own rhythm of up to one read: on a clean network, 1 to 6 ms with reads of 5 ms. */
#define JITTER_BUFFER_MIN_DELAY_NS (UINT64_C(1) * 1000 * 1000)
#define JITTER_BUFFER_MAX_DELAY_NS (UINT64_C(200) * 1000 * 1000)

/** One packet to keep. The payload is copied. */
struct jitter_packet {
  struct rtp_header header;
  struct byte_view payload;
  uint32_t samples; /**< Its length in timestamp units. */
  bool quiet;       /**< Its sound is so low that leaving it out is not heard. */
  bool pause;       /**< It begins a pause, or goes on with it: nothing is missing until the next packet of sound. */
};

enum jitter_put {
  JITTER_PUT_KEPT,
  JITTER_PUT_DUPLICATE,
  JITTER_PUT_LATE,   /**< Its turn is over. */
  JITTER_PUT_REFUSED /**< Empty, longer than a slot, or of no length. */
};

enum jitter_frame_kind {
  JITTER_FRAME_PACKET,  /**< Decode `payload`. */
  JITTER_FRAME_PAUSE,   /**< A pause, as `payload` describes it. */
  JITTER_FRAME_CONCEAL, /**< Something should be here: make up `samples`. */
  JITTER_FRAME_SILENCE  /**< Nothing is expected: not started, or a pause of the sender's. */
};

/** Which way the delay should go, for a player that can stretch sound. */
enum jitter_pace { JITTER_PACE_AS_IS, JITTER_PACE_FASTER, JITTER_PACE_SLOWER };

/** What to play next. */
struct jitter_frame {
  enum jitter_frame_kind kind;
  struct byte_view payload; /**< Valid until the next put or get. */
  /** Where something is missing: the payload right behind it, if that is here. It will be played itself. */
  struct byte_view following;
  uint32_t samples;
  bool follows_skipped; /**< Not what was before it, but a frame that is left out, would lead to it. */
  enum jitter_pace pace;
  uint32_t stretch; /**< By so many samples at most. */
  bool at_any_price; /**< It has been tried for a while: alike or not. */
};

/** Counters since init. */
struct jitter_counters {
  uint64_t kept;
  uint64_t played;
  uint64_t late;
  uint64_t duplicates;
  uint64_t refused;
  uint64_t overflowed; /**< The oldest packet gave way to a new one. */
  uint64_t concealed;  /**< Frames, inserted ones included. */
  uint64_t inserted;   /**< Frames by which the delay was made longer. */
  uint64_t skipped;    /**< Frames by which the delay was made shorter. */
  uint64_t resets;     /**< New source, or a jump of its timestamps. */
};

struct jitter_slot {
  bool quiet;
  bool pause;
  uint16_t sequence;
  int64_t timestamp; /**< Unwrapped. */
  uint32_t samples;
  size_t bytes;
  uint8_t payload[JITTER_BUFFER_PAYLOAD_BYTES];
};

/** Fields are the buffer's own; read `counters` and `losses` freely on its thread. */
struct jitter_buffer {
  struct jitter_buffer_options options;
  struct jitter_counters counters;
  struct loss_pattern losses; /**< What was to be heard, and was not; since init, as the counters. */
  uint64_t used; /**< Bit i: slot i holds a packet. Slots lie in pages of their own: only those are looked at. */
  struct jitter_slot slots[JITTER_BUFFER_SLOTS];

  bool has_source; /**< A packet has come: what follows are values. */
  uint32_t ssrc;
  uint32_t last_raw_timestamp;
  int64_t last_timestamp; /**< Its unwrapped form. */
  uint16_t newest_sequence;
  uint64_t seen;          /**< Bit i: sequence number `newest_sequence - i` has come. */
  uint32_t frame_samples; /**< Of the last packet. */
  uint32_t jumps_in_a_row;
  uint32_t hopeless_in_a_row; /**< Packets that were over before playing could begin with them. */
  bool late_since_hold;       /**< A packet came late since the delay was made longer. */

  int64_t transits[JITTER_BUFFER_HISTORY];
  size_t transit_count;
  size_t transit_next;
  int64_t fast_path_ns;
  int64_t target_ns;

  bool pausing;     /**< What was played last is a pause. */
  bool playing;     /**< `position` is a value. */
  int64_t position; /**< P: the next timestamp to play, unwrapped. */
  int64_t delay_ns;
  bool has_played; /**< `played_sequence` is a value. */
  uint16_t played_sequence;
  uint32_t dry_samples;     /**< Made up since the last packet was played. */
  uint32_t surplus_samples; /**< Played while the delay was too long. */
  uint32_t deficit_samples; /**< Played while the delay was too short. */
  uint32_t stretch_samples; /**< Played while the player was asked to stretch. */
  bool has_skipped;         /**< Since a packet was played. */
};

/** An empty buffer. @return DP_OK, DP_INVALID_ARGUMENT */
dp_error jitter_buffer_init(struct jitter_buffer *buffer, const struct jitter_buffer_options *options);

/** Empties a buffer for sound of another kind; what has been counted so far stays. @return as jitter_buffer_init */
dp_error jitter_buffer_restart(struct jitter_buffer *buffer, const struct jitter_buffer_options *options);

/** Other limits of the delay; the next packet's target is between them. @return DP_OK, DP_INVALID_ARGUMENT */
dp_error jitter_buffer_set_limits(struct jitter_buffer *buffer, uint64_t min_delay_ns, uint64_t max_delay_ns);

/** Takes a packet. @param arrival_ns monotonic */
enum jitter_put jitter_buffer_put(struct jitter_buffer *buffer, const struct jitter_packet *packet,
                                  uint64_t arrival_ns);

/**
 * The next frame. Call whenever the player has less than it needs.
 * @param now_ns monotonic, of this call
 * @param lead_ns how long what the player already holds lasts: the frame is heard at now + lead
 */
void jitter_buffer_get(struct jitter_buffer *buffer, uint64_t now_ns, uint64_t lead_ns, struct jitter_frame *frame);

/** Delay of the last played packet against the fast path, ns. 0 while not playing. */
uint64_t jitter_buffer_delay_ns(const struct jitter_buffer *buffer);

/** The delay it aims for, ns. */
uint64_t jitter_buffer_target_ns(const struct jitter_buffer *buffer);

#endif
