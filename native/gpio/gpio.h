// GPIO lines by the kernel's character device (uAPI v2, linux/gpio.h, Linux 5.10 and newer). Calls answer as the kernel does:
// a descriptor or 0, below 0 -errno. Nothing here waits or allocates. Any thread.

#ifndef DOORPHONE_GPIO_GPIO_H
#define DOORPHONE_GPIO_GPIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Bytes of a name, with its zero. */
#define GPIO_NAME_BYTES 32
/** Lines of one request. */
#define GPIO_MOST_LINES 64

enum gpio_bias { GPIO_BIAS_AS_IS, GPIO_BIAS_PULL_UP, GPIO_BIAS_PULL_DOWN, GPIO_BIAS_DISABLED };
enum gpio_drive { GPIO_DRIVE_PUSH_PULL, GPIO_DRIVE_OPEN_DRAIN, GPIO_DRIVE_OPEN_SOURCE };

struct gpio_chip {
  char name[GPIO_NAME_BYTES];
  char label[GPIO_NAME_BYTES];
  uint32_t lines;
};

struct gpio_line {
  char name[GPIO_NAME_BYTES];
  /** Who has it; empty: nobody, or somebody without a name. */
  char consumer[GPIO_NAME_BYTES];
  bool used;
  bool output;
  bool active_low;
};

/** What is asked for, the same for all lines of a request. */
struct gpio_request {
  uint32_t offsets[GPIO_MOST_LINES];
  uint32_t count;
  /** What `gpioinfo` shows; what is too long is cut. */
  const char *consumer;
  bool output;
  bool active_low;
  enum gpio_bias bias;
  enum gpio_drive drive;
  /** Inputs: for how long a level must stand before it is an event, in microseconds; 0: not at all. */
  uint32_t debounce_us;
  /** Outputs: bit n is the level of line n, set before it becomes an output. 1 is active. */
  uint64_t initial;
};

/** One edge. */
struct gpio_edge {
  uint32_t offset;
  bool active;
  /** CLOCK_MONOTONIC, in nanoseconds. */
  uint64_t at_ns;
  /** Counts the edges of the request, from 1: a gap is a loss. */
  uint32_t sequence;
};

/** @return a descriptor that is not inherited; -ENODEV where the file is no chip that speaks v2 */
int gpio_open(const char *path);

int gpio_describe(int chip, struct gpio_chip *described);

int gpio_describe_line(int chip, uint32_t offset, struct gpio_line *described);

/** Takes lines. Inputs tell both edges. @return a descriptor that does not block; -EBUSY: somebody has one of them */
int gpio_take(int chip, const struct gpio_request *request);

/** Bit n: whether line n of the request is active. */
int gpio_read_values(int request, uint32_t count, uint64_t *values);

/** Drives the lines whose bits are in `mask`. */
int gpio_write_values(int request, uint64_t mask, uint64_t values);

/** What has happened. @return how many edges there were, at most `capacity`; 0: none; below 0: -errno */
int gpio_read_edges(int request, struct gpio_edge *edges, size_t capacity);

#endif
