// Feeds a libFuzzer harness (LLVMFuzzerTestOneInput) without libFuzzer: a seeded stream of random bytes and of packets
// with a few bytes changed, cut or doubled. The same seed gives the same inputs; FUZZ_SEED and FUZZ_SECONDS change it.

#include <time.h>

#include "support/check.h"

extern const char fuzz_name[];
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ROUNDS = 20000, MOST = 1600 };

/** Packets to begin with: RTP with everything, RTCP compound, VoIP metrics, telephone-event, SRTP-sized. */
static const char *const templates[] = {
    "8008000000000000000000aad5d5d5d5d5d5d5d5d5d5d5d5d5d5d5d5d5d5d5d5d5d5d5d5d5d5d5d5d5d5d5d5d5d5d5d5",
    "b2880001000000a0000000aa1111111122222222bede00011122334455667788990002",
    "80e50002000000a0000000aa048a00a0",
    "81c8000c0a0b0c0d83aa7e808000000000001000000000640000 3e800102030440fffffe000100050000001eb705200000054000"
    "81ca00040a0b0c0d0109646f6f72407465737400"
    "81cb00010a0b0c0d",
    "80c900010a0b0c0d80cf000a0a0b0c0d0700000801020304"
    "1a000a050064002800320064c83cff10505f2829010b003c00780140",
    "80c900010a0b0c0d81ca00030a0b0c0d0102616200000000",
};

static size_t random_bytes(uint64_t *random, uint8_t *bytes) {
  size_t length = (size_t)(test_random(random) % (test_random(random) % 8 == 0 ? MOST : 64));
  for (size_t i = 0; i < length; i++) bytes[i] = (uint8_t)test_random(random);
  return length;
}

static size_t changed_template(uint64_t *random, uint8_t *bytes) {
  const char *text = templates[test_random(random) % (sizeof templates / sizeof templates[0])];
  size_t length = test_from_hex(text, bytes, MOST);
  for (uint64_t changes = test_random(random) % 6; changes > 0 && length > 0; changes--) {
    size_t at = (size_t)(test_random(random) % length);
    switch (test_random(random) % 4) {
      case 0:
        bytes[at] ^= (uint8_t)(1 << test_random(random) % 8);
        break;
      case 1:
        bytes[at] = (uint8_t)test_random(random);
        break;
      case 2:
        length = at;
        break;
      default:
        if (length * 2 <= MOST) memcpy(bytes + length, bytes, length);
        if (length * 2 <= MOST) length *= 2;
        break;
    }
  }
  return length;
}

static uint64_t number_from(const char *name, uint64_t otherwise) {
  const char *text = getenv(name);
  return text && *text ? strtoull(text, NULL, 10) : otherwise;
}

int main(void) {
  uint64_t seed = number_from("FUZZ_SEED", 20240229);
  uint64_t random = seed ? seed : 1;
  time_t end = time(NULL) + (time_t)number_from("FUZZ_SECONDS", 0);
  uint64_t rounds = 0;
  do {
    for (int i = 0; i < ROUNDS; i++, rounds++) {
      uint8_t bytes[MOST];
      size_t length = test_random(&random) % 2 ? random_bytes(&random, bytes) : changed_template(&random, bytes);
      // A block of exactly that length, so that the address sanitizer sees a byte read too many.
      uint8_t *exact = malloc(length ? length : 1);
      memcpy(exact, bytes, length);
      (void)LLVMFuzzerTestOneInput(exact, length);
      free(exact);
    }
  } while (time(NULL) < end);
  printf("ok   %" PRIu64 " inputs from seed %" PRIu64 "\n%s: 1 passed, 0 failed\n", rounds, seed, fuzz_name);
  return 0;
}
