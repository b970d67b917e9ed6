// See layout.h.

#include "binding/layout.h"

#include <math.h>

#include "base/monotonic.h"

static double milliseconds(uint64_t ns) { return (double)ns / (double)NS_PER_MS; }

static double known_milliseconds(uint64_t ns) { return ns == STATISTICS_UNKNOWN ? (double)NAN : milliseconds(ns); }

static double known_hundredths(uint64_t value) { return value == STATISTICS_UNKNOWN ? (double)NAN : (double)value / 100; }

double layout_duration_ms(uint64_t ns) { return ns == UINT64_MAX ? (double)INFINITY : milliseconds(ns); }

void layout_statistics(const struct stream_statistics *statistics, double numbers[LAYOUT_STATISTICS]) {
  uint64_t loss = statistics->remote_loss_256ths;
  numbers[0] = (double)statistics->packets_sent;
  numbers[1] = (double)statistics->packets_received;
  numbers[2] = (double)statistics->packets_lost;
  numbers[3] = (double)statistics->packets_late;
  numbers[4] = (double)statistics->packets_duplicate;
  numbers[5] = (double)statistics->packets_refused;
  numbers[6] = (double)statistics->frames_concealed;
  numbers[7] = milliseconds(statistics->jitter_ns);
  numbers[8] = milliseconds(statistics->jitter_buffer_ns);
  numbers[9] = known_milliseconds(statistics->round_trip_ns);
  numbers[10] = loss == STATISTICS_UNKNOWN ? (double)NAN : (double)loss / 256;
  numbers[11] = known_milliseconds(statistics->first_sent_ns);
  numbers[12] = known_milliseconds(statistics->first_received_ns);
  numbers[13] = known_milliseconds(statistics->last_received_ns);
  numbers[14] = milliseconds(statistics->max_lateness_ns);
  numbers[15] = (double)statistics->protection;
  numbers[16] = known_hundredths(statistics->opinion_hundredths);
  numbers[17] = known_hundredths(statistics->remote_opinion_hundredths);
}

void layout_state(const struct engine_state *state, double numbers[LAYOUT_STATE]) {
  numbers[0] = state->realtime ? 1 : 0;
  numbers[1] = (double)state->events_dropped;
  numbers[2] = (double)state->turns;
  numbers[3] = (double)state->fault;
  numbers[4] = (double)state->system_error;
  numbers[5] = state->opus ? 1 : 0;
  numbers[6] = state->memory_locked ? 1 : 0;
}

void layout_voice(const struct voice_report *report, double numbers[LAYOUT_VOICE]) {
  numbers[0] = report->delay_ms < 0 ? (double)NAN : (double)report->delay_ms;
  numbers[1] = report->attenuation_db < 0 ? (double)NAN : (double)report->attenuation_db;
  numbers[2] = (double)report->gain_db;
  numbers[3] = (double)report->speaker_dbfs;
  numbers[4] = (double)report->microphone_dbfs;
  numbers[5] = (double)report->sent_dbfs;
  numbers[6] = (double)report->clips;
  numbers[7] = (double)report->beginnings;
}

void layout_levels(const struct engine_levels *levels, double numbers[LAYOUT_LEVELS]) {
  const struct engine_level *sides[] = {&levels->speaker, &levels->microphone};
  for (size_t side = 0; side < 2; side++) {
    numbers[3 * side] = sides[side]->rms_dbfs;
    numbers[3 * side + 1] = sides[side]->peak_dbfs;
    numbers[3 * side + 2] = (double)sides[side]->clipped;
  }
}

void layout_calibration(const struct calibration_report *report, double numbers[LAYOUT_CALIBRATION]) {
  numbers[0] = report->heard ? 1 : 0;
  numbers[1] = (double)report->delay_ms;
  numbers[2] = (double)report->path_db;
  numbers[3] = (double)report->speaker_dbfs;
  numbers[4] = (double)report->microphone_dbfs;
  numbers[5] = (double)report->noise_dbfs;
  numbers[6] = (double)report->clips;
  numbers[7] = (double)report->path_count;
}

void layout_event(const struct engine_event *event, double numbers[LAYOUT_EVENT]) {
  numbers[0] = (double)event->kind;
  numbers[1] = (double)event->session;
  numbers[2] = (double)event->value;
  numbers[3] = milliseconds(event->at_ns);
}
