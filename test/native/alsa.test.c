// The ALSA device against a library of the test's own: a card with a clock that runs apart from the engine's, cards that
// run dry, over, away or stand still. Time is simulated: every exchange is one turn of the pair's.

#define _GNU_SOURCE

#include "engine-support.h"

#include <errno.h>

#include "alsa/alsa-pair.h"
#include "alsa/alsa.h"
#include "dsp/mix.h"
#include "engine/media-clock.h"

// ---- a card ----

/** What the card does; one at a time, as the library's functions know of no context. */
static struct {
  double now_s;
  double error_ppm; // how much faster than 1 second a second its clock runs
  unsigned only_rate_hz;
  unsigned only_channels;
  unsigned period; // frames that it moves at a time; 0: every single one
  int fault;       // what every read and write answers
  bool stands_still;
  double wakes_s;  // when it begins to move, if it was asked earlier
  unsigned uneven; // captured frames come that many at a time, so that some turns have none
  unsigned opened;
  bool gone;            // the kernel says that it was pulled out
  bool is_server;       // it is a sound server's client
  int prepares;         // what a question to the server answers
  bool lacks[2];        // of playback and capture: refuses to be opened
  bool half_duplex;     // opens one of them at a time
  bool is_open[2];
  unsigned questions;
} card;

struct alsa_handle {
  bool captures;
  bool running;
  unsigned rate_hz;
  unsigned channels;
  double started_s;
  double moved; // frames that the program has read or written since the start
  alsa_uframes buffer;
  alsa_uframes period;
  bool broken; // ran dry or over
  unsigned xruns;
  struct humming_device heard; // first channel of what was played, at 8 kHz only
};

static struct alsa_handle handles[2];

/** What the microphone hears: one period of a tone, as every rate has a whole number of frames of it. */
#define HUM_HZ 500
static int16_t hum[48000 / HUM_HZ];

static double card_frames(const struct alsa_handle *handle) {
  if (!handle->running) return 0;
  double since_s = handle->started_s > card.wakes_s ? handle->started_s : card.wakes_s;
  if (card.now_s < since_s) return 0;
  double frames = (card.now_s - since_s) * (1 + card.error_ppm / 1e6) * handle->rate_hz;
  if (handle->captures && card.uneven > 0) return floor(frames / card.uneven) * card.uneven;
  return card.period > 0 ? floor(frames / card.period) * card.period : floor(frames);
}

static int fake_open(struct alsa_handle **handle, const char *name, int stream, int mode) {
  if (strcmp(name, "none") == 0) return -ENOENT;
  CHECK_EQUAL(mode, ALSA_MODE_NONBLOCK);
  if (card.lacks[stream] || (card.half_duplex && card.is_open[1 - stream])) return -EBUSY;
  card.is_open[stream] = true;
  *handle = &handles[stream];
  memset(*handle, 0, sizeof **handle);
  (*handle)->captures = stream == ALSA_STREAM_CAPTURE;
  card.opened++;
  return 0;
}

static int fake_close(struct alsa_handle *handle) {
  card.is_open[handle->captures] = false;
  card.opened--;
  return 0;
}

static int fake_set_format(const struct alsa_library *library_, struct alsa_handle *handle, struct alsa_format *format) {
  (void)library_;
  CHECK(format->period_us <= (card.is_server ? 30000 : 10000));
  if (format->rate_hz != card.only_rate_hz || format->channels != card.only_channels) return -EINVAL;
  handle->rate_hz = format->rate_hz;
  handle->channels = format->channels;
  handle->buffer = (alsa_uframes)((uint64_t)format->buffer_us * format->rate_hz / 1000000);
  handle->period = card.period > 0 ? card.period : (alsa_uframes)((uint64_t)format->period_us * format->rate_hz / 1000000);
  format->period_frames = handle->period;
  format->buffer_frames = handle->buffer;
  return 0;
}

static int fake_prepare(struct alsa_handle *handle) {
  handle->broken = false;
  handle->running = false;
  handle->moved = 0;
  card.questions++;
  return card.prepares;
}

static int fake_start(struct alsa_handle *handle) {
  if (handle->running) return -EBADFD;
  handle->running = true;
  handle->started_s = card.now_s;
  return 0;
}

static int fake_drop(struct alsa_handle *handle) {
  handle->running = false;
  return 0;
}

static int fake_state(struct alsa_handle *handle) {
  if (card.gone) return ALSA_STATE_DISCONNECTED;
  return handle->running ? 3 : 1;
}

static int fake_type(struct alsa_handle *handle) {
  (void)handle;
  return card.is_server ? ALSA_TYPE_IOPLUG : 0;
}

static bool fake_is_card(const struct alsa_library *library_, struct alsa_handle *handle) {
  (void)library_;
  (void)handle;
  return !card.is_server;
}

/** Frames that can be read or written. */
static alsa_sframes fake_avail(struct alsa_handle *handle) {
  if (card.fault) return card.fault;
  if (card.stands_still) return 0;
  double waiting = card_frames(handle) - handle->moved;
  if (!handle->captures) waiting += (double)handle->buffer;
  if (waiting > (double)handle->buffer && !handle->broken) {
    handle->broken = true;
    handle->xruns++;
  }
  return handle->broken ? -EPIPE : (alsa_sframes)waiting;
}

static alsa_sframes fake_readi(struct alsa_handle *handle, void *frames, alsa_uframes count) {
  alsa_sframes waiting = fake_avail(handle);
  if (waiting < 0) return waiting;
  // As the library has it: more than there is waits for a whole period.
  bool asks_for_more = (alsa_sframes)count > waiting;
  if (waiting == 0 || (asks_for_more && waiting < (alsa_sframes)handle->period)) return -EAGAIN;
  alsa_uframes given = waiting < (alsa_sframes)count ? (alsa_uframes)waiting : count;
  int16_t *samples = frames;
  for (alsa_uframes at = 0; at < given; at++) {
    uint64_t frame = (uint64_t)handle->moved + at;
    for (unsigned channel = 0; channel < handle->channels; channel++) {
      samples[at * handle->channels + channel] = hum[frame % (handle->rate_hz / HUM_HZ)];
    }
  }
  handle->moved += (double)given;
  return (alsa_sframes)given;
}

static alsa_sframes fake_writei(struct alsa_handle *handle, const void *frames, alsa_uframes count) {
  alsa_sframes room = fake_avail(handle);
  if (room < 0) return room;
  if (room < (alsa_sframes)count) return -EAGAIN;
  const int16_t *samples = frames;
  unsigned step = handle->rate_hz / AUDIO_RATE_HZ;
  for (alsa_uframes at = 0; at < count; at += step) {
    if (handle->heard.heard_count < HEARD_SAMPLES) {
      handle->heard.heard[handle->heard.heard_count++] = samples[at * handle->channels];
    }
  }
  handle->moved += (double)count;
  return (alsa_sframes)count;
}

static const struct alsa_library library = {.open = fake_open,
                                            .close = fake_close,
                                            .is_card = fake_is_card,
                                            .set_format = fake_set_format,
                                            .prepare = fake_prepare,
                                            .start = fake_start,
                                            .drop = fake_drop,
                                            .state = fake_state,
                                            .type = fake_type,
                                            .avail = fake_avail,
                                            .readi = fake_readi,
                                            .writei = fake_writei};

// ---- turns ----

static struct alsa_pair *pair;
static struct media_clock engine_clock;
static struct humming_device spoken;
static struct audio_report report;
static double play_phase;
static int64_t drift_sum; // of all exchanges
static bool wide; // the pair's frames are of 16 kHz
static int lacking = -1; // the direction that the next card cannot open
static bool by_turns;    // the next card plays or records
#define SAYS_TONE INT16_MIN
static int16_t says = SAYS_TONE; // what the far end says, a constant or a tone of 700 Hz

/** @param is_server it is its client */
static void open_device(bool is_server, unsigned rate_hz, unsigned channels, double error_ppm) {
  memset(&card, 0, sizeof card);
  if (lacking >= 0) card.lacks[lacking] = true;
  card.half_duplex = by_turns;
  card.is_server = is_server;
  card.only_rate_hz = rate_hz;
  card.only_channels = channels;
  card.error_ppm = error_ppm;
  for (unsigned at = 0; at < rate_hz / HUM_HZ; at++) {
    hum[at] = (int16_t)(8000 * sin(2 * M_PI * HUM_HZ * at / rate_hz));
  }
  engine_clock = media_clock_start(NS_PER_SECOND, ALSA_TURN_MS);
  drift_sum = 0;
  humming_init(&spoken, 0);
  play_phase = 0;
  CHECK_EQUAL(alsa_pair_open(&library, "card", wide, &pair), 0);
}

static void open_card(unsigned rate_hz, unsigned channels, double error_ppm) {
  open_device(false, rate_hz, channels, error_ppm);
}

/** @param lacks the direction that cannot be opened */
static void open_half(int lacks, unsigned rate_hz, double error_ppm) {
  memset(handles, 0, sizeof handles);
  lacking = lacks;
  open_card(rate_hz, 1, error_ppm);
  lacking = -1;
}

/** Of 16 kHz: it plays or records. */
static void open_half_duplex(double error_ppm) {
  by_turns = true;
  open_card(16000, 1, error_ppm);
  by_turns = false;
}

/** One exchange as the media thread makes it; of what is spoken 8000 samples a second are kept. @return whether it works */
static bool exchange(void) {
  int16_t heard[AUDIO_WIDE_FRAME_SAMPLES];
  int16_t frame[AUDIO_WIDE_FRAME_SAMPLES];
  size_t count = audio_samples(wide, ALSA_TURN_MS);
  media_clock_turn(&engine_clock);
  card.now_s = (double)engine_clock.turn_ns / 1e9;
  for (size_t at = 0; at < count; at++) {
    heard[at] = says == SAYS_TONE ? (int16_t)(8000 * sin(play_phase)) : says;
    play_phase += 2 * M_PI * 700 / audio_rate_hz(wide);
  }
  bool works = alsa_pair_exchange(pair, heard, frame, &report);
  media_clock_drift(&engine_clock, report.drift_ns);
  drift_sum += report.drift_ns;
  for (size_t at = 0; at < count; at += audio_rate_hz(wide) / AUDIO_RATE_HZ) {
    if (spoken.heard_count < HEARD_SAMPLES) spoken.heard[spoken.heard_count++] = frame[at];
  }
  return works;
}

/** Twenty milliseconds of them. */
static bool turn(void) {
  bool works = true;
  for (int at = 0; works && at < AUDIO_FRAME_MS / ALSA_TURN_MS; at++) works = exchange();
  return works;
}

static void turns(unsigned count) {
  for (unsigned at = 0; at < count; at++) CHECK(turn());
}

static void close_card(void) {
  alsa_pair_close(pair);
  CHECK_EQUAL(card.opened, 0);
}

static void sound_passes_at(unsigned rate_hz, unsigned channels) {
  open_card(rate_hz, channels, 0);
  turns(150);
  CHECK_WITHIN(heard_share(&spoken, HUM_HZ, 2), 0.99, 1.01);
  CHECK_WITHIN(heard_share(&handles[0].heard, 700, 2), 0.99, 1.01);
  CHECK_WITHIN(heard_level(&spoken, 2), 5500, 5800);
  close_card();
}

static void sound_passes_at_every_rate(void) {
  static const unsigned rates_hz[] = {8000, 16000, 32000, 48000};
  for (size_t at = 0; at < 8; at++) sound_passes_at(rates_hz[at / 2], (unsigned)(at % 2 + 1));
}

/** A card that is faster or slower: the engine follows, nothing is lost or torn. */
static void follow(double error_ppm, unsigned period) {
  const unsigned measured = 2 * 60 * 50;
  open_card(16000, 1, error_ppm);
  card.period = period;
  turns(60 * 50);
  unsigned xruns = handles[0].xruns + handles[1].xruns;
  drift_sum = 0;
  for (unsigned round = 0; round < measured; round++) {
    if (round == measured - HEARD_SAMPLES / AUDIO_FRAME_SAMPLES) spoken.heard_count = 0;
    CHECK(turn());
  }
  CHECK_WITHIN(heard_share(&spoken, HUM_HZ, 19), 0.999, 1.001);
  CHECK_EQUAL(handles[0].xruns + handles[1].xruns, xruns);
  // A card that is 100 ppm faster makes 20 ms last 2000 ns less. What is kept ready may have changed by a period.
  double mean_ns = (double)drift_sum / measured;
  double allowed_ns = 200 + period / 16000.0 * 1e9 / measured;
  CHECK_WITHIN(mean_ns, -20 * error_ppm - allowed_ns, -20 * error_ppm + allowed_ns);
  close_card();
}

static void the_engine_follows_a_precise_card(void) {
  follow(100, 0);
  follow(-300, 0);
}

static void the_engine_follows_a_card_of_long_periods(void) {
  follow(-400, 320);
  follow(400, 80);
}

/** The same with frames of 16 kHz, for calls in wideband. */
static void wide_frames_pass_and_follow(void) {
  wide = true;
  sound_passes_at(8000, 1);
  sound_passes_at(48000, 2);
  follow(-300, 320);
  wide = false;
}

static void a_late_turn_is_made_up_for(void) {
  open_card(48000, 2, 0);
  turns(100);
  // The engine gives up turns after 200 ms: the card ran dry and over meanwhile.
  engine_clock.turn_ns += 300 * NS_PER_MS;
  turns(3);
  spoken.heard_count = 0;
  turns(150);
  CHECK_WITHIN(heard_share(&spoken, HUM_HZ, 2), 0.99, 1.01);
  CHECK_WITHIN(heard_share(&handles[0].heard, 700, 2), 0.99, 1.01);
  CHECK(handles[0].xruns > 0);
  close_card();
}

static double waiting_ms(void) { return (handles[0].moved - card_frames(&handles[0])) * 1000 / handles[0].rate_hz; }

/** What waits is delay: on a card that is as good as its clock little does. */
static void a_good_card_is_a_few_milliseconds_behind(void) {
  open_card(48000, 2, 50);
  turns(20 * 50);
  CHECK_WITHIN(waiting_ms(), 8, 13); // behind a turn of 5 ms
  CHECK_WITHIN((double)pair->capture.captured_count * 1000 / AUDIO_RATE_HZ, 1, 4);
  CHECK_EQUAL(handles[0].xruns + handles[1].xruns, 0);
  close_card();
}

/** A second in which one turn is two turns' time late; those behind it are made up for. */
static void a_second_with_a_late_turn(void) {
  turns(49);
  engine_clock.turn_ns += 2 * ALSA_TURN_MS * NS_PER_MS;
  CHECK(exchange());
  for (int at = 1; at < AUDIO_FRAME_MS / ALSA_TURN_MS; at++) {
    if (at <= 2) engine_clock.turn_ns -= (uint64_t)engine_clock.period_ns;
    CHECK(exchange());
  }
}

/** On a machine that is late now and then the card runs dry, until enough waits for that. */
static void a_card_that_runs_dry_is_given_more(void) {
  open_card(48000, 2, 0);
  for (int second = 0; second < 3; second++) a_second_with_a_late_turn();
  CHECK_WITHIN(handles[0].xruns, 1, 3);
  unsigned xruns = handles[0].xruns;
  handles[0].heard.heard_count = 0;
  for (int second = 0; second < 10; second++) a_second_with_a_late_turn();
  CHECK_EQUAL(handles[0].xruns, xruns);
  CHECK_WITHIN(waiting_ms(), 10, 30);
  CHECK_WITHIN(heard_share(&handles[0].heard, 700, 9), 0.999, 1.001);
  close_card();
}

/** One bad hour is not delay for years: what it asked for goes again when it is not needed. */
static void what_a_bad_moment_asked_for_goes_again(void) {
  open_card(48000, 2, 50);
  for (int second = 0; second < 13; second++) a_second_with_a_late_turn();
  CHECK_WITHIN(waiting_ms(), 13, 30);
  unsigned xruns = handles[0].xruns + handles[1].xruns;
  spoken.heard_count = 0;
  turns(60 * 50);
  CHECK_WITHIN(waiting_ms(), 8, 13);
  CHECK_WITHIN((double)pair->capture.captured_count * 1000 / AUDIO_RATE_HZ, 1, 4);
  CHECK_EQUAL(handles[0].xruns + handles[1].xruns, xruns);
  // At the microphone nothing is left out for it.
  CHECK_WITHIN(heard_share(&spoken, HUM_HZ, 19), 0.99, 1.001);
  close_card();
}

/** A machine that is late once in 15 s: it is tried whether less would do, and ever more seldom. */
static void a_card_that_needs_it_now_and_then_keeps_it(void) {
  open_card(8000, 1, 0);
  unsigned xruns = 0;
  for (int round = 0; round < 80; round++) {
    turns(14 * 50);
    a_second_with_a_late_turn();
    if (round == 40) xruns = handles[0].xruns;
  }
  CHECK_WITHIN(xruns, 1, 8);
  CHECK_WITHIN(handles[0].xruns - xruns, 0, 2); // in the second ten minutes
  close_card();
}

/** What is left out is a pause, not a word. */
static void less_waits_by_leaving_out_a_pause(void) {
  open_card(8000, 1, 0);
  turns(2 * 50);
  alsa_margin_lack(&pair->playback.lead);
  handles[0].running = false; // begins anew, with more ahead
  pair->playback.direction.running = false;
  turns(50);
  double before_ms = waiting_ms();
  handles[0].heard.heard_count = 0;
  size_t said = 0;
  for (int at = 0; at < 18 * 200; at++) {
    bool speaks = at % 200 < 160;
    says = speaks ? 6000 : 0;
    CHECK(exchange());
    said += speaks ? pair->playback.direction.turn_samples : 0;
  }
  says = SAYS_TONE;
  size_t played = 0;
  for (size_t at = 0; at < handles[0].heard.heard_count; at++) played += handles[0].heard.heard[at] == 6000;
  CHECK_EQUAL(played, said);
  CHECK_WITHIN(before_ms - waiting_ms(), 4.9, 5.1);
  close_card();
}

/** Its client gives what its server has given it: nothing is torn by pieces of 15 ms. */
static void a_server_that_is_uneven_tears_nothing(void) {
  open_device(true, 48000, 2, 0);
  card.uneven = 48000 * 15 / 1000;
  card.period = 48000 * 15 / 1000;
  turns(20 * 50);
  CHECK(!pair->capture.direction.even);
  CHECK_WITHIN(heard_share(&spoken, HUM_HZ, 18), 0.999, 1.001);
  CHECK_WITHIN(heard_share(&handles[0].heard, 700, 18), 0.999, 1.001);
  CHECK_EQUAL(handles[0].xruns + handles[1].xruns, 0);
  close_card();
}

static void a_server_that_is_even_is_taken_for_a_card(void) {
  open_device(true, 48000, 2, 0);
  turns(30);
  CHECK_WITHIN(waiting_ms(), 40, 50);
  turns(4 * 50); // The tone has no pause in which something could be left out.
  handles[0].heard.heard_count = 0;
  turns(9 * 50);
  CHECK(pair->capture.direction.even);
  CHECK_WITHIN(waiting_ms(), 8, 15);
  CHECK_WITHIN(heard_share(&spoken, HUM_HZ, 8), 0.999, 1.001);
  CHECK_WITHIN(heard_share(&handles[0].heard, 700, 8), 0.999, 1.001);
  CHECK_EQUAL(handles[0].xruns + handles[1].xruns, 0);
  close_card();
}

static void a_card_that_is_pulled_out_is_lost(void) {
  open_card(48000, 2, 0);
  turns(50);
  card.fault = -ENODEV;
  CHECK(!turn());
  CHECK_EQUAL(report.fault, AUDIO_FAULT_LOST);
  CHECK_EQUAL(report.system_error, ENODEV);
  close_card();
}

static void a_card_that_stands_still_is_noticed(void) {
  open_card(48000, 2, 0);
  turns(200);
  card.stands_still = true;
  int waited = 0;
  while (turn() && waited < 200) waited++;
  CHECK_EQUAL(report.fault, AUDIO_FAULT_STALLED);
  CHECK_WITHIN(waited, 25, 60); // about a second
  close_card();
}

/** A sound server that has to wake its card takes and gives nothing at first: no fault, and no delay that stays. */
static void a_card_that_wakes_late_is_waited_for(void) {
  open_card(48000, 2, 0);
  card.wakes_s = (double)engine_clock.turn_ns / 1e9 + 2;
  turns(2 * 50);
  CHECK_EQUAL(handles[1].moved, 0);
  turns(10 * 50);
  CHECK_WITHIN(waiting_ms(), 5, 20);
  spoken.heard_count = 0;
  handles[0].heard.heard_count = 0;
  turns(150);
  CHECK_WITHIN(heard_share(&spoken, HUM_HZ, 2), 0.99, 1.01);
  CHECK_WITHIN(heard_share(&handles[0].heard, 700, 2), 0.99, 1.01);
  close_card();
}

static void a_card_that_never_wakes_is_a_fault(void) {
  open_card(48000, 2, 0);
  card.stands_still = true;
  unsigned waited = 0;
  while (turn() && waited < 500) waited++;
  CHECK_EQUAL(report.fault, AUDIO_FAULT_STALLED);
  CHECK_WITHIN(waited, 140, 160); // three seconds
  close_card();
}

/** What a lack teaches: after some of them enough is kept ready. */
static void a_card_that_gives_unevenly_tears_nothing_for_long(void) {
  open_card(16000, 1, 0);
  card.uneven = 16000 * 45 / 1000;
  turns(20 * 50);
  spoken.heard_count = 0;
  turns(HEARD_SAMPLES / AUDIO_FRAME_SAMPLES);
  CHECK_WITHIN(heard_share(&spoken, HUM_HZ, 19), 0.99, 1.01);
  close_card();
}

/** A card without a microphone, or one that does one thing at a time: the visitor hears at least. */
static void a_card_that_only_plays_is_heard(void) {
  static const double errors_ppm[] = {-300, 300};
  for (size_t at = 0; at < 2; at++) {
    open_half(ALSA_STREAM_CAPTURE, 16000, errors_ppm[at]);
    turns(60 * 50);
    unsigned xruns = handles[0].xruns;
    handles[0].heard.heard_count = 0;
    spoken.heard_count = 0;
    drift_sum = 0;
    turns(10 * 50);
    CHECK_EQUAL(report.fault, AUDIO_FAULT_NO_MICROPHONE);
    CHECK_EQUAL(report.system_error, EBUSY);
    // The engine follows the card all the same.
    CHECK_EQUAL(handles[0].xruns, xruns);
    CHECK_WITHIN(waiting_ms(), 7.5, 10.5);
    CHECK_WITHIN(heard_share(&handles[0].heard, 700, 9), 0.999, 1.001);
    CHECK_EQUAL(heard_level(&spoken, 9), 0);
    alsa_pair_rest(pair);
    CHECK(alsa_pair_look(pair, &report));
    CHECK_EQUAL(report.fault, AUDIO_FAULT_NO_MICROPHONE);
    turns(10);
    close_card();
  }
}

static void a_card_that_only_records_is_listened_to(void) {
  open_half(ALSA_STREAM_PLAYBACK, 48000, 100);
  turns(10 * 50);
  CHECK_EQUAL(report.fault, AUDIO_FAULT_NO_SPEAKER);
  CHECK_WITHIN(heard_share(&spoken, HUM_HZ, 9), 0.999, 1.001);
  CHECK_EQUAL(handles[0].moved, 0);
  close_card();
}

// ---- half-duplex ----

/** Who is heard, as who speaks: turns it round as the thread that opens devices does. @param ms in which the far end speaks */
static void speak(unsigned ms, bool speaks) {
  for (unsigned at = 0; at < ms; at += ALSA_TURN_MS) {
    // Words of 250 ms: a tone without an end is no voice.
    says = speaks && at % 350 < 250 ? SAYS_TONE : 0;
    CHECK(exchange());
    CHECK_EQUAL(report.fault, AUDIO_FAULT_BY_TURNS);
    CHECK_EQUAL(report.system_error, EBUSY);
    if (alsa_pair_is_turned_away(pair)) CHECK_EQUAL(alsa_pair_turn_round(pair, &library, "card", wide), 0);
    CHECK_EQUAL(card.opened, 1);
  }
  says = SAYS_TONE;
}

static void a_card_that_does_one_thing_at_a_time_is_turned_round_by_who_speaks(void) {
  open_half_duplex(100);
  CHECK_EQUAL(card.opened, 1);
  CHECK(card.is_open[ALSA_STREAM_PLAYBACK]);
  speak(2000, true);
  CHECK_WITHIN(heard_share(&handles[0].heard, 700, 1.5), 0.7, 1.01);
  CHECK_EQUAL(heard_level(&spoken, 1.5), 0);
  // The visitor is heard as soon as the other side has been silent for a while, and as long as it is.
  speak(ALSA_FLOOR_PAUSE_MS + 100, false);
  CHECK(card.is_open[ALSA_STREAM_CAPTURE]);
  speak(1500, false);
  CHECK_WITHIN(heard_share(&spoken, HUM_HZ, 1), 0.999, 1.001);
  speak(ALSA_FLOOR_WORD_MS + 50, true);
  CHECK(card.is_open[ALSA_STREAM_PLAYBACK]);
  speak(1000, true);
  CHECK_WITHIN(heard_share(&handles[0].heard, 700, 0.8), 0.7, 1.01);
  close_card();
}

/** It rings before anybody talks: whoever comes next is to hear that at once. */
static void it_plays_when_it_wakes(void) {
  open_half_duplex(0);
  speak(1200, false);
  CHECK(card.is_open[ALSA_STREAM_CAPTURE]);
  alsa_pair_rest(pair);
  CHECK(alsa_pair_is_turned_away(pair));
  CHECK_EQUAL(alsa_pair_turn_round(pair, &library, "card", wide), 0);
  CHECK(card.is_open[ALSA_STREAM_PLAYBACK]);
  alsa_pair_rest(pair);
  CHECK(!alsa_pair_is_turned_away(pair));
  CHECK(alsa_pair_look(pair, &report));
  speak(300, true);
  CHECK_WITHIN(heard_share(&handles[0].heard, 700, 0.2), 0.7, 1.01);
  close_card();
}

static void a_card_that_cannot_be_turned_round_has_failed(void) {
  open_half_duplex(0);
  card.lacks[ALSA_STREAM_CAPTURE] = true;
  pair->floor.records = true;
  CHECK_EQUAL(alsa_pair_turn_round(pair, &library, "card", wide), -EBUSY);
  CHECK_EQUAL(card.opened, 0);
  close_card();
}

/** Sound of a level, in turns. @return whether the floor has changed hands meanwhile */
static bool floor_hears(struct alsa_floor *floor, unsigned ms, int amplitude) {
  static uint64_t random = 5;
  bool changed = false;
  for (unsigned at = 0; at < ms; at += ALSA_TURN_MS) {
    int16_t heard[8 * ALSA_TURN_MS];
    for (size_t sample = 0; sample < 8 * ALSA_TURN_MS; sample++) {
      heard[sample] = (int16_t)((int)(test_random(&random) % (2 * (unsigned)amplitude)) - amplitude);
    }
    bool before = floor->records;
    alsa_floor_turn(floor, heard, 8 * ALSA_TURN_MS);
    changed = changed || floor->records != before;
  }
  return changed;
}

static void noise_and_pauses_between_words_take_no_floor(void) {
  struct alsa_floor floor;
  alsa_floor_begin(&floor, 8000);
  CHECK(!floor.records);
  // Words and the room behind them.
  for (int word = 0; word < 10; word++) {
    CHECK(!floor_hears(&floor, 300, 6000));
    CHECK(!floor_hears(&floor, ALSA_FLOOR_PAUSE_MS - 100, 60));
  }
  CHECK(floor_hears(&floor, 200, 60));
  CHECK(floor.records);
  CHECK(!floor_hears(&floor, 20000, 60));
  // A click, and a word.
  CHECK(!floor_hears(&floor, ALSA_FLOOR_WORD_MS - 30, 9000));
  CHECK(!floor_hears(&floor, 100, 60));
  CHECK(floor_hears(&floor, ALSA_FLOOR_WORD_MS + 20, 6000));
  CHECK(!floor.records);
}

static void a_card_that_does_neither_is_refused(void) {
  memset(&card, 0, sizeof card);
  card.lacks[0] = card.lacks[1] = true;
  CHECK_EQUAL(alsa_pair_open(&library, "card", wide, &pair), -EBUSY);
  CHECK_EQUAL(card.opened, 0);
}

/** A door at which nobody talks: the card sleeps, and is as good as new when somebody does. */
static void a_card_that_rests_stands_still_and_sounds_again(void) {
  open_card(48000, 2, 0);
  turns(200);
  alsa_pair_rest(pair);
  CHECK(!handles[0].running && !handles[1].running);
  engine_clock.turn_ns += 3600 * (uint64_t)NS_PER_SECOND;
  for (int at = 0; at < 30; at++) CHECK(alsa_pair_look(pair, &report));
  CHECK_EQUAL(card.questions, 2); // none after the start: a card that is asked would wake
  spoken.heard_count = 0;
  turns(4);
  // Nothing of an hour ago: silence until enough is there.
  CHECK_EQUAL(spoken.heard[0], 0);
  spoken.heard_count = 0;
  handles[0].heard.heard_count = 0;
  unsigned xruns = handles[0].xruns + handles[1].xruns;
  turns(150);
  CHECK_WITHIN(heard_share(&spoken, HUM_HZ, 2), 0.99, 1.01);
  CHECK_WITHIN(heard_share(&handles[0].heard, 700, 2), 0.99, 1.01);
  CHECK_EQUAL(handles[0].xruns + handles[1].xruns, xruns);
  close_card();
}

static void a_card_that_is_pulled_out_while_it_rests_is_lost(void) {
  open_card(48000, 2, 0);
  turns(50);
  alsa_pair_rest(pair);
  card.gone = true;
  CHECK(!alsa_pair_look(pair, &report));
  CHECK_EQUAL(report.fault, AUDIO_FAULT_LOST);
  CHECK_EQUAL(report.system_error, ENODEV);
  close_card();
}

/** Its client does not know by itself: it is asked, now and then. */
static void a_sound_server_that_dies_while_it_rests_is_lost(void) {
  open_card(48000, 2, 0);
  card.is_server = true;
  turns(50);
  alsa_pair_rest(pair);
  card.prepares = -EBADFD;
  unsigned looks = 1;
  while (alsa_pair_look(pair, &report) && looks < 100) looks++;
  CHECK_EQUAL(looks, 10);
  CHECK_EQUAL(report.fault, AUDIO_FAULT_LOST);
  close_card();
}

static void a_card_that_fits_nothing_is_refused(void) {
  memset(&card, 0, sizeof card);
  card.only_rate_hz = 96000;
  card.only_channels = 8;
  CHECK_EQUAL(alsa_pair_open(&library, "card", wide, &pair), -EINVAL);
  CHECK_EQUAL(card.opened, 0);
  CHECK_EQUAL(alsa_pair_open(&library, "none", false, &pair), -ENOENT);
  CHECK_EQUAL(card.opened, 0);
}

/** The library of this machine, where there is one: a device that is not there is a fault that is waited for. */
static void a_missing_device_is_a_fault(void) {
  struct audio_io io;
  dp_error error = alsa_open("doorphone-no-such-device", false, &io);
  if (error == DP_UNSUPPORTED) {
    printf("  libasound is not installed\n");
    return;
  }
  CHECK_EQUAL(error, DP_OK);
  int16_t frame[AUDIO_FRAME_SAMPLES];
  memset(frame, 1, sizeof frame);
  struct audio_report said;
  io.operations->exchange(io.device, frame, frame, &said);
  CHECK_EQUAL(said.fault, AUDIO_FAULT_OPEN);
  CHECK_EQUAL(said.system_error, ENOENT);
  for (size_t at = 0; at < audio_samples(false, io.turn_ms); at++) CHECK_EQUAL(frame[at], 0);
  io.operations->close(io.device);
}

int main(void) {
  TEST(sound_passes_at_every_rate);
  TEST(the_engine_follows_a_precise_card);
  TEST(the_engine_follows_a_card_of_long_periods);
  TEST(wide_frames_pass_and_follow);
  TEST(a_late_turn_is_made_up_for);
  TEST(a_good_card_is_a_few_milliseconds_behind);
  TEST(a_card_that_runs_dry_is_given_more);
  TEST(what_a_bad_moment_asked_for_goes_again);
  TEST(a_card_that_needs_it_now_and_then_keeps_it);
  TEST(less_waits_by_leaving_out_a_pause);
  TEST(a_server_that_is_uneven_tears_nothing);
  TEST(a_server_that_is_even_is_taken_for_a_card);
  TEST(a_card_that_is_pulled_out_is_lost);
  TEST(a_card_that_stands_still_is_noticed);
  TEST(a_card_that_wakes_late_is_waited_for);
  TEST(a_card_that_never_wakes_is_a_fault);
  TEST(a_card_that_gives_unevenly_tears_nothing_for_long);
  TEST(a_card_that_only_plays_is_heard);
  TEST(a_card_that_only_records_is_listened_to);
  TEST(a_card_that_does_one_thing_at_a_time_is_turned_round_by_who_speaks);
  TEST(it_plays_when_it_wakes);
  TEST(a_card_that_cannot_be_turned_round_has_failed);
  TEST(noise_and_pauses_between_words_take_no_floor);
  TEST(a_card_that_does_neither_is_refused);
  TEST(a_card_that_rests_stands_still_and_sounds_again);
  TEST(a_card_that_is_pulled_out_while_it_rests_is_lost);
  TEST(a_sound_server_that_dies_while_it_rests_is_lost);
  TEST(a_card_that_fits_nothing_is_refused);
  TEST(a_missing_device_is_a_fault);
  return test_summary("alsa");
}
