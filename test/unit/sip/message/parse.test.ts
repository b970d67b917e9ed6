import { describe, expect, it } from 'vitest';
import { type MessageLimits, parseMessage, type SipMessage, serialize } from '../../../../src/sip/message/index.ts';

const headers = [
  'Via: SIP/2.0/UDP pc33.atlanta.com;branch=z9hG4bKnashds8',
  'To: Bob <sip:bob@biloxi.com>',
  'From: Alice <sip:alice@atlanta.com>;tag=1928301774',
  'Call-ID: a84b4c76e66710',
  'CSeq: 314159 OPTIONS',
];

const text = (start = 'OPTIONS sip:bob@biloxi.com SIP/2.0', lines: readonly string[] = headers, body = ''): string =>
  `${[start, ...lines].join('\r\n')}\r\n\r\n${body}`;

function parse(source: string | Buffer, limits?: Partial<MessageLimits>): SipMessage {
  const parsed = parseMessage(Buffer.from(source), limits);
  if (!parsed.ok) throw new Error(`${parsed.error.code}: ${parsed.error.message}`);
  return parsed.value;
}

function failure(source: string | Buffer, limits?: Partial<MessageLimits>) {
  const parsed = parseMessage(Buffer.from(source), limits);
  if (parsed.ok) throw new Error('it was accepted');
  return parsed.error;
}

const without = (name: string): string[] => headers.filter((line) => !line.startsWith(`${name}:`));
const replaced = (name: string, line: string): string[] => [...without(name), line];

describe('framing', () => {
  it('passes over CRLFs before the start line (§7.5)', () => {
    expect(parse(`\r\n\r\n${text()}`).callId).toBe('a84b4c76e66710');
  });

  it.each(['', '\r\n', '\r\n\r\n'])('tells a keep-alive from a fault: %j', (bytes) => {
    expect(failure(bytes).code).toBe('empty');
  });

  it('asks for the empty line behind the headers', () => {
    expect(failure(text().slice(0, -2))).toMatchObject({ code: 'header-line', reply: { method: 'OPTIONS' } });
  });

  it('takes no line feed for a line end', () => {
    expect(failure(text().replace('\r\nTo', '\nTo')).code).toBe('header-line');
  });

  it('gives the body as the octets that came', () => {
    const body = Buffer.from([0, 255, 13, 10, 13, 10, 128]);
    const message = parse(Buffer.concat([Buffer.from(text(undefined, [...headers, 'l: 7'])), body]));
    expect([...message.body]).toEqual([...body]);
  });

  it('counts the octets of a body, not its characters (§20.14)', () => {
    const body = 'Tür';
    expect(parse(text(undefined, [...headers, 'Content-Length: 4'], body)).body.toString()).toBe(body);
    expect(failure(text(undefined, [...headers, 'Content-Length: 5'], body)).code).toBe('content-length');
  });

  it.each(['', '-1', '1x', '0x10', '1 2', '99999999999999999999'])('refuses Content-Length %j', (value) => {
    expect(failure(text(undefined, [...headers, `Content-Length: ${value}`], 'body')).code).toBe('content-length');
  });
});

describe('start lines', () => {
  it('compares the version without case (§7.1)', () => {
    expect(parse(text('OPTIONS sip:bob@biloxi.com sip/2.0'))).toMatchObject({ method: 'OPTIONS' });
    expect(parse(text('sip/2.0 200 OK'))).toMatchObject({ status: 200 });
  });

  it('keeps the case of a method (§7.1): options is another method', () => {
    expect(parse(text('options sip:bob@biloxi.com SIP/2.0', replaced('CSeq', 'CSeq: 1 options')))).toMatchObject({
      method: 'options',
    });
    expect(failure(text('options sip:bob@biloxi.com SIP/2.0')).code).toBe('cseq-method');
  });

  it('can answer another version with 505 (§21.5.6)', () => {
    const fault = failure(text('OPTIONS sip:bob@biloxi.com SIP/3.0'));
    expect(fault).toMatchObject({ code: 'version', reply: { callId: 'a84b4c76e66710' } });
  });

  it('drops a response of another version', () => {
    expect(failure(text('SIP/3.0 200 OK'))).toEqual({ code: 'version', offset: 0, message: 'not SIP/2.0' });
  });

  it.each([
    'OPTIONS',
    'OPTIONS sip:bob@biloxi.com',
    'OPTIONS SIP/2.0',
    'OPTIONS  SIP/2.0',
    ' OPTIONS sip:bob@biloxi.com SIP/2.0',
    'OPT(IONS sip:bob@biloxi.com SIP/2.0',
    'OPTIONS\tsip:bob@biloxi.com\tSIP/2.0',
    'OPTIONS bob SIP/2.0',
    'OPTIONS sip:bob@biloxi.com SIP/2',
    'OPTIONS sip:bob@biloxi.com SIP/2.0 ',
  ])('refuses %j', (line) => {
    expect(failure(text(line)).code).toBe('start-line');
  });

  it.each(['SIP/2.0', 'SIP/2.0 20 OK', 'SIP/2.0 099 no', 'SIP/2.0 700 no', 'SIP/2.0 2000 OK', 'SIP/2.0  200 OK'])(
    'refuses the status line %j',
    (line) => {
      expect(failure(text(line)).code).toBe('start-line');
    },
  );

  it('reads no status from the line behind', () => {
    expect(failure('SIP/2.0\n200 OK\r\n\r\n')).toMatchObject({ code: 'start-line', offset: 7 });
  });

  it('takes a status line without phrase, with its space or without', () => {
    expect(parse(text('SIP/2.0 200 '))).toMatchObject({ status: 200, reason: '' });
    expect(parse(text('SIP/2.0 200'))).toMatchObject({ status: 200, reason: '' });
  });
});

describe('the headers that every message has (§8.1.1)', () => {
  it.each(['Via', 'To', 'From', 'Call-ID', 'CSeq'])('misses %s and cannot answer', (name) => {
    const fault = failure(text(undefined, without(name)));
    expect(fault).toMatchObject({ code: 'missing-header', header: name });
    expect(fault.reply).toBeUndefined();
  });

  it.each([
    ['Via', 'Via: SIP/2.0/UDP'],
    ['Via', 'Via: SIP/2.0/UDP ;branch=z9hG4bK1'],
    ['Via', 'Via: SIP/2.0/SCTP pc33.atlanta.com;branch=z9hG4bK1'],
    ['Via', 'Via: HTTP/1.1/TCP pc33.atlanta.com'],
    ['Via', 'Via: SIP/2.0/UDP pc33.atlanta.com:0;branch=z9hG4bK1'],
    ['Via', 'Via: SIP/2.0/UDP pc33.atlanta.com:65536;branch=z9hG4bK1'],
    ['Via', 'Via: SIP/2.0/UDP 1.2.3.456;branch=z9hG4bK1'],
    ['Via', 'Via: SIP/2.0/UDP [2001:db8::9:1;branch=z9hG4bK1'],
    ['Via', 'Via: SIP/2.0/UDP pc33.atlanta.com;branch'],
    ['Via', 'Via: SIP/2.0/UDP pc33.atlanta.com;branch='],
    ['Via', 'Via: SIP/2.0/UDP pc33.atlanta.com branch=z9hG4bK1'],
    ['To', 'To: bob'],
    ['To', 'To: <sip:bob@biloxi.com'],
    ['To', 'To: <>'],
    ['To', 'To: "Bob <sip:bob@biloxi.com>'],
    ['To', 'To: "Bob" sip:bob@biloxi.com'],
    ['To', 'To: <sip:bob@biloxi.com>, <sip:carol@chicago.com>'],
    ['To', 'To: <sip:bob@biloxi.com>;tag'],
    ['To', 'To: <sip:bob@biloxi.com>;tag='],
    ['To', 'To: <sip:bob@biloxi.com>;=x'],
    ['From', 'From: "Alice\\" <sip:alice@atlanta.com>;tag=1'],
    ['From', 'From:'],
    ['Call-ID', 'Call-ID:'],
    ['Call-ID', 'Call-ID: a b'],
    ['CSeq', 'CSeq: OPTIONS'],
    ['CSeq', 'CSeq: 1'],
    ['CSeq', 'CSeq: 1OPTIONS'],
    ['CSeq', 'CSeq: 2147483648 OPTIONS'],
    ['CSeq', 'CSeq: -1 OPTIONS'],
    ['CSeq', 'CSeq: 1 OPTIONS x'],
  ])('refuses a malformed %s: %j', (name, line) => {
    expect(failure(text(undefined, replaced(name, line)))).toMatchObject({ code: 'bad-header', header: name });
  });

  it('takes the greatest CSeq (§8.1.1.5: below 2^31)', () => {
    expect(parse(text(undefined, replaced('CSeq', 'CSeq: 2147483647 OPTIONS'))).cseq.number).toBe(2147483647);
  });

  it.each(['From', 'To', 'Call-ID', 'CSeq', 'Content-Length', 'Max-Forwards'])(
    'refuses a second %s and can answer',
    (name) => {
      const line = { ...Object.fromEntries(headers.map((each) => [each.split(':')[0], each])) }[name] ?? `${name}: 0`;
      const fault = failure(text(undefined, [...without(name), line, line]));
      expect(fault).toMatchObject({ code: 'bad-header', header: name });
      expect(fault.reply?.callId).toBe('a84b4c76e66710');
    },
  );
});

describe('where a fault lies', () => {
  const at = (source: string, needle: string): number => Buffer.from(source).indexOf(needle);

  it.each([
    ['a start line', text('SIP/2.0 2xx OK'), '2xx'],
    ['a line that is no header', text(undefined, [...headers, 'nonsense']), 'nonsense'],
    ['a value', text(undefined, replaced('To', 'To:   bob')), 'bob\r'],
    ['a value behind UTF-8', text(undefined, ['Subject: Tür ☎', ...replaced('To', 'To: bob')]), 'bob\r'],
    ['a message behind CRLFs', `\r\n${text(undefined, replaced('To', 'To: bob'))}`, 'bob\r'],
    ['a method', text(undefined, replaced('CSeq', 'CSeq: 7 INVITE')), '7 INVITE'],
  ])('is told in octets: %s', (_, source, needle) => {
    expect(failure(source).offset).toBe(at(source, needle));
  });

  it('counts an octet that is no UTF-8 as one', () => {
    const source = Buffer.concat([Buffer.from(`${text().slice(0, -2)}Subject: `), Buffer.from([0xff, 0xc3, 13, 10])]);
    const faulty = Buffer.concat([source, Buffer.from('nonsense\r\n\r\n')]);
    expect(failure(faulty).offset).toBe(source.length);
  });

  it('never quotes the text that is at fault', () => {
    const fault = failure(text(undefined, replaced('To', 'To: hunter2')));
    expect(JSON.stringify({ ...fault, reply: undefined })).not.toContain('hunter2');
  });
});

describe('limits, each with its own code', () => {
  it.each([
    ['messageBytes', 'too-long'],
    ['lineLength', 'line-too-long'],
    ['headerCount', 'too-many-headers'],
    ['parameterCount', 'too-many-parameters'],
  ] as const)('%s: %s', (limit, code) => {
    const via = 'Via: SIP/2.0/UDP pc33.atlanta.com;branch=z9hG4bKnashds8;rport;a;b;c;d';
    const source = text(undefined, [...without('Via'), 'Supported: a', 'Supported: b', via]);
    const needed = {
      messageBytes: Buffer.byteLength(source),
      lineLength: via.length,
      headerCount: 7,
      parameterCount: 6,
    };
    expect(parse(source, needed).callId).toBe('a84b4c76e66710');
    expect(failure(source, { ...needed, [limit]: needed[limit] - 1 }).code).toBe(code);
  });

  it('counts a parameter that comes again', () => {
    const repeated = replaced('To', `To: <sip:bob@biloxi.com>${';a=b'.repeat(65)}`);
    expect(failure(text(undefined, repeated))).toMatchObject({ code: 'too-many-parameters', header: 'To' });
  });

  it('counts folded lines as one', () => {
    const folded = ['Subject: a', ...Array.from({ length: 20 }, () => ' more of it')].join('\r\n');
    expect(failure(text(undefined, [...headers, folded]), { lineLength: 100 })).toMatchObject({
      code: 'line-too-long',
      reply: { callId: 'a84b4c76e66710' },
    });
  });
});

describe('values that are read when they are asked for', () => {
  it('reads numbers of headers (§20.19, §20.33)', () => {
    const message = parse(
      text(undefined, [
        ...headers,
        'Expires: 3600',
        'Retry-After: 18000;duration=3600',
        'Min-Expires: soon',
        'X: 4294967296',
      ]),
    );
    expect(message.integer('Expires')).toEqual({ ok: true, value: 3600 });
    expect(message.integer('Retry-After')).toEqual({ ok: true, value: 18000 });
    expect(message.integer('Max-Forwards')).toEqual({ ok: true, value: undefined });
    expect(message.integer('Min-Expires')).toMatchObject({ ok: false, error: { header: 'Min-Expires' } });
    expect(message.integer('X').ok).toBe(false);
  });

  it('reads Retry-After with its comment (§20.33)', () => {
    const message = parse(text(undefined, [...headers, "Retry-After: 120 (I'm in a meeting)"]));
    expect(message.integer('Retry-After')).toEqual({ ok: true, value: 120 });
  });

  it('reads the content type without its parameters', () => {
    const message = parse(text(undefined, [...headers, 'c: Application / SDP ; charset=utf-8']));
    expect(message.contentType).toBe('application/sdp');
  });

  it('reads Contact: * (§10.2.2)', () => {
    const contact = parse(text(undefined, [...headers, 'Contact: *'])).addresses('Contact');
    expect(contact).toMatchObject({ ok: true, value: [{ uri: '*' }] });
  });

  it('follows the headers when they change', () => {
    const message = parse(text());
    expect(message.topVia.host).toBe('pc33.atlanta.com');
    message.headers.prepend('Via', 'SIP/2.0/TCP proxy.biloxi.com;branch=z9hG4bKother');
    expect(message.topVia).toMatchObject({ protocol: 'tcp', host: 'proxy.biloxi.com', branch: 'z9hG4bKother' });
    message.headers.removeFirst('Via');
    expect(message.topVia.host).toBe('pc33.atlanta.com');
    message.headers.set('CSeq', '314160 OPTIONS');
    expect(message.cseq.number).toBe(314160);
    message.headers.set('To', '<sip:bob@biloxi.com>;tag=8321234356');
    expect(message.toTag).toBe('8321234356');
    message.headers.set('Call-ID', 'another');
    expect(message.callId).toBe('another');
  });

  it('is written as it was read', () => {
    const source = text(undefined, [...headers, 'Content-Length: 4'], 'body');
    expect(serialize(parse(source)).toString()).toBe(source);
  });
});
