// Every phase against every event: what must happen, and what must not.

import { describe, expect, it } from 'vitest';
import { PHASES, type Phase, type PhaseEvent } from '../../../src/door/phases.ts';

const EVENTS: readonly PhaseEvent[] = [
  'ring',
  'ringUnacknowledged',
  'pressAgain',
  'invite',
  'inviteAutomatic',
  'answer',
  'answered',
  'ringLimit',
  'failed',
  'failedLast',
  'talkLimit',
  'ended',
  'hangup',
  'handedOver',
  'lost',
];

/** Where each event leads; `-`: it is nothing to react to. In the order of EVENTS. */
const EXPECTED: Readonly<Record<Phase, string>> = {
  idle: 'ringing - - offered talking - - - - - - - - - -',
  ringing: 'ringing - idle ringing ringing - talking ringing ringing idle - - idle - -',
  offered: 'ringing - - offered offered talking - idle - - - idle idle - -',
  talking: '- ringing - talking talking - - - - - idle idle idle talking idle',
};

describe('the phases of a conversation', () => {
  for (const phase of ['idle', 'ringing', 'offered', 'talking'] as const) {
    it.each(EVENTS.map((event, index) => [event, EXPECTED[phase].split(' ')[index]] as const))(
      `${phase}: %s leads to %s`,
      (event, expected) => expect(PHASES[phase][event]?.to ?? '-').toBe(expected),
    );
  }

  it('turns every caller away while the door is in use', () => {
    for (const phase of ['ringing', 'offered', 'talking'] as const) {
      expect(PHASES[phase].invite?.actions).toEqual(['sayBusy']);
      expect(PHASES[phase].inviteAutomatic?.actions).toEqual(['sayBusy']);
    }
  });

  it('has an end to every call that it leaves', () => {
    const ends = new Set(['cancel', 'decline', 'sayAbsent', 'hangUp', 'cutOff']);
    for (const phase of ['ringing', 'offered', 'talking'] as const) {
      for (const event of ['ringUnacknowledged', 'hangup', 'pressAgain', 'talkLimit', 'ring'] as const) {
        const step = PHASES[phase][event];
        if (step !== undefined) expect(step.actions.some((action) => ends.has(action))).toBe(true);
      }
    }
  });
});
