// The ring: order, refusal, wrap of the indices, and two threads at once (also built with the thread sanitizer).

#include "base/ring.h"

#include <pthread.h>
#include <sched.h>

#include "support/check.h"

static void refuses_bad_arguments(void) {
  struct ring ring;
  uint8_t storage[64];
  CHECK_EQUAL(ring_init(&ring, storage, 4, 3), DP_INVALID_ARGUMENT);
  CHECK_EQUAL(ring_init(&ring, storage, 4, 0), DP_INVALID_ARGUMENT);
  CHECK_EQUAL(ring_init(&ring, storage, 0, 4), DP_INVALID_ARGUMENT);
  CHECK_EQUAL(ring_init(&ring, NULL, 4, 4), DP_INVALID_ARGUMENT);
  CHECK_EQUAL(ring_init(&ring, storage, 16, ((size_t)1 << (sizeof(size_t) * 8 - 1))), DP_INVALID_ARGUMENT);
}

static void gives_back_in_order(void) {
  struct ring ring;
  uint32_t storage[4];
  CHECK_EQUAL(ring_init(&ring, storage, sizeof(uint32_t), 4), DP_OK);
  uint32_t out = 99;
  CHECK(!ring_get(&ring, &out));
  CHECK_EQUAL(out, 99);
  for (uint32_t i = 0; i < 3; i++) CHECK(ring_put(&ring, &i));
  CHECK_EQUAL(ring_count(&ring), 3);
  for (uint32_t i = 0; i < 3; i++) {
    CHECK(ring_get(&ring, &out));
    CHECK_EQUAL(out, i);
  }
  CHECK(!ring_get(&ring, &out));
}

static void full_refuses_counts_and_keeps_what_it_has(void) {
  struct ring ring;
  uint16_t storage[2];
  CHECK_EQUAL(ring_init(&ring, storage, sizeof(uint16_t), 2), DP_OK);
  uint16_t value = 7;
  CHECK(ring_put(&ring, &value));
  value = 8;
  CHECK(ring_put(&ring, &value));
  value = 9;
  CHECK(!ring_put(&ring, &value));
  CHECK(!ring_put(&ring, &value));
  CHECK_EQUAL(ring_refused(&ring), 2);
  CHECK_EQUAL(ring_count(&ring), 2);
  CHECK(ring_get(&ring, &value));
  CHECK_EQUAL(value, 7);
  value = 10;
  CHECK(ring_put(&ring, &value));
  CHECK(ring_get(&ring, &value));
  CHECK_EQUAL(value, 8);
  CHECK(ring_get(&ring, &value));
  CHECK_EQUAL(value, 10);
}

static void survives_the_wrap_of_its_indices(void) {
  struct ring ring;
  uint8_t storage[4];
  CHECK_EQUAL(ring_init(&ring, storage, 1, 4), DP_OK);
  // As if it had run for ages: both indices just before the end of size_t.
  atomic_store(&ring.head, SIZE_MAX - 1);
  atomic_store(&ring.tail, SIZE_MAX - 1);
  ring.seen_head = ring.seen_tail = SIZE_MAX - 1;
  for (uint8_t i = 0; i < 4; i++) CHECK(ring_put(&ring, &i));
  uint8_t out = 0;
  CHECK(!ring_put(&ring, &out));
  for (uint8_t i = 0; i < 4; i++) {
    CHECK(ring_get(&ring, &out));
    CHECK_EQUAL(out, i);
  }
  CHECK(!ring_get(&ring, &out));
}

enum { RECORDS = 200000 };

struct record {
  uint32_t number;
  uint32_t copies[6];
};

static void *produce(void *argument) {
  struct ring *ring = argument;
  for (uint32_t i = 0; i < RECORDS;) {
    struct record record = {.number = i};
    for (size_t k = 0; k < 6; k++) record.copies[k] = i ^ (uint32_t)k;
    if (ring_put(ring, &record))
      i++;
    else
      sched_yield();
  }
  return NULL;
}

static void two_threads_lose_and_tear_nothing(void) {
  static struct record storage[16];
  struct ring ring;
  CHECK_EQUAL(ring_init(&ring, storage, sizeof(struct record), 16), DP_OK);
  pthread_t producer;
  CHECK_EQUAL(pthread_create(&producer, NULL, produce, &ring), 0);
  uint32_t wrong = 0;
  for (uint32_t expected = 0; expected < RECORDS;) {
    struct record record;
    if (ring_count(&ring) > 16) wrong++;
    if (!ring_get(&ring, &record)) {
      sched_yield();
      continue;
    }
    if (record.number != expected) wrong++;
    for (size_t k = 0; k < 6; k++) {
      if (record.copies[k] != (record.number ^ (uint32_t)k)) wrong++;
    }
    expected++;
  }
  pthread_join(producer, NULL);
  CHECK_EQUAL(wrong, 0);
  CHECK_EQUAL(ring_count(&ring), 0);
}

static void indices_are_a_cache_line_apart(void) {
  CHECK(offsetof(struct ring, tail) - offsetof(struct ring, head) >= RING_CACHE_LINE);
  CHECK(offsetof(struct ring, head) - offsetof(struct ring, mask) >= RING_CACHE_LINE);
}

int main(void) {
  TEST(refuses_bad_arguments);
  TEST(gives_back_in_order);
  TEST(full_refuses_counts_and_keeps_what_it_has);
  TEST(survives_the_wrap_of_its_indices);
  TEST(two_threads_lose_and_tear_nothing);
  TEST(indices_are_a_cache_line_apart);
  return test_summary("ring");
}
