// Boards as data: every board that comes along, how a machine is recognised, and where the names of lines lead.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  addonNames,
  boardNames,
  configuredBoard,
  loadAddon,
  loadBoard,
  recognise,
  wire,
} from '../../../src/app/boards.ts';
import { DoorphoneError } from '../../../src/base/errors.ts';
import { millis } from '../../../src/base/units.ts';
import { packagePath } from '../../../src/native.ts';

const OURS = packagePath('board');

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'boards-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function write(name: string, text: string): void {
  mkdirSync(join(folder, name), { recursive: true });
  writeFileSync(join(folder, name, 'board.yaml'), text);
}

function thrownBy(run: () => unknown): DoorphoneError {
  try {
    run();
  } catch (thrown) {
    if (thrown instanceof DoorphoneError) return thrown;
    throw thrown;
  }
  throw new Error('nothing was thrown');
}

const machine = (...compatible: readonly string[]) => ({
  compatible,
  boards: OURS,
  gpio: () => {
    throw new Error('nobody asks for lines here');
  },
});

describe('the boards that come along', () => {
  it.each(boardNames(OURS))('%s makes sense: each line leads somewhere, no pin twice', (name) => {
    const data = loadBoard(name, OURS);
    const { lines } = wire(data, {});
    for (const [line, { at }] of Object.entries(data.lines)) {
      if (at !== undefined) expect(lines.get(line)?.place, `${name}: ${line}`).toBeDefined();
    }
    const places = Object.values(data.pins).map(({ chip = data.chip, offset }) => `${chip} ${offset}`);
    expect(new Set(places).size).toBe(places.length);
    const pins = Object.values(data.pins).map(({ pin }) => pin);
    expect(new Set(pins).size).toBe(pins.length);
    const wired = Object.values(data.lines).flatMap(({ at }) => at ?? []);
    expect(new Set(wired).size).toBe(wired.length);
  });

  it('are named once each in the device tree', () => {
    const compatible = boardNames(OURS).flatMap((name) => loadBoard(name, OURS).compatible);
    expect(new Set(compatible).size).toBe(compatible.length);
  });

  it.each([
    ['raspberrypi,4-model-b', 'raspberry-pi-4'],
    ['raspberrypi,3-model-b-plus', 'raspberry-pi-3'],
    ['raspberrypi,5-model-b', 'raspberry-pi-5'],
    ['raspberrypi,model-zero-2-w', 'raspberry-pi-zero-2-w'],
    ['raspberrypi,4-compute-module', 'raspberry-pi-cm4'],
    ['xunlong,orangepi-zero3', 'orange-pi-zero-3'],
  ])('%s is recognised as %s', (compatible, name) => {
    expect(recognise(machine(compatible, 'brcm,bcm2711'))).toBe(name);
  });

  it('no board is made of a chip alone, nor of nothing', () => {
    expect(recognise(machine('brcm,bcm2711'))).toBeUndefined();
    expect(recognise(machine())).toBeUndefined();
  });

  it('a Raspberry Pi 5 has its header on its own chip, where a 4 has the same pins on its own', () => {
    const places = ['raspberry-pi-4', 'raspberry-pi-5'].map(
      (name) => wire(loadBoard(name, OURS), {}).lines.get('GPIO17')?.place,
    );
    expect(places).toEqual([
      { chip: 'pinctrl-bcm2711', offset: 17 },
      { chip: 'pinctrl-rp1', offset: 17 },
    ]);
  });
});

describe('lines of the configuration', () => {
  const data = () => loadBoard('raspberry-pi-4', OURS);

  it('count over the board’s, key by key', () => {
    const { lines } = wire(data(), { relay: { active: 'low' }, GPIO17: { debounce: millis(50) } });
    expect(lines.get('relay')).toEqual({
      place: { chip: 'pinctrl-bcm2711', offset: 27 },
      settings: { activeLow: true },
    });
    expect(lines.get('GPIO17')?.settings).toEqual({ debounce: 50 });
  });

  it('may be named as one likes, and lie anywhere', () => {
    const { lines } = wire(data(), {
      front: { at: 'GPIO5' },
      yard: { at: 'gpiochip3:7' },
      usb: { at: 'RELAY1', active: 'high' },
    });
    expect(lines.get('front')?.place).toEqual({ chip: 'pinctrl-bcm2711', offset: 5 });
    expect(lines.get('yard')?.place).toEqual({ chip: 'gpiochip3', offset: 7 });
    expect(lines.get('usb')).toEqual({ kernelName: 'RELAY1', settings: { activeLow: false } });
  });
});

describe('what makes no sense', () => {
  it('is said with file, line and mend', () => {
    write('odd', 'title: Odd\npins:\n  A: { offset: -1 }\nlines: { relay: { active: sideways } }\nstray: 1\n');
    const { code, message } = thrownBy(() => loadBoard('odd', folder));
    expect(code).toBe('bad-board');
    expect(message).toMatch(/odd\/board\.yaml:3:\d+: pins\.A\.offset: /);
    expect(message).toMatch(/odd\/board\.yaml:4:\d+: lines\.relay\.active: /);
    expect(message).toMatch(/odd\/board\.yaml:5:\d+: stray: /);
  });

  it('a board that is like none, or like itself', () => {
    write('lonely', 'like: nobody\n');
    write('narcissus', 'like: narcissus\n');
    expect(thrownBy(() => loadBoard('lonely', folder)).message).toContain('there is no board "nobody"');
    expect(thrownBy(() => loadBoard('narcissus', folder)).code).toBe('bad-board');
  });

  it('a name that there is no board of is said with the likely one', () => {
    expect(thrownBy(() => loadBoard('rasberry-pi-4', OURS)).line).toBe(
      'board: there is no board "rasberry-pi-4"; did you mean "raspberry-pi-4"?',
    );
  });

  it('a board of one’s own may lie anywhere', () => {
    write('mine', 'title: Mine\n');
    expect(loadBoard(join(folder, 'mine'), OURS).title).toBe('Mine');
  });
});

describe('what is put on a board', () => {
  const machine = { compatible: [], boards: OURS, gpio: () => raise() };
  function raise(): never {
    throw new Error('not asked here');
  }

  it('comes along: each is read, fits the header, and names a sound card', () => {
    const header = loadBoard('raspberry-pi-4', OURS);
    expect(addonNames(OURS)).toEqual(['respeaker-2mic-hat', 'usb-sound-card']);
    for (const name of addonNames(OURS)) {
      const { sound, lines, uses } = loadAddon(name, OURS);
      expect(sound).toMatch(/^alsa:/);
      const pins = [...Object.values(lines).map(({ at }) => at ?? ''), ...Object.keys(uses)];
      for (const pin of pins) expect(Object.keys(header.pins)).toContain(pin);
    }
  });

  it('brings its card, its controls, its button and its lines of config.txt, and says what it takes of the header', () => {
    const board = configuredBoard({ board: 'raspberry-pi-4', addons: ['respeaker-2mic-hat'] }, machine);
    const bare = loadBoard('raspberry-pi-4', OURS);
    expect(board?.name).toBe('raspberry-pi-4');
    expect(board?.sound).toBe('alsa:card=seeed-2mic');
    expect(board?.controls).toEqual({ speaker: ['Speaker', 'Headphone'], microphone: ['Capture'] });
    expect(board?.lines.button).toEqual({ at: 'GPIO17' });
    expect(board?.lines.relay).toEqual(bare.lines.relay);
    expect(board?.overlays.slice(0, bare.overlays.length)).toEqual(bare.overlays);
    expect(board?.overlays).toContain('dtoverlay=seeed-2mic-voicecard');
    expect(board?.pins.GPIO20).toMatchObject({ offset: 20, pin: 38, note: 'ReSpeaker HAT: sound (I2S)' });
    expect(board?.pins.GPIO27).toEqual(bare.pins.GPIO27);
  });

  it('counts in the order in which it is named', () => {
    const named = (...addons: string[]) => configuredBoard({ board: 'raspberry-pi-4', addons }, machine)?.sound;
    expect(named()).toBe('alsa:default');
    expect(named('respeaker-2mic-hat', 'usb-sound-card')).toBe('alsa:card=usb');
    expect(named('usb-sound-card', 'respeaker-2mic-hat')).toBe('alsa:card=seeed-2mic');
  });

  it('that nobody knows is said with the nearest, and a faulty file with its place', () => {
    const unknown = thrownBy(() => loadAddon('respeaker-2mic-hut', OURS));
    expect(unknown.line).toBe('addons: there is no add-on "respeaker-2mic-hut"; did you mean "respeaker-2mic-hat"?');
    mkdirSync(join(folder, 'mine'));
    writeFileSync(join(folder, 'mine', 'addon.yaml'), 'title: Mine\nsound: alsa:hw:1\nchip: gpiochip0\n');
    const faulty = thrownBy(() => loadAddon('mine', folder));
    expect(faulty.code).toBe('bad-board');
    expect(faulty.message).toContain('addon.yaml:3:7: chip');
  });

  it('is of no use to a board without hardware', () => {
    expect(configuredBoard({ board: 'virtual', addons: ['usb-sound-card'] }, machine)).toBeUndefined();
  });
});
