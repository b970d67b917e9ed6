import { describe, expect, it } from 'vitest';
import {
  copyRequest,
  createRequest,
  createResponse,
  parseMessage,
  type RequestParts,
  reasonPhrase,
  type SipRequest,
  serialize,
} from '../../../../src/sip/message/index.ts';

const parts: RequestParts = {
  method: 'INVITE',
  requestUri: 'sip:bob@biloxi.com',
  headers: [
    ['Via', 'SIP/2.0/UDP pc33.atlanta.com;branch=z9hG4bKnashds8'],
    ['From', 'Alice <sip:alice@atlanta.com>;tag=1928301774'],
    ['To', 'Bob <sip:bob@biloxi.com>'],
    ['Call-ID', 'a84b4c76e66710@pc33.atlanta.com'],
    ['CSeq', '314159 INVITE'],
  ],
};

const withHeader = (name: string, value: string): RequestParts => ({
  ...parts,
  headers: [...parts.headers.filter(([other]) => other !== name), [name, value]],
});

/** A request as it comes off the wire. */
function received(more: readonly string[] = [], to = 'Bob <sip:bob@biloxi.com>'): SipRequest {
  const text = [
    'INVITE sip:bob@192.0.2.4 SIP/2.0',
    'Via: SIP/2.0/UDP server10.biloxi.com;branch=z9hG4bK4b43c2ff8.1, SIP/2.0/UDP bigbox3.site3.atlanta.com;branch=z9hG4bK77',
    'Via: SIP/2.0/UDP pc33.atlanta.com;branch=z9hG4bKnashds8 ;received=192.0.2.1',
    'Record-Route: <sip:p2.example.com;lr>',
    'Record-Route: <sip:p1.example.com;lr>',
    `To: ${to}`,
    'From: "\\"A\\" \\\u0007" <sip:alice@atlanta.com>;tag=1928301774',
    'Call-ID: a84b4c76e66710',
    'CSeq: 314159 INVITE',
    ...more,
    '',
    '',
  ].join('\r\n');
  const parsed = parseMessage(Buffer.from(text));
  if (!parsed.ok || parsed.value.kind !== 'request') throw new Error('not a request');
  return parsed.value;
}

describe('createRequest', () => {
  it('makes what parses as what it was made of', () => {
    const request = createRequest({ ...parts, body: { type: 'application/sdp', data: Buffer.from('v=0\r\n') } });
    const parsed = parseMessage(serialize(request));
    expect(parsed).toMatchObject({
      ok: true,
      value: {
        method: 'INVITE',
        requestUri: 'sip:bob@biloxi.com',
        fromTag: '1928301774',
        toTag: undefined,
        callId: 'a84b4c76e66710@pc33.atlanta.com',
        cseq: { number: 314159, method: 'INVITE' },
        contentType: 'application/sdp',
      },
    });
    expect(parsed.ok && parsed.value.body.toString()).toBe('v=0\r\n');
  });

  it('adds Max-Forwards: 70 (§8.1.1.6), and leaves one that is there', () => {
    expect(createRequest(parts).headers.get('Max-Forwards')).toBe('70');
    expect(createRequest(withHeader('Max-Forwards', '5')).headers.all('Max-Forwards')).toEqual(['5']);
  });

  it('may want for Via, which the transaction puts on', () => {
    const request = createRequest({ ...parts, headers: parts.headers.filter(([name]) => name !== 'Via') });
    expect(() => request.topVia).toThrow('Via');
    request.headers.prepend('Via', 'SIP/2.0/UDP a;branch=z9hG4bK1');
    expect(request.topVia.branch).toBe('z9hG4bK1');
  });

  it.each(['From', 'To', 'Call-ID', 'CSeq'])('throws when %s is missing', (name) => {
    expect(() => createRequest({ ...parts, headers: parts.headers.filter(([other]) => other !== name) })).toThrow(name);
  });

  it.each([
    ['a method that is no token', { ...parts, method: 'IN VITE' }],
    ['another method in CSeq', { ...parts, method: 'BYE' }],
    ['white space in the Request-URI', { ...parts, requestUri: 'sip:bob@biloxi.com SIP/2.0\r\nX: y' }],
    ['a Request-URI without scheme', { ...parts, requestUri: 'bob' }],
    ['a malformed Via', withHeader('Via', 'nonsense')],
  ])('throws at %s', (_, wrong) => {
    expect(() => createRequest(wrong)).toThrow();
  });
});

describe('createResponse (§8.2.6)', () => {
  it('copies Via in order, From, To, Call-ID and CSeq to the letter', () => {
    const request = received();
    const response = createResponse(request, 180, { toTag: 'a6c85cf' });
    for (const name of ['Via', 'From', 'Call-ID', 'CSeq']) {
      expect(response.headers.all(name)).toEqual(request.headers.all(name));
    }
    expect(response.headers.get('To')).toBe('Bob <sip:bob@biloxi.com>;tag=a6c85cf');
    expect(response).toMatchObject({ status: 180, reason: 'Ringing', toTag: 'a6c85cf' });
    expect(response.headers.has('Record-Route')).toBe(false);
    expect(parseMessage(serialize(response)).ok).toBe(true);
  });

  it('puts the tag behind an address without brackets', () => {
    const response = createResponse(received([], 'sip:bob@biloxi.com'), 200, { toTag: 'x' });
    expect(response.to.uri).toBe('sip:bob@biloxi.com');
    expect(response.toTag).toBe('x');
  });

  it('leaves the tag that To has', () => {
    const response = createResponse(received([], '<sip:bob@biloxi.com>;tag=theirs'), 200, { toTag: 'ours' });
    expect(response.toTag).toBe('theirs');
  });

  it('puts no tag on 100 unless it is given one', () => {
    expect(createResponse(received(), 100).toTag).toBeUndefined();
    expect(createResponse(received(), 100, { toTag: 'a' }).toTag).toBe('a');
  });

  it('copies Timestamp into 100 only (§8.2.6.1)', () => {
    const request = received(['Timestamp: 54']);
    expect(createResponse(request, 100).headers.get('Timestamp')).toBe('54');
    expect(createResponse(request, 200, { toTag: 'a' }).headers.has('Timestamp')).toBe(false);
  });

  it('refuses statelessly with one tag for every copy of a request (§8.2.7)', () => {
    const tag = createResponse(received(), 400).toTag;
    expect(tag).toMatch(/^[0-9a-f]{16}$/);
    expect(createResponse(received(), 404).toTag).toBe(tag);
  });

  it('copies Record-Route where a dialog is made (§12.1.1)', () => {
    const response = createResponse(received(), 200, { toTag: 'a', recordRoute: true });
    expect(response.headers.all('Record-Route')).toEqual(['<sip:p2.example.com;lr>', '<sip:p1.example.com;lr>']);
  });

  it('takes a phrase, headers and a body', () => {
    const response = createResponse(received(), 488, {
      toTag: 'a',
      reason: 'No\r\nX: codec',
      headers: [['Warning', '305 door.example.com "no codec"']],
      body: { type: 'text/plain', data: Buffer.from('ü') },
    });
    const text = serialize(response).toString();
    expect(text).toMatch(/^SIP\/2\.0 488 No X: codec\r\n/);
    expect(text).toMatch(
      /\r\nWarning: 305 door\.example\.com "no codec"\r\nContent-Type: text\/plain\r\nContent-Length: 2\r\n\r\nü$/,
    );
  });

  it('answers what was too faulty to accept', () => {
    const parsed = parseMessage(serialize(received()).subarray(0, -4));
    const reply = parsed.ok ? undefined : parsed.error.reply;
    expect(reply && createResponse(reply, 400)).toMatchObject({ status: 400, callId: 'a84b4c76e66710' });
  });
});

describe('copyRequest', () => {
  it('puts a Via of its own on top and leaves the original as it was', () => {
    const original = createRequest({ ...parts, body: { type: 'application/sdp', data: Buffer.from('v=0') } });
    const before = serialize(original).toString();
    const copy = copyRequest(original, 'Via', 'SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKnext');
    copy.headers.set('Subject', 'another');
    expect(copy.topVia.branch).toBe('z9hG4bKnext');
    expect(copy.headers.all('Via').slice(1)).toEqual(original.headers.all('Via'));
    expect(copy.body.toString()).toBe('v=0');
    expect(serialize(original).toString()).toBe(before);
  });
});

describe('serialize', () => {
  it('writes the length that the body has, whatever the headers say', () => {
    const request = createRequest(withHeader('Content-Length', '7'));
    expect(
      serialize(request)
        .toString()
        .match(/Content-Length: .*/g),
    ).toEqual(['Content-Length: 0']);
    request.body = Buffer.from('abc');
    expect(serialize(request).toString()).toMatch(/\r\nContent-Length: 3\r\n\r\nabc$/);
  });
});

describe('reasonPhrase', () => {
  it.each([
    [100, 'Trying'],
    [488, 'Not Acceptable Here'],
    [603, 'Decline'],
    [299, 'Success'],
    [499, 'Request Failure'],
  ])('%i: %s', (status, phrase) => {
    expect(reasonPhrase(status)).toBe(phrase);
  });
});
