// REFERs in one dialog, both ways, and the subscriptions that they make in it (RFC 3515 §2.4). The dialog's end is not
// theirs: who referred us may hang up and still be told (RFC 6665 §4.5.2).

import { millis } from '../../../base/units.ts';
import { createResponse, eventOf } from '../../message/index.ts';
import type { ServerTransaction } from '../../transaction/index.ts';
import { ALLOW_EVENTS, EVENT_REFER } from '../capabilities.ts';
import type { DialogParts } from '../dialog-parts.ts';
import type { Referral, ReferUser } from '../types.ts';
import { readRefer } from './refer-request.ts';
import { ReceivedReferral } from './referral.ts';
import { SentReferral } from './sent-referral.ts';

/** REFERs of a peer's that are not done yet, in one dialog: a person transfers a call once. */
const MOST_REFERRALS = 4;

/** What a REFER of ours says. */
export interface ReferOptions {
  /** Value of Refer-To. */
  readonly referTo: string;
  /** Value of Referred-By. */
  readonly referredBy?: string;
}

/** Everything of REFER in one dialog. */
export class DialogReferrals {
  /** REFERs that came, refused ones too: all but the first are told apart by their number (§2.4.6). */
  #seen = 0;
  #received: readonly ReceivedReferral[] = [];
  #sent: readonly SentReferral[] = [];

  /** @param refer puts a REFER of the peer's before the user */
  constructor(
    private readonly parts: Pick<DialogParts, 'context' | 'dialog' | 'requests'>,
    private readonly refer: (referral: Referral) => void,
  ) {}

  /** A REFER of the peer's. */
  receive(transaction: ServerTransaction): void {
    const { request, source } = transaction;
    const { context, dialog, requests } = this.parts;
    this.#forgetOld();
    const read = readRefer(request);
    if (!read.ok) {
      transaction.respond(read.error);
      return;
    }
    if (dialog.state !== 'confirmed' || this.#received.length >= MOST_REFERRALS) {
      transaction.respond(createResponse(request, 480));
      return;
    }
    this.#seen += 1;
    dialog.refreshTarget(request);
    const referral = new ReceivedReferral({
      clock: context.environment.clock,
      transaction,
      wire: { send: (method, content, user) => requests.send(method, { ...content, refreshesTarget: true }, user) },
      request: read.value,
      id: this.#seen > 1 ? request.cseq.number : undefined,
      contact: context.localTarget.say(source),
    });
    this.#received = [...this.#received, referral];
    this.refer(referral);
    referral.reject({ status: 603, reason: 'Decline' });
  }

  /** A SUBSCRIBE in the dialog: of a REFER that is not done, or refused (§2.4.4, RFC 6665 §4.5.2). */
  subscribe(transaction: ServerTransaction): void {
    const { request } = transaction;
    const event = eventOf(request);
    const id = event.ok ? event.value.parameters.get('id') : undefined;
    const isRefer = event.ok && event.value.name === EVENT_REFER;
    const own = this.#received.find(({ subscription }) => subscription?.isOver === false && subscription.hasId(id));
    if (isRefer && own?.subscription !== undefined) own.subscription.subscribe(transaction);
    else transaction.respond(createResponse(request, 403, { reason: 'Dialog Sharing Not Supported' }));
  }

  /** A NOTIFY in the dialog: of a REFER of ours, or of nothing that was subscribed to (RFC 6665 §4.1.3). */
  notify(transaction: ServerTransaction): void {
    const { request } = transaction;
    const event = eventOf(request);
    if (!event.ok || event.value.name !== EVENT_REFER) {
      transaction.respond(createResponse(request, 489, { headers: [['Allow-Events', ALLOW_EVENTS]] }));
      return;
    }
    const id = event.value.parameters.get('id');
    const own = this.#sent.find((referral) => !referral.isOver && referral.hasId(id));
    if (own === undefined) transaction.respond(createResponse(request, 481));
    else own.receive(transaction);
  }

  /** Asks the peer to call somebody. */
  send({ referTo, referredBy }: ReferOptions, user: ReferUser): void {
    const { environment } = this.parts.context;
    const referral = new SentReferral(environment.clock, millis(64 * environment.timers.t1), user);
    this.#sent = [...this.#sent.filter((other) => !other.isOver), referral];
    const headers = [
      ['Refer-To', referTo] as const,
      ...(referredBy === undefined ? [] : [['Referred-By', referredBy] as const]),
    ];
    this.parts.requests.send(
      'REFER',
      { headers, refreshesTarget: true },
      {
        answered: (response) => referral.answered(response),
        failed: () => referral.failed(),
        made: ({ cseq }) => referral.sent(cseq.number),
      },
    );
  }

  /** Whether a peer is still told of a REFER of its. */
  get busy(): boolean {
    return this.#received.some(({ subscription }) => subscription?.isOver === false);
  }

  /** The dialog's INVITE is over: nothing is heard of REFERs of ours any more. Who referred us is told on. */
  callOver(): void {
    for (const referral of this.#sent) referral.close();
  }

  /** Waits for nothing any longer. */
  close(): void {
    this.callOver();
    for (const { subscription } of this.#received) subscription?.close();
  }

  #forgetOld(): void {
    this.#received = this.#received.filter(({ subscription }) => subscription?.isOver === false);
  }
}
