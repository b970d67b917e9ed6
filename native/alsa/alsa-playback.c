// See alsa-playback.h.

#include "alsa/alsa-playback.h"

#include <errno.h>
#include <string.h>

#include "dsp/level.h"

/**
 * What waits to be heard when a turn adds to it, at first: a turn that is late by less tears nothing. A device that runs dry all
 * the same shows that this is too little, for it or for this machine. Before a sound server much waits, until it has shown
 * for a second that it is as even as a card.
 */
#define LEAST_LEAD_MS 4
#define MOST_LEAD_MS 40
#define SERVER_LEAD_MS 40
/**
 * When for a second more waited to be heard than the lead and half a turn, or what a server takes at a time, so much is
 * left out, in one piece: delay stays otherwise.
 */
#define DEPTH_TURNS (1000 / ALSA_TURN_MS)
#define SERVER_SPARE_MS 10
/** A turn is best left out in a pause. That is waited for, but not for ever. */
#define QUIET_PEAK 100
#define QUIET_WAIT_TURNS (2000 / ALSA_TURN_MS)
/** How much faster what waits here is worked off than what is kept ready at a microphone: it is less. */
#define CLOSER 4

int alsa_playback_open(struct alsa_playback *playback, const struct alsa_library *library, const char *name, bool wide) {
  struct alsa_direction *direction = &playback->direction;
  memset(playback, 0, sizeof *playback);
  int error = alsa_direction_open(direction, library, name, ALSA_STREAM_PLAYBACK, wide);
  if (error < 0) return error;
  size_t least = alsa_frames_in(direction, direction->even ? LEAST_LEAD_MS : SERVER_LEAD_MS);
  // More where the card moves much at a time.
  if (direction->even && direction->period_frames > least) least = direction->period_frames;
  playback->lead = alsa_margin_of(least, MOST_LEAD_MS, direction->rate_hz);
  return 0;
}

/** Makes a turn's mono sound into the device's frames. @return how many */
static size_t to_device(struct alsa_direction *direction, const int16_t *heard, int16_t *frames) {
  int16_t resampled[ALSA_BLOCK_FRAMES];
  size_t count = direction->turn_samples;
  if (direction->rate_hz != direction->sound_hz) {
    struct resampler_block block = {
        .input = heard, .input_count = count, .output = resampled, .output_capacity = ALSA_BLOCK_FRAMES};
    if (resampler_process(&direction->resampler, &block) != DP_OK) return 0;
    heard = resampled;
    count = block.output_count;
  }
  for (size_t at = 0; at < count * direction->channels; at++) frames[at] = heard[at / direction->channels];
  return count;
}

/** Begins anew with some silence ahead: at first, and after the device ran dry. @return 0 or a negative errno */
static int start(struct alsa_playback *playback) {
  static const int16_t silence[2 * ALSA_BLOCK_FRAMES];
  struct alsa_direction *direction = &playback->direction;
  int error = direction->library->prepare(direction->handle);
  size_t left = playback->lead.amount;
  while (error >= 0 && left > 0) {
    size_t frames = left < ALSA_BLOCK_FRAMES ? left : ALSA_BLOCK_FRAMES;
    error = (int)direction->library->writei(direction->handle, silence, frames);
    left -= frames;
  }
  direction->running = false;
  playback->depth_turns = 0;
  playback->left_out = 0;
  return error < 0 && error != -EAGAIN ? error : 0; // full: the frame that follows finds it so again
}

/**
 * How many turns are better left out: a server that woke late, a clock that is slower than the capture's, or a turn
 * that was made up for left more waiting than the device ever needs; or it needs less than it did.
 */
static uint32_t too_deep(struct alsa_playback *playback) {
  const struct alsa_direction *direction = &playback->direction;
  alsa_sframes room = direction->library->avail(direction->handle);
  if (room < 0) return 0; // writing says what is wrong
  alsa_uframes depth = (alsa_uframes)room < direction->buffer_frames ? direction->buffer_frames - (alsa_uframes)room : 0;
  alsa_margin_turn(&playback->lead, depth);
  playback->depth = depth;
  if (playback->depth_turns == 0 || depth < playback->least_depth) playback->least_depth = depth;
  if (++playback->depth_turns < DEPTH_TURNS) return 0;
  playback->depth_turns = 0;
  size_t turn = alsa_frames_in(direction, ALSA_TURN_MS);
  size_t allowed = playback->lead.amount + (direction->even ? turn / 2 : alsa_frames_in(direction, SERVER_SPARE_MS));
  return playback->least_depth <= allowed ? 0 : 1 + (uint32_t)((playback->least_depth - allowed) / turn);
}

/** Whether this turn is one to leave out: nobody speaks in it, or that was waited for long enough. */
static bool leaves_out(struct alsa_playback *playback, const int16_t *heard) {
  if (playback->left_out == 0) return false;
  struct level_meter meter;
  level_reset(&meter);
  level_add(&meter, heard, playback->direction.turn_samples);
  if (meter.peak > QUIET_PEAK && ++playback->left_out_waits <= QUIET_WAIT_TURNS) return false;
  if (--playback->left_out == 0) playback->left_out_waits = 0;
  return true;
}

/** What became of a turn that was written. @return 0 or a negative errno that is not passing */
static int judge(struct alsa_playback *playback, alsa_sframes written) {
  struct alsa_direction *direction = &playback->direction;
  if (written == -EPIPE || written == -ESTRPIPE) {
    direction->running = false; // it ran dry: begun anew with the next turn
    alsa_margin_lack(&playback->lead);
    return 0;
  }
  // Full: the device is slower than its clock says; this frame is not heard.
  if (written == -EAGAIN || written == 0) return ++playback->refused >= ALSA_STALLED_TURNS ? -EAGAIN : 0;
  if (written < 0) return (int)written;
  playback->refused = 0;
  if (direction->running) return 0;
  direction->running = true;
  int error = direction->library->start(direction->handle);
  // Plugins start by themselves and then find themselves started.
  return error == -EBADFD ? 0 : error;
}

int alsa_playback_turn(struct alsa_playback *playback, const int16_t *heard) {
  struct alsa_direction *direction = &playback->direction;
  int16_t frames[2 * ALSA_BLOCK_FRAMES];
  if (!direction->handle) return 0;
  if (direction->running && playback->left_out == 0) playback->left_out = too_deep(playback);
  if (direction->running && leaves_out(playback, heard)) return 0;
  size_t count = to_device(direction, heard, frames);
  int error = direction->running ? 0 : start(playback);
  if (error < 0) return error;
  return judge(playback, direction->library->writei(direction->handle, frames, count));
}

int32_t alsa_playback_follow(struct alsa_playback *playback) {
  const struct alsa_direction *direction = &playback->direction;
  if (direction->running && playback->depth > 0) {
    // Of what waits there is too much when the engine is the faster one.
    int64_t lack = (int64_t)playback->lead.amount - (int64_t)playback->depth;
    alsa_drift_average(&playback->drift, lack * direction->sound_hz / direction->rate_hz);
  }
  return CLOSER * alsa_drift_ns(&playback->drift, direction->sound_hz);
}

void alsa_playback_take_for_even(struct alsa_playback *playback) {
  struct alsa_direction *direction = &playback->direction;
  if (direction->even || !direction->handle) return;
  direction->even = true;
  size_t before = playback->lead.amount;
  playback->lead = alsa_margin_of(alsa_frames_in(direction, LEAST_LEAD_MS), MOST_LEAD_MS, direction->rate_hz);
  playback->left_out = (uint32_t)((before - playback->lead.amount) / alsa_frames_in(direction, ALSA_TURN_MS));
  playback->depth_turns = 0;
}

void alsa_playback_rest(struct alsa_playback *playback) {
  alsa_direction_rest(&playback->direction);
  // What was learned of its unevenness stays.
  playback->drift.surplus_q8 = 0;
  playback->refused = 0;
  playback->depth = 0;
}
