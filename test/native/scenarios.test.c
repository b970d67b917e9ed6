// Whole calls over bad networks, as the files of scenarios/ describe them (its README says how), against a clock of the
// test's own.

#define _DEFAULT_SOURCE  // scandir

#include <dirent.h>

#include "jitter/playout.h"
#include "support/room.h"

#define FOLDER "../test/native/scenarios/"
#define MS INT64_C(1000000)

enum { MOST_PACKETS = 200000, ENCODED = 1000, MOST_EXPECTATIONS = 20, NAME = 40 };

struct expectation {
  bool at_most;
  char figure[NAME];
  double value;
};

struct scenario {
  enum codec codec;
  double packet_ms, read_ms, seconds, delay_ms, jitter_ms, loss_percent, burst, reordered_percent, duplicated_percent, sender_ppm,
      stall_at_s, stall_ms, noise, sequence, timestamp;
  struct expectation expectations[MOST_EXPECTATIONS];
  size_t expectation_count;
};

// ---- reading one ----

static enum codec codec_named(const char *name) {
  static const struct {
    const char *name;
    enum codec codec;
  } codecs[] = {{"PCMA", CODEC_PCMA}, {"PCMU", CODEC_PCMU}, {"G722", CODEC_G722}, {"L16_16K", CODEC_L16_16K}};
  for (size_t at = 0; at < sizeof codecs / sizeof codecs[0]; at++)
    if (strcmp(codecs[at].name, name) == 0) return codecs[at].codec;
  printf("no codec is called %s\n", name);
  exit(1);
}

static double *number_named(struct scenario *scenario, const char *name) {
  const struct {
    const char *name;
    double *number;
  } numbers[] = {{"packet_ms", &scenario->packet_ms},
                 {"read_ms", &scenario->read_ms},
                 {"seconds", &scenario->seconds},
                 {"delay_ms", &scenario->delay_ms},
                 {"jitter_ms", &scenario->jitter_ms},
                 {"loss_percent", &scenario->loss_percent},
                 {"burst", &scenario->burst},
                 {"reordered_percent", &scenario->reordered_percent},
                 {"duplicated_percent", &scenario->duplicated_percent},
                 {"sender_ppm", &scenario->sender_ppm},
                 {"stall_at_s", &scenario->stall_at_s},
                 {"stall_ms", &scenario->stall_ms},
                 {"noise", &scenario->noise},
                 {"sequence", &scenario->sequence},
                 {"timestamp", &scenario->timestamp}};
  for (size_t at = 0; at < sizeof numbers / sizeof numbers[0]; at++)
    if (strcmp(numbers[at].name, name) == 0) return numbers[at].number;
  printf("nothing is called %s\n", name);
  exit(1);
}

static void read_line(struct scenario *scenario, const char *line) {
  char words[3][NAME] = {"", "", ""};
  if (line[0] == '#' || sscanf(line, "%39s %39s %39s", words[0], words[1], words[2]) < 2) return;
  bool at_most = strcmp(words[0], "at_most") == 0;
  if (at_most || strcmp(words[0], "at_least") == 0) {
    if (scenario->expectation_count == MOST_EXPECTATIONS) abort();
    struct expectation *expectation = &scenario->expectations[scenario->expectation_count++];
    expectation->at_most = at_most;
    expectation->value = strtod(words[2], NULL);
    memcpy(expectation->figure, words[1], NAME);
  } else if (strcmp(words[0], "codec") == 0) {
    scenario->codec = codec_named(words[1]);
  } else {
    *number_named(scenario, words[0]) = strtod(words[1], NULL);
  }
}

static struct scenario read_scenario(const char *name) {
  struct scenario scenario = {.codec = CODEC_PCMA, .packet_ms = 20, .read_ms = 20, .delay_ms = 30, .burst = 1};
  char line[200], path[300];
  snprintf(path, sizeof path, FOLDER "%s", name);
  FILE *file = fopen(path, "r");
  if (!file) abort();
  while (fgets(line, sizeof line, file)) read_line(&scenario, line);
  fclose(file);
  return scenario;
}

// ---- the network ----

/** One packet on its way. */
struct arrival {
  int64_t at_ns;
  int packet;
};

static struct arrival arrivals[2 * MOST_PACKETS];

static int by_time(const void *left, const void *right) {
  const struct arrival *a = left, *b = right;
  if (a->at_ns != b->at_ns) return a->at_ns < b->at_ns ? -1 : 1;
  return a->packet - b->packet;
}

static int64_t departure_ns(const struct scenario *scenario, double packet) {
  return (int64_t)(packet * scenario->packet_ms * 1e6 / (1 + scenario->sender_ppm / 1e6)) + 1000000 * MS;
}

static bool happens(uint64_t *random, double percent) { return (double)(test_random(random) % 100000) < percent * 1000; }

/** @return how many arrive */
static size_t make_network(const struct scenario *scenario, int packets, uint64_t *arriving) {
  uint64_t random = 99;
  size_t count = 0;
  int lost = 0;
  *arriving = 0;
  for (int i = 0; i < packets; i++) {
    int64_t sent = departure_ns(scenario, i);
    int64_t at = sent + (int64_t)(scenario->delay_ms * 1e6);
    if (scenario->jitter_ms > 0) at += (int64_t)(test_random(&random) % (uint64_t)(scenario->jitter_ms * 1e6));
    if (happens(&random, scenario->reordered_percent)) at += (int64_t)(scenario->packet_ms * 1.2e6);
    int64_t stalled = (int64_t)(scenario->stall_at_s * 1e9) + 1000000 * MS;
    int64_t again = stalled + (int64_t)(scenario->stall_ms * 1e6);
    if (sent >= stalled && sent < again) at = again + (int64_t)(scenario->delay_ms * 1e6);
    if (lost == 0 && happens(&random, scenario->loss_percent / scenario->burst)) lost = (int)scenario->burst;
    if (lost > 0) {
      lost--;
      continue;
    }
    ++*arriving;
    arrivals[count++] = (struct arrival){at, i};
    if (happens(&random, scenario->duplicated_percent)) arrivals[count++] = (struct arrival){at + 3 * MS, i};
  }
  qsort(arrivals, count, sizeof *arrivals, by_time);
  return count;
}

// ---- the call ----

static struct playout playout;
static int16_t *speech;
static size_t speech_count;
static uint8_t payloads[ENCODED][CODEC_PAYLOAD_BYTES];
static size_t payload_bytes[ENCODED];

/** The speech as packets, over and over: as many as hold it once. */
static int encode(const struct scenario *scenario) {
  static struct codec_encoder encoder;
  size_t samples = (size_t)(scenario->packet_ms * codec_traits(scenario->codec)->rate_hz / 1000);
  int packets = (int)(speech_count / samples);
  if (packets > ENCODED) packets = ENCODED;
  codec_encoder_init(&encoder, scenario->codec, NULL);
  for (int at = 0; at < packets; at++)
    payload_bytes[at] = codec_encode(&encoder, speech + (size_t)at * samples, samples, payloads[at]);
  return packets;
}

struct outcome {
  double *delays_ms;
  size_t count;
  uint64_t arriving;
  uint64_t underruns, clicks;
  double delay_end_ms;
};

/** Speech bends by so much from sample to sample, and no more but for the error of A-law. */
static int greatest_bend;

static int bend(const int16_t *samples) { return abs(samples[0] - 2 * samples[1] + samples[2]); }

static void note_delay(const struct scenario *scenario, int64_t now, struct outcome *outcome) {
  const struct jitter_buffer *buffer = &playout.buffer;
  double clock = buffer->options.clock_rate_hz;
  double held = (double)playout.queued * clock / playout.rate_hz;
  double packet = ((double)buffer->position - held - scenario->timestamp) / (scenario->packet_ms * clock / 1000);
  outcome->delays_ms[outcome->count++] =
      (double)(now + (int64_t)(scenario->read_ms * 1e6) - departure_ns(scenario, packet)) / 1e6 - scenario->delay_ms;
}

static void receive(const struct scenario *scenario, const struct arrival *arrival, int encoded) {
  uint32_t units = (uint32_t)(scenario->packet_ms * codec_traits(scenario->codec)->clock_hz / 1000);
  int at = arrival->packet % encoded;
  const struct rtp_packet packet = {
      .header = {.sequence = (uint16_t)((int)scenario->sequence + arrival->packet),
                 .timestamp = (uint32_t)scenario->timestamp + (uint32_t)arrival->packet * units,
                 .ssrc = 1},
      .payload = {payloads[at], payload_bytes[at]}};
  (void)playout_put(&playout, &packet, (uint64_t)arrival->at_ns);
}

static void run_call(const struct scenario *scenario, struct outcome *outcome) {
  const struct playout_limits limits = {.min_delay_ns = JITTER_BUFFER_MIN_DELAY_NS,
                                        .max_delay_ns = JITTER_BUFFER_MAX_DELAY_NS,
                                        .read_ms = (uint32_t)scenario->read_ms};
  if (playout_init(&playout, &limits, scenario->codec) != DP_OK) abort();
  int encoded = encode(scenario);
  int packets = (int)(scenario->seconds * 1000 / scenario->packet_ms);
  size_t count = make_network(scenario, packets, &outcome->arriving), next = 0;
  size_t frame = playout.rate_hz / 1000 * limits.read_ms;
  int16_t heard[2 + 320] = {0};
  bool played = false;
  int64_t end = departure_ns(scenario, packets);
  for (int64_t now = departure_ns(scenario, 0) + 13 * MS; now < end; now += limits.read_ms * MS) {
    for (; next < count && arrivals[next].at_ns <= now; next++) receive(scenario, &arrivals[next], encoded);
    CHECK_EQUAL(playout_read(&playout, (uint64_t)now, heard + 2, frame), DP_OK);
    for (size_t at = 0; at < frame; at++)
      if (bend(heard + at) > greatest_bend) outcome->clicks++;
    memcpy(heard, heard + frame, 2 * sizeof *heard);
    if (played && !playout.buffer.playing) outcome->underruns++;
    played = playout.buffer.playing;
    if (played) note_delay(scenario, now, outcome);
  }
  size_t last = 5000 / limits.read_ms;
  if (last > outcome->count) last = outcome->count;
  for (size_t at = outcome->count - last; at < outcome->count; at++)
    outcome->delay_end_ms += outcome->delays_ms[at] / (double)last;
}

// ---- what came of it ----

static int by_value(const void *left, const void *right) {
  double a = *(const double *)left, b = *(const double *)right;
  return (a > b) - (a < b);
}

struct figure {
  const char *name;
  double value;
};

enum { FIGURES = 11 };

static void measure(const struct outcome *outcome, struct figure figures[FIGURES]) {
  const struct jitter_counters *counters = &playout.buffer.counters;
  qsort(outcome->delays_ms, outcome->count, sizeof *outcome->delays_ms, by_value);
  double frames = (double)(counters->played + counters->concealed);
  double not_played = (double)outcome->arriving - (double)counters->played - (double)counters->skipped;
  double per_ms = playout.rate_hz / 1000.0;
  const struct figure all[FIGURES] = {
      {"delay_p95_ms", outcome->delays_ms[outcome->count * 95 / 100]},
      {"delay_most_ms", outcome->delays_ms[outcome->count - 1]},
      {"delay_end_ms", outcome->delay_end_ms},
      {"underruns", (double)outcome->underruns},
      {"late_percent", 100 * not_played / (double)outcome->arriving},
      {"concealed_percent", 100 * (double)counters->concealed / frames},
      {"skipped", (double)counters->skipped},
      {"inserted", (double)counters->inserted},
      {"shortened_ms", (double)playout.shortened / per_ms},
      {"lengthened_ms", (double)playout.lengthened / per_ms},
      {"clicks", (double)outcome->clicks},
  };
  memcpy(figures, all, sizeof all);
}

static void check(const struct scenario *scenario, const struct figure figures[FIGURES]) {
  CHECK(scenario->expectation_count > 0);
  for (size_t at = 0; at < scenario->expectation_count; at++) {
    const struct expectation *expectation = &scenario->expectations[at];
    size_t found = 0;
    while (found < FIGURES && strcmp(figures[found].name, expectation->figure) != 0) found++;
    if (found == FIGURES) {
      printf("no figure is called %s\n", expectation->figure);
      exit(1);
    }
    double value = figures[found].value;
    if (expectation->at_most ? value <= expectation->value : value >= expectation->value) continue;
    printf("  %s is %.2f\n", expectation->figure, value);
    test_ok = false;
  }
}

static const char *current;

static void play_scenario(void) {
  struct scenario scenario = read_scenario(current);
  struct outcome outcome = {.delays_ms = calloc((size_t)(scenario.seconds * 1000 / scenario.read_ms) + 1000, sizeof(double))};
  struct figure figures[FIGURES];
  if (!outcome.delays_ms || scenario.seconds * 1000 / scenario.packet_ms > MOST_PACKETS) abort();
  uint32_t rate_hz = codec_traits(scenario.codec)->rate_hz;
  struct sound talk = sound_talk(rate_hz, "visitor.en", "resident.de", 9);
  speech_count = talk.count;
  speech = calloc(talk.count, sizeof *speech);
  if (!speech) abort();
  uint64_t random = 3;
  for (size_t at = 0; at < talk.count; at++)
    speech[at] = (int16_t)lrint(talk.samples[at] * 0.9 + room_random(&random) * scenario.noise);
  greatest_bend = 0;
  for (size_t at = 0; at + 2 < talk.count; at++)
    if (bend(speech + at) > greatest_bend) greatest_bend = bend(speech + at);
  greatest_bend += greatest_bend / 20;
  run_call(&scenario, &outcome);
  measure(&outcome, figures);
  printf("    ");
  for (size_t at = 0; at < FIGURES; at++) printf(" %s %.4g%s", figures[at].name, figures[at].value, at % 6 == 5 ? "\n    " : "");
  printf("\n");
  check(&scenario, figures);
  free(talk.samples);
  free(speech);
  free(outcome.delays_ms);
}

static int is_text(const struct dirent *entry) {
  size_t length = strlen(entry->d_name);
  return length > 4 && strcmp(entry->d_name + length - 4, ".txt") == 0;
}

int main(void) {
  struct dirent **entries;
  int count = scandir(FOLDER, &entries, is_text, alphasort);
  if (count <= 0) {
    printf("there are no scenarios\n");
    return 1;
  }
  for (int at = 0; at < count; at++) {
    current = entries[at]->d_name;
    test_run(current, play_scenario);
    free(entries[at]);
  }
  free(entries);
  return test_summary("scenarios");
}
