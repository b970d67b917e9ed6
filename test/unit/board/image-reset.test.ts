// A button held at power-on: the real script, with a wire of the test's own.

import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const SCRIPT = resolve('board/image/root/usr/lib/doorphone-image/reset-button');

let root = '';
const at = (path: string): string => join(root, path);

function tool(path: string, text: string): void {
  writeFileSync(at(path), `#!/bin/sh\n${text}\n`);
  chmodSync(at(path), 0o755);
}

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'doorphone-image-'));
  for (const folder of ['bin', 'usr/lib/doorphone-image', 'sys/class/leds/ACT'])
    mkdirSync(at(folder), { recursive: true });
  tool(
    'bin/gpiodetect',
    `printf 'gpiochip0 [raspberrypi-exp-gpio] (8 lines)\\ngpiochip1 [pinctrl-bcm2711] (58 lines)\\n'`,
  );
  tool('bin/sleep', `echo "$1" >> "${at('slept')}"`);
  tool('usr/lib/doorphone-image/forget', `echo forgotten >> "${at('forgotten')}"`);
  writeFileSync(at('sys/class/leds/ACT/trigger'), 'mmc0');
  writeFileSync(at('usr/lib/doorphone-image/line'), 'pinctrl-bcm2711 17 pull-up low\n');
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** The wire is at `level` for so many readings, then at the other one. @param holdTenths shorter than a board's 15 s, mostly */
function start(level: 0 | 1, readings: number, holdTenths = 20): string {
  tool(
    'bin/gpioget',
    // The biases that gpiod 2.2 knows; it says nothing else of one than that.
    `case "$*" in *'--bias pull-up '* | *'--bias pull-down '* | *'--bias disabled '*) ;; *--bias*) exit 1 ;; esac
     echo "$*" >> "${at('asked')}"; n=$(grep -c numeric "${at('asked')}"); [ "$n" -le ${readings} ] && echo ${level} || echo ${1 - level}`,
  );
  const done = spawnSync('sh', [SCRIPT], {
    encoding: 'utf8',
    env: {
      ...process.env,
      PATH: `${at('bin')}:${process.env.PATH}`,
      DOORPHONE_IMAGE_ROOT: root,
      DOORPHONE_HOLD_TENTHS: String(holdTenths),
    },
  });
  expect(done.status, done.stderr).toBe(0);
  return done.stderr;
}

const lamp = (): string => readFileSync(at('sys/class/leds/ACT/trigger'), 'utf8').trim();
const tenths = (): number =>
  readFileSync(at('slept'), 'utf8')
    .split('\n')
    .filter((time) => time === '0.1').length;

describe('the button at power-on', () => {
  it('does nothing where nobody holds it, and does not keep the door waiting', () => {
    start(1, 1000);
    expect(existsSync(at('forgotten'))).toBe(false);
    expect(tenths()).toBe(0);
    expect(lamp()).toBe('mmc0');
  });

  it('asks for the line of the board, by the label of its chip, with its bias first', () => {
    start(1, 1000);
    expect(readFileSync(at('asked'), 'utf8').split('\n').slice(0, 2)).toEqual([
      '--chip gpiochip1 --bias pull-up 17',
      '--chip gpiochip1 --numeric 17',
    ]);
  });

  it('forgets everything after 15 s', () => {
    start(0, 1000, 150);
    expect(readFileSync(at('forgotten'), 'utf8')).toBe('forgotten\n');
    expect(tenths()).toBe(150);
    expect(lamp()).toBe('default-on');
  });

  it('forgets nothing where it is let go a moment before', () => {
    start(0, 20);
    expect(existsSync(at('forgotten'))).toBe(false);
    expect(lamp()).toBe('mmc0');
  });

  it('knows a button that switches to the high level', () => {
    writeFileSync(at('usr/lib/doorphone-image/line'), 'pinctrl-bcm2711 17 pull-down high\n');
    start(1, 1000);
    expect(existsSync(at('forgotten'))).toBe(true);
  });

  it('lets the door start where the chip is another, or says nothing', () => {
    writeFileSync(at('usr/lib/doorphone-image/line'), 'pinctrl-rp1 17 pull-up low\n');
    start(0, 1000);
    tool('bin/gpiodetect', 'exit 1');
    start(0, 1000);
    expect(existsSync(at('forgotten'))).toBe(false);
  });
});
