// The ACKs of a dialog: ours to each 2xx of the peer's, sent again for every repetition, and our own 2xx until the
// peer's ACK is there (RFC 3261 §13.2.2.4, §13.3.1.4).

import type { Dialog } from '../dialog/index.ts';
import type { SentRequest } from '../exchange/index.ts';
import type { Endpoint, SipRequest, SipResponse } from '../message/types.ts';
import type { ServerTransaction } from '../transaction/index.ts';
import { AcceptedResponse } from './accepted-response.ts';
import type { DialogContext } from './environment.ts';
import type { Body } from './types.ts';

interface Awaited {
  readonly response: AcceptedResponse;
  readonly initial: boolean;
  readonly done: (ack: SipRequest | undefined) => void;
}

/** Further back no 2xx is repeated any more: each INVITE waits for the one before it. */
const REMEMBERED = 4;

/** One dialog's ACKs, both ways. */
export class Acknowledgements {
  readonly #awaited = new Map<number, Awaited>();
  /** By the CSeq number of the INVITE: sends its ACK again. */
  readonly #sent = new Map<number, () => void>();

  constructor(
    private readonly context: DialogContext,
    private readonly dialog: Dialog,
  ) {}

  /** How many of our 2xx have no ACK yet. */
  get count(): number {
    return this.#awaited.size;
  }

  /** Whether our first 2xx has no ACK yet, so that no BYE may be sent (§15). */
  get awaitsFirst(): boolean {
    return [...this.#awaited.values()].some(({ initial }) => initial);
  }

  /**
   * Notes a 2xx of the peer's.
   * @returns false when it is a repetition: its ACK goes out again, if it has gone at all
   */
  isFirst({ request }: SentRequest): boolean {
    const again = this.#sent.get(request.cseq.number);
    if (again === undefined) this.#remember(request.cseq.number, nothingYet);
    else again();
    return again === undefined;
  }

  /**
   * Acknowledges a 2xx of the peer's for the first time.
   * @param answer to an offer that the 2xx has brought
   * @param sent called once, when the ACK is on the wire
   */
  send(invite: SentRequest, answer: Body | undefined, sent: () => void): void {
    const { environment } = this.context;
    const { request, nextHop } = this.dialog.createAck(invite.request, {
      headers: [['User-Agent', environment.userAgent]],
      body: answer,
    });
    environment.locate(nextHop, (located) => {
      const target = (located.ok ? chosen(located.value, invite.target) : this.context.lastHeard()) ?? invite.target;
      if (this.context.credentials?.mayGoTo(target.address) !== true) withoutCredentials(request);
      this.#remember(invite.request.cseq.number, environment.sendAck(request, target));
      sent();
    });
  }

  /**
   * Sends a 2xx to an INVITE of the peer's, until its ACK is there.
   * @param done called once: with the ACK, or with none after 64*T1; never after `abandon`
   */
  accept(
    transaction: ServerTransaction,
    response: SipResponse,
    initial: boolean,
    done: (ack: SipRequest | undefined) => void,
  ): void {
    const { clock, timers } = this.context.environment;
    const { number } = transaction.request.cseq;
    const accepted = new AcceptedResponse(clock, timers, transaction, response, () => {
      this.#awaited.delete(number);
      done(undefined);
    });
    this.#awaited.set(number, { response: accepted, initial, done });
    accepted.begin();
  }

  /** An ACK of the peer's to a 2xx of ours. */
  receive(ack: SipRequest): void {
    const awaited = this.#awaited.get(ack.cseq.number);
    if (awaited === undefined) return;
    this.#awaited.delete(ack.cseq.number);
    awaited.response.stop();
    awaited.done(ack);
  }

  /** The peer has ended the dialog: it will send no ACK any more. */
  abandon(): void {
    for (const { response } of this.#awaited.values()) response.stop();
    this.#awaited.clear();
  }

  #remember(number: number, again: () => void): void {
    this.#sent.set(number, again);
    for (const oldest of this.#sent.keys()) {
      if (this.#sent.size <= REMEMBERED) return;
      this.#sent.delete(oldest);
    }
  }
}

/** Those of the INVITE are for the server that asked for them; its ACK may go straight to the phone. */
function withoutCredentials(ack: SipRequest): void {
  ack.headers.remove('Authorization');
  ack.headers.remove('Proxy-Authorization');
}

/** Stands for the ACK until it has gone: while its target is looked up, or its answer is thought over. */
function nothingYet(): void {
  return;
}

/** The server that let the INVITE through, where it is one of them: another may be the better one, and dead. */
function chosen(located: readonly Endpoint[], invited: Endpoint): Endpoint | undefined {
  const { protocol, address, port } = invited;
  const same = located.find((each) => each.protocol === protocol && each.address === address && each.port === port);
  return same ?? located[0];
}
