// Every key press once (RFC 4733 §2.5.2). See telephone-event.h. An event is known by SSRC and timestamp; what has been
// seen already, or is older than what has been seen, is not heard again.

#include <string.h>

#include "rtp/telephone-event.h"

enum { SEGMENT_UNITS = 0xFFFF };

void telephone_event_receiver_init(struct telephone_event_receiver *receiver) { memset(receiver, 0, sizeof *receiver); }

static void conclude(struct telephone_event_receiver *receiver, struct telephone_event_news *news) {
  receiver->active = false;
  news->ended = true;
  news->ended_event = receiver->event;
  news->ended_units = receiver->earlier_units + receiver->duration;
}

static void begin(struct telephone_event_receiver *receiver, const struct rtp_packet *packet, uint8_t event,
                  struct telephone_event_news *news) {
  if (receiver->active) conclude(receiver, news);
  receiver->known = true;
  receiver->active = true;
  receiver->ssrc = packet->header.ssrc;
  receiver->timestamp = packet->header.timestamp;
  receiver->earlier_units = 0;
  receiver->duration = 0;
  receiver->event = event;
  news->began = true;
  news->event = event;
}

enum relation { SAME_EVENT, NEXT_SEGMENT, NEW_EVENT, OLD_EVENT };

/** What a packet is to the event that was seen last. */
static enum relation relate(const struct telephone_event_receiver *receiver, const struct rtp_packet *packet,
                            uint8_t event, uint64_t now_ns) {
  if (!receiver->known || packet->header.ssrc != receiver->ssrc) return NEW_EVENT;
  int32_t later = (int32_t)(packet->header.timestamp - receiver->timestamp);
  if (later == 0) {
    // Two keys with one timestamp are against §2.5.1.2, but the marker says plainly that one begins.
    return packet->header.marker && event != receiver->event ? NEW_EVENT : SAME_EVENT;
  }
  if (later < 0) return now_ns - receiver->last_ns > TELEPHONE_EVENT_RESTART_NS ? NEW_EVENT : OLD_EVENT;
  // §2.5.2.3: no gap, the same key, no marker: a long event goes on.
  bool joined = later == SEGMENT_UNITS && receiver->active && event == receiver->event && !packet->header.marker;
  return joined ? NEXT_SEGMENT : NEW_EVENT;
}

dp_error telephone_event_receive(struct telephone_event_receiver *receiver, const struct rtp_packet *packet,
                                 uint64_t now_ns, struct telephone_event_news *news) {
  memset(news, 0, sizeof *news);
  struct telephone_event event;
  dp_error error = telephone_event_parse(packet->payload, &event);
  if (error) return error;

  switch (relate(receiver, packet, event.event, now_ns)) {
    case OLD_EVENT:
      return DP_OK;
    case NEW_EVENT:
      begin(receiver, packet, event.event, news);
      break;
    case NEXT_SEGMENT:
      receiver->earlier_units += SEGMENT_UNITS;
      receiver->timestamp = packet->header.timestamp;
      receiver->duration = 0;
      break;
    case SAME_EVENT:
      break;
  }
  receiver->last_ns = now_ns;
  if (!receiver->active || event.event != receiver->event) return DP_OK;  // An end repeated; the like.
  if (event.duration > receiver->duration) receiver->duration = event.duration;
  if (event.end) conclude(receiver, news);
  return DP_OK;
}

void telephone_event_receiver_tick(struct telephone_event_receiver *receiver, uint64_t now_ns,
                                   struct telephone_event_news *news) {
  memset(news, 0, sizeof *news);
  if (receiver->active && now_ns - receiver->last_ns > TELEPHONE_EVENT_TIMEOUT_NS) conclude(receiver, news);
}
