// Tries what is wired to a board, one thing after another, with somebody who presses and looks. No output is driven without a
// yes, each for a moment only, one at a time.

import type { Clock } from '../../base/clock.ts';
import { type Millis, millis, seconds } from '../../base/units.ts';
import type { Board, InputLine, LineChange } from '../../hardware/ports/index.ts';
import { bad, type Finding, good, thrownFinding, untried } from './finding.ts';
import type { LineUse, UseKind } from './line-uses.ts';

/** Who sits before it. */
export interface Examiner {
  /** Undefined: nobody is there, or nobody answers any more. */
  readonly ask: ((question: string) => Promise<string | undefined>) | undefined;
  say(text: string): void;
}

export interface TrialParts {
  readonly clock: Clock;
  readonly board: Board;
  readonly examiner: Examiner;
  /** Where a line is, in words: `GPIO17, pin 11`. */
  readonly place: (line: string) => string;
}

const PRESS_WITHIN = seconds(20);
const LET_GO_WITHIN = seconds(10);
const PULSE = millis(500);
const LAMP_PULSE = seconds(2);

/** How an input is brought to change. */
const REQUESTS: Readonly<Record<Exclude<UseKind, 'relay' | 'lamp'>, string>> = {
  button: 'press it, and let go',
  exit: 'press it, and let go',
  contact: 'open and shut the door',
  tamper: 'open the housing, or press the switch',
  motion: 'move before the detector',
};

/** Tries one thing. Never throws. */
export async function tryUse(use: LineUse, parts: TrialParts): Promise<Finding> {
  const { kind, what, line } = use;
  const subject = `${what} (${parts.place(line)})`;
  try {
    if (kind === 'relay' || kind === 'lamp') return await tryOutput(subject, use, parts);
    return await tryInput(subject, { kind, line: parts.board.input(line) }, parts);
  } catch (thrown) {
    return thrownFinding(subject, thrown, 'look at `doorphone board show`');
  }
}

async function tryInput(
  subject: string,
  { kind, line }: { readonly kind: keyof typeof REQUESTS; readonly line: InputLine },
  { clock, examiner }: TrialParts,
): Promise<Finding> {
  const request = REQUESTS[kind];
  const isPressed = kind === 'button' || kind === 'exit';
  if (isPressed && line.active) {
    const mend = 'let go of it; else turn lines.….active round, or look for a wire that touches ground';
    return bad(subject, 'is active though nobody presses', mend);
  }
  if (examiner.ask === undefined) return untried(subject, `would ask to ${request}`);
  examiner.say(`${subject}: ${request} (${PRESS_WITHIN / 1000} s)`);
  const first = await nextChange(line, clock, PRESS_WITHIN);
  if (first === undefined) return bad(subject, 'nothing has changed', 'check its wires, one to the pin, one to ground');
  if (!isPressed) return good(subject, `has become ${first.active ? 'active' : 'inactive'}`);
  const second = await nextChange(line, clock, LET_GO_WITHIN);
  if (second === undefined) return bad(subject, 'stays active', 'it is stuck, or its wires touch');
  return good(subject, `was pressed for ${Math.round(second.at - first.at)} ms`);
}

async function tryOutput(subject: string, { kind, line }: LineUse, parts: TrialParts): Promise<Finding> {
  const { clock, board, examiner } = parts;
  // Taken in any case: it is inactive from now on, and whoever else has it is found out.
  const output = board.output(line);
  const time = kind === 'lamp' ? LAMP_PULSE : PULSE;
  const { ask } = examiner;
  if (ask === undefined) return untried(subject, `would ask whether to switch it on for ${time / 1000} s`);
  if (!isYes(await ask(`${subject}: switch it on for ${time / 1000} s? [y/N] `))) {
    return untried(subject, 'nobody said yes');
  }
  try {
    output.set(true);
    await pause(clock, time);
  } finally {
    output.set(false);
  }
  const sign = kind === 'lamp' ? 'did it burn' : 'did it click, and click back';
  if (isYes(await ask(`${subject}: ${sign}? [y/N] `))) return good(subject, 'works');
  const mend = `check its supply and its wire; what switches with the low level needs lines.${line}.active: low`;
  return bad(subject, 'nothing was seen or heard of it', mend);
}

export const isYes = (answer: string | undefined): boolean => /^\s*y(es)?\s*$/i.test(answer ?? '');

export function pause(clock: Clock, time: Millis): Promise<void> {
  return new Promise((done) => {
    clock.after(time, 'a trial of the board', done);
  });
}

/** Undefined: there was none in time. */
function nextChange(line: InputLine, clock: Clock, within: Millis): Promise<LineChange | undefined> {
  return new Promise((done) => {
    const timer = clock.after(within, 'a change of a line', () => settle(undefined));
    const leave = line.onChange((change) => settle(change));
    const settle = (change: LineChange | undefined): void => {
      timer.cancel();
      leave();
      done(change);
    };
  });
}
