// STUN: the messages of RFC 5769 read and checked, answers written and read again, and what must be refused.

#include "stun/stun.h"
#include "support/check.h"

static const char password[] = "VOkJxbRl1RmTxUk/WvJxBt";

/** RFC 5769 §2.1 */
static const char request_text[] =
    "000100582112a442b7e7a701bc34d686fa87dfae"
    "802200105354554e207465737420636c69656e74"
    "002400046e0001ff"
    "80290008932ff9b151263b36"
    "000600096576746a3a68367659202020"
    "000800149aeaa70cbfd8cb56781ef2b5b2d3f249c1b571a2"
    "80280004e57a3bcf";

/** RFC 5769 §2.2 */
static const char response_v4_text[] =
    "0101003c2112a442b7e7a701bc34d686fa87dfae"
    "8022000b7465737420766563746f7220"
    "002000080001a147e112a643"
    "000800142b91f599fd9e90c38c7489f92af9ba53f06be7d7"
    "80280004c07d4c96";

/** RFC 5769 §2.3 */
static const char response_v6_text[] =
    "010100482112a442b7e7a701bc34d686fa87dfae"
    "8022000b7465737420766563746f7220"
    "002000140002a1470113a9faa5d3f179bc25f4b5bed2b9d9"
    "00080014a382954e4be67bf11784c97c8292c275bfe3ed41"
    "80280004c8fb0b4c";

static struct hmac_sha1 key_of(const char *text) {
  struct hmac_sha1 key;
  CHECK_EQUAL(hmac_sha1_init(&key, (const uint8_t *)text, strlen(text)), DP_OK);
  return key;
}

static void the_sample_request_is_read(void) {
  uint8_t bytes[256];
  size_t length = test_from_hex(request_text, bytes, sizeof bytes);
  struct stun_message message;
  CHECK_EQUAL(length, 108);
  CHECK_EQUAL(stun_parse(bytes, length, &message), DP_OK);
  CHECK_EQUAL(message.class, STUN_REQUEST);
  CHECK_EQUAL(message.username.length, 9);
  CHECK_BYTES(message.username.data, "evtj:h6vY", 9);
  CHECK(message.has_priority);
  CHECK_EQUAL(message.priority, 0x6e0001ff);
  CHECK(message.controlled && !message.controlling && !message.use_candidate);
  CHECK(message.has_fingerprint);
  CHECK_EQUAL(message.unknown_count, 0);
  struct hmac_sha1 key = key_of(password);
  CHECK(stun_is_authentic(bytes, &message, &key));
  struct hmac_sha1 other = key_of("VOkJxbRl1RmTxUk/WvJxBu");
  CHECK(!stun_is_authentic(bytes, &message, &other));
}

static void the_sample_responses_are_read(void) {
  static const uint8_t v4[] = {192, 0, 2, 1};
  static const uint8_t v6[] = {0x20, 0x01, 0x0d, 0xb8, 0x12, 0x34, 0x56, 0x78,
                               0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77};
  struct hmac_sha1 key = key_of(password);
  for (int family = 0; family < 2; family++) {
    uint8_t bytes[256];
    size_t length = test_from_hex(family == 0 ? response_v4_text : response_v6_text, bytes, sizeof bytes);
    struct stun_message message;
    CHECK_EQUAL(stun_parse(bytes, length, &message), DP_OK);
    CHECK_EQUAL(message.class, STUN_SUCCESS);
    CHECK(message.has_fingerprint);
    CHECK(stun_is_authentic(bytes, &message, &key));
    CHECK(message.has_mapped);
    CHECK_EQUAL(message.mapped.port, 32853);
    CHECK_EQUAL(message.mapped.length, family == 0 ? 4 : 16);
    CHECK_BYTES(message.mapped.bytes, family == 0 ? v4 : v6, message.mapped.length);
  }
}

static void an_answer_says_where_the_question_came_from(void) {
  uint8_t bytes[256];
  size_t length = test_from_hex(request_text, bytes, sizeof bytes);
  struct stun_message request;
  CHECK_EQUAL(stun_parse(bytes, length, &request), DP_OK);
  struct hmac_sha1 key = key_of(password);
  struct stun_address mapped = {.length = 4, .bytes = {192, 0, 2, 1}, .port = 32853};
  uint8_t answer[STUN_MOST_BYTES];
  size_t answered = stun_write_success(&request, &mapped, &key, answer);
  CHECK_EQUAL(answered, 64);
  // RFC 5769 §2.2's header and address; only the length differs, as SOFTWARE is not there.
  uint8_t expected[256];
  CHECK_EQUAL(test_from_hex(response_v4_text, expected, sizeof expected), 80);
  CHECK_BYTES(answer, expected, 2);
  CHECK_BYTES(answer + 4, expected + 4, 16);
  CHECK_BYTES(answer + 20, expected + 36, 12);
  struct stun_message read;
  CHECK_EQUAL(stun_parse(answer, answered, &read), DP_OK);
  CHECK_EQUAL(read.class, STUN_SUCCESS);
  CHECK(read.has_fingerprint && stun_is_authentic(answer, &read, &key));
  CHECK_BYTES(read.transaction, request.transaction, STUN_TRANSACTION_BYTES);
  CHECK_EQUAL(read.mapped.port, 32853);
  CHECK_BYTES(read.mapped.bytes, mapped.bytes, 4);
}

static void an_answer_by_ipv6(void) {
  uint8_t bytes[256];
  size_t length = test_from_hex(response_v6_text, bytes, sizeof bytes);
  struct stun_message message;
  CHECK_EQUAL(stun_parse(bytes, length, &message), DP_OK);
  uint8_t answer[STUN_MOST_BYTES];
  size_t answered = stun_write_success(&message, &message.mapped, NULL, answer);
  CHECK_EQUAL(answered, 20 + 24 + 8);
  CHECK_BYTES(answer + 20, bytes + 36, 24);
}

/** RFC 8489 §6.3.1: 420 names what was not understood. */
static void unknown_attributes_are_named(void) {
  uint8_t bytes[256];
  // Two that must be understood, one that need not be.
  size_t length = test_from_hex("000100142112a442000000000000000000000001"
                                "7ffe00007fff0001aa000000ff0100041234567800",
                                bytes, sizeof bytes) - 1;
  bytes[3] = (uint8_t)(length - 20);
  struct stun_message request;
  CHECK_EQUAL(stun_parse(bytes, length, &request), DP_OK);
  CHECK_EQUAL(request.unknown_count, 2);
  uint8_t answer[STUN_MOST_BYTES];
  size_t answered = stun_write_error(&request, STUN_UNKNOWN_ATTRIBUTE, NULL, answer);
  struct stun_message read;
  CHECK_EQUAL(stun_parse(answer, answered, &read), DP_OK);
  CHECK_EQUAL(read.class, STUN_ERROR);
  static const uint8_t expected[] = {0x00, 0x09, 0x00, 0x15, 0x00, 0x00, 0x04, 0x14, 'U', 'n', 'k', 'n'};
  CHECK_BYTES(answer + 20, expected, sizeof expected);
  static const uint8_t named[] = {0x00, 0x0a, 0x00, 0x04, 0x7f, 0xfe, 0x7f, 0xff};
  CHECK_BYTES(answer + 20 + 28, named, sizeof named);
}

static void a_role_conflict_is_said(void) {
  struct stun_message request = {.class = STUN_REQUEST};
  struct hmac_sha1 key = key_of(password);
  uint8_t answer[STUN_MOST_BYTES];
  size_t answered = stun_write_error(&request, STUN_ROLE_CONFLICT, &key, answer);
  struct stun_message read;
  CHECK_EQUAL(stun_parse(answer, answered, &read), DP_OK);
  CHECK_EQUAL(answer[26], 4);
  CHECK_EQUAL(answer[27], 87);
  CHECK(stun_is_authentic(answer, &read, &key));
}

static void our_question_is_one(void) {
  static const uint8_t transaction[STUN_TRANSACTION_BYTES] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
  uint8_t bytes[STUN_MOST_BYTES];
  size_t length = stun_write_request(transaction, bytes);
  static const uint8_t header[] = {0, 1, 0, 8, 0x21, 0x12, 0xa4, 0x42, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
  CHECK_EQUAL(length, 28);
  CHECK_BYTES(bytes, header, sizeof header);
  struct stun_message message;
  CHECK_EQUAL(stun_parse(bytes, length, &message), DP_OK);
  CHECK(message.has_fingerprint && !message.has_integrity);
}

/** Each byte of the sample counts, for the checksum or for the form. */
static void no_changed_byte_is_believed(void) {
  uint8_t bytes[256];
  size_t length = test_from_hex(request_text, bytes, sizeof bytes);
  struct hmac_sha1 key = key_of(password);
  for (size_t at = 0; at < length; at++) {
    struct stun_message message;
    bytes[at] ^= 0x10;
    dp_error error = stun_parse(bytes, length, &message);
    // Padding in front of MESSAGE-INTEGRITY is covered too; only the fingerprint's own type may turn into another.
    CHECK(error != DP_OK || !message.has_fingerprint);
    if (error == DP_OK && at < 76) CHECK(!stun_is_authentic(bytes, &message, &key));
    bytes[at] ^= 0x10;
  }
}

static void no_shorter_one_is_read(void) {
  uint8_t bytes[256];
  size_t length = test_from_hex(request_text, bytes, sizeof bytes);
  for (size_t cut = 0; cut < length; cut++) {
    struct stun_message message;
    uint8_t *exact = malloc(cut ? cut : 1);
    memcpy(exact, bytes, cut);
    CHECK(stun_parse(exact, cut, &message) != DP_OK);
    // The same with a header that says so.
    if (cut >= 20) {
      exact[2] = 0;
      exact[3] = (uint8_t)(cut - 20);
      if (stun_parse(exact, cut, &message) == DP_OK) CHECK(!message.has_fingerprint);
    }
    free(exact);
  }
}

/** RFC 8489 §14.5: what stands behind the integrity is not covered by it, and so says nothing. */
static void nothing_behind_the_integrity_counts(void) {
  uint8_t bytes[256];
  size_t length = test_from_hex(request_text, bytes, sizeof bytes) - 8;
  static const uint8_t late[] = {0x00, 0x25, 0x00, 0x00, 0x7f, 0xff, 0x00, 0x00};
  memcpy(bytes + length, late, sizeof late);
  length += sizeof late;
  bytes[3] = (uint8_t)(length - 20);
  struct stun_message message;
  CHECK_EQUAL(stun_parse(bytes, length, &message), DP_OK);
  struct hmac_sha1 key = key_of(password);
  CHECK(stun_is_authentic(bytes, &message, &key));
  CHECK(!message.use_candidate);
  CHECK_EQUAL(message.unknown_count, 0);
}

static void other_methods_and_old_messages_are_not_ours(void) {
  uint8_t bytes[256];
  size_t length = test_from_hex(request_text, bytes, sizeof bytes);
  struct stun_message message;
  bytes[1] = 0x03; // Allocate
  CHECK_EQUAL(stun_parse(bytes, length, &message), DP_UNSUPPORTED);
  bytes[1] = 0x01;
  bytes[4] = 0; // RFC 3489's have no cookie
  CHECK_EQUAL(stun_parse(bytes, length, &message), DP_MALFORMED);
}

int main(void) {
  TEST(the_sample_request_is_read);
  TEST(the_sample_responses_are_read);
  TEST(an_answer_says_where_the_question_came_from);
  TEST(an_answer_by_ipv6);
  TEST(unknown_attributes_are_named);
  TEST(a_role_conflict_is_said);
  TEST(our_question_is_one);
  TEST(no_changed_byte_is_believed);
  TEST(no_shorter_one_is_read);
  TEST(nothing_behind_the_integrity_counts);
  TEST(other_methods_and_old_messages_are_not_ours);
  return test_summary("stun");
}
