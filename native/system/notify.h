// What a service tells the manager that started it (sd_notify(3)), without its library: a datagram to the socket that the
// environment names.

#ifndef DOORPHONE_SYSTEM_NOTIFY_H
#define DOORPHONE_SYSTEM_NOTIFY_H

/**
 * Sends one message. Never waits.
 * @param place a path, or `@` and a name in the abstract namespace
 * @param text lines like `READY=1`
 * @return 0, or -errno; -EINVAL where the place is none
 */
int notify_send(const char *place, const char *text);

#endif
