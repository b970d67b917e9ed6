// Two edge proxies before one registrar, all of them Kamailio: a flow of the door's to each (RFC 5626), and what is left when
// one of them dies.

import { describe, expect } from 'vitest';
import type { Baresip } from './rig/baresip.ts';
import { account, type Doorphone } from './rig/doorphone.ts';
import { ADDRESSES } from './rig/network.ts';
import { type Rig, test } from './rig/rig.ts';
import type { SipMessage } from './rig/sip-text.ts';

const EDGES = [ADDRESSES.proxy, ADDRESSES.hall] as const;

/** Waits until the registrar's 200 has come to the door by that edge. */
async function boundBy(rig: Rig, edge: string, from = 0): Promise<SipMessage> {
  return await rig.wire.sip.find(
    `200 for REGISTER by ${edge}`,
    ({ status, cseqMethod, header, ...message }) =>
      status === 200 &&
      cseqMethod === 'REGISTER' &&
      message.from.address === edge &&
      message.to.address === ADDRESSES.door &&
      header('Require')?.includes('outbound') === true,
    { from, withinMs: 30_000 },
  );
}

/** 101 calls the door, which answers and hangs up. @returns by which edge the INVITE came */
async function callsIn(rig: Rig, phone: Baresip, door: Doorphone): Promise<string> {
  const [events, wire, closed] = [door.events.mark, rig.wire.sip.mark, phone.events.mark];
  await phone.dial(`sip:door@${ADDRESSES.pbx}`);
  await door.saw('call.answered', { from: events });
  await door.execute('hangup', {});
  await phone.saw('CALL_CLOSED', { from: closed });
  const invites = rig.wire.sip.all(({ method, to }) => method === 'INVITE' && to.address === ADDRESSES.door, wire);
  const ways = [...new Set(invites.map(({ from }) => from.address))];
  expect(ways).toHaveLength(1);
  return ways[0] ?? '';
}

describe('two edge proxies', () => {
  test.for(['udp', 'tcp'] as const)(
    'over %s: calls come by the one that lives, and the other is taken again',
    async (transport, { rig }) => {
      const pbx = await rig.kamailio({ flows: true });
      const [first, second] = [await rig.edge('proxy'), await rig.edge('hall')];
      const phone = await rig.baresip('phone', { user: '101', registrar: pbx.address });
      const outboundProxies = EDGES.map((address) => `sip:${address};transport=${transport};lr`);
      const door = await rig.doorphone({
        configuration: {
          accounts: [{ ...account(), outboundProxies }],
          sip: { listen: [`udp:${ADDRESSES.door}:5060`, `tcp:${ADDRESSES.door}:5060`] },
        },
      });
      const bound = [await boundBy(rig, EDGES[0]), await boundBy(rig, EDGES[1])];
      const flows = rig.wire.requests('REGISTER', ADDRESSES.door).map((one) => /;reg-id=(\d)/.exec(one.text)?.[1]);
      expect(new Set(flows.filter((flow) => flow !== undefined))).toEqual(new Set(['1', '2']));
      expect(bound.every(({ header }) => header('Flow-Timer') === '4')).toBe(true);
      expect(EDGES).toContain(await callsIn(rig, phone, door));

      const events = door.events.mark;
      await first.kill();
      expect(await callsIn(rig, phone, door)).toBe(EDGES[1]);
      await door.press();
      const { call } = await door.saw('call.started', { fits: ({ direction }) => direction === 'outgoing' });
      await door.saw('call.answered', { fits: (event) => event.call === call });
      await door.execute('hangup', {});
      await door.saw('call.ended', { fits: (event) => event.call === call });

      // The edge forgets its flows with its life: its tokens are new, and so must be the binding.
      await door.saw('registration.changed', {
        from: events,
        fits: ({ registered, reason = '' }) => registered && reason.includes(EDGES[0]) && !reason.endsWith('too'),
      });
      const mark = rig.wire.sip.mark;
      await first.start();
      await boundBy(rig, EDGES[0], mark);
      await second.kill();
      expect(await callsIn(rig, phone, door)).toBe(EDGES[0]);
      expect((await door.status()).accounts[0]?.registered).toBe(true);
    },
  );
});
