// Where URIs lead: the rules of RFC 3263 §4 over servers in memory, what is remembered of them, and for how long.

import { beforeEach, describe, expect, it } from 'vitest';
import { millis } from '../../../../src/base/units.ts';
import { DnsClient, Locator, Names } from '../../../../src/sip/locate/index.ts';
import type { Endpoint, Protocol } from '../../../../src/sip/message/types.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { MemoryDns, type MemoryDnsServer, zone } from '../../../support/memory-dns.ts';
import { RecordingLog } from '../../../support/recording-log.ts';
import { SeededRandom } from '../../../support/seeded-random.ts';

const RESOLVER = '192.0.2.53';

/** RFC 3263 §4.1, with addresses for its servers. */
const EXAMPLE = [
  'example.com 60 NAPTR 50 50 "s" "SIPS+D2T" "" _sips._tcp.example.com',
  'example.com 60 NAPTR 90 50 "s" "SIP+D2T" "" _sip._tcp.example.com',
  'example.com 60 NAPTR 100 50 "s" "SIP+D2U" "" _sip._udp.example.com',
  '_sips._tcp.example.com 60 SRV 0 1 5061 secure.example.com',
  '_sip._tcp.example.com 60 SRV 0 1 5060 server1.example.com',
  '_sip._tcp.example.com 60 SRV 1 2 5060 server2.example.com',
  '_sip._udp.example.com 60 SRV 0 1 5060 server3.example.com',
  'secure.example.com 60 A 192.0.2.10',
  'server1.example.com 60 A 192.0.2.1',
  'server2.example.com 60 A 192.0.2.2',
  'server3.example.com 60 A 192.0.2.3',
  'example.com 60 A 192.0.2.80',
];
const WITHOUT_NAPTR = EXAMPLE.filter((line) => !line.includes('NAPTR'));

let clock: FakeClock;
let dns: MemoryDns;
let server: MemoryDnsServer;
let locator: Locator;
let able: Protocol[];
let families: string[];
let system: Record<string, string[]>;
let looked: string[];
let changes: number;
let log: RecordingLog;

function setUp(seed = 1): void {
  clock = new FakeClock();
  log = new RecordingLog();
  dns = new MemoryDns(clock);
  server = dns.server(RESOLVER, ...EXAMPLE);
  able = ['udp', 'tcp', 'tls'];
  families = ['IPv4', 'IPv6'];
  system = {};
  looked = [];
  changes = 0;
  const random = new SeededRandom(seed);
  const client = new DnsClient({
    clock,
    random,
    log,
    network: dns,
    servers: () => [{ address: RESOLVER, port: 53 }],
  });
  const names = new Names({
    clock,
    log,
    dns: client,
    lookup: (name) => {
      looked.push(name);
      const found = system[name];
      return found === undefined ? Promise.reject(new Error('ENOTFOUND')) : Promise.resolve(found);
    },
    hosts: () => new Set(['pinned.example.com']),
  });
  locator = new Locator({
    clock,
    random,
    log,
    names,
    get transports() {
      return able;
    },
    reaches: ({ address }) => families.includes(address.includes(':') ? 'IPv6' : 'IPv4'),
    changed: () => {
      changes += 1;
    },
  });
}

beforeEach(() => setUp());

/** As `udp:192.0.2.1:5060`, with the name for the certificate where there is one; or the error. */
function show({ protocol, address, port, serverName }: Endpoint): string {
  return `${protocol} ${address} ${port}${serverName === undefined ? '' : ` ${serverName}`}`;
}

/** What a URI leads to as of now; undefined while that is being found out. */
function now(uri: string): readonly string[] | string | undefined {
  let told: readonly string[] | string | undefined;
  locator.locate(uri, (located) => {
    told = located.ok ? located.value.map(show) : located.error;
  });
  return told;
}

async function find(uri: string): Promise<readonly string[] | string | undefined> {
  let told: readonly string[] | string | undefined;
  locator.locate(uri, (located) => {
    told = located.ok ? located.value.map(show) : located.error;
  });
  await clock.advanceAsync(100);
  return told;
}

const endpoint = (protocol: Protocol, address: string, port: number): Endpoint => ({ protocol, address, port });

describe('a transport (RFC 3263 §4.1)', () => {
  it('of the example: the client supports TCP and UDP, TCP will be used', async () => {
    able = ['udp', 'tcp'];
    expect(await find('sip:user@example.com')).toEqual(['tcp 192.0.2.1 5060', 'tcp 192.0.2.2 5060']);
  });

  it('is TLS where we have it: it has the lowest order', async () => {
    expect(await find('sip:user@example.com')).toEqual(['tls 192.0.2.10 5061 example.com']);
  });

  it('is UDP where we have nothing else', async () => {
    able = ['udp'];
    expect(await find('sip:user@example.com')).toEqual(['udp 192.0.2.3 5060']);
  });

  it('of a sips URI is TLS, and nothing else is looked at', async () => {
    expect(await find('sips:user@example.com')).toEqual(['tls 192.0.2.10 5061 example.com']);
    server.records = zone(...EXAMPLE.filter((line) => !line.includes('SIPS+D2T')));
    setUpAgain();
    expect(await find('sips:user@example.com')).toEqual(['tls 192.0.2.10 5061 example.com']);
    expect(server.questions).not.toContain('SRV _sip._tcp.example.com');
  });

  it('that was TLS and is no longer is warned of: forgers may have left it out (RFC 3263 §7)', async () => {
    locator.keep('sip:user@example.com');
    await clock.advanceAsync(100);
    server.records = zone(...EXAMPLE.filter((line) => !line.includes('SIPS+D2T')));
    await clock.advanceAsync(60_000);
    expect(now('sip:user@example.com')).toEqual(['tcp 192.0.2.1 5060', 'tcp 192.0.2.2 5060']);
    const warnings = log.lines.filter(({ level }) => level === 'warn');
    expect(warnings).toEqual([{ level: 'warn', event: 'locate.no-longer-tls', fields: { target: 'example.com' } }]);
  });

  it('that the URI names is used: no NAPTR', async () => {
    expect(await find('sip:user@example.com;transport=udp')).toEqual(['udp 192.0.2.3 5060']);
    expect(await find('sip:user@example.com;transport=TCP')).toEqual(['tcp 192.0.2.1 5060', 'tcp 192.0.2.2 5060']);
    expect(await find('sip:user@example.com;transport=tls')).toEqual(['tls 192.0.2.10 5061 example.com']);
    expect(await find('sips:user@example.com;transport=tcp')).toEqual(['tls 192.0.2.10 5061 example.com']);
    expect(server.questions.filter((question) => question.startsWith('NAPTR'))).toEqual([]);
  });

  it('for a numeric host is UDP, of sips TLS, and nothing is asked', () => {
    expect(now('sip:user@192.0.2.7')).toEqual(['udp 192.0.2.7 5060']);
    expect(now('sip:user@192.0.2.7:5070')).toEqual(['udp 192.0.2.7 5070']);
    expect(now('sip:user@192.0.2.7;transport=tcp')).toEqual(['tcp 192.0.2.7 5060']);
    expect(now('sips:user@192.0.2.7')).toEqual(['tls 192.0.2.7 5061']);
    expect(now('sip:user@[2001:db8::7]')).toEqual(['udp 2001:db8::7 5060']);
    expect(server.questions).toEqual([]);
  });

  it('for an explicit port is UDP, of sips TLS, and only addresses are asked for', async () => {
    expect(await find('sip:user@example.com:5060')).toEqual(['udp 192.0.2.80 5060']);
    expect(await find('sips:user@example.com:5070')).toEqual(['tls 192.0.2.80 5070 example.com']);
    expect(new Set(server.questions)).toEqual(new Set(['A example.com', 'AAAA example.com']));
  });

  it('without NAPTR is the first of ours that has SRV records; TLS only on wish', async () => {
    server.records = zone(...WITHOUT_NAPTR);
    expect(await find('sip:user@example.com')).toEqual(['udp 192.0.2.3 5060']);
    server.records = zone(...WITHOUT_NAPTR.filter((line) => !line.includes('_udp')));
    setUpAgain();
    expect(await find('sip:user@example.com')).toEqual(['tcp 192.0.2.1 5060', 'tcp 192.0.2.2 5060']);
  });

  it('without any service record is UDP, of sips TLS, at the default port', async () => {
    server.records = zone('plain.example.com 60 A 192.0.2.80');
    expect(await find('sip:user@plain.example.com')).toEqual(['udp 192.0.2.80 5060']);
    expect(await find('sips:user@plain.example.com')).toEqual(['tls 192.0.2.80 5061 plain.example.com']);
    expect(await find('sip:user@plain.example.com;transport=tls')).toEqual(['tls 192.0.2.80 5061 plain.example.com']);
  });

  it('whose records are of no use is passed over', async () => {
    server.records = zone(
      'example.com 60 NAPTR 10 50 "u" "E2U+sip" "!^.*$!sip:x@example.com!" .',
      'example.com 60 NAPTR 20 50 "s" "SIP+D2S" "" _sip._sctp.example.com',
      'example.com 60 NAPTR 30 50 "s" "SIP+D2X" "" _sip._x.example.com',
      'example.com 60 NAPTR 40 50 "s" "SIP+D2T" "!.*!x!" _sip._tcp.evil.example',
      'example.com 60 NAPTR 50 50 "s" "SIP+D2T" "" _sip._tcp.gone.example',
      ...EXAMPLE,
    );
    able = ['udp', 'tcp'];
    expect(await find('sip:user@example.com')).toEqual(['tcp 192.0.2.1 5060', 'tcp 192.0.2.2 5060']);
    expect(server.questions).not.toContain('SRV _sip._tcp.evil.example');
  });

  it('is chosen by preference among equal orders, and its flags and services are read without case', async () => {
    able = ['udp', 'tcp'];
    server.records = zone(
      'example.com 60 NAPTR 10 20 "S" "sip+d2t" "" _sip._tcp.example.com',
      'example.com 60 NAPTR 10 10 "S" "sip+d2u" "" _sip._udp.example.com',
      ...WITHOUT_NAPTR,
    );
    expect(await find('sip:user@example.com')).toEqual(['udp 192.0.2.3 5060']);
  });

  it('may lead into another domain: the certificate must be good for the one that was called (RFC 5922 §4)', async () => {
    server.records = zone(
      'school.example 60 NAPTR 10 10 "s" "SIPS+D2T" "" _sips._tcp.provider.example',
      '_sips._tcp.provider.example 60 SRV 0 0 5061 edge7.provider.example',
      'edge7.provider.example 60 A 192.0.2.77',
    );
    expect(await find('sip:user@school.example')).toEqual(['tls 192.0.2.77 5061 school.example']);
  });

  it.each([
    [
      'sip:user@example.com;transport=tcp',
      ['udp'],
      'sip:user@example.com;transport=tcp asks for TCP, and only UDP is carried',
    ],
    ['sips:user@example.com', ['udp', 'tcp'], 'sips:user@example.com asks for TLS, and only UDP or TCP is carried'],
    ['sips:user@example.com;transport=udp', ['udp', 'tls'], 'asks for udp, and that is not carried'],
    ['sip:user@example.com;transport=sctp', ['udp'], 'asks for sctp, and that is not carried'],
    ['tel:+4930', ['udp'], 'tel:+4930 is not a SIP URI'],
  ] as const)('for %s with %j: a sentence', (uri, transports, sentence) => {
    able = [...transports];
    expect(now(uri)).toContain(sentence);
  });
});

describe('servers (RFC 3263 §4.2, RFC 2782)', () => {
  beforeEach(() => {
    able = ['udp'];
  });

  it('come by priority, each with all of its addresses, the families by turns', async () => {
    server.records = zone(
      '_sip._udp.example.com 60 SRV 20 0 5070 backup.example.com',
      '_sip._udp.example.com 60 SRV 10 0 5060 main.example.com',
      'main.example.com 60 A 192.0.2.1',
      'main.example.com 60 A 192.0.2.2',
      'main.example.com 60 AAAA 2001:db8::1',
      'backup.example.com 60 AAAA 2001:db8::2',
    );
    const all = ['udp 192.0.2.1 5060', 'udp 2001:db8::1 5060', 'udp 192.0.2.2 5060', 'udp 2001:db8::2 5070'];
    expect(await find('sip:user@example.com')).toEqual(all);
    expect(locator.known('sip:other@example.com')).toEqual(['192.0.2.1', '2001:db8::1', '192.0.2.2', '2001:db8::2']);
  });

  it('are of the families that a socket reaches, and others are not asked for', async () => {
    families = ['IPv6'];
    server.records = zone('host.example.com 60 A 192.0.2.1', 'host.example.com 60 AAAA 2001:db8::1');
    expect(await find('sip:user@host.example.com')).toEqual(['udp 2001:db8::1 5060']);
    expect(server.questions).not.toContain('A host.example.com');
    expect(now('sip:user@192.0.2.1')).toBe('no socket reaches 192.0.2.1');
  });

  it('are those of maddr, where there is one, and the certificate is that of the host', async () => {
    able = ['udp', 'tls'];
    expect(await find('sip:user@example.com;maddr=server1.example.com')).toEqual(['udp 192.0.2.1 5060']);
    expect(now('sips:user@example.com;maddr=192.0.2.9')).toEqual(['tls 192.0.2.9 5061 example.com']);
  });

  it('that a domain says it has not are not looked for elsewhere (RFC 2782: a target of ".")', async () => {
    server.records = zone('_sip._udp.example.com 60 SRV 0 0 0 .', 'example.com 60 A 192.0.2.80');
    expect(await find('sip:user@example.com')).toBe('_sip._udp.example.com says that there is no such service');
  });

  it('without addresses are left out; without any, it is said', async () => {
    server.records = zone(
      '_sip._udp.example.com 60 SRV 0 0 5060 nobody.example.com',
      '_sip._udp.example.com 60 SRV 1 0 5060 server1.example.com',
      'server1.example.com 60 A 192.0.2.1',
    );
    expect(await find('sip:user@example.com')).toEqual(['udp 192.0.2.1 5060']);
    server.records = zone('_sip._udp.other.example 60 SRV 0 0 5060 nobody.example.com');
    expect(await find('sip:user@other.example')).toBe('the servers of _sip._udp.other.example have no address');
    expect(await find('sip:user@nowhere.example')).toBe('nowhere.example has no address');
  });

  it('are no more than sixteen, the best of them, with no more than thirty-two addresses', async () => {
    server.records = zone(
      ...Array.from({ length: 60 }, (_, at) => `_sip._udp.example.com 60 SRV ${100 - at} 0 5060 h${at}.example.com`),
      ...Array.from({ length: 60 }, (_, at) => `h${at}.example.com 60 A 192.0.2.${at}`),
      ...Array.from({ length: 60 }, (_, at) => `many.example.com 60 A 198.51.100.${at}`),
    );
    const found = await find('sip:user@example.com');
    expect(found).toHaveLength(16);
    expect(found?.[0]).toBe('udp 192.0.2.59 5060');
    expect(server.asked.length).toBeLessThan(40);
    expect(await find('sip:user@many.example.com')).toHaveLength(32);
  });

  it('share the callers by weight: different doors begin with different servers', async () => {
    const counts = { '192.0.2.1': 0, '192.0.2.2': 0 };
    for (let seed = 1; seed <= 200; seed += 1) {
      setUp(seed);
      able = ['udp'];
      server.records = zone(
        '_sip._udp.example.com 60 SRV 0 100 5060 server1.example.com',
        '_sip._udp.example.com 60 SRV 0 300 5060 server2.example.com',
        'server1.example.com 60 A 192.0.2.1',
        'server2.example.com 60 A 192.0.2.2',
      );
      locator.locate('sip:user@example.com', (located) => {
        const first = located.ok ? located.value[0]?.address : undefined;
        if (first === '192.0.2.1' || first === '192.0.2.2') counts[first] += 1;
      });
      clock.advance(100);
    }
    // 50 of 200 expected, standard deviation 6.
    expect(counts['192.0.2.1']).toBeGreaterThan(25);
    expect(counts['192.0.2.1']).toBeLessThan(75);
    expect(counts['192.0.2.1'] + counts['192.0.2.2']).toBe(200);
  });
});

describe('names that are not of the DNS', () => {
  beforeEach(() => {
    able = ['udp'];
  });

  it.each(['localhost', 'pbx', 'pbx.local', 'door.localhost', 'pinned.example.com'])(
    '%s is left to the system, and no DNS server hears of it',
    async (name) => {
      system[name] = ['10.0.0.5', 'fd00::5'];
      expect(await find(`sip:user@${name}`)).toEqual(['udp 10.0.0.5 5060', 'udp fd00::5 5060']);
      expect(server.questions).toEqual([]);
    },
  );

  it('and are not found there are looked up as the system does: by its search domains', async () => {
    system['pbx.floor2'] = ['10.0.0.5'];
    expect(await find('sip:user@pbx.floor2')).toEqual(['udp 10.0.0.5 5060']);
    expect(looked).toEqual(['pbx.floor2']);
  });

  it('are looked up once for all who ask at the same time', async () => {
    system.pbx = ['10.0.0.5'];
    const all = await Promise.all([find('sip:a@pbx'), find('sip:b@pbx:5070'), find('sip:c@pbx;transport=udp')]);
    expect(all.flat()).toEqual(['udp 10.0.0.5 5060', 'udp 10.0.0.5 5070', 'udp 10.0.0.5 5060']);
    expect(looked).toEqual(['pbx']);
  });
});

describe('what is known', () => {
  const URI = 'sip:pbx@example.com';

  beforeEach(() => {
    able = ['udp'];
  });

  it('is there at once, however old, and asked for again behind the call', async () => {
    await find(URI);
    server.records = zone(...EXAMPLE, 'server3.example.com 60 A 192.0.2.33');
    await clock.advanceAsync(61_000);
    const before = server.asked.length;
    expect(now(URI)).toEqual(['udp 192.0.2.3 5060']);
    await clock.advanceAsync(100);
    expect(server.asked.length).toBeGreaterThan(before);
    expect(now(URI)).toEqual(['udp 192.0.2.3 5060', 'udp 192.0.2.33 5060']);
  });

  it('where it is kept, is asked for again before its time is over', async () => {
    locator.keep(URI);
    await clock.advanceAsync(100);
    expect(changes).toBe(1);
    server.records = zone(
      ...EXAMPLE.filter((line) => !line.startsWith('server3')),
      'server3.example.com 60 A 192.0.2.33',
    );
    await clock.advanceAsync(47_000);
    expect(now(URI)).toEqual(['udp 192.0.2.3 5060']);
    await clock.advanceAsync(2000);
    expect(now(URI)).toEqual(['udp 192.0.2.33 5060']);
    expect(changes).toBe(2);
    const before = server.asked.length;
    await clock.advanceAsync(46_000);
    expect(server.asked.length).toBe(before);
  });

  it('survives servers that fail, for as long as it takes', async () => {
    locator.keep(URI);
    await clock.advanceAsync(100);
    server.silent = true;
    await clock.advanceAsync(3_600_000);
    expect(now(URI)).toEqual(['udp 192.0.2.3 5060']);
    expect(changes).toBe(1);
    server.silent = false;
    server.records = zone(
      '_sip._udp.example.com 60 SRV 0 0 5062 server4.example.com',
      'server4.example.com 60 A 192.0.2.4',
    );
    await clock.advanceAsync(60_000);
    expect(now(URI)).toEqual(['udp 192.0.2.4 5062']);
  });

  it('survives a zone that is broken for minutes, and not one that is gone', async () => {
    locator.keep(URI);
    await clock.advanceAsync(100);
    server.records = [];
    await clock.advanceAsync(300_000);
    expect(now(URI)).toEqual(['udp 192.0.2.3 5060']);
    await clock.advanceAsync(600_000);
    expect(now(URI)).toBeUndefined();
    expect(locator.known(URI)).toEqual([]);
    expect(changes).toBe(2);
  });

  it('is found out within seconds of the servers’ return, where it was never known', async () => {
    server.silent = true;
    locator.keep(URI);
    await clock.advanceAsync(60_000);
    server.silent = false;
    await clock.advanceAsync(15_000);
    expect(now(URI)).toEqual(['udp 192.0.2.3 5060']);
  });

  it('does not wait for a NAPTR that a router swallows, nor for an AAAA', async () => {
    const plain = server.answer.bind(server);
    server.answer = (query, over) => {
      const type = query.questions?.[0]?.type;
      return type === 'NAPTR' || type === 'AAAA' ? undefined : plain(query, over);
    };
    let after = -1;
    const begin = clock.now();
    locator.locate(URI, () => {
      after = clock.now() - begin;
    });
    await clock.advanceAsync(10_000);
    expect(now(URI)).toEqual(['udp 192.0.2.3 5060']);
    // NAPTR 1.5 s, then SRV, then 1 s for the other family.
    expect(after).toBeLessThan(2600);
    const before = server.asked.length;
    await clock.advanceAsync(40_000);
    expect(server.asked.length - before).toBeLessThanOrEqual(4);
  });

  it('is asked for at once when the network has changed', async () => {
    locator.keep(URI);
    await clock.advanceAsync(100);
    const before = server.asked.length;
    locator.refresh();
    await clock.advanceAsync(100);
    expect(server.asked.length).toBeGreaterThan(before);
  });

  it('is bounded, and what is kept stays', async () => {
    locator.keep(URI);
    await clock.advanceAsync(100);
    for (let turn = 0; turn < 400; turn += 1) {
      now(`sip:x@h${turn}.example.com`);
      await clock.advanceAsync(20);
    }
    const before = server.asked.length;
    expect(now(URI)).toEqual(['udp 192.0.2.3 5060']);
    expect(server.asked.length).toBe(before);
  });

  it('is asked for no longer where others are kept in its place', async () => {
    locator.keep(URI);
    locator.keep('sip:user@example.com:5060');
    await clock.advanceAsync(100);
    locator.keepOnly(['sip:user@example.com:5060']);
    server.asked.length = 0;
    await clock.advanceAsync(600_000);
    const names = new Set(server.asked.map(({ name }) => name));
    expect(names).toEqual(new Set(['example.com']));
  });

  it('tells nobody after the end', async () => {
    let told = false;
    locator.keep(URI);
    locator.locate(URI, () => {
      told = true;
    });
    locator.close();
    await clock.advanceAsync(600_000);
    expect(told).toBe(false);
    expect(clock.timers).toEqual([]);
  });

  it('is told to each who waits, though one of them fails at it', async () => {
    const told: boolean[] = [];
    locator.locate(URI, () => {
      throw new Error('a fault of the user');
    });
    locator.locate(URI, (located) => told.push(located.ok));
    await clock.advanceAsync(100);
    expect(told).toEqual([true]);
    expect(log.text).toContain('a fault of the user');
  });
});

describe('the order', () => {
  const URI = 'sip:pbx@example.com';
  const PAIR = [
    '_sip._udp.example.com 60 SRV 0 1 5060 server1.example.com',
    '_sip._udp.example.com 60 SRV 0 1 5060 server2.example.com',
    '_sip._udp.example.com 60 SRV 1 0 5060 server3.example.com',
    'server1.example.com 60 A 192.0.2.1',
    'server2.example.com 60 A 192.0.2.2',
    'server3.example.com 60 A 192.0.2.3',
  ];
  let first: string;
  let second: string;
  const third = 'udp 192.0.2.3 5060';

  beforeEach(async () => {
    able = ['udp'];
    server.records = zone(...PAIR);
    const found = (await find(URI)) ?? [];
    [first = '', second = ''] = found;
    expect(found).toEqual([first, second, third]);
  });

  const at = (shown: string): Endpoint => endpoint('udp', shown.split(' ')[1] ?? '', 5060);

  it('stays as it is, however often the names are asked for again', async () => {
    locator.keep(URI);
    for (let turn = 0; turn < 30; turn += 1) {
      server.records.reverse();
      await clock.advanceAsync(61_000);
      expect(now(URI)?.[0]).toBe(first);
    }
  });

  it('puts who failed behind the others for a while, and then back', () => {
    locator.missed(at(first));
    expect(now(URI)).toEqual([second, third, first]);
    clock.advance(29_000);
    expect(now(URI)).toEqual([second, third, first]);
    clock.advance(1000);
    expect(now(URI)).toEqual([first, second, third]);
  });

  it('leaves who failed again alone for twice as long, up to ten minutes', () => {
    for (const minutes of [0.5, 1, 2, 4, 8, 10, 10]) {
      locator.missed(at(first));
      clock.advance(minutes * 60_000 - 1);
      expect(now(URI)?.[0]).toBe(second);
      clock.advance(1);
      expect(now(URI)?.[0]).toBe(first);
    }
  });

  it('counts requests that fail together as one failure', () => {
    for (let turn = 0; turn < 20; turn += 1) {
      locator.missed(at(first));
      clock.advance(1000);
    }
    clock.advance(10_000);
    expect(now(URI)?.[0]).toBe(first);
  });

  it('is said once for each failure, however many requests it meets', () => {
    for (let turn = 0; turn < 100; turn += 1) {
      locator.missed(at(first));
      clock.advance(3000);
    }
    // 300 s of failing: at once, after 30 s, after 60, after 120.
    expect(log.lines.filter(({ event }) => event === 'locate.server-failed').length).toBeLessThanOrEqual(4);
  });

  it('obeys Retry-After', () => {
    locator.missed(at(first), millis(120_000));
    clock.advance(119_000);
    expect(now(URI)?.[0]).toBe(second);
    clock.advance(1000);
    expect(now(URI)?.[0]).toBe(first);
  });

  it('is of those that have failed when all have: all are tried, the one that failed first before the others', () => {
    locator.missed(at(third));
    clock.advance(100);
    locator.missed(at(first));
    clock.advance(100);
    locator.missed(at(second));
    expect(now(URI)).toEqual([third, first, second]);
  });

  it('forgives who has answered', () => {
    locator.missed(at(first));
    locator.reached(at(first));
    expect(now(URI)).toEqual([first, second, third]);
  });

  it('keeps to the equal that took over, and returns from a lower priority', () => {
    locator.missed(at(first));
    locator.reached(at(second));
    clock.advance(30_000);
    expect(now(URI)).toEqual([second, first, third]);
    locator.missed(at(second));
    locator.missed(at(first));
    locator.reached(at(third));
    expect(now(URI)?.[0]).toBe(third);
    clock.advance(60_000);
    expect(now(URI)).toEqual([second, first, third]);
  });

  it('keeps to who is in use when others join', async () => {
    server.records = zone(
      ...PAIR,
      '_sip._udp.example.com 60 SRV 0 60000 5060 server4.example.com',
      'server4.example.com 60 A 192.0.2.4',
    );
    locator.keep(URI);
    await clock.advanceAsync(130_000);
    expect(now(URI)).toHaveLength(4);
    expect(now(URI)?.[0]).toBe(first);
  });

  it('forgets failures with the network that they happened in', () => {
    locator.missed(at(first));
    locator.refresh();
    expect(now(URI)?.[0]).toBe(first);
  });
});

/** Another device that asks the same server. */
function setUpAgain(): void {
  const { records } = server;
  setUp();
  server.records = records;
}

describe('servers of another service (RFC 8489 §8.1)', () => {
  const load = (...lines: readonly string[]): void => {
    server.records = zone(...lines);
  };
  const found = async (host: string, port?: number): Promise<readonly string[] | undefined> => {
    let told: readonly string[] | undefined;
    const query = { service: '_stun._udp', host, port, usualPort: 3478 };
    locator.findOthers(query, (places) => {
      told = places.map((place) => `${place.address} ${place.port}`);
    });
    await clock.advanceAsync(100);
    return told;
  };

  it('are those of SRV records, by priority, each with its port', async () => {
    load(
      '_stun._udp.example.net 60 SRV 1 0 3479 stun2.example.net',
      '_stun._udp.example.net 60 SRV 0 0 3478 stun1.example.net',
      'stun1.example.net 60 A 192.0.2.31',
      'stun2.example.net 60 A 192.0.2.32',
      'stun2.example.net 60 AAAA 2001:db8::32',
    );
    expect(await found('example.net')).toEqual(['192.0.2.31 3478', '192.0.2.32 3479', '2001:db8::32 3479']);
    // Whoever names a port is not asked for others.
    load('example.net 60 A 192.0.2.30');
    expect(await found('example.net', 3500)).toEqual(['192.0.2.30 3500']);
  });

  it('are the host itself where there are none, at the usual port', async () => {
    expect(await found('example.com')).toEqual(['192.0.2.80 3478']);
    expect(await found('192.0.2.9')).toEqual(['192.0.2.9 3478']);
    expect(await found('2001:DB8::9', 3500)).toEqual(['2001:db8::9 3500']);
  });

  it('are none where the domain says so, or nobody knows the name', async () => {
    load('_stun._udp.example.org 60 SRV 0 0 0 .', 'example.org 60 A 192.0.2.40');
    expect(await found('example.org')).toEqual([]);
    expect(await found('nowhere.example.com')).toEqual([]);
  });
});
