// See alsa-library.h.

#include "alsa/alsa-library.h"

#include <dlfcn.h>
#include <stddef.h>

#include "base/symbol.h"

/** The library's own messages would go to our standard error: faults are reported as events. */
static void be_quiet(const char *file, int line, const char *function, int error, const char *format, ...) {
  (void)file;
  (void)line;
  (void)function;
  (void)error;
  (void)format;
}

dp_error alsa_library_open(struct alsa_library *library) {
  *library = (struct alsa_library){.object = dlopen("libasound.so.2", RTLD_NOW | RTLD_LOCAL)};
  if (!library->object) return DP_UNSUPPORTED;
  void *object = library->object;
  if (look_up(object, "snd_pcm_open", &library->open) && look_up(object, "snd_pcm_close", &library->close) &&
      alsa_format_look_up(library) &&
      look_up(object, "snd_pcm_prepare", &library->prepare) && look_up(object, "snd_pcm_start", &library->start) &&
      look_up(object, "snd_pcm_drop", &library->drop) && look_up(object, "snd_pcm_state", &library->state) &&
      look_up(object, "snd_pcm_type", &library->type) &&
      look_up(object, "snd_pcm_avail", &library->avail) &&
      look_up(object, "snd_pcm_readi", &library->readi) && look_up(object, "snd_pcm_writei", &library->writei) &&
      look_up(object, "snd_lib_error_set_handler", &library->set_error_handler) &&
      look_up(object, "snd_config_update_free_global", &library->free_configuration)) {
    library->is_card = alsa_is_card;
    library->set_format = alsa_format_set;
    (void)library->set_error_handler(be_quiet);
    return DP_OK;
  }
  alsa_library_close(library);
  return DP_UNSUPPORTED;
}

void alsa_library_close(struct alsa_library *library) {
  if (!library->object) return;
  if (library->set_error_handler) (void)library->set_error_handler(NULL);
  if (library->free_configuration) (void)library->free_configuration();
  (void)dlclose(library->object);
  library->object = NULL;
}
