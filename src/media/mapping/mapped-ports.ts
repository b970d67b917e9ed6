// Sessions for calls that lead out of the house, with what STUN servers say of where a NAT shows them (RFC 8489 §2).
//
// A press must not wait for a server, so one session is open before it is wanted, and asked for again and again: each takes
// ports of its own, which a NAT maps one by one. A call that needs it takes it, and the next one is opened. Only while the
// first answer for it is on its way is there something to wait for, and then for a second at most; where the servers were
// silent before, nobody waits, and the peer is told our own address, as without STUN.
//
// Left out: a mapping that changes while a call rings is not chased.

import { isPublic } from '../../base/address.ts';
import type { Clock, Timer } from '../../base/clock.ts';
import { DoorphoneError, describeError } from '../../base/errors.ts';
import type { Log } from '../../base/log.ts';
import type { Random } from '../../base/random.ts';
import { type Millis, millis, seconds } from '../../base/units.ts';
import type {
  Mapping,
  MediaEngine,
  MediaPath,
  MediaSession,
  OpenedPorts,
  PortSource,
  TransportAddress,
} from '../types.ts';
import { KeptSession, keepingInterval } from './kept-session.ts';
import { type InquiryOutcome, StunInquiry } from './stun-inquiry.ts';

/**
 * Why there is no mapping:
 * - `unresolved`: no server has an address
 * - `silent`: none of them answers
 * - `unusable`: they see us where nobody on the Internet can be
 * - `symmetric`: the NAT shows us to each of them at another place, and so to a phone
 */
export type MappingTrouble = 'unresolved' | Exclude<InquiryOutcome, 'mapped'>;

export interface MappedPortsOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly engine: Pick<MediaEngine, 'openSession'>;
  /** Of the sessions that are opened ahead: see `openSession`. */
  readonly silenceAfter: Millis;
  /** Finds the STUN servers, four at most: calls back before it returns where they are known. */
  readonly findServers: (found: (servers: readonly TransportAddress[]) => void) => void;
  /** Our address as a server is reached from it. */
  readonly localAddress: (server: string) => string;
  /** Told when the trouble is another one than before; undefined: there is none any more. */
  readonly troubled: (trouble: MappingTrouble | undefined) => void;
}

/** The session that the next call takes. */
interface Spare {
  readonly address: string;
  readonly session: MediaSession;
  /** What was said last of it, by whom and when. */
  known: { readonly mapping: Mapping; readonly server: TransportAddress; readonly at: Millis } | undefined;
}

/** Some NATs forget after 30 s what is idle. */
const FRESH = seconds(30);
/** The longest that a call waits. */
const PATIENCE = seconds(1);
/** After a failure, doubled with each up to the usual interval; one alone may be no more than lost datagrams. */
const FIRST_RETRY = seconds(1);
const LONGEST_RETRY = seconds(20);
const REPORTED_FAILURES = 2;

/** Ports that are known as the Internet sees them. */
export class MappedPorts implements PortSource {
  #spare: Spare | undefined;
  #inquiry: StunInquiry | undefined;
  #timer: Timer | undefined;
  /** Which round this is: what a resolver says late is of no account. */
  #round = 0;
  #started = false;
  /** A mapping is on its way, and nothing is known against it. */
  #hopeful = false;
  #failures = 0;
  #trouble: MappingTrouble | undefined;
  #seenAt: string | undefined;
  readonly #waiting = new Map<() => void, Timer>();

  constructor(private readonly options: MappedPortsOptions) {}

  /** The address that the Internet sees us at; undefined: not known. */
  get address(): string | undefined {
    return this.#seenAt;
  }

  get trouble(): MappingTrouble | undefined {
    return this.#trouble;
  }

  start(): void {
    this.#started = true;
    this.#beginAnew();
  }

  stop(): void {
    this.#started = false;
    this.#dropSpare();
    for (const timer of this.#waiting.values()) timer.cancel();
    this.#waiting.clear();
  }

  /** Another address, another NAT: what is known is of no account. */
  networkChanged(): void {
    if (this.#started) this.#beginAnew();
  }

  prepare(path: MediaPath, run: () => void): void {
    if (!this.#hopeful || !leadsOut(path) || this.#usable !== undefined) {
      run();
      return;
    }
    // Each call's own: two of them may be given the same function.
    const release = (): void => run();
    this.#waiting.set(
      release,
      this.options.clock.after(PATIENCE, 'mapping awaited', () => this.#release(release)),
    );
  }

  open(path: MediaPath, silenceAfter: Millis): OpenedPorts {
    const spare = this.#usable;
    if (spare?.known === undefined || spare.address !== path.local || !leadsOut(path)) {
      return { media: this.#openAt(path.local, silenceAfter), mapped: undefined };
    }
    const { session, known } = spare;
    this.#inquiry?.stop();
    this.#inquiry = undefined;
    // Whoever has found the port until now is nobody that this call is with.
    session.endMapping();
    this.#spare = undefined;
    this.#hopeful = this.#trouble === undefined;
    // Not now: the call goes first.
    this.#askAfter(millis(0));
    const { clock, random } = this.options;
    return { media: new KeptSession(session, known.server, clock, random), mapped: known.mapping };
  }

  /** The spare, where its mapping can be offered. */
  get #usable(): Spare | undefined {
    const known = this.#spare?.known;
    const isFresh = known !== undefined && this.options.clock.now() - known.at < FRESH;
    return isFresh && this.#trouble !== 'symmetric' ? this.#spare : undefined;
  }

  /** A session without more; the spare gives way where there is no room for both. */
  #openAt(address: string, silenceAfter: Millis): MediaSession {
    const { engine } = this.options;
    try {
      return engine.openSession({ address, silenceAfter });
    } catch (thrown) {
      const isFull = thrown instanceof DoorphoneError && ['too-many-sessions', 'no-port'].includes(thrown.code);
      if (!isFull || this.#spare === undefined) throw thrown;
    }
    this.#dropSpare();
    this.#hopeful = false;
    this.#askAfter(keepingInterval(this.options.random));
    return engine.openSession({ address, silenceAfter });
  }

  #beginAnew(): void {
    this.#dropSpare();
    this.#failures = 0;
    this.#hopeful = true;
    this.#seenAt = undefined;
    this.#askAfter(millis(0));
  }

  #dropSpare(): void {
    this.#round += 1;
    this.#timer?.cancel();
    this.#inquiry?.stop();
    this.#inquiry = undefined;
    this.#spare?.session.close();
    this.#spare = undefined;
  }

  #askAfter(delay: Millis): void {
    this.#timer?.cancel();
    this.#timer = this.options.clock.after(delay, 'mapping', () => this.#ask());
  }

  #ask(): void {
    this.#round += 1;
    const round = this.#round;
    this.options.findServers((servers) => {
      if (round !== this.#round || !this.#started) return;
      const [first] = servers;
      if (first === undefined) this.#over('unresolved');
      else this.#askServers(servers, this.options.localAddress(first.address));
    });
  }

  #askServers(servers: readonly TransportAddress[], address: string): void {
    if (isPublic(address)) {
      // There is no NAT.
      this.#dropSpare();
      this.#seenAt = undefined;
      this.#over('mapped');
      return;
    }
    const family = servers.filter((server) => server.address.includes(':') === address.includes(':'));
    try {
      const spare = this.#spareAt(address);
      this.#inquiry = new StunInquiry(this.options.clock, spare.session, family, {
        mapped: (mapping, server) => this.#mapped(spare, mapping, server),
        over: (outcome) => this.#over(outcome),
      });
    } catch (thrown) {
      // No port for a session that nobody needs yet: no trouble of STUN's.
      this.options.log.debug('media.no-spare-session', { reason: describeError(thrown) });
      this.#releaseAll();
      this.#askAfter(LONGEST_RETRY);
    }
  }

  #spareAt(address: string): Spare {
    if (this.#spare?.address === address) return this.#spare;
    this.#spare?.session.close();
    this.#spare = undefined;
    const session = this.options.engine.openSession({ address, silenceAfter: this.options.silenceAfter });
    this.#spare = { address, session, known: undefined };
    return this.#spare;
  }

  #mapped(spare: Spare, mapping: Mapping, server: TransportAddress): void {
    const { clock, log } = this.options;
    spare.known = { mapping, server, at: clock.now() };
    if (mapping.rtp.address !== this.#seenAt) {
      log.info('media.mapped', { local: spare.address, mapped: mapping.rtp.address, server: server.address });
    }
    this.#seenAt = mapping.rtp.address;
    if (this.#trouble !== 'symmetric') this.#releaseAll();
  }

  #over(outcome: MappingTrouble | 'mapped'): void {
    const { log, random } = this.options;
    this.#inquiry = undefined;
    if (outcome === 'mapped' || outcome === 'symmetric') {
      this.#failures = 0;
      this.#say(outcome === 'mapped' ? undefined : outcome);
      this.#releaseAll();
      this.#askAfter(keepingInterval(random));
      return;
    }
    this.#failures += 1;
    log.debug('media.not-mapped', { why: outcome, failures: this.#failures });
    if (this.#failures >= REPORTED_FAILURES) {
      this.#seenAt = undefined;
      this.#say(outcome);
    }
    this.#releaseAll();
    const backOff = FIRST_RETRY * 2 ** Math.min(this.#failures - 1, 8);
    this.#askAfter(millis(Math.min(LONGEST_RETRY, backOff) * (0.75 + 0.5 * random.uniform())));
  }

  #say(trouble: MappingTrouble | undefined): void {
    if (trouble === this.#trouble) return;
    this.#trouble = trouble;
    this.options.troubled(trouble);
  }

  /** There is nothing more to wait for. */
  #releaseAll(): void {
    this.#hopeful = false;
    for (const release of [...this.#waiting.keys()]) this.#release(release);
  }

  #release(release: () => void): void {
    this.#waiting.get(release)?.cancel();
    if (this.#waiting.delete(release)) release();
  }
}

/** Whether the other side is on the Internet, and we are not: in the house our own address is the right one. */
const leadsOut = ({ local, remote }: MediaPath): boolean =>
  remote !== undefined && isPublic(remote) && !isPublic(local);
