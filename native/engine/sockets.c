// See sockets.h.

#define _GNU_SOURCE

#include "engine/sockets.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/monotonic.h"

/** Expedited forwarding (RFC 3246), the class for voice (RFC 4594 §4.1), in the place of the old TOS byte. */
#define TRAFFIC_CLASS 0xb8
/**
 * Bytes that wait from one turn to the next; the kernel grants what it may, and counts some 700 for a packet of ours: a few hundred
 * packets, so that those of the call are among them in a flood.
 */
#define RECEIVE_BUFFER (512 * 1024)

dp_error sockets_parse_address(const char *text, uint16_t port, struct sockaddr_storage *address) {
  memset(address, 0, sizeof *address);
  struct sockaddr_in *v4 = (struct sockaddr_in *)address;
  struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)address;
  if (inet_pton(AF_INET, text, &v4->sin_addr) == 1) {
    address->ss_family = AF_INET;
  } else if (inet_pton(AF_INET6, text, &v6->sin6_addr) == 1) {
    address->ss_family = AF_INET6;
  } else {
    return DP_MALFORMED;
  }
  sockets_set_port(address, port);
  return DP_OK;
}

void sockets_set_port(struct sockaddr_storage *address, uint16_t port) {
  if (address->ss_family == AF_INET6) {
    ((struct sockaddr_in6 *)address)->sin6_port = htons(port);
  } else {
    ((struct sockaddr_in *)address)->sin_port = htons(port);
  }
}

uint16_t sockets_port(const struct sockaddr_storage *address) {
  if (address->ss_family == AF_INET6) return ntohs(((const struct sockaddr_in6 *)address)->sin6_port);
  return ntohs(((const struct sockaddr_in *)address)->sin_port);
}

bool sockets_same_host(const struct sockaddr_storage *left, const struct sockaddr_storage *right) {
  if (left->ss_family != right->ss_family) return false;
  if (left->ss_family == AF_INET6) {
    const struct sockaddr_in6 *left6 = (const struct sockaddr_in6 *)left;
    const struct sockaddr_in6 *right6 = (const struct sockaddr_in6 *)right;
    return memcmp(&left6->sin6_addr, &right6->sin6_addr, sizeof left6->sin6_addr) == 0;
  }
  return ((const struct sockaddr_in *)left)->sin_addr.s_addr == ((const struct sockaddr_in *)right)->sin_addr.s_addr;
}

bool sockets_same_address(const struct sockaddr_storage *left, const struct sockaddr_storage *right) {
  return sockets_same_host(left, right) && sockets_port(left) == sockets_port(right);
}

void sockets_to_stun(const struct sockaddr_storage *address, struct stun_address *written) {
  memset(written, 0, sizeof *written);
  bool is_v6 = address->ss_family == AF_INET6;
  const void *bytes = is_v6 ? (const void *)&((const struct sockaddr_in6 *)address)->sin6_addr
                            : (const void *)&((const struct sockaddr_in *)address)->sin_addr;
  written->length = is_v6 ? 16 : 4;
  written->port = sockets_port(address);
  memcpy(written->bytes, bytes, written->length);
}

static socklen_t length_of(const struct sockaddr_storage *address) {
  return (socklen_t)(address->ss_family == AF_INET6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in));
}

/** One socket bound to `local`; -1 with errno. Options that the system does not grant are done without. */
static int open_bound(const struct sockaddr_storage *local) {
  int descriptor = socket(local->ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return -1;
  int on = 1;
  int class = TRAFFIC_CLASS;
  int room = RECEIVE_BUFFER;
  (void)setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
  (void)setsockopt(descriptor, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
  if (local->ss_family == AF_INET6) {
    (void)setsockopt(descriptor, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    (void)setsockopt(descriptor, IPPROTO_IPV6, IPV6_TCLASS, &class, sizeof class);
  } else {
    (void)setsockopt(descriptor, IPPROTO_IP, IP_TOS, &class, sizeof class);
  }
  if (bind(descriptor, (const struct sockaddr *)local, length_of(local)) == 0) return descriptor;
  int reason = errno;
  close(descriptor);
  errno = reason;
  return -1;
}

/** Tries one even port. @return as sockets_open_pair; DP_NO_PORT: this one is taken */
static dp_error open_at(const struct sockaddr_storage *local, uint16_t port, struct sockets_pair *pair) {
  struct sockaddr_storage address = *local;
  sockets_set_port(&address, port);
  int rtp = open_bound(&address);
  int rtcp = -1;
  if (rtp >= 0) {
    sockets_set_port(&address, (uint16_t)(port + 1));
    rtcp = open_bound(&address);
  }
  if (rtcp >= 0) {
    *pair = (struct sockets_pair){.rtp = rtp, .rtcp = rtcp, .port = port, .family = local->ss_family};
    return DP_OK;
  }
  int reason = errno;
  if (rtp >= 0) close(rtp);
  errno = reason;
  if (reason == EADDRINUSE || reason == EACCES) return DP_NO_PORT;
  return reason == EADDRNOTAVAIL || reason == EAFNOSUPPORT ? DP_NOT_FOUND : DP_SYSTEM;
}

dp_error sockets_open_pair(struct sockets_range *range, const struct sockaddr_storage *local,
                           struct sockets_pair *pair) {
  uint32_t first = (range->first + 1u) & ~1u;
  if (range->last < first + 1u) return DP_NO_PORT;
  uint32_t pairs = (range->last - first + 1u) / 2u;
  for (uint32_t tried = 0; tried < pairs; tried++) {
    uint32_t at = range->next % pairs;
    range->next = (at + 1) % pairs;
    dp_error error = open_at(local, (uint16_t)(first + 2 * at), pair);
    if (error != DP_NO_PORT) return error;
  }
  return DP_NO_PORT;
}

dp_error sockets_replace_pair(struct sockets_pair *pair, struct sockets_pair *fresh) {
  int rtp = fcntl(pair->rtp, F_DUPFD_CLOEXEC, 0);
  bool replaced = rtp >= 0 && dup3(fresh->rtp, pair->rtp, O_CLOEXEC) >= 0;
  if (replaced && dup3(fresh->rtcp, pair->rtcp, O_CLOEXEC) < 0) {
    (void)dup3(rtp, pair->rtp, O_CLOEXEC);
    replaced = false;
  }
  if (replaced) pair->port = fresh->port;
  int reason = errno;
  if (rtp >= 0) close(rtp);
  sockets_close_pair(fresh);
  errno = reason;
  return replaced ? DP_OK : DP_SYSTEM;
}

void sockets_close_pair(struct sockets_pair *pair) {
  close(pair->rtp);
  close(pair->rtcp);
  pair->rtp = -1;
  pair->rtcp = -1;
}

/**
 * SO_TIMESTAMPNS is the time of day: what counts is how long ago that was. A clock that was stepped meanwhile gives
 * nonsense, and then the present serves.
 */
static uint64_t arrival_of(struct msghdr *message) {
  uint64_t now_ns = monotonic_now_ns();
  for (struct cmsghdr *item = CMSG_FIRSTHDR(message); item; item = CMSG_NXTHDR(message, item)) {
    if (item->cmsg_level != SOL_SOCKET || item->cmsg_type != SCM_TIMESTAMPNS) continue;
    struct timespec stamp;
    memcpy(&stamp, CMSG_DATA(item), sizeof stamp);
    uint64_t age_ns = wallclock_now_ns() - ((uint64_t)stamp.tv_sec * NS_PER_SECOND + (uint64_t)stamp.tv_nsec);
    if (age_ns < NS_PER_SECOND) return now_ns - age_ns;
  }
  return now_ns;
}

/** Where the kernel puts its stamp. */
union stamp_room {
  struct cmsghdr header;
  uint8_t bytes[CMSG_SPACE(sizeof(struct timespec))];
};

static struct msghdr message_into(struct sockets_datagram *datagram, struct iovec *part, union stamp_room *stamp) {
  return (struct msghdr){.msg_name = &datagram->source,
                         .msg_namelen = sizeof datagram->source,
                         .msg_iov = part,
                         .msg_iovlen = 1,
                         .msg_control = stamp,
                         .msg_controllen = sizeof *stamp};
}

static void note_arrival(struct sockets_datagram *datagram, struct msghdr *message, size_t length) {
  datagram->length = length;
  datagram->truncated = (message->msg_flags & MSG_TRUNC) != 0;
  datagram->arrival_ns = arrival_of(message);
}

bool sockets_receive(int descriptor, uint8_t *buffer, size_t capacity, struct sockets_datagram *datagram) {
  union stamp_room stamp;
  struct iovec part = {.iov_base = buffer, .iov_len = capacity};
  struct msghdr message = message_into(datagram, &part, &stamp);
  ssize_t length = recvmsg(descriptor, &message, MSG_DONTWAIT);
  if (length < 0) return false;
  note_arrival(datagram, &message, (size_t)length);
  return true;
}

size_t sockets_receive_batch(int descriptor, struct sockets_batch *batch) {
  union stamp_room stamps[SOCKETS_BATCH];
  struct iovec parts[SOCKETS_BATCH];
  struct mmsghdr messages[SOCKETS_BATCH];
  for (size_t at = 0; at < SOCKETS_BATCH; at++) {
    parts[at] = (struct iovec){.iov_base = batch->bytes[at], .iov_len = sizeof batch->bytes[at]};
    messages[at] = (struct mmsghdr){.msg_hdr = message_into(&batch->datagrams[at], &parts[at], &stamps[at])};
  }
  int count = recvmmsg(descriptor, messages, SOCKETS_BATCH, MSG_DONTWAIT, NULL);
  for (int at = 0; at < count; at++) note_arrival(&batch->datagrams[at], &messages[at].msg_hdr, messages[at].msg_len);
  return count < 0 ? 0 : (size_t)count;
}

bool sockets_is_nowhere(const struct sockaddr_storage *address) {
  if (address->ss_family != AF_INET6) return ((const struct sockaddr_in *)address)->sin_addr.s_addr == INADDR_ANY;
  return memcmp(&((const struct sockaddr_in6 *)address)->sin6_addr, &in6addr_any, sizeof in6addr_any) == 0;
}

bool sockets_send(int descriptor, const uint8_t *bytes, size_t length, const struct sockaddr_storage *to) {
  if (sockets_is_nowhere(to)) return false;
  ssize_t sent =
      sendto(descriptor, bytes, length, MSG_DONTWAIT | MSG_NOSIGNAL, (const struct sockaddr *)to, length_of(to));
  return sent == (ssize_t)length;
}
