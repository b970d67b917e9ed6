// Telephone events by RFC 4733 §2: what goes out packet by packet, and that each key press is heard once.

#include "rtp/telephone-event.h"

#include "support/check.h"

enum { MS = 1000000, PACKET = 160, DURATION = 800, PAUSE = 400 };

// ---- the payload ----

static void payload_is_that_of_figure_1(void) {
  const uint8_t wire[] = {11, 0x8A, 0x03, 0x20};
  struct telephone_event event;
  CHECK_EQUAL(telephone_event_parse((struct byte_view){wire, 4}, &event), DP_OK);
  CHECK_EQUAL(event.event, 11);
  CHECK(event.end);
  CHECK_EQUAL(event.volume, 10);
  CHECK_EQUAL(event.duration, 800);
  uint8_t bytes[4];
  telephone_event_pack(&event, bytes);
  CHECK_BYTES(bytes, wire, 4);
  CHECK_EQUAL(telephone_event_parse((struct byte_view){wire, 3}, &event), DP_TOO_SHORT);
  CHECK_EQUAL(telephone_event_parse((struct byte_view){wire, 0}, &event), DP_TOO_SHORT);
}

static void digits_are_those_of_table_3(void) {
  const char *keys = "0123456789*#ABCD";
  for (uint8_t i = 0; i < 16; i++) {
    uint8_t event = 99;
    CHECK_EQUAL(telephone_event_digit(i), keys[i]);
    CHECK(telephone_event_from_digit(keys[i], &event));
    CHECK_EQUAL(event, i);
  }
  uint8_t event = 99;
  CHECK(telephone_event_from_digit('d', &event));
  CHECK_EQUAL(event, 15);
  CHECK(!telephone_event_from_digit('e', &event));
  CHECK(!telephone_event_from_digit('\0', &event));
  CHECK_EQUAL(telephone_event_digit(16), '\0');  // flash
  CHECK_EQUAL(telephone_event_digit(255), '\0');
}

// ---- sending ----

/** Runs packet times and writes down what goes out: M marker, digit, duration in packet times, e for the end; '.' is
 * sound. */
static void run_sender(struct telephone_event_sender *sender, uint32_t *timestamp, int packets, char *text) {
  for (int i = 0; i < packets; i++, *timestamp += PACKET) {
    struct telephone_event_output output;
    if (!telephone_event_sender_step(sender, *timestamp, &output)) {
      text += sprintf(text, ".");
      continue;
    }
    struct telephone_event event;
    (void)telephone_event_parse((struct byte_view){output.payload, sizeof output.payload}, &event);
    text += sprintf(text, "%s%c%d%s%s ", output.marker ? "M" : "", output.digit, event.duration / PACKET,
                    event.end ? "e" : "", output.finished ? "!" : "");
  }
  *text = '\0';
}

static void a_digit_grows_and_ends_three_times(void) {
  struct telephone_event_sender sender;
  telephone_event_sender_init(&sender, PACKET, PAUSE);
  CHECK(telephone_event_sender_idle(&sender));
  CHECK_EQUAL(telephone_event_sender_queue(&sender, '5', DURATION), DP_OK);
  CHECK(!telephone_event_sender_idle(&sender));
  uint32_t timestamp = UINT32_C(0xFFFFFFFF) - 400;  // Wraps within the digit.
  char text[400];
  run_sender(&sender, &timestamp, 12, text);
  CHECK_TEXT(text, "M51 52 53 54 55e 55e 55e! .....");
  CHECK(telephone_event_sender_idle(&sender));
}

static void timestamp_stays_that_of_the_beginning(void) {
  struct telephone_event_sender sender;
  telephone_event_sender_init(&sender, PACKET, PAUSE);
  (void)telephone_event_sender_queue(&sender, '#', DURATION);
  (void)telephone_event_sender_queue(&sender, '#', DURATION);
  uint32_t beginnings[2] = {0};
  size_t count = 0;
  for (uint32_t timestamp = 0; timestamp < 20 * PACKET; timestamp += PACKET) {
    struct telephone_event_output output;
    if (!telephone_event_sender_step(&sender, timestamp, &output)) continue;
    if (output.marker && count < 2) beginnings[count++] = timestamp;
    CHECK_EQUAL(output.timestamp, beginnings[count - 1]);
  }
  CHECK_EQUAL(count, 2);
  CHECK_EQUAL(beginnings[0], 0);  // Timestamp 0 is a timestamp.
  CHECK(beginnings[1] >= DURATION + PAUSE);
}

static void digits_are_told_apart_by_a_pause(void) {
  struct telephone_event_sender sender;
  telephone_event_sender_init(&sender, PACKET, 1000);
  (void)telephone_event_sender_queue(&sender, '1', 320);
  (void)telephone_event_sender_queue(&sender, '1', 1);
  uint32_t timestamp = 0;
  char text[400];
  run_sender(&sender, &timestamp, 16, text);
  // 320 units of key, of whose pause two repeated ends take 320; then sound until 1320 units have gone.
  CHECK_TEXT(text, "M11 12e 12e 12e! .....M11e 11e 11e! ....");
}

static void a_late_step_tells_the_true_duration(void) {
  struct telephone_event_sender sender;
  struct telephone_event_output output;
  struct telephone_event event;
  telephone_event_sender_init(&sender, PACKET, PAUSE);
  (void)telephone_event_sender_queue(&sender, '9', 320);
  CHECK(telephone_event_sender_step(&sender, 1000, &output));
  CHECK(telephone_event_sender_step(&sender, 1000 + 1600, &output));
  (void)telephone_event_parse((struct byte_view){output.payload, 4}, &event);
  CHECK(event.end);
  CHECK_EQUAL(event.duration, 1760);
  CHECK(telephone_event_sender_step(&sender, 1000 + 1760, &output));
  (void)telephone_event_parse((struct byte_view){output.payload, 4}, &event);
  CHECK_EQUAL(event.duration, 1760);
}

static void the_queue_is_bounded(void) {
  struct telephone_event_sender sender;
  telephone_event_sender_init(&sender, PACKET, PAUSE);
  CHECK_EQUAL(telephone_event_sender_queue(&sender, 'x', DURATION), DP_INVALID_ARGUMENT);
  CHECK_EQUAL(telephone_event_sender_queue(&sender, '1', 0), DP_INVALID_ARGUMENT);
  CHECK_EQUAL(telephone_event_sender_queue(&sender, '1', 65536), DP_INVALID_ARGUMENT);
  for (int i = 0; i < TELEPHONE_EVENT_QUEUE; i++)
    CHECK_EQUAL(telephone_event_sender_queue(&sender, '1', DURATION), DP_OK);
  CHECK_EQUAL(telephone_event_sender_queue(&sender, '1', DURATION), DP_FULL);
  telephone_event_sender_clear(&sender);
  CHECK(telephone_event_sender_idle(&sender));
  struct telephone_event_output output;
  CHECK(!telephone_event_sender_step(&sender, 0, &output));
}

// ---- receiving ----

static struct telephone_event_receiver receiver;
static char heard[64];
static char ended[64];
static uint64_t ended_units;

static void note(const struct telephone_event_news *news) {
  char text[2] = {0};
  if (news->began) {
    text[0] = telephone_event_digit(news->event) ? telephone_event_digit(news->event) : '?';
    strcat(heard, text);
  }
  if (news->ended) {
    text[0] = telephone_event_digit(news->ended_event) ? telephone_event_digit(news->ended_event) : '?';
    strcat(ended, text);
    ended_units = news->ended_units;
  }
}

static void start(void) {
  telephone_event_receiver_init(&receiver);
  heard[0] = ended[0] = '\0';
}

struct arrival {
  uint32_t timestamp;
  uint8_t event;
  uint16_t duration;
  bool end;
  bool marker;
  uint32_t ssrc;
};

static void hear_at(struct arrival arrival, uint64_t now_ns) {
  uint8_t payload[4];
  const struct telephone_event event = {
      .event = arrival.event, .end = arrival.end, .volume = 10, .duration = arrival.duration};
  telephone_event_pack(&event, payload);
  const struct rtp_packet packet = {
      .header = {.timestamp = arrival.timestamp, .ssrc = arrival.ssrc, .marker = arrival.marker},
      .payload = {payload, sizeof payload}};
  struct telephone_event_news news;
  CHECK_EQUAL(telephone_event_receive(&receiver, &packet, now_ns, &news), DP_OK);
  note(&news);
}

/** The packets of a key press of five updates and three ends, of which bit i of `lost` loses packet i. */
static void hear_key(uint8_t event, uint32_t timestamp, unsigned lost, uint64_t *now_ns) {
  for (unsigned i = 0; i < 8; i++, *now_ns += 20 * MS) {
    unsigned length = i < 5 ? i + 1 : 5;
    if (lost >> i & 1) continue;
    hear_at((struct arrival){timestamp, event, (uint16_t)(length * PACKET), i >= 5, i == 0, 1}, *now_ns);
  }
}

static void every_loss_but_total_leaves_one_digit(void) {
  for (unsigned lost = 0; lost < 255; lost++) {
    start();
    uint64_t now = 0;
    hear_key(4, 0, lost, &now);
    hear_key(4, 2000, 0, &now);
    CHECK_TEXT(heard, "44");
    CHECK_TEXT(ended, "44");
  }
  start();
  uint64_t now = 0;
  hear_key(4, 0, 255, &now);
  CHECK_TEXT(heard, "");
}

static void repeated_ends_are_one_end(void) {
  start();
  uint64_t now = 0;
  hear_key(11, 77, 0, &now);
  CHECK_TEXT(heard, "#");
  CHECK_TEXT(ended, "#");
  CHECK_EQUAL(ended_units, 800);
}

static void lost_ends_are_concluded_by_time(void) {
  start();
  uint64_t now = 0;
  struct telephone_event_news news;
  hear_key(4, 0, 0xE0, &now);
  telephone_event_receiver_tick(&receiver, now, &news);
  note(&news);
  CHECK_TEXT(ended, "");
  telephone_event_receiver_tick(&receiver, now + TELEPHONE_EVENT_TIMEOUT_NS, &news);
  note(&news);
  CHECK_TEXT(ended, "4");
  telephone_event_receiver_tick(&receiver, now + 2 * TELEPHONE_EVENT_TIMEOUT_NS, &news);
  note(&news);
  CHECK_TEXT(ended, "4");
  // §2.5.2.2: what has lapsed is not heard again.
  hear_at((struct arrival){0, 4, 800, true, false, 1}, now + 3 * TELEPHONE_EVENT_TIMEOUT_NS);
  CHECK_TEXT(heard, "4");
}

static void fast_digits_interleaved_by_the_network_are_one_each(void) {
  start();
  uint64_t now = 0;
  uint8_t code[] = {4, 2, 2, 11};
  for (uint32_t i = 0; i < 4; i++) {
    uint32_t at = i * 480;
    hear_at((struct arrival){at, code[i], 160, false, true, 1}, now);
    // The last key's repeated ends come after the new key has begun.
    if (i > 0) hear_at((struct arrival){at - 480, code[i - 1], 320, true, false, 1}, now + MS);
    hear_at((struct arrival){at, code[i], 320, true, false, 1}, now + 2 * MS);
    if (i > 0) hear_at((struct arrival){at - 480, code[i - 1], 320, true, false, 1}, now + 3 * MS);
    now += 60 * MS;
  }
  CHECK_TEXT(heard, "422#");
  CHECK_TEXT(ended, "422#");
}

static void a_new_key_concludes_an_unfinished_one(void) {
  start();
  hear_at((struct arrival){0, 1, 160, false, true, 1}, 0);
  hear_at((struct arrival){2000, 2, 160, false, true, 1}, 250 * MS);
  CHECK_TEXT(heard, "12");
  CHECK_TEXT(ended, "1");
}

static void a_duration_of_0_is_a_key(void) {
  start();
  hear_at((struct arrival){0, 7, 0, false, true, 1}, 0);
  hear_at((struct arrival){0, 7, 0, false, false, 1}, 20 * MS);
  hear_at((struct arrival){0, 7, 800, true, false, 1}, 100 * MS);
  CHECK_TEXT(heard, "7");
  CHECK_EQUAL(ended_units, 800);
}

static void no_marker_at_all_is_a_key(void) {
  start();
  for (uint16_t i = 1; i < 6; i++)
    hear_at((struct arrival){500, 3, (uint16_t)(i * 160), i == 5, false, 1}, i * 20u * MS);
  for (uint16_t i = 1; i < 6; i++)
    hear_at((struct arrival){2100, 3, (uint16_t)(i * 160), i == 5, false, 1}, i * 20u * MS);
  CHECK_TEXT(heard, "33");
}

static void flash_is_told_and_is_no_digit(void) {
  start();
  hear_at((struct arrival){0, 16, 160, true, true, 1}, 0);
  CHECK_TEXT(heard, "?");
}

static void updates_out_of_order_do_not_shorten(void) {
  start();
  hear_at((struct arrival){0, 1, 320, false, false, 1}, 0);
  hear_at((struct arrival){0, 1, 160, false, true, 1}, MS);
  hear_at((struct arrival){0, 1, 320, true, false, 1}, 2 * MS);
  CHECK_TEXT(heard, "1");
  CHECK_EQUAL(ended_units, 320);
}

static void a_long_press_is_one_digit(void) {
  start();
  hear_at((struct arrival){0, 5, 0xFFFF, false, true, 1}, 0);
  hear_at((struct arrival){0xFFFF, 5, 160, false, false, 1}, 20 * MS);
  hear_at((struct arrival){0, 5, 0xFFFF, false, false, 1}, 21 * MS);
  hear_at((struct arrival){0xFFFF, 5, 320, true, false, 1}, 40 * MS);
  CHECK_TEXT(heard, "5");
  CHECK_TEXT(ended, "5");
  CHECK_EQUAL(ended_units, 0xFFFF + 320);
}

static void timestamps_wrap(void) {
  start();
  uint64_t now = 0;
  hear_key(1, UINT32_C(0xFFFFFF00), 0, &now);
  hear_key(2, UINT32_C(0x00000500), 0, &now);
  hear_at((struct arrival){UINT32_C(0xFFFFFF00), 1, 800, true, false, 1}, now);
  CHECK_TEXT(heard, "12");
}

static void another_source_begins_anew(void) {
  start();
  hear_at((struct arrival){90000, 1, 160, true, true, 1}, 0);
  hear_at((struct arrival){100, 1, 160, true, true, 2}, 20 * MS);
  CHECK_TEXT(heard, "11");
}

static void a_restarted_clock_is_believed_after_five_seconds(void) {
  start();
  hear_at((struct arrival){90000, 1, 160, true, true, 1}, 0);
  hear_at((struct arrival){100, 2, 160, true, true, 1}, 1000 * (uint64_t)MS);
  CHECK_TEXT(heard, "1");
  hear_at((struct arrival){200, 3, 160, true, true, 1}, 6000 * (uint64_t)MS);
  CHECK_TEXT(heard, "13");
}

static void a_short_payload_is_refused_and_changes_nothing(void) {
  start();
  const uint8_t bytes[3] = {1, 0, 0};
  const struct rtp_packet packet = {.payload = {bytes, 3}};
  struct telephone_event_news news;
  CHECK_EQUAL(telephone_event_receive(&receiver, &packet, 0, &news), DP_TOO_SHORT);
  CHECK(!receiver.known && !news.began && !news.ended);
}

/** Our own sender into our own receiver, every pattern of one or two lost packets in a code. */
static void what_we_send_we_hear(void) {
  for (int first = 0; first < 30; first++) {
    for (int second = first; second < 30; second++) {
      struct telephone_event_sender sender;
      telephone_event_sender_init(&sender, PACKET, PAUSE);
      for (const char *key = "42#"; *key; key++) (void)telephone_event_sender_queue(&sender, *key, DURATION);
      start();
      int sent = 0;
      for (uint32_t i = 0; i < 40; i++) {
        struct telephone_event_output output;
        if (!telephone_event_sender_step(&sender, i * PACKET, &output)) continue;
        int number = sent++;
        if (number == first || number == second) continue;
        const struct rtp_packet packet = {.header = {.timestamp = output.timestamp, .marker = output.marker},
                                          .payload = {output.payload, sizeof output.payload}};
        struct telephone_event_news news;
        CHECK_EQUAL(telephone_event_receive(&receiver, &packet, i * 20u * MS, &news), DP_OK);
        note(&news);
      }
      CHECK_TEXT(heard, "42#");
    }
  }
}

int main(void) {
  TEST(payload_is_that_of_figure_1);
  TEST(digits_are_those_of_table_3);
  TEST(a_digit_grows_and_ends_three_times);
  TEST(timestamp_stays_that_of_the_beginning);
  TEST(digits_are_told_apart_by_a_pause);
  TEST(a_late_step_tells_the_true_duration);
  TEST(the_queue_is_bounded);
  TEST(every_loss_but_total_leaves_one_digit);
  TEST(repeated_ends_are_one_end);
  TEST(lost_ends_are_concluded_by_time);
  TEST(fast_digits_interleaved_by_the_network_are_one_each);
  TEST(a_new_key_concludes_an_unfinished_one);
  TEST(a_duration_of_0_is_a_key);
  TEST(no_marker_at_all_is_a_key);
  TEST(flash_is_told_and_is_no_digit);
  TEST(updates_out_of_order_do_not_shorten);
  TEST(a_long_press_is_one_digit);
  TEST(timestamps_wrap);
  TEST(another_source_begins_anew);
  TEST(a_restarted_clock_is_believed_after_five_seconds);
  TEST(a_short_payload_is_refused_and_changes_nothing);
  TEST(what_we_send_we_hear);
  return test_summary("telephone-event");
}
