// See lateness.h.

#include "engine/lateness.h"

#include "base/monotonic.h"

#define FINE 100u  // buckets of 10 µs
#define MIDDLE 90u // buckets of 100 µs

static size_t bucket_of(uint64_t late_ns) {
  if (late_ns == 0) return 0;
  // A bucket holds what is greater than the bound before it and at most its own.
  uint64_t before = late_ns - 1;
  if (before < NS_PER_MS) return (size_t)(before / (10 * NS_PER_US));
  if (before < 10 * NS_PER_MS) return FINE + (size_t)((before - NS_PER_MS) / (100 * NS_PER_US));
  uint64_t coarse = FINE + MIDDLE + (before - 10 * NS_PER_MS) / NS_PER_MS;
  return coarse < LATENESS_BUCKETS ? (size_t)coarse : LATENESS_BUCKETS - 1;
}

void lateness_count(struct lateness *lateness, uint64_t late_ns) {
  atomic_fetch_add_explicit(&lateness->packets[bucket_of(late_ns)], 1, memory_order_relaxed);
}

uint64_t lateness_upper_ns(size_t at) {
  if (at < FINE) return (at + 1) * 10 * NS_PER_US;
  if (at < FINE + MIDDLE) return NS_PER_MS + (at - FINE + 1) * 100 * NS_PER_US;
  if (at < LATENESS_BUCKETS - 1) return (10 + (at - FINE - MIDDLE) + 1) * NS_PER_MS;
  return UINT64_MAX;
}
