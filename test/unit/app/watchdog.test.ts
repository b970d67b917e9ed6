// The board's watchdog: fed while the door is alive, left to bite when it is not, let to sleep at a clean end.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { Journal } from '../../../src/api/journal.ts';
import { Faults } from '../../../src/app/faults.ts';
import { WatchdogKeeper, type WatchdogParts } from '../../../src/app/watchdog.ts';
import { openWatchdog } from '../../../src/hardware/drivers/index.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { RecordingLog } from '../../support/recording-log.ts';

const { EACCES, EBUSY, EIO, ENOENT } = constants.errno;

let clock: FakeClock;
let log: RecordingLog;
let faults: Faults;
let isAlive: boolean;
/** What the device answers. */
let opens: number;
let feeds: number;
/** What was done with it. */
let done: string[];
beforeEach(() => {
  clock = new FakeClock();
  log = new RecordingLog();
  faults = new Faults(new Journal(clock, log), log);
  isAlive = true;
  opens = 0;
  feeds = 0;
  done = [];
});

function keeper(parts: Partial<WatchdogParts> = {}): WatchdogKeeper {
  return new WatchdogKeeper({
    clock,
    log,
    faults,
    isManaged: false,
    open: (path) => {
      done.push(`open ${path}`);
      if (opens < 0) return opens;
      return {
        feed: () => {
          done.push('feed');
          return feeds;
        },
        close: () => {
          done.push('close');
          return 0;
        },
      };
    },
    feelPulse: () => isAlive,
    ...parts,
  });
}

const logged = (event: string): number => log.lines.filter((line) => line.event === event).length;
const fed = (): number => done.filter((one) => one === 'feed').length;

describe('a watchdog that is named', () => {
  it('is fed every second, and closed at the end', () => {
    const held = keeper();
    held.use('/dev/watchdog0');
    clock.advance(5000);
    expect(done.slice(0, 2)).toEqual(['open /dev/watchdog0', 'feed']);
    expect(fed()).toBe(6);
    held.stop();
    expect(done.at(-1)).toBe('close');
    clock.advance(60_000);
    expect(fed()).toBe(6);
  });

  it('is not fed while the sound’s threads hang: it bites', () => {
    keeper().use('/dev/watchdog0');
    const before = fed();
    isAlive = false;
    clock.advance(60_000);
    expect(fed()).toBe(before);
    expect(done).not.toContain('close');
    expect(logged('media.hangs')).toBe(1);
    isAlive = true;
    clock.advance(1000);
    expect(fed()).toBe(before + 1);
  });

  it('may be another one later, or none', () => {
    const held = keeper();
    held.use('/dev/watchdog0');
    held.use('/dev/watchdog0');
    held.use('/dev/watchdog1');
    held.use(undefined);
    expect(done).toEqual(['open /dev/watchdog0', 'feed', 'close', 'open /dev/watchdog1', 'feed', 'close']);
  });
});

it('a manager’s is left to it', () => {
  const held = keeper({ isManaged: true });
  held.use('/dev/watchdog0');
  clock.advance(10_000);
  held.stop();
  expect(done).toEqual([]);
  expect(logged('watchdog.not-held')).toBe(1);
});

describe('what cannot be', () => {
  it.each([
    [-ENOENT, /cannot be opened \(ENOENT\)/],
    [-EACCES, /cannot be opened \(EACCES\)/],
    [-EBUSY, /cannot be opened \(EBUSY\)/],
  ])('opened (%d) is one fault, until it can', (result, what) => {
    opens = result;
    keeper().use('/dev/watchdog0');
    clock.advance(10_000);
    expect(faults.list).toEqual([expect.stringMatching(what)]);
    opens = 0;
    clock.advance(1000);
    expect(faults.list).toEqual([]);
    expect(fed()).toBe(1);
  });

  it('fed is one fault', () => {
    const held = keeper();
    held.use('/dev/watchdog0');
    feeds = -EIO;
    clock.advance(10_000);
    expect(faults.list).toEqual([expect.stringMatching(/cannot be fed \(EIO\)/)]);
    held.stop();
    expect(faults.list).toEqual([]);
  });
});

describe('the device', () => {
  it('is written to at each feeding; the magic character says that the end is meant', () => {
    const folder = mkdtempSync(join(tmpdir(), 'watchdog-'));
    try {
      const path = join(folder, 'watchdog0');
      writeFileSync(path, '');
      const watchdog = openWatchdog(path);
      if (typeof watchdog === 'number') throw new Error('it was not opened');
      expect([watchdog.feed(), watchdog.feed(), watchdog.close()]).toEqual([0, 0, 0]);
      const written = readFileSync(path, 'latin1');
      // watchdog-api.rst: an expected close is the V before it, and no V feeds.
      expect(written.at(-1)).toBe('V');
      expect(written.slice(0, -1)).toHaveLength(2);
      expect(written.slice(0, -1)).not.toContain('V');
      expect(watchdog.feed()).toBeLessThan(0);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('that is not there is an error of the system', () => {
    expect(openWatchdog('/dev/watchdog-that-is-not-there')).toBe(-ENOENT);
  });
});
