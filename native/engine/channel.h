// What the courier keeps of one session: its DTLS associations (RFC 5764), one for each port that media flow over, and
// ICE-lite (RFC 8445): checks are answered, none are made. Courier thread; sends on the session's sockets, tells the media
// thread what came of it.
//
// Whom a handshake is held with. A client sends to where the signalling says that the peer is, or to what ICE nominates. A
// server takes whoever comes with the right cookie, since a peer behind a NAT comes from elsewhere than it believes, but
// one that comes from the signalled host, or from where a check of ICE has come from, takes the place of a stranger whose
// handshake is not done; and a stranger who fails has failed for himself alone. The certificate decides in any case.
//
// Parts: channel.c (life, whom) · channel-dtls.c (associations) · channel-stun.c (checks).

#ifndef DOORPHONE_ENGINE_CHANNEL_H
#define DOORPHONE_ENGINE_CHANNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/ring.h"
#include "engine/courier-mail.h"

/** Addresses that checks have come from, a component; more are answered, but not remembered. */
#define CHANNEL_VALIDATED 8

struct channel;

/** One flow of a session. */
struct channel_component {
  const struct channel *channel;
  enum component component;

  // ICE
  size_t validated_count;
  struct sockaddr_storage validated[CHANNEL_VALIDATED];
  bool nominated;
  uint32_t nominee_priority;
  struct sockaddr_storage nominee;
  bool nomination_told;

  // DTLS
  bool secures; /**< This flow has an association; what follows counts only then. */
  uint64_t deadline_ns;
  struct dtls_endpoint *endpoint;
  struct dtls_endpoint *rival; /**< Listens to trusted sources while a stranger's handshake is under way. */
  bool bound;                  /**< Server: the handshake has a peer. */
  struct sockaddr_storage peer;
  unsigned strangers; /**< Who have failed. */
  bool over;          /**< Keys, or failure, have been told. */
  enum dtls_failure failure;
  struct sockaddr_storage to; /**< Where what an endpoint sends now goes. */
};

/** How a channel reaches the media thread. */
struct channel_outlet {
  struct dtls_identity *identity;
  struct ring *news; /**< of struct courier_news; whoever calls wakes the media thread where there is some. */
};

/** Zero-initialised is closed. */
struct channel {
  bool open;
  const struct channel_outlet *outlet;
  struct channel_setup setup;
  bool untold; /**< The ring of news was full. */
  struct channel_component components[COMPONENTS];
};

/** Opens a channel, or takes what has changed: another association or other credentials begin anew. */
void channel_set(struct channel *channel, const struct channel_outlet *outlet, const struct channel_setup *setup,
                 uint64_t now_ns);

/** Says farewell, forgets everything. Harmless when closed already. */
void channel_stop(struct channel *channel);

/** Takes a datagram. */
void channel_take(struct channel *channel, const struct courier_parcel *parcel, uint64_t now_ns);

/** When channel_tick is to be called next; UINT64_MAX: never. */
uint64_t channel_due_ns(const struct channel *channel, uint64_t now_ns);

void channel_tick(struct channel *channel, uint64_t now_ns);

// ---- between the parts ----

/** Tells the media thread. @return false: to be tried again */
bool channel_tell(struct channel *channel, const struct courier_news *news);

/** Whether a source is one that the signalling or ICE vouches for. */
bool channel_trusts(const struct channel_component *component, const struct sockaddr_storage *source);

/** Begins the association of a component, or what can be begun of it. */
void channel_dtls_begin(struct channel_component *component, uint64_t now_ns);

void channel_dtls_end(struct channel_component *component);

void channel_dtls_take(struct channel_component *component, const struct courier_parcel *parcel, uint64_t now_ns);

uint64_t channel_dtls_due_ns(const struct channel_component *component);

void channel_dtls_tick(struct channel_component *component, uint64_t now_ns);

/** Tells what there is to tell of the association. @return false: to be tried again */
bool channel_dtls_report(struct channel *channel, struct channel_component *component);

void channel_stun_take(struct channel_component *component, const struct courier_parcel *parcel, uint64_t now_ns);

/** One check without credentials, which opens the way through our side's NAT (RFC 5763 §6.7.2). */
void channel_stun_open_way(const struct channel_component *component);

#endif
