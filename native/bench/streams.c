// What a stream costs beside how many others: CPU of encrypted G.711 calls of 20 ms packets between two engines of this process,
// over loopback. `make -C native bench-streams`; --json for programs. Fewest of several turns, as other load only adds.

#define _GNU_SOURCE

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench/call.h"
#include "engine/engine.h"
#include "fileio/fileio.h"

enum { MANY = 200, TURNS = 5, SECONDS = 2, FIRST_PORT = 42000 };

static void must(dp_error error, const char *what) {
  if (error == DP_OK) return;
  fprintf(stderr, "%s: error %d\n", what, (int)error);
  exit(1);
}

static void wake(void *context) { (void)context; }

static struct engine *open_engine(uint16_t first_port) {
  const struct fileio_options silence = {.wide = false};
  struct fileio_problem problem;
  struct engine_options options = {.first_port = first_port,
                                   .last_port = (uint16_t)(first_port + 4 * MANY),
                                   .sessions = MANY,
                                   .speaker_percent = 100,
                                   .microphone_percent = 100,
                                   .wake = wake};
  struct engine *engine;
  must(fileio_open(&silence, &options.device, &problem), "device");
  must(engine_create(&options, &engine), "engine");
  return engine;
}

static void connect_to(struct engine *engine, uint32_t session, uint16_t port, const uint8_t *send, const uint8_t *receive) {
  const struct engine_stream stream = bench_stream(port, send, receive);
  must(engine_configure_session(engine, session, &stream), "agreement");
}

static double process_cpu_us(void) {
  struct timespec time;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return (double)time.tv_sec * 1e6 + (double)time.tv_nsec / 1e3;
}

/** @return microseconds of CPU that each of `count` streams took in a second, at either end */
static double time_streams(struct engine *engines[2], int count) {
  uint32_t sessions[2][MANY];
  uint16_t ports[2][MANY];
  for (int at = 0; at < count; at++) {
    for (int end = 0; end < 2; end++) {
      must(engine_open_session(engines[end], "127.0.0.1", 0, &sessions[end][at], &ports[end][at]), "session");
    }
    connect_to(engines[0], sessions[0][at], ports[1][at], left_key, right_key);
    connect_to(engines[1], sessions[1][at], ports[0][at], right_key, left_key);
    // Not all at the same moment: calls begin when they like.
    pass(1);
  }
  pass(500);
  double before = process_cpu_us();
  pass(1000 * SECONDS);
  double taken = process_cpu_us() - before;
  uint64_t received = 0;
  for (int at = 0; at < count; at++) {
    for (int end = 0; end < 2; end++) {
      struct stream_statistics figures;
      must(engine_close_session(engines[end], sessions[end][at], &figures), "end");
      received += figures.packets_received;
    }
  }
  // The figure is of streams that were heard, or it is worth nothing.
  if (received < (uint64_t)(2 * count * SECONDS * 48)) must(DP_EMPTY, "too few packets were received");
  return taken / SECONDS / (2.0 * count);
}

int main(int count, char **arguments) {
  bool json = count > 1 && strcmp(arguments[1], "--json") == 0;
  struct engine *engines[2] = {open_engine(FIRST_PORT), open_engine(FIRST_PORT + 6 * MANY)};
  double one = 1e9, many = 1e9;
  for (int turn = 0; turn < TURNS; turn++) {
    double taken = time_streams(engines, 1);
    if (taken < one) one = taken;
    taken = time_streams(engines, MANY);
    if (taken < many) many = taken;
  }
  const char *format = json ? "{\"one_us\": %.1f, \"many_us\": %.1f, \"many\": %d, \"ratio\": %.3f}\n"
                            : "CPU of a stream in a second: alone %.1f, one of many %.1f us (%d); ratio %.3f\n";
  printf(format, one, many, MANY, many / one);
  engine_destroy(engines[0]);
  engine_destroy(engines[1]);
  return 0;
}
