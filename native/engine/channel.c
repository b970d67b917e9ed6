// Life of a channel, and whom it trusts. See channel.h.

#include "engine/channel.h"

#include <string.h>

#include "base/monotonic.h"
#include "crypto/secure.h"
#include "engine/sockets.h"
#include "rtp/rtp.h"

/** When the ring of news was full, which the media thread empties in less. */
#define RETRY_NS (10 * NS_PER_MS)

bool channel_tell(struct channel *channel, const struct courier_news *news) {
  return ring_put(channel->outlet->news, news);
}

bool channel_trusts(const struct channel_component *component, const struct sockaddr_storage *source) {
  const struct channel_setup *setup = &component->channel->setup;
  if (setup->ice.number == 0) return sockets_same_host(source, &setup->remote[component->component]);
  for (size_t at = 0; at < component->validated_count; at++) {
    if (sockets_same_address(source, &component->validated[at])) return true;
  }
  return false;
}

/** RFC 8445 §9: a restart makes all that was found out void; media go on to where they went. */
static void forget_checks(struct channel_component *component) {
  component->validated_count = 0;
  component->nominated = false;
  component->nominee_priority = 0;
  component->nomination_told = false;
}

static bool tell_nomination(struct channel *channel, struct channel_component *component) {
  if (!component->nominated || component->nomination_told) return true;
  const struct courier_news news = {.kind = NEWS_NOMINATED,
                                    .session = channel->setup.session,
                                    .ice = channel->setup.ice.number,
                                    .component = component->component,
                                    .peer = component->nominee};
  component->nomination_told = channel_tell(channel, &news);
  return component->nomination_told;
}

/** Tells the media thread what it does not know yet. */
static void report(struct channel *channel) {
  channel->untold = false;
  for (size_t at = 0; at < COMPONENTS; at++) {
    struct channel_component *component = &channel->components[at];
    if (!tell_nomination(channel, component)) channel->untold = true;
    if (!channel_dtls_report(channel, component)) channel->untold = true;
  }
}

/** Whether a flow has an association of its own (RFC 5764 §4.2). */
static bool is_secured(const struct channel_setup *setup, size_t component) {
  return setup->association != 0 && (component == COMPONENT_RTP || !setup->multiplexed);
}

void channel_set(struct channel *channel, const struct channel_outlet *outlet, const struct channel_setup *setup,
                 uint64_t now_ns) {
  if (channel->open && channel->setup.session != setup->session) channel_stop(channel);
  bool fresh = !channel->open;
  bool restarted = fresh || channel->setup.ice.number != setup->ice.number;
  bool anew = fresh || channel->setup.association != setup->association;
  channel->open = true;
  channel->outlet = outlet;
  for (size_t at = 0; at < COMPONENTS; at++) {
    struct channel_component *component = &channel->components[at];
    component->channel = channel;
    component->component = (enum component)at;
    if (anew || !is_secured(setup, at)) channel_dtls_end(component);
    if (restarted) forget_checks(component);
  }
  channel->setup = *setup;
  for (size_t at = 0; at < COMPONENTS; at++) {
    struct channel_component *component = &channel->components[at];
    if (is_secured(setup, at) && !component->secures) channel_dtls_begin(component, now_ns);
  }
  report(channel);
}

void channel_stop(struct channel *channel) {
  if (channel->open) {
    for (size_t at = 0; at < COMPONENTS; at++) channel_dtls_end(&channel->components[at]);
  }
  secure_wipe(channel, sizeof *channel);
}

void channel_take(struct channel *channel, const struct courier_parcel *parcel, uint64_t now_ns) {
  if (!channel->open || channel->setup.session != parcel->session || (size_t)parcel->component >= COMPONENTS) return;
  struct channel_component *component = &channel->components[parcel->component];
  if (rtp_classify(parcel->bytes, parcel->length) == RTP_DATAGRAM_STUN) channel_stun_take(component, parcel, now_ns);
  else if (component->secures) channel_dtls_take(component, parcel, now_ns);
  report(channel);
}

uint64_t channel_due_ns(const struct channel *channel, uint64_t now_ns) {
  if (!channel->open) return UINT64_MAX;
  uint64_t due_ns = channel->untold ? now_ns + RETRY_NS : UINT64_MAX;
  for (size_t at = 0; at < COMPONENTS; at++) {
    uint64_t own_ns = channel_dtls_due_ns(&channel->components[at]);
    if (own_ns < due_ns) due_ns = own_ns;
  }
  return due_ns;
}

void channel_tick(struct channel *channel, uint64_t now_ns) {
  if (!channel->open) return;
  for (size_t at = 0; at < COMPONENTS; at++) channel_dtls_tick(&channel->components[at], now_ns);
  report(channel);
}
