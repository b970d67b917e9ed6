// The jitter buffer as scenarios: what arrives when, what is played when. Then whole calls over bad networks, with
// figures.

#include "jitter/jitter-buffer.h"

#include "support/check.h"

#define MS INT64_C(1000000)

static struct jitter_buffer buffer;

static void open_buffer(void) {
  const struct jitter_buffer_options options = {.clock_rate_hz = 8000,
                                                .read_samples = 160,
                                                .min_delay_ns = JITTER_BUFFER_MIN_DELAY_NS,
                                                .max_delay_ns = JITTER_BUFFER_MAX_DELAY_NS};
  if (jitter_buffer_init(&buffer, &options) != DP_OK) abort();
}

static enum jitter_put put(uint16_t sequence, uint32_t timestamp, bool quiet, int64_t arrival_ns) {
  uint8_t payload[160] = {(uint8_t)(sequence >> 8), (uint8_t)sequence};
  const struct jitter_packet packet = {.header = {.sequence = sequence, .timestamp = timestamp, .ssrc = 1},
                                       .payload = {payload, sizeof payload},
                                       .samples = 160,
                                       .quiet = quiet};
  return jitter_buffer_put(&buffer, &packet, (uint64_t)arrival_ns);
}

/** The sequence number that is played; -1 concealment, -2 silence. */
static int get(int64_t now_ns) {
  struct jitter_frame frame;
  jitter_buffer_get(&buffer, (uint64_t)now_ns, 0, &frame);
  if (frame.kind == JITTER_FRAME_CONCEAL) return -1;
  if (frame.kind == JITTER_FRAME_SILENCE) return -2;
  return frame.payload.data[0] << 8 | frame.payload.data[1];
}

/**
 * Runs a scenario. One step a line: milliseconds, then
 *   pN       packet N arrives; its timestamp is 160 N (pN@T: T). qN: a quiet one
 *   dN, lN   the same, but it must be found a duplicate, late
 *   >N       the player asks and must get packet N;  >~ concealment;  >. silence
 */
static void run(const char *scenario) {
  open_buffer();
  const char *at = scenario;
  while (*at) {
    char *end;
    int64_t now = strtol(at, &end, 10) * MS + 1000000000 * MS;  // A machine that has been up for eleven days.
    at = end;
    while (*at && *at != '\n') {
      char action = *at++;
      if (action == ' ') continue;
      if (action == '>') {
        int expected = *at == '~' ? -1 : *at == '.' ? -2 : (int)strtol(at, &end, 10);
        at = expected < 0 ? at + 1 : end;
        int actual = get(now);
        if (actual != expected) {
          printf("  at %" PRId64 " ms: %d, not %d (-1 concealed, -2 silence)\n", now / MS % 1000000000, actual,
                 expected);
          test_ok = false;
          return;
        }
        continue;
      }
      uint16_t sequence = (uint16_t)strtoul(at, &end, 10);
      uint32_t timestamp = sequence * 160u;
      at = end;
      if (*at == '@') {
        timestamp = (uint32_t)strtoul(at + 1, &end, 10);
        at = end;
      }
      enum jitter_put verdict = put(sequence, timestamp, action == 'q', now);
      CHECK_EQUAL(verdict, action == 'd' ? JITTER_PUT_DUPLICATE : action == 'l' ? JITTER_PUT_LATE : JITTER_PUT_KEPT);
    }
    if (*at == '\n') at++;
  }
}

static void plays_in_order_with_the_least_delay(void) {
  run("0 >.\n"
      "10 p0\n"
      "20 >0\n"  // 10 ms old: more than the least delay of 5.
      "30 p1\n"
      "40 >1\n"
      "50 p2\n"
      "60 >2\n");
  CHECK_EQUAL(jitter_buffer_delay_ns(&buffer), 10 * MS);
}

static void waits_for_the_least_delay(void) {
  run("18 p0\n"
      "20 >.\n"  // 2 ms old: a little unevenness and the next would miss its turn.
      "38 p1\n"
      "40 >0\n"
      "58 p2\n"
      "60 >1\n");
  CHECK_EQUAL(jitter_buffer_delay_ns(&buffer), 22 * MS);
}

static void puts_in_order_what_came_out_of_order(void) {
  run("0 p0\n4 >.\n24 p1 >0\n44 >1\n"
      "60 p3\n61 p2\n64 >2\n84 >3\n");
}

static void a_lost_packet_is_concealed_once(void) {
  run("0 p0\n8 >0\n"
      "20 p1\n28 >1\n"
      "48 >~\n"
      "60 p3\n68 >3\n"
      "80 p4\n88 >4\n");
  CHECK_EQUAL(buffer.counters.concealed, 1);
  CHECK_EQUAL(buffer.counters.inserted, 0);
}

static void a_duplicate_is_played_once(void) {
  run("0 p0 d0\n8 >0\n"
      "20 d0 p1\n28 >1\n"
      "40 p2 d1 d0 d2\n48 >2\n68 >~\n");
  CHECK_EQUAL(buffer.counters.duplicates, 5);
  CHECK_EQUAL(buffer.counters.late, 0);
}

static void a_late_packet_is_late(void) {
  run("0 p0\n8 >0\n"
      "28 >~\n"
      "35 l1\n"
      "40 p2\n48 >2\n");
  CHECK_EQUAL(buffer.counters.late, 1);
}

static void sequence_number_and_timestamp_0_are_values(void) { run("0 p0@0\n8 >0\n20 d0@0 p1@160\n28 >1\n"); }

static void sequence_numbers_wrap(void) {
  run("0 p65534@1000\n8 >65534\n"
      "20 p65535@1160\n28 >65535\n"
      "40 p0@1320\n48 >0\n"
      "60 p1@1480\n68 >1\n");
  CHECK_EQUAL(buffer.counters.resets, 0);
}

static void timestamps_wrap(void) {
  run("0 p1@4294967136\n8 >1\n"
      "20 p2@0\n28 >2\n"
      "40 p4@320\n48 >~\n"
      "60 p5@480\n68 >4\n");
  CHECK_EQUAL(buffer.counters.resets, 0);
}

static void reordering_across_the_wrap(void) {
  run("0 p65534@4294966976\n4 >.\n20 p65535@4294967136\n24 >65534\n44 >65535\n"
      "60 p1@160\n61 p0@0\n64 >0\n84 >1\n");
}

/** The sender stops sending in silence; no number is missing, only time. */
static void a_pause_of_the_sender_is_silence(void) {
  run("0 p0\n8 >0\n"
      "20 p1\n28 >1\n"
      "48 >~\n68 >~\n88 >~\n108 >~\n128 >~\n"
      "148 >.\n168 >.\n"
      "1000 p2@8000\n1008 >2\n"
      "1020 p3@8160\n1028 >3\n");
  CHECK_EQUAL(buffer.counters.resets, 0);
}

/** Packets of two sentences at once: the gap between them is in the timestamps. */
static void a_gap_in_timestamps_without_a_missing_number_is_silence(void) {
  run("0 p0@0\n8 >0\n"
      "20 p1@160 p2@640\n28 >1\n"
      "48 >.\n68 >.\n"
      "88 >2\n");
}

static void another_source_begins_anew(void) {
  run("0 p100@50000\n8 >100\n20 p101@50160\n28 >101\n");
  uint8_t payload[160] = {0, 7};
  const struct jitter_packet packet = {
      .header = {.sequence = 7, .timestamp = 99, .ssrc = 2}, .payload = {payload, 160}, .samples = 160};
  int64_t base = 1000000000 * MS;
  CHECK_EQUAL(jitter_buffer_put(&buffer, &packet, (uint64_t)(base + 40 * MS)), JITTER_PUT_KEPT);
  CHECK_EQUAL(get(base + 48 * MS), 7);
  CHECK_EQUAL(buffer.counters.resets, 1);
}

static void a_jump_of_the_timestamps_begins_anew(void) {
  run("0 p0\n8 >0\n20 p1\n28 >1\n"
      "40 l2@900000\n48 >~\n"  // One stray packet is none.
      "60 p3@900160\n68 >3\n"
      "80 p4@900320\n88 >4\n");
  CHECK_EQUAL(buffer.counters.resets, 1);
}

static void one_stray_timestamp_does_no_harm(void) {
  run("0 p0\n8 >0\n20 p1\n28 >1\n"
      "40 l2@900000\n48 >~\n"
      "60 p3\n68 >3\n80 p4\n88 >4\n");
  CHECK_EQUAL(buffer.counters.resets, 0);
}

/** Too little for a jump, but waiting for the timestamps to catch up would be half a second of nothing. */
static void timestamps_that_went_back_a_little_are_followed(void) {
  open_buffer();
  int played = 0;
  for (uint16_t i = 0; i < 60; i++) {
    (void)put(i, i < 30 ? 10000 + i * 160u : 6000 + i * 160u, false, i * 20 * MS);
    if (get(i * 20 * MS + 8 * MS) == i && i >= 30) played++;
  }
  CHECK(played >= 18);
  CHECK_EQUAL(buffer.counters.resets, 1);
}

/** What comes later than the greatest delay could not be saved by any; it must not make the delay great. */
static void hopeless_packets_do_not_set_the_delay(void) {
  open_buffer();
  int64_t delayed[100];
  for (uint16_t i = 0; i < 100; i++) delayed[i] = (i * 20 + (i % 8 == 7 ? 500 : 0)) * MS;
  for (int64_t now = 0; now < 2600 * MS; now += MS) {
    for (uint16_t i = 0; i < 100; i++) {
      if (delayed[i] == now) (void)put(i, i * 160u, false, now);
    }
    if (now % (20 * MS) == 8 * MS) (void)get(now);
  }
  CHECK(jitter_buffer_target_ns(&buffer) < (uint64_t)(10 * MS));
}

/** Five packets in 130 come 60 ms late: from the fifth on the delay is to be longer, and where it is quiet it becomes
 * so, before anything more is lost. */
static void delay_grows_in_a_quiet_place(void) {
  open_buffer();
  int64_t now = 0;
  uint16_t i = 0;
  for (; i < 130; i++, now += 20 * MS) {
    bool late = i >= 108 && i <= 124 && i % 4 == 0;
    if (!late) (void)put(i, i * 160u, false, now);
    if (i >= 111 && (i - 3) % 4 == 0) (void)put((uint16_t)(i - 3), (i - 3) * 160u, false, now);
    (void)get(now + 10 * MS);
  }
  CHECK_WITHIN(jitter_buffer_target_ns(&buffer), 61 * MS, 63 * MS);
  CHECK_EQUAL(jitter_buffer_delay_ns(&buffer), 10 * MS);
  (void)put(i, i * 160u, false, now);
  CHECK_EQUAL(get(now + 10 * MS), i);
  for (i++, now += 20 * MS; i < 134; i++, now += 20 * MS) {
    (void)put(i, i * 160u, true, now);  // Quiet: the place to wait.
    CHECK_EQUAL(get(now + 10 * MS), -1);
  }
  CHECK_EQUAL(buffer.counters.inserted, 3);
  (void)put(i, i * 160u, true, now);
  CHECK_EQUAL(get(now + 10 * MS), 131);
  CHECK_EQUAL(jitter_buffer_delay_ns(&buffer), 70 * MS);
}

/** From packet 50 on the path is 25 ms shorter. When the longer one is forgotten, a frame goes: the first quiet one. */
static void delay_shrinks_in_a_quiet_place(void) {
  open_buffer();
  for (uint16_t i = 0; i < 185; i++) {
    int64_t sent = i * 20 * MS;
    (void)put(i, i * 160u, false, sent + (i < 50 ? 25 * MS : 0));
    CHECK_EQUAL(get(sent + 35 * MS), i);
  }
  CHECK_EQUAL(jitter_buffer_delay_ns(&buffer), 35 * MS);
  for (uint16_t i = 185; i < 187; i++) (void)put(i, i * 160u, true, i * 20 * MS);
  CHECK_EQUAL(get(185 * 20 * MS + 35 * MS), 186);
  CHECK_EQUAL(buffer.counters.skipped, 1);
  CHECK_EQUAL(jitter_buffer_delay_ns(&buffer), 15 * MS);
}

/** Nobody asked for a second, and what came then is lost: the next packet is not kept waiting by it. */
static void an_old_position_is_given_up_at_once(void) {
  run("0 p0\n8 >0\n20 p1\n28 >1\n"
      "1200 p60\n1208 >60\n1220 p61\n1228 >61\n");
}

static void silence_ends_with_the_players_read(void) {
  struct jitter_frame frame;
  open_buffer();
  jitter_buffer_get(&buffer, 0, 0, &frame);
  CHECK_EQUAL(frame.samples, 160);
  jitter_buffer_get(&buffer, 0, (uint64_t)(5 * MS), &frame);
  CHECK_EQUAL(frame.samples, 120);
  jitter_buffer_get(&buffer, 0, (uint64_t)(500 * MS), &frame);
  CHECK_EQUAL(frame.samples, 160);
}

static void refuses_what_no_slot_takes(void) {
  open_buffer();
  static uint8_t payload[2000];
  struct jitter_packet packet = {.payload = {payload, 0}, .samples = 160};
  CHECK_EQUAL(jitter_buffer_put(&buffer, &packet, 0), JITTER_PUT_REFUSED);
  packet.payload.length = JITTER_BUFFER_PAYLOAD_BYTES + 1;
  CHECK_EQUAL(jitter_buffer_put(&buffer, &packet, 0), JITTER_PUT_REFUSED);
  packet.payload.length = 160;
  packet.samples = 0;
  CHECK_EQUAL(jitter_buffer_put(&buffer, &packet, 0), JITTER_PUT_REFUSED);
  CHECK_EQUAL(buffer.counters.refused, 3);
  struct jitter_buffer_options wrong = {
      .clock_rate_hz = 8000, .read_samples = 160, .min_delay_ns = 2, .max_delay_ns = 1};
  CHECK_EQUAL(jitter_buffer_init(&buffer, &wrong), DP_INVALID_ARGUMENT);
}

static void more_packets_than_slots_push_out_the_oldest(void) {
  open_buffer();
  for (uint16_t i = 0; i < JITTER_BUFFER_SLOTS + 10; i++) CHECK_EQUAL(put(i, i * 160u, false, i * MS), JITTER_PUT_KEPT);
  CHECK_EQUAL(buffer.counters.overflowed, 10);
}

// ---- whole calls ----

/** A call over a simulated network. */
struct call {
  int packets;
  int64_t jitter_ns;  // Uniform, 0 to this.
  int loss_percent;
  double sender_speed;  // 1.0001: the sender's clock is 100 ppm fast.
  int64_t step_ns;      // Path grows by this between packets step_from and step_to.
  int step_from;
  int step_to;
  int quiet_every;  // So often comes a quiet packet; 0: never.
  int64_t player_phase_ns;
};

struct outcome {
  uint64_t played, concealed, out_of_order;
  int64_t greatest_delay_ns;  // True one: playing minus sending, without the path's own 30 ms.
  int64_t late_greatest_ns;   // The same, in the last quarter of the call.
  double late_mean_ns;
};

enum { MOST_PACKETS = 40000 };
static int64_t delays[MOST_PACKETS];  // Of each packet played in the last call.
static int64_t arrivals[MOST_PACKETS];
static int64_t departures[MOST_PACKETS];

static int by_arrival(const void *left, const void *right) {
  int64_t a = arrivals[*(const int *)left], b = arrivals[*(const int *)right];
  if (a != b) return a < b ? -1 : 1;
  return *(const int *)left - *(const int *)right;
}

/** Makes departures and arrivals; writes the order of arrival, without lost packets. @return how many arrive */
static int make_network(const struct call *call, int *order) {
  uint64_t random = 99;
  int count = 0;
  for (int i = 0; i < call->packets; i++) {
    departures[i] = (int64_t)((double)i * 20e6 / call->sender_speed) + 1000000 * MS;
    arrivals[i] = departures[i] + 30 * MS;
    if (call->jitter_ns > 0) arrivals[i] += (int64_t)(test_random(&random) % (uint64_t)call->jitter_ns);
    if (i >= call->step_from && i < call->step_to) arrivals[i] += call->step_ns;
    if ((int)(test_random(&random) % 100) >= call->loss_percent) order[count++] = i;
  }
  qsort(order, (size_t)count, sizeof *order, by_arrival);
  return count;
}

static struct outcome run_call(const struct call *call) {
  static int order[MOST_PACKETS];
  struct outcome outcome = {0};
  int count = make_network(call, order), next = 0, last = -1;
  uint64_t late_count = 0;
  open_buffer();
  int64_t end = departures[call->packets - 1];
  for (int64_t now = departures[0] + call->player_phase_ns; now < end; now += 20 * MS) {
    for (; next < count && arrivals[order[next]] <= now; next++) {
      int i = order[next];
      bool quiet = call->quiet_every > 0 && i % call->quiet_every == 0;
      // Sequence numbers and timestamps begin where both wrap soon.
      (void)put((uint16_t)(65000 + i), UINT32_C(4294900000) + (uint32_t)i * 160u, quiet, arrivals[i]);
    }
    int sequence = get(now);
    if (sequence == -1) outcome.concealed++;
    if (sequence < 0) continue;
    int i = last + (int16_t)(uint16_t)(sequence - 65000 - last);
    if (i <= last) outcome.out_of_order++;
    last = i;
    outcome.played++;
    int64_t delay = now - departures[i] - 30 * MS;
    delays[i] = delay;
    if (delay > outcome.greatest_delay_ns) outcome.greatest_delay_ns = delay;
    if (i > call->packets * 3 / 4) {
      if (delay > outcome.late_greatest_ns) outcome.late_greatest_ns = delay;
      outcome.late_mean_ns += (double)delay;
      late_count++;
    }
  }
  if (late_count > 0) outcome.late_mean_ns /= (double)late_count;
  printf("     %d packets: played %" PRIu64 ", concealed %" PRIu64 ", inserted %" PRIu64 ", skipped %" PRIu64
         ", late %" PRIu64 "; delay at the end %.1f ms, greatest %.1f ms\n",
         call->packets, outcome.played, outcome.concealed, buffer.counters.inserted, buffer.counters.skipped,
         buffer.counters.late, outcome.late_mean_ns / 1e6, (double)outcome.greatest_delay_ns / 1e6);
  CHECK_EQUAL(outcome.out_of_order, 0);
  return outcome;
}

static void a_clean_network_costs_at_most_25_ms_at_any_phase(void) {
  for (int phase = 0; phase < 20; phase++) {
    struct call call = {.packets = 1000, .jitter_ns = MS, .sender_speed = 1, .player_phase_ns = phase * MS + MS / 2};
    struct outcome outcome = run_call(&call);
    CHECK(outcome.concealed <= 1);
    CHECK_WITHIN(outcome.late_greatest_ns, 4 * MS, 26 * MS);
  }
}

static void jitter_of_40_ms_is_taken_up(void) {
  struct call call = {.packets = 3000, .jitter_ns = 40 * MS, .sender_speed = 1, .quiet_every = 5};
  struct outcome outcome = run_call(&call);
  CHECK(outcome.concealed < 60);  // 2 %
  CHECK_WITHIN(outcome.late_greatest_ns, 30 * MS, 70 * MS);
}

static void loss_of_5_percent_is_concealed_and_no_more(void) {
  struct call call = {.packets = 3000, .jitter_ns = 5 * MS, .loss_percent = 5, .sender_speed = 1};
  struct outcome outcome = run_call(&call);
  CHECK_WITHIN(outcome.concealed, 100, 200);
  CHECK(outcome.late_greatest_ns < 45 * MS);
}

/** A quarter of an hour with a clock that is 200 ppm fast: 180 ms would have piled up. */
static void a_fast_sender_does_not_pile_up(void) {
  struct call call = {.packets = 40000, .jitter_ns = 3 * MS, .sender_speed = 1.0002};
  struct outcome outcome = run_call(&call);
  CHECK_WITHIN(buffer.counters.skipped, 5, 12);
  CHECK(outcome.greatest_delay_ns < 60 * MS);
  CHECK(outcome.concealed < 20);
}

static void a_slow_sender_does_not_run_dry(void) {
  struct call call = {.packets = 40000, .jitter_ns = 3 * MS, .sender_speed = 0.9998};
  struct outcome outcome = run_call(&call);
  CHECK_WITHIN(buffer.counters.inserted, 5, 12);
  CHECK(outcome.greatest_delay_ns < 60 * MS);
  CHECK(outcome.concealed < 40);
}

static void a_longer_path_is_followed_there_and_back(void) {
  struct call call = {
      .packets = 3000, .jitter_ns = 4 * MS, .sender_speed = 1, .step_ns = 120 * MS, .step_from = 500, .step_to = 1500};
  struct outcome outcome = run_call(&call);
  CHECK(outcome.concealed < 40);
  CHECK(outcome.late_greatest_ns < 60 * MS);
  // The longer path is remembered for 128 packets; then all but three frames go at once, in speech too.
  CHECK(delays[1500 + 128 + 10] < 75 * MS);
}

/** One great stall; what was late is not kept. */
static void delay_comes_down_after_a_stall(void) {
  struct call call = {.packets = 3000, .jitter_ns = 2 * MS, .sender_speed = 1, .player_phase_ns = 3 * MS};
  static int order[MOST_PACKETS];
  int count = make_network(&call, order);
  // Packets 500 to 574 all arrive when 574 does: one and a half seconds of nothing.
  for (int i = 500; i < 575; i++) arrivals[i] = arrivals[574];
  open_buffer();
  int next = 0;
  int64_t greatest = 0, at_end = 0;
  for (int64_t now = departures[0]; now < departures[2999]; now += 20 * MS) {
    for (; next < count && arrivals[order[next]] <= now; next++)
      (void)put((uint16_t)order[next], (uint32_t)order[next] * 160u, order[next] % 7 == 0, arrivals[order[next]]);
    int sequence = get(now);
    if (sequence < 0) continue;
    at_end = now - departures[sequence] - 30 * MS;
    if (at_end > greatest) greatest = at_end;
  }
  CHECK(greatest < 245 * MS);
  CHECK(at_end < 45 * MS);
  printf("     after 1.5 s of nothing: greatest %.1f ms, at the end %.1f ms\n", (double)greatest / 1e6,
         (double)at_end / 1e6);
}

/** A player that was not called for a while must not carry the past along. */
static void a_player_that_stalled_catches_up(void) {
  open_buffer();
  int64_t now = 0;
  for (uint16_t i = 0; i < 500; i++, now += 20 * MS) {
    (void)put(i, i * 160u, false, now);
    if (i < 100 || i >= 150) (void)get(now + 10 * MS);
  }
  CHECK(jitter_buffer_delay_ns(&buffer) < (uint64_t)(45 * MS));
}

static void other_packet_lengths_flow(void) {
  static const uint32_t lengths[] = {80, 160, 240, 320, 480, 800};
  for (size_t k = 0; k < sizeof lengths / sizeof lengths[0]; k++) {
    open_buffer();
    uint32_t samples = lengths[k];
    uint32_t queued = 0;
    uint64_t made_up = 0, frames = 0;
    uint16_t sequence = 0;
    for (int64_t now = 0; now < 10000 * MS; now += 20 * MS) {
      for (; sequence * (int64_t)samples * MS / 8 <= now; sequence++) {
        uint8_t payload[800] = {0};
        const struct jitter_packet packet = {
            .header = {.sequence = sequence, .timestamp = sequence * samples, .ssrc = 1},
            .payload = {payload, samples},
            .samples = samples};
        (void)jitter_buffer_put(&buffer, &packet, (uint64_t)(sequence * (int64_t)samples * MS / 8));
      }
      for (; queued < 160; frames++) {
        struct jitter_frame frame;
        jitter_buffer_get(&buffer, (uint64_t)(now + 7 * MS), (uint64_t)queued * 125000, &frame);
        queued += frame.samples;
        if (frame.kind != JITTER_FRAME_PACKET && now > 500 * MS) made_up++;
      }
      queued -= 160;
    }
    CHECK_EQUAL(made_up, 0);
    CHECK(frames >= 100);
    CHECK(jitter_buffer_delay_ns(&buffer) < (uint64_t)(samples * (MS / 8) + 45 * MS));
  }
}

int main(void) {
  TEST(plays_in_order_with_the_least_delay);
  TEST(waits_for_the_least_delay);
  TEST(puts_in_order_what_came_out_of_order);
  TEST(a_lost_packet_is_concealed_once);
  TEST(a_duplicate_is_played_once);
  TEST(a_late_packet_is_late);
  TEST(sequence_number_and_timestamp_0_are_values);
  TEST(sequence_numbers_wrap);
  TEST(timestamps_wrap);
  TEST(reordering_across_the_wrap);
  TEST(a_pause_of_the_sender_is_silence);
  TEST(a_gap_in_timestamps_without_a_missing_number_is_silence);
  TEST(another_source_begins_anew);
  TEST(a_jump_of_the_timestamps_begins_anew);
  TEST(one_stray_timestamp_does_no_harm);
  TEST(timestamps_that_went_back_a_little_are_followed);
  TEST(hopeless_packets_do_not_set_the_delay);
  TEST(delay_grows_in_a_quiet_place);
  TEST(delay_shrinks_in_a_quiet_place);
  TEST(an_old_position_is_given_up_at_once);
  TEST(silence_ends_with_the_players_read);
  TEST(refuses_what_no_slot_takes);
  TEST(more_packets_than_slots_push_out_the_oldest);
  TEST(a_clean_network_costs_at_most_25_ms_at_any_phase);
  TEST(jitter_of_40_ms_is_taken_up);
  TEST(loss_of_5_percent_is_concealed_and_no_more);
  TEST(a_fast_sender_does_not_pile_up);
  TEST(a_slow_sender_does_not_run_dry);
  TEST(a_longer_path_is_followed_there_and_back);
  TEST(delay_comes_down_after_a_stall);
  TEST(a_player_that_stalled_catches_up);
  TEST(other_packet_lengths_flow);
  return test_summary("jitter-buffer");
}
