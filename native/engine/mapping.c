// See mapping.h.

#include "engine/mapping.h"

#include <string.h>

#include "crypto/secure.h"
#include "engine/sockets.h"

static bool is_to(const struct mapping_request *request, enum component component,
                  const struct sockaddr_storage *server) {
  return request->open && request->component == component && sockets_same_address(&request->server, server);
}

dp_error mapping_ask(struct mapping *mapping, enum component component, const struct sockaddr_storage *server,
                     size_t *request) {
  struct mapping_request *free = NULL;
  for (size_t at = 0; at < MAPPING_REQUESTS; at++) {
    struct mapping_request *candidate = &mapping->requests[at];
    if (is_to(candidate, component, server)) {
      *request = at;
      return DP_OK;
    }
    if (!candidate->open && !free) free = candidate;
  }
  if (!free) return DP_FULL;
  dp_error error = secure_random(free->transaction, sizeof free->transaction);
  if (error != DP_OK) return error;
  free->open = true;
  free->component = component;
  free->server = *server;
  *request = (size_t)(free - mapping->requests);
  return DP_OK;
}

/** RFC 8489 §6.3.3: nothing unknown that must be understood, and an address of the family that was asked from. */
static bool is_usable(const struct stun_message *message, const struct sockaddr_storage *server) {
  size_t length = server->ss_family == AF_INET6 ? 16 : 4;
  return message->class == STUN_SUCCESS && message->unknown_count == 0 && message->has_mapped &&
         message->mapped.length == length && message->mapped.port != 0;
}

bool mapping_read(struct mapping *mapping, enum component component, const struct sockaddr_storage *source,
                  const uint8_t *bytes, size_t length, struct mapping_answer *answer) {
  struct stun_message message;
  if (stun_parse(bytes, length, &message) != DP_OK) return false;
  if (message.class != STUN_SUCCESS && message.class != STUN_ERROR) return false;
  for (size_t at = 0; at < MAPPING_REQUESTS; at++) {
    struct mapping_request *request = &mapping->requests[at];
    if (!is_to(request, component, source)) continue;
    if (memcmp(request->transaction, message.transaction, sizeof message.transaction) != 0) continue;
    request->open = false;
    *answer = (struct mapping_answer){
        .request = at, .refused = !is_usable(&message, source), .mapped = message.mapped};
    return true;
  }
  return false;
}
