// Keeps the way by which a binding was made: RFC 5626 §4.4. Over TCP and TLS it holds the connection, by which the
// registrar or its edge proxy reaches us; where flows are known it asks whether the other end lives, over UDP as well.
// Where they are not, over UDP, it keeps open what NATs and firewalls on the way have opened for us.

import { isOfTheHouse } from '../../base/address.ts';
import type { Clock } from '../../base/clock.ts';
import type { Random } from '../../base/random.ts';
import { RetrySchedule } from '../../base/retry-schedule.ts';
import { type Millis, millis, seconds } from '../../base/units.ts';
import type { Endpoint } from '../message/types.ts';
import type { Grant } from './grant.ts';

/** One way to a server, for as long as it lasts; the transport layer has them. */
export interface KeptFlow {
  /**
   * Asks from now on whether it lives, again and again; only for a server that has said that it answers (RFC 5626 §4.4).
   * @param flowTimer how long the server waits for that (§4.4, Flow-Timer)
   */
  keepAlive(flowTimer?: Millis): void;
  /** UDP: shows NATs on the way, again and again, that it is in use; nobody has to answer. */
  remind(): void;
  /** Lets it go. */
  close(): void;
  /** Lets it go, and with it the connection: nobody answers there, and the next request is to open another. */
  cut(): void;
}

/** Begins to keep a way to a server. `failed` is called once, later, when it is over. */
export type OpenFlow = (target: Endpoint, failed: (reason: string) => void) => KeptFlow;

/**
 * A flow that lasted as long was a good one: another is made at once. One that breaks sooner, again and again, is one
 * that its server does not want: then ever more time is left (§4.5; our waits are those of recovery.ts, since a door
 * that cannot be reached for half an hour is no door).
 */
const GOOD_LIFE = seconds(60);

/** The flow of one binding. */
export class FlowHolder {
  readonly #retries: RetrySchedule;
  #flow: KeptFlow | undefined;
  #target: Endpoint | undefined;
  #since: Millis = millis(0);

  /** @param broken told when the flow is over by itself, with how long to wait before another is made */
  constructor(
    private readonly clock: Clock,
    random: Random,
    private readonly openFlow: OpenFlow,
    private readonly broken: (reason: string, wait: Millis) => void,
  ) {
    this.#retries = new RetrySchedule({ initial: seconds(1), maximum: seconds(60), factor: 2, jitter: 0.5 }, random);
  }

  /** Where the flow that is kept leads. */
  get target(): Endpoint | undefined {
    return this.#target;
  }

  /** Keeps the way to `target`, where a binding was made; that to another target is let go. */
  keep(target: Endpoint, grant: Pick<Grant, 'outbound' | 'flowTimer' | 'mapped'>): void {
    const isDatagram = target.protocol === 'udp';
    const { outbound, flowTimer } = grant;
    // In the house the server reaches us at our address, and a datagram's way is nothing to keep.
    if (isDatagram && !outbound && !isGuarded(target, grant)) {
      this.release();
      return;
    }
    if (this.#target === undefined || !sameEndpoint(this.#target, target)) this.#open(target);
    if (outbound) this.#flow?.keepAlive(flowTimer);
    else if (isDatagram) this.#flow?.remind();
  }

  release(): void {
    this.#flow?.close();
    this.#forget();
  }

  /** Nobody answers by it, or it begins at an address that we have no longer. */
  cut(): void {
    this.#flow?.cut();
    this.#forget();
  }

  #open(target: Endpoint): void {
    this.release();
    this.#target = target;
    this.#since = this.clock.now();
    const flow = this.openFlow(target, (reason) => {
      if (this.#flow !== flow) return;
      this.#forget();
      this.broken(reason, this.#waitAfter(this.clock.now() - this.#since));
    });
    this.#flow = flow;
  }

  #waitAfter(life: number): Millis {
    if (life < GOOD_LIFE) return this.#retries.next();
    this.#retries.reset();
    return millis(0);
  }

  #forget(): void {
    this.#flow = undefined;
    this.#target = undefined;
  }
}

/** Whether something between us lets datagrams in only after ours have gone out: a NAT, or a firewall to the Internet. */
function isGuarded({ address }: Endpoint, { mapped }: Pick<Grant, 'mapped'>): boolean {
  return mapped !== undefined || !isOfTheHouse(address);
}

export function sameEndpoint(one: Endpoint, other: Endpoint): boolean {
  return (
    one.protocol === other.protocol &&
    one.address === other.address &&
    one.port === other.port &&
    one.serverName === other.serverName
  );
}
