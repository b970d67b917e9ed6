// See recorder.h.

#define _GNU_SOURCE

#include "fileio/recorder.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/ring.h"
#include "engine/audio-io.h"
#include "fileio/wav.h"

#define FRAME_BYTES (AUDIO_WIDE_FRAME_SAMPLES * sizeof(int16_t))
/** 10.24 s: how long a disk may stall before sound is lost. */
#define RING_FRAMES 512
/** Frames that are written in one piece. */
#define BATCH_FRAMES 64
#define FLUSH_MS 100
/** RIFF counts in 32 bits: after 37 hours of 16 kHz the recording ends. */
#define MAX_DATA_BYTES (UINT32_MAX - WAV_HEADER_BYTES - BATCH_FRAMES * FRAME_BYTES)

struct recorder {
  struct ring ring;
  size_t frame_bytes;
  uint32_t rate_hz;
  int file;
  int stop;
  pthread_t thread;
  uint32_t data_bytes; // writer thread
  atomic_int error;
  uint8_t batch[BATCH_FRAMES * FRAME_BYTES]; // writer thread
  uint8_t storage[RING_STORAGE_BYTES(FRAME_BYTES, RING_FRAMES)];
};

static bool write_at(int file, const uint8_t *bytes, size_t length, off_t offset) {
  while (length > 0) {
    ssize_t written = pwrite(file, bytes, length, offset);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    bytes += written;
    length -= (size_t)written;
    offset += written;
  }
  return true;
}

static bool write_header(struct recorder *recorder) {
  uint8_t header[WAV_HEADER_BYTES];
  wav_write_header(header, recorder->rate_hz, recorder->data_bytes);
  return write_at(recorder->file, header, sizeof header, 0);
}

/** Sound first, then the header that announces it. */
static bool append_batch(struct recorder *recorder, size_t bytes) {
  if (recorder->data_bytes > MAX_DATA_BYTES) {
    errno = EFBIG;
    return false;
  }
  off_t end = (off_t)WAV_HEADER_BYTES + (off_t)recorder->data_bytes;
  if (!write_at(recorder->file, recorder->batch, bytes, end)) return false;
  recorder->data_bytes += (uint32_t)bytes;
  return write_header(recorder);
}

/** Empties the ring into the file. What cannot be written is lost: the ring must not stay full. */
static void drain(struct recorder *recorder) {
  for (;;) {
    size_t bytes = 0;
    while (bytes + recorder->frame_bytes <= sizeof recorder->batch &&
           ring_get(&recorder->ring, recorder->batch + bytes)) {
      bytes += recorder->frame_bytes;
    }
    if (bytes == 0) return;
    atomic_store(&recorder->error, append_batch(recorder, bytes) ? 0 : errno);
  }
}

static void *run(void *argument) {
  struct recorder *recorder = argument;
  struct pollfd stop = {.fd = recorder->stop, .events = POLLIN};
  for (;;) {
    bool stopping = poll(&stop, 1, FLUSH_MS) > 0;
    drain(recorder);
    if (stopping) return NULL;
  }
}

/** Signals belong to Node's threads. @return an errno */
static int start_thread(struct recorder *recorder) {
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  int error = pthread_create(&recorder->thread, NULL, run, recorder);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  if (error == 0) (void)pthread_setname_np(recorder->thread, "doorphone-file");
  return error;
}

static dp_error fail(struct recorder *recorder, int reason) {
  if (recorder->file >= 0) close(recorder->file);
  if (recorder->stop >= 0) close(recorder->stop);
  free(recorder);
  errno = reason;
  return DP_SYSTEM;
}

dp_error recorder_open(const char *path, bool wide, struct recorder **recorder) {
  struct recorder *made = calloc(1, sizeof *made);
  if (!made) return DP_SYSTEM;
  made->stop = -1;
  made->rate_hz = audio_rate_hz(wide);
  made->frame_bytes = audio_frame_samples(wide) * sizeof(int16_t);
  made->file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (made->file < 0) return fail(made, errno);
  made->stop = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (made->stop < 0 || !write_header(made)) return fail(made, errno);
  dp_error error = ring_init(&made->ring, made->storage, made->frame_bytes, RING_FRAMES);
  if (error != DP_OK) return fail(made, EINVAL);
  int reason = start_thread(made);
  if (reason != 0) return fail(made, reason);
  *recorder = made;
  return DP_OK;
}

void recorder_append(struct recorder *recorder, const int16_t *frame) { (void)ring_put(&recorder->ring, frame); }

int recorder_error(const struct recorder *recorder) { return atomic_load(&recorder->error); }

void recorder_close(struct recorder *recorder) {
  uint64_t one = 1;
  // An eventfd takes 2^64 - 2 of these before it refuses.
  (void)!write(recorder->stop, &one, sizeof one);
  pthread_join(recorder->thread, NULL);
  close(recorder->file);
  close(recorder->stop);
  free(recorder);
}
