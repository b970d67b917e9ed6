// See notify.h.

#define _GNU_SOURCE

#include "system/notify.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

int notify_send(const char *place, const char *text) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  const size_t length = strlen(place);
  if (length < 2 || length >= sizeof address.sun_path || (place[0] != '/' && place[0] != '@')) return -EINVAL;
  memcpy(address.sun_path, place, length);
  if (place[0] == '@') address.sun_path[0] = '\0';
  int descriptor = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return -errno;
  const socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);
  const ssize_t sent = sendto(descriptor, text, strlen(text), MSG_NOSIGNAL | MSG_DONTWAIT,
                              (const struct sockaddr *)&address, size);
  const int error = sent < 0 ? -errno : 0;
  close(descriptor);
  return error;
}
