// Echo cancellers in one room of figures (test/native/support/room.h): ours, and SpeexDSP's with its preprocessor. Prints
// JSON: by how many dB each weakens the echo, what becomes of a voice beside it, and what a turn of 20 ms costs.
// Run in native/, where ../sounds is.

#include <dlfcn.h>
#include <time.h>

#include "support/room.h"
#include "voice/echo-filter.h"
#include "voice/high-pass.h"
#include "voice/voice.h"

enum { RATE = 8000, BLOCK = 80, TURN = 160, SECONDS = 10, COUNT = RATE * SECONDS, NEAR_FROM = 5 };
/** speex_echo.h and speex_preprocess.h. */
enum { ECHO_SET_SAMPLING_RATE = 24, PREPROCESS_SET_ECHO_STATE = 24, TAIL_SAMPLES = RATE * 16 / 100 };

static struct sound played, near, heard;
static float linear[COUNT], sent[COUNT];

static void record(void) {
  played = sound_talk(RATE, "resident.en", "resident.de", SECONDS);
  struct room room = room_build(RATE, 12, 0.7, 88172645463325252U);
  heard = room_echo(&room, &played);
  struct sound visitor = sound_talk(RATE, "visitor.en", "visitor.de", SECONDS - NEAR_FROM);
  double ratio = sound_power(heard.samples, RATE, 0, SECONDS) / sound_power(visitor.samples, RATE, 0, SECONDS - NEAR_FROM);
  near = (struct sound){.count = COUNT, .samples = room_memory(COUNT)};
  uint64_t noise = 7;
  for (size_t at = 0; at < COUNT; at++) {
    if (at >= NEAR_FROM * RATE) near.samples[at] = visitor.samples[at - NEAR_FROM * RATE] * (float)(sqrt(ratio) / 2);
    heard.samples[at] = rintf(heard.samples[at] + near.samples[at] + ROOM_NOISE_PEAK * room_random(&noise));
  }
}

/** Nanoseconds of this thread's processor time. */
static double now_ns(void) {
  struct timespec time;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

/** Both give sound 10 ms later. The voice is compared with itself as far as the canceller's own high-pass leaves it. */
static void print(const char *name, bool passes_high, double turn_ns) {
  struct sound voice = {.count = COUNT, .samples = room_memory(COUNT)};
  memcpy(voice.samples, near.samples, COUNT * sizeof(float));
  struct high_pass high_pass;
  high_pass_init(&high_pass, RATE);
  if (passes_high) high_pass_run(&high_pass, voice.samples, COUNT);
  double common = 0, whole = 0, all = 0;
  for (size_t at = NEAR_FROM * RATE + RATE / 2; at + BLOCK < COUNT; at++) {
    common += (double)voice.samples[at] * (double)sent[at + BLOCK];
    whole += (double)voice.samples[at] * (double)voice.samples[at];
    all += (double)sent[at + BLOCK] * (double)sent[at + BLOCK];
  }
  double share = common / whole;
  double heard_power = sound_power(heard.samples, RATE, 2, NEAR_FROM);
  printf("\"%s_linear_1s_db\": %.1f, \"%s_echo_db\": %.1f, \"%s_voice_db\": %.1f, \"%s_clean_db\": %.1f, \"%s_turn_ns\": %.0f",
         name,
         decibels_between(sound_power(heard.samples, RATE, 1, 1.5), sound_power(linear, RATE, 1, 1.5)), name,
         decibels_between(heard_power, sound_power(sent, RATE, 2, NEAR_FROM)), name, 20 * log10(share), name,
         decibels_between(share * share * whole, all - share * share * whole), name, turn_ns);
  free(voice.samples);
}

static void ours(void) {
  static struct spectrum_transform transform;
  static struct echo_filter filter;
  struct voice *voice;
  if (spectrum_init(&transform, BLOCK) != DP_OK || voice_create(RATE, VOICE_DELAY_UNKNOWN, &voice) != DP_OK) abort();
  echo_filter_init(&filter, &transform);
  for (size_t at = 0; at < COUNT; at += BLOCK) {
    echo_filter_run(&filter, &played.samples[at], &heard.samples[at]);
    memcpy(&linear[at], filter.error, BLOCK * sizeof(float));
  }
  voice_switch(voice, (struct voice_switches){.echo_cancellation = true, .noise_suppression = true});
  double taken = 0;
  for (size_t at = 0; at < COUNT; at += TURN) {
    int16_t far[TURN], spoken[TURN];
    for (size_t i = 0; i < TURN; i++) far[i] = (int16_t)played.samples[at + i];
    for (size_t i = 0; i < TURN; i++) spoken[i] = (int16_t)heard.samples[at + i];
    double begin = now_ns();
    voice_run(voice, far, spoken, TURN);
    taken += now_ns() - begin;
    for (size_t i = 0; i < TURN; i++) sent[at + i] = spoken[i];
  }
  voice_destroy(voice);
  print("ours", true, taken / (COUNT / TURN));
}

static void *symbol(void *library, const char *name) {
  void *found = dlsym(library, name);
  if (!found) abort();
  return found;
}

static void speex(void *library) {
  void *(*echo_init)(int, int) = symbol(library, "speex_echo_state_init");
  void (*cancel)(void *, const int16_t *, const int16_t *, int16_t *) = symbol(library, "speex_echo_cancellation");
  int (*echo_ctl)(void *, int, void *) = symbol(library, "speex_echo_ctl");
  void *(*preprocess_init)(int, int) = symbol(library, "speex_preprocess_state_init");
  int (*preprocess)(void *, int16_t *) = symbol(library, "speex_preprocess_run");
  int (*preprocess_ctl)(void *, int, void *) = symbol(library, "speex_preprocess_ctl");
  int rate = RATE;
  void *echo = echo_init(BLOCK, TAIL_SAMPLES);
  void *rest = preprocess_init(BLOCK, RATE);
  if (!echo || !rest) abort();
  (void)echo_ctl(echo, ECHO_SET_SAMPLING_RATE, &rate);
  (void)preprocess_ctl(rest, PREPROCESS_SET_ECHO_STATE, echo);
  double taken = 0;
  for (size_t at = 0; at < COUNT; at += BLOCK) {
    int16_t far[BLOCK], spoken[BLOCK], clean[BLOCK];
    for (size_t i = 0; i < BLOCK; i++) far[i] = (int16_t)played.samples[at + i];
    for (size_t i = 0; i < BLOCK; i++) spoken[i] = (int16_t)heard.samples[at + i];
    double begin = now_ns();
    cancel(echo, spoken, far, clean);
    double middle = now_ns();
    for (size_t i = 0; i < BLOCK; i++) linear[at + i] = clean[i];
    double again = now_ns();
    (void)preprocess(rest, clean);
    taken += now_ns() - again + middle - begin;
    for (size_t i = 0; i < BLOCK; i++) sent[at + i] = clean[i];
  }
  print("speex", false, taken / (COUNT / TURN));
}

int main(void) {
  void *library = dlopen("libspeexdsp.so.1", RTLD_NOW);
  record();
  printf("{");
  ours();
  if (library) {
    printf(", ");
    speex(library);
  }
  printf("}\n");
  return 0;
}
