// Runs messages.md: every message must be read as the fence behind it says.

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseMessage, type SipMessage } from '../../../src/sip/message/index.ts';

const document = readFileSync(new URL('./messages.md', import.meta.url), 'utf8');
const cases = [
  ...document.matchAll(/^## (.+)\n(?:(?!^## )[\s\S])*?```sip\n([\s\S]*?)```\n\n```reading\n([\s\S]*?)```/gm),
].map(([, name = '', message = '', reading = '']) => ({ name, message, reading }));

/** What a name of a reading stands for in a message. */
function read(message: SipMessage, name: string): string {
  const [kind = '', header = ''] = name.split(' ');
  if (kind === 'list') return message.headers.list(header).join(' | ');
  if (kind === 'header') return message.headers.get(header) ?? '(none)';
  if (kind === 'integer') {
    const number = message.integer(header);
    return number.ok ? String(number.value) : number.error.code;
  }
  const { topVia: via, from, to, cseq } = message;
  const readings: Record<string, string> = {
    method: message.kind === 'request' ? message.method : '',
    requestUri: message.kind === 'request' ? message.requestUri : '',
    status: message.kind === 'response' ? String(message.status) : '',
    reason: message.kind === 'response' ? message.reason : '',
    via: `${via.protocol} ${via.host} ${via.port ?? '-'} ${via.branch ?? '-'}`,
    received: String(via.parameters.get('received')),
    from: `${from.displayName ?? '-'} ${from.uri}`,
    to: `${to.displayName ?? '-'} ${to.uri}`,
    fromTag: message.fromTag ?? '',
    toTag: message.toTag ?? '',
    callId: message.callId,
    cseq: `${cseq.number} ${cseq.method}`,
    body: String(message.body.length),
  };
  return readings[kind] ?? `no reading is called ${kind}`;
}

describe('messages.md', () => {
  it('holds cases, each with a reading', () => {
    expect(cases.length).toBe(document.match(/^```sip$/gm)?.length);
    expect(cases.length).toBeGreaterThan(15);
  });

  it.each(cases)('$name', ({ message, reading }) => {
    const parsed = parseMessage(Buffer.from(message.replace(/\n$/, '').replaceAll('\n', '\r\n').concat('\r\n')));
    const expected = reading
      .trimEnd()
      .split('\n')
      .map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()] as const);
    const actual = expected.map(([name]) => {
      if (name === 'failure') return [name, parsed.ok ? 'none' : parsed.error.code];
      if (name === 'reply') return [name, !parsed.ok && parsed.error.reply !== undefined ? 'yes' : 'no'];
      return [name, parsed.ok ? read(parsed.value, name) : `failed: ${parsed.error.message}`];
    });
    expect(actual).toEqual(expected);
  });
});
