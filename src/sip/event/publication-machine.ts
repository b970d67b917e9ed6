// The life of a publication as who publishes sees it (RFC 3903 §4): a table. One request at a time (§4); what is sent
// follows from whether there is an entity-tag and whether the state has changed (Table 1). The runner is publication.ts.

import type { Row, Table } from '../transaction/machine.ts';

/** `waiting`: the server could not be had, or could not answer; it is asked again later. */
export type PublicationState = 'idle' | 'publishing' | 'published' | 'waiting' | 'removing' | 'ended';

export type PublicationEvent =
  | 'start'
  /** The state that is published has changed. */
  | 'change'
  | 'accepted'
  /** 412: the server has forgotten it. */
  | 'forgotten'
  /** 423, and we can ask for more. */
  | 'too brief'
  /** The server takes no such publications: 405, 416, 489, 501. */
  | 'not taken'
  /** Any other refusal, or no answer. */
  | 'failed'
  | 'due'
  | 'stop';

export type PublicationAction =
  | 'send'
  /** Without the entity-tag: an initial publication (§4.2). */
  | 'forget tag'
  | 'keep tag'
  | 'plan refresh'
  | 'plan retry'
  | 'send removal'
  | 'stop timers'
  | 'report end';

type PublicationRow = Row<PublicationState, PublicationAction>;

const send = (rfc: string, ...before: PublicationAction[]): PublicationRow => ({
  rfc,
  to: 'publishing',
  actions: [...before, 'send'],
});
const ended: PublicationRow = { rfc: '3903 §4.5', to: 'ended', actions: ['stop timers', 'report end'] };

export const publicationMachine: Table<PublicationState, PublicationEvent, PublicationAction> = {
  idle: { start: send('3903 §4.2'), stop: ended },
  publishing: {
    accepted: { rfc: '3903 §4.2, §4.3, §4.4', to: 'published', actions: ['keep tag', 'plan refresh'] },
    forgotten: send('3903 §4.3, §4.4', 'forget tag'),
    'too brief': send('3903 §6'),
    'not taken': { rfc: '3903 §6', to: 'ended', actions: ['stop timers', 'report end'] },
    failed: { rfc: '3903 §4', to: 'waiting', actions: ['plan retry'] },
    // Whether it will be taken is not known; what is not removed runs out.
    stop: ended,
  },
  published: {
    change: send('3903 §4.4'),
    due: send('3903 §4.3'),
    stop: { rfc: '3903 §4.5', to: 'removing', actions: ['stop timers', 'send removal'] },
  },
  waiting: { due: send('3903 §4.2, §4.4'), stop: ended },
  removing: { accepted: ended, forgotten: ended, 'too brief': ended, 'not taken': ended, failed: ended },
  ended: {},
};
