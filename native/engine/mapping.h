// Where a NAT shows the sockets of a session (RFC 8489 §2): which Binding requests are out, and which answers are theirs.
// An answer counts when it comes from the server that was asked, repeats the transaction's number, and names an address of
// the socket's family; anything else, an answer that comes late or twice too, is as if it had not come. When requests are
// sent again is decided elsewhere. Pure but for the number that is drawn; control thread.

#ifndef DOORPHONE_ENGINE_MAPPING_H
#define DOORPHONE_ENGINE_MAPPING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/error.h"
#include "engine/courier-mail.h"
#include "stun/stun.h"

/** Requests that may be out at once, of one session: both flows to four servers. */
#define MAPPING_REQUESTS 8

struct mapping_request {
  bool open;
  enum component component;
  struct sockaddr_storage server;
  uint8_t transaction[STUN_TRANSACTION_BYTES];
};

/** Zero-initialised: nothing is out. */
struct mapping {
  struct mapping_request requests[MAPPING_REQUESTS];
};

/** What a server has said. */
struct mapping_answer {
  size_t request; /**< Its place in `requests`. */
  bool refused;   /**< An error, or nothing that could be used; `mapped` does not count. */
  struct stun_address mapped;
};

/**
 * The request of a socket to a server: the one that is out already, to be sent once more (§6.2.1), or a new one.
 * @return DP_OK, DP_FULL (so many are out), DP_CRYPTO
 */
dp_error mapping_ask(struct mapping *mapping, enum component component, const struct sockaddr_storage *server,
                     size_t *request);

/** Reads a datagram (§6.3). @return whether it is an answer to a request that is out, which is over then */
bool mapping_read(struct mapping *mapping, enum component component, const struct sockaddr_storage *source,
                  const uint8_t *bytes, size_t length, struct mapping_answer *answer);

#endif
