// An append-only file on the disk, and its replacement as a whole: written beside it, synchronised, renamed.

import * as fs from 'node:fs';
import { open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { errorCode } from '../base/errors.ts';
import type { StoreFile } from '../provisioning/server/line-file.ts';

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
        if (errorCode(thrown) === 'ENOENT') return '';
        throw thrown;
      }
    },
    append: (lines) => writeThrough(system, path, lines, { flags: 'a', mode: PRIVATE }),
    replace: (lines) => writeWhole(path, lines, PRIVATE, system),
  };
}

/** The same by the system's helper threads, for who serves others meanwhile: a busy disk may take a second for it. */
export function asideStoreFileAt(path: string): StoreFile {
  return {
    ...storeFileAt(path),
    aside: {
      append: (lines) => writeAside(path, lines, 'a'),
      replace: async (lines) => {
        await writeAside(`${path}.new`, lines, 'w');
        await rename(`${path}.new`, path);
        const folder = await open(dirname(path), 'r');
        await folder.sync().finally(() => folder.close());
      },
    },
  };
}

async function writeAside(path: string, text: string, flags: 'a' | 'w'): Promise<void> {
  const file = await open(path, flags, PRIVATE);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Readable by its owner alone. */
const PRIVATE = 0o600;

/** All of it or nothing is there after a power cut. @param mode of the file, where it is a new one */
export function writeWhole(path: string, text: string, mode: number, system: FileSystem = fs): void {
  writeThrough(system, `${path}.new`, text, { flags: 'w', mode });
  system.renameSync(`${path}.new`, path);
  synchroniseFolder(system, dirname(path));
}

function writeThrough(
  system: FileSystem,
  path: string,
  text: string,
  { flags, mode }: { readonly flags: 'a' | 'w'; readonly mode: number },
): void {
  const descriptor = system.openSync(path, flags, mode);
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
