// `demo --once`: the main job, played once and judged: by its timeline, and by what the recordings hold.

import type { Clock } from '../base/clock.ts';
import { seconds } from '../base/units.ts';
import { type Play, Stage } from './stage.ts';
import { STEPS, type Stamp, type Step, Timeline } from './timeline.ts';
import { describeHearing, type Hearing, judge } from './verdict.ts';

/** The job takes about nine seconds. */
const LONGEST_PLAY = seconds(30);

/** What happened, for people (`describeOutcome`) and programs (as JSON). */
export interface Outcome {
  readonly ok: boolean;
  /** The first thing that failed: a step of the timeline, or `door-heard`, `phone-heard`, `mqtt`. */
  readonly failed: { readonly step: string; readonly why: string } | null;
  /** Milliseconds on the machine's monotonic clock, and since the press. */
  readonly timeline: readonly (Stamp & { readonly sincePress: number })[];
  readonly hearings: readonly Hearing[];
  readonly mqttMessages: number;
  readonly folder: string;
  readonly text: readonly string[];
}

/** Plays a visit from press to BYE and judges it. */
export async function playOnce(
  play: Play,
  voices: { visitor: string; resident: string },
  clock: Clock,
): Promise<Outcome> {
  const stage = await Stage.open(play, clock);
  const timeline = new Timeline();
  let messages = 0;
  stage.on('step', (step, at) => timeline.stamp(step, at));
  stage.on('message', () => {
    messages += 1;
  });
  try {
    await stage.start();
    await visit(stage, clock);
  } finally {
    await stage.close();
  }
  const { recordings } = stage;
  const hearings = [
    await judge({ listener: 'door', recording: recordings.door, voice: voices.resident }),
    await judge({ listener: 'phone', recording: recordings.phone, voice: voices.visitor }),
  ];
  return outcome(stage.folder, timeline, hearings, messages);
}

/** Presses, and waits until the call is over or has taken too long. */
async function visit(stage: Stage, clock: Clock): Promise<void> {
  await new Promise<void>((done) => {
    const timer = clock.after(LONGEST_PLAY, 'demonstration', done);
    stage.on('event', (event) => {
      if (event.type !== 'call.ended') return;
      timer.cancel();
      done();
    });
    stage.press();
  });
}

function outcome(folder: string, timeline: Timeline, hearings: readonly Hearing[], mqttMessages: number): Outcome {
  const failed = firstFailure(timeline, hearings, mqttMessages);
  const { stamps } = timeline;
  const start = stamps[0]?.at ?? 0;
  return {
    ok: failed === undefined,
    failed: failed ?? null,
    timeline: stamps.map((stamp) => ({ ...stamp, sincePress: stamp.at - start })),
    hearings,
    mqttMessages,
    folder,
    text: [
      ...timeline.render(),
      '',
      ...hearings.map(describeHearing),
      `the house was told of it by ${mqttMessages} MQTT messages`,
      `configuration and recordings: ${folder}`,
      failed === undefined ? 'all went as it must' : `failed at: ${describeStep(failed.step)}: ${failed.why}`,
    ],
  };
}

function firstFailure(timeline: Timeline, hearings: readonly Hearing[], mqttMessages: number) {
  const deaf = hearings.find((hearing) => !hearing.heard);
  if (timeline.firstFailure !== undefined) return timeline.firstFailure;
  if (deaf !== undefined) {
    const why =
      deaf.fault ?? `the other side's voice is not in its recording (correlation ${deaf.correlation.toFixed(3)})`;
    return { step: `${deaf.listener}-heard`, why };
  }
  return mqttMessages === 0 ? { step: 'mqtt', why: 'the broker was told nothing' } : undefined;
}

function describeStep(step: string): string {
  return isStep(step) ? STEPS[step] : step;
}

function isStep(step: string): step is Step {
  return Object.hasOwn(STEPS, step);
}
