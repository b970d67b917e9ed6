// What a server's UDP socket has received and nobody has looked at yet. The system's own buffer holds a few hundred
// datagrams, and what it has no room for is lost and comes again by the sender's timers (RFC 3261 §17.1.2.1), of a whole
// fleet at the same moments. So while more comes than can be read in one turn of the event loop, it is taken from the
// system first, and looked at afterwards.

/** libuv reads so many from a socket before it goes on: where as many have come, more may be waiting. */
const MOST_OF_A_TURN = 32;
/** Looked at in a turn while more is waiting, and when there is not. */
const FEW = 2;
const MANY = 32;

/** The datagrams of one socket, in their order. */
export class DatagramIntake<Datagram> {
  #waiting: Datagram[] = [];
  #next = 0;
  /** Since the last turn. */
  #arrived = 0;
  #planned = false;

  /**
   * @param capacity how many may wait; more are dropped, as the system drops them
   * @param nextTurn runs something once the event loop has read what there is
   */
  constructor(
    private readonly capacity: number,
    private readonly nextTurn: (run: () => void) => void,
    private readonly take: (datagram: Datagram) => void,
  ) {}

  add(datagram: Datagram): void {
    this.#arrived += 1;
    if (this.length >= this.capacity) return;
    this.#waiting.push(datagram);
    this.#plan();
  }

  /** How many wait. */
  get length(): number {
    return this.#waiting.length - this.#next;
  }

  #plan(): void {
    if (this.#planned) return;
    this.#planned = true;
    this.nextTurn(() => this.#turn());
  }

  #turn(): void {
    this.#planned = false;
    const isFlooded = this.#arrived >= MOST_OF_A_TURN && this.length < this.capacity;
    this.#arrived = 0;
    const batch = this.#waiting.slice(this.#next, this.#next + (isFlooded ? FEW : MANY));
    this.#next += batch.length;
    if (this.#next >= this.#waiting.length / 2) {
      this.#waiting = this.#waiting.slice(this.#next);
      this.#next = 0;
    }
    // What comes next is looked at even where one of these is the fault of a program.
    if (this.length > 0) this.#plan();
    for (const datagram of batch) this.take(datagram);
  }
}
