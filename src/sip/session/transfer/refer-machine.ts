// The subscription that a REFER makes, as who was referred sees it (RFC 3515 §2.4.4, RFC 6665 §4.2.2): a table. The runner
// is refer-subscription.ts.

import type { Row, Table } from '../../transaction/machine.ts';

export type ReferState = 'init' | 'active' | 'terminated';

export type ReferEvent =
  /** The 2xx to REFER has gone. */
  | 'accepted'
  /** The referred request has a provisional response. */
  | 'progress'
  /** It has its final one. */
  | 'final'
  /** SUBSCRIBE in the dialog, with another life; with none. */
  | 'refresh'
  | 'unsubscribe'
  | 'expired'
  /** A NOTIFY was refused as RFC 6665 §4.2.2 counts it, or not answered. */
  | 'NOTIFY failed';

export type ReferAction =
  | 'start expiry'
  | 'notify progress'
  /** The last one; reason `noresource` (§2.4.7). */
  | 'notify final'
  /** The last one; reason `timeout`. */
  | 'notify end'
  | 'stop timers';

type ReferRow = Row<ReferState, ReferAction>;

const ended: ReferRow = { rfc: '6665 §4.2.1.4', to: 'terminated', actions: ['stop timers', 'notify end'] };

export const referMachine: Table<ReferState, ReferEvent, ReferAction> = {
  init: { accepted: { rfc: '3515 §2.4.4', to: 'active', actions: ['start expiry', 'notify progress'] } },
  active: {
    progress: { rfc: '3515 §2.4.5', actions: ['notify progress'] },
    final: { rfc: '3515 §2.4.7', to: 'terminated', actions: ['stop timers', 'notify final'] },
    refresh: { rfc: '3515 §2.4.4', actions: ['start expiry', 'notify progress'] },
    unsubscribe: ended,
    expired: ended,
    // The request itself goes on: nobody has withdrawn it (§2.4.4).
    'NOTIFY failed': { rfc: '6665 §4.2.2', to: 'terminated', actions: ['stop timers'] },
  },
  terminated: {},
};
