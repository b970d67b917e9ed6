// The card's image for a Raspberry Pi 4, started on an emulated processor of its kind: Debian's kernel and systemd, the
// package as dpkg has installed it, the header's lines by gpio-sim. Each step of a scenario is a test here.

import { randomUUID } from 'node:crypto';
import { readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build, type Plugin } from 'esbuild';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Card, RaspberryPi3, RaspberryPi4, type Run } from './machine.ts';

const TOP = new URL('../../', import.meta.url).pathname;
const HERE = new URL('.', import.meta.url).pathname;
const IMAGE = process.env.DOORPHONE_IMAGE ?? `${TOP}build/image/doorphone-raspberry-pi-4.img`;
/** Where the guest has this tree. */
const SHARED = '/run/tree';
const NODE = '/usr/lib/doorphone/bin/node';
const SECOND = 1000;
/** Four minutes where nobody else computes. */
const PATIENCE_MS = 1500 * SECOND;

const SETTINGS = `
name: Side gate
board: auto
audio: { device: "alsa:hw:Loopback,0" }
sip: { listen: [ "udp:127.0.0.1:5060" ] }
buttons: { front: { line: button, call: [ "sip:101@127.0.0.1:5070" ] } }
doors: { main: { relay: relay, openFor: 2s, code: "42#" } }
`;

const folder = join(tmpdir(), `doorphone-arm64-${randomUUID()}`);
let card: Card;
let pi: RaspberryPi4;

beforeAll(async () => {
  for (const name of ['first-start', 'after-reset']) await pack(name);
  card = new Card(IMAGE, folder);
  pi = new RaspberryPi4(card, folder);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Every module finds its neighbours where the guest has them. */
const sharedPlaces: Plugin = {
  name: 'shared-places',
  setup: (bundle) => {
    bundle.onLoad({ filter: /\/(test|src)\/.*\.ts$/ }, ({ path }) => ({
      contents: readFileSync(path, 'utf8').replaceAll(
        'import.meta.url',
        JSON.stringify(`file://${path.replace(TOP, `${SHARED}/`)}`),
      ),
      loader: 'ts',
    }));
  },
};

/** A scenario with all that it imports, as one file of build/arm64. */
async function pack(name: string): Promise<void> {
  await build({
    entryPoints: [`${HERE}${name}.guest.ts`],
    outfile: `${TOP}build/arm64/${name}.mjs`,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    logLevel: 'warning',
    plugins: [sharedPlaces],
    banner: {
      js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
    },
  });
}

/** With a Node of its own: a program that runs keeps the root from being read-only again when its package is replaced. */
const scenario = (name: string): string => `
mkdir -p ${SHARED} /run/tmp
mount -t 9p -o trans=virtio,ro share ${SHARED}
mount -t tmpfs tmp /run/tmp
cp ${NODE} /run/tmp/node
mkdir /run/tmp/own
TMPDIR=/run/tmp/own /run/tmp/node ${SHARED}/build/arm64/${name}.mjs
journalctl -b -u doorphone -u doorphone-reset-button -o cat --no-pager -n 100 | cut -c1-300
`;

const FIRST_START = [
  'systemd takes the service for started',
  'no unit has failed',
  'its compiled parts load',
  'the root is read-only, what a door keeps is not',
  'the settings of the card are taken over, for the service alone',
  'the board is known by its device tree',
  'the button rings the phone',
  'each hears the other',
  'a code opens the door for its time',
  'the phone hangs up',
  'systemd is told that it lives, and the kernel that systemd does',
  'systemctl status',
  'it stops in time, and its lines are free',
  'a new package is installed on a root that is read-only',
];
const AFTER_RESET = ['the service starts', 'configuration and Wi-Fi are as on the first day'];

const STARTS = [
  {
    title: 'the first start, with settings on the card',
    name: 'first-start',
    steps: FIRST_START,
    prepare: () => {
      card.put('doorphone.yaml', SETTINGS);
      card.put('wifi.txt', 'ssid=House\r\npassword=long enough\r\ncountry=DE\r\n');
    },
  },
  {
    title: 'a start with a finger on the button',
    name: 'after-reset',
    steps: AFTER_RESET,
    parameters: 'finger=17',
    prepare: () => undefined,
  },
] as const;

describe.each(STARTS)('$title', ({ name, steps, prepare, ...parameters }) => {
  let run: Run;
  beforeAll(async () => {
    prepare();
    run = await pi.start({ commands: scenario(name), withinMs: PATIENCE_MS, ...parameters });
    process.stdout.write(`    power-on to shell: ${((run.shellMs ?? Number.NaN) / SECOND).toFixed(1)} s\n`);
  });

  test.each(steps)('%s', (step) => {
    const found = run.steps.find((one) => one.step === step);
    const why = `${found?.why ?? 'the board did not get so far'}\n${run.console.slice(-60).join('\n')}`;
    expect(found?.ok, why).toBe(true);
    if (found?.facts !== undefined) process.stdout.write(`    ${step}: ${JSON.stringify(found.facts, null, 1)}\n`);
  });

  test('nothing else was run', () => {
    expect(run.steps.map((one) => one.step)).toEqual(steps);
  });
});

test('what was taken from the card is no longer on it', () => {
  expect(card.list()).toContain('result.txt');
  expect(card.list()).not.toContain('doorphone.yaml');
  expect(card.list()).not.toContain('wifi.txt');
});

test('a Raspberry Pi 3, as QEMU models it, is known by the device tree that Debian has for it', async () => {
  const commands =
    'until systemctl is-active -q doorphone; do sleep 1; done\ndoorphone board --json | tr -d "\\n" | sed "s/^/@@/"\necho';
  const run = await new RaspberryPi3(card, folder).start({ commands, withinMs: PATIENCE_MS });
  process.stdout.write(`    power-on to shell: ${((run.shellMs ?? Number.NaN) / SECOND).toFixed(1)} s\n`);
  expect(run.told, run.console.slice(-60).join('\n')).toEqual([
    expect.objectContaining({ recognised: 'raspberry-pi-3' }),
  ]);
});
