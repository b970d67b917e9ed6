// "Credentials never go to a host that the account does not name": not by a dialog that leads elsewhere either.

import { describe, expect, it } from 'vitest';
import { Secret } from '../../../../src/base/secret.ts';
import { seconds } from '../../../../src/base/units.ts';
import type { Account } from '../../../../src/sip/agent/types.ts';
import { ScriptedPhone } from '../../../support/scripted-phone.ts';
import { answer, bench, DOOR, deliver, offer, PHONE } from '../../../support/sip-bench.ts';

const SERVER = '10.0.0.5';
const account: Account = {
  uri: 'sip:door@house.example',
  registrar: `sip:${SERVER}`,
  password: new Secret('sesame'),
  expires: seconds(300),
  register: true,
};
const CHALLENGE: [string, string] = [
  'Proxy-Authenticate',
  'Digest realm="house", nonce="n1", algorithm=MD5, qop="auth"',
];

/** A door with a server that challenges, and a call by way of it to a phone whose Contact is its own address. */
async function called() {
  let server: ScriptedPhone | undefined;
  const made = await bench({ accounts: [account] }, async (network) => {
    server = await ScriptedPhone.plug(network, SERVER);
  });
  if (server === undefined) throw new Error('no server');
  const session = made.agent.invite({ target: 'sip:101@house.example', account, offer });
  deliver(made.clock);
  server.answer(server.request('INVITE'), 407, { headers: [CHALLENGE] });
  deliver(made.clock);
  expect(server.request('INVITE').headers.get('Proxy-Authorization')).toContain('username="door"');
  server.answer(server.request('INVITE'), 200, { headers: [['Contact', made.phone.contact]] });
  deliver(made.clock);
  return { ...made, server, session };
}

describe('credentials in a call that leads straight to the phone', () => {
  it('do not go along with the ACK', async () => {
    const { phone } = await called();
    expect(phone.requests('ACK')).toHaveLength(1);
    expect(phone.request('ACK').headers.has('Proxy-Authorization')).toBe(false);
  });

  it('do not go along with the BYE, and answer no challenge of the phone’s', async () => {
    const { phone, clock, session } = await called();
    session.hangup();
    deliver(clock);
    phone.answer(phone.request('BYE'), 407, { headers: [CHALLENGE] });
    deliver(clock);
    expect(phone.requests('BYE')).toHaveLength(1);
    expect(phone.request('BYE').headers.has('Proxy-Authorization')).toBe(false);
  });

  it('answer no challenge of a caller’s whose INVITE came by the server', async () => {
    const { server, phone, clock, calls } = await called();
    const headers: [string, string][] = [['Contact', phone.contact]];
    const to = `<sip:door@${DOOR.address}>`;
    const call = { uri: `sip:door@${DOOR.address}`, from: `<sip:x@${PHONE}>;tag=x`, to, callId: 'in', sequence: 1 };
    server.send(server.make('INVITE', { ...call, headers, sdp: 'v=0' }), DOOR);
    deliver(clock);
    calls[0]?.accept(answer);
    deliver(clock);
    server.send(server.make('ACK', { ...call, to: server.response('INVITE').headers.get('To') ?? '' }), DOOR);
    deliver(clock);
    calls[0]?.hangup();
    deliver(clock);
    phone.answer(phone.request('BYE'), 401, { headers: [['WWW-Authenticate', CHALLENGE[1]]] });
    deliver(clock);
    expect(phone.requests('BYE')).toHaveLength(1);
    expect(phone.request('BYE').headers.has('Authorization')).toBe(false);
  });
});

describe('a server that says more (RFC 7616 §3.5)', () => {
  /** An accepted call whose 200 carries `info`. */
  async function accepted(info: string) {
    let server: ScriptedPhone | undefined;
    const made = await bench({ accounts: [account] }, async (network) => {
      server = await ScriptedPhone.plug(network, SERVER);
    });
    if (server === undefined) throw new Error('no server');
    const session = made.agent.invite({ target: 'sip:101@house.example', account, offer });
    deliver(made.clock);
    server.answer(server.request('INVITE'), 407, { headers: [CHALLENGE] });
    deliver(made.clock);
    const headers: [string, string][] = [
      ['Contact', server.contact],
      ['Proxy-Authentication-Info', info],
    ];
    server.answer(server.request('INVITE'), 200, { headers });
    deliver(made.clock);
    session.hangup();
    deliver(made.clock);
    const unproven = made.log.lines.filter(({ event }) => event === 'exchange.server-not-proven');
    return { bye: server.request('BYE'), unproven };
  }

  it('is sent the nonce that it wants next', async () => {
    const { bye, unproven } = await accepted('nextnonce="n2"');
    expect(bye.headers.get('Proxy-Authorization')).toMatch(/nonce="n2".*nc=00000001/);
    expect(unproven).toEqual([]);
  });

  it('and does not know the password is told of in the log; the call goes on with the nonce of the challenge', async () => {
    const { bye, unproven } = await accepted('nextnonce="n2", rspauth="0123456789abcdef0123456789abcdef"');
    expect(bye.headers.get('Proxy-Authorization')).toMatch(/nonce="n1".*nc=00000002/);
    expect(unproven).toHaveLength(1);
  });
});

describe('credentials by realm', () => {
  it('answer the proxy with one name and the server behind it with the other', async () => {
    let server: ScriptedPhone | undefined;
    const credentials = [{ realm: 'house', username: 'trunk', password: new Secret('other') }];
    const own = { ...account, credentials };
    const made = await bench({ accounts: [own] }, async (network) => {
      server = await ScriptedPhone.plug(network, SERVER);
    });
    if (server === undefined) throw new Error('no server');
    made.agent.invite({ target: 'sip:101@house.example', account: own, offer });
    deliver(made.clock);
    server.answer(server.request('INVITE'), 407, { headers: [CHALLENGE] });
    deliver(made.clock);
    const behind = CHALLENGE[1].replace('realm="house"', 'realm="registrar"');
    server.answer(server.request('INVITE'), 401, { headers: [['WWW-Authenticate', behind]] });
    deliver(made.clock);
    const { headers } = server.request('INVITE');
    expect(headers.get('Proxy-Authorization')).toContain('username="trunk"');
    expect(headers.get('Authorization')).toContain('username="door"');
  });
});
