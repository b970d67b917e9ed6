// See alsa-floor.h.

#include "alsa/alsa-floor.h"

#include <string.h>

#define JUDGED_MS 10

void alsa_floor_begin(struct alsa_floor *floor, uint32_t sound_hz) {
  memset(floor, 0, sizeof *floor);
  voice_activity_init(&floor->activity, sound_hz);
  floor->judged_samples = sound_hz / 1000 * JUDGED_MS;
}

/** Takes 10 ms. */
static void judge(struct alsa_floor *floor) {
  bool speaks = voice_activity_hears(&floor->activity, floor->gathered, floor->gathered_count);
  floor->speaking_ms = speaks ? floor->speaking_ms + JUDGED_MS : 0;
  floor->silent_ms = speaks ? 0 : floor->silent_ms + JUDGED_MS;
  bool changes = floor->records ? floor->speaking_ms >= ALSA_FLOOR_WORD_MS : floor->silent_ms >= ALSA_FLOOR_PAUSE_MS;
  if (changes) floor->records = !floor->records;
}

void alsa_floor_turn(struct alsa_floor *floor, const int16_t *heard, size_t count) {
  for (size_t at = 0; at < count; at++) {
    floor->gathered[floor->gathered_count++] = heard[at];
    if (floor->gathered_count < floor->judged_samples) continue;
    judge(floor);
    floor->gathered_count = 0;
  }
}
