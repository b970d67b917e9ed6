// An append-only file on the disk, and its replacement as a whole: written beside it, synchronised, renamed.

import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

/** @param path of the file; its folder must be there */
export function storeFileAt(path: string): {
  read(): string;
  append(lines: string): void;
  replace(lines: string): void;
} {
  return {
    read: () => {
      try {
        return readFileSync(path, 'utf8');
      } catch (thrown) {
        if (thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT') return '';
        throw thrown;
      }
    },
    append: (lines) => writeThrough(path, 'a', lines),
    replace: (lines) => {
      writeThrough(`${path}.new`, 'w', lines);
      renameSync(`${path}.new`, path);
      synchroniseFolder(dirname(path));
    },
  };
}

function writeThrough(path: string, flags: 'a' | 'w', text: string): void {
  const descriptor = openSync(path, flags, 0o600);
  try {
    const bytes = Buffer.from(text);
    for (let at = 0; at < bytes.length; ) at += writeSync(descriptor, bytes, at);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** The rename itself is safe only when the folder is. */
function synchroniseFolder(path: string): void {
  const descriptor = openSync(path, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
