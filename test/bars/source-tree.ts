// Reads the tree's sources and their relative imports, as text.

import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';

export interface SourceFile {
  /** From the project's root: `src/sip/index.ts`. */
  readonly path: string;
  readonly text: string;
  readonly lines: readonly string[];
}

/** Every file below `folder` whose name ends with one of `endings`. */
export function readSources(folder: string, endings: readonly string[]): SourceFile[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => endings.some((ending) => path.endsWith(ending)))
    .sort()
    .map((path) => {
      const text = readFileSync(path, 'utf8');
      return { path, text, lines: text.split('\n') };
    });
}

/** The project's own files that `file` imports, types included, by path from the root. */
export function importsOf(file: SourceFile): string[] {
  const specifiers = file.text.matchAll(/(?:\bfrom\s+|\bimport\s*\(\s*|^import\s+)'(\.{1,2}\/[^']+)'/gm);
  return [...specifiers].map(([, specifier]) => normalize(join(dirname(file.path), specifier ?? '')));
}
