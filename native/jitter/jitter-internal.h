// What the two halves of the jitter buffer share. Private to jitter/.

#ifndef DOORPHONE_JITTER_JITTER_INTERNAL_H
#define DOORPHONE_JITTER_JITTER_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/monotonic.h"
#include "jitter/jitter-buffer.h"

/** Timestamp units as nanoseconds, without overflow for any unwrapped timestamp. */
int64_t jitter_samples_ns(const struct jitter_buffer *buffer, int64_t samples);

/** The first slot of those whose bits are set, at least one is; clears its bit. */
static inline size_t jitter_next_slot(uint64_t *slots) {
  size_t slot = (size_t)__builtin_ctzll(*slots);
  *slots &= *slots - 1;
  return slot;
}

/** A slot holds no packet any more; its bytes stay until a put needs it. */
static inline void jitter_free_slot(struct jitter_buffer *buffer, const struct jitter_slot *slot) {
  buffer->used &= ~(UINT64_C(1) << (slot - buffer->slots));
}

/** A pause lasts until the next packet, so what tells of the last one is never over. */
static inline bool jitter_pause_lasts(const struct jitter_buffer *buffer, bool pause, uint16_t sequence) {
  return pause && sequence == buffer->newest_sequence;
}

/** Forgets the stream, keeps options and counters; the next packet begins anew. */
void jitter_forget_stream(struct jitter_buffer *buffer);

#endif
