// What presence servers have been told of each device, a line a change in one file.

import { LineFile, type StoreFile } from './line-file.ts';

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

/** The publisher's memory. */
export class PublishedStore {
  readonly #published = new Map<string, Published>();
  readonly #lines: LineFile<Line>;

  /** @throws Error as the file does; a line that cannot be read is passed over */
  constructor(file: StoreFile) {
    this.#lines = new LineFile<Line>(file, {
      subject: ({ id }) => id,
      read: (value) => (isLine(value) ? value : undefined),
    });
    this.#lines.load((line) => this.#take(line));
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
    this.#lines.flush(this.#published.size, () => this.all);
  }

  #add(line: Line): void {
    this.#take(line);
    this.#lines.add(line);
  }

  #take(line: Line): void {
    if ('gone' in line) this.#published.delete(line.id);
    else this.#published.set(line.id, line);
  }
}

/** The file is the publisher's own: a line is whole, or torn, or not of this version. */
function isLine(value: unknown): value is Line {
  if (typeof value !== 'object' || value === null || !('id' in value) || typeof value.id !== 'string') return false;
  return 'gone' in value || ('tag' in value && typeof value.tag === 'string');
}
