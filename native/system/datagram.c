// See datagram.h.

#define _GNU_SOURCE

#include "system/datagram.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int share(int descriptor, bool on) {
  int value = on ? 1 : 0;
  return setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &value, sizeof value) == 0 ? 0 : -errno;
}

/** @return 0 or -errno; with 0 the caller frees the result */
static int parse(const char *address, uint16_t port, struct addrinfo **parsed) {
  const struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE,
                                 .ai_family = AF_UNSPEC,
                                 .ai_socktype = SOCK_DGRAM};
  char service[6];
  (void)snprintf(service, sizeof service, "%u", (unsigned)port);
  switch (getaddrinfo(address, service, &hints, parsed)) {
    case 0:
      return 0;
    case EAI_MEMORY:
      return -ENOMEM;
    default:
      return -EINVAL;
  }
}

static int bind_to(int descriptor, const struct addrinfo *place) {
  const int on = 1;
  if (place->ai_family == AF_INET6 &&
      setsockopt(descriptor, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on) != 0) {
    return -errno;
  }
  return bind(descriptor, place->ai_addr, place->ai_addrlen) == 0 ? 0 : -errno;
}

/** Binds where `beside` is bound already; the kernel wants every socket of the port to be willing at that moment. */
static int bind_beside(int descriptor, const struct addrinfo *place, int beside) {
  int error = share(beside, true);
  if (error == 0) error = share(descriptor, true);
  if (error == 0) error = bind_to(descriptor, place);
  int closed = share(beside, false);
  return error == 0 ? closed : error;
}

int datagram_open(const char *address, uint16_t port, int beside) {
  struct addrinfo *place;
  int error = parse(address, port, &place);
  if (error != 0) return error;
  int descriptor = socket(place->ai_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (descriptor < 0) {
    error = -errno;
  } else {
    error = beside == DATAGRAM_ALONE ? bind_to(descriptor, place) : bind_beside(descriptor, place, beside);
  }
  freeaddrinfo(place);
  if (error == 0) return descriptor;
  if (descriptor >= 0) close(descriptor);
  return error;
}

int datagram_seal(int descriptor) { return share(descriptor, false); }
