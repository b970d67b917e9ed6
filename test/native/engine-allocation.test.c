// No allocation on the media thread while it runs: agreement, calls both ways with SRTP, keys by DTLS, digits, tones,
// reports, end.
// Counted by the address sanitizer's hooks.

#define _GNU_SOURCE

#include "engine-support.h"

extern int __sanitizer_install_malloc_and_free_hooks(void (*malloc_hook)(const volatile void *, size_t),
                                                     void (*free_hook)(const volatile void *));

static __thread bool on_media_thread;
static atomic_uint allocations;
static atomic_uint frees;
static atomic_bool spoil;

static void count_malloc(const volatile void *memory, size_t size) {
  (void)memory;
  (void)size;
  if (on_media_thread) atomic_fetch_add(&allocations, 1);
}

static void count_free(const volatile void *memory) {
  if (on_media_thread && memory) atomic_fetch_add(&frees, 1);
}

static void marked_exchange(void *device, const int16_t *heard, int16_t *spoken, struct audio_report *report) {
  on_media_thread = true;
  if (atomic_exchange(&spoil, false)) {
    void *volatile memory = malloc(100); // volatile, or the compiler leaves both calls out
    free(memory);
  }
  humming_exchange(device, heard, spoken, report);
}

static const struct audio_operations marked_operations = {.exchange = marked_exchange, .close = humming_close};

// As long as the longest suite wants them.
static const uint8_t left_key[] = "left-key-0123456left-salt-0123left-more-012345";
static const uint8_t right_key[] = "right-key-012345right-salt-012right-more-01234";

static struct station left;

static void start_with(bool opus) {
  humming_init(&left.device, 400);
  struct engine_options options = {.device = {.operations = &marked_operations, .device = &left.device},
                                   .first_port = FIRST_PORT,
                                   .last_port = LAST_PORT,
                                   .speaker_percent = 80,
                                   .microphone_percent = 80,
                                   .voice = {.echo_cancellation = true, .noise_suppression = true, .gain_control = true},
                                   .opus = opus,
                                   .wake = station_wake,
                                   .wake_context = &left};
  CHECK_EQUAL(engine_create(&options, &left.engine), DP_OK);
  while (atomic_load(&left.device.exchanges) < 2) sleep_ms(5);
}

static void start(void) { start_with(false); }

static void the_count_notices_one(void) {
  start();
  unsigned before = atomic_load(&allocations);
  atomic_store(&spoil, true);
  sleep_ms(100);
  CHECK_EQUAL(atomic_load(&allocations), before + 1);
  CHECK(atomic_load(&frees) > 0);
  station_stop(&left);
}

static void a_call_allocates_nothing(void) {
  start();
  atomic_store(&allocations, 0);
  atomic_store(&frees, 0);
  uint32_t other;
  uint16_t other_port;
  station_open(&left, 500);
  CHECK_EQUAL(engine_open_session(left.engine, "127.0.0.1", 500, &other, &other_port), DP_OK);
  struct engine_stream stream = stream_to(other_port);
  struct engine_stream back = stream_to(left.port);
  stream.send_key = back.receive_key = left_key;
  stream.receive_key = back.send_key = right_key;
  station_configure(&left, &stream);
  CHECK_EQUAL(engine_configure_session(left.engine, other, &back), DP_OK);
  CHECK_EQUAL(engine_play(left.engine, ENGINE_TONE_BUSY), DP_OK);
  CHECK_EQUAL(engine_send_digits(left.engine, left.session, "12", 60), DP_OK);
  CHECK_EQUAL(engine_set_gain(left.engine, 50, 50), DP_OK);
  CHECK(station_wait(&left, ENGINE_EVENT_DIGIT, 2, 3000));
  // New keys of another kind: the old ones go back to be freed elsewhere.
  stream.send_suite = stream.receive_suite = back.send_suite = back.receive_suite = SRTP_AEAD_AES_256_GCM;
  stream.send_key = back.receive_key = right_key;
  stream.receive_key = back.send_key = left_key;
  stream.packet_time_ms = 30;
  station_configure(&left, &stream);
  CHECK_EQUAL(engine_configure_session(left.engine, other, &back), DP_OK);
  // Long enough for each side's first report: at most 3.1 s (RFC 3550 §6.3.1).
  sleep_ms(3300);
  stream.sends = stream.receives = false;
  station_configure(&left, &stream);
  sleep_ms(700);
  CHECK_EQUAL(engine_set_voice(left.engine, (struct voice_switches){.gain_control = true}), DP_OK);
  sleep_ms(60);
  struct voice_report report;
  engine_read_voice(left.engine, &report);
  // The hum of the device: a sine of 8000 is -15.3 dBFS.
  CHECK_WITHIN(report.microphone_dbfs, -15.8, -14.8);
  struct stream_statistics figures = station_close(&left);
  CHECK(figures.packets_received > 100);
  CHECK(figures.round_trip_ns != STATISTICS_UNKNOWN || figures.remote_loss_256ths != STATISTICS_UNKNOWN);
  CHECK_EQUAL(atomic_load(&allocations), 0);
  CHECK_EQUAL(atomic_load(&frees), 0);
  station_stop(&left);
}

/** Its library's own code, too; nothing where there is none. */
static void opus_allocates_nothing(void) {
  start_with(true);
  struct engine_state state;
  engine_read_state(left.engine, &state);
  if (!state.opus) {
    station_stop(&left);
    return;
  }
  uint32_t other;
  uint16_t other_port;
  station_open(&left, 0);
  CHECK_EQUAL(engine_open_session(left.engine, "127.0.0.1", 0, &other, &other_port), DP_OK);
  struct engine_stream stream = stream_to(other_port);
  struct engine_stream back = stream_to(left.port);
  stream.codec = back.codec = CODEC_OPUS;
  stream.payload_type = back.payload_type = 111;
  atomic_store(&allocations, 0);
  atomic_store(&frees, 0);
  // The second time it begins anew, as copies are to be sent from then on.
  for (int round = 0; round < 2; round++) {
    CHECK_EQUAL(engine_configure_session(left.engine, other, &back), DP_OK);
    station_configure(&left, &stream);
    sleep_ms(400);
    stream.opus.corrects = back.opus.corrects = true;
  }
  struct stream_statistics figures = station_close(&left);
  CHECK(figures.packets_received > 25);
  CHECK_EQUAL(atomic_load(&allocations), 0);
  CHECK_EQUAL(atomic_load(&frees), 0);
  station_stop(&left);
}

static void a_handshake_allocates_nothing_here(void) {
  start();
  atomic_store(&allocations, 0);
  atomic_store(&frees, 0);
  uint32_t other;
  uint16_t other_port;
  station_open(&left, 0);
  CHECK_EQUAL(engine_open_session(left.engine, "127.0.0.1", 0, &other, &other_port), DP_OK);
  for (uint32_t association = 1; association <= 2; association++) {
    struct engine_dtls client = {.association = association, .role = DTLS_CLIENT, .peer = {.count = 1}};
    client.peer.list[0].hash = DTLS_SHA256;
    engine_fingerprint(left.engine, client.peer.list[0].bytes);
    struct engine_dtls server = client;
    server.role = DTLS_SERVER;
    struct engine_stream stream = stream_to(other_port);
    struct engine_stream back = stream_to(left.port);
    stream.dtls = &client;
    back.dtls = &server;
    CHECK_EQUAL(engine_configure_session(left.engine, other, &back), DP_OK);
    station_configure(&left, &stream);
    CHECK(station_wait(&left, ENGINE_EVENT_SECURED, 2 * association, 3000));
  }
  sleep_ms(300);
  struct stream_statistics figures = station_close(&left);
  CHECK(figures.packets_received > 5);
  CHECK_EQUAL(atomic_load(&allocations), 0);
  CHECK_EQUAL(atomic_load(&frees), 0);
  station_stop(&left);
}

int main(void) {
  if (__sanitizer_install_malloc_and_free_hooks(count_malloc, count_free) == 0) {
    printf("FAIL the sanitizer has no hooks\n");
    return 1;
  }
  TEST(the_count_notices_one);
  TEST(a_call_allocates_nothing);
  TEST(opus_allocates_nothing);
  TEST(a_handshake_allocates_nothing_here);
  return test_summary("engine-allocation");
}
