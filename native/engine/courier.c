// The thread between the media thread and the rest: it may wait, lock and allocate. It wakes JavaScript by a thread-safe
// call, and holds what arrives on the media's sockets and is no media: DTLS handshakes, ICE's checks. See engine.h.

#include <poll.h>

#include "base/monotonic.h"
#include "engine/engine-parts.h"

static void obey(struct engine *engine, const struct courier_request *request) {
  struct channel *channel = &engine->channels[request->slot];
  switch (request->kind) {
    case COURIER_SET:
      channel_set(channel, &engine->outlet, &request->setup, monotonic_now_ns());
      break;
    case COURIER_STOP:
      channel_stop(channel);
      sem_post(&engine->courier_answer);
      break;
  }
}

static void take_requests(struct engine *engine) {
  struct courier_request request;
  while (ring_get(&engine->requests, &request)) obey(engine, &request);
}

/** A session that is over has no channel, or its slot has another session's: what comes late is dropped. */
static void take_parcels(struct engine *engine) {
  struct courier_parcel parcel;
  // At most what the ring holds, so that a flood keeps nobody waiting who closes a session.
  for (size_t at = 0; at < ENGINE_PARCELS && ring_get(&engine->parcels, &parcel); at++) {
    channel_take(&engine->channels[parcel.session % engine->sessions], &parcel, monotonic_now_ns());
  }
}

static void tick(struct engine *engine) {
  for (size_t slot = 0; slot < engine->sessions; slot++) {
    struct channel *channel = &engine->channels[slot];
    uint64_t now_ns = monotonic_now_ns();
    if (channel_due_ns(channel, now_ns) <= now_ns || channel->untold) channel_tick(channel, now_ns);
  }
}

/** How long poll may wait, in milliseconds. */
static int patience(const struct engine *engine) {
  uint64_t now_ns = monotonic_now_ns();
  uint64_t due_ns = UINT64_MAX;
  if (ring_count(&engine->parcels) > 0) return 0;
  for (size_t slot = 0; slot < engine->sessions; slot++) {
    uint64_t own_ns = channel_due_ns(&engine->channels[slot], now_ns);
    if (own_ns < due_ns) due_ns = own_ns;
  }
  if (due_ns == UINT64_MAX) return -1;
  return due_ns <= now_ns ? 0 : (int)((due_ns - now_ns) / NS_PER_MS) + 1;
}

/** See engine_feel_pulse. */
static void pass_pulse(struct engine *engine) {
  uint64_t asked = atomic_load(&engine->pulse_asked);
  if (asked == atomic_load(&engine->pulse_passed)) return;
  atomic_store(&engine->pulse_passed, asked);
  engine_ring_bell(engine->command_bell);
}

void *courier_run(void *argument) {
  struct engine *engine = argument;
  struct pollfd bell = {.fd = engine->event_bell, .events = POLLIN};
  while (!atomic_load(&engine->stopping)) {
    if (poll(&bell, 1, patience(engine)) > 0) engine_answer_bell(engine->event_bell);
    take_requests(engine);
    take_parcels(engine);
    tick(engine);
    pass_pulse(engine);
    if (ring_count(&engine->news) > 0) engine_ring_bell(engine->command_bell);
    if (ring_count(&engine->events) > 0 && !atomic_load(&engine->stopping)) engine->wake(engine->wake_context);
  }
  return NULL;
}
