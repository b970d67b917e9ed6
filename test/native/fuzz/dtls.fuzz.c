// Any bytes as DTLS: as they are, as a record, and as a handshake message in a record that is well formed. Nobody gets
// keys, and a server answers strangers with no more bytes than they brought.

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/monotonic.h"
#include "dtls/dtls.h"

extern const char fuzz_name[];
const char fuzz_name[] = "fuzz dtls";
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { RECORD_BYTES = 13, MESSAGE_BYTES = 12, HANDSHAKE = 22, MOST = 1600 };

static struct dtls_identity *identity;
static struct dtls_endpoint *server;
static struct dtls_endpoint *client;
static size_t answered;

static void require(bool holds) {
  if (!holds) abort();
}

static void send_nowhere(void *context, const uint8_t *bytes, size_t length) {
  (void)context;
  (void)bytes;
  require(length <= DTLS_MTU);
  answered += length;
}

static struct dtls_endpoint *create(enum dtls_role role) {
  struct dtls_options options = {.identity = identity,
                                 .role = role,
                                 .peer = {.count = 1, .list = {{.hash = DTLS_SHA256}}},
                                 .deadline_ns = UINT64_MAX,
                                 .send = send_nowhere};
  struct dtls_endpoint *endpoint = NULL;
  require(dtls_endpoint_create(&options, 1, &endpoint) == DP_OK);
  return endpoint;
}

static void take(const uint8_t *bytes, size_t size) {
  const struct byte_view datagram = {bytes, size};
  const struct byte_view source = {(const uint8_t *)"x", 1};
  struct dtls_keys keys;
  answered = 0;
  dtls_endpoint_take(server, datagram, source, NS_PER_SECOND);
  require(answered <= size);
  require(dtls_endpoint_state(server) == DTLS_LISTENING);
  dtls_endpoint_take(client, datagram, source, NS_PER_SECOND);
  require(dtls_endpoint_keys(client, &keys) == DP_EMPTY);
  if (dtls_endpoint_state(client) != DTLS_FAILED) return;
  dtls_endpoint_destroy(client);
  client = create(DTLS_CLIENT);
}

/** RFC 6347 §4.1, §4.2.2: a record of epoch 0 with one whole message. */
static size_t wrap(const uint8_t *data, size_t size, bool message, uint8_t *bytes) {
  static uint8_t number;
  size_t header = message ? RECORD_BYTES + MESSAGE_BYTES : RECORD_BYTES;
  memset(bytes, 0, header);
  bytes[0] = HANDSHAKE;
  bytes[1] = 0xfe;
  bytes[2] = 0xfd;
  bytes[10] = number++;
  bytes_store_u16(bytes + 11, (uint16_t)(header - RECORD_BYTES + size));
  if (message) {
    bytes[RECORD_BYTES] = size > 0 ? data[0] % 21 : 1;
    bytes_store_u24(bytes + RECORD_BYTES + 1, (uint32_t)size);
    bytes_store_u24(bytes + RECORD_BYTES + 9, (uint32_t)size);
  }
  if (size > 0) memcpy(bytes + header, data, size);
  return header + size;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (!identity) {
    require(dtls_identity_create(&identity) == DP_OK);
    server = create(DTLS_SERVER);
    client = create(DTLS_CLIENT);
  }
  take(data, size);
  if (size > MOST) return 0;
  uint8_t bytes[RECORD_BYTES + MESSAGE_BYTES + MOST];
  take(bytes, wrap(data, size, false, bytes));
  take(bytes, wrap(data, size, true, bytes));
  return 0;
}
