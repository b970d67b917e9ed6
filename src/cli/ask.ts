// The commands that a running service carries out: asked for over its control socket, answered in a line.

import type { CommandName, CommandParameters, CommandResult } from '../api/commands.ts';
import { readVolume } from '../api/volume.ts';
import { DoorphoneError } from '../base/errors.ts';
import { type Millis, seconds } from '../base/units.ts';
import { ControlClient } from '../control/client.ts';
import type { Invocation } from './arguments.ts';
import type { Surroundings } from './io.ts';
import { socketPath } from './paths.ts';
import { printable } from './printable.ts';

/** What a command sends and how its result reads. */
interface Question<Name extends CommandName> {
  parameters(positionals: readonly string[], invocation: Invocation): CommandParameters<Name>;
  describe(result: CommandResult<Name>, around: Surroundings): string | Promise<string>;
  /** Default: 1 s. */
  readonly timeout?: Millis;
}

const QUESTIONS: { readonly [Name in CommandName]: Question<Name> } = {
  press: {
    parameters: ([button]) => (button === undefined ? {} : { button }),
    describe: ({ button }) => `pressed ${button}`,
  },
  call: { parameters: ([uri = '']) => ({ uri }), describe: ({ call }) => `calling: ${call}` },
  answer: { parameters: () => ({}), describe: ({ call }) => `answered ${call}` },
  hangup: { parameters: () => ({}), describe: ({ call }) => `hung up ${call}` },
  hold: { parameters: () => ({}), describe: ({ call }) => `holding ${call}` },
  resume: { parameters: () => ({}), describe: ({ call }) => `resumed ${call}` },
  transfer: {
    parameters: ([uri = '']) => ({ uri }),
    describe: ({ call, next }) => `handing over ${call}, calling: ${next}`,
  },
  dtmf: {
    parameters: ([digits = '']) => ({ digits: readDigits(digits) }),
    describe: ({ digits }) => `sending ${digits} ${digits === 1 ? 'digit' : 'digits'}`,
  },
  open: {
    parameters: ([door]) => (door === undefined ? {} : { door }),
    describe: ({ door, forMs }) => (forMs === 0 ? `closed ${door}` : `opened ${door} for ${forMs / 1000} s`),
  },
  line: {
    parameters: ([line = '', level]) => (level === undefined ? { line } : { line, active: readLevel(level) }),
    describe: ({ line, active }) => `${line} ${active ? '1' : '0'}`,
  },
  volume: {
    parameters: (words) => {
      const asked = readVolume(words);
      if (!asked.ok) throw new DoorphoneError('usage', asked.error);
      return asked.value;
    },
    describe: async (report) => (await import('./status.ts')).describeVolume(report).join('\n'),
  },
  calibrate: {
    parameters: () => ({}),
    describe: async (report) => (await import('./calibration.ts')).describeCalibration(report).join('\n'),
    // Four seconds, and a card that has to wake first.
    timeout: seconds(20),
  },
  status: {
    parameters: () => ({}),
    describe: async (report, { clock }) => (await import('./status.ts')).describeStatus(report, clock.wall()),
  },
  provision: {
    parameters: (_, { now }) => (now ? { now } : {}),
    describe: async (report) => (await import('./provision.ts')).describeProvisioning(report),
  },
  identity: {
    parameters: () => ({}),
    describe: ({ device, mac, key }) => [`device  ${device}`, `mac     ${mac ?? '–'}`, `key     ${key}`].join('\n'),
    // The first time the key is made.
    timeout: seconds(10),
  },
  reset: {
    parameters: () => ({}),
    describe: ({ waits }) => (waits ? 'forgotten as soon as no call is up and no door is open' : 'forgotten'),
    timeout: seconds(10),
  },
  reload: {
    parameters: () => ({}),
    describe: ({ file, waits }) =>
      waits === true ? `${file} is applied as soon as no call is up and no door is open` : `applied ${file}`,
    timeout: seconds(10),
  },
};

/** @returns 0, or 1 when the service refused. @throws DoorphoneError when none answers, `usage` for wrong arguments */
export async function askService<Name extends CommandName>(
  name: Name,
  invocation: Invocation,
  around: Surroundings,
): Promise<number> {
  const question: Question<Name> = QUESTIONS[name];
  const parameters = question.parameters(invocation.positionals, invocation);
  const client = await ControlClient.connect(socketPath(invocation, around.environment), around.clock);
  try {
    const outcome = await client.request(name, parameters, question.timeout);
    if (!outcome.ok) throw new DoorphoneError(outcome.error.code, printable(outcome.error.message));
    const text = invocation.json ? JSON.stringify(outcome.result) : await question.describe(outcome.result, around);
    around.out.write(`${invocation.json ? text : printableLines(text)}\n`);
    return 0;
  } finally {
    client.close();
  }
}

const printableLines = (text: string): string => text.split('\n').map(printable).join('\n');

/** The digits are not repeated: they may be a code. */
function readDigits(digits: string): string {
  if (/^[0-9*#A-Da-d]+$/.test(digits)) return digits.toUpperCase();
  throw new DoorphoneError('usage', 'DIGITS are 0-9, *, # and A-D');
}

function readLevel(level: string): boolean {
  if (level === '0' || level === '1') return level === '1';
  throw new DoorphoneError('usage', 'a line is made 0 (inactive) or 1 (active)');
}
