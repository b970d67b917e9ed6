// A recording that is written beside the media thread: frames go into a ring, a thread that is not real time appends them
// to a WAV file and then corrects its header. What the header announces is always in the file, so that the recording can
// be heard whenever the process ends, and however it does.

#ifndef DOORPHONE_FILEIO_RECORDER_H
#define DOORPHONE_FILEIO_RECORDER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

struct recorder;

/** Creates or empties the file, starts the thread. Control. @param wide 16 kHz @return DP_OK, DP_SYSTEM (errno) */
dp_error recorder_open(const char *path, bool wide, struct recorder **recorder);

/** Appends one frame of audio_frame_samples; a frame is lost where the disk is more than ten seconds behind. Media
 * thread. */
void recorder_append(struct recorder *recorder, const int16_t *frame);

/** errno of the last write, 0: it succeeded. Any thread. */
int recorder_error(const struct recorder *recorder);

/** Writes what is left and ends the thread. Control. */
void recorder_close(struct recorder *recorder);

#endif
