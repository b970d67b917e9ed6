// tcpdump's stream of frames, cut into UDP datagrams. It is written for these tests, not for hostile captures: little
// endian microsecond files, link type LINUX_SLL, IPv4 without fragments.

/** Where a datagram comes from or goes to. */
export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

export interface Datagram {
  /** The kernel's time of day, in milliseconds since 1970. */
  readonly atMs: number;
  readonly from: Endpoint;
  readonly to: Endpoint;
  readonly payload: Buffer;
}

const FILE_HEADER = 24;
const FRAME_HEADER = 16;
const LINK_HEADER = 16;
const UDP_HEADER = 8;

/** Takes the capture in whatever pieces it comes. */
export class PcapReader {
  #rest: Buffer = Buffer.alloc(0);
  #begun = false;

  constructor(private readonly take: (datagram: Datagram) => void) {}

  write(chunk: Buffer): void {
    this.#rest = Buffer.concat([this.#rest, chunk]);
    if (!this.#begun) {
      if (this.#rest.length < FILE_HEADER) return;
      this.#rest = this.#rest.subarray(FILE_HEADER);
      this.#begun = true;
    }
    while (this.#rest.length >= FRAME_HEADER) {
      const end = FRAME_HEADER + this.#rest.readUInt32LE(8);
      if (this.#rest.length < end) return;
      const atMs = this.#rest.readUInt32LE(0) * 1000 + this.#rest.readUInt32LE(4) / 1000;
      const datagram = readFrame(atMs, this.#rest.subarray(FRAME_HEADER, end));
      this.#rest = this.#rest.subarray(end);
      if (datagram !== undefined) this.take(datagram);
    }
  }
}

function readFrame(atMs: number, frame: Buffer): Datagram | undefined {
  const packet = frame.subarray(LINK_HEADER);
  const headerLength = (packet.readUInt8(0) & 0x0f) * 4;
  const udp = packet.subarray(headerLength);
  if (packet.readUInt8(9) !== 17 || udp.length < UDP_HEADER) return undefined;
  return {
    atMs,
    from: { address: dotted(packet, 12), port: udp.readUInt16BE(0) },
    to: { address: dotted(packet, 16), port: udp.readUInt16BE(2) },
    payload: Buffer.from(udp.subarray(UDP_HEADER, udp.readUInt16BE(4))),
  };
}

function dotted(packet: Buffer, offset: number): string {
  return [...packet.subarray(offset, offset + 4)].join('.');
}
