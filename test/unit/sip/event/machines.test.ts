// Every state and every event of the two tables, against the figures of RFC 6665 §4.1.2 and §4.2.2.

import { describe, expect, it } from 'vitest';
import { type NotifierEvent, type NotifierState, notifierMachine } from '../../../../src/sip/event/notifier-machine.ts';
import {
  type SubscriberEvent,
  type SubscriberState,
  subscriberMachine,
} from '../../../../src/sip/event/subscriber-machine.ts';
import { step } from '../../../../src/sip/transaction/machine.ts';

/** `-`: the event changes nothing. */
function columns(text: string): string[][] {
  return text
    .trim()
    .split('\n')
    .map((line) => line.split('|').map((cell) => cell.trim()));
}

describe('the subscriber (§4.1.2)', () => {
  const states: SubscriberState[] = ['notify_wait', 'pending', 'active', 'terminated'];
  const rows = columns(`
    NOTIFY active    | active     | active     | active     | -
    NOTIFY pending   | pending    | pending    | pending    | -
    NOTIFY terminated| terminated | terminated | terminated | -
    SUBSCRIBE failed | terminated | -          | -          | -
    refresh ended it | -          | terminated | terminated | -
    refresh failed   | -          | pending    | active     | -
    timer N          | terminated | terminated | terminated | -
    expired          | -          | terminated | terminated | -
    refresh due      | -          | pending    | active     | -
    unsubscribe      | -          | pending    | active     | -
  `) as [SubscriberEvent, ...string[]][];

  it.each(rows)('%s', (event, ...targets) => {
    for (const [at, state] of states.entries()) {
      const { state: reached, actions } = step(subscriberMachine, state, event);
      const target = targets[at] ?? '';
      expect(`${state} → ${reached}`).toBe(`${state} → ${target === '-' ? state : target}`);
      expect(actions.length > 0).toBe(target !== '-');
      // Whoever is terminated waits for nothing, and its user is told.
      if (target === 'terminated') expect(actions.slice(-2)).toEqual(['stop timers', 'report end']);
    }
  });
});

describe('the notifier (§4.2.2)', () => {
  const states: NotifierState[] = ['init', 'active', 'terminated'];
  const rows = columns(`
    SUBSCRIBE         | active     | active     | -
    unsubscribe       | terminated | terminated | -
    change            | -          | active     | -
    expired           | -          | terminated | -
    NOTIFY refused    | -          | terminated | terminated
    NOTIFY unanswered | -          | terminated | terminated
    stop              | -          | terminated | -
  `) as [NotifierEvent, ...string[]][];

  it.each(rows)('%s', (event, ...targets) => {
    for (const [at, state] of states.entries()) {
      const { state: reached, actions } = step(notifierMachine, state, event);
      const target = targets[at] ?? '';
      expect(`${state} → ${reached}`).toBe(`${state} → ${target === '-' ? state : target}`);
      expect(actions.length > 0).toBe(target !== '-');
    }
  });

  it('answers each SUBSCRIBE with a NOTIFY (§4.2.1.2)', () => {
    for (const state of ['init', 'active'] as const) {
      for (const event of ['SUBSCRIBE', 'unsubscribe'] as const) {
        const { actions } = step(notifierMachine, state, event);
        expect(actions[0]).toBe('send 2xx');
        expect(actions.at(-1)).toMatch(/^notify /);
      }
    }
  });
});
