// See alsa-margin.h.

#include "alsa/alsa-margin.h"

#include "alsa/alsa-pair.h"

#define LEAST_PATIENCE_TURNS (10 * 1000 / ALSA_TURN_MS)
#define MOST_PATIENCE_TURNS (320 * 1000 / ALSA_TURN_MS)

static void watch_anew(struct alsa_margin *margin) {
  margin->calm_turns = 0;
  margin->least_left = SIZE_MAX;
}

struct alsa_margin alsa_margin_of(size_t least, size_t most, size_t step, size_t reserve) {
  struct alsa_margin margin = {.amount = least < most ? least : most,
                               .least = least < most ? least : most,
                               .most = most,
                               .step = step,
                               .reserve = reserve,
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
