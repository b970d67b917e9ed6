// The voice's way (voice/) as the engine has it: on the media thread, with figures that any thread may read. For engine/
// alone.

#ifndef DOORPHONE_ENGINE_HEARING_H
#define DOORPHONE_ENGINE_HEARING_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "voice/voice.h"

/** Written by the media thread, once a turn; each stands for itself. */
struct hearing_figures {
  _Atomic float delay_ms;
  _Atomic float attenuation_db;
  _Atomic float gain_db;
  _Atomic float speaker_dbfs;
  _Atomic float microphone_dbfs;
  _Atomic float sent_dbfs;
  _Atomic uint64_t clips;
  _Atomic uint32_t beginnings;
};

struct hearing {
  struct voice *voice;
  struct hearing_figures figures;
};

/** Control, before the media thread runs. @return as voice_create */
dp_error hearing_open(struct hearing *hearing, uint32_t rate_hz, struct voice_switches switches);

/** Control, after the media thread has ended; also where hearing_open was not called or failed. */
void hearing_close(struct hearing *hearing);

/** One turn. Media thread. @param wanted whether what was spoken goes anywhere; else it is left as it is */
void hearing_turn(struct hearing *hearing, bool wanted, const int16_t *played, int16_t *spoken, size_t count);

/** How far behind the echo is, until that is found out. Media thread. */
void hearing_expect(struct hearing *hearing, float delay_ms);

/** Any thread. */
void hearing_read(struct hearing *hearing, struct voice_report *report);

#endif
