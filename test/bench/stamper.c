// The bench's clock: it sends, receives and starts processes for run.mjs and says when, so that nothing that is measured
// waits for the measuring program. A datagram's arrival is the kernel's own stamp (SO_TIMESTAMPNS), a sending is the
// time right before the system call, bytes on a stream are the time at which they were read. All on CLOCK_REALTIME.
//
// Frames of host byte order on standard input: u32 length of what follows, u8 operation, u8 channel, payload.
//   U "ADDRESS PORT"        opens a UDP socket          C "PATH" or "ADDRESS PORT"   connects a stream
//   S address, data         sends (6 octets of address and port before a datagram's data)
//   Q                       closes the channel          X "LOG\0PROGRAM\0ARGUMENT…"  starts a process
//   T u32 pid               asks for its CPU time       P struct rtp_order           sends RTP, paced; H ends that
// Frames on standard output: u32 length, u8 kind, u8 channel, u64 stamp in ns, payload. The kinds: o (done), f (failed,
// errno as u32), s (sent), d (datagram: 6 octets of address and port, data), b (bytes), e (stream ended),
// x (started: u32 pid), t (CPU time as the stamp).

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "rtp-sender.h"
#include "stamper-clock.h"

enum { CHANNELS = 32, LONGEST_FRAME = 65536, CHILDREN = 16, ADDRESS_OCTETS = 6 };

struct channel {
  int descriptor; /* -1: not open */
  bool datagram;
  struct rtp_sender *rtp;
};

static struct channel channels[CHANNELS];
static pid_t children[CHILDREN];
static size_t child_count;

static void write_all(int descriptor, const void *data, size_t length) {
  const uint8_t *next = data;
  while (length > 0) {
    ssize_t written = write(descriptor, next, length);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) exit(1);
    next += written;
    length -= (size_t)written;
  }
}

static void say(char kind, uint8_t channel, uint64_t stamp_ns, const void *payload, size_t length) {
  uint8_t head[14];
  uint32_t rest = (uint32_t)(length + sizeof head - 4);
  memcpy(head, &rest, 4);
  head[4] = (uint8_t)kind;
  head[5] = channel;
  memcpy(head + 6, &stamp_ns, 8);
  uint8_t frame[sizeof head + LONGEST_FRAME];
  memcpy(frame, head, sizeof head);
  memcpy(frame + sizeof head, payload, length);
  write_all(STDOUT_FILENO, frame, sizeof head + length);
}

static void say_done(uint8_t channel) { say('o', channel, clock_realtime_ns(), "", 0); }

static void say_failed(uint8_t channel) {
  uint32_t why = (uint32_t)errno;
  say('f', channel, clock_realtime_ns(), &why, sizeof why);
}

/** Reads "ADDRESS PORT". */
static bool read_address(const char *text, struct sockaddr_in *address) {
  char host[64];
  unsigned port;
  memset(address, 0, sizeof *address);
  address->sin_family = AF_INET;
  if (sscanf(text, "%63s %u", host, &port) != 2 || port > UINT16_MAX) return false;
  address->sin_port = htons((uint16_t)port);
  return inet_pton(AF_INET, host, &address->sin_addr) == 1;
}

static void open_udp(uint8_t channel, const char *text) {
  struct sockaddr_in address;
  int yes = 1, size = 4 << 20;
  int descriptor = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (descriptor < 0 || !read_address(text, &address) ||
      setsockopt(descriptor, SOL_SOCKET, SO_TIMESTAMPNS, &yes, sizeof yes) != 0 ||
      setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &size, sizeof size) != 0 ||
      bind(descriptor, (struct sockaddr *)&address, sizeof address) != 0) {
    say_failed(channel);
    if (descriptor >= 0) close(descriptor);
    return;
  }
  channels[channel] = (struct channel){.descriptor = descriptor, .datagram = true};
  say_done(channel);
}

static void open_stream(uint8_t channel, const char *text) {
  struct sockaddr_in tcp;
  struct sockaddr_un local = {.sun_family = AF_UNIX};
  bool is_local = text[0] == '/';
  int descriptor = socket(is_local ? AF_UNIX : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const struct sockaddr *address = is_local ? (struct sockaddr *)&local : (struct sockaddr *)&tcp;
  if (is_local) memcpy(local.sun_path, text, strnlen(text, sizeof local.sun_path - 1));
  if (descriptor < 0 || (!is_local && !read_address(text, &tcp)) ||
      connect(descriptor, address, is_local ? sizeof local : sizeof tcp) != 0) {
    say_failed(channel);
    if (descriptor >= 0) close(descriptor);
    return;
  }
  channels[channel] = (struct channel){.descriptor = descriptor};
  say_done(channel);
}

static void send_data(uint8_t number, const uint8_t *payload, size_t length) {
  struct channel *channel = &channels[number];
  struct sockaddr_in to = {.sin_family = AF_INET};
  size_t skip = channel->datagram ? ADDRESS_OCTETS : 0;
  if (length < skip) return;
  memcpy(&to.sin_addr, payload, skip == 0 ? 0 : 4);
  memcpy(&to.sin_port, payload + 4, skip == 0 ? 0 : 2);
  uint64_t stamp = clock_realtime_ns();
  ssize_t sent = channel->datagram ? sendto(channel->descriptor, payload + skip, length - skip, 0,
                                            (struct sockaddr *)&to, sizeof to)
                                   : send(channel->descriptor, payload, length, MSG_NOSIGNAL);
  if (sent < 0) say_failed(number);
  else say('s', number, stamp, "", 0);
}

static void close_channel(uint8_t number) {
  struct channel *channel = &channels[number];
  if (channel->rtp != NULL) rtp_sender_stop(channel->rtp);
  if (channel->descriptor >= 0) close(channel->descriptor);
  *channel = (struct channel){.descriptor = -1};
  say_done(number);
}

/** Starts "LOG\0PROGRAM\0ARGUMENT…"; the log takes its standard output and error. */
static void start_process(uint8_t channel, char *payload, size_t length) {
  char *arguments[64];
  size_t count = 0;
  for (char *next = payload; next < payload + length && count < 63; next += strlen(next) + 1) arguments[count++] = next;
  arguments[count] = NULL;
  errno = EAGAIN;
  if (count < 2 || child_count == CHILDREN) return say_failed(channel);
  uint64_t stamp = clock_realtime_ns();
  pid_t pid = vfork();
  if (pid == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    int log = open(arguments[0], O_WRONLY | O_CREAT | O_APPEND, 0600);
    int nothing = open("/dev/null", O_RDONLY);
    if (log < 0 || nothing < 0) _exit(127);
    dup2(nothing, STDIN_FILENO);
    dup2(log, STDOUT_FILENO);
    dup2(log, STDERR_FILENO);
    execvp(arguments[1], arguments + 1);
    _exit(127);
  }
  if (pid < 0) return say_failed(channel);
  children[child_count++] = pid;
  uint32_t number = (uint32_t)pid;
  say('x', channel, stamp, &number, sizeof number);
}

/** Forgets the processes that have ended. */
static void reap_children(void) {
  size_t kept = 0;
  for (size_t i = 0; i < child_count; i++) {
    if (waitpid(children[i], NULL, WNOHANG) == 0) children[kept++] = children[i];
  }
  child_count = kept;
}

/** The CPU time of all threads of a process, those that ended included. */
static void say_cpu_time(uint8_t channel, const uint8_t *payload) {
  uint32_t pid;
  clockid_t clock;
  struct timespec time;
  memcpy(&pid, payload, sizeof pid);
  if (clock_getcpuclockid((pid_t)pid, &clock) != 0 || clock_gettime(clock, &time) != 0) return say_failed(channel);
  say('t', channel, (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec, "", 0);
}

static void start_rtp(uint8_t number, const uint8_t *payload, size_t length) {
  struct rtp_order order;
  if (length != sizeof order || channels[number].rtp != NULL) return say_failed(number);
  memcpy(&order, payload, sizeof order);
  channels[number].rtp = rtp_sender_start(channels[number].descriptor, &order);
  if (channels[number].rtp == NULL) say_failed(number);
  else say_done(number);
}

static void stop_rtp(uint8_t number) {
  if (channels[number].rtp != NULL) rtp_sender_stop(channels[number].rtp);
  channels[number].rtp = NULL;
  say_done(number);
}

static void obey(uint8_t *frame, size_t length) {
  uint8_t channel = frame[1];
  uint8_t *payload = frame + 2;
  size_t rest = length - 2;
  payload[rest] = 0; /* The buffer has room for it. */
  if (channel >= CHANNELS) exit(1);
  switch (frame[0]) {
    case 'U': return open_udp(channel, (char *)payload);
    case 'C': return open_stream(channel, (char *)payload);
    case 'S': return send_data(channel, payload, rest);
    case 'Q': return close_channel(channel);
    case 'X': return start_process(channel, (char *)payload, rest);
    case 'T': return say_cpu_time(channel, payload);
    case 'P': return start_rtp(channel, payload, rest);
    case 'H': return stop_rtp(channel);
    default: exit(1);
  }
}

/** Takes orders from standard input. @return false when it has ended */
static bool take_orders(void) {
  static uint8_t buffer[4 * LONGEST_FRAME];
  static size_t used;
  ssize_t got = read(STDIN_FILENO, buffer + used, sizeof buffer - used - 1);
  if (got <= 0) return false;
  used += (size_t)got;
  for (;;) {
    uint32_t length;
    if (used < 4) return true;
    memcpy(&length, buffer, 4);
    if (length < 2 || length > LONGEST_FRAME) return false;
    if (used < 4 + length) return true;
    static uint8_t frame[LONGEST_FRAME + 1];
    memcpy(frame, buffer + 4, length);
    used -= 4 + length;
    memmove(buffer, buffer + 4 + length, used);
    obey(frame, length);
  }
}

static void take_datagrams(uint8_t number) {
  uint8_t data[ADDRESS_OCTETS + 4096], control[128];
  struct sockaddr_in from;
  for (;;) {
    struct iovec part = {.iov_base = data + ADDRESS_OCTETS, .iov_len = sizeof data - ADDRESS_OCTETS};
    struct msghdr message = {.msg_name = &from, .msg_namelen = sizeof from, .msg_iov = &part, .msg_iovlen = 1,
                             .msg_control = control, .msg_controllen = sizeof control};
    ssize_t got = recvmsg(channels[number].descriptor, &message, 0);
    if (got < 0) return;
    struct timespec stamp = {0};
    for (struct cmsghdr *item = CMSG_FIRSTHDR(&message); item != NULL; item = CMSG_NXTHDR(&message, item)) {
      if (item->cmsg_level == SOL_SOCKET && item->cmsg_type == SCM_TIMESTAMPNS) {
        memcpy(&stamp, CMSG_DATA(item), sizeof stamp);
      }
    }
    memcpy(data, &from.sin_addr, 4);
    memcpy(data + 4, &from.sin_port, 2);
    say('d', number, (uint64_t)stamp.tv_sec * 1000000000u + (uint64_t)stamp.tv_nsec, data,
        ADDRESS_OCTETS + (size_t)got);
  }
}

static void take_bytes(uint8_t number) {
  uint8_t data[16384];
  ssize_t got = recv(channels[number].descriptor, data, sizeof data, 0);
  uint64_t stamp = clock_realtime_ns();
  if (got > 0) return say('b', number, stamp, data, (size_t)got);
  say('e', number, stamp, "", 0);
  close(channels[number].descriptor);
  channels[number].descriptor = -1;
}

int main(void) {
  for (size_t i = 0; i < CHANNELS; i++) channels[i].descriptor = -1;
  for (;;) {
    struct pollfd polled[CHANNELS + 1];
    for (size_t i = 0; i < CHANNELS; i++) polled[i] = (struct pollfd){.fd = channels[i].descriptor, .events = POLLIN};
    polled[CHANNELS] = (struct pollfd){.fd = STDIN_FILENO, .events = POLLIN};
    poll(polled, CHANNELS + 1, 200);
    for (uint8_t i = 0; i < CHANNELS; i++) {
      if (polled[i].revents == 0) continue;
      if (channels[i].datagram) take_datagrams(i);
      else take_bytes(i);
    }
    if (polled[CHANNELS].revents != 0 && !take_orders()) break;
    reap_children();
  }
  for (size_t i = 0; i < child_count; i++) kill(children[i], SIGKILL);
  return 0;
}
