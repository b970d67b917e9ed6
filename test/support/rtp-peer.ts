// The sound of a scripted phone: RTP on real UDP (RFC 3550 §5.1), digits (RFC 4733), SRTP where the call has keys. It
// sends a packet every 20 ms from `speakTo` to `unplug`, and keeps what comes in.

import type { Socket } from 'node:dgram';
import { Stream } from '../interop/rig/stream.ts';
import { SrtpReceiver, SrtpSender } from './srtp.ts';
import { bindUdp, type Place } from './udp-socket.ts';

const TELEPHONE_EVENT = 101;
const KEYS = '0123456789*#ABCD';
/** 20 ms at 8 kHz. */
const STEP = 160;
/** The same in G.711 µ-law and A-law: silence (ITU-T G.711). */
const SILENCE = { 0: 0xff, 8: 0xd5 } as const;

export interface RtpPeerOptions {
  readonly format: 0 | 8;
  /** SRTP keys, base64: what the phone's description said, and the door's. */
  readonly keys?: { readonly own: string; readonly theirs: string };
  /** What it says over and over, in its format; default: silence. */
  readonly voice?: Buffer;
}

/** A packet as it came in. */
export interface Arrival {
  readonly atMs: number;
  readonly payloadType: number;
  readonly sequence: number;
  readonly timestamp: number;
  readonly payload: Buffer;
}

/** The RTP end of one call. */
export class RtpPeer {
  readonly arrivals = new Stream<Arrival>('rtp', ({ payloadType, sequence }) => `${payloadType} ${sequence}`);
  /** What came in and was no RTP, or not authentic. */
  unreadable = 0;
  #target: Place | undefined;
  #pacing: NodeJS.Timeout | undefined;
  #unplugged = false;
  #sequence = 1000;
  #timestamp = 160_000;
  readonly #sender: SrtpSender | undefined;
  readonly #receiver: SrtpReceiver | undefined;

  private constructor(
    readonly port: number,
    private readonly socket: Socket,
    private readonly options: RtpPeerOptions,
  ) {
    const { keys } = options;
    this.#sender = keys === undefined ? undefined : new SrtpSender(keys.own);
    this.#receiver = keys === undefined ? undefined : new SrtpReceiver(keys.theirs);
    socket.on('message', (bytes) => this.#take(bytes));
  }

  static async plug(address: string, options: RtpPeerOptions): Promise<RtpPeer> {
    const socket = await bindUdp(address);
    return new RtpPeer(socket.address().port, socket, options);
  }

  /** Where the door has its RTP. */
  get target(): Place {
    if (this.#target === undefined) throw new Error('the call has no sound yet');
    return this.#target;
  }

  /** Begins to send its voice, or silence. */
  speakTo(target: Place): void {
    this.#target = target;
    const { format, voice } = this.options;
    if (voice === undefined) {
      const payload = Buffer.alloc(STEP, SILENCE[format]);
      this.#pacing = setInterval(() => this.#send(format, payload, false), 20);
    } else {
      this.#say(voice, format);
    }
  }

  /** What a late timer has missed is sent with the next packet: a voice that slows down is another voice. */
  #say(voice: Buffer, format: 0 | 8): void {
    const whole = voice.length - (voice.length % STEP);
    const began = performance.now();
    let said = 0;
    this.#pacing = setInterval(() => {
      for (; said * 20 <= performance.now() - began; said += 1) {
        const start = (said * STEP) % whole;
        this.#send(format, voice.subarray(start, start + STEP), false);
      }
    }, 20);
  }

  /** Holds keys down, one after another: each is three packets and three ends (RFC 4733 §2.5.1.3, §2.5.1.4). */
  press(digits: string): void {
    for (const digit of digits) {
      const timestamp = this.#timestamp;
      for (let packet = 1; packet <= 6; packet += 1) {
        const payload = Buffer.alloc(4);
        payload.writeUInt8(KEYS.indexOf(digit), 0);
        payload.writeUInt8(packet > 3 ? 0x8a : 0x0a, 1);
        payload.writeUInt16BE(STEP * Math.min(packet, 4), 2);
        this.#send(TELEPHONE_EVENT, payload, packet === 1, timestamp);
      }
      this.#timestamp += 4 * STEP;
    }
  }

  /** Any bytes, from the phone's own port. */
  sendBytes(bytes: Buffer, target: Place = this.target): void {
    this.socket.send(bytes, target.port, target.address);
  }

  /** Waits for sound that comes from now on. */
  async hears(packets = 5): Promise<void> {
    const from = this.arrivals.mark;
    const enough = from + packets;
    await this.arrivals.find(`${packets} packets`, () => this.arrivals.mark >= enough, { from });
  }

  /** Safe to call again. */
  unplug(): void {
    clearInterval(this.#pacing);
    if (!this.#unplugged) this.socket.close();
    this.#unplugged = true;
  }

  #send(payloadType: number, payload: Buffer, marker: boolean, timestamp?: number): void {
    const header = Buffer.alloc(12);
    header.writeUInt8(0x80, 0);
    header.writeUInt8((marker ? 0x80 : 0) | payloadType, 1);
    header.writeUInt16BE(this.#sequence & 0xffff, 2);
    header.writeUInt32BE(timestamp ?? this.#timestamp, 4);
    header.writeUInt32BE(0x50484f4e, 8);
    this.#sequence += 1;
    if (timestamp === undefined) this.#timestamp += STEP;
    const packet = Buffer.concat([header, payload]);
    this.sendBytes(this.#sender?.protect(packet) ?? packet);
  }

  #take(bytes: Buffer): void {
    const packet = this.#receiver === undefined ? bytes : this.#receiver.unprotect(bytes);
    if (packet === undefined || packet.length < 12 || packet.readUInt8(0) >> 6 !== 2) {
      this.unreadable += 1;
      return;
    }
    this.arrivals.push({
      atMs: performance.now(),
      payloadType: packet.readUInt8(1) & 0x7f,
      sequence: packet.readUInt16BE(2),
      timestamp: packet.readUInt32BE(4),
      payload: packet.subarray(12),
    });
  }
}
