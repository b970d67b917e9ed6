import { describe, expect, it } from 'vitest';
import { formatReplaces, isDialog, parseReplaces, targetDialogOf } from '../../../../../src/sip/dialog/index.ts';
import { formatReferTo, readRefer } from '../../../../../src/sip/session/transfer/refer-request.ts';
import { readSipfrag, writeSipfrag } from '../../../../../src/sip/session/transfer/sipfrag.ts';
import { incoming } from '../../../../support/sip-messages.ts';

function refer(...extra: string[]) {
  const read = readRefer(incoming('REFER', { extra }));
  return read.ok ? read.value : read.error.status;
}

describe('Refer-To (RFC 3515 §2.1)', () => {
  it.each([
    ['sip:alice@atlanta.example.com', 'sip:alice@atlanta.example.com'],
    ['"Alice" <sip:alice@atlanta.example.com;transport=tcp>', 'sip:alice@atlanta.example.com;transport=tcp'],
    ['<sip:alice@atlanta.example.com;method=INVITE>', 'sip:alice@atlanta.example.com'],
    // §2.1's own example: what it would put into our INVITE is left out.
    ['<sip:bob@biloxi.example.net?Accept-Contact=sip:bobsdesk.biloxi.example.net&Call-ID%3D55432%40alicepc>', 400],
    ['<sip:bob@biloxi.example.net?Subject=x&From=sip:boss@example.com>', 'sip:bob@biloxi.example.net'],
    ['http://www.ietf.org', 416],
    ['tel:+4930123', 416],
    ['<sip:carol@cleveland.example.org;method=SUBSCRIBE>', 603],
    ['<sip:carol@cleveland.example.org;method=BYE>', 603],
    ['<sip:carol', 400],
    ['<sip:carol@a>, <sip:dave@b>', 400],
  ])('%s', (text, expected) => {
    const read = refer(`Refer-To: ${text}`);
    expect(typeof read === 'number' ? read : read.target).toBe(expected);
  });

  it('is there once', () => {
    expect(refer()).toBe(400);
    expect(refer('Refer-To: sip:a@b', 'r: sip:c@d')).toBe(400);
  });

  it('brings Replaces along (RFC 3515 §2.1, RFC 3891)', () => {
    const text = 'Replaces=12345%40192.168.118.3%3Bto-tag%3D12345%3Bfrom-tag%3D5FFE-3994';
    expect(refer(`Refer-To: <sip:dave@denver.example.org?${text}>`)).toMatchObject({
      target: 'sip:dave@denver.example.org',
      replaces: '12345@192.168.118.3;to-tag=12345;from-tag=5FFE-3994',
    });
    expect(refer('Refer-To: <sip:dave@denver.example.org?Replaces=12345%3Bto-tag%3D1>')).toBe(400);
  });

  it('brings the referrer along, as it was written, once', () => {
    const by = 'sip:r@ref.example;cid="2UWQFN309shb3@ref.example"';
    expect(refer('Refer-To: sip:a@b', `b: ${by}`)).toMatchObject({ referredBy: by });
    expect(refer('Refer-To: sip:a@b', 'Referred-By: sip:r@a', 'Referred-By: sip:s@a')).toBe(400);
  });

  it.each([
    ['false', false],
    ['False;x=y', false],
    ['true', true],
    ['falsehood', true],
  ])('Refer-Sub: %s (RFC 4488)', (text, subscribes) => {
    expect(refer('Refer-To: sip:a@b', `Refer-Sub: ${text}`)).toMatchObject({ subscribes });
  });

  it('is written so that it can be read', () => {
    const id = { callId: 'a;b@[::1]', localTag: 'ours', remoteTag: 'theirs' };
    const text = formatReferTo('sip:bob@10.0.0.2:5070;transport=tcp', { ...id, callId: '12345@192.168.118.3' });
    expect(refer(`Refer-To: ${text}`)).toMatchObject({
      target: 'sip:bob@10.0.0.2:5070;transport=tcp',
      replaces: '12345@192.168.118.3;to-tag=theirs;from-tag=ours',
    });
  });
});

describe('Replaces (RFC 3891 §6.1)', () => {
  it.each([
    [
      '98732@sip.example.com ;from-tag=r33th4x0r ;to-tag=ff87ff',
      { callId: '98732@sip.example.com', localTag: 'ff87ff', remoteTag: 'r33th4x0r', earlyOnly: false },
    ],
    [
      '12adf2f34456gs5;to-tag=12345;from-tag=54321;early-only',
      { callId: '12adf2f34456gs5', localTag: '12345', remoteTag: '54321', earlyOnly: true },
    ],
    [
      '87134@171.161.34.23;to-tag=24796;from-tag=0',
      { callId: '87134@171.161.34.23', localTag: '24796', remoteTag: '0', earlyOnly: false },
    ],
  ])('%s', (text, value) => {
    expect(parseReplaces(text)).toEqual({ ok: true, value });
  });

  it.each(['', '98732', '98732;to-tag=1', '98732;from-tag=1', '98732;to-tag;from-tag=1', ';to-tag=1;from-tag=2'])(
    'not %j',
    (text) => {
      expect(parseReplaces(text).ok).toBe(false);
    },
  );

  it('a tag of zero stands for none, too', () => {
    const asked = { callId: 'c', localTag: 'a', remoteTag: '0' };
    expect(isDialog({ callId: 'c', localTag: 'a', remoteTag: '' }, asked)).toBe(true);
    expect(isDialog({ callId: 'c', localTag: 'a', remoteTag: '0' }, asked)).toBe(true);
    expect(isDialog({ callId: 'c', localTag: 'a', remoteTag: '1' }, asked)).toBe(false);
    expect(formatReplaces({ callId: 'c', localTag: 'a', remoteTag: '' }, true)).toBe(
      'c;to-tag=0;from-tag=a;early-only',
    );
  });
});

describe('Target-Dialog (RFC 4538)', () => {
  it('names a dialog as its receiver sees it', () => {
    const request = incoming('REFER', {
      extra: ['Target-Dialog: fa77as7dad8-sd98ajzz@host;local-tag=kkaz-;remote-tag=6544'],
    });
    expect(targetDialogOf(request)).toEqual({
      callId: 'fa77as7dad8-sd98ajzz@host',
      localTag: 'kkaz-',
      remoteTag: '6544',
    });
  });

  it.each(['x;local-tag=1', 'x;remote-tag=1', ''])('%j names none', (text) => {
    expect(targetDialogOf(incoming('REFER', { extra: [`Target-Dialog: ${text}`] }))).toBeUndefined();
  });
});

describe('message/sipfrag (RFC 3515 §2.4.5)', () => {
  it('is the status line', () => {
    expect(writeSipfrag(100).data.toString()).toBe('SIP/2.0 100 Trying\r\n');
    expect(writeSipfrag(100).type).toBe('message/sipfrag;version=2.0');
  });

  it.each([
    ['SIP/2.0 100 Trying', { status: 100, phrase: 'Trying' }],
    ['SIP/2.0 200 OK\r\nContact: <sip:a@b>\r\n\r\nv=0', { status: 200, phrase: 'OK' }],
    ['sip/2.0 603', { status: 603, phrase: '' }],
    ['SIP/2.0 999 Odd', undefined],
    ['HTTP/1.1 200 OK', undefined],
    ['', undefined],
    ['SIP/2.0 20', undefined],
  ])('reads %j', (text, expected) => {
    expect(readSipfrag(Buffer.from(text))).toEqual(expected);
  });
});
