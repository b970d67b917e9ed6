// Figures of one stream, handed from the media thread to any reader without a lock: the writer never waits, the reader
// reads again when the writer came between (a sequence lock over atomic words, so that no word is a data race).

#ifndef DOORPHONE_ENGINE_STATISTICS_H
#define DOORPHONE_ENGINE_STATISTICS_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

/** A figure that is not known, and a stamp that is not yet taken: 0 is a value. */
#define STATISTICS_UNKNOWN UINT64_MAX

/** How a stream is protected at the moment. The numbers cross to TypeScript: src/media/layout.ts. */
enum stream_protection {
  STREAM_PLAIN = 0,
  STREAM_ENCRYPTED = 1,
  STREAM_AWAITS_KEYS = 2, /**< Nothing flows. */
  STREAM_WITHOUT_KEYS = 3 /**< The handshake has failed: nothing flows, nor will. */
};

/** Counters since a session was opened; stamps are CLOCK_MONOTONIC. All are words of 64 bits: see STATISTICS_WORDS. */
struct stream_statistics {
  uint64_t packets_sent;
  uint64_t packets_received;
  uint64_t packets_lost;
  uint64_t packets_late;
  uint64_t packets_duplicate;
  uint64_t packets_refused; /**< Not RTP, from a stranger, or not authentic. */
  uint64_t frames_concealed;
  uint64_t jitter_ns; /**< RFC 3550 §6.4.1 */
  uint64_t jitter_buffer_ns;
  uint64_t round_trip_ns;
  uint64_t remote_loss_256ths; /**< "Fraction lost" of the peer's last report (RFC 3550 §6.4.1). */
  uint64_t opinion_hundredths;        /**< Mean opinion score of what is heard, as estimated here, times 100. */
  uint64_t remote_opinion_hundredths; /**< Of what the peer hears, as it has reported (RFC 3611 §4.7.5). */
  uint64_t first_sent_ns;
  uint64_t first_received_ns;
  uint64_t last_received_ns;
  uint64_t max_lateness_ns;
  uint64_t protection; /**< enum stream_protection */
};

#define STATISTICS_WORDS (sizeof(struct stream_statistics) / sizeof(uint64_t))

/** What one thread writes and others read. Zero-initialised is empty. */
struct statistics_board {
  atomic_uint sequence; /**< Odd while a write is under way. */
  _Atomic uint64_t words[STATISTICS_WORDS];
};

/** All counters 0, everything else unknown. */
void statistics_init(struct stream_statistics *statistics);

/** Shows new figures. Whichever thread holds the stream. */
void statistics_publish(struct statistics_board *board, const struct stream_statistics *statistics);

/** Reads figures that belong together. Any thread. */
void statistics_read(struct statistics_board *board, struct stream_statistics *statistics);

#endif
