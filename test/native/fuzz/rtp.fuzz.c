// Any bytes as RTP: what parses lies within the datagram.

#include <stdlib.h>

#include "rtp/rtp.h"

extern const char fuzz_name[];
const char fuzz_name[] = "fuzz rtp";
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds) {
  if (!holds) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  (void)rtp_classify(data, size);
  struct rtp_packet packet;
  if (rtp_parse(data, size, &packet) != DP_OK) return 0;
  require(packet.header_bytes >= RTP_HEADER_BYTES && packet.header_bytes <= size);
  require(packet.payload.data == data + packet.header_bytes);
  require(packet.payload.length <= size - packet.header_bytes);
  if (packet.has_extension) {
    require(packet.extension.data >= data + RTP_HEADER_BYTES);
    require(packet.extension.data + packet.extension.length <= data + packet.header_bytes);
  }
  require(packet.header.payload_type < 128);
  return 0;
}
