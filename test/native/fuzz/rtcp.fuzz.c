// Any bytes as RTCP: what parses lies within the datagram.

#include <stdlib.h>

#include "rtp/rtcp.h"

extern const char fuzz_name[];
const char fuzz_name[] = "fuzz rtcp";
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct rtcp_received received;
  if (rtcp_parse(data, size, 0x01020304, &received) != DP_OK) return 0;
  if (received.cname.data < data || received.cname.data + received.cname.length > data + size) abort();
  if (received.has_block && received.block.ssrc != 0x01020304) abort();
  const struct rtcp_voip_metrics *metrics = &received.metrics;
  if (received.has_metrics && metrics->ssrc != 0x01020304) abort();
  if (received.has_metrics && metrics->listening_score > 50 && metrics->listening_score != RTCP_XR_UNKNOWN) abort();
  uint64_t round_trip = 0;
  if (received.has_block && rtcp_round_trip(&received.block, 0, &round_trip) && round_trip > UINT64_C(32768000000000))
    abort();
  return 0;
}
