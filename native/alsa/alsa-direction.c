// See alsa-direction.h.

#include "alsa/alsa-direction.h"

#include <errno.h>
#include <stdlib.h>

/**
 * What the device is to move at a time: a card a little less than a turn. A sound server's client gives and takes when its
 * server comes round to it, and tears sound that is to go in small pieces: it gets long periods.
 */
#define PERIOD_US 4000
#define SERVER_PERIOD_US 30000
/** What it may hold: far more than ever waits, for turns that are late. */
#define BUFFER_US 120000
#define RATES 5

static int set_up(struct alsa_direction *direction) {
  // The card's own rates first: our resampler is better than the library's linear one. One channel or two. For 16 kHz
  // that is heard, so that the rate that most cards have comes first.
  static const unsigned narrow_hz[RATES] = {8000, 48000, 16000, 32000, 44100};
  static const unsigned wide_hz[RATES] = {48000, 16000, 32000, 44100, 8000};
  const unsigned *rates_hz = direction->sound_hz > AUDIO_RATE_HZ ? wide_hz : narrow_hz;
  int error = -EINVAL;
  for (size_t at = 0; at < RATES; at++) {
    for (unsigned channels = 1; channels <= 2; channels++) {
      struct alsa_format format = {
          .channels = channels,
          .rate_hz = rates_hz[at],
          .period_us = direction->even ? PERIOD_US : SERVER_PERIOD_US,
          .buffer_us = BUFFER_US};
      error = direction->library->set_format(direction->library, direction->handle, &format);
      if (error < 0) continue;
      direction->rate_hz = rates_hz[at];
      direction->channels = channels;
      direction->period_frames = format.period_frames;
      direction->buffer_frames = format.buffer_frames;
      return 0;
    }
  }
  return error;
}

static int make_resampler(struct alsa_direction *direction, uint32_t input_hz, uint32_t output_hz) {
  if (input_hz == output_hz) return 0;
  size_t bytes = resampler_storage_bytes(input_hz, output_hz);
  direction->filter = malloc(bytes);
  if (!direction->filter) return -ENOMEM;
  dp_error error = resampler_init_prompt(&direction->resampler, input_hz, output_hz, direction->filter, bytes);
  return error == DP_OK ? 0 : -EINVAL;
}

int alsa_direction_open(struct alsa_direction *direction, const struct alsa_library *library, const char *name, int stream,
                        bool wide) {
  *direction = (struct alsa_direction){
      .library = library, .sound_hz = audio_rate_hz(wide), .turn_samples = audio_samples(wide, ALSA_TURN_MS)};
  int error = library->open(&direction->handle, name, stream, ALSA_MODE_NONBLOCK);
  if (error < 0) {
    direction->handle = NULL;
    return error;
  }
  direction->even = library->is_card(library, direction->handle);
  error = set_up(direction);
  if (error >= 0) {
    error = stream == ALSA_STREAM_PLAYBACK ? make_resampler(direction, direction->sound_hz, direction->rate_hz)
                                           : make_resampler(direction, direction->rate_hz, direction->sound_hz);
  }
  if (error < 0) alsa_direction_close(direction);
  return error;
}

void alsa_direction_close(struct alsa_direction *direction) {
  if (direction->handle) {
    (void)direction->library->drop(direction->handle);
    (void)direction->library->close(direction->handle);
  }
  free(direction->filter);
  direction->handle = NULL;
  direction->filter = NULL;
}

void alsa_direction_rest(struct alsa_direction *direction) {
  // A card that has gone refuses, and the next look says so.
  if (direction->handle) (void)direction->library->drop(direction->handle);
  direction->running = false;
}

int alsa_direction_look(const struct alsa_direction *direction, bool ask) {
  const struct alsa_library *library = direction->library;
  if (!direction->handle) return 0;
  if (library->state(direction->handle) == ALSA_STATE_DISCONNECTED) return -ENODEV;
  return ask && library->type(direction->handle) == ALSA_TYPE_IOPLUG ? library->prepare(direction->handle) : 0;
}
