// The pair of UDP sockets of an RTP session: an even port that is free together with the next one (RFC 3550 §11), found
// round the configured range so that a port is used again as late as possible; receiving with the kernel's stamp.
//
// Leaves out: who may send to us, and what.

#ifndef DOORPHONE_ENGINE_SOCKETS_H
#define DOORPHONE_ENGINE_SOCKETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/error.h"
#include "stun/stun.h"

/** A range of ports and which pair the next search begins with. */
struct sockets_range {
  uint16_t first;
  uint16_t last;
  uint32_t next;
};

/** An open pair. */
struct sockets_pair {
  int rtp;
  int rtcp;
  uint16_t port; /**< Of RTP; RTCP is the next one. */
  sa_family_t family;
};

/** One datagram as it came. */
struct sockets_datagram {
  struct sockaddr_storage source;
  size_t length;
  bool truncated;      /**< It was longer than the buffer. */
  uint64_t arrival_ns; /**< The kernel's stamp, as CLOCK_MONOTONIC. */
};

/** Ethernet carries no longer ones in one piece. What is longer is cut off, and said to be. */
#define SOCKETS_DATAGRAM_BYTES 1500
/** So many are taken by one call. */
#define SOCKETS_BATCH 8

/** Datagrams in the order in which they came. */
struct sockets_batch {
  uint8_t bytes[SOCKETS_BATCH][SOCKETS_DATAGRAM_BYTES];
  struct sockets_datagram datagrams[SOCKETS_BATCH];
};

/** Reads a literal IPv4 or IPv6 address. @return DP_OK, DP_MALFORMED */
dp_error sockets_parse_address(const char *text, uint16_t port, struct sockaddr_storage *address);

/**
 * Opens a pair on a local address, whose port is ignored. Not on the media thread.
 * @return DP_OK, DP_NO_PORT, DP_NOT_FOUND (not an address of ours), DP_SYSTEM (errno)
 */
dp_error sockets_open_pair(struct sockets_range *range, const struct sockaddr_storage *local, struct sockets_pair *pair);

/**
 * Puts other sockets under the descriptors of a pair, each at one blow: who reads or sends meanwhile does so by the one or
 * the other. `fresh` is closed. @return DP_OK; DP_SYSTEM (errno): the pair is as it was
 */
dp_error sockets_replace_pair(struct sockets_pair *pair, struct sockets_pair *fresh);

void sockets_close_pair(struct sockets_pair *pair);

/** Takes one datagram. Never blocks. @return false: none waits */
bool sockets_receive(int descriptor, uint8_t *buffer, size_t capacity, struct sockets_datagram *datagram);

/** Takes what waits by one system call. Never blocks. @return how many; fewer than SOCKETS_BATCH: no more wait */
size_t sockets_receive_batch(int descriptor, struct sockets_batch *batch);

/** Whether an address is all zeros, where a held peer is (RFC 3264 §8.4). The kernel would take it for this machine. */
bool sockets_is_nowhere(const struct sockaddr_storage *address);

/** Sends one datagram. Never blocks. @return whether the kernel took it; false: nowhere is no place to send to */
bool sockets_send(int descriptor, const uint8_t *bytes, size_t length, const struct sockaddr_storage *to);

/** Whether two addresses name the same host, whatever their ports. */
bool sockets_same_host(const struct sockaddr_storage *left, const struct sockaddr_storage *right);

/** Whether two addresses are the same host and port. */
bool sockets_same_address(const struct sockaddr_storage *left, const struct sockaddr_storage *right);

/** An address as STUN writes it. */
void sockets_to_stun(const struct sockaddr_storage *address, struct stun_address *written);

/** In host order. */
uint16_t sockets_port(const struct sockaddr_storage *address);

void sockets_set_port(struct sockaddr_storage *address, uint16_t port);

#endif
