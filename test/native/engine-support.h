// What the tests of the engine share: a sound device that hums and listens, a peer that is a bare socket, waiting for
// events with a limit.

#ifndef DOORPHONE_TEST_ENGINE_SUPPORT_H
#define DOORPHONE_TEST_ENGINE_SUPPORT_H

#include <arpa/inet.h>
#include <math.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/monotonic.h"
#include "engine/engine.h"
#include "support/check.h"

#define HEARD_SAMPLES (8000 * 20)
/** Of blocks in which a tone is looked for. */
#define BLOCKS_A_SECOND 10
#define FIRST_PORT 30000
#define LAST_PORT 30999

/** The first of ten ports that no other program of these tests uses at the same time. Even. */
static inline uint16_t ports_of_our_own(void) { return (uint16_t)(20000 + getpid() % 1000 * 10); }

static inline void sleep_ms(unsigned ms) {
  struct timespec time = {.tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000};
  nanosleep(&time, NULL);
}

// ---- a sound device ----

/** Its microphone hums at `hz`, its speaker keeps what it is given. Read `heard` after the engine has ended. */
struct humming_device {
  bool wide;        // it speaks 16 kHz
  uint32_t turn_ms; // 0: 20
  double hz;
  double phase;
  size_t heard_count;
  int16_t heard[HEARD_SAMPLES];
  atomic_int fault; // enum audio_fault to report
  atomic_uint exchanges;
};

static inline void humming_exchange(void *device, const int16_t *heard, int16_t *spoken, struct audio_report *report) {
  struct humming_device *humming = device;
  *report = (struct audio_report){.fault = (enum audio_fault)atomic_load(&humming->fault)};
  for (size_t at = 0; at < audio_samples(humming->wide, humming->turn_ms == 0 ? AUDIO_FRAME_MS : humming->turn_ms); at++) {
    spoken[at] = humming->hz == 0 ? 0 : (int16_t)(8000 * sin(humming->phase));
    humming->phase += 2 * M_PI * humming->hz / audio_rate_hz(humming->wide);
    if (humming->heard_count < HEARD_SAMPLES) humming->heard[humming->heard_count++] = heard[at];
  }
  atomic_fetch_add(&humming->exchanges, 1);
}

static inline void humming_close(void *device) { (void)device; }

static const struct audio_operations humming_operations = {.exchange = humming_exchange, .close = humming_close};

static inline void humming_init(struct humming_device *humming, double hz) {
  memset(humming, 0, sizeof *humming);
  humming->hz = hz;
}

/** Share of the energy of the last `seconds` of what was heard that lies at `hz` (Goertzel over blocks of 100 ms). */
static inline double heard_share(const struct humming_device *humming, double hz, double seconds) {
  const size_t block = audio_rate_hz(humming->wide) / BLOCKS_A_SECOND;
  size_t count = (size_t)(seconds * audio_rate_hz(humming->wide));
  if (humming->heard_count < count) return 0;
  const int16_t *samples = humming->heard + humming->heard_count - count;
  double total = 0;
  double at_hz = 0;
  for (size_t from = 0; from + block <= count; from += block) {
    double real = 0;
    double imaginary = 0;
    for (size_t at = 0; at < block; at++) {
      double sample = samples[from + at];
      double angle = 2 * M_PI * hz * (double)at / audio_rate_hz(humming->wide);
      real += sample * cos(angle);
      imaginary += sample * sin(angle);
      total += sample * sample;
    }
    at_hz += 2 * (real * real + imaginary * imaginary) / (double)block;
  }
  return total < 1 ? 0 : at_hz / total;
}

/** Root mean square of the last `seconds` of what was heard. */
static inline double heard_level(const struct humming_device *humming, double seconds) {
  size_t count = (size_t)(seconds * audio_rate_hz(humming->wide));
  if (humming->heard_count < count || count == 0) return 0;
  double total = 0;
  for (size_t at = humming->heard_count - count; at < humming->heard_count; at++) {
    total += (double)humming->heard[at] * humming->heard[at];
  }
  return sqrt(total / (double)count);
}

// ---- an engine ----

/** An engine with its device and the events that it has said so far. */
struct station {
  struct humming_device device;
  struct engine *engine;
  uint32_t session;
  uint16_t port;
  atomic_uint wakes;
  struct engine_event events[512];
  size_t event_count;
};

static inline void station_wake(void *context) {
  struct station *station = context;
  atomic_fetch_add(&station->wakes, 1);
}

/** What a station's engine is made with: its device, as `operations` have it, and all of its loudness. */
static inline struct engine_options station_options(struct station *station, const struct audio_operations *operations) {
  station->event_count = 0;
  return (struct engine_options){.device = {.operations = operations, .device = &station->device},
                                 .first_port = FIRST_PORT,
                                 .last_port = LAST_PORT,
                                 .speaker_percent = 100,
                                 .microphone_percent = 100,
                                 .wake = station_wake,
                                 .wake_context = station};
}

static inline void station_start_wide(struct station *station, double hz, bool wide, const uint16_t range[2]) {
  humming_init(&station->device, hz);
  station->device.wide = wide;
  atomic_store(&station->wakes, 0);
  struct engine_options options = station_options(station, &humming_operations);
  options.device.wide = wide;
  options.first_port = range[0];
  options.last_port = range[1];
  if (engine_create(&options, &station->engine) != DP_OK) {
    printf("FAIL the engine does not start\n");
    exit(1);
  }
}

static inline void station_start_range(struct station *station, double hz, uint16_t first, uint16_t last) {
  station_start_wide(station, hz, false, (const uint16_t[2]){first, last});
}

static inline void station_start(struct station *station, double hz) {
  station_start_range(station, hz, FIRST_PORT, LAST_PORT);
}

static inline void station_open(struct station *station, uint32_t silence_ms) {
  CHECK_EQUAL(engine_open_session(station->engine, "127.0.0.1", silence_ms, &station->session, &station->port), DP_OK);
}

/** Sound both ways in PCMA, 20 ms, telephone-event 101, to a port of this machine. */
static inline struct engine_stream stream_to(uint16_t port) {
  return (struct engine_stream){.remote_address = "127.0.0.1",
                                .remote_port = port,
                                .remote_rtcp_port = (uint16_t)(port + 1),
                                .codec = 8,
                                .payload_type = 8,
                                .event_payload_type = 101,
                                .received_event_payload_type = 101,
                                .packet_time_ms = 20,
                                .sends = true,
                                .receives = true};
}

/** Until all that was asked of the media thread is done: a sound, even none, is waited for. */
static inline void station_settle(struct station *station) {
  const struct engine_sound none = {.samples = NULL};
  CHECK_EQUAL(engine_set_sound(station->engine, ENGINE_TONE_FAILURE, &none), DP_OK);
}

/** What is sent after it meets what was agreed. */
static inline void station_configure(struct station *station, const struct engine_stream *stream) {
  CHECK_EQUAL(engine_configure_session(station->engine, station->session, stream), DP_OK);
  station_settle(station);
}

/** Until the device has been turned so many times: the second turn shows what was set before. */
static inline void station_turn(struct station *station, unsigned turns) {
  unsigned before = atomic_load(&station->device.exchanges);
  while (atomic_load(&station->device.exchanges) - before < turns) sleep_ms(1);
}

/**
 * Until all that was sent to it is taken and its figures say so, however slow the machine: what was asked of the media
 * thread is done after what had come by then, and figures are published with the turns.
 */
static inline void station_hear(struct station *station) {
  station_settle(station);
  uint32_t turn_ms = station->device.turn_ms == 0 ? AUDIO_FRAME_MS : station->device.turn_ms;
  station_turn(station, 1 + AUDIO_FRAME_MS / turn_ms);
}

static inline void station_collect(struct station *station) {
  size_t room = sizeof station->events / sizeof station->events[0] - station->event_count;
  station->event_count += engine_take_events(station->engine, station->events + station->event_count, room);
}

/** Waits until the engine has woken its user, taking no event. @return whether it has, within `limit_ms` */
static inline bool station_is_woken(struct station *station, unsigned limit_ms) {
  for (unsigned waited = 0; waited < limit_ms && atomic_load(&station->wakes) == 0; waited += 5) sleep_ms(5);
  return atomic_load(&station->wakes) > 0;
}

/** How many events of a kind there have been. */
static inline size_t station_count(struct station *station, uint32_t kind) {
  station_collect(station);
  size_t count = 0;
  for (size_t at = 0; at < station->event_count; at++) count += station->events[at].kind == kind;
  return count;
}

/** Waits until there have been so many events of a kind. @return whether there have, within `limit_ms` */
static inline bool station_wait(struct station *station, uint32_t kind, size_t count, unsigned limit_ms) {
  for (unsigned waited = 0; waited < limit_ms; waited += 5) {
    if (station_count(station, kind) >= count) return true;
    sleep_ms(5);
  }
  return station_count(station, kind) >= count;
}

/** The first event of a kind, or null. */
static inline const struct engine_event *station_first(const struct station *station, uint32_t kind) {
  for (size_t at = 0; at < station->event_count; at++) {
    if (station->events[at].kind == kind) return &station->events[at];
  }
  return NULL;
}

/** The characters of all events of a kind, in order. */
static inline void station_digits(struct station *station, uint32_t kind, char *text, size_t capacity) {
  station_collect(station);
  size_t length = 0;
  for (size_t at = 0; at < station->event_count && length + 1 < capacity; at++) {
    if (station->events[at].kind == kind) text[length++] = (char)station->events[at].value;
  }
  text[length] = '\0';
}

static inline struct stream_statistics station_statistics(struct station *station) {
  struct stream_statistics statistics;
  CHECK_EQUAL(engine_read_statistics(station->engine, station->session, &statistics), DP_OK);
  return statistics;
}

static inline struct stream_statistics station_close(struct station *station) {
  struct stream_statistics statistics;
  CHECK_EQUAL(engine_close_session(station->engine, station->session, &statistics), DP_OK);
  return statistics;
}

static inline void station_stop(struct station *station) {
  engine_destroy(station->engine);
  station->engine = NULL;
}

/** Two stations talk to each other. */
static inline void connect_stations(struct station *left, struct station *right) {
  struct engine_stream to_right = stream_to(right->port);
  struct engine_stream to_left = stream_to(left->port);
  station_configure(left, &to_right);
  station_configure(right, &to_left);
}

// ---- a bare peer ----

/** Two sockets of the test's own: RTP on `port`, RTCP on the next one. */
struct bare_peer {
  int rtp;
  int rtcp;
  uint16_t port;
};

static inline int bare_socket(uint16_t port) {
  int descriptor = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  struct sockaddr_in address = {
      .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  if (bind(descriptor, (struct sockaddr *)&address, sizeof address) == 0) return descriptor;
  close(descriptor);
  return -1;
}

static inline void bare_open(struct bare_peer *peer) {
  for (uint16_t port = 31000; port < 31900; port = (uint16_t)(port + 2)) {
    peer->rtp = bare_socket(port);
    peer->rtcp = peer->rtp < 0 ? -1 : bare_socket((uint16_t)(port + 1));
    peer->port = port;
    if (peer->rtcp >= 0) return;
    if (peer->rtp >= 0) close(peer->rtp);
  }
  printf("FAIL no port for a bare peer\n");
  exit(1);
}

static inline void bare_close(struct bare_peer *peer) {
  close(peer->rtp);
  close(peer->rtcp);
}

static inline void bare_send(int descriptor, uint16_t port, const uint8_t *bytes, size_t length) {
  struct sockaddr_in address = {
      .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  CHECK(sendto(descriptor, bytes, length, 0, (struct sockaddr *)&address, sizeof address) == (ssize_t)length);
}

/** The next datagram, waited for at most `limit_ms`. @return its length, -1 if none came */
static inline ssize_t bare_receive(int descriptor, uint8_t *bytes, size_t capacity, int limit_ms) {
  struct pollfd waiting = {.fd = descriptor, .events = POLLIN};
  if (poll(&waiting, 1, limit_ms) <= 0) return -1;
  return recv(descriptor, bytes, capacity, 0);
}

/** An RTP packet of 20 ms, every octet `filling`, written out by hand (RFC 3550 §5.1). @return its length */
static inline size_t bare_packet(uint8_t bytes[172], uint8_t payload_type, uint16_t sequence, uint32_t timestamp,
                                 uint32_t ssrc) {
  memset(bytes, 0xd5, 172);
  bytes[0] = 0x80;
  bytes[1] = payload_type;
  bytes[2] = (uint8_t)(sequence >> 8);
  bytes[3] = (uint8_t)sequence;
  for (int at = 0; at < 4; at++) {
    bytes[4 + at] = (uint8_t)(timestamp >> (24 - 8 * at));
    bytes[8 + at] = (uint8_t)(ssrc >> (24 - 8 * at));
  }
  return 172;
}

static inline uint16_t get_u16(const uint8_t *bytes) { return (uint16_t)(bytes[0] << 8 | bytes[1]); }

static inline uint32_t get_u32(const uint8_t *bytes) { return (uint32_t)get_u16(bytes) << 16 | get_u16(bytes + 2); }

#endif
