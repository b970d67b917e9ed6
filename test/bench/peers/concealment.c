// Speech with holes at 8 kHz, filled in by us, by libspandsp's plc_*, with silence and with the last packet: how well it is
// understood (STOI), and how far its spectrum is off. Prints JSON: of each network and filler a figure for each of several
// losses. Run in native/, where ../sounds is.

#include <spandsp.h>

#include "support/holes.h"
#include "support/intelligibility.h"

enum { RATE = 8000, SECONDS = 9, CHANCES = 8 };

static const char *const talks[][2] = {{"visitor.en", "resident.de"}, {"resident.en", "visitor.de"}};
enum { TALKS = sizeof talks / sizeof talks[0] };

static plc_state_t state;

static void begin(uint32_t rate_hz) {
  (void)rate_hz;
  (void)plc_init(&state);
}

static void good(int16_t *packet, size_t count) { (void)plc_rx(&state, packet, (int)count); }

static void lost(int16_t *packet, size_t count) { (void)plc_fillin(&state, packet, (int)count); }

static const struct filler with_spandsp = {"spandsp", begin, good, lost};

static void print(const char *measure, const double figures[TALKS * CHANCES]) {
  printf("\"%s\": [", measure);
  for (size_t at = 0; at < TALKS * CHANCES; at++) printf("%s%.5f", at == 0 ? "" : ", ", figures[at]);
  printf("]");
}

static void judge(const struct holes *holes, const struct filler *filler) {
  double misunderstood[TALKS * CHANCES], distance[TALKS * CHANCES];
  for (size_t at = 0; at < TALKS * CHANCES; at++) {
    struct sound talk = sound_talk(RATE, talks[at % TALKS][0], talks[at % TALKS][1], SECONDS);
    int16_t *clean = holes_samples(&talk), *heard = calloc(talk.count, sizeof *heard);
    if (!heard) abort();
    holes_pass(holes, filler, RATE, at, clean, talk.count, heard);
    misunderstood[at] = 100 * (1 - intelligibility(clean, heard, talk.count, RATE));
    distance[at] = spectral_distance(clean, heard, talk.count);
    free(heard);
    free(clean);
    free(talk.samples);
  }
  printf("\"%s\": {", filler->name);
  print("misunderstood", misunderstood);
  printf(", ");
  print("distance", distance);
  printf("}");
}

int main(void) {
  const struct filler *const fillers[] = {&holes_concealed, &with_spandsp, &holes_with_silence, &holes_with_last_packet};
  printf("{");
  for (size_t n = 0; n < HOLES_TRIED; n++) {
    printf("%s\"%s\": {", n == 0 ? "" : ", ", holes_tried[n].name);
    for (size_t f = 0; f < sizeof fillers / sizeof fillers[0]; f++) {
      if (f > 0) printf(", ");
      judge(&holes_tried[n], fillers[f]);
    }
    printf("}");
  }
  printf("}\n");
  return 0;
}
