// One direction of an ALSA device: opened, in a format that it has, with what makes its rate and channels into the engine's
// mono sound of 8 or 16 kHz. Opening and closing may take long and belong to a thread that is not real time.

#ifndef DOORPHONE_ALSA_ALSA_DIRECTION_H
#define DOORPHONE_ALSA_ALSA_DIRECTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "alsa/alsa-library.h"
#include "dsp/resampler.h"
#include "engine/audio-io.h"

/** What is exchanged at a time: each turn that sound waits for is delay. */
#define ALSA_TURN_MS 5
/** What is written or read at once: more than a turn at the highest rate that is asked for. */
#define ALSA_BLOCK_FRAMES 1024
/** One second. A device that gave or took nothing for so long has stalled. */
#define ALSA_STALLED_TURNS (1000 / ALSA_TURN_MS)

struct alsa_direction {
  const struct alsa_library *library;
  uint32_t sound_hz;          /**< Of the sound that is exchanged. */
  size_t turn_samples;        /**< Of it, in a turn. */
  struct alsa_handle *handle; /**< Null: it is not there. */
  unsigned channels;
  unsigned rate_hz;
  alsa_uframes buffer_frames;
  alsa_uframes period_frames; /**< What the card moves at a time, as far as is known. */
  bool running;
  bool even; /**< It gives and takes evenly, as cards do, and little needs to wait: known, or learned. */
  struct resampler resampler; /**< Unused where the device runs at the sound's rate. */
  void *filter;
};

/**
 * @param stream ALSA_STREAM_PLAYBACK or ALSA_STREAM_CAPTURE
 * @param wide for sound of 16 kHz
 * @return 0, or a negative errno: it is closed again
 */
int alsa_direction_open(struct alsa_direction *direction, const struct alsa_library *library, const char *name, int stream,
                        bool wide);

void alsa_direction_close(struct alsa_direction *direction);

/** Until the next turn the card sleeps. Media thread; a sound server's client may take some milliseconds. */
void alsa_direction_rest(struct alsa_direction *direction);

/**
 * While it rests: is the device still there? The kernel says so of its cards. A sound server's client knows only when it asks
 * the server, and what it is asked with would wake a card of the kernel's.
 * @param ask the server, if there is one
 * @return 0 or a negative errno
 */
int alsa_direction_look(const struct alsa_direction *direction, bool ask);

static inline size_t alsa_samples_in(const struct alsa_direction *direction, size_t ms) {
  return direction->sound_hz / 1000 * ms;
}

static inline size_t alsa_frames_in(const struct alsa_direction *direction, size_t ms) {
  return direction->rate_hz * ms / 1000;
}

#endif
