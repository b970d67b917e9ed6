// Memory that runs out, at each allocation in turn, while an engine starts, a session opens, agrees on keys and ends: an error
// is said each time, nothing is left behind (the leak sanitizer looks at the end), and what was there goes on.
//
// Allocations are refused on the control thread alone: the media thread makes none, and what the courier's handshakes do
// without memory is in dtls.test.c.

#define _GNU_SOURCE

#include <errno.h>

#include "engine-support.h"
#include "fileio/fileio.h"

extern void *__interceptor_malloc(size_t size);
extern void *__interceptor_calloc(size_t count, size_t size);
extern void *__interceptor_realloc(void *memory, size_t size);

/** How many allocations of this thread still succeed; below 0: all. */
static __thread long left_to_give = -1;
static __thread bool refused;

static bool refuses(void) {
  if (left_to_give < 0) return false;
  if (left_to_give > 0) {
    left_to_give--;
    return false;
  }
  refused = true;
  errno = ENOMEM;
  return true;
}

// In the place of the sanitizer's: OpenSSL's and the C library's calls come here, too.
void *malloc(size_t size) { return refuses() ? NULL : __interceptor_malloc(size); }
void *calloc(size_t count, size_t size) { return refuses() ? NULL : __interceptor_calloc(count, size); }
void *realloc(void *memory, size_t size) { return refuses() ? NULL : __interceptor_realloc(memory, size); }

static const uint8_t key[SRTP_MAX_MASTER_BYTES] = "left-key-0123456left-salt-0123left-more-012345";
static const uint8_t other_key[SRTP_MAX_MASTER_BYTES] = "right-key-012345right-salt-012right-more-01234";

static void wake(void *context) { (void)context; }

/** One pass of what is swept. */
typedef dp_error (*pass_h)(void);

static struct engine *engine;

static dp_error start_engine(struct engine **started) {
  static struct humming_device device;
  const struct engine_options options = {.device = {.operations = &humming_operations, .device = &device},
                                         .first_port = FIRST_PORT,
                                         .last_port = LAST_PORT,
                                         .speaker_percent = 50,
                                         .microphone_percent = 50,
                                         .wake = wake};
  return engine_create(&options, started);
}

static dp_error pass_engine(void) {
  struct engine *started = NULL;
  dp_error error = start_engine(&started);
  if (error != DP_OK) return error;
  left_to_give = -1;
  engine_destroy(started);
  return DP_OK;
}

static dp_error agree(uint32_t session, enum srtp_suite suite, const uint8_t *own) {
  struct engine_stream stream = stream_to(9);
  stream.send_suite = stream.receive_suite = suite;
  stream.send_key = stream.receive_key = own;
  return engine_configure_session(engine, session, &stream);
}

/** Keys of both kinds, then others in their place. */
static dp_error pass_session(void) {
  uint32_t session;
  uint16_t port;
  dp_error error = engine_open_session(engine, "127.0.0.1", 0, &session, &port);
  if (error != DP_OK) return error;
  error = agree(session, SRTP_AES_CM_128_HMAC_SHA1_80, key);
  if (error == DP_OK) error = agree(session, SRTP_AEAD_AES_256_GCM, other_key);
  if (error == DP_OK) error = agree(session, SRTP_AES_CM_128_HMAC_SHA1_80, other_key);
  left_to_give = -1;
  struct stream_statistics figures;
  CHECK_EQUAL(engine_close_session(engine, session, &figures), DP_OK);
  return error;
}

static dp_error pass_file(void) {
  const struct fileio_options options = {.output = "/dev/null"};
  struct fileio_problem problem;
  struct audio_io io;
  dp_error error = fileio_open(&options, &io, &problem);
  left_to_give = -1;
  if (error == DP_OK) io.operations->close(io.device);
  return error;
}

/** Each of the first ones, which are ours, then some of OpenSSL's for a certificate; with DOORPHONE_EVERY_ALLOCATION, all. */
static long step_behind(long at) { return at < 80 || getenv("DOORPHONE_EVERY_ALLOCATION") ? 1 : 37; }

/** Refuses the first allocation, then the second, until none is wanted any more. @return how many there were */
static long sweep(pass_h pass) {
  // What is made once for the whole process is made before: OpenSSL remembers for good that it could not begin.
  CHECK_EQUAL(pass(), DP_OK);
  for (long at = 0;; at += step_behind(at)) {
    left_to_give = at;
    refused = false;
    dp_error error = pass();
    left_to_give = -1;
    if (!refused) {
      CHECK_EQUAL(error, DP_OK);
      return at;
    }
    // OpenSSL does without some: then all is well.
    if (error != DP_OK && error != DP_SYSTEM && error != DP_CRYPTO && error != DP_DEVICE) {
      printf("  allocation %ld: error %d\n", at, (int)error);
      test_ok = false;
    }
  }
}

static void an_engine_starts_whole_or_not_at_all(void) {
  long count = sweep(pass_engine);
  printf("  of %ld allocations\n", count);
  CHECK(count > 20);
}

static void a_session_agrees_or_stays_as_it_was(void) {
  CHECK_EQUAL(start_engine(&engine), DP_OK);
  long count = sweep(pass_session);
  printf("  of %ld allocations\n", count);
  CHECK(count > 10);
  engine_destroy(engine);
}

static void a_recording_opens_or_not(void) { CHECK(sweep(pass_file) > 0); }

int main(void) {
  TEST(an_engine_starts_whole_or_not_at_all);
  TEST(a_session_agrees_or_stays_as_it_was);
  TEST(a_recording_opens_or_not);
  return test_summary("engine-memory");
}
