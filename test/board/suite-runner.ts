// Runs a contract suite inside of the emulated board, where vitest is not: what the suites under test/contract take from it, and
// no more. emulated-board.ts puts this file in vitest's place.

import { deepStrictEqual } from 'node:assert/strict';

type Hook = () => unknown;

interface Block {
  readonly name: string;
  readonly before: Hook[];
  readonly after: Hook[];
}

interface Case {
  readonly name: string;
  readonly run: Hook;
  readonly blocks: readonly Block[];
}

let blocks: readonly Block[] = [];
let cases: Case[] = [];

export function describe(name: string, body: () => void): void {
  const around = blocks;
  blocks = [...around, { name, before: [], after: [] }];
  body();
  blocks = around;
}

export function it(name: string, run: Hook): void {
  cases.push({ name: [...blocks.map((block) => block.name), name].join(' > '), run, blocks });
}

it.each =
  <Row extends readonly [string, ...unknown[]]>(rows: readonly Row[]) =>
  (name: string, run: (...row: Row) => unknown): void => {
    for (const row of rows) it(name.replace('%s', row[0]), () => run(...row));
  };

export const beforeEach = (hook: Hook): unknown => blocks.at(-1)?.before.push(hook);
export const afterEach = (hook: Hook): unknown => blocks.at(-1)?.after.push(hook);

export function expect(actual: unknown) {
  const assert = (holds: boolean, wanted: string): void => {
    if (!holds) throw new Error(`${JSON.stringify(actual)} is not ${wanted}`);
  };
  return {
    toBe: (wanted: unknown) => assert(Object.is(actual, wanted), JSON.stringify(wanted)),
    toEqual: (wanted: unknown) => deepStrictEqual(actual, wanted),
    toHaveLength: (wanted: number) => assert(Array.isArray(actual) && actual.length === wanted, `${wanted} long`),
    toBeGreaterThanOrEqual: (least: number) => assert(Number(actual) >= least, `${least} or more`),
    toBeLessThanOrEqual: (most: number) => assert(Number(actual) <= most, `${most} or less`),
  };
}

/** Registers a suite and runs it. @returns how many tests there were. @throws Error that names each that failed, and why */
export async function runSuite(register: () => void): Promise<{ readonly tests: number }> {
  cases = [];
  register();
  const failures: string[] = [];
  for (const one of cases) {
    const failure = await runCase(one);
    if (failure !== undefined) failures.push(`${one.name}: ${failure}`);
  }
  if (cases.length === 0) throw new Error('the suite has no tests');
  if (failures.length > 0) throw new Error(failures.join('\n'));
  return { tests: cases.length };
}

/** @returns why it has failed */
async function runCase({ run, blocks: around }: Case): Promise<string | undefined> {
  let failure: string | undefined;
  const attempt = async (hook: Hook): Promise<void> => {
    try {
      await hook();
    } catch (thrown) {
      failure ??= thrown instanceof Error ? thrown.message : String(thrown);
    }
  };
  for (const hook of around.flatMap(({ before }) => before)) await attempt(hook);
  if (failure === undefined) await attempt(run);
  for (const hook of around.toReversed().flatMap(({ after }) => after)) await attempt(hook);
  return failure;
}
