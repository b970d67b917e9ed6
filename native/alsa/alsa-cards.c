// See alsa-cards.h.

#define _GNU_SOURCE

#include "alsa/alsa-cards.h"

#include <ctype.h>
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/symbol.h"

#define PREFIX "card="
#define DEVICE ",dev="
/** What the driver of USB cards puts before vendor and product. */
#define USB "USB"
#define MOST_DEVICES 31

// ---- the library ----

dp_error alsa_control_open(struct alsa_control *control) {
  *control = (struct alsa_control){.object = dlopen("libasound.so.2", RTLD_NOW | RTLD_LOCAL)};
  if (!control->object) return DP_UNSUPPORTED;
  void *object = control->object;
  if (look_up(object, "snd_card_next", &control->next_card) && look_up(object, "snd_ctl_open", &control->open) &&
      look_up(object, "snd_ctl_close", &control->close) &&
      look_up(object, "snd_ctl_card_info", &control->read_info) &&
      look_up(object, "snd_ctl_card_info_malloc", &control->make_info) &&
      look_up(object, "snd_ctl_card_info_free", &control->free_info) &&
      look_up(object, "snd_ctl_card_info_get_id", &control->id) &&
      look_up(object, "snd_ctl_card_info_get_name", &control->name) &&
      look_up(object, "snd_ctl_card_info_get_longname", &control->long_name) &&
      look_up(object, "snd_ctl_card_info_get_components", &control->components)) {
    return DP_OK;
  }
  alsa_control_close(control);
  return DP_UNSUPPORTED;
}

void alsa_control_close(struct alsa_control *control) {
  if (control->object) (void)dlclose(control->object);
  control->object = NULL;
}

// ---- cards ----

static void keep(char text[ALSA_CARD_TEXT_BYTES], const char *said) {
  (void)snprintf(text, ALSA_CARD_TEXT_BYTES, "%s", said ? said : "");
}

static bool read_card(const struct alsa_control *control, int number, struct alsa_card_info *info,
                      struct alsa_card *card) {
  struct alsa_control_handle *handle;
  char name[16];
  (void)snprintf(name, sizeof name, "hw:%d", number);
  if (control->open(&handle, name, 0) < 0) return false;
  bool known = control->read_info(handle, info) >= 0;
  if (known) {
    keep(card->id, control->id(info));
    keep(card->name, control->name(info));
    keep(card->long_name, control->long_name(info));
    keep(card->components, control->components(info));
  }
  (void)control->close(handle);
  return known;
}

size_t alsa_list_cards(const struct alsa_control *control, struct alsa_card *cards) {
  struct alsa_card_info *info;
  size_t count = 0;
  int number = -1;
  if (control->make_info(&info) < 0) return 0;
  while (count < ALSA_CARDS && control->next_card(&number) >= 0 && number >= 0) {
    if (read_card(control, number, info, &cards[count])) count++;
  }
  control->free_info(info);
  return count;
}

// ---- which is meant ----

/** How surely it is the one that is meant; the greatest wins, among equals the first. */
enum likeness { NOT_MEANT, IN_LONG_NAME, IN_NAME, NAME, USB_ID, ID };

static bool holds(const char *text, const char *wanted) { return strcasestr(text, wanted) != NULL; }

/** Whether the words of `components` have the card of USB's `vendor:product`. */
static bool is_usb(const char *components, const char *wanted) {
  const char *at = strstr(components, USB);
  size_t length = strlen(wanted);
  // Four digits, a colon, four digits: a part of it is nobody's name.
  return at && length == 9 && wanted[4] == ':' && strncasecmp(at + strlen(USB), wanted, length) == 0;
}

static enum likeness likeness_of(const struct alsa_card *card, const char *wanted) {
  if (strcasecmp(card->id, wanted) == 0) return ID;
  if (is_usb(card->components, wanted)) return USB_ID;
  if (strcasecmp(card->name, wanted) == 0) return NAME;
  if (holds(card->name, wanted) || holds(card->id, wanted)) return IN_NAME;
  return holds(card->long_name, wanted) ? IN_LONG_NAME : NOT_MEANT;
}

static const struct alsa_card *find(const struct alsa_card *cards, size_t count, const char *wanted) {
  const struct alsa_card *found = NULL;
  enum likeness best = NOT_MEANT;
  for (size_t at = 0; at < count; at++) {
    enum likeness likeness = likeness_of(&cards[at], wanted);
    if (likeness <= best) continue;
    best = likeness;
    found = &cards[at];
  }
  return found;
}

/** Cuts `,dev=N` off. @return N; 0 where there is none */
static unsigned take_device(char *wanted) {
  char *last = NULL;
  for (char *at = strcasestr(wanted, DEVICE); at; at = strcasestr(at + 1, DEVICE)) last = at;
  if (!last || !isdigit((unsigned char)last[strlen(DEVICE)])) return 0;
  char *end;
  unsigned long device = strtoul(last + strlen(DEVICE), &end, 10);
  if (*end != '\0' || device > MOST_DEVICES) return 0;
  *last = '\0';
  return (unsigned)device;
}

bool alsa_names_card(const char *name) { return strncasecmp(name, PREFIX, strlen(PREFIX)) == 0; }

int alsa_resolve(const struct alsa_control *control, const char *name, char resolved[ALSA_RESOLVED_BYTES]) {
  if (!alsa_names_card(name)) {
    return snprintf(resolved, ALSA_RESOLVED_BYTES, "%s", name) < ALSA_RESOLVED_BYTES ? 0 : -ENAMETOOLONG;
  }
  char wanted[ALSA_CARD_TEXT_BYTES];
  if (snprintf(wanted, sizeof wanted, "%s", name + strlen(PREFIX)) >= (int)sizeof wanted) return -ENAMETOOLONG;
  unsigned device = take_device(wanted);
  struct alsa_card *cards = calloc(ALSA_CARDS, sizeof *cards);
  if (!cards) return -ENOMEM;
  const struct alsa_card *found = wanted[0] == '\0' ? NULL : find(cards, alsa_list_cards(control, cards), wanted);
  // Converted to what the card takes, as few cards take what telephones speak.
  if (found) (void)snprintf(resolved, ALSA_RESOLVED_BYTES, "plughw:CARD=%s,DEV=%u", found->id, device);
  free(cards);
  return found ? 0 : -ENODEV;
}
