// See srtp-replay.h.

#include "srtp/srtp-replay.h"

uint64_t srtp_estimate_index(uint64_t highest, uint16_t sequence) {
  uint64_t roll_over = highest >> 16;
  int32_t distance = (int32_t)sequence - (int32_t)(highest & 0xFFFF);
  // Appendix A. Before roll-over 0 there is nothing: there a great distance can only be a step forward.
  if (distance > 0x8000 && roll_over > 0)
    roll_over--;
  else if (distance < -0x8000)
    roll_over++;
  return roll_over << 16 | sequence;
}

dp_error srtp_replay_check(const struct srtp_replay *replay, uint64_t index) {
  if (index > replay->highest) return DP_OK;
  uint64_t behind = replay->highest - index;
  if (behind >= SRTP_REPLAY_WINDOW) return DP_TOO_OLD;
  return replay->seen[behind / 64] >> (behind % 64) & 1 ? DP_REPLAYED : DP_OK;
}

/** Moves the window `ahead` indices on; what falls out of it is forgotten. */
static void move_window(struct srtp_replay *replay, uint64_t ahead) {
  if (ahead >= SRTP_REPLAY_WINDOW) {
    replay->seen[0] = 0;
    replay->seen[1] = 0;
  } else if (ahead >= 64) {
    replay->seen[1] = replay->seen[0] << (ahead - 64);
    replay->seen[0] = 0;
  } else {
    replay->seen[1] = replay->seen[1] << ahead | replay->seen[0] >> (64 - ahead);
    replay->seen[0] <<= ahead;
  }
}

void srtp_replay_add(struct srtp_replay *replay, uint64_t index) {
  if (index > replay->highest) {
    move_window(replay, index - replay->highest);
    replay->highest = index;
  }
  uint64_t behind = replay->highest - index;
  if (behind < SRTP_REPLAY_WINDOW) replay->seen[behind / 64] |= UINT64_C(1) << (behind % 64);
}

void srtp_replay_start(struct srtp_replay *replay, uint64_t index) {
  replay->highest = index;
  replay->seen[0] = 1;
  replay->seen[1] = 0;
}
