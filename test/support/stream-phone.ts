// A peer that speaks raw SIP over connections in memory, TCP or TLS: it does what the test says, and nothing by itself.
// What it received, it keeps. It frames by nothing but what arrives in one piece: the memory network writes whole messages.

import { createRequest, createResponse, parseMessage, serialize } from '../../src/sip/message/index.ts';
import type { Endpoint, SipRequest, SipResponse } from '../../src/sip/message/types.ts';
import type { StreamEvents, StreamSocket } from '../../src/sip/transport/network.ts';
import type { MemoryStreamHost } from './memory-streams.ts';

type HeaderList = readonly (readonly [name: string, value: string])[];

/** A request of the phone's in a dialog that the door began. */
export interface InDialog {
  readonly invite: SipRequest;
  readonly sequence: number;
  readonly toTag?: string;
}

/** A phone that takes connections. */
export class StreamPhone {
  readonly requests: SipRequest[] = [];
  readonly responses: SipResponse[] = [];
  /** Its ends of connections, the newest last. */
  readonly sockets: StreamSocket[] = [];
  /** Moments at which nothing but line ends came. */
  readonly lineEnds: number[] = [];
  /** Whether each connection has been closed by the other side, by its place in `sockets`. */
  readonly closed = new Set<number>();

  private constructor(
    private readonly host: MemoryStreamHost,
    readonly place: Endpoint,
    private readonly now: () => number,
  ) {}

  static async plug(host: MemoryStreamHost, place: Endpoint, now: () => number): Promise<StreamPhone> {
    const phone = new StreamPhone(host, place, now);
    await host.listen(place, (socket) => phone.#take(socket));
    return phone;
  }

  /** Opens a connection by itself. */
  connect(target: Endpoint): void {
    const index = this.sockets.length;
    this.sockets.push(this.host.connect(target, {}, this.#events(index)));
  }

  /** The newest request of that method. */
  request(method: string): SipRequest {
    const newest = this.requests.filter((request) => request.method === method).at(-1);
    if (newest === undefined) throw new Error(`no ${method} came`);
    return newest;
  }

  statuses(method: string): number[] {
    return this.responses.filter(({ cseq }) => cseq.method === method).map(({ status }) => status);
  }

  /** By the newest connection. */
  answer(request: SipRequest, status: number, sdp?: string, headers: HeaderList = []): void {
    const response = createResponse(request, status, {
      toTag: status === 100 ? undefined : 'phone-tag',
      headers: status > 100 && status < 300 ? [['Contact', this.contact], ...headers] : headers,
      body: sdp === undefined ? undefined : { type: 'application/sdp', data: Buffer.from(sdp) },
    });
    this.write(serialize(response));
  }

  get contact(): string {
    const { address, port, protocol } = this.place;
    return `<sip:phone@${address}:${port};transport=${protocol}>`;
  }

  /** A request in the dialog of the door's INVITE, by the newest connection. */
  send(method: string, { invite, sequence, toTag = 'phone-tag' }: InDialog, headers: HeaderList = []): void {
    const { protocol, address, port } = this.place;
    const request = createRequest({
      method,
      requestUri: `sip:door@${address}`,
      headers: [
        ['Via', `SIP/2.0/${protocol.toUpperCase()} ${address}:${port};branch=z9hG4bK-stream-${sequence}`],
        ['From', `${invite.headers.get('To')};tag=${toTag}`],
        ['To', invite.headers.get('From') ?? ''],
        ['Call-ID', invite.callId],
        ['CSeq', `${sequence} ${method}`],
        ...headers,
      ],
    });
    this.write(serialize(request));
  }

  write(bytes: Buffer): void {
    this.sockets.at(-1)?.write(bytes);
  }

  #take(socket: StreamSocket): StreamEvents {
    this.sockets.push(socket);
    return this.#events(this.sockets.length - 1);
  }

  #events(index: number): StreamEvents {
    const nothing = (): void => undefined;
    return {
      reached: nothing,
      opened: nothing,
      drained: nothing,
      closed: () => this.closed.add(index),
      data: (bytes) => this.#read(bytes),
    };
  }

  #read(bytes: Buffer): void {
    if (/^[\r\n]+$/.test(bytes.toString('latin1'))) {
      this.lineEnds.push(this.now());
      return;
    }
    const parsed = parseMessage(bytes);
    if (!parsed.ok) throw new Error(`the agent sent what is no SIP: ${parsed.error.message}`);
    if (parsed.value.kind === 'request') this.requests.push(parsed.value);
    else this.responses.push(parsed.value);
  }
}
