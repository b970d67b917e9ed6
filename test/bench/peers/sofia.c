// sofia-sip: SIP messages, ns a message. The messages are the files named as arguments.

#include <sofia-sip/msg.h>
#include <sofia-sip/sip_header.h>
#include <sofia-sip/sip_parser.h>
#include <stdio.h>
#include <stdlib.h>

#include "timing.h"

enum { MESSAGES = 1000 };

static double time_messages(const char *path) {
  static char text[65536];
  FILE *file = fopen(path, "r");
  if (file == NULL) abort();
  size_t length = fread(text, 1, sizeof text, file);
  fclose(file);
  uint64_t best = UINT64_MAX;
  for (int run = 0; run < RUNS / 4; run++) {
    uint64_t start = timing_now_ns();
    for (int i = 0; i < MESSAGES; i++) {
      msg_t *message = msg_make(sip_default_mclass(), 0, text, (ssize_t)length);
      const sip_t *sip = message == NULL ? NULL : sip_object(message);
      if (sip == NULL || sip->sip_via == NULL || sip->sip_call_id == NULL || sip->sip_error != NULL) abort();
      msg_destroy(message);
    }
    timing_keep_best(&best, start, timing_now_ns());
  }
  return (double)best / MESSAGES;
}

int main(int count, char **arguments) {
  if (count != 3) return 2;
  printf("{\"INVITE_ns\": %.0f, \"401_ns\": %.0f}\n", time_messages(arguments[1]), time_messages(arguments[2]));
  return 0;
}
