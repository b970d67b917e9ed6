// The connections that a call or a subscription lives by: they stay for as long as it does, be it silent for hours. NATs
// on the way are reminded of them as often as by the keep-alives of RFC 5626 §4.4.1, but by a single CRLF that asks for no
// answer: there is no registration in which the peer could have said that it gives one (§4.4), and it must take a line end
// for nothing (RFC 3261 §7.5). So none is given up for its silence; but what TCP cannot deliver, the system reports.

import type { Clock, Timer } from '../../base/clock.ts';
import type { Random } from '../../base/random.ts';
import { millis, seconds } from '../../base/units.ts';
import type { Connection, ConnectionHolder } from './connection.ts';

/** RFC 5626 §4.4.1, where battery power is not a concern. */
const SHORTEST_PAUSE = seconds(95);
const LONGEST_PAUSE = seconds(120);
/** A peer may come back by another connection; it does not need many. The one that was used least lately is let go. */
const MOST_OF_ONE = 4;

/** The connections of one call, or one subscription. */
export class KeptWays implements ConnectionHolder {
  /** The one that was heard by last comes last. */
  readonly #connections = new Set<Connection>();
  #timer: Timer | undefined;
  #over = false;

  constructor(
    private readonly clock: Clock,
    private readonly random: Random,
  ) {}

  /** A message of the dialog came by it: it stays as long as the dialog, or until it breaks. */
  keep(connection: Connection): void {
    if (this.#over || !connection.usable) return;
    this.#connections.delete(connection);
    this.#connections.add(connection);
    connection.trust();
    connection.hold(this);
    for (const oldest of this.#connections) {
      if (this.#connections.size <= MOST_OF_ONE) break;
      this.#connections.delete(oldest);
      oldest.release(this);
    }
    if (this.#timer === undefined) this.#remindLater();
  }

  /** The dialog is over. */
  release(): void {
    this.#over = true;
    this.#timer?.cancel();
    for (const connection of this.#connections) connection.release(this);
    this.#connections.clear();
  }

  /** Only what is open already is kept. */
  opened(): void {
    return;
  }

  lost(): void {
    for (const connection of this.#connections) if (!connection.usable) this.#connections.delete(connection);
    if (this.#connections.size > 0) return;
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #remindLater(): void {
    const pause = millis(SHORTEST_PAUSE + (LONGEST_PAUSE - SHORTEST_PAUSE) * this.random.uniform());
    this.#timer = this.clock.after(pause, 'keep-alive of a dialog', () => {
      for (const connection of this.#connections) connection.remind();
      this.#remindLater();
    });
  }
}
