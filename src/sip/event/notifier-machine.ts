// The life of a subscription as its notifier sees it: the figure of RFC 6665 §4.2.2 as a table. The runner is
// notifier-usage.ts. `resp_wait` is passed through in one step, since whether somebody may watch is known at once; for
// the same reason nothing is ever `pending`.

import type { Row, Table } from '../transaction/machine.ts';

export type NotifierState = 'init' | 'active' | 'terminated';

export type NotifierEvent =
  /** A SUBSCRIBE that may be granted: the first, or a refresh. */
  | 'SUBSCRIBE'
  /** With Expires: 0: a poll, or the end. */
  | 'unsubscribe'
  /** The state of the resource has changed. */
  | 'change'
  /** Nobody refreshed it. */
  | 'expired'
  /** The answer to a NOTIFY says that the subscriber knows nothing of it (§4.2.2). */
  | 'NOTIFY refused'
  /** No answer to a NOTIFY. */
  | 'NOTIFY unanswered'
  /** We end. */
  | 'stop';

export type NotifierAction =
  | 'send 2xx'
  /** A NOTIFY at once, with the whole state. */
  | 'notify state'
  /** A NOTIFY with what has changed, as soon as the rate allows. */
  | 'notify change'
  /** The last NOTIFY, with the whole state; reason `timeout` (§4.2.1.4). */
  | 'notify end'
  /** The last NOTIFY; reason `deactivated` (§4.4.2). */
  | 'notify stop'
  | 'start expiry'
  | 'stop timers'
  | 'forget';

type NotifierRow = Row<NotifierState, NotifierAction>;

const granted: NotifierRow = {
  rfc: '6665 §4.2.1.1, §4.2.1.2, §4.2.1.4',
  to: 'active',
  actions: ['send 2xx', 'start expiry', 'notify state'],
};
const ended: NotifierRow = {
  rfc: '6665 §4.2.1.4, §4.4.3',
  to: 'terminated',
  actions: ['send 2xx', 'stop timers', 'notify end'],
};
const lost: NotifierRow = { rfc: '6665 §4.2.2', to: 'terminated', actions: ['stop timers', 'forget'] };

export const notifierMachine: Table<NotifierState, NotifierEvent, NotifierAction> = {
  init: { SUBSCRIBE: granted, unsubscribe: ended },
  active: {
    SUBSCRIBE: granted,
    unsubscribe: ended,
    change: { rfc: '6665 §4.2.2', actions: ['notify change'] },
    expired: { rfc: '6665 §4.2.1.4', to: 'terminated', actions: ['stop timers', 'notify end'] },
    'NOTIFY refused': lost,
    'NOTIFY unanswered': lost,
    stop: { rfc: '6665 §4.4.2', to: 'terminated', actions: ['stop timers', 'notify stop'] },
  },
  // The last NOTIFY is under way; whatever becomes of it, there is nothing left.
  terminated: {
    'NOTIFY refused': { rfc: '6665 §4.4.1', actions: ['forget'] },
    'NOTIFY unanswered': { rfc: '6665 §4.4.1', actions: ['forget'] },
  },
};
