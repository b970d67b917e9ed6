// Who holds whom in a call (RFC 3264 §8.4, RFC 6337 §5.3). Each side has a wish of its own: that of the peer's does not
// change ours, and both must be taken back before both talk.
// We hold with `inactive`, not `sendonly`: a door has no music to play, and RFC 6337 §5.3 has `inactive` for who sends
// nothing. A PBX that plays music to the held side does so either way.

import type { Direction } from '../sdp/index.ts';

/** One call's two wishes. */
export class Hold {
  #ours = false;
  #theirs = false;

  /** @param told when one of them has changed, and how */
  constructor(private readonly told: (by: 'us' | 'peer', held: boolean) => void) {}

  /** Whether we hold the peer. */
  get ours(): boolean {
    return this.#ours;
  }

  /** Our wish. @returns whether it is another than before */
  want(held: boolean): boolean {
    if (this.#ours === held) return false;
    this.#ours = held;
    this.told('us', held);
    return true;
  }

  /** Something has been agreed. What the peer wants shows in it as long as we would both send and receive. */
  follow(agreed: Direction): void {
    const held = agreed === 'recvonly' || agreed === 'inactive';
    if (this.#ours || held === this.#theirs) return;
    this.#theirs = held;
    this.told('peer', held);
  }
}
