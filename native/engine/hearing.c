// See hearing.h.

#include "engine/hearing.h"

#include <string.h>

static void publish(struct hearing *hearing) {
  struct hearing_figures *figures = &hearing->figures;
  struct voice_report report;
  voice_read(hearing->voice, &report);
  atomic_store_explicit(&figures->delay_ms, report.delay_ms, memory_order_relaxed);
  atomic_store_explicit(&figures->attenuation_db, report.attenuation_db, memory_order_relaxed);
  atomic_store_explicit(&figures->gain_db, report.gain_db, memory_order_relaxed);
  atomic_store_explicit(&figures->speaker_dbfs, report.speaker_dbfs, memory_order_relaxed);
  atomic_store_explicit(&figures->microphone_dbfs, report.microphone_dbfs, memory_order_relaxed);
  atomic_store_explicit(&figures->sent_dbfs, report.sent_dbfs, memory_order_relaxed);
  atomic_store_explicit(&figures->clips, report.clips, memory_order_relaxed);
  atomic_store_explicit(&figures->beginnings, report.beginnings, memory_order_relaxed);
}

dp_error hearing_open(struct hearing *hearing, uint32_t rate_hz, struct voice_switches switches) {
  dp_error error = voice_create(rate_hz, VOICE_DELAY_UNKNOWN, &hearing->voice);
  if (error != DP_OK) return error;
  hearing->block = rate_hz / 100;
  hearing_switch(hearing, switches);
  publish(hearing);
  return DP_OK;
}

void hearing_switch(struct hearing *hearing, struct voice_switches switches) {
  hearing->works = switches.echo_cancellation || switches.noise_suppression || switches.gain_control;
  voice_switch(hearing->voice, switches);
}

void hearing_close(struct hearing *hearing) {
  voice_destroy(hearing->voice);
  hearing->voice = NULL;
}

/** @return whether the block is whole with this turn */
static bool gather(struct hearing *hearing, const int16_t *played, const int16_t *spoken, size_t count) {
  memcpy(hearing->played + hearing->gathered, played, count * sizeof *played);
  memcpy(hearing->spoken + hearing->gathered, spoken, count * sizeof *spoken);
  hearing->gathered += count;
  return hearing->gathered >= hearing->block;
}

/** What was gathered goes before the turn. @return samples in all */
static size_t release(struct hearing *hearing, int16_t *spoken, size_t count) {
  memmove(spoken + hearing->gathered, spoken, count * sizeof *spoken);
  memcpy(spoken, hearing->spoken, hearing->gathered * sizeof *spoken);
  count += hearing->gathered;
  hearing->gathered = 0;
  return count;
}

size_t hearing_turn(struct hearing *hearing, bool wanted, const int16_t *played, int16_t *spoken, size_t count) {
  if (!wanted) {
    voice_skip(hearing->voice, played, count);
    hearing->gathered = 0;
    return count;
  }
  bool whole = count >= hearing->block;
  if (whole || !hearing->works) {
    voice_run(hearing->voice, played, spoken, count);
    publish(hearing);
    return release(hearing, spoken, count);
  }
  if (!gather(hearing, played, spoken, count)) return 0;
  voice_run(hearing->voice, hearing->played, hearing->spoken, hearing->block);
  publish(hearing);
  return release(hearing, spoken, 0);
}

void hearing_expect(struct hearing *hearing, const struct hearing_echo *echo) {
  voice_expect(hearing->voice, echo->delay_ms, echo->path, echo->count);
  publish(hearing);
}

void hearing_begin(struct hearing *hearing) {
  hearing->gathered = 0;
  voice_begin(hearing->voice);
}

void hearing_read(struct hearing *hearing, struct voice_report *report) {
  struct hearing_figures *figures = &hearing->figures;
  *report = (struct voice_report){
      .delay_ms = atomic_load_explicit(&figures->delay_ms, memory_order_relaxed),
      .attenuation_db = atomic_load_explicit(&figures->attenuation_db, memory_order_relaxed),
      .gain_db = atomic_load_explicit(&figures->gain_db, memory_order_relaxed),
      .speaker_dbfs = atomic_load_explicit(&figures->speaker_dbfs, memory_order_relaxed),
      .microphone_dbfs = atomic_load_explicit(&figures->microphone_dbfs, memory_order_relaxed),
      .sent_dbfs = atomic_load_explicit(&figures->sent_dbfs, memory_order_relaxed),
      .clips = atomic_load_explicit(&figures->clips, memory_order_relaxed),
      .beginnings = atomic_load_explicit(&figures->beginnings, memory_order_relaxed),
  };
}
