// The control thread's side of what the door itself lets be heard. See engine.h.

#define _GNU_SOURCE

#include <stdlib.h>

#include "engine/engine-parts.h"
#include "engine/realtime.h"

_Static_assert((int)ENGINE_TONE_RINGBACK == (int)ANNOUNCER_RINGBACK && (int)ENGINE_TONE_BUSY == (int)ANNOUNCER_BUSY &&
                   (int)ENGINE_TONE_FAILURE == (int)ANNOUNCER_FAILURE && (int)ENGINE_TONE_OPENED == (int)ANNOUNCER_OPENED,
               "tones and sounds have the same numbers");

dp_error engine_play(struct engine *engine, enum engine_tone tone) {
  if ((size_t)tone > ENGINE_TONE_FAILURE) return DP_INVALID_ARGUMENT;
  const struct engine_command command = {.kind = ENGINE_COMMAND_PLAY, .play = (enum announcer_sound)tone};
  return engine_command(engine, &command);
}

dp_error engine_announce(struct engine *engine, enum engine_tone tone) {
  if (tone != ENGINE_TONE_OPENED) return DP_INVALID_ARGUMENT;
  const struct engine_command command = {.kind = ENGINE_COMMAND_ANNOUNCE, .play = ANNOUNCER_OPENED};
  return engine_command(engine, &command);
}

dp_error engine_set_sound(struct engine *engine, enum engine_tone tone, const struct engine_sound *sound) {
  if (tone == ENGINE_TONE_NONE || (size_t)tone >= ANNOUNCER_SOUNDS) return DP_INVALID_ARGUMENT;
  if (sound->count > (size_t)ENGINE_SOUND_SECONDS * audio_rate_hz(engine->device.wide)) return DP_INVALID_ARGUMENT;
  const struct engine_command command = {
      .kind = ENGINE_COMMAND_SOUND,
      .record = {.sound = (enum announcer_sound)tone,
                 .recording = {.given = sound->samples || sound->silent,
                               .samples = sound->samples,
                               .count = sound->samples ? sound->count : 0}}};
  // It must not be paged in when it is to be heard.
  if (sound->samples && !realtime_lock_memory(sound->samples, sound->count * sizeof *sound->samples)) {
    atomic_store(&engine->memory_locked, false);
  }
  dp_error error = engine_ask(engine, &command);
  if (error != DP_OK) return error;
  free(engine->sounds[tone]);
  engine->sounds[tone] = sound->samples;
  return DP_OK;
}

bool engine_is_wide(const struct engine *engine) { return engine->device.wide; }
