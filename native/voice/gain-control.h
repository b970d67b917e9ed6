// Brings a voice to one loudness, however far it is from the microphone, and keeps peaks from being cut. The gain moves
// only while somebody speaks, slowly and within bounds, so that noise is never pumped up. What is left of an echo is not made
// louder: while there is nothing else, sound passes as it is. The limiter has no look-ahead and no delay. One thread; no
// allocation.

#ifndef DOORPHONE_VOICE_GAIN_CONTROL_H
#define DOORPHONE_VOICE_GAIN_CONTROL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Fields are the control's own. */
struct gain_control {
  float noise;       /**< Power of the pauses. */
  float speech;      /**< Power of late while somebody spoke; 0: nobody has. */
  float gain;        /**< Factor for voices. */
  float applied;     /**< That which the last block ended with. */
  float limit;       /**< Factor of the limiter, 1 at most. */
  float release;     /**< Of the limiter, a sample. */
};

void gain_control_init(struct gain_control *control, uint32_t rate_hz);

/** What is known of a block beside its sound. */
struct gain_heard {
  bool echo_alone; /**< There is nothing but echo in it: no reason to move, and none to make it louder. */
  bool in_doubt;   /**< What is left may be echo: no reason to move. */
};

/** 10 ms, in place; keeps within 16 bits. */
void gain_control_run(struct gain_control *control, float *samples, size_t count, struct gain_heard heard);

#endif
