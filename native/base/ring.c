// See ring.h. Head and tail count records without end; the position in the storage is their low bits. An index is
// published with release and looked at with acquire, which carries the record's bytes across; each side keeps the last
// seen value of the other's index, so that the shared cache line is fetched only when the ring looks full or empty.

#include "base/ring.h"

#include <string.h>

dp_error ring_init(struct ring *ring, void *storage, size_t record_bytes, size_t capacity) {
  if (!ring || !storage || record_bytes == 0) return DP_INVALID_ARGUMENT;
  if (capacity == 0 || (capacity & (capacity - 1)) != 0 || capacity > SIZE_MAX / record_bytes)
    return DP_INVALID_ARGUMENT;
  ring->storage = storage;
  ring->record_bytes = record_bytes;
  ring->mask = capacity - 1;
  ring->seen_tail = 0;
  ring->seen_head = 0;
  atomic_init(&ring->head, 0);
  atomic_init(&ring->tail, 0);
  atomic_init(&ring->refused, 0);
  return DP_OK;
}

bool ring_put(struct ring *ring, const void *record) {
  size_t head = atomic_load_explicit(&ring->head, memory_order_relaxed);
  if (head - ring->seen_tail > ring->mask) {
    ring->seen_tail = atomic_load_explicit(&ring->tail, memory_order_acquire);
    if (head - ring->seen_tail > ring->mask) {
      atomic_fetch_add_explicit(&ring->refused, 1, memory_order_relaxed);
      return false;
    }
  }
  memcpy(ring->storage + (head & ring->mask) * ring->record_bytes, record, ring->record_bytes);
  atomic_store_explicit(&ring->head, head + 1, memory_order_release);
  return true;
}

bool ring_get(struct ring *ring, void *record) {
  size_t tail = atomic_load_explicit(&ring->tail, memory_order_relaxed);
  if (ring->seen_head == tail) {
    ring->seen_head = atomic_load_explicit(&ring->head, memory_order_acquire);
    if (ring->seen_head == tail) return false;
  }
  memcpy(record, ring->storage + (tail & ring->mask) * ring->record_bytes, ring->record_bytes);
  atomic_store_explicit(&ring->tail, tail + 1, memory_order_release);
  return true;
}

size_t ring_count(const struct ring *ring) {
  // Tail first: the head read later is never behind it.
  size_t tail = atomic_load_explicit(&ring->tail, memory_order_acquire);
  size_t head = atomic_load_explicit(&ring->head, memory_order_acquire);
  size_t count = head - tail;
  return count > ring->mask + 1 ? ring->mask + 1 : count;
}

uint64_t ring_refused(const struct ring *ring) { return atomic_load_explicit(&ring->refused, memory_order_relaxed); }
