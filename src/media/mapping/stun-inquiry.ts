// Asks STUN servers where they see the ports of a session: Binding requests from both, sent again by RFC 8489 §6.2.1, but
// for a second only, since somebody may stand at the door. The answers are checked by the engine (native/engine/mapping.h);
// here they are looked for, as nothing tells that one has come.
//
// A server's word is believed where it names a public address: one that is not is on our side of the NAT, or lies.

import { isPublic } from '../../base/address.ts';
import type { Clock, Timer } from '../../base/clock.ts';
import { type Millis, millis } from '../../base/units.ts';
import type { Component, Mapping, MappingAnswer, MediaSession, TransportAddress } from '../types.ts';

/** How an inquiry came out: `symmetric`: two servers do not see the same, and so a phone will see something else again. */
export type InquiryOutcome = 'mapped' | 'silent' | 'unusable' | 'symmetric';

export interface InquiryUser {
  /** The first server has said where it sees both ports. */
  readonly mapped: (mapping: Mapping, server: TransportAddress) => void;
  /** Comes once, last. With `mapped` there has been a mapping, if only of RTP's port. */
  readonly over: (outcome: InquiryOutcome) => void;
}

/** RFC 8489 §6.2.1; Rc is 2, and Rm is 1. */
const RTO = millis(500);
const PATIENCE = millis(1000);
/** How long after the request, and after that how often, answers are looked for: a press may wait for one. */
const FIRST_LOOK = millis(5);
const NEXT_LOOK = millis(15);

const COMPONENTS: readonly Component[] = ['rtp', 'rtcp'];

/** What one server has said; `refused`: nothing that is of use. */
interface View {
  readonly server: TransportAddress;
  readonly seen: Map<Component, TransportAddress | 'refused'>;
  /** The numbers of its requests. */
  readonly requests: Map<number, Component>;
}

/** One inquiry. */
export class StunInquiry {
  readonly #views: readonly View[];
  readonly #begun: Millis;
  #sentAgain = false;
  #told = false;
  #stopped = false;
  #timer: Timer | undefined;

  /** Sends the first requests. @param servers of the session's family; four at most */
  constructor(
    private readonly clock: Clock,
    private readonly session: MediaSession,
    servers: readonly TransportAddress[],
    private readonly user: InquiryUser,
  ) {
    this.#begun = clock.now();
    this.#views = servers.map((server) => ({ server, seen: new Map(), requests: new Map() }));
    // What an earlier inquiry has left.
    session.endMapping();
    this.#ask();
    this.#lookAfter(FIRST_LOOK);
  }

  /** Gives it up, if it is not over: nothing is told any more. */
  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#timer?.cancel();
    this.session.endMapping();
  }

  #ask(): void {
    for (const view of this.#views) {
      for (const component of COMPONENTS) {
        if (view.seen.has(component)) continue;
        view.requests.set(this.session.askMapping(component, view.server), component);
      }
    }
  }

  #lookAfter(delay: Millis): void {
    this.#timer = this.clock.after(delay, 'STUN answer', () => this.#look());
  }

  #look(): void {
    // Who is told of a mapping may stop us, and have the session for itself.
    while (!this.#stopped) {
      const answer = this.session.takeMapping();
      if (answer === undefined) break;
      this.#take(answer);
    }
    if (this.#stopped) return;
    const waited = this.clock.now() - this.#begun;
    if (waited >= PATIENCE || this.#views.every(isComplete)) {
      this.#conclude();
      return;
    }
    if (waited >= RTO && !this.#sentAgain) {
      this.#sentAgain = true;
      this.#ask();
    }
    const due = waited >= RTO ? PATIENCE : RTO;
    this.#lookAfter(millis(Math.min(NEXT_LOOK, due - waited)));
  }

  #take({ request, mapped }: MappingAnswer): void {
    const view = this.#views.find(({ requests }) => requests.has(request));
    const component = view?.requests.get(request);
    if (view === undefined || component === undefined) return;
    view.seen.set(component, mapped !== undefined && isPublic(mapped.address) ? mapped : 'refused');
    if (isComplete(view)) this.#tell(view);
  }

  #conclude(): void {
    for (const view of this.#views) this.#tell(view);
    if (this.#stopped) return;
    this.stop();
    this.user.over(this.#outcome());
  }

  #outcome(): InquiryOutcome {
    const places = this.#views.flatMap((view) => placeOf(view, 'rtp') ?? []);
    const [first] = places;
    if (first === undefined) return this.#views.some(({ seen }) => seen.size > 0) ? 'unusable' : 'silent';
    return places.every((place) => samePlace(place, first)) ? 'mapped' : 'symmetric';
  }

  #tell(view: View): void {
    const rtp = placeOf(view, 'rtp');
    if (this.#told || rtp === undefined) return;
    this.#told = true;
    this.user.mapped({ rtp, rtcp: placeOf(view, 'rtcp') }, view.server);
  }
}

const isComplete = ({ seen }: View): boolean => seen.size === COMPONENTS.length;

function placeOf({ seen }: View, component: Component): TransportAddress | undefined {
  const place = seen.get(component);
  return place === 'refused' ? undefined : place;
}

const samePlace = (left: TransportAddress, right: TransportAddress): boolean =>
  left.address === right.address && left.port === right.port;
