// The DTLS associations of a channel. See channel.h.

#include <string.h>

#include "base/monotonic.h"
#include "crypto/secure.h"
#include "engine/channel.h"
#include "engine/keys.h"
#include "engine/sockets.h"

/** How long a handshake may take. */
#define HANDSHAKE_NS (10 * NS_PER_SECOND)
/** Strangers whose handshake may fail before nobody but the trusted is listened to: each costs a signature. */
#define MOST_STRANGERS 8

// ---- endpoints ----

static void send_datagram(void *context, const uint8_t *bytes, size_t length) {
  const struct channel_component *component = context;
  const struct channel_setup *setup = &component->channel->setup;
  (void)sockets_send(setup->sockets[component->component], bytes, length, &component->to);
}

/** Where an association that has a peer sends. */
static const struct sockaddr_storage *destination(const struct channel_component *component) {
  // RFC 5763 §6.7.1: the association follows the pair that ICE selects.
  if (component->nominated) return &component->nominee;
  return component->bound ? &component->peer : &component->channel->setup.remote[component->component];
}

static void open_endpoint(struct channel_component *component, struct dtls_endpoint **endpoint, uint64_t now_ns) {
  const struct channel *channel = component->channel;
  const struct dtls_options options = {.identity = channel->outlet->identity,
                                       .role = channel->setup.role,
                                       .peer = channel->setup.peer,
                                       .deadline_ns = component->deadline_ns,
                                       .send = send_datagram,
                                       .context = component};
  component->to = *destination(component);
  // Without memory there is no endpoint, and the deadline ends the wait.
  if (dtls_endpoint_create(&options, now_ns, endpoint) != DP_OK) *endpoint = NULL;
}

static void close_endpoint(struct channel_component *component, struct dtls_endpoint **endpoint) {
  component->to = *destination(component);
  dtls_endpoint_destroy(*endpoint);
  *endpoint = NULL;
}

/** A client knows where to begin at once, or, with ICE, when a pair has been nominated (RFC 5763 §6.7.1). */
static bool may_begin(const struct channel_component *component) {
  const struct channel_setup *setup = &component->channel->setup;
  return setup->role == DTLS_SERVER || setup->ice.number == 0 || component->nominated;
}

void channel_dtls_begin(struct channel_component *component, uint64_t now_ns) {
  const struct channel_setup *setup = &component->channel->setup;
  if (!component->secures) {
    component->secures = true;
    component->deadline_ns = now_ns + HANDSHAKE_NS;
    if (setup->role == DTLS_SERVER && setup->ice.number == 0) channel_stun_open_way(component);
  }
  bool begun = component->over || component->endpoint || component->failure != DTLS_FAILURE_NONE;
  if (!begun && may_begin(component)) open_endpoint(component, &component->endpoint, now_ns);
}

void channel_dtls_end(struct channel_component *component) {
  if (component->endpoint) close_endpoint(component, &component->endpoint);
  if (component->rival) close_endpoint(component, &component->rival);
  component->secures = false;
  component->bound = false;
  component->strangers = 0;
  component->over = false;
  component->failure = DTLS_FAILURE_NONE;
}

// ---- whom with ----

static enum dtls_state state_of(const struct dtls_endpoint *endpoint) {
  return endpoint ? dtls_endpoint_state(endpoint) : DTLS_FAILED;
}

/** How a cookie names a source: family, port, address. @return its length */
static size_t name_source(const struct sockaddr_storage *source, uint8_t name[DTLS_SOURCE_BYTES]) {
  struct stun_address address;
  sockets_to_stun(source, &address);
  name[0] = address.length;
  bytes_store_u16(name + 1, address.port);
  memcpy(name + 3, address.bytes, sizeof address.bytes);
  return 3 + sizeof address.bytes;
}

static void feed(struct dtls_endpoint *endpoint, const struct courier_parcel *parcel, uint64_t now_ns) {
  uint8_t name[DTLS_SOURCE_BYTES];
  size_t length = name_source(&parcel->source, name);
  const struct byte_view datagram = {parcel->bytes, parcel->length};
  dtls_endpoint_take(endpoint, datagram, (struct byte_view){name, length}, now_ns);
}

/** A server's endpoint that still listens: whoever shows the right cookie becomes its peer. @return whether it has */
static bool listen_for_peer(struct channel_component *component, struct dtls_endpoint *endpoint,
                            const struct courier_parcel *parcel, uint64_t now_ns) {
  component->to = parcel->source;
  feed(endpoint, parcel, now_ns);
  if (state_of(endpoint) == DTLS_LISTENING) return false;
  component->bound = true;
  component->peer = parcel->source;
  return true;
}

/** A trusted source comes while a stranger's handshake is under way. */
static void listen_for_rival(struct channel_component *component, const struct courier_parcel *parcel,
                             uint64_t now_ns) {
  if (!component->rival) open_endpoint(component, &component->rival, now_ns);
  if (!component->rival || !listen_for_peer(component, component->rival, parcel, now_ns)) return;
  struct dtls_endpoint *stranger = component->endpoint;
  component->endpoint = component->rival;
  component->rival = NULL;
  dtls_endpoint_destroy(stranger);
}

/** Whether a datagram belongs to the association as it stands. */
static bool is_from_peer(const struct channel_component *component, const struct sockaddr_storage *source) {
  if (component->bound && sockets_same_address(source, &component->peer)) return true;
  bool follows = component->channel->setup.role == DTLS_CLIENT || component->channel->setup.ice.number != 0;
  return follows && channel_trusts(component, source);
}

/** What a failed endpoint means: the end of it, or of a stranger's attempt only. */
static void judge(struct channel_component *component, uint64_t now_ns) {
  if (!component->endpoint || state_of(component->endpoint) != DTLS_FAILED) return;
  enum dtls_failure failure = dtls_endpoint_failure(component->endpoint);
  bool stranger = component->bound && !channel_trusts(component, &component->peer);
  close_endpoint(component, &component->endpoint);
  if (stranger && failure != DTLS_FAILURE_TIMEOUT && now_ns < component->deadline_ns) {
    component->bound = false;
    component->strangers++;
    open_endpoint(component, &component->endpoint, now_ns);
    return;
  }
  if (component->rival) close_endpoint(component, &component->rival);
  component->failure = failure;
}

void channel_dtls_take(struct channel_component *component, const struct courier_parcel *parcel, uint64_t now_ns) {
  if (!component->endpoint) return;
  bool trusted = channel_trusts(component, &parcel->source);
  enum dtls_state state = state_of(component->endpoint);
  if (state == DTLS_LISTENING) {
    if (!trusted && component->strangers >= MOST_STRANGERS) return;
    (void)listen_for_peer(component, component->endpoint, parcel, now_ns);
  } else if (is_from_peer(component, &parcel->source)) {
    component->to = *destination(component);
    feed(component->endpoint, parcel, now_ns);
  } else if (state == DTLS_HANDSHAKING && trusted && component->bound && !channel_trusts(component, &component->peer)) {
    listen_for_rival(component, parcel, now_ns);
  }
  judge(component, now_ns);
}

// ---- time ----

uint64_t channel_dtls_due_ns(const struct channel_component *component) {
  if (!component->secures) return UINT64_MAX;
  if (component->endpoint) return dtls_endpoint_due_ns(component->endpoint);
  return component->over || component->failure != DTLS_FAILURE_NONE ? UINT64_MAX : component->deadline_ns;
}

void channel_dtls_tick(struct channel_component *component, uint64_t now_ns) {
  if (!component->secures || component->over || component->failure != DTLS_FAILURE_NONE) return;
  if (component->endpoint) {
    component->to = *destination(component);
    dtls_endpoint_tick(component->endpoint, now_ns);
    judge(component, now_ns);
  } else if (now_ns >= component->deadline_ns) {
    component->failure = DTLS_FAILURE_TIMEOUT;
  }
}

// ---- what came of it ----

static enum srtp_suite suite_of(enum dtls_profile profile) {
  switch (profile) {
    case DTLS_PROFILE_AES128_CM_SHA1_32:
      return SRTP_AES_CM_128_HMAC_SHA1_32;
    case DTLS_PROFILE_AEAD_AES_128_GCM:
      return SRTP_AEAD_AES_128_GCM;
    case DTLS_PROFILE_AEAD_AES_256_GCM:
      return SRTP_AEAD_AES_256_GCM;
    case DTLS_PROFILE_AES128_CM_SHA1_80:
      break;
  }
  return SRTP_AES_CM_128_HMAC_SHA1_80;
}

static dp_error make_keys(struct dtls_endpoint *endpoint, struct courier_news *news) {
  struct dtls_keys keys;
  dp_error error = dtls_endpoint_keys(endpoint, &keys);
  if (error == DP_OK) {
    news->suite = suite_of(keys.profile);
    if (keys.master_bytes != srtp_suite_master_bytes(news->suite)) error = DP_CRYPTO;
  }
  if (error == DP_OK) error = keys_make_sender(news->suite, keys.send, &news->sender);
  if (error == DP_OK) {
    struct keys_received received = keys_of_one(news->suite, keys.receive);
    error = keys_make_receiver(&received, &news->receiver);
    secure_wipe(&received, sizeof received);
  }
  secure_wipe(&keys, sizeof keys);
  return error;
}

bool channel_dtls_report(struct channel *channel, struct channel_component *component) {
  bool established = component->endpoint && state_of(component->endpoint) == DTLS_ESTABLISHED;
  if (!component->secures || component->over) return true;
  if (!established && component->failure == DTLS_FAILURE_NONE) return true;
  struct courier_news news = {.kind = NEWS_KEYS,
                              .session = channel->setup.session,
                              .association = channel->setup.association,
                              .component = component->component,
                              .peer = *destination(component)};
  if (!established || make_keys(component->endpoint, &news) != DP_OK) {
    keys_free(news.sender, news.receiver);
    news.sender = NULL;
    news.receiver = NULL;
    news.kind = NEWS_FAILED;
    news.failure = component->failure == DTLS_FAILURE_NONE ? DTLS_FAILURE_PROTOCOL : component->failure;
  }
  component->over = channel_tell(channel, &news);
  if (!component->over) keys_free(news.sender, news.receiver);
  return component->over;
}
