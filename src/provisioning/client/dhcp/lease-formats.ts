// How DHCP clients write down what a network told them. Each keeps what it was asked to ask for; what it did not ask for
// is in none of these files.

import type { DhcpLease } from './dhcp-options.ts';

const NO_OPTIONS: ReadonlyMap<number, Buffer> = new Map();
const MOST_OPTIONS = 128;

/** Options of a DHCPv4 message begin behind this (RFC 2131 §3). */
export const COOKIE = Buffer.from([0x63, 0x82, 0x53, 0x63]);
const COOKIE_AT = 236;

/** dhcpcd: the last answer as it came (RFC 2131 §2). An option that comes in parts is put together (RFC 3396). */
export function readMessage4(bytes: Buffer, where: string): DhcpLease | undefined {
  if (!bytes.subarray(COOKIE_AT, COOKIE_AT + 4).equals(COOKIE)) return undefined;
  const options = new Map<number, Buffer>();
  for (let at = COOKIE_AT + 4; at + 1 < bytes.length; ) {
    const code = bytes[at] ?? 255;
    if (code === 255) break;
    if (code === 0) {
      at += 1;
      continue;
    }
    const length = bytes[at + 1] ?? 0;
    const data = bytes.subarray(at + 2, at + 2 + length);
    if (data.length < length) break;
    options.set(code, Buffer.concat([options.get(code) ?? Buffer.alloc(0), data]));
    at += 2 + length;
  }
  return { where, v4: options, v6: NO_OPTIONS };
}

/** dhcpcd: the last answer of DHCPv6 as it came (RFC 8415 §8, §21.1). */
export function readMessage6(bytes: Buffer, where: string): DhcpLease | undefined {
  if (bytes.length < 8) return undefined;
  const options = new Map<number, Buffer>();
  for (let at = 4; at + 4 <= bytes.length; ) {
    const code = bytes.readUInt16BE(at);
    const length = bytes.readUInt16BE(at + 2);
    const data = bytes.subarray(at + 4, at + 4 + length);
    if (data.length < length) break;
    if (!options.has(code)) options.set(code, data);
    at += 4 + length;
  }
  return { where, v4: NO_OPTIONS, v6: options };
}

/** systemd-networkd: `KEY=value`. It keeps 15, 43, the addresses of 120, and 224 to 254; of 66 and 160 it keeps nothing. */
export function readNetworkd(text: string, where: string): DhcpLease {
  const options = new Map<number, Buffer>();
  for (const line of text.split('\n').slice(0, MOST_OPTIONS)) {
    const [, key = '', value = ''] = /^([A-Z0-9_]+)=(.*)$/.exec(line.trim()) ?? [];
    const number = /^OPTION_(\d{1,3})$/.exec(key)?.[1];
    if (key === 'DOMAINNAME') options.set(15, Buffer.from(value, 'latin1'));
    else if (key === 'VENDOR_SPECIFIC') options.set(43, Buffer.from(value, 'hex'));
    else if (key === 'SIP') options.set(120, addresses(value));
    else if (number !== undefined) options.set(Number(number), Buffer.from(value, 'hex'));
  }
  return { where, v4: options, v6: NO_OPTIONS };
}

/** As option 120 has them (RFC 3361 §3.2). */
function addresses(text: string): Buffer {
  const all = text.split(/\s+/).filter((word) => /^\d{1,3}(?:\.\d{1,3}){3}$/.test(word));
  return Buffer.from([1, ...all.flatMap((address) => address.split('.').map(Number))]);
}

/**
 * The names that dhclient has for what we look for, in whatever version of it; others are `unknown-160`. 120 has none of its
 * own: `sip-servers` is what docs/provisioning.md calls it.
 */
const DHCLIENT_NAMES: ReadonlyMap<string, number> = new Map([
  ['domain-name', 15],
  ['vendor-encapsulated-options', 43],
  ['tftp-server-name', 66],
  ['sip-servers', 120],
  ['sip-ua-cs-domains', 141],
  ['v4-captive-portal', 160],
]);
/** Those that it writes as a list of names: `"a.example.", "b.example."`. */
const DHCLIENT_NAME_LISTS: ReadonlySet<string> = new Set(['sip-ua-cs-domains']);

/** dhclient (alone, or under NetworkManager): a log of leases; the last of an interface counts. */
export function readDhclient(text: string, where: string): readonly DhcpLease[] {
  const last = new Map<string, DhcpLease>();
  for (const [, block = ''] of text.matchAll(/^lease \{\n([\s\S]*?)^\}/gm)) {
    const name = /^\s*interface "([^"\n]{1,32})";/m.exec(block)?.[1] ?? where;
    const options = new Map<number, Buffer>();
    for (const [, option = '', value = ''] of block.matchAll(/^\s*option ([a-z0-9-]+) (.*);$/gm)) {
      const code = DHCLIENT_NAMES.get(option) ?? Number(/^unknown-(\d{1,3})$/.exec(option)?.[1] ?? Number.NaN);
      if (Number.isNaN(code)) continue;
      options.set(code, DHCLIENT_NAME_LISTS.has(option) ? namesOnTheWire(value) : dhclientValue(value));
    }
    last.set(name, { where: name, v4: options, v6: NO_OPTIONS });
  }
  return [...last.values()];
}

/** As in DNS (RFC 1035 §3.1). */
function namesOnTheWire(list: string): Buffer {
  const names = [...list.matchAll(/"([^"\\]{1,253})"/g)].map(([, name = '']) => name.replace(/\.$/, ''));
  const labels = names.flatMap((name) => [...name.split('.').map((label) => label.slice(0, 63)), '']);
  return Buffer.concat(labels.flatMap((label) => [Buffer.from([label.length]), Buffer.from(label, 'latin1')]));
}

/** `"text"` with octal escapes, or bytes in hexadecimal with colons. */
function dhclientValue(value: string): Buffer {
  const text = /^"((?:[^"\\]|\\.)*)"$/.exec(value)?.[1];
  if (text === undefined) return Buffer.from(value.split(':').map((byte) => Number.parseInt(byte, 16) & 0xff));
  const plain = text.replace(/\\(?:([0-7]{3})|(.))/g, (_, octal: string | undefined, one: string | undefined) =>
    octal === undefined ? (one ?? '') : String.fromCharCode(Number.parseInt(octal, 8) & 0xff),
  );
  return Buffer.from(plain, 'latin1');
}

/** What a helper of the system's own wrote: `{ "eth0": { "4": { "66": "<hex>" }, "6": { "21": "<hex>" } } }`. */
export function readHelperFile(text: string): readonly DhcpLease[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return [];
  }
  return entriesOf(parsed).map(([where, options]) => {
    const families = new Map(entriesOf(options));
    return { where, v4: hexOptions(families.get('4')), v6: hexOptions(families.get('6')) };
  });
}

/** As `readHelperFile` reads it. */
export function formatHelperFile(leases: readonly DhcpLease[]): string {
  const hex = (options: ReadonlyMap<number, Buffer>) =>
    Object.fromEntries([...options].map(([code, data]) => [code, data.toString('hex')]));
  const all = leases.map(({ where, v4, v6 }) => [where, { 4: hex(v4), 6: hex(v6) }]);
  return `${JSON.stringify(Object.fromEntries(all), undefined, 2)}\n`;
}

function hexOptions(value: unknown): ReadonlyMap<number, Buffer> {
  const options = new Map<number, Buffer>();
  for (const [code, hex] of entriesOf(value)) {
    if (/^\d{1,5}$/.test(code) && typeof hex === 'string' && /^(?:[0-9a-f]{2})*$/i.test(hex)) {
      options.set(Number(code), Buffer.from(hex, 'hex'));
    }
  }
  return options;
}

function entriesOf(value: unknown): readonly (readonly [string, unknown])[] {
  return typeof value === 'object' && value !== null ? Object.entries(value).slice(0, MOST_OPTIONS) : [];
}
