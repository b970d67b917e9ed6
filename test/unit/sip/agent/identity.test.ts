// Who calls, why it ended, and how that is said: over the wire, with a server of ours and with somebody else.

import { describe, expect, it } from 'vitest';
import { seconds } from '../../../../src/base/units.ts';
import type { Account } from '../../../../src/sip/agent/types.ts';
import type { Session } from '../../../../src/sip/session/types.ts';
import { ScriptedPhone } from '../../../support/scripted-phone.ts';
import {
  answer,
  type Bench,
  bench,
  DOOR,
  deliver,
  offer,
  PHONE,
  peerAccount,
  SessionEars,
} from '../../../support/sip-bench.ts';

const SERVER = '10.0.0.5';
const DOOR_URI = `sip:door@${DOOR.address}`;
const account: Account = {
  uri: 'sip:door@house.example',
  registrar: `sip:${SERVER}`,
  expires: seconds(300),
  register: true,
};

interface House extends Bench {
  readonly server: ScriptedPhone;
}

/** A door with an account at SERVER; a phone that knows its address. */
async function house(): Promise<House> {
  let server: ScriptedPhone | undefined;
  const made = await bench({ accounts: [account] }, async (network) => {
    server = await ScriptedPhone.plug(network, SERVER);
  });
  if (server === undefined) throw new Error('no server');
  return { ...made, server };
}

const call = (phone: ScriptedPhone, address: string, headers: [string, string][] = []) => ({
  uri: DOOR_URI,
  from: `"A caller" <sip:caller@${address}>;tag=caller`,
  to: `<${DOOR_URI}>`,
  callId: `by-${address}`,
  sequence: 1,
  headers: [['Contact', phone.contact] as [string, string], ...headers],
});

/** What the door makes of an INVITE with these header fields. */
async function incoming(by: 'server' | 'phone', headers: [string, string][]): Promise<Session> {
  const made = await house();
  const phone = made[by];
  phone.send(phone.make('INVITE', { ...call(phone, by === 'server' ? SERVER : PHONE, headers), sdp: 'v=0' }), DOOR);
  deliver(made.clock);
  const [session] = made.calls;
  if (session === undefined) throw new Error('no call came in');
  return session;
}

describe('who calls in', () => {
  it('is whom our server vouches for', async () => {
    const session = await incoming('server', [['P-Asserted-Identity', '"Alice" <sip:102@house.example>']]);
    expect(session.peer).toMatchObject({ displayName: 'Alice', uri: 'sip:102@house.example' });
    expect(session.caller).toMatchObject({ asserted: true, trusted: true });
  });

  it('is whom it claims to be where it comes from anybody else, though it be let in', async () => {
    const session = await incoming('phone', [
      ['P-Asserted-Identity', '"Boss" <sip:boss@house.example>'],
      ['Remote-Party-ID', '<sip:boss@house.example>;party=calling'],
    ]);
    expect(session.peer.uri).toBe(`sip:caller@${PHONE}`);
    expect(session.caller).toMatchObject({ asserted: false, trusted: false });
  });

  it('may have been sent on, and may want to be answered in some way', async () => {
    const session = await incoming('server', [
      ['Diversion', '<sip:101@house.example>;reason=no-answer'],
      ['Answer-Mode', 'Auto;require'],
      ['Require', 'answermode'],
    ]);
    expect(session.diversions).toEqual([{ from: 'sip:101@house.example', reason: 'no-answer' }]);
    expect(session.answerMode).toEqual({ mode: 'auto', required: true });
  });

  it('is written in the dialog as From has it, whoever is shown', async () => {
    const made = await house();
    const { server, clock } = made;
    const headers: [string, string][] = [
      ['P-Asserted-Identity', '<sip:102@house.example>'],
      ['Privacy', 'id'],
    ];
    server.send(server.make('INVITE', { ...call(server, SERVER, headers), sdp: 'v=0' }), DOOR);
    deliver(clock);
    made.calls[0]?.accept(answer);
    deliver(clock);
    const to = server.response('INVITE').headers.get('To') ?? '';
    server.send(server.make('ACK', { ...call(server, SERVER), to }), DOOR);
    deliver(clock);
    made.calls[0]?.hangup();
    deliver(clock);
    expect(server.request('BYE').to.uri).toBe(`sip:caller@${SERVER}`);
    expect(made.calls[0]?.peer.uri).toBe('sip:anonymous@anonymous.invalid');
  });
});

describe('why it ended (RFC 3326)', () => {
  it('is read from the response to our INVITE', async () => {
    const { agent, clock, phone } = await bench();
    const ears = new SessionEars(agent.invite({ target: `sip:phone@${PHONE}`, account: peerAccount, offer }));
    deliver(clock);
    phone.answer(phone.request('INVITE'), 480, { headers: [['Reason', 'Q.850;cause=17;text="User busy"']] });
    deliver(clock);
    expect(ears.end).toMatchObject({ status: 480, reasons: [{ protocol: 'Q.850', cause: 17, text: 'User busy' }] });
  });

  it('is read from a CANCEL, and from a BYE', async () => {
    const made = await house();
    const { server, clock } = made;
    const invite = server.make('INVITE', { ...call(server, SERVER), sdp: 'v=0', branch: 'z9hG4bK-one' });
    server.send(invite, DOOR);
    deliver(clock);
    const [first] = made.calls;
    if (first === undefined) throw new Error('no call came in');
    const cancelled = new SessionEars(first);
    const headers: [string, string][] = [['Reason', 'SIP;cause=200;text="Call completed elsewhere"']];
    server.send(server.make('CANCEL', { ...call(server, SERVER), headers, branch: 'z9hG4bK-one' }), DOOR);
    deliver(clock);
    expect(cancelled.end).toMatchObject({ reason: 'cancelled', reasons: [{ protocol: 'SIP', cause: 200 }] });

    server.send(server.make('INVITE', { ...call(server, SERVER), callId: 'second', sdp: 'v=0' }), DOOR);
    deliver(clock);
    const [, second] = made.calls;
    if (second === undefined) throw new Error('no second call came in');
    const hungUp = new SessionEars(second);
    second.accept(answer);
    deliver(clock);
    const to = server.response('INVITE').headers.get('To') ?? '';
    const dialog = { ...call(server, SERVER), callId: 'second', to };
    server.send(server.make('ACK', dialog), DOOR);
    const bye: [string, string][] = [['Reason', 'Q.850;cause=38']];
    server.send(server.make('BYE', { ...dialog, sequence: 2, headers: bye }), DOOR);
    deliver(clock);
    expect(hungUp.end).toMatchObject({ reason: 'remote-hangup', reasons: [{ protocol: 'Q.850', cause: 38 }] });
  });

  it('is told to the phone of a forked call that answered second', async () => {
    const { agent, clock, phone, network } = await bench();
    const late = await ScriptedPhone.plug(network, '10.0.0.2');
    agent.invite({ target: `sip:phone@${PHONE}`, account: peerAccount, offer });
    deliver(clock);
    const invite = phone.request('INVITE');
    phone.answer(invite, 200, { headers: [['Contact', phone.contact]] });
    deliver(clock);
    phone.answer(invite, 200, { toTag: 'late', headers: [['Contact', late.contact]] });
    deliver(clock);
    expect(late.request('BYE').headers.get('Reason')).toBe('SIP;cause=200;text="Call completed elsewhere"');
  });
});

describe('a telephone number', () => {
  it('is called at the account’s own domain (RFC 3261 §19.1.6)', async () => {
    const { agent, clock, server } = await house();
    agent.invite({ target: 'tel:+49-30-123456', account, offer });
    deliver(clock);
    const invite = server.request('INVITE');
    expect(invite.requestUri).toBe('sip:+4930123456@house.example;user=phone');
    expect(invite.to.uri).toBe('sip:+4930123456@house.example;user=phone');
  });

  it('may be who calls in, by From or by what the server says', async () => {
    const made = await house();
    const { server, clock } = made;
    const by = { ...call(server, SERVER, [['P-Asserted-Identity', 'tel:+4930123456']]), from: '<tel:+4930999>;tag=t' };
    server.send(server.make('INVITE', { ...by, sdp: 'v=0' }), DOOR);
    deliver(clock);
    expect(made.calls[0]?.peer.uri).toBe('tel:+4930123456');
    made.calls[0]?.accept(answer);
    deliver(clock);
    const to = server.response('INVITE').headers.get('To') ?? '';
    server.send(server.make('ACK', { ...by, to, headers: [] }), DOOR);
    deliver(clock);
    made.calls[0]?.hangup();
    deliver(clock);
    expect(server.request('BYE').to.uri).toBe('tel:+4930999');
  });
});
