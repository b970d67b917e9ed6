// What passes a virtual card (virtual-card.c), as a file that is mapped by the card and by whoever looks: the frames of one
// direction, each at its place in time. Frame n is the one of the moment n / rate of CLOCK_MONOTONIC, so that what
// one card plays and another one hears can be held against each other.

#ifndef DOORPHONE_TEST_VIRTUAL_CARD_H
#define DOORPHONE_TEST_VIRTUAL_CARD_H

#include <stdint.h>
#include <time.h>

/** A power of two: at 48 kHz twenty-one seconds, then the oldest give way. */
#define VIRTUAL_CARD_FRAMES (UINT64_C(1) << 20)

struct virtual_card_sound {
  uint32_t rate_hz;
  uint32_t period_frames; /**< What the card was asked to move at a time, in frames; 0: it was not opened. */
  uint32_t buffer_frames;
  uint32_t xruns;
  int16_t frames[VIRTUAL_CARD_FRAMES]; /**< Frame n at n % VIRTUAL_CARD_FRAMES. */
};

static inline uint64_t virtual_card_now(const struct virtual_card_sound *sound) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * sound->rate_hz + (uint64_t)now.tv_nsec * sound->rate_hz / 1000000000;
}

static inline int16_t *virtual_card_frame(struct virtual_card_sound *sound, uint64_t at) {
  return &sound->frames[at % VIRTUAL_CARD_FRAMES];
}

#endif
