// Sample rate conversion by a polyphase filter (windowed sinc, Kaiser): any pair of rates whose ratio reduces to at
// most RESAMPLER_MAX_PHASES phases, as 8, 11.025, 16, 22.05, 24, 32, 44.1, 48 kHz among each other do. Pass band to
// 0.85 of the lower rate's Nyquist frequency, at least 60 dB down from Nyquist on; or, prompt, from 1.15 of it on, and, where
// the ratio of the rates is simple, of minimum phase: 0.2 to 0.6 ms of delay at 8 kHz and below 3.4 kHz, where it was 3.7.
// The caller owns state and memory; one thread.
//
// Init computes the filter (not on the media thread); processing neither allocates nor calls libm.

#ifndef DOORPHONE_DSP_RESAMPLER_H
#define DOORPHONE_DSP_RESAMPLER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

#define RESAMPLER_MAX_PHASES 640

/** Fields are the resampler's own. */
struct resampler {
  uint32_t input_hz;
  uint32_t output_hz;
  bool prompt;
  uint32_t phases;  /**< L: the ratio is L/M in lowest terms. */
  uint32_t step;    /**< M */
  uint32_t phase;   /**< 0 to L-1 */
  size_t taps;      /**< Of each phase. */
  size_t write;     /**< Next sample of the history. */
  uint32_t pending; /**< Input samples still to take before the next output. */
  float *filter;    /**< phases × taps */
  float *history;   /**< 2 × taps: kept twice, so that any window lies in one piece. */
};

/** One call's input and output. */
struct resampler_block {
  const int16_t *input;
  size_t input_count;
  int16_t *output;
  size_t output_capacity;
  size_t output_count; /**< Set by resampler_process. */
};

/** Bytes of memory for a pair of rates, aligned as malloc aligns; 0: a pair that is not supported. */
size_t resampler_storage_bytes(uint32_t input_hz, uint32_t output_hz);

/** Computes the filter into the caller's memory, which must outlive it. @return DP_OK, DP_INVALID_ARGUMENT,
 * DP_UNSUPPORTED (pair of rates), DP_NO_SPACE */
dp_error resampler_init(struct resampler *resampler, uint32_t input_hz, uint32_t output_hz, void *storage,
                        size_t storage_bytes);

/**
 * As resampler_init, for sound that somebody waits for: what is just above the lower Nyquist frequency is weakened less,
 * and folds or is mirrored into what is just below, above the pass band. The filters of telephony do the same (ITU-T G.712).
 * Where one rate is a multiple of the other, or nearly so, it is of minimum phase: high tones come out up to 0.4 ms later
 * than low ones, which nobody hears, and all of them as soon as such a filter can. At others, as 44.1 kHz, half the delay.
 */
dp_error resampler_init_prompt(struct resampler *resampler, uint32_t input_hz, uint32_t output_hz, void *storage,
                               size_t storage_bytes);

/** Begins anew, as if silence had been before. */
void resampler_forget(struct resampler *resampler);

/** The most output that so many input samples can yield. */
size_t resampler_output_limit(const struct resampler *resampler, size_t input_count);

/** Takes all the input, gives all the output that it completes. @return DP_OK, DP_NO_SPACE (nothing taken) */
dp_error resampler_process(struct resampler *resampler, struct resampler_block *block);

#endif
