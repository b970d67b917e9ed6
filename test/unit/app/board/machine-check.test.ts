// A machine looked over: what is missing, what may not be used, what config.txt lacks.

import { describe, expect, it } from 'vitest';
import { type Finding, formatFinding } from '../../../../src/app/board/finding.ts';
import {
  checkCards,
  checkChips,
  checkOverlays,
  checkPorts,
  type MachineFiles,
} from '../../../../src/app/board/machine-check.ts';
import { loadBoard } from '../../../../src/app/boards.ts';
import { packagePath } from '../../../../src/native.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { FakeChip, FakeGpio } from '../../../support/fake-gpio.ts';

const pi = loadBoard('raspberry-pi-4', packagePath('board'));
const lines = (findings: readonly Finding[]): readonly string[] => findings.map(formatFinding);

/** @param texts what is there @param forbidden what may not be used */
function files(texts: Readonly<Record<string, string>>, forbidden: readonly string[] = []): MachineFiles {
  return {
    read: (path) => texts[path],
    has: (path) => texts[path] !== undefined,
    mayUse: (path) => texts[path] !== undefined && !forbidden.includes(path),
    list: (folder) =>
      Object.keys(texts).flatMap((path) => (path.startsWith(`${folder}/`) ? [path.slice(folder.length + 1)] : [])),
    user: 'door',
  };
}

describe('chips', () => {
  const clock = new FakeClock();
  const gpio = (...labels: readonly string[]) =>
    new FakeGpio(
      labels.map((label) => new FakeChip(label, ['a', 'b'])),
      clock,
    );

  it('are there, and closed again', () => {
    const system = gpio('pinctrl-bcm2711', 'raspberrypi-exp-gpio');
    expect(lines(checkChips(pi, () => system, 'door'))).toEqual([
      'ok   GPIO: pinctrl-bcm2711 with 2 lines, raspberrypi-exp-gpio with 2 lines',
    ]);
    expect(system.descriptors).toBe(0);
  });

  it('are those of another board', () => {
    expect(lines(checkChips(pi, () => gpio('pinctrl-rp1'), 'door'))).toEqual([
      expect.stringMatching(
        /^BAD {2}GPIO: the board’s chip pinctrl-bcm2711 is not there; there is pinctrl-rp1 .*; name the board/,
      ),
    ]);
  });

  it('may not be used', () => {
    const system = gpio('pinctrl-bcm2711');
    system.forbidden = true;
    expect(lines(checkChips(pi, () => system, 'door'))).toEqual([
      expect.stringMatching(/^BAD .*\(EACCES\); add the user of the service to the group gpio$/),
    ]);
  });

  it('are none', () => {
    expect(lines(checkChips(pi, () => gpio(), 'door'))).toEqual([expect.stringMatching(/^BAD .*no GPIO chip/)]);
  });
});

describe('config.txt', () => {
  it.each(['/boot/firmware/config.txt', '/boot/config.txt'])('at %s lacks what the board needs', (path) => {
    const text = '[all]\ndtparam=watchdog=on\n# dtparam=strict_gpiod\n';
    expect(lines(checkOverlays(pi, files({ [path]: text })))).toEqual([
      `!    ${path}: lacks dtparam=strict_gpiod; add it, and restart the board`,
    ]);
  });

  it('has all of it', () => {
    const text = 'dtparam=strict_gpiod # relays\r\n  dtparam=watchdog=on\n';
    expect(lines(checkOverlays(pi, files({ '/boot/config.txt': text })))).toEqual([
      'ok   /boot/config.txt: has the lines that the board needs',
    ]);
  });

  it('is no matter where there is none', () => {
    expect(checkOverlays(pi, files({}))).toEqual([]);
  });
});

it('ports are there, missing, or not for us', () => {
  expect(lines(checkPorts(pi, files({ '/dev/serial0': '', '/dev/watchdog': '' })))).toEqual([
    'ok   serial port: /dev/serial0',
    'ok   watchdog: /dev/watchdog',
  ]);
  expect(lines(checkPorts(pi, files({ '/dev/serial0': '' }, ['/dev/serial0'])))).toEqual([
    'BAD  serial port: door may not use /dev/serial0; add door to the group dialout',
    '!    watchdog: /dev/watchdog is not there; load its driver: a board that hangs is not restarted without',
  ]);
  expect(lines(checkPorts(pi, files({})))[0]).toMatch(/^! {4}serial port: \/dev\/serial0 is not there/);
});

describe('sound cards', () => {
  const alsa = { kind: 'alsa', name: 'default' } as const;
  // As sound/core/init.c prints them.
  const CARDS =
    ' 0 [Device         ]: USB-Audio - USB Audio Device\n                      C-Media at usb-1.1, full speed\n';

  it('are named', () => {
    expect(lines(checkCards(alsa, files({ '/proc/asound/cards': CARDS, '/dev/snd/pcmC0D0p': '' })))).toEqual([
      'ok   sound card: USB-Audio - USB Audio Device',
    ]);
  });

  it('are none', () => {
    for (const text of [{}, { '/proc/asound/cards': '--- no soundcards ---\n' }]) {
      expect(lines(checkCards(alsa, files(text)))).toEqual([
        expect.stringMatching(/^BAD {2}sound card: there is none; /),
      ]);
    }
  });

  it('are not for us', () => {
    const there = files({ '/proc/asound/cards': CARDS, '/dev/snd/pcmC0D0p': '' }, ['/dev/snd/pcmC0D0p']);
    expect(lines(checkCards(alsa, there))).toEqual([
      'BAD  sound card: door may not use /dev/snd/pcmC0D0p; add door to the group audio (usermod -aG audio door)',
    ]);
  });

  it('do not matter to a door that wants none', () => {
    expect(checkCards({ kind: 'virtual' }, files({}))).toEqual([]);
  });
});
