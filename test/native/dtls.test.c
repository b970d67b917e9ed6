// DTLS-SRTP endpoints: with each other over a bad network, and with a peer made of bare OpenSSL, whose keys are taken
// from the exporter by RFC 5764 §4.2 without any of our code. Time is the test's own.

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/time.h>

#include "base/monotonic.h"
#include "dtls/dtls.h"
#include "support/check.h"

#define FLYING 64
#define LONGEST 4096
#define HANDSHAKE_NS (10 * NS_PER_SECOND)

// ---- time ----

static uint64_t now_ns = 1000 * NS_PER_SECOND;
/** How far the time of day has been set apart from it. */
static int64_t stepped_s;

int gettimeofday(struct timeval *restrict time, void *restrict zone);

/** OpenSSL's clock, in place of libc's. */
int gettimeofday(struct timeval *restrict time, void *restrict zone) {
  (void)zone;
  time->tv_sec = (time_t)(1700000000 + stepped_s + (int64_t)(now_ns / NS_PER_SECOND));
  time->tv_usec = (suseconds_t)(now_ns % NS_PER_SECOND / 1000);
  return 0;
}

// ---- a network ----

struct flying {
  bool used;
  int to;
  uint64_t arrives_ns;
  size_t length;
  uint8_t bytes[LONGEST];
};

struct side {
  int index;
  struct dtls_identity *identity;
  struct dtls_endpoint *endpoint;
  unsigned datagrams;
  size_t bytes;
  size_t longest;
};

static struct flying network[FLYING];
static struct side sides[2];
static uint64_t chance;
/** In percent. */
static unsigned loss;
static unsigned doubled;
static unsigned mangled;
/** Datagrams up to this one of the side are lost. */
static unsigned lost_from[2];
static unsigned lost_until[2];

static bool happens(unsigned percent) { return percent > 0 && test_random(&chance) % 100 < percent; }

static void fly(int to, const uint8_t *bytes, size_t length, uint64_t delay_ns) {
  for (size_t at = 0; at < FLYING; at++) {
    struct flying *flying = &network[at];
    if (flying->used) continue;
    *flying = (struct flying){.used = true, .to = to, .arrives_ns = now_ns + delay_ns, .length = length};
    memcpy(flying->bytes, bytes, length);
    if (happens(mangled)) flying->bytes[test_random(&chance) % length] ^= (uint8_t)(1 << test_random(&chance) % 8);
    if (happens(mangled)) flying->length = test_random(&chance) % length + 1;
    return;
  }
}

static void send_datagram(void *context, const uint8_t *bytes, size_t length) {
  struct side *side = context;
  side->datagrams++;
  side->bytes += length;
  if (length > side->longest) side->longest = length;
  if (length > LONGEST || happens(loss)) return;
  if (side->datagrams >= lost_from[side->index] && side->datagrams <= lost_until[side->index]) return;
  // Reordered where a later one is faster.
  uint64_t delay_ns = (5 + (loss > 0 ? test_random(&chance) % 30 : 0)) * NS_PER_MS;
  fly(1 - side->index, bytes, length, delay_ns);
  if (happens(doubled)) fly(1 - side->index, bytes, length, delay_ns + 7 * NS_PER_MS);
}

static const struct byte_view sources[2] = {{(const uint8_t *)"left:1", 6}, {(const uint8_t *)"right:2", 7}};

static struct dtls_fingerprints announce(const struct dtls_identity *identity) {
  struct dtls_fingerprints peer = {.count = 1, .list = {{.hash = DTLS_SHA256}}};
  memcpy(peer.list[0].bytes, dtls_identity_fingerprint(identity), DTLS_FINGERPRINT_BYTES);
  return peer;
}

static void open_side(int index, enum dtls_role role, const struct dtls_fingerprints *peer) {
  struct side *side = &sides[index];
  struct dtls_options options = {.identity = side->identity,
                                 .role = role,
                                 .peer = *peer,
                                 .deadline_ns = now_ns + HANDSHAKE_NS,
                                 .send = send_datagram,
                                 .context = side};
  CHECK_EQUAL(dtls_endpoint_create(&options, now_ns, &side->endpoint), DP_OK);
}

static void begin_network(void) {
  memset(network, 0, sizeof network);
  memset(lost_from, 0, sizeof lost_from);
  memset(lost_until, 0, sizeof lost_until);
  loss = doubled = mangled = 0;
  stepped_s = 0;
  for (int index = 0; index < 2; index++) {
    sides[index] = (struct side){.index = index};
    CHECK_EQUAL(dtls_identity_create(&sides[index].identity), DP_OK);
  }
}

/** Left is the client, right the server. */
static void begin_pair(void) {
  struct dtls_fingerprints left = announce(sides[0].identity);
  struct dtls_fingerprints right = announce(sides[1].identity);
  open_side(1, DTLS_SERVER, &left);
  open_side(0, DTLS_CLIENT, &right);
}

static void end_network(void) {
  for (int index = 0; index < 2; index++) {
    dtls_endpoint_destroy(sides[index].endpoint);
    dtls_identity_destroy(sides[index].identity);
  }
}

static struct flying *first_flying(void) {
  struct flying *first = NULL;
  for (size_t at = 0; at < FLYING; at++) {
    if (network[at].used && (!first || network[at].arrives_ns < first->arrives_ns)) first = &network[at];
  }
  return first;
}

/** The next thing that happens. @return false: nothing will */
static bool step(void) {
  struct flying *first = first_flying();
  uint64_t next_ns = first ? first->arrives_ns : UINT64_MAX;
  int due = -1;
  for (int index = 0; index < 2; index++) {
    uint64_t due_ns = sides[index].endpoint ? dtls_endpoint_due_ns(sides[index].endpoint) : UINT64_MAX;
    if (due_ns >= next_ns) continue;
    next_ns = due_ns;
    due = index;
  }
  if (next_ns == UINT64_MAX) return false;
  if (next_ns > now_ns) now_ns = next_ns;
  if (due >= 0) {
    dtls_endpoint_tick(sides[due].endpoint, now_ns);
  } else {
    first->used = false;
    if (sides[first->to].endpoint) {
      const struct byte_view datagram = {first->bytes, first->length};
      dtls_endpoint_take(sides[first->to].endpoint, datagram, sources[1 - first->to], now_ns);
    }
  }
  return true;
}

static void run(void) {
  for (int steps = 0; steps < 10000 && step(); steps++) continue;
}

static enum dtls_state state_of(int index) { return dtls_endpoint_state(sides[index].endpoint); }

static enum dtls_failure failure_of(int index) { return dtls_endpoint_failure(sides[index].endpoint); }

static bool keys_agree(void) {
  struct dtls_keys left;
  struct dtls_keys right;
  if (dtls_endpoint_keys(sides[0].endpoint, &left) != DP_OK) return false;
  if (dtls_endpoint_keys(sides[1].endpoint, &right) != DP_OK) return false;
  return left.profile == right.profile && left.master_bytes == right.master_bytes &&
         memcmp(left.send, right.receive, left.master_bytes) == 0 &&
         memcmp(left.receive, right.send, left.master_bytes) == 0 &&
         memcmp(left.send, left.receive, left.master_bytes) != 0;
}

static void expect_no_keys(void) {
  struct dtls_keys keys;
  for (int index = 0; index < 2; index++) {
    if (sides[index].endpoint) CHECK_EQUAL(dtls_endpoint_keys(sides[index].endpoint, &keys), DP_EMPTY);
  }
}

// ---- two of ours ----

static void a_handshake_gives_both_the_same_keys(void) {
  begin_network();
  begin_pair();
  run();
  CHECK_EQUAL(state_of(0), DTLS_ESTABLISHED);
  CHECK_EQUAL(state_of(1), DTLS_ESTABLISHED);
  CHECK(keys_agree());
  struct dtls_keys keys;
  CHECK_EQUAL(dtls_endpoint_keys(sides[0].endpoint, &keys), DP_OK);
  CHECK_EQUAL(keys.profile, DTLS_PROFILE_AEAD_AES_128_GCM);
  CHECK_EQUAL(keys.master_bytes, 28);
  CHECK(sides[0].longest <= DTLS_MTU && sides[1].longest <= DTLS_MTU);
  end_network();
}

static void each_identity_is_another(void) {
  begin_network();
  CHECK(memcmp(dtls_identity_fingerprint(sides[0].identity), dtls_identity_fingerprint(sides[1].identity),
               DTLS_FINGERPRINT_BYTES) != 0);
  end_network();
}

static void a_bad_network_delays_it_only(void) {
  for (uint64_t seed = 1; seed <= 30; seed++) {
    chance = seed * 7919;
    begin_network();
    loss = 12;
    doubled = 10;
    begin_pair();
    run();
    if (state_of(0) != DTLS_ESTABLISHED || state_of(1) != DTLS_ESTABLISHED) printf("  seed %d\n", (int)seed);
    CHECK_EQUAL(state_of(0), DTLS_ESTABLISHED);
    CHECK_EQUAL(state_of(1), DTLS_ESTABLISHED);
    CHECK(keys_agree());
    end_network();
  }
}

/** RFC 6347 §4.2.4: the server, done, answers the client's flight once more. */
static void a_lost_last_flight_is_sent_again(void) {
  begin_network();
  begin_pair();
  while (state_of(1) != DTLS_ESTABLISHED && step()) {
    if (state_of(1) != DTLS_HANDSHAKING) continue;
    // The cookie and the server's first flight have left: what follows is the last one.
    lost_from[1] = sides[1].datagrams + 1;
    lost_until[1] = sides[1].datagrams + 1;
  }
  CHECK_EQUAL(state_of(0), DTLS_HANDSHAKING);
  run();
  CHECK_EQUAL(state_of(0), DTLS_ESTABLISHED);
  CHECK(keys_agree());
  end_network();
}

static void nobody_is_waited_for_ten_seconds(void) {
  begin_network();
  struct dtls_fingerprints peer = announce(sides[1].identity);
  uint64_t begun_ns = now_ns;
  open_side(0, DTLS_CLIENT, &peer);
  run();
  CHECK_EQUAL(state_of(0), DTLS_FAILED);
  CHECK_EQUAL(failure_of(0), DTLS_FAILURE_TIMEOUT);
  CHECK_EQUAL(now_ns - begun_ns, HANDSHAKE_NS);
  // At 0, 0.4, 1.2, 2.8, 6 and 9.2 s.
  CHECK_EQUAL(sides[0].datagrams, 6);
  expect_no_keys();
  end_network();
}

static void a_server_that_nobody_calls_gives_up_silently(void) {
  begin_network();
  struct dtls_fingerprints peer = announce(sides[0].identity);
  open_side(1, DTLS_SERVER, &peer);
  run();
  CHECK_EQUAL(failure_of(1), DTLS_FAILURE_TIMEOUT);
  CHECK_EQUAL(sides[1].datagrams, 0);
  end_network();
}

/** RFC 5763 §5: no keys, whoever of the two has the wrong one. */
static void a_wrong_fingerprint_gives_no_keys(void) {
  for (int wrong = 0; wrong < 2; wrong++) {
    for (size_t at = 0; at < DTLS_FINGERPRINT_BYTES; at += 31) {
      begin_network();
      struct dtls_fingerprints expected[2] = {announce(sides[1].identity), announce(sides[0].identity)};
      expected[wrong].list[0].bytes[at] ^= 0x01;
      open_side(1, DTLS_SERVER, &expected[1]);
      open_side(0, DTLS_CLIENT, &expected[0]);
      run();
      CHECK_EQUAL(failure_of(wrong), DTLS_FAILURE_FINGERPRINT);
      CHECK_EQUAL(failure_of(1 - wrong), DTLS_FAILURE_REFUSED);
      expect_no_keys();
      end_network();
    }
  }
}

static void any_certificate_of_several_will_do(void) {
  begin_network();
  struct dtls_fingerprints left = announce(sides[0].identity);
  struct dtls_fingerprints right = announce(sides[1].identity);
  left.list[1] = left.list[0];
  left.list[0] = right.list[0];
  left.count = 2;
  open_side(1, DTLS_SERVER, &left);
  open_side(0, DTLS_CLIENT, &right);
  run();
  CHECK(keys_agree());
  end_network();
}

static void no_fingerprint_is_no_peer(void) {
  begin_network();
  struct dtls_options options = {.identity = sides[0].identity,
                                 .role = DTLS_CLIENT,
                                 .deadline_ns = now_ns + HANDSHAKE_NS,
                                 .send = send_datagram,
                                 .context = &sides[0]};
  CHECK_EQUAL(dtls_endpoint_create(&options, now_ns, &sides[0].endpoint), DP_INVALID_ARGUMENT);
  CHECK_EQUAL(sides[0].datagrams, 0);
  sides[0].endpoint = NULL;
  end_network();
}

// ---- strangers ----

/** RFC 6347 §4.2.1: who has not shown that it receives what we send gets no more bytes than it brought. */
static void a_forged_source_gets_less_than_it_brought(void) {
  begin_network();
  begin_pair();
  CHECK(step());
  CHECK_EQUAL(state_of(1), DTLS_LISTENING);
  CHECK_EQUAL(sides[1].datagrams, 1);
  CHECK(sides[1].bytes < sides[0].bytes);
  // The client repeats its hello with the cookie; the same bytes from elsewhere earn another cookie and no more.
  CHECK(step());
  struct flying *hello = first_flying();
  CHECK(hello && hello->to == 1);
  if (hello) {
    size_t before = sides[1].bytes;
    const struct byte_view datagram = {hello->bytes, hello->length};
    dtls_endpoint_take(sides[1].endpoint, datagram, (struct byte_view){(const uint8_t *)"left:9", 6}, now_ns);
    CHECK_EQUAL(state_of(1), DTLS_LISTENING);
    CHECK(sides[1].bytes - before < hello->length);
  }
  run();
  CHECK(keys_agree());
  end_network();
}

static void garbage_changes_nothing(void) {
  uint8_t garbage[1400];
  chance = 4711;
  begin_network();
  begin_pair();
  bool more = true;
  while (more) {
    for (int index = 0; index < 2; index++) {
      for (int round = 0; round < 40; round++) {
        size_t length = test_random(&chance) % sizeof garbage + 1;
        for (size_t at = 0; at < length; at++) garbage[at] = (uint8_t)test_random(&chance);
        garbage[0] = (uint8_t)(20 + round % 44);
        // Often a record of the right version with a length that fits, of an epoch that is not yet.
        if (round % 2 && length > 13) {
          garbage[1] = 0xfe;
          garbage[2] = 0xfd;
          garbage[3] = 0;
          garbage[4] = 7;
          garbage[11] = (uint8_t)((length - 13) >> 8);
          garbage[12] = (uint8_t)(length - 13);
        }
        const struct byte_view datagram = {garbage, length};
        dtls_endpoint_take(sides[index].endpoint, datagram, sources[1 - index], now_ns);
      }
    }
    more = step();
  }
  CHECK_EQUAL(state_of(0), DTLS_ESTABLISHED);
  CHECK(keys_agree());
  end_network();
}

/** Bits that flip and datagrams that are cut: keys agree or there are none, and nothing reads beyond its bytes. */
static void mangled_datagrams_do_no_harm(void) {
  unsigned established = 0;
  for (uint64_t seed = 1; seed <= 80; seed++) {
    chance = seed * 104729;
    begin_network();
    mangled = seed % 4 == 0 ? 60 : 15;
    begin_pair();
    run();
    bool both = state_of(0) == DTLS_ESTABLISHED && state_of(1) == DTLS_ESTABLISHED;
    if (both) CHECK(keys_agree());
    established += both;
    CHECK(state_of(0) == DTLS_ESTABLISHED || state_of(0) == DTLS_FAILED);
    CHECK(state_of(1) == DTLS_ESTABLISHED || state_of(1) == DTLS_FAILED);
    end_network();
  }
  CHECK(established > 10);
}

/** The trap of a board whose clock is set by the network in the middle of it. */
static void a_clock_that_is_set_ends_no_handshake(void) {
  for (int64_t step_s = -3600; step_s <= 3600; step_s += 7200) {
    begin_network();
    begin_pair();
    CHECK(step());
    stepped_s = step_s;
    run();
    CHECK(keys_agree());
    end_network();
  }
}

// ---- a peer of bare OpenSSL ----

struct bare {
  SSL_CTX *context;
  SSL *connection;
  struct dtls_fingerprints announced;
};

static EVP_PKEY *bare_key(bool rsa) { return rsa ? EVP_RSA_gen(2048) : EVP_EC_gen("P-256"); }

static void bare_certificate(struct bare *bare, bool rsa) {
  EVP_PKEY *key = bare_key(rsa);
  X509 *certificate = X509_new();
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
  X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
  X509_set_pubkey(certificate, key);
  CHECK(X509_sign(certificate, key, EVP_sha256()) > 0);
  CHECK_EQUAL(SSL_CTX_use_certificate(bare->context, certificate), 1);
  CHECK_EQUAL(SSL_CTX_use_PrivateKey(bare->context, key), 1);
  unsigned length = 0;
  bare->announced = (struct dtls_fingerprints){.count = 1, .list = {{.hash = DTLS_SHA512}}};
  CHECK_EQUAL(X509_digest(certificate, EVP_sha512(), bare->announced.list[0].bytes, &length), 1);
  X509_free(certificate);
  EVP_PKEY_free(key);
}

static int bare_trusts(int ok, X509_STORE_CTX *store) {
  (void)ok;
  (void)store;
  return 1;
}

static void bare_open(struct bare *bare, bool rsa, const char *profiles) {
  bare->context = SSL_CTX_new(DTLS_method());
  SSL_CTX_set_verify(bare->context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, bare_trusts);
  if (profiles) CHECK_EQUAL(SSL_CTX_set_tlsext_use_srtp(bare->context, profiles), 0);
  bare_certificate(bare, rsa);
}

static void bare_start(struct bare *bare, bool client) {
  bare->connection = SSL_new(bare->context);
  SSL_set_bio(bare->connection, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
  SSL_set_options(bare->connection, SSL_OP_NO_QUERY_MTU);
  SSL_set_mtu(bare->connection, 1200);
  BIO_set_mem_eof_return(SSL_get_rbio(bare->connection), -1);
  if (client) SSL_set_connect_state(bare->connection);
  else SSL_set_accept_state(bare->connection);
}

static void bare_close(struct bare *bare) {
  SSL_free(bare->connection);
  SSL_CTX_free(bare->context);
  ERR_clear_error();
}

/** Carries datagrams between ours (left) and the bare one until both are at rest. */
static void bare_run(struct bare *bare) {
  for (int round = 0; round < 40; round++) {
    (void)SSL_do_handshake(bare->connection);
    uint8_t bytes[LONGEST];
    int length = BIO_read(SSL_get_wbio(bare->connection), bytes, sizeof bytes);
    if (length > 0) {
      const struct byte_view datagram = {bytes, (size_t)length};
      dtls_endpoint_take(sides[0].endpoint, datagram, sources[1], now_ns);
    }
    for (struct flying *flying = first_flying(); flying; flying = first_flying()) {
      BIO_write(SSL_get_rbio(bare->connection), flying->bytes, (int)flying->length);
      flying->used = false;
      (void)SSL_do_handshake(bare->connection);
    }
    now_ns += 20 * NS_PER_MS;
  }
}

/** RFC 5764 §4.2: client key, server key, client salt, server salt. */
static void expect_keys_of(struct bare *bare, bool bare_is_client, size_t key_bytes, size_t salt_bytes) {
  uint8_t material[128];
  struct dtls_keys keys;
  CHECK_EQUAL(dtls_endpoint_keys(sides[0].endpoint, &keys), DP_OK);
  CHECK_EQUAL(keys.master_bytes, key_bytes + salt_bytes);
  CHECK_EQUAL(SSL_export_keying_material(bare->connection, material, 2 * (key_bytes + salt_bytes),
                                         "EXTRACTOR-dtls_srtp", 19, NULL, 0, 0), 1);
  const uint8_t *client = bare_is_client ? keys.receive : keys.send;
  const uint8_t *server = bare_is_client ? keys.send : keys.receive;
  CHECK_BYTES(client, material, key_bytes);
  CHECK_BYTES(server, material + key_bytes, key_bytes);
  CHECK_BYTES(client + key_bytes, material + 2 * key_bytes, salt_bytes);
  CHECK_BYTES(server + key_bytes, material + 2 * key_bytes + salt_bytes, salt_bytes);
}

static void keys_are_the_exporters(void) {
  static const struct {
    const char *name;
    enum dtls_profile profile;
    size_t key_bytes;
    size_t salt_bytes;
  } profiles[] = {
      {"SRTP_AES128_CM_SHA1_80", DTLS_PROFILE_AES128_CM_SHA1_80, 16, 14},
      {"SRTP_AES128_CM_SHA1_32", DTLS_PROFILE_AES128_CM_SHA1_32, 16, 14},
      {"SRTP_AEAD_AES_128_GCM", DTLS_PROFILE_AEAD_AES_128_GCM, 16, 12},
      {"SRTP_AEAD_AES_256_GCM", DTLS_PROFILE_AEAD_AES_256_GCM, 32, 12},
  };
  for (size_t at = 0; at < 2 * sizeof profiles / sizeof profiles[0]; at++) {
    bool client = at % 2 == 0;
    struct bare bare;
    begin_network();
    bare_open(&bare, at % 3 == 0, profiles[at / 2].name);
    // A client that is RSA's serves as well: the server's certificate alone decides the cipher.
    bare_start(&bare, client);
    open_side(0, client ? DTLS_SERVER : DTLS_CLIENT, &bare.announced);
    bare_run(&bare);
    CHECK_EQUAL(state_of(0), DTLS_ESTABLISHED);
    struct dtls_keys keys;
    CHECK_EQUAL(dtls_endpoint_keys(sides[0].endpoint, &keys), DP_OK);
    CHECK_EQUAL(keys.profile, profiles[at / 2].profile);
    expect_keys_of(&bare, client, profiles[at / 2].key_bytes, profiles[at / 2].salt_bytes);
    bare_close(&bare);
    end_network();
  }
}

static void a_peer_without_srtp_gets_no_keys(void) {
  for (int client = 0; client < 2; client++) {
    struct bare bare;
    begin_network();
    bare_open(&bare, false, NULL);
    bare_start(&bare, client);
    open_side(0, client ? DTLS_SERVER : DTLS_CLIENT, &bare.announced);
    bare_run(&bare);
    CHECK_EQUAL(failure_of(0), DTLS_FAILURE_NO_SRTP);
    expect_no_keys();
    bare_close(&bare);
    end_network();
  }
}

/** RFC 8122 §5.1: the strongest hash that the peer names is the one that counts. */
static void a_weaker_hash_does_not_help(void) {
  struct bare bare;
  begin_network();
  bare_open(&bare, false, "SRTP_AES128_CM_SHA1_80");
  bare_start(&bare, true);
  X509 *certificate = SSL_get_certificate(bare.connection);
  struct dtls_fingerprints announced = {.count = 2, .list = {{.hash = DTLS_SHA256}, {.hash = DTLS_SHA384}}};
  unsigned length = 0;
  CHECK_EQUAL(X509_digest(certificate, EVP_sha256(), announced.list[0].bytes, &length), 1);
  open_side(0, DTLS_SERVER, &announced);
  bare_run(&bare);
  CHECK_EQUAL(failure_of(0), DTLS_FAILURE_FINGERPRINT);
  bare_close(&bare);
  end_network();
}

/** RFC 8996 §2: DTLS 1.0 is over. */
static void old_dtls_is_refused(void) {
  struct bare bare;
  begin_network();
  bare_open(&bare, false, "SRTP_AES128_CM_SHA1_80");
  SSL_CTX_set_security_level(bare.context, 0);
  SSL_CTX_set_max_proto_version(bare.context, DTLS1_VERSION);
  bare_start(&bare, true);
  open_side(0, DTLS_SERVER, &bare.announced);
  bare_run(&bare);
  CHECK(state_of(0) != DTLS_ESTABLISHED);
  expect_no_keys();
  bare_close(&bare);
  end_network();
}

static void a_client_without_certificate_gets_no_keys(void) {
  struct bare bare;
  begin_network();
  bare_open(&bare, false, "SRTP_AES128_CM_SHA1_80");
  SSL_CTX *anonymous = SSL_CTX_new(DTLS_method());
  SSL_CTX_set_tlsext_use_srtp(anonymous, "SRTP_AES128_CM_SHA1_80");
  SSL_CTX *held = bare.context;
  bare.context = anonymous;
  bare_start(&bare, true);
  open_side(0, DTLS_SERVER, &bare.announced);
  bare_run(&bare);
  CHECK_EQUAL(state_of(0), DTLS_FAILED);
  expect_no_keys();
  SSL_CTX_free(held);
  bare_close(&bare);
  end_network();
}

/** RFC 5764 §4.1: there is no data; what comes as such is thrown away, and a farewell takes no key. */
static void what_comes_later_changes_nothing(void) {
  struct bare bare;
  begin_network();
  bare_open(&bare, false, "SRTP_AES128_CM_SHA1_80");
  bare_start(&bare, true);
  open_side(0, DTLS_SERVER, &bare.announced);
  bare_run(&bare);
  CHECK_EQUAL(state_of(0), DTLS_ESTABLISHED);
  CHECK_EQUAL(SSL_write(bare.connection, "hello", 5), 5);
  bare_run(&bare);
  (void)SSL_shutdown(bare.connection);
  bare_run(&bare);
  CHECK_EQUAL(state_of(0), DTLS_ESTABLISHED);
  CHECK_EQUAL(dtls_endpoint_due_ns(sides[0].endpoint), UINT64_MAX);
  expect_keys_of(&bare, true, 16, 14);
  bare_close(&bare);
  end_network();
}

static void the_end_is_said(void) {
  struct bare bare;
  begin_network();
  bare_open(&bare, false, "SRTP_AES128_CM_SHA1_80");
  bare_start(&bare, true);
  open_side(0, DTLS_SERVER, &bare.announced);
  bare_run(&bare);
  dtls_endpoint_destroy(sides[0].endpoint);
  sides[0].endpoint = NULL;
  struct flying *farewell = first_flying();
  CHECK(farewell != NULL);
  if (farewell) BIO_write(SSL_get_rbio(bare.connection), farewell->bytes, (int)farewell->length);
  uint8_t byte;
  CHECK_EQUAL(SSL_read(bare.connection, &byte, 1), 0);
  CHECK_EQUAL(SSL_get_error(bare.connection, 0), SSL_ERROR_ZERO_RETURN);
  bare_close(&bare);
  end_network();
}

int main(void) {
  TEST(a_handshake_gives_both_the_same_keys);
  TEST(each_identity_is_another);
  TEST(a_bad_network_delays_it_only);
  TEST(a_lost_last_flight_is_sent_again);
  TEST(nobody_is_waited_for_ten_seconds);
  TEST(a_server_that_nobody_calls_gives_up_silently);
  TEST(a_wrong_fingerprint_gives_no_keys);
  TEST(any_certificate_of_several_will_do);
  TEST(no_fingerprint_is_no_peer);
  TEST(a_forged_source_gets_less_than_it_brought);
  TEST(garbage_changes_nothing);
  TEST(mangled_datagrams_do_no_harm);
  TEST(a_clock_that_is_set_ends_no_handshake);
  TEST(keys_are_the_exporters);
  TEST(a_peer_without_srtp_gets_no_keys);
  TEST(a_weaker_hash_does_not_help);
  TEST(old_dtls_is_refused);
  TEST(a_client_without_certificate_gets_no_keys);
  TEST(what_comes_later_changes_nothing);
  TEST(the_end_is_said);
  return test_summary("dtls");
}
