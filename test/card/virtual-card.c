// A sound card of the tests, as a plug-in of libasound: real programs use it as they use any card, and it runs in real time
// by CLOCK_MONOTONIC, with nothing of a server's in between. What is played and what is heard stands in files
// (virtual-card.h).
//
//   pcm_type.virtual { lib "/path/virtual-card.so" }
//   pcm.door { type virtual; folder "/dev/shm/door" }     # the files: `speaker`, `microphone`
//
// `step N`: its place is known in steps of N frames only, as with cards that say so with their interrupts.
// `exclusive 1`: it plays or records, one at a time (half-duplex).

#include <alsa/asoundlib.h>
#include <alsa/pcm_external.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "virtual-card.h"

#define NS_PER_SECOND 1000000000L
/** Periods of 1 to 100 ms at 48 kHz; four bytes a frame of two channels at most. */
#define LEAST_PERIOD_BYTES (48 * 2)
#define MOST_BUFFER_BYTES 65536

struct card {
  snd_pcm_ioplug_t io;
  struct virtual_card_sound *sound;
  uint32_t step;
  int lock; // its folder, while nobody else may use the card; -1: anybody may
  bool running;
  uint64_t start; // the moment, in frames
  uint64_t moved; // by the program since it was prepared
  int16_t before[MOST_BUFFER_BYTES / 2]; // written before the start
};

/** Frames that have passed the converter since the start. */
static uint64_t passed(const struct card *card) {
  if (!card->running) return 0;
  uint64_t frames = virtual_card_now(card->sound) - card->start;
  return frames / card->step * card->step;
}

static int16_t *at(struct card *card, uint64_t frame) { return virtual_card_frame(card->sound, card->start + frame); }

static int arm(struct card *card) {
  long ns = (long)((uint64_t)card->io.period_size * NS_PER_SECOND / card->io.rate);
  const struct itimerspec timer = {.it_interval = {.tv_nsec = ns}, .it_value = {.tv_nsec = ns}};
  return timerfd_settime(card->io.poll_fd, 0, &timer, NULL) < 0 ? -errno : 0;
}

static int card_start(snd_pcm_ioplug_t *io) {
  struct card *card = io->private_data;
  card->start = virtual_card_now(card->sound);
  card->running = true;
  if (io->stream == SND_PCM_STREAM_PLAYBACK) {
    for (uint64_t frame = 0; frame < card->moved; frame++) *at(card, frame) = card->before[frame];
  }
  return arm(card);
}

static int card_stop(snd_pcm_ioplug_t *io) {
  struct card *card = io->private_data;
  const struct itimerspec never = {.it_value = {0}};
  // What was to be played and was not: the card falls silent.
  if (card->running && io->stream == SND_PCM_STREAM_PLAYBACK) {
    for (uint64_t frame = passed(card); frame < card->moved; frame++) *at(card, frame) = 0;
  }
  card->running = false;
  return timerfd_settime(io->poll_fd, 0, &never, NULL) < 0 ? -errno : 0;
}

static int card_prepare(snd_pcm_ioplug_t *io) {
  struct card *card = io->private_data;
  (void)card_stop(io);
  card->moved = 0;
  card->sound->period_frames = (uint32_t)io->period_size;
  card->sound->buffer_frames = (uint32_t)io->buffer_size;
  return 0;
}

static snd_pcm_sframes_t card_pointer(snd_pcm_ioplug_t *io) {
  struct card *card = io->private_data;
  uint64_t frames = passed(card);
  bool playback = io->stream == SND_PCM_STREAM_PLAYBACK;
  bool broken = playback ? frames > card->moved : frames > card->moved + io->buffer_size;
  if (!broken) return (snd_pcm_sframes_t)(frames % io->buffer_size);
  card->sound->xruns++;
  (void)card_stop(io);
  return -EPIPE;
}

static snd_pcm_sframes_t card_transfer(snd_pcm_ioplug_t *io, const snd_pcm_channel_area_t *areas, snd_pcm_uframes_t offset,
                                       snd_pcm_uframes_t size) {
  struct card *card = io->private_data;
  unsigned step = areas->step / 16;
  int16_t *samples = (int16_t *)areas->addr + areas->first / 16 + offset * step;
  for (snd_pcm_uframes_t frame = 0; frame < size; frame++, card->moved++) {
    int16_t *here = card->running ? at(card, card->moved) : &card->before[card->moved % (MOST_BUFFER_BYTES / 2)];
    if (io->stream == SND_PCM_STREAM_PLAYBACK) {
      *here = samples[frame * step];
      continue;
    }
    for (unsigned channel = 0; channel < io->channels; channel++) samples[frame * step + channel] = *here;
  }
  return (snd_pcm_sframes_t)size;
}

static int card_poll_revents(snd_pcm_ioplug_t *io, struct pollfd *descriptors, unsigned count, unsigned short *revents) {
  uint64_t ticks;
  if (count != 1) return -EINVAL;
  if (descriptors->revents & POLLIN) (void)!read(io->poll_fd, &ticks, sizeof ticks);
  snd_pcm_sframes_t there = snd_pcm_avail_update(io->pcm);
  bool ready = there < 0 || (snd_pcm_uframes_t)there >= io->period_size;
  *revents = !ready ? 0 : io->stream == SND_PCM_STREAM_PLAYBACK ? POLLOUT : POLLIN;
  return 0;
}

static int card_close(snd_pcm_ioplug_t *io) {
  struct card *card = io->private_data;
  munmap(card->sound, sizeof *card->sound);
  close(io->poll_fd);
  if (card->lock >= 0) close(card->lock);
  free(card);
  return 0;
}

static const snd_pcm_ioplug_callback_t callbacks = {.start = card_start,
                                                    .stop = card_stop,
                                                    .pointer = card_pointer,
                                                    .transfer = card_transfer,
                                                    .prepare = card_prepare,
                                                    .poll_revents = card_poll_revents,
                                                    .close = card_close};

static int map_sound(struct card *card, const char *folder, snd_pcm_stream_t stream) {
  char path[512];
  snprintf(path, sizeof path, "%s/%s", folder, stream == SND_PCM_STREAM_PLAYBACK ? "speaker" : "microphone");
  int file = open(path, O_RDWR | O_CLOEXEC);
  if (file < 0) return -errno;
  void *mapped = mmap(NULL, sizeof *card->sound, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  close(file);
  if (mapped == MAP_FAILED) return -errno;
  card->sound = mapped;
  return 0;
}

/** One rate, 16 bit, one channel or two; any period. */
static int limit(snd_pcm_ioplug_t *io, uint32_t rate_hz) {
  const unsigned access[] = {SND_PCM_ACCESS_RW_INTERLEAVED};
  const unsigned format[] = {SND_PCM_FORMAT_S16};
  int error = snd_pcm_ioplug_set_param_list(io, SND_PCM_IOPLUG_HW_ACCESS, 1, access);
  if (error >= 0) error = snd_pcm_ioplug_set_param_list(io, SND_PCM_IOPLUG_HW_FORMAT, 1, format);
  if (error >= 0) error = snd_pcm_ioplug_set_param_minmax(io, SND_PCM_IOPLUG_HW_RATE, rate_hz, rate_hz);
  if (error >= 0) error = snd_pcm_ioplug_set_param_minmax(io, SND_PCM_IOPLUG_HW_CHANNELS, 1, 2);
  if (error >= 0) {
    error = snd_pcm_ioplug_set_param_minmax(io, SND_PCM_IOPLUG_HW_PERIOD_BYTES, LEAST_PERIOD_BYTES, MOST_BUFFER_BYTES / 2);
  }
  if (error >= 0) {
    error = snd_pcm_ioplug_set_param_minmax(io, SND_PCM_IOPLUG_HW_BUFFER_BYTES, 2 * LEAST_PERIOD_BYTES, MOST_BUFFER_BYTES);
  }
  return error;
}

/** What the configuration says. */
struct options {
  const char *folder;
  long step;
  long exclusive;
};

/** @return 0, or -EBUSY: the other direction, or another program, has the card */
static int lock_card(struct card *card, const struct options *options) {
  card->lock = -1;
  if (options->exclusive == 0) return 0;
  card->lock = open(options->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (card->lock < 0) return -errno;
  return flock(card->lock, LOCK_EX | LOCK_NB) < 0 ? -EBUSY : 0;
}

static int open_card(snd_pcm_t **pcm, const char *name, const struct options *options, snd_pcm_stream_t stream, int mode) {
  struct card *card = calloc(1, sizeof *card);
  if (!card) return -ENOMEM;
  card->step = options->step > 0 ? (uint32_t)options->step : 1;
  int error = lock_card(card, options);
  if (error >= 0) error = map_sound(card, options->folder, stream);
  if (error < 0) {
    if (card->lock >= 0) close(card->lock);
    free(card);
    return error;
  }
  card->io = (snd_pcm_ioplug_t){.version = SND_PCM_IOPLUG_VERSION,
                                .name = "A sound card of the tests",
                                .callback = &callbacks,
                                .private_data = card,
                                .poll_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK),
                                .poll_events = POLLIN};
  error = snd_pcm_ioplug_create(&card->io, name, stream, mode);
  if (error < 0) {
    (void)card_close(&card->io);
    return error;
  }
  error = limit(&card->io, card->sound->rate_hz);
  if (error < 0) {
    snd_pcm_ioplug_delete(&card->io);
    return error;
  }
  *pcm = card->io.pcm;
  return 0;
}

SND_PCM_PLUGIN_DEFINE_FUNC(virtual) {
  snd_config_iterator_t place;
  snd_config_iterator_t next;
  struct options options = {.step = 1};
  (void)root;
  snd_config_for_each(place, next, conf) {
    snd_config_t *entry = snd_config_iterator_entry(place);
    const char *id;
    if (snd_config_get_id(entry, &id) < 0) continue;
    if (strcmp(id, "folder") == 0) (void)snd_config_get_string(entry, &options.folder);
    if (strcmp(id, "step") == 0) (void)snd_config_get_integer(entry, &options.step);
    if (strcmp(id, "exclusive") == 0) (void)snd_config_get_integer(entry, &options.exclusive);
  }
  return options.folder ? open_card(pcmp, name, &options, stream, mode) : -EINVAL;
}

SND_PCM_PLUGIN_SYMBOL(virtual);
