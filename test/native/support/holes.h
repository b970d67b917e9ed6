// Speech after a network that loses packets, and what the holes are filled with: by the names that tests and bench print.

#ifndef DOORPHONE_TEST_SUPPORT_HOLES_H
#define DOORPHONE_TEST_SUPPORT_HOLES_H

#include "jitter/concealment.h"
#include "support/check.h"
#include "support/room.h"

/** What fills holes: takes packets as they come, and makes up those that do not. */
struct filler {
  const char *name;
  void (*begin)(uint32_t rate_hz);
  void (*good)(int16_t *packet, size_t count);
  void (*lost)(int16_t *packet, size_t count);
};

/** A network: packets of 20 ms are lost by chance, so many in a row, with so much sound at least before the next. */
struct holes {
  const char *name;
  unsigned every; /**< One packet in so many begins a hole. */
  unsigned in_a_row;
  unsigned apart;
};

static const struct holes holes_tried[] = {
    {"5 % at random", 20, 1, 0},
    {"gaps of 20 ms", 6, 1, 5},
    {"gaps of 40 ms", 12, 2, 5},
    {"gaps of 80 ms", 25, 4, 5},
};
enum { HOLES_TRIED = sizeof holes_tried / sizeof holes_tried[0] };

static int16_t holes_packet[CONCEALMENT_MAX_RATE_HZ / 50];

static inline void holes_begin(uint32_t rate_hz) {
  (void)rate_hz;
  memset(holes_packet, 0, sizeof holes_packet);
}

static inline void holes_keep(int16_t *packet, size_t count) { memcpy(holes_packet, packet, count * sizeof *packet); }

static inline void holes_ignore(int16_t *packet, size_t count) {
  (void)packet;
  (void)count;
}

static inline void holes_silence(int16_t *packet, size_t count) { memset(packet, 0, count * sizeof *packet); }

static inline void holes_repeat(int16_t *packet, size_t count) { memcpy(packet, holes_packet, count * sizeof *packet); }

static struct concealment holes_concealment;

static inline void holes_begin_concealment(uint32_t rate_hz) { concealment_init(&holes_concealment, rate_hz); }

static inline void holes_hear(int16_t *packet, size_t count) { concealment_good(&holes_concealment, packet, count); }

static inline void holes_conceal(int16_t *packet, size_t count) { concealment_make(&holes_concealment, packet, count); }

static const struct filler holes_with_silence = {"silence", holes_begin, holes_ignore, holes_silence};
static const struct filler holes_with_last_packet = {"last packet", holes_begin, holes_keep, holes_repeat};
static const struct filler holes_concealed = {"concealed", holes_begin_concealment, holes_hear, holes_conceal};

/** @param chance another one loses other packets */
static inline void holes_pass(const struct holes *holes, const struct filler *filler, uint32_t rate_hz, uint64_t chance,
                              const int16_t *clean, size_t count, int16_t *heard) {
  size_t frame = rate_hz / 50;
  unsigned still_lost = 0;
  unsigned come = 0;
  uint64_t random = 88172645463325252U * (2 * chance + 1);
  filler->begin(rate_hz);
  for (size_t at = 0; at + frame <= count; at += frame) {
    int16_t *packet = heard + at;
    memcpy(packet, clean + at, frame * sizeof *packet);
    if (still_lost == 0 && come >= holes->apart && test_random(&random) % holes->every == 0) still_lost = holes->in_a_row;
    if (still_lost == 0) {
      filler->good(packet, frame);
      come++;
      continue;
    }
    filler->lost(packet, frame);
    still_lost--;
    come = 0;
  }
}

static inline int16_t *holes_samples(const struct sound *sound) {
  int16_t *samples = calloc(sound->count, sizeof *samples);
  if (!samples) abort();
  for (size_t at = 0; at < sound->count; at++) samples[at] = (int16_t)lrintf(sound->samples[at]);
  return samples;
}

#endif
