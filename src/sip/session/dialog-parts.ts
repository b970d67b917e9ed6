// What the parts of one dialog's use share.

import type { Dialog } from '../dialog/index.ts';
import type { Acknowledgements } from './acknowledgements.ts';
import type { DialogRequests } from './dialog-requests.ts';
import type { DialogContext } from './environment.ts';
import type { OfferAnswerState } from './offer-answer-state.ts';
import type { PeerCapabilities } from './peer-capabilities.ts';
import type { SessionRefresh } from './session-refresh.ts';
import type { Body, Negotiation, Refusal, SessionEnd } from './types.ts';

/** What the owner of a dialog is told about offers and answers. */
export interface NegotiationUser {
  negotiation(negotiation: Negotiation): void;
  /** The answer to an offer of ours. */
  answer(body: Body): void;
  offerRefused(status: number): void;
  outOfStep(offered: boolean): void;
  /** The ACK of our first 2xx came. */
  acknowledged(): void;
  /** The dialog cannot go on: it is to be ended with a BYE (RFC 3261 §12.2.1.2, §13.3.1.4). */
  failed(end: SessionEnd): void;
  /** Something that was under way is over. */
  settled(): void;
}

export interface DialogParts {
  readonly context: DialogContext;
  readonly dialog: Dialog;
  readonly exchange: OfferAnswerState;
  readonly requests: DialogRequests;
  readonly acknowledgements: Acknowledgements;
  readonly peer: PeerCapabilities;
  readonly timer: SessionRefresh;
  readonly user: NegotiationUser;
  /** The descriptions that are in force: ours for a re-INVITE that changes nothing, theirs to see whether it did. */
  readonly description: { ours: Body | undefined; theirs: Body | undefined };
}

/** A negotiation that is settled once, by whichever comes first. */
export function negotiation(
  offer: Body | undefined,
  settle: { readonly accept: (body: Body) => void; readonly reject: (refusal: Refusal) => void },
): Negotiation {
  let open = true;
  const once = (run: () => void): void => {
    if (!open) return;
    open = false;
    run();
  };
  return {
    offer,
    accept: (body) => once(() => settle.accept(body)),
    reject: (refusal) => once(() => settle.reject(refusal)),
  };
}
