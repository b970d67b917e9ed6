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
