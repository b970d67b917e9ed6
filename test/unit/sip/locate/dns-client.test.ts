// The DNS client against servers that are slow, dead, lame, forged or wrong.

import { decode, encode } from 'dns-packet';
import { beforeEach, describe, expect, it } from 'vitest';
import { DnsClient, type Known } from '../../../../src/sip/locate/dns/client.ts';
import { PATIENT } from '../../../../src/sip/locate/dns/query.ts';
import type { DnsRecord, QuestionType } from '../../../../src/sip/locate/dns/records.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { AUTHORITATIVE, MemoryDns, reply, TRUNCATED, zone } from '../../../support/memory-dns.ts';
import { RecordingLog } from '../../../support/recording-log.ts';
import { SeededRandom } from '../../../support/seeded-random.ts';

const FIRST = '192.0.2.53';
const SECOND = '192.0.2.54';
const THIRD = '192.0.2.55';
const ZONE = [
  'host.example.com 60 A 192.0.2.1',
  'host.example.com 60 AAAA 2001:db8::1',
  'www.example.com 600 CNAME host.example.com',
  '_sip._udp.example.com 60 SRV 0 1 5060 host.example.com',
];

let clock: FakeClock;
let dns: MemoryDns;
let client: DnsClient;
let servers: string[];

beforeEach(() => {
  clock = new FakeClock();
  dns = new MemoryDns(clock);
  servers = [FIRST, SECOND, THIRD];
  client = new DnsClient({
    clock,
    random: new SeededRandom(7),
    log: new RecordingLog(),
    network: dns,
    servers: () => servers.map((address) => ({ address, port: 53 })),
  });
});

interface Told {
  known: Known | undefined;
  /** Milliseconds from the question. */
  after: number;
}

function ask(name: string, type: QuestionType = 'A', ahead = false): Told {
  const told: Told = { known: undefined, after: -1 };
  const begin = clock.now();
  client.ask({ name, type }, { waits: PATIENT, ahead }, (known) => {
    told.known = known;
    told.after = clock.now() - begin;
  });
  return told;
}

const addresses = ({ known }: Told): readonly string[] | string | undefined => {
  if (known === undefined || known.finding.kind !== 'records') return known?.finding.kind;
  return known.finding.records.map((record: DnsRecord) => ('address' in record ? record.address : record.type));
};

describe('a question', () => {
  it('is answered, and answered again from memory for as long as its TTL', () => {
    const server = dns.server(FIRST, ...ZONE);
    const first = ask('host.example.com');
    clock.advance(10);
    expect(addresses(first)).toEqual(['192.0.2.1']);
    clock.advance(59_000);
    const again = ask('host.example.com');
    expect(addresses(again)).toEqual(['192.0.2.1']);
    expect(again.after).toBe(0);
    expect(server.asked).toHaveLength(1);
    clock.advance(1000);
    server.records = zone('host.example.com 60 A 192.0.2.9');
    const later = ask('host.example.com');
    expect(later.known).toBeUndefined();
    clock.advance(10);
    expect(addresses(later)).toEqual(['192.0.2.9']);
  });

  it('is asked again in the last fifth of its answer’s life by who looks ahead, and by nobody else', () => {
    const server = dns.server(FIRST, ...ZONE);
    ask('host.example.com');
    clock.advance(10 + 47_000);
    expect(ask('host.example.com', 'A', true).after).toBe(0);
    clock.advance(1000);
    expect(ask('host.example.com').after).toBe(0);
    expect(server.asked).toHaveLength(1);
    ask('host.example.com', 'A', true);
    clock.advance(10);
    expect(server.asked).toHaveLength(2);
  });

  it('asked by several at once goes out once', () => {
    const server = dns.server(FIRST, ...ZONE);
    const all = [ask('host.example.com'), ask('host.example.com'), ask('host.example.com')];
    clock.advance(10);
    expect(all.map(addresses)).toEqual([['192.0.2.1'], ['192.0.2.1'], ['192.0.2.1']]);
    expect(server.asked).toHaveLength(1);
  });

  it('has an id and a channel of its own', () => {
    const server = dns.server(FIRST, ...ZONE);
    for (let turn = 0; turn < 40; turn += 1) ask(`h${turn}.example.com`);
    expect(dns.open).toBe(40);
    clock.advance(10);
    expect(new Set(server.asked.map(({ id }) => id)).size).toBeGreaterThan(38);
    expect(dns.open).toBe(0);
  });

  it('has no life below five seconds and none above an hour', () => {
    dns.server(FIRST, 'short.example.com 0 A 192.0.2.1', 'long.example.com 604800 A 192.0.2.2');
    const [short, long] = [ask('short.example.com'), ask('long.example.com')];
    clock.advance(10);
    expect(short.known?.finding.life).toBe(5000);
    expect(long.known?.finding.life).toBe(3_600_000);
  });

  it.each(['', 'a..example.com', `${'a'.repeat(64)}.example.com`])('for the name "%s" is not asked', (name) => {
    const server = dns.server(FIRST, ...ZONE);
    expect(addresses(ask(name))).toBe('none');
    clock.advance(10_000);
    expect(server.asked).toEqual([]);
  });

  it('leaves nothing behind: no channel, no timer', () => {
    dns.server(FIRST, ...ZONE).silent = true;
    dns.server(SECOND, ...ZONE);
    ask('host.example.com');
    clock.advance(700);
    expect(dns.open).toBe(0);
    expect(clock.timers).toEqual([]);
  });

  it('that nobody waits for any more is given up', () => {
    dns.server(FIRST, ...ZONE).silent = true;
    const told = ask('host.example.com');
    client.close();
    clock.advance(60_000);
    expect(dns.open).toBe(0);
    expect(told.known).toBeUndefined();
  });

  it('is one too many beyond a bound, and fails at once', () => {
    for (let turn = 0; turn < 64; turn += 1) ask(`h${turn}.example.com`);
    expect(addresses(ask('one-more.example.com'))).toBe('failed');
    expect(dns.open).toBe(64);
  });
});

describe('servers', () => {
  it('that are silent are left for the next after half a second, and asked last from then on', () => {
    const dead = dns.server(FIRST);
    dead.silent = true;
    const good = dns.server(SECOND, ...ZONE);
    const told = ask('host.example.com');
    clock.advance(600);
    expect(addresses(told)).toEqual(['192.0.2.1']);
    expect(told.after).toBe(510);
    const next = ask('www.example.com');
    clock.advance(10);
    expect(next.after).toBe(10);
    expect(dead.asked).toHaveLength(1);
    expect(good.asked).toHaveLength(2);
  });

  it('are asked by turns, with growing patience, and in the end nobody has answered', () => {
    const all = [FIRST, SECOND, THIRD].map((address) => dns.server(address));
    for (const server of all) server.silent = true;
    const begin = clock.now();
    const told = ask('host.example.com');
    clock.advance(10_000);
    expect(all.map(({ asked }) => asked.map(({ at }) => at - begin - 5))).toEqual([[0, 3500], [500], [1500]]);
    expect(addresses(told)).toBe('failed');
    expect(told.after).toBe(5500);
  });

  it('that are alone get a lost question again', () => {
    servers = [FIRST];
    const server = dns.server(FIRST, ...ZONE);
    let lost = 2;
    server.script = (query) => {
      lost -= 1;
      return lost >= 0 ? undefined : { answers: zone('host.example.com 60 A 192.0.2.1'), questions: query.questions };
    };
    const told = ask('host.example.com');
    clock.advance(10_000);
    expect(told.after).toBe(1510);
    expect(addresses(told)).toEqual(['192.0.2.1']);
  });

  it('that nobody runs are known by ICMP, and the next is asked at once', () => {
    dns.server(FIRST).refuses = true;
    dns.server(SECOND).refuses = true;
    dns.server(THIRD, ...ZONE);
    const told = ask('host.example.com');
    clock.advance(100);
    expect(addresses(told)).toEqual(['192.0.2.1']);
    expect(told.after).toBe(30);
  });

  it('that refuse all of them, however many there are, end it without waiting', () => {
    servers = ['192.0.2.1', '192.0.2.2', '192.0.2.3', '192.0.2.4', '192.0.2.5', '192.0.2.6'];
    for (const address of servers) dns.server(address).refuses = true;
    const told = ask('host.example.com');
    clock.advance(100);
    expect(addresses(told)).toBe('failed');
    expect(told.after).toBe(60);
  });

  it.each([
    ['SERVFAIL', { flags: 2 }],
    ['REFUSED', { flags: 5 }],
    ['a referral (RFC 2308 §2.2)', { flags: 0, authorities: zone('example.com 60 NS ns.example.com') }],
    ['nothing, without recursion', { flags: 0 }],
  ])('that answer %s are lame, and the next is asked at once', (_, packet) => {
    dns.server(FIRST).script = () => packet;
    dns.server(SECOND, ...ZONE);
    const told = ask('host.example.com');
    clock.advance(100);
    expect(addresses(told)).toEqual(['192.0.2.1']);
    expect(told.after).toBe(20);
  });

  it.each([
    ['FORMERR', 1],
    ['NOTIMP', 4],
  ])('of old, that answer EDNS0 with %s, are asked without it', (_, flags) => {
    const old = dns.server(FIRST);
    old.script = (query) =>
      (query.additionals ?? []).length > 0
        ? { flags, questions: [] }
        : { flags: AUTHORITATIVE, answers: zone('host.example.com 60 A 192.0.2.1') };
    const told = ask('host.example.com');
    clock.advance(100);
    expect(addresses(told)).toEqual(['192.0.2.1']);
    expect(old.asked.map(({ edns }) => edns)).toEqual([true, false]);
  });

  it('that swallow EDNS0 are asked without it the second time', () => {
    servers = [FIRST];
    dns.server(FIRST).script = (query) =>
      (query.additionals ?? []).length > 0
        ? undefined
        : { flags: AUTHORITATIVE, answers: zone('host.example.com 60 A 192.0.2.1') };
    const told = ask('host.example.com');
    clock.advance(600);
    expect(addresses(told)).toEqual(['192.0.2.1']);
  });

  it('that cut an answer off are asked over TCP (RFC 2181 §9)', () => {
    const server = dns.server(FIRST);
    const many = Array.from({ length: 40 }, (_, at) => `host.example.com 60 A 192.0.2.${at + 1}`);
    server.script = (_, over) =>
      over === 'udp' ? { flags: TRUNCATED, answers: zone(...many.slice(0, 3)) } : { answers: zone(...many) };
    const told = ask('host.example.com');
    clock.advance(100);
    expect(addresses(told)).toHaveLength(40);
    expect(server.asked.map(({ over }) => over)).toEqual(['udp', 'tcp']);
    expect(dns.open).toBe(0);
  });

  it('that cut off and take no TCP are left for the next', () => {
    const server = dns.server(FIRST);
    server.script = () => {
      server.refuses = true;
      return { flags: TRUNCATED };
    };
    dns.server(SECOND, ...ZONE);
    const told = ask('host.example.com');
    clock.advance(100);
    expect(addresses(told)).toEqual(['192.0.2.1']);
  });

  it('that are none at all: it is said at once', () => {
    servers = [];
    const told = ask('host.example.com');
    expect(addresses(told)).toBe('failed');
  });

  it('that were all dead and are back are asked again after a few seconds', () => {
    const all = [FIRST, SECOND, THIRD].map((address) => dns.server(address, ...ZONE));
    for (const server of all) server.silent = true;
    ask('host.example.com');
    clock.advance(6000);
    for (const server of all) server.silent = false;
    expect(addresses(ask('host.example.com'))).toBe('failed');
    clock.advance(5000);
    const told = ask('host.example.com');
    clock.advance(10);
    expect(addresses(told)).toEqual(['192.0.2.1']);
  });

  it('that fail take nothing away: the old answer is given out while nobody knows (RFC 8767)', () => {
    const all = [FIRST, SECOND, THIRD].map((address) => dns.server(address, ...ZONE));
    ask('host.example.com');
    clock.advance(70_000);
    for (const server of all) server.rcode = 2;
    const told = ask('host.example.com');
    clock.advance(100);
    expect(addresses(told)).toEqual(['192.0.2.1']);
    expect(told.known?.finding.life).toBe(30_000);
    for (const server of all) server.rcode = undefined;
    all[0]?.records.splice(0, 1, ...zone('host.example.com 60 A 192.0.2.8'));
    clock.advance(31_000);
    const later = ask('host.example.com');
    clock.advance(100);
    expect(addresses(later)).toEqual(['192.0.2.8']);
  });

  it('are those of the new network once it has changed', () => {
    dns.server(FIRST, ...ZONE);
    dns.server(SECOND, 'host.example.com 60 A 10.0.0.1');
    ask('host.example.com');
    clock.advance(10);
    servers = [SECOND];
    client.expire();
    const told = ask('host.example.com');
    clock.advance(10);
    expect(addresses(told)).toEqual(['10.0.0.1']);
  });
});

describe('a question under way', () => {
  it('goes to the servers of the new network when that has changed', () => {
    dns.server(FIRST).silent = true;
    dns.server(SECOND, ...ZONE);
    servers = [FIRST];
    const told = ask('host.example.com');
    clock.advance(100);
    servers = [SECOND];
    client.expire();
    clock.advance(10);
    expect(addresses(told)).toEqual(['192.0.2.1']);
    expect(told.after).toBe(110);
    expect(dns.open).toBe(0);
  });
});

describe('forged answers (RFC 5452 §9.1)', () => {
  const EVIL = zone('host.example.com 60 A 203.0.113.66');
  const query = (id: number, name = 'host.example.com', type: 'A' | 'AAAA' = 'A') =>
    decode(encode({ type: 'query', id, questions: [{ name, type, class: 'IN' }] }));

  it.each([
    ['of another id', (id: number) => reply(query(id ^ 1), { answers: EVIL })],
    ['to another question', (id: number) => reply(query(id, 'www.example.com'), { answers: EVIL })],
    ['to a question of another type', (id: number) => reply(query(id, 'host.example.com', 'AAAA'), { answers: EVIL })],
    ['to no question', (id: number) => reply(query(id), { answers: EVIL, questions: [] })],
    ['that are questions', (id: number) => encode({ type: 'query', id, questions: [], answers: EVIL })],
    ['that are no DNS', () => Buffer.from('SIP/2.0 200 OK')],
    ['that are empty', () => Buffer.alloc(0)],
  ])('%s are passed over, and the true one still counts', (_, forge) => {
    const server = dns.server(FIRST, ...ZONE);
    dns.delay = 50;
    const told = ask('host.example.com');
    clock.advance(60);
    const id = server.asked[0]?.id ?? 0;
    dns.inject(forge(id));
    expect(told.known).toBeUndefined();
    clock.advance(50);
    expect(addresses(told)).toEqual(['192.0.2.1']);
    expect(told.after).toBe(100);
  });

  it('by the thousand do not end the wait', () => {
    const server = dns.server(FIRST, ...ZONE);
    dns.delay = 50;
    const told = ask('host.example.com');
    clock.advance(60);
    const id = server.asked[0]?.id ?? 0;
    for (let guess = 0; guess < 5000; guess += 1) if (guess !== id) dns.inject(reply(query(guess), { answers: EVIL }));
    clock.advance(50);
    expect(addresses(told)).toEqual(['192.0.2.1']);
  });
});

describe('aliases', () => {
  it('are followed within an answer, for the shortest of its lives', () => {
    dns.server(FIRST, ...ZONE);
    const told = ask('www.example.com');
    clock.advance(10);
    expect(addresses(told)).toEqual(['192.0.2.1']);
    expect(told.known?.finding.life).toBe(60_000);
  });

  it('are asked for where their server does not follow them', () => {
    const server = dns.server(FIRST, ...ZONE);
    server.script = ({ questions = [] }) =>
      questions[0]?.name === 'www.example.com'
        ? { answers: zone('www.example.com 20 CNAME host.example.com') }
        : { answers: zone('host.example.com 60 A 192.0.2.1') };
    const told = ask('www.example.com');
    clock.advance(100);
    expect(addresses(told)).toEqual(['192.0.2.1']);
    expect(server.questions).toEqual(['A www.example.com', 'A host.example.com']);
  });

  it('that lead nowhere mean nothing is there', () => {
    dns.server(FIRST, 'www.example.com 60 CNAME gone.example.com');
    const told = ask('www.example.com');
    clock.advance(10);
    expect(addresses(told)).toBe('none');
  });

  it('in a ring end', () => {
    dns.server(FIRST, 'a.example.com 60 CNAME b.example.com', 'b.example.com 60 CNAME a.example.com');
    const told = ask('a.example.com');
    clock.advance(100);
    expect(addresses(told)).toBe('none');
  });

  it('in a ring of questions end', () => {
    const server = dns.server(FIRST);
    let turn = 0;
    server.script = ({ questions = [] }) => {
      turn += 1;
      return { answers: zone(`${questions[0]?.name} 60 CNAME n${turn}.example.com`) };
    };
    const told = ask('a.example.com');
    clock.advance(1000);
    expect(addresses(told)).toBe('failed');
    expect(server.asked.length).toBeLessThanOrEqual(9);
  });
});

describe('nothing', () => {
  it.each([
    ['no such name', 'nobody.example.com', 'A'],
    ['no such record', 'host.example.com', 'NAPTR'],
  ] as const)('(%s) is remembered for the minimum of the SOA (RFC 2308 §5)', (_, name, type) => {
    const server = dns.server(FIRST, ...ZONE);
    const told = ask(name, type);
    clock.advance(10);
    expect(addresses(told)).toBe('none');
    expect(told.known?.finding.life).toBe(60_000);
    clock.advance(59_000);
    expect(addresses(ask(name, type))).toBe('none');
    expect(server.asked).toHaveLength(1);
    clock.advance(1000);
    ask(name, type);
    clock.advance(10);
    expect(server.asked).toHaveLength(2);
  });

  it('is remembered for the life of the SOA where that is shorter', () => {
    const server = dns.server(FIRST, ...ZONE);
    server.authority = zone('example.com 20 SOA ns.example.com root.example.com 600');
    const told = ask('nobody.example.com');
    clock.advance(10);
    expect(told.known?.finding.life).toBe(20_000);
  });

  it('is hardly remembered where no SOA says for how long', () => {
    dns.server(FIRST, ...ZONE).authority = [];
    const told = ask('nobody.example.com');
    clock.advance(10);
    expect(told.known?.finding.life).toBe(5000);
  });
});

describe('addresses that come along with SRV', () => {
  const LAST = '_sip._udp.example.com';

  it('are used: no second question', () => {
    const server = dns.server(FIRST, ...ZONE);
    server.additionals = zone('host.example.com 60 A 192.0.2.1');
    ask(LAST, 'SRV');
    clock.advance(10);
    const told = ask('host.example.com');
    expect(addresses(told)).toEqual(['192.0.2.1']);
    expect(server.questions).toEqual([`SRV ${LAST}`]);
  });

  it.each([
    ['of another host', 'other.example.com', 'host.example.com'],
    ['of another domain', 'sip.provider.example', 'sip.provider.example'],
  ])('%s are not', (_, additional, target) => {
    const server = dns.server(FIRST, `${LAST} 60 SRV 0 1 5060 ${target}`, `${additional} 60 A 192.0.2.1`);
    server.additionals = zone(`${additional} 60 A 203.0.113.66`);
    ask(LAST, 'SRV');
    clock.advance(10);
    const told = ask(additional);
    expect(told.known).toBeUndefined();
    clock.advance(10);
    expect(addresses(told)).toEqual(['192.0.2.1']);
  });

  it('do not replace what was asked for and is fresh (RFC 2181 §5.4.1)', () => {
    const server = dns.server(FIRST, ...ZONE);
    server.additionals = zone('host.example.com 60 A 203.0.113.66');
    ask('host.example.com');
    clock.advance(10);
    ask(LAST, 'SRV');
    clock.advance(10);
    expect(addresses(ask('host.example.com'))).toEqual(['192.0.2.1']);
  });
});

describe('memory', () => {
  it('is bounded: the oldest answer is forgotten', () => {
    const server = dns.server(FIRST);
    server.script = ({ questions = [] }) => ({ answers: zone(`${questions[0]?.name} 3600 A 192.0.2.1`) });
    for (let turn = 0; turn < 600; turn += 1) {
      ask(`h${turn}.example.com`);
      clock.advance(10);
    }
    const before = server.asked.length;
    ask('h599.example.com');
    clock.advance(10);
    expect(server.asked).toHaveLength(before);
    ask('h0.example.com');
    clock.advance(10);
    expect(server.asked).toHaveLength(before + 1);
  });
});
