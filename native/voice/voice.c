// See voice.h.

#include "voice/voice.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "dsp/level.h"
#include "voice/delay-search.h"
#include "voice/echo-filter.h"
#include "voice/echo-path.h"
#include "voice/gain-control.h"
#include "voice/high-pass.h"
#include "voice/mean-power.h"
#include "voice/played-ring.h"
#include "voice/residual.h"
#include "voice/spectrum.h"

/** Blocks of a turn. */
#define BLOCKS 2
/** A turn at 16 kHz. */
#define MAX_TURN (BLOCKS * SPECTRUM_MAX_BLOCK)
/** The direct sound is put so far into the filter. */
#define LEAD_MS ((float)VOICE_PATH_LEAD_MS)
/** A peak found within these of the filter's beginning needs no other alignment. */
#define NEAREST_MS 2.0F
#define FARTHEST_MS 20.0F
/** How much sooner the echo may be than it was, after the device was stopped. */
#define SOONER_MS 100.0F
/** A way that took so much of the echo in a call, 10 dB, over so many blocks, is worth to be known in the next one. */
#define LEARNED 0.1F
#define LEARNED_BLOCKS 200
#define FULL_SCALE 32767
/** Mean power of sound that counts as played: -60 dBFS. */
#define PLAYED_POWER 1074.0F
/** What a block leaves of the one before: of levels over 60 ms, of the attenuation over 3 s. */
#define LEVEL_SMOOTHING 0.837F
#define ATTENUATION_SMOOTHING 0.9967F
/** So much of the microphone's power is the estimated echo where there is echo alone. */
#define ECHO_ALONE 0.5F

/** Beside an estimated echo of more than this share of what is left, that may be echo as well, by a way that has changed. */
#define IN_DOUBT 0.1F

_Static_assert(VOICE_PATH_MOST == ECHO_FILTER_SAMPLES, "a response is as long as the filter");

struct voice_levels {
  float speaker;
  float microphone;
  float sent;
};

/** Mean powers of one turn. */
struct turn_powers {
  size_t blocks;
  float played;
  float microphone;
  float echo;     /**< That the filter takes out, */
  float filtered; /**< and what it leaves. */
  float clean;
};

struct voice {
  struct voice_switches switches;
  uint32_t rate_hz;
  size_t block;
  size_t shift; /**< Samples that what was played is delayed by, before the filter. */
  uint32_t beginnings;
  uint64_t clips;
  struct voice_levels levels; /**< Smoothed powers. */
  float echo_before;          /**< Smoothed powers of turns with echo alone: of the microphone, */
  float echo_after;           /**< and of what is left. */
  float unfiltered;           /**< Since the device began: what the filter took out, */
  float filtered;             /**< and what it left, */
  size_t learned;             /**< in so many blocks. */
  struct spectrum_transform transform;
  struct high_pass high_pass;
  struct played_ring played;
  struct delay_search search;
  float known_delay_ms; /**< Of another time, until the search has found one. */
  struct echo_filter filter;
  struct echo_path path; /**< As it was before the device began. */
  size_t path_shift;     /**< As `shift`, for the least delay that it is looked for at. */
  struct residual residual;
  struct gain_control gain;
};

static size_t samples_of(const struct voice *voice, float ms) {
  return (size_t)lrintf(fmaxf(0, ms) * (float)voice->rate_hz / 1000);
}

dp_error voice_create(uint32_t rate_hz, float delay_ms, struct voice **voice) {
  if (rate_hz != 8000 && rate_hz != 16000) return DP_INVALID_ARGUMENT;
  struct voice *made = calloc(1, sizeof *made);
  if (!made) return DP_SYSTEM;
  made->rate_hz = rate_hz;
  made->block = rate_hz / 100;
  dp_error error = spectrum_init(&made->transform, made->block);
  if (error != DP_OK) {
    free(made);
    return error;
  }
  made->known_delay_ms = delay_ms <= DELAY_SEARCH_MAX_MS ? delay_ms : VOICE_DELAY_UNKNOWN;
  made->shift = samples_of(made, made->known_delay_ms - LEAD_MS);
  high_pass_init(&made->high_pass, rate_hz);
  delay_search_init(&made->search, rate_hz);
  echo_filter_init(&made->filter, &made->transform);
  echo_path_init(&made->path, &made->transform);
  residual_init(&made->residual, &made->transform);
  gain_control_init(&made->gain, rate_hz);
  made->beginnings = made->filter.beginnings;
  *voice = made;
  return DP_OK;
}

void voice_destroy(struct voice *voice) { free(voice); }

size_t voice_bytes(void) { return sizeof(struct voice); }

void voice_switch(struct voice *voice, struct voice_switches switches) { voice->switches = switches; }

static float known_delay(const struct voice *voice) {
  float found;
  return delay_search_result(&voice->search, &found) ? found : voice->known_delay_ms;
}

// ---- what was known before ----

/** The delay of a way that is shifted by so much. */
static float delay_at(const struct voice *voice, size_t shift) {
  return (float)shift * 1000 / (float)voice->rate_hz + LEAD_MS;
}

/** The device begins with another delay: the way that is known is looked for around the one that was. */
static void begin(struct voice *voice) {
  float lead_ms = voice->known_delay_ms - LEAD_MS;
  voice->path_shift = samples_of(voice, lead_ms - SOONER_MS);
  // What is as near as that the filter has in any case; of what is farther it has the sooner and the later.
  voice->shift = lead_ms > SOONER_MS ? samples_of(voice, lead_ms - SOONER_MS / 2) : 0;
  voice->filtered = voice->unfiltered = 0;
  voice->learned = 0;
  delay_search_init(&voice->search, voice->rate_hz);
  echo_filter_forget(&voice->filter);
  echo_path_seek(&voice->path);
}

void voice_expect(struct voice *voice, float delay_ms, const float *path, size_t count) {
  voice->known_delay_ms = delay_ms <= DELAY_SEARCH_MAX_MS ? delay_ms : VOICE_DELAY_UNKNOWN;
  if (path) echo_path_set(&voice->path, path, count);
  begin(voice);
}

void voice_begin(struct voice *voice) {
  voice->known_delay_ms = known_delay(voice);
  if (voice->learned >= LEARNED_BLOCKS && voice->filtered < LEARNED * voice->unfiltered) {
    echo_path_keep(&voice->path, &voice->filter);
    voice->known_delay_ms = delay_at(voice, voice->shift);
  }
  memset(&voice->played, 0, sizeof voice->played);
  begin(voice);
}

// ---- the way of the echo ----

/** Follows the delay, where the filter no longer has the direct sound at its beginning. */
static void align(struct voice *voice) {
  float delay_ms;
  if (!delay_search_result(&voice->search, &delay_ms)) return;
  float lead_ms = delay_ms - (float)voice->shift * 1000 / (float)voice->rate_hz;
  // At no shift there is nothing to be gained by a smaller lead.
  if (lead_ms <= FARTHEST_MS && (lead_ms >= NEAREST_MS || voice->shift == 0)) return;
  voice->shift = samples_of(voice, delay_ms - LEAD_MS);
  echo_filter_forget(&voice->filter);
}

/** A block of what was played. @param age of its first sample: how far back the echo is, and what of the turn follows that */
static void played_block(const struct voice *voice, size_t age, float *far) {
  for (size_t at = 0; at < voice->block; at++) far[at] = (float)played_ring_at(&voice->played, age - at);
}

static void follow_filter(struct voice *voice) {
  if (voice->filter.beginnings == voice->beginnings) return;
  voice->beginnings = voice->filter.beginnings;
  residual_forget_echo(&voice->residual);
}

/** Looks for the way that is known, and begins the filter with it. @param behind samples of the turn from the block's begin on */
static void seek(struct voice *voice, size_t behind, const float *sound) {
  float far[SPECTRUM_MAX_BLOCK];
  if (!voice->path.seeking) return;
  played_block(voice, voice->path_shift + behind, far);
  if (!echo_path_run(&voice->path, far, sound)) return;
  voice->shift = voice->path_shift + voice->path.lag;
  voice->known_delay_ms = delay_at(voice, voice->shift);
  for (size_t back = ECHO_FILTER_PARTITIONS; back > 0; back--) {
    played_block(voice, voice->shift + behind + back * voice->block, far);
    echo_filter_remember(&voice->filter, far);
  }
  echo_filter_restore(&voice->filter, voice->path.response, voice->path.unexplained);
}

/** @param echo_alone of each block: nobody speaks in it beside the echo */
static void cancel(struct voice *voice, float *sound, size_t count, bool *echo_alone) {
  static const float nothing[SPECTRUM_MAX_BINS];
  float far[SPECTRUM_MAX_BLOCK];
  const struct residual_options options = {.echo = voice->switches.echo_cancellation,
                                           .noise = voice->switches.noise_suppression};
  for (size_t at = 0; at < count; at += voice->block) {
    struct residual_block block = {.sound = &sound[at], .echo = nothing, .unknown = nothing};
    if (options.echo) {
      seek(voice, count - at, &sound[at]);
      played_block(voice, voice->shift + count - at, far);
      echo_filter_run(&voice->filter, far, &sound[at]);
      memcpy(&sound[at], voice->filter.error, voice->block * sizeof *sound);
      block.echo = voice->filter.echo;
      block.unknown = voice->filter.unknown;
      follow_filter(voice);
    }
    residual_run(&voice->residual, options, &block);
    echo_alone[at / voice->block] = voice->residual.echo_alone;
  }
}

// ---- figures ----

/** A turn is so many blocks, each of which leaves `smoothing` of what was. */
static float smoothed(float before, float now, float smoothing, size_t blocks) {
  float left = 1;
  for (size_t block = 0; block < blocks; block++) left *= smoothing;
  return left * before + (1 - left) * now;
}

static void count_clips(struct voice *voice, const int16_t *samples, size_t count) {
  for (size_t at = 0; at < count; at++) {
    if (samples[at] >= FULL_SCALE || samples[at] <= -FULL_SCALE) voice->clips++;
  }
}

static void measure_echo(struct voice *voice, const struct turn_powers *powers) {
  if (powers->played < PLAYED_POWER || powers->echo < ECHO_ALONE * powers->microphone) return;
  voice->echo_before = smoothed(voice->echo_before, powers->microphone, ATTENUATION_SMOOTHING, powers->blocks);
  voice->echo_after = smoothed(voice->echo_after, powers->clean, ATTENUATION_SMOOTHING, powers->blocks);
  voice->unfiltered = smoothed(voice->unfiltered, powers->echo, ATTENUATION_SMOOTHING, powers->blocks);
  voice->filtered = smoothed(voice->filtered, powers->filtered, ATTENUATION_SMOOTHING, powers->blocks);
  voice->learned += powers->blocks;
}

static float decibels(float power) { return (float)level_decibels(sqrt((double)power)); }

void voice_read(const struct voice *voice, struct voice_report *report) {
  *report = (struct voice_report){
      .delay_ms = known_delay(voice),
      .attenuation_db = voice->echo_before > 0
                            ? fmaxf(0, 10 * log10f(voice->echo_before / fmaxf(voice->echo_after, 0.01F)))
                            : VOICE_ATTENUATION_UNKNOWN,
      .gain_db = 20 * log10f(voice->gain.gain),
      .speaker_dbfs = decibels(voice->levels.speaker),
      .microphone_dbfs = decibels(voice->levels.microphone),
      .sent_dbfs = decibels(voice->levels.sent),
      .clips = voice->clips,
      .beginnings = voice->beginnings,
  };
}

// ---- turns ----

void voice_skip(struct voice *voice, const int16_t *played, size_t count) {
  played_ring_put(&voice->played, played, count);
}

static void listen(struct voice *voice, const float *played, const float *sound, size_t count) {
  if (!voice->switches.echo_cancellation) return;
  delay_search_run(&voice->search, played, sound, count);
  align(voice);
}

static int16_t to_sample(float value) {
  if (value >= INT16_MAX) return INT16_MAX;
  if (value <= INT16_MIN) return INT16_MIN;
  return (int16_t)lrintf(value);
}

void voice_run(struct voice *voice, const int16_t *played, int16_t *spoken, size_t count) {
  const struct voice_switches *switches = &voice->switches;
  float far[MAX_TURN];
  float sound[MAX_TURN];
  bool echo_alone[BLOCKS] = {false};
  struct turn_powers powers = {.blocks = count / voice->block};
  voice_skip(voice, played, count);
  count_clips(voice, spoken, count);
  for (size_t at = 0; at < count; at++) {
    far[at] = (float)played[at];
    sound[at] = (float)spoken[at];
  }
  powers.played = mean_power(far, count);
  powers.microphone = mean_power(sound, count);
  voice->levels.speaker = smoothed(voice->levels.speaker, powers.played, LEVEL_SMOOTHING, powers.blocks);
  voice->levels.microphone = smoothed(voice->levels.microphone, powers.microphone, LEVEL_SMOOTHING, powers.blocks);
  if (!switches->echo_cancellation && !switches->noise_suppression && !switches->gain_control) {
    voice->levels.sent = voice->levels.microphone;
    return;
  }
  high_pass_run(&voice->high_pass, sound, count);
  listen(voice, far, sound, count);
  if (switches->echo_cancellation || switches->noise_suppression) cancel(voice, sound, count, echo_alone);
  powers.clean = mean_power(sound, count);
  if (switches->echo_cancellation) {
    powers.echo = mean_power(voice->filter.echo, voice->block);
    powers.filtered = mean_power(voice->filter.error, voice->block);
    measure_echo(voice, &powers);
  }
  bool in_doubt = switches->echo_cancellation && powers.echo > IN_DOUBT * powers.clean;
  for (size_t at = 0; switches->gain_control && at < count; at += voice->block) {
    const struct gain_heard heard = {.echo_alone = echo_alone[at / voice->block], .in_doubt = in_doubt};
    gain_control_run(&voice->gain, &sound[at], voice->block, heard);
  }
  voice->levels.sent = smoothed(voice->levels.sent, mean_power(sound, count), LEVEL_SMOOTHING, powers.blocks);
  for (size_t at = 0; at < count; at++) spoken[at] = to_sample(sound[at]);
}
