// What has come for the streams, taken before each turn and not when it comes: sound waits for its turn in any case, the
// kernel's stamps say when it came, and each time that the thread wakes costs more than what it does for a packet. Media thread.

#ifndef DOORPHONE_ENGINE_ARRIVALS_H
#define DOORPHONE_ENGINE_ARRIVALS_H

#include <stdbool.h>
#include <stddef.h>

struct engine;

/** From now on the stream's sockets are looked at; after they were exchanged under their numbers, the new ones. */
void arrivals_watch(const struct engine *engine, size_t slot);

/** Before the sockets are closed. */
void arrivals_unwatch(const struct engine *engine, size_t slot);

/** Takes some datagrams of each socket that has any. @return whether there may be more */
bool arrivals_take(struct engine *engine);

#endif
