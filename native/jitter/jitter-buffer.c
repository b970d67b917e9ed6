// Packets in. See jitter-buffer.h; frames out are in jitter-buffer-get.c.

#include "jitter/jitter-buffer.h"

#include <string.h>

#include "jitter/jitter-internal.h"

enum {
  PERCENT_LATE = 3,  // Of the packets remembered, so many may come later than the target allows for.
  RANKED = (JITTER_BUFFER_HISTORY * PERCENT_LATE + 99) / 100 + 1,
  KNOWN = 10,  // After so many packets a network that was even is taken to be even.
  JUMPS_TO_RESET = 2,  // As RFC 3550 A.1 does: one stray packet is no new beginning.
};

/** Of a read; added to what was seen: the player can do no better than that. */
#define SLACK_SHARE 10
/** So much delay is not worth a single packet that is late. */
#define CHEAP_NS INT64_C(5000000)
/** A transit that differs by more is another clock's. */
#define JUMP_NS INT64_C(1000000000)

static bool are_limits(uint64_t min_delay_ns, uint64_t max_delay_ns) {
  return min_delay_ns <= max_delay_ns && max_delay_ns <= NS_PER_SECOND;
}

/** Within the limits. */
static int64_t bounded(const struct jitter_buffer *buffer, int64_t delay_ns) {
  int64_t least = (int64_t)buffer->options.min_delay_ns;
  int64_t most = (int64_t)buffer->options.max_delay_ns;
  if (delay_ns < least) return least;
  return delay_ns > most ? most : delay_ns;
}

dp_error jitter_buffer_init(struct jitter_buffer *buffer, const struct jitter_buffer_options *options) {
  if (!buffer || !options) return DP_INVALID_ARGUMENT;
  if (options->clock_rate_hz == 0 || options->read_samples == 0) return DP_INVALID_ARGUMENT;
  if (!are_limits(options->min_delay_ns, options->max_delay_ns)) return DP_INVALID_ARGUMENT;
  memset(buffer, 0, sizeof *buffer);
  buffer->options = *options;
  buffer->target_ns = (int64_t)options->min_delay_ns;
  return DP_OK;
}

dp_error jitter_buffer_restart(struct jitter_buffer *buffer, const struct jitter_buffer_options *options) {
  struct jitter_counters counters = buffer->counters;
  struct loss_pattern losses = buffer->losses;
  dp_error error = jitter_buffer_init(buffer, options);
  buffer->counters = counters;
  buffer->losses = losses;
  return error;
}

dp_error jitter_buffer_set_limits(struct jitter_buffer *buffer, uint64_t min_delay_ns, uint64_t max_delay_ns) {
  if (!are_limits(min_delay_ns, max_delay_ns)) return DP_INVALID_ARGUMENT;
  buffer->options.min_delay_ns = min_delay_ns;
  buffer->options.max_delay_ns = max_delay_ns;
  buffer->target_ns = bounded(buffer, buffer->target_ns);
  return DP_OK;
}

void jitter_forget_stream(struct jitter_buffer *buffer) {
  struct jitter_buffer_options options = buffer->options;
  (void)jitter_buffer_restart(buffer, &options);
  buffer->counters.resets++;
}

int64_t jitter_samples_ns(const struct jitter_buffer *buffer, int64_t samples) {
  int64_t rate = (int64_t)buffer->options.clock_rate_hz;
  return samples / rate * (int64_t)NS_PER_SECOND + samples % rate * (int64_t)NS_PER_SECOND / rate;
}

static int64_t unwrap(const struct jitter_buffer *buffer, uint32_t timestamp) {
  if (!buffer->has_source) return timestamp;
  return buffer->last_timestamp + (int32_t)(timestamp - buffer->last_raw_timestamp);
}

/** Whether a sequence number has come before; marks it. A jump beyond the window begins a new window. */
static bool seen_before(struct jitter_buffer *buffer, uint16_t sequence) {
  int16_t ahead = (int16_t)(uint16_t)(sequence - buffer->newest_sequence);
  if (!buffer->has_source || ahead > 63 || ahead < -63) {
    // Far behind is a straggler where the window stays; far ahead moves all of it out.
    if (buffer->has_source && ahead < -63) return false;
    buffer->newest_sequence = sequence;
    buffer->seen = 1;
    return false;
  }
  if (ahead > 0) {
    buffer->seen = buffer->seen << ahead | 1;
    buffer->newest_sequence = sequence;
    return false;
  }
  uint64_t bit = UINT64_C(1) << -ahead;
  bool seen = buffer->seen & bit;
  buffer->seen |= bit;
  return seen;
}

/** Excesses of the remembered packets. */
struct excess {
  int64_t percentile; /**< All but PERCENT_LATE stay within it. */
  int64_t greatest;
};

/** What no delay could save is left out. */
static struct excess measure_excess(const struct jitter_buffer *buffer) {
  int64_t greatest[RANKED] = {0};
  // Rounded up, so that from the beginning one straggler does not set the delay.
  size_t rank = (buffer->transit_count * PERCENT_LATE + 99) / 100;
  for (size_t i = 0; i < buffer->transit_count; i++) {
    int64_t excess = buffer->transits[i] - buffer->fast_path_ns;
    if (excess > (int64_t)buffer->options.max_delay_ns) continue;
    for (size_t place = 0; place <= rank; place++) {
      if (excess <= greatest[place]) continue;
      int64_t displaced = greatest[place];
      greatest[place] = excess;
      excess = displaced;
    }
  }
  return (struct excess){.percentile = greatest[rank], .greatest = greatest[0]};
}

/** Remembers a transit; fast path and target follow. */
static void learn_transit(struct jitter_buffer *buffer, int64_t transit_ns) {
  buffer->transits[buffer->transit_next] = transit_ns;
  buffer->transit_next = (buffer->transit_next + 1) % JITTER_BUFFER_HISTORY;
  if (buffer->transit_count < JITTER_BUFFER_HISTORY) buffer->transit_count++;

  buffer->fast_path_ns = transit_ns;
  for (size_t i = 0; i < buffer->transit_count; i++) {
    if (buffer->transits[i] < buffer->fast_path_ns) buffer->fast_path_ns = buffer->transits[i];
  }
  struct excess excess = measure_excess(buffer);
  int64_t slack = jitter_samples_ns(buffer, buffer->options.read_samples) / SLACK_SHARE;
  int64_t target = excess.percentile + slack;
  // What is seldom late, and by little, is waited for as well: it costs next to nothing. So does not to know better yet.
  int64_t cheap = buffer->transit_count < KNOWN ? CHEAP_NS : excess.greatest + slack;
  if (cheap > CHEAP_NS) cheap = CHEAP_NS;
  buffer->target_ns = bounded(buffer, target < cheap ? cheap : target);
}

_Static_assert(JITTER_BUFFER_SLOTS == 64, "a word has a bit for each slot");

static struct jitter_slot *claim_slot(struct jitter_buffer *buffer) {
  uint64_t unused = ~buffer->used;
  if (unused != 0) {
    size_t slot = jitter_next_slot(&unused);
    buffer->used |= UINT64_C(1) << slot;
    return &buffer->slots[slot];
  }
  struct jitter_slot *oldest = &buffer->slots[0];
  for (size_t i = 1; i < JITTER_BUFFER_SLOTS; i++) {
    if (buffer->slots[i].timestamp < oldest->timestamp) oldest = &buffer->slots[i];
  }
  buffer->counters.overflowed++;
  return oldest;
}

static void store(struct jitter_buffer *buffer, const struct jitter_packet *packet, int64_t timestamp) {
  struct jitter_slot *slot = claim_slot(buffer);
  slot->quiet = packet->quiet;
  slot->pause = packet->pause;
  slot->sequence = packet->header.sequence;
  slot->timestamp = timestamp;
  slot->samples = packet->samples;
  slot->bytes = packet->payload.length;
  memcpy(slot->payload, packet->payload.data, packet->payload.length);
}

/** Whether a packet belongs to the stream as it is; begins a new stream where it plainly does not. */
static bool belongs(struct jitter_buffer *buffer, const struct jitter_packet *packet, uint64_t arrival_ns) {
  if (!buffer->has_source) return true;
  if (packet->header.ssrc != buffer->ssrc) {
    jitter_forget_stream(buffer);
    return true;
  }
  int64_t transit = (int64_t)arrival_ns - jitter_samples_ns(buffer, unwrap(buffer, packet->header.timestamp));
  int64_t excess = transit - buffer->fast_path_ns;
  if (excess <= JUMP_NS && excess >= -JUMP_NS) {
    buffer->jumps_in_a_row = 0;
    return true;
  }
  if (++buffer->jumps_in_a_row < JUMPS_TO_RESET) return false;
  jitter_forget_stream(buffer);
  return true;
}

enum jitter_put jitter_buffer_put(struct jitter_buffer *buffer, const struct jitter_packet *packet,
                                  uint64_t arrival_ns) {
  if (packet->samples == 0 || packet->payload.length == 0 || packet->payload.length > JITTER_BUFFER_PAYLOAD_BYTES ||
      packet->samples > buffer->options.clock_rate_hz) {
    buffer->counters.refused++;
    return JITTER_PUT_REFUSED;
  }
  if (!belongs(buffer, packet, arrival_ns)) {
    buffer->counters.late++;
    return JITTER_PUT_LATE;
  }
  if (seen_before(buffer, packet->header.sequence)) {
    buffer->counters.duplicates++;
    return JITTER_PUT_DUPLICATE;
  }
  int64_t timestamp = unwrap(buffer, packet->header.timestamp);
  buffer->has_source = true;
  buffer->ssrc = packet->header.ssrc;
  buffer->last_raw_timestamp = packet->header.timestamp;
  buffer->last_timestamp = timestamp;
  if (!packet->pause) buffer->frame_samples = packet->samples;
  learn_transit(buffer, (int64_t)arrival_ns - jitter_samples_ns(buffer, timestamp));

  bool over = buffer->playing && timestamp + packet->samples <= buffer->position;
  // What was made up meanwhile gives way to it.
  if (over && jitter_pause_lasts(buffer, packet->pause, packet->header.sequence)) {
    timestamp = buffer->position;
    over = false;
  }
  if (over) {
    buffer->counters.late++;
    buffer->late_since_hold = true;
    return JITTER_PUT_LATE;
  }
  store(buffer, packet, timestamp);
  buffer->counters.kept++;
  return JITTER_PUT_KEPT;
}

uint64_t jitter_buffer_delay_ns(const struct jitter_buffer *buffer) {
  return buffer->playing && buffer->delay_ns > 0 ? (uint64_t)buffer->delay_ns : 0;
}

uint64_t jitter_buffer_target_ns(const struct jitter_buffer *buffer) { return (uint64_t)buffer->target_ns; }
