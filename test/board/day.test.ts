// A day on the wall, by a clock that skips what nothing happens in; `make soak-board` makes a month of it.

import { beforeAll, describe, expect, test } from 'vitest';
import { boot, kernel } from './emulated-board.ts';
import type { Run } from './user-mode-kernel.ts';

const HOURS = process.env.DOORPHONE_BOARD_HOURS ?? '24';
/** A day takes one to two minutes of a processor that nobody else wants: four times that is a fault. */
const MOST_MS_AN_HOUR = 20_000;
const STEPS = [
  'the service starts, registers, and has its broker',
  'a call an hour, while registrar and broker go and come back',
  'nothing grows',
  'it ends in time',
] as const;

describe(`${HOURS} hours`, () => {
  let run: Run;
  beforeAll(async () => {
    const withinMs = 60_000 + Number(HOURS) * MOST_MS_AN_HOUR;
    run = await boot(kernel(), 'day.guest.ts', { timeTravel: true, environment: { HOURS }, withinMs });
    process.stdout.write(`    ${HOURS} hours took ${(run.tookMs / 1000).toFixed(1)} s\n`);
    for (const line of run.console.filter((one) => one.includes('"day"'))) process.stdout.write(`    ${line}\n`);
  }, 100_000_000);

  test.each(STEPS)('%s', (name) => {
    const step = run.steps.find((one) => one.step === name);
    const why = `${step?.why ?? 'the board did not get so far'}\n${run.console.slice(-40).join('\n')}`;
    expect(step?.ok, why).toBe(true);
    if (step?.facts !== undefined) process.stdout.write(`    ${name}: ${JSON.stringify(step.facts)}\n`);
  });

  test('the board was switched off', () => {
    expect(run.exit).toBe(0);
  });
});
