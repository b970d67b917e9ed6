import { describe, expect, it } from 'vitest';
import { asksForSips, asSips, Dialog, routeRequest, wantsSips } from '../../../../src/sip/dialog/index.ts';
import { createResponse, parseNameAddress } from '../../../../src/sip/message/index.ts';
import type { NameAddress, SipRequest } from '../../../../src/sip/message/types.ts';
import { incoming, outgoing } from '../../../support/sip-messages.ts';

function address(text: string): NameAddress {
  const parsed = parseNameAddress(text);
  if (!parsed.ok) throw new Error(parsed.error.message);
  return parsed.value;
}

function accepted(request: SipRequest): Dialog {
  const dialog = Dialog.ofRequest(request, 'us', 0);
  if (!dialog.ok) throw new Error(dialog.error);
  return dialog.value;
}

const withHeaders = (request: SipRequest, ...headers: [string, string][]) =>
  createResponse(request, 200, { toTag: 'them', headers });

describe('a sip URI where only sips may stand (RFC 5630 §5.1.1)', () => {
  it.each([
    ['sip:a@192.0.2.1', 'sips:a@192.0.2.1'],
    ['sip:a@192.0.2.1:5061;transport=TLS;lr', 'sips:a@192.0.2.1:5061;lr'],
    ['sip:a@192.0.2.1;transport=tcp', 'sips:a@192.0.2.1;transport=tcp'],
    ['sips:a@192.0.2.1', 'sips:a@192.0.2.1'],
    ['tel:+431234', 'tel:+431234'],
  ])('%s becomes %s', (uri, becomes) => {
    expect(asSips(uri)).toBe(becomes);
  });

  it('in the route to a sips target is made sips; in the route to a sip target it stays', () => {
    const way = ['<sip:p1.example.com;lr>', '<sip:p2.example.com;lr>'].map(address);
    expect(routeRequest('sips:bob@biloxi.com', way)).toEqual({
      requestUri: 'sips:bob@biloxi.com',
      routes: ['<sips:p1.example.com;lr>', '<sips:p2.example.com;lr>'],
      nextHop: 'sips:p1.example.com;lr',
    });
    expect(routeRequest('sip:bob@biloxi.com', way).nextHop).toBe('sip:p1.example.com;lr');
  });

  it('of a strict router becomes a sips Request-URI', () => {
    const routing = routeRequest('sips:bob@biloxi.com', [address('<sip:proxy1>')]);
    expect(routing).toMatchObject({ requestUri: 'sips:proxy1', nextHop: 'sips:proxy1' });
  });
});

describe('our Contact is sips', () => {
  it.each([
    ['sips:bob@biloxi.com', [], true],
    ['sip:bob@biloxi.com', ['Route: <sips:p1.example.com;lr>', 'Route: <sip:p2.example.com;lr>'], true],
    ['sip:bob@biloxi.com', ['Route: <sip:p1.example.com;lr>', 'Route: <sips:p2.example.com;lr>'], false],
    ['sip:bob@biloxi.com', [], false],
  ])('in a request to %s with %j: %s (RFC 3261 §8.1.1.8)', (uri, extra, sips) => {
    expect(asksForSips(outgoing('INVITE', { uri, extra }))).toBe(sips);
  });

  it.each([
    ['sips:door@192.0.2.9', ['Contact: <sip:alice@192.0.2.1>'], true],
    ['sip:door@192.0.2.9', ['Record-Route: <sips:p1;lr>, <sip:p2;lr>', 'Contact: <sip:alice@192.0.2.1>'], true],
    ['sip:door@192.0.2.9', ['Record-Route: <sip:p1;lr>', 'Contact: <sips:alice@192.0.2.1>'], false],
    ['sip:door@192.0.2.9', ['Contact: <sips:alice@192.0.2.1>'], true],
    ['sip:door@192.0.2.9', ['Contact: <sip:alice@192.0.2.1>'], false],
  ])('in the answer to a request to %s with %j: %s (RFC 3261 §12.1.1)', (uri, extra, sips) => {
    const request = incoming('INVITE', { uri, extra });
    expect(wantsSips(request)).toBe(sips);
    expect(accepted(request).sipsContact).toBe(sips);
  });
});

describe('a secure dialog (RFC 3261 §12.1)', () => {
  const invite = outgoing('INVITE', { uri: 'sips:bob@biloxi.com' });

  it('is one whose Request-URI was sips, from either side; no other', () => {
    const contact = 'Contact: <sips:alice@192.0.2.1>';
    const plain = outgoing('INVITE', { uri: 'sip:bob@biloxi.com' });
    expect(Dialog.ofResponse(invite, withHeaders(invite)).secure).toBe(true);
    expect(Dialog.ofResponse(plain, withHeaders(plain, ['Contact', '<sips:b@192.0.2.4>'])).secure).toBe(false);
    expect(accepted(incoming('INVITE', { uri: 'sips:door@192.0.2.9', extra: [contact] })).secure).toBe(true);
    expect(accepted(incoming('INVITE', { extra: [contact] })).secure).toBe(false);
  });

  it('goes to sips alone, whatever the first answer and its Record-Route say', () => {
    const response = withHeaders(
      invite,
      ['Contact', '<sip:bob@192.0.2.4;transport=tls>'],
      ['Record-Route', '<sip:p2.example.com;lr>'],
      ['Record-Route', '<sip:p1.example.com;transport=tls;lr>'],
    );
    const dialog = Dialog.ofResponse(invite, response);
    const { request, nextHop } = dialog.createRequest('BYE');
    expect(request.requestUri).toBe('sips:bob@192.0.2.4');
    expect(nextHop).toBe('sips:p1.example.com;lr');
    expect(request.headers.all('Route')).toEqual(['<sips:p1.example.com;lr>', '<sips:p2.example.com;lr>']);
    expect(dialog.createAck(invite).request.requestUri).toBe('sips:bob@192.0.2.4');
  });

  it('is not led to sip by a target refresh, of the peer’s or in the answer to ours', () => {
    const extra = ['Contact: <sips:alice@192.0.2.1>'];
    const dialog = accepted(incoming('INVITE', { uri: 'sips:door@192.0.2.9', extra }));
    dialog.refreshTarget(incoming('INVITE', { extra: ['Contact: <sip:alice@192.0.2.77>'] }));
    expect(dialog.remoteTarget).toBe('sips:alice@192.0.2.77');
    dialog.refreshTarget(withHeaders(incoming('INVITE'), ['Contact', '<sip:alice@192.0.2.78;transport=tls>']));
    expect(dialog.nextHop).toBe('sips:alice@192.0.2.78');
  });

  it('that is early keeps to sips when its 2xx computes the route set anew', () => {
    const early = createResponse(invite, 180, { toTag: 'them', headers: [['Contact', '<sips:bob@192.0.2.4>']] });
    const dialog = Dialog.ofResponse(invite, early);
    dialog.confirmBy(withHeaders(invite, ['Contact', '<sip:bob@192.0.2.5>'], ['Record-Route', '<sip:p1;lr>']));
    expect([dialog.nextHop, dialog.remoteTarget]).toEqual(['sips:p1;lr', 'sips:bob@192.0.2.5']);
  });

  it('is none of a peer who calls by sip: its targets stay as they are', () => {
    const dialog = accepted(incoming('INVITE', { extra: ['Contact: <sips:alice@192.0.2.1>'] }));
    dialog.refreshTarget(incoming('INVITE', { extra: ['Contact: <sip:alice@192.0.2.77>'] }));
    expect(dialog.remoteTarget).toBe('sip:alice@192.0.2.77');
  });
});
