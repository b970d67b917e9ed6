// The final statistics of a call's stream, as its end reports them.

import type { StreamStatistics } from '../media/types.ts';
import type { CallFormat, CallMediaReport } from './types.ts';

/** Rounds to a tenth: finer is noise. */
const tenth = (value: number): number => Math.round(value * 10) / 10;

export function reportMedia(format: CallFormat, statistics: StreamStatistics): CallMediaReport {
  const { packetsSent, packetsReceived, packetsLost, packetsRefused, jitterMs, roundTripMs } = statistics;
  const counted = { ...format, packetsSent, packetsReceived, packetsLost, packetsRefused, jitterMs: tenth(jitterMs) };
  return roundTripMs === undefined ? counted : { ...counted, roundTripMs: tenth(roundTripMs) };
}
