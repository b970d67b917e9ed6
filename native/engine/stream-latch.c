// See stream-latch.h. The rules for plain RTP, which nobody signs:
//
// - The agreed host counts, whatever its port; the agreed port at once, another one while nothing comes from where the
//   peer was before.
// - Nobody else counts, unless the agreement says that the peer is behind a NAT, so that its address cannot be right.
//   Then, as long as the agreed host has never been heard, two packets in sequence from the host that signals for the
//   peer make it the peer, and from any other host five.
// - Whoever is the peer stays it until he is quiet for a second: nobody of the same or a lower rank takes his place. A
//   higher rank does, with two packets in sequence.
// - Two hosts of the lowest rank that both send within the first two seconds are one too many: neither is believed until
//   one is quiet, and our sound goes to the agreed address. An attacker who was there first hears the door for 0.1 s.

#include "engine/stream-latch.h"

#include <string.h>

#include "engine/stream.h"

/** After such a pause somebody else may take the peer's place. */
#define LATCH_NS NS_PER_SECOND
/** For so long after a stranger became the peer, another stranger makes both doubtful. */
#define CONTEST_NS (2 * NS_PER_SECOND)

/** How good a claim is. */
enum latch_rank { LATCH_NOBODY, LATCH_STRANGER, LATCH_SIGNALLING, LATCH_SIGNALLED };

/** Packets in sequence that a claim takes; RFC 3550 A.1 has two for a new source. */
static const uint32_t packets_wanted[] = {
    [LATCH_NOBODY] = UINT32_MAX, [LATCH_STRANGER] = 5, [LATCH_SIGNALLING] = 2, [LATCH_SIGNALLED] = 2};

static enum latch_rank rank_of(const struct stream *stream, const struct sockaddr_storage *source) {
  const struct stream_setup *setup = &stream->setup;
  if (sockets_same_host(source, &setup->remote)) return LATCH_SIGNALLED;
  if (!setup->first_stable) return LATCH_NOBODY;
  return sockets_same_host(source, &setup->signalling) ? LATCH_SIGNALLING : LATCH_STRANGER;
}

static bool peer_is_quiet(const struct stream_input *input, uint64_t now_ns) {
  return !input->latched || now_ns > input->last_ns + LATCH_NS;
}

void stream_latch_reset(struct stream *stream) {
  memset(&stream->input.latch, 0, sizeof stream->input.latch);
  stream->input.latched = false;
}

// ---- claims ----

/** The place for a source: its own, else a free one, else that of whoever was quiet for longest. */
static struct latch_candidate *place_of(struct stream_latch *latch, const struct sockaddr_storage *source) {
  struct latch_candidate *place = &latch->candidates[0];
  for (size_t at = 0; at < LATCH_CANDIDATES; at++) {
    struct latch_candidate *candidate = &latch->candidates[at];
    if (candidate->packets > 0 && sockets_same_address(&candidate->source, source)) return candidate;
    if (candidate->packets == 0 || (place->packets > 0 && candidate->last_ns < place->last_ns)) place = candidate;
  }
  memset(place, 0, sizeof *place);
  return place;
}

/** Enters a packet into what its source has sent. */
static const struct latch_candidate *note(struct stream_latch *latch, const struct rtp_header *header,
                                          const struct sockets_datagram *datagram) {
  struct latch_candidate *candidate = place_of(latch, &datagram->source);
  bool follows = candidate->packets > 0 && candidate->ssrc == header->ssrc && candidate->next == header->sequence &&
                 datagram->arrival_ns <= candidate->last_ns + LATCH_NS;
  candidate->source = datagram->source;
  candidate->ssrc = header->ssrc;
  candidate->next = (uint16_t)(header->sequence + 1);
  candidate->packets = follows ? candidate->packets + 1 : 1;
  candidate->last_ns = datagram->arrival_ns;
  return candidate;
}

/** Whether another stranger has as good a claim, and keeps it up. */
static bool is_contested(const struct stream *stream, const struct latch_candidate *claim) {
  const struct stream_latch *latch = &stream->input.latch;
  for (size_t at = 0; at < LATCH_CANDIDATES; at++) {
    const struct latch_candidate *other = &latch->candidates[at];
    if (other == claim || other->packets < packets_wanted[LATCH_STRANGER]) continue;
    if (claim->last_ns <= other->last_ns + LATCH_NS && rank_of(stream, &other->source) == LATCH_STRANGER) return true;
  }
  return false;
}

/** What the peer's place has come to: nobody's. Who is heard next is a new source. */
static void vacate(struct stream *stream) {
  stream->input.latched = false;
  stream_input_forget(stream);
}

/** A claim that is complete, against whoever holds the place. */
static bool decide(struct stream *stream, const struct latch_candidate *claim, enum latch_rank rank,
                   enum latch_rank holder) {
  const struct stream_latch *latch = &stream->input.latch;
  if (holder >= rank) {
    bool doubtful = rank == LATCH_STRANGER && claim->last_ns < latch->since_ns + CONTEST_NS;
    if (doubtful && holder == LATCH_STRANGER) vacate(stream);
    return false;
  }
  if (rank == LATCH_STRANGER && is_contested(stream, claim)) return false;
  if (holder != LATCH_NOBODY) vacate(stream);
  return true;
}

bool stream_latch_admits(struct stream *stream, const struct rtp_header *header,
                         const struct sockets_datagram *datagram) {
  struct stream_input *input = &stream->input;
  const struct sockaddr_storage *source = &datagram->source;
  enum latch_rank rank = rank_of(stream, source);
  if (input->latched && sockets_same_address(source, &input->peer)) {
    if (rank == LATCH_STRANGER) (void)note(&input->latch, header, datagram);
    return true;
  }
  if (rank == LATCH_NOBODY) return false;
  bool vacant = peer_is_quiet(input, datagram->arrival_ns);
  enum latch_rank holder = vacant ? LATCH_NOBODY : rank_of(stream, &input->peer);
  if (rank == LATCH_SIGNALLED && (vacant || holder == LATCH_SIGNALLED)) {
    return vacant || sockets_same_address(source, &stream->setup.remote);
  }
  if (rank != LATCH_SIGNALLED && input->latch.signalled) return false;
  const struct latch_candidate *claim = note(&input->latch, header, datagram);
  return claim->packets >= packets_wanted[rank] && decide(stream, claim, rank, holder);
}

void stream_latch_follow(struct stream *stream, const struct sockets_datagram *datagram) {
  struct stream_input *input = &stream->input;
  // With ICE the checks say where, and no packet of media (RFC 8445 §12).
  if (stream->security.nominated[COMPONENT_RTP]) return;
  if (sockets_same_host(&datagram->source, &stream->setup.remote)) input->latch.signalled = true;
  if (input->latched && sockets_same_address(&datagram->source, &input->peer)) return;
  bool agreed = sockets_same_address(&datagram->source, &stream->setup.remote);
  if (!peer_is_quiet(input, datagram->arrival_ns) && !agreed) return;
  input->latched = true;
  input->peer = datagram->source;
  input->latch.since_ns = datagram->arrival_ns;
}
