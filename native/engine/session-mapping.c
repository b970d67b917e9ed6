// The control thread's side of a session's mapping: what it sends from the session's sockets, and takes from them as long
// as nobody else reads them. See engine.h, mapping.h.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include "crypto/secure.h"
#include "engine/engine-parts.h"

/** Longer datagrams are no answer to a Binding request. */
#define ANSWER_BYTES 1280
/** Datagrams that are taken from one socket at a time: a flood keeps nobody waiting. */
#define DATAGRAMS_A_LOOK 64
/** More than a socket's buffer holds, as the system sizes it. */
#define DATAGRAMS_IN_ALL 1024

/** A session whose sockets are the control thread's alone; null: there is none, or the media thread reads them. */
static struct engine_slot *find_unconfigured(struct engine *engine, uint32_t session) {
  struct engine_slot *slot = engine_find_slot(engine, session);
  return slot && !slot->configured ? slot : NULL;
}

static const struct sockets_pair *sockets_of(const struct engine *engine, const struct engine_slot *slot) {
  return &engine->streams[slot->id % engine->sessions].sockets;
}

static int descriptor_of(const struct sockets_pair *sockets, enum component component) {
  return component == COMPONENT_RTP ? sockets->rtp : sockets->rtcp;
}

static dp_error parse_server(const struct engine_slot *slot, const struct engine_stun_server *server,
                             struct sockaddr_storage *address) {
  if (server->port == 0) return DP_INVALID_ARGUMENT;
  dp_error error = sockets_parse_address(server->address, server->port, address);
  if (error != DP_OK) return error;
  return address->ss_family == slot->family ? DP_OK : DP_UNSUPPORTED;
}

dp_error engine_ask_mapping(struct engine *engine, uint32_t session, enum component component,
                            const struct engine_stun_server *server, size_t *request) {
  struct engine_slot *slot = find_unconfigured(engine, session);
  if (!slot) return DP_NOT_FOUND;
  struct sockaddr_storage address;
  dp_error error = parse_server(slot, server, &address);
  if (error == DP_OK) error = mapping_ask(&slot->mapping, component, &address, request);
  if (error != DP_OK) return error;
  uint8_t bytes[STUN_MOST_BYTES];
  size_t length = stun_write_request(slot->mapping.requests[*request].transaction, bytes);
  // What the kernel does not take is lost like what the network loses.
  (void)sockets_send(descriptor_of(sockets_of(engine, slot), component), bytes, length, &address);
  return DP_OK;
}

/** @return whether one of the datagrams that wait at a socket was an answer; what came before it is dropped */
static bool look(struct engine_slot *slot, const struct sockets_pair *sockets, enum component component,
                 struct mapping_answer *answer) {
  uint8_t bytes[ANSWER_BYTES];
  struct sockets_datagram datagram;
  for (int taken = 0; taken < DATAGRAMS_A_LOOK; taken++) {
    if (!sockets_receive(descriptor_of(sockets, component), bytes, sizeof bytes, &datagram)) return false;
    if (datagram.truncated) continue;
    if (mapping_read(&slot->mapping, component, &datagram.source, bytes, datagram.length, answer)) return true;
  }
  return false;
}

static void drop_all(int descriptor) {
  uint8_t byte;
  struct sockets_datagram datagram;
  for (int taken = 0; taken < DATAGRAMS_IN_ALL; taken++) {
    if (!sockets_receive(descriptor, &byte, sizeof byte, &datagram)) return;
  }
}

static void tell(const struct mapping_answer *answer, struct engine_mapping *told) {
  *told = (struct engine_mapping){.request = answer->request, .refused = answer->refused};
  if (answer->refused) return;
  int family = answer->mapped.length == 4 ? AF_INET : AF_INET6;
  (void)inet_ntop(family, answer->mapped.bytes, told->address, sizeof told->address);
  told->port = answer->mapped.port;
}

dp_error engine_take_mapping(struct engine *engine, uint32_t session, struct engine_mapping *mapping) {
  struct engine_slot *slot = find_unconfigured(engine, session);
  if (!slot) return DP_NOT_FOUND;
  struct mapping_answer answer;
  for (int component = 0; component < COMPONENTS; component++) {
    if (!look(slot, sockets_of(engine, slot), (enum component)component, &answer)) continue;
    tell(&answer, mapping);
    return DP_OK;
  }
  return DP_EMPTY;
}

dp_error engine_keep_mapping(struct engine *engine, uint32_t session, enum component component,
                             const struct engine_stun_server *server) {
  struct engine_slot *slot = engine_find_slot(engine, session);
  if (!slot) return DP_NOT_FOUND;
  struct sockaddr_storage address;
  dp_error error = parse_server(slot, server, &address);
  uint8_t transaction[STUN_TRANSACTION_BYTES];
  if (error == DP_OK) error = secure_random(transaction, sizeof transaction);
  if (error != DP_OK) return error;
  uint8_t bytes[STUN_MOST_BYTES];
  size_t length = stun_write_indication(transaction, bytes);
  (void)sockets_send(descriptor_of(sockets_of(engine, slot), component), bytes, length, &address);
  return DP_OK;
}

dp_error engine_end_mapping(struct engine *engine, uint32_t session) {
  struct engine_slot *slot = find_unconfigured(engine, session);
  if (!slot) return DP_NOT_FOUND;
  memset(&slot->mapping, 0, sizeof slot->mapping);
  const struct sockets_pair *sockets = sockets_of(engine, slot);
  drop_all(sockets->rtp);
  drop_all(sockets->rtcp);
  return DP_OK;
}
