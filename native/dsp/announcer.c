// See announcer.h.

#include "dsp/announcer.h"

#include <math.h>
#include <string.h>

#include "dsp/mix.h"
#include "dsp/ramp.h"

static const double turn = 6.283185307179586;

/** -12 dB: what is said stands out, and a talker beneath it is still understood. */
#define DUCKED 0.2512F
/** Falls within 20 ms, comes back within 200 ms. */
#define FALL_SECONDS 0.02F
#define RISE_SECONDS 0.2F

/** A note of the chime: G5, then C6. Neither is near a tone of a telephone's keys. */
struct note {
  double hz;
  double begin_s;
  double end_s;
};

static const struct note notes[] = {{783.99, 0, 0.15}, {1046.5, 0.15, 0.4}};

/** Begins within 5 ms and fades like a bell, to nothing at its end. */
static double shape(const struct note *note, double time_s) {
  double within = time_s - note->begin_s;
  double length = note->end_s - note->begin_s;
  double attack = within < 0.005 ? within / 0.005 : 1;
  double left = (length - within) / length;
  return attack * left * left;
}

static void make_chime(struct announcer *announcer, uint32_t rate_hz, int16_t amplitude) {
  size_t count = rate_hz * 2 / 5;
  announcer->chime_count = count < ANNOUNCER_CHIME ? count : ANNOUNCER_CHIME;
  for (size_t at = 0; at < announcer->chime_count; at++) {
    double time_s = (double)at / rate_hz;
    const struct note *note = &notes[time_s < notes[1].begin_s ? 0 : 1];
    announcer->chime[at] = (int16_t)(amplitude * shape(note, time_s) * sin(turn * note->hz * (time_s - note->begin_s)));
  }
}

dp_error announcer_init(struct announcer *announcer, uint32_t rate_hz, int16_t amplitude) {
  memset(announcer, 0, sizeof *announcer);
  dp_error error = tone_init(&announcer->tone, rate_hz, amplitude);
  if (error != DP_OK) return error;
  make_chime(announcer, rate_hz, amplitude);
  announcer->loudness = 1;
  announcer->fall = (1 - DUCKED) / (FALL_SECONDS * (float)rate_hz);
  announcer->rise = (1 - DUCKED) / (RISE_SECONDS * (float)rate_hz);
  return DP_OK;
}

// ---- what runs ----

static enum tone_kind tone_of(const struct announcer *announcer, enum announcer_sound sound) {
  static const enum tone_kind kinds[ANNOUNCER_SOUNDS] = {
      [ANNOUNCER_RINGBACK] = TONE_RINGBACK, [ANNOUNCER_BUSY] = TONE_BUSY, [ANNOUNCER_FAILURE] = TONE_FAILURE};
  return announcer->recordings[sound].given ? TONE_NONE : kinds[sound];
}

/** What there is to be read of a sound; a tone has none. */
static struct announcer_recording recording_of(const struct announcer *announcer, enum announcer_sound sound) {
  if (announcer->recordings[sound].given || sound != ANNOUNCER_OPENED) return announcer->recordings[sound];
  return (struct announcer_recording){.given = true, .samples = announcer->chime, .count = announcer->chime_count};
}

void announcer_record(struct announcer *announcer, enum announcer_sound sound,
                      const struct announcer_recording *recording) {
  announcer->recordings[sound] = *recording;
  if (announcer->leaving.sound == sound) announcer->leaving.sound = ANNOUNCER_NONE;
  if (announcer->over.sound == sound) announcer->over.sound = ANNOUNCER_NONE;
  if (announcer->steady.sound != sound) return;
  announcer->steady.at = 0;
  tone_set(&announcer->tone, tone_of(announcer, sound));
}

void announcer_play(struct announcer *announcer, enum announcer_sound sound) {
  if (announcer->steady.sound == sound) return;
  announcer->leaving = announcer->steady;
  announcer->steady = (struct announcer_run){.sound = sound};
  tone_set(&announcer->tone, tone_of(announcer, sound));
}

void announcer_say(struct announcer *announcer, enum announcer_sound sound) {
  announcer->over = (struct announcer_run){.sound = sound};
}

bool announcer_is_busy(const struct announcer *announcer) {
  return announcer->steady.sound != ANNOUNCER_NONE || announcer->over.sound != ANNOUNCER_NONE;
}

// ---- blocks ----

/** The next samples of a run's recording, onto `samples`. @return whether there is more */
static bool add_run(const struct announcer *announcer, struct announcer_run *run, int16_t *samples, size_t count) {
  struct announcer_recording recording = recording_of(announcer, run->sound);
  bool repeats = run->sound == ANNOUNCER_RINGBACK;
  for (size_t at = 0; at < count && run->at < recording.count; at++) {
    samples[at] = mix_saturate(samples[at] + recording.samples[run->at]);
    run->at++;
    if (repeats && run->at == recording.count) run->at = 0;
  }
  return run->at < recording.count;
}

static void mix_steady(struct announcer *announcer, bool talking, int16_t *heard, size_t count) {
  int16_t block[ANNOUNCER_BLOCK];
  tone_read(&announcer->tone, block, count);
  (void)add_run(announcer, &announcer->steady, block, count);
  if (!talking && announcer->covered) ramp_in(block, count);
  if (talking && !announcer->covered) ramp_out(block, count);
  if (!talking || !announcer->covered) mix_add(heard, block, count);
  if (announcer->leaving.sound == ANNOUNCER_NONE) return;
  memset(block, 0, count * sizeof *block);
  (void)add_run(announcer, &announcer->leaving, block, count);
  ramp_out(block, count);
  if (!announcer->covered) mix_add(heard, block, count);
  announcer->leaving.sound = ANNOUNCER_NONE;
}

/** Weakens what is heard, or lets it come back. */
static void duck(struct announcer *announcer, bool saying, int16_t *heard, size_t count) {
  if (!saying && announcer->loudness >= 1) return;
  for (size_t at = 0; at < count; at++) {
    float next = saying ? announcer->loudness - announcer->fall : announcer->loudness + announcer->rise;
    announcer->loudness = fminf(1, fmaxf(DUCKED, next));
    heard[at] = (int16_t)((float)heard[at] * announcer->loudness);
  }
}

void announcer_mix(struct announcer *announcer, bool talking, int16_t *heard, size_t count) {
  mix_steady(announcer, talking, heard, count);
  announcer->covered = talking;
  bool saying = announcer->over.sound != ANNOUNCER_NONE;
  duck(announcer, saying, heard, count);
  if (saying && !add_run(announcer, &announcer->over, heard, count)) announcer->over.sound = ANNOUNCER_NONE;
}
