// What runs later must not be able to end the service, any more than a message may: a fault that a peer has found is
// said, and the door goes on. Messages have the same guard in the transport layer.

import type { Clock, Timer } from '../../base/clock.ts';
import { describeError } from '../../base/errors.ts';
import type { Log } from '../../base/log.ts';
import type { Millis } from '../../base/units.ts';

/** A Clock whose timers log what they throw. */
export class GuardedClock implements Clock {
  constructor(
    private readonly clock: Clock,
    private readonly log: Log,
  ) {}

  now(): Millis {
    return this.clock.now();
  }

  wall(): Date {
    return this.clock.wall();
  }

  after(delay: Millis, name: string, run: () => void): Timer {
    return this.clock.after(delay, name, () => {
      try {
        run();
      } catch (thrown) {
        this.log.error('agent.timer-failed', { timer: name, reason: describeError(thrown) });
      }
    });
  }
}
