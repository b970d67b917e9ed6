// The ciphers of SRTP by OpenSSL and nothing around them, ns a packet of 172 octets: keys set once, HMAC's two pads hashed once.
// No header is read, no counter kept, no window looked at: less than that no SRTP over OpenSSL can take.

#define OPENSSL_SUPPRESS_DEPRECATED

#include <openssl/evp.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "timing.h"

enum { HEADER = 12, TAG_ROOM = 16, SHORT_TAG = 10 };

static uint8_t packets[PACKETS][PACKET_OCTETS + TAG_ROOM];
static const uint8_t key[64] = {1, 2, 3};
static SHA_CTX inner, outer;

static void must(int done) {
  if (done != 1) abort();
}

static void hash_pads(void) {
  uint8_t pad[SHA_CBLOCK];
  memset(pad, 0x36, sizeof pad);
  must(SHA1_Init(&inner));
  must(SHA1_Update(&inner, pad, sizeof pad));
  memset(pad, 0x5C, sizeof pad);
  must(SHA1_Init(&outer));
  must(SHA1_Update(&outer, pad, sizeof pad));
}

static void digest(const uint8_t *packet, uint8_t out[SHA_DIGEST_LENGTH]) {
  static const uint8_t roll_over[4];
  SHA_CTX hash = inner;
  SHA1_Update(&hash, packet, PACKET_OCTETS);
  SHA1_Update(&hash, roll_over, sizeof roll_over);
  SHA1_Final(out, &hash);
  hash = outer;
  SHA1_Update(&hash, out, SHA_DIGEST_LENGTH);
  SHA1_Final(out, &hash);
}

static void crypt(EVP_CIPHER_CTX *cipher, uint8_t *packet, const uint8_t iv[16]) {
  int written;
  must(EVP_EncryptInit_ex(cipher, NULL, NULL, NULL, iv));
  must(EVP_EncryptUpdate(cipher, packet + HEADER, &written, packet + HEADER, PACKET_OCTETS - HEADER));
}

static void counter_mode(EVP_CIPHER_CTX *cipher, uint8_t *packet, const uint8_t iv[16], int seals) {
  uint8_t tag[SHA_DIGEST_LENGTH];
  if (seals) {
    crypt(cipher, packet, iv);
    digest(packet, tag);
    memcpy(packet + PACKET_OCTETS, tag, SHORT_TAG);
    return;
  }
  digest(packet, tag);
  if (memcmp(packet + PACKET_OCTETS, tag, SHORT_TAG) != 0) abort();
  crypt(cipher, packet, iv);
}

static void gcm(EVP_CIPHER_CTX *cipher, uint8_t *packet, const uint8_t iv[16], int seals) {
  int written;
  uint8_t rest[16];
  must(EVP_CipherInit_ex(cipher, NULL, NULL, NULL, iv, -1));
  must(EVP_CipherUpdate(cipher, NULL, &written, packet, HEADER));
  must(EVP_CipherUpdate(cipher, packet + HEADER, &written, packet + HEADER, PACKET_OCTETS - HEADER));
  if (!seals) must(EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_AEAD_SET_TAG, TAG_ROOM, packet + PACKET_OCTETS));
  must(EVP_CipherFinal_ex(cipher, rest, &written));
  if (seals) must(EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_AEAD_GET_TAG, TAG_ROOM, packet + PACKET_OCTETS));
}

typedef void (*transform_h)(EVP_CIPHER_CTX *cipher, uint8_t *packet, const uint8_t iv[16], int seals);

static EVP_CIPHER_CTX *open_cipher(const EVP_CIPHER *kind, int seals) {
  EVP_CIPHER_CTX *cipher = EVP_CIPHER_CTX_new();
  must(EVP_CipherInit_ex(cipher, kind, NULL, key, NULL, seals));
  return cipher;
}

static void run(EVP_CIPHER_CTX *cipher, transform_h transform, int seals, uint64_t *best) {
  uint8_t iv[16] = {0};
  uint64_t start = timing_now_ns();
  for (size_t i = 0; i < PACKETS; i++) {
    iv[11] = (uint8_t)i;
    iv[10] = (uint8_t)(i >> 8);
    transform(cipher, packets[i], iv, seals);
  }
  timing_keep_best(best, start, timing_now_ns());
}

static void time_suite(const char *name, const EVP_CIPHER *kind, transform_h transform, const char *end) {
  EVP_CIPHER_CTX *sender = open_cipher(kind, 1), *receiver = open_cipher(kind, transform == gcm ? 0 : 1);
  uint64_t protect = UINT64_MAX, unprotect = UINT64_MAX;
  for (int turn = 0; turn < RUNS; turn++) {
    run(sender, transform, 1, &protect);
    run(receiver, transform, 0, &unprotect);
  }
  printf("\"%s_protect_ns\": %.0f, \"%s_unprotect_ns\": %.0f%s", name, (double)protect / PACKETS, name,
         (double)unprotect / PACKETS, end);
  EVP_CIPHER_CTX_free(sender);
  EVP_CIPHER_CTX_free(receiver);
}

int main(void) {
  hash_pads();
  printf("{");
  time_suite("AES_CM_128_HMAC_SHA1_80", EVP_aes_128_ctr(), counter_mode, ", ");
  time_suite("AEAD_AES_128_GCM", EVP_aes_128_gcm(), gcm, ", ");
  time_suite("AEAD_AES_256_GCM", EVP_aes_256_gcm(), gcm, "}\n");
  return 0;
}
