// Two user agents of ours, one at each end of a call, over a network in memory. What they say of the session is opaque
// text that names what it answers, so that a test sees whether both have understood the same.

import { SipAgent, type SipAgentOptions } from '../../src/sip/agent/sip-agent.ts';
import type { Account } from '../../src/sip/agent/types.ts';
import { parseMessage } from '../../src/sip/message/index.ts';
import type { SipMessage } from '../../src/sip/message/types.ts';
import type { Body, Negotiation, Session, SessionEnd } from '../../src/sip/session/types.ts';
import { FakeClock } from './fake-clock.ts';
import { type Conditions, type Datagram, MemoryNetwork } from './memory-network.ts';
import { RecordingLog } from './recording-log.ts';
import { SeededRandom } from './seeded-random.ts';
import { peerAccount } from './sip-bench.ts';

const body = (text: string): Body => ({ type: 'application/sdp', data: Buffer.from(text) });
const textOf = ({ data }: Body): string => data.toString();

/** One end of the call, and what it believes. */
export class Party {
  readonly heard: string[] = [];
  /** The offer that was answered last, as this end knows it. */
  agreed: string | undefined;
  session: Session | undefined;
  ends: SessionEnd[] = [];
  /** What is done with the other side's offers. */
  onNegotiation: (negotiation: Negotiation) => void = (negotiation) => this.accept(negotiation);
  #offers = 0;

  constructor(
    readonly name: string,
    readonly agent: SipAgent,
    readonly log: RecordingLog,
  ) {}

  /** A new description to offer. */
  offer(): Body {
    this.#offers += 1;
    return body(`v=0 ${this.name}${this.#offers}`);
  }

  reoffer(): void {
    this.session?.reoffer(this.offer());
  }

  /** Answers an offer of the other side's, or offers where it asks for it. */
  accept(negotiation: Negotiation): void {
    const { offer } = negotiation;
    if (offer !== undefined) this.agreed = textOf(offer);
    negotiation.accept(offer === undefined ? this.offer() : body(`${textOf(offer)} answered`));
  }

  /** Answers the offer in the INVITE that came in, or offers where it has none. */
  answerCall(): void {
    this.session?.accept(this.answerToCall());
  }

  answerToCall(): Body {
    const offer = this.session?.offer;
    if (offer !== undefined) this.agreed ??= textOf(offer);
    return offer === undefined ? this.offer() : body(`${textOf(offer)} answered`);
  }

  take(session: Session): void {
    this.session = session;
    session.on('progress', (message) => this.#said(`progress ${message.status}`, message.body));
    session.on('accepted', (message) => this.#said('accepted', message.body));
    session.on('acknowledged', () => this.heard.push('acknowledged'));
    session.on('answer', (answer) => this.#said('answer', answer));
    session.on('offerRefused', (status) => this.heard.push(`refused ${status}`));
    session.on('info', () => this.heard.push('info'));
    session.on('negotiation', (negotiation) => {
      this.heard.push('negotiation');
      this.onNegotiation(negotiation);
    });
    session.on('ended', (end) => {
      this.ends.push(end);
      this.heard.push(`ended ${end.reason}`);
    });
  }

  /** What this end says of the answers that it got. */
  #said(what: string, answer: Body | undefined): void {
    this.heard.push(what);
    if (answer === undefined) return;
    const [, offer] = /^(v=0 .*) answered$/.exec(textOf(answer)) ?? [];
    if (offer === undefined || !offer.startsWith(`v=0 ${this.name}`)) {
      throw new Error(`${this.name} took "${textOf(answer)}" for the answer to an offer of its own`);
    }
    this.agreed = offer;
  }

  get faults(): readonly string[] {
    return this.log.lines.filter(({ level }) => level === 'error').map(({ event }) => event);
  }
}

export interface Pair {
  readonly clock: FakeClock;
  readonly network: MemoryNetwork;
  readonly caller: Party;
  readonly callee: Party;
  /** Everything that was sent, as `A→B INVITE 1` and `B→A 200 INVITE 1`. */
  wire(): readonly string[];
}

const CALLER = '10.0.0.9';
const CALLEE = '10.0.0.1';

/** Both are plugged in; nobody has called. */
export async function pair(
  how: { conditions?: Conditions; seed?: number; options?: Partial<SipAgentOptions> } = {},
): Promise<Pair> {
  const clock = new FakeClock();
  const network = new MemoryNetwork(clock, how.conditions, how.seed);
  const plug = async (name: string, address: string, seed: number): Promise<Party> => {
    const account: Account = { ...peerAccount, uri: `sip:${name}@${address}` };
    const log = new RecordingLog();
    const agent = new SipAgent({
      clock,
      random: new SeededRandom(seed),
      log,
      network: network.host(address),
      listen: [{ protocol: 'udp', address, port: 5060 }],
      accounts: [account],
      admit: () => undefined,
      resolve: () => Promise.reject(new Error('no resolver')),
      userAgent: name,
      ...how.options,
    });
    await agent.start();
    return new Party(name, agent, log);
  };
  const caller = await plug('A', CALLER, (how.seed ?? 1) * 2);
  const callee = await plug('B', CALLEE, (how.seed ?? 1) * 2 + 1);
  callee.agent.on('invite', (session) => callee.take(session));
  const wire = (): readonly string[] => network.sent.map(describeDatagram);
  return { clock, network, caller, callee, wire };
}

/** A calls B; without an offer where `late` says so. */
export function call({ caller }: Pair, late = false): void {
  const offer = late ? undefined : caller.offer();
  caller.take(caller.agent.invite({ target: `sip:B@${CALLEE}`, account: peerAccount, offer }));
}

/** As `call`, and both talk. */
export async function talk(how: Parameters<typeof pair>[0] = {}): Promise<Pair> {
  const made = await pair(how);
  call(made);
  made.clock.advance(200);
  made.callee.answerCall();
  made.clock.advance(10_000);
  if (made.caller.session?.state !== 'confirmed') throw new Error('they do not talk');
  made.network.sent.length = 0;
  made.caller.heard.length = 0;
  made.callee.heard.length = 0;
  return made;
}

export function messageIn({ bytes }: Datagram): SipMessage {
  const parsed = parseMessage(bytes);
  if (!parsed.ok) throw new Error(parsed.error.message);
  return parsed.value;
}

function describeDatagram(datagram: Datagram): string {
  const message = messageIn(datagram);
  const way = datagram.from.address === CALLER ? 'A→B' : 'B→A';
  const { number, method } = message.cseq;
  return `${way} ${message.kind === 'request' ? '' : `${message.status} `}${method} ${number}`;
}
