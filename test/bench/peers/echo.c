// Echo cancellers in one room of figures (test/native/support/room.h): ours, SpeexDSP's with its preprocessor, and WebRTC's
// where its library is there. Prints JSON: by how many dB each weakens the echo, what becomes of a voice beside it, how late
// sound comes out, and what a turn of 20 ms costs. Run in native/, where ../sounds is.
//
//   echo RATE_HZ [WEBRTC]    the shared object that peers/webrtc.cc is built into

#include <dlfcn.h>
#include <time.h>

#include "support/room.h"
#include "voice/echo-filter.h"
#include "voice/high-pass.h"
#include "voice/voice.h"

enum { MAX_RATE = 16000, SECONDS = 10, MAX_COUNT = MAX_RATE * SECONDS, MAX_BLOCK = MAX_RATE / 100, MAX_TURN = 2 * MAX_BLOCK, NEAR_FROM = 5 };
enum { DELAY_MS = 12, LATE_MOST_MS = 40 };
/** speex_echo.h and speex_preprocess.h. */
enum { ECHO_SET_SAMPLING_RATE = 24, PREPROCESS_SET_ECHO_STATE = 24, TAIL_MS = 160 };

/** Takes what was played and what was heard, which becomes what is sent. */
struct canceller {
  const char *name;
  size_t samples; /**< Of what it takes at once. */
  void (*run)(const int16_t *far, int16_t *spoken, size_t at);
  bool passes_high; /**< Has a high-pass of its own, ours. */
};

static int rate;
static size_t block, turn, count;
static struct sound played, near, heard;
/** What the linear filter leaves; nothing where that is not to be had. */
static float linear[MAX_COUNT];
static float sent[MAX_COUNT + MAX_RATE * LATE_MOST_MS / 1000];

static void record(void) {
  played = sound_talk((uint32_t)rate, "resident.en", "resident.de", SECONDS);
  struct room room = room_build((uint32_t)rate, DELAY_MS, 0.7, 88172645463325252U);
  heard = room_echo(&room, &played);
  struct sound visitor = sound_talk((uint32_t)rate, "visitor.en", "visitor.de", SECONDS - NEAR_FROM);
  double ratio = sound_power(heard.samples, (uint32_t)rate, 0, SECONDS) /
                 sound_power(visitor.samples, (uint32_t)rate, 0, SECONDS - NEAR_FROM);
  near = (struct sound){.count = count, .samples = room_memory(count)};
  uint64_t noise = 7;
  size_t from = (size_t)(NEAR_FROM * rate);
  for (size_t at = 0; at < count; at++) {
    if (at >= from) near.samples[at] = visitor.samples[at - from] * (float)(sqrt(ratio) / 2);
    heard.samples[at] = rintf(heard.samples[at] + near.samples[at] + ROOM_NOISE_PEAK * room_random(&noise));
  }
}

/** Nanoseconds of this thread's processor time. */
static double now_ns(void) {
  struct timespec time;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

/** What of a voice is in what is sent, if that is so late. */
static double common_with(const struct sound *voice, size_t late, size_t from) {
  double sum = 0;
  for (size_t at = from; at + late < count; at++) sum += (double)voice->samples[at] * (double)sent[at + late];
  return sum;
}

/** The voice is compared with itself as far as the canceller's own high-pass leaves it, at the delay that is found. */
static void print(const struct canceller *canceller, double turn_ns) {
  struct sound voice = {.count = count, .samples = room_memory(count)};
  memcpy(voice.samples, near.samples, count * sizeof(float));
  struct high_pass high_pass;
  high_pass_init(&high_pass, (uint32_t)rate);
  if (canceller->passes_high) high_pass_run(&high_pass, voice.samples, count);
  const size_t from = (size_t)(NEAR_FROM * rate + rate / 2);
  size_t late = 0;
  double common = 0, whole = 0, all = 0;
  for (size_t tried = 0; tried <= (size_t)(LATE_MOST_MS * rate / 1000); tried++) {
    double here = common_with(&voice, tried, from);
    if (here <= common) continue;
    common = here;
    late = tried;
  }
  for (size_t at = from; at + late < count; at++) {
    whole += (double)voice.samples[at] * (double)voice.samples[at];
    all += (double)sent[at + late] * (double)sent[at + late];
  }
  double share = common / whole;
  const uint32_t rate_hz = (uint32_t)rate;
  printf("\"%s\": {\"echo_db\": %.1f, \"voice_db\": %.1f, \"clean_db\": %.1f, \"late_ms\": %.1f, \"turn_ns\": %.0f", canceller->name,
         decibels_between(sound_power(heard.samples, rate_hz, 2, NEAR_FROM), sound_power(sent, rate_hz, 2, NEAR_FROM)),
         20 * log10(share), decibels_between(share * share * whole, all - share * share * whole),
         1000.0 * (double)late / rate, turn_ns);
  double left = sound_power(linear, rate_hz, 1, 1.5);
  if (left > 0) printf(", \"linear_1s_db\": %.1f", decibels_between(sound_power(heard.samples, rate_hz, 1, 1.5), left));
  printf("}");
  free(voice.samples);
}

static void measure(const struct canceller *canceller) {
  double taken = 0;
  for (size_t at = 0; at < count; at += canceller->samples) {
    int16_t far[MAX_TURN], spoken[MAX_TURN];
    for (size_t i = 0; i < canceller->samples; i++) far[i] = (int16_t)played.samples[at + i];
    for (size_t i = 0; i < canceller->samples; i++) spoken[i] = (int16_t)heard.samples[at + i];
    double begin = now_ns();
    canceller->run(far, spoken, at);
    taken += now_ns() - begin;
    for (size_t i = 0; i < canceller->samples; i++) sent[at + i] = spoken[i];
  }
  print(canceller, taken / ((double)count / (double)turn));
}

// ---- ours ----

static struct voice *voice;

static void run_ours(const int16_t *far, int16_t *spoken, size_t at) {
  (void)at;
  voice_run(voice, far, spoken, turn);
}

/** The linear filter by itself, so that it is seen apart. */
static void ours(void) {
  static struct spectrum_transform transform;
  static struct echo_filter filter;
  if (spectrum_init(&transform, block) != DP_OK) abort();
  if (voice_create((uint32_t)rate, VOICE_DELAY_UNKNOWN, &voice) != DP_OK) abort();
  echo_filter_init(&filter, &transform);
  for (size_t at = 0; at < count; at += block) {
    echo_filter_run(&filter, &played.samples[at], &heard.samples[at]);
    memcpy(&linear[at], filter.error, block * sizeof(float));
  }
  voice_switch(voice, (struct voice_switches){.echo_cancellation = true, .noise_suppression = true});
  measure(&(struct canceller){.name = "ours", .samples = turn, .run = run_ours, .passes_high = true});
  voice_destroy(voice);
}

// ---- others ----

static void *symbol(void *library, const char *name) {
  void *found = dlsym(library, name);
  if (!found) abort();
  return found;
}

static struct {
  void *echo, *rest;
  void (*cancel)(void *, const int16_t *, const int16_t *, int16_t *);
  int (*preprocess)(void *, int16_t *);
} by_speex;

static void run_speex(const int16_t *far, int16_t *spoken, size_t at) {
  int16_t clean[MAX_BLOCK];
  by_speex.cancel(by_speex.echo, spoken, far, clean);
  for (size_t i = 0; i < block; i++) linear[at + i] = clean[i];
  (void)by_speex.preprocess(by_speex.rest, clean);
  memcpy(spoken, clean, block * sizeof *clean);
}

static void speex(void) {
  void *library = dlopen("libspeexdsp.so.1", RTLD_NOW);
  if (!library) return;
  void *(*echo_init)(int, int) = symbol(library, "speex_echo_state_init");
  int (*echo_ctl)(void *, int, void *) = symbol(library, "speex_echo_ctl");
  void *(*preprocess_init)(int, int) = symbol(library, "speex_preprocess_state_init");
  int (*preprocess_ctl)(void *, int, void *) = symbol(library, "speex_preprocess_ctl");
  by_speex.cancel = symbol(library, "speex_echo_cancellation");
  by_speex.preprocess = symbol(library, "speex_preprocess_run");
  by_speex.echo = echo_init((int)block, TAIL_MS * rate / 1000);
  by_speex.rest = preprocess_init((int)block, rate);
  if (!by_speex.echo || !by_speex.rest) abort();
  (void)echo_ctl(by_speex.echo, ECHO_SET_SAMPLING_RATE, &rate);
  (void)preprocess_ctl(by_speex.rest, PREPROCESS_SET_ECHO_STATE, by_speex.echo);
  printf(", ");
  measure(&(struct canceller){.name = "SpeexDSP", .samples = block, .run = run_speex});
}

static int (*webrtc_run)(const int16_t *, int16_t *, int);

static void run_webrtc(const int16_t *far, int16_t *spoken, size_t at) {
  (void)at;
  if (webrtc_run(far, spoken, DELAY_MS) != 0) abort();
}

static void webrtc(const char *path) {
  void *library = dlopen(path, RTLD_NOW);
  if (!library) return;
  int (*begin)(int) = symbol(library, "webrtc_begin");
  const char *(*name)(void) = symbol(library, "webrtc_name");
  webrtc_run = symbol(library, "webrtc_run");
  if (begin(rate) != 0) abort();
  memset(linear, 0, sizeof linear);
  printf(", ");
  measure(&(struct canceller){.name = name(), .samples = block, .run = run_webrtc});
}

int main(int argc, char **argv) {
  rate = argc > 1 ? atoi(argv[1]) : 0;
  if (rate != 8000 && rate != 16000) return 2;
  block = (size_t)rate / 100;
  turn = 2 * block;
  count = (size_t)(rate * SECONDS);
  record();
  printf("{");
  ours();
  speex();
  if (argc > 2) webrtc(argv[2]);
  printf("}\n");
  return 0;
}
