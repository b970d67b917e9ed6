// U-NAPTR records (RFC 4848), as RFC 6011 §2.3.3 shows them.

import { describe, expect, it } from 'vitest';
import { millis } from '../../../../src/base/units.ts';
import type { DnsRecord, NaptrRecord } from '../../../../src/sip/locate/dns/records.ts';
import { urisIn } from '../../../../src/sip/locate/uri-naptr.ts';

function naptr(order: number, flags: string, services: string, regexp: string, replacement = ''): NaptrRecord {
  const base = { type: 'NAPTR', name: 'example.net', ttl: millis(60_000) } as const;
  return { ...base, order, preference: 10, flags, services, regexp, replacement };
}

const RECORDS: readonly DnsRecord[] = [
  naptr(100, 'u', 'SFUA.CFG', '!^.*$!https://p2.example.net/cfg!'),
  naptr(10, 'u', 'sfua.cfg', '!^.*$!https://p1.example.net/cfg!'),
  naptr(90, 's', 'SIP+D2T', '', '_sip._tcp.example.net'),
];

describe('U-NAPTR records', () => {
  it('lead to the URIs of the service that is asked for, in their order', () => {
    expect(urisIn(RECORDS, 'SFUA.CFG')).toEqual(['https://p1.example.net/cfg', 'https://p2.example.net/cfg']);
    expect(urisIn(RECORDS, 'LoST:https')).toEqual([]);
  });

  it('are read with the expression of the grammar as well (§2.3.1)', () => {
    expect(urisIn([naptr(1, 'U', 'SFUA.CFG', '!.*!https://a.example/!')], 'SFUA.CFG')).toEqual(['https://a.example/']);
  });

  it.each([
    ['another delimiter', naptr(1, 'u', 'SFUA.CFG', '/^.*$/https:a/')],
    ['a real expression', naptr(1, 'u', 'SFUA.CFG', '!^(.*)$!https://\\1/!')],
    ['a replacement', naptr(1, 'u', 'SFUA.CFG', '!^.*$!https://a.example/!', 'b.example')],
    ['another flag', naptr(1, 's', 'SFUA.CFG', '!^.*$!https://a.example/!')],
    ['a line end', naptr(1, 'u', 'SFUA.CFG', '!^.*$!https://a.example/\r\nX!')],
    ['nothing', naptr(1, 'u', 'SFUA.CFG', '')],
  ])('with %s lead nowhere', (_, record) => {
    expect(urisIn([record], 'SFUA.CFG')).toEqual([]);
  });

  it('are eight at the most', () => {
    const many = Array.from({ length: 40 }, (_, at) => naptr(at, 'u', 'SFUA.CFG', `!.*!https://a.example/${at}!`));
    expect(urisIn(many, 'SFUA.CFG')).toHaveLength(8);
  });
});
