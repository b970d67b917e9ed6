// A user agent on a network in memory, with a phone beside it: what the tests of sessions and of the agent begin with.

import { millis, seconds } from '../../src/base/units.ts';
import { SipAgent, type SipAgentOptions } from '../../src/sip/agent/sip-agent.ts';
import type { Account, RegistrationState } from '../../src/sip/agent/types.ts';
import type { Endpoint } from '../../src/sip/message/types.ts';
import type { Body, Negotiation, Session, SessionEnd } from '../../src/sip/session/types.ts';
import { FakeClock } from './fake-clock.ts';
import { type MemoryHost, MemoryNetwork } from './memory-network.ts';
import { RecordingLog } from './recording-log.ts';
import { ScriptedPhone } from './scripted-phone.ts';
import { SeededRandom } from './seeded-random.ts';

export const DOOR = { address: '10.0.0.9', port: 5060 };
export const PHONE = '10.0.0.1';

/** From peer to peer: no registrar. */
export const peerAccount: Account = {
  uri: 'sip:door@10.0.0.9',
  displayName: 'Front door',
  expires: seconds(300),
  register: false,
};

export const offer: Body = { type: 'application/sdp', data: Buffer.from('v=0 offer') };
export const answer: Body = { type: 'application/sdp', data: Buffer.from('v=0 answer') };

export interface Bench {
  readonly clock: FakeClock;
  readonly network: MemoryNetwork;
  /** The door's machine. */
  readonly host: MemoryHost;
  readonly log: RecordingLog;
  readonly agent: SipAgent;
  readonly phone: ScriptedPhone;
  /** Every session that came in. */
  readonly calls: Session[];
  readonly refusals: { readonly peer: string; readonly source: Endpoint; readonly why: string }[];
  readonly registrations: RegistrationState[];
}

/**
 * A door at DOOR and a phone at PHONE; everybody may call in, unless the options say otherwise.
 * @param prepare what is to be on the network before the door starts
 */
export async function bench(
  { clock = new FakeClock(), ...options }: Partial<SipAgentOptions> & { readonly clock?: FakeClock } = {},
  prepare: (network: MemoryNetwork) => Promise<void> = async () => undefined,
): Promise<Bench> {
  const network = new MemoryNetwork(clock);
  const log = new RecordingLog();
  const host = network.host(DOOR.address);
  const agent = new SipAgent({
    clock,
    random: new SeededRandom(11),
    log,
    network: host,
    listen: [{ protocol: 'udp', ...DOOR }],
    accounts: [peerAccount],
    admit: () => undefined,
    resolve: () => Promise.reject(new Error('no resolver')),
    userAgent: 'doorphone/test',
    ...options,
  });
  const calls: Session[] = [];
  const refusals: { peer: string; source: Endpoint; why: string }[] = [];
  const registrations: RegistrationState[] = [];
  agent.on('invite', (session) => calls.push(session));
  agent.on('refused', (peer, source, why) => refusals.push({ peer, source, why }));
  agent.on('registration', (state) => registrations.push(state));
  const phone = await ScriptedPhone.plug(network, PHONE);
  await prepare(network);
  await agent.start();
  return { clock, network, host, log, agent, phone, calls, refusals, registrations };
}

/** Everything that a session tells, in order. */
export class SessionEars {
  readonly heard: string[] = [];
  readonly negotiations: Negotiation[] = [];
  end: SessionEnd | undefined;

  constructor(session: Session) {
    session.on('progress', ({ status, body }) => this.heard.push(`progress ${status}${bodyText(body)}`));
    session.on('redirected', (target) => this.heard.push(`redirected ${target}`));
    session.on('accepted', ({ status, body }) => this.heard.push(`accepted ${status}${bodyText(body)}`));
    session.on('acknowledged', () => this.heard.push('acknowledged'));
    session.on('answer', (body) => this.heard.push(`answer${bodyText(body)}`));
    session.on('offerRefused', (status) => this.heard.push(`offer refused ${status}`));
    session.on('outOfStep', (offered) => this.heard.push(`out of step${offered ? '' : ' by a refresh'}`));
    session.on('info', (body) => this.heard.push(`info ${body.type}${bodyText(body)}`));
    session.on('negotiation', (negotiation) => {
      this.negotiations.push(negotiation);
      this.heard.push(`negotiation${bodyText(negotiation.offer)}`);
    });
    session.on('ended', (end) => {
      this.end = end;
      this.heard.push(`ended ${end.reason}`);
    });
  }
}

function bodyText(body: Body | undefined): string {
  return body === undefined ? '' : `: ${body.data.toString()}`;
}

/** Lets everything that is on the wire arrive. */
export function deliver(clock: FakeClock): void {
  clock.advance(millis(1));
}
