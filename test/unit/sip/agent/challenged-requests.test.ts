// What callers with a password may ask beside calls: each request shows it, the answer shows that the door knows it too.
// And the one thing that is said to a server that may not call in.

import { describe, expect, it } from 'vitest';
import { Secret } from '../../../../src/base/secret.ts';
import { seconds } from '../../../../src/base/units.ts';
import type { InstantMessage } from '../../../../src/sip/agent/types.ts';
import { settle } from '../../../support/fake-clock.ts';
import { call, digest, door, login, type Made, plain, ROAMING, show } from '../../../support/roaming-phone.ts';
import { type Request, ScriptedPhone } from '../../../support/scripted-phone.ts';
import { answer, DOOR, deliver, peerAccount } from '../../../support/sip-bench.ts';

const CONTACT: readonly [string, string] = ['Contact', `<sip:alice@${ROAMING}>`];
/** As phones write it: there is room for a challenge in the answer. */
const CAN: readonly (readonly [string, string])[] = [
  CONTACT,
  ['User-Agent', 'a phone/1.0'],
  ['Allow', 'INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE, REFER, NOTIFY, MESSAGE, SUBSCRIBE'],
  ['Supported', 'replaces, outbound, gruu, path'],
];
const watch = (more: Partial<Request> = {}): Request =>
  plain({
    headers: [...CAN, ['Event', 'dialog'], ['Accept', 'application/dialog-info+xml'], ['Expires', '600']],
    ...more,
  });
const text = (more: Partial<Request> = {}): Request =>
  plain({ sdp: 'The key is under the mat', type: 'text/plain', ...more });
const refer = (more: Partial<Request> = {}): Request =>
  plain({ headers: [...CAN, ['Refer-To', '<sip:101@10.0.0.1>']], ...more });

/** What of each method a phone sends. */
const REQUESTS: readonly (readonly [string, Request, number])[] = [
  ['MESSAGE', text(), 200],
  ['SUBSCRIBE', watch(), 200],
  ['OPTIONS', plain({ headers: CAN }), 200],
  ['REFER', refer(), 202],
];

async function hearing(): Promise<{ made: Made; heard: InstantMessage[]; referred: string[] }> {
  const made = await door();
  const heard: InstantMessage[] = [];
  const referred: string[] = [];
  made.agent.on('message', (message) => heard.push(message));
  made.agent.on('refer', (referral) => {
    referred.push(referral.target);
    referral.accept();
  });
  return { made, heard, referred };
}

describe('a request of a caller with a password', () => {
  it.each(REQUESTS)(
    '%s is challenged, then taken, and the answer proves that the door knows the password',
    async (method, request, status) => {
      const { made } = await hearing();
      const phone = digest();
      const sent = show(made, phone, method, request);
      expect(made.roaming.statuses(method)).toEqual([401, status]);
      expect(phone.accepted(sent, made.roaming.response(method))).toBe('right');
      expect(made.roaming.response(method).headers.get('Authentication-Info')).toMatch(
        /^qop=auth, rspauth="[0-9a-f]{64}", cnonce="[^"]+", nc=00000001$/,
      );
    },
  );

  it.each(REQUESTS)('%s with a wrong one is challenged again, counted, and does nothing', async (method, request) => {
    const { made, heard, referred } = await hearing();
    for (let guess = 0; guess < 5; guess += 1) {
      show(made, digest('alice', `guess ${guess}`), method, { ...request, callId: `g${guess}` });
      made.clock.advance(seconds(2));
    }
    expect(new Set(made.roaming.statuses(method))).toEqual(new Set([401]));
    const told = made.roaming.received.length;
    made.roaming.send(made.roaming.make(method, { ...request, callId: 'sixth' }), DOOR);
    deliver(made.clock);
    expect(made.roaming.received).toHaveLength(told);
    expect([heard, referred]).toEqual([[], []]);
    expect(made.log.lines.filter(({ event }) => event === 'agent.wrong-password')).toHaveLength(5);
  });

  it.each(REQUESTS)('%s never gets more bytes than it brings as long as it shows none', async (method, request) => {
    const { made } = await hearing();
    for (let padding = 0; padding < 400; padding += 20) {
      made.clock.advance(seconds(10));
      const before = { ...made.bytes };
      const headers: [string, string][] = [...(request.headers ?? []), ['X', 'x'.repeat(padding)]].map(
        ([name, value]) => [name, value],
      );
      made.roaming.send(made.roaming.make(method, { ...request, headers, callId: `${padding}` }), DOOR);
      deliver(made.clock);
      expect(made.bytes.sent - before.sent).toBeLessThanOrEqual(made.bytes.brought - before.brought);
    }
    expect(made.roaming.statuses(method).length).toBeGreaterThan(0);
    expect(made.clock.timers).toEqual([]);
  });

  it('is challenged as seldom as a call, and all of them together', async () => {
    const { made } = await hearing();
    for (let at = 0; at < 500; at += 1) {
      const [method, request] = REQUESTS[at % REQUESTS.length] ?? ['MESSAGE', text()];
      made.roaming.send(made.roaming.make(method, { ...request, callId: `f${at}` }), DOOR);
    }
    made.clock.advance(1000);
    expect(made.roaming.received.length).toBeLessThanOrEqual(6);
    expect(made.clock.timers).toEqual([]);
  });

  it('tells whose password it showed; a name in From is a claim', async () => {
    const { made, heard } = await hearing();
    show(made, digest(), 'MESSAGE', text({ from: `<sip:mayor@${ROAMING}>;tag=m` }));
    expect(heard.map(({ from, authenticatedAs }) => [from.uri, authenticatedAs])).toEqual([
      [`sip:mayor@${ROAMING}`, 'alice'],
    ]);
  });

  it('that is overheard is of no use a second time, nor from elsewhere, nor for another method', async () => {
    const { made, heard } = await hearing();
    const shown = show(made, digest(), 'MESSAGE', text()).headers.get('Authorization') ?? '';
    const thief = await ScriptedPhone.plug(made.network, '10.0.0.78');
    for (const [phone, method, request] of [
      [made.roaming, 'MESSAGE', text({ callId: 'replay' })],
      [thief, 'MESSAGE', text({ callId: 'thief' })],
      [made.roaming, 'REFER', refer({ callId: 'other' })],
    ] as const) {
      const forged = phone.make(method, request);
      forged.headers.set('Authorization', shown);
      phone.send(forged, DOOR);
      deliver(made.clock);
      expect(phone.statuses(method).at(-1)).toBe(401);
    }
    expect(heard).toHaveLength(1);
  });

  it.each([
    ['OPTIONS', `sip:${DOOR.address}`],
    ['OPTIONS', 'sip:100@10.0.0.9'],
    ['MESSAGE', 'sip:100@10.0.0.9'],
    ['SUBSCRIBE', 'tel:+4930'],
  ])('is met with silence where it is a %s for %s, as scanners send them', async (method, uri) => {
    const { made } = await hearing();
    made.roaming.send(made.roaming.make(method, text({ uri })), DOOR);
    made.clock.advance(60_000);
    expect(made.roaming.received).toEqual([]);
  });

  it('watches the door: notifications come, and a refresh in the dialog needs no password', async () => {
    const { made } = await hearing();
    show(made, digest(), 'SUBSCRIBE', watch());
    made.clock.advance(1000);
    const notify = made.roaming.request('NOTIFY');
    expect(notify.headers.get('Subscription-State')).toMatch(/^active/);
    made.roaming.answer(notify, 200);
    const to = made.roaming.response('SUBSCRIBE').headers.get('To') ?? '';
    made.roaming.send(made.roaming.make('SUBSCRIBE', watch({ to, sequence: 3 })), DOOR);
    deliver(made.clock);
    expect(made.roaming.statuses('SUBSCRIBE')).toEqual([401, 200, 200]);
  });

  it('has the 2xx of its call proven in each repetition (RFC 3261 §13.3.1.4)', async () => {
    const { made } = await hearing();
    const phone = digest();
    const invite = login(made, phone);
    made.calls[0]?.ring();
    made.calls[0]?.accept(answer);
    made.clock.advance(1600);
    const answers = made.roaming.responses('INVITE').filter(({ status }) => status === 200);
    expect(answers.length).toBeGreaterThan(1);
    for (const one of answers) {
      expect(one.headers.all('Authentication-Info')).toHaveLength(1);
      expect(phone.accepted(invite, one)).toBe('right');
    }
    const ringing = made.roaming.responses('INVITE').find(({ status }) => status === 180);
    expect(ringing?.headers.has('Authentication-Info')).toBe(false);
  });
});

describe('a REFER in the call of a caller with a password', () => {
  /** A call that is up. */
  async function talking(): Promise<{ made: Made; to: string; referred: string[] }> {
    const { made } = await hearing();
    login(made, digest());
    const referred: string[] = [];
    made.calls[0]?.on('refer', (referral) => {
      referred.push(referral.target);
      referral.accept();
    });
    made.calls[0]?.accept(answer);
    deliver(made.clock);
    const to = made.roaming.response('INVITE').headers.get('To') ?? '';
    made.roaming.send(made.roaming.make('ACK', plain({ sequence: 2, to })), DOOR);
    deliver(made.clock);
    return { made, to, referred };
  }

  it('shows it again, the first time', async () => {
    const { made, to, referred } = await talking();
    show(made, digest(), 'REFER', refer({ to, sequence: 3 }));
    expect(made.roaming.statuses('REFER')).toEqual([401, 202]);
    expect(referred).toEqual(['sip:101@10.0.0.1']);
    made.clock.advance(60_000);
    made.roaming.send(made.roaming.make('REFER', refer({ to, sequence: 5 })), DOOR);
    deliver(made.clock);
    expect(made.roaming.statuses('REFER').at(-1)).not.toBe(401);
  });

  it('hands nobody over without it', async () => {
    const { made, to, referred } = await talking();
    made.roaming.send(made.roaming.make('REFER', refer({ to, sequence: 3 })), DOOR);
    show(made, digest('alice', 'a guess'), 'REFER', refer({ to, sequence: 4 }));
    expect(new Set(made.roaming.statuses('REFER'))).toEqual(new Set([401]));
    expect(referred).toEqual([]);
  });

  it('by the password of somebody else is refused', async () => {
    const made = await door(
      new Map([
        ['alice', new Secret('wonderland')],
        ['bob', new Secret('builder')],
      ]),
    );
    login(made, digest());
    made.calls[0]?.accept(answer);
    deliver(made.clock);
    const to = made.roaming.response('INVITE').headers.get('To') ?? '';
    made.roaming.send(made.roaming.make('ACK', plain({ sequence: 2, to })), DOOR);
    show(made, digest('bob', 'builder'), 'REFER', refer({ to, sequence: 3 }));
    expect(made.roaming.statuses('REFER')).toEqual([401, 403]);
  });
});

describe('a server of an account that may not call in', () => {
  const SERVER = '10.0.0.50';
  const ping = (more: Partial<Request> = {}): Request =>
    plain({ from: `<sip:ping@${SERVER}>;tag=p`, headers: [['User-Agent', 'a registrar/5.0']], ...more });

  async function served(): Promise<Made & { server: ScriptedPhone }> {
    const account = { ...peerAccount, uri: 'sip:door@10.0.0.50', register: true };
    const made = await door(new Map(), { accounts: [account] });
    const server = await ScriptedPhone.plug(made.network, SERVER);
    made.agent.prepare(['sip:door@10.0.0.50']);
    await settle();
    return { ...made, server };
  }

  it('hears from OPTIONS that the door is there, in no more bytes than it brought, and no call of its is heard of', async () => {
    const made = await served();
    let sent = 0;
    let brought = 0;
    made.network.swallow = ({ from, to, bytes }) => {
      if (from.address === SERVER) brought += bytes.length;
      if (to.address === SERVER && !bytes.toString('latin1').startsWith('REGISTER')) sent += bytes.length;
      return false;
    };
    made.server.send(made.server.make('OPTIONS', ping()), DOOR);
    deliver(made.clock);
    expect(made.server.statuses('OPTIONS')).toEqual([200]);
    expect(sent).toBeLessThanOrEqual(brought);
    made.server.send(made.server.make('INVITE', call({ callId: 'ring' })), DOOR);
    made.server.send(made.server.make('MESSAGE', text({ callId: 'text' })), DOOR);
    deliver(made.clock);
    expect([made.calls, made.server.statuses('INVITE'), made.server.statuses('MESSAGE')]).toEqual([[], [], []]);
  });

  it('is answered a few times a second', async () => {
    const made = await served();
    for (let at = 0; at < 300; at += 1) made.server.send(made.server.make('OPTIONS', ping({ callId: `p${at}` })), DOOR);
    made.clock.advance(1000);
    expect(made.server.statuses('OPTIONS').length).toBeLessThanOrEqual(6);
    made.clock.advance(10_000);
    made.server.send(made.server.make('OPTIONS', ping({ callId: 'later' })), DOOR);
    deliver(made.clock);
    expect(made.server.response('OPTIONS').callId).toBe('later');
  });

  it("is no scanner: whoever calls itself one gets silence, and so does an address that is nobody's", async () => {
    const made = await served();
    made.server.send(made.server.make('OPTIONS', ping({ headers: [['User-Agent', 'friendly-scanner']] })), DOOR);
    made.roaming.send(made.roaming.make('OPTIONS', ping()), DOOR);
    made.clock.advance(10_000);
    expect([made.server.statuses('OPTIONS'), made.roaming.received]).toEqual([[], []]);
  });
});
