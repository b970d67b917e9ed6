// Which card is meant, against a library of the test's own. The cards say of themselves what real ones do.

#include "alsa/alsa-cards.h"

#include <errno.h>
#include <string.h>

#include "support/check.h"

struct alsa_control_handle {
  int number;
};
struct alsa_card_info {
  int number;
};

static const struct alsa_card usual[] = {
    {"Headphones", "bcm2835 Headphones", "bcm2835 Headphones", ""},
    {"vc4hdmi0", "vc4-hdmi-0", "vc4-hdmi-0", ""},
    {"Device", "USB Audio Device", "C-Media Electronics Inc. USB Audio Device at usb-0000:01:00.0-1.2, full speed",
     "USB0d8c:0014"},
    {"Device_1", "USB Audio Device", "C-Media Electronics Inc. USB Audio Device at usb-0000:01:00.0-1.3, full speed",
     "USB0d8c:0014"},
    {"seeed2micvoicec", "seeed-2mic-voicecard", "seeed-2mic-voicecard", ""},
    {"USB", "Jabra SPEAK 510 USB", "GN Audio Jabra SPEAK 510 USB at usb-0000:01:00.0-1.4", "USB0b0e:0420"},
};

static const struct alsa_card *cards;
static int card_count;
static int unplugged; // a card that is gone when it is opened
static int open_now;
static struct alsa_control_handle handle;
static struct alsa_card_info card_info;

static int fake_next(int *card) {
  *card = *card + 1 < card_count ? *card + 1 : -1;
  return 0;
}

static int fake_open(struct alsa_control_handle **made, const char *name, int mode) {
  (void)mode;
  handle.number = atoi(name + strlen("hw:"));
  if (handle.number == unplugged) return -ENODEV;
  *made = &handle;
  open_now++;
  return 0;
}

static int fake_close(struct alsa_control_handle *closed) {
  (void)closed;
  open_now--;
  return 0;
}

static int fake_info(struct alsa_control_handle *of, struct alsa_card_info *info) {
  info->number = of->number;
  return 0;
}

static int fake_make(struct alsa_card_info **info) {
  *info = &card_info;
  return 0;
}

static void fake_free(struct alsa_card_info *info) { (void)info; }
static const char *fake_id(const struct alsa_card_info *info) { return cards[info->number].id; }
static const char *fake_name(const struct alsa_card_info *info) { return cards[info->number].name; }
static const char *fake_long_name(const struct alsa_card_info *info) { return cards[info->number].long_name; }
static const char *fake_components(const struct alsa_card_info *info) { return cards[info->number].components; }

static const struct alsa_control control = {.next_card = fake_next,
                                            .open = fake_open,
                                            .close = fake_close,
                                            .read_info = fake_info,
                                            .make_info = fake_make,
                                            .free_info = fake_free,
                                            .id = fake_id,
                                            .name = fake_name,
                                            .long_name = fake_long_name,
                                            .components = fake_components};

static void plug(const struct alsa_card *list, int count) {
  cards = list;
  card_count = count;
  unplugged = -1;
}

#define PLUG(list) plug(list, (int)(sizeof(list) / sizeof(list)[0]))

static const char *found(const char *name) {
  static char resolved[ALSA_RESOLVED_BYTES];
  int error = alsa_resolve(&control, name, resolved);
  return error == 0 ? resolved : strerror(-error);
}

static void a_name_that_says_no_card_is_left_as_it_is(void) {
  PLUG(usual);
  CHECK_TEXT(found("default"), "default");
  CHECK_TEXT(found("plughw:CARD=Device,DEV=0"), "plughw:CARD=Device,DEV=0");
  CHECK_TEXT(found("cards"), "cards");
}

static void a_card_is_found_by_what_it_is_called(void) {
  PLUG(usual);
  CHECK_TEXT(found("card=Headphones"), "plughw:CARD=Headphones,DEV=0");
  CHECK_TEXT(found("card=USB Audio Device"), "plughw:CARD=Device,DEV=0");
  CHECK_TEXT(found("card=0b0e:0420"), "plughw:CARD=USB,DEV=0");
  CHECK_TEXT(found("card=0D8C:0014"), "plughw:CARD=Device,DEV=0");
  CHECK_TEXT(found("CARD=seeed-2mic"), "plughw:CARD=seeed2micvoicec,DEV=0");
  CHECK_TEXT(found("card=jabra"), "plughw:CARD=USB,DEV=0");
  // Of two alike, the socket that it is plugged into says which.
  CHECK_TEXT(found("card=usb-0000:01:00.0-1.3"), "plughw:CARD=Device_1,DEV=0");
}

static void the_surest_likeness_counts_not_the_first(void) {
  PLUG(usual);
  // Three cards have "USB" in their names; one is called so.
  CHECK_TEXT(found("card=usb"), "plughw:CARD=USB,DEV=0");
  CHECK_TEXT(found("card=device_1"), "plughw:CARD=Device_1,DEV=0");
  CHECK_TEXT(found("card=hdmi"), "plughw:CARD=vc4hdmi0,DEV=0");
}

static void a_device_of_a_card_may_be_said(void) {
  PLUG(usual);
  CHECK_TEXT(found("card=hdmi,dev=3"), "plughw:CARD=vc4hdmi0,DEV=3");
  CHECK_TEXT(found("card=hdmi,DEV=31"), "plughw:CARD=vc4hdmi0,DEV=31");
  // These are parts of a name, which no card has.
  CHECK_TEXT(found("card=hdmi,dev=32"), strerror(ENODEV));
  CHECK_TEXT(found("card=hdmi,dev=x"), strerror(ENODEV));
  CHECK_TEXT(found("card=hdmi,dev="), strerror(ENODEV));
  // A long name may have a comma in it.
  CHECK_TEXT(found("card=1.3, full"), "plughw:CARD=Device_1,DEV=0");
}

static void a_card_that_is_not_there_is_none(void) {
  PLUG(usual);
  CHECK_TEXT(found("card=Focusrite"), strerror(ENODEV));
  CHECK_TEXT(found("card="), strerror(ENODEV));
  CHECK_TEXT(found("card=0d8c:0015"), strerror(ENODEV));
  CHECK_TEXT(found("card=0d8c"), strerror(ENODEV));
  plug(usual, 0);
  CHECK_TEXT(found("card=usb"), strerror(ENODEV));
  CHECK_EQUAL(open_now, 0);
}

static void a_card_that_goes_while_it_is_looked_for_is_none(void) {
  PLUG(usual);
  unplugged = 5;
  CHECK_TEXT(found("card=jabra"), strerror(ENODEV));
  struct alsa_card list[ALSA_CARDS];
  CHECK_EQUAL(alsa_list_cards(&control, list), 5);
  CHECK_TEXT(list[4].id, "seeed2micvoicec");
}

static void more_cards_than_the_kernel_numbers_are_not_looked_at(void) {
  static struct alsa_card many[40];
  struct alsa_card list[ALSA_CARDS];
  for (int at = 0; at < 40; at++) snprintf(many[at].id, sizeof many[at].id, "card%d", at);
  PLUG(many);
  CHECK_EQUAL(alsa_list_cards(&control, list), ALSA_CARDS);
}

static void names_without_end_are_refused(void) {
  static char name[2000];
  PLUG(usual);
  memset(name, 'x', sizeof name - 1);
  CHECK_TEXT(found(name), strerror(ENAMETOOLONG));
  memcpy(name, "card=", 5);
  CHECK_TEXT(found(name), strerror(ENAMETOOLONG));
}

int main(void) {
  TEST(a_name_that_says_no_card_is_left_as_it_is);
  TEST(a_card_is_found_by_what_it_is_called);
  TEST(the_surest_likeness_counts_not_the_first);
  TEST(a_device_of_a_card_may_be_said);
  TEST(a_card_that_is_not_there_is_none);
  TEST(a_card_that_goes_while_it_is_looked_for_is_none);
  TEST(more_cards_than_the_kernel_numbers_are_not_looked_at);
  TEST(names_without_end_are_refused);
  return test_summary("alsa-cards");
}
