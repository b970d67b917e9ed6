// See network-news.h.

#define _GNU_SOURCE

#include "system/network-news.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <stdint.h>
#include <sys/socket.h>
#include <unistd.h>

/** Messages that are taken at once: a machine that is a router as well has no end of them. */
#define MOST_MESSAGES 64

int network_news_open(void) {
  int descriptor = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
  if (descriptor < 0) return -errno;
  const struct sockaddr_nl groups = {
      .nl_family = AF_NETLINK,
      .nl_groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR | RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_ROUTE,
  };
  if (bind(descriptor, (const struct sockaddr *)&groups, sizeof groups) == 0) return descriptor;
  const int error = errno;
  close(descriptor);
  return -error;
}

int network_news_take(int descriptor) {
  uint8_t head[64];
  int news = 0;
  for (int taken = 0; taken < MOST_MESSAGES; taken++) {
    // The rest of a message is cut off: it is not looked at.
    if (recv(descriptor, head, sizeof head, MSG_DONTWAIT) >= 0) {
      news = 1;
      continue;
    }
    if (errno == EAGAIN) return news;
    // ENOBUFS: more came than the kernel keeps, which is news as well.
    if (errno != ENOBUFS && errno != EINTR) return -errno;
    news = 1;
  }
  return news;
}
