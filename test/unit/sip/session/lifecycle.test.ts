// Every state with every event, the ones included that must change nothing.

import { describe, expect, it } from 'vitest';
import {
  type IncomingEvent,
  incomingLifecycle,
  type OutgoingEvent,
  outgoingLifecycle,
} from '../../../../src/sip/session/lifecycle.ts';
import type { SessionState } from '../../../../src/sip/session/types.ts';
import { step } from '../../../../src/sip/transaction/machine.ts';

const unanswered: readonly SessionState[] = ['calling', 'early'];

const outgoing: readonly (readonly [SessionState, OutgoingEvent, SessionState, readonly string[]])[] = [
  ...unanswered.flatMap((state) => [
    [state, 'provisional', 'early', ['report progress']] as const,
    [state, '2xx', 'confirmed', ['take dialog']] as const,
    [state, 'refusal', 'terminated', ['report end']] as const,
    [state, 'timeout', 'terminated', ['report end']] as const,
    [state, 'unreachable', 'terminated', ['report end']] as const,
    [state, 'hangup', 'terminated', ['send CANCEL', 'report end']] as const,
    [state, 'dialog ended', state, []] as const,
  ]),
  ['confirmed', 'provisional', 'confirmed', []],
  ['confirmed', '2xx', 'confirmed', ['refuse dialog']],
  ['confirmed', 'refusal', 'confirmed', []],
  ['confirmed', 'timeout', 'confirmed', []],
  ['confirmed', 'unreachable', 'confirmed', []],
  ['confirmed', 'hangup', 'terminated', ['send BYE', 'report end']],
  ['confirmed', 'dialog ended', 'terminated', ['report end']],
  ['terminated', 'provisional', 'terminated', []],
  ['terminated', '2xx', 'terminated', ['refuse dialog']],
  ['terminated', 'refusal', 'terminated', []],
  ['terminated', 'timeout', 'terminated', []],
  ['terminated', 'unreachable', 'terminated', []],
  ['terminated', 'hangup', 'terminated', []],
  ['terminated', 'dialog ended', 'terminated', []],
];

const incoming: readonly (readonly [SessionState, IncomingEvent, SessionState, readonly string[]])[] = [
  ...unanswered.flatMap((state) => [
    [state, 'ring', 'early', ['send 1xx']] as const,
    [state, 'accept', 'confirmed', ['send 2xx']] as const,
    [state, 'reject', 'terminated', ['send refusal', 'report end']] as const,
    [state, 'hangup', 'terminated', ['send 603', 'report end']] as const,
    [state, 'cancel', 'terminated', ['send 487', 'report end']] as const,
    [state, 'expired', 'terminated', ['send 487', 'report end']] as const,
    [state, 'early BYE', 'terminated', ['send 487', 'report end']] as const,
    [state, 'dialog ended', state, []] as const,
  ]),
  ['confirmed', 'hangup', 'terminated', ['send BYE', 'report end']],
  ['confirmed', 'dialog ended', 'terminated', ['report end']],
  ...(['ring', 'accept', 'reject', 'cancel', 'expired', 'early BYE'] as const).map(
    (event) => ['confirmed', event, 'confirmed', []] as const,
  ),
  ...(['ring', 'accept', 'reject', 'hangup', 'cancel', 'expired', 'early BYE', 'dialog ended'] as const).map(
    (event) => ['terminated', event, 'terminated', []] as const,
  ),
];

describe('the life of a session that we began (RFC 3261 §13.2, §15)', () => {
  it.each(outgoing)('%s: %s leads to %s', (state, event, next, actions) => {
    expect(step(outgoingLifecycle, state, event)).toEqual({ state: next, actions });
  });

  it('is walked through completely', () => {
    expect(new Set(outgoing.map(([state, event]) => `${state} ${event}`)).size).toBe(4 * 7);
  });
});

describe('the life of a session that the peer began (RFC 3261 §13.3, §15)', () => {
  it.each(incoming)('%s: %s leads to %s', (state, event, next, actions) => {
    expect(step(incomingLifecycle, state, event)).toEqual({ state: next, actions });
  });

  it('is walked through completely', () => {
    expect(new Set(incoming.map(([state, event]) => `${state} ${event}`)).size).toBe(4 * 8);
  });
});
