// The inside of dtls/: what an identity holds, and the link by which OpenSSL reads and writes datagrams. For dtls/ alone.

#ifndef DOORPHONE_DTLS_DTLS_CONTEXT_H
#define DOORPHONE_DTLS_DTLS_CONTEXT_H

#include <openssl/ssl.h>

#include "dtls/dtls.h"

struct dtls_identity {
  SSL_CTX *context; /**< Holds key and certificate. */
  BIO_METHOD *link;
  uint8_t fingerprint[DTLS_FINGERPRINT_BYTES];
};

/**
 * A link between OpenSSL and whoever carries the datagrams. OpenSSL's own memory BIO is a stream of bytes: two datagrams
 * of one flight would run into each other.
 */
struct dtls_link {
  struct byte_view incoming; /**< The datagram that waits; data is null where none does. */
  void (*send)(void *context, const uint8_t *bytes, size_t length);
  void *context;
};

/** Makes what dtls_link_attach needs. @return null: no memory */
BIO_METHOD *dtls_link_method(void);

/** Gives a connection its link, which must outlive it. @return DP_OK, DP_SYSTEM */
dp_error dtls_link_attach(SSL *connection, const BIO_METHOD *method, struct dtls_link *link);

/** What OpenSSL asks of a certificate, cookies: the endpoint's part of the context. */
int dtls_endpoint_verify(X509_STORE_CTX *store, void *unused);
int dtls_endpoint_make_cookie(SSL *connection, unsigned char *cookie, unsigned *length);
int dtls_endpoint_check_cookie(SSL *connection, const unsigned char *cookie, unsigned length);

#endif
