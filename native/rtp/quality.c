// See quality.h.

#include "rtp/quality.h"

#include <math.h>

/** R where nothing is wrong: G.107 with all its default values. */
#define BEST_RATING 93.2

/** G.113 appendix I: G.711 with concealment after its own appendix I. The codec itself costs nothing (Ie 0). */
#define LOSS_ROBUSTNESS 25.1

/** Ie-eff of G.107 §3.5. */
static double loss_impairment(const struct quality_causes *causes) {
  double percent = 100 * causes->lost_share;
  return 95 * percent / (percent / causes->burstiness + LOSS_ROBUSTNESS);
}

/** Idd of G.107 §3.4: up to 100 ms nobody notices. */
static double delay_impairment(double delay_ms) {
  if (delay_ms <= 100) return 0;
  double x = log2(delay_ms / 100);
  return 25 * (pow(1 + pow(x, 6), 1.0 / 6) - 3 * pow(1 + pow(x / 3, 6), 1.0 / 6) + 2);
}

double quality_rating(const struct quality_causes *causes) {
  double rating = BEST_RATING - loss_impairment(causes) - delay_impairment(causes->delay_ms);
  return rating < 0 ? 0 : rating;
}

double quality_opinion(double rating) {
  if (rating <= 0) return 1;
  if (rating >= 100) return 4.5;
  double opinion = 1 + 0.035 * rating + rating * (rating - 60) * (100 - rating) * 7e-6;
  // The curve dips below its least value at ratings under 6.5.
  return opinion < 1 ? 1 : opinion;
}
