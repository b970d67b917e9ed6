// A board whose cable is plugged in after it was switched on: its profile is asked for at once, and not when a wait is over.

import { expect } from 'vitest';
import { stringify } from 'yaml';
import { ADDRESSES } from './rig/network.ts';
import { test } from './rig/rig.ts';
import { elapse } from './rig/stream.ts';

test('a board whose cable comes later has its profile within seconds', async ({ rig }) => {
  const server = await rig.nginx({ certificate: rig.certificate('nginx') });
  server.write(
    'door.yaml',
    stringify({
      name: 'By the cable',
      accounts: [{ uri: `sip:door@${ADDRESSES.door}`, register: false }],
      buttons: { front: { line: 'button', call: [`sip:101@${ADDRESSES.phone}`] } },
    }),
  );
  rig.host('door').configure(['link set eth0 down']);
  const door = await rig.doorphone({
    configuration: {
      ...{ name: undefined, buttons: undefined, doors: undefined, sip: { listen: ['udp:0.0.0.0:5060'] } },
      provisioning: { server: `${server.url}/door.yaml`, tls: { ca: rig.authority } },
    },
  });
  await door.saw('fault', { fits: ({ what }) => what.includes(ADDRESSES.pbx) });
  // Long enough for the waits between tries to have grown beyond what is measured below.
  await elapse(16_000);
  const pluggedAt = Date.now();
  rig.host('door').configure(['link set eth0 up']);
  await door.saw('provisioning.applied', { withinMs: 8000 });
  // Two seconds for the change to be noticed, one of chance, and the proof looks once a second.
  expect(Date.now() - pluggedAt).toBeLessThan(6500);
});
