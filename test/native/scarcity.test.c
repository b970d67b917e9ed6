// Memory, descriptors, threads and libraries that are refused to our own code, call by call, while a sound card is opened and
// an engine with sessions runs on it: each time it is said what is wrong, nothing is left behind, and the next try works.
//
// engine-memory.test.c refuses memory to OpenSSL as well. libasound is spared here: what it does without memory is its own.

#define _GNU_SOURCE

#include "engine-support.h"

#include <dirent.h>

#include "alsa/alsa.h"
#include "support/scarcity.h"

/** A device of libasound's own that takes every format: at 16 kHz it is run at 48, with a resampler for each direction. */
#define CARD "null"
/** Time for the device to be opened again, which is tried each second. */
#define PATIENCE_MS 20000

static bool has_alsa;

static void wake(void *context) { (void)context; }

static int count_descriptors(void) {
  int count = 0;
  DIR *folder = opendir("/proc/self/fd");
  while (folder && readdir(folder)) count++;
  if (folder) closedir(folder);
  return count;
}

// ---- a sound card ----

static struct audio_report exchange_once(const struct audio_io *io) {
  int16_t heard[AUDIO_WIDE_RATE_HZ / 1000 * AUDIO_FRAME_MS] = {0};
  int16_t spoken[AUDIO_WIDE_RATE_HZ / 1000 * AUDIO_FRAME_MS];
  struct audio_report report;
  io->operations->exchange(io->device, heard, spoken, &report);
  return report;
}

static bool is_out_of(enum audio_fault fault) {
  return fault == AUDIO_FAULT_OPEN || fault == AUDIO_FAULT_NO_SPEAKER || fault == AUDIO_FAULT_NO_MICROPHONE;
}

/** What a card lacks it gets by itself, while the door rests at the latest. */
static void comes_back(const struct audio_io *io) {
  struct audio_report report = {.fault = AUDIO_FAULT_OPEN};
  for (int waited_ms = 0; waited_ms < PATIENCE_MS; waited_ms += 20) {
    io->operations->rest(io->device);
    report = exchange_once(io);
    if (report.fault == AUDIO_FAULT_NONE) break;
    sleep_ms(20);
  }
  CHECK_EQUAL(report.fault, AUDIO_FAULT_NONE);
}

/** @param name of the device @return DP_OK; what was refused: said at once, or, where the card is waited for, as a fault */
static dp_error pass_card(const char *name) {
  struct audio_io io;
  errno = 0;
  dp_error error = alsa_open(name, true, &io);
  scarcity_end();
  if (error != DP_OK) return error;
  struct audio_report report = exchange_once(&io);
  if (is_out_of(report.fault) && report.system_error == ENOMEM) {
    if (strcmp(name, CARD) == 0) comes_back(&io);
    error = DP_DEVICE;
  }
  io.operations->close(io.device);
  return error;
}

static dp_error pass_null(void) { return pass_card(CARD); }

/** By its name, for which the cards are looked through; there is none of this one. */
static dp_error pass_named(void) { return pass_card("card=doorphone no such card"); }

// ---- an engine ----

static dp_error start_engine(struct engine **started) {
  struct engine_options options = {.first_port = FIRST_PORT,
                                   .last_port = LAST_PORT,
                                   .speaker_percent = 50,
                                   .microphone_percent = 50,
                                   .voice = {.echo_cancellation = true},
                                   .wake = wake};
  static struct humming_device device;
  options.device = (struct audio_io){.operations = &humming_operations, .device = &device};
  return engine_create(&options, started);
}

static dp_error pass_engine(void) {
  struct engine *started;
  dp_error error = start_engine(&started);
  scarcity_end();
  if (error == DP_OK) engine_destroy(started);
  return error;
}

static struct engine *engine;

static dp_error agree(uint32_t session) {
  static const uint8_t key[SRTP_MAX_MASTER_BYTES] = "left-key-0123456left-salt-0123left-more-012345";
  struct engine_stream stream = stream_to(9);
  stream.send_suite = stream.receive_suite = SRTP_AES_CM_128_HMAC_SHA1_80;
  stream.send_key = stream.receive_key = key;
  return engine_configure_session(engine, session, &stream);
}

static dp_error pass_session(void) {
  uint32_t session;
  uint16_t port;
  struct stream_statistics figures;
  dp_error error = engine_open_session(engine, "127.0.0.1", 0, &session, &port);
  if (error == DP_OK) {
    error = agree(session);
    scarcity_end();
    CHECK_EQUAL(engine_close_session(engine, session, &figures), DP_OK);
  }
  scarcity_end();
  return error;
}

// ---- the sweep ----

/** errno or kind of what was refused. */
static bool says_why(dp_error error, int reason) {
  if (strcmp(scarcity_refused, "dlopen") == 0) return error == DP_UNSUPPORTED;
  if (error == DP_DEVICE) return true; // pass_card has looked at why
  return error == DP_SYSTEM && (reason == ENOMEM || reason == EMFILE || reason == EAGAIN);
}

/** Refuses the first call, then the second, until none is left. @return how many there are */
static long sweep(dp_error (*pass)(void), bool lasts) {
  CHECK_EQUAL(pass(), DP_OK);
  int descriptors = count_descriptors();
  long blocks = atomic_load(&scarcity_blocks);
  for (long at = 0;; at++) {
    scarcity_begin(at, lasts);
    dp_error error = pass();
    int reason = errno;
    scarcity_end();
    if (!scarcity_refused) {
      CHECK_EQUAL(error, DP_OK);
      return at;
    }
    if (!says_why(error, reason)) {
      printf("  call %ld, %s: error %d, %s\n", at, scarcity_refused, (int)error, strerror(reason));
      test_ok = false;
    }
    CHECK_EQUAL(pass(), DP_OK);
    CHECK_EQUAL(count_descriptors(), descriptors);
    CHECK_EQUAL(atomic_load(&scarcity_blocks), blocks);
  }
}

static void sweep_both(dp_error (*pass)(void), long at_least) {
  long count = sweep(pass, false);
  CHECK_EQUAL(sweep(pass, true), count);
  printf("  %ld calls\n", count);
  CHECK(count >= at_least);
}

/** Its own block, name and bell, the libraries, the pair and its two filters, the thread. */
static void a_card_opens_or_says_why(void) {
  if (has_alsa) sweep_both(pass_null, 9);
}

static void a_card_is_looked_for_or_it_is_said_why_not(void) {
  if (has_alsa) sweep_both(pass_named, 7);
}

static void an_engine_starts_or_says_why(void) { sweep_both(pass_engine, 16); }

static void a_session_opens_or_says_why(void) {
  CHECK_EQUAL(start_engine(&engine), DP_OK);
  sweep_both(pass_session, 4);
  engine_destroy(engine);
}

int main(void) {
  struct audio_io io;
  has_alsa = alsa_open(CARD, true, &io) == DP_OK;
  if (has_alsa) io.operations->close(io.device);
  else printf("  libasound is not installed\n");
  TEST(a_card_opens_or_says_why);
  TEST(a_card_is_looked_for_or_it_is_said_why_not);
  TEST(an_engine_starts_or_says_why);
  TEST(a_session_opens_or_says_why);
  return test_summary("scarcity");
}
