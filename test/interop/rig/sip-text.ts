// SIP as the wire shows it, read with as little as a test needs and with none of the product's own code.

import type { Datagram, Endpoint } from './pcap.ts';

export interface SipMessage {
  readonly protocol: 'udp' | 'tcp';
  readonly atMs: number;
  readonly from: Endpoint;
  readonly to: Endpoint;
  readonly text: string;
  /** Of a request; undefined for a response. */
  readonly method: string | undefined;
  /** Of a response; undefined for a request. */
  readonly status: number | undefined;
  /** `INVITE`, also of responses. */
  readonly cseqMethod: string;
  readonly cseqNumber: number;
  readonly callId: string;
  readonly body: string;
  /** The first header field of that name, in its long form, or undefined. */
  header(name: string): string | undefined;
}

const FIRST_LINE = /^(?:SIP\/2\.0 (\d{3}) |([A-Z]+) \S+ SIP\/2\.0\r?\n)/;
const COMPACT: { readonly [long: string]: string } = {
  'call-id': 'i',
  contact: 'm',
  'content-type': 'c',
  from: 'f',
  to: 't',
  via: 'v',
};

/** The datagram as SIP, or undefined when it is something else. */
export function parseSip(datagram: Datagram, protocol: 'udp' | 'tcp' = 'udp'): SipMessage | undefined {
  const text = datagram.payload.toString('latin1');
  const first = FIRST_LINE.exec(text);
  if (first === null) return undefined;
  const [head = '', body = ''] = text.split(/\r?\n\r?\n/, 2);
  const unfolded = head.replace(/\r?\n[ \t]+/g, ' ');
  const header = (name: string): string | undefined => {
    const names = [name, COMPACT[name.toLowerCase()]].filter((part) => part !== undefined).join('|');
    return new RegExp(`^(?:${names})[ \t]*:[ \t]*(.*?)\r?$`, 'im').exec(unfolded)?.[1];
  };
  const [number = '0', cseqMethod = ''] = (header('CSeq') ?? '').split(/\s+/);
  return {
    protocol,
    atMs: datagram.atMs,
    from: datagram.from,
    to: datagram.to,
    text,
    method: first[2],
    status: first[1] === undefined ? undefined : Number(first[1]),
    cseqMethod,
    cseqNumber: Number(number),
    callId: header('Call-ID') ?? '',
    body,
    header,
  };
}

/** One line: when, between whom, what. */
export function describeSip(message: SipMessage): string {
  const time = new Date(message.atMs).toISOString().slice(11, 23);
  const [line = ''] = message.text.split(/\r?\n/, 1);
  return `${time} ${message.from.address} → ${message.to.address} ${line} (${message.cseqNumber} ${message.cseqMethod})`;
}
