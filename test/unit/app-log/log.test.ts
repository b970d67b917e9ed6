import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import { ServiceLog, type ServiceLogOptions } from '../../../src/app/log.ts';
import type { LineSink } from '../../../src/app/log-sink.ts';
import { Secret } from '../../../src/base/secret.ts';
import { FakeClock } from '../../support/fake-clock.ts';

class KeepingSink implements LineSink {
  readonly lines: string[] = [];
  open = true;

  write(line: string): boolean {
    if (this.open) this.lines.push(line);
    return this.open;
  }
}

function make(options: Partial<ServiceLogOptions> = {}): { log: ServiceLog; sink: KeepingSink } {
  const sink = new KeepingSink();
  return { log: new ServiceLog({ clock: new FakeClock(), sink, level: 'info', format: 'json', ...options }), sink };
}

const only = (sink: KeepingSink): unknown => {
  expect(sink.lines).toHaveLength(1);
  return JSON.parse(sink.lines[0] ?? '');
};

describe('a line for programs', () => {
  it('is one JSON object with time, level, event and the fields', () => {
    const { log, sink } = make();
    log.info('call.started', { call: 'c1', tries: 2, button: undefined, media: { codec: 'PCMA', lost: 0 } });
    expect(sink.lines[0]).toMatch(/\}\n$/);
    expect(only(sink)).toEqual({
      time: '2026-01-01T00:00:00.000Z',
      level: 'info',
      event: 'call.started',
      call: 'c1',
      tries: 2,
      media: { codec: 'PCMA', lost: 0 },
    });
  });

  it('keeps its own names: a field called level does not forge the level', () => {
    const { log, sink } = make();
    log.warn('x', { level: 'debug', time: 'never', event: 'y' });
    expect(only(sink)).toMatchObject({ level: 'warn', event: 'x', level_: 'debug', time_: 'never', event_: 'y' });
  });

  it('is written from the configured level on', () => {
    const { log, sink } = make({ level: 'warn' });
    log.debug('a');
    log.info('b');
    log.warn('c');
    log.error('d');
    log.level = 'debug';
    log.debug('e');
    expect(sink.lines.map((line) => JSON.parse(line).event)).toEqual(['c', 'd', 'e']);
  });
});

describe('secrets', () => {
  it.each([
    { password: 'hunter2' },
    { sipPassword: 'hunter2' },
    { Password: 'hunter2' },
    { code: 'hunter2' },
    { key: 'hunter2' },
    { masterKey: 'hunter2' },
    { digit: 'hunter2' },
    { digits: 'hunter2' },
    { authorization: 'hunter2' },
    { what: new Secret('hunter2') },
    { deep: { list: [{ password: 'hunter2' }, new Secret('hunter2')] } },
    { password: { text: 'hunter2' } },
    { codes: new Map([['main', 'hunter2']]) },
    { key: Buffer.from('hunter2') },
    { bytes: Buffer.from('hunter2') },
  ])('are not printed: %j', (fields) => {
    for (const format of ['json', 'plain', 'coloured'] as const) {
      const { log, sink } = make({ format, level: 'debug' });
      log.debug('x', fields);
      expect(sink.lines.join('')).not.toMatch(/hunter2|68756e74657232|104,117/);
      expect(sink.lines).toHaveLength(1);
    }
  });

  it('a numeric code is one too, and names that only resemble are none', () => {
    const { log, sink } = make();
    log.info('x', { code: 4711, status: 486, codec: 'PCMA', monkey: 'yes', keyboard: 'de', digitsAllowed: true });
    expect(only(sink)).toMatchObject({ code: '[secret]', status: 486, codec: 'PCMA', monkey: 'yes', keyboard: 'de' });
  });
});

describe('whatever a caller hands over', () => {
  it('is printed in bounds and never throws', () => {
    const ring: { [name: string]: unknown } = { name: 'ring' };
    ring.self = ring;
    const hostile = {
      ring,
      big: 12n,
      nan: Number.NaN,
      symbol: Symbol('s'),
      call: () => 1,
      error: new Error('it broke'),
      date: new Date(Number.NaN),
      long: 'x'.repeat(100_000),
      many: Array.from({ length: 10_000 }, (_, at) => at),
      get trap(): string {
        throw new TypeError('no');
      },
    };
    const { log, sink } = make();
    expect(() => log.error('x', hostile)).not.toThrow();
    expect(only(sink)).toMatchObject({ big: '12', nan: 'NaN', error: 'it broke', trap: '[unreadable: TypeError]' });
    expect(sink.lines[0]?.length).toBeLessThan(5000);
  });
});

describe('a line for eyes', () => {
  it('is aligned: local time with milliseconds, level, event, fields', () => {
    const { log, sink } = make({ format: 'coloured' });
    log.info('call.ringing', { call: 'c1', status: 180 });
    log.warn('fault', { what: 'no broker' });
    const [ringing = '', fault = ''] = sink.lines.map((line) => stripVTControlCharacters(line));
    expect(ringing).toMatch(/^\d\d:\d\d:\d\d\.000 info {2}call\.ringing {11}call=c1 status=180\n$/);
    expect(fault).toMatch(/^\d\d:\d\d:\d\d\.000 warn {2}fault {18}what="no broker"\n$/);
    expect(ringing.indexOf('call=')).toBe(fault.indexOf('what='));
    expect(sink.lines[0]).toContain('\u001b[');
  });

  it('is without colour on request', () => {
    const { log, sink } = make({ format: 'plain' });
    log.info('x', { a: 1 });
    expect(sink.lines[0]).not.toContain('\u001b');
  });

  it('lets no text of a peer move the cursor or forge a line', () => {
    const { log, sink } = make({ format: 'coloured' });
    log.info('call.refused', { peer: 'sip:a\u001b[2J\r\n00:00:00.000 error all.lost\u0007\u2028@x', 'na\nme': 1 });
    const text = stripVTControlCharacters(sink.lines.join(''));
    expect(text.match(/\n/g)).toHaveLength(1);
    expect(sink.lines.join('')).not.toContain('\u001b[2J');
    for (const forbidden of ['\u001b', '\r', '\u0007', '\u2028']) expect(text).not.toContain(forbidden);
  });
});

describe('a reader that sleeps', () => {
  it('costs lines, and is told how many when it wakes', () => {
    const { log, sink } = make();
    log.info('first');
    sink.open = false;
    log.info('second');
    log.info('third');
    sink.open = true;
    log.info('fourth');
    log.info('fifth');
    expect(sink.lines.map((line) => JSON.parse(line))).toMatchObject([
      { event: 'first' },
      { event: 'log.lost', level: 'warn', lines: 2 },
      { event: 'fourth' },
      { event: 'fifth' },
    ]);
  });
});
