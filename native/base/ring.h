// A ring of fixed-size records between exactly one producer thread and one consumer thread. Neither waits, locks or
// allocates; a full ring refuses the record and counts it.
//
// Leaves out: waking the other side (an eventfd is the caller's), more than one producer or consumer.

#ifndef DOORPHONE_BASE_RING_H
#define DOORPHONE_BASE_RING_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/** Far enough apart that two cores never share the line of each other's index. */
#define RING_CACHE_LINE 64

/** Memory for `capacity` records of `record_bytes` each. */
#define RING_STORAGE_BYTES(record_bytes, capacity) ((record_bytes) * (capacity))

/** Fields are the ring's own. Each group is written by one thread only. */
struct ring {
  uint8_t *storage;
  size_t record_bytes;
  size_t mask;
  uint8_t pad_constant[RING_CACHE_LINE];
  atomic_size_t head; /**< Producer: records ever put. */
  size_t seen_tail;   /**< Producer: the tail when last looked at. */
  atomic_uint_fast64_t refused;
  uint8_t pad_producer[RING_CACHE_LINE];
  atomic_size_t tail; /**< Consumer: records ever taken. */
  size_t seen_head;   /**< Consumer: the head when last looked at. */
  uint8_t pad_consumer[RING_CACHE_LINE];
};

/**
 * Makes an empty ring over the caller's memory, which must outlive it. Before either thread uses it.
 * @param capacity records; a power of two
 * @param storage RING_STORAGE_BYTES(record_bytes, capacity) bytes, any alignment
 * @return DP_OK, DP_INVALID_ARGUMENT
 */
dp_error ring_init(struct ring *ring, void *storage, size_t record_bytes, size_t capacity);

/** Copies a record in. Producer thread. @return false: full; the record was not taken, and is counted as refused */
bool ring_put(struct ring *ring, const void *record);

/** Copies the oldest record out. Consumer thread. @return false: empty */
bool ring_get(struct ring *ring, void *record);

/** How many records wait. Any thread; exact only on the two threads of the ring. */
size_t ring_count(const struct ring *ring);

/** How many records a full ring has refused since ring_init. Any thread. */
uint64_t ring_refused(const struct ring *ring);

#endif
