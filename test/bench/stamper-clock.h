// The one clock of the bench's stamps.

#ifndef STAMPER_CLOCK_H
#define STAMPER_CLOCK_H

#include <stdint.h>
#include <time.h>

/** CLOCK_REALTIME in nanoseconds: the clock of the kernel's receive stamps. */
static inline uint64_t clock_realtime_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

#endif
