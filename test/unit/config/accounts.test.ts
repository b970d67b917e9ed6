import { describe, expect, it } from 'vitest';
import { faultsOf, parse, SMALL, warningsOf } from './support.ts';

const account = (yaml: string): string =>
  SMALL.replace('  - uri: sip:door@example.com\n', `  - uri: sip:door@example.com\n    ${yaml}\n`);

describe('the servers of an account', () => {
  it('are groups of registrars and several proxies', () => {
    const text = account(
      'registrars: [ [ "sip:a.example.com", "sip:b.example.com" ], [ "sip:c.example.com" ] ]\n' +
        '    outboundProxies: [ "sip:e1.example.com;lr", "sip:e2.example.com;lr" ]\n' +
        '    preference: 0.8\n    gruu: true',
    );
    expect(parse(text).configuration?.accounts).toMatchObject([
      {
        registrars: [['sip:a.example.com', 'sip:b.example.com'], ['sip:c.example.com']],
        outboundProxies: ['sip:e1.example.com;lr', 'sip:e2.example.com;lr'],
        preference: 0.8,
        gruu: true,
      },
    ]);
    expect(warningsOf(text)).toEqual([]);
  });

  it.each([
    ['registrars: []', '4:17: accounts[0].registrars: is empty; list at least one'],
    ['registrars: [ [] ]', '4:19: accounts[0].registrars[0]: is empty; list at least one'],
    ['registrars: [ "sip:a.example.com" ]', 'accounts[0].registrars[0]: is a text where a list belongs'],
    ['registrars: [ [ "sip:x@a.example.com" ] ]', 'accounts[0].registrars[0][0]: names a user'],
    ['registrars: [ [ "sip:a.example.com" ], [ "sip:a.example.com" ] ]', 'registrars[1][0]: is named already'],
    ['outboundProxies: [ "sip:a;lr", "sip:a;lr" ]', 'outboundProxies[1]: is named already'],
    ['preference: 1.5', 'accounts[0].preference: is not a preference'],
    ['preference: 0.1234', 'accounts[0].preference: is not a preference'],
    ['registrar: "sip:a"\n    registrars: [ [ "sip:b" ] ]', 'accounts[0].registrar: stands beside registrars'],
    ['outboundProxy: "sip:a;lr"\n    outboundProxies: [ "sip:b;lr" ]', 'outboundProxy: stands beside outboundProxies'],
  ])('%s is a fault', (yaml, said) => {
    expect(faultsOf(account(yaml))).toEqual([expect.stringContaining(said)]);
  });

  it('are warned of where a proxy is no loose router', () => {
    expect(warningsOf(account('outboundProxies: [ "sip:e1.example.com" ]'))).toEqual([
      expect.stringContaining('outboundProxies[0]: has no ;lr'),
    ]);
  });
});
