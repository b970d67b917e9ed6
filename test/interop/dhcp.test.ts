// What DHCP clients of Debian write down of what a network tells them, by dnsmasq: read as a board reads it.

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { describe, expect } from 'vitest';
import { stringify } from 'yaml';
import { configurationDomains, type DhcpLease, serversIn } from '../../src/provisioning/client/dhcp/dhcp-options.ts';
import { type LeaseDisk, readLeases } from '../../src/provisioning/client/dhcp/lease-files.ts';
import { readHelperFile } from '../../src/provisioning/client/dhcp/lease-formats.ts';
import { ADDRESSES, type HostName } from './rig/network.ts';
import { type Rig, test } from './rig/rig.ts';

const WANTED = [66, 43, 120, 160];
const SERVERS = ['https://66.example.test/', 'https://43.example.test/', `sip:${ADDRESSES.pbx}`];
/** `sfua.example.test` as in DNS. */
const DOMAIN = '04:73:66:75:61:07:65:78:61:6d:70:6c:65:04:74:65:73:74:00';

/** A server that has something for everybody. */
async function dhcpServer(rig: Rig): Promise<void> {
  const server = rig.program('pbx', {
    name: 'dhcp-server',
    command: [
      ...(['dnsmasq', '--keep-in-foreground', '--no-resolv', '--no-hosts', '--user=root', '--pid-file='] as const),
      ...['--conf-file=/dev/null', '--log-dhcp', '--log-facility=-', '--interface=eth0', '--bind-interfaces'],
      ...['--dhcp-authoritative', '--no-ping', `--dhcp-leasefile=${rig.folder}/leases`, '--domain=house.example.test'],
      '--dhcp-range=10.77.0.100,10.77.0.120,1h',
      ...['66,https://66.example.test/', '43,https://43.example.test/', '160,https://160.example.test/'].map(
        (option) => `--dhcp-option=${option}`,
      ),
      ...[`option:sip-server,${ADDRESSES.pbx}`, `141,${DOMAIN}`].map((option) => `--dhcp-option=${option}`),
    ],
  });
  await server.lines.find('start of dnsmasq', (line) => line.includes('IP range'));
}

const BIN = new URL('../../bin/doorphone', import.meta.url).pathname;

/** The lease that the product asked for itself. */
async function informed(rig: Rig): Promise<DhcpLease> {
  const file = `${rig.folder}/dhcp.json`;
  const asking = rig.program('desk', { name: 'dhcp-inform', command: [process.execPath, BIN, 'dhcp-inform', file] });
  await asking.lines.find('an answer', (line) => line === 'answered at eth0');
  const [lease] = readHelperFile(readFileSync(file, 'utf8'));
  if (lease === undefined) throw new Error('nothing was written down');
  return lease;
}

/** Has dhclient ask for what docs/provisioning.md says. @returns the folder of its lease */
async function leaseOfDhclient(rig: Rig, on: HostName): Promise<string> {
  const folder = `${rig.folder}/dhclient`;
  await mkdir(folder);
  const conf = `${rig.folder}/dhclient.conf`;
  writeFileSync(
    conf,
    'option sip-servers code 120 = string; also request tftp-server-name, vendor-encapsulated-options, sip-servers, unknown-141, unknown-160;\n',
  );
  const files = ['-cf', conf, '-lf', `${folder}/dhclient.eth0.leases`, '-pf', `${rig.folder}/dhclient.pid`];
  const client = rig.program(on, {
    name: 'dhclient',
    command: ['dhclient', '-1', '-d', '-v', ...files, '-sf', '/bin/true', 'eth0'],
  });
  await client.lines.find('a lease', (line) => line.startsWith('bound to'));
  return folder;
}

/** A disk on which one folder stands in for another. */
const diskWith = (folder: string, stand: string): LeaseDisk => ({
  list: (path) => (path === folder ? readdirSync(stand) : []),
  read: (path) => (path.startsWith(`${folder}/`) ? readFileSync(path.replace(folder, stand)) : undefined),
});

describe('a lease', () => {
  test('of dhclient names the servers', async ({ rig }) => {
    await dhcpServer(rig);
    const folder = await leaseOfDhclient(rig, 'desk');
    const [lease] = readLeases(diskWith('/var/lib/dhcp', folder));
    if (lease === undefined) throw new Error('there is no lease');
    expect(lease.where).toBe('eth0');
    expect(serversIn(lease, WANTED).map(({ uri }) => uri)).toEqual([...SERVERS, 'https://160.example.test/']);
    expect(configurationDomains(lease).map(({ domain }) => domain)).toEqual(['sfua.example.test']);
  });

  test('of dhcpcd names the servers', async ({ rig }) => {
    await dhcpServer(rig);
    const folder = `${rig.folder}/dhcpcd`;
    await mkdir(folder);
    const conf = `${rig.folder}/dhcpcd.conf`;
    const options = ['define 160 string profiles_160', 'define 141 string profiles_141', 'noarp'];
    const asked = [43, 66, 120, 141, 160].map((option) => `option ${option}`);
    writeFileSync(conf, [...options, ...asked, ''].join('\n'));
    // Its files are where they always are, in a view of the file system that is the process's own.
    const client = rig.program('desk', {
      name: 'dhcpcd',
      command: [
        'sh',
        '-c',
        `mount --bind ${folder} /var/lib/dhcpcd && exec dhcpcd -4 -1 -B -d -f ${conf} -c /bin/true eth0`,
      ],
    });
    await client.exited;
    const [lease] = readLeases(diskWith('/var/lib/dhcpcd', folder));
    if (lease === undefined) throw new Error('there is no lease');
    expect(lease.where).toBe('eth0');
    expect(serversIn(lease, WANTED).map(({ uri }) => uri)).toEqual([...SERVERS, 'https://160.example.test/']);
    expect(configurationDomains(lease).map(({ domain }) => domain)).toEqual(['sfua.example.test']);
  });
});

describe('a configuration service (RFC 6011)', () => {
  test('is found by the lease of dhclient and the records of dnsmasq, and has the profile', async ({ rig }) => {
    await dhcpServer(rig);
    const leases = await leaseOfDhclient(rig, 'door');
    const server = await rig.nginx({ certificate: rig.certificate('nginx') });
    server.write('cfg.yaml', 'name: By option 141\n');
    const records = rig.program('dns', {
      name: 'records',
      command: [
        ...(['dnsmasq', '--keep-in-foreground', '--no-resolv', '--no-hosts', '--user=root', '--pid-file='] as const),
        ...['--conf-file=/dev/null', '--log-facility=-', `--listen-address=${ADDRESSES.dns}`, '--bind-interfaces'],
        `--naptr-record=sfua.example.test,10,10,U,SFUA.CFG,!^.*$!${server.url}/cfg.yaml!`,
      ],
    });
    await records.lines.find('start of dnsmasq', (line) => line.includes('started, version'));
    const file = `${rig.folder}/board.yaml`;
    const provisioning = { server: 'auto', order: ['dhcp'], dhcpOptions: [141], tls: { ca: rig.authority } };
    const sip = { listen: [`udp:${ADDRESSES.door}:5060`], resolvers: [`${ADDRESSES.dns}:53`] };
    writeFileSync(file, stringify({ board: 'virtual', audio: { device: 'virtual' }, sip, provisioning }));
    const run = ['run', '--config', file, '--state', `${rig.folder}/state`, '--socket', `${rig.folder}/board.sock`];
    // dhclient's leases are where they always are, in a view of the file system that is the process's own.
    const board = rig.program('door', {
      name: 'board',
      command: [
        'sh',
        '-c',
        `mount --bind ${leases} /var/lib/dhcp && exec ${[process.execPath, BIN, ...run].join(' ')}`,
      ],
    });
    await board.lines.find('a profile in force', (line) => line.includes('provisioning.applied'));
    const asked = await server.log.find('a question', (line) => line.startsWith('GET /cfg.yaml 200'));
    expect(asked).toMatch(/"doorphone doorphone \S+ [0-9a-f]{12}"$/);
  });
});

describe('the product’s own question', () => {
  test('is answered with what no client of the system asked for', async ({ rig }) => {
    await dhcpServer(rig);
    const lease = await informed(rig);
    expect(serversIn(lease, WANTED).map(({ uri }) => uri)).toEqual([...SERVERS, 'https://160.example.test/']);
    expect(configurationDomains(lease).map(({ domain }) => domain)).toEqual(['sfua.example.test']);
  });

  test('is answered where a client of the system keeps port 68 to itself', async ({ rig }) => {
    await dhcpServer(rig);
    // Bound to the interface and connected, as NetworkManager's: the kernel gives it all that comes from the server.
    const holder = rig.program('desk', {
      name: 'port-68',
      command: [
        'perl',
        '-MSocket',
        '-e',
        `$| = 1; socket(S, PF_INET, SOCK_DGRAM, 0) or die; setsockopt(S, SOL_SOCKET, SO_REUSEADDR, 1) or die;
         setsockopt(S, SOL_SOCKET, 25, "eth0\\0") or die; bind(S, pack_sockaddr_in(68, inet_aton("${ADDRESSES.desk}"))) or die;
         connect(S, pack_sockaddr_in(67, inet_aton("${ADDRESSES.pbx}"))) or die; print "holds it\\n";
         while (recv(S, $b, 2000, 0)) { print "heard it\\n"; }`,
      ],
    });
    await holder.lines.find('a socket', (line) => line === 'holds it');
    const lease = await informed(rig);
    expect(serversIn(lease, [66]).map(({ uri }) => uri)).toEqual(['https://66.example.test/']);
    await holder.lines.find('an answer that the product did not get', (line) => line === 'heard it');
  });
});
