// Who has the floor at a device that plays or records, one at a time (half-duplex). The other side has it while it speaks,
// as there is no button at the door to ask for it; in its pauses the visitor is heard. Media thread; pure.

#ifndef DOORPHONE_ALSA_ALSA_FLOOR_H
#define DOORPHONE_ALSA_ALSA_FLOOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "alsa/alsa-direction.h"
#include "codec/voice-activity.h"

/** A pause between words is shorter: so long the other side is silent before the visitor has the floor. */
#define ALSA_FLOOR_PAUSE_MS 600
/** So long it has to speak before it takes the floor back: a click or a cough does not. */
#define ALSA_FLOOR_WORD_MS 60

struct alsa_floor {
  bool records; /**< The visitor has it: the device is to record, else to play. */
  struct voice_activity activity; /**< Of what is to be heard. */
  int16_t gathered[AUDIO_WIDE_FRAME_SAMPLES]; /**< What is judged at once, 10 ms. */
  size_t gathered_count;
  size_t judged_samples; /**< In 10 ms. */
  uint32_t speaking_ms; /**< In a row, up to now; 0: it is silent. */
  uint32_t silent_ms;
};

/** The other side has the floor: whoever is called speaks first, and before that it rings. @param sound_hz 8000 or 16000 */
void alsa_floor_begin(struct alsa_floor *floor, uint32_t sound_hz);

/** Each turn, with what is to be heard: `records` says who has the floor from then on. */
void alsa_floor_turn(struct alsa_floor *floor, const int16_t *heard, size_t count);

#endif
