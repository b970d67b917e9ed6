// The same lines by sysfs and the package onoff, as on a kernel without character devices.

import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { Chip, Door, elapse, expect, monotonicMs, scenario, until } from './guest.ts';

const chip = new Chip('board', ['button', 'relay', 'strike']);
// sysfs asks for no resistor: the wire has its own.
chip.pull('button', 'high');
// gpio-sim gives a line that nobody holds back to its wire: an active-low relay board pulls its own up.
chip.pull('strike', 'high');

const folder = `${process.env.TMPDIR ?? '/run/tmp'}/by-sysfs`;
mkdirSync(folder, { recursive: true });
writeFileSync(
  `${folder}/board.yaml`,
  `title: By sysfs
chip: sysfs:board
pins: { button: { offset: 0 }, relay: { offset: 1 }, strike: { offset: 2 } }
lines: { strike: { active: low } }
`,
);
const CONFIGURATION = `
name: Sysfs
board: ${folder}
audio: { device: virtual }
sip: { listen: [ "udp:127.0.0.1:5060" ] }
accounts: [ { uri: "sip:door@127.0.0.1", register: false } ]
lines: { button: { debounce: 100ms } }
buttons: { front: { line: button, call: [ "sip:101@127.0.0.1:5070" ] } }
doors:
  main: { relay: relay, openFor: 8s }
  yard: { relay: strike, openFor: 1s }
`;
const door = new Door(CONFIGURATION);

/** Lines that somebody has exported. */
const exported = (): readonly string[] => readdirSync('/sys/class/gpio').filter((name) => /^gpio\d+$/.test(name));

await scenario({
  'the service takes its lines by sysfs, its relays off': async () => {
    await door.start();
    expect('exported', exported().length, 3);
    expect('relay', chip.isHigh('relay'), false);
    expect('strike, active low', chip.isHigh('strike'), true);
    return { lines: exported() };
  },

  'a press that bounces is one press': async () => {
    const mark = door.mark;
    for (const level of ['low', 'high', 'low'] as const) {
      chip.pull('button', level);
      await elapse(12);
    }
    const pressedAt = monotonicMs();
    const pressed = await door.saw('button.pressed', () => true, mark);
    chip.pull('button', 'high');
    await elapse(250);
    const presses = door.events.slice(mark).filter(({ event }) => event === 'button.pressed').length;
    expect('presses', presses, 1);
    return { ms: Math.round(pressed.heardAt - pressedAt) };
  },

  'a relay is on for its time, by its wire': async () => {
    await door.execute('open', { door: 'main' });
    expect('relay', chip.isHigh('relay'), true);
    await door.execute('open', { door: 'yard' });
    expect('strike, active low', chip.isHigh('strike'), false);
    await until('both are off', () => !chip.isHigh('relay') && chip.isHigh('strike'), 15_000);
  },

  'status says that the kernel keeps a relay on': () => {
    expect('warned of', door.command('status').includes('(sysfs)'), true);
  },

  'killed with its doors open they stay open, until they are released': async () => {
    await door.execute('open', { door: 'main' });
    await door.execute('open', { door: 'yard' });
    expect('how it ended', await door.kill('SIGKILL'), 'SIGKILL');
    expect('relay after the kill', chip.isHigh('relay'), true);
    door.release();
    expect('relay', chip.isHigh('relay'), false);
    expect('strike, active low', chip.isHigh('strike'), true);
  },

  'killed with its doors open and its file spoiled, they are released by what it left': async () => {
    await door.start();
    await door.execute('open', { door: 'main' });
    await door.execute('open', { door: 'yard' });
    await door.kill('SIGKILL');
    expect('open after the kill', [chip.isHigh('relay'), chip.isHigh('strike')], [true, false]);
    door.configure('name: [');
    const said = door.release();
    expect('open', [chip.isHigh('relay'), chip.isHigh('strike')], [false, true]);
    door.configure(CONFIGURATION);
    return { said: said.trim() };
  },

  'it starts on lines that were left, and ends without leaving any': async () => {
    await door.start();
    await door.execute('open', { door: 'main' });
    expect('exit code', await door.kill('SIGTERM'), 0);
    expect('relay', chip.isHigh('relay'), false);
    expect('exported', exported(), []);
    expect('chip', existsSync(`/dev/${chip.name}`), true);
  },

  'a chip that vanishes is a fault, and the door goes on': async () => {
    await door.start();
    const mark = door.mark;
    chip.unplug();
    const { what } = await door.saw('fault', () => true, mark);
    expect('which line', String(what).includes('line button is gone'), true);
    expect('the door goes on', (await door.execute('status', {})).state, 'fault');
    expect('exit code', await door.kill('SIGTERM'), 0);
    return { what };
  },
});
