// The presence server of somebody else: Kamailio's modules for `presence`, `message-summary` and `reg`. The door publishes
// there and watches there; baresip watches the door, by the server and at the door itself; SIPp watches its calls, and
// tells it of messages as Asterisk does.

import { describe, expect } from 'vitest';
import { account, type Doorphone } from './rig/doorphone.ts';
import { ADDRESSES } from './rig/network.ts';
import { type Rig, test } from './rig/rig.ts';
import type { SipMessage } from './rig/sip-text.ts';

const LONGER_THAN_A_SUBSCRIPTION_MS = 12_000;
/** A watcher is told of a press, and of what follows, within this. */
const TOLD_WITHIN_MS = 200;

/** What the door sends, of one method and event package. */
function sent(rig: Rig, method: string, event: string): SipMessage[] {
  return rig.wire.requests(method, ADDRESSES.door).filter((message) => message.header('Event') === event);
}

async function watchingDoor(rig: Rig, subscribe: readonly string[]): Promise<Doorphone> {
  const door = await rig.doorphone({ configuration: { accounts: [{ ...account(), subscribe }] } });
  await door.registered();
  return door;
}

async function notified(rig: Rig, event: string, fits: (message: SipMessage) => boolean): Promise<SipMessage> {
  return await rig.wire.sip.find(
    `NOTIFY of ${event}`,
    (message) =>
      message.method === 'NOTIFY' &&
      message.to.address === ADDRESSES.door &&
      message.header('Event') === event &&
      fits(message),
    { withinMs: LONGER_THAN_A_SUBSCRIPTION_MS },
  );
}

describe('presence', () => {
  test('is published to a presence server, whose watcher sees a call begin and end', async ({ rig }) => {
    const pbx = await rig.kamailio({ events: true });
    const watcher = await rig.baresip('desk', {
      user: '102',
      registrar: pbx.address,
      watches: [`sip:door@${pbx.address}`],
    });
    const resident = await rig.baresip('phone', { user: '101', registrar: pbx.address });
    const door = await rig.doorphone({
      configuration: {
        sip: { listen: [`udp:${ADDRESSES.door}:5060`], publish: 'presence' },
        accounts: [account()],
      },
    });
    await door.registered();
    await watcher.sees('Online');
    await door.press();
    await resident.saw('CALL_ESTABLISHED');
    await watcher.sees('Offline');
    await door.execute('hangup', {});
    await watcher.sees('Online');
    // A publication is refreshed and taken back by its tag (RFC 3903 §4.3, §4.5).
    const refresh = await rig.wire.sip.find(
      'refreshing PUBLISH',
      ({ method, body, header }) => method === 'PUBLISH' && header('SIP-If-Match') !== undefined && body === '',
      { withinMs: LONGER_THAN_A_SUBSCRIPTION_MS },
    );
    // What ends while it is being published has no tag to be taken back by: it runs out.
    await rig.wire.sip.find('200 for the refresh', ({ status, callId }) => status === 200 && callId === refresh.callId);
    await door.stop();
    // What was sent last reaches the capture a moment later than it has left.
    const removal = await rig.wire.sip.find(
      'PUBLISH that removes',
      ({ method, header }) => method === 'PUBLISH' && header('Expires') === '0',
    );
    expect(sent(rig, 'PUBLISH', 'presence').at(-1)).toBe(removal);
    expect(removal.header('SIP-If-Match')).toBeDefined();
    await rig.wire.sip.find('200 for the removal', ({ status, callId }) => status === 200 && callId === removal.callId);
  });

  test('is told by the door itself to baresip, which it lets in', async ({ rig }) => {
    const watcher = await rig.baresip('desk', { user: '102', watches: [`sip:door@${ADDRESSES.door}`] });
    const resident = await rig.baresip('phone', { user: '101' });
    const door = await rig.doorphone({
      configuration: {
        sip: { listen: [`udp:${ADDRESSES.door}:5060`], accept: [`${ADDRESSES.desk}/32`] },
        accounts: [{ uri: `sip:door@${ADDRESSES.door}`, register: false }],
        buttons: { front: { line: 'button', call: [resident.uri] } },
      },
    });
    await watcher.sees('Online');
    await door.press();
    await watcher.sees('Offline');
  });
});

/** What one notification says, read with as little as it takes. */
function dialogInfo({ body, atMs, header }: SipMessage) {
  const part = (pattern: RegExp): string | undefined => pattern.exec(body)?.[1];
  return {
    atMs,
    subscription: header('Subscription-State')?.split(';')[0],
    version: Number(part(/<dialog-info[^>]* version="(\d+)"/)),
    state: part(/<state[^>]*>(\w+)<\/state>/),
    callId: part(/<dialog [^>]*call-id="([^"]+)"/),
    direction: part(/<dialog [^>]*direction="([^"]+)"/),
  };
}

describe('the calls of the door', () => {
  test('are told to a watcher of another make: each step of a call, at once', async ({ rig }) => {
    const door = await rig.doorphone({
      configuration: {
        sip: { listen: [`udp:${ADDRESSES.door}:5060`], accept: [`${ADDRESSES.sipp}/32`] },
        accounts: [{ uri: `sip:door@${ADDRESSES.door}`, register: false }],
        buttons: { front: { line: 'button', call: [`sip:101@${ADDRESSES.phone}`] } },
      },
    });
    const phone = await rig.sipp({ scenario: 'ring-talk-hang-up' }, 'phone');
    const watcher = await rig.sipp({ scenario: 'watch-dialogs', target: `${ADDRESSES.door}:5060`, service: 'door' });
    await rig.wire.sip.find(
      'first NOTIFY, answered',
      ({ status, cseqMethod }) => status === 200 && cseqMethod === 'NOTIFY',
    );
    await door.press();
    await phone.passed();
    await watcher.passed();
    const told = sent(rig, 'NOTIFY', 'dialog').map(dialogInfo);
    expect(told.map(({ version, state }) => [version, state])).toEqual([
      [0, undefined],
      [1, 'trying'],
      [2, 'early'],
      [3, 'confirmed'],
      [4, 'terminated'],
      [5, undefined],
    ]);
    expect(told.map(({ subscription }) => subscription)).toEqual([...Array(5).fill('active'), 'terminated']);
    const [invite] = rig.wire.requests('INVITE', ADDRESSES.door);
    expect(new Set(told.slice(1, 5).map(({ callId }) => callId))).toEqual(new Set([invite?.callId]));
    expect(told[1]?.direction).toBe('initiator');
    const pressed = Date.parse((await door.saw('button.pressed')).time);
    expect((told[1]?.atMs ?? Number.NaN) - pressed).toBeLessThan(TOLD_WITHIN_MS);
    // Each later step, by the wire alone: what the phone says, and what the watcher hears of it.
    const steps = [180, 200].map((status) =>
      rig.wire.sip.items.find((message) => message.status === status && message.cseqMethod === 'INVITE'),
    );
    const goodbye = rig.wire.requests('BYE', ADDRESSES.phone)[0];
    for (const [at, step] of [...steps, goodbye].entries()) {
      expect((told[at + 2]?.atMs ?? Number.NaN) - (step?.atMs ?? Number.NaN)).toBeLessThan(TOLD_WITHIN_MS);
    }
  });
});

describe('messages that the door is told of unasked', () => {
  test('as the drivers of Asterisk write it', async ({ rig }) => {
    const pbx = await rig.kamailio({});
    const door = await watchingDoor(rig, []);
    const account = `Message-Account: sip:*97@${pbx.address}`;
    // What each says of a subscription that nobody has: chan_pjsip that it is over, chan_sip nothing, other PBXs that it is on.
    const ways = [
      { from: `<sip:asterisk@${pbx.address}>`, state: 'terminated', account: [], messages: [3, 1] },
      { from: `"asterisk" <sip:asterisk@${pbx.address}>`, state: undefined, account: [account], messages: [0, 4] },
      { from: `<sip:door@${pbx.address}>`, state: 'active', account: [account], messages: [7, 0] },
    ] as const;
    for (const { from, state, account, messages } of ways) {
      const mark = door.events.items.length;
      const [fresh, old] = messages;
      const head = [...(state === undefined ? [] : [`Subscription-State: ${state}`]), 'Event: message-summary'];
      const summary = [
        `Messages-Waiting: ${fresh > 0 ? 'yes' : 'no'}`,
        ...account,
        `Voice-Message: ${fresh}/${old} (0/0)`,
      ];
      const voicemail = await rig.sipp(
        {
          scenario: 'tell-of-messages',
          target: `${ADDRESSES.door}:5060`,
          service: 'door',
          // The registrar has the other one.
          port: 5070,
          fill: { FROM: from, HEAD: indent(head), SUMMARY: indent(summary) },
        },
        'pbx',
      );
      await voicemail.passed();
      expect(await door.saw('messages.waiting', { from: mark })).toMatchObject({
        waiting: fresh > 0,
        new: fresh,
        old,
      });
    }
  });
});

/** Lines as they stand in a scenario. */
function indent(lines: readonly string[]): string {
  return lines.map((line) => `      ${line}`).join('\n');
}

describe('what the door watches at its server', () => {
  test('messages that wait are told, the subscription is refreshed and taken back', async ({ rig }) => {
    await rig.kamailio({ events: true });
    const door = await watchingDoor(rig, ['message-summary']);
    await notified(rig, 'message-summary', () => true);
    const voicemail = await rig.sipp({
      scenario: 'publish-summary',
      target: `${ADDRESSES.pbx}:5060`,
      service: 'door',
    });
    await voicemail.passed();
    expect(await door.saw('messages.waiting')).toMatchObject({ waiting: true, new: 2, old: 5 });

    // The server grants ten seconds: another SUBSCRIBE in the same dialog before they are over (RFC 6665 §4.1.2.2).
    const refresh = await rig.wire.sip.find(
      'refreshing SUBSCRIBE',
      ({ method, header }) => method === 'SUBSCRIBE' && /;tag=/.test(header('To') ?? ''),
      { withinMs: LONGER_THAN_A_SUBSCRIPTION_MS },
    );
    await rig.wire.sip.find(
      '2xx for the refresh',
      ({ status, callId, cseqNumber }) =>
        status !== undefined && status < 300 && callId === refresh.callId && cseqNumber === refresh.cseqNumber,
    );
    await door.stop();
    const last = sent(rig, 'SUBSCRIBE', 'message-summary').at(-1);
    expect(last).toMatchObject({ callId: refresh.callId });
    expect(last?.header('Expires')).toBe('0');
    const goodbye = await notified(
      rig,
      'message-summary',
      ({ header }) => header('Subscription-State')?.startsWith('terminated') === true,
    );
    await rig.wire.sip.find(
      '200 for the last NOTIFY',
      ({ status, cseqMethod, cseqNumber }) =>
        status === 200 && cseqMethod === 'NOTIFY' && cseqNumber === goodbye.cseqNumber,
    );
  });

  test('its own registration: a binding that the administrator removes is back at once', async ({ rig }) => {
    const pbx = await rig.kamailio({ events: true });
    const door = await watchingDoor(rig, ['reg']);
    const told = await notified(rig, 'reg', ({ body }) => body.includes('state="active"'));
    expect(told.body).toContain(`sip:door@${ADDRESSES.door}`);
    const mark = rig.wire.sip.mark;
    await pbx.administer('ul.rm', 'location', 'door');
    const gone = await notified(rig, 'reg', ({ body }) => body.includes('state="terminated"'));
    const renewal = await rig.wire.sip.find(
      'REGISTER',
      ({ method, header }) => method === 'REGISTER' && header('Contact') !== undefined,
      { from: mark },
    );
    expect(renewal.atMs - gone.atMs).toBeLessThan(500);
    await door.program.lines.find('the reason', (line) => line.includes('sip.binding-dropped'));
  });
});
