// The places of numbers in the arrays that JavaScript hands in. src/media/layout.ts holds the same places.

#ifndef DOORPHONE_BINDING_LAYOUT_H
#define DOORPHONE_BINDING_LAYOUT_H

#include "engine/engine.h"

#define LAYOUT_STATISTICS 18
#define LAYOUT_STATE 7
#define LAYOUT_VOICE 8
#define LAYOUT_LEVELS 6
#define LAYOUT_CALIBRATION 8
/** Numbers of one event. */
#define LAYOUT_EVENT 4

/** Stamps and durations become milliseconds; what is not known becomes NaN. */
void layout_statistics(const struct stream_statistics *statistics, double numbers[LAYOUT_STATISTICS]);

void layout_state(const struct engine_state *state, double numbers[LAYOUT_STATE]);

void layout_voice(const struct voice_report *report, double numbers[LAYOUT_VOICE]);

/** RMS, peak and what was cut off: of the speaker, then of the microphone. */
void layout_levels(const struct engine_levels *levels, double numbers[LAYOUT_LEVELS]);

void layout_calibration(const struct calibration_report *report, double numbers[LAYOUT_CALIBRATION]);

void layout_event(const struct engine_event *event, double numbers[LAYOUT_EVENT]);

/** A duration in milliseconds; UINT64_MAX is infinity. */
double layout_duration_ms(uint64_t ns);

#endif
