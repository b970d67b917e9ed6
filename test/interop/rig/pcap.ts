// tcpdump's stream of frames, cut into UDP datagrams and TCP segments. It is written for these tests, not for hostile captures:
// little endian microsecond files, link type LINUX_SLL, IPv4 without fragments, IPv6 without extensions.

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
const IPV6_HEADER = 40;
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

  #packet(atMs: number, frame: Buffer): void {
    const packet = frame.readUInt8(0) >> 4 === 6 ? readIpv6(frame) : readIpv4(frame);
    const datagram = packet.protocol === UDP ? readUdp(atMs, packet) : undefined;
    if (datagram !== undefined) this.taker.datagram(datagram);
    const segment = packet.protocol === TCP ? readTcp(atMs, packet) : undefined;
    if (segment !== undefined) this.taker.segment(segment);
  }
}

interface Packet {
  readonly protocol: number;
  readonly from: string;
  readonly to: string;
  /** What is behind its header, without the padding of short frames. */
  readonly content: Buffer;
}

/** RFC 791 §3.1. */
function readIpv4(packet: Buffer): Packet {
  return {
    protocol: packet.readUInt8(9),
    from: dotted(packet, 12),
    to: dotted(packet, 16),
    content: packet.subarray((packet.readUInt8(0) & 0x0f) * 4, packet.readUInt16BE(2)),
  };
}

/** RFC 8200 §3. */
function readIpv6(packet: Buffer): Packet {
  return {
    protocol: packet.readUInt8(6),
    from: colons(packet, 8),
    to: colons(packet, 24),
    content: packet.subarray(IPV6_HEADER, IPV6_HEADER + packet.readUInt16BE(4)),
  };
}

function readUdp(atMs: number, packet: Packet): Datagram | undefined {
  const udp = packet.content;
  if (udp.length < UDP_HEADER) return undefined;
  return { ...ends(atMs, packet), payload: Buffer.from(udp.subarray(UDP_HEADER, udp.readUInt16BE(4))) };
}

function readTcp(atMs: number, packet: Packet): Segment | undefined {
  const tcp = packet.content;
  if (tcp.length < TCP_HEADER) return undefined;
  return {
    ...ends(atMs, packet),
    sequence: tcp.readUInt32BE(4),
    opens: (tcp.readUInt8(13) & SYN) !== 0,
    payload: Buffer.from(tcp.subarray((tcp.readUInt8(12) >> 4) * 4)),
  };
}

function ends(atMs: number, { from, to, content }: Packet): Omit<Datagram, 'payload'> {
  return {
    atMs,
    from: { address: from, port: content.readUInt16BE(0) },
    to: { address: to, port: content.readUInt16BE(2) },
  };
}

function dotted(packet: Buffer, offset: number): string {
  return [...packet.subarray(offset, offset + 4)].join('.');
}

/** In the form that programs print (RFC 5952). */
function colons(packet: Buffer, offset: number): string {
  const groups = Array.from({ length: 8 }, (_, at) => packet.readUInt16BE(offset + 2 * at).toString(16));
  return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1);
}
