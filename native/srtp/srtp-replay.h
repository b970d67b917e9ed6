// Packet index and replay window (RFC 3711 §3.3.1, §3.3.2, appendix A). Looking and adding are two functions, so that
// nothing moves before a packet is known to be authentic. Pure; no key, no crypto.

#ifndef DOORPHONE_SRTP_SRTP_REPLAY_H
#define DOORPHONE_SRTP_SRTP_REPLAY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

/** Entries of the window; RFC 3711 §3.3.2 asks for 64 at least. */
#define SRTP_REPLAY_WINDOW 128

/** The highest index seen and which of those before it were seen. `highest` counts only when the owner says so. */
struct srtp_replay {
  uint64_t highest;
  uint64_t seen[2]; /**< Bit i: `highest - i` was seen. */
};

/**
 * The index of a packet by the estimate of appendix A: the roll-over counter among ROC-1, ROC, ROC+1 that brings the
 * sequence number nearest to the highest index.
 * @param highest the highest index seen
 */
uint64_t srtp_estimate_index(uint64_t highest, uint16_t sequence);

/** Whether an index is new to the window. @return DP_OK, DP_REPLAYED, DP_TOO_OLD */
dp_error srtp_replay_check(const struct srtp_replay *replay, uint64_t index);

/** Marks an index as seen and moves the window. After srtp_replay_check only. */
void srtp_replay_add(struct srtp_replay *replay, uint64_t index);

/** Begins a window at its first index. */
void srtp_replay_start(struct srtp_replay *replay, uint64_t index);

#endif
