// Names of header fields: spelling, compact forms (RFC 3261 §7.3.3 and the RFCs that registered more), and which may
// stand once only.

import { isToken } from './characters.ts';

export interface HeaderName {
  /** As it is written on the wire. */
  readonly name: string;
  /** What names are compared by. */
  readonly key: string;
  /** A bit of its own for a header that may come once only (§7.3.1: no list, so no second field); else 0. */
  readonly onceBit: number;
}

/** Those that decide where a message belongs, how long it is, how far it goes: a second one makes it ambiguous. */
const ONCE = ['From', 'To', 'Call-ID', 'CSeq', 'Content-Length', 'Max-Forwards', 'Content-Type', 'Expires'];

const MANY = [
  'Via',
  'Contact',
  'Route',
  'Record-Route',
  'Allow',
  'Supported',
  'Require',
  'Proxy-Require',
  'Unsupported',
  'Accept',
  'Accept-Encoding',
  'Accept-Language',
  'Alert-Info',
  'Allow-Events',
  'Authentication-Info',
  'Authorization',
  'Call-Info',
  'Content-Disposition',
  'Content-Encoding',
  'Content-Language',
  'Date',
  'Error-Info',
  'Event',
  'Flow-Timer',
  'History-Info',
  'Identity',
  'In-Reply-To',
  'Info-Package',
  'Join',
  'MIME-Version',
  'Min-Expires',
  'Min-SE',
  'Organization',
  'P-Asserted-Identity',
  'P-Preferred-Identity',
  'Path',
  'Priority',
  'Privacy',
  'Proxy-Authenticate',
  'Proxy-Authorization',
  'RAck',
  'Reason',
  'Recv-Info',
  'Refer-To',
  'Referred-By',
  'Reject-Contact',
  'Accept-Contact',
  'Replaces',
  'Reply-To',
  'Request-Disposition',
  'Retry-After',
  'RSeq',
  'Server',
  'Service-Route',
  'Session-Expires',
  'SIP-ETag',
  'SIP-If-Match',
  'Subject',
  'Subscription-State',
  'Timestamp',
  'User-Agent',
  'Warning',
  'WWW-Authenticate',
];

/** One letter for one name. IANA, SIP Parameters, Header Fields. */
const COMPACT: Readonly<Record<string, string>> = {
  a: 'Accept-Contact',
  b: 'Referred-By',
  c: 'Content-Type',
  d: 'Request-Disposition',
  e: 'Content-Encoding',
  f: 'From',
  i: 'Call-ID',
  j: 'Reject-Contact',
  k: 'Supported',
  l: 'Content-Length',
  m: 'Contact',
  n: 'Identity-Info',
  o: 'Event',
  r: 'Refer-To',
  s: 'Subject',
  t: 'To',
  u: 'Allow-Events',
  v: 'Via',
  x: 'Session-Expires',
  y: 'Identity',
};

const known = new Map<string, HeaderName>();

/** The spellings of one length and first letter, for a look-up that needs no copy of the name. */
const spellings: { readonly spelling: string; readonly header: HeaderName }[][] = [];

const shape = (length: number, first: number): number => length * 32 + (first & 31);

function spell(spelling: string, header: HeaderName): void {
  if (known.has(spelling)) return;
  known.set(spelling, header);
  const index = shape(spelling.length, spelling.charCodeAt(0));
  spellings[index] = [...(spellings[index] ?? []), { spelling, header }];
}

function learn(name: string, onceBit: number): void {
  const header: HeaderName = { name, key: name.toLowerCase(), onceBit };
  spell(name, header);
  spell(header.key, header);
}

ONCE.forEach((name, at) => {
  learn(name, 1 << at);
});
for (const name of [...MANY, 'Identity-Info']) learn(name, 0);
for (const [letter, name] of Object.entries(COMPACT)) {
  const entry = known.get(name);
  if (entry === undefined) continue;
  spell(letter, entry);
  spell(letter.toUpperCase(), entry);
}

/** The header of that name, in any spelling. A name that is not known keeps the spelling that it came with. */
export function headerName(spelling: string): HeaderName {
  const found = known.get(spelling);
  if (found !== undefined) return found;
  const key = spelling.toLowerCase();
  return known.get(key) ?? { name: spelling, key, onceBit: 0 };
}

/** The header whose name stands in a text from `start` to `end`. */
export function headerNameAt(text: string, start: number, end: number): HeaderName {
  const candidates = spellings[shape(end - start, text.charCodeAt(start))];
  if (candidates !== undefined) {
    for (const { spelling, header } of candidates) if (text.startsWith(spelling, start)) return header;
  }
  return headerName(text.slice(start, end));
}

/** @throws Error when a program names a header by what is no token */
export function checkedHeaderName(spelling: string): HeaderName {
  if (!isToken(spelling)) throw new Error(`not a header name: ${JSON.stringify(spelling)}`);
  return headerName(spelling);
}
