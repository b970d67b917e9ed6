// Messages to the service manager arrive whole, by a path and by an abstract name; a manager that is gone holds nobody up.

#define _GNU_SOURCE

#include "system/notify.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "support/check.h"

static int listen_at(const char *place) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  memcpy(address.sun_path, place, strlen(place));
  if (place[0] == '@') address.sun_path[0] = '\0';
  int descriptor = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
  const socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(place));
  CHECK_EQUAL(bind(descriptor, (const struct sockaddr *)&address, size), 0);
  return descriptor;
}

static void arrives_at(const char *place) {
  char text[64] = {0};
  int descriptor = listen_at(place);
  CHECK_EQUAL(notify_send(place, "READY=1\nSTATUS=idle"), 0);
  CHECK_EQUAL(recv(descriptor, text, sizeof text - 1, 0), 19);
  CHECK(strcmp(text, "READY=1\nSTATUS=idle") == 0);
  close(descriptor);
}

static void arrives_by_a_path(void) {
  char place[64];
  (void)snprintf(place, sizeof place, "/tmp/doorphone-notify-%d", (int)getpid());
  arrives_at(place);
  CHECK_EQUAL(notify_send(place, "WATCHDOG=1"), -ECONNREFUSED);
  unlink(place);
  CHECK_EQUAL(notify_send(place, "WATCHDOG=1"), -ENOENT);
}

static void arrives_by_an_abstract_name(void) {
  char place[64];
  (void)snprintf(place, sizeof place, "@doorphone-notify-%d", (int)getpid());
  arrives_at(place);
}

static void what_is_no_place_is_refused(void) {
  char longest[200];
  memset(longest, '/', sizeof longest - 1);
  longest[sizeof longest - 1] = '\0';
  CHECK_EQUAL(notify_send("", "READY=1"), -EINVAL);
  CHECK_EQUAL(notify_send("vsock:2:1", "READY=1"), -EINVAL);
  CHECK_EQUAL(notify_send(longest, "READY=1"), -EINVAL);
}

int main(void) {
  TEST(arrives_by_a_path);
  TEST(arrives_by_an_abstract_name);
  TEST(what_is_no_place_is_refused);
  return test_summary("notify");
}
