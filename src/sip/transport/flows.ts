// Flows and their keep-alives: RFC 5626 §4.4.

import type { Clock, Timer } from '../../base/clock.ts';
import type { Random } from '../../base/random.ts';
import { type Millis, millis, seconds } from '../../base/units.ts';
import { hostsEqual } from '../message/index.ts';
import type { Endpoint } from '../message/types.ts';
import type { Connection } from './connection.ts';
import type { Flow, FlowEvents } from './flow.ts';
import type { Place, SendFailure } from './network.ts';
import type { Outgoing } from './outbox.ts';
import { formatEndpoint } from './socket-errors.ts';
import { bindingRequest, type StunMessage } from './stun.ts';

export interface FlowsOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** The connection to a target; undefined where none can be had. */
  readonly connection: (target: Endpoint) => Connection | undefined;
  /** Our end towards a target over UDP; undefined: no socket reaches it. */
  readonly datagramPlace: (target: Endpoint) => Place | undefined;
  readonly sendDatagram: (outgoing: Outgoing, target: Endpoint) => void;
  /** The answer to what was sent with `awaits` is there. */
  readonly datagramAnswered: (awaits: string, source: Endpoint) => void;
}

/** The times between two keep-alives. */
interface Range {
  readonly from: Millis;
  readonly to: Millis;
}

/** §4.4.1, where battery power is not a concern. */
const STREAM_RANGE: Range = { from: seconds(95), to: seconds(120) };
/** §4.4.2: many NATs forget after 30 s. */
const DATAGRAM_RANGE: Range = { from: seconds(24), to: seconds(29) };
/** §4.4.2's time, for what is not answered: what a NAT that forgets after 30 s must hear at least. */
const REMINDER_RANGE: Range = { from: seconds(25), to: seconds(29) };
/** What phones send: a registrar takes it for no message (§8, and RFC 3261 §7.5 of streams). */
const REMINDER = Buffer.from('\r\n\r\n');
/** §4.4: of the time that the server gave, so that a fleet does not come in step. */
const LEAST_PART = 0.8;
/** §4.4.1 */
const PONG_TIME = seconds(10);
/** §4.4.1: a message that is being received may end first. */
const PONG_GRACE = seconds(1);
/** RFC 8489 §6.2.1: RTO, doubled each time; Rc requests; and Rm times RTO after the last. */
const RTO = seconds(0.5);
const REQUESTS = 7;
const LAST_WAIT = 16;
const TRANSACTION_ID_BYTES = 12;

/** The flows of a user agent. */
export class Flows {
  readonly #flows = new Set<KeptFlow>();
  #lastId = 0;

  constructor(private readonly options: FlowsOptions) {}

  get count(): number {
    return this.#flows.size;
  }

  /** See `TransportLayer.flow`. */
  open(target: Endpoint, events: FlowEvents): Flow {
    this.#lastId += 1;
    const over = (): unknown => this.#flows.delete(flow);
    const flow: KeptFlow =
      target.protocol === 'udp'
        ? new DatagramFlow(this.options, this.#lastId, target, events, over)
        : new StreamFlow(this.options, this.#lastId, target, events, over);
    this.#flows.add(flow);
    flow.begin();
    return flow;
  }

  /** Takes an answer to a Binding request of ours. */
  receive(message: StunMessage, source: Endpoint): void {
    for (const flow of this.#flows) if (flow instanceof DatagramFlow) flow.receive(message, source);
  }

  /** Lets all of them go. */
  close(): void {
    for (const flow of this.#flows) flow.close();
  }
}

/** What both kinds have in common: when a keep-alive is due, and the end. */
abstract class KeptFlow implements Flow {
  #range: Range | undefined;
  #timer: Timer | undefined;
  /** Whether `opened` was told. */
  #told = false;
  #over = false;

  constructor(
    protected readonly options: FlowsOptions,
    readonly id: number,
    readonly target: Endpoint,
    protected readonly events: FlowEvents,
    private readonly forget: () => void,
  ) {}

  abstract readonly open: boolean;
  abstract readonly local: Place | undefined;
  abstract readonly mapped: Place | undefined;
  protected abstract readonly range: Range;
  /** Begins; to be called once. */
  abstract begin(): void;
  /** Sends one keep-alive; the next is scheduled when it is answered, where it is. */
  protected abstract probe(): void;
  /** Lets go of what it stands on. */
  protected abstract leave(): void;

  get over(): boolean {
    return this.#over;
  }

  keepAlive(flowTimer?: Millis): void {
    this.probeWithin(flowTimer === undefined ? this.range : { from: millis(flowTimer * LEAST_PART), to: flowTimer });
  }

  remind(): void {
    return;
  }

  protected probeWithin(range: Range): void {
    const same = this.#range?.from === range.from && this.#range.to === range.to;
    this.#range = range;
    if (!same && this.#told) this.schedule();
  }

  close(): void {
    this.#end();
  }

  cut(): void {
    this.#end();
  }

  protected tellOpened(): void {
    if (this.#over) return;
    this.#told = true;
    this.schedule();
    this.events.opened?.();
  }

  /** The last keep-alive was answered, or the flow has just opened: the next one follows in its time. */
  protected schedule(): void {
    const range = this.#range;
    if (range === undefined || this.#over) return;
    const wait = millis(range.from + (range.to - range.from) * this.options.random.uniform());
    this.wait(wait, 'keep-alive', () => this.probe());
  }

  /** One timer: what is waited for next. */
  protected wait(delay: Millis, name: string, run: () => void): void {
    this.#timer?.cancel();
    this.#timer = this.options.clock.after(delay, name, run);
  }

  protected fail(failure: SendFailure): void {
    if (this.#over) return;
    this.#end();
    this.events.failed(failure);
  }

  #end(): void {
    if (this.#over) return;
    this.#over = true;
    this.#timer?.cancel();
    this.forget();
    this.leave();
  }
}

/** A connection that is kept (§3.5.1). */
class StreamFlow extends KeptFlow {
  protected readonly range = STREAM_RANGE;
  readonly mapped = undefined;
  #connection: Connection | undefined;

  get open(): boolean {
    return !this.over && this.#connection?.open === true;
  }

  get local(): Place | undefined {
    return this.open ? this.#connection?.local : undefined;
  }

  begin(): void {
    const connection = this.options.connection(this.target);
    this.#connection = connection;
    connection?.hold(this);
    if (connection === undefined) this.wait(millis(0), 'flow', () => this.fail(unreachable(this.target)));
    else if (connection.open) this.wait(millis(0), 'flow', () => this.opened());
  }

  opened(): void {
    this.tellOpened();
  }

  lost(failure: SendFailure): void {
    this.fail(failure);
  }

  override cut(): void {
    super.cut();
    this.#connection?.cut({ code: 'no-answer', message: `${formatEndpoint(this.target)} does not answer` });
  }

  protected probe(): void {
    this.wait(PONG_TIME, 'pong', () => this.#unanswered());
    this.#connection?.ping(() => this.schedule());
  }

  protected leave(): void {
    this.#connection?.release(this);
  }

  /** §4.4.1: the flow has failed, and with it the connection: a message that was lost on it must not wait any longer. */
  #unanswered(): void {
    if (this.#connection?.receiving === true) this.wait(PONG_GRACE, 'pong', () => this.#unanswered());
    else this.#connection?.cut({ code: 'no-pong', message: `${formatEndpoint(this.target)} does not answer pings` });
  }
}

/** Two sockets, and whatever NATs stand between them (§3.5.2). */
class DatagramFlow extends KeptFlow {
  protected readonly range = DATAGRAM_RANGE;
  readonly local: Place | undefined;
  #mapped: Place | undefined;
  #transactionId: Buffer | undefined;
  #opened = false;
  /** Whether keep-alives ask for an answer. */
  #asks = true;

  constructor(...parts: ConstructorParameters<typeof KeptFlow>) {
    super(...parts);
    this.local = this.options.datagramPlace(this.target);
  }

  get open(): boolean {
    return !this.over && this.#opened;
  }

  get mapped(): Place | undefined {
    return this.#mapped;
  }

  begin(): void {
    if (this.local === undefined) {
      this.wait(millis(0), 'flow', () => this.fail(unreachable(this.target)));
      return;
    }
    this.#opened = true;
    this.wait(millis(0), 'flow', () => this.tellOpened());
  }

  override keepAlive(flowTimer?: Millis): void {
    this.#asks = true;
    super.keepAlive(flowTimer);
  }

  override remind(): void {
    this.#asks = false;
    this.probeWithin(REMINDER_RANGE);
  }

  receive({ kind, transactionId, mapped, unknown }: StunMessage, { address, port }: Endpoint): void {
    const expected = this.#transactionId;
    if (expected === undefined || !expected.equals(transactionId)) return;
    if (port !== this.target.port || !hostsEqual(address, this.target.address)) return;
    this.#transactionId = undefined;
    this.options.datagramAnswered(nameOf(transactionId), this.target);
    // §4.4.2 for an error; RFC 8489 §6.3.3 for what is not understood.
    if (kind === 'error' || mapped === undefined || unknown.length > 0) this.fail(refused(this.target));
    else if (this.#mapped !== undefined && !samePlace(this.#mapped, mapped)) this.fail(moved(this.#mapped, mapped));
    else {
      this.#mapped = mapped;
      this.schedule();
    }
  }

  protected probe(): void {
    if (this.#asks) this.#ask();
    else {
      this.options.sendDatagram({ bytes: REMINDER, awaits: undefined, failed: nothing }, this.target);
      this.schedule();
    }
  }

  #ask(): void {
    const transactionId = this.options.random.bytes(TRANSACTION_ID_BYTES);
    this.#transactionId = transactionId;
    const bytes = bindingRequest(transactionId);
    this.#send({ bytes, awaits: nameOf(transactionId), failed: (failure) => this.fail(failure) }, 1, RTO);
  }

  protected leave(): void {
    this.#transactionId = undefined;
  }

  #send(request: Outgoing, count: number, wait: Millis): void {
    this.options.sendDatagram(request, this.target);
    if (count < REQUESTS) this.wait(wait, 'STUN request', () => this.#send(request, count + 1, millis(2 * wait)));
    else this.wait(millis(LAST_WAIT * RTO), 'STUN request', () => this.fail(silent(this.target)));
  }
}

function nothing(): void {
  return;
}

const nameOf = (transactionId: Buffer): string => `STUN ${transactionId.toString('hex')}`;

const samePlace = (one: Place, other: Place): boolean =>
  one.port === other.port && hostsEqual(one.address, other.address);

const unreachable = (target: Endpoint): SendFailure => ({
  code: 'no-socket',
  message: `no ${target.protocol} socket reaches ${target.address}`,
});
const refused = (target: Endpoint): SendFailure => ({
  code: 'stun-refused',
  message: `${formatEndpoint(target)} refuses keep-alives`,
});
const silent = (target: Endpoint): SendFailure => ({
  code: 'stun-unanswered',
  message: `${formatEndpoint(target)} does not answer keep-alives`,
});
const moved = (before: Place, now: Place): SendFailure => ({
  code: 'mapping-changed',
  message: `a NAT shows us at ${now.address} port ${now.port}, no longer at ${before.address} port ${before.port}`,
});
