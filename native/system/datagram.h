// UDP sockets that Node cannot make by itself: a second one on the same port, which is then connected to one peer, so
// that the kernel tells at once that nobody listens there (ICMP). A port can be shared when all its sockets are willing
// (SO_REUSEADDR). The first one is so for the moment in which another of ours is bound, and never again: otherwise any
// program could take our port. Any thread.

#ifndef DOORPHONE_SYSTEM_DATAGRAM_H
#define DOORPHONE_SYSTEM_DATAGRAM_H

#include <stdint.h>

/** No descriptor: the socket stands alone. */
#define DATAGRAM_ALONE (-1)

/**
 * Opens a UDP socket that does not block and is not inherited.
 * @param address numeric, perhaps with a zone (fe80::1%eth0); IPv6 takes no IPv4
 * @param port 0: one that is free
 * @param beside the first socket of that address and port, which this one shares them with; or DATAGRAM_ALONE
 * @return the descriptor; below 0: -errno, -EINVAL when the address is none
 */
int datagram_open(const char *address, uint16_t port, int beside);

/**
 * Closes the port of a first socket to others again: libuv sets SO_REUSEADDR on every descriptor that it is given.
 * @return 0, or -errno
 */
int datagram_seal(int descriptor);

#endif
