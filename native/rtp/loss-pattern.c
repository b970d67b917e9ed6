// See loss-pattern.h.

#include "rtp/loss-pattern.h"

void loss_pattern_received(struct loss_pattern *pattern) {
  pattern->all.packets++;
  pattern->received_since++;
}

/** Is a burst over, it counts; a loss that stands alone is none. */
static void end_latest(struct loss_pattern *pattern) {
  if (pattern->latest.lost > 1) {
    pattern->bursts.packets += pattern->latest.packets;
    pattern->bursts.lost += pattern->latest.lost;
    pattern->burst_count++;
  }
  pattern->latest = (struct loss_count){0};
}

static void lose_one(struct loss_pattern *pattern) {
  if (pattern->received_since >= LOSS_PATTERN_GMIN) end_latest(pattern);
  // What was received before the first loss of a burst is not of it.
  if (pattern->latest.lost > 0) pattern->latest.packets += pattern->received_since;
  pattern->latest.packets++;
  pattern->latest.lost++;
  pattern->received_since = 0;
  pattern->all.packets++;
  pattern->all.lost++;
}

void loss_pattern_lost(struct loss_pattern *pattern, uint32_t count) {
  if (count == 0) return;
  if (pattern->received_since > 0 || pattern->all.lost == 0) pattern->runs++;
  for (uint32_t at = 0; at < count; at++) lose_one(pattern);
}

void loss_pattern_summarize(const struct loss_pattern *pattern, struct loss_summary *summary) {
  struct loss_pattern ended = *pattern;
  end_latest(&ended);
  *summary = (struct loss_summary){
      .bursts = ended.bursts,
      .burst_count = ended.burst_count,
      .gaps = {.packets = ended.all.packets - ended.bursts.packets, .lost = ended.all.lost - ended.bursts.lost},
      // One before each burst, and one behind the last.
      .gap_count = ended.all.packets > 0 ? ended.burst_count + 1 : 0,
  };
}

double loss_pattern_share(const struct loss_pattern *pattern) {
  return pattern->all.packets == 0 ? 0 : (double)pattern->all.lost / pattern->all.packets;
}

double loss_pattern_burstiness(const struct loss_pattern *pattern) {
  if (pattern->runs == 0) return 1;
  // By chance a run of losses is 1 / (1 - share) long.
  double ratio = (double)pattern->all.lost / pattern->runs * (1 - loss_pattern_share(pattern));
  return ratio < 1 ? 1 : ratio;
}
