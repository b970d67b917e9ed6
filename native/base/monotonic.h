// Monotonic time, in nanoseconds. The only place of the native code that reads a clock: everything else takes the time
// as an argument, so that a test can be its clock. Any thread; no system call where the vDSO serves it.

#ifndef DOORPHONE_BASE_MONOTONIC_H
#define DOORPHONE_BASE_MONOTONIC_H

#include <stdint.h>

#define NS_PER_SECOND UINT64_C(1000000000)
#define NS_PER_MS UINT64_C(1000000)
#define NS_PER_US UINT64_C(1000)

/** Nanoseconds of CLOCK_MONOTONIC: never steps, starts anywhere. */
uint64_t monotonic_now_ns(void);

/** Nanoseconds since 1970 of CLOCK_REALTIME: steps when the clock is set. For RTCP's NTP timestamps only. */
uint64_t wallclock_now_ns(void);

#endif
