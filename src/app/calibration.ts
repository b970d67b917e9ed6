// The command `calibrate`: has the engine measure the way from the loudspeaker to the microphone, and says what is to be
// mended before it is heard at the other side.

import type { CalibrationAdvice, CalibrationReport } from '../api/calibration.ts';
import { type CommandOutcome, refuse } from '../api/commands.ts';
import type { Clock } from '../base/clock.ts';
import { type Millis, millis, seconds } from '../base/units.ts';
import type { CalibrationFigures, CalibrationOutcome, KnownEcho, MediaEngine } from '../media/index.ts';
import { ECHO_FARTHEST_MS } from './echo-memory.ts';

export interface CalibrationParts {
  readonly clock: Clock;
  readonly engine: Pick<MediaEngine, 'beginCalibration' | 'takeCalibration' | 'state'>;
  /** Whether somebody is rung or talks. */
  readonly isBusy: () => boolean;
  /** What is known of the echo now. @returns whether it is kept for the next start */
  readonly found: (echo: KnownEcho) => boolean;
}

/** Between two looks whether it is over. */
const LOOK_AGAIN: Millis = millis(100);
/** It takes four seconds once the device runs. */
const PATIENCE: Millis = seconds(15);

const TOO_LOUD = 'turn the microphone down (audio.microphone, or the card’s capture), or the speaker';
/** What leaves the echo canceller little of its reach. */
const FAR_MS = 400;
const NOISY_DBFS = -35;
const WEAK_DB = -40;

export class Calibration {
  #waiting: Promise<CalibrationOutcome | undefined> | undefined;

  constructor(private readonly parts: CalibrationParts) {}

  async run(): Promise<CommandOutcome<'calibrate'>> {
    const { engine, isBusy, found } = this.parts;
    if (isBusy()) return refuse('busy', 'there is a call; calibrate when nobody talks');
    const { device: name, byTurns } = engine.state;
    if (byTurns === true) {
      return refuse(
        'failed',
        `${name} plays and records by turns: it hears no echo, and there is nothing to calibrate`,
      );
    }
    // One that was given up is still to be taken.
    if (this.#waiting !== undefined || !engine.beginCalibration()) {
      return refuse('busy', 'the sound is being calibrated already');
    }
    this.#waiting = this.#outcome();
    const outcome = await this.#waiting;
    this.#waiting = undefined;
    const { device, deviceFault } = engine.state;
    if (outcome === undefined) return refuse('failed', `${device} did not play and record within ${PATIENCE / 1000} s`);
    if (outcome === 'disturbed') return refuse('disturbed', 'somebody rang or called meanwhile; calibrate again');
    if (outcome === 'failed') return refuse('failed', deviceFault ?? `${device} failed meanwhile; calibrate again`);
    const kept = outcome.way !== undefined && found({ delay: outcome.way.delay, path: outcome.way.path });
    return { ok: true, result: reportOf(device, outcome, kept) };
  }

  /** @returns undefined: nothing came of it */
  async #outcome(): Promise<CalibrationOutcome | undefined> {
    const { clock, engine } = this.parts;
    const end = clock.now() + PATIENCE;
    while (clock.now() < end) {
      await new Promise<void>((done) => clock.after(LOOK_AGAIN, 'calibration', done));
      const outcome = engine.takeCalibration();
      if (outcome !== undefined) return outcome;
    }
    return undefined;
  }
}

function reportOf(device: string, figures: CalibrationFigures, kept: boolean): CalibrationReport {
  const { way, speakerDbfs, microphoneDbfs, noiseDbfs, clips } = figures;
  return {
    device,
    delayMs: way === undefined ? null : Math.round(way.delay * 10) / 10,
    echoDb: way === undefined ? null : Math.round(way.db),
    levels: {
      speaker: Math.round(speakerDbfs),
      microphone: Math.round(microphoneDbfs),
      noise: Math.round(noiseDbfs),
    },
    clips,
    kept,
    advice: adviceOf(figures),
  };
}

/** Each of them: what holds, what is said then, what to do. */
function adviceOf({ way, noiseDbfs, clips }: CalibrationFigures): readonly CalibrationAdvice[] {
  const delay = way?.delay ?? 0;
  const echoDb = way?.db ?? WEAK_DB;
  const advice: readonly (readonly [holds: boolean, what: string, mend: string])[] = [
    [
      way === undefined,
      'the microphone does not hear the loudspeaker',
      'listen whether it hisses, and look at plugs and volumes; where it does and you are heard, there is no echo to be taken out',
    ],
    [clips > 0, `${clips} samples of the microphone are cut off: no echo can be taken out of those`, TOO_LOUD],
    [clips === 0 && echoDb > 0, 'what comes back is louder than what is played: loud voices will be cut off', TOO_LOUD],
    [
      way !== undefined && echoDb < WEAK_DB,
      'hardly anything comes back',
      'where visitors are hard to understand too, turn audio.microphone up',
    ],
    [
      noiseDbfs > NOISY_DBFS,
      'it is loud at the microphone',
      'calibrate again when the street is quieter; where it hums, look at wiring and power supply',
    ],
    [
      delay > FAR_MS,
      `what comes back is ${delay > ECHO_FARTHEST_MS ? 'later than the echo canceller can follow' : 'late'}`,
      'use the card itself (alsa:card=…) in place of a sound server',
    ],
  ];
  return advice.flatMap(([holds, what, mend]) => (holds ? [{ what, mend }] : []));
}
