// How good a call sounds, estimated from what the network did to it: the E-model (ITU-T G.107) with its default values for
// all that a network does not change. Pure.
//
// Leaves out: the wideband scale (G.107.1). Every codec is rated as G.711 with concealment is: a wideband call is better than
// its figure.

#ifndef DOORPHONE_RTP_QUALITY_H
#define DOORPHONE_RTP_QUALITY_H

/** What the network did. */
struct quality_causes {
  double lost_share; /**< 0 to 1: packets that were lost or came too late. */
  double burstiness; /**< BurstR: 1 where chance rules; see loss_pattern_burstiness. */
  double delay_ms;   /**< From mouth to ear, one way; 0: not to be counted. */
};

/** The transmission rating R, 0 to 93.2. */
double quality_rating(const struct quality_causes *causes);

/** The mean opinion score that belongs to a rating (G.107 annex B): 1 to 4.5. */
double quality_opinion(double rating);

#endif
