// A registrar over UDP that knows no flows (RFC 5626), and what stands between: a NAT, which the registrar's Via tells of
// (RFC 3581 §4), or a firewall, which nobody tells of. Both forget a way by which nothing goes.

import { describe, expect, it } from 'vitest';
import { seconds } from '../../../../src/base/units.ts';
import type { Account } from '../../../../src/sip/agent/types.ts';
import { createResponse, serialize } from '../../../../src/sip/message/index.ts';
import type { SipRequest } from '../../../../src/sip/message/types.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { ScriptedPhone } from '../../../support/scripted-phone.ts';
import { type Bench, bench, DOOR } from '../../../support/sip-bench.ts';

const INTERNET = '198.51.100.5';
const HOUSE = '10.0.0.5';

interface Seen extends Bench {
  readonly registers: SipRequest[];
  /** When datagrams came that are no SIP, and what they were. */
  readonly reminders: { readonly at: number; readonly text: string }[];
  /** Where the registrar sees the door; undefined: where it is. */
  mapped: string | undefined;
}

/** A door, and a registrar that tells where it sees it. @param lists whether it says what is bound when it is asked */
async function registeredAt(address: string, mapped: string | undefined, lists = true): Promise<Seen> {
  const account: Account = { uri: `sip:door@${address}`, expires: seconds(300), register: true };
  const clock = new FakeClock();
  const registers: SipRequest[] = [];
  const reminders: { at: number; text: string }[] = [];
  const nat = { mapped };
  let bound = '';
  const made = await bench({ clock, accounts: [account] }, async (network) => {
    const registrar = await ScriptedPhone.plug(network, address);
    registrar.onDatagram = (bytes) => {
      if (bytes.length > 8) return false;
      reminders.push({ at: clock.now(), text: bytes.toString() });
      return true;
    };
    registrar.onMessage = (message, from) => {
      if (message.kind !== 'request' || message.method !== 'REGISTER') return;
      registers.push(message);
      bound = message.headers.get('Contact') ?? (lists ? bound : '');
      const headers = bound === '' ? [] : [['Contact', bound] as const];
      const text = serialize(createResponse(message, 200, { toTag: 'registrar', headers })).toString();
      const [host, port] = (nat.mapped ?? `${from.address}:${from.port}`).split(':');
      registrar.sendBytes(Buffer.from(text.replace(';rport', `;rport=${port};received=${host}`)), from);
    };
  });
  clock.advance(100);
  return Object.assign(nat, { ...made, registers, reminders });
}

const binds = ({ registers }: Seen): readonly SipRequest[] => registers.filter(({ headers }) => headers.has('Contact'));

describe('a door behind a NAT, at a registrar that knows no flows', () => {
  it.each([INTERNET, HOUSE])('has the NAT reminded of its way to %s every 25 to 29 s', async (address) => {
    const made = await registeredAt(address, '203.0.113.7:40022', false);
    made.clock.advance(600_000);
    const pauses = made.reminders.slice(1).map(({ at }, index) => at - (made.reminders[index]?.at ?? 0));
    expect(pauses.length).toBeGreaterThan(18);
    expect(Math.min(...pauses)).toBeGreaterThanOrEqual(25_000);
    expect(Math.max(...pauses)).toBeLessThanOrEqual(29_000);
    expect(new Set(pauses).size).toBeGreaterThan(5);
    expect(new Set(made.reminders.map(({ text }) => text))).toEqual(new Set(['\r\n\r\n']));
  });

  it('says where it is seen', async () => {
    const { agent } = await registeredAt(INTERNET, '203.0.113.7:40022');
    expect(agent.registrations).toMatchObject([{ registered: true, details: { mapped: '203.0.113.7:40022' } }]);
  });

  it('registers again as soon as it learns that the NAT shows it elsewhere, once', async () => {
    const made = await registeredAt(INTERNET, '203.0.113.7:40022');
    made.clock.advance(60_000);
    expect(binds(made)).toHaveLength(1);
    made.mapped = '203.0.113.7:40999';
    made.clock.advance(26_000);
    expect(binds(made)).toHaveLength(2);
    expect(made.agent.registrations[0]?.details?.mapped).toBe('203.0.113.7:40999');
    made.clock.advance(60_000);
    expect(binds(made)).toHaveLength(2);
  });

  it('keeps its own address in Contact: the registrar knows where it came from', async () => {
    const made = await registeredAt(INTERNET, '203.0.113.7:40022');
    made.clock.advance(300_000);
    const contacts = binds(made).flatMap(({ headers }) => headers.list('Contact'));
    expect(contacts.filter((contact) => !contact.includes(`@${DOOR.address}:${DOOR.port}`))).toEqual([]);
  });

  it('reminds nobody any more when it has left', async () => {
    const made = await registeredAt(INTERNET, '203.0.113.7:40022');
    const stopped = made.agent.stop();
    await made.clock.advanceAsync(10);
    await stopped;
    expect(made.clock.timers).toEqual([]);
  });
});

describe('a door without a NAT', () => {
  it('keeps a firewall to the Internet open as well', async () => {
    const made = await registeredAt(INTERNET, undefined, false);
    made.clock.advance(120_000);
    expect(made.reminders.length).toBeGreaterThanOrEqual(4);
    expect(made.agent.registrations[0]?.details?.mapped).toBeNull();
  });

  it('sends nothing of the kind in the house', async () => {
    const made = await registeredAt(HOUSE, undefined, false);
    made.clock.advance(120_000);
    expect(made.reminders).toEqual([]);
  });
});
