// See tone-digits.h.

#include "engine/tone-digits.h"

#include <string.h>

#include "base/monotonic.h"
#include "engine/audio-io.h"
#include "rtp/telephone-event.h"

/** Longer than sound takes to the other side and back, jitter buffers included. */
#define COMES_BACK_NS (1500 * NS_PER_MS)

dp_error tone_digits_init(struct tone_digits *digits) {
  dp_error error = dtmf_tables_init(&digits->tables[0], AUDIO_RATE_HZ);
  return error == DP_OK ? dtmf_tables_init(&digits->tables[1], AUDIO_WIDE_RATE_HZ) : error;
}

static char listen(const struct tone_digits *digits, struct tone_listener *listener, enum dtmf_care care,
                   const struct tone_sound *sound) {
  if (listener->wide != sound->wide) *listener = (struct tone_listener){.wide = sound->wide};
  return dtmf_listen(&listener->detector, &digits->tables[sound->wide], care, sound->samples, sound->count);
}

void tone_digits_hear(struct tone_digits *digits, const struct tone_sound *spoken, uint64_t now_ns) {
  uint8_t event;
  if (!digits->counted) return;
  (void)listen(digits, &digits->microphone, DTMF_WARY, spoken);
  // As long as it is held.
  char held = digits->microphone.detector.pressed;
  if (held != '\0' && telephone_event_from_digit(held, &event)) digits->heard_ns[event] = now_ns;
}

char tone_digits_take(struct tone_digits *digits, struct tone_listener *peer, const struct tone_sound *sound,
                      uint64_t now_ns) {
  uint8_t event;
  char digit = listen(digits, peer, DTMF_SURE, sound);
  if (digit == '\0' || !telephone_event_from_digit(digit, &event)) return '\0';
  uint64_t heard_ns = digits->heard_ns[event];
  return heard_ns != 0 && now_ns < heard_ns + COMES_BACK_NS ? '\0' : digit;
}
