// What a phone says again while nobody answers (RFC 3261 §17), for tests on networks that lose datagrams. The text of a
// response that was given is given again to whoever asks again.

/** T1, and for how long at most (RFC 3261 §17.1.1.1, §17.1.2.2): without doubling, a test has no time for it. */
const INTERVAL_MS = 500;
const TIMES = 64;

export class Repetitions {
  readonly #open = new Map<string, NodeJS.Timeout>();
  readonly #answers = new Map<string, () => void>();

  /** Says it now and again until `settle`. */
  say(what: string, send: () => void): void {
    send();
    let left = TIMES;
    const timer = setInterval(() => {
      send();
      left -= 1;
      if (left === 0) this.settle(what);
    }, INTERVAL_MS);
    this.settle(what);
    this.#open.set(what, timer);
  }

  settle(what: string): void {
    clearInterval(this.#open.get(what));
    this.#open.delete(what);
  }

  /** The answer to a request: `again` repeats it. */
  answer(request: string, send: () => void): void {
    this.#answers.set(request, send);
  }

  /** @returns whether the request was answered already, and so was answered again */
  again(request: string): boolean {
    const send = this.#answers.get(request);
    send?.();
    return send !== undefined;
  }

  stop(): void {
    for (const what of [...this.#open.keys()]) this.settle(what);
  }
}
