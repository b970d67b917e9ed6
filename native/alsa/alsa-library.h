// libasound as far as it is used, looked up at run time. The prototypes are written from the library's documentation
// ("ALSA Library API", PCM interface); its header is not needed to build.

#ifndef DOORPHONE_ALSA_ALSA_LIBRARY_H
#define DOORPHONE_ALSA_ALSA_LIBRARY_H

#include <stdint.h>

#include "base/error.h"

/** Opaque, as in the library. */
struct alsa_handle;

typedef unsigned long alsa_uframes;
typedef long alsa_sframes;

enum { ALSA_STREAM_PLAYBACK = 0, ALSA_STREAM_CAPTURE = 1 };
enum { ALSA_MODE_NONBLOCK = 1 };
/** 16 bit, signed, in the processor's own order. */
enum { ALSA_FORMAT_S16 = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? 2 : 3 };
enum { ALSA_ACCESS_RW_INTERLEAVED = 3 };
/** The card has gone. */
enum { ALSA_STATE_DISCONNECTED = 8 };
/** Made by a program, a sound server's client for instance, and no card of the kernel's. */
enum { ALSA_TYPE_IOPLUG = 28 };

typedef void(alsa_error_h)(const char *file, int line, const char *function, int error, const char *format, ...);

/** The functions. Their results: 0 or a count, or a negative errno. */
struct alsa_library {
  void *object;
  int (*open)(struct alsa_handle **handle, const char *name, int stream, int mode);
  int (*close)(struct alsa_handle *handle);
  int (*set_params)(struct alsa_handle *handle, int format, int access, unsigned channels, unsigned rate_hz,
                    int soft_resample, unsigned latency_us);
  int (*get_params)(struct alsa_handle *handle, alsa_uframes *buffer_frames, alsa_uframes *period_frames);
  int (*prepare)(struct alsa_handle *handle);
  int (*start)(struct alsa_handle *handle);
  int (*drop)(struct alsa_handle *handle);
  int (*state)(struct alsa_handle *handle);
  int (*type)(struct alsa_handle *handle);
  alsa_sframes (*avail_update)(struct alsa_handle *handle);
  alsa_sframes (*readi)(struct alsa_handle *handle, void *frames, alsa_uframes count);
  alsa_sframes (*writei)(struct alsa_handle *handle, const void *frames, alsa_uframes count);
  int (*set_error_handler)(alsa_error_h *handler);
  int (*free_configuration)(void); /**< What opening has read from asound.conf. */
};

/** Loads the library and keeps it from printing. @return DP_OK, DP_UNSUPPORTED (not installed, or too old) */
dp_error alsa_library_open(struct alsa_library *library);

void alsa_library_close(struct alsa_library *library);

#endif
