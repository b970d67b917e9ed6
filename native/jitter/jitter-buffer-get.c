// Frames out. See jitter-buffer.h.

#include <string.h>

#include "jitter/jitter-buffer.h"
#include "jitter/jitter-internal.h"
#include "jitter/time-scale.h"

enum {
  DRY_MS = 100,      // Made up for so long: nothing is coming, playing stops.
  SURPLUS_MS = 500,  // So long a quiet frame is waited for before one that is not is skipped,
  DEFICIT_MS = 200,  // or held.
  STRETCH_MS = 60,  // So long like sound is waited for before sound is stretched where it is unlike.
  SURPLUS_FRAMES_AT_ONCE = 3,
  HOPELESS_TO_RESET = 5,
  LOSSES_MOST = 3000,  // RFC 3550 A.1: a greater step is no loss.
};

/** One look at the clock: where playing stands. Times in ns. */
struct standing {
  int64_t play_at;
  int64_t frame;
  int64_t target;  /**< The buffer's, and what the player takes ahead of its need. */
  uint32_t step;   /**< Samples by which the delay can change and frames fall together with reads as before. */
  uint32_t beyond; /**< Samples that the player holds beyond such a place. */
};

static uint32_t greatest_common_divisor(uint32_t a, uint32_t b) {
  while (b != 0) {
    uint32_t rest = a % b;
    a = b;
    b = rest;
  }
  return a;
}

static uint32_t frame_samples(const struct jitter_buffer *buffer) {
  return buffer->frame_samples > 0 ? buffer->frame_samples : buffer->options.read_samples;
}

/** @param lead_ns see jitter_buffer_get */
static struct standing look(const struct jitter_buffer *buffer, uint64_t now_ns, uint64_t lead_ns) {
  uint32_t read = buffer->options.read_samples;
  uint32_t step = greatest_common_divisor(frame_samples(buffer), read);
  uint64_t lead = (lead_ns * buffer->options.clock_rate_hz + NS_PER_SECOND / 2) / NS_PER_SECOND;
  uint32_t beyond = (uint32_t)(lead % step);
  // A player whose reads do not fall together with packets takes some of them before they are due.
  int64_t read_ahead_ns = jitter_samples_ns(buffer, read - step + beyond);
  return (struct standing){
      .play_at = (int64_t)(now_ns + lead_ns),
      .frame = jitter_samples_ns(buffer, frame_samples(buffer)),
      .target = buffer->target_ns + read_ahead_ns,
      .step = step,
      .beyond = beyond,
  };
}

static uint32_t samples_in_ms(const struct jitter_buffer *buffer, uint32_t ms) {
  return buffer->options.clock_rate_hz / 1000 * ms;
}

static int64_t delay_of(const struct jitter_buffer *buffer, const struct standing *standing, int64_t timestamp) {
  return standing->play_at - buffer->fast_path_ns - jitter_samples_ns(buffer, timestamp);
}

/** The earliest packet that is not over yet; drops those that are. */
static struct jitter_slot *earliest(struct jitter_buffer *buffer) {
  struct jitter_slot *found = NULL;
  for (uint64_t used = buffer->used; used != 0;) {
    struct jitter_slot *slot = &buffer->slots[jitter_next_slot(&used)];
    if (buffer->playing && slot->timestamp + slot->samples <= buffer->position) {
      jitter_free_slot(buffer, slot);
      buffer->counters.late++;
      continue;
    }
    if (!found || slot->timestamp < found->timestamp) found = slot;
  }
  return found;
}

/** A packet's turn has come: those between it and the last one are lost, or too late. */
static void note_turn(struct jitter_buffer *buffer, const struct jitter_slot *slot) {
  uint16_t ahead = (uint16_t)(slot->sequence - buffer->played_sequence);
  if (buffer->has_played && ahead > 1 && ahead < LOSSES_MOST) loss_pattern_lost(&buffer->losses, ahead - 1u);
  loss_pattern_received(&buffer->losses);
  buffer->has_played = true;
  buffer->played_sequence = slot->sequence;
}

/** Playing begins with this packet. */
static void start_at(struct jitter_buffer *buffer, const struct jitter_slot *first) {
  buffer->playing = true;
  buffer->position = first->timestamp;
  buffer->dry_samples = 0;
  buffer->surplus_samples = 0;
  buffer->deficit_samples = 0;
  buffer->stretch_samples = 0;
  buffer->has_skipped = false;
  buffer->hopeless_in_a_row = 0;
}

/** Whether playing can begin: the earliest packet has waited long enough. Packets that have waited a frame too long
 * give way to later ones. */
static bool start_playing(struct jitter_buffer *buffer, const struct standing *standing) {
  bool gave_way = false;
  for (;;) {
    struct jitter_slot *first = earliest(buffer);
    if (!first) break;
    int64_t delay = delay_of(buffer, standing, first->timestamp);
    if (delay < standing->target) return false;
    int64_t beyond = delay - standing->target;
    if (jitter_pause_lasts(buffer, first->pause, first->sequence)) {
      first->timestamp += beyond * (int64_t)buffer->options.clock_rate_hz / (int64_t)NS_PER_SECOND;
      beyond = 0;
    }
    if (beyond < jitter_samples_ns(buffer, first->samples)) {
      start_at(buffer, first);
      return true;
    }
    jitter_free_slot(buffer, first);
    buffer->counters.late++;
    gave_way = true;
  }
  // Not even the latest was in time, and that time after time: the timestamps went back a little, and waiting for them
  // to catch up would be as long a silence.
  if (gave_way && ++buffer->hopeless_in_a_row >= HOPELESS_TO_RESET) jitter_forget_stream(buffer);
  return false;
}

static void stop_playing(struct jitter_buffer *buffer) {
  buffer->playing = false;
  buffer->delay_ns = 0;
}

static void give(struct jitter_frame *frame, enum jitter_frame_kind kind, uint32_t samples) {
  *frame = (struct jitter_frame){.kind = kind, .samples = samples};
}

/** A frame that is made up; the position waits, so that the delay grows by it. */
static void hold(struct jitter_buffer *buffer, struct jitter_frame *frame, enum jitter_frame_kind kind) {
  uint32_t samples = frame_samples(buffer);
  buffer->counters.inserted++;
  if (!buffer->pausing) buffer->counters.concealed++;
  buffer->deficit_samples = 0;
  buffer->late_since_hold = false;
  give(frame, kind, samples);
}

/** Whether to skip this packet, as the delay is too long. */
static bool is_surplus(struct jitter_buffer *buffer, const struct standing *standing, const struct jitter_slot *slot) {
  int64_t surplus = buffer->delay_ns - standing->target;
  // An eighth more than a frame, so that a delay at the edge is not skipped and held in turn.
  if (surplus < standing->frame + standing->frame / 8) {
    buffer->surplus_samples = 0;
    return false;
  }
  if (slot->quiet && buffer->surplus_samples > 0) return true;
  if (surplus >= SURPLUS_FRAMES_AT_ONCE * standing->frame) return true;
  if (buffer->delay_ns > (int64_t)buffer->options.max_delay_ns + standing->frame) return true;
  buffer->surplus_samples += slot->samples;
  return buffer->surplus_samples > samples_in_ms(buffer, SURPLUS_MS);
}

/** Whether to hold before this packet, as the delay is too short. */
static bool is_deficit(struct jitter_buffer *buffer, const struct standing *standing, const struct jitter_slot *slot) {
  int64_t deficit = standing->target - buffer->delay_ns;
  // A quarter of a frame is not worth an audible change; a packet that does not come in time holds by itself.
  if (deficit < standing->frame / 4) {
    buffer->deficit_samples = 0;
    return false;
  }
  buffer->deficit_samples += slot->samples;
  return slot->quiet || buffer->deficit_samples > samples_in_ms(buffer, DEFICIT_MS);
}

static void skip(struct jitter_buffer *buffer, const struct standing *standing, struct jitter_slot *slot) {
  jitter_free_slot(buffer, slot);
  buffer->position = slot->timestamp + slot->samples;
  note_turn(buffer, slot);
  buffer->surplus_samples = 0;
  buffer->has_skipped = true;
  buffer->counters.skipped++;
  buffer->delay_ns = delay_of(buffer, standing, buffer->position);
}

/** Asks the player to stretch, if the delay is to change. */
static void ask_to_stretch(struct jitter_buffer *buffer, const struct standing *standing, struct jitter_frame *frame) {
  int64_t spare = buffer->delay_ns - standing->target;
  int64_t step_ns = jitter_samples_ns(buffer, standing->step);
  uint32_t least = samples_in_ms(buffer, TIME_SCALE_LEAST_MS);
  bool between = standing->beyond >= least;
  frame->pace = JITTER_PACE_AS_IS;
  if (between ? spare >= 0 : spare >= step_ns + step_ns / 16) {
    frame->pace = JITTER_PACE_FASTER;
    frame->stretch = between ? standing->beyond : standing->step + standing->beyond;
  } else if (between || spare <= -step_ns / 16) {
    // In good time: once a packet comes late, a whole frame is held for it.
    frame->pace = JITTER_PACE_SLOWER;
    frame->stretch = standing->step - standing->beyond + least;
  }
  buffer->stretch_samples = frame->pace == JITTER_PACE_AS_IS ? 0 : buffer->stretch_samples + frame->samples;
  frame->at_any_price = buffer->stretch_samples > samples_in_ms(buffer, STRETCH_MS);
}

static void play(struct jitter_buffer *buffer, const struct standing *standing, struct jitter_slot *slot,
                 struct jitter_frame *frame) {
  jitter_free_slot(buffer, slot);
  buffer->position = slot->timestamp + slot->samples;
  note_turn(buffer, slot);
  buffer->dry_samples = 0;
  buffer->pausing = slot->pause;
  if (!slot->pause) buffer->counters.played++;
  give(frame, slot->pause ? JITTER_FRAME_PAUSE : JITTER_FRAME_PACKET, slot->samples);
  frame->payload = (struct byte_view){slot->payload, slot->bytes};
  frame->follows_skipped = buffer->has_skipped;
  buffer->has_skipped = false;
  if (!slot->pause) ask_to_stretch(buffer, standing, frame);
}

/** Nothing is there for the position. @param next the next packet, later than the position; null: none */
static void bridge(struct jitter_buffer *buffer, const struct standing *standing, const struct jitter_slot *next,
                   struct jitter_frame *frame) {
  uint32_t samples = frame_samples(buffer);
  if (next && next->timestamp - buffer->position < (int64_t)samples)
    samples = (uint32_t)(next->timestamp - buffer->position);
  buffer->dry_samples += samples;
  // No number is missing, so the sender paused: silence, in which the delay is changed for nothing.
  bool pause = buffer->pausing || (next && next->sequence == (uint16_t)(buffer->played_sequence + 1));
  // Nearly long enough is long enough, as a packet that is lost would be held for in vain; unless one came late.
  int64_t deficit = standing->target - buffer->delay_ns;
  if (deficit > standing->frame / 8 || (deficit > 0 && buffer->late_since_hold)) {
    hold(buffer, frame, pause ? JITTER_FRAME_SILENCE : JITTER_FRAME_CONCEAL);
    return;
  }
  buffer->position += samples;
  if (pause) {
    give(frame, JITTER_FRAME_SILENCE, samples);
    return;
  }
  buffer->counters.concealed++;
  give(frame, JITTER_FRAME_CONCEAL, samples);
  if (next && next->timestamp == buffer->position) frame->following = (struct byte_view){next->payload, next->bytes};
}

/** What to play of a stream that is playing. */
static void go_on(struct jitter_buffer *buffer, const struct standing *standing, struct jitter_frame *frame) {
  for (;;) {
    buffer->delay_ns = delay_of(buffer, standing, buffer->position);
    struct jitter_slot *next = earliest(buffer);
    if (!next || next->timestamp > buffer->position) {
      bridge(buffer, standing, next, frame);
      return;
    }
    if (!next->pause && is_surplus(buffer, standing, next)) {
      skip(buffer, standing, next);
      continue;
    }
    if (!next->pause && is_deficit(buffer, standing, next))
      hold(buffer, frame, JITTER_FRAME_CONCEAL);
    else
      play(buffer, standing, next, frame);
    return;
  }
}

/** Silence up to the end of the player's read and no further, so that no packet has to wait behind it. */
static uint32_t missing_samples(const struct jitter_buffer *buffer, uint64_t lead_ns) {
  uint64_t held = lead_ns * buffer->options.clock_rate_hz / NS_PER_SECOND;
  return held < buffer->options.read_samples ? buffer->options.read_samples - (uint32_t)held
                                             : buffer->options.read_samples;
}

void jitter_buffer_get(struct jitter_buffer *buffer, uint64_t now_ns, uint64_t lead_ns, struct jitter_frame *frame) {
  const struct standing standing = look(buffer, now_ns, lead_ns);
  if (buffer->playing) {
    int64_t limit = (int64_t)buffer->options.max_delay_ns + standing.target - buffer->target_ns + 2 * standing.frame;
    bool stale = delay_of(buffer, &standing, buffer->position) > limit;
    bool dry = buffer->dry_samples >= samples_in_ms(buffer, DRY_MS);
    if (stale || dry) stop_playing(buffer);
  }
  if (!buffer->playing && !start_playing(buffer, &standing)) {
    give(frame, JITTER_FRAME_SILENCE, missing_samples(buffer, lead_ns));
    return;
  }
  go_on(buffer, &standing, frame);
}
