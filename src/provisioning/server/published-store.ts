// What presence servers have been told of each device: in an append-only file, a line a change, as device-store.ts has it.

import type { StoreFile } from './device-store.ts';

/** One publication, as it stands. */
export interface Published {
  /** Hardware address or UUID. */
  readonly id: string;
  /** SIP-ETag (RFC 3903 §4.1). */
  readonly tag: string;
  /** When the server forgets it: ms since 1970. */
  readonly until: number;
  /** What it was told: the file's address and the hash of its content. */
  readonly url: string;
  readonly hash: string;
}

type Line = Published | { readonly id: string; readonly gone: true };

/** Lines that may be past before the file is written anew. */
const MOST_PAST = 1000;

/** The publisher's memory. */
export class PublishedStore {
  readonly #published = new Map<string, Published>();
  #pending: Line[] = [];
  #lines = 0;

  /** @throws Error as the file does; a line that cannot be read is passed over */
  constructor(private readonly file: StoreFile) {
    for (const text of file.read().split('\n')) {
      const line = readLine(text);
      if (line === undefined) continue;
      this.#lines += 1;
      this.#take(line);
    }
  }

  get all(): readonly Published[] {
    return [...this.#published.values()];
  }

  get(id: string): Published | undefined {
    return this.#published.get(id);
  }

  put(published: Published): void {
    this.#add(published);
  }

  remove(id: string): void {
    this.#add({ id, gone: true });
  }

  /** Writes what has changed. @throws Error as the file does */
  flush(): void {
    if (this.#pending.length === 0) return;
    if (this.#lines + this.#pending.length > 2 * this.#published.size + MOST_PAST) {
      this.file.replace(this.all.map(formatLine).join(''));
      this.#lines = this.#published.size;
    } else {
      this.file.append(this.#pending.map(formatLine).join(''));
      this.#lines += this.#pending.length;
    }
    this.#pending = [];
  }

  #add(line: Line): void {
    this.#take(line);
    this.#pending.push(line);
  }

  #take(line: Line): void {
    if ('gone' in line) this.#published.delete(line.id);
    else this.#published.set(line.id, line);
  }
}

const formatLine = (line: Line): string => `${JSON.stringify(line)}\n`;

/** The file is the publisher's own: a line is whole, or torn, or not of this version. */
function readLine(text: string): Line | undefined {
  if (text === '') return undefined;
  try {
    const line: unknown = JSON.parse(text);
    return isLine(line) ? line : undefined;
  } catch {
    return undefined;
  }
}

function isLine(value: unknown): value is Line {
  if (typeof value !== 'object' || value === null || !('id' in value) || typeof value.id !== 'string') return false;
  return 'gone' in value || ('tag' in value && typeof value.tag === 'string');
}
