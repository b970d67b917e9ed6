// Times as native/bench/media.c takes them: the best of many short runs, since other load only ever adds.

#ifndef TIMING_H
#define TIMING_H

#include <stdint.h>
#include <time.h>

enum { RUNS = 400, FRAME = 160, FRAMES = 256, PACKETS = 1000, PACKET_OCTETS = 172 };

static inline uint64_t timing_now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static inline void timing_keep_best(uint64_t *best_ns, uint64_t started_ns, uint64_t ended_ns) {
  if (ended_ns - started_ns < *best_ns) *best_ns = ended_ns - started_ns;
}

#endif
