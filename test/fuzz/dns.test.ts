// Whatever a DNS server, or who pretends to be one, sends: it is read or refused, it never throws, never takes long, and
// what comes of it are names, numbers and addresses.

import { isIP } from 'node:net';
import { describe, expect, it } from 'vitest';
import { DnsClient, type Known } from '../../src/sip/locate/dns/client.ts';
import { decodeResponse } from '../../src/sip/locate/dns/codec.ts';
import { PATIENT } from '../../src/sip/locate/dns/query.ts';
import type { DnsRecord } from '../../src/sip/locate/dns/records.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { MemoryDns, reply, zone } from '../support/memory-dns.ts';
import { RecordingLog } from '../support/recording-log.ts';
import { SeededRandom } from '../support/seeded-random.ts';
import { fuzz, fuzzSeconds, mutate } from './mutations.ts';

const timeout = 60_000 + fuzzSeconds * 2000;
const RESOLVER = { address: '192.0.2.53', port: 53 };

const records = zone(
  'example.com 60 NAPTR 50 50 "s" "SIPS+D2T" "" _sips._tcp.example.com',
  'example.com 60 NAPTR 100 50 "s" "SIP+D2U" "" _sip._udp.example.com',
  '_sip._udp.example.com 60 SRV 0 1 5060 host.example.com',
  '_sip._udp.example.com 60 SRV 10 2 5062 www.example.com',
  'www.example.com 60 CNAME host.example.com',
  'host.example.com 60 A 192.0.2.1',
  'host.example.com 60 AAAA 2001:db8::1',
  'example.com 60 SOA ns.example.com root.example.com 60',
);
const questions = [{ name: 'host.example.com', type: 'A', class: 'IN' }] as const;
const corpus = [
  reply(queryWith(0x1234), { answers: records }),
  reply(queryWith(0x1234), { answers: records.slice(4, 6), authorities: records.slice(7) }),
  reply(queryWith(0x1234), { answers: [], authorities: records.slice(7), flags: 0x0183 }),
  reply(queryWith(0x1234), { answers: records.slice(2, 4), additionals: records.slice(5, 7) }),
];

function queryWith(id: number): Parameters<typeof reply>[0] {
  const flags = { flag_qr: false, flag_aa: false, flag_tc: false, flag_rd: true };
  return { ...flags, flag_ra: false, flag_z: false, flag_ad: false, flag_cd: false, id, questions: [...questions] };
}

function checkRecord(record: DnsRecord): void {
  expect(record.ttl).toBeGreaterThanOrEqual(0);
  expect(record.ttl).toBeLessThanOrEqual(0x7fff_ffff * 1000);
  if (record.type === 'A') expect(isIP(record.address)).toBe(4);
  if (record.type === 'AAAA') expect(isIP(record.address)).toBe(6);
  if (record.type === 'SRV') for (const value of [record.priority, record.weight, record.port]) checkShort(value);
  if (record.type === 'NAPTR') for (const value of [record.order, record.preference]) checkShort(value);
}

function checkShort(value: number): void {
  expect(value).toBeGreaterThanOrEqual(0);
  expect(value).toBeLessThanOrEqual(65_535);
}

function check(bytes: Buffer): boolean {
  const decoded = decodeResponse(bytes);
  if (!decoded.ok) return false;
  const { answers, authorities, additionals } = decoded.value;
  for (const record of [...answers, ...authorities, ...additionals]) checkRecord(record);
  return true;
}

describe('decodeResponse', () => {
  it(
    'survives random octets',
    () => {
      const random = new SeededRandom(11);
      fuzz(() => {
        check(random.bytes(Math.floor(random.uniform() * 300)));
      });
    },
    timeout,
  );

  it(
    'survives mutated answers',
    () => {
      const random = new SeededRandom(12);
      let accepted = 0;
      const rounds = fuzz(() => {
        if (check(mutate(corpus, random))) accepted += 1;
      });
      expect(accepted).toBeGreaterThan(rounds / 20);
      expect(accepted).toBeLessThan(rounds);
    },
    timeout,
  );

  it.each([
    [
      'pointers that go back step by step',
      Buffer.concat(Array.from({ length: 5000 }, () => Buffer.from('c00c', 'hex'))),
    ],
    ['empty records', Buffer.concat(Array.from({ length: 5900 }, () => Buffer.from('0000010001000000000000', 'hex')))],
    ['one-letter labels', Buffer.from('0161'.repeat(16_000), 'hex')],
  ])('takes bounded time over 64 kB of %s', (_, tail) => {
    const start = process.hrtime.bigint();
    for (const counts of ['000101ff00000000', '0001ffff00000000', '0001000001ff0000']) {
      check(Buffer.concat([Buffer.from(`12348180${counts}`, 'hex'), tail]).subarray(0, 65_535));
    }
    expect(Number(process.hrtime.bigint() - start) / 1e6).toBeLessThan(1000);
  });
});

describe('a client', () => {
  it(
    'goes on asking and answering, whatever is sent to it under the right id',
    () => {
      const random = new SeededRandom(13);
      const clock = new FakeClock();
      const dns = new MemoryDns(clock);
      const server = dns.server(RESOLVER.address);
      const log = new RecordingLog();
      const client = new DnsClient({ clock, random, log, network: dns, servers: () => [RESOLVER] });
      server.script = ({ id = 0 }) => {
        const bytes = Buffer.from(mutate(corpus, random));
        if (bytes.length >= 2) bytes.writeUInt16BE(id);
        return bytes;
      };
      fuzz(() => {
        let known: Known | undefined;
        client.ask({ name: 'host.example.com', type: 'A' }, { waits: PATIENT, ahead: false }, (told) => {
          known = told;
        });
        clock.advance(6000);
        expect(known).toBeDefined();
        expect(dns.open).toBe(0);
        log.lines.length = 0;
        server.asked.length = 0;
        clock.advance(3_600_000);
      });
      expect(clock.timers).toEqual([]);
    },
    timeout,
  );
});
