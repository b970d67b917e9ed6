// libasound as far as it is used, looked up at run time. The prototypes are written from the library's documentation
// ("ALSA Library API", PCM interface); its header is not needed to build.

#ifndef DOORPHONE_ALSA_ALSA_LIBRARY_H
#define DOORPHONE_ALSA_ALSA_LIBRARY_H

#include <stdbool.h>
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

/** Opaque, as in the library. */
struct alsa_hardware_parameters;
struct alsa_software_parameters;
struct alsa_information;

/** The functions that alsa-format.c needs. */
struct alsa_format_functions {
  int (*make)(struct alsa_hardware_parameters **parameters);
  void (*free)(struct alsa_hardware_parameters *parameters);
  int (*any)(struct alsa_handle *handle, struct alsa_hardware_parameters *parameters);
  int (*set_resample)(struct alsa_handle *handle, struct alsa_hardware_parameters *parameters, unsigned allowed);
  int (*set_access)(struct alsa_handle *handle, struct alsa_hardware_parameters *parameters, int access);
  int (*set_format)(struct alsa_handle *handle, struct alsa_hardware_parameters *parameters, int format);
  int (*set_channels)(struct alsa_handle *handle, struct alsa_hardware_parameters *parameters, unsigned channels);
  int (*set_rate)(struct alsa_handle *handle, struct alsa_hardware_parameters *parameters, unsigned rate_hz, int direction);
  int (*set_period_near)(struct alsa_handle *handle, struct alsa_hardware_parameters *parameters, unsigned *us, int *direction);
  int (*set_buffer_near)(struct alsa_handle *handle, struct alsa_hardware_parameters *parameters, unsigned *us, int *direction);
  int (*install)(struct alsa_handle *handle, struct alsa_hardware_parameters *parameters);
  int (*period)(const struct alsa_hardware_parameters *parameters, alsa_uframes *frames, int *direction);
  int (*buffer)(const struct alsa_hardware_parameters *parameters, alsa_uframes *frames);
  int (*make_software)(struct alsa_software_parameters **parameters);
  void (*free_software)(struct alsa_software_parameters *parameters);
  int (*current_software)(struct alsa_handle *handle, struct alsa_software_parameters *parameters);
  int (*set_start)(struct alsa_handle *handle, struct alsa_software_parameters *parameters, alsa_uframes frames);
  int (*set_wake)(struct alsa_handle *handle, struct alsa_software_parameters *parameters, alsa_uframes frames);
  int (*install_software)(struct alsa_handle *handle, struct alsa_software_parameters *parameters);
  int (*make_information)(struct alsa_information **information);
  void (*free_information)(struct alsa_information *information);
  int (*information)(struct alsa_handle *handle, struct alsa_information *information);
  int (*card)(const struct alsa_information *information);
};

/** What is wanted of a card, and what it gives: 16 bit, interleaved. */
struct alsa_format {
  unsigned channels;
  unsigned rate_hz;
  unsigned period_us; /**< About. */
  unsigned buffer_us; /**< About. */
  alsa_uframes period_frames; /**< What it gives. */
  alsa_uframes buffer_frames;
};

/** The functions. Their results: 0 or a count, or a negative errno. */
struct alsa_library {
  void *object;
  int (*open)(struct alsa_handle **handle, const char *name, int stream, int mode);
  int (*close)(struct alsa_handle *handle);
  struct alsa_format_functions format;
  /** alsa_is_card and alsa_format_set, below: no functions of the library's. */
  bool (*is_card)(const struct alsa_library *library, struct alsa_handle *handle);
  int (*set_format)(const struct alsa_library *library, struct alsa_handle *handle, struct alsa_format *format);
  int (*prepare)(struct alsa_handle *handle);
  int (*start)(struct alsa_handle *handle);
  int (*drop)(struct alsa_handle *handle);
  int (*state)(struct alsa_handle *handle);
  int (*type)(struct alsa_handle *handle);
  alsa_sframes (*avail)(struct alsa_handle *handle); /**< By what the card knows now, not since its last interrupt. */
  alsa_sframes (*readi)(struct alsa_handle *handle, void *frames, alsa_uframes count);
  alsa_sframes (*writei)(struct alsa_handle *handle, const void *frames, alsa_uframes count);
  int (*set_error_handler)(alsa_error_h *handler);
  int (*free_configuration)(void); /**< What opening has read from asound.conf. */
};

/** Loads the library and keeps it from printing. @return DP_OK, DP_UNSUPPORTED (not installed, or too old) */
dp_error alsa_library_open(struct alsa_library *library);

void alsa_library_close(struct alsa_library *library);

/** Looks up what alsa_format_set needs. */
bool alsa_format_look_up(struct alsa_library *library);

/** Whether it is a card of the kernel's and nothing in between, but for a conversion. */
bool alsa_is_card(const struct alsa_library *library, struct alsa_handle *handle);

/** Makes a device ready. @return 0 or a negative errno: it has no such rate or number of channels, or is gone */
int alsa_format_set(const struct alsa_library *library, struct alsa_handle *handle, struct alsa_format *format);

#endif
