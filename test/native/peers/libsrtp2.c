// See libsrtp2.h. Opened at run time and on its own, so that each side's calls stay with it.

#include "libsrtp2.h"

#include <dlfcn.h>
#include <srtp2/srtp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SOURCES = 8 };

struct suite {
  const char *name;
  const char *set_rtp;
  const char *set_rtcp;
};

// A short tag is RTP's alone (RFC 4568 §6.2.2).
static const struct suite suites[] = {
    {"AES_CM_128_HMAC_SHA1_80", "srtp_crypto_policy_set_rtp_default", "srtp_crypto_policy_set_rtcp_default"},
    {"AES_CM_128_HMAC_SHA1_32", "srtp_crypto_policy_set_aes_cm_128_hmac_sha1_32",
     "srtp_crypto_policy_set_rtcp_default"},
    {"AES_256_CM_HMAC_SHA1_80", "srtp_crypto_policy_set_aes_cm_256_hmac_sha1_80",
     "srtp_crypto_policy_set_aes_cm_256_hmac_sha1_80"},
    {"AES_256_CM_HMAC_SHA1_32", "srtp_crypto_policy_set_aes_cm_256_hmac_sha1_32",
     "srtp_crypto_policy_set_aes_cm_256_hmac_sha1_80"},
    {"AEAD_AES_128_GCM", "srtp_crypto_policy_set_aes_gcm_128_16_auth", "srtp_crypto_policy_set_aes_gcm_128_16_auth"},
    {"AEAD_AES_256_GCM", "srtp_crypto_policy_set_aes_gcm_256_16_auth", "srtp_crypto_policy_set_aes_gcm_256_16_auth"},
};

typedef void (*set_policy_h)(srtp_crypto_policy_t *policy);
typedef srtp_err_status_t (*protect_h)(srtp_t context, void *packet, int *length, unsigned named, unsigned key);
typedef srtp_err_status_t (*unprotect_h)(srtp_t context, void *packet, int *length, unsigned named);

static void *library;
static protect_h protect[2];
static unprotect_h unprotect[2];
static __typeof__(&srtp_create) create;
static __typeof__(&srtp_dealloc) dealloc;
static __typeof__(&srtp_set_stream_roc) set_roll_over;

static void fail(const char *what) {
  printf("libsrtp2: %s\n", what);
  exit(2);
}

static void *find(const char *name) {
  void *symbol = dlsym(library, name);
  if (!symbol) fail(name);
  return symbol;
}

const char *peer_load(void) {
  library = dlopen("libsrtp2.so.1", RTLD_NOW | RTLD_LOCAL);
  if (!library) return NULL;
  protect[0] = (protect_h)find("srtp_protect_mki");
  protect[1] = (protect_h)find("srtp_protect_rtcp_mki");
  unprotect[0] = (unprotect_h)find("srtp_unprotect_mki");
  unprotect[1] = (unprotect_h)find("srtp_unprotect_rtcp_mki");
  create = (__typeof__(create))find("srtp_create");
  dealloc = (__typeof__(dealloc))find("srtp_dealloc");
  set_roll_over = (__typeof__(set_roll_over))find("srtp_set_stream_roc");
  if (((__typeof__(&srtp_init))find("srtp_init"))() != srtp_err_status_ok) fail("srtp_init");
  return ((__typeof__(&srtp_get_version_string))find("srtp_get_version_string"))();
}

static const struct suite *suite_named(const char *name) {
  for (size_t at = 0; at < sizeof suites / sizeof suites[0]; at++) {
    if (strcmp(suites[at].name, name) == 0) return &suites[at];
  }
  return NULL;
}

bool peer_knows(const char *suite) { return suite_named(suite) != NULL; }

void peer_open(struct peer_session *session, const char *suite, struct peer_keys *keys,
               const struct peer_source *sources, size_t count) {
  const struct suite *chosen = suite_named(suite);
  if (!chosen || count == 0 || count > SOURCES) fail("suite or number of sources");
  srtp_master_key_t masters[PEER_KEYS];
  srtp_master_key_t *list[PEER_KEYS];
  for (size_t at = 0; at < PEER_KEYS; at++) {
    masters[at] = (srtp_master_key_t){keys->masters[at], keys->mkis[at], (unsigned)keys->mki_bytes};
    list[at] = &masters[at];
  }
  srtp_policy_t policies[SOURCES];
  memset(policies, 0, sizeof policies);
  for (size_t at = 0; at < count; at++) {
    srtp_policy_t *policy = &policies[at];
    ((set_policy_h)find(chosen->set_rtp))(&policy->rtp);
    ((set_policy_h)find(chosen->set_rtcp))(&policy->rtcp);
    policy->ssrc.type = ssrc_specific;
    policy->ssrc.value = sources[at].ssrc;
    policy->keys = list;
    policy->num_master_keys = keys->mki_bytes == 0 ? 1 : PEER_KEYS;
    policy->window_size = 128;
    policy->next = at + 1 < count ? &policies[at + 1] : NULL;
  }
  srtp_t context;
  if (create(&context, policies) != srtp_err_status_ok) fail("srtp_create");
  for (size_t at = 0; at < count; at++) {
    if (sources[at].roll_over == 0) continue;
    if (set_roll_over(context, sources[at].ssrc, sources[at].roll_over) != srtp_err_status_ok) fail("roll-over");
  }
  *session = (struct peer_session){.context = context, .named = keys->mki_bytes > 0};
}

void peer_close(struct peer_session *session) {
  if (dealloc((srtp_t)session->context) != srtp_err_status_ok) fail("srtp_dealloc");
}

static enum peer_verdict verdict_of(srtp_err_status_t status, int changed, size_t *length) {
  if (status == srtp_err_status_ok) *length = (size_t)changed;
  switch (status) {
    case srtp_err_status_ok: return PEER_TAKEN;
    case srtp_err_status_replay_fail: return PEER_REPLAYED;
    case srtp_err_status_replay_old: return PEER_TOO_OLD;
    case srtp_err_status_bad_mki:
    case srtp_err_status_auth_fail:
    case srtp_err_status_cipher_fail: return PEER_NOT_AUTHENTIC;
    default: return PEER_OTHER;
  }
}

enum peer_verdict peer_protect(struct peer_session *session, bool rtcp, uint8_t *packet, size_t *length) {
  int changed = (int)*length;
  srtp_err_status_t status = protect[rtcp]((srtp_t)session->context, packet, &changed, session->named, session->key);
  return verdict_of(status, changed, length);
}

enum peer_verdict peer_unprotect(struct peer_session *session, bool rtcp, uint8_t *packet, size_t *length) {
  int changed = (int)*length;
  srtp_err_status_t status = unprotect[rtcp]((srtp_t)session->context, packet, &changed, session->named);
  return verdict_of(status, changed, length);
}
