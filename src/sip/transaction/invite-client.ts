// The INVITE client transaction: RFC 3261 §17.1.1.2 with RFC 6026 §8.4 (Figure 5), and CANCEL (RFC 3261 §9.1). Two
// arrows are not in the figure: `pause` and `resume`, for who asks another server while this one is silent.

import {
  type ClientMachine,
  informTimeout,
  informTransportError,
  passResponse,
  sendAck,
  sendRequest,
  start,
  stop,
} from './client-machine.ts';

export type InviteClientState = 'calling' | 'proceeding' | 'completed' | 'accepted' | 'terminated';

/** Figure 5 of RFC 6026, arrow by arrow. */
export const inviteClient: ClientMachine<InviteClientState> = {
  initial: { rfc: '3261 §17.1.1.2', to: 'calling', actions: [sendRequest, start('A'), start('B')] },
  table: {
    calling: {
      'timer A': {
        rfc: '3261 §17.1.1.2',
        actions: [sendRequest, { do: 'restart', timer: 'A', with: 'grown' }],
      },
      'timer B': { rfc: '3261 §17.1.1.2', to: 'terminated', actions: [stop('A'), informTimeout] },
      'transport error': {
        rfc: '3261 §17.1.4',
        to: 'terminated',
        actions: [stop('A'), stop('B'), informTransportError],
      },
      '1xx': { rfc: '3261 §17.1.1.2', to: 'proceeding', actions: [stop('A'), stop('B'), passResponse] },
      '2xx': { rfc: '6026 §8.4', to: 'accepted', actions: [stop('A'), stop('B'), start('M'), passResponse] },
      '300-699': {
        rfc: '6026 §8.4',
        to: 'completed',
        actions: [stop('A'), stop('B'), sendAck, start('D'), passResponse],
      },
      cancel: { rfc: '3261 §9.1', actions: [{ do: 'keep cancel' }] },
      pause: { rfc: 'none', actions: [stop('A')] },
      resume: { rfc: 'none', actions: [start('A')] },
    },
    proceeding: {
      '1xx': { rfc: '3261 §17.1.1.2', actions: [passResponse] },
      '2xx': { rfc: '6026 §8.4', to: 'accepted', actions: [stop('cancelled'), start('M'), passResponse] },
      '300-699': {
        rfc: '6026 §8.4',
        to: 'completed',
        actions: [stop('cancelled'), sendAck, start('D'), passResponse],
      },
      cancel: { rfc: '3261 §9.1', actions: [{ do: 'send cancel' }, start('cancelled')] },
      'timer cancelled': { rfc: '3261 §9.1', to: 'terminated', actions: [informTimeout] },
    },
    completed: {
      '300-699': { rfc: '6026 §8.4', actions: [sendAck] },
      'transport error': { rfc: '3261 §17.1.4', to: 'terminated', actions: [stop('D'), informTransportError] },
      'timer D': { rfc: '6026 §8.4', to: 'terminated', actions: [] },
    },
    accepted: {
      '2xx': { rfc: '6026 §8.4', actions: [passResponse] },
      'timer M': { rfc: '6026 §8.4', to: 'terminated', actions: [] },
    },
    terminated: {},
  },
};
