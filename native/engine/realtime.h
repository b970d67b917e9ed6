// What makes a thread keep its time: a real-time class, and memory that is never paged out. Each is granted or not; the
// engine runs either way.

#ifndef DOORPHONE_ENGINE_REALTIME_H
#define DOORPHONE_ENGINE_REALTIME_H

#include <stdbool.h>
#include <stddef.h>

/** Puts the calling thread into SCHED_FIFO. @return whether it was granted */
bool realtime_raise_thread(void);

/** Touches and locks the calling thread's stack. @return whether it was granted */
bool realtime_lock_stack(void);

/** Locks memory where RLIMIT_MEMLOCK allows it. @return whether it was granted */
bool realtime_lock_memory(const void *start, size_t bytes);

/**
 * Locks the code and data of the object that holds this function: on a slow card, paging code in again takes long.
 * @return whether all of it was granted
 */
bool realtime_lock_code(void);

#endif
