// See realtime.h.

#define _GNU_SOURCE

#include "engine/realtime.h"

#include <link.h>
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>

/** Above the kernel's threaded interrupts (50), which the engine outlasts with microseconds of work a turn. */
#define PRIORITY 60
/** More than the deepest path from the loop to a system call takes. */
#define STACK_BYTES (64 * 1024)

bool realtime_raise_thread(void) {
  // Where the class is refused, at least the timer should not be rounded up by the usual 50 µs.
  (void)prctl(PR_SET_TIMERSLACK, 1UL);
  struct sched_param parameter = {.sched_priority = PRIORITY};
  return pthread_setschedparam(pthread_self(), SCHED_FIFO, &parameter) == 0;
}

bool realtime_lock_memory(const void *start, size_t bytes) { return mlock(start, bytes) == 0; }

bool realtime_lock_stack(void) {
  volatile uint8_t stack[STACK_BYTES];
  for (size_t at = 0; at < sizeof stack; at += 1024) stack[at] = 0;
  return realtime_lock_memory((const void *)(uintptr_t)stack, sizeof stack);
}

/** The object that is looked for, and what has come of it. */
struct wanted_object {
  uintptr_t inside;
  bool locked;
};

static int lock_object(struct dl_phdr_info *object, size_t size, void *argument) {
  (void)size;
  struct wanted_object *wanted = argument;
  uintptr_t inside = wanted->inside;
  for (int pass = 0, found = 0; pass < 2; pass++) {
    for (int at = 0; at < object->dlpi_phnum; at++) {
      const ElfW(Phdr) *segment = &object->dlpi_phdr[at];
      if (segment->p_type != PT_LOAD) continue;
      uintptr_t start = (uintptr_t)object->dlpi_addr + segment->p_vaddr;
      if (pass == 0 && inside >= start && inside - start < segment->p_memsz) found = 1;
      if (pass == 1) wanted->locked = realtime_lock_memory((const void *)start, segment->p_memsz) && wanted->locked;
    }
    if (!found) return 0;
  }
  return 1;
}

bool realtime_lock_code(void) {
  struct wanted_object here = {.inside = (uintptr_t)&realtime_lock_code, .locked = true};
  return dl_iterate_phdr(lock_object, &here) != 0 && here.locked;
}
