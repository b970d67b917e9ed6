import { describe, expect, it } from 'vitest';
import { FileContent, parseHosts, parseResolvConf } from '../../../../src/sip/locate/dns/resolver-configuration.ts';

describe('resolv.conf', () => {
  it.each([
    ['nameserver 192.0.2.53\n', ['192.0.2.53']],
    [
      '# made by dhcpcd\nsearch example.com\nnameserver 192.0.2.53\nnameserver\t2001:db8::53\n',
      ['192.0.2.53', '2001:db8::53'],
    ],
    ['nameserver fe80::1%eth0\n', ['fe80::1%eth0']],
    [
      'nameserver 192.0.2.1\nnameserver 192.0.2.2\nnameserver 192.0.2.3\nnameserver 192.0.2.4',
      ['192.0.2.1', '192.0.2.2', '192.0.2.3'],
    ],
    ['options edns0\n;nameserver 192.0.2.1\nnameserver\nnameserver dns.example.com', ['127.0.0.1']],
    ['', ['127.0.0.1']],
  ])('%j names %j', (text, addresses) => {
    expect(parseResolvConf(text)).toEqual(addresses.map((address) => ({ address, port: 53 })));
  });
});

describe('/etc/hosts', () => {
  it('names hosts and their aliases, in whatever case', () => {
    const text = '127.0.0.1 localhost\n# 192.0.2.1 not.this\n192.0.2.2\tPBX.example.com pbx # the house\n\n192.0.2.3\n';
    expect(parseHosts(text)).toEqual(new Set(['localhost', 'pbx.example.com', 'pbx']));
  });
});

describe('a file', () => {
  it('is read once for each of its versions, and as it was while it cannot be read', () => {
    let version: string | undefined = '1';
    let text: string | undefined = 'nameserver 192.0.2.1';
    let reads = 0;
    const file = new FileContent(
      {
        version: () => version,
        read: () => {
          reads += 1;
          return text;
        },
      },
      parseResolvConf,
    );
    expect(file.current[0]?.address).toBe('192.0.2.1');
    expect(file.current[0]?.address).toBe('192.0.2.1');
    expect(reads).toBe(1);
    version = undefined;
    expect(file.current[0]?.address).toBe('192.0.2.1');
    version = '2';
    text = undefined;
    expect(file.current[0]?.address).toBe('192.0.2.1');
    text = 'nameserver 192.0.2.2';
    expect(file.current[0]?.address).toBe('192.0.2.2');
  });
});
