// The inside of the engine: what its parts share, and which thread each field belongs to. For engine/ alone.
//
// Parts: engine.c (life, loudness, events, state) · pools.c (what there is of each session) · sounds.c (tones,
// announcements) · measurement.c (calibration) · sessions.c and session-mapping.c (the control
// thread's side of sessions) · media-thread.c (the loop) · courier.c (wakes JavaScript; channels: handshakes, checks).

#ifndef DOORPHONE_ENGINE_ENGINE_PARTS_H
#define DOORPHONE_ENGINE_ENGINE_PARTS_H

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>

#include "base/ring.h"
#include "dsp/announcer.h"
#include "dsp/gain.h"
#include "engine/bands.h"
#include "engine/channel.h"
#include "engine/engine.h"
#include "engine/hearing.h"
#include "engine/keys.h"
#include "engine/levels.h"
#include "engine/mapping.h"
#include "engine/measurement.h"
#include "engine/stream.h"

#define ENGINE_EVENTS 256
/** The pool of datagrams for the courier; what does not fit is sent again by whoever wants an answer. */
#define ENGINE_PARCELS 32
#define ENGINE_REQUESTS 32
#define ENGINE_NEWS 32

enum engine_command_kind {
  ENGINE_COMMAND_OPEN,
  ENGINE_COMMAND_CONFIGURE,
  ENGINE_COMMAND_MOVED,
  ENGINE_COMMAND_DIGITS,
  ENGINE_COMMAND_CLOSE,
  ENGINE_COMMAND_PLAY,
  ENGINE_COMMAND_ANNOUNCE,
  ENGINE_COMMAND_SOUND,
  ENGINE_COMMAND_GAIN,
  ENGINE_COMMAND_VOICE,
  ENGINE_COMMAND_ECHO,
  ENGINE_COMMAND_CALIBRATE,
  ENGINE_COMMAND_TONE_DIGITS,
};

struct engine_digits {
  char digits[TELEPHONE_EVENT_QUEUE];
  size_t count;
  uint32_t duration_ms; /**< Of each. */
};

struct engine_command {
  enum engine_command_kind kind;
  size_t slot;
  union {
    struct stream_setup setup;
    struct engine_digits digits;
    enum announcer_sound play;
    struct {
      enum announcer_sound sound;
      struct announcer_recording recording;
    } record;
    struct voice_switches voice;
    struct hearing_echo echo; /**< Its path is lent until the answer. */
    bool tone_digits;
    struct measurement *measurement;
    struct {
      uint8_t speaker;
      uint8_t microphone;
    } percent;
  };
};

/** Keys that the media thread no longer uses, for the control thread to wipe and free. */
struct engine_retired {
  struct srtp_sender *sender;
  struct srtp_receiver *receiver;
};

/** The control thread's view of a session. */
struct engine_slot {
  bool open;
  uint32_t id;
  sa_family_t family;
  bool configured;       /**< The media thread reads its sockets from now on. */
  struct mapping mapping; /**< Before. */
  struct opus_pair *opus; /**< From the first agreement on that has it; null: none. */
  bool has_channel;      /**< The courier has been told of the session. */
  struct ice_credentials ice; /**< As the courier knows them. */
  uint32_t ice_restarts;
  bool has_send_key[SRTP_SUITES]; /**< What the media thread was given last, to see whether a new key differs. */
  uint8_t send_keys[SRTP_SUITES][SRTP_MAX_MASTER_BYTES];
  struct keys_received received;
};

struct engine {
  // Constant once the threads run.
  struct audio_io device;
  void (*wake)(void *context);
  void *wake_context;
  int epoll;    /**< Timer and command bell: what wakes the media thread. */
  int arrivals; /**< epoll of the streams' sockets, which do not. */
  int timer;
  int command_bell; /**< eventfd: the control thread has put a command, or wants the thread to end. */
  int event_bell;   /**< eventfd: something is there for the courier, or it is to end. */
  struct channel_outlet outlet;
  pthread_t media;
  pthread_t courier;
  size_t sessions;     /**< How many of each there are in slots, boards, open, due_media_ns, streams and channels. */
  size_t command_room; /**< Of the ring. */

  // Control thread.
  struct engine_slot *slots;
  struct measurement *lent; /**< Until it is taken back; null: none. */
  int16_t *sounds[ANNOUNCER_SOUNDS]; /**< What is heard in their place, to be freed. */
  struct sockets_range range;
  struct opus_library opus; /**< Open where it was asked for and is there; constant. */
  uint32_t generation; /**< Of the next session: ids are never used twice. */

  // Between the threads.
  struct ring commands; /**< control → media */
  struct ring events;   /**< media → control */
  struct ring retired;  /**< media → control; a command gives back five pairs of keys at most: it cannot be full */
  struct ring requests; /**< control → courier */
  struct ring parcels;  /**< media → courier */
  struct ring news;     /**< courier → media */
  struct statistics_board *boards;
  struct lateness lateness;
  sem_t answer;         /**< The media thread has started; it has closed a session; it has another sound. */
  sem_t courier_answer; /**< The courier has left a session's sockets alone. */
  atomic_bool stopping;
  atomic_bool realtime;
  atomic_bool memory_locked;
  _Atomic uint64_t turns;
  _Atomic uint64_t pulse_asked;    /**< Control counts, */
  _Atomic uint64_t pulse_passed;   /**< the courier passes it on, */
  _Atomic uint64_t pulse_answered; /**< the media thread answers. */
  _Atomic uint64_t fault; /**< enum audio_fault in the upper half, errno in the lower. */

  // Media thread; a stream that is not open is the control thread's.
  bool *open;
  uint64_t *due_media_ns; /**< When a stream sends next, side by side, as all are looked at for each packet; UINT64_MAX: never. */
  struct stream *streams;
  struct stream_context context;
  uint64_t timer_ns; /**< What the timer is set for. */
  bool resting;      /**< Nobody needs turns, and none are taken. */
  uint32_t idle_turns; /**< Turns in a row that nobody needed. */
  uint64_t look_ns;  /**< When the device is looked at next, while it rests. */
  struct bands bands;
  struct announcer announcer;
  struct gain speaker;
  struct gain microphone;
  struct hearing hearing;
  struct levels levels;
  struct measurement *measurement; /**< Null: none runs. */

  // Courier thread.
  struct channel *channels;

  void *command_storage;
  void *retired_storage;
  uint8_t event_storage[RING_STORAGE_BYTES(sizeof(struct engine_event), ENGINE_EVENTS)];
  uint8_t request_storage[RING_STORAGE_BYTES(sizeof(struct courier_request), ENGINE_REQUESTS)];
  uint8_t parcel_storage[RING_STORAGE_BYTES(sizeof(struct courier_parcel), ENGINE_PARCELS)];
  uint8_t news_storage[RING_STORAGE_BYTES(sizeof(struct courier_news), ENGINE_NEWS)];
};

/** Makes what is there for each session. Control, before the threads run. @return DP_OK, DP_SYSTEM; close it either way */
dp_error engine_open_pools(struct engine *engine, size_t sessions);

/** Control, after the threads have ended. */
void engine_close_pools(struct engine *engine);

/** Keeps in memory what the media thread uses of it. @return whether all of that was granted */
bool engine_lock_pools(const struct engine *engine);

/** The media thread's loop. @param engine struct engine */
void *media_thread_run(void *engine);

/** The courier thread's loop. @param engine struct engine */
void *courier_run(void *engine);

/** Puts a command and wakes the media thread. Control. @return DP_OK, DP_FULL */
dp_error engine_command(struct engine *engine, const struct engine_command *command);

/** As engine_command, and waits until the media thread has answered, as it does to some. */
dp_error engine_ask(struct engine *engine, const struct engine_command *command);

/** Puts a command that can wait for the next one that rings. Control. @return DP_OK, DP_FULL */
dp_error engine_command_quietly(struct engine *engine, const struct engine_command *command);

/** Frees keys that the media thread has given back. Control. */
void engine_collect(struct engine *engine);

/** The open session of this number, or null. Control. */
struct engine_slot *engine_find_slot(struct engine *engine, uint32_t session);

/** Asks the courier. Control. @return DP_OK, DP_FULL */
dp_error engine_request(struct engine *engine, const struct courier_request *request);

/** Closes every session that is open. Control; with the media thread running. */
void engine_close_sessions(struct engine *engine);

/** Rings an eventfd. Any thread; never blocks. */
void engine_ring_bell(int bell);

/** Silences an eventfd. */
void engine_answer_bell(int bell);

#endif
