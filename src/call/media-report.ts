// The final statistics of a call's stream, as its end reports them.

import type { StreamStatistics } from '../media/types.ts';
import type { CallFormat, CallMediaReport } from './types.ts';

/** Rounds to a tenth: finer is noise. */
const tenth = (value: number): number => Math.round(value * 10) / 10;

/** @param earlier of the ports that the call had before: what was counted there counts as well */
export function reportMedia(
  format: CallFormat,
  last: StreamStatistics,
  earlier: readonly StreamStatistics[],
): CallMediaReport {
  const { jitterMs, roundTripMs, mos, remoteMos } = last;
  const sum = (count: (of: StreamStatistics) => number): number =>
    earlier.reduce((total, one) => total + count(one), count(last));
  const counted = {
    ...format,
    packetsSent: sum(({ packetsSent }) => packetsSent),
    packetsReceived: sum(({ packetsReceived }) => packetsReceived),
    packetsLost: sum(({ packetsLost }) => packetsLost),
    packetsRefused: sum(({ packetsRefused }) => packetsRefused),
    jitterMs: tenth(jitterMs),
  };
  return {
    ...counted,
    ...(roundTripMs === undefined ? {} : { roundTripMs: tenth(roundTripMs) }),
    ...(mos === undefined ? {} : { mos: tenth(mos) }),
    ...(remoteMos === undefined ? {} : { remoteMos: tenth(remoteMos) }),
  };
}
