// A SIP phone on real UDP that does what a test says, right or wrong, and nothing by itself. It speaks text of its own,
// with none of the product's code. Loopback has 2^24 addresses: a stranger is a phone on another one.

import type { Socket } from 'node:dgram';
import { parseSip, type SipMessage } from '../interop/rig/sip-text.ts';
import { Stream } from '../interop/rig/stream.ts';
import { Repetitions } from './repetitions.ts';
import { RtpPeer } from './rtp-peer.ts';
import { bindUdp, type Place } from './udp-socket.ts';

export interface Reply {
  readonly reason?: string;
  readonly headers?: readonly string[];
  readonly sdp?: string;
}

export interface AnswerOptions {
  /** 0 PCMU, 8 PCMA. */
  readonly format?: 0 | 8;
  /** Base64 of 30 bytes: the phone's SRTP key. The door must have offered one, then. */
  readonly key?: string;
  /** What the phone says, in that format; default: silence. */
  readonly voice?: Buffer;
  /** The INVITE that is answered; default: the first that came. */
  readonly invite?: SipMessage;
}

let names = 0;
const unique = (what: string): string => {
  names += 1;
  return `${what}-${process.pid}-${names}`;
};

/** One phone. */
export class UdpPhone {
  readonly messages = new Stream<SipMessage>('phone', (message) => message.text.split('\r\n', 1)[0] ?? '');
  /** Called for each message when it arrives, before anybody who waits for it. */
  onMessage: (message: SipMessage) => void = () => undefined;
  #repetitions: Repetitions | undefined;

  private constructor(
    readonly place: Place,
    private readonly socket: Socket,
  ) {
    socket.on('message', (payload, { address, port }) => {
      const message = parseSip({ atMs: Date.now(), from: { address, port }, to: place, payload });
      if (message === undefined || this.#isKnown(message)) return;
      this.onMessage(message);
      this.messages.push(message);
    });
  }

  static async plug(address = '127.0.0.1', port = 0): Promise<UdpPhone> {
    const socket = await bindUdp(address, port);
    return new UdpPhone({ address, port: socket.address().port }, socket);
  }

  /** As a button of the door's configuration calls it. */
  get uri(): string {
    return `sip:101@${this.place.address}:${this.place.port}`;
  }

  unplug(): void {
    this.#repetitions?.stop();
    this.socket.close();
  }

  /** From now on it says again what gets no answer (RFC 3261 §17), and to who asks again the same: datagrams get lost. */
  persist(): void {
    this.#repetitions = new Repetitions();
  }

  /** The next request of a method, or the one that is there. */
  request(method: string, from = 0): Promise<SipMessage> {
    return this.messages.find(method, (message) => message.method === method, { from });
  }

  /** The final response to a request of that method. */
  final(method: string, from = 0): Promise<SipMessage> {
    const fits = ({ status = 0, cseqMethod }: SipMessage): boolean => cseqMethod === method && status >= 200;
    return this.messages.find(`final response to ${method}`, fits, { from });
  }

  send(text: string | Buffer, to: Place): void {
    this.socket.send(text, to.port, to.address);
  }

  respond(request: SipMessage, status: number, { reason = 'As Scripted', headers = [], sdp }: Reply = {}): void {
    const to = request.header('To') ?? '';
    const tagged = status === 100 || to.includes(';tag=') ? to : `${to};tag=phone-${request.callId.slice(0, 8)}`;
    const text = write(
      `SIP/2.0 ${status} ${reason}`,
      [
        ...headerLines(request, 'Via'),
        ...headerLines(request, 'Record-Route'),
        `From: ${request.header('From')}`,
        `To: ${tagged}`,
        `Call-ID: ${request.callId}`,
        `CSeq: ${request.cseqNumber} ${request.cseqMethod}`,
        ...(status > 100 && status < 300 ? [`Contact: <${this.uri}>`] : []),
        ...headers,
        ...(sdp === undefined ? [] : ['Content-Type: application/sdp']),
      ],
      sdp,
    );
    const send = (): void => this.send(text, request.from);
    this.#repetitions?.answer(transactionOf(request), send);
    // A final response to INVITE is its user's to repeat, until the ACK (RFC 3261 §13.3.1.4).
    if (request.method === 'INVITE' && status >= 200) this.#saysAgain(`ACK ${request.callId}`, send);
    else send();
  }

  /** Waits for a call, answers it, and has its sound; resolves when the ACK is there. */
  async takeCall({ format = 8, key, voice, ...options }: AnswerOptions = {}, from = 0): Promise<PhoneCall> {
    const invite = options.invite ?? (await this.request('INVITE', from));
    const rtp = await RtpPeer.plug(this.place.address, {
      format,
      ...(voice === undefined ? {} : { voice }),
      ...(key === undefined ? {} : { keys: { own: key, theirs: cryptoKey(invite.body) } }),
    });
    this.respond(invite, 180);
    this.respond(invite, 200, { sdp: describe(this.place.address, rtp.port, format, key) });
    await this.messages.find('ACK', ({ method, callId }) => method === 'ACK' && callId === invite.callId);
    rtp.speakTo(mediaPlace(invite.body));
    return new PhoneCall(this, rtp, {
      callId: invite.callId,
      own: `${invite.header('To')};tag=phone-${invite.callId.slice(0, 8)}`,
      peer: invite.header('From') ?? '',
      target: contactOf(invite),
      place: invite.from,
    });
  }

  /** Calls the door: the INVITE is on its way when this returns. */
  invite(door: Place, options: { sdp?: string; user?: string } = {}): { callId: string; text: string } {
    const callId = unique('call');
    const from = `<sip:${options.user ?? 'caller'}@${this.place.address}>;tag=${callId}`;
    const text = this.#write('INVITE', `sip:door@${door.address}:${door.port}`, {
      from,
      to: `<sip:door@${door.address}>`,
      callId,
      sequence: 1,
      sdp: options.sdp ?? describe(this.place.address, 40_000, 8),
    });
    this.send(text, door);
    return { callId, text };
  }

  /** Calls the door and waits until it answers. */
  async call(door: Place): Promise<PhoneCall> {
    const rtp = await RtpPeer.plug(this.place.address, { format: 8 });
    const { callId } = this.invite(door, { sdp: describe(this.place.address, rtp.port, 8) });
    const answer = await this.messages.find('200', (message) => message.callId === callId && message.status === 200);
    rtp.speakTo(mediaPlace(answer.body));
    const call = new PhoneCall(this, rtp, {
      callId,
      own: answer.header('From') ?? '',
      peer: answer.header('To') ?? '',
      target: contactOf(answer),
      place: door,
    });
    call.acknowledge();
    return call;
  }

  /** A request outside of any dialog, sent. */
  ask(method: string, door: Place): void {
    const callId = unique('ask');
    const from = `<sip:caller@${this.place.address}>;tag=${callId}`;
    const to = `<sip:door@${door.address}>`;
    this.send(this.#write(method, `sip:door@${door.address}:${door.port}`, { from, to, callId, sequence: 1 }), door);
  }

  /** A request inside a call, sent. */
  sendInDialog(method: string, dialog: Dialog, sequence: number, sdp?: string): void {
    const { own: from, peer: to, callId, target, place } = dialog;
    const fields = { from, to, callId, sequence, ...(sdp === undefined ? {} : { sdp }) };
    const text = this.#write(method, target, fields);
    const send = (): void => this.send(text, place);
    if (method === 'ACK') send();
    else this.#saysAgain(`${method} ${callId}`, send);
  }

  #saysAgain(until: string, send: () => void): void {
    if (this.#repetitions === undefined) send();
    else this.#repetitions.say(until, send);
  }

  /** Whether it is a repetition of a request that was answered; who repeats himself is answered again. */
  #isKnown(message: SipMessage): boolean {
    const { method, status = 0, cseqMethod, callId } = message;
    if (method === 'ACK' || status >= 200) this.#repetitions?.settle(`${method ?? cseqMethod} ${callId}`);
    return method !== undefined && method !== 'ACK' && this.#repetitions?.again(transactionOf(message)) === true;
  }

  #write(
    method: string,
    uri: string,
    fields: { from: string; to: string; callId: string; sequence: number; sdp?: string },
  ): string {
    const { address, port } = this.place;
    return write(
      `${method} ${uri} SIP/2.0`,
      [
        `Via: SIP/2.0/UDP ${address}:${port};branch=z9hG4bK-${unique('b')};rport`,
        'Max-Forwards: 70',
        `From: ${fields.from}`,
        `To: ${fields.to}`,
        `Call-ID: ${fields.callId}`,
        `CSeq: ${fields.sequence} ${method}`,
        `Contact: <${this.uri}>`,
        ...(fields.sdp === undefined ? [] : ['Content-Type: application/sdp']),
      ],
      fields.sdp,
    );
  }
}

/** A dialog as the phone sees it: From and To of its own requests, the door's Contact, where the door is. */
export interface Dialog {
  readonly callId: string;
  readonly own: string;
  readonly peer: string;
  readonly target: string;
  readonly place: Place;
}

/** A call that is up. */
export class PhoneCall {
  #sequence = 1;

  constructor(
    private readonly phone: UdpPhone,
    readonly rtp: RtpPeer,
    readonly dialog: Dialog,
  ) {}

  acknowledge(): void {
    this.phone.sendInDialog('ACK', this.dialog, 1);
  }

  /** Hangs up and waits for the door's 200. */
  async hangup(): Promise<void> {
    this.#sequence += 1;
    const from = this.phone.messages.mark;
    this.phone.sendInDialog('BYE', this.dialog, this.#sequence);
    await this.phone.final('BYE', from);
    this.rtp.unplug();
  }

  /** Waits until the door hangs up, and confirms it. */
  async hungUp(): Promise<void> {
    const { callId } = this.dialog;
    const bye = await this.phone.messages.find('BYE', (one) => one.method === 'BYE' && one.callId === callId);
    this.phone.respond(bye, 200);
    this.rtp.unplug();
  }
}

/** An audio description (RFC 8866) with telephone-event as 101. */
export function describe(address: string, port: number, format: 0 | 8, key?: string): string {
  return [
    'v=0',
    `o=phone 1 1 IN IP4 ${address}`,
    's=-',
    `c=IN IP4 ${address}`,
    't=0 0',
    `m=audio ${port} RTP/${key === undefined ? 'AVP' : 'SAVP'} ${format} 101`,
    `a=rtpmap:${format} ${format === 8 ? 'PCMA' : 'PCMU'}/8000`,
    'a=rtpmap:101 telephone-event/8000',
    'a=fmtp:101 0-15',
    ...(key === undefined ? [] : [`a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:${key}`]),
    '',
  ].join('\r\n');
}

/** Where a description wants its RTP. */
export function mediaPlace(sdp: string): Place {
  const address = /^c=IN IP4 (\S+)/m.exec(sdp)?.[1] ?? '';
  return { address, port: Number(/^m=audio (\d+)/m.exec(sdp)?.[1]) };
}

/** The master key and salt of a description's first crypto line (RFC 4568), base64. */
export function cryptoKey(sdp: string): string {
  return /^a=crypto:\d+ AES_CM_128_HMAC_SHA1_80 inline:([A-Za-z0-9+/=]+)/m.exec(sdp)?.[1] ?? '';
}

function contactOf(message: SipMessage): string {
  return /<([^>]+)>/.exec(message.header('Contact') ?? '')?.[1] ?? '';
}

/** RFC 3261 §17.2.3. */
function transactionOf(request: SipMessage): string {
  return `${request.method} ${/branch=([^;,\s]+)/.exec(request.header('Via') ?? '')?.[1] ?? request.callId}`;
}

function headerLines(message: SipMessage, name: string): string[] {
  return message.text.split('\r\n').filter((line) => line.toLowerCase().startsWith(`${name.toLowerCase()}:`));
}

function write(first: string, headers: readonly string[], body = ''): string {
  return [first, ...headers, `Content-Length: ${Buffer.byteLength(body)}`, '', body].join('\r\n');
}
