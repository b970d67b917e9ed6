// See gpio.h.

#define _GNU_SOURCE

#include "gpio/gpio.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/gpio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

_Static_assert(GPIO_NAME_BYTES == GPIO_MAX_NAME_SIZE, "names are as long as the kernel's");
_Static_assert(GPIO_MOST_LINES == GPIO_V2_LINES_MAX, "requests hold as many lines as the kernel's");

/** Edges that are read at once. */
#define EDGE_BATCH 16
/** Edges that the kernel keeps for us: a bouncing contact makes dozens. */
#define KEPT_EDGES 64

static void copy_name(char to[GPIO_NAME_BYTES], const char *from) {
  size_t length = strnlen(from, GPIO_NAME_BYTES - 1);
  memcpy(to, from, length);
  memset(to + length, 0, GPIO_NAME_BYTES - length);
}

int gpio_describe(int chip, struct gpio_chip *described) {
  struct gpiochip_info info;
  memset(&info, 0, sizeof info);
  if (ioctl(chip, GPIO_GET_CHIPINFO_IOCTL, &info) != 0) return -errno;
  copy_name(described->name, info.name);
  copy_name(described->label, info.label);
  described->lines = info.lines;
  return 0;
}

int gpio_describe_line(int chip, uint32_t offset, struct gpio_line *described) {
  struct gpio_v2_line_info info;
  memset(&info, 0, sizeof info);
  info.offset = offset;
  if (ioctl(chip, GPIO_V2_GET_LINEINFO_IOCTL, &info) != 0) return -errno;
  copy_name(described->name, info.name);
  copy_name(described->consumer, info.consumer);
  described->used = (info.flags & GPIO_V2_LINE_FLAG_USED) != 0;
  described->output = (info.flags & GPIO_V2_LINE_FLAG_OUTPUT) != 0;
  described->active_low = (info.flags & GPIO_V2_LINE_FLAG_ACTIVE_LOW) != 0;
  return 0;
}

int gpio_open(const char *path) {
  int chip = open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK);
  if (chip < 0) return -errno;
  struct gpio_chip described;
  struct gpio_line line;
  int error = gpio_describe(chip, &described);
  if (error == 0 && described.lines > 0) error = gpio_describe_line(chip, 0, &line);
  if (error == 0) return chip;
  close(chip);
  // Another device, or a kernel that speaks v1 alone, knows the question not.
  return error == -ENOTTY || error == -EINVAL ? -ENODEV : error;
}

static uint64_t flags_of(const struct gpio_request *request) {
  static const uint64_t bias[] = {
      [GPIO_BIAS_AS_IS] = 0,
      [GPIO_BIAS_PULL_UP] = GPIO_V2_LINE_FLAG_BIAS_PULL_UP,
      [GPIO_BIAS_PULL_DOWN] = GPIO_V2_LINE_FLAG_BIAS_PULL_DOWN,
      [GPIO_BIAS_DISABLED] = GPIO_V2_LINE_FLAG_BIAS_DISABLED,
  };
  static const uint64_t drive[] = {
      [GPIO_DRIVE_PUSH_PULL] = 0,
      [GPIO_DRIVE_OPEN_DRAIN] = GPIO_V2_LINE_FLAG_OPEN_DRAIN,
      [GPIO_DRIVE_OPEN_SOURCE] = GPIO_V2_LINE_FLAG_OPEN_SOURCE,
  };
  uint64_t flags = bias[request->bias] | (request->active_low ? GPIO_V2_LINE_FLAG_ACTIVE_LOW : 0);
  if (request->output) return flags | GPIO_V2_LINE_FLAG_OUTPUT | drive[request->drive];
  return flags | GPIO_V2_LINE_FLAG_INPUT | GPIO_V2_LINE_FLAG_EDGE_RISING | GPIO_V2_LINE_FLAG_EDGE_FALLING;
}

int gpio_take(int chip, const struct gpio_request *request) {
  if (request->count == 0 || request->count > GPIO_MOST_LINES) return -EINVAL;
  struct gpio_v2_line_request asked;
  memset(&asked, 0, sizeof asked);
  memcpy(asked.offsets, request->offsets, request->count * sizeof asked.offsets[0]);
  copy_name(asked.consumer, request->consumer);
  asked.num_lines = request->count;
  asked.config.flags = flags_of(request);
  const uint64_t all = request->count == GPIO_MOST_LINES ? UINT64_MAX : (UINT64_C(1) << request->count) - 1;
  struct gpio_v2_line_config_attribute *attribute = &asked.config.attrs[0];
  if (request->output) {
    attribute->mask = all;
    attribute->attr.id = GPIO_V2_LINE_ATTR_ID_OUTPUT_VALUES;
    attribute->attr.values = request->initial & all;
    asked.config.num_attrs = 1;
  } else {
    asked.event_buffer_size = KEPT_EDGES * request->count;
    if (request->debounce_us > 0) {
      attribute->mask = all;
      attribute->attr.id = GPIO_V2_LINE_ATTR_ID_DEBOUNCE;
      attribute->attr.debounce_period_us = request->debounce_us;
      asked.config.num_attrs = 1;
    }
  }
  if (ioctl(chip, GPIO_V2_GET_LINE_IOCTL, &asked) != 0) return -errno;
  int flags = fcntl(asked.fd, F_GETFL);
  if (flags >= 0 && fcntl(asked.fd, F_SETFL, flags | O_NONBLOCK) == 0) return asked.fd;
  int error = errno;
  close(asked.fd);
  return -error;
}

int gpio_read_values(int request, uint32_t count, uint64_t *values) {
  struct gpio_v2_line_values asked;
  memset(&asked, 0, sizeof asked);
  asked.mask = count >= GPIO_MOST_LINES ? UINT64_MAX : (UINT64_C(1) << count) - 1;
  if (ioctl(request, GPIO_V2_LINE_GET_VALUES_IOCTL, &asked) != 0) return -errno;
  *values = asked.bits & asked.mask;
  return 0;
}

int gpio_write_values(int request, uint64_t mask, uint64_t values) {
  struct gpio_v2_line_values driven;
  memset(&driven, 0, sizeof driven);
  driven.mask = mask;
  driven.bits = values & mask;
  return ioctl(request, GPIO_V2_LINE_SET_VALUES_IOCTL, &driven) == 0 ? 0 : -errno;
}

int gpio_read_edges(int request, struct gpio_edge *edges, size_t capacity) {
  struct gpio_v2_line_event events[EDGE_BATCH];
  const size_t wanted = capacity < EDGE_BATCH ? capacity : EDGE_BATCH;
  if (wanted == 0) return 0;
  ssize_t bytes = read(request, events, wanted * sizeof events[0]);
  if (bytes < 0) return errno == EAGAIN || errno == EINTR ? 0 : -errno;
  const size_t count = (size_t)bytes / sizeof events[0];
  for (size_t at = 0; at < count; at++) {
    edges[at] = (struct gpio_edge){.offset = events[at].offset,
                                   .active = events[at].id == GPIO_V2_LINE_EVENT_RISING_EDGE,
                                   .at_ns = events[at].timestamp_ns,
                                   .sequence = events[at].seqno};
  }
  return (int)count;
}
