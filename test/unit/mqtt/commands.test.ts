import { describe, expect, it } from 'vitest';
import { readCommand } from '../../../src/mqtt/commands.ts';

const now = new Date('2026-05-01T12:00:00.000Z');
const rules = { allowed: ['press', 'hangup', 'open', 'transfer', 'hold', 'resume', 'volume'], now };

const read = (name: string, payload: string, options: { retained?: boolean; allowed?: string[] } = {}) =>
  readCommand(
    { name, payload: Buffer.from(payload), retained: options.retained ?? false },
    { ...rules, allowed: options.allowed ?? rules.allowed },
  );

describe('readCommand', () => {
  it.each([
    ['press', '{"button":"front"}', { name: 'press', parameters: { button: 'front' } }],
    ['press', 'front', { name: 'press', parameters: { button: 'front' } }],
    ['press', '', { name: 'press', parameters: {} }],
    ['open', '{"door":"main","time":"2026-05-01T11:59:56.000Z"}', { name: 'open', parameters: { door: 'main' } }],
    ['open', ' main \n', { name: 'open', parameters: { door: 'main' } }],
    ['transfer', '{"uri":"sip:102@example.com"}', { name: 'transfer', parameters: { uri: 'sip:102@example.com' } }],
    ['transfer', 'sip:102@example.com', { name: 'transfer', parameters: { uri: 'sip:102@example.com' } }],
    ['hold', '', { name: 'hold', parameters: {} }],
    ['resume', '{}', { name: 'resume', parameters: {} }],
    ['volume', 'speaker 40', { name: 'volume', parameters: { side: 'speaker', percent: 40 } }],
    ['volume', 'microphone mute', { name: 'volume', parameters: { side: 'microphone', muted: true } }],
    [
      'volume',
      '{"side":"speaker","percent":40,"muted":false}',
      { name: 'volume', parameters: { side: 'speaker', percent: 40, muted: false } },
    ],
    ['hangup', '{}', { name: 'hangup', parameters: {} }],
    ['hangup', 'please', { name: 'hangup', parameters: {} }],
  ])('%s with %s', (name, payload, command) => {
    expect(read(name, payload)).toEqual({ ok: true, value: command });
  });

  it.each([
    ['a command that was retained', 'open', 'main', { retained: true }, /retained/],
    ['a command that is not listed', 'open', 'main', { allowed: ['press'] }, /mqtt\.commands/],
    ['a command that does not exist', 'explode', '', {}, /no command "explode"/],
    ['a command of the catalogue that MQTT does not carry', 'call', 'sip:x@y', { allowed: ['call'] }, /no command/],
    ['a time 6 s ago', 'open', '{"time":"2026-05-01T11:59:54.000Z"}', {}, /6 s/],
    ['a time 6 s ahead', 'open', '{"time":"2026-05-01T12:00:06.000Z"}', {}, /-6 s/],
    ['a time that is none', 'open', '{"time":"yesterday"}', {}, /ISO-8601/],
    ['a time that is a number', 'open', '{"time":1777636800}', {}, /ISO-8601/],
    ['broken JSON', 'press', '{"button":', {}, /JSON/],
    ['a transfer to nobody', 'transfer', '', {}, /to whom/],
    ['a door that is no text', 'open', '{"door":7}', {}, /no text/],
    ['a volume beyond 100', 'volume', 'speaker 101', {}, /0 to 100/],
    ['a volume of what is no side', 'volume', 'bell 10', {}, /speaker or microphone/],
    ['a volume that is no number', 'volume', '{"side":"speaker","percent":"40"}', {}, /no number/],
    ['a payload that is too long', 'press', 'x'.repeat(2000), {}, /longer/],
  ])('refuses %s', (_, name, payload, options, why) => {
    const outcome = read(name, payload, options);
    expect(outcome.ok).toBe(false);
    if (!outcome.ok) expect(outcome.error).toMatch(why);
  });

  it('keeps what a stranger wrote out of its answer, but for printable characters', () => {
    const outcome = read('a\nb\u001b[31m', '');
    if (!outcome.ok) expect(outcome.error).toBe('there is no command "a?b?[31m"');
    expect(outcome.ok).toBe(false);
  });
});
