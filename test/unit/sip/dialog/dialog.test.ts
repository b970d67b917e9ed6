import { describe, expect, it } from 'vitest';
import { Dialog, isLooseRouter, routeRequest } from '../../../../src/sip/dialog/index.ts';
import { createResponse, parseNameAddress } from '../../../../src/sip/message/index.ts';
import type { NameAddress, SipRequest, SipResponse } from '../../../../src/sip/message/types.ts';
import { incoming, message, outgoing } from '../../../support/sip-messages.ts';

function address(text: string): NameAddress {
  const parsed = parseNameAddress(text);
  if (!parsed.ok) throw new Error(parsed.error.message);
  return parsed.value;
}

function response(status: number, ...extra: readonly string[]): SipResponse {
  const parsed = message(
    `SIP/2.0 ${status} OK`,
    'Via: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bKx',
    'From: "Door" <sip:door@192.0.2.9>;tag=88sja8x',
    'To: Bob <sip:bob@biloxi.com>;tag=a6c85cf',
    'Call-ID: 987asjd97y7atg',
    'CSeq: 986759 INVITE',
    ...extra,
  );
  if (parsed.kind !== 'response') throw new Error('not a response');
  return parsed;
}

function accepted(request: SipRequest, localTag = 'us', localSequence = 0): Dialog {
  const dialog = Dialog.ofRequest(request, localTag, localSequence);
  if (!dialog.ok) throw new Error(dialog.error);
  return dialog.value;
}

const invite = outgoing('INVITE', { uri: 'sip:bob@biloxi.com', to: 'Bob <sip:bob@biloxi.com>' });

describe('routing (RFC 3261 §12.2.1.1)', () => {
  it('addresses the remote target where there is no route', () => {
    expect(routeRequest('sip:user@remoteua', [])).toEqual({
      requestUri: 'sip:user@remoteua',
      routes: [],
      nextHop: 'sip:user@remoteua',
    });
  });

  it('keeps the Request-URI for a loose router', () => {
    const routeSet = [address('<sip:p1.example.com;lr>'), address('<sip:p2.example.com;lr>')];
    expect(routeRequest('sip:user@remoteua', routeSet)).toEqual({
      requestUri: 'sip:user@remoteua',
      routes: ['<sip:p1.example.com;lr>', '<sip:p2.example.com;lr>'],
      nextHop: 'sip:p1.example.com;lr',
    });
  });

  it("forms the RFC's own example for a strict router", () => {
    const routeSet = ['<sip:proxy1>', '<sip:proxy2>', '<sip:proxy3;lr>', '<sip:proxy4>'].map(address);
    expect(routeRequest('sip:user@remoteua', routeSet)).toEqual({
      requestUri: 'sip:proxy1',
      routes: ['<sip:proxy2>', '<sip:proxy3;lr>', '<sip:proxy4>', '<sip:user@remoteua>'],
      nextHop: 'sip:proxy1',
    });
  });

  it('strips from a strict router what a Request-URI must not have (§19.1.1)', () => {
    const { requestUri } = routeRequest('sip:a@b', [address('<sip:proxy1;transport=udp;method=INVITE?Subject=x>')]);
    expect(requestUri).toBe('sip:proxy1;transport=udp');
  });

  it.each([
    ['sip:p1.example.com;lr', true],
    ['sip:p1.example.com;lr=on', true],
    ['sip:p1.example.com', false],
    ['sip:lr@p1.example.com', false],
    ['tel:+1', false],
  ])('tells whether %s is a loose router: %s', (uri, loose) => {
    expect(isLooseRouter(uri)).toBe(loose);
  });
});

describe('a dialog that we began (§12.1.2)', () => {
  const recorded = [
    'Contact: <sip:bob@192.0.2.4>',
    'Record-Route: <sip:p2.biloxi.com;lr>, <sip:p1.atlanta.com;lr;x=1>',
  ];

  it('takes the route set in reverse order, the parameters kept', () => {
    const dialog = Dialog.ofResponse(invite, response(200, ...recorded));
    const { request, nextHop } = dialog.createRequest('BYE');
    expect(request.requestUri).toBe('sip:bob@192.0.2.4');
    expect(request.headers.all('Route')).toEqual(['<sip:p1.atlanta.com;lr;x=1>', '<sip:p2.biloxi.com;lr>']);
    expect(nextHop).toBe('sip:p1.atlanta.com;lr;x=1');
  });

  it('numbers its requests one above the INVITE, each once', () => {
    const dialog = Dialog.ofResponse(invite, response(200, ...recorded));
    expect(dialog.createRequest('INFO').request.headers.get('CSeq')).toBe('986760 INFO');
    expect(dialog.createRequest('BYE').request.headers.get('CSeq')).toBe('986761 BYE');
  });

  it('names both sides as the INVITE did, with the tags', () => {
    const { request } = Dialog.ofResponse(invite, response(200, ...recorded)).createRequest('BYE');
    expect([request.from.uri, request.fromTag]).toEqual(['sip:door@192.0.2.9', '88sja8x']);
    expect([request.to.uri, request.toTag]).toEqual(['sip:bob@biloxi.com', 'a6c85cf']);
    expect(request.callId).toBe('987asjd97y7atg');
  });

  it('acknowledges with the number and the credentials of the INVITE (§13.2.2.4)', () => {
    const authorized = outgoing('INVITE', {
      cseq: '986760 INVITE',
      extra: ['Proxy-Authorization: Digest username="door", response="x"'],
    });
    const dialog = Dialog.ofResponse(authorized, response(200, ...recorded));
    dialog.createRequest('INFO');
    const { request } = dialog.createAck(authorized);
    expect(request.headers.get('CSeq')).toBe('986760 ACK');
    expect(request.headers.get('Proxy-Authorization')).toBe('Digest username="door", response="x"');
    expect(request.requestUri).toBe('sip:bob@192.0.2.4');
    expect(request.headers.has('Route')).toBe(true);
  });

  it('computes the route set anew from the 2xx that confirms it (§13.2.2.4)', () => {
    const dialog = Dialog.ofResponse(invite, response(180, ...recorded));
    expect(dialog.state).toBe('early');
    dialog.confirmBy(response(200, 'Contact: <sip:bob@192.0.2.5>', 'Record-Route: <sip:p3.example.com;lr>'));
    expect(dialog.state).toBe('confirmed');
    const { request } = dialog.createRequest('BYE');
    expect(request.headers.all('Route')).toEqual(['<sip:p3.example.com;lr>']);
    expect(request.requestUri).toBe('sip:bob@192.0.2.5');
  });

  it.each([
    ['none', []],
    ['a star', ['Contact: *']],
    ['another scheme', ['Contact: <tel:+49123>']],
    ['garbage', ['Contact: <<>']],
  ])('reaches a peer whose Contact is %s by the Request-URI', (_, contact) => {
    const dialog = Dialog.ofResponse(invite, response(200, ...contact));
    expect(dialog.createRequest('BYE').request.requestUri).toBe('sip:bob@biloxi.com');
  });
});

describe('a dialog that the peer began (§12.1.1)', () => {
  const call = incoming('INVITE', {
    extra: ['Contact: <sip:alice@192.0.2.1:5070>', 'Record-Route: <sip:p1.example.com;lr>, <sip:p2.example.com;lr>'],
  });

  it('takes the route set in order and swaps From and To', () => {
    const { request, nextHop } = accepted(call, 'us', 7).createRequest('BYE');
    expect(request.headers.all('Route')).toEqual(['<sip:p1.example.com;lr>', '<sip:p2.example.com;lr>']);
    expect(nextHop).toBe('sip:p1.example.com;lr');
    expect(request.requestUri).toBe('sip:alice@192.0.2.1:5070');
    expect([request.from.uri, request.fromTag]).toEqual(['sip:door@192.0.2.9', 'us']);
    expect([request.to.uri, request.toTag]).toEqual(['sip:alice@192.0.2.1', '1928301774']);
    expect(request.headers.get('CSeq')).toBe('8 BYE');
  });

  it('leaves the tag out of To where the peer has none (RFC 2543)', () => {
    const old = incoming('INVITE', { from: '<sip:alice@192.0.2.1>', extra: ['Contact: <sip:alice@192.0.2.1>'] });
    expect(accepted(old).createRequest('BYE').request.headers.get('To')).toBe('<sip:alice@192.0.2.1>');
  });

  it.each([
    ['has no Contact', []],
    ['has a Contact of another scheme', ['Contact: <tel:+49123>']],
    ['has a malformed Record-Route', ['Contact: <sip:a@192.0.2.1>', 'Record-Route: <<sip:x']],
  ])('does not exist when the INVITE %s', (_, extra) => {
    expect(Dialog.ofRequest(incoming('INVITE', { extra }), 'us', 0).ok).toBe(false);
  });

  it('is early until it is confirmed', () => {
    const dialog = accepted(call);
    expect(dialog.state).toBe('early');
    dialog.confirm();
    expect(dialog.state).toBe('confirmed');
  });
});

describe('the order of requests (§12.2.2)', () => {
  const invited = incoming('INVITE', { cseq: '100 INVITE', extra: ['Contact: <sip:alice@192.0.2.1>'] });
  const bye = (number: number): SipRequest => incoming('BYE', { cseq: `${number} BYE` });

  it('takes higher numbers, gaps included, and refuses lower ones', () => {
    const dialog = accepted(invited);
    expect([99, 100, 101, 205].map((number) => dialog.isInOrder(bye(number)))).toEqual([false, true, true, true]);
    dialog.acceptSequence(bye(205));
    expect([204, 205, 206].map((number) => dialog.isInOrder(bye(number)))).toEqual([false, true, true]);
  });

  it('takes any number first where the peer has sent none yet, zero included', () => {
    const dialog = Dialog.ofResponse(invite, response(200, 'Contact: <sip:bob@192.0.2.4>'));
    expect(dialog.isInOrder(bye(0))).toBe(true);
    dialog.acceptSequence(bye(0));
    expect(dialog.isInOrder(bye(1))).toBe(true);
  });

  it('does not change when it is only asked', () => {
    const dialog = accepted(invited);
    dialog.isInOrder(bye(500));
    expect(dialog.isInOrder(bye(101))).toBe(true);
  });
});

describe('target refresh (§12.2.1.2, §12.2.2)', () => {
  const dialog = accepted(incoming('INVITE', { extra: ['Contact: <sip:alice@192.0.2.1>'] }));

  it('follows the Contact, and stays where there is none', () => {
    dialog.refreshTarget(incoming('INVITE', { extra: ['Contact: <sip:alice@192.0.2.77:6000>'] }));
    expect(dialog.remoteTarget).toBe('sip:alice@192.0.2.77:6000');
    dialog.refreshTarget(incoming('UPDATE'));
    expect(dialog.remoteTarget).toBe('sip:alice@192.0.2.77:6000');
    dialog.refreshTarget(createResponse(incoming('INVITE'), 200, { headers: [['Contact', '<sip:a@192.0.2.3>']] }));
    expect(dialog.remoteTarget).toBe('sip:a@192.0.2.3');
  });
});
