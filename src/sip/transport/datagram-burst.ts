// Datagrams that a server has to send, handed to the system one right behind the other. With other work between them each
// would wake its reader, who goes back to sleep before the next: on one machine that costs the sender as much again as the
// sending, and on a network each would be a doorbell of its own.

/** What is sent while one thing is done. */
export class DatagramBurst<Datagram> {
  #waiting: Datagram[] = [];

  /** @param soon runs something once that is done, before anything else is received or fires */
  constructor(
    private readonly soon: (run: () => void) => void,
    private readonly send: (datagram: Datagram) => void,
  ) {}

  add(datagram: Datagram): void {
    this.#waiting.push(datagram);
    if (this.#waiting.length === 1) this.soon(() => this.flush());
  }

  /** Sends what waits, in its order. */
  flush(): void {
    const burst = this.#waiting;
    this.#waiting = [];
    for (const datagram of burst) this.send(datagram);
  }
}
