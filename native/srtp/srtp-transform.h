// What a suite does to one packet: counter mode with HMAC-SHA1 (RFC 3711 §4.1.1, §4.2.1) or GCM (RFC 7714 §8, §9).
// It knows neither roll-over counters nor windows; nothing is kept from packet to packet. No allocation.

#ifndef DOORPHONE_SRTP_SRTP_TRANSFORM_H
#define DOORPHONE_SRTP_SRTP_TRANSFORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "srtp/srtp-keys.h"

/** SRTCP adds the E bit with its index (RFC 3711 §3.4, RFC 7714 §9.2). */
#define SRTCP_INDEX_BYTES 4
/** What stays in the clear of RTCP: the first packet's header and SSRC (RFC 3711 §3.4, figure 2). */
#define SRTCP_CLEAR_BYTES 8

/** A packet under way. Behind `length` there is room for what the suite adds, or that is there to be checked. */
struct srtp_frame {
  uint8_t *bytes;
  size_t clear;  /**< So much at the beginning is never encrypted. */
  size_t length; /**< Of the plain packet. */
  size_t mki;    /**< Of the identifier that stands before the tag of HMAC (RFC 3711 §3.1); GCM's has its own before it. */
  uint32_t ssrc;
  uint64_t index; /**< 48 bits of RTP: ROC times 65536 plus sequence number; 31 bits of RTCP. */
};

/** XORs counter mode's keystream over bytes (RFC 3711 §4.1.1). @return DP_OK, DP_CRYPTO */
dp_error srtp_apply_keystream(struct srtp_session_keys *keys, const struct srtp_frame *frame);

/** Encrypts and adds the tag; no MKI. @return DP_OK, DP_CRYPTO */
dp_error srtp_seal_rtp(struct srtp_session_keys *keys, const struct srtp_frame *frame);

/** Checks the tag and decrypts; a packet that is not authentic is left as it was. @return DP_OK, DP_NOT_AUTHENTIC,
 * DP_CRYPTO */
dp_error srtp_open_rtp(struct srtp_session_keys *keys, const struct srtp_frame *frame);

/** Encrypts, adds tag and index; no MKI. @return DP_OK, DP_CRYPTO */
dp_error srtp_seal_rtcp(struct srtp_session_keys *keys, const struct srtp_frame *frame);

/** Where the word with E bit and index stands behind a plain RTCP packet of `length`. */
size_t srtcp_index_at(const struct srtp_session_keys *keys, size_t length);

/** Checks the tag and, where the packet's E bit says so, decrypts. @return as srtp_open_rtp */
dp_error srtp_open_rtcp(struct srtp_session_keys *keys, const struct srtp_frame *frame);

#endif
