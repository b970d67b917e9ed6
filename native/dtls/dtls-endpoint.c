// See dtls.h.

#include <openssl/err.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

#include "base/monotonic.h"
#include "crypto/hmac-sha1.h"
#include "crypto/secure.h"
#include "dtls/dtls-context.h"

/** RFC 6347 §4.2.4.1 begins with a second and lets those begin earlier who know their network: a caller is waiting. */
#define FIRST_TIMEOUT_US 400000u
#define LAST_TIMEOUT_US 3200000u
/** RFC 5764 §4.2 */
#define EXPORTER_LABEL "EXTRACTOR-dtls_srtp"
#define COOKIE_SECRET_BYTES 32
/** Records in a datagram that are looked at once there are keys: more than an honest one has. */
#define LATE_RECORDS 8

struct dtls_endpoint {
  SSL *connection;
  BIO_ADDR *unused_address; /**< DTLSv1_listen wants one; servers only. */
  struct dtls_link link;
  enum dtls_role role;
  enum dtls_state state;
  enum dtls_failure failure;
  struct dtls_fingerprints peer;
  bool verified; /**< The certificate that was shown is an announced one. */
  uint64_t deadline_ns;
  uint64_t due_ns;
  struct hmac_sha1 cookie_secret;
  struct byte_view source; /**< Of the datagram that is being taken. */
};

// ---- what OpenSSL asks ----

int dtls_endpoint_verify(X509_STORE_CTX *store, void *unused) {
  (void)unused;
  const SSL *connection = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
  struct dtls_endpoint *endpoint = connection ? SSL_get_app_data(connection) : NULL;
  if (!endpoint) return 0;
  endpoint->verified = dtls_fingerprints_match(&endpoint->peer, X509_STORE_CTX_get0_cert(store));
  if (endpoint->verified) return 1;
  endpoint->failure = DTLS_FAILURE_FINGERPRINT;
  // Becomes the alert bad_certificate (RFC 8122 §6.2).
  X509_STORE_CTX_set_error(store, X509_V_ERR_CERT_REJECTED);
  return 0;
}

static bool compute_cookie(const SSL *connection, uint8_t cookie[HMAC_SHA1_BYTES]) {
  const struct dtls_endpoint *endpoint = SSL_get_app_data(connection);
  return endpoint && hmac_sha1_compute(&endpoint->cookie_secret, &endpoint->source, 1, cookie) == DP_OK;
}

int dtls_endpoint_make_cookie(SSL *connection, unsigned char *cookie, unsigned *length) {
  if (!compute_cookie(connection, cookie)) return 0;
  *length = HMAC_SHA1_BYTES;
  return 1;
}

int dtls_endpoint_check_cookie(SSL *connection, const unsigned char *cookie, unsigned length) {
  uint8_t expected[HMAC_SHA1_BYTES];
  if (length != sizeof expected || !compute_cookie(connection, expected)) return 0;
  return secure_equal(cookie, expected, sizeof expected);
}

/** How long to wait for an answer: `waited_us` is the last time that it did not come within, 0 at first. */
static unsigned next_timeout(SSL *connection, unsigned waited_us) {
  (void)connection;
  if (waited_us == 0) return FIRST_TIMEOUT_US;
  return waited_us >= LAST_TIMEOUT_US / 2 ? LAST_TIMEOUT_US : waited_us * 2;
}

// ---- the handshake ----

/** RFC 5764 §4.1.2, RFC 7714 §14.2: how long key and salt of a profile are. @return false: none of ours */
static bool measure(unsigned long profile, size_t *key_bytes, size_t *salt_bytes) {
  *key_bytes = 16;
  *salt_bytes = 14;
  switch (profile) {
    case DTLS_PROFILE_AES128_CM_SHA1_80:
    case DTLS_PROFILE_AES128_CM_SHA1_32:
      return true;
    case DTLS_PROFILE_AEAD_AES_128_GCM:
      *salt_bytes = 12;
      return true;
    case DTLS_PROFILE_AEAD_AES_256_GCM:
      *key_bytes = 32;
      *salt_bytes = 12;
      return true;
    default:
      return false;
  }
}

static void fail(struct dtls_endpoint *endpoint, enum dtls_failure failure) {
  endpoint->state = DTLS_FAILED;
  // The certificate is seen before the alert that it causes.
  if (endpoint->failure == DTLS_FAILURE_NONE) endpoint->failure = failure;
}

/** The handshake has ended well, as far as DTLS is concerned. */
static void settle(struct dtls_endpoint *endpoint) {
  const SRTP_PROTECTION_PROFILE *profile = SSL_get_selected_srtp_profile(endpoint->connection);
  size_t key_bytes;
  size_t salt_bytes;
  if (!endpoint->verified) {
    fail(endpoint, DTLS_FAILURE_FINGERPRINT);
  } else if (!profile || !measure(profile->id, &key_bytes, &salt_bytes)) {
    fail(endpoint, DTLS_FAILURE_NO_SRTP);
  } else {
    endpoint->state = DTLS_ESTABLISHED;
    return;
  }
  (void)SSL_shutdown(endpoint->connection);
}

/** What OpenSSL has given up for. */
static enum dtls_failure reason_of(const SSL *connection, int result) {
  unsigned long error = ERR_peek_last_error();
  bool alert = ERR_GET_LIB(error) == ERR_LIB_SSL && ERR_GET_REASON(error) >= SSL_AD_REASON_OFFSET;
  bool farewell = SSL_get_error(connection, result) == SSL_ERROR_ZERO_RETURN;
  return alert || farewell ? DTLS_FAILURE_REFUSED : DTLS_FAILURE_PROTOCOL;
}

static void proceed(struct dtls_endpoint *endpoint) {
  ERR_clear_error();
  int result = SSL_do_handshake(endpoint->connection);
  if (result == 1) {
    settle(endpoint);
  } else if (SSL_get_error(endpoint->connection, result) != SSL_ERROR_WANT_READ) {
    fail(endpoint, reason_of(endpoint->connection, result));
  }
  ERR_clear_error();
}

/**
 * When to look again. OpenSSL measures its timeouts by the time of day: where that is set back in the middle of a
 * handshake, nothing is sent again by us, and the peer's own timer has to do.
 */
static void schedule(struct dtls_endpoint *endpoint, uint64_t now_ns) {
  struct timeval left;
  endpoint->due_ns = UINT64_MAX;
  if (endpoint->state != DTLS_LISTENING && endpoint->state != DTLS_HANDSHAKING) return;
  endpoint->due_ns = endpoint->deadline_ns;
  if (endpoint->state != DTLS_HANDSHAKING || DTLSv1_get_timeout(endpoint->connection, &left) != 1) return;
  uint64_t wait_ns = (uint64_t)left.tv_sec * NS_PER_SECOND + (uint64_t)left.tv_usec * 1000;
  uint64_t longest_ns = LAST_TIMEOUT_US * UINT64_C(1000);
  uint64_t due_ns = now_ns + (wait_ns < longest_ns ? wait_ns : longest_ns);
  if (due_ns < endpoint->due_ns) endpoint->due_ns = due_ns;
}

// ---- life ----

static bool open_connection(struct dtls_endpoint *endpoint, const struct dtls_identity *identity) {
  endpoint->connection = SSL_new(identity->context);
  if (!endpoint->connection) return false;
  if (dtls_link_attach(endpoint->connection, identity->link, &endpoint->link) != DP_OK) return false;
  SSL_set_app_data(endpoint->connection, endpoint);
  SSL_set_mtu(endpoint->connection, DTLS_MTU);
  DTLS_set_timer_cb(endpoint->connection, next_timeout);
  if (endpoint->role == DTLS_CLIENT) {
    SSL_set_connect_state(endpoint->connection);
    return true;
  }
  SSL_set_accept_state(endpoint->connection);
  endpoint->unused_address = BIO_ADDR_new();
  return endpoint->unused_address != NULL;
}

static dp_error draw_secret(struct dtls_endpoint *endpoint) {
  uint8_t secret[COOKIE_SECRET_BYTES];
  dp_error error = secure_random(secret, sizeof secret);
  if (error == DP_OK) error = hmac_sha1_init(&endpoint->cookie_secret, secret, sizeof secret);
  secure_wipe(secret, sizeof secret);
  return error;
}

dp_error dtls_endpoint_create(const struct dtls_options *options, uint64_t now_ns, struct dtls_endpoint **endpoint) {
  if (options->peer.count == 0 || options->peer.count > DTLS_FINGERPRINTS || !options->send) return DP_INVALID_ARGUMENT;
  struct dtls_endpoint *made = calloc(1, sizeof *made);
  if (!made) return DP_SYSTEM;
  made->role = options->role;
  made->state = options->role == DTLS_CLIENT ? DTLS_HANDSHAKING : DTLS_LISTENING;
  made->peer = options->peer;
  made->deadline_ns = options->deadline_ns;
  made->link = (struct dtls_link){.send = options->send, .context = options->context};
  ERR_clear_error();
  dp_error error = draw_secret(made);
  if (error == DP_OK && !open_connection(made, options->identity)) error = DP_CRYPTO;
  if (error != DP_OK) {
    ERR_clear_error();
    dtls_endpoint_destroy(made);
    return error;
  }
  if (made->role == DTLS_CLIENT) proceed(made);
  schedule(made, now_ns);
  *endpoint = made;
  return DP_OK;
}

void dtls_endpoint_destroy(struct dtls_endpoint *endpoint) {
  if (!endpoint) return;
  ERR_clear_error();
  if (endpoint->connection && endpoint->state == DTLS_ESTABLISHED) (void)SSL_shutdown(endpoint->connection);
  SSL_free(endpoint->connection);
  BIO_ADDR_free(endpoint->unused_address);
  ERR_clear_error();
  secure_wipe(endpoint, sizeof *endpoint);
  free(endpoint);
}

// ---- datagrams and time ----

/** A first ClientHello is answered with a cookie and forgotten; one with the right cookie begins the handshake. */
static void listen_for_hello(struct dtls_endpoint *endpoint) {
  ERR_clear_error();
  int verified = DTLSv1_listen(endpoint->connection, endpoint->unused_address);
  ERR_clear_error();
  if (verified <= 0) return;
  endpoint->state = DTLS_HANDSHAKING;
  proceed(endpoint);
}

/**
 * What comes after the handshake: the peer's last flight once more, which OpenSSL answers with ours (RFC 6347 §4.2.4);
 * data, which nobody wants; a farewell, which the signalling says too.
 */
static void take_late(struct dtls_endpoint *endpoint) {
  uint8_t unwanted[DTLS_MTU];
  ERR_clear_error();
  for (int at = 0; at < LATE_RECORDS; at++) {
    if (SSL_read(endpoint->connection, unwanted, sizeof unwanted) <= 0) break;
  }
  ERR_clear_error();
  secure_wipe(unwanted, sizeof unwanted);
}

void dtls_endpoint_take(struct dtls_endpoint *endpoint, struct byte_view datagram, struct byte_view source,
                        uint64_t now_ns) {
  if (datagram.length == 0 || source.length > DTLS_SOURCE_BYTES || endpoint->state == DTLS_FAILED) return;
  endpoint->link.incoming = datagram;
  endpoint->source = source;
  if (endpoint->state == DTLS_LISTENING) listen_for_hello(endpoint);
  else if (endpoint->state == DTLS_HANDSHAKING) proceed(endpoint);
  else take_late(endpoint);
  endpoint->link.incoming = (struct byte_view){0};
  endpoint->source = (struct byte_view){0};
  schedule(endpoint, now_ns);
}

uint64_t dtls_endpoint_due_ns(const struct dtls_endpoint *endpoint) { return endpoint->due_ns; }

void dtls_endpoint_tick(struct dtls_endpoint *endpoint, uint64_t now_ns) {
  if (now_ns < endpoint->due_ns) return;
  if (now_ns >= endpoint->deadline_ns) {
    fail(endpoint, DTLS_FAILURE_TIMEOUT);
  } else if (endpoint->state == DTLS_HANDSHAKING) {
    ERR_clear_error();
    (void)DTLSv1_handle_timeout(endpoint->connection);
    ERR_clear_error();
  }
  schedule(endpoint, now_ns);
}

// ---- what came of it ----

enum dtls_state dtls_endpoint_state(const struct dtls_endpoint *endpoint) { return endpoint->state; }

enum dtls_failure dtls_endpoint_failure(const struct dtls_endpoint *endpoint) { return endpoint->failure; }

/** Puts one side's key and salt behind each other. @param side 0: the client's, 1: the server's */
static void pick(const uint8_t *material, size_t key_bytes, size_t salt_bytes, size_t side, uint8_t *master) {
  memcpy(master, material + side * key_bytes, key_bytes);
  memcpy(master + key_bytes, material + 2 * key_bytes + side * salt_bytes, salt_bytes);
}

dp_error dtls_endpoint_keys(struct dtls_endpoint *endpoint, struct dtls_keys *keys) {
  const SRTP_PROTECTION_PROFILE *profile =
      endpoint->state == DTLS_ESTABLISHED ? SSL_get_selected_srtp_profile(endpoint->connection) : NULL;
  size_t key_bytes;
  size_t salt_bytes;
  if (!profile || !measure(profile->id, &key_bytes, &salt_bytes)) return DP_EMPTY;
  uint8_t material[2 * DTLS_MASTER_BYTES];
  size_t length = 2 * (key_bytes + salt_bytes);
  int exported = SSL_export_keying_material(endpoint->connection, material, length, EXPORTER_LABEL,
                                            sizeof EXPORTER_LABEL - 1, NULL, 0, 0);
  ERR_clear_error();
  if (exported != 1) return DP_CRYPTO;
  memset(keys, 0, sizeof *keys);
  keys->profile = (enum dtls_profile)profile->id;
  keys->master_bytes = key_bytes + salt_bytes;
  size_t ours = endpoint->role == DTLS_CLIENT ? 0 : 1;
  pick(material, key_bytes, salt_bytes, ours, keys->send);
  pick(material, key_bytes, salt_bytes, 1 - ours, keys->receive);
  secure_wipe(material, sizeof material);
  return DP_OK;
}
