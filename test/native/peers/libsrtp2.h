// libsrtp2 behind names of its own: its functions are called as ours are, so that both cannot be linked side by side.

#ifndef DOORPHONE_TEST_PEERS_LIBSRTP2_H
#define DOORPHONE_TEST_PEERS_LIBSRTP2_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum peer_verdict { PEER_TAKEN, PEER_REPLAYED, PEER_TOO_OLD, PEER_NOT_AUTHENTIC, PEER_OTHER };

struct peer_session {
  void *context;
};

/** A stream of the session. */
struct peer_source {
  uint32_t ssrc;
  uint32_t roll_over; /**< To begin with; 0: as the RFC begins. */
};

/** Finds the library. @return its version; null: there is none */
const char *peer_load(void);

/** Whether it has a suite of this name. */
bool peer_knows(const char *suite);

/** @param master key and salt, as SDES has them. Ends the program where it fails. */
void peer_open(struct peer_session *session, const char *suite, const uint8_t *master,
               const struct peer_source *sources, size_t count);
void peer_close(struct peer_session *session);

/** In place; `length` grows or shrinks. */
enum peer_verdict peer_protect(struct peer_session *session, bool rtcp, uint8_t *packet, size_t *length);
enum peer_verdict peer_unprotect(struct peer_session *session, bool rtcp, uint8_t *packet, size_t *length);

#endif
