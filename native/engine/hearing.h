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

/** 10 ms at 16 kHz. */
#define HEARING_MOST_BLOCK 160

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

/** As voice_expect takes it. */
struct hearing_echo {
  float delay_ms;
  const float *path; /**< Null: not known. */
  size_t count;
};

struct hearing {
  struct voice *voice;
  size_t block;    /**< What is heard at once: 10 ms. */
  bool works;      /**< Something is done to the voice. */
  size_t gathered; /**< Of turns that are shorter. */
  int16_t played[HEARING_MOST_BLOCK];
  int16_t spoken[HEARING_MOST_BLOCK];
  struct hearing_figures figures;
};

/** Control, before the media thread runs. @return as voice_create */
dp_error hearing_open(struct hearing *hearing, uint32_t rate_hz, struct voice_switches switches);

/** Control, after the media thread has ended; also where hearing_open was not called or failed. */
void hearing_close(struct hearing *hearing);

/** What is done to the voice. Media thread, or control before it runs. */
void hearing_switch(struct hearing *hearing, struct voice_switches switches);

/**
 * One turn. What is done to the voice is done to 10 ms at once: of shorter turns every other one has nothing to be sent, and
 * the next one has twice as much. Media thread.
 * @param wanted whether what was spoken goes anywhere; else it is left as it is
 * @param spoken with room for a block beside the turn
 * @return samples in `spoken` to be sent
 */
size_t hearing_turn(struct hearing *hearing, bool wanted, const int16_t *played, int16_t *spoken, size_t count);

/** What is known of the echo from another time, until it is found out. Media thread. */
void hearing_expect(struct hearing *hearing, const struct hearing_echo *echo);

/** The device begins anew. Media thread. */
void hearing_begin(struct hearing *hearing);

/** Any thread. */
void hearing_read(struct hearing *hearing, struct voice_report *report);

#endif
