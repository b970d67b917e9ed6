// Responders to multicast questions as they are met in the field, and as they should not be: each dialect is a deviation
// that devices have to live with. It makes datagrams of a question; sockets are the test's.

import { parseMessage } from '../../src/sip/message/index.ts';
import type { SipRequest } from '../../src/sip/message/types.ts';

export interface PnpDialect {
  readonly name: string;
  /** Whether 200 comes before the NOTIFY, behind it, or not at all. */
  readonly response: 'before' | 'after' | 'none';
  /** CSeq of the 200, where it is not the question's. */
  readonly responseCseq?: string;
  /** The NOTIFY, line by line, without Content-Length; `headers` are what a good one has. */
  readonly shape: (question: SipRequest, usual: UsualNotify) => readonly string[];
  readonly body: (url: string) => string;
  /** Content-Length for a body of so many octets. */
  readonly length?: (octets: number) => number | undefined;
}

/** The parts of a NOTIFY that is as it should be. */
export interface UsualNotify {
  readonly start: string;
  readonly via: string;
  readonly from: string;
  readonly to: string;
  readonly callId: string;
  readonly cseq: string;
  readonly rest: readonly string[];
}

type Parts = Partial<UsualNotify>;

const lines = (usual: UsualNotify, changes: Parts = {}): readonly string[] => {
  const { start, via, from, to, callId, cseq, rest } = { ...usual, ...changes };
  return [start, via, from, to, callId, cseq, ...rest].filter((line) => line !== '');
};

const CRLF_BEHIND = (url: string): string => `${url}\r\n`;
const bare = (url: string): string => url;

function dialect(name: string, changes: (question: SipRequest, usual: UsualNotify) => Parts = () => ({})): PnpDialect {
  return { name, response: 'before', shape: (question, usual) => lines(usual, changes(question, usual)), body: bare };
}

const without = (usual: UsualNotify, header: string, ...more: readonly string[]): Parts => ({
  rest: [...usual.rest.filter((line) => !line.startsWith(`${header}:`)), ...more],
});

export const USUAL_DIALECT: PnpDialect = dialect('as it should be');

/** What the field does. */
export const PNP_DIALECTS: readonly PnpDialect[] = [
  USUAL_DIALECT,
  dialect('the event of another maker’s phone', (_, usual) =>
    without(usual, 'Event', 'Event: ua-profile;profile-type="device";vendor="OEM";model="OEM";version="7.1.19"'),
  ),
  dialect('effective-by', (_, usual) => without(usual, 'Event', 'Event: ua-profile;effective-by=0')),
  dialect('noresource', (_, usual) =>
    without(usual, 'Subscription-State', 'Subscription-State: terminated;reason=noresource'),
  ),
  dialect('no Subscription-State', (_, usual) => without(usual, 'Subscription-State')),
  dialect('no Max-Forwards', (_, usual) => without(usual, 'Max-Forwards')),
  dialect('an empty Contact', (_, usual) => without(usual, 'Contact', 'Contact:')),
  dialect('CSeq 1', () => ({ cseq: 'CSeq: 1 NOTIFY' })),
  dialect('CSeq 3', () => ({ cseq: 'CSeq: 3 NOTIFY' })),
  { ...dialect('a 200 of a CSeq that is not ours'), responseCseq: '7 SUBSCRIBE' },
  { ...dialect('the NOTIFY before the 200'), response: 'after' },
  { ...dialect('no 200 at all'), response: 'none' },
  dialect('From and To not swapped', (question) => ({
    from: `From: ${question.headers.get('From') ?? ''}`,
    to: `To: ${question.headers.get('To') ?? ''};tag=r1`,
  })),
  dialect('no tags', (question) => ({ from: `From: <${question.to.uri}>`, to: `To: <${question.from.uri}>` })),
  dialect('our own Via', (question) => ({ via: `Via: ${question.headers.get('Via') ?? ''}` })),
  dialect('a Call-ID of its own', () => ({ callId: 'Call-ID: anything@responder' })),
  dialect('Record-Route by loopback', (_, usual) => ({
    rest: [...usual.rest, 'Record-Route: <sip:127.0.0.1:5080;lr>'],
  })),
  { ...dialect('a line end behind the URL'), body: CRLF_BEHIND },
  { ...dialect('Content-Length without the line end'), body: CRLF_BEHIND, length: (octets) => octets - 2 },
  { ...dialect('Content-Length two too large'), length: (octets) => octets + 2 },
  { ...dialect('no Content-Length'), length: () => undefined },
  dialect('x-gs-ucm-url', (_, usual) => without(usual, 'Content-Type', 'Content-Type: application/x-gs-ucm-url')),
  {
    ...dialect('external-body with nothing in it'),
    body: () => '',
    shape: (_, usual) =>
      lines(usual, without(usual, 'Content-Type', 'Content-Type: message/external-body; access-type=URL; URL="%URL%"')),
  },
];

/** The datagrams that a dialect answers a question with. */
export function pnpAnswers(
  dialect: PnpDialect,
  question: Buffer,
  responder: { readonly address: string; readonly port: number },
  url: string,
): readonly Buffer[] {
  const parsed = parseMessage(question);
  if (!parsed.ok || parsed.value.kind !== 'request') throw new Error('that is no question');
  const request = parsed.value;
  const place = `${responder.address}:${responder.port}`;
  const body = dialect.body(url);
  const octets = Buffer.byteLength(body);
  const length = dialect.length === undefined ? octets : dialect.length(octets);
  const header = dialect.shape(request, usualNotify(request, place)).map((line) => line.replace('%URL%', url));
  const all = [...header, ...(length === undefined ? [] : [`Content-Length: ${length}`]), '', body];
  const notify = Buffer.from(all.join('\r\n'));
  const response = Buffer.from(
    [
      'SIP/2.0 200 OK',
      `Via: ${request.headers.get('Via') ?? ''}`,
      `From: ${request.headers.get('From') ?? ''}`,
      `To: ${request.headers.get('To') ?? ''};tag=r1`,
      `Call-ID: ${request.callId}`,
      `CSeq: ${dialect.responseCseq ?? request.headers.get('CSeq') ?? ''}`,
      'Expires: 0',
      'Content-Length: 0',
      '',
      '',
    ].join('\r\n'),
  );
  if (dialect.response === 'none') return [notify];
  return dialect.response === 'before' ? [response, notify] : [notify, response];
}

function usualNotify(request: SipRequest, place: string): UsualNotify {
  const contacts = request.addresses('Contact');
  return {
    start: `NOTIFY ${(contacts.ok ? contacts.value[0]?.uri : undefined) ?? request.from.uri} SIP/2.0`,
    via: `Via: SIP/2.0/UDP ${place};branch=z9hG4bK-r1`,
    from: `From: <${request.to.uri}>;tag=r1`,
    to: `To: <${request.from.uri}>;tag=${request.fromTag ?? ''}`,
    callId: `Call-ID: ${request.callId}`,
    cseq: `CSeq: ${request.cseq.number + 1} NOTIFY`,
    rest: [
      'Max-Forwards: 70',
      `Contact: <sip:${place}>`,
      'Event: ua-profile',
      'Subscription-State: terminated;reason=timeout',
      'Content-Type: application/url',
    ],
  };
}
