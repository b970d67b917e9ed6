import { describe, expect, it } from 'vitest';
import {
  candidatesOf,
  expandMacros,
  type FetchingDevice,
  userAgentOf,
} from '../../../../../src/provisioning/client/retrieval/index.ts';
import { hostOfUri } from '../../../../../src/provisioning/client/retrieval/policy.ts';

const device: FetchingDevice = {
  mac: 'b827eb010203',
  uuid: '0f6f2d5c-6d0f-4b0a-9d6e-0c5a5b1c2d3e',
  vendor: 'doorphone.example',
  model: 'Door One',
  version: '1.2.3',
};

describe('a URL’s macros', () => {
  it.each([
    ['https://a.example/{mac}.cfg', 'https://a.example/b827eb010203.cfg'],
    ['https://a.example/{MAC}.cfg', 'https://a.example/B827EB010203.cfg'],
    ['https://a.example/%7bmac%7D.cfg', 'https://a.example/b827eb010203.cfg'],
    ['https://a.example/$mac.xml', 'https://a.example/b827eb010203.xml'],
    ['https://a.example/$MAC/$PN', 'https://a.example/B827EB010203/Door%20One'],
    ['https://a.example/?m={model}&M={MODEL}&v={fwver}', 'https://a.example/?m=Door%20One&M=DOOR%20ONE&v=1.2.3'],
    [
      'https://a.example/{version}/{vendor}/{uuid}',
      'https://a.example/1.2.3/doorphone.example/0f6f2d5c-6d0f-4b0a-9d6e-0c5a5b1c2d3e',
    ],
    ['https://a.example/$macro/$5', 'https://a.example/$macro/$5'],
  ])('%s', (url, expanded) => {
    expect(expandMacros(url, device)).toEqual({ ok: true, value: expanded });
  });

  it.each(['https://a.example/{serial}', 'https://a.example/{constructor}'])(
    'that nobody knows are a fault: %s',
    (url) => {
      expect(expandMacros(url, device).ok).toBe(false);
    },
  );

  it('cannot be filled by a device that has nothing for them', () => {
    const { mac: _, ...without } = device;
    expect(expandMacros('https://a.example/{mac}', without).ok).toBe(false);
  });

  it('do not let a name leave its place', () => {
    expect(expandMacros('https://a.example/{model}', { ...device, model: '../x?y#z' })).toEqual({
      ok: true,
      value: 'https://a.example/..%2Fx%3Fy%23z',
    });
  });
});

describe('where a profile is looked for', () => {
  it('is the URL itself, or the names in its folder', () => {
    const paths = (url: string) => candidatesOf(new URL(url), device).map(({ pathname, search }) => pathname + search);
    expect(paths('https://a.example/x.yaml')).toEqual(['/x.yaml']);
    expect(paths('https://a.example/prov/?k=1')).toEqual([
      '/prov/b827eb010203.yaml?k=1',
      '/prov/0f6f2d5c-6d0f-4b0a-9d6e-0c5a5b1c2d3e.yaml?k=1',
      '/prov/Door%20One.yaml?k=1',
      '/prov/common.yaml?k=1',
    ]);
    expect(paths('https://a.example')[0]).toBe('/b827eb010203.yaml');
  });
});

it('says who asks, the hardware address last', () => {
  expect(userAgentOf(device)).toBe('doorphone Door-One 1.2.3 b827eb010203');
});

it.each([
  ['sip:prov.example.com', 'prov.example.com'],
  ['sips:door@Prov.example.com:5061;transport=tls', 'prov.example.com'],
  ['https://a.example:8443/x', 'a.example'],
  ['https://u:p@a.example/', 'a.example'],
  ['sip:[2001:db8::1]:5060', '[2001:db8::1]'],
  ['tel:1', undefined],
])('finds the host of %s', (uri, host) => {
  expect(hostOfUri(uri)).toBe(host);
});
