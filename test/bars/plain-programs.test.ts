// Plain programs of the tests and the bench use the addon without types: what it must be told is told there, too.

import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const text = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

/** The members of an interface that must be there. */
function membersOf(name: string): readonly string[] {
  const body = new RegExp(`export interface ${name} \\{\\n([\\s\\S]*?)\\n\\}`).exec(text('src/native.ts'))?.[1] ?? '';
  return [...body.matchAll(/^ {2}readonly (\w+): (?!.*\| undefined)/gm)].flatMap(([, member]) => member ?? []);
}

it.each(['NativeEngineOptions', 'NativeStreamParameters'])('plain programs know all of %s', (name) => {
  const members = membersOf(name);
  expect(members.length).toBeGreaterThan(5);
  const told = text('test/integration/media-addon.mjs');
  expect(members.filter((member) => !new RegExp(`\\b${member}\\b`).test(told))).toEqual([]);
});
