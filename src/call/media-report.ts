// The statistics of a call's stream, as its end reports them, and what they say of its sound while it is up.

import type { StreamStatistics } from '../media/types.ts';
import type { CallFormat, CallMediaReport, CallQuality } from './types.ts';

/** Rounds to a tenth: finer is noise. */
const tenth = (value: number): number => Math.round(value * 10) / 10;

const tenthOf = (value: number | undefined): number | undefined => (value === undefined ? undefined : tenth(value));

/** What has been counted over all ports of a call. @returns a function that adds up one figure */
function summing(last: StreamStatistics, earlier: readonly StreamStatistics[]) {
  return (count: (of: StreamStatistics) => number): number =>
    earlier.reduce((total, one) => total + count(one), count(last));
}

/** @param earlier as below */
export function qualityOf(last: StreamStatistics, earlier: readonly StreamStatistics[]): CallQuality {
  const sum = summing(last, earlier);
  const lost = sum(({ packetsLost }) => packetsLost);
  const sent = lost + sum(({ packetsReceived }) => packetsReceived);
  const { remoteLossShare } = last;
  return {
    mos: tenthOf(last.mos),
    remoteMos: tenthOf(last.remoteMos),
    lossPercent: sent === 0 ? 0 : tenth((100 * lost) / sent),
    remoteLossPercent: remoteLossShare === undefined ? undefined : tenth(100 * remoteLossShare),
    jitterMs: tenth(last.jitterMs),
    playoutDelayMs: Math.round(last.jitterBufferMs),
    roundTripMs: tenthOf(last.roundTripMs),
  };
}

/** @param earlier of the ports that the call had before: what was counted there counts as well */
export function reportMedia(
  format: CallFormat,
  last: StreamStatistics,
  earlier: readonly StreamStatistics[],
): CallMediaReport {
  const { jitterMs, roundTripMs, mos, remoteMos } = last;
  const sum = summing(last, earlier);
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
