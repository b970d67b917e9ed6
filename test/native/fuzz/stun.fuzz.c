// Any bytes as STUN, as they are and behind a header that fits: what is read lies within the datagram, answers stay
// within their bounds, and nothing is authentic by chance. As the answer to a request of ours they end it once.

#include <stdlib.h>
#include <string.h>

#include "engine/mapping.h"
#include "stun/stun.h"

extern const char fuzz_name[];
const char fuzz_name[] = "fuzz stun";
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds) {
  if (!holds) abort();
}

/** @param ours whether the bytes repeat the number of the request */
static void check_answer(const uint8_t *bytes, size_t size, bool ours) {
  if (size < STUN_HEADER_BYTES) return;
  struct mapping mapping = {.requests = {{.open = true, .server = {.ss_family = AF_INET}}}};
  struct mapping_request *request = &mapping.requests[0];
  memcpy(request->transaction, bytes + STUN_HEADER_BYTES - STUN_TRANSACTION_BYTES, STUN_TRANSACTION_BYTES);
  if (!ours) request->transaction[0] ^= 1;
  const struct sockaddr_storage server = request->server;
  struct mapping_answer answer;
  if (!mapping_read(&mapping, COMPONENT_RTP, &server, bytes, size, &answer)) {
    require(request->open);
    return;
  }
  require(ours && answer.request == 0 && !request->open);
  require(answer.refused || (answer.mapped.length == 4 && answer.mapped.port != 0));
  require(!mapping_read(&mapping, COMPONENT_RTP, &server, bytes, size, &answer));
}

static void check(const uint8_t *bytes, size_t size) {
  struct stun_message message;
  if (stun_parse(bytes, size, &message) != DP_OK) return;
  require(message.unknown_count <= STUN_UNKNOWN);
  if (message.username.length > 0) {
    require(message.username.data >= bytes + STUN_HEADER_BYTES);
    require(message.username.data + message.username.length <= bytes + size);
  }
  struct hmac_sha1 key;
  require(hmac_sha1_init(&key, (const uint8_t *)"password", 8) == DP_OK);
  require(!stun_is_authentic(bytes, &message, &key));
  uint8_t answer[STUN_MOST_BYTES];
  const struct stun_address mapped = {.length = 16};
  size_t length = stun_write_success(&message, &mapped, &key, answer);
  require(length > 0 && length <= sizeof answer);
  length = stun_write_error(&message, STUN_UNKNOWN_ATTRIBUTE, &key, answer);
  require(length > 0 && length <= sizeof answer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  check(data, size);
  check_answer(data, size, false);
  size_t attributes = size & ~(size_t)3;
  if (attributes > UINT16_MAX) return 0;
  uint8_t *bytes = malloc(STUN_HEADER_BYTES + attributes);
  require(bytes != NULL);
  static const uint8_t header[STUN_HEADER_BYTES] = {0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42};
  memcpy(bytes, header, sizeof header);
  bytes_store_u16(bytes + 2, (uint16_t)attributes);
  // By the first of the bytes: a request, or one of the two answers.
  if (attributes > 0) bytes_store_u16(bytes, data[0] & 1 ? 0x0001 : data[0] & 2 ? 0x0101 : 0x0111);
  if (attributes > 0) memcpy(bytes + STUN_HEADER_BYTES, data, attributes);
  // Types and lengths that mean something, at times.
  for (size_t at = 0; at + 8 <= attributes; at += 8) {
    bytes[STUN_HEADER_BYTES + at] = data[at] & 0x80;
    bytes[STUN_HEADER_BYTES + at + 2] = 0;
    bytes[STUN_HEADER_BYTES + at + 3] = data[at + 3] % 24;
  }
  check(bytes, STUN_HEADER_BYTES + attributes);
  check_answer(bytes, STUN_HEADER_BYTES + attributes, true);
  free(bytes);
  return 0;
}
