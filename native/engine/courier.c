// The thread between the media thread and JavaScript: it may wait and lock, as a thread-safe call into Node does. See
// engine.h.

#include <poll.h>

#include "engine/engine-parts.h"

void *courier_run(void *argument) {
  struct engine *engine = argument;
  struct pollfd bell = {.fd = engine->event_bell, .events = POLLIN};
  while (!atomic_load(&engine->stopping)) {
    if (poll(&bell, 1, -1) <= 0) continue;
    engine_answer_bell(engine->event_bell);
    if (!atomic_load(&engine->stopping)) engine->wake(engine->wake_context);
  }
  return NULL;
}
