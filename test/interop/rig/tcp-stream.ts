// SIP out of the TCP that the wire shows: segments put in order, messages cut by Content-Length (RFC 3261 §18.3). Written
// for tests, with none of the product's own code: streams that are not SIP in the clear are left alone.

import type { Datagram, Segment } from './pcap.ts';

interface Direction {
  /** Sequence number of the octet that comes next. */
  next: number;
  rest: Buffer;
  /** What came too early, by sequence number. */
  readonly early: Map<number, Segment>;
}

const MODULUS = 2 ** 32;

/** Takes segments in the order of the capture; hands out one datagram for every message. */
export class TcpMessages {
  readonly #directions = new Map<string, Direction>();

  constructor(private readonly take: (message: Datagram) => void) {}

  segment(segment: Segment): void {
    const key = `${segment.from.address}:${segment.from.port}>${segment.to.address}:${segment.to.port}`;
    if (segment.opens) {
      this.#directions.set(key, { next: (segment.sequence + 1) % MODULUS, rest: Buffer.alloc(0), early: new Map() });
      return;
    }
    const direction = this.#directions.get(key);
    if (direction === undefined || segment.payload.length === 0) return;
    direction.early.set(segment.sequence, segment);
    for (let ready = direction.early.get(direction.next); ready; ready = direction.early.get(direction.next)) {
      direction.early.delete(direction.next);
      direction.next = (direction.next + ready.payload.length) % MODULUS;
      direction.rest = Buffer.concat([direction.rest, ready.payload]);
      this.#cut(direction, ready);
    }
  }

  #cut(direction: Direction, latest: Segment): void {
    for (;;) {
      while (direction.rest[0] === 0x0d || direction.rest[0] === 0x0a) direction.rest = direction.rest.subarray(1);
      const end = direction.rest.indexOf('\r\n\r\n');
      if (end < 0) return;
      const head = direction.rest.subarray(0, end).toString('latin1');
      const length = end + 4 + Number(/^(?:Content-Length|l)[ \t]*:[ \t]*(\d+)/im.exec(head)?.[1] ?? '0');
      if (direction.rest.length < length) return;
      const payload = Buffer.from(direction.rest.subarray(0, length));
      direction.rest = direction.rest.subarray(length);
      this.take({ atMs: latest.atMs, from: latest.from, to: latest.to, payload });
    }
  }
}
