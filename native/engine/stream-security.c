// Keys by DTLS and addresses by ICE, as the courier finds them out; and how long keys last. See stream.h, channel.h.

#include <string.h>

#include "engine/engine-parts.h"
#include "engine/stream.h"

void stream_retire(struct stream_context *context, struct srtp_sender *sender, struct srtp_receiver *receiver) {
  const struct engine_retired retired = {.sender = sender, .receiver = receiver};
  if (sender || receiver) (void)ring_put(context->retired, &retired);
}

bool stream_awaits_keys(const struct stream *stream, enum component component) {
  if (stream->agreed.association == 0) return false;
  return component == COMPONENT_RTP ? !stream->output.srtp : !stream->output.srtcp;
}

uint64_t stream_security_figure(const struct stream *stream) {
  if (stream->agreed.association == 0) return stream->output.srtp ? STREAM_ENCRYPTED : STREAM_PLAIN;
  if (!stream_awaits_keys(stream, COMPONENT_RTP)) return STREAM_ENCRYPTED;
  return stream->security.failed ? STREAM_WITHOUT_KEYS : STREAM_AWAITS_KEYS;
}

// ---- agreement ----

static void give_up_keys(struct stream *stream, struct stream_context *context) {
  struct stream_security *security = &stream->security;
  for (size_t at = 0; at < COMPONENTS; at++) {
    stream_retire(context, security->senders[at], security->receivers[at]);
    security->senders[at] = NULL;
    security->receivers[at] = NULL;
  }
  security->failed = false;
}

void stream_security_configure(struct stream *stream, struct stream_context *context) {
  struct stream_security *security = &stream->security;
  if (security->association != stream->agreed.association) give_up_keys(stream, context);
  security->association = stream->agreed.association;
  if (security->ice != stream->agreed.ice) memset(security->nominated, 0, sizeof security->nominated);
  security->ice = stream->agreed.ice;
}

// ---- lifetimes ----

/** A key that is spent may be replaced at this moment: the peer's offer is on its way. */
#define SPENT_GRACE_NS (3 * NS_PER_SECOND)

void stream_security_spent(struct stream *stream, struct stream_context *context, const struct srtp_receiver *receiver,
                           uint64_t now_ns) {
  struct stream_input *input = &stream->input;
  // Of several keys another may be good: then whoever names this one is to be passed over.
  if (!stream->setup.receives || !srtp_receiver_is_spent(receiver)) return;
  if (input->spent_since_ns == 0) input->spent_since_ns = now_ns;
  if (now_ns < input->spent_since_ns + SPENT_GRACE_NS) return;
  input->spent_since_ns = now_ns;
  stream_emit(context, ENGINE_EVENT_KEY_SPENT, stream, 0, now_ns);
}

// ---- datagrams ----

bool stream_security_pass(struct stream *stream, struct stream_context *context, enum component component,
                          const uint8_t *bytes, const struct sockets_datagram *datagram) {
  const struct stream_setup *agreed = &stream->agreed;
  if (!stream->configured || (agreed->association == 0 && agreed->ice == 0)) return false;
  if (component == COMPONENT_RTCP && agreed->multiplexed) return false;
  if (datagram->truncated || datagram->length > STREAM_DATAGRAM_BYTES) return false;
  struct courier_parcel parcel = {.session = stream->id,
                                  .component = component,
                                  .source = datagram->source,
                                  .length = (uint16_t)datagram->length};
  memcpy(parcel.bytes, bytes, datagram->length);
  if (!ring_put(context->parcels, &parcel)) return false;
  context->wake_courier = true;
  return true;
}

// ---- news ----

/** Media go to where the peer has proven to be. */
static void follow(struct stream *stream, enum component component, const struct sockaddr_storage *peer) {
  struct stream_input *input = &stream->input;
  if (component == COMPONENT_RTP) {
    input->latched = true;
    input->peer = *peer;
  } else {
    input->rtcp_latched = true;
    input->rtcp_peer = *peer;
  }
}

/** What an event says: which association, and a number of its own. */
static int32_t value_of(const struct courier_news *news, unsigned number) {
  return (int32_t)(news->association * 256 + number);
}

static void install(struct stream *stream, struct stream_context *context, struct courier_news *news,
                    uint64_t now_ns) {
  struct stream_security *security = &stream->security;
  stream_retire(context, security->senders[news->component], security->receivers[news->component]);
  security->senders[news->component] = news->sender;
  security->receivers[news->component] = news->receiver;
  news->sender = NULL;
  news->receiver = NULL;
  if (!security->nominated[news->component]) follow(stream, news->component, &news->peer);
  stream_enforce(stream, context, now_ns);
  if (news->component != COMPONENT_RTP) return;
  stream_emit(context, ENGINE_EVENT_SECURED, stream, value_of(news, news->suite), now_ns);
}

static void take_keys(struct stream *stream, struct stream_context *context, struct courier_news *news,
                      uint64_t now_ns) {
  if (news->association == stream->agreed.association) {
    install(stream, context, news, now_ns);
    return;
  }
  // Not agreed on here yet, as the courier hears of it first; or given up, and then they rest until the end.
  struct courier_news *early = &stream->security.early[news->component];
  stream_retire(context, early->sender, early->receiver);
  *early = *news;
  news->sender = NULL;
  news->receiver = NULL;
}

void stream_security_catch_up(struct stream *stream, struct stream_context *context, uint64_t now_ns) {
  for (size_t at = 0; at < COMPONENTS; at++) {
    struct courier_news *early = &stream->security.early[at];
    if (early->sender && early->association == stream->agreed.association) install(stream, context, early, now_ns);
  }
}

static void take_failure(struct stream *stream, struct stream_context *context, const struct courier_news *news,
                         uint64_t now_ns) {
  if (news->association != stream->agreed.association) return;
  // Without keys for RTCP there is no RTCP, which a call can do without; but not with somebody else there.
  if (news->component == COMPONENT_RTCP && news->failure != DTLS_FAILURE_FINGERPRINT) return;
  if (stream_awaits_keys(stream, COMPONENT_RTP)) stream->security.failed = true;
  stream_emit(context, ENGINE_EVENT_UNSECURED, stream, value_of(news, news->failure), now_ns);
}

void stream_security_take(struct stream *stream, struct stream_context *context, struct courier_news *news,
                          uint64_t now_ns) {
  switch (news->kind) {
    case NEWS_KEYS:
      take_keys(stream, context, news, now_ns);
      break;
    case NEWS_FAILED:
      take_failure(stream, context, news, now_ns);
      break;
    case NEWS_NOMINATED:
      // Of credentials that have been replaced; those that are to come are heard of here a little early.
      if (stream->agreed.ice == 0 || news->ice < stream->agreed.ice) break;
      stream->security.ice = news->ice;
      stream->security.nominated[news->component] = true;
      follow(stream, news->component, &news->peer);
      break;
  }
}
