// See statistics.h.

#include "engine/statistics.h"

#include <string.h>

void statistics_init(struct stream_statistics *statistics) {
  memset(statistics, 0, sizeof *statistics);
  statistics->round_trip_ns = STATISTICS_UNKNOWN;
  statistics->remote_loss_256ths = STATISTICS_UNKNOWN;
  statistics->opinion_hundredths = STATISTICS_UNKNOWN;
  statistics->remote_opinion_hundredths = STATISTICS_UNKNOWN;
  statistics->first_sent_ns = STATISTICS_UNKNOWN;
  statistics->first_received_ns = STATISTICS_UNKNOWN;
  statistics->last_received_ns = STATISTICS_UNKNOWN;
}

void statistics_publish(struct statistics_board *board, const struct stream_statistics *statistics) {
  uint64_t words[STATISTICS_WORDS];
  memcpy(words, statistics, sizeof words);
  unsigned sequence = atomic_load_explicit(&board->sequence, memory_order_relaxed);
  atomic_store_explicit(&board->sequence, sequence + 1, memory_order_relaxed);
  // Release on each word rather than a fence: a reader that sees a new word also sees the odd sequence before it.
  for (size_t at = 0; at < STATISTICS_WORDS; at++) {
    atomic_store_explicit(&board->words[at], words[at], memory_order_release);
  }
  atomic_store_explicit(&board->sequence, sequence + 2, memory_order_release);
}

void statistics_read(struct statistics_board *board, struct stream_statistics *statistics) {
  uint64_t words[STATISTICS_WORDS];
  unsigned before;
  unsigned after;
  do {
    before = atomic_load_explicit(&board->sequence, memory_order_acquire);
    for (size_t at = 0; at < STATISTICS_WORDS; at++) {
      words[at] = atomic_load_explicit(&board->words[at], memory_order_acquire);
    }
    after = atomic_load_explicit(&board->sequence, memory_order_relaxed);
  } while (before != after || (before & 1u) != 0);
  memcpy(statistics, words, sizeof words);
}
