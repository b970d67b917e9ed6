// See dtls-identity.h.

#include "dtls/dtls-identity.h"

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/x509.h>
#include <stdlib.h>

#include "dtls/dtls-context.h"

/**
 * Forward secrecy, and what every DTLS-SRTP implementation has (RFC 8827 §6.5). CBC serves phones of the time before GCM:
 * nothing but the handshake's own messages is ever encrypted by it.
 */
#define CIPHERS                                                          \
  "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"           \
  "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"           \
  "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305:"           \
  "ECDHE-ECDSA-AES128-SHA:ECDHE-RSA-AES128-SHA"
#define GROUPS "P-256:X25519:P-384"
/** In our order of preference (RFC 5764 §4.1.2, RFC 7714 §14.2), by OpenSSL's names. */
#define PROFILES                                     \
  "SRTP_AEAD_AES_128_GCM:SRTP_AEAD_AES_256_GCM:"     \
  "SRTP_AES128_CM_SHA1_80:SRTP_AES128_CM_SHA1_32"

/** The time of day of a board without a clock may be any: the certificate is valid at all of them that can come. */
#define VALID_FROM "20000101000000Z"
#define VALID_UNTIL "20491231235959Z"

/** A serial number of 63 random bits, so that it is positive (RFC 5280 §4.1.2.2). */
static bool set_serial(X509 *certificate) {
  BIGNUM *number = BN_new();
  bool set = number && BN_rand(number, 63, BN_RAND_TOP_ANY, BN_RAND_BOTTOM_ANY) == 1 &&
             BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate)) != NULL;
  BN_free(number);
  return set;
}

/** Subject and issuer say what, not who: the certificate is known by its hash alone (RFC 5763 §5, §6.1). */
static bool set_names(X509 *certificate) {
  X509_NAME *name = X509_get_subject_name(certificate);
  return X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"doorphone", -1, -1, 0) == 1 &&
         X509_set_issuer_name(certificate, name) == 1;
}

static bool fill(X509 *certificate, EVP_PKEY *key) {
  return X509_set_version(certificate, X509_VERSION_3) == 1 && set_serial(certificate) && set_names(certificate) &&
         ASN1_TIME_set_string(X509_getm_notBefore(certificate), VALID_FROM) == 1 &&
         ASN1_TIME_set_string(X509_getm_notAfter(certificate), VALID_UNTIL) == 1 &&
         X509_set_pubkey(certificate, key) == 1 && X509_sign(certificate, key, EVP_sha256()) > 0;
}

static bool take_fingerprint(struct dtls_identity *identity, const X509 *certificate) {
  unsigned length = 0;
  uint8_t digest[EVP_MAX_MD_SIZE];
  if (X509_digest(certificate, EVP_sha256(), digest, &length) != 1) return false;
  if (length != DTLS_FINGERPRINT_BYTES) return false;
  memcpy(identity->fingerprint, digest, DTLS_FINGERPRINT_BYTES);
  return true;
}

static bool set_certificate(struct dtls_identity *identity) {
  EVP_PKEY *key = EVP_EC_gen("P-256");
  X509 *certificate = key ? X509_new() : NULL;
  bool set = certificate && fill(certificate, key) && take_fingerprint(identity, certificate) &&
             SSL_CTX_use_certificate(identity->context, certificate) == 1 &&
             SSL_CTX_use_PrivateKey(identity->context, key) == 1;
  X509_free(certificate);
  EVP_PKEY_free(key);
  return set;
}

static bool set_rules(SSL_CTX *context) {
  // Node and the system build OpenSSL with different levels. What is refused below is refused here by name.
  SSL_CTX_set_security_level(context, 1);
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET | SSL_OP_NO_COMPRESSION |
                                   SSL_OP_NO_QUERY_MTU | SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_COOKIE_EXCHANGE);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_quiet_shutdown(context, 0);
  // RFC 5763 §5: both sides show a certificate.
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
  SSL_CTX_set_cert_verify_callback(context, dtls_endpoint_verify, NULL);
  SSL_CTX_set_cookie_generate_cb(context, dtls_endpoint_make_cookie);
  SSL_CTX_set_cookie_verify_cb(context, dtls_endpoint_check_cookie);
  return SSL_CTX_set_min_proto_version(context, DTLS1_2_VERSION) == 1 &&
         SSL_CTX_set_max_proto_version(context, DTLS1_2_VERSION) == 1 &&
         SSL_CTX_set_cipher_list(context, CIPHERS) == 1 && SSL_CTX_set1_groups_list(context, GROUPS) == 1 &&
         SSL_CTX_set_tlsext_use_srtp(context, PROFILES) == 0;
}

dp_error dtls_identity_create(struct dtls_identity **identity) {
  struct dtls_identity *made = calloc(1, sizeof *made);
  if (!made) return DP_SYSTEM;
  ERR_clear_error();
  made->context = SSL_CTX_new(DTLS_method());
  made->link = dtls_link_method();
  if (made->context && made->link && set_rules(made->context) && set_certificate(made)) {
    *identity = made;
    return DP_OK;
  }
  ERR_clear_error();
  dtls_identity_destroy(made);
  return DP_CRYPTO;
}

void dtls_identity_destroy(struct dtls_identity *identity) {
  if (!identity) return;
  SSL_CTX_free(identity->context);
  BIO_meth_free(identity->link);
  free(identity);
}

const uint8_t *dtls_identity_fingerprint(const struct dtls_identity *identity) { return identity->fingerprint; }
