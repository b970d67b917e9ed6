// What goes wrong on a real machine: one clear line and exit 1, or an event and a service that runs on.

import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { describe, expect } from 'vitest';
import { account } from './rig/doorphone.ts';
import { ADDRESSES } from './rig/network.ts';
import type { Program } from './rig/program.ts';
import { test } from './rig/rig.ts';
import { elapse } from './rig/stream.ts';

const ALONE = { accounts: [{ uri: `sip:door@${ADDRESSES.door}`, register: false }] };

/** It ended with 1, and the last thing it said is one line that fits. */
async function endsWithOneLine(program: Program, ...words: readonly (string | RegExp)[]): Promise<void> {
  const { code } = await program.exited;
  expect(`${code}: ${program.text}`).toMatch(/^1: /);
  expect(program.text).not.toMatch(/^\s+at .*:\d+:\d+\)?$/m);
  const complaints = program.lines.items.filter((line) => words.every((word) => line.match(word) !== null));
  expect(complaints, program.text).toHaveLength(1);
}

describe('the service does not start and says why', () => {
  test('when its SIP port is taken', async ({ rig }) => {
    await rig.sipp({ scenario: 'ring-then-die' }, 'door');
    const door = rig.prepareDoorphone({ configuration: ALONE });
    await endsWithOneLine(door.launch(), `${ADDRESSES.door}:5060`, /in use|used by/);
  });

  test('when another service has its socket', async ({ rig }) => {
    const door = await rig.doorphone({ configuration: ALONE });
    const second = door.runCommand(
      'second',
      ...['run', '--config', door.configurationFile, '--state', `${door.folder}/state2`, '--socket', door.socket],
    );
    await endsWithOneLine(second, 'control.sock', /another service/);
    expect((await door.status()).state).toBe('idle');
  });

  test('when its state folder cannot be written', async ({ rig }) => {
    const door = rig.prepareDoorphone({ configuration: ALONE });
    writeFileSync(`${door.folder}/occupied`, 'a file, where a folder is wanted');
    await endsWithOneLine(door.launch({ state: `${door.folder}/occupied/state` }), 'occupied');
  });

  test('when the configuration is missing', async ({ rig }) => {
    const door = rig.prepareDoorphone({ configuration: ALONE });
    const program = door.runCommand('missing', 'run', '--config', '/nowhere/doorphone.yaml', '--state', door.folder);
    await endsWithOneLine(program, '/nowhere/doorphone.yaml');
  });

  test.for([
    ['broken YAML', 'name: [', /doorphone\.yaml:\d+:\d+/],
    ['an unknown key', 'name: x\nboard: virtual\nbutons: {}\n', /doorphone\.yaml:3:1.*buttons/],
    [
      'a wrong unit',
      'name: x\nboard: virtual\ncalls: { ringFor: 30 parsecs }\n',
      /doorphone\.yaml:3:\d+.*calls\.ringFor/,
    ],
  ] as const)('when the configuration holds %s', async ([, text, complaint], { rig }) => {
    const door = rig.prepareDoorphone();
    writeFileSync(door.configurationFile, text);
    await endsWithOneLine(door.launch(), complaint);
    await endsWithOneLine(door.runCommand('check', 'check', door.configurationFile), complaint);
  });
});

describe('the service starts, says what is wrong, and rings by what is left', () => {
  test("when the microphone's WAV file is missing", async ({ rig }) => {
    const resident = await rig.baresip('phone', { user: '101' });
    const door = await rig.doorphone({
      configuration: {
        ...ALONE,
        audio: { device: 'file', input: '/nowhere/speech.wav', output: '/dev/null' },
        buttons: { front: { line: 'button', call: [resident.uri] } },
      },
    });
    const fault = await door.saw('fault', { fits: (event) => event.what.includes('/nowhere/speech.wav') });
    expect(fault.mend).toBeTruthy();
    expect((await door.status()).faults.join()).toContain('/nowhere/speech.wav');
    await door.press();
    await resident.saw('CALL_ESTABLISHED');
  });

  test('when the registrar is dead', async ({ rig }) => {
    const resident = await rig.baresip('phone', { user: '101' });
    const door = await rig.doorphone({
      configuration: { accounts: [account()], buttons: { front: { line: 'button', call: [resident.uri] } } },
    });
    await door.press();
    await resident.saw('CALL_ESTABLISHED');
    expect((await door.status()).accounts).toMatchObject([{ registered: false }]);
  });

  test('when the host that the button calls cannot be resolved', async ({ rig }) => {
    const resident = await rig.baresip('phone', { user: '101' });
    const door = await rig.doorphone({
      configuration: {
        ...ALONE,
        buttons: {
          front: { line: 'button', call: ['sip:101@nowhere.invalid'] },
          back: { line: 'button2', call: [resident.uri] },
        },
      },
    });
    await door.press();
    const ended = await door.saw('call.ended', { withinMs: 35_000 });
    expect(ended.reason).toBe('unreachable');
    expect(ended.cause).toContain('nowhere.invalid');
    await door.execute('press', { button: 'back' });
    await resident.saw('CALL_ESTABLISHED');
  });

  test("when the registrar's host cannot be resolved", async ({ rig }) => {
    const resident = await rig.baresip('phone', { user: '101' });
    const door = await rig.doorphone({
      configuration: {
        accounts: [{ uri: 'sip:door@nowhere.invalid', password: 'x' }],
        buttons: { front: { line: 'button', call: [resident.uri] } },
      },
    });
    await door.press();
    await resident.saw('CALL_ESTABLISHED');
    const failed = await door.saw('registration.changed', { withinMs: 35_000 });
    expect(failed.registered).toBe(false);
    expect(failed.reason).toContain('nowhere.invalid');
  });
});

describe('the service may be taken away at any time', () => {
  test('and starts again over what it left', async ({ rig }) => {
    const door = await rig.doorphone({ configuration: ALONE });
    await door.kill();
    await door.start();
    expect((await door.status()).state).toBe('idle');
  });

  test('and drives its relay safe when it is asked to end', async ({ rig }) => {
    const door = await rig.doorphone({
      configuration: { ...ALONE, doors: { main: { relay: 'relay', openFor: '30s' } } },
    });
    await door.execute('open', { door: 'main' });
    await door.saw('door.opened');
    const stopped = door.saw('door.closed');
    expect((await door.stop())?.code).toBe(0);
    await stopped;
  });

  test('and takes a changed file by SIGHUP, and keeps the old one when the new one is wrong', async ({ rig }) => {
    const door = await rig.doorphone({ configuration: ALONE });
    door.writeConfiguration({ ...ALONE, doors: { main: { relay: 'relay', openFor: '2s' } } });
    door.program.signal('SIGHUP');
    await door.saw('configuration.applied');
    expect(await door.execute('open', { door: 'main' })).toMatchObject({ forMs: 2_000 });
    await door.saw('door.closed');

    door.writeConfiguration({ ...ALONE, doors: { main: { relay: 'relay', openFor: 'never' } } });
    door.program.signal('SIGHUP');
    const rejected = await door.saw('configuration.rejected');
    expect(rejected.faults.join()).toContain('openFor');
    await elapse(200);
    expect((await door.status()).state).toBe('idle');
  });

  test('and its control socket is for its owner alone', async ({ rig }) => {
    const door = rig.prepareDoorphone({ configuration: ALONE });
    mkdirSync(door.folder, { recursive: true });
    chmodSync(door.folder, 0o755);
    await door.start();
    expect(door.socketMode() & 0o007).toBe(0);
  });
});
