// See alsa-pair.h.

#include "alsa/alsa-pair.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "dsp/level.h"
#include "dsp/mix.h"

/**
 * What the device is to move at a time: a card a little less than a turn. A sound server's client gives and takes when its
 * server comes round to it, and tears sound that is to go in small pieces: it gets long periods, and much waits, until it
 * has shown for a second that it is as even as a card.
 */
#define PERIOD_US 4000
#define SERVER_PERIOD_US 30000
#define SERVER_LEAD_MS 40
#define SERVER_AIM_MS 40
/** What it may hold: far more than ever waits, for turns that are late. */
#define BUFFER_US 120000
/**
 * What waits to be heard when a turn adds to it, at first: a turn that is late by less tears nothing. A device that runs dry all
 * the same shows that this is too little, for it or for this machine.
 */
#define LEAST_LEAD_MS 4
#define MOST_LEAD_MS 40
/** What is captured beyond a turn's need, at first: what comes a little late is not missed. */
#define LEAST_SPARE_MS 2
#define MOST_AIM_MS 70
/** What is asked for more after each lack, or less when it was not needed. */
#define STEP_MS 5
/** What would have been left of it in the worst moment. */
#define RESERVE_MS 1
/** So much beyond the aim is sound that was held up: it is dropped, for delay does not pass by itself. */
#define SLACK_MS 60
/**
 * When for a second more waited to be heard than the lead and half a turn, or what a server takes at a time, so much is
 * left out, in one piece: delay stays otherwise.
 */
#define DEPTH_TURNS (1000 / ALSA_TURN_MS)
#define SERVER_SPARE_MS 10
/** A turn is best left out in a pause. That is waited for, but not for ever. */
#define QUIET_PEAK 100
#define QUIET_WAIT_TURNS (2000 / ALSA_TURN_MS)
/** An even device never gives more than 1.8 turns' sound in a turn. */
#define EVEN_PARTS 5
#define EVEN_PARTS_OF_TURN 9
/** One second. */
#define STALLED_TURNS (1000 / ALSA_TURN_MS)
/** Three seconds after it was opened nothing counts as stalled: a sound server may have to wake its card first. */
#define WAKING_TURNS (3000 / ALSA_TURN_MS)
/** So many looks at a sound server's client that rests pass between two questions to the server. */
#define LOOKS_A_QUESTION 10
/** How much of a deviation of one sample at 8 kHz is worked off in a turn: 10 ppm. At 100 samples off it takes seconds. */
#define DRIFT_NS_A_SAMPLE (10 * ALSA_TURN_MS)
/** How much more of it where the engine follows what waits to be heard: less waits than is kept ready at the microphone. */
#define PLAYBACK_CLOSER 4
/** A sample is averaged over 1.3 s, longer than any device's period. */
#define AVERAGE_TURNS (1280 / ALSA_TURN_MS)

// ---- opening ----

#define RATES 5

static int set_up(const struct alsa_library *library, bool wide, struct alsa_direction *direction) {
  // The card's own rates first: our resampler is better than the library's linear one. One channel or two. For 16 kHz
  // that is heard, so that the rate that most cards have comes first.
  static const unsigned narrow_hz[RATES] = {8000, 48000, 16000, 32000, 44100};
  static const unsigned wide_hz[RATES] = {48000, 16000, 32000, 44100, 8000};
  const unsigned *rates_hz = wide ? wide_hz : narrow_hz;
  int error = -EINVAL;
  for (size_t at = 0; at < RATES; at++) {
    for (unsigned channels = 1; channels <= 2; channels++) {
      struct alsa_format format = {
          .channels = channels,
          .rate_hz = rates_hz[at],
          .period_us = direction->even ? PERIOD_US : SERVER_PERIOD_US,
          .buffer_us = BUFFER_US};
      error = library->set_format(library, direction->handle, &format);
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

static int open_direction(const struct alsa_pair *pair, const char *name, int stream,
                          struct alsa_direction *direction) {
  const struct alsa_library *library = pair->library;
  int error = library->open(&direction->handle, name, stream, ALSA_MODE_NONBLOCK);
  if (error < 0) {
    direction->handle = NULL;
    return error;
  }
  direction->even = library->is_card(library, direction->handle);
  error = set_up(library, pair->rate_hz > AUDIO_RATE_HZ, direction);
  if (error < 0) return error;
  return stream == ALSA_STREAM_PLAYBACK ? make_resampler(direction, pair->rate_hz, direction->rate_hz)
                                        : make_resampler(direction, direction->rate_hz, pair->rate_hz);
}

static size_t samples_in(const struct alsa_pair *pair, size_t ms) { return pair->rate_hz / 1000 * ms; }

static size_t frames_in(const struct alsa_direction *direction, size_t ms) { return direction->rate_hz * ms / 1000; }

static struct alsa_margin lead_of(const struct alsa_direction *playback, size_t frames) {
  return alsa_margin_of(frames, frames_in(playback, MOST_LEAD_MS), frames_in(playback, STEP_MS),
                        frames_in(playback, RESERVE_MS));
}

static struct alsa_margin aim_of(const struct alsa_pair *pair, size_t samples) {
  return alsa_margin_of(samples, samples_in(pair, MOST_AIM_MS), samples_in(pair, STEP_MS),
                        samples_in(pair, RESERVE_MS));
}

/** What is ready where the device gives evenly. */
static size_t least_aim(const struct alsa_pair *pair) { return pair->turn_samples + samples_in(pair, LEAST_SPARE_MS); }

static size_t greater(size_t one, size_t other) { return one > other ? one : other; }

/** What is ready, and what waits, at first: more where the card moves much at a time. */
static void set_margins(struct alsa_pair *pair) {
  const struct alsa_direction *playback = &pair->playback;
  const struct alsa_direction *capture = &pair->capture;
  size_t lead = greater(playback->period_frames, frames_in(playback, LEAST_LEAD_MS));
  pair->lead = lead_of(playback, playback->even ? lead : frames_in(playback, SERVER_LEAD_MS));
  // What is ready changes by a period, half of it to either side.
  size_t period = capture->handle ? capture->period_frames * pair->rate_hz / capture->rate_hz : 0;
  size_t aim = greater(pair->turn_samples + period / 2, least_aim(pair));
  pair->aim = aim_of(pair, capture->even ? aim : samples_in(pair, SERVER_AIM_MS));
}

static void close_direction(const struct alsa_library *library, struct alsa_direction *direction) {
  if (direction->handle) {
    (void)library->drop(direction->handle);
    (void)library->close(direction->handle);
  }
  free(direction->filter);
  *direction = (struct alsa_direction){.handle = NULL};
}

/** Opens both. @return 0: one of them at least is open */
static int open_directions(struct alsa_pair *pair, const char *name) {
  int mute = open_direction(pair, name, ALSA_STREAM_PLAYBACK, &pair->playback);
  if (mute < 0) close_direction(pair->library, &pair->playback);
  int deaf = open_direction(pair, name, ALSA_STREAM_CAPTURE, &pair->capture);
  if (deaf < 0) close_direction(pair->library, &pair->capture);
  if (mute < 0 && deaf < 0) return mute;
  if (mute < 0) pair->half = (struct audio_report){.fault = AUDIO_FAULT_NO_SPEAKER, .system_error = -mute};
  if (deaf < 0) pair->half = (struct audio_report){.fault = AUDIO_FAULT_NO_MICROPHONE, .system_error = -deaf};
  return 0;
}

int alsa_pair_open(const struct alsa_library *library, const char *name, bool wide, struct alsa_pair **pair) {
  struct alsa_pair *made = calloc(1, sizeof *made);
  if (!made) return -ENOMEM;
  made->library = library;
  made->rate_hz = audio_rate_hz(wide);
  made->turn_samples = audio_samples(wide, ALSA_TURN_MS);
  int error = open_directions(made, name);
  if (error < 0) {
    alsa_pair_close(made);
    return error;
  }
  set_margins(made);
  *pair = made;
  return 0;
}

void alsa_pair_close(struct alsa_pair *pair) {
  close_direction(pair->library, &pair->playback);
  close_direction(pair->library, &pair->capture);
  free(pair);
}

// ---- playback ----

/** Makes a turn's mono sound into the device's frames. @return how many */
static size_t to_device(struct alsa_pair *pair, const int16_t *heard, int16_t *frames) {
  struct alsa_direction *direction = &pair->playback;
  int16_t resampled[ALSA_BLOCK_FRAMES];
  size_t count = pair->turn_samples;
  if (direction->rate_hz != pair->rate_hz) {
    struct resampler_block block = {.input = heard,
                                    .input_count = pair->turn_samples,
                                    .output = resampled,
                                    .output_capacity = ALSA_BLOCK_FRAMES};
    if (resampler_process(&direction->resampler, &block) != DP_OK) return 0;
    heard = resampled;
    count = block.output_count;
  }
  for (size_t at = 0; at < count * direction->channels; at++) frames[at] = heard[at / direction->channels];
  return count;
}

/** Begins anew with some silence ahead: at first, and after the device ran dry. @return 0 or a negative errno */
static int start_playback(struct alsa_pair *pair) {
  static const int16_t silence[2 * ALSA_BLOCK_FRAMES];
  struct alsa_direction *playback = &pair->playback;
  int error = pair->library->prepare(playback->handle);
  size_t left = pair->lead.amount;
  while (error >= 0 && left > 0) {
    size_t frames = left < ALSA_BLOCK_FRAMES ? left : ALSA_BLOCK_FRAMES;
    error = (int)pair->library->writei(playback->handle, silence, frames);
    left -= frames;
  }
  playback->running = false;
  pair->depth_turns = 0;
  pair->left_out = 0;
  return error < 0 && error != -EAGAIN ? error : 0; // full: the frame that follows finds it so again
}

/** @return 0, or -EAGAIN when the device has stood still for too long */
static int judge(const struct alsa_pair *pair, uint32_t turns_without) {
  return turns_without >= STALLED_TURNS && pair->turns >= WAKING_TURNS ? -EAGAIN : 0;
}

/**
 * How many turns are better left out: a server that woke late, a clock that is slower than the capture's, or a turn
 * that was made up for left more waiting than the device ever needs; or it needs less than it did.
 */
static uint32_t too_deep(struct alsa_pair *pair) {
  const struct alsa_direction *playback = &pair->playback;
  alsa_sframes room = pair->library->avail(playback->handle);
  if (room < 0) return 0; // writing says what is wrong
  alsa_uframes depth = (alsa_uframes)room < playback->buffer_frames ? playback->buffer_frames - (alsa_uframes)room : 0;
  alsa_margin_turn(&pair->lead, depth);
  pair->depth = depth;
  if (pair->depth_turns == 0 || depth < pair->least_depth) pair->least_depth = depth;
  if (++pair->depth_turns < DEPTH_TURNS) return 0;
  pair->depth_turns = 0;
  size_t turn = frames_in(playback, ALSA_TURN_MS);
  size_t allowed = pair->lead.amount + (playback->even ? turn / 2 : frames_in(playback, SERVER_SPARE_MS));
  return pair->least_depth <= allowed ? 0 : 1 + (uint32_t)((pair->least_depth - allowed) / turn);
}

/** Whether this turn is one to leave out: nobody speaks in it, or that was waited for long enough. */
static bool leaves_out(struct alsa_pair *pair, const int16_t *heard) {
  if (pair->left_out == 0) return false;
  struct level_meter meter;
  level_reset(&meter);
  level_add(&meter, heard, pair->turn_samples);
  if (meter.peak > QUIET_PEAK && ++pair->left_out_waits <= QUIET_WAIT_TURNS) return false;
  if (--pair->left_out == 0) pair->left_out_waits = 0;
  return true;
}

/** @return 0 or a negative errno that is not passing */
static int play(struct alsa_pair *pair, const int16_t *heard) {
  struct alsa_direction *playback = &pair->playback;
  int16_t frames[2 * ALSA_BLOCK_FRAMES];
  if (!playback->handle) return 0;
  if (playback->running && pair->left_out == 0) pair->left_out = too_deep(pair);
  if (playback->running && leaves_out(pair, heard)) return 0;
  size_t count = to_device(pair, heard, frames);
  int error = playback->running ? 0 : start_playback(pair);
  if (error < 0) return error;
  alsa_sframes written = pair->library->writei(playback->handle, frames, count);
  if (written == -EPIPE || written == -ESTRPIPE) {
    playback->running = false; // it ran dry: begun anew with the next turn
    alsa_margin_lack(&pair->lead);
    return 0;
  }
  // Full: the device is slower than its clock says; this frame is not heard.
  if (written == -EAGAIN || written == 0) {
    pair->refused++;
    return judge(pair, pair->refused);
  }
  if (written < 0) return (int)written;
  pair->refused = 0;
  if (playback->running) return 0;
  playback->running = true;
  error = pair->library->start(playback->handle);
  // Plugins start by themselves and then find themselves started.
  return error == -EBADFD ? 0 : error;
}

// ---- capture ----

/** Appends the device's frames to what has been captured, as mono at the pair's rate. */
static void keep(struct alsa_pair *pair, int16_t *frames, size_t count) {
  struct alsa_direction *capture = &pair->capture;
  size_t room = ALSA_CAPTURED_SAMPLES - pair->captured_count;
  int16_t *end = pair->captured + pair->captured_count;
  if (capture->channels > 1) mix_to_mono(frames, capture->channels, count, frames);
  if (capture->rate_hz == pair->rate_hz) {
    if (count > room) return;
    memcpy(end, frames, count * sizeof *frames);
    pair->captured_count += count;
    return;
  }
  struct resampler_block block = {.input = frames, .input_count = count, .output = end, .output_capacity = room};
  if (resampler_process(&capture->resampler, &block) == DP_OK) pair->captured_count += block.output_count;
}

/** @return 0 or a negative errno that is not passing */
static int start_capture(struct alsa_pair *pair) {
  int error = pair->library->prepare(pair->capture.handle);
  if (error >= 0) error = pair->library->start(pair->capture.handle);
  pair->capture.running = error >= 0 || error == -EBADFD;
  return pair->capture.running ? 0 : error;
}

/**
 * Reads what is there. Asked for more than that, the library gives nothing before a whole period is there.
 * @return how many frames, 0 or -EAGAIN: none; else a negative errno
 */
static alsa_sframes read_some(struct alsa_pair *pair, int16_t *frames) {
  alsa_sframes there = pair->library->avail(pair->capture.handle);
  if (there <= 0) return there;
  alsa_uframes count = there < ALSA_BLOCK_FRAMES ? (alsa_uframes)there : ALSA_BLOCK_FRAMES;
  return pair->library->readi(pair->capture.handle, frames, count);
}

static void forget_oldest(struct alsa_pair *pair, size_t count) {
  pair->captured_count -= count;
  memmove(pair->captured, pair->captured + count, pair->captured_count * sizeof pair->captured[0]);
}

/** It has been even: what waited beyond the need of an even device is left out, once. */
static void take_for_even(struct alsa_pair *pair) {
  pair->capture.even = true;
  pair->aim = aim_of(pair, least_aim(pair));
  if (pair->captured_count > pair->aim.amount) forget_oldest(pair, pair->captured_count - pair->aim.amount);
  pair->surplus_q8 = 0;
  if (pair->playback.even || !pair->playback.handle) return;
  pair->playback.even = true;
  const struct alsa_margin before = pair->lead;
  pair->lead = lead_of(&pair->playback, frames_in(&pair->playback, LEAST_LEAD_MS));
  pair->left_out = (uint32_t)((before.amount - pair->lead.amount) / frames_in(&pair->playback, ALSA_TURN_MS));
  pair->depth_turns = 0;
}

/** Whether what comes comes evenly: for a second never so much in one turn as what comes in pieces of two turns' length. */
static void watch(struct alsa_pair *pair, size_t come) {
  if (pair->capture.even || !pair->primed) return;
  if (come > pair->most_at_once) pair->most_at_once = come;
  if (++pair->watched < STALLED_TURNS) return;
  if (pair->most_at_once * EVEN_PARTS < EVEN_PARTS_OF_TURN * pair->turn_samples) take_for_even(pair);
  pair->watched = 0;
  pair->most_at_once = 0;
}

/** Takes what the device has. @return 0 or a negative errno that is not passing */
static int listen(struct alsa_pair *pair) {
  struct alsa_direction *capture = &pair->capture;
  int16_t frames[2 * ALSA_BLOCK_FRAMES];
  if (!capture->handle) return 0;
  int error = capture->running ? 0 : start_capture(pair);
  if (error < 0) return error;
  size_t before = pair->captured_count;
  // Bounded: a device that always has more would keep the thread.
  for (int round = 0; round < 16; round++) {
    alsa_sframes got = read_some(pair, frames);
    if (got == -EPIPE || got == -ESTRPIPE) {
      capture->running = false; // it ran over: begun anew with the next turn
      break;
    }
    if (got == -EAGAIN || got == 0) break;
    if (got < 0) return (int)got;
    keep(pair, frames, (size_t)got);
    if (got < ALSA_BLOCK_FRAMES) break;
  }
  watch(pair, pair->captured_count - before);
  pair->idle_turns = pair->captured_count > before ? 0 : pair->idle_turns + 1;
  return judge(pair, pair->idle_turns);
}

/** How far the engine's next turn is to be moved for a surplus that is averaged: samples at the pair's rate, times 256. */
static int32_t drift_of(const struct alsa_pair *pair) {
  return (int32_t)(-pair->surplus_q8 * DRIFT_NS_A_SAMPLE * AUDIO_RATE_HZ / pair->rate_hz / 256);
}

static void average(struct alsa_pair *pair, int64_t surplus) {
  pair->surplus_q8 += (surplus * 256 - pair->surplus_q8) / AVERAGE_TURNS;
}

/** Nothing is captured: the engine follows what waits to be heard, of which there is too much when it is the faster one. */
static void follow_playback(struct alsa_pair *pair, struct audio_report *report) {
  const struct alsa_direction *playback = &pair->playback;
  if (playback->running && pair->depth > 0) {
    average(pair, ((int64_t)pair->lead.amount - (int64_t)pair->depth) * pair->rate_hz / playback->rate_hz);
  }
  report->drift_ns = PLAYBACK_CLOSER * drift_of(pair);
}

/**
 * Takes a turn's sound. Device and engine have clocks of their own: what is kept ready drifts away from the aim, and the
 * engine's period is bent until it comes back.
 */
static void take_turn(struct alsa_pair *pair, int16_t *spoken, struct audio_report *report) {
  size_t count = pair->turn_samples;
  if (pair->captured_count > pair->aim.amount + samples_in(pair, SLACK_MS)) {
    forget_oldest(pair, pair->captured_count - pair->aim.amount);
    pair->surplus_q8 = 0;
  }
  bool lacks = pair->captured_count < (pair->primed ? count : pair->aim.amount);
  if (lacks) {
    if (pair->primed) alsa_margin_lack(&pair->aim);
    pair->primed = false;
    memset(spoken, 0, count * sizeof *spoken);
    return;
  }
  // What is more than the aim at the beginning would be delay until the clocks have worked it off.
  if (!pair->primed) forget_oldest(pair, pair->captured_count - pair->aim.amount);
  pair->primed = true;
  // Less to be ready is nothing left out: the clocks work it off.
  alsa_margin_turn(&pair->aim, pair->captured_count - count);
  // Too much is ready: the engine is the slower one, and its next turn comes sooner.
  average(pair, (int64_t)pair->captured_count - (int64_t)pair->aim.amount);
  report->drift_ns = drift_of(pair);
  memcpy(spoken, pair->captured, count * sizeof *spoken);
  forget_oldest(pair, count);
}

bool alsa_pair_exchange(struct alsa_pair *pair, const int16_t *heard, int16_t *spoken, struct audio_report *report) {
  *report = pair->half;
  if (pair->turns < WAKING_TURNS) pair->turns++;
  int error = play(pair, heard);
  if (error >= 0) error = listen(pair);
  if (pair->capture.handle) {
    take_turn(pair, spoken, report);
  } else {
    memset(spoken, 0, pair->turn_samples * sizeof *spoken);
    follow_playback(pair, report);
  }
  if (error >= 0) return true;
  report->fault = error == -EAGAIN ? AUDIO_FAULT_STALLED : AUDIO_FAULT_LOST;
  report->system_error = error == -EAGAIN ? 0 : -error;
  return false;
}

// ---- rest ----

static void stop(const struct alsa_library *library, struct alsa_direction *direction) {
  // A card that has gone refuses, and the next look says so.
  if (direction->handle) (void)library->drop(direction->handle);
  direction->running = false;
}

void alsa_pair_rest(struct alsa_pair *pair) {
  stop(pair->library, &pair->playback);
  stop(pair->library, &pair->capture);
  // What was learned of its unevenness stays; what was heard before the rest is not to be heard after it.
  pair->captured_count = 0;
  pair->primed = false;
  pair->surplus_q8 = 0;
  pair->turns = 0;
  pair->idle_turns = 0;
  pair->refused = 0;
  pair->depth = 0;
  pair->looks = 0;
}

/**
 * The kernel says of its cards whether they are there. A sound server's client knows only when it asks the server, and
 * what it is asked with would wake a card of the kernel's.
 * @return 0 or a negative errno
 */
static int look_at(const struct alsa_library *library, const struct alsa_direction *direction, bool ask) {
  if (!direction->handle) return 0;
  if (library->state(direction->handle) == ALSA_STATE_DISCONNECTED) return -ENODEV;
  return ask && library->type(direction->handle) == ALSA_TYPE_IOPLUG ? library->prepare(direction->handle) : 0;
}

bool alsa_pair_look(struct alsa_pair *pair, struct audio_report *report) {
  bool ask = ++pair->looks % LOOKS_A_QUESTION == 0;
  int error = look_at(pair->library, &pair->playback, ask);
  if (error >= 0) error = look_at(pair->library, &pair->capture, ask);
  *report = pair->half;
  if (error >= 0) return true;
  *report = (struct audio_report){.fault = AUDIO_FAULT_LOST, .system_error = -error};
  return false;
}
