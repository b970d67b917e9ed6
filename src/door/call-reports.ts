// Says in the journal what becomes of a call. Pure translation; it decides nothing.

import type { EventFields } from '../api/events.ts';
import type { Journal } from '../api/journal.ts';
import type { Call, CallCaller } from '../call/index.ts';

export interface CallReportOptions {
  readonly journal: Journal;
  /** The button that began it, if one did. */
  readonly button: string | undefined;
  /** Whether a digit may be named: digits are codes. */
  readonly nameDigits: () => boolean;
}

/** What else is known of who calls in. */
function describeCaller(
  caller: CallCaller | undefined,
): Pick<EventFields['call.started'], 'name' | 'user' | 'diverted'> {
  if (caller === undefined) return {};
  const { name, authenticatedAs, diversions } = caller;
  return {
    ...(name === undefined ? {} : { name }),
    ...(authenticatedAs === undefined ? {} : { user: authenticatedAs }),
    ...(diversions.length === 0 ? {} : { diverted: diversions }),
  };
}

/** Journals the call from now to its end. */
export function reportCall(call: Call, { journal, button, nameDigits }: CallReportOptions): void {
  const id = call.id;
  const started = { call: id, direction: call.direction, peer: call.peer, ...describeCaller(call.caller) };
  journal.record('call.started', button === undefined ? started : { ...started, button });
  call.on('ringing', (status) => journal.record('call.ringing', { call: id, status }));
  call.on('redirected', (to) => journal.record('call.redirected', { call: id, to }));
  call.on('answered', (format) => journal.record('call.answered', { call: id, ...format }));
  call.on('formatChanged', (format) => journal.record('call.changed', { call: id, ...format }));
  call.on('held', (by) => journal.record('call.held', { call: id, by }));
  call.on('resumed', (by) => journal.record('call.resumed', { call: id, by }));
  call.on('digit', ({ digit, via }) => {
    journal.record('digit.received', nameDigits() ? { call: id, via, digit } : { call: id, via });
  });
  call.on('mediaStarted', (direction) => journal.record('media.started', { call: id, direction }));
  call.on('reception', (silent) => {
    if (silent) journal.record('media.lost', { call: id, leg: 'remote' });
  });
  call.on('ended', (end) => journal.record('call.ended', { call: id, ...end }));
}
