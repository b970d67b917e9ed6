// What happens, in order, and waiting for it. No test of this rig sleeps: it waits for what a peer says or the wire shows.

/** How long a test waits for what it does not say otherwise. */
export const PATIENCE_MS = 10_000;

interface Waiter<T> {
  readonly from: number;
  readonly fits: (item: T) => boolean;
  readonly found: (item: T) => void;
  readonly failed: (error: Error) => void;
}

/** A list that only grows, and that can be waited on. */
export class Stream<T> {
  readonly #items: T[] = [];
  readonly #listeners: ((item: T) => void)[] = [];
  readonly #waiters = new Set<Waiter<T>>();
  #ended: string | undefined;

  /**
   * @param name whose happenings these are, for error texts
   * @param describe one line for an item, for error texts
   */
  constructor(
    readonly name: string,
    private readonly describe: (item: T) => string,
  ) {}

  get items(): readonly T[] {
    return this.#items;
  }

  /** The place where the next item will stand: what comes later is found with `from`. */
  get mark(): number {
    return this.#items.length;
  }

  /** Hands every item that comes from now on to `listener`. */
  watch(listener: (item: T) => void): void {
    this.#listeners.push(listener);
  }

  push(item: T): void {
    const index = this.#items.push(item) - 1;
    for (const listener of this.#listeners) listener(item);
    for (const waiter of [...this.#waiters]) if (index >= waiter.from && waiter.fits(item)) waiter.found(item);
  }

  /** Nothing will come any more; who waits fails at once. */
  end(why: string): void {
    this.#ended = why;
    for (const waiter of [...this.#waiters]) waiter.failed(new Error(why));
  }

  /** The items that fit, of those that are there. */
  all(fits: (item: T) => boolean, from = 0): T[] {
    return this.#items.slice(from).filter(fits);
  }

  /**
   * The first item that fits, at once or when it comes.
   * @param what what is waited for, in words
   * @param options.from the mark before which nothing counts
   * @throws Error that says what was awaited and what came instead
   */
  async find(what: string, fits: (item: T) => boolean, options: { withinMs?: number; from?: number } = {}): Promise<T> {
    const { withinMs = PATIENCE_MS, from = 0 } = options;
    const there = this.#items.slice(from).find(fits);
    if (there !== undefined) return there;
    const explain = (why: string): Error => {
      const latest = this.#items.slice(-12).map((item) => `    ${this.describe(item)}`);
      return new Error([`${this.name}: no ${what} ${why}; the latest:`, ...latest].join('\n'));
    };
    if (this.#ended !== undefined) throw explain(`(${this.#ended})`);
    return await new Promise<T>((resolve, reject) => {
      const settle = (): void => {
        clearTimeout(timer);
        this.#waiters.delete(waiter);
      };
      const waiter: Waiter<T> = {
        from,
        fits,
        found: (item) => {
          settle();
          resolve(item);
        },
        failed: (error) => {
          settle();
          reject(explain(`(${error.message})`));
        },
      };
      const timer = setTimeout(() => waiter.failed(new Error(`within ${withinMs} ms`)), withinMs);
      this.#waiters.add(waiter);
    });
  }

  /** Watches for a while and fails when something fits: for what must not happen. */
  async never(what: string, fits: (item: T) => boolean, forMs: number, from = 0): Promise<void> {
    const seen = await this.find(what, fits, { withinMs: forMs, from }).catch(() => undefined);
    if (seen !== undefined) throw new Error(`${this.name}: ${what} must not happen: ${this.describe(seen)}`);
  }
}

/** Polls a condition that nothing announces (a file, a port). @throws Error that says what was awaited */
export async function until(
  what: string,
  holds: () => boolean | Promise<boolean>,
  withinMs = PATIENCE_MS,
): Promise<void> {
  const end = performance.now() + withinMs;
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`not within ${withinMs} ms: ${what}`);
    await elapse(20);
  }
}

/** Lets real time pass where time itself is the matter of the test: speech that must be heard, an outage's length. */
export async function elapse(ms: number): Promise<void> {
  await new Promise<void>((done) => setTimeout(done, ms));
}
