// Telephone events (RFC 4733 §2): the four bytes, a sender that paces a queue of digits, a receiver that says each key
// press once. State belongs to the caller's thread; time is an argument.
//
// Leaves out: tones (§4), state events, several events in one packet (§2.5.1.5: the first is read), and on the sending
// side events longer than 0xFFFF timestamp units (§2.5.1.3).

#ifndef DOORPHONE_RTP_TELEPHONE_EVENT_H
#define DOORPHONE_RTP_TELEPHONE_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "rtp/rtp.h"

#define TELEPHONE_EVENT_BYTES 4
#define TELEPHONE_EVENT_QUEUE 32
/** The last packet goes out three times (§2.5.1.4). */
#define TELEPHONE_EVENT_ENDS 3

/** The payload's fields (§2.3). */
struct telephone_event {
  uint8_t event;
  bool end;
  uint8_t volume;    /**< dBm0 without its sign, 0 to 63 */
  uint16_t duration; /**< In timestamp units. */
};

/** Reads a payload; bytes after the first four are ignored. @return DP_OK, DP_TOO_SHORT */
dp_error telephone_event_parse(struct byte_view payload, struct telephone_event *event);

/** Writes a payload. */
void telephone_event_pack(const struct telephone_event *event, uint8_t bytes[TELEPHONE_EVENT_BYTES]);

/** The digit of an event code 0 to 15 (§3.2): 0-9 * # A-D; '\0' for any other. */
char telephone_event_digit(uint8_t event);

/** The event code of a digit (a-d as A-D). @return false: no digit */
bool telephone_event_from_digit(char digit, uint8_t *event);

// ---- sending ----

struct telephone_event_key {
  uint8_t event;
  uint16_t duration; /**< In ticks. */
};

/**
 * What is measured in what. Timestamps are the stream's. Durations on the wire are ticks of the event's clock, which is
 * the same (§2.1) but where the peer knows events of a slower one only.
 */
struct telephone_event_timing {
  uint32_t packet_units; /**< One packet time, in timestamp units (160 for 20 ms at 8 kHz); also the step of the updates. */
  uint32_t pause_units;  /**< Silence between two digits. */
  uint32_t units_a_tick; /**< 1 where the clocks are the same. */
};

/** What a sender is at. */
enum telephone_event_phase {
  TELEPHONE_EVENT_IDLE,   /**< Nothing under way; the next key may begin. */
  TELEPHONE_EVENT_KEY,    /**< Updates go out, their duration grows. */
  TELEPHONE_EVENT_ENDING, /**< The last packet is repeated. */
  TELEPHONE_EVENT_PAUSE   /**< Sound until the next key may begin. */
};

/** Fields are the sender's own. */
struct telephone_event_sender {
  struct telephone_event_key queue[TELEPHONE_EVENT_QUEUE];
  size_t first;
  size_t count;
  struct telephone_event_timing timing;
  enum telephone_event_phase phase;
  struct telephone_event_key key; /**< Under way; its duration becomes the true one at the end. */
  uint32_t start_timestamp;
  uint32_t ends_sent;
};

/** What to send in this packet time instead of sound. */
struct telephone_event_output {
  uint8_t payload[TELEPHONE_EVENT_BYTES];
  uint32_t timestamp; /**< The event's beginning, the same in all its packets (§2.2.1). */
  bool marker;        /**< First packet of the event (§2.5.1.2). */
  bool finished;      /**< Last packet of the event. */
  char digit;
};

/**
 * An empty queue.
 * @param packet_units one packet time, in timestamp units (160 for 20 ms at 8 kHz); also the step of the updates
 * @param pause_units silence between two digits
 */
void telephone_event_sender_init(struct telephone_event_sender *sender, uint32_t packet_units, uint32_t pause_units);

/** Other packet times from now on; what is queued or under way goes on. Another clock is for an idle sender. */
void telephone_event_sender_set_timing(struct telephone_event_sender *sender,
                                       const struct telephone_event_timing *timing);

/**
 * Queues a digit.
 * @param duration ticks, 1 to 0xFFFF; sent as whole packet times, at least one
 * @return DP_OK, DP_FULL, DP_INVALID_ARGUMENT
 */
dp_error telephone_event_sender_queue(struct telephone_event_sender *sender, char digit, uint32_t duration);

/**
 * Called once a packet time with the timestamp that a sound packet would bear now.
 * @return true: send `output` with the event's payload type; false: send sound
 */
bool telephone_event_sender_step(struct telephone_event_sender *sender, uint32_t timestamp,
                                 struct telephone_event_output *output);

/** How many digits are queued or under way. */
size_t telephone_event_sender_waiting(const struct telephone_event_sender *sender);

/** Whether nothing is queued or under way. */
bool telephone_event_sender_idle(const struct telephone_event_sender *sender);

/** Forgets queue and event. Counts as an end that got lost; the receiver's timeout concludes it. */
void telephone_event_sender_clear(struct telephone_event_sender *sender);

// ---- receiving ----

/** Without a packet for so long an event is over although no end came (§2.5.2.2: three update intervals and more). */
#define TELEPHONE_EVENT_TIMEOUT_NS (UINT64_C(300) * 1000 * 1000)
/** After such a pause an earlier timestamp is a restarted sender, no straggler. */
#define TELEPHONE_EVENT_RESTART_NS (UINT64_C(5) * 1000 * 1000 * 1000)

/** Fields are the receiver's own. */
struct telephone_event_receiver {
  bool known; /**< An event has been seen: the fields below are values. */
  bool active;
  uint32_t ssrc;
  uint32_t timestamp;     /**< Of the event, of its latest segment if it is long. */
  uint64_t earlier_units; /**< Length of the segments before. */
  uint16_t duration;
  uint8_t event;
  uint64_t last_ns;
};

/**
 * What a packet (or the passing of time) brought about. Both can be true: the first packet seen of an event is its
 * last, or a new event concludes an unfinished one (which is not said where the new one ends in the same packet).
 */
struct telephone_event_news {
  bool began;
  uint8_t event; /**< That began. telephone_event_digit says which key, or '\0' (flash is 16). */
  bool ended;
  uint8_t ended_event;
  uint64_t ended_units; /**< How long it was, as far as known, in timestamp units. */
};

void telephone_event_receiver_init(struct telephone_event_receiver *receiver);

/**
 * Takes a telephone-event packet. An event begins with whichever of its packets is first seen, so that neither a lost
 * beginning nor lost ends lose or double a digit (§2.5.2.2, §2.5.2.3).
 * @param now_ns monotonic
 * @return DP_OK (with `news`, often empty), DP_TOO_SHORT
 */
dp_error telephone_event_receive(struct telephone_event_receiver *receiver, const struct rtp_packet *packet,
                                 uint64_t now_ns, struct telephone_event_news *news);

/** Concludes an event that has gone silent. Call now and then. */
void telephone_event_receiver_tick(struct telephone_event_receiver *receiver, uint64_t now_ns,
                                   struct telephone_event_news *news);

#endif
