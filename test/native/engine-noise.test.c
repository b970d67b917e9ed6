// Pauses on the wire (RFC 3389): what is sent in their place, and what is heard of those of a peer.

#define _GNU_SOURCE

#include "engine-support.h"

enum { SPEECH = 8, NOISE = 13, DIGIT = 101 };

static struct station door;
static struct bare_peer peer;

/** Its microphone hears nothing but from the second second on for half a second. */
static void bursting_exchange(void *device, const int16_t *heard, int16_t *spoken, struct audio_report *report) {
  struct humming_device *humming = device;
  unsigned turn = atomic_load(&humming->exchanges);
  humming->hz = turn >= 100 && turn < 125 ? 440 : 0;
  humming_exchange(device, heard, spoken, report);
}

static const struct audio_operations bursting_operations = {.exchange = bursting_exchange, .close = humming_close};

static void start(uint32_t silence_ms, uint8_t noise_payload_type) {
  humming_init(&door.device, 0);
  const struct engine_options options = station_options(&door, &bursting_operations);
  CHECK_EQUAL(engine_create(&options, &door.engine), DP_OK);
  station_open(&door, silence_ms);
  bare_open(&peer);
  struct engine_stream stream = stream_to(peer.port);
  stream.noise_payload_type = noise_payload_type;
  station_configure(&door, &stream);
}

static void stop(void) {
  station_stop(&door);
  bare_close(&peer);
}

struct seen {
  int sound;
  int noise;
  int digits;
  int marked; // sound that is marked
  uint32_t behind; // timestamp units from the packet before the last one to that
};

/** Takes what comes until there were so many packets of a payload type. Numbers go up by one, whatever is sent. */
static struct seen watch(uint8_t wanted, int count) {
  static uint16_t last;
  static uint32_t timestamp;
  struct seen seen = {0};
  for (int found = 0; found < count;) {
    uint8_t packet[2048];
    if (bare_receive(peer.rtp, packet, sizeof packet, 5000) < 12) break;
    uint8_t type = packet[1] & 0x7F;
    bool marked = packet[1] >> 7;
    if (seen.sound + seen.noise + seen.digits > 0) CHECK_EQUAL(get_u16(packet + 2), (uint16_t)(last + 1));
    if (type == NOISE) CHECK(!marked); // §4
    seen.marked += type == SPEECH && marked;
    seen.sound += type == SPEECH;
    seen.noise += type == NOISE;
    seen.digits += type == DIGIT;
    seen.behind = get_u32(packet + 4) - timestamp;
    found += type == wanted;
    last = get_u16(packet + 2);
    timestamp = get_u32(packet + 4);
  }
  return seen;
}

static void pauses_are_told_of_and_not_sent(void) {
  start(0, NOISE);
  struct seen seen = watch(NOISE, 1);
  CHECK_WITHIN(seen.sound, 35, 50); // until the noise is known, and for what follows speech
  CHECK_EQUAL(engine_send_digits(door.engine, door.session, "5", 100), DP_OK);
  seen = watch(SPEECH, 1);
  CHECK_WITHIN(seen.digits, 5, 12);
  CHECK_EQUAL(seen.marked, 1);
  CHECK(seen.behind > 400); // the pause is in the timestamp (RFC 3551 §4.1)
  seen = watch(NOISE, 1);
  CHECK_WITHIN(seen.sound, 25, 50); // half a second of sound and what follows
  CHECK_EQUAL(seen.marked, 0);
  seen = watch(NOISE, 1);
  CHECK_EQUAL(seen.sound, 0);
  CHECK_WITHIN(seen.behind, 15000, 17000); // two seconds: nobody takes us for dead
  stop();
}

static void without_agreement_pauses_are_sent(void) {
  start(0, 0);
  struct seen seen = watch(SPEECH, 75);
  CHECK_EQUAL(seen.sound, 75);
  CHECK_EQUAL(seen.noise, 0);
  stop();
}

static uint16_t sequence;

static void say(uint8_t payload_type, uint32_t timestamp) {
  uint8_t packet[172];
  (void)bare_packet(packet, payload_type, sequence++, timestamp, 77);
  // A square wave of 400 Hz, 8031 high or so in A-law; or noise of -40 dBov, level alone.
  for (int at = 0; at < 160; at++) packet[12 + at] = at / 10 % 2 ? 0xAA : 0x2A;
  if (payload_type == NOISE) packet[12] = 40;
  bare_send(peer.rtp, door.port, packet, payload_type == NOISE ? 13 : 172);
}

static void report(void) {
  static const uint8_t receiver_report[] = {0x80, 201, 0, 1, 0, 0, 0, 77}; // RFC 3550 §6.4.2
  bare_send(peer.rtcp, (uint16_t)(door.port + 1), receiver_report, sizeof receiver_report);
}

static void pauses_of_the_peer_are_heard(void) {
  start(800, 0);
  uint32_t timestamp = 4000;
  for (int at = 0; at < 15; at++, timestamp += 160) {
    say(SPEECH, timestamp);
    sleep_ms(20);
  }
  say(NOISE, timestamp);
  // It reports, and is not taken for dead.
  for (int at = 0; at < 10; at++) {
    sleep_ms(200);
    report();
  }
  CHECK_EQUAL(station_count(&door, ENGINE_EVENT_SILENT), 0);
  CHECK_EQUAL(station_statistics(&door).packets_lost, 0);
  CHECK(station_wait(&door, ENGINE_EVENT_SILENT, 1, 1500));
  sleep_ms(300); // nothing is heard of who says nothing
  timestamp += 50 * 160;
  for (int at = 0; at < 10; at++, timestamp += 160) {
    say(SPEECH, timestamp);
    sleep_ms(20);
  }
  CHECK(station_wait(&door, ENGINE_EVENT_BACK, 1, 500));
  CHECK_EQUAL(station_statistics(&door).packets_lost, 0);
  const size_t heard = (size_t)atomic_load(&door.device.exchanges) * AUDIO_FRAME_SAMPLES;
  stop();
  // The middle of the pause: 327 of 32768 are -40 dBov. Silence before speech comes back.
  struct humming_device *device = &door.device;
  device->heard_count = heard - 8000 * 2;
  CHECK_WITHIN(heard_level(device, 0.5), 270, 390);
  device->heard_count = heard - 8000 * 3 / 10;
  CHECK_WITHIN(heard_level(device, 0.1), 0, 1);
}

int main(void) {
  TEST(pauses_are_told_of_and_not_sent);
  TEST(without_agreement_pauses_are_sent);
  TEST(pauses_of_the_peer_are_heard);
  return test_summary("engine-noise");
}
