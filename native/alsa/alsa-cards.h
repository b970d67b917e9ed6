// The cards that are there, and which of them is meant. Numbers change when cards change places; what a card calls itself
// stays. Opens control devices: not for the media thread.

#ifndef DOORPHONE_ALSA_ALSA_CARDS_H
#define DOORPHONE_ALSA_ALSA_CARDS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

/** As many as the kernel numbers (SNDRV_CARDS). */
#define ALSA_CARDS 32
#define ALSA_CARD_TEXT_BYTES 128
/** The longest name of a device that comes of one. */
#define ALSA_RESOLVED_BYTES 256

/** Opaque, as in the library. */
struct alsa_control_handle;
struct alsa_card_info;

/** The functions of libasound. Their results: 0, or a negative errno. */
struct alsa_control {
  void *object;
  int (*next_card)(int *card);
  int (*open)(struct alsa_control_handle **handle, const char *name, int mode);
  int (*close)(struct alsa_control_handle *handle);
  int (*read_info)(struct alsa_control_handle *handle, struct alsa_card_info *info);
  int (*make_info)(struct alsa_card_info **info);
  void (*free_info)(struct alsa_card_info *info);
  const char *(*id)(const struct alsa_card_info *info);
  const char *(*name)(const struct alsa_card_info *info);
  const char *(*long_name)(const struct alsa_card_info *info);
  const char *(*components)(const struct alsa_card_info *info);
};

struct alsa_card {
  char id[ALSA_CARD_TEXT_BYTES];         /**< `Device` */
  char name[ALSA_CARD_TEXT_BYTES];       /**< `USB Audio Device` */
  char long_name[ALSA_CARD_TEXT_BYTES];  /**< With the place where it is connected. */
  char components[ALSA_CARD_TEXT_BYTES]; /**< `USB0d8c:0014` */
};

/** Loads the library. @return DP_OK, DP_UNSUPPORTED (not installed, or too old) */
dp_error alsa_control_open(struct alsa_control *control);

void alsa_control_close(struct alsa_control *control);

/** By their numbers. @param cards for ALSA_CARDS @return how many there are */
size_t alsa_list_cards(const struct alsa_control *control, struct alsa_card *cards);

/** Whether a name is to be looked for: `card=…`. */
bool alsa_names_card(const char *name);

/**
 * Makes the name of a device: of `card=TEXT` or `card=TEXT,dev=N`, where TEXT is a card's id, what USB calls it (`0d8c:0014`),
 * its name, or a part of its name or long name; any case. Another name is left as it is.
 * @return 0, -ENODEV (no such card), -ENAMETOOLONG
 */
int alsa_resolve(const struct alsa_control *control, const char *name, char resolved[ALSA_RESOLVED_BYTES]);

#endif
