// A door at which nobody talks: the engine rests, its device with it, and is up again as soon as it is needed. And its
// threads' sign of life, which does not depend on turns.

#define _GNU_SOURCE

#include "engine-support.h"

#include <dirent.h>
#include <semaphore.h>

/** The engine rests after a second; the machine may be busy. */
#define LIMIT_MS 5000

/** A device that may rest, be faulty, and hang. */
struct resting_device {
  atomic_uint exchanges;
  atomic_uint rests;
  atomic_uint looks;
  atomic_int fault;
  atomic_bool hangs;
  sem_t release;
};

static struct resting_device device;
static struct station door;

static void exchange(void *context, const int16_t *heard, int16_t *spoken, struct audio_report *report) {
  (void)context;
  (void)heard;
  memset(spoken, 0, AUDIO_FRAME_SAMPLES * sizeof *spoken);
  *report = (struct audio_report){.fault = (enum audio_fault)atomic_load(&device.fault)};
  atomic_fetch_add(&device.exchanges, 1);
  if (atomic_load(&device.hangs)) sem_wait(&device.release);
}

static void rest(void *context) {
  (void)context;
  atomic_fetch_add(&device.rests, 1);
}

static void look(void *context, struct audio_report *report) {
  (void)context;
  *report = (struct audio_report){.fault = (enum audio_fault)atomic_load(&device.fault)};
  atomic_fetch_add(&device.looks, 1);
}

static void close_device(void *context) { (void)context; }

static const struct audio_operations looked_after = {
    .exchange = exchange, .rest = rest, .look = look, .close = close_device};
static const struct audio_operations left_alone = {.exchange = exchange, .rest = rest, .close = close_device};
static const struct audio_operations restless = {.exchange = exchange, .close = close_device};

static void start(const struct audio_operations *operations) {
  memset(&device, 0, sizeof device);
  sem_init(&device.release, 0, 0);
  atomic_store(&door.wakes, 0);
  struct engine_options options = station_options(&door, operations);
  options.device.device = &device;
  options.voice.echo_cancellation = true;
  if (engine_create(&options, &door.engine) != DP_OK) {
    printf("FAIL the engine does not start\n");
    exit(1);
  }
}

/** @return whether the counter comes to `count` */
static bool comes_to(atomic_uint *counter, unsigned count) {
  for (unsigned waited = 0; waited < LIMIT_MS && atomic_load(counter) < count; waited += 5) sleep_ms(5);
  return atomic_load(counter) >= count;
}

/** How often the media thread has gone to sleep so far. */
static long sleeps_of_media_thread(void) {
  long sleeps = -1;
  DIR *folder = opendir("/proc/self/task");
  for (struct dirent *entry = readdir(folder); entry; entry = readdir(folder)) {
    char path[300];
    char line[200];
    bool is_media = false;
    snprintf(path, sizeof path, "/proc/self/task/%s/status", entry->d_name);
    FILE *status = entry->d_name[0] == '.' ? NULL : fopen(path, "r");
    if (!status) continue;
    while (fgets(line, sizeof line, status)) {
      if (strncmp(line, "Name:\tdoorphone-media", 21) == 0) is_media = true;
      if (is_media) (void)sscanf(line, "voluntary_ctxt_switches: %ld", &sleeps);
    }
    fclose(status);
  }
  closedir(folder);
  return sleeps;
}

static void nobody_talks_and_nothing_turns(void) {
  start(&left_alone);
  CHECK(comes_to(&device.rests, 1));
  unsigned exchanges = atomic_load(&device.exchanges);
  CHECK(exchanges >= 50); // what was heard last is played out
  long before = sleeps_of_media_thread();
  sleep_ms(500);
  long slept = sleeps_of_media_thread() - before;
  CHECK(before > 0);
  CHECK_WITHIN(slept, 0, 2);
  CHECK_EQUAL(atomic_load(&device.exchanges), exchanges);
  station_stop(&door);
}

static void ports_that_are_kept_ready_wake_nobody(void) {
  start(&left_alone);
  CHECK(comes_to(&device.rests, 1));
  unsigned exchanges = atomic_load(&device.exchanges);
  station_open(&door, 0);
  sleep_ms(100);
  CHECK_EQUAL(atomic_load(&device.exchanges), exchanges);
  station_stop(&door);
}

/** 12 bytes of header, 160 of sound. */
static uint32_t timestamp_of(const uint8_t *packet) {
  return (uint32_t)packet[4] << 24 | (uint32_t)packet[5] << 16 | (uint32_t)packet[6] << 8 | packet[7];
}

static void a_call_wakes_it_and_is_in_step_at_once(void) {
  struct bare_peer peer;
  uint8_t packet[200];
  bare_open(&peer);
  start(&looked_after);
  CHECK(comes_to(&device.rests, 1));
  sleep_ms(300);
  station_open(&door, 0);
  unsigned exchanges = atomic_load(&device.exchanges);
  struct engine_stream stream = stream_to(peer.port);
  station_configure(&door, &stream);
  uint32_t first = 0;
  for (uint32_t at = 0; at < 20; at++) {
    CHECK_EQUAL(bare_receive(peer.rtp, packet, sizeof packet, 1000), 172);
    if (at == 0) first = timestamp_of(packet);
    // Nothing of the time at rest is made up for, and nothing is given up.
    CHECK_EQUAL(timestamp_of(packet) - first, at * 160);
  }
  CHECK(atomic_load(&device.exchanges) > exchanges);
  CHECK(station_wait(&door, ENGINE_EVENT_STARTED_OUT, 1, LIMIT_MS));
  CHECK_EQUAL(atomic_load(&device.rests), 1);
  (void)station_close(&door);
  CHECK(comes_to(&device.rests, 2));
  bare_close(&peer);
  station_stop(&door);
}

/** How often the echo was learned anew when a call has lasted some turns. */
static uint32_t beginnings_in_a_call(void) {
  struct voice_report report;
  station_open(&door, 0);
  struct engine_stream stream = stream_to(door.port);
  station_configure(&door, &stream);
  CHECK(comes_to(&device.exchanges, atomic_load(&device.exchanges) + 10));
  engine_read_voice(door.engine, &report);
  (void)station_close(&door);
  return report.beginnings;
}

/** A card that was stopped has another delay; one that went on has not. */
static void a_device_that_has_rested_is_another_way_of_the_echo(void) {
  start(&looked_after);
  uint32_t first = beginnings_in_a_call();
  CHECK_EQUAL(beginnings_in_a_call(), first + atomic_load(&device.rests)); // none, unless the machine stood still
  CHECK(comes_to(&device.rests, 1));
  CHECK_EQUAL(beginnings_in_a_call(), first + atomic_load(&device.rests));
  // Nor is one that was gone what it was: it goes, and it comes.
  atomic_store(&device.fault, AUDIO_FAULT_LOST);
  (void)beginnings_in_a_call();
  atomic_store(&device.fault, AUDIO_FAULT_NONE);
  CHECK_EQUAL(beginnings_in_a_call(), first + atomic_load(&device.rests) + 2);
  station_stop(&door);
}

static void a_tone_wakes_it(void) {
  start(&left_alone);
  CHECK(comes_to(&device.rests, 1));
  unsigned exchanges = atomic_load(&device.exchanges);
  CHECK_EQUAL(engine_play(door.engine, ENGINE_TONE_RINGBACK), DP_OK);
  // Longer than it waits before it rests: a cadence has pauses.
  CHECK(comes_to(&device.exchanges, exchanges + 100));
  CHECK_EQUAL(engine_play(door.engine, ENGINE_TONE_NONE), DP_OK);
  CHECK(comes_to(&device.rests, 2));
  station_stop(&door);
}

static void a_device_at_rest_is_looked_after(void) {
  start(&looked_after);
  CHECK(comes_to(&device.rests, 1));
  atomic_store(&device.fault, AUDIO_FAULT_LOST);
  CHECK(station_wait(&door, ENGINE_EVENT_DEVICE, 1, LIMIT_MS));
  CHECK_EQUAL(station_first(&door, ENGINE_EVENT_DEVICE)->session, AUDIO_FAULT_LOST);
  CHECK(comes_to(&device.looks, 1));
  atomic_store(&device.fault, AUDIO_FAULT_NONE);
  CHECK(station_wait(&door, ENGINE_EVENT_DEVICE, 2, LIMIT_MS));
  CHECK_EQUAL(atomic_load(&device.rests), 1);
  station_stop(&door);
}

static void a_device_that_cannot_rest_is_turned_all_the_time(void) {
  start(&restless);
  CHECK(comes_to(&device.exchanges, 80));
  station_stop(&door);
}

// ---- sign of life ----

/** @return whether it comes */
static bool feels_pulse(void) {
  for (unsigned waited = 0; waited < LIMIT_MS; waited += 5) {
    if (engine_feel_pulse(door.engine)) return true;
    sleep_ms(5);
  }
  return false;
}

static void threads_at_rest_are_alive(void) {
  start(&left_alone);
  CHECK(comes_to(&device.rests, 1));
  for (int at = 0; at < 5; at++) CHECK(feels_pulse());
  CHECK_EQUAL(atomic_load(&device.rests), 1);
  station_stop(&door);
}

static void a_thread_that_hangs_has_no_pulse(void) {
  start(&restless);
  CHECK(feels_pulse());
  atomic_store(&device.hangs, true);
  for (unsigned before = ~0u; before != atomic_load(&device.exchanges); sleep_ms(100)) {
    before = atomic_load(&device.exchanges);
  }
  // What was asked before it hung may have been answered.
  (void)engine_feel_pulse(door.engine);
  for (int at = 0; at < 10; at++) {
    sleep_ms(10);
    CHECK(!engine_feel_pulse(door.engine));
  }
  atomic_store(&device.hangs, false);
  sem_post(&device.release);
  CHECK(feels_pulse());
  station_stop(&door);
}

/** Packets both ways and turns of 20 ms: with a device that is nobody's clock all of it is done at one waking. */
static void a_call_wakes_it_once_a_packet(void) {
  struct bare_peer peer;
  uint8_t packet[200];
  bare_open(&peer);
  start(&left_alone);
  sleep_ms(107); // at some place between two turns
  station_open(&door, 0);
  struct engine_stream stream = stream_to(peer.port);
  station_configure(&door, &stream);
  CHECK_EQUAL(bare_receive(peer.rtp, packet, sizeof packet, 1000), 172);
  long before = sleeps_of_media_thread();
  unsigned exchanges = atomic_load(&device.exchanges);
  for (uint16_t at = 0; at < 50; at++) {
    CHECK_EQUAL(bare_receive(peer.rtp, packet, sizeof packet, 1000), 172);
    sleep_ms(7);
    bare_packet(packet, 8, at, at * 160U, 77);
    bare_send(peer.rtp, door.port, packet, 172);
  }
  long slept = sleeps_of_media_thread() - before;
  unsigned turns = atomic_load(&device.exchanges) - exchanges;
  struct stream_statistics figures = station_statistics(&door);
  station_stop(&door);
  CHECK_WITHIN(turns, 45, 60);
  CHECK_WITHIN(slept, 1, turns + 10); // and the commands
  CHECK(figures.packets_received >= 45);
  bare_close(&peer);
}

int main(void) {
  TEST(nobody_talks_and_nothing_turns);
  TEST(ports_that_are_kept_ready_wake_nobody);
  TEST(a_call_wakes_it_and_is_in_step_at_once);
  TEST(a_call_wakes_it_once_a_packet);
  TEST(a_device_that_has_rested_is_another_way_of_the_echo);
  TEST(a_tone_wakes_it);
  TEST(a_device_at_rest_is_looked_after);
  TEST(a_device_that_cannot_rest_is_turned_all_the_time);
  TEST(threads_at_rest_are_alive);
  TEST(a_thread_that_hangs_has_no_pulse);
  return test_summary("engine-rest");
}
