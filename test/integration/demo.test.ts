// The demonstration, judged as a user's program would: exit code, JSON, recordings. It must fail when a voice or a
// digit is missing: a demonstration that cannot fail proves nothing.

import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { SystemClock } from '../../src/base/clock.ts';
import { playOnce } from '../../src/demo/once.ts';
import { CODE, type Play } from '../../src/demo/stage.ts';
import { STEP_ORDER } from '../../src/demo/timeline.ts';

const voices = { visitor: 'sounds/visitor.en.wav', resident: 'sounds/resident.de.wav' };
const complete: Play = { ...voices, digits: CODE, phoneProgram: 'dist/indoor-phone.js', version: 'test' };

/** Absolute, since the configuration lies in a folder of its own. */
const absolute = (play: Play): Play => ({
  ...play,
  ...(play.visitor === undefined ? {} : { visitor: `${process.cwd()}/${play.visitor}` }),
  ...(play.resident === undefined ? {} : { resident: `${process.cwd()}/${play.resident}` }),
});

const run = (...args: string[]): Promise<{ code: number; stdout: string }> =>
  new Promise((resolve) => {
    execFile('bin/doorphone', ['demo', ...args], (error, stdout) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout });
    });
  });

describe('doorphone demo --once', () => {
  it('plays every step in order, each side hears the other, and exits 0', async () => {
    const { code, stdout } = await run('--once', '--json');
    const outcome = JSON.parse(stdout);
    expect(outcome).toMatchObject({ ok: true, failed: null });
    expect(code).toBe(0);
    const steps = outcome.timeline.map((stamp: { step: string }) => stamp.step);
    expect(new Set(steps)).toEqual(new Set(STEP_ORDER));
    for (const hearing of outcome.hearings) {
      expect(hearing.correlation).toBeGreaterThan(0.6);
      expect(existsSync(hearing.recording)).toBe(true);
    }
    expect(outcome.mqttMessages).toBeGreaterThan(5);
  }, 40_000);

  it.each<[string, Partial<Play>, string]>([
    ['the visitor is mute', { visitor: undefined }, 'phone-heard'],
    ['the resident is mute', { resident: undefined }, 'door-heard'],
    ['the resident speaks with another voice', { resident: 'sounds/visitor.de.wav' }, 'door-heard'],
    ['the digits are lost', { digits: '' }, 'digit'],
    ['the code is wrong', { digits: '41#' }, 'relay-on'],
  ])(
    'fails when %s',
    async (_, change, step) => {
      const outcome = await playOnce(absolute({ ...complete, ...change }), voices, new SystemClock());
      expect(outcome.ok).toBe(false);
      expect(outcome.failed?.step).toBe(step);
    },
    40_000,
  );
});
