// See arrivals.h.

#define _GNU_SOURCE

#include "engine/arrivals.h"

#include <sys/epoll.h>

#include "engine/engine-parts.h"

/** Datagrams that are taken from one socket before others are looked at again. */
#define DATAGRAMS_A_ROUND (4 * SOCKETS_BATCH)
/** Sockets that are seen to in one round; the kernel gives the others their turn in the next. */
#define READY_A_ROUND 64

/** What an epoll event is about: the slot in the upper bits, one of these in the lowest. */
enum source { SOURCE_RTP, SOURCE_RTCP, SOURCE_COUNT };

static void watch(const struct engine *engine, int descriptor, size_t slot, enum source source) {
  struct epoll_event event = {.events = EPOLLIN, .data.u64 = slot * SOURCE_COUNT + source};
  (void)epoll_ctl(engine->arrivals, EPOLL_CTL_ADD, descriptor, &event);
}

void arrivals_watch(const struct engine *engine, size_t slot) {
  const struct sockets_pair *sockets = &engine->streams[slot].sockets;
  watch(engine, sockets->rtp, slot, SOURCE_RTP);
  watch(engine, sockets->rtcp, slot, SOURCE_RTCP);
}

void arrivals_unwatch(const struct engine *engine, size_t slot) {
  const struct sockets_pair *sockets = &engine->streams[slot].sockets;
  (void)epoll_ctl(engine->arrivals, EPOLL_CTL_DEL, sockets->rtp, NULL);
  (void)epoll_ctl(engine->arrivals, EPOLL_CTL_DEL, sockets->rtcp, NULL);
}

/** @return whether there may be more */
static bool receive(struct engine *engine, size_t slot, enum source source) {
  struct stream *stream = &engine->streams[slot];
  struct sockets_batch batch;
  int descriptor = source == SOURCE_RTP ? stream->sockets.rtp : stream->sockets.rtcp;
  size_t come = SOCKETS_BATCH;
  for (size_t taken = 0; taken < DATAGRAMS_A_ROUND && come == SOCKETS_BATCH; taken += come) {
    come = sockets_receive_batch(descriptor, &batch);
    for (size_t at = 0; at < come; at++) {
      if (source == SOURCE_RTP) stream_input_take(stream, &engine->context, batch.bytes[at], &batch.datagrams[at]);
      else stream_report_receive(stream, &engine->context, batch.bytes[at], &batch.datagrams[at]);
    }
  }
  return come == SOCKETS_BATCH;
}

bool arrivals_take(struct engine *engine) {
  struct epoll_event ready[READY_A_ROUND];
  int count = epoll_wait(engine->arrivals, ready, READY_A_ROUND, 0);
  bool more = count == READY_A_ROUND;
  for (int at = 0; at < count; at++) {
    uint64_t about = ready[at].data.u64;
    more = receive(engine, (size_t)(about / SOURCE_COUNT), (enum source)(about % SOURCE_COUNT)) || more;
  }
  return more;
}
