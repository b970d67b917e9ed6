// The door finds its servers by a zone of the test's own (RFC 3263), with a dead server before the living one.

import { describe, expect } from 'vitest';
import type { Zone } from './rig/dns.ts';
import { account, DOOR_CODE, type Doorphone } from './rig/doorphone.ts';
import { ADDRESSES } from './rig/network.ts';
import { type Rig, test } from './rig/rig.ts';
import type { SipMessage } from './rig/sip-text.ts';
import { elapse } from './rig/stream.ts';

const DOMAIN = 'example.test';

/** `dead` comes first and `pbx` is asked when it does not serve. @param dead its address */
function zone(dead: string, protocol: 'udp' | 'tcp' = 'udp'): Zone {
  return {
    hosts: { [`pbx.${DOMAIN}`]: ADDRESSES.pbx, [`dead.${DOMAIN}`]: dead },
    naptr: [
      {
        name: DOMAIN,
        order: 10,
        preference: 10,
        service: protocol === 'udp' ? 'SIP+D2U' : 'SIP+D2T',
        replacement: `_sip._${protocol}.${DOMAIN}`,
      },
    ],
    services: [
      { name: `_sip._${protocol}.${DOMAIN}`, target: `dead.${DOMAIN}`, port: 5060, priority: 1 },
      { name: `_sip._${protocol}.${DOMAIN}`, target: `pbx.${DOMAIN}`, port: 5060, priority: 2 },
    ],
  };
}

async function doorOf(rig: Rig, resolver: string, register: boolean): Promise<Doorphone> {
  return await rig.doorphone({
    configuration: {
      accounts: [{ ...account(), uri: `sip:door@${DOMAIN}`, register }],
      sip: { listen: [`udp:${ADDRESSES.door}:5060`, `tcp:${ADDRESSES.door}:5060`], resolvers: [resolver] },
      buttons: { front: { line: 'button', call: [`sip:801@${DOMAIN}`] } },
    },
  });
}

const isInviteAtPbx = (message: SipMessage): boolean =>
  message.method === 'INVITE' && message.from.address === ADDRESSES.door && message.to.address === ADDRESSES.pbx;

/** Presses, and gives the milliseconds from there to the INVITE at the server that lives. */
async function pressToInvite(rig: Rig, door: Doorphone): Promise<number> {
  const [from, mark] = [rig.wire.sip.mark, door.events.mark];
  await door.press();
  const pressed = await door.saw('button.pressed', { from: mark });
  const invite = await rig.wire.sip.find('INVITE at the living server', isInviteAtPbx, { from });
  await door.saw('call.answered', { from: mark });
  return invite.atMs - Date.parse(pressed.time);
}

/** Nobody has this address: what goes there is answered by nothing at all. */
const NOBODY = '10.77.0.99';

describe('servers by name', () => {
  test.for(['udp', 'tcp'] as const)('NAPTR and SRV lead to %s', async (protocol, { rig }) => {
    const names = await rig.nameServer(zone(ADDRESSES.pbx, protocol));
    await rig.kamailio({ streams: rig.certificate('registrar') });
    const phone = await rig.baresip('phone', { user: 'guest' });
    const door = await doorOf(rig, names.resolver, true);
    await door.registered();
    const registered = await rig.wire.sip.find('REGISTER', ({ method }) => method === 'REGISTER');
    expect(registered.protocol).toBe(protocol);
    expect(names.questions).toContain(`NAPTR ${DOMAIN}`);
    await door.press();
    await door.saw('call.answered');
    await phone.saw('CALL_ESTABLISHED');
    await phone.sendDigits(DOOR_CODE);
    await door.saw('door.opened');
  });

  test.for([
    ['that answers nothing', NOBODY],
    ['whose machine says that nobody listens', ADDRESSES.desk],
  ] as const)('a dead first server %s costs 2 s once, and 100 ms from then on', async ([, dead], { rig }) => {
    const names = await rig.nameServer(zone(dead));
    await rig.kamailio();
    const phone = await rig.baresip('phone', { user: 'guest' });
    const door = await doorOf(rig, names.resolver, false);
    expect(await pressToInvite(rig, door)).toBeLessThan(2_500);
    await phone.hangup();
    await door.saw('call.ended');
    await elapse(1_500);
    expect(await pressToInvite(rig, door)).toBeLessThan(100);
    expect(rig.wire.requests('INVITE', ADDRESSES.door).some(({ to }) => to.address === dead)).toBe(dead !== NOBODY);
  });

  test('a server that is overloaded passes the door on to the next, and is left alone as long as it asks', async ({
    rig,
  }) => {
    const names = await rig.nameServer(zone(ADDRESSES.proxy));
    await rig.kamailio({ overloaded: true }, 'proxy');
    await rig.kamailio();
    const phone = await rig.baresip('phone', { user: 'guest' });
    const door = await doorOf(rig, names.resolver, true);
    await door.registered();
    await door.press();
    await door.saw('call.answered');
    await phone.hangup();
    await door.saw('call.ended');
    const atOverloaded = rig.wire.sip.all(
      ({ method, to }) => method !== undefined && method !== 'ACK' && to.address === ADDRESSES.proxy,
    );
    expect(atOverloaded.length).toBeLessThanOrEqual(2);
  });

  test('names that were found outlive the name server', async ({ rig }) => {
    const names = await rig.nameServer({ ...zone(ADDRESSES.pbx), timeToLive: 5 });
    await rig.kamailio();
    await rig.baresip('phone', { user: 'guest' });
    const door = await doorOf(rig, names.resolver, true);
    await door.registered();
    await names.kill();
    await elapse(7_000);
    expect(await pressToInvite(rig, door)).toBeLessThan(500);
  });
});
