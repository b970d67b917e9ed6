// Boards that know nothing but an address: their profile by SIP and HTTPS from the product's server, with Kamailio as the
// registrar that the profile names.

import { createHash, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect } from 'vitest';
import { stringify } from 'yaml';
import { Authority } from './rig/certificates.ts';
import { account, DOOR_CODE, type Doorphone } from './rig/doorphone.ts';
import { ADDRESSES } from './rig/network.ts';
import { type Rig, test } from './rig/rig.ts';

/** What a whole door has, as its owner writes it. */
function profile(name: string, more: object = {}): string {
  return stringify({
    name,
    accounts: [account()],
    buttons: { front: { line: 'button', call: [`sip:101@${ADDRESSES.pbx}`] } },
    doors: { main: { relay: 'relay', openFor: '1s', code: DOOR_CODE } },
    ...more,
  });
}

/** A board without a word of its own but where its profile is. */
async function board(rig: Rig, provisioning: object, sip?: object): Promise<Doorphone> {
  const nothing = { name: undefined, buttons: undefined, doors: undefined };
  return await rig.doorphone({
    configuration: { ...nothing, provisioning, ...(sip === undefined ? {} : { sip }) },
  });
}

const certificate = (rig: Rig) => rig.certificate('provisioning', [`IP:${ADDRESSES.proxy}`]);

describe('the product’s provisioning server', () => {
  test('by SIP and HTTPS: found, registered, rung by; a change followed, a bad one taken back', async ({ rig }) => {
    const pbx = await rig.kamailio();
    const phone = await rig.baresip('phone', { user: '101', registrar: pbx.address });
    const { certificate: pem, key } = certificate(rig);
    const server = await rig.provisionServer({
      'server.yaml': `sip: [ udp:${ADDRESSES.proxy}:5060 ]\nfiles: https:${ADDRESSES.proxy}:8443\ncertificate: ${pem}\nkey: ${key}\napprove: automatic\n`,
      'common.yaml': profile('Front door', { profile: { proveWithin: '6s' } }),
    });
    const door = await board(rig, { server: `sip:${ADDRESSES.proxy}`, tls: { ca: rig.authority } });
    await door.saw('provisioning.applied', { fits: ({ serial }) => serial === 1 });
    await door.registered();
    await door.press();
    await door.saw('call.answered');
    // A change waits for the end of the call.
    server.write('common.yaml', profile('North door', { profile: { proveWithin: '6s' } }));
    await server.said(/"verdict":"waiting"/);
    expect((await door.status()).state).toBe('talking');
    await phone.hangup();
    await door.saw('provisioning.applied', { fits: ({ serial }) => serial === 2 });
    const away = { ...account(), registrar: `sip:${ADDRESSES.stranger}` };
    server.write('common.yaml', profile('North door', { accounts: [away], profile: { proveWithin: '6s' } }));
    const back = await door.saw('provisioning.rolled-back', { withinMs: 20_000 });
    expect(back).toMatchObject({ serial: 3 });
    await server.said(/"verdict":"rolled-back"/);
    await door.registered();
  });

  test('with a certificate of somebody else: no profile, one event that says why', async ({ rig }) => {
    const { certificate: pem, key } = rig.certificate('other', ['IP:192.0.2.1']);
    await rig.provisionServer({
      'server.yaml': `sip: [ udp:${ADDRESSES.proxy}:5060 ]\nfiles: https:${ADDRESSES.proxy}:8443\ncertificate: ${pem}\nkey: ${key}\napprove: automatic\n`,
      'common.yaml': profile('Front door'),
    });
    const door = await board(rig, { server: `sip:${ADDRESSES.proxy}`, tls: { ca: rig.authority } });
    const fault = await door.saw('fault', { fits: ({ what }) => what.includes(ADDRESSES.proxy) });
    expect(fault.what).toMatch(/certificate/);
    expect(door.allOf('provisioning.applied')).toEqual([]);
  });

  test('by SIP over TLS and HTTPS, known by a pinned key alone', async ({ rig }) => {
    const names = [`IP:${ADDRESSES.proxy}`];
    const { certificate: pem, key } = new Authority(rig.folder, 'nobody').issue('pinned', { names });
    const spki = new X509Certificate(readFileSync(pem)).publicKey.export({ type: 'spki', format: 'der' });
    const pin = createHash('sha256').update(spki).digest('base64');
    await rig.provisionServer({
      'server.yaml': `sip: [ tls:${ADDRESSES.proxy}:5061 ]\nfiles: https:${ADDRESSES.proxy}:8443\ncertificate: ${pem}\nkey: ${key}\napprove: automatic\n`,
      'common.yaml': profile('Pinned', { accounts: [{ uri: `sip:door@${ADDRESSES.door}`, register: false }] }),
    });
    const door = await board(rig, { server: `sips:${ADDRESSES.proxy}`, tls: { pin: [pin] } });
    await door.saw('provisioning.applied', { fits: ({ serial }) => serial === 1 });
  });

  test('a user’s profile by the registrar, over the device’s own', async ({ rig }) => {
    const pbx = await rig.kamailio({ profiles: true });
    const { certificate: pem, key } = certificate(rig);
    const user = `users/door@${pbx.address}.yaml`;
    const server = await rig.provisionServer({
      'server.yaml': `sip: [ udp:${ADDRESSES.proxy}:5060 ]\nfiles: https:${ADDRESSES.proxy}:8443\ncertificate: ${pem}\nkey: ${key}\napprove: automatic\n`,
      'common.yaml': profile('Of the device'),
      [user]: 'name: Of the user\n',
    });
    const door = await board(rig, {
      server: `sip:${ADDRESSES.proxy}`,
      tls: { ca: rig.authority },
      profiles: ['device', 'user'],
      redirects: 'private',
    });
    const ofUser = await door.saw('provisioning.applied', {
      fits: ({ where }) => where.endsWith('profile.yaml'),
      withinMs: 20_000,
    });
    expect(ofUser.where).not.toMatch(/[0-9a-f]{32}/);
    const report = await door.execute('provision', {});
    expect(report.values).toContainEqual(expect.objectContaining({ key: 'name', layer: 'user' }));
    expect(report.further).toMatchObject([{ of: `user sip:door@${pbx.address}`, state: 'settled' }]);
    const mark = door.events.mark;
    server.write(user, 'name: Changed by the user\n');
    await door.saw('provisioning.applied', { from: mark });
    await door.registered();
  });

  test('by SIP over TLS with a password: who shows it is told, who does not is counted', async ({ rig }) => {
    await rig.kamailio();
    const { certificate: pem, key } = certificate(rig);
    const server = await rig.provisionServer({
      'server.yaml': stringify({
        sip: [`tls:${ADDRESSES.proxy}:5061`],
        files: `https:${ADDRESSES.proxy}:8443`,
        certificate: pem,
        key,
        approve: 'automatic',
        users: { doors: 'open-sesame' },
      }),
      'common.yaml': profile('Front door'),
    });
    const provisioning = {
      server: `sips:${ADDRESSES.proxy}`,
      username: 'doors',
      tls: { ca: rig.authority },
    };
    const sip = { listen: [`udp:${ADDRESSES.door}:5060`], tls: { ca: rig.authority } };
    const wrong = await board(rig, { ...provisioning, password: 'a guess' }, sip);
    await server.said(/"event":"fleet\.login-refused","by":"sip","why":"wrong-password"/);
    expect(wrong.allOf('provisioning.applied')).toEqual([]);
    await wrong.stop();
    const door = await board(rig, { ...provisioning, password: 'open-sesame' }, sip);
    await door.saw('provisioning.applied', { fits: ({ serial }) => serial === 1 });
    await door.registered();
    server.write('common.yaml', profile('North door'));
    await door.saw('provisioning.applied', { fits: ({ serial }) => serial === 2 });
    // Nothing of it goes in the clear.
    expect(rig.wire.sip.items.filter(({ header }) => header('Event')?.startsWith('ua-profile'))).toEqual([]);
    expect(door.program.text).not.toContain('open-sesame');
  });
});
