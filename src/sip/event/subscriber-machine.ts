// The life of a subscription as its subscriber sees it: the figure of RFC 6665 §4.1.2 as a table. Each subscription that
// a NOTIFY makes has a machine of its own; until the first one comes there is one for the attempt. An event that a state
// does not name changes nothing. The runners are subscription-attempt.ts and subscriber-usage.ts.

import type { Row, Table } from '../transaction/machine.ts';

/** `init` of the figure is where there is no attempt: subscription.ts waits there for Retry-After. */
export type SubscriberState = 'notify_wait' | 'pending' | 'active' | 'terminated';

export type SubscriberEvent =
  | 'NOTIFY active'
  | 'NOTIFY pending'
  | 'NOTIFY terminated'
  /** A final response of 300 and above to the first SUBSCRIBE, or no way to send it. */
  | 'SUBSCRIBE failed'
  /** One to a later SUBSCRIBE that says the subscription is no more (§4.1.2.2). */
  | 'refresh ended it'
  /** Any other to a later SUBSCRIBE: the subscription lives on for what is left of it. */
  | 'refresh failed'
  /** No NOTIFY within 64*T1 of a SUBSCRIBE. */
  | 'timer N'
  /** Its life is over and nobody has refreshed it. */
  | 'expired'
  | 'refresh due'
  /** Our user wants no more of it. */
  | 'unsubscribe';

export type SubscriberAction =
  | 'send SUBSCRIBE'
  /** With Expires: 0. */
  | 'send unsubscribe'
  | 'start N'
  | 'stop N'
  /** Takes over what the NOTIFY says of its life, and plans the refresh. */
  | 'set life'
  | 'plan retry'
  | 'report state'
  /** And gives up the SUBSCRIBE that has no answer yet. */
  | 'stop timers'
  | 'report end';

type SubscriberRow = Row<SubscriberState, SubscriberAction>;

const noted: readonly SubscriberAction[] = ['stop N', 'set life', 'report state'];
const active: SubscriberRow = { rfc: '6665 §4.1.2, §4.1.3', to: 'active', actions: noted };
const pending: SubscriberRow = { rfc: '6665 §4.1.2, §4.1.3', to: 'pending', actions: noted };
const over = (rfc: string): SubscriberRow => ({ rfc, to: 'terminated', actions: ['stop timers', 'report end'] });
const terminated: SubscriberRow = {
  rfc: '6665 §4.1.3',
  to: 'terminated',
  actions: ['report state', 'stop timers', 'report end'],
};

/** What a subscription does once a NOTIFY has made it. */
const established = {
  'NOTIFY active': active,
  'NOTIFY terminated': terminated,
  'refresh due': { rfc: '6665 §4.1.2.2', actions: ['send SUBSCRIBE', 'start N'] },
  'refresh ended it': over('6665 §4.1.2.2'),
  // No NOTIFY will follow, so that timer N has nothing to wait for.
  'refresh failed': { rfc: '6665 §4.1.2.2', actions: ['stop N', 'plan retry'] },
  'timer N': over('6665 §4.1.2.2'),
  expired: over('6665 §4.1.2.2'),
  unsubscribe: { rfc: '6665 §4.1.2.3', actions: ['send unsubscribe', 'start N'] },
} as const satisfies { readonly [E in SubscriberEvent]?: SubscriberRow };

export const subscriberMachine: Table<SubscriberState, SubscriberEvent, SubscriberAction> = {
  notify_wait: {
    'NOTIFY active': active,
    'NOTIFY pending': pending,
    'NOTIFY terminated': terminated,
    'SUBSCRIBE failed': over('6665 §4.1.2.1'),
    'timer N': over('6665 §4.1.2.4'),
  },
  pending: { ...established, 'NOTIFY pending': pending },
  // The figure has no way back from active; a notifier that says so has put it off again, and is believed.
  active: { ...established, 'NOTIFY pending': pending },
  terminated: {},
};
