import { describe, expect, it } from 'vitest';
import { ok } from '../../../../src/base/result.ts';
import { SiblingProxies } from '../../../../src/sip/agent/sibling-proxies.ts';
import type { Endpoint } from '../../../../src/sip/message/types.ts';
import { outgoing } from '../../../support/sip-messages.ts';

/** Two proxies of one account, the first of which is dead. */
function siblings(): SiblingProxies {
  const at = (uri: string): Endpoint => ({
    protocol: uri.startsWith('sips:') ? 'tls' : 'udp',
    address: uri.includes('p1.') ? '192.0.2.1' : '192.0.2.2',
    port: 5060,
  });
  return new SiblingProxies({
    sets: () => [
      [
        { uri: 'sip:p1.example.com', live: false },
        { uri: 'sip:p2.example.com', live: true },
      ],
    ],
    locate: (uri, done) => done(ok([at(uri)])),
    known: (uri) => [at(uri).address],
  });
}

describe('a proxy that stands in for another', () => {
  it.each([
    ['sip:p1.example.com;lr', 'udp'],
    ['sips:p1.example.com;lr', 'tls'],
  ])('on the way by %s is reached by %s (RFC 5630 §5.1.1)', (uri, protocol) => {
    const found: Endpoint[] = [];
    siblings().locate(uri, (located) => found.push(...(located.ok ? located.value : [])));
    expect(found.map((one) => [one.address, one.protocol])).toEqual([
      ['192.0.2.2', protocol],
      ['192.0.2.1', protocol],
    ]);
  });

  it.each([
    ['sip', '<sip:p2.example.com;lr>'],
    ['sips', '<sips:p2.example.com;lr>'],
  ])('is named in Route with the scheme %s of the one before', (scheme, route) => {
    const request = outgoing('INVITE', { extra: [`Route: <${scheme}:p1.example.com;lr>`] });
    siblings().reroute(request, { protocol: 'tls', address: '192.0.2.2', port: 5061 });
    expect(request.headers.all('Route')).toEqual([route]);
  });
});
