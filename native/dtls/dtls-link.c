// See dtls-context.h.

#include <limits.h>

#include "dtls/dtls-context.h"

/** IPv6 and UDP, the worse case. */
#define HEADER_BYTES 48

static int link_write(BIO *bio, const char *bytes, int length) {
  const struct dtls_link *link = BIO_get_data(bio);
  if (!link || length <= 0) return -1;
  link->send(link->context, (const uint8_t *)bytes, (size_t)length);
  // A datagram that the system refuses is lost like any other.
  return length;
}

/** The datagram that waits, once; what does not fit is cut off, as a socket would. */
static int link_read(BIO *bio, char *bytes, int capacity) {
  struct dtls_link *link = BIO_get_data(bio);
  BIO_clear_retry_flags(bio);
  if (!link || !link->incoming.data || capacity <= 0) {
    BIO_set_retry_read(bio);
    return -1;
  }
  size_t length = link->incoming.length < (size_t)capacity ? link->incoming.length : (size_t)capacity;
  memcpy(bytes, link->incoming.data, length);
  link->incoming = (struct byte_view){0};
  return (int)length;
}

static long link_control(BIO *bio, int command, long number, void *pointer) {
  (void)bio;
  (void)number;
  (void)pointer;
  switch (command) {
    case BIO_CTRL_FLUSH:
      return 1;
    case BIO_CTRL_DGRAM_GET_MTU_OVERHEAD:
      return HEADER_BYTES;
    case BIO_CTRL_DGRAM_QUERY_MTU:
    case BIO_CTRL_DGRAM_GET_FALLBACK_MTU:
      return DTLS_MTU;
    default:
      return 0;
  }
}

BIO_METHOD *dtls_link_method(void) {
  BIO_METHOD *method = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "datagrams");
  if (!method) return NULL;
  if (BIO_meth_set_write(method, link_write) == 1 && BIO_meth_set_read(method, link_read) == 1 &&
      BIO_meth_set_ctrl(method, link_control) == 1) {
    return method;
  }
  BIO_meth_free(method);
  return NULL;
}

dp_error dtls_link_attach(SSL *connection, const BIO_METHOD *method, struct dtls_link *link) {
  BIO *bio = BIO_new(method);
  if (!bio) return DP_SYSTEM;
  BIO_set_data(bio, link);
  BIO_set_init(bio, 1);
  // One reference serves both directions.
  SSL_set_bio(connection, bio, bio);
  return DP_OK;
}
