// When something must be sent so that NATs on the way keep their bindings open (RFC 6263): media or an empty datagram at least
// once in 15 s. Pure; time is an argument.

#ifndef DOORPHONE_ENGINE_KEEP_ALIVE_H
#define DOORPHONE_ENGINE_KEEP_ALIVE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/monotonic.h"

/** RFC 6263 §7: the least that is recommended for UDP. */
#define KEEP_ALIVE_NS (15 * NS_PER_SECOND)

struct keep_alive {
  uint64_t due_ns;
};

/** Something has been sent, or is about to be. */
static inline void keep_alive_sent(struct keep_alive *keep_alive, uint64_t now_ns) {
  keep_alive->due_ns = now_ns + KEEP_ALIVE_NS;
}

/** The way is to be opened now. */
static inline void keep_alive_hurry(struct keep_alive *keep_alive, uint64_t now_ns) { keep_alive->due_ns = now_ns; }

/** Whether nothing has been sent for so long that an empty datagram is to be. */
static inline bool keep_alive_is_due(const struct keep_alive *keep_alive, uint64_t now_ns) {
  return now_ns >= keep_alive->due_ns;
}

#endif
