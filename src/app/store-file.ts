// An append-only file on the disk, and its replacement as a whole: written beside it, synchronised, renamed.

import * as fs from 'node:fs';
import { dirname } from 'node:path';

/** What is asked of the system; a test hands in one whose power fails. */
export interface FileSystem {
  openSync(path: string, flags: string, mode?: number): number;
  writeSync(descriptor: number, bytes: Buffer, offset: number): number;
  fsyncSync(descriptor: number): void;
  closeSync(descriptor: number): void;
  renameSync(from: string, to: string): void;
  readFileSync(path: string, encoding: 'utf8'): string;
}

/** @param path of the file; its folder must be there */
export function storeFileAt(
  path: string,
  system: FileSystem = fs,
): {
  read(): string;
  append(lines: string): void;
  replace(lines: string): void;
} {
  return {
    read: () => {
      try {
        return system.readFileSync(path, 'utf8');
      } catch (thrown) {
        if (thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT') return '';
        throw thrown;
      }
    },
    append: (lines) => writeThrough(system, path, 'a', lines),
    replace: (lines) => {
      writeThrough(system, `${path}.new`, 'w', lines);
      system.renameSync(`${path}.new`, path);
      synchroniseFolder(system, dirname(path));
    },
  };
}

function writeThrough(system: FileSystem, path: string, flags: 'a' | 'w', text: string): void {
  const descriptor = system.openSync(path, flags, 0o600);
  try {
    const bytes = Buffer.from(text);
    for (let at = 0; at < bytes.length; ) at += system.writeSync(descriptor, bytes, at);
    system.fsyncSync(descriptor);
  } finally {
    system.closeSync(descriptor);
  }
}

/** The rename itself is safe only when the folder is. */
function synchroniseFolder(system: FileSystem, path: string): void {
  const descriptor = system.openSync(path, 'r');
  try {
    system.fsyncSync(descriptor);
  } finally {
    system.closeSync(descriptor);
  }
}
