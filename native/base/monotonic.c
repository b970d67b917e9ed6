// See monotonic.h.

#define _POSIX_C_SOURCE 200809L

#include "base/monotonic.h"

#include <time.h>

static uint64_t read_clock(clockid_t id) {
  struct timespec now = {0};
  // Cannot fail for these two clocks with a valid pointer (clock_gettime(2)).
  (void)clock_gettime(id, &now);
  return (uint64_t)now.tv_sec * NS_PER_SECOND + (uint64_t)now.tv_nsec;
}

uint64_t monotonic_now_ns(void) { return read_clock(CLOCK_MONOTONIC); }

uint64_t wallclock_now_ns(void) { return read_clock(CLOCK_REALTIME); }
