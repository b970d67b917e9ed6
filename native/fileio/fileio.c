// See fileio.h.

#include "fileio/fileio.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fileio/recorder.h"

struct fileio {
  size_t frame_samples;
  int16_t *input; // null: silence
  size_t length;
  size_t at; // media thread
  struct recorder *recorder; // null: nothing is written
};

static void read_input(struct fileio *fileio, int16_t *frame) {
  size_t filled = 0;
  while (filled < fileio->frame_samples) {
    size_t part = fileio->length - fileio->at;
    if (part > fileio->frame_samples - filled) part = fileio->frame_samples - filled;
    memcpy(frame + filled, fileio->input + fileio->at, part * sizeof *frame);
    filled += part;
    fileio->at = (fileio->at + part) % fileio->length;
  }
}

static void exchange(void *device, const int16_t *heard, int16_t *spoken, struct audio_report *report) {
  struct fileio *fileio = device;
  *report = (struct audio_report){.fault = AUDIO_FAULT_NONE};
  if (fileio->input) {
    read_input(fileio, spoken);
  } else {
    memset(spoken, 0, fileio->frame_samples * sizeof *spoken);
  }
  if (!fileio->recorder) return;
  recorder_append(fileio->recorder, heard);
  report->system_error = recorder_error(fileio->recorder);
  if (report->system_error != 0) report->fault = AUDIO_FAULT_RECORDING;
}

/** Nothing is kept up meanwhile; the input goes on from where it stopped. */
static void rest(void *device) { (void)device; }

static void close_device(void *device) {
  struct fileio *fileio = device;
  if (fileio->recorder) recorder_close(fileio->recorder);
  free(fileio->input);
  free(fileio);
}

static const struct audio_operations operations = {.exchange = exchange, .rest = rest, .close = close_device};
/** A recording has silence in it where there was silence. */
static const struct audio_operations recording = {.exchange = exchange, .close = close_device};

static dp_error fail(struct fileio *fileio, enum wav_fault input, struct fileio_problem *problem) {
  *problem = (struct fileio_problem){.input = input, .system_error = errno};
  free(fileio->input);
  free(fileio);
  return DP_DEVICE;
}

dp_error fileio_open(const struct fileio_options *options, struct audio_io *io, struct fileio_problem *problem) {
  struct fileio *fileio = calloc(1, sizeof *fileio);
  if (!fileio) return DP_SYSTEM;
  fileio->frame_samples = audio_frame_samples(options->wide);
  if (options->input) {
    enum wav_fault fault = wav_load(options->input, audio_rate_hz(options->wide), &fileio->input, &fileio->length);
    if (fault != WAV_OK) return fail(fileio, fault, problem);
  }
  if (options->output && recorder_open(options->output, options->wide, &fileio->recorder) != DP_OK) {
    return fail(fileio, WAV_OK, problem);
  }
  *io = (struct audio_io){
      .operations = fileio->recorder ? &recording : &operations, .device = fileio, .wide = options->wide};
  return DP_OK;
}
