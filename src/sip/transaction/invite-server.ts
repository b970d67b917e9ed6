// The INVITE server transaction: RFC 3261 §17.2.1 with RFC 6026 §7.1 and §8.5–8.8 (Figure 7). One state is not in the
// figure: `ignored`, for a caller who is to hear nothing, or nothing more. It absorbs repetitions as long as timer L.

import {
  informTransportError,
  repeatResponse,
  type ServerMachine,
  sendResponse,
  start,
  stop,
} from './server-machine.ts';

export type InviteServerState = 'proceeding' | 'completed' | 'confirmed' | 'accepted' | 'ignored' | 'terminated';

/** Figure 7 of RFC 6026, arrow by arrow. */
export const inviteServer: ServerMachine<InviteServerState> = {
  initial: { rfc: '3261 §17.2.1', to: 'proceeding', actions: [start('trying')] },
  table: {
    proceeding: {
      request: { rfc: '3261 §17.2.1', actions: [repeatResponse] },
      'timer trying': { rfc: '3261 §17.2.1', actions: [{ do: 'send trying' }] },
      'send 1xx': { rfc: '3261 §17.2.1', actions: [stop('trying'), sendResponse] },
      'send 2xx': { rfc: '6026 §8.5', to: 'accepted', actions: [stop('trying'), sendResponse, start('L')] },
      'send 300-699': {
        rfc: '3261 §17.2.1',
        to: 'completed',
        actions: [stop('trying'), sendResponse, start('G'), start('H')],
      },
      'send once': { rfc: 'none', to: 'ignored', actions: [stop('trying'), sendResponse, start('L')] },
      ignore: { rfc: 'none', to: 'ignored', actions: [stop('trying'), start('L')] },
      'transport error': { rfc: '6026 §8.8', actions: [informTransportError] },
    },
    completed: {
      request: { rfc: '3261 §17.2.1', actions: [repeatResponse] },
      'timer G': {
        rfc: '3261 §17.2.1',
        actions: [repeatResponse, { do: 'restart', timer: 'G', with: 'grown' }],
      },
      'timer H': { rfc: '3261 §17.2.1', to: 'terminated', actions: [stop('G'), { do: 'inform timeout' }] },
      ack: {
        rfc: '3261 §17.2.1',
        to: 'confirmed',
        actions: [stop('G'), stop('H'), start('I'), { do: 'inform acknowledged' }],
      },
      'transport error': { rfc: '6026 §8.8', actions: [informTransportError] },
    },
    confirmed: {
      'timer I': { rfc: '3261 §17.2.1', to: 'terminated', actions: [] },
    },
    accepted: {
      'send 2xx': { rfc: '6026 §8.7', actions: [sendResponse] },
      ack: { rfc: '6026 §8.7', actions: [{ do: 'pass ack' }] },
      'timer L': { rfc: '6026 §8.7', to: 'terminated', actions: [] },
      'transport error': { rfc: '6026 §8.8', actions: [informTransportError] },
    },
    ignored: {
      'timer L': { rfc: 'none', to: 'terminated', actions: [] },
    },
    terminated: {},
  },
};
