// The payload, and the sender. See telephone-event.h; the receiver is in telephone-event-receiver.c.

#include "rtp/telephone-event.h"

#include <string.h>

enum { END_BIT = 0x80, VOLUME = 0x3F, OUR_VOLUME = 10 };

static const char digits[] = "0123456789*#ABCD";  // §3.2, table 3

dp_error telephone_event_parse(struct byte_view payload, struct telephone_event *event) {
  if (payload.length < TELEPHONE_EVENT_BYTES) return DP_TOO_SHORT;
  *event = (struct telephone_event){
      .event = payload.data[0],
      .end = payload.data[1] & END_BIT,
      .volume = payload.data[1] & VOLUME,
      .duration = bytes_load_u16(payload.data + 2),
  };
  return DP_OK;
}

void telephone_event_pack(const struct telephone_event *event, uint8_t bytes[TELEPHONE_EVENT_BYTES]) {
  bytes[0] = event->event;
  bytes[1] = (uint8_t)((event->end ? END_BIT : 0) | (event->volume & VOLUME));
  bytes_store_u16(bytes + 2, event->duration);
}

char telephone_event_digit(uint8_t event) { return event < sizeof digits - 1 ? digits[event] : '\0'; }

bool telephone_event_from_digit(char digit, uint8_t *event) {
  if (digit >= 'a' && digit <= 'd') digit = (char)(digit - 'a' + 'A');
  const char *at = digit ? strchr(digits, digit) : NULL;
  if (!at) return false;
  *event = (uint8_t)(at - digits);
  return true;
}

void telephone_event_sender_init(struct telephone_event_sender *sender, uint32_t packet_units, uint32_t pause_units) {
  memset(sender, 0, sizeof *sender);
  sender->timing =
      (struct telephone_event_timing){.packet_units = packet_units, .pause_units = pause_units, .units_a_tick = 1};
}

void telephone_event_sender_set_timing(struct telephone_event_sender *sender,
                                       const struct telephone_event_timing *timing) {
  sender->timing = *timing;
}

dp_error telephone_event_sender_queue(struct telephone_event_sender *sender, char digit, uint32_t duration) {
  uint8_t event = 0;
  if (duration == 0 || duration > UINT16_MAX || !telephone_event_from_digit(digit, &event)) return DP_INVALID_ARGUMENT;
  if (sender->count == TELEPHONE_EVENT_QUEUE) return DP_FULL;
  size_t last = (sender->first + sender->count) % TELEPHONE_EVENT_QUEUE;
  sender->queue[last] = (struct telephone_event_key){.event = event, .duration = (uint16_t)duration};
  sender->count++;
  return DP_OK;
}

static void begin_key(struct telephone_event_sender *sender, uint32_t timestamp) {
  sender->key = sender->queue[sender->first];
  sender->first = (sender->first + 1) % TELEPHONE_EVENT_QUEUE;
  sender->count--;
  sender->start_timestamp = timestamp;
  sender->ends_sent = 0;
  sender->phase = TELEPHONE_EVENT_KEY;
}

/** Whether this packet time belongs to an event; moves idle and pause on. */
static bool enter_packet_time(struct telephone_event_sender *sender, uint32_t timestamp) {
  if (sender->phase == TELEPHONE_EVENT_PAUSE) {
    uint32_t since_start = timestamp - sender->start_timestamp;
    uint32_t length = sender->key.duration * sender->timing.units_a_tick;
    if (since_start < length + sender->timing.pause_units) return false;
    sender->phase = TELEPHONE_EVENT_IDLE;
  }
  if (sender->phase == TELEPHONE_EVENT_IDLE && sender->count > 0) begin_key(sender, timestamp);
  return sender->phase != TELEPHONE_EVENT_IDLE;
}

bool telephone_event_sender_step(struct telephone_event_sender *sender, uint32_t timestamp,
                                 struct telephone_event_output *output) {
  if (!enter_packet_time(sender, timestamp)) return false;
  bool marker = timestamp == sender->start_timestamp && sender->phase == TELEPHONE_EVENT_KEY;
  // §2.5.1.2: the duration includes this packet's own time, as a sound packet's samples would.
  uint32_t units = timestamp - sender->start_timestamp + sender->timing.packet_units;
  uint32_t elapsed = units / sender->timing.units_a_tick;
  if (elapsed > UINT16_MAX) elapsed = UINT16_MAX;
  if (sender->phase == TELEPHONE_EVENT_KEY && elapsed >= sender->key.duration) {
    sender->key.duration = (uint16_t)elapsed;
    sender->phase = TELEPHONE_EVENT_ENDING;
  }
  bool ending = sender->phase == TELEPHONE_EVENT_ENDING;
  const struct telephone_event event = {
      .event = sender->key.event,
      .end = ending,
      .volume = OUR_VOLUME,
      .duration = ending ? sender->key.duration : (uint16_t)elapsed,
  };
  if (ending) sender->ends_sent++;
  bool finished = sender->ends_sent == TELEPHONE_EVENT_ENDS;
  if (finished) sender->phase = TELEPHONE_EVENT_PAUSE;

  *output = (struct telephone_event_output){
      .timestamp = sender->start_timestamp,
      .marker = marker,
      .finished = finished,
      .digit = telephone_event_digit(event.event),
  };
  telephone_event_pack(&event, output->payload);
  return true;
}

size_t telephone_event_sender_waiting(const struct telephone_event_sender *sender) {
  bool under_way = sender->phase == TELEPHONE_EVENT_KEY || sender->phase == TELEPHONE_EVENT_ENDING;
  return sender->count + (under_way ? 1 : 0);
}

bool telephone_event_sender_idle(const struct telephone_event_sender *sender) {
  return telephone_event_sender_waiting(sender) == 0;
}

void telephone_event_sender_clear(struct telephone_event_sender *sender) {
  sender->count = 0;
  sender->phase = TELEPHONE_EVENT_IDLE;
}
