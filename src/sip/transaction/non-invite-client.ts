// The non-INVITE client transaction: RFC 3261 §17.1.2.2, Figure 6. Such a request cannot be cancelled (§9.1). Three
// arrows are not in the figure: `abandon`, when the user's own patience ends before timer F; `pause` and `resume`, for
// who asks another server while this one is silent.

import {
  type ClientMachine,
  informTimeout,
  informTransportError,
  passResponse,
  sendRequest,
  start,
  stop,
} from './client-machine.ts';
import type { Row } from './machine.ts';

export type NonInviteClientState = 'trying' | 'proceeding' | 'completed' | 'terminated';

type ClientRow = Row<NonInviteClientState, ClientMachine<NonInviteClientState>['initial']['actions'][number]>;

const final: ClientRow = {
  rfc: '3261 §17.1.2.2',
  to: 'completed',
  actions: [stop('E'), stop('F'), start('K'), passResponse],
};
const timeout: ClientRow = { rfc: '3261 §17.1.2.2', to: 'terminated', actions: [stop('E'), informTimeout] };
const failure: ClientRow = {
  rfc: '3261 §17.1.4',
  to: 'terminated',
  actions: [stop('E'), stop('F'), informTransportError],
};

const abandoned: ClientRow = { rfc: 'none', to: 'terminated', actions: [stop('E'), stop('F')] };

/** Figure 6 of RFC 3261, arrow by arrow. */
export const nonInviteClient: ClientMachine<NonInviteClientState> = {
  initial: { rfc: '3261 §17.1.2.2', to: 'trying', actions: [sendRequest, start('E'), start('F')] },
  table: {
    trying: {
      'timer E': {
        rfc: '3261 §17.1.2.2',
        actions: [sendRequest, { do: 'restart', timer: 'E', with: 'grown' }],
      },
      'timer F': timeout,
      'transport error': failure,
      abandon: abandoned,
      pause: { rfc: 'none', actions: [stop('E')] },
      resume: { rfc: 'none', actions: [start('E')] },
      '1xx': { rfc: '3261 §17.1.2.2', to: 'proceeding', actions: [passResponse] },
      '2xx': final,
      '300-699': final,
    },
    proceeding: {
      'timer E': { rfc: '3261 §17.1.2.2', actions: [sendRequest, { do: 'restart', timer: 'E', with: 'T2' }] },
      'timer F': timeout,
      'transport error': failure,
      abandon: abandoned,
      '1xx': { rfc: '3261 §17.1.2.2', actions: [passResponse] },
      '2xx': final,
      '300-699': final,
    },
    completed: {
      'timer K': { rfc: '3261 §17.1.2.2', to: 'terminated', actions: [] },
    },
    terminated: {},
  },
};
