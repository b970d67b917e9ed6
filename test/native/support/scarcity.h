// What a program asks of the system for keeps, memory, descriptors, threads, libraries, and is refused. The linker puts
// these in the place of the calls of our own objects (`--wrap`, SCARCE in ../../../native/Makefile): libraries go on
// having what they ask for, as a refusal there is theirs to survive.
//
// On one thread at a time, the one that says how many are granted.

#ifndef DOORPHONE_TEST_SUPPORT_SCARCITY_H
#define DOORPHONE_TEST_SUPPORT_SCARCITY_H

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/** How many calls of this thread are still granted before one is refused; below 0: all are. */
static __thread long scarcity_grants = -1;
/** Whether all that follow are refused as well, until the end; else what is undone halfway may have what it asks for. */
static __thread bool scarcity_lasts;
/** The first call that was refused; null: none yet. */
static __thread const char *scarcity_refused;
/** Blocks of memory that our objects have and have not given back. */
static atomic_long scarcity_blocks;

static inline void scarcity_begin(long grants, bool lasts) {
  scarcity_grants = grants;
  scarcity_lasts = lasts;
  scarcity_refused = NULL;
}

static inline void scarcity_end(void) { scarcity_grants = -1; }

static inline bool scarcity_refuses(const char *name, int reason) {
  if (scarcity_grants < 0) return false;
  if (scarcity_grants > 0) {
    scarcity_grants--;
    return false;
  }
  if (!scarcity_lasts) scarcity_grants = -1;
  if (!scarcity_refused) scarcity_refused = name;
  errno = reason;
  return true;
}

static inline void *scarcity_counted(void *memory) {
  if (memory) atomic_fetch_add(&scarcity_blocks, 1);
  return memory;
}

/** @param reason errno @param refusal what is returned then */
#define SCARCE(result, name, parameters, arguments, reason, refusal)  \
  extern result __real_##name parameters;                             \
  result __wrap_##name parameters;                                    \
  result __wrap_##name parameters {                                   \
    if (scarcity_refuses(#name, reason)) return refusal;              \
    return __real_##name arguments;                                   \
  }

#define SCARCE_MEMORY(name, parameters, arguments)                    \
  extern void *__real_##name parameters;                              \
  void *__wrap_##name parameters;                                     \
  void *__wrap_##name parameters {                                    \
    if (scarcity_refuses(#name, ENOMEM)) return NULL;                 \
    return scarcity_counted(__real_##name arguments);                 \
  }

SCARCE_MEMORY(malloc, (size_t size), (size))
SCARCE_MEMORY(calloc, (size_t count, size_t size), (count, size))
SCARCE_MEMORY(strdup, (const char *text), (text))

extern void __real_free(void *memory);
void __wrap_free(void *memory);
void __wrap_free(void *memory) {
  if (memory) atomic_fetch_sub(&scarcity_blocks, 1);
  __real_free(memory);
}

SCARCE(int, pthread_create,
       (pthread_t * thread, const pthread_attr_t *attributes, void *(*run)(void *), void *argument),
       (thread, attributes, run, argument), EAGAIN, EAGAIN)
SCARCE(int, epoll_create1, (int flags), (flags), EMFILE, -1)
SCARCE(int, timerfd_create, (int clock, int flags), (clock, flags), EMFILE, -1)
SCARCE(int, eventfd, (unsigned count, int flags), (count, flags), EMFILE, -1)
SCARCE(int, socket, (int family, int type, int protocol), (family, type, protocol), EMFILE, -1)
SCARCE(void *, dlopen, (const char *name, int flags), (name, flags), ENOMEM, NULL)

#endif
