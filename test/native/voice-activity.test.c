// Where somebody speaks, in noise: how much of the speech is not sent, and how much of the noise is, by material of which it is
// known. RFC 3389 §5 and appendix II of G.711 leave open how that is found out.

#include "codec/pauses.h"
#include "support/check.h"
#include "support/noisy-talk.h"

static struct noisy_outcome send(uint32_t rate_hz, enum noisy_kind kind, double noise_db) {
  static struct pauses pauses;
  struct noisy_talk talk = noisy_talk(rate_hz, kind, noise_db, 63);
  const size_t blocks = talk.count / talk.block;
  bool *is_sent = calloc(blocks, sizeof *is_sent);
  if (!is_sent) abort();
  pauses_init(&pauses, rate_hz);
  for (size_t at = 0; at + 2 <= blocks; at += 2) {
    struct comfort_noise noise;
    is_sent[at] = is_sent[at + 1] =
        pauses_take(&pauses, &talk.samples[at * talk.block], 2 * talk.block, &noise) == PAUSES_SOUND;
  }
  struct noisy_outcome outcome = noisy_judge(&talk, is_sent);
  printf("     %5" PRIu32 " Hz, %s %2.0f dB below speech: %.2f %% of the speech not sent, %.3f %% of its energy, the loudest %.1f dB "
         "below its mean; %.0f %% of the noise sent\n",
         rate_hz, noisy_names[kind], noise_db, 100 * outcome.clipped, 100 * outcome.lost, -outcome.worst, 100 * outcome.sent);
  noisy_discard(&talk);
  free(is_sent);
  return outcome;
}

/** Percent; the noise that is sent has in it 0.3 s behind each word, and what cars there are. */
struct bounds {
  enum noisy_kind kind;
  double noise_db, clipped, lost, sent;
  size_t ends;
};

static void hold(const struct bounds *bounds) {
  for (uint32_t rate_hz = 8000; rate_hz <= 16000; rate_hz *= 2) {
    struct noisy_outcome outcome = send(rate_hz, bounds->kind, bounds->noise_db);
    CHECK_WITHIN(100 * outcome.clipped, 0, bounds->clipped);
    CHECK_WITHIN(100 * outcome.lost, 0, bounds->lost);
    CHECK_WITHIN(100 * outcome.sent, 5, bounds->sent);
    CHECK_WITHIN(outcome.ends, 0, bounds->ends);
  }
}

static void speech_above_white_noise_is_sent_to_the_last_word_end(void) {
  hold(&(struct bounds){NOISE_WHITE, 40, 0.1, 0.001, 40, 0});
  hold(&(struct bounds){NOISE_WHITE, 20, 2, 0.02, 40, 0});
}

/** What is lost are beginnings of words; of ends 60 ms in 36 s of speech at most. */
static void little_of_it_is_lost_in_loud_noise(void) {
  hold(&(struct bounds){NOISE_WHITE, 10, 4.5, 0.3, 40, 6});
  hold(&(struct bounds){NOISE_WHITE, 5, 5, 0.8, 40, 6});
}

static void speech_at_a_street_is_sent_to_the_last_word_end(void) {
  hold(&(struct bounds){NOISE_STREET, 20, 0.1, 0.01, 70, 0});
  hold(&(struct bounds){NOISE_STREET, 10, 0.2, 0.02, 70, 0});
  hold(&(struct bounds){NOISE_STREET, 5, 0.5, 0.05, 70, 0});
}

int main(void) {
  TEST(speech_above_white_noise_is_sent_to_the_last_word_end);
  TEST(little_of_it_is_lost_in_loud_noise);
  TEST(speech_at_a_street_is_sent_to_the_last_word_end);
  return test_summary("voice-activity");
}
