// Profiles from Debian's nginx: HTTPS with a client certificate and a password.

import { describe, expect } from 'vitest';
import { Authority } from './rig/certificates.ts';
import type { Doorphone } from './rig/doorphone.ts';
import { ADDRESSES } from './rig/network.ts';
import type { Nginx } from './rig/nginx.ts';
import { type Rig, test } from './rig/rig.ts';

const LOGIN = { user: 'doors', password: 'wurzelzwerg' };

async function nginx(rig: Rig, options: { certificate?: { certificate: string; key: string } } = {}): Promise<Nginx> {
  return await rig.nginx({
    certificate: options.certificate ?? rig.certificate('nginx'),
    clientAuthority: rig.authority,
    login: LOGIN,
  });
}

async function provisionedDoor(rig: Rig, server: string, more: object = {}): Promise<Doorphone> {
  const own = rig.certificate('door-client', ['DNS:door.example.test']);
  return await rig.doorphone({
    configuration: {
      accounts: [{ uri: `sip:door@${ADDRESSES.door}`, register: false }],
      buttons: { front: { line: 'button', call: [`sip:101@${ADDRESSES.phone}`] } },
      provisioning: {
        server,
        username: LOGIN.user,
        password: LOGIN.password,
        tls: { ca: rig.authority, certificate: own.certificate, key: own.key },
        ...more,
      },
    },
  });
}

describe('profiles from nginx', () => {
  test('are fetched, followed, and not fetched again where they have not changed', async ({ rig }) => {
    const server = await nginx(rig);
    server.write('common.yaml', 'name: From nginx\n');
    const door = await provisionedDoor(rig, `${server.url}/`);
    await door.saw('provisioning.applied');
    const mine = await server.log.find('request for the door’s own file', (line) =>
      /GET \/[0-9a-f]{12}\.yaml 404/.test(line),
    );
    expect(mine).toMatch(/404 doors "doorphone doorphone \S+ [0-9a-f]{12}"/);
    await server.log.find('the common file', (line) => line.startsWith('GET /common.yaml 200 doors'));

    const mark = server.log.mark;
    await door.execute('provision', { now: true });
    await server.log.find('a question for changes', (line) => line.startsWith('GET /common.yaml 304'), { from: mark });

    const events = door.events.mark;
    server.write('common.yaml', 'name: Changed at nginx\n');
    await door.execute('provision', { now: true });
    await door.saw('provisioning.applied', { from: events });
    const { profile } = await door.execute('provision', {});
    expect(profile?.where).toBe(`${server.url}/common.yaml`);
  });

  test('are not taken from one whom nobody vouches for', async ({ rig }) => {
    const stranger = new Authority(rig.folder, 'stranger');
    const server = await nginx(rig, { certificate: stranger.issue('strange', { names: [`IP:${ADDRESSES.pbx}`] }) });
    server.write('a.yaml', 'name: Stranger\n');
    const door = await provisionedDoor(rig, `${server.url}/a.yaml`);
    const fault = await door.saw('fault');
    expect(fault.what).toContain('not trusted');
    expect(server.log.items.filter((line) => line.startsWith('GET'))).toEqual([]);
  });

  test('are not taken where the password is wrong', async ({ rig }) => {
    const server = await nginx(rig);
    server.write('a.yaml', 'name: Secret\n');
    const door = await provisionedDoor(rig, `${server.url}/a.yaml`, { password: 'falsch-falsch' });
    const fault = await door.saw('fault');
    expect(fault.what).toContain('user name or password are wrong');
    expect(fault.what).not.toContain('falsch');
    const asked = server.log.items.filter((line) => line.startsWith('GET'));
    expect(asked.map((line) => line.split(' ')[2])).toEqual(['401', '401']);
  });

  test('are followed to where they have moved', async ({ rig }) => {
    const server = await nginx(rig);
    server.write('common.yaml', 'name: Moved\n');
    const door = await provisionedDoor(rig, `${server.url}/moved/a.yaml`);
    await door.saw('provisioning.applied');
  });

  test('are not followed to where no profile can be', async ({ rig }) => {
    const door = await provisionedDoor(rig, `${(await nginx(rig)).url}/away/a.yaml`);
    const fault = await door.saw('fault');
    expect(fault.what).toContain('169.254.169.254 is where a cloud keeps');
  });
});
