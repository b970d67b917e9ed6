// Where a package is kept while it comes: a folder of the state folder, with one package at a time. What came before a power
// cut is gone on with. And the letters that are exchanged with the helper that installs, which runs as another user.

import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, readdir, readFile, rename, rm, stat, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What is here of a package. */
export interface PartialPackage {
  /** Bytes. */
  readonly size: number;
  /** Of the server that sent them; undefined: they cannot be gone on with. */
  readonly etag: string | undefined;
}

/** Letters by their names: what is asked of the helper, and what it says. */
export type Letter = 'request.json' | 'trial.json' | 'confirm' | 'revert' | 'result.json';

/** Room that is left to the rest of the system. */
const RESERVE_BYTES = 64 * 1024 * 1024;

/** A folder for packages. All that fails rejects as node:fs does. */
export class PackageStore {
  constructor(private readonly folder: string) {}

  /** Path of a package that is whole. */
  pathOf(sha256: string): string {
    return join(this.folder, `${sha256}.package`);
  }

  /** What is here of it; whatever else is here is thrown away. */
  async begin(sha256: string): Promise<PartialPackage> {
    await mkdir(this.folder, { recursive: true, mode: 0o750 });
    for (const name of await readdir(this.folder)) {
      if (/^[0-9a-f]{64}\./.test(name) && !name.startsWith(sha256)) await rm(join(this.folder, name), { force: true });
    }
    const size = await sizeOf(this.#part(sha256));
    const etag = await readFile(this.#etag(sha256), 'utf8').catch(() => '');
    return { size, etag: etag === '' ? undefined : etag };
  }

  /** From the first byte on. */
  async restart(sha256: string, etag: string | undefined): Promise<void> {
    await writeFile(this.#part(sha256), '', { mode: 0o640 });
    await writeFile(this.#etag(sha256), etag ?? '');
  }

  async append(sha256: string, chunk: Buffer): Promise<void> {
    await writeFile(this.#part(sha256), chunk, { flag: 'a' });
  }

  /** Bytes that may be written. */
  async room(): Promise<number> {
    const { bavail, bsize } = await statfs(this.folder);
    return Math.max(0, bavail * bsize - RESERVE_BYTES);
  }

  /** SHA-256 of what is here. */
  async digest(sha256: string): Promise<string> {
    const hash = createHash('sha256');
    for await (const piece of createReadStream(this.#part(sha256))) hash.update(piece);
    return hash.digest('hex');
  }

  /** It is whole: on the disk, and by its own name. */
  async keep(sha256: string): Promise<void> {
    const handle = await open(this.#part(sha256), 'r+');
    await handle.sync().finally(() => handle.close());
    await rename(this.#part(sha256), this.pathOf(sha256));
    await rm(this.#etag(sha256), { force: true });
  }

  async has(sha256: string): Promise<boolean> {
    return (await sizeOf(this.pathOf(sha256))) > 0;
  }

  async drop(sha256: string): Promise<void> {
    for (const path of [this.#part(sha256), this.#etag(sha256), this.pathOf(sha256)]) await rm(path, { force: true });
  }

  /** Undefined: there is none, or it is no letter. */
  async readLetter(name: Letter): Promise<unknown> {
    try {
      return JSON.parse(await readFile(join(this.folder, name), 'utf8'));
    } catch {
      return undefined;
    }
  }

  /** Whole, or not at all: the helper looks as soon as it is there. */
  async writeLetter(name: Letter, letter: unknown): Promise<void> {
    await mkdir(this.folder, { recursive: true, mode: 0o750 });
    const beside = join(this.folder, `.${name}.new`);
    const handle = await open(beside, 'w', 0o640);
    try {
      await handle.writeFile(`${JSON.stringify(letter)}\n`);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(beside, join(this.folder, name));
  }

  #part(sha256: string): string {
    return join(this.folder, `${sha256}.part`);
  }

  #etag(sha256: string): string {
    return join(this.folder, `${sha256}.etag`);
  }
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch {
    return 0;
  }
}
