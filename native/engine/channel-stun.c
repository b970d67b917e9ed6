// Checks of ICE, as its lite form answers them (RFC 8445 §7.3). See channel.h.
//
// A check without our name and password gets silence, not 401 (RFC 8489 §9.1.3): a port that answers strangers is a port
// that is found. One without any credentials is answered while a handshake is awaited, to the signalled host alone: that
// is how a peer without ICE opens its way through a NAT (RFC 5763 §6.7.2).

#include <string.h>

#include "crypto/secure.h"
#include "engine/channel.h"
#include "engine/sockets.h"

static void answer(const struct channel_component *component, const struct sockaddr_storage *to, const uint8_t *bytes,
                   size_t length) {
  if (length > 0) (void)sockets_send(component->channel->setup.sockets[component->component], bytes, length, to);
}

/** RFC 8445 §7.3: our name, a colon, anything. */
static bool names_us(const struct stun_message *message, const struct ice_credentials *ice) {
  const struct byte_view *name = &message->username;
  return name->length > ice->ufrag_length && name->data[ice->ufrag_length] == ':' &&
         secure_equal(name->data, (const uint8_t *)ice->ufrag, ice->ufrag_length);
}

static void remember(struct channel_component *component, const struct sockaddr_storage *source) {
  if (channel_trusts(component, source) || component->validated_count >= CHANNEL_VALIDATED) return;
  component->validated[component->validated_count++] = *source;
}

/** RFC 8445 §7.3.2; of several pairs the one of the highest priority counts (§8.1.1). */
static void nominate(struct channel_component *component, const struct stun_message *message,
                     const struct sockaddr_storage *source, uint64_t now_ns) {
  if (component->nominated && message->priority < component->nominee_priority) return;
  component->nominee_priority = message->priority;
  if (component->nominated && sockets_same_address(source, &component->nominee)) return;
  component->nominated = true;
  component->nominee = *source;
  component->nomination_told = false;
  if (component->secures) channel_dtls_begin(component, now_ns);
}

static void take_check(struct channel_component *component, const struct stun_message *message,
                       const struct sockaddr_storage *source, uint64_t now_ns) {
  const struct hmac_sha1 *key = &component->channel->setup.ice.password;
  uint8_t bytes[STUN_MOST_BYTES];
  if (message->unknown_count > 0) {
    answer(component, source, bytes, stun_write_error(message, STUN_UNKNOWN_ATTRIBUTE, key, bytes));
    return;
  }
  if (message->controlled) {
    // §6.1.1: a lite agent is controlled by a full one, always.
    answer(component, source, bytes, stun_write_error(message, STUN_ROLE_CONFLICT, key, bytes));
    return;
  }
  struct stun_address mapped;
  sockets_to_stun(source, &mapped);
  remember(component, source);
  if (message->use_candidate) nominate(component, message, source, now_ns);
  answer(component, source, bytes, stun_write_success(message, &mapped, key, bytes));
}

/** RFC 5763 §6.7.2 */
static void take_opening(const struct channel_component *component, const struct stun_message *message,
                         const struct sockaddr_storage *source) {
  if (!component->secures || component->over || !channel_trusts(component, source)) return;
  if (message->unknown_count > 0 || message->has_integrity) return;
  struct stun_address mapped;
  uint8_t bytes[STUN_MOST_BYTES];
  sockets_to_stun(source, &mapped);
  answer(component, source, bytes, stun_write_success(message, &mapped, NULL, bytes));
}

void channel_stun_take(struct channel_component *component, const struct courier_parcel *parcel, uint64_t now_ns) {
  const struct ice_credentials *ice = &component->channel->setup.ice;
  struct stun_message message;
  if (stun_parse(parcel->bytes, parcel->length, &message) != DP_OK || message.class != STUN_REQUEST) return;
  if (ice->number == 0) {
    take_opening(component, &message, &parcel->source);
  } else if (names_us(&message, ice) && stun_is_authentic(parcel->bytes, &message, &ice->password)) {
    take_check(component, &message, &parcel->source, now_ns);
  }
}

void channel_stun_open_way(const struct channel_component *component) {
  uint8_t transaction[STUN_TRANSACTION_BYTES];
  uint8_t bytes[STUN_MOST_BYTES];
  if (secure_random(transaction, sizeof transaction) != DP_OK) return;
  const struct channel_setup *setup = &component->channel->setup;
  answer(component, &setup->remote[component->component], bytes, stun_write_request(transaction, bytes));
}
