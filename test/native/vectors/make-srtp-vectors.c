// Makes srtp-vectors.h with libsrtp2, so that our SRTP is held against another implementation without needing it:
//
//   apt install libsrtp2-dev
//   cc -o /tmp/make make-srtp-vectors.c -lsrtp2 && /tmp/make > srtp-vectors.h
//
// Master key and salt are those of RFC 3711 B.3. libsrtp2 begins SRTCP's index at 1.

#include <arpa/inet.h>
#include <srtp2/srtp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned char master[30] = {0xE1, 0xF9, 0x7A, 0x0D, 0x3E, 0x01, 0x8B, 0xE0, 0xD6, 0x4F,
                                   0xA3, 0x2C, 0x06, 0xDE, 0x41, 0x39, 0x0E, 0xC6, 0x75, 0xAD,
                                   0x49, 0x8A, 0xFE, 0xEB, 0xB6, 0x96, 0x0B, 0x3A, 0xAB, 0xE6};

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

static void rtp_vectors(srtp_t session) {
  // In sending order: beginnings at 65530, shapes of packets, the wrap, a loss of 300 packets over a second wrap's
  // distance, and far ahead.
  static const struct shape shapes[] = {
      {65530, 160, 0, -1, 0}, {65531, 0, 0, -1, 0},  {65532, 1, 0, -1, 0},  {65533, 33, 2, -1, 0}, {65534, 20, 0, 0, 0},
      {65535, 48, 3, 2, 0},   {0, 160, 0, -1, 0},    {1, 30, 0, -1, 4},     {2, 16, 15, 1, 0},     {3, 240, 0, -1, 0},
      {303, 80, 0, -1, 0},    {32000, 80, 0, -1, 0}, {64000, 80, 0, -1, 0}, {65400, 80, 0, -1, 0}, {164, 80, 0, -1, 0},
  };
  printf("static const struct srtp_vector rtp_vectors[] = {\n");
  for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
    unsigned char packet[600];
    int length = make_rtp(&shapes[i], packet);
    printf("    {");
    print_hex(packet, length);
    printf(",\n     ");
    if (srtp_protect(session, packet, &length) != srtp_err_status_ok) abort();
    print_hex(packet, length);
    printf("},\n");
  }
  printf("};\n\n");
}

static void rtcp_vectors(srtp_t session) {
  printf("// The index of the first is 1.\nstatic const struct srtp_vector rtcp_vectors[] = {\n");
  for (int n = 0; n < 3; n++) {
    unsigned char packet[600] = {0x80, 0xC9, 0x00, 0x01, 0xCA, 0xFE, 0xBA, 0xBE};
    int length = 8;
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
    printf("    {");
    print_hex(packet, length);
    printf(",\n     ");
    if (srtp_protect_rtcp(session, packet, &length) != srtp_err_status_ok) abort();
    print_hex(packet, length);
    printf("},\n");
  }
  printf("};\n\n");
}

int main(void) {
  if (srtp_init() != srtp_err_status_ok) return 1;
  srtp_policy_t policy;
  memset(&policy, 0, sizeof policy);
  srtp_crypto_policy_set_aes_cm_128_hmac_sha1_80(&policy.rtp);
  srtp_crypto_policy_set_aes_cm_128_hmac_sha1_80(&policy.rtcp);
  policy.ssrc.type = ssrc_any_outbound;
  policy.key = master;
  policy.window_size = 128;
  srtp_t session;
  if (srtp_create(&session, &policy) != srtp_err_status_ok) return 1;

  printf("// Packets protected by %s, AES_CM_128_HMAC_SHA1_80, key and salt of RFC 3711 B.3, in sending order.\n",
         srtp_get_version_string());
  printf("// Made by make-srtp-vectors.c; not to be edited.\n\n");
  printf("struct srtp_vector {\n  const char *plain;\n  const char *protected;\n};\n\n");
  rtp_vectors(session);
  rtcp_vectors(session);
  return 0;
}
