// Sockets side by side on one port: the connected one hears of ICMP, nobody else can take the port.

#define _GNU_SOURCE

#include "system/datagram.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "support/check.h"

static uint16_t port_of(int descriptor) {
  struct sockaddr_storage address = {0};
  socklen_t length = sizeof address;
  CHECK_EQUAL(getsockname(descriptor, (struct sockaddr *)&address, &length), 0);
  if (address.ss_family == AF_INET6) return ntohs(((struct sockaddr_in6 *)&address)->sin6_port);
  return ntohs(((struct sockaddr_in *)&address)->sin_port);
}

static struct sockaddr_in loopback(uint16_t port) {
  return (struct sockaddr_in){
      .sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
}

/** Another program's socket, which is ready to share. @return 0 or errno of its bind */
static int intrude(uint16_t port) {
  int descriptor = socket(AF_INET, SOCK_DGRAM, 0);
  const int on = 1;
  CHECK_EQUAL(setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on), 0);
  const struct sockaddr_in place = loopback(port);
  int error = bind(descriptor, (const struct sockaddr *)&place, sizeof place) == 0 ? 0 : errno;
  close(descriptor);
  return error;
}

static bool readable(int descriptor) {
  struct pollfd waited = {.fd = descriptor, .events = POLLIN};
  return poll(&waited, 1, 1000) == 1;
}

static void opens_alone(void) {
  int descriptor = datagram_open("127.0.0.1", 0, DATAGRAM_ALONE);
  CHECK(descriptor >= 0);
  CHECK(port_of(descriptor) > 0);
  CHECK((fcntl(descriptor, F_GETFL) & O_NONBLOCK) != 0);
  CHECK((fcntl(descriptor, F_GETFD) & FD_CLOEXEC) != 0);
  CHECK_EQUAL(datagram_open("127.0.0.1", port_of(descriptor), DATAGRAM_ALONE), -EADDRINUSE);
  CHECK_EQUAL(intrude(port_of(descriptor)), EADDRINUSE);
  close(descriptor);
}

static void refuses_what_is_no_address(void) {
  CHECK_EQUAL(datagram_open("no.address", 0, DATAGRAM_ALONE), -EINVAL);
  CHECK_EQUAL(datagram_open("", 0, DATAGRAM_ALONE), -EINVAL);
  // TEST-NET-3 (RFC 5737) is nobody's.
  CHECK_EQUAL(datagram_open("203.0.113.77", 0, DATAGRAM_ALONE), -EADDRNOTAVAIL);
  CHECK_EQUAL(datagram_seal(-1), -EBADF);
}

static void opens_beside_and_keeps_others_out(void) {
  int first = datagram_open("127.0.0.1", 0, DATAGRAM_ALONE);
  uint16_t port = port_of(first);
  int second = datagram_open("127.0.0.1", port, first);
  CHECK(second >= 0);
  CHECK_EQUAL(port_of(second), port);
  CHECK_EQUAL(intrude(port), EADDRINUSE);
  int third = datagram_open("127.0.0.1", port, first);
  CHECK(third >= 0);
  CHECK_EQUAL(intrude(port), EADDRINUSE);
  close(third);
  close(second);
  CHECK_EQUAL(intrude(port), EADDRINUSE);
  close(first);
}

static void nothing_is_left_of_a_failure(void) {
  int first = datagram_open("127.0.0.1", 0, DATAGRAM_ALONE);
  CHECK_EQUAL(datagram_open("203.0.113.77", port_of(first), first), -EADDRNOTAVAIL);
  CHECK_EQUAL(intrude(port_of(first)), EADDRINUSE);
  CHECK_EQUAL(datagram_open("127.0.0.1", port_of(first), 9999), -EBADF);
  close(first);
}

static void seals_what_was_opened(void) {
  int descriptor = datagram_open("127.0.0.1", 0, DATAGRAM_ALONE);
  const int on = 1;
  CHECK_EQUAL(setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on), 0);
  CHECK_EQUAL(intrude(port_of(descriptor)), 0);
  CHECK_EQUAL(datagram_seal(descriptor), 0);
  CHECK_EQUAL(intrude(port_of(descriptor)), EADDRINUSE);
  close(descriptor);
}

static void each_gets_what_is_its_own(void) {
  int first = datagram_open("127.0.0.1", 0, DATAGRAM_ALONE);
  int second = datagram_open("127.0.0.1", port_of(first), first);
  int peer = datagram_open("127.0.0.1", 0, DATAGRAM_ALONE);
  int other = datagram_open("127.0.0.1", 0, DATAGRAM_ALONE);
  const struct sockaddr_in place = loopback(port_of(first));
  const struct sockaddr_in peer_place = loopback(port_of(peer));
  CHECK_EQUAL(connect(second, (const struct sockaddr *)&peer_place, sizeof peer_place), 0);
  CHECK_EQUAL(sendto(peer, "p", 1, 0, (const struct sockaddr *)&place, sizeof place), 1);
  CHECK_EQUAL(sendto(other, "o", 1, 0, (const struct sockaddr *)&place, sizeof place), 1);
  char octet = 0;
  CHECK(readable(second));
  CHECK_EQUAL(recv(second, &octet, 1, 0), 1);
  CHECK_EQUAL(octet, 'p');
  CHECK(readable(first));
  CHECK_EQUAL(recv(first, &octet, 1, 0), 1);
  CHECK_EQUAL(octet, 'o');
  // Nobody listens any more: the connected one hears of it.
  close(peer);
  CHECK_EQUAL(send(second, "x", 1, 0), 1);
  CHECK(readable(second));
  CHECK_EQUAL(recv(second, &octet, 1, 0), -1);
  CHECK_EQUAL(errno, ECONNREFUSED);
  close(other);
  close(second);
  close(first);
}

int main(void) {
  TEST(opens_alone);
  TEST(refuses_what_is_no_address);
  TEST(opens_beside_and_keeps_others_out);
  TEST(nothing_is_left_of_a_failure);
  TEST(seals_what_was_opened);
  TEST(each_gets_what_is_its_own);
  return test_summary("datagram");
}
