// Where the peer of a dialog has been heard from: requests inside of the dialog count from there. A watcher whose line is
// given another address each night watches for years, so only the latest addresses are remembered.

/** More than a peer has at once: both families, a few proxies, a NAT before and behind. */
const MOST_ADDRESSES = 16;

/** The addresses of one dialog's peer. */
export class HeardFrom {
  /** The one that was heard from last comes last. */
  readonly #addresses = new Set<string>();

  get size(): number {
    return this.#addresses.size;
  }

  add(address: string): void {
    this.#addresses.delete(address);
    this.#addresses.add(address);
    for (const oldest of this.#addresses) {
      if (this.#addresses.size <= MOST_ADDRESSES) return;
      this.#addresses.delete(oldest);
    }
  }

  has(address: string): boolean {
    return this.#addresses.has(address);
  }
}
