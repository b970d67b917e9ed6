// See arrivals.h.

#define _GNU_SOURCE

#include "engine/arrivals.h"

#include <sys/epoll.h>

#include "engine/engine-parts.h"

/** Datagrams that are taken from one socket before others are looked at again. */
#define DATAGRAMS_A_ROUND 32
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
  uint8_t bytes[STREAM_DATAGRAM_BYTES];
  struct sockets_datagram datagram;
  int descriptor = source == SOURCE_RTP ? stream->sockets.rtp : stream->sockets.rtcp;
  for (int taken = 0; taken < DATAGRAMS_A_ROUND; taken++) {
    if (!sockets_receive(descriptor, bytes, sizeof bytes, &datagram)) return false;
    if (source == SOURCE_RTP) stream_input_take(stream, &engine->context, bytes, &datagram);
    else stream_report_receive(stream, &engine->context, bytes, &datagram);
  }
  return true;
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
