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

static char listen(const struct tone_digits *digits, struct tone_listener *listener, bool wide, enum dtmf_care care,
                   const int16_t *samples) {
  if (listener->wide != wide) *listener = (struct tone_listener){.wide = wide};
  return dtmf_listen(&listener->detector, &digits->tables[wide], care, samples, audio_frame_samples(wide));
}

void tone_digits_hear(struct tone_digits *digits, bool wide, const int16_t *spoken, uint64_t now_ns) {
  uint8_t event;
  if (!digits->counted) return;
  (void)listen(digits, &digits->microphone, wide, DTMF_WARY, spoken);
  // As long as it is held.
  char held = digits->microphone.detector.pressed;
  if (held != '\0' && telephone_event_from_digit(held, &event)) digits->heard_ns[event] = now_ns;
}

char tone_digits_take(struct tone_digits *digits, struct tone_listener *peer, bool wide, const int16_t *frame,
                      uint64_t now_ns) {
  uint8_t event;
  char digit = listen(digits, peer, wide, DTMF_SURE, frame);
  if (digit == '\0' || !telephone_event_from_digit(digit, &event)) return '\0';
  uint64_t heard_ns = digits->heard_ns[event];
  return heard_ns != 0 && now_ns < heard_ns + COMES_BACK_NS ? '\0' : digit;
}
