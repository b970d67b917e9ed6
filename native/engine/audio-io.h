// A sound device as the media thread sees it: a table of operations over an opaque device. One exchange is one turn of the
// engine's own clock, as long as the device wants it: what nobody waits for takes 20 ms at a time, a card less, as each of its
// turns is delay. A device with a clock of its own says how far that clock runs apart, and the engine follows.
//
// Leaves out: opening (each device has its own options) and mixing.

#ifndef DOORPHONE_ENGINE_AUDIO_IO_H
#define DOORPHONE_ENGINE_AUDIO_IO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** A device speaks mono of 8 kHz, or of 16 kHz where it is wide; signed 16 bit, in frames of 20 ms at most. */
#define AUDIO_RATE_HZ 8000
#define AUDIO_FRAME_MS 20
#define AUDIO_FRAME_SAMPLES 160
#define AUDIO_WIDE_RATE_HZ 16000
#define AUDIO_WIDE_FRAME_SAMPLES 320

/** What is wrong with a device. The numbers cross to TypeScript; src/media/device-fault.ts has their words. */
enum audio_fault {
  AUDIO_FAULT_NONE = 0,
  AUDIO_FAULT_OPEN = 1,      /**< Cannot be opened; tried again every second. */
  AUDIO_FAULT_LOST = 2,      /**< Failed while it ran: unplugged, or its driver gave up. */
  AUDIO_FAULT_STALLED = 3,   /**< Takes or gives no samples any more. */
  AUDIO_FAULT_RECORDING = 4, /**< The output file cannot be written. */
  AUDIO_FAULT_NO_MICROPHONE = 5, /**< It plays, and there is nothing to record with. */
  AUDIO_FAULT_NO_SPEAKER = 6,    /**< It records, and there is nothing to play with. */
  AUDIO_FAULT_BY_TURNS = 7,      /**< It does both, one at a time: who speaks is heard. */
};

/** What a device says after an exchange. */
struct audio_report {
  enum audio_fault fault;
  int32_t system_error; /**< errno of the fault, 0 where there is none. */
  int32_t drift_ns;     /**< To add to the next turn's length, so that the engine follows the device's clock. */
};

struct audio_operations {
  /**
   * Hands over a frame to be heard and takes the frame that the microphone heard; silence where the device has none.
   * Media thread; never blocks, allocates or locks.
   */
  void (*exchange)(void *device, const int16_t *heard, int16_t *spoken, struct audio_report *report);
  /**
   * There will be no exchange for a while. Null: the device is to be exchanged with all the time. Media thread; what does
   * not take an exchange's time may take longer here, for no call is up.
   */
  void (*rest)(void *device);
  /** While it rests, about once a second: is it well? Null: nothing can befall it. Media thread. */
  void (*look)(void *device, struct audio_report *report);
  /** Frees the device. Control thread, after the media thread has ended. */
  void (*close)(void *device);
};

/** A device; the engine owns it from engine_create to engine_destroy. */
struct audio_io {
  const struct audio_operations *operations;
  void *device;
  bool wide;        /**< It speaks 16 kHz. Constant. */
  uint32_t turn_ms; /**< What is exchanged at a time: 5, 10 or 20; 0: 20. Constant. */
};

static inline uint32_t audio_rate_hz(bool wide) { return wide ? AUDIO_WIDE_RATE_HZ : AUDIO_RATE_HZ; }

static inline size_t audio_samples(bool wide, uint32_t ms) { return audio_rate_hz(wide) / 1000 * ms; }

/** Of the longest turn. */
static inline size_t audio_frame_samples(bool wide) { return wide ? AUDIO_WIDE_FRAME_SAMPLES : AUDIO_FRAME_SAMPLES; }

#endif
