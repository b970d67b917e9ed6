// Turns of speech in noise, with pauses between them, of which it is known where somebody speaks: for whoever is to find that out.

#ifndef DOORPHONE_TEST_SUPPORT_NOISY_TALK_H
#define DOORPHONE_TEST_SUPPORT_NOISY_TALK_H

#include "dsp/mix.h"
#include "support/room.h"

enum noisy_kind { NOISE_WHITE, NOISE_STREET, NOISE_KINDS };
static const char *const noisy_names[NOISE_KINDS] = {"white noise", "street"};

/**
 * In 10 ms: somebody speaks where the speech is within 35 dB of its own mean, which is down to the last of a word's breath, and
 * can be heard: not more than 6 dB below the noise.
 */
#define NOISY_SPEECH_DB (-35.0)
#define NOISY_HEARD_DB (-6.0)
/** A word's end, and not its beginning, is what of it is followed by nothing that is sent for so long. */
enum { NOISY_END_BLOCKS = 10 };

struct noisy_talk {
  size_t count;
  size_t block; /**< 10 ms */
  double noise_db; /**< Below the speech. */
  double least_db; /**< Somebody speaks in blocks with more. */
  int16_t *samples;
  float *speech; /**< Power of the speech in each block, over its mean; 0 in pauses. */
};

static inline double noisy_random(uint64_t *state) { return (double)room_random(state) * 1.7320508; }

/**
 * White noise of mean power 1; or that of a street: most of it low, louder and softer by 3 dB over seconds, with a car that comes
 * and goes every seven seconds.
 */
static inline void noisy_fill(enum noisy_kind kind, uint32_t rate_hz, float *samples, size_t count) {
  uint64_t random = 5;
  double low = 0, lower = 0, sum = 0;
  // Of two low-passes: 400 and 60 Hz.
  const double pace = 1 - exp(-2 * 3.14159265 * 400 / rate_hz), slow = 1 - exp(-2 * 3.14159265 * 60 / rate_hz);
  for (size_t at = 0; at < count; at++) {
    double white = noisy_random(&random);
    if (kind == NOISE_WHITE) {
      samples[at] = (float)white;
      continue;
    }
    low += pace * (white - low);
    lower += slow * (noisy_random(&random) - lower);
    double seconds = (double)at / rate_hz;
    double car = fmod(seconds, 7) - 3.5;
    double loud = pow(10, (3 * sin(2 * 3.14159265 * seconds / 5.3) + 8 * exp(-car * car)) / 20);
    samples[at] = (float)(loud * (low + 2 * lower + 0.1 * white));
  }
  for (size_t at = 0; at < count; at++) sum += (double)samples[at] * (double)samples[at];
  float scale = (float)sqrt((double)count / sum);
  for (size_t at = 0; at < count; at++) samples[at] *= scale;
}

/** Four seconds of talk and three of pause, over and over. @param noise_db so far below the speech's mean power */
static inline struct noisy_talk noisy_talk(uint32_t rate_hz, enum noisy_kind kind, double noise_db, double seconds) {
  struct noisy_talk made = {.block = rate_hz / 100, .count = (size_t)(seconds * rate_hz), .noise_db = noise_db};
  made.least_db = fmax(NOISY_SPEECH_DB, NOISY_HEARD_DB - noise_db);
  struct sound talk = sound_talk(rate_hz, "visitor.en", "resident.de", seconds);
  float *noise = room_memory(made.count);
  float *speech = room_memory(made.count);
  const size_t turn = 4 * rate_hz, whole = 7 * rate_hz;
  size_t said = 0;
  double power = 0;
  // It begins with a pause.
  for (size_t at = 0; at < made.count; at++) {
    if ((at + turn) % whole < turn) speech[at] = talk.samples[said++];
    power += (double)speech[at] * (double)speech[at];
  }
  const double mean = power / (double)said;
  noisy_fill(kind, rate_hz, noise, made.count);
  made.samples = calloc(made.count, sizeof *made.samples);
  made.speech = room_memory(made.count / made.block);
  if (!made.samples) abort();
  const float scale = (float)(sqrt(mean) * pow(10, -noise_db / 20));
  for (size_t at = 0; at < made.count; at++) {
    made.samples[at] = mix_saturate((int32_t)lrintf(speech[at] + scale * noise[at]));
    made.speech[at / made.block] += (float)((double)(speech[at] * speech[at]) / mean / (double)made.block);
  }
  free(talk.samples);
  free(noise);
  free(speech);
  return made;
}

static inline void noisy_discard(struct noisy_talk *talk) {
  free(talk->samples);
  free(talk->speech);
}

/** What came of it. */
struct noisy_outcome {
  double clipped; /**< Share of the blocks with speech that are not sent, */
  double lost;    /**< and of its energy; */
  double worst;   /**< in dB over the speech's mean the loudest block of them; */
  size_t ends;    /**< how many of them are a word's end, and louder than the noise. */
  double sent;    /**< Share of the blocks without speech that are sent, behind a word or not. */
};

/** @param is_sent of each block */
static inline struct noisy_outcome noisy_judge(const struct noisy_talk *talk, const bool *is_sent) {
  struct noisy_outcome outcome = {.worst = -100};
  size_t spoken = 0, silent = 0, until_sent = 0;
  double energy = 0;
  // Backwards, as an end is known by what follows.
  for (size_t at = talk->count / talk->block; at-- > 0;) {
    double speech_db = 10 * log10((double)talk->speech[at] + 1e-10);
    bool speaks = speech_db > talk->least_db;
    energy += (double)talk->speech[at];
    spoken += speaks;
    silent += !speaks;
    until_sent = is_sent[at] ? 0 : until_sent + 1;
    if (is_sent[at]) {
      outcome.sent += !speaks;
      continue;
    }
    outcome.clipped += speaks;
    outcome.ends += speaks && speech_db > -talk->noise_db && until_sent > NOISY_END_BLOCKS;
    outcome.lost += (double)talk->speech[at];
    if (speech_db > outcome.worst) outcome.worst = speech_db;
  }
  outcome.clipped /= (double)spoken;
  outcome.lost /= energy;
  outcome.sent /= (double)silent;
  return outcome;
}

#endif
