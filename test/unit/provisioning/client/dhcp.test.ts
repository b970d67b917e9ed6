// What a network says of profile servers, as DHCP clients write it down.

import { describe, expect, it } from 'vitest';
import { configurationUrl, dhcpServers } from '../../../../src/provisioning/client/dhcp/configuration-service.ts';
import {
  configurationDomains,
  type DhcpLease,
  localDomainIn,
  readNames,
  serversIn,
} from '../../../../src/provisioning/client/dhcp/dhcp-options.ts';
import { type LeaseDisk, readLeases } from '../../../../src/provisioning/client/dhcp/lease-files.ts';
import {
  readDhclient,
  readHelperFile,
  readMessage4,
  readMessage6,
  readNetworkd,
} from '../../../../src/provisioning/client/dhcp/lease-formats.ts';
import { SeededRandom } from '../../../support/seeded-random.ts';

const ORDER = [66, 43, 120, 160];
const text = (value: string): Buffer => Buffer.from(value, 'latin1');
const lease = (
  v4: readonly (readonly [number, Buffer])[],
  v6: readonly (readonly [number, Buffer])[] = [],
): DhcpLease => ({
  where: 'eth0',
  v4: new Map(v4),
  v6: new Map(v6),
});
const uris = (one: DhcpLease, wanted: readonly number[] = ORDER) => serversIn(one, wanted).map(({ uri }) => uri);

describe('options', () => {
  it.each([
    ['a URL', 'https://boot.example.com/doors/', ['https://boot.example.com/doors/']],
    ['a URL that ends in a zero', 'http://10.0.0.7:8080/\0', ['http://10.0.0.7:8080/']],
    ['a SIP address', 'sip:boot.example.com', ['sip:boot.example.com']],
    ['a host', 'boot.example.com', ['https://boot.example.com/']],
    ['an address', '192.0.2.7', ['https://192.0.2.7/']],
    ['TFTP', 'tftp://192.0.2.7/', []],
    ['a file', 'file:///etc/passwd', []],
    ['nothing', '', []],
    ['what is no host', 'two words', []],
    ['a URL with a line end', 'https://a.example/\r\nX: y', []],
  ])('66 with %s', (_, value, expected) => {
    expect(uris(lease([[66, text(value)]]))).toEqual(expected);
  });

  it('come in the order that is wanted, and those alone', () => {
    const one = lease([
      [160, text('https://b.example/')],
      [66, text('https://a.example/')],
      [114, text('https://portal.example/')],
    ]);
    expect(uris(one)).toEqual(['https://a.example/', 'https://b.example/']);
    expect(uris(one, [160, 66])).toEqual(['https://b.example/', 'https://a.example/']);
    expect(uris(one, [114])).toEqual(['https://portal.example/']);
    expect(serversIn(one, [66])).toEqual([{ from: 'dhcp', uri: 'https://a.example/', by: 'DHCP option 66 at eth0' }]);
  });

  it.each([
    ['as it is', text('https://a.example/')],
    [
      'encapsulated, behind others (RFC 2132 §8.4)',
      Buffer.concat([Buffer.from([1, 2, 9, 9, 0, 3, 18]), text('https://a.example/'), Buffer.from([255])]),
    ],
  ])('43 with a URL %s', (_, data) => {
    expect(uris(lease([[43, data]]))).toEqual(['https://a.example/']);
  });

  it.each([
    ['another maker’s', Buffer.from([6, 4, 0, 0, 0, 8, 255])],
    ['one that is cut short', Buffer.from([1, 200, 65])],
  ])('43: %s', (_, data) => {
    expect(uris(lease([[43, data]]))).toEqual([]);
  });

  it('120 with names: the example of RFC 3361 §3.1', () => {
    const data = Buffer.concat([Buffer.from([0]), text('\x07example\x03com\0\x07example\x03net\0')]);
    expect(uris(lease([[120, data]]))).toEqual(['sip:example.com', 'sip:example.net']);
  });

  it('120 with addresses (RFC 3361 §3.2)', () => {
    expect(uris(lease([[120, Buffer.from([1, 192, 0, 2, 1, 192, 0, 2, 2])]]))).toEqual([
      'sip:192.0.2.1',
      'sip:192.0.2.2',
    ]);
    expect(uris(lease([[120, Buffer.from([1, 192, 0, 2])]]))).toEqual([]);
    expect(uris(lease([[120, Buffer.from([7, 192, 0, 2, 1])]]))).toEqual([]);
  });

  it('21 and 22 of DHCPv6 (RFC 3319)', () => {
    const address = Buffer.from('20010db8000000000000000000000001', 'hex');
    const one = lease(
      [],
      [
        [21, text('\x07example\x03com\0')],
        [22, address],
      ],
    );
    expect(uris(one)).toEqual(['sip:example.com', 'sip:[2001:db8:0:0:0:0:0:1]']);
    expect(uris(one, [66])).toEqual([]);
  });

  it('15: the domain of the network', () => {
    expect(localDomainIn(lease([[15, text('Lan.Example.net')]]))).toBe('lan.example.net');
    expect(localDomainIn(lease([[15, text('no domain')]]))).toBeUndefined();
    expect(localDomainIn(lease([]))).toBeUndefined();
  });
});

describe('domain names (RFC 1035 §4.1.4)', () => {
  it('may point back', () => {
    expect(readNames(Buffer.concat([text('\x03sip\x07example\x03com\0\x04boot'), Buffer.from([0xc0, 4])]))).toEqual([
      'sip.example.com',
      'boot.example.com',
    ]);
  });

  it.each([
    ['to themselves', Buffer.from([0xc0, 0])],
    ['forward', Buffer.from([0xc0, 2, 1, 65, 0])],
    ['round in a circle', Buffer.from([1, 65, 0xc0, 0])],
    ['out of the option', Buffer.from([1, 65, 0xc0])],
  ])('not %s', (_, data) => {
    expect(readNames(data)).toEqual([]);
  });

  it('not what is no host name', () => {
    expect(readNames(text('\x09evil\r\nX:y\x03com\0'))).toEqual([]);
  });
});

/** A message as dhcpcd keeps it (RFC 2131 §2). */
const message4 = (...options: readonly Buffer[]): Buffer =>
  Buffer.concat([Buffer.alloc(236), Buffer.from([0x63, 0x82, 0x53, 0x63]), ...options, Buffer.from([255])]);
const option4 = (code: number, data: Buffer): Buffer => Buffer.concat([Buffer.from([code, data.length]), data]);

describe('leases as they are kept', () => {
  it('dhcpcd: the answer itself; an option in parts is one (RFC 3396)', () => {
    const bytes = message4(
      Buffer.from([0]),
      option4(66, text('https://boot.')),
      option4(51, Buffer.alloc(4)),
      option4(66, text('example.com/')),
    );
    const one = readMessage4(bytes, 'eth0');
    expect(one && uris(one)).toEqual(['https://boot.example.com/']);
    expect(readMessage4(Buffer.alloc(300), 'eth0')).toBeUndefined();
    expect(readMessage4(Buffer.alloc(0), 'eth0')).toBeUndefined();
  });

  it('dhcpcd, DHCPv6', () => {
    const name = text('\x07example\x03com\0');
    const bytes = Buffer.concat([Buffer.from([7, 1, 2, 3, 0, 21, 0, name.length]), name]);
    const one = readMessage6(bytes, 'eth0');
    expect(one && uris(one)).toEqual(['sip:example.com']);
  });

  it('systemd-networkd: what it keeps', () => {
    const one = readNetworkd(
      '# This is private data. Do not parse.\nADDRESS=192.0.2.9\nDOMAINNAME=lan.example.net\nSIP=192.0.2.5 192.0.2.6\nVENDOR_SPECIFIC=68747470733a2f2f612e6578616d706c652f\nOPTION_230=68747470733a2f2f622e6578616d706c652f\n',
      'eth0',
    );
    expect(uris(one)).toEqual(['https://a.example/', 'sip:192.0.2.5', 'sip:192.0.2.6']);
    expect(uris(one, [230])).toEqual(['https://b.example/']);
    expect(localDomainIn(one)).toBe('lan.example.net');
  });

  it('dhclient: the last of each interface', () => {
    const block = (name: string, ...options: readonly string[]): string =>
      `lease {\n  interface "${name}";\n  fixed-address 192.0.2.9;\n${options.map((option) => `  option ${option};\n`).join('')}  expire 2 2030/01/01 10:00:00;\n}\n`;
    const leases = readDhclient(
      block('eth0', 'tftp-server-name "https://old.example/"') +
        block('eth1', 'unknown-160 68:74:74:70:73:3a:2f:2f:63:2e:65:78:61:6d:70:6c:65:2f') +
        block('eth0', 'tftp-server-name "https://new.example/\\000"', 'domain-name "lan.example.net"'),
      'dhclient',
    );
    expect(leases.flatMap((one) => serversIn(one, ORDER))).toEqual([
      { from: 'dhcp', uri: 'https://new.example/', by: 'DHCP option 66 at eth0' },
      { from: 'dhcp', uri: 'https://c.example/', by: 'DHCP option 160 at eth1' },
    ]);
  });

  it('the helper’s file', () => {
    const [one] = readHelperFile(
      '{"eth0":{"4":{"66":"626f6f742e6578616d706c652e636f6d"},"6":{"21":"076578616d706c6503636f6d00"}}}',
    );
    expect(one && uris(one)).toEqual(['https://boot.example.com/', 'sip:example.com']);
    for (const bad of ['', '[', 'null', '7', '{"eth0":7}', '{"eth0":{"4":{"66":7,"x":"00","67":"0"}}}']) {
      expect(readHelperFile(bad).flatMap((some) => uris(some))).toEqual([]);
    }
  });
});

describe('the files of a machine', () => {
  const disk = (files: Readonly<Record<string, Buffer>>): LeaseDisk => ({
    list: (folder) =>
      Object.keys(files)
        .filter((path) => path.startsWith(`${folder}/`))
        .map((path) => path.slice(folder.length + 1)),
    read: (path) => files[path],
  });

  it('are all read, the helper’s first', () => {
    const found = readLeases(
      disk({
        '/var/lib/dhcpcd/wlan0-house.lease': message4(option4(66, text('c.example'))),
        '/var/lib/dhcpcd/duid': text('00:01'),
        '/run/systemd/netif/leases/2': text('SIP=192.0.2.5\n'),
        '/var/lib/dhcp/dhclient.eth0.leases': text('lease {\n  option tftp-server-name "d.example";\n}\n'),
        '/var/lib/NetworkManager/dhclient-1-2-eth1.lease': text('lease {\n  option tftp-server-name "e.example";\n}\n'),
        '/run/doorphone/dhcp.json': text('{"eth0":{"4":{"66":"612e6578616d706c65"}}}'),
      }),
    ).flatMap((one) => uris(one));
    expect(found).toEqual([
      'https://a.example/',
      'https://c.example/',
      'sip:192.0.2.5',
      'https://d.example/',
      'https://e.example/',
    ]);
  });

  it('need not be there', () => {
    expect(readLeases(disk({}))).toEqual([]);
  });
});

it('whatever stands in them, nothing breaks', () => {
  const random = new SeededRandom(17);
  const good = message4(option4(120, text('\0\x07example\x03com\0')), option4(43, Buffer.from([1, 3, 65, 66, 67])));
  let read = 0;
  for (let round = 0; round < 3000; round += 1) {
    const bytes = round % 2 === 0 ? Buffer.from(good) : random.bytes(300);
    for (let change = 0; change < 4; change += 1)
      bytes[236 + Math.floor(random.uniform() * 30)] = random.bytes(1)[0] ?? 0;
    const four = readMessage4(bytes, 'x');
    const leases = [four, readMessage6(bytes, 'x'), readNetworkd(bytes.toString('latin1'), 'x')];
    for (const one of [...leases, ...readDhclient(bytes.toString('latin1'), 'x')]) {
      if (one !== undefined)
        for (const { uri } of serversIn(one, [...ORDER, ...one.v4.keys()])) expect(uri).toMatch(/^[\x21-\x7e]+$/);
    }
    if (four !== undefined) read += 1;
  }
  expect(read).toBeGreaterThan(100);
});

/** As Debian 12's dhclient 4.4.3 wrote it, asked for what docs/provisioning.md says, by a dnsmasq 2.90. */
const DHCLIENT_4_4 = `lease {
  interface "eth0";
  fixed-address 10.99.0.108;
  option sip-ua-cs-domains "sfua1.example.test.";
  option subnet-mask 255.255.255.0;
  option routers 10.99.0.1;
  option dhcp-lease-time 3600;
  option tftp-server-name "https://boot.example.test/66/";
  option v4-captive-portal "https://boot.example.test/160/";
  option dhcp-message-type 5;
  option domain-name-servers 10.99.0.1;
  option dhcp-server-identifier 10.99.0.1;
  option sip-servers 1:a:63:0:1;
  option vendor-encapsulated-options "https://boot.example.test/43/";
  option domain-name "example.test";
  renew 6 2026/11/28 07:41:47;
}
`;

describe('a lease of dhclient 4.4', () => {
  it('names all servers, and the domain of a configuration service', () => {
    const [one] = readDhclient(DHCLIENT_4_4, 'eth0');
    if (one === undefined) throw new Error('there is a lease');
    expect(uris(one)).toEqual([
      'https://boot.example.test/66/',
      'https://boot.example.test/43/',
      'sip:10.99.0.1',
      'https://boot.example.test/160/',
    ]);
    expect(configurationDomains(one)).toEqual([{ domain: 'sfua1.example.test', by: 'DHCP option 141 at eth0' }]);
  });
});

describe('a configuration service (RFC 6011)', () => {
  /** "a.test", "b.test". */
  const DOMAINS = Buffer.from('\x01a\x04test\0\x01b\xc0\x02', 'latin1');
  const HYPOCOMM = {
    id: 'urn:uuid:00000000-0000-1000-8000-001122334455',
    vendor: 'examplecorp.com',
    model: 'HypoComm',
    version: '2.1',
  };
  const ask = (one: DhcpLease, wanted: readonly number[], asked: string[] = []) =>
    dhcpServers(one, wanted, {
      device: HYPOCOMM,
      urisOf: async (domain, service) => {
        asked.push(`${service} ${domain}`);
        return domain === 'b.test' ? ['https://p1.example.net/cfg', 'http://p2.example.net/cfg'] : [];
      },
    });

  it('is asked with what the device is, as in §2.3.3', () => {
    expect(configurationUrl('https://p1.example.net/cfg', HYPOCOMM)).toBe(
      'https://p1.example.net/cfg?sfua-id=urn:uuid:00000000-0000-1000-8000-001122334455&sfua-vendor=examplecorp.com&sfua-model=HypoComm&sfua-revision=2.1',
    );
    expect(configurationUrl('https://p1.example.net/cfg?a=b', { ...HYPOCOMM, user: 'a&b' })).toContain(
      '?a=b&sfua-id=urn:uuid:00000000-0000-1000-8000-001122334455&sfua-user=a%26b&',
    );
  });

  it('is looked for in each domain of option 141, by HTTPS alone, in the place that is wanted', async () => {
    const asked: string[] = [];
    const one = lease([
      [141, DOMAINS],
      [66, text('https://c.example/')],
    ]);
    const found = await ask(one, [141, 66], asked);
    expect(asked).toEqual(['SFUA.CFG a.test', 'SFUA.CFG b.test']);
    expect(found.map(({ uri, by }) => [uri.split('?')[0], by])).toEqual([
      ['https://p1.example.net/cfg', 'DHCP option 141 at eth0'],
      ['https://c.example/', 'DHCP option 66 at eth0'],
    ]);
  });

  it('is looked for in the network’s own domain only where 141 names none (§2.1.2)', () => {
    const both = lease([
      [141, DOMAINS],
      [15, text('house.example')],
    ]);
    expect(configurationDomains(both).map(({ domain }) => domain)).toEqual(['a.test', 'b.test']);
    expect(configurationDomains(lease([[15, text('house.example')]])).map(({ domain }) => domain)).toEqual([
      'house.example',
    ]);
    expect(configurationDomains(lease([], [[58, DOMAINS]])).map(({ by }) => by)).toEqual(
      Array(2).fill('DHCPv6 option 58 at eth0'),
    );
  });

  it('is not looked for where 141 is not wanted', async () => {
    const asked: string[] = [];
    await ask(lease([[141, DOMAINS]]), [66, 120], asked);
    expect(asked).toEqual([]);
  });
});
