// Sizes and habits that the project keeps. A bar that is not executed does not exist.

import { describe, expect, it } from 'vitest';
import { readSources, type SourceFile } from './source-tree.ts';

const typescript = readSources('src', ['.ts']);
const native = readSources('native', ['.c', '.h']);
const tests = readSources('test', ['.ts', '.c']);

/** `path:line: text` of every line that matches. */
function find(files: readonly SourceFile[], pattern: RegExp, except: RegExp = /^$/): string[] {
  return files
    .filter((file) => !except.test(file.path))
    .flatMap((file) =>
      file.lines.flatMap((line, at) => (pattern.test(line) ? [`${file.path}:${at + 1}: ${line.trim()}`] : [])),
    );
}

describe('sizes', () => {
  it.each([...typescript, ...native].map((file) => [file.path, file] as const))(
    '%s has at most 600 lines',
    (_, file) => {
      expect(file.lines.length).toBeLessThanOrEqual(600);
    },
  );

  it('nine of ten files have at most 400 lines', () => {
    const sorted = [...typescript, ...native].map((file) => file.lines.length).sort((a, b) => a - b);
    expect(sorted[Math.floor(sorted.length * 0.9)] ?? 0).toBeLessThanOrEqual(400);
  });
});

describe('habits', () => {
  it('time and chance come from src/base', () => {
    const pattern = /\b(setTimeout|setInterval|Date\.now|new Date\(\)|Math\.random|performance\.now)\b/;
    expect(find(typescript, pattern, /^src\/base\//)).toEqual([]);
  });

  it('nothing is cast past the compiler', () => {
    expect(find(typescript, /\bas any\b|: any\b|as unknown as|@ts-(ignore|expect-error|nocheck)/)).toEqual([]);
  });

  it('no check is switched off', () => {
    expect(find([...typescript, ...native, ...tests], /biome-ignore|eslint-disable|NOLINT/, /^test\/bars\//)).toEqual(
      [],
    );
  });

  it('nothing is left unfinished', () => {
    expect(find([...typescript, ...native, ...tests], /\b(TODO|FIXME|XXX|HACK)\b/, /^test\/bars\//)).toEqual([]);
  });

  it('no test is left out', () => {
    expect(find(tests, /\b(it|test|describe)\.(skip|only|todo)\b/, /^test\/bars\//)).toEqual([]);
  });

  it('only the composition makes real clocks and chance', () => {
    expect(find(typescript, /new System(Clock|Random)\b/, /^src\/(base|app|demo|cli)\//)).toEqual([]);
  });
});
