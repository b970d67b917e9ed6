// News of the network is waited for without waiting: where there is none, and where there will be none any more. That it
// comes is seen in test/interop, where a cable is pulled and an address changes.

#include "system/network-news.h"

#include <errno.h>
#include <unistd.h>

#include "support/check.h"

static void takes_what_is_there_and_does_not_wait(void) {
  int descriptor = network_news_open();
  CHECK(descriptor >= 0);
  // This machine's own network may change while the test runs.
  CHECK(network_news_take(descriptor) >= 0);
  close(descriptor);
}

static void says_when_there_will_be_none(void) {
  int descriptor = network_news_open();
  close(descriptor);
  CHECK_EQUAL(network_news_take(descriptor), -EBADF);
}

int main(void) {
  TEST(takes_what_is_there_and_does_not_wait);
  TEST(says_when_there_will_be_none);
  return test_summary("network-news");
}
