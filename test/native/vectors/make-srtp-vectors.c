// Makes srtp-vectors.h with libsrtp2, so that our SRTP is held against another implementation without needing it:
//
//   apt install libsrtp2-dev
//   cc -o /tmp/make make-srtp-vectors.c -lsrtp2 && /tmp/make > srtp-vectors.h
//
// libsrtp2 begins SRTCP's index at 1.

#include <arpa/inet.h>
#include <srtp2/srtp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// RFC 3711 B.3's, then more of the same kind: as many of them as a suite wants.
static unsigned char master[46] = {0xE1, 0xF9, 0x7A, 0x0D, 0x3E, 0x01, 0x8B, 0xE0, 0xD6, 0x4F, 0xA3, 0x2C,
                                   0x06, 0xDE, 0x41, 0x39, 0x0E, 0xC6, 0x75, 0xAD, 0x49, 0x8A, 0xFE, 0xEB,
                                   0xB6, 0x96, 0x0B, 0x3A, 0xAB, 0xE6, 0x12, 0x34, 0x56, 0x78, 0x9A, 0xBC,
                                   0xDE, 0xF0, 0x0F, 0xED, 0xCB, 0xA9, 0x87, 0x65, 0x43, 0x21};

static void print_hex(const unsigned char *bytes, int length) {
  printf("\"");
  for (int i = 0; i < length; i++) printf("%02x", bytes[i]);
  printf("\"");
}

struct shape {
  unsigned sequence;
  int payload;
  int csrcs;
  int extension_words;  // -1: none
  int padding;
};

static int make_rtp(const struct shape *shape, unsigned char *packet) {
  int at = 12;
  memset(packet, 0, 12);
  packet[0] =
      (unsigned char)(0x80 | shape->csrcs | (shape->extension_words >= 0 ? 0x10 : 0) | (shape->padding ? 0x20 : 0));
  packet[1] = (unsigned char)(shape->sequence % 7 == 0 ? 0x88 : 0x08);
  packet[2] = (unsigned char)(shape->sequence >> 8);
  packet[3] = (unsigned char)shape->sequence;
  unsigned timestamp = htonl(0xFFFFF000u + shape->sequence * 160u);
  memcpy(packet + 4, &timestamp, 4);
  memcpy(packet + 8, "\xCA\xFE\xBA\xBE", 4);
  for (int i = 0; i < 4 * shape->csrcs; i++) packet[at++] = (unsigned char)(0x10 + i);
  if (shape->extension_words >= 0) {
    packet[at++] = 0xBE;
    packet[at++] = 0xDE;
    packet[at++] = 0;
    packet[at++] = (unsigned char)shape->extension_words;
    for (int i = 0; i < 4 * shape->extension_words; i++) packet[at++] = (unsigned char)(0x40 + i);
  }
  for (int i = 0; i < shape->payload; i++) packet[at++] = (unsigned char)(shape->sequence + 3 * (unsigned)i);
  for (int i = 0; i < shape->padding; i++) packet[at++] = (unsigned char)(i == shape->padding - 1 ? shape->padding : 0);
  return at;
}

// In sending order: beginnings at 65530, shapes of packets, the wrap, a loss of 300 packets over a second wrap's
// distance, and far ahead.
static const struct shape shapes[] = {
    {65530, 160, 0, -1, 0}, {65531, 0, 0, -1, 0},  {65532, 1, 0, -1, 0},  {65533, 33, 2, -1, 0}, {65534, 20, 0, 0, 0},
    {65535, 48, 3, 2, 0},   {0, 160, 0, -1, 0},    {1, 30, 0, -1, 4},     {2, 16, 15, 1, 0},     {3, 240, 0, -1, 0},
    {303, 80, 0, -1, 0},    {32000, 80, 0, -1, 0}, {64000, 80, 0, -1, 0}, {65400, 80, 0, -1, 0}, {164, 80, 0, -1, 0},
};
enum { RTP_PACKETS = sizeof shapes / sizeof shapes[0], RTCP_PACKETS = 3 };

static int make_rtcp(int n, unsigned char *packet) {
  int length = 8;
  memcpy(packet, "\x80\xC9\x00\x01\xCA\xFE\xBA\xBE", 8);
  if (n > 0) {
    // SDES with CNAME "door@test"
    static const unsigned char sdes[20] = {0x81, 0xCA, 0x00, 0x04, 0xCA, 0xFE, 0xBA, 0xBE, 0x01, 0x09,
                                           'd',  'o',  'o',  'r',  '@',  't',  'e',  's',  't',  0};
    memcpy(packet + length, sdes, sizeof sdes);
    length += (int)sizeof sdes;
  }
  if (n > 1) {
    memcpy(packet + length, "\x81\xCB\x00\x01\xCA\xFE\xBA\xBE", 8);
    length += 8;
  }
  return length;
}

static void print_packet(const unsigned char *packet, int length) {
  printf("        ");
  print_hex(packet, length);
  printf(",\n");
}

// What libsrtp2 makes of every packet, or the packets themselves where there is no session.
static void print_packets(srtp_t session) {
  unsigned char packet[600];
  printf("    {\n");
  for (int i = 0; i < RTP_PACKETS; i++) {
    int length = make_rtp(&shapes[i], packet);
    if (session && srtp_protect(session, packet, &length) != srtp_err_status_ok) abort();
    print_packet(packet, length);
  }
  printf("    },\n    {\n");
  for (int i = 0; i < RTCP_PACKETS; i++) {
    int length = make_rtcp(i, packet);
    if (session && srtp_protect_rtcp(session, packet, &length) != srtp_err_status_ok) abort();
    print_packet(packet, length);
  }
  printf("    },\n");
}

struct suite {
  const char *name;
  void (*set_rtp)(srtp_crypto_policy_t *policy);
  void (*set_rtcp)(srtp_crypto_policy_t *policy);
};

// A short tag is RTP's alone (RFC 4568 6.2.2).
static const struct suite suites[] = {
    {"AES_CM_128_HMAC_SHA1_80", srtp_crypto_policy_set_rtp_default, srtp_crypto_policy_set_rtcp_default},
    {"AES_CM_128_HMAC_SHA1_32", srtp_crypto_policy_set_aes_cm_128_hmac_sha1_32, srtp_crypto_policy_set_rtcp_default},
    {"AES_256_CM_HMAC_SHA1_80", srtp_crypto_policy_set_aes_cm_256_hmac_sha1_80,
     srtp_crypto_policy_set_aes_cm_256_hmac_sha1_80},
    {"AES_256_CM_HMAC_SHA1_32", srtp_crypto_policy_set_aes_cm_256_hmac_sha1_32,
     srtp_crypto_policy_set_aes_cm_256_hmac_sha1_80},
    {"AEAD_AES_128_GCM", srtp_crypto_policy_set_aes_gcm_128_16_auth, srtp_crypto_policy_set_aes_gcm_128_16_auth},
    {"AEAD_AES_256_GCM", srtp_crypto_policy_set_aes_gcm_256_16_auth, srtp_crypto_policy_set_aes_gcm_256_16_auth},
};
enum { SUITES = sizeof suites / sizeof suites[0] };

int main(void) {
  if (srtp_init() != srtp_err_status_ok) return 1;
  printf("// Packets protected by %s, in sending order, each suite with as much of the master as it wants.\n",
         srtp_get_version_string());
  printf("// Made by make-srtp-vectors.c; not to be edited.\n\n");
  printf("enum { VECTOR_SUITES = %d, VECTOR_RTP = %d, VECTOR_RTCP = %d };\n\n", SUITES, RTP_PACKETS, RTCP_PACKETS);
  printf("/** The index of the first RTCP packet is 1. */\n");
  printf("struct srtp_vectors {\n  const char *suite;\n  const char *rtp[VECTOR_RTP];\n"
         "  const char *rtcp[VECTOR_RTCP];\n};\n\n");
  printf("static const char vector_master[] = ");
  print_hex(master, sizeof master);
  printf(";\n\nstatic const struct srtp_vectors plain_vectors = {\n    \"\",\n");
  print_packets(NULL);
  printf("};\n\nstatic const struct srtp_vectors suite_vectors[VECTOR_SUITES] = {\n");
  for (int i = 0; i < SUITES; i++) {
    srtp_policy_t policy;
    memset(&policy, 0, sizeof policy);
    suites[i].set_rtp(&policy.rtp);
    suites[i].set_rtcp(&policy.rtcp);
    policy.ssrc.type = ssrc_any_outbound;
    policy.key = master;
    policy.window_size = 128;
    srtp_t session;
    if (srtp_create(&session, &policy) != srtp_err_status_ok) return 1;
    printf("    {\n    \"%s\",\n", suites[i].name);
    print_packets(session);
    printf("    },\n");
    if (srtp_dealloc(session) != srtp_err_status_ok) return 1;
  }
  printf("};\n");
  return 0;
}
