// A small test harness: named tests, checks that say where and what, a summary line that ../run adds up.
//
//   static void wraps_at_16_bits(void) { CHECK_EQUAL(extend(65535, 0), 65536); }
//   int main(void) {
//     TEST(wraps_at_16_bits);
//     return test_summary("sequence");
//   }
//
// One executable a file; not thread-safe: check on the main thread.

#ifndef DOORPHONE_TEST_SUPPORT_CHECK_H
#define DOORPHONE_TEST_SUPPORT_CHECK_H

#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned test_passed;
static unsigned test_failed;
static bool test_ok;

static inline void test_fault(const char *file, int line, const char *what) {
  printf("  %s:%d: %s\n", file, line, what);
  test_ok = false;
}

static inline void test_equal(const char *file, int line, const char *name, int64_t actual, int64_t expected) {
  if (actual == expected) return;
  char what[400];
  snprintf(what, sizeof what, "%s is %" PRId64 ", not %" PRId64, name, actual, expected);
  test_fault(file, line, what);
}

static inline void test_within(const char *file, int line, const char *name, double actual, const double limits[2]) {
  if (actual >= limits[0] && actual <= limits[1]) return;
  char what[400];
  snprintf(what, sizeof what, "%s is %g, not within %g and %g", name, actual, limits[0], limits[1]);
  test_fault(file, line, what);
}

static inline void test_text(const char *file, int line, const char *name, const char *actual, const char *expected) {
  if (strcmp(actual, expected) == 0) return;
  printf("  %s:%d: %s is \"%s\", not \"%s\"\n", file, line, name, actual, expected);
  test_ok = false;
}

#define CHECK(condition)                                                       \
  do {                                                                         \
    if (!(condition)) test_fault(__FILE__, __LINE__, "not true: " #condition); \
  } while (0)

/** Integers of any width up to 64 bits. */
#define CHECK_EQUAL(actual, expected) test_equal(__FILE__, __LINE__, #actual, (int64_t)(actual), (int64_t)(expected))

/** Numbers within a closed interval. */
#define CHECK_WITHIN(actual, low, high) \
  test_within(__FILE__, __LINE__, #actual, (double)(actual), (const double[2]){(double)(low), (double)(high)})

#define CHECK_BYTES(actual, expected, length)                                                            \
  do {                                                                                                   \
    if (memcmp((actual), (expected), (length)) != 0) test_fault(__FILE__, __LINE__, #actual " differs"); \
  } while (0)

#define CHECK_TEXT(actual, expected) test_text(__FILE__, __LINE__, #actual, actual, expected)

static inline void test_run(const char *name, void (*test)(void)) {
  test_ok = true;
  test();
  printf("%s %s\n", test_ok ? "ok  " : "FAIL", name);
  if (test_ok)
    test_passed++;
  else
    test_failed++;
}

#define TEST(function) test_run(#function, function)

/** Prints the line that the runner reads. @return main's exit code */
static inline int test_summary(const char *name) {
  printf("%s: %u passed, %u failed\n", name, test_passed, test_failed);
  return test_failed ? 1 : 0;
}

/** Reads hexadecimal text (blanks allowed) into bytes; ends the test program when it is no such text or too long. */
static inline size_t test_from_hex(const char *text, uint8_t *bytes, size_t capacity) {
  size_t length = 0;
  int high = -1;
  for (const char *at = text; *at; at++) {
    int digit = -1;
    if (*at >= '0' && *at <= '9')
      digit = *at - '0';
    else if (*at >= 'a' && *at <= 'f')
      digit = *at - 'a' + 10;
    else if (*at >= 'A' && *at <= 'F')
      digit = *at - 'A' + 10;
    else if (*at == ' ' || *at == '\n')
      continue;
    if (digit < 0 || length >= capacity) abort();
    if (high < 0) {
      high = digit;
    } else {
      bytes[length++] = (uint8_t)(high << 4 | digit);
      high = -1;
    }
  }
  if (high >= 0) abort();
  return length;
}

/** A seeded generator (xorshift64*), so that a failure can be had again. */
static inline uint64_t test_random(uint64_t *state) {
  *state ^= *state >> 12;
  *state ^= *state << 25;
  *state ^= *state >> 27;
  return *state * UINT64_C(2685821657736338717);
}

#endif
