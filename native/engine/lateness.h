// How late packets left: a histogram that one thread counts into and another reads. Buckets of 10 µs up to 1 ms, of
// 100 µs up to 10 ms, of 1 ms up to 75 ms, and the rest.
//
// Leaves out: percentiles; whoever reads makes them.

#ifndef DOORPHONE_ENGINE_LATENESS_H
#define DOORPHONE_ENGINE_LATENESS_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#define LATENESS_BUCKETS 256

/** Zero-initialised is empty. */
struct lateness {
  _Atomic uint64_t packets[LATENESS_BUCKETS];
};

/** Counts a packet that left `late_ns` after its time. One thread. */
void lateness_count(struct lateness *lateness, uint64_t late_ns);

/** The greatest lateness that bucket `at` holds; UINT64_MAX for the last. */
uint64_t lateness_upper_ns(size_t at);

#endif
