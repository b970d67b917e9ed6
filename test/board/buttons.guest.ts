// Buttons, relays and contacts on a kernel's own GPIO lines.

import { spawn } from 'node:child_process';
import { PCMA } from '../interop/rig/rtp.ts';
import { type PhoneCall, UdpPhone } from '../support/udp-phone.ts';
import { Chip, consumers, Door, elapse, expect, monotonicMs, scenario, until } from './guest.ts';

const chip = new Chip('board', ['button', 'relay', 'contact', 'lamp', 'exit', 'strike']);
// At rest every contact is open.
for (const line of ['button', 'exit']) chip.pull(line, 'high');

const phone = await UdpPhone.plug('127.0.0.1', 5070);
const door = new Door(`
name: Emulated
board: emulated
audio: { device: virtual }
sip: { listen: [ "udp:127.0.0.1:5060" ] }
accounts: [ { uri: "sip:door@127.0.0.1", register: false } ]
lines: { strike: { active: low } }
buttons: { front: { line: button, call: [ "${phone.uri}" ] } }
doors:
  main: { relay: relay, openFor: 1s, exit: exit, contact: { line: contact, leftOpenAfter: 5s } }
  yard: { relay: strike, openFor: 1s }
lamps: { status: { line: lamp, idle: off, talking: on, open: on, offline: off, fault: off } }
`);

/** A finger: longer than the debounce, and than one tick of this kernel. */
async function press(line: string): Promise<void> {
  chip.pull(line, 'low');
  await elapse(100);
  chip.pull(line, 'high');
  await elapse(60);
}

/** Answers what rings from `mark` on. */
const answer = (mark: number): Promise<PhoneCall> => phone.takeCall({ format: PCMA }, mark);

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;

await scenario({
  'the service takes its lines, and gpioinfo shows whose they are': async () => {
    await door.start();
    // The door is shut: its contact is closed to ground. Before, the resistor that the service asks for would have undone it.
    chip.pull('contact', 'low');
    const shown = consumers();
    const ours = shown.split('\n').filter((line) => line.includes('"doorphone"')).length;
    expect('lines of the service', ours, 6);
    expect('relay', chip.isHigh('relay'), false);
    expect('strike, active low', chip.isHigh('strike'), true);
  },

  'a press rings the phone, and the lamp burns while they talk': async () => {
    const mark = phone.messages.mark;
    await press('button');
    await door.saw('button.pressed');
    await answer(mark);
    await door.saw('call.answered');
    await until('the lamp burns', () => chip.isHigh('lamp'));
    door.command('hangup');
    await door.saw('call.ended');
    await until('the lamp is out', () => !chip.isHigh('lamp'));
  },

  'a contact that bounces is one press': async () => {
    const mark = door.mark;
    const rung = phone.messages.mark;
    for (let bounce = 0; bounce < 6; bounce += 1) {
      chip.pull('button', bounce % 2 === 0 ? 'low' : 'high');
      await elapse(5);
    }
    chip.pull('button', 'low');
    await elapse(100);
    chip.pull('button', 'high');
    await elapse(100);
    await answer(rung);
    await door.saw('call.answered', () => true, mark);
    const presses = door.events.slice(mark).filter(({ event }) => event === 'button.pressed').length;
    expect('presses', presses, 1);
    door.command('hangup');
    await door.saw('call.ended', () => true, mark);
  },

  'a relay is on for its time, by its wire': async () => {
    door.command('open', 'main');
    expect('relay', chip.isHigh('relay'), true);
    door.command('open', 'yard');
    expect('strike, active low', chip.isHigh('strike'), false);
    await until('both are off', () => !chip.isHigh('relay') && chip.isHigh('strike'));
  },

  'an exit button opens; the contact tells of force': async () => {
    const mark = door.mark;
    await press('exit');
    await door.saw('door.opened', ({ by }) => by === 'exit', mark);
    await door.saw('door.closed', () => true, mark);
    chip.pull('contact', 'high');
    await door.saw('door.moved', ({ shut }) => shut === false, mark);
    await door.saw('door.left-open', () => true, mark);
    chip.pull('contact', 'low');
    await door.saw('door.moved', ({ shut }) => shut === true, mark);
    chip.pull('contact', 'high');
    await door.saw('door.forced', () => true, mark);
    chip.pull('contact', 'low');
  },

  'how long a press takes to be an event': async () => {
    const delays: number[] = [];
    for (let at = 0; at < 10; at += 1) {
      const mark = door.mark;
      const pressedAt = monotonicMs();
      chip.pull('exit', 'low');
      const changed = await door.saw('line.changed', ({ line, active }) => line === 'exit' && active === true, mark);
      delays.push(changed.heardAt - pressedAt);
      chip.pull('exit', 'high');
      await elapse(80);
    }
    // With the debounce of 20 ms, two ticks of this kernel, and the way to the log of another process.
    return { medianMs: Number(median(delays).toFixed(2)) };
  },

  'killed with a door open, its relay is driven safe again': async () => {
    door.command('open', 'main');
    door.command('open', 'yard');
    expect('how it ended', await door.kill('SIGKILL'), 'SIGKILL');
    door.release();
    expect('lines that anybody holds', consumers().includes('"doorphone"'), false);
    await door.start();
    expect('relay', chip.isHigh('relay'), false);
    expect('strike, active low', chip.isHigh('strike'), true);
  },

  'a line that another program has is said with whose it is': async () => {
    await door.kill('SIGTERM');
    const other = spawn('gpiomon', ['-B', 'pull-up', chip.name, '0'], { stdio: 'ignore' });
    await until('somebody has it', () => consumers().includes('gpiomon'));
    const mark = door.mark;
    await door.start();
    const { what } = await door.saw('fault', (fault) => String(fault.what).includes('button front'), mark);
    expect('whose it is', String(what).includes('gpiomon'), true);
    other.kill();
    return { what };
  },

  'it ends in time, its relays inactive': async () => {
    door.command('open', 'main');
    const began = performance.now();
    expect('exit code', await door.kill('SIGTERM'), 0);
    return { ms: Math.round(performance.now() - began) };
  },
});
