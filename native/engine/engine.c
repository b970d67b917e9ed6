// Life of the engine, and the control thread's side of what concerns no single session. See engine.h.

#define _GNU_SOURCE

#include "engine/engine.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "crypto/secure.h"
#include "crypto/self-test.h"
#include "engine/engine-parts.h"
#include "engine/keys.h"

/** Peak of a tone: -12 dBFS, well below speech at its loudest. */
#define TONE_AMPLITUDE 8000

void engine_ring_bell(int bell) {
  const uint64_t one = 1;
  // Refused only when 2^64 - 2 rings are unanswered: then it rings already.
  ssize_t written = write(bell, &one, sizeof one);
  (void)written;
}

void engine_answer_bell(int bell) {
  uint64_t rings;
  ssize_t got = read(bell, &rings, sizeof rings);
  (void)got;
}

static void close_descriptor(int descriptor) {
  if (descriptor >= 0) close(descriptor);
}

static void release(struct engine *engine) {
  close_descriptor(engine->epoll);
  close_descriptor(engine->arrivals);
  close_descriptor(engine->timer);
  close_descriptor(engine->command_bell);
  close_descriptor(engine->event_bell);
  (void)sem_destroy(&engine->answer);
  (void)sem_destroy(&engine->courier_answer);
  engine_close_pools(engine);
  dtls_identity_destroy(engine->outlet.identity);
  hearing_close(&engine->hearing);
  opus_library_close(&engine->opus);
  for (size_t at = 0; at < ANNOUNCER_SOUNDS; at++) free(engine->sounds[at]);
  free(engine->lent);
  free(engine);
}

static dp_error open_descriptors(struct engine *engine) {
  engine->epoll = epoll_create1(EPOLL_CLOEXEC);
  engine->arrivals = epoll_create1(EPOLL_CLOEXEC);
  engine->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
  engine->command_bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  engine->event_bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  bool opened = engine->epoll >= 0 && engine->arrivals >= 0 && engine->timer >= 0 && engine->command_bell >= 0 &&
                engine->event_bell >= 0;
  return opened ? DP_OK : DP_SYSTEM;
}

/** A random name for RTCP that says nothing of the machine (RFC 7022 §4.2). */
static void make_cname(const uint8_t random[STREAM_CNAME_BYTES], uint8_t cname[STREAM_CNAME_BYTES]) {
  static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (size_t at = 0; at < STREAM_CNAME_BYTES; at++) cname[at] = (uint8_t)letters[random[at] % 64];
}

static dp_error prepare_media(struct engine *engine, const struct engine_options *options) {
  struct {
    uint64_t seed;
    uint32_t first_pair;
    uint8_t cname[STREAM_CNAME_BYTES];
  } random;
  dp_error error = secure_random((uint8_t *)&random, sizeof random);
  if (error != DP_OK) return error;
  make_cname(random.cname, engine->context.cname);
  engine->context.random = random.seed | 1;
  // A NAT shows the same port of two machines at two places, and after a restart it may remember who had one before.
  engine->range.next = random.first_pair;
  engine->context.events = &engine->events;
  engine->context.parcels = &engine->parcels;
  engine->context.retired = &engine->retired;
  engine->context.lateness = &engine->lateness;
  engine->context.turn_ms = options->device.turn_ms == 0 ? AUDIO_FRAME_MS : options->device.turn_ms;
  engine->levels.part = audio_frame_samples(options->device.wide);
  gain_init(&engine->speaker, options->speaker_percent);
  gain_init(&engine->microphone, options->microphone_percent);
  error = tone_digits_init(&engine->context.tone_digits);
  if (error != DP_OK) return error;
  error = bands_init(&engine->bands, options->device.wide);
  if (error != DP_OK) return error;
  error = hearing_open(&engine->hearing, audio_rate_hz(options->device.wide), options->voice);
  if (error != DP_OK) return error;
  return announcer_init(&engine->announcer, audio_rate_hz(options->device.wide), TONE_AMPLITUDE);
}

static dp_error prepare_rings(struct engine *engine) {
  dp_error error = ring_init(&engine->events, engine->event_storage, sizeof(struct engine_event), ENGINE_EVENTS);
  if (error != DP_OK) return error;
  error = ring_init(&engine->requests, engine->request_storage, sizeof(struct courier_request), ENGINE_REQUESTS);
  if (error != DP_OK) return error;
  error = ring_init(&engine->parcels, engine->parcel_storage, sizeof(struct courier_parcel), ENGINE_PARCELS);
  if (error != DP_OK) return error;
  return ring_init(&engine->news, engine->news_storage, sizeof(struct courier_news), ENGINE_NEWS);
}

static dp_error start_thread(pthread_t *thread, void *(*run)(void *), struct engine *engine, const char *name) {
  // Signals belong to Node's threads.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  int reason = pthread_create(thread, NULL, run, engine);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  errno = reason;
  if (reason != 0) return DP_SYSTEM;
  (void)pthread_setname_np(*thread, name);
  return DP_OK;
}

static void wait_for_answer(struct engine *engine) {
  while (sem_wait(&engine->answer) != 0) continue; // EINTR
}

static dp_error start_threads(struct engine *engine) {
  dp_error error = start_thread(&engine->media, media_thread_run, engine, "doorphone-media");
  if (error != DP_OK) return error;
  wait_for_answer(engine);
  error = start_thread(&engine->courier, courier_run, engine, "doorphone-wake");
  if (error == DP_OK) return DP_OK;
  int reason = errno;
  atomic_store(&engine->stopping, true);
  engine_ring_bell(engine->command_bell);
  pthread_join(engine->media, NULL);
  errno = reason;
  return error;
}

static bool is_valid(const struct engine_options *options) {
  uint32_t turn_ms = options->device.turn_ms;
  bool turns = turn_ms == 0 || turn_ms == 5 || turn_ms == 10 || turn_ms == AUDIO_FRAME_MS;
  return turns && options->device.operations && options->wake && options->first_port > 0 &&
         options->first_port <= options->last_port && options->sessions <= ENGINE_MAX_SESSIONS &&
         options->speaker_percent <= 100 &&
         options->microphone_percent <= 100;
}

dp_error engine_create(const struct engine_options *options, struct engine **engine) {
  if (!is_valid(options)) return DP_INVALID_ARGUMENT;
  dp_error error = crypto_self_test();
  if (error != DP_OK) return error;
  struct engine *made = calloc(1, sizeof *made);
  if (!made) return DP_SYSTEM;
  made->epoll = made->arrivals = made->timer = made->command_bell = made->event_bell = -1;
  (void)sem_init(&made->answer, 0, 0);
  (void)sem_init(&made->courier_answer, 0, 0);
  made->outlet.news = &made->news;
  made->device = options->device;
  made->wake = options->wake;
  made->wake_context = options->wake_context;
  made->range = (struct sockets_range){.first = options->first_port, .last = options->last_port};
  made->generation = 1;
  if (options->opus) (void)opus_library_open(&made->opus);
  error = engine_open_pools(made, options->sessions == 0 ? ENGINE_SESSIONS : options->sessions);
  if (error == DP_OK) error = prepare_rings(made);
  if (error == DP_OK) error = prepare_media(made, options);
  if (error == DP_OK) error = dtls_identity_create(&made->outlet.identity);
  if (error == DP_OK) error = open_descriptors(made);
  if (error == DP_OK) error = start_threads(made);
  if (error != DP_OK) {
    int reason = errno;
    release(made);
    errno = reason;
    return error;
  }
  *engine = made;
  return DP_OK;
}

void engine_destroy(struct engine *engine) {
  engine_close_sessions(engine);
  atomic_store(&engine->stopping, true);
  engine_ring_bell(engine->command_bell);
  engine_ring_bell(engine->event_bell);
  pthread_join(engine->media, NULL);
  pthread_join(engine->courier, NULL);
  struct courier_news news;
  while (ring_get(&engine->news, &news)) keys_free(news.sender, news.receiver);
  engine_collect(engine);
  engine->device.operations->close(engine->device.device);
  release(engine);
}

dp_error engine_command_quietly(struct engine *engine, const struct engine_command *command) {
  engine_collect(engine);
  return ring_put(&engine->commands, command) ? DP_OK : DP_FULL;
}

dp_error engine_command(struct engine *engine, const struct engine_command *command) {
  dp_error error = engine_command_quietly(engine, command);
  if (error == DP_OK) engine_ring_bell(engine->command_bell);
  return error;
}

dp_error engine_ask(struct engine *engine, const struct engine_command *command) {
  dp_error error = engine_command(engine, command);
  if (error == DP_OK) wait_for_answer(engine);
  return error;
}

dp_error engine_request(struct engine *engine, const struct courier_request *request) {
  if (!ring_put(&engine->requests, request)) return DP_FULL;
  engine_ring_bell(engine->event_bell);
  return DP_OK;
}

void engine_collect(struct engine *engine) {
  struct engine_retired retired;
  while (ring_get(&engine->retired, &retired)) keys_free(retired.sender, retired.receiver);
}

dp_error engine_set_gain(struct engine *engine, uint8_t speaker_percent, uint8_t microphone_percent) {
  if (speaker_percent > 100 || microphone_percent > 100) return DP_INVALID_ARGUMENT;
  struct engine_command command = {.kind = ENGINE_COMMAND_GAIN,
                                   .percent = {.speaker = speaker_percent, .microphone = microphone_percent}};
  return engine_command(engine, &command);
}

dp_error engine_set_voice(struct engine *engine, struct voice_switches switches) {
  struct engine_command command = {.kind = ENGINE_COMMAND_VOICE, .voice = switches};
  return engine_command(engine, &command);
}

void engine_read_voice(struct engine *engine, struct voice_report *report) { hearing_read(&engine->hearing, report); }

dp_error engine_set_tone_digits(struct engine *engine, bool counted) {
  const struct engine_command command = {.kind = ENGINE_COMMAND_TONE_DIGITS, .tone_digits = counted};
  return engine_command(engine, &command);
}

void engine_read_levels(const struct engine *engine, struct engine_levels *levels) {
  levels_read(&engine->levels, levels);
}

void engine_fingerprint(const struct engine *engine, uint8_t fingerprint[DTLS_FINGERPRINT_BYTES]) {
  memcpy(fingerprint, dtls_identity_fingerprint(engine->outlet.identity), DTLS_FINGERPRINT_BYTES);
}

size_t engine_take_events(struct engine *engine, struct engine_event *events, size_t capacity) {
  engine_collect(engine);
  size_t taken = 0;
  while (taken < capacity && ring_get(&engine->events, &events[taken])) taken++;
  return taken;
}

void engine_read_state(struct engine *engine, struct engine_state *state) {
  uint64_t fault = atomic_load(&engine->fault);
  *state = (struct engine_state){.realtime = atomic_load(&engine->realtime),
                                 .memory_locked = atomic_load(&engine->memory_locked),
                                 .events_dropped = ring_refused(&engine->events),
                                 .turns = atomic_load(&engine->turns),
                                 .fault = (enum audio_fault)(fault >> 32),
                                 .system_error = (int32_t)(uint32_t)fault,
                                 .opus = engine->opus.object != NULL};
}

bool engine_feel_pulse(struct engine *engine) {
  uint64_t asked = atomic_load(&engine->pulse_asked);
  bool answered = atomic_load(&engine->pulse_answered) == asked;
  // One question at a time: a thread that goes on answers the one that it owes.
  if (answered) atomic_store(&engine->pulse_asked, asked + 1);
  engine_ring_bell(engine->event_bell);
  return answered;
}

void engine_read_lateness(const struct engine *engine, uint64_t *upper_ns, uint64_t *packets) {
  for (size_t at = 0; at < LATENESS_BUCKETS; at++) {
    upper_ns[at] = lateness_upper_ns(at);
    packets[at] = atomic_load_explicit(&engine->lateness.packets[at], memory_order_relaxed);
  }
}
