// libsrtp2 behind names of its own: its functions are called as ours are, so that both cannot be linked side by side.

#ifndef DOORPHONE_TEST_PEERS_LIBSRTP2_H
#define DOORPHONE_TEST_PEERS_LIBSRTP2_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum peer_verdict { PEER_TAKEN, PEER_REPLAYED, PEER_TOO_OLD, PEER_NOT_AUTHENTIC, PEER_OTHER };

enum { PEER_KEYS = 3, PEER_MASTER_BYTES = 110, PEER_MKI_BYTES = 128 };

/** Master keys and salts, as SDES has them, of one session. */
struct peer_keys {
  uint8_t masters[PEER_KEYS][PEER_MASTER_BYTES];
  size_t mki_bytes; /**< Packets name one of them by so many bytes; 0: they do not, and the first counts. */
  uint8_t mkis[PEER_KEYS][PEER_MKI_BYTES];
};

struct peer_session {
  void *context;
  bool named;
  unsigned key; /**< The one that protects, where packets name it. */
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

/** Ends the program where it fails. @param keys as long as the session */
void peer_open(struct peer_session *session, const char *suite, struct peer_keys *keys,
               const struct peer_source *sources, size_t count);
void peer_close(struct peer_session *session);

/** In place; `length` grows or shrinks. */
enum peer_verdict peer_protect(struct peer_session *session, bool rtcp, uint8_t *packet, size_t *length);
enum peer_verdict peer_unprotect(struct peer_session *session, bool rtcp, uint8_t *packet, size_t *length);

#endif
