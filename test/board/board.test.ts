// The product on a kernel with lines, sound and a watchdog of its own. Each step of a scenario is a test here; the scenario
// runs inside.

import { beforeAll, describe, expect, test } from 'vitest';
import { type BootOptions, boot, kernel } from './emulated-board.ts';
import type { Run } from './user-mode-kernel.ts';

let image: string;
beforeAll(() => {
  image = kernel();
});

const STEPS = {
  'lines.guest.ts': [
    'a chip has its lines by name',
    'a pull is an edge that gpiomon tells, with the time of the kernel',
    'what gpioset drives is read on the wire',
    'gpioinfo shows whose a line is',
  ],
  'contract.guest.ts': [
    'the contract of boards holds by the character device',
    'the contract of boards holds by sysfs',
  ],
  'buttons.guest.ts': [
    'the service takes its lines, and gpioinfo shows whose they are',
    'a press rings the phone, and the lamp burns while they talk',
    'a contact that bounces is one press',
    'a relay is on for its time, by its wire',
    'an exit button opens; the contact tells of force',
    'a press is an event within a millisecond, by the kernel’s time stamp',
    'killed with a door open, its relay is driven safe again',
    'a line that another program has is said with whose it is',
    'it ends in time, its relays inactive',
  ],
  'sysfs.guest.ts': [
    'the service takes its lines by sysfs, its relays off',
    'a press that bounces is one press',
    'a relay is on for its time, by its wire',
    'status says that the kernel keeps a relay on',
    'killed with its doors open they stay open, until they are released',
    'killed with its doors open and its file spoiled, they are released by what it left',
    'it starts on lines that were left, and ends without leaving any',
    'a chip that vanishes is a fault, and the door goes on',
  ],
  'call.guest.ts': [
    'the service starts, and takes its sound card',
    'a press rings the phone',
    'each hears the other through the sound card',
    'the phone hangs up',
    'killed in a call, it starts again and calls again',
    'it ends in time',
  ],
  'network.guest.ts': [
    'the network is a bad one',
    'a press rings the phone, and they talk',
    'its keys open the door',
    'what was lost is said when the call ends',
    'each heard the other',
    'it ends in time',
  ],
  'card.guest.ts': [
    'they talk',
    'the card is gone: it is said, the call stays, nothing spins',
    'the card is back: each hears the other again',
    'while nobody talks the card sleeps',
    'without a card a press rings all the same, and the code opens',
    'started without a card it says so, and rings',
    'it ends in time',
  ],
  'watchdog.guest.ts': [
    'the service takes the watchdog',
    'it is fed: the board lives for longer than it waits',
    'ended in peace the service leaves it asleep',
    'its event loop stopped, it bites',
    'the board is started anew in its time, and rings',
  ],
  'mixer.guest.ts': [
    'the card is set as the configuration says',
    'a command sets it, as amixer shows it',
    'a reload sets it',
    'the control that is named is the one that is set',
    'a card that nobody is to touch is left alone',
    'it ends in time',
  ],
} as const;

const OPTIONS: { readonly [scenario: string]: BootOptions } = {
  'watchdog.guest.ts': { timeTravel: true, parameters: ['softdog.soft_margin=10'] },
};

describe.each(Object.entries(STEPS))('%s', (scenario, names) => {
  let run: Run;
  beforeAll(async () => {
    run = await boot(image, scenario, OPTIONS[scenario]);
    // A build machine that others share stands still for a moment now and then: there a second try tells a stall from a fault.
    if (run.exit !== 0 && process.env.CI !== undefined) run = await boot(image, scenario, OPTIONS[scenario]);
    process.stdout.write(`    the board ran for ${(run.tookMs / 1000).toFixed(1)} s\n`);
  });

  test.each(names)('%s', (name) => {
    const step = run.steps.find((one) => one.step === name);
    const why = `${step?.why ?? 'the board did not get so far'}\n${run.console.slice(-40).join('\n')}`;
    expect(step?.ok, why).toBe(true);
    if (step?.facts !== undefined) process.stdout.write(`    ${name}: ${JSON.stringify(step.facts)}\n`);
  });

  test('nothing else was run, and the board was switched off', () => {
    expect(run.steps.map(({ step }) => step)).toEqual(names);
    expect(run.exit).toBe(0);
  });
});
