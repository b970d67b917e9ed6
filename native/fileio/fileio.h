// The sound device without a sound card: the microphone hears a WAV file (looped) or silence, the speaker is recorded or
// not. It has no clock of its own: the engine's turns pace it.

#ifndef DOORPHONE_FILEIO_FILEIO_H
#define DOORPHONE_FILEIO_FILEIO_H

#include "base/error.h"
#include "engine/audio-io.h"
#include "fileio/wav.h"

/** Both null: the `virtual` device. Read during fileio_open only. */
struct fileio_options {
  const char *input;
  const char *output;
  bool wide; /**< 16 kHz; the recording is too. */
};

/** Which file, and why. */
struct fileio_problem {
  enum wav_fault input; /**< WAV_OK: the output is at fault. */
  int system_error;     /**< errno, where there is one. */
};

/** Opens the device. Control. @param problem written with DP_DEVICE @return DP_OK, DP_DEVICE, DP_SYSTEM (memory) */
dp_error fileio_open(const struct fileio_options *options, struct audio_io *io, struct fileio_problem *problem);

#endif
