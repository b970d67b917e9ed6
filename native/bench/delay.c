// How long a sound takes from one sound card to another one: chirps at the left card's microphone, looked for in the right
// card's speaker. Both are virtual cards (../test/card), whose frames have their places in time.
//
//   delay make FOLDER                                        makes the cards `FOLDER/left` and `FOLDER/right`
//   delay engines CALLS CHIRPS PACKET_MS VOICE WIDE FOLDER   engines of this process talk to each other by them
//   delay watch CHIRPS FOLDER                                others do
//
// ALSA_CONFIG_PATH names the cards. Prints the delays in ms as JSON; a chirp that is not heard is null.

#define _GNU_SOURCE

#include <fcntl.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "alsa/alsa.h"
#include "base/monotonic.h"
#include "bench/call.h"
#include "card/virtual-card.h"
#include "engine/engine.h"

enum { CARD_HZ = 48000, CHIRP = CARD_HZ * 30 / 1000, FIRST_PORT = 43000, PORTS = 100 };
/** How long after its chirp it is looked for; none follows sooner. */
enum { LOOKED_FOR_MS = 350, APART_MS = 400, AHEAD_MS = 30, SETTLED_MS = 2500 };
/** Of what is heard and the chirp; less is something else. */
#define ALIKE 0.6

static void must(bool well, const char *what) {
  if (well) return;
  fprintf(stderr, "delay: %s\n", what);
  exit(1);
}

// ---- cards ----

static struct virtual_card_sound *map_sound(const char *folder, const char *card, const char *side, bool makes) {
  char path[512];
  (void)snprintf(path, sizeof path, "%s/%s", folder, card);
  if (makes) (void)mkdir(path, 0755);
  (void)snprintf(path, sizeof path, "%s/%s/%s", folder, card, side);
  int file = open(path, O_RDWR | O_CLOEXEC | (makes ? O_CREAT : 0), 0644);
  struct virtual_card_sound *sound;
  must(file >= 0 && ftruncate(file, sizeof *sound) == 0, path);
  sound = mmap(NULL, sizeof *sound, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  must(sound != MAP_FAILED, path);
  close(file);
  sound->rate_hz = CARD_HZ;
  return sound;
}

static void make_cards(const char *folder) {
  static const char *const cards[] = {"left", "right"};
  for (size_t at = 0; at < 2; at++) {
    (void)map_sound(folder, cards[at], "microphone", true);
    (void)map_sound(folder, cards[at], "speaker", true);
  }
}

// ---- chirps ----

static double chirp[CHIRP];

/** 400 to 3000 Hz: what every codec lets through. */
static void make_chirp(void) {
  for (int at = 0; at < CHIRP; at++) {
    double time = (double)at / CARD_HZ;
    double length = (double)CHIRP / CARD_HZ;
    double turns = 400 * time + (3000 - 400) * time * time / (2 * length);
    chirp[at] = sin(2 * M_PI * turns) * (0.5 - 0.5 * cos(2 * M_PI * at / CHIRP));
  }
}

static void say(struct virtual_card_sound *microphone, uint64_t from, double loudness) {
  for (uint64_t at = 0; at < CHIRP; at++) *virtual_card_frame(microphone, from + at) = (int16_t)(loudness * chirp[at]);
}

/** @return how much later than `from` the chirp is heard, ms; NAN: it is not */
static double find(struct virtual_card_sound *speaker, uint64_t from) {
  double best = 0;
  double found = NAN;
  double own = 0;
  double energy = 0;
  for (uint64_t at = 0; at < CHIRP; at++) {
    double heard = *virtual_card_frame(speaker, from + at);
    own += chirp[at] * chirp[at];
    energy += heard * heard;
  }
  for (uint64_t lag = 0; lag < (uint64_t)LOOKED_FOR_MS * CARD_HZ / 1000; lag++) {
    double product = 0;
    for (uint64_t at = 0; energy > 1e6 && at < CHIRP; at++) {
      product += *virtual_card_frame(speaker, from + lag + at) * chirp[at];
    }
    double alike = energy > 1e6 ? product / sqrt(energy * own) : 0;
    double leaves = *virtual_card_frame(speaker, from + lag);
    double comes = *virtual_card_frame(speaker, from + lag + CHIRP);
    energy += comes * comes - leaves * leaves;
    if (alike < ALIKE || alike <= best) continue;
    best = alike;
    found = (double)lag * 1000 / CARD_HZ;
  }
  return found;
}

struct cards {
  struct virtual_card_sound *microphone; /**< Of the left one. */
  struct virtual_card_sound *speaker;    /**< Of the right one. */
};

static void measure(const struct cards *cards, int chirps, bool *first) {
  for (int at = 0; at < chirps; at++) {
    uint64_t from = virtual_card_now(cards->microphone) + AHEAD_MS * CARD_HZ / 1000;
    say(cards->microphone, from, 9000);
    pass(APART_MS + AHEAD_MS);
    // Else it would be heard again when the ring has come round.
    say(cards->microphone, from, 0);
    double delay_ms = find(cards->speaker, from);
    printf(*first ? "" : ", ");
    *first = false;
    if (isnan(delay_ms)) printf("null");
    else printf("%.3f", delay_ms);
    // No two in the same phase of anybody's grid.
    pass(rand() % 21);
  }
}

// ---- engines ----

struct side {
  struct engine *engine;
  uint32_t session;
  uint16_t port;
};

struct plan {
  int calls;
  int chirps;
  uint8_t packet_ms;
  bool voice;
  bool wide;
};

static void wake(void *context) { (void)context; }

static void open_side(struct side *side, const char *card, const struct plan *plan, uint16_t first_port) {
  struct engine_options options = {
      .first_port = first_port,
      .last_port = (uint16_t)(first_port + PORTS),
      .speaker_percent = 100,
      .microphone_percent = 100,
      .voice = {.echo_cancellation = plan->voice, .noise_suppression = plan->voice, .gain_control = plan->voice},
      .wake = wake};
  must(alsa_open(card, plan->wide, &options.device) == DP_OK, "libasound");
  must(engine_create(&options, &side->engine) == DP_OK, "engine");
}

static void talk(struct side *side, const struct side *peer, const struct plan *plan, const uint8_t *keys[2]) {
  struct engine_stream stream = bench_stream(peer->port, keys[0], keys[1]);
  stream.packet_time_ms = plan->packet_ms;
  if (plan->wide) {
    stream.codec = CODEC_G722;
    stream.payload_type = 9;
  }
  must(engine_configure_session(side->engine, side->session, &stream) == DP_OK, "agreement");
}

/** With engines of its own: their turns are in another phase each time. @return how long packets wait, ms */
static double call(const struct cards *cards, const struct plan *plan, bool *first) {
  const uint8_t *left[2] = {left_key, right_key};
  const uint8_t *right[2] = {right_key, left_key};
  struct side sides[2];
  uint16_t port = (uint16_t)(FIRST_PORT + getpid() % 40 * 2 * PORTS);
  open_side(&sides[0], "left", plan, port);
  pass(rand() % 41);
  open_side(&sides[1], "right", plan, (uint16_t)(port + PORTS));
  for (int at = 0; at < 2; at++) {
    must(engine_open_session(sides[at].engine, "127.0.0.1", 0, &sides[at].session, &sides[at].port) == DP_OK, "session");
  }
  talk(&sides[0], &sides[1], plan, left);
  pass(rand() % 41);
  talk(&sides[1], &sides[0], plan, right);
  pass(SETTLED_MS);
  measure(cards, plan->chirps, first);
  struct stream_statistics figures;
  must(engine_read_statistics(sides[1].engine, sides[1].session, &figures) == DP_OK, "figures");
  for (int at = 0; at < 2; at++) engine_destroy(sides[at].engine);
  return (double)figures.jitter_buffer_ns / 1e6;
}

/** @return how long packets waited in the jitter buffer, ms, on average */
static double run_engines(const struct plan *plan, const struct cards *cards) {
  bool first = true;
  double waited = 0;
  for (int at = 0; at < plan->calls; at++) waited += call(cards, plan, &first);
  return waited / plan->calls;
}

int main(int count, char **arguments) {
  const char *folder = arguments[count - 1];
  bool first = true;
  must(count >= 3, "see the head of native/bench/delay.c");
  if (strcmp(arguments[1], "make") == 0) {
    make_cards(folder);
    return 0;
  }
  double waited = -1;
  make_chirp();
  srand((unsigned)getpid());
  const struct cards cards = {.microphone = map_sound(folder, "left", "microphone", false),
                              .speaker = map_sound(folder, "right", "speaker", false)};
  printf("{\"delays_ms\": [");
  if (strcmp(arguments[1], "engines") == 0 && count == 8) {
    const struct plan plan = {.calls = atoi(arguments[2]),
                              .chirps = atoi(arguments[3]),
                              .packet_ms = (uint8_t)atoi(arguments[4]),
                              .voice = atoi(arguments[5]) != 0,
                              .wide = atoi(arguments[6]) != 0};
    waited = run_engines(&plan, &cards);
  } else {
    measure(&cards, atoi(arguments[2]), &first);
  }
  printf("], \"period_ms\": %.2f, \"buffer_ms\": %.1f, \"xruns\": %u, \"jitter_buffer_ms\": %.1f}\n",
         1000.0 * cards.speaker->period_frames / CARD_HZ, 1000.0 * cards.speaker->buffer_frames / CARD_HZ,
         cards.speaker->xruns + cards.microphone->xruns, waited);
  return 0;
}
