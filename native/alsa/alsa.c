// The device that the engine sees, and the thread that opens it again. See alsa.h.
//
// A pair of open directions belongs to one thread at a time: the opener hands it to the media thread through `ready`, and
// has it back through `broken` when it has failed, or through `turning` when a half-duplex one is to be turned round.

#define _GNU_SOURCE

#include "alsa/alsa.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "alsa/alsa-cards.h"
#include "alsa/alsa-pair.h"

#define RETRY_MS 1000

struct alsa {
  struct alsa_library library;
  struct alsa_control control;
  char *name;
  bool wide;
  int stop;
  int bell; // rung for what does not wait for the next second
  pthread_t opener;
  // Between the threads.
  _Atomic(struct alsa_pair *) ready;
  _Atomic(struct alsa_pair *) broken;
  _Atomic(struct alsa_pair *) turning;
  atomic_int open_error; // errno of the last try, 0: it is open
  // Media thread.
  struct alsa_pair *pair; // null: none works, or it is being turned round
  struct audio_report why; // it is null
};

static void close_pair(struct alsa_pair *pair) {
  if (pair) alsa_pair_close(pair);
}

/**
 * Tries once; the card is looked for anew each time. Opener thread, or control before it runs.
 * @param pair to be turned round; null: one is to be opened
 */
static void try_open(struct alsa *alsa, struct alsa_pair *pair) {
  char resolved[ALSA_RESOLVED_BYTES];
  int error = alsa_resolve(&alsa->control, alsa->name, resolved);
  if (error >= 0) {
    error = pair ? alsa_pair_turn_round(pair, &alsa->library, resolved, alsa->wide)
                 : alsa_pair_open(&alsa->library, resolved, alsa->wide, &pair);
  }
  atomic_store(&alsa->open_error, error < 0 ? -error : 0);
  if (error >= 0) atomic_store(&alsa->ready, pair);
  else close_pair(pair);
}

static void *run_opener(void *argument) {
  struct alsa *alsa = argument;
  struct pollfd waited[] = {{.fd = alsa->stop, .events = POLLIN}, {.fd = alsa->bell, .events = POLLIN}};
  for (;;) {
    int count = poll(waited, 2, RETRY_MS);
    if (count < 0 || waited[0].revents != 0) break;
    if (waited[1].revents != 0) {
      uint64_t rung;
      ssize_t got = read(alsa->bell, &rung, sizeof rung);
      (void)got;
    }
    struct alsa_pair *turning = atomic_exchange(&alsa->turning, NULL);
    if (turning) try_open(alsa, turning);
    if (count > 0) continue;
    struct alsa_pair *broken = atomic_exchange(&alsa->broken, NULL);
    close_pair(broken);
    if (broken || atomic_load(&alsa->open_error) != 0) try_open(alsa, NULL);
  }
  return NULL;
}

static void give_up(struct alsa *alsa, const struct audio_report *report) {
  alsa->why = (struct audio_report){.fault = report->fault, .system_error = report->system_error};
  atomic_store(&alsa->broken, alsa->pair);
  alsa->pair = NULL;
}

/** Some tens of milliseconds in which nothing is heard, neither here nor there. */
static void have_turned_round(struct alsa *alsa) {
  const uint64_t one = 1;
  alsa->why = alsa->pair->half;
  atomic_store(&alsa->turning, alsa->pair);
  alsa->pair = NULL;
  ssize_t written = write(alsa->bell, &one, sizeof one);
  (void)written;
}

/** Why there is no pair. */
static void explain(const struct alsa *alsa, struct audio_report *report) {
  int open_error = atomic_load_explicit(&alsa->open_error, memory_order_relaxed);
  enum audio_fault why = alsa->why.fault;
  *report = alsa->why;
  if (why != AUDIO_FAULT_NONE && (why != AUDIO_FAULT_BY_TURNS || open_error == 0)) return;
  report->fault = AUDIO_FAULT_OPEN;
  report->system_error = open_error;
}

static void exchange(void *device, const int16_t *heard, int16_t *spoken, struct audio_report *report) {
  struct alsa *alsa = device;
  if (!alsa->pair) alsa->pair = atomic_exchange(&alsa->ready, NULL);
  if (alsa->pair) {
    if (!alsa_pair_exchange(alsa->pair, heard, spoken, report)) give_up(alsa, report);
    else if (alsa_pair_is_turned_away(alsa->pair)) have_turned_round(alsa);
    return;
  }
  memset(spoken, 0, audio_samples(alsa->wide, ALSA_TURN_MS) * sizeof *spoken);
  explain(alsa, report);
}

/** A pair that is there is put to rest; a half-duplex one is to play when it wakes. */
static void put_to_rest(struct alsa *alsa) {
  alsa_pair_rest(alsa->pair);
  if (alsa_pair_is_turned_away(alsa->pair)) have_turned_round(alsa);
}

/** One direction may be there meanwhile, or be free: that is tried when nobody talks, once behind each call. */
static void rest(void *device) {
  struct alsa *alsa = device;
  if (!alsa->pair) return;
  put_to_rest(alsa);
  if (!alsa->pair || alsa_pair_is_half_duplex(alsa->pair)) return;
  if (alsa->pair->half.fault != AUDIO_FAULT_NONE) give_up(alsa, &alsa->pair->half);
}

/** A card that comes while the door rests is found as well as one that goes. */
static void look(void *device, struct audio_report *report) {
  struct alsa *alsa = device;
  if (!alsa->pair) {
    alsa->pair = atomic_exchange(&alsa->ready, NULL);
    if (alsa->pair) put_to_rest(alsa);
  }
  if (!alsa->pair) explain(alsa, report);
  else if (!alsa_pair_look(alsa->pair, report)) give_up(alsa, report);
}

static void release(struct alsa *alsa) {
  close_pair(atomic_load(&alsa->ready));
  close_pair(atomic_load(&alsa->broken));
  close_pair(atomic_load(&alsa->turning));
  close_pair(alsa->pair);
  alsa_control_close(&alsa->control);
  alsa_library_close(&alsa->library);
  if (alsa->stop >= 0) close(alsa->stop);
  if (alsa->bell >= 0) close(alsa->bell);
  free(alsa->name);
  free(alsa);
}

static void close_device(void *device) {
  struct alsa *alsa = device;
  const uint64_t one = 1;
  ssize_t written = write(alsa->stop, &one, sizeof one);
  (void)written;
  pthread_join(alsa->opener, NULL);
  release(alsa);
}

static const struct audio_operations operations = {
    .exchange = exchange, .rest = rest, .look = look, .close = close_device};

static int start_opener(struct alsa *alsa) {
  // Signals belong to Node's threads.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  int error = pthread_create(&alsa->opener, NULL, run_opener, alsa);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  if (error == 0) (void)pthread_setname_np(alsa->opener, "doorphone-alsa");
  return error;
}

dp_error alsa_open(const char *name, bool wide, struct audio_io *io) {
  struct alsa *alsa = calloc(1, sizeof *alsa);
  if (!alsa) return DP_SYSTEM;
  alsa->stop = alsa->bell = -1;
  alsa->wide = wide;
  dp_error error = alsa_library_open(&alsa->library);
  if (error == DP_OK) error = alsa_control_open(&alsa->control);
  if (error == DP_OK) {
    alsa->name = strdup(name);
    alsa->stop = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (alsa->stop >= 0) alsa->bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (!alsa->name || alsa->bell < 0) error = DP_SYSTEM;
  }
  if (error == DP_OK) {
    try_open(alsa, NULL);
    errno = start_opener(alsa);
    if (errno != 0) error = DP_SYSTEM;
  }
  if (error != DP_OK) {
    int reason = errno;
    release(alsa);
    errno = reason;
    return error;
  }
  *io = (struct audio_io){.operations = &operations, .device = alsa, .wide = wide, .turn_ms = ALSA_TURN_MS};
  return DP_OK;
}
