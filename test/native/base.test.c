// Errors' names, byte order, clocks.

#include "base/bytes.h"
#include "base/error.h"
#include "base/monotonic.h"
#include "support/check.h"

static void every_error_has_a_name_of_its_own(void) {
  for (int i = DP_OK; i <= DP_CLOSED; i++) {
    CHECK(strcmp(dp_error_name((dp_error)i), "unknown") != 0);
    for (int k = DP_OK; k < i; k++) CHECK(strcmp(dp_error_name((dp_error)i), dp_error_name((dp_error)k)) != 0);
  }
  CHECK_TEXT(dp_error_name(DP_NO_PORT), "no-port");
  CHECK_TEXT(dp_error_name((dp_error)4711), "unknown");
}

static void numbers_are_big_endian(void) {
  const uint8_t wire[8] = {0x81, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x88};
  CHECK_EQUAL(bytes_load_u16(wire), 0x8102);
  CHECK_EQUAL(bytes_load_u24(wire), 0x810203);
  CHECK_EQUAL(bytes_load_u32(wire), UINT32_C(0x81020304));
  CHECK(bytes_load_u64(wire) == UINT64_C(0x8102030405060788));
  uint8_t written[8];
  bytes_store_u64(written, UINT64_C(0x8102030405060788));
  CHECK_BYTES(written, wire, 8);
  bytes_store_u32(written, UINT32_C(0x81020304));
  bytes_store_u24(written + 4, 0x050607);
  CHECK_BYTES(written, wire, 7);
  bytes_store_u16(written, 0x8102);
  CHECK_BYTES(written, wire, 2);
}

static void clocks_go_forward(void) {
  uint64_t before = monotonic_now_ns();
  uint64_t after = monotonic_now_ns();
  CHECK(after >= before);
  // A wall clock in this century.
  CHECK(wallclock_now_ns() / NS_PER_SECOND < UINT64_C(4102444800));
}

int main(void) {
  TEST(every_error_has_a_name_of_its_own);
  TEST(numbers_are_big_endian);
  TEST(clocks_go_forward);
  return test_summary("base");
}
