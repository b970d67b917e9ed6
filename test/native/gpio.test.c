// GPIO by the character device, as far as it goes without a kernel that has chips: what is no chip is refused, and edges are
// read as the kernel writes them.

#define _GNU_SOURCE

#include "gpio/gpio.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/gpio.h>
#include <string.h>
#include <unistd.h>

#include "support/check.h"

static void a_file_that_is_no_chip_is_refused(void) {
  CHECK_EQUAL(gpio_open("/nowhere/gpiochip0"), -ENOENT);
  CHECK_EQUAL(gpio_open("/dev/null"), -ENODEV);
  struct gpio_request request;
  memset(&request, 0, sizeof request);
  request.consumer = "test";
  CHECK_EQUAL(gpio_take(0, &request), -EINVAL);
  request.count = GPIO_MOST_LINES + 1;
  CHECK_EQUAL(gpio_take(0, &request), -EINVAL);
}

static void a_descriptor_that_is_no_line_is_refused(void) {
  uint64_t values;
  CHECK(gpio_read_values(-1, 1, &values) == -EBADF);
  CHECK(gpio_write_values(-1, 1, 1) == -EBADF);
}

static void edges_are_read_as_the_kernel_writes_them(void) {
  int ends[2];
  CHECK_EQUAL(pipe2(ends, O_NONBLOCK), 0);
  struct gpio_edge edges[4];
  CHECK_EQUAL(gpio_read_edges(ends[0], edges, 4), 0);
  struct gpio_v2_line_event events[3];
  memset(events, 0, sizeof events);
  for (uint32_t at = 0; at < 3; at++) {
    events[at].timestamp_ns = UINT64_C(1000000007) * (at + 1);
    events[at].id = at == 1 ? GPIO_V2_LINE_EVENT_FALLING_EDGE : GPIO_V2_LINE_EVENT_RISING_EDGE;
    events[at].offset = 17 + at;
    events[at].seqno = at + 1;
  }
  CHECK_EQUAL(write(ends[1], events, sizeof events), (long)sizeof events);
  CHECK_EQUAL(gpio_read_edges(ends[0], edges, 0), 0);
  CHECK_EQUAL(gpio_read_edges(ends[0], edges, 2), 2);
  CHECK_EQUAL(edges[0].offset, 17);
  CHECK(edges[0].active);
  CHECK(edges[0].at_ns == UINT64_C(1000000007));
  CHECK_EQUAL(edges[1].sequence, 2);
  CHECK(!edges[1].active);
  CHECK_EQUAL(gpio_read_edges(ends[0], edges, 4), 1);
  CHECK_EQUAL(edges[0].offset, 19);
  close(ends[0]);
  CHECK_EQUAL(gpio_read_edges(ends[0], edges, 4), -EBADF);
  close(ends[1]);
}

int main(void) {
  TEST(a_file_that_is_no_chip_is_refused);
  TEST(a_descriptor_that_is_no_line_is_refused);
  TEST(edges_are_read_as_the_kernel_writes_them);
  return test_summary("gpio");
}
