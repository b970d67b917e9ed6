// A peer that speaks raw SIP over the memory network: it does exactly what the test says, right or wrong, and nothing
// by itself. What it received, it keeps.

import { createRequest, createResponse, parseMessage, serialize } from '../../src/sip/message/index.ts';
import type { SipMessage, SipRequest, SipResponse } from '../../src/sip/message/types.ts';
import type { DatagramSocket } from '../../src/sip/transport/network.ts';
import type { MemoryNetwork } from './memory-network.ts';

type HeaderList = readonly (readonly [name: string, value: string])[];

export interface Place {
  readonly address: string;
  readonly port: number;
}

export interface Answer {
  readonly toTag?: string;
  readonly reason?: string;
  readonly headers?: HeaderList;
  /** An application/sdp body. */
  readonly sdp?: string;
}

export interface Request {
  readonly uri: string;
  readonly from: string;
  readonly to: string;
  readonly callId: string;
  readonly sequence: number;
  readonly branch?: string;
  readonly headers?: HeaderList;
  readonly sdp?: string;
  readonly type?: string;
}

/** A phone, a proxy, a registrar: whatever the test makes of it. */
export class ScriptedPhone {
  readonly received: { readonly message: SipMessage; readonly from: Place }[] = [];
  /** Called for each message when it arrives. */
  onMessage: (message: SipMessage, from: Place) => void = () => undefined;
  /** Called for each datagram first; true: it is no SIP, and has been dealt with. */
  onDatagram: (bytes: Buffer, from: Place) => boolean = () => false;
  #branches = 0;

  private constructor(
    readonly place: Place,
    private readonly socket: DatagramSocket,
  ) {
    socket.onMessage((bytes, address, port) => {
      if (this.onDatagram(bytes, { address, port })) return;
      const parsed = parseMessage(bytes);
      if (!parsed.ok) throw new Error(`the agent sent what is no SIP: ${parsed.error.message}`);
      const from = { address, port };
      this.received.push({ message: parsed.value, from });
      this.onMessage(parsed.value, from);
    });
  }

  /** Plugs a phone in. */
  static async plug(network: MemoryNetwork, address: string, port = 5060): Promise<ScriptedPhone> {
    return new ScriptedPhone({ address, port }, await network.host(address).bind(address, port));
  }

  /** Pulls the plug: what is sent to it is lost. */
  unplug(): void {
    this.socket.close();
  }

  /** The requests of that method that came, repetitions included. */
  requests(method: string): readonly SipRequest[] {
    return this.received.flatMap(({ message }) =>
      message.kind === 'request' && message.method === method ? [message] : [],
    );
  }

  /** The newest request of that method. */
  request(method: string): SipRequest {
    const newest = this.requests(method).at(-1);
    if (newest === undefined) throw new Error(`no ${method} came`);
    return newest;
  }

  /** The responses that came to requests of that method, as status codes, repetitions included. */
  statuses(method: string): readonly number[] {
    return this.responses(method).map((response) => response.status);
  }

  responses(method: string): readonly SipResponse[] {
    return this.received.flatMap(({ message }) =>
      message.kind === 'response' && message.cseq.method === method ? [message] : [],
    );
  }

  /** The newest response to a request of that method. */
  response(method: string): SipResponse {
    const newest = this.responses(method).at(-1);
    if (newest === undefined) throw new Error(`no response to ${method} came`);
    return newest;
  }

  /** Answers a request; 101–299 with a Contact of this phone, unless the headers have one. */
  answer(request: SipRequest, status: number, { toTag, reason, headers = [], sdp }: Answer = {}): void {
    const isTrying = status === 100;
    const makesDialog = status > 100 && status < 300 && !headers.some(([name]) => name === 'Contact');
    const response = createResponse(request, status, {
      reason,
      toTag: isTrying ? undefined : (toTag ?? 'phone-tag'),
      headers: makesDialog ? [['Contact', this.contact], ...headers] : headers,
      body: body(sdp),
    });
    const via = request.topVia;
    this.send(response, { address: via.host, port: via.port ?? 5060 });
  }

  get contact(): string {
    return `<sip:phone@${this.#hostPort}>`;
  }

  get #hostPort(): string {
    const { address, port } = this.place;
    return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
  }

  /** Makes a request with a Via of this phone. */
  make(method: string, request: Request): SipRequest {
    this.#branches += 1;
    const branch = request.branch ?? `z9hG4bK-phone-${this.place.address.replaceAll(':', '-')}-${this.#branches}`;
    return createRequest({
      method,
      requestUri: request.uri,
      headers: [
        ['Via', `SIP/2.0/UDP ${this.#hostPort};branch=${branch};rport`],
        ['From', request.from],
        ['To', request.to],
        ['Call-ID', request.callId],
        ['CSeq', `${request.sequence} ${method}`],
        ...(request.headers ?? []),
      ],
      body: body(request.sdp, request.type),
    });
  }

  send(message: SipMessage, to: Place): void {
    this.sendBytes(serialize(message), to);
  }

  sendBytes(bytes: Buffer, to: Place): void {
    this.socket.send(bytes, to.port, to.address, () => undefined);
  }
}

function body(sdp: string | undefined, type = 'application/sdp'): { type: string; data: Buffer } | undefined {
  return sdp === undefined ? undefined : { type, data: Buffer.from(sdp) };
}
