// A call as `status` and the state over MQTT show it.

import type { CallState, QualityState } from '../api/state.ts';
import type { Call, CallQuality } from '../call/index.ts';

export function callStateOf(call: Call): CallState {
  const { id, direction, peer, format, quality, signalling = null } = call;
  const { codec = null, encrypted = false } = format ?? {};
  const state = { id, direction, peer, codec, encrypted, signalling, since: call.since.toISOString() };
  return quality === undefined ? state : { ...state, quality: qualityState(quality) };
}

/** What is not known is null, so that programs find every key. */
function qualityState(quality: CallQuality): QualityState {
  const { mos = null, remoteMos = null, remoteLossPercent = null, roundTripMs = null } = quality;
  const { lossPercent, jitterMs, playoutDelayMs } = quality;
  return { mos, remoteMos, lossPercent, remoteLossPercent, jitterMs, playoutDelayMs, roundTripMs };
}
