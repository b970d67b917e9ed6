// How losses lie: bursts of them, and gaps between bursts in which they stand alone (RFC 3611 §4.7.2). A packet that came
// too late is lost here too. Pure; one owner.

#ifndef DOORPHONE_RTP_LOSS_PATTERN_H
#define DOORPHONE_RTP_LOSS_PATTERN_H

#include <stdint.h>

/** So many packets received in a row end a burst; the value that §4.7.2 recommends. */
#define LOSS_PATTERN_GMIN 16

/** Packets of which some are lost. */
struct loss_count {
  uint32_t packets;
  uint32_t lost;
};

/** Zero-initialised: nothing has come. */
struct loss_pattern {
  struct loss_count all;
  struct loss_count bursts; /**< In those that are over. */
  uint32_t burst_count;
  struct loss_count latest; /**< From a loss on: a burst where it holds two or more. */
  uint32_t received_since;  /**< Since the latest loss. */
  uint32_t runs;            /**< Of losses without a packet between them. */
};

/** Bursts and gaps up to now. */
struct loss_summary {
  struct loss_count bursts;
  uint32_t burst_count;
  struct loss_count gaps;
  uint32_t gap_count;
};

void loss_pattern_received(struct loss_pattern *pattern);

/** @param count packets in a row */
void loss_pattern_lost(struct loss_pattern *pattern, uint32_t count);

/** As if Gmin packets followed. */
void loss_pattern_summarize(const struct loss_pattern *pattern, struct loss_summary *summary);

/** Packets without sound, of 1: 0 where none has come. */
double loss_pattern_share(const struct loss_pattern *pattern);

/** How much longer losses in a row are than chance would have them; at least 1 (ITU-T G.107 §3.5, BurstR). */
double loss_pattern_burstiness(const struct loss_pattern *pattern);

#endif
