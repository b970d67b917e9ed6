// The format of a device: rate and channels exactly, period and buffer as near as it can. The library's one call for all of it
// (snd_pcm_set_params) makes the period a quarter of the buffer, and a door wants short periods in a long buffer: sound
// comes and goes in small pieces, and a turn that is late tears nothing.

#include <stddef.h>

#include "alsa/alsa-library.h"
#include "base/symbol.h"

bool alsa_format_look_up(struct alsa_library *library) {
  void *object = library->object;
  struct alsa_format_functions *call = &library->format;
  return look_up(object, "snd_pcm_hw_params_malloc", &call->make) &&
         look_up(object, "snd_pcm_hw_params_free", &call->free) &&
         look_up(object, "snd_pcm_hw_params_any", &call->any) &&
         look_up(object, "snd_pcm_hw_params_set_rate_resample", &call->set_resample) &&
         look_up(object, "snd_pcm_hw_params_set_access", &call->set_access) &&
         look_up(object, "snd_pcm_hw_params_set_format", &call->set_format) &&
         look_up(object, "snd_pcm_hw_params_set_channels", &call->set_channels) &&
         look_up(object, "snd_pcm_hw_params_set_rate", &call->set_rate) &&
         look_up(object, "snd_pcm_hw_params_set_period_time_near", &call->set_period_near) &&
         look_up(object, "snd_pcm_hw_params_set_buffer_time_near", &call->set_buffer_near) &&
         look_up(object, "snd_pcm_hw_params", &call->install) &&
         look_up(object, "snd_pcm_hw_params_get_period_size", &call->period) &&
         look_up(object, "snd_pcm_hw_params_get_buffer_size", &call->buffer) &&
         look_up(object, "snd_pcm_sw_params_malloc", &call->make_software) &&
         look_up(object, "snd_pcm_sw_params_free", &call->free_software) &&
         look_up(object, "snd_pcm_sw_params_current", &call->current_software) &&
         look_up(object, "snd_pcm_sw_params_set_start_threshold", &call->set_start) &&
         look_up(object, "snd_pcm_sw_params_set_avail_min", &call->set_wake) &&
         look_up(object, "snd_pcm_sw_params", &call->install_software) &&
         look_up(object, "snd_pcm_info_malloc", &call->make_information) &&
         look_up(object, "snd_pcm_info_free", &call->free_information) &&
         look_up(object, "snd_pcm_info", &call->information) &&
         look_up(object, "snd_pcm_info_get_card", &call->card);
}

bool alsa_is_card(const struct alsa_library *library, struct alsa_handle *handle) {
  const struct alsa_format_functions *call = &library->format;
  struct alsa_information *information;
  if (call->make_information(&information) < 0) return false;
  bool known = call->information(handle, information) >= 0 && call->card(information) >= 0;
  call->free_information(information);
  return known;
}

static int set_hardware(const struct alsa_format_functions *call, struct alsa_handle *handle,
                        struct alsa_hardware_parameters *parameters, struct alsa_format *format) {
  unsigned period_us = format->period_us;
  unsigned buffer_us = format->buffer_us;
  int error = call->any(handle, parameters);
  // Our resampler is better than the library's linear one.
  if (error >= 0) error = call->set_resample(handle, parameters, 0);
  if (error >= 0) error = call->set_access(handle, parameters, ALSA_ACCESS_RW_INTERLEAVED);
  if (error >= 0) error = call->set_format(handle, parameters, ALSA_FORMAT_S16);
  if (error >= 0) error = call->set_channels(handle, parameters, format->channels);
  if (error >= 0) error = call->set_rate(handle, parameters, format->rate_hz, 0);
  if (error >= 0) error = call->set_period_near(handle, parameters, &period_us, NULL);
  if (error >= 0) error = call->set_buffer_near(handle, parameters, &buffer_us, NULL);
  if (error >= 0) error = call->install(handle, parameters);
  if (error >= 0) error = call->period(parameters, &format->period_frames, NULL);
  if (error >= 0) error = call->buffer(parameters, &format->buffer_frames);
  return error;
}

/** Playing begins when it is told to, or the buffer is full. */
static int set_software(const struct alsa_format_functions *call, struct alsa_handle *handle,
                        struct alsa_software_parameters *parameters, const struct alsa_format *format) {
  int error = call->current_software(handle, parameters);
  if (error >= 0) error = call->set_start(handle, parameters, format->buffer_frames);
  if (error >= 0) error = call->set_wake(handle, parameters, format->period_frames);
  if (error >= 0) error = call->install_software(handle, parameters);
  return error;
}

int alsa_format_set(const struct alsa_library *library, struct alsa_handle *handle, struct alsa_format *format) {
  const struct alsa_format_functions *call = &library->format;
  struct alsa_hardware_parameters *hardware;
  struct alsa_software_parameters *software;
  int error = call->make(&hardware);
  if (error < 0) return error;
  error = set_hardware(call, handle, hardware, format);
  call->free(hardware);
  if (error >= 0) error = call->make_software(&software);
  if (error < 0) return error;
  error = set_software(call, handle, software, format);
  call->free_software(software);
  return error;
}
