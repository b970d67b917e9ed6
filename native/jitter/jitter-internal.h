// What the two halves of the jitter buffer share. Private to jitter/.

#ifndef DOORPHONE_JITTER_JITTER_INTERNAL_H
#define DOORPHONE_JITTER_JITTER_INTERNAL_H

#include <stdint.h>

#include "base/monotonic.h"
#include "jitter/jitter-buffer.h"

/** Timestamp units as nanoseconds, without overflow for any unwrapped timestamp. */
int64_t jitter_samples_ns(const struct jitter_buffer *buffer, int64_t samples);

/** Forgets the stream, keeps options and counters; the next packet begins anew. */
void jitter_forget_stream(struct jitter_buffer *buffer);

#endif
