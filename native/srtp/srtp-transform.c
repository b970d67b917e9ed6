// See srtp-transform.h.

#include "srtp/srtp-transform.h"

#include <string.h>

#include "base/bytes.h"
#include "crypto/secure.h"

/** E, the first bit of SRTCP's index word. */
#define ENCRYPTED UINT32_C(0x80000000)

// ---- counter mode and HMAC-SHA1 ----

dp_error srtp_apply_keystream(struct srtp_session_keys *keys, const struct srtp_frame *frame) {
  // §4.1.1: IV = (k_s * 2^16) XOR (SSRC * 2^64) XOR (i * 2^16). The salt's bytes 6 to 13, moved up, are its last six.
  uint8_t iv[AES_CTR_IV_BYTES];
  bytes_store_u64(iv, bytes_load_u64(keys->salt) ^ frame->ssrc);
  bytes_store_u64(iv + 8, (bytes_load_u64(keys->salt + 6) ^ frame->index) << 16);
  dp_error error = aes_ctr_apply(&keys->cipher, iv, frame->bytes + frame->clear, frame->length - frame->clear);
  return error == DP_OK ? DP_OK : DP_CRYPTO;
}

/** The whole digest over the first `length` bytes and what follows them: for RTP the roll-over counter (§4.2). */
static dp_error digest_of(const struct srtp_session_keys *keys, const struct srtp_frame *frame, size_t length,
                          struct byte_view trailer, uint8_t digest[HMAC_SHA1_BYTES]) {
  const struct byte_view parts[] = {{frame->bytes, length}, trailer};
  return hmac_sha1_compute(&keys->authentication, parts, 2, digest);
}

static dp_error rtp_digest(const struct srtp_session_keys *keys, const struct srtp_frame *frame,
                           uint8_t digest[HMAC_SHA1_BYTES]) {
  uint8_t roll_over[4];
  bytes_store_u32(roll_over, (uint32_t)(frame->index >> 16));
  return digest_of(keys, frame, frame->length, (struct byte_view){roll_over, sizeof roll_over}, digest);
}

static dp_error rtcp_digest(const struct srtp_session_keys *keys, const struct srtp_frame *frame,
                            uint8_t digest[HMAC_SHA1_BYTES]) {
  return digest_of(keys, frame, frame->length + SRTCP_INDEX_BYTES, (struct byte_view){frame->bytes, 0}, digest);
}

// ---- GCM ----

/** What both kinds of packet have in common; the index is put in by the callers. */
static struct aes_gcm_text gcm_text(const struct srtp_session_keys *keys, const struct srtp_frame *frame) {
  struct aes_gcm_text text = {.associated = {{frame->bytes, frame->clear}, {frame->bytes, 0}},
                              .bytes = frame->bytes + frame->clear,
                              .length = frame->length - frame->clear,
                              .tag = frame->bytes + frame->length};
  // RFC 7714 §8.1: two zero bytes, SSRC, ROC and sequence number. §9.1: the same with an index of 31 bits in their place.
  uint64_t head = (uint64_t)frame->ssrc << 16 | frame->index >> 32;
  bytes_store_u64(text.iv, bytes_load_u64(keys->salt) ^ head);
  bytes_store_u32(text.iv + 8, bytes_load_u32(keys->salt + 8) ^ (uint32_t)frame->index);
  return text;
}

/** RFC 7714 §9.2, §9.3: the index word is authenticated as well; without encryption everything is that only. */
static struct aes_gcm_text gcm_rtcp_text(const struct srtp_session_keys *keys, const struct srtp_frame *frame,
                                         bool encrypted) {
  struct aes_gcm_text text = gcm_text(keys, frame);
  text.associated[1] = (struct byte_view){frame->bytes + srtcp_index_at(keys, frame->length), SRTCP_INDEX_BYTES};
  if (encrypted) return text;
  text.associated[0].length = frame->length;
  text.length = 0;
  return text;
}

// ---- RTP ----

dp_error srtp_seal_rtp(struct srtp_session_keys *keys, const struct srtp_frame *frame) {
  if (keys->suite->aead) {
    const struct aes_gcm_text text = gcm_text(keys, frame);
    return aes_gcm_seal(&keys->aead, &text);
  }
  uint8_t digest[HMAC_SHA1_BYTES];
  dp_error error = srtp_apply_keystream(keys, frame);
  if (!error) error = rtp_digest(keys, frame, digest);
  if (!error) memcpy(frame->bytes + frame->length, digest, keys->suite->rtp_tag_bytes);
  return error;
}

dp_error srtp_open_rtp(struct srtp_session_keys *keys, const struct srtp_frame *frame) {
  if (keys->suite->aead) {
    const struct aes_gcm_text text = gcm_text(keys, frame);
    return aes_gcm_open(&keys->aead, &text);
  }
  uint8_t digest[HMAC_SHA1_BYTES];
  dp_error error = rtp_digest(keys, frame, digest);
  if (error) return error;
  const uint8_t *tag = frame->bytes + frame->length + frame->mki;
  if (!secure_equal(digest, tag, keys->suite->rtp_tag_bytes)) return DP_NOT_AUTHENTIC;
  return srtp_apply_keystream(keys, frame);
}

// ---- RTCP ----

size_t srtcp_index_at(const struct srtp_session_keys *keys, size_t length) {
  return keys->suite->aead ? length + keys->suite->rtcp_tag_bytes : length;
}

dp_error srtp_seal_rtcp(struct srtp_session_keys *keys, const struct srtp_frame *frame) {
  bytes_store_u32(frame->bytes + srtcp_index_at(keys, frame->length), ENCRYPTED | (uint32_t)frame->index);
  if (keys->suite->aead) {
    const struct aes_gcm_text text = gcm_rtcp_text(keys, frame, true);
    return aes_gcm_seal(&keys->aead, &text);
  }
  uint8_t digest[HMAC_SHA1_BYTES];
  dp_error error = srtp_apply_keystream(keys, frame);
  if (!error) error = rtcp_digest(keys, frame, digest);
  if (!error) memcpy(frame->bytes + frame->length + SRTCP_INDEX_BYTES, digest, keys->suite->rtcp_tag_bytes);
  return error;
}

dp_error srtp_open_rtcp(struct srtp_session_keys *keys, const struct srtp_frame *frame) {
  bool encrypted = (bytes_load_u32(frame->bytes + srtcp_index_at(keys, frame->length)) & ENCRYPTED) != 0;
  if (keys->suite->aead) {
    const struct aes_gcm_text text = gcm_rtcp_text(keys, frame, encrypted);
    return aes_gcm_open(&keys->aead, &text);
  }
  uint8_t digest[HMAC_SHA1_BYTES];
  dp_error error = rtcp_digest(keys, frame, digest);
  if (error) return error;
  const uint8_t *tag = frame->bytes + frame->length + SRTCP_INDEX_BYTES + frame->mki;
  if (!secure_equal(digest, tag, keys->suite->rtcp_tag_bytes)) return DP_NOT_AUTHENTIC;
  return encrypted ? srtp_apply_keystream(keys, frame) : DP_OK;
}
