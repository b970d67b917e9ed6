// The tones of a telephone's keys in sound (ITU-T Q.23), by the tolerances of Q.24: frequencies off by 1.5 % are taken and by
// 3.5 % are not, 40 ms of tone and of pause suffice, the groups may differ by 8 dB (lower louder) and 4 dB (higher louder).
// Each 7.5 ms the eight tones are measured in a window of 22.5 ms; how far a tone is off is told by how its phase moves from
// window to window, and the two must hold nearly all of the sound's power, which voices do not let them.
//
// Leaves out: saying when a key is released. Tables may be shared; one thread for each detector; no allocation.

#ifndef DOORPHONE_DSP_DTMF_DETECTOR_H
#define DOORPHONE_DSP_DTMF_DETECTOR_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

#define DTMF_TONES 8
/** 22.5 ms at 16 kHz. */
#define DTMF_WINDOW 360

/** What is computed once for a rate. */
struct dtmf_tables {
  uint32_t rate_hz;
  size_t window;
  size_t hop;
  float shape[DTMF_WINDOW]; /**< Hann's. */
  float step_cosine[DTMF_TONES]; /**< Each tone turns by this a sample. */
  float step_sine[DTMF_TONES];
};

/** Fields are the detector's own. Zero-initialised has heard nothing. */
struct dtmf_detector {
  int16_t samples[DTMF_WINDOW]; /**< The latest, oldest first. */
  size_t fresh;                 /**< Of them, since the last measurement. */
  float phases[DTMF_TONES];
  char candidate; /**< Of the last window. */
  unsigned hits;  /**< Windows in a row that had it. */
  char pressed;   /**< The key that is held; '\0': none. */
  float power;    /**< The greatest that it had. */
  unsigned quiet; /**< Windows in a row in which it was gone. */
};

/** How sure it has to be. */
enum dtmf_care {
  DTMF_SURE, /**< For keys that count. */
  DTMF_WARY, /**< For tones that must not count elsewhere: weak ones and single windows too. */
};

/** @param rate_hz 8000 or 16000 @return DP_OK, DP_INVALID_ARGUMENT */
dp_error dtmf_tables_init(struct dtmf_tables *tables, uint32_t rate_hz);

/**
 * Listens. A change of the tables is a change of the sound: whoever makes one begins anew.
 * @param count at most one key begins in so many: 40 ms of samples
 * @return the key that has begun to be pressed, once; '\0': none
 */
char dtmf_listen(struct dtmf_detector *detector, const struct dtmf_tables *tables, enum dtmf_care care,
                 const int16_t *samples, size_t count);

#endif
