// `doorphone audio calibrate` for eyes.

import type { CalibrationReport } from '../api/calibration.ts';

/** What was measured, then what to do about it. */
export function describeCalibration(report: CalibrationReport): readonly string[] {
  const { device, delayMs, echoDb, levels, clips, kept, advice } = report;
  return [
    `device      ${device}`,
    `echo        ${delayMs === null || echoDb === null ? 'none is heard' : `${delayMs} ms behind, ${loudness(echoDb)}`}`,
    `speaker     ${levels.speaker} dBFS`,
    `microphone  ${levels.microphone} dBFS, ${levels.noise} dBFS before`,
    `cut off     ${clips === 0 ? 'nothing' : `${clips} samples`}`,
    ...(kept ? ['kept        the delay and the way of the echo'] : []),
    ...advice.map(({ what, mend }) => `warning     ${what}; ${mend}`),
    ...(advice.length === 0 ? ['all is well'] : []),
  ];
}

const loudness = (db: number): string =>
  db > 0 ? `${db} dB louder than it is played` : `${-db} dB weaker than it is played`;
