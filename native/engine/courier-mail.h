// What passes between the courier and the other two threads: datagrams that are no media (media → courier), what is
// agreed on (control → courier), what came of it (courier → media). Each crosses a ring of fixed size by value.

#ifndef DOORPHONE_ENGINE_COURIER_MAIL_H
#define DOORPHONE_ENGINE_COURIER_MAIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "crypto/hmac-sha1.h"
#include "dtls/dtls.h"
#include "engine/sockets.h"
#include "srtp/srtp.h"

/** What waits for the courier is a datagram whole. */
#define STREAM_DATAGRAM_BYTES SOCKETS_DATAGRAM_BYTES
/** Of a name that we have chosen ourselves. */
#define ICE_UFRAG_BYTES 32

/** The two flows of a stream (RFC 8445 §4 "component"); where RTCP is multiplexed there is only the first. */
enum component { COMPONENT_RTP = 0, COMPONENT_RTCP = 1 };

#define COMPONENTS 2

/** A datagram that is DTLS or STUN by its first byte. */
struct courier_parcel {
  uint32_t session;
  enum component component;
  struct sockaddr_storage source;
  uint16_t length;
  uint8_t bytes[STREAM_DATAGRAM_BYTES];
};

/** Our half of ICE's credentials (RFC 8839 §5.4): what a check must know. */
struct ice_credentials {
  uint32_t number;     /**< Grows with each restart (RFC 8445 §9); 0: no ICE. */
  size_t ufrag_length;
  char ufrag[ICE_UFRAG_BYTES];
  struct hmac_sha1 password;
};

/** What has been agreed for a session, as far as it is the courier's. */
struct channel_setup {
  uint32_t session;
  uint32_t association; /**< Grows with each DTLS association of the session (RFC 8842 §3.1); 0: no DTLS. */
  enum dtls_role role;
  struct dtls_fingerprints peer;
  struct ice_credentials ice;
  bool multiplexed; /**< RTCP travels with RTP (RFC 5761), and one association serves both (RFC 5764 §4.2). */
  int sockets[COMPONENTS];
  struct sockaddr_storage remote[COMPONENTS]; /**< Where the signalling says that the peer is. */
};

enum courier_request_kind {
  COURIER_SET,
  COURIER_STOP, /**< Answered: afterwards the courier uses the session's sockets no more. */
};

struct courier_request {
  enum courier_request_kind kind;
  size_t slot;
  struct channel_setup setup; /**< COURIER_SET */
};

enum courier_news_kind {
  NEWS_KEYS,     /**< Keys, and where the peer has proven to be. */
  NEWS_FAILED,   /**< There will be none. */
  NEWS_NOMINATED /**< ICE has settled on an address. */
};

struct courier_news {
  enum courier_news_kind kind;
  uint32_t session;
  uint32_t association;
  uint32_t ice; /**< NEWS_NOMINATED: by the check of which credentials. */
  enum component component;
  enum srtp_suite suite;
  struct srtp_sender *sender; /**< Owned by whoever holds the news. */
  struct srtp_receiver *receiver;
  struct sockaddr_storage peer;
  enum dtls_failure failure;
};

#endif
