// See alsa-margin.h.

#include "alsa/alsa-margin.h"

#include "alsa/alsa-direction.h"

/** What is asked for more after each lack, or less when it was not needed. */
#define STEP_MS 5
/** What would have been left of it in the worst moment. */
#define RESERVE_MS 1
#define LEAST_PATIENCE_TURNS (10 * 1000 / ALSA_TURN_MS)
#define MOST_PATIENCE_TURNS (320 * 1000 / ALSA_TURN_MS)

static void watch_anew(struct alsa_margin *margin) {
  margin->calm_turns = 0;
  margin->least_left = SIZE_MAX;
}

struct alsa_margin alsa_margin_of(size_t least, size_t most_ms, uint32_t rate_hz) {
  size_t most = rate_hz * most_ms / 1000;
  struct alsa_margin margin = {.amount = least < most ? least : most,
                               .least = least < most ? least : most,
                               .most = most,
                               .step = rate_hz * STEP_MS / 1000,
                               .reserve = rate_hz * RESERVE_MS / 1000,
                               .patience_turns = LEAST_PATIENCE_TURNS};
  watch_anew(&margin);
  return margin;
}

void alsa_margin_lack(struct alsa_margin *margin) {
  if (margin->eased && margin->patience_turns < MOST_PATIENCE_TURNS) margin->patience_turns *= 2;
  margin->eased = false;
  if (margin->amount + margin->step <= margin->most) margin->amount += margin->step;
  watch_anew(margin);
}

void alsa_margin_turn(struct alsa_margin *margin, size_t left) {
  if (left < margin->least_left) margin->least_left = left;
  if (++margin->calm_turns < margin->patience_turns) return;
  margin->eased = margin->amount >= margin->least + margin->step && margin->least_left >= margin->step + margin->reserve;
  if (margin->eased) margin->amount -= margin->step;
  watch_anew(margin);
}
