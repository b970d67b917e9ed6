// Names of header fields: spelling, compact forms (RFC 3261 §7.3.3 and the RFCs that registered more), and which may
// stand once only.

import { isAlphaCode, isToken, isTokenCode } from './characters.ts';

export interface HeaderName {
  /** As it is written on the wire. */
  readonly name: string;
  /** What names are compared by. */
  readonly key: string;
  /** A bit of its own for a header that may come once only (§7.3.1: no list, so no second field); else 0. */
  readonly onceBit: number;
  /** Whether it says where the message belongs: such values are read once and kept with the message. */
  readonly decisive: boolean;
}

/** Those that decide where a message belongs, how long it is, how far it goes: a second one makes it ambiguous. */
const ONCE = ['From', 'To', 'Call-ID', 'CSeq', 'Content-Length', 'Max-Forwards', 'Content-Type', 'Expires'];

/** What a message is known by (§8.1.1, §17). */
const DECISIVE = new Set(['Via', 'From', 'To', 'Call-ID', 'CSeq']);

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
  'Identity-Info',
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

/** By the canonical spelling, which is how the program asks. */
const known = new Map<string, HeaderName>();

/**
 * All spellings as one tree of letters: a name is checked to be a token and known after a single pass over its
 * characters, whatever their case, without a copy of it. A node is the index of its row in the table; the row's
 * columns hold the next node for each character, or `STRANGER` where no known name goes on that way.
 */
const ROW_BITS = 5;
const COLUMNS = 1 << ROW_BITS;
const STRANGER = 0;
const HYPHEN = 27;
const OTHER = 28;
const NAMES = [...ONCE, ...MANY];
const tree = new Uint16Array((2 + NAMES.join('').length) * COLUMNS);
/** By the row that the last character leads to. */
const headers: (HeaderName | undefined)[] = [undefined, undefined];

/** The column of each character: 1–26 for a letter in either case, 0 for what ends a name. */
const columns = Uint8Array.from({ length: 128 }, (_, code) => {
  if (isAlphaCode(code)) return code & 31;
  if (code === 0x2d) return HYPHEN;
  return isTokenCode(code) ? OTHER : 0;
});

/** Where every name begins in the tree. */
export const NAME_ROOT = COLUMNS;

/** The node behind one more character of a name; -1 where the character is none of a token: the name has ended. */
export function nextNameNode(node: number, code: number): number {
  const column = code < 128 ? (columns[code] ?? 0) : 0;
  return column === 0 ? -1 : (tree[node + column] ?? STRANGER);
}

/** The header whose name has led to a node; undefined for a name that is not known. */
export const headerOfNode = (node: number): HeaderName | undefined => headers[node >> ROW_BITS];

function spell(spelling: string, header: HeaderName): void {
  let node = NAME_ROOT;
  for (let at = 0; at < spelling.length; at += 1) {
    let next = nextNameNode(node, spelling.charCodeAt(at));
    if (next === STRANGER) {
      next = (headers.push(undefined) - 1) << ROW_BITS;
      tree[node + (columns[spelling.charCodeAt(at)] ?? 0)] = next;
    }
    node = next;
  }
  headers[node >> ROW_BITS] = header;
}

NAMES.forEach((name, at) => {
  const onceBit = at < ONCE.length ? 1 << at : 0;
  const header = { name, key: name.toLowerCase(), onceBit, decisive: DECISIVE.has(name) };
  known.set(name, header);
  spell(name, header);
});
for (const [letter, name] of Object.entries(COMPACT)) spell(letter, headerName(name));

/** The header of that name, in any spelling. A name that is not known keeps the spelling that it came with. */
export function headerName(spelling: string): HeaderName {
  const found = known.get(spelling);
  if (found !== undefined) return found;
  let node = NAME_ROOT;
  for (let at = 0; at < spelling.length && node > STRANGER; at += 1) {
    node = nextNameNode(node, spelling.charCodeAt(at));
  }
  return (node > STRANGER ? headerOfNode(node) : undefined) ?? strangeHeaderName(spelling);
}

/** A header that is not known. */
export const strangeHeaderName = (name: string): HeaderName => ({
  name,
  key: name.toLowerCase(),
  onceBit: 0,
  decisive: false,
});

/** @throws Error when a program names a header by what is no token */
export function checkedHeaderName(spelling: string): HeaderName {
  const found = known.get(spelling);
  if (found !== undefined) return found;
  if (!isToken(spelling)) throw new Error(`not a header name: ${JSON.stringify(spelling)}`);
  return headerName(spelling);
}
