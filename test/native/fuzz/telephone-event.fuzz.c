// Any run of telephone-event packets: 12 bytes each say timestamp, marker, source, payload and the time that passes.

#include <stdlib.h>

#include "rtp/telephone-event.h"

extern const char fuzz_name[];
const char fuzz_name[] = "fuzz telephone-event";
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct telephone_event_receiver receiver;
  struct telephone_event_news news;
  telephone_event_receiver_init(&receiver);
  uint64_t now = 0;
  int begun = 0;
  int ended = 0;
  for (size_t at = 0; at + 12 <= size; at += 12) {
    const uint8_t *step = data + at;
    struct rtp_packet packet = {
        .header = {.timestamp = bytes_load_u32(step), .ssrc = step[4] & 1, .marker = step[4] & 2},
        .payload = {step + 5, step[4] & 4 ? 4 : step[9] % 5}};
    now += (uint64_t)bytes_load_u16(step + 10) * 100000;
    (void)telephone_event_receive(&receiver, &packet, now, &news);
    begun += news.began;
    ended += news.ended;
    telephone_event_receiver_tick(&receiver, now, &news);
    ended += news.ended;
  }
  // Nothing ends that did not begin.
  if (ended > begun) abort();
  return 0;
}
