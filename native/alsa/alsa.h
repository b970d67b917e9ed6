// The sound device on ALSA, whose library is looked up at run time: the engine builds and loads where there is none.
//
// The engine's turns pace the device; how far its clock runs apart is measured by how full its buffers stay and reported
// as drift. A device that fails is opened again every second by a thread that is not real time; silence runs meanwhile.

#ifndef DOORPHONE_ALSA_ALSA_H
#define DOORPHONE_ALSA_ALSA_H

#include "base/error.h"
#include "engine/audio-io.h"

/**
 * Opens a device by its ALSA name (`default`, `plughw:1`), or by what its card is called (`card=USB Audio`, alsa-cards.h). A device that is not there is no error: it is reported as a
 * fault and waited for, and so is the half of one that is not; one that does one thing at a time is turned round. Control.
 * @param wide to the engine it speaks 16 kHz
 * @return DP_OK, DP_UNSUPPORTED (libasound is not installed), DP_SYSTEM (errno)
 */
dp_error alsa_open(const char *name, bool wide, struct audio_io *io);

#endif
