// The torture tests of RFC 4475, bit for bit as its appendix A has them. Expectations are the RFC's own words; where it
// leaves a choice between tolerance and 400, the choice is named.

import { describe, expect, it } from 'vitest';
import { parseMessage, parseUri, type SipMessage } from '../../../src/sip/message/index.ts';
import { messagesOf } from './message-archive.ts';

const messages = messagesOf(4475);

function bytesOf(name: string): Buffer {
  const bytes = messages.get(name);
  if (bytes === undefined) throw new Error(`RFC 4475 has no message ${name}`);
  return Buffer.from(bytes);
}

function valid(name: string): SipMessage {
  const parsed = parseMessage(bytesOf(name));
  if (!parsed.ok) throw new Error(`${name}: ${parsed.error.code}: ${parsed.error.message}`);
  return parsed.value;
}

/** Code, and whether it can be answered. */
function refused(name: string): [string, boolean] {
  const parsed = parseMessage(bytesOf(name));
  return parsed.ok ? ['accepted', false] : [parsed.error.code, parsed.error.reply !== undefined];
}

describe('valid messages (§3.1.1)', () => {
  it('wsinv: a short tortuous INVITE', () => {
    const message = valid('wsinv');
    expect(message.to).toMatchObject({ uri: 'sip:vivekg@chair-dnrc.example.com' });
    expect(message.toTag).toBe('1918181833n');
    expect(message.from.displayName).toBe('J Rosenberg \\"');
    expect(message.fromTag).toBe('98asjd8');
    expect(message.cseq).toEqual({ number: 9, method: 'INVITE' });
    expect(message.integer('Max-Forwards')).toEqual({ ok: true, value: 68 });
    expect(message.topVia).toMatchObject({ protocol: 'udp', host: '192.0.2.2', branch: '390skdjuw' });
    expect(message.headers.list('Via')).toHaveLength(3);
    expect(message.headers.get('Subject')).toBe('');
    expect(message.headers.get('NewFangledHeader')).toBe('newfangled value continued newfangled value');
    expect(message.headers.get('UnknownHeaderWithUnusualValue')).toBe(';;,,;;,;');
    expect(message.addresses('Route')).toMatchObject({
      ok: true,
      value: [{ uri: 'sip:services.example.com;lr;unknownwith=value;unknown-no-value' }],
    });
    const contact = message.addresses('Contact');
    expect(contact).toMatchObject({
      ok: true,
      value: [{ displayName: 'Quoted string ""', uri: 'sip:jdrosen@example.com' }],
    });
    expect(contact.ok && [...(contact.value[0]?.parameters ?? [])]).toEqual([
      ['newparam', 'newvalue'],
      ['secondparam', true],
      ['q', '0.33'],
    ]);
    expect(message.body.length).toBe(150);
  });

  it('intmeth: a wide range of valid characters', () => {
    const message = valid('intmeth');
    expect(message).toMatchObject({ kind: 'request', method: "!interesting-Method0123456789_*+`.%indeed'~" });
    expect(message.to.displayName).toBe('BEL:\u0007 NUL:\u0000 DEL:\u007f');
    expect(message.from.displayName).toBe("token1~` token2'+_ token3*%!.-");
    expect(message.fromTag).toBe("_token~1'+`*%!-.");
    expect(message.from.parameters.get("fromparam''~+*_!.-%")).toBe('работающий');
    expect(message.callId).toBe('intmeth.word%ZK-!.*_+\'@word`~)(><:\\/"][?}{');
    expect(message.topVia.branch).toBe("z9hG4bK-.!%66*_+`'~");
    expect(message.headers.get("extensionHeader-!.%*+_`'~")).toBe('\ufeff大停電');
    const uri = parseUri(message.kind === 'request' ? message.requestUri : '');
    expect(uri).toMatchObject({
      ok: true,
      value: {
        user: "1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*",
        password: "&it+has=1,weird!*pas$wo~d_too.(doesn't-it)",
        host: 'example.com',
      },
    });
  });

  it('esc01: valid use of the % escape', () => {
    const message = valid('esc01');
    const uri = parseUri(message.kind === 'request' ? message.requestUri : '');
    expect(uri).toMatchObject({ ok: true, value: { user: 'sips:user@example.com', host: 'example.net' } });
    expect(parseUri(message.to.uri)).toMatchObject({ ok: true, value: { user: 'user' } });
    expect(parseUri(message.from.uri)).toMatchObject({ ok: true, value: { user: 'I have spaces' } });
    const contact = message.addresses('Contact');
    const target = parseUri(contact.ok ? (contact.value[0]?.uri ?? '') : '');
    expect(target).toMatchObject({ ok: true, value: { user: 'caller' } });
    expect(target.ok && [...target.value.parameters]).toEqual([
      ['lr', true],
      ['name', 'value%41'],
    ]);
  });

  it('escnull: escaped nulls in URIs', () => {
    const message = valid('escnull');
    expect(parseUri(message.to.uri)).toMatchObject({ ok: true, value: { user: 'null-\u0000-null' } });
    const contacts = message.addresses('Contact');
    expect(contacts.ok && contacts.value.map(({ uri }) => parseUri(uri))).toMatchObject([
      { ok: true, value: { user: '\u0000' } },
      { ok: true, value: { user: '\u0000\u0000' } },
    ]);
  });

  it('esc02: % when it is not an escape', () => {
    const message = valid('esc02');
    expect(message).toMatchObject({ method: 'RE%47IST%45R' });
    expect(message.to.displayName).toBe('%Z%45');
    expect(message.topVia.branch).toBe('z9hG4bK209%fzsnel234');
    expect(message.headers.all('Contact')).toEqual([
      '<sip:alias1@host1.example.com>',
      '<sip:alias3@host3.example.com>',
    ]);
  });

  it('lwsdisp: no white space between display name and <', () => {
    expect(valid('lwsdisp').from).toMatchObject({ displayName: 'caller', uri: 'sip:caller@example.com' });
  });

  it('longreq: long values in many fields', () => {
    const message = valid('longreq');
    expect(message.headers.list('Via')).toHaveLength(34);
    expect(message.topVia).toMatchObject({ protocol: 'tcp', host: 'sip33.example.com', branch: undefined });
    expect(message.callId).toMatch(/^longreq\.one(really){20,}longcallid$/);
    expect(message.from.uri).toMatch(/^sip:(amazinglylongcallername){5}@example\.net$/);
    expect(message.body.length).toBe(150);
  });

  it('dblreq: a second request behind the first is cut off', () => {
    const message = valid('dblreq');
    expect(message).toMatchObject({ kind: 'request', method: 'REGISTER' });
    expect(message.body.length).toBe(0);
  });

  it('semiuri: semicolon-separated parameters in the user part', () => {
    const message = valid('semiuri');
    const uri = parseUri(message.kind === 'request' ? message.requestUri : '');
    expect(uri).toMatchObject({ ok: true, value: { user: 'user;par=u@example.net', host: 'example.com' } });
    expect(uri.ok && uri.value.parameters.size).toBe(0);
    expect(message.headers.list('Accept')).toHaveLength(6);
  });

  it('transports: varied and unknown transport types below the top', () => {
    expect(valid('transports').headers.list('Via')).toHaveLength(5);
  });

  it('mpart01: a multipart body keeps every octet', () => {
    const bytes = bytesOf('mpart01');
    const message = valid('mpart01');
    expect(message.contentType).toBe('multipart/mixed');
    expect(message.body.equals(bytes.subarray(bytes.indexOf('\r\n\r\n') + 4))).toBe(true);
  });

  it('unreason, noreason: unusual and empty reason phrases', () => {
    expect(valid('unreason')).toMatchObject({
      status: 200,
      reason: '= 2**3 * 5**2 но сто девяносто девять - простое',
    });
    expect(valid('noreason')).toMatchObject({ status: 100, reason: '' });
  });
});

describe('invalid messages (§3.1.2)', () => {
  it.each([
    ['badinv01', 'bad-header', false], // the Via itself is at fault, so that nothing can be answered by it
    ['clerr', 'content-length', true],
    ['ncl', 'content-length', true],
    ['scalar02', 'bad-header', false],
    ['scalarlg', 'bad-header', false],
    ['quotbal', 'bad-header', false],
    ['ltgtruri', 'start-line', true],
    ['lwsruri', 'start-line', true],
    ['lwsstart', 'start-line', true],
    ['trws', 'start-line', true],
    ['baddn', 'bad-header', false],
    ['badvers', 'version', true],
    ['mismatch01', 'cseq-method', true],
    ['mismatch02', 'cseq-method', true],
    ['bigcode', 'start-line', false],
  ])('%s is refused: %s', (name, code, reply) => {
    expect(refused(name)).toEqual([code, reply]);
  });

  it('badaspec: spaces inside <> are passed over, as the RFC allows', () => {
    expect(valid('badaspec').to.uri).toBe('sip:t.watson@example.org');
  });

  it('escruri: the message is read; the headers in its Request-URI are seen', () => {
    const message = valid('escruri');
    const uri = parseUri(message.kind === 'request' ? message.requestUri : '');
    expect(uri.ok && uri.value.headers.get('route')).toBe('<sip:example.com>');
  });

  it('baddate: what is not needed is not judged', () => {
    expect(valid('baddate').headers.get('Date')).toBe('Fri, 01 Jan 2010 16:00:00 EST');
  });

  it('regbadct: the Contact is refused when it is asked for', () => {
    expect(valid('regbadct').addresses('Contact')).toMatchObject({
      ok: false,
      error: { code: 'bad-header', header: 'Contact' },
    });
  });
});

describe('above the grammar (§3.2–3.4)', () => {
  it('multi01, mcl01: a second value of a header that has one is refused, and can be answered', () => {
    expect(refused('multi01')).toEqual(['bad-header', true]);
    expect(refused('mcl01')).toEqual(['bad-header', true]);
  });

  it('insuf: required headers are missing', () => {
    expect(refused('insuf')).toEqual(['missing-header', false]);
  });

  it('badbranch: the cookie alone is a branch to the grammar', () => {
    expect(valid('badbranch').topVia.branch).toBe('z9hG4bK');
  });

  it('unkscm, novelsc: other schemes in the Request-URI pass; the URI says so when it is read', () => {
    for (const name of ['unkscm', 'novelsc']) {
      const message = valid(name);
      expect(parseUri(message.kind === 'request' ? message.requestUri : '')).toMatchObject({
        ok: false,
        error: { code: 'uri-scheme' },
      });
    }
  });

  it('unksm2: other schemes in To, From and Contact pass', () => {
    expect(valid('unksm2').to.uri).toBe('isbn:2983792873');
  });

  it('inv2543: RFC 2543 syntax passes', () => {
    expect(valid('inv2543')).toMatchObject({ fromTag: undefined, topVia: { branch: undefined } });
  });

  it.each(['bcast', 'bext01', 'cparam01', 'cparam02', 'invut', 'regaut01', 'regescrt', 'sdp01', 'zeromf'])(
    '%s is well formed',
    (name) => {
      expect(valid(name).callId).not.toBe('');
    },
  );
});
