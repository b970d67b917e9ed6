// See time-scale.h.

#include "jitter/time-scale.h"

#include <math.h>
#include <string.h>

#include "dsp/ramp.h"

/** In milliseconds: what is compared, and cross-faded. */
enum { OVERLAP = 5 };

#define OVERLAP_SAMPLES (OVERLAP * TIME_SCALE_MAX_RATE_HZ / 1000)

/** How alike two stretches of sound are: 1 the same, 0 not at all. Next to silence anything is. */
static double likeness(const int16_t *one, const int16_t *other, size_t count) {
  int64_t product = 0;
  int64_t energy = 0;
  int64_t other_energy = 0;
  for (size_t i = 0; i < count; i++) {
    product += (int64_t)one[i] * other[i];
    energy += (int64_t)one[i] * one[i];
    other_energy += (int64_t)other[i] * other[i];
  }
  // Amplitudes of a few dozen are the noise of a quiet room.
  int64_t quiet = (int64_t)count * 32 * 32;
  if (energy < quiet && other_energy < quiet) return 1;
  return product <= 0 ? 0 : (double)product / sqrt((double)energy * (double)other_energy);
}

/** The distance, of those allowed, at which `at` finds itself again; 0: nowhere as well as is demanded. */
static size_t find(const struct time_scale *scale, const int16_t *at, ptrdiff_t direction, size_t most) {
  size_t overlap = OVERLAP * scale->per_ms;
  size_t best = 0;
  double found = scale->likeness;
  for (size_t distance = TIME_SCALE_LEAST_MS * scale->per_ms; distance <= most; distance++) {
    double here = likeness(at, at + direction * (ptrdiff_t)distance, overlap);
    // Of equals the greatest: in silence all of what is wanted is done at once.
    if (here < found) continue;
    found = here;
    best = distance;
  }
  return best;
}

static size_t least(size_t a, size_t b) { return a < b ? a : b; }

size_t time_scale_shorten(const struct time_scale *scale, int16_t *samples, size_t count) {
  size_t overlap = OVERLAP * scale->per_ms;
  if (count <= overlap) return 0;
  size_t most = least(least(scale->most, TIME_SCALE_MOST_MS * scale->per_ms), count - overlap);
  size_t gone = find(scale, samples, 1, most);
  if (gone == 0) return 0;
  ramp_over(samples, samples + gone, samples, overlap);
  memmove(samples + overlap, samples + gone + overlap, (count - gone - overlap) * sizeof *samples);
  return gone;
}

size_t time_scale_lengthen(const struct time_scale *scale, const int16_t *before, size_t before_count, int16_t *samples,
                           size_t count) {
  size_t overlap = OVERLAP * scale->per_ms;
  if (count < overlap) return 0;
  size_t most = least(least(scale->most, TIME_SCALE_MOST_MS * scale->per_ms), before_count);
  // The end of what was and the beginning of what follows, in one piece.
  int16_t joint[TIME_SCALE_MAX_SAMPLES + OVERLAP_SAMPLES];
  memcpy(joint, before + before_count - most, most * sizeof *joint);
  memcpy(joint + most, samples, overlap * sizeof *joint);
  size_t come = find(scale, joint + most, -1, most);
  if (come == 0) return 0;
  memmove(samples + come, samples, count * sizeof *samples);
  memcpy(samples, joint + most - come, come * sizeof *samples);
  // Where the overlap is longer than what came, its rest lies in the sound that was moved.
  ramp_over(joint + most, joint + most - come, samples, overlap);
  return come;
}
