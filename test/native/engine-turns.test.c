// Devices with turns of their own length: all that an engine does in turns of 20 ms it does in shorter ones, and packets leave
// when their sound is there.

#define _GNU_SOURCE

#include "engine-support.h"

#define LEFT_HZ 440
#define RIGHT_HZ 700

static struct station left;
static struct station right;

struct plan {
  uint32_t turn_ms;
  bool wide;
  bool voice; // something is done to it, 10 ms at once
};

static void start(struct station *station, double hz, const struct plan *plan) {
  humming_init(&station->device, hz);
  station->device.wide = plan->wide;
  station->device.turn_ms = plan->turn_ms;
  struct engine_options options = station_options(station, &humming_operations);
  options.device.wide = plan->wide;
  options.device.turn_ms = plan->turn_ms;
  options.voice.noise_suppression = plan->voice;
  if (engine_create(&options, &station->engine) != DP_OK) {
    printf("FAIL the engine does not start\n");
    exit(1);
  }
  station_open(station, 0);
}

/** Each hears what the other hums; the seconds are those of the device. */
static void sound_flows(const struct plan *plan, uint8_t packet_ms) {
  start(&left, LEFT_HZ, plan);
  start(&right, RIGHT_HZ, plan);
  struct engine_stream to_right = stream_to(right.port);
  struct engine_stream to_left = stream_to(left.port);
  to_right.packet_time_ms = to_left.packet_time_ms = packet_ms;
  // A busy machine may be late: it is not what is looked at here.
  to_right.least_delay_ms = to_left.least_delay_ms = 100;
  to_right.most_delay_ms = to_left.most_delay_ms = 300;
  station_configure(&left, &to_right);
  station_configure(&right, &to_left);
  sleep_ms(1200);
  struct stream_statistics figures = station_statistics(&right);
  station_stop(&left);
  station_stop(&right);
  // What suppresses noise takes a hum that goes on for one, after a while.
  if (!plan->voice) {
    CHECK_WITHIN(heard_share(&right.device, LEFT_HZ, 0.5), 0.9, 1.01);
    CHECK_WITHIN(heard_share(&left.device, RIGHT_HZ, 0.5), 0.9, 1.01);
    CHECK_WITHIN(heard_level(&right.device, 0.5), 5000, 6000);
  } else {
    CHECK(heard_level(&right.device, 0.5) > 300);
  }
  CHECK(figures.frames_concealed <= 2); // the second packet may find its place
  CHECK_WITHIN(figures.packets_received, 1000 / packet_ms, 1500 / packet_ms);
}

static void short_turns_carry_sound(void) {
  static const struct plan plans[] = {{.turn_ms = 5}, {.turn_ms = 10}, {.turn_ms = 5, .wide = true}};
  for (size_t at = 0; at < sizeof plans / sizeof plans[0]; at++) sound_flows(&plans[at], 20);
}

static void short_turns_fill_packets_of_any_length(void) {
  const struct plan plan = {.turn_ms = 5};
  sound_flows(&plan, 10);
  sound_flows(&plan, 30);
  sound_flows(&plan, 60);
}

static void short_turns_are_gathered_for_the_voice(void) {
  const struct plan plan = {.turn_ms = 5, .voice = true};
  sound_flows(&plan, 20);
  sound_flows(&plan, 10);
}

/** Reads `count` packets of a peer. @return whether all came */
static bool collect(struct bare_peer *peer, int count, uint32_t *timestamps, uint64_t *arrivals_ns) {
  uint8_t bytes[400];
  for (int at = 0; at < count; at++) {
    if (bare_receive(peer->rtp, bytes, sizeof bytes, 300) < 12) return false;
    arrivals_ns[at] = monotonic_now_ns();
    timestamps[at] = get_u32(bytes + 4);
  }
  return true;
}

/** One try of the next. @return whether the packets also came when they had to: a machine that stands still delays them */
static bool packets_find_their_place(void) {
  enum { PACKETS = 20 };
  uint32_t timestamps[PACKETS];
  uint64_t arrivals_ns[PACKETS];
  const struct plan plan = {.turn_ms = 5};
  struct bare_peer peer;
  bare_open(&peer);
  start(&left, LEFT_HZ, &plan);
  struct engine_stream stream = stream_to(peer.port);
  sleep_ms(33);
  uint64_t before_ns = monotonic_now_ns();
  station_configure(&left, &stream);
  CHECK(collect(&peer, PACKETS, timestamps, arrivals_ns));
  for (int at = 1; at < PACKETS; at++) CHECK_EQUAL(timestamps[at] - timestamps[at - 1], 160);
  station_stop(&left);
  bare_close(&peer);
  uint64_t took_ms = (arrivals_ns[PACKETS - 1] - arrivals_ns[0]) / NS_PER_MS;
  return arrivals_ns[0] - before_ns < 15 * NS_PER_MS && took_ms >= 20 * (PACKETS - 1) - 15 &&
         took_ms <= 20 * (PACKETS - 1) + 20;
}

/** The first leaves at once; the second may come later by a turn, and from then on one follows the other. */
static void timestamps_go_on_while_packets_find_their_place(void) {
  bool in_time = false;
  for (int tries = 0; tries < 10 && !in_time; tries++) in_time = packets_find_their_place();
  CHECK(in_time);
}

static void other_lengths_are_refused(void) {
  static const uint32_t lengths_ms[] = {1, 7, 40};
  for (size_t at = 0; at < sizeof lengths_ms / sizeof lengths_ms[0]; at++) {
    struct engine_options options = station_options(&left, &humming_operations);
    options.device.turn_ms = lengths_ms[at];
    CHECK_EQUAL(engine_create(&options, &left.engine), DP_INVALID_ARGUMENT);
  }
}

int main(void) {
  TEST(short_turns_carry_sound);
  TEST(short_turns_fill_packets_of_any_length);
  TEST(short_turns_are_gathered_for_the_voice);
  TEST(timestamps_go_on_while_packets_find_their_place);
  TEST(other_lengths_are_refused);
  return test_summary("engine-turns");
}
