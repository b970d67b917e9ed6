// REFERs outside of any dialog: about a call that they name (Target-Dialog, RFC 4538), or about nothing, as a program
// sends them that has the door call somebody (RFC 5359 §2.18). Each makes a dialog of its own (RFC 3515 §2.4.4).

import { Dialog, isDialog, targetDialogOf } from '../dialog/index.ts';
import type { WatchedIdentity } from '../event/index.ts';
import { EventDialog, type EventEnvironment, type EventUsage, type UsageTable } from '../event/index.ts';
import { createResponse, eventOf, type NameAddress } from '../message/index.ts';
import type { Endpoint, SipRequest, SipResponse } from '../message/types.ts';
import { EVENT_REFER, ReceivedReferral, type Referral, type RoutedSession, readRefer } from '../session/index.ts';
import type { ServerTransaction } from '../transaction/index.ts';

export interface ReferDialogsOptions {
  readonly environment: EventEnvironment;
  readonly table: UsageTable;
  readonly identityFor: (transaction: ServerTransaction) => WatchedIdentity;
  readonly mayGoTo: (address: string) => boolean;
  readonly sessions: () => readonly RoutedSession[];
  /** Puts one that is about no call before the user. */
  readonly asked: (referral: Referral, from: NameAddress, source: Endpoint) => void;
}

/** Those that are not done yet. */
const MOST = 8;
const TAG_BYTES = 8;

/** The dialogs that they have made. */
export class ReferDialogs {
  readonly #dialogs = new Set<ReferDialog>();

  constructor(private readonly options: ReferDialogsOptions) {}

  /** A REFER outside of any dialog, from somebody who was let in. */
  receive(transaction: ServerTransaction): void {
    const refusal = this.#begin(transaction);
    if (refusal !== undefined) transaction.respond(refusal);
  }

  /** Waits for nothing any longer. */
  close(): void {
    for (const dialog of this.#dialogs) dialog.close();
    this.#dialogs.clear();
  }

  #begin(transaction: ServerTransaction): SipResponse | undefined {
    const { request, source } = transaction;
    const { environment, identityFor, mayGoTo, table } = this.options;
    this.#forgetOld();
    const read = readRefer(request);
    if (!read.ok) return read.error;
    if (this.#dialogs.size >= MOST) return createResponse(request, 480);
    const toTag = environment.random.hex(TAG_BYTES);
    const dialog = Dialog.ofRequest(request, toTag, 0);
    if (!dialog.ok) return createResponse(request, 400, { reason: `Bad Request: ${dialog.error}` });
    dialog.value.confirm();
    const identity = identityFor(transaction);
    const allowed = (address: string): boolean => address === source.address || mayGoTo(address);
    const peer = new EventDialog(dialog.value, { environment, ...identity, source, mayGoTo: allowed });
    const referral = new ReceivedReferral({
      clock: environment.clock,
      transaction,
      wire: { send: (method, content, user) => void peer.send(method, content, user) },
      request: read.value,
      id: undefined,
      contact: environment.contact(source, identity.contactUser, dialog.value.sipsContact),
      toTag,
    });
    const own = new ReferDialog(peer, referral);
    this.#dialogs.add(own);
    table.add(own);
    this.#ask(transaction, referral);
    referral.reject({ status: 603, reason: 'Decline' });
    return undefined;
  }

  #ask({ request, source }: ServerTransaction, referral: Referral): void {
    const named = targetDialogOf(request);
    if (named === undefined) {
      this.options.asked(referral, request.from, source);
      return;
    }
    const session = this.options.sessions().find((candidate) => {
      const dialog = candidate.dialog?.id;
      return dialog !== undefined && isDialog(dialog, named);
    });
    // Who knows the tags of a call is in it, or was told by somebody who is; and it comes from where the call lives.
    if (session?.countsFrom(source) === true) session.referred(referral);
    else referral.reject({ status: 481 });
  }

  #forgetOld(): void {
    for (const dialog of this.#dialogs) {
      if (!dialog.isOver) continue;
      this.#dialogs.delete(dialog);
      this.options.table.remove(dialog);
    }
  }
}

/** The dialog of one REFER. */
class ReferDialog implements EventUsage {
  constructor(
    private readonly peer: EventDialog,
    private readonly referral: ReceivedReferral,
  ) {}

  get callId(): string {
    return this.peer.dialog.id.callId;
  }

  get localTag(): string {
    return this.peer.dialog.id.localTag;
  }

  get isOver(): boolean {
    return this.referral.subscription?.isOver !== false;
  }

  takes(request: SipRequest, source: Endpoint): boolean {
    return !this.isOver && request.method === 'SUBSCRIBE' && this.peer.counts(source);
  }

  receive(transaction: ServerTransaction): boolean {
    const { request, source } = transaction;
    const { subscription } = this.referral;
    if (subscription === undefined || !this.takes(request, source)) return false;
    const event = eventOf(request);
    const isIts = event.ok && event.value.name === EVENT_REFER && subscription.hasId(event.value.parameters.get('id'));
    const disorder = this.peer.accept(request, source);
    if (disorder !== undefined) transaction.respond(disorder);
    else if (isIts) subscription.subscribe(transaction);
    else transaction.respond(createResponse(request, 403, { reason: 'Dialog Sharing Not Supported' }));
    return true;
  }

  close(): void {
    this.referral.subscription?.close();
  }
}
