// See alsa-capture.h.

#include "alsa/alsa-capture.h"

#include <errno.h>
#include <string.h>

#include "dsp/mix.h"

/** What is captured beyond a turn's need, at first. */
#define LEAST_SPARE_MS 2
#define MOST_AIM_MS 70
/** What is to be ready of a sound server's, until it has shown for a second that it is as even as a card. */
#define SERVER_AIM_MS 40
/** So much beyond the aim is sound that was held up: it is dropped, for delay does not pass by itself. */
#define SLACK_MS 60
/** An even device never gives more than 1.8 turns' sound in a turn. */
#define EVEN_PARTS 5
#define EVEN_PARTS_OF_TURN 9
#define WATCHED_TURNS (1000 / ALSA_TURN_MS)
/** A device that always has more would keep the thread. */
#define MOST_ROUNDS 16

/** What is ready where the device gives evenly. */
static size_t least_aim(const struct alsa_direction *direction) {
  return direction->turn_samples + alsa_samples_in(direction, LEAST_SPARE_MS);
}

int alsa_capture_open(struct alsa_capture *capture, const struct alsa_library *library, const char *name, bool wide) {
  struct alsa_direction *direction = &capture->direction;
  memset(capture, 0, sizeof *capture);
  int error = alsa_direction_open(direction, library, name, ALSA_STREAM_CAPTURE, wide);
  if (error < 0) return error;
  // More where the card moves much at a time: what is ready changes by a period, half of it to either side.
  size_t period = direction->period_frames * direction->sound_hz / direction->rate_hz;
  size_t coarse = direction->turn_samples + period / 2;
  size_t least = least_aim(direction);
  size_t aim = direction->even ? (coarse > least ? coarse : least) : alsa_samples_in(direction, SERVER_AIM_MS);
  capture->aim = alsa_margin_of(aim, MOST_AIM_MS, direction->sound_hz);
  return 0;
}

/** Appends the device's frames to what has been captured, as mono at the sound's rate. */
static void keep(struct alsa_capture *capture, int16_t *frames, size_t count) {
  struct alsa_direction *direction = &capture->direction;
  size_t room = ALSA_CAPTURED_SAMPLES - capture->captured_count;
  int16_t *end = capture->captured + capture->captured_count;
  if (direction->channels > 1) mix_to_mono(frames, direction->channels, count, frames);
  if (direction->rate_hz == direction->sound_hz) {
    if (count > room) return;
    memcpy(end, frames, count * sizeof *frames);
    capture->captured_count += count;
    return;
  }
  struct resampler_block block = {.input = frames, .input_count = count, .output = end, .output_capacity = room};
  if (resampler_process(&direction->resampler, &block) == DP_OK) capture->captured_count += block.output_count;
}

/** @return 0 or a negative errno that is not passing */
static int start(struct alsa_direction *direction) {
  int error = direction->library->prepare(direction->handle);
  if (error >= 0) error = direction->library->start(direction->handle);
  direction->running = error >= 0 || error == -EBADFD;
  return direction->running ? 0 : error;
}

/**
 * Reads what is there. Asked for more than that, the library gives nothing before a whole period is there.
 * @return how many frames, 0 or -EAGAIN: none; else a negative errno
 */
static alsa_sframes read_some(const struct alsa_direction *direction, int16_t *frames) {
  alsa_sframes there = direction->library->avail(direction->handle);
  if (there <= 0) return there;
  alsa_uframes count = there < ALSA_BLOCK_FRAMES ? (alsa_uframes)there : ALSA_BLOCK_FRAMES;
  return direction->library->readi(direction->handle, frames, count);
}

static void forget_oldest(struct alsa_capture *capture, size_t count) {
  capture->captured_count -= count;
  memmove(capture->captured, capture->captured + count, capture->captured_count * sizeof capture->captured[0]);
}

/** It has been even: what waited beyond the need of an even device is left out, once. */
static void take_for_even(struct alsa_capture *capture) {
  capture->direction.even = true;
  capture->aim = alsa_margin_of(least_aim(&capture->direction), MOST_AIM_MS, capture->direction.sound_hz);
  if (capture->captured_count > capture->aim.amount) forget_oldest(capture, capture->captured_count - capture->aim.amount);
  capture->drift.surplus_q8 = 0;
}

/** Whether what comes comes evenly: for a second never so much in one turn as what comes in pieces of two turns' length. */
static void watch(struct alsa_capture *capture, size_t come) {
  if (capture->direction.even || !capture->primed) return;
  if (come > capture->most_at_once) capture->most_at_once = come;
  if (++capture->watched < WATCHED_TURNS) return;
  if (capture->most_at_once * EVEN_PARTS < EVEN_PARTS_OF_TURN * capture->direction.turn_samples) take_for_even(capture);
  capture->watched = 0;
  capture->most_at_once = 0;
}

int alsa_capture_turn(struct alsa_capture *capture) {
  struct alsa_direction *direction = &capture->direction;
  int16_t frames[2 * ALSA_BLOCK_FRAMES];
  if (!direction->handle) return 0;
  int error = direction->running ? 0 : start(direction);
  if (error < 0) return error;
  size_t before = capture->captured_count;
  for (int round = 0; round < MOST_ROUNDS; round++) {
    alsa_sframes got = read_some(direction, frames);
    if (got == -EPIPE || got == -ESTRPIPE) {
      direction->running = false; // it ran over: begun anew with the next turn
      break;
    }
    if (got == -EAGAIN || got == 0) break;
    if (got < 0) return (int)got;
    keep(capture, frames, (size_t)got);
    if (got < ALSA_BLOCK_FRAMES) break;
  }
  watch(capture, capture->captured_count - before);
  capture->idle_turns = capture->captured_count > before ? 0 : capture->idle_turns + 1;
  return capture->idle_turns >= ALSA_STALLED_TURNS ? -EAGAIN : 0;
}

int32_t alsa_capture_take(struct alsa_capture *capture, int16_t *spoken) {
  size_t count = capture->direction.turn_samples;
  if (capture->captured_count > capture->aim.amount + alsa_samples_in(&capture->direction, SLACK_MS)) {
    forget_oldest(capture, capture->captured_count - capture->aim.amount);
    capture->drift.surplus_q8 = 0;
  }
  bool lacks = capture->captured_count < (capture->primed ? count : capture->aim.amount);
  if (lacks) {
    if (capture->primed) alsa_margin_lack(&capture->aim);
    capture->primed = false;
    memset(spoken, 0, count * sizeof *spoken);
    return 0;
  }
  // What is more than the aim at the beginning would be delay until the clocks have worked it off.
  if (!capture->primed) forget_oldest(capture, capture->captured_count - capture->aim.amount);
  capture->primed = true;
  // Less to be ready is nothing left out: the clocks work it off.
  alsa_margin_turn(&capture->aim, capture->captured_count - count);
  // Too much is ready: the engine is the slower one, and its next turn comes sooner.
  alsa_drift_average(&capture->drift, (int64_t)capture->captured_count - (int64_t)capture->aim.amount);
  memcpy(spoken, capture->captured, count * sizeof *spoken);
  forget_oldest(capture, count);
  return alsa_drift_ns(&capture->drift, capture->direction.sound_hz);
}

void alsa_capture_rest(struct alsa_capture *capture) {
  alsa_direction_rest(&capture->direction);
  // What was learned of its unevenness stays; what was heard before the rest is not to be heard after it.
  capture->captured_count = 0;
  capture->primed = false;
  capture->drift.surplus_q8 = 0;
  capture->idle_turns = 0;
}
