// The loop of the media thread: commands, packets that are due, packets that have come, turns. See engine.h.
//
// It sleeps in one epoll_wait over a timer for the next turn or packet and the command bell. What has come is taken before
// each turn, no longer than until a packet of ours is due: a flood of datagrams delays none. When nobody has needed turns
// for a second it rests: no turns are taken, so that a door that waits costs nothing.

#define _GNU_SOURCE

#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <time.h>

#include "dsp/mix.h"
#include "engine/arrivals.h"
#include "engine/engine-parts.h"
#include "engine/realtime.h"

/** Before a turn; more than a socket of usual size holds, and an end for what never ends. */
#define ARRIVAL_ROUNDS 16
/** Turns that far behind are dropped, not made up for: the process was stopped or the machine slept. */
#define GIVE_UP_NS (200 * NS_PER_MS)
/** One second without need, in which the device plays out what it has, and a call may follow a tone. */
#define REST_AFTER_MS 1000
/** Between two looks at a device that rests. */
#define LOOK_NS NS_PER_SECOND

/** What wakes it. */
enum source { SOURCE_TIMER, SOURCE_COMMANDS, SOURCE_COUNT };

static void watch(struct engine *engine, int descriptor, enum source source) {
  struct epoll_event event = {.events = EPOLLIN, .data.u64 = source};
  (void)epoll_ctl(engine->epoll, EPOLL_CTL_ADD, descriptor, &event);
}

/** After whatever may have changed when a stream sends next. */
static void note_due(struct engine *engine, size_t slot) {
  const struct stream_output *output = &engine->streams[slot].output;
  engine->due_media_ns[slot] = engine->open[slot] && output->active ? output->due_media_ns : UINT64_MAX;
}

// ---- commands ----

/** A device that is nobody's clock follows the packets: then both are due at once, and the thread wakes once for them. */
static void fall_in(struct engine *engine, uint64_t now_ns) {
  if (engine->context.turn_ms < AUDIO_FRAME_MS) return;
  for (size_t slot = 0; slot < engine->sessions; slot++) {
    if (engine->open[slot] && engine->streams[slot].output.active) return;
  }
  media_clock_turn_at(&engine->context.clock, now_ns);
}

/** What arrived before the agreement waits in the sockets until here, with the kernel's stamps. */
static void configure(struct engine *engine, size_t slot, struct stream_setup *setup) {
  struct stream *stream = &engine->streams[slot];
  uint64_t now_ns = monotonic_now_ns();
  if (!stream->configured) arrivals_watch(engine, slot);
  if (setup->sends) fall_in(engine, now_ns);
  stream_configure(stream, &engine->context, setup, now_ns);
  note_due(engine, slot);
  stream_retire(&engine->context, setup->sender, setup->receiver);
}

/** After the answer the stream is the control thread's again: nothing here looks at it before it is opened anew. */
static void close_stream(struct engine *engine, size_t slot) {
  struct stream *stream = &engine->streams[slot];
  stream_report_bye(stream, &engine->context, monotonic_now_ns());
  if (stream->configured) arrivals_unwatch(engine, slot);
  stream_measure(stream);
  statistics_publish(&engine->boards[slot], &stream->statistics);
  engine->open[slot] = false;
  note_due(engine, slot);
  sem_post(&engine->answer);
}

static void obey(struct engine *engine, struct engine_command *command) {
  struct stream *stream = &engine->streams[command->slot];
  switch (command->kind) {
  case ENGINE_COMMAND_OPEN:
    engine->open[command->slot] = true;
    break;
  case ENGINE_COMMAND_CONFIGURE:
    configure(engine, command->slot, &command->setup);
    break;
  case ENGINE_COMMAND_MOVED:
    // Other sockets under the same numbers: the kernel has forgotten those that it watched.
    if (stream->configured) arrivals_watch(engine, command->slot);
    break;
  case ENGINE_COMMAND_DIGITS:
    for (size_t at = 0; at < command->digits.count; at++) {
      stream_output_digit(stream, command->digits.digits[at], command->digits.duration_ms);
    }
    break;
  case ENGINE_COMMAND_CLOSE:
    close_stream(engine, command->slot);
    break;
  case ENGINE_COMMAND_PLAY:
    announcer_play(&engine->announcer, command->play);
    break;
  case ENGINE_COMMAND_ANNOUNCE:
    announcer_say(&engine->announcer, command->play);
    break;
  case ENGINE_COMMAND_SOUND:
    announcer_record(&engine->announcer, command->record.sound, &command->record.recording);
    sem_post(&engine->answer);
    break;
  case ENGINE_COMMAND_GAIN:
    gain_set(&engine->speaker, command->percent.speaker);
    gain_set(&engine->microphone, command->percent.microphone);
    break;
  case ENGINE_COMMAND_VOICE:
    hearing_switch(&engine->hearing, command->voice);
    break;
  case ENGINE_COMMAND_ECHO:
    hearing_expect(&engine->hearing, &command->echo);
    sem_post(&engine->answer);
    break;
  case ENGINE_COMMAND_TONE_DIGITS:
    engine->context.tone_digits.counted = command->tone_digits;
    break;
  case ENGINE_COMMAND_CALIBRATE:
    measurement_begin(engine, command->measurement);
    break;
  }
}

// ---- turns ----

static bool is_in_call(const struct engine *engine) {
  for (size_t slot = 0; slot < engine->sessions; slot++) {
    if (engine->open[slot] && engine->streams[slot].configured) return true;
  }
  return false;
}

/** What the speaker is to play, at the device's rate: all sessions that have sound, and what the door says itself. */
static void mix_heard(struct engine *engine, struct bands_frame *heard) {
  int16_t frame[AUDIO_WIDE_FRAME_SAMPLES];
  const struct stream_context *context = &engine->context;
  bool device_wide = engine->device.wide;
  size_t count = audio_samples(device_wide, context->turn_ms);
  bool talking = false;
  bool other = false;
  memset(heard, 0, sizeof *heard);
  for (size_t slot = 0; slot < engine->sessions; slot++) {
    struct stream *stream = &engine->streams[slot];
    if (!engine->open[slot] || !stream_input_play(stream, context, frame)) continue;
    bool wide = stream_input_is_wide(stream);
    stream_input_listen(stream, &engine->context, frame);
    mix_add(bands_samples(heard, wide), frame, audio_samples(wide, context->turn_ms));
    other = stream_input_play_tail(stream, context, heard) || other || wide != device_wide;
    talking = true;
  }
  bands_join(&engine->bands, heard, context->turn_ms, other);
  announcer_mix(&engine->announcer, talking, bands_samples(heard, device_wide), count);
  measurement_play(engine, engine->measurement && is_in_call(engine), bands_samples(heard, device_wide), count);
  gain_apply(&engine->speaker, bands_samples(heard, device_wide), count);
}

static void note_fault(struct engine *engine, const struct audio_report *report) {
  uint64_t fault = (uint64_t)report->fault << 32 | (uint32_t)report->system_error;
  if (fault == atomic_load_explicit(&engine->fault, memory_order_relaxed)) return;
  atomic_store_explicit(&engine->fault, fault, memory_order_relaxed);
  // It has gone, or was opened anew.
  hearing_begin(&engine->hearing);
  struct engine_event event = {.kind = ENGINE_EVENT_DEVICE,
                               .session = (uint32_t)report->fault,
                               .value = report->system_error,
                               .at_ns = monotonic_now_ns()};
  (void)ring_put(&engine->events, &event);
  engine->context.wake_courier = true;
}

// ---- rest ----

/** Whether somebody talks or listens, or is about to. */
static bool is_needed(const struct engine *engine) {
  return !engine->device.operations->rest || announcer_is_busy(&engine->announcer) || engine->measurement || is_in_call(engine);
}

static void rest(struct engine *engine) {
  engine->resting = true;
  engine->device.operations->rest(engine->device.device);
  media_clock_drift(&engine->context.clock, 0);
  engine->look_ns = monotonic_now_ns() + LOOK_NS;
}

/** Before commands are obeyed: what begins with them begins on a grid that is up to date. */
static void stir(struct engine *engine) {
  if (engine->resting) media_clock_skip(&engine->context.clock, monotonic_now_ns());
}

/** After commands were obeyed. */
static void get_up(struct engine *engine) {
  if (!engine->resting || !is_needed(engine)) return;
  engine->resting = false;
  engine->idle_turns = 0;
  hearing_begin(&engine->hearing);
}

/** @return when there is something to do next */
static uint64_t look_after(struct engine *engine) {
  const struct audio_operations *operations = engine->device.operations;
  if (!operations->look) return UINT64_MAX;
  uint64_t now_ns = monotonic_now_ns();
  if (now_ns >= engine->look_ns) {
    struct audio_report report;
    operations->look(engine->device.device, &report);
    note_fault(engine, &report);
    engine->look_ns = now_ns + LOOK_NS;
  }
  return engine->look_ns;
}

/** Brings what was spoken to the rates that streams send. */
static void spread_spoken(struct engine *engine, struct bands_frame *spoken, uint32_t ms) {
  bool other = false;
  for (size_t slot = 0; slot < engine->sessions; slot++) {
    const struct stream *stream = &engine->streams[slot];
    if (engine->open[slot] && stream->output.active) other = other || stream->output.wide != engine->device.wide;
  }
  bands_spread(&engine->bands, spoken, ms, other);
}

/** What is sent may come back; the microphone's volume comes last, or the gain control would undo it. */
static void send_spoken(struct engine *engine, struct bands_frame *spoken, size_t count) {
  bool wide = engine->device.wide;
  uint32_t ms = (uint32_t)(count * 1000 / audio_rate_hz(wide));
  if (count == 0) return;
  const struct tone_sound sound = {.wide = wide, .samples = bands_samples(spoken, wide), .count = count};
  if (is_in_call(engine)) tone_digits_hear(&engine->context.tone_digits, &sound, engine->context.clock.turn_ns);
  gain_apply(&engine->microphone, bands_samples(spoken, wide), count);
  spread_spoken(engine, spoken, ms);
  for (size_t slot = 0; slot < engine->sessions; slot++) {
    if (!engine->open[slot]) continue;
    stream_output_feed(&engine->streams[slot], &engine->context, spoken, ms);
    note_due(engine, slot);
  }
}

/** What comes every 20 ms, however short the turns are. */
static void keep_house(struct engine *engine) {
  uint64_t now_ns = monotonic_now_ns();
  for (size_t slot = 0; slot < engine->sessions; slot++) {
    struct stream *stream = &engine->streams[slot];
    if (!engine->open[slot]) continue;
    stream_turn(stream, &engine->context, now_ns);
    stream_measure(stream);
    statistics_publish(&engine->boards[slot], &stream->statistics);
  }
}

/** Some milliseconds of sound from and to the device. */
static void take_turn(struct engine *engine) {
  struct bands_frame heard;
  struct bands_frame spoken;
  struct audio_report report;
  bool wide = engine->device.wide;
  uint32_t turn_ms = engine->context.turn_ms;
  media_clock_turn(&engine->context.clock);
  mix_heard(engine, &heard);
  engine->device.operations->exchange(engine->device.device, bands_samples(&heard, wide),
                                      bands_samples(&spoken, wide), &report);
  bool in_call = is_in_call(engine);
  const struct measurement_turn measured = {.played = bands_samples(&heard, wide),
                                            .spoken = bands_samples(&spoken, wide),
                                            .count = audio_samples(wide, turn_ms),
                                            .fault = report.fault};
  measurement_hear(engine, &measured);
  levels_turn(&engine->levels, in_call, measured.played, measured.spoken, measured.count);
  // What was played is what the speaker's volume left of it.
  size_t count = hearing_turn(&engine->hearing, in_call, bands_samples(&heard, wide), bands_samples(&spoken, wide),
                              measured.count);
  send_spoken(engine, &spoken, count);
  media_clock_drift(&engine->context.clock, report.drift_ns);
  note_fault(engine, &report);
  if (engine->context.clock.turn_media_ns % (uint64_t)TURN_NS == 0) keep_house(engine);
  atomic_fetch_add_explicit(&engine->turns, 1, memory_order_relaxed);
  engine->idle_turns = is_needed(engine) ? 0 : engine->idle_turns + 1;
  if (engine->idle_turns * turn_ms >= REST_AFTER_MS) rest(engine);
}

/** Gives up turns and packets that are long over. */
static void catch_up(struct engine *engine, uint64_t now_ns) {
  struct media_clock *clock = &engine->context.clock;
  if (now_ns < media_clock_next_turn_ns(clock) + GIVE_UP_NS) return;
  media_clock_skip(clock, now_ns);
  for (size_t slot = 0; slot < engine->sessions; slot++) {
    struct stream *stream = &engine->streams[slot];
    if (engine->open[slot]) stream_output_skip(stream, &engine->context, now_ns);
    note_due(engine, slot);
  }
}

/** The slot whose packet is due first. @return when, UINT64_MAX if none sends */
static uint64_t first_due(const struct engine *engine, size_t *first) {
  uint64_t due_media_ns = UINT64_MAX;
  for (size_t slot = 0; slot < engine->sessions; slot++) {
    if (engine->due_media_ns[slot] >= due_media_ns) continue;
    due_media_ns = engine->due_media_ns[slot];
    *first = slot;
  }
  return due_media_ns == UINT64_MAX ? UINT64_MAX : media_clock_when(&engine->context.clock, due_media_ns);
}

/** No longer than until a packet is due: what is still there then waits for the next turn. */
static void take_arrivals(struct engine *engine) {
  size_t slot = 0;
  uint64_t due_ns = first_due(engine, &slot);
  bool more = arrivals_take(engine);
  for (int round = 1; more && round < ARRIVAL_ROUNDS && monotonic_now_ns() < due_ns; round++) more = arrivals_take(engine);
}

/** Does what is due, in the order of time. @return when the next thing is due */
static uint64_t do_what_is_due(struct engine *engine) {
  if (!engine->resting) catch_up(engine, monotonic_now_ns());
  while (!engine->resting) {
    size_t slot = 0;
    uint64_t packet_ns = first_due(engine, &slot);
    uint64_t turn_ns = media_clock_next_turn_ns(&engine->context.clock);
    uint64_t next_ns = packet_ns < turn_ns ? packet_ns : turn_ns;
    if (next_ns > monotonic_now_ns()) return next_ns;
    // Due at once, the packet goes first: what a turn has to compute would show in its pace, and its sound is there.
    if (turn_ns < packet_ns) {
      take_arrivals(engine);
      take_turn(engine);
    } else {
      stream_output_send(&engine->streams[slot], &engine->context);
      note_due(engine, slot);
    }
  }
  return look_after(engine);
}

// ---- the loop ----

static void take_commands(struct engine *engine) {
  // What has come by now was sent as agreed before, and may be for a stream that they close.
  take_arrivals(engine);
  engine_answer_bell(engine->command_bell);
  // Rung after this was read, the bell rings once more.
  atomic_store(&engine->pulse_answered, atomic_load(&engine->pulse_passed));
  stir(engine);
  struct engine_command command;
  while (ring_get(&engine->commands, &command)) obey(engine, &command);
  get_up(engine);
}

/** What the courier says: after the commands, which say what it is about. */
static void take_news(struct engine *engine) {
  struct courier_news news;
  while (ring_get(&engine->news, &news)) {
    size_t slot = news.session % engine->sessions;
    struct stream *stream = &engine->streams[slot];
    // A stream that is not open is the control thread's.
    if (engine->open[slot] && stream->id == news.session) {
      stream_security_take(stream, &engine->context, &news, monotonic_now_ns());
      note_due(engine, slot);
    }
    stream_retire(&engine->context, news.sender, news.receiver);
  }
}

/**
 * A timer that is set for the same moment already stays: packets that come change nothing about what is due.
 * @param at_ns UINT64_MAX: never
 */
static void set_timer(struct engine *engine, uint64_t at_ns) {
  if (at_ns == engine->timer_ns) return;
  engine->timer_ns = at_ns;
  if (at_ns == UINT64_MAX) at_ns = 0; // disarmed
  struct itimerspec timer = {.it_value = {.tv_sec = (time_t)(at_ns / NS_PER_SECOND),
                                          .tv_nsec = (long)(at_ns % NS_PER_SECOND)}};
  (void)timerfd_settime(engine->timer, TFD_TIMER_ABSTIME, &timer, NULL);
}

static void start(struct engine *engine) {
  atomic_store(&engine->realtime, realtime_raise_thread());
  bool locked = realtime_lock_stack();
  locked &= realtime_lock_code();
  locked &= realtime_lock_memory(engine, sizeof *engine);
  locked &= engine_lock_pools(engine);
  locked &= realtime_lock_memory(engine->hearing.voice, voice_bytes());
  atomic_store(&engine->memory_locked, locked);
  uint64_t now_ns = monotonic_now_ns();
  engine->context.clock = media_clock_start(now_ns, engine->context.turn_ms);
  engine->context.unix_zero_ns = wallclock_now_ns() - now_ns;
  watch(engine, engine->timer, SOURCE_TIMER);
  watch(engine, engine->command_bell, SOURCE_COMMANDS);
  sem_post(&engine->answer);
}

void *media_thread_run(void *argument) {
  struct engine *engine = argument;
  struct epoll_event ready[SOURCE_COUNT];
  start(engine);
  while (!atomic_load_explicit(&engine->stopping, memory_order_relaxed)) {
    set_timer(engine, do_what_is_due(engine));
    if (engine->context.wake_courier) {
      engine->context.wake_courier = false;
      engine_ring_bell(engine->event_bell);
    }
    int count = epoll_wait(engine->epoll, ready, SOURCE_COUNT, -1);
    (void)do_what_is_due(engine);
    bool commanded = false;
    for (int at = 0; at < count; at++) commanded = commanded || ready[at].data.u64 == SOURCE_COMMANDS;
    if (commanded) {
      take_commands(engine);
      take_news(engine);
    }
  }
  return NULL;
}
