// What a file may ask for and this version does not do: said plainly, never passed over in silence.
// A feature that arrives takes its lines out of here.

import { complaint } from './complaint.ts';
import type { Path } from './document.ts';
import { isTable, type Report } from './structure.ts';

const MEND = 'leave it out, or keep it for a later version';

type Table = Readonly<Record<string, unknown>>;

function at(value: unknown, path: Path): unknown {
  return path.reduce<unknown>((inside, step) => {
    if (Array.isArray(inside) && typeof step === 'number') return inside[step];
    return isTable(inside) ? inside[step] : undefined;
  }, value);
}

/** Key, the value that is carried out (undefined: none is), and what is said. */
const KEYS: readonly {
  readonly path: Path;
  readonly carriedOut: unknown;
  readonly what: string;
  readonly mend?: string;
}[] = [
  {
    path: ['board'],
    carriedOut: 'virtual',
    what: 'real hardware is not carried out by this version, only the board "virtual"',
    mend: 'write board: virtual, or keep it for a later version',
  },
  { path: ['sip', 'tls'], carriedOut: undefined, what: 'TLS is not carried out by this version' },
  { path: ['sip', 'resolvers'], carriedOut: undefined, what: 'own DNS servers are not carried out by this version' },
  { path: ['sip', 'sessionExpires'], carriedOut: 'off', what: 'session timers are not carried out by this version' },
  { path: ['sip', 'outbound'], carriedOut: 'off', what: 'outbound (RFC 5626) is not carried out by this version' },
  { path: ['media', 'profile'], carriedOut: 'avp', what: 'AVPF is not carried out by this version' },
  {
    path: ['audio', 'echoCancellation'],
    carriedOut: false,
    what: 'echo cancellation is not carried out by this version',
  },
  {
    path: ['mqtt', 'homeAssistant'],
    carriedOut: false,
    what: 'Home Assistant discovery is not carried out by this version',
  },
  { path: ['provisioning', 'server'], carriedOut: 'off', what: 'provisioning is not carried out by this version' },
];

/** @param value what the schema yielded, defaults filled in */
export function reportNotCarriedOut(
  value: unknown,
  reports: { readonly fault: Report; readonly warning: Report },
): void {
  if (!isTable(value)) return;
  for (const { path, carriedOut, what, mend } of KEYS) {
    const asked = at(value, path);
    if (asked !== undefined && asked !== carriedOut) reports.warning(path, complaint(what, mend ?? MEND), 'value');
  }
  reportListen(value, reports);
  reportKeying(value, reports.warning);
  reportUris(value, reports.warning);
}

/** UDP and TCP are opened; a file without any would leave the door deaf. */
function reportListen(value: Table, reports: { readonly fault: Report; readonly warning: Report }): void {
  const listen = at(value, ['sip', 'listen']);
  if (!Array.isArray(listen)) return;
  for (const [index, address] of listen.entries()) {
    const transport = at(address, ['transport']);
    if (transport !== 'tls') continue;
    const what = 'SIP over TLS is not carried out by this version; the address is not opened';
    reports.warning(['sip', 'listen', index], complaint(what, MEND), 'value');
  }
  if (listen.every((address) => isTable(address) && address.transport === 'tls')) {
    const found = complaint('has no UDP or TCP address, and this version opens no other', 'add "udp:0.0.0.0:5060"');
    reports.fault(['sip', 'listen'], found, 'value');
  }
}

function reportKeying(value: Table, warning: Report): void {
  const keying = at(value, ['media', 'keying']);
  if (!Array.isArray(keying) || !keying.includes('dtls')) return;
  const found = complaint('DTLS-SRTP is not carried out by this version', MEND);
  warning(['media', 'keying', keying.indexOf('dtls')], found, 'value');
}

/** sips: and ;transport=tls ask for sockets that this version does not have. */
function reportUris(value: Table, warning: Report): void {
  const accounts = Array.isArray(value.accounts) ? value.accounts : [];
  const buttons = isTable(value.buttons) ? Object.entries(value.buttons) : [];
  const paths: Path[] = [
    ...accounts.flatMap((_, index) => ['uri', 'registrar', 'outboundProxy'].map((key) => ['accounts', index, key])),
    ...buttons.flatMap(([name, button]) => {
      const call = at(button, ['call']);
      return (Array.isArray(call) ? call : []).map((_, index) => ['buttons', name, 'call', index]);
    }),
  ];
  for (const path of paths) {
    const uri = at(value, path);
    if (typeof uri !== 'string') continue;
    const transport = /^sips:/i.test(uri) ? 'tls' : /;transport=([a-z]+)/i.exec(uri)?.[1]?.toLowerCase();
    if (transport !== 'tls') continue;
    const what = 'SIP over TLS is not carried out by this version';
    warning(path, complaint(what, 'leave ;transport=… out, or write ;transport=tcp'), 'value');
  }
}
