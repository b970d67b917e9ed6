// See alsa-pair.h.

#include "alsa/alsa-pair.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/** Three seconds after it was opened nothing counts as stalled: a sound server may have to wake its card first. */
#define WAKING_TURNS (3000 / ALSA_TURN_MS)
/** So many looks at a sound server's client that rests pass between two questions to the server. */
#define LOOKS_A_QUESTION 10

/** What became of opening: 0 or a negative errno each. */
struct opened {
  int mute;
  int deaf;
};

static struct opened open_both(struct alsa_pair *pair, const struct alsa_library *library, const char *name, bool wide) {
  int mute = alsa_playback_open(&pair->playback, library, name, wide);
  return (struct opened){.mute = mute, .deaf = alsa_capture_open(&pair->capture, library, name, wide)};
}

/**
 * Whether the microphone that cannot be opened beside the speaker can be without it: then a card does one thing at a time,
 * else it has none, or somebody else has it. Both are tried once more, as that may have passed.
 */
static bool is_half_duplex(struct alsa_pair *pair, const struct alsa_library *library, const char *name, bool wide,
                           struct opened *opened) {
  if (opened->mute < 0 || opened->deaf >= 0 || opened->deaf == -ENOMEM) return false;
  alsa_direction_close(&pair->playback.direction);
  bool records = alsa_capture_open(&pair->capture, library, name, wide) == 0;
  alsa_direction_close(&pair->capture.direction);
  *opened = open_both(pair, library, name, wide);
  return records && opened->mute >= 0 && opened->deaf < 0;
}

int alsa_pair_open(const struct alsa_library *library, const char *name, bool wide, struct alsa_pair **pair) {
  struct alsa_pair *made = calloc(1, sizeof *made);
  if (!made) return -ENOMEM;
  struct opened opened = open_both(made, library, name, wide);
  bool by_turns = is_half_duplex(made, library, name, wide, &opened);
  if (opened.mute < 0 && opened.deaf < 0) {
    alsa_pair_close(made);
    return opened.mute;
  }
  if (opened.mute < 0) made->half = (struct audio_report){.fault = AUDIO_FAULT_NO_SPEAKER, .system_error = -opened.mute};
  if (opened.deaf < 0) {
    made->half = (struct audio_report){.fault = by_turns ? AUDIO_FAULT_BY_TURNS : AUDIO_FAULT_NO_MICROPHONE,
                                       .system_error = -opened.deaf};
  }
  alsa_floor_begin(&made->floor, made->playback.direction.sound_hz);
  *pair = made;
  return 0;
}

int alsa_pair_turn_round(struct alsa_pair *pair, const struct alsa_library *library, const char *name, bool wide) {
  alsa_direction_close(&pair->playback.direction);
  alsa_direction_close(&pair->capture.direction);
  pair->turns = 0;
  return pair->floor.records ? alsa_capture_open(&pair->capture, library, name, wide)
                             : alsa_playback_open(&pair->playback, library, name, wide);
}

void alsa_pair_close(struct alsa_pair *pair) {
  alsa_direction_close(&pair->playback.direction);
  alsa_direction_close(&pair->capture.direction);
  free(pair);
}

/** Takes a turn's sound, or, where nothing is captured, silence. */
static void take(struct alsa_pair *pair, int16_t *spoken, struct audio_report *report) {
  const struct alsa_direction *capture = &pair->capture.direction;
  if (capture->handle) {
    report->drift_ns = alsa_capture_take(&pair->capture, spoken);
    return;
  }
  memset(spoken, 0, capture->turn_samples * sizeof *spoken);
  report->drift_ns = alsa_playback_follow(&pair->playback);
}

bool alsa_pair_exchange(struct alsa_pair *pair, const int16_t *heard, int16_t *spoken, struct audio_report *report) {
  *report = pair->half;
  if (pair->turns < WAKING_TURNS) pair->turns++;
  int played = alsa_playback_turn(&pair->playback, heard);
  if (played == -EAGAIN && pair->turns < WAKING_TURNS) played = 0;
  bool was_even = pair->capture.direction.even;
  int captured = played < 0 ? 0 : alsa_capture_turn(&pair->capture);
  if (captured == -EAGAIN && pair->turns < WAKING_TURNS) captured = 0;
  if (pair->capture.direction.even && !was_even) alsa_playback_take_for_even(&pair->playback);
  take(pair, spoken, report);
  if (alsa_pair_is_half_duplex(pair)) alsa_floor_turn(&pair->floor, heard, pair->playback.direction.turn_samples);
  int error = played < 0 ? played : captured;
  if (error >= 0) return true;
  report->fault = error == -EAGAIN ? AUDIO_FAULT_STALLED : AUDIO_FAULT_LOST;
  report->system_error = error == -EAGAIN ? 0 : -error;
  return false;
}

// ---- rest ----

void alsa_pair_rest(struct alsa_pair *pair) {
  alsa_playback_rest(&pair->playback);
  alsa_capture_rest(&pair->capture);
  pair->turns = 0;
  pair->looks = 0;
  alsa_floor_begin(&pair->floor, pair->playback.direction.sound_hz);
}

bool alsa_pair_look(struct alsa_pair *pair, struct audio_report *report) {
  bool ask = ++pair->looks % LOOKS_A_QUESTION == 0;
  int error = alsa_direction_look(&pair->playback.direction, ask);
  if (error >= 0) error = alsa_direction_look(&pair->capture.direction, ask);
  *report = pair->half;
  if (error >= 0) return true;
  *report = (struct audio_report){.fault = AUDIO_FAULT_LOST, .system_error = -error};
  return false;
}
