// tcpdump's stream of frames, cut into UDP datagrams and TCP segments. It is written for these tests, not for hostile captures: little
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

/** A piece of a TCP connection's one direction. */
export interface Segment extends Datagram {
  readonly sequence: number;
  /** It opens the connection: its sequence number counts for one octet. */
  readonly opens: boolean;
}

export interface Taker {
  datagram(datagram: Datagram): void;
  segment(segment: Segment): void;
}

const FILE_HEADER = 24;
const FRAME_HEADER = 16;
const LINK_HEADER = 16;
const UDP_HEADER = 8;
const TCP = 6;
const UDP = 17;
const TCP_HEADER = 20;
const SYN = 0x02;

/** Takes the capture in whatever pieces it comes. */
export class PcapReader {
  #rest: Buffer = Buffer.alloc(0);
  #begun = false;

  constructor(private readonly taker: Taker) {}

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
      const frame = this.#rest.subarray(FRAME_HEADER, end);
      this.#rest = this.#rest.subarray(end);
      this.#packet(atMs, frame.subarray(LINK_HEADER));
    }
  }

  #packet(atMs: number, packet: Buffer): void {
    const protocol = packet.readUInt8(9);
    const datagram = protocol === UDP ? readUdp(atMs, packet) : undefined;
    if (datagram !== undefined) this.taker.datagram(datagram);
    const segment = protocol === TCP ? readTcp(atMs, packet) : undefined;
    if (segment !== undefined) this.taker.segment(segment);
  }
}

/** The part of an IPv4 packet behind its header, without the padding of short frames. */
function contentOf(packet: Buffer): Buffer {
  return packet.subarray((packet.readUInt8(0) & 0x0f) * 4, packet.readUInt16BE(2));
}

function readUdp(atMs: number, packet: Buffer): Datagram | undefined {
  const udp = contentOf(packet);
  if (udp.length < UDP_HEADER) return undefined;
  return { ...ends(atMs, packet, udp), payload: Buffer.from(udp.subarray(UDP_HEADER, udp.readUInt16BE(4))) };
}

function readTcp(atMs: number, packet: Buffer): Segment | undefined {
  const tcp = contentOf(packet);
  if (tcp.length < TCP_HEADER) return undefined;
  return {
    ...ends(atMs, packet, tcp),
    sequence: tcp.readUInt32BE(4),
    opens: (tcp.readUInt8(13) & SYN) !== 0,
    payload: Buffer.from(tcp.subarray((tcp.readUInt8(12) >> 4) * 4)),
  };
}

function ends(atMs: number, packet: Buffer, ports: Buffer): Omit<Datagram, 'payload'> {
  return {
    atMs,
    from: { address: dotted(packet, 12), port: ports.readUInt16BE(0) },
    to: { address: dotted(packet, 16), port: ports.readUInt16BE(2) },
  };
}

function dotted(packet: Buffer, offset: number): string {
  return [...packet.subarray(offset, offset + 4)].join('.');
}
