// A half-duplex device by both of its threads: the media thread gives it away to be turned round, and the one that opens
// devices gives it back. A library that opens one direction at a time stands in for libasound, by the linker's --wrap.

#define _GNU_SOURCE

#include "engine-support.h"

#include <errno.h>
#include <stdio.h>

#include "alsa/alsa-cards.h"
#include "alsa/alsa-library.h"
#include "alsa/alsa.h"

#define LIMIT_MS 10000
#define LOUD 6000
#define TURN_SAMPLES (AUDIO_RATE_HZ / 1000 * 5)
#define BUFFER_FRAMES 960

static struct alsa_handle {
  atomic_bool is_open;
} handles[2];
static atomic_bool no_microphone;
static atomic_uint played; // turns with sound in them

// ---- the library ----

static int fake_open(struct alsa_handle **handle, const char *name, int stream, int mode) {
  (void)name;
  (void)mode;
  if (atomic_load(&handles[1 - stream].is_open)) return -EBUSY;
  if (stream == ALSA_STREAM_CAPTURE && atomic_load(&no_microphone)) return -EBUSY;
  *handle = &handles[stream];
  atomic_store(&(*handle)->is_open, true);
  return 0;
}

static int fake_close(struct alsa_handle *handle) {
  atomic_store(&handle->is_open, false);
  return 0;
}

static bool fake_is_card(const struct alsa_library *library, struct alsa_handle *handle) {
  (void)library;
  (void)handle;
  return true;
}

static int fake_set_format(const struct alsa_library *library, struct alsa_handle *handle, struct alsa_format *format) {
  (void)library;
  (void)handle;
  if (format->rate_hz != AUDIO_RATE_HZ) return -EINVAL;
  format->period_frames = TURN_SAMPLES;
  format->buffer_frames = BUFFER_FRAMES;
  return 0;
}

static int fake_nothing(struct alsa_handle *handle) {
  CHECK(atomic_load(&handle->is_open));
  return 0;
}

/** A turn is there to be read, or little waits to be heard. */
static alsa_sframes fake_avail(struct alsa_handle *handle) {
  CHECK(atomic_load(&handle->is_open));
  return handle == &handles[ALSA_STREAM_CAPTURE] ? TURN_SAMPLES : BUFFER_FRAMES - TURN_SAMPLES;
}

static alsa_sframes fake_readi(struct alsa_handle *handle, void *frames, alsa_uframes count) {
  int16_t *samples = frames;
  CHECK(atomic_load(&handle->is_open));
  for (alsa_uframes at = 0; at < count; at++) samples[at] = LOUD;
  return (alsa_sframes)count;
}

static alsa_sframes fake_writei(struct alsa_handle *handle, const void *frames, alsa_uframes count) {
  const int16_t *samples = frames;
  bool sounds = false;
  CHECK(atomic_load(&handle->is_open));
  for (alsa_uframes at = 0; at < count; at++) sounds = sounds || samples[at] != 0;
  if (sounds) atomic_fetch_add(&played, 1);
  return (alsa_sframes)count;
}

dp_error __wrap_alsa_library_open(struct alsa_library *library);
dp_error __wrap_alsa_library_open(struct alsa_library *library) {
  *library = (struct alsa_library){.open = fake_open,
                                   .close = fake_close,
                                   .is_card = fake_is_card,
                                   .set_format = fake_set_format,
                                   .prepare = fake_nothing,
                                   .start = fake_nothing,
                                   .drop = fake_nothing,
                                   .state = fake_nothing,
                                   .type = fake_nothing,
                                   .avail = fake_avail,
                                   .readi = fake_readi,
                                   .writei = fake_writei};
  return DP_OK;
}

void __wrap_alsa_library_close(struct alsa_library *library);
void __wrap_alsa_library_close(struct alsa_library *library) { (void)library; }

dp_error __wrap_alsa_control_open(struct alsa_control *control);
dp_error __wrap_alsa_control_open(struct alsa_control *control) {
  *control = (struct alsa_control){0};
  return DP_OK;
}

void __wrap_alsa_control_close(struct alsa_control *control);
void __wrap_alsa_control_close(struct alsa_control *control) { (void)control; }

int __wrap_alsa_resolve(const struct alsa_control *control, const char *name, char resolved[ALSA_RESOLVED_BYTES]);
int __wrap_alsa_resolve(const struct alsa_control *control, const char *name, char resolved[ALSA_RESOLVED_BYTES]) {
  (void)control;
  return snprintf(resolved, ALSA_RESOLVED_BYTES, "%s", name) < 0 ? -EINVAL : 0;
}

// ---- the media thread ----

static struct audio_io io;
static struct audio_report report;
static bool hears; // in the last turn

static bool is_open(int stream) { return atomic_load(&handles[stream].is_open); }

/** One exchange, in which the far end speaks or is silent. */
static void turn(bool speaks) {
  static uint64_t random = 3;
  int16_t heard[TURN_SAMPLES] = {0};
  int16_t spoken[TURN_SAMPLES];
  for (size_t at = 0; speaks && at < TURN_SAMPLES; at++) heard[at] = (int16_t)((int)(test_random(&random) % (2 * LOUD)) - LOUD);
  io.operations->exchange(io.device, heard, spoken, &report);
  hears = spoken[TURN_SAMPLES - 1] != 0;
}

/** Turns until a direction is open and in use. @return whether it comes to that */
static bool comes_to(int stream, bool speaks) {
  unsigned before = atomic_load(&played);
  for (int waited = 0; waited < LIMIT_MS; waited++) {
    turn(speaks);
    if (stream == ALSA_STREAM_CAPTURE ? hears : atomic_load(&played) > before) return true;
    sleep_ms(1);
  }
  return false;
}

static void start(void) {
  atomic_store(&no_microphone, false);
  CHECK_EQUAL(alsa_open("card", false, &io), DP_OK);
}

static void stop(void) {
  io.operations->close(io.device);
  CHECK(!is_open(ALSA_STREAM_PLAYBACK) && !is_open(ALSA_STREAM_CAPTURE));
}

static void the_device_goes_to_and_fro(void) {
  start();
  for (int round = 0; round < 3; round++) {
    CHECK(comes_to(ALSA_STREAM_PLAYBACK, true));
    CHECK_EQUAL(report.fault, AUDIO_FAULT_BY_TURNS);
    CHECK(!hears);
    CHECK(comes_to(ALSA_STREAM_CAPTURE, false));
    CHECK_EQUAL(report.fault, AUDIO_FAULT_BY_TURNS);
    CHECK(!is_open(ALSA_STREAM_PLAYBACK));
  }
  stop();
}

static void at_rest_it_is_ready_to_play(void) {
  start();
  CHECK(comes_to(ALSA_STREAM_CAPTURE, false));
  io.operations->rest(io.device);
  for (int waited = 0; waited < LIMIT_MS && !is_open(ALSA_STREAM_PLAYBACK); waited += 10) {
    io.operations->look(io.device, &report);
    CHECK_EQUAL(report.fault, AUDIO_FAULT_BY_TURNS);
    sleep_ms(10);
  }
  CHECK(is_open(ALSA_STREAM_PLAYBACK));
  CHECK(comes_to(ALSA_STREAM_PLAYBACK, true));
  stop();
}

/** Somebody else has taken the microphone meanwhile: that is a fault, and is waited for. */
static void a_direction_that_is_taken_is_a_fault_until_it_is_free(void) {
  start();
  atomic_store(&no_microphone, true);
  for (int waited = 0; waited < LIMIT_MS && report.fault != AUDIO_FAULT_OPEN; waited++) {
    turn(false);
    CHECK(!hears);
    sleep_ms(1);
  }
  CHECK_EQUAL(report.fault, AUDIO_FAULT_OPEN);
  CHECK_EQUAL(report.system_error, EBUSY);
  // Tried again each second: one direction at least.
  CHECK(comes_to(ALSA_STREAM_PLAYBACK, true));
  CHECK_EQUAL(report.fault, AUDIO_FAULT_NO_MICROPHONE);
  atomic_store(&no_microphone, false);
  io.operations->rest(io.device);
  CHECK(comes_to(ALSA_STREAM_CAPTURE, false));
  CHECK_EQUAL(report.fault, AUDIO_FAULT_BY_TURNS);
  stop();
}

static void it_may_be_closed_while_it_is_turned_round(void) {
  for (int round = 0; round < 20; round++) {
    start();
    CHECK(comes_to(ALSA_STREAM_PLAYBACK, true));
    for (int at = 0; at < 120 + round; at++) turn(false);
    stop();
  }
}

int main(void) {
  TEST(the_device_goes_to_and_fro);
  TEST(at_rest_it_is_ready_to_play);
  TEST(a_direction_that_is_taken_is_a_fault_until_it_is_free);
  TEST(it_may_be_closed_while_it_is_turned_round);
  return test_summary("alsa-turning");
}
