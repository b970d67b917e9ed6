// See alsa-pair.h.

#include "alsa/alsa-pair.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "dsp/mix.h"

/** What the device may hold: 40 ms before it is late, and room for twice that. */
#define LATENCY_US 120000
/** Silence ahead of the first frame that is heard, so that a late turn tears nothing. */
#define PLAYBACK_LEAD_FRAMES 2
/** When for so long more waited to be heard than the lead and half a frame, a frame is left out: delay stays otherwise. */
#define DEPTH_TURNS 50
/** How many frames of captured sound are kept ready when one is taken: one more than that. */
#define CAPTURE_AIM_FRAMES 2
/** A device that gives its samples too unevenly for that shows it by a lack: each asks for 5 ms more, until 30 ms. */
#define CAPTURE_AIM_STEPS_A_FRAME 4
#define CAPTURE_AIM_STEPS 6
/** More than the aim and this is sound that was held up: it is dropped, for delay does not pass by itself. */
#define CAPTURE_SLACK_FRAMES 3
/** One second. */
#define STALLED_TURNS 50
/** Three seconds after it was opened nothing counts as stalled: a sound server may have to wake its card first. */
#define WAKING_TURNS 150
/** So many looks at a sound server's client that rests pass between two questions to the server. */
#define LOOKS_A_QUESTION 10
/** How much of a deviation of one sample at 8 kHz is worked off in a turn: at 100 samples off, 50 ppm a sample, it takes seconds. */
#define DRIFT_NS_A_SAMPLE 200
/** A sample is averaged over 2^6 turns, about 1.3 s, longer than any device's period. */
#define AVERAGE_SHIFT 6

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
      error = library->set_params(direction->handle, ALSA_FORMAT_S16, ALSA_ACCESS_RW_INTERLEAVED, channels,
                                  rates_hz[at], 0, LATENCY_US);
      if (error < 0) continue;
      direction->rate_hz = rates_hz[at];
      direction->channels = channels;
      alsa_uframes period_frames;
      return library->get_params(direction->handle, &direction->buffer_frames, &period_frames);
    }
  }
  return error;
}

static int make_resampler(struct alsa_direction *direction, uint32_t input_hz, uint32_t output_hz) {
  if (input_hz == output_hz) return 0;
  size_t bytes = resampler_storage_bytes(input_hz, output_hz);
  direction->filter = malloc(bytes);
  if (!direction->filter) return -ENOMEM;
  dp_error error = resampler_init(&direction->resampler, input_hz, output_hz, direction->filter, bytes);
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
  error = set_up(library, pair->rate_hz > AUDIO_RATE_HZ, direction);
  if (error < 0) return error;
  return stream == ALSA_STREAM_PLAYBACK ? make_resampler(direction, pair->rate_hz, direction->rate_hz)
                                        : make_resampler(direction, direction->rate_hz, pair->rate_hz);
}

int alsa_pair_open(const struct alsa_library *library, const char *name, bool wide, struct alsa_pair **pair) {
  struct alsa_pair *made = calloc(1, sizeof *made);
  if (!made) return -ENOMEM;
  made->library = library;
  made->rate_hz = audio_rate_hz(wide);
  made->frame_samples = audio_frame_samples(wide);
  made->aim = CAPTURE_AIM_FRAMES * made->frame_samples;
  int error = open_direction(made, name, ALSA_STREAM_PLAYBACK, &made->playback);
  if (error >= 0) error = open_direction(made, name, ALSA_STREAM_CAPTURE, &made->capture);
  if (error < 0) {
    alsa_pair_close(made);
    return error;
  }
  *pair = made;
  return 0;
}

static void close_direction(const struct alsa_library *library, struct alsa_direction *direction) {
  if (direction->handle) {
    (void)library->drop(direction->handle);
    (void)library->close(direction->handle);
  }
  free(direction->filter);
}

void alsa_pair_close(struct alsa_pair *pair) {
  close_direction(pair->library, &pair->playback);
  close_direction(pair->library, &pair->capture);
  free(pair);
}

// ---- playback ----

/** Makes a frame of mono sound into the device's frames. @return how many */
static size_t to_device(struct alsa_pair *pair, const int16_t *heard, int16_t *frames) {
  struct alsa_direction *direction = &pair->playback;
  int16_t resampled[ALSA_BLOCK_FRAMES];
  size_t count = pair->frame_samples;
  if (direction->rate_hz != pair->rate_hz) {
    struct resampler_block block = {.input = heard,
                                    .input_count = pair->frame_samples,
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
  size_t frames = (size_t)playback->rate_hz * AUDIO_FRAME_MS / 1000;
  for (int at = 0; error >= 0 && at < PLAYBACK_LEAD_FRAMES; at++) {
    error = (int)pair->library->writei(playback->handle, silence, frames);
  }
  playback->running = false;
  pair->depth_turns = 0;
  return error < 0 && error != -EAGAIN ? error : 0; // full: the frame that follows finds it so again
}

/** @return 0, or -EAGAIN when the device has stood still for too long */
static int judge(const struct alsa_pair *pair, uint32_t turns_without) {
  return turns_without >= STALLED_TURNS && pair->turns >= WAKING_TURNS ? -EAGAIN : 0;
}

/**
 * Whether this frame is better left out: a server that woke late, a clock that is slower than the capture's, or a turn
 * that was made up for left more waiting than the device ever needs.
 */
static bool is_too_deep(struct alsa_pair *pair) {
  const struct alsa_direction *playback = &pair->playback;
  alsa_sframes room = pair->library->avail_update(playback->handle);
  if (room < 0) return false; // writing says what is wrong
  alsa_uframes depth = (alsa_uframes)room < playback->buffer_frames ? playback->buffer_frames - (alsa_uframes)room : 0;
  if (pair->depth_turns == 0 || depth < pair->least_depth) pair->least_depth = depth;
  if (++pair->depth_turns < DEPTH_TURNS) return false;
  pair->depth_turns = 0;
  return pair->least_depth * 1000 > (alsa_uframes)playback->rate_hz * (PLAYBACK_LEAD_FRAMES * 2 + 1) * AUDIO_FRAME_MS / 2;
}

/** @return 0 or a negative errno that is not passing */
static int play(struct alsa_pair *pair, const int16_t *heard) {
  struct alsa_direction *playback = &pair->playback;
  int16_t frames[2 * ALSA_BLOCK_FRAMES];
  if (playback->running && is_too_deep(pair)) return 0;
  size_t count = to_device(pair, heard, frames);
  int error = playback->running ? 0 : start_playback(pair);
  if (error < 0) return error;
  alsa_sframes written = pair->library->writei(playback->handle, frames, count);
  if (written == -EPIPE || written == -ESTRPIPE) {
    playback->running = false; // it ran dry: begun anew with the next frame
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
  alsa_sframes there = pair->library->avail_update(pair->capture.handle);
  if (there <= 0) return there;
  alsa_uframes count = there < ALSA_BLOCK_FRAMES ? (alsa_uframes)there : ALSA_BLOCK_FRAMES;
  return pair->library->readi(pair->capture.handle, frames, count);
}

/** Takes what the device has. @return 0 or a negative errno that is not passing */
static int listen(struct alsa_pair *pair) {
  struct alsa_direction *capture = &pair->capture;
  int16_t frames[2 * ALSA_BLOCK_FRAMES];
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
  pair->idle_turns = pair->captured_count > before ? 0 : pair->idle_turns + 1;
  return judge(pair, pair->idle_turns);
}

static void forget_oldest(struct alsa_pair *pair, size_t count) {
  pair->captured_count -= count;
  memmove(pair->captured, pair->captured + count, pair->captured_count * sizeof pair->captured[0]);
}

/**
 * Takes one frame. Device and engine have clocks of their own: what is kept ready drifts away from the aim, and the
 * engine's period is bent until it comes back.
 */
static void take_frame(struct alsa_pair *pair, int16_t *spoken, struct audio_report *report) {
  size_t frame = pair->frame_samples;
  if (pair->captured_count > pair->aim + CAPTURE_SLACK_FRAMES * frame) {
    forget_oldest(pair, pair->captured_count - pair->aim);
    pair->surplus_q8 = 0;
  }
  bool lacks = pair->captured_count < (pair->primed ? frame : pair->aim);
  if (lacks) {
    size_t step = frame / CAPTURE_AIM_STEPS_A_FRAME;
    if (pair->primed && pair->aim < CAPTURE_AIM_FRAMES * frame + CAPTURE_AIM_STEPS * step) pair->aim += step;
    pair->primed = false;
    memset(spoken, 0, frame * sizeof *spoken);
    return;
  }
  pair->primed = true;
  int64_t surplus_q8 = ((int64_t)pair->captured_count - (int64_t)pair->aim) * 256;
  pair->surplus_q8 += (surplus_q8 - pair->surplus_q8) / (1 << AVERAGE_SHIFT);
  // Too much is ready: the engine is the slower one, and its next turn comes sooner.
  report->drift_ns = (int32_t)(-pair->surplus_q8 * DRIFT_NS_A_SAMPLE * AUDIO_RATE_HZ / pair->rate_hz / 256);
  memcpy(spoken, pair->captured, frame * sizeof *spoken);
  forget_oldest(pair, frame);
}

bool alsa_pair_exchange(struct alsa_pair *pair, const int16_t *heard, int16_t *spoken, struct audio_report *report) {
  *report = (struct audio_report){.fault = AUDIO_FAULT_NONE};
  if (pair->turns < WAKING_TURNS) pair->turns++;
  int error = play(pair, heard);
  if (error >= 0) error = listen(pair);
  take_frame(pair, spoken, report);
  if (error >= 0) return true;
  report->fault = error == -EAGAIN ? AUDIO_FAULT_STALLED : AUDIO_FAULT_LOST;
  report->system_error = error == -EAGAIN ? 0 : -error;
  return false;
}

// ---- rest ----

static void stop(const struct alsa_library *library, struct alsa_direction *direction) {
  // A card that has gone refuses, and the next look says so.
  (void)library->drop(direction->handle);
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
  pair->looks = 0;
}

/**
 * The kernel says of its cards whether they are there. A sound server's client knows only when it asks the server, and
 * what it is asked with would wake a card of the kernel's.
 * @return 0 or a negative errno
 */
static int look_at(const struct alsa_library *library, const struct alsa_direction *direction, bool ask) {
  if (library->state(direction->handle) == ALSA_STATE_DISCONNECTED) return -ENODEV;
  return ask && library->type(direction->handle) == ALSA_TYPE_IOPLUG ? library->prepare(direction->handle) : 0;
}

bool alsa_pair_look(struct alsa_pair *pair, struct audio_report *report) {
  bool ask = ++pair->looks % LOOKS_A_QUESTION == 0;
  int error = look_at(pair->library, &pair->playback, ask);
  if (error >= 0) error = look_at(pair->library, &pair->capture, ask);
  *report = (struct audio_report){.fault = AUDIO_FAULT_NONE};
  if (error >= 0) return true;
  *report = (struct audio_report){.fault = AUDIO_FAULT_LOST, .system_error = -error};
  return false;
}
