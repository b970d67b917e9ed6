// An append-only file of JSON lines: a line a change, read again at start and written anew when most of it is past. A line
// that a power cut tore is the last one, and is left out.

/** The file. */
export interface StoreFile {
  /** Whole; empty where there is none. */
  read(): string;
  append(lines: string): void;
  /** In the file's place, or not at all. */
  replace(lines: string): void;
  /** The same while other things are done: a disk may take its time. Left out: it has no time to take. */
  readonly aside?: { append(lines: string): Promise<void>; replace(lines: string): Promise<void> };
}

/** What a store's lines are. */
export interface LineKind<Line> {
  /** What a line is about: of what changes more than once before it is written, the last counts. */
  readonly subject: (line: Line) => string;
  /** What a line of the file says; undefined: it is not of this version. */
  readonly read: (value: unknown) => Line | undefined;
}

/** Lines that may be past before the file is written anew. */
const MOST_PAST = 1000;

/** The lines of one store. */
export class LineFile<Line> {
  /** What is to be appended; written together, as one change mostly brings others. */
  readonly #pending = new Map<string, Line>();
  #lines = 0;

  constructor(
    private readonly file: StoreFile,
    private readonly kind: LineKind<Line>,
  ) {}

  /** Hands over what the file holds, in its order; a line that cannot be read is passed over. @throws Error as the file does */
  load(take: (line: Line) => void): void {
    for (const text of this.file.read().split('\n')) {
      const line = this.#read(text);
      if (line === undefined) continue;
      this.#lines += 1;
      take(line);
    }
  }

  /** Is written with the next `flush`. */
  add(line: Line): void {
    this.#pending.set(this.kind.subject(line), line);
  }

  /**
   * Writes what has changed. What could not be written is tried again with the next.
   * @param live how many lines say all that holds now. @param everything those lines. @throws Error as the file does
   */
  flush(live: number, everything: () => readonly Line[]): void {
    if (this.#pending.size === 0) return;
    if (this.#isWorn(live)) {
      this.file.replace(everything().map(formatLine).join(''));
      this.#lines = live;
    } else {
      this.file.append([...this.#pending.values()].map(formatLine).join(''));
      this.#lines += this.#pending.size;
    }
    this.#pending.clear();
  }

  /** As `flush`, and the file's disk holds nobody up. To be called again when it is done. (Rejects with) Error as the file does */
  async flushAside(live: number, everything: () => readonly Line[]): Promise<void> {
    const { aside } = this.file;
    if (aside === undefined) this.flush(live, everything);
    if (aside === undefined || this.#pending.size === 0) return;
    const written = [...this.#pending];
    const isWorn = this.#isWorn(live);
    const lines = (isWorn ? everything() : written.map(([, line]) => line)).map(formatLine).join('');
    this.#pending.clear();
    try {
      await (isWorn ? aside.replace(lines) : aside.append(lines));
      this.#lines = isWorn ? live : this.#lines + written.length;
    } catch (thrown) {
      // What has changed since counts.
      for (const [subject, line] of written) if (!this.#pending.has(subject)) this.#pending.set(subject, line);
      throw thrown;
    }
  }

  #isWorn(live: number): boolean {
    return this.#lines + this.#pending.size > 2 * live + MOST_PAST;
  }

  #read(text: string): Line | undefined {
    if (text === '') return undefined;
    try {
      return this.kind.read(JSON.parse(text));
    } catch {
      return undefined;
    }
  }
}

const formatLine = (line: unknown): string => `${JSON.stringify(line)}\n`;
