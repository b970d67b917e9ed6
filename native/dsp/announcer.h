// What the door itself lets be heard: the sounds of a call's progress while nobody talks, and short announcements over
// whatever is heard, which is weakened meanwhile (ducking). Each is a tone or chime of ours, or a recording in its place.
// Nothing clicks: what begins, ends or is weakened in the middle is ramped. The caller owns state and recordings; one
// thread; no allocation.

#ifndef DOORPHONE_DSP_ANNOUNCER_H
#define DOORPHONE_DSP_ANNOUNCER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "dsp/tone.h"

enum announcer_sound {
  ANNOUNCER_NONE,
  ANNOUNCER_RINGBACK, /**< A recording of it is repeated, */
  ANNOUNCER_BUSY,     /**< the others are heard once. */
  ANNOUNCER_FAILURE,
  ANNOUNCER_OPENED, /**< Our own: two notes that rise. */
  ANNOUNCER_SOUNDS
};

/** 400 ms at 16 kHz. */
#define ANNOUNCER_CHIME 6400
/** The longest block that is mixed at once: 20 ms at 16 kHz. */
#define ANNOUNCER_BLOCK 320

/** What is played in a sound's place. `given` with no samples: silence. */
struct announcer_recording {
  bool given;
  const int16_t *samples; /**< At the announcer's rate. */
  size_t count;
};

/** A sound that runs. */
struct announcer_run {
  enum announcer_sound sound;
  size_t at; /**< Of its recording. */
};

/** Fields are the announcer's own. */
struct announcer {
  struct tone_generator tone;
  struct announcer_recording recordings[ANNOUNCER_SOUNDS];
  struct announcer_run steady;  /**< While nobody talks, until told otherwise. */
  struct announcer_run leaving; /**< Was steady before, and fades. */
  struct announcer_run over;    /**< Over everything, once. */
  bool covered;                 /**< Somebody talked in the last block. */
  float loudness;               /**< What is left of everything else: 1 where nothing is said over it. */
  float fall;                   /**< Of it, a sample. */
  float rise;
  int16_t chime[ANNOUNCER_CHIME];
  size_t chime_count;
};

/** Silent. @param amplitude peak of tones and chime, 0 to 32767 @return DP_OK, DP_INVALID_ARGUMENT */
dp_error announcer_init(struct announcer *announcer, uint32_t rate_hz, int16_t amplitude);

/**
 * Plays a recording in a sound's place from now on; what runs of the one before ends. The one before is not looked at any
 * more.
 */
void announcer_record(struct announcer *announcer, enum announcer_sound sound,
                      const struct announcer_recording *recording);

/** What is heard while nobody talks; the same again goes on undisturbed. ANNOUNCER_NONE: nothing. */
void announcer_play(struct announcer *announcer, enum announcer_sound sound);

/** Says a sound once, over everything, from its beginning. A tone without an end of its own cannot be said so. */
void announcer_say(struct announcer *announcer, enum announcer_sound sound);

/** Whether there is something to be heard. */
bool announcer_is_busy(const struct announcer *announcer);

/**
 * Adds what is due to what is heard.
 * @param talking somebody is heard: what is steady is not, and its cadence runs on beneath
 * @param count at most ANNOUNCER_BLOCK
 */
void announcer_mix(struct announcer *announcer, bool talking, int16_t *heard, size_t count);

#endif
