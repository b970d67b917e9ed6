// The non-INVITE server transaction: RFC 3261 §17.2.2, Figure 8, and RFC 6026 §8.8: a response that could not be sent
// leaves it where it is. One state is not in the figure: `ignored`, for a peer who is to hear nothing, or nothing more;
// it absorbs repetitions as long as timer J.

import { informTransportError, repeatResponse, type ServerMachine, sendResponse, start } from './server-machine.ts';

export type NonInviteServerState = 'trying' | 'proceeding' | 'completed' | 'ignored' | 'terminated';

/** Figure 8 of RFC 3261, arrow by arrow. */
export const nonInviteServer: ServerMachine<NonInviteServerState> = {
  initial: { rfc: '3261 §17.2.2', to: 'trying', actions: [] },
  table: {
    trying: {
      'send 1xx': { rfc: '3261 §17.2.2', to: 'proceeding', actions: [sendResponse] },
      'send 2xx': { rfc: '3261 §17.2.2', to: 'completed', actions: [sendResponse, start('J')] },
      'send 300-699': { rfc: '3261 §17.2.2', to: 'completed', actions: [sendResponse, start('J')] },
      'send once': { rfc: 'none', to: 'ignored', actions: [sendResponse, start('J')] },
      ignore: { rfc: 'none', to: 'ignored', actions: [start('J')] },
    },
    proceeding: {
      request: { rfc: '3261 §17.2.2', actions: [repeatResponse] },
      'send 1xx': { rfc: '3261 §17.2.2', actions: [sendResponse] },
      'send 2xx': { rfc: '3261 §17.2.2', to: 'completed', actions: [sendResponse, start('J')] },
      'send 300-699': { rfc: '3261 §17.2.2', to: 'completed', actions: [sendResponse, start('J')] },
      'transport error': { rfc: '6026 §8.8', actions: [informTransportError] },
    },
    completed: {
      request: { rfc: '3261 §17.2.2', actions: [repeatResponse] },
      'timer J': { rfc: '3261 §17.2.2', to: 'terminated', actions: [] },
      'transport error': { rfc: '6026 §8.8', actions: [informTransportError] },
    },
    ignored: {
      'timer J': { rfc: 'none', to: 'terminated', actions: [] },
    },
    terminated: {},
  },
};
