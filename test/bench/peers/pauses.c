// What of speech in noise is not sent where pauses are left out, and what of the noise is sent, at 8 kHz. Prints JSON, percent.
// Run in native/, where ../sounds is.

#include "codec/pauses.h"
#include "support/noisy-talk.h"

enum { RATE = 8000, SECONDS = 63 };

static void judge(enum noisy_kind kind, double noise_db) {
  static struct pauses pauses;
  struct noisy_talk talk = noisy_talk(RATE, kind, noise_db, SECONDS);
  const size_t blocks = talk.count / talk.block;
  bool *is_sent = calloc(blocks, sizeof *is_sent);
  if (!is_sent) abort();
  pauses_init(&pauses, RATE);
  for (size_t at = 0; at + 2 <= blocks; at += 2) {
    struct comfort_noise noise;
    is_sent[at] = is_sent[at + 1] =
        pauses_take(&pauses, &talk.samples[at * talk.block], 2 * talk.block, &noise) == PAUSES_SOUND;
  }
  struct noisy_outcome outcome = noisy_judge(&talk, is_sent);
  printf("{\"noise\": \"%s %.0f dB below speech\", \"clipped\": %.3f, \"lost\": %.4f, \"sent\": %.1f}", noisy_names[kind], noise_db,
         100 * outcome.clipped, 100 * outcome.lost, 100 * outcome.sent);
  noisy_discard(&talk);
  free(is_sent);
}

int main(void) {
  static const double noises_db[] = {20, 10, 5};
  printf("[");
  for (int kind = 0; kind < NOISE_KINDS; kind++) {
    for (size_t at = 0; at < sizeof noises_db / sizeof noises_db[0]; at++) {
      if (kind > 0 || at > 0) printf(", ");
      judge((enum noisy_kind)kind, noises_db[at]);
    }
  }
  printf("]\n");
  return 0;
}
