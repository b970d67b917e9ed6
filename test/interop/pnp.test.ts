// A board that knows nothing at all asks the network by multicast; a PBX answers in the dialect of its maker, and the
// profile is Debian's nginx's.

import { describe, expect } from 'vitest';
import { stringify } from 'yaml';
import { account, type Doorphone } from './rig/doorphone.ts';
import { ADDRESSES, type HostName } from './rig/network.ts';
import type { Program } from './rig/program.ts';
import { type Rig, test } from './rig/rig.ts';

const PROFILE = stringify({
  name: 'Found by multicast',
  accounts: [{ ...account(), register: false }],
  buttons: { front: { line: 'button', call: [`sip:101@${ADDRESSES.phone}`] } },
});

const board = (rig: Rig, provisioning: object = {}): Promise<Doorphone> =>
  rig.doorphone({
    configuration: {
      name: undefined,
      buttons: undefined,
      doors: undefined,
      accounts: undefined,
      provisioning: { server: 'pnp', tls: { ca: rig.authority }, ...provisioning },
    },
  });

function responder(rig: Rig, dialect: string, url: string, on: HostName = 'pbx', ...source: string[]): Program {
  return rig.program(on, {
    name: `pnp-${dialect}`,
    command: [
      process.execPath,
      new URL('rig/pnp-responder.mjs', import.meta.url).pathname,
      ADDRESSES[on],
      dialect,
      url,
      ...source,
    ],
  });
}

describe('multicast (PnP)', () => {
  test.for([
    ['plain', 'a.yaml'],
    ['ucm', ''],
    ['indirect', 'a.yaml'],
    ['sloppy', 'a.yaml'],
  ] as const)('in the dialect %s', async ([dialect, file], { rig }) => {
    const server = await rig.nginx({ certificate: rig.certificate('nginx') });
    server.write(file === '' ? 'common.yaml' : file, PROFILE);
    const pbx = responder(rig, dialect, `${server.url}/${file}`);
    await pbx.lines.find('its start', (line) => line === 'listens');
    const door = await board(rig);
    await door.saw('provisioning.applied');
    await pbx.lines.find('a question', (line) => line.startsWith(`asked by ${ADDRESSES.door}: ua-profile`));
    await pbx.lines.find('its 200', (line) => line === `acknowledged by ${ADDRESSES.door}`);
    const report = await door.execute('provision', {});
    expect(report.server).toBe(server.url);
    expect((await door.status()).accounts).toMatchObject([{ registers: false }]);
  });

  test('of the product’s own server', async ({ rig }) => {
    const { certificate: pem, key } = rig.certificate('provisioning', [`IP:${ADDRESSES.proxy}`]);
    await rig.provisionServer({
      'server.yaml': `sip: [ udp:${ADDRESSES.proxy}:5060 ]\nfiles: https:${ADDRESSES.proxy}:8443\ncertificate: ${pem}\nkey: ${key}\npnp: true\napprove: automatic\n`,
      'common.yaml': PROFILE,
    });
    const door = await board(rig);
    await door.saw('provisioning.applied', { fits: ({ serial }) => serial === 1 });
  });

  test('is not believed from another network; one who knows the last spelling alone is', async ({ rig }) => {
    const server = await rig.nginx({ certificate: rig.certificate('nginx') });
    server.write('a.yaml', PROFILE);
    const elsewhere = '192.0.2.66';
    rig.host('stranger').configure([`addr add ${elsewhere}/32 dev eth0`]);
    rig.host('door').configure([`route add ${elsewhere}/32 dev eth0`]);
    const forger = responder(rig, 'plain', `https://${ADDRESSES.stranger}:8443/a.yaml`, 'stranger', elsewhere);
    const pbx = responder(rig, 'bare', `${server.url}/a.yaml`);
    for (const one of [forger, pbx]) await one.lines.find('its start', (line) => line === 'listens');
    const door = await board(rig);
    const { where } = await door.saw('provisioning.applied', { withinMs: 15_000 });
    expect(where).toBe(`${server.url}/a.yaml`);
    await door.program.lines.find('a word about the forger', (line) =>
      /pnp\.answer-from-elsewhere.*192\.0\.2\.66/.test(line),
    );
  });

  test('names nothing outside of the house', async ({ rig }) => {
    const pbx = responder(rig, 'plain', 'https://198.51.100.7/a.yaml');
    await pbx.lines.find('its start', (line) => line === 'listens');
    const door = await board(rig);
    const fault = await door.saw('fault', { fits: ({ what }) => what.includes('198.51.100.7') });
    expect(fault.mend).toBeTruthy();
    expect(door.allOf('provisioning.applied')).toEqual([]);
  });
});
