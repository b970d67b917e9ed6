// What grows with the number of sessions: made with the engine, never after it. See engine-parts.h.

#include <stdlib.h>

#include "engine/engine-parts.h"
#include "engine/realtime.h"

/** Commands of one session that may wait. */
#define COMMANDS_A_SESSION 8
/** Keys that a command may give back, and more: see engine_collect. */
#define RETIRED_A_COMMAND 8

/** A ring wants a power of two. */
static size_t power_of_two(size_t least) {
  size_t power = 1;
  while (power < least) power *= 2;
  return power;
}

static dp_error open_ring(struct ring *ring, void **storage, size_t record_bytes, size_t capacity) {
  *storage = calloc(capacity, record_bytes);
  if (!*storage) return DP_SYSTEM;
  return ring_init(ring, *storage, record_bytes, capacity);
}

dp_error engine_open_pools(struct engine *engine, size_t sessions) {
  engine->sessions = sessions;
  engine->command_room = power_of_two(sessions * COMMANDS_A_SESSION);
  engine->slots = calloc(sessions, sizeof *engine->slots);
  engine->boards = calloc(sessions, sizeof *engine->boards);
  engine->open = calloc(sessions, sizeof *engine->open);
  engine->due_media_ns = calloc(sessions, sizeof *engine->due_media_ns);
  engine->streams = calloc(sessions, sizeof *engine->streams);
  engine->channels = calloc(sessions, sizeof *engine->channels);
  if (!engine->slots || !engine->boards || !engine->open || !engine->due_media_ns || !engine->streams ||
      !engine->channels) {
    return DP_SYSTEM;
  }
  for (size_t slot = 0; slot < sessions; slot++) engine->due_media_ns[slot] = UINT64_MAX;
  size_t room = engine->command_room;
  dp_error error = open_ring(&engine->commands, &engine->command_storage, sizeof(struct engine_command), room);
  if (error != DP_OK) return error;
  return open_ring(&engine->retired, &engine->retired_storage, sizeof(struct engine_retired), room * RETIRED_A_COMMAND);
}

void engine_close_pools(struct engine *engine) {
  free(engine->slots);
  free(engine->boards);
  free(engine->open);
  free(engine->due_media_ns);
  free(engine->streams);
  free(engine->channels);
  free(engine->command_storage);
  free(engine->retired_storage);
}

bool engine_lock_pools(const struct engine *engine) {
  size_t sessions = engine->sessions;
  bool locked = realtime_lock_memory(engine->boards, sessions * sizeof *engine->boards);
  locked &= realtime_lock_memory(engine->open, sessions * sizeof *engine->open);
  locked &= realtime_lock_memory(engine->due_media_ns, sessions * sizeof *engine->due_media_ns);
  locked &= realtime_lock_memory(engine->streams, sessions * sizeof *engine->streams);
  locked &= realtime_lock_memory(engine->command_storage, engine->command_room * sizeof(struct engine_command));
  locked &= realtime_lock_memory(engine->retired_storage,
                                 engine->command_room * RETIRED_A_COMMAND * sizeof(struct engine_retired));
  return locked;
}
