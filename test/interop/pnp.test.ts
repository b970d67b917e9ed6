// A board that knows nothing at all asks the network by multicast; a PBX answers in the dialect of its maker, and the
// profile is Debian's nginx's.

import { describe, expect } from 'vitest';
import { stringify } from 'yaml';
import { account, type Doorphone } from './rig/doorphone.ts';
import { ADDRESSES } from './rig/network.ts';
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

function responder(rig: Rig, dialect: string, url: string): Program {
  return rig.program('pbx', {
    name: `pnp-${dialect}`,
    command: [
      process.execPath,
      new URL('rig/pnp-responder.mjs', import.meta.url).pathname,
      ADDRESSES.pbx,
      dialect,
      url,
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

  test('names nothing outside of the house', async ({ rig }) => {
    const pbx = responder(rig, 'plain', 'https://198.51.100.7/a.yaml');
    await pbx.lines.find('its start', (line) => line === 'listens');
    const door = await board(rig);
    const fault = await door.saw('fault', { fits: ({ what }) => what.includes('198.51.100.7') });
    expect(fault.mend).toBeTruthy();
    expect(door.allOf('provisioning.applied')).toEqual([]);
  });
});
