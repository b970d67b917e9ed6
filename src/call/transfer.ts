// A peer hands its call over to somebody else: we call them, and they take the peer's place when they answer
// (RFC 3515, RFC 5589). Until then the call goes on as it is; where nobody answers, it goes on for good.

import type { Clock } from '../base/clock.ts';
import { seconds } from '../base/units.ts';
import type { Account, Referral, Refusal } from '../sip/index.ts';
import { peerAddress } from './peer-address.ts';
import type { CallEnd, CallEndReason, CallEvents, DialOptions, HangupReason, TransferRequest } from './types.ts';

/** The call that a transfer was asked for in. */
interface TransferredCall {
  silence(): void;
  hangup(reason: HangupReason, cause: string): void;
}

/** The call to whom it is transferred. */
interface FollowedCall {
  on<Name extends 'ringing' | 'answered' | 'ended'>(name: Name, listener: (...args: CallEvents[Name]) => void): void;
}

/** What a transfer needs of whoever keeps the calls. */
export interface TransferServices<NextCall> {
  readonly clock: Clock;
  /** Calls somebody. */
  readonly dial: (options: DialOptions) => NextCall;
}

/** How long who transfers has to hang up when the other has answered; then we do (RFC 5589 §6.1 leaves it to them). */
const GRACE = seconds(2);

/** What the referrer is told where no status says it: RFC 3261 §21. */
const STATUSES: Readonly<Record<CallEndReason, number>> = {
  'hangup-local': 487,
  'hangup-remote': 487,
  busy: 486,
  'no-answer': 480,
  refused: 603,
  unreachable: 503,
  cancelled: 487,
  failed: 500,
  limit: 487,
};

/** A REFER in a call, as the call's user sees it. */
export class ReferredTransfer<NextCall extends FollowedCall> implements TransferRequest<NextCall> {
  readonly target: string;
  readonly to: string;
  readonly attended: boolean;

  constructor(
    private readonly call: TransferredCall,
    private readonly referral: Referral,
    private readonly services: TransferServices<NextCall>,
  ) {
    this.target = referral.target;
    this.to = peerAddress(referral.target);
    this.attended = referral.replaces !== undefined;
  }

  accept(account: Account): NextCall {
    const { referral, call, services } = this;
    referral.accept();
    const next = services.dial({ target: this.target, account, headers: headersOf(referral) });
    tellOf(next, referral);
    next.on('answered', () => {
      // Nobody is to hear both: the visitor now speaks to the one who was meant.
      call.silence();
      services.clock.after(GRACE, 'call that was transferred', () => call.hangup('hangup-local', 'transferred'));
    });
    return next;
  }

  reject(refusal: Refusal): void {
    this.referral.reject(refusal);
  }
}

/** Tells whoever had us call somebody how the call goes (RFC 3515 §2.4.5). */
export function tellOf(call: FollowedCall, referral: Pick<Referral, 'tell'>): void {
  call.on('ringing', (status) => referral.tell(status));
  call.on('answered', () => referral.tell(200));
  call.on('ended', (end) => referral.tell(statusOf(end)));
}

/** RFC 3892 §2.2, RFC 3891 §4: a target that cannot replace a call must not take this one for a new one. */
function headersOf({ replaces, referredBy }: Referral): NonNullable<DialOptions['headers']> {
  return [
    ...(referredBy === undefined ? [] : [['Referred-By', referredBy] as const]),
    ...(replaces === undefined ? [] : [['Replaces', replaces] as const, ['Require', 'replaces'] as const]),
  ];
}

function statusOf({ status, reason }: CallEnd): number {
  return status !== undefined && status >= 300 ? status : STATUSES[reason];
}
