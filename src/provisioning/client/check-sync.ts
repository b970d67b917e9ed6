// A server that tells a device, in passing, to look for its configuration: NOTIFYs outside of any subscription, as PBXs send
// them by the push of a button (`check-sync` and its dialects). They carry nothing; what is fetched is fetched as ever.

import type { Clock } from '../../base/clock.ts';
import type { Log } from '../../base/log.ts';
import { TokenBucket } from '../../base/token-bucket.ts';
import { seconds } from '../../base/units.ts';
import type { EventAgent, EventType } from '../../sip/index.ts';

/** `restart`: after the look, as soon as nobody talks. */
export type Nudge = 'fetch' | 'restart';

/** What each package means, by its name; `check-sync` says the rest by a parameter. */
const MEANINGS: ReadonlyMap<string, Nudge> = new Map([
  ['check-sync', 'fetch'],
  ['resync', 'fetch'],
  ['sync', 'fetch'],
  ['report', 'fetch'],
  ['sys-control', 'fetch'],
  ['reboot', 'restart'],
  ['reboot_now', 'restart'],
  ['restart_now', 'restart'],
]);

/** Names of the packages, for who listens. */
export const NUDGES: readonly string[] = [...MEANINGS.keys()];

/** What an event asks for; undefined: nothing that we know. */
export function readNudge({ name, parameters }: EventType): Nudge | undefined {
  const meaning = MEANINGS.get(name);
  if (meaning === undefined || name !== 'check-sync') return meaning;
  const reboot = parameters.get('reboot');
  return typeof reboot === 'string' && reboot.replace(/"/g, '').toLowerCase() === 'true' ? 'restart' : 'fetch';
}

export interface CheckSyncParts {
  readonly clock: Clock;
  readonly log: Log;
  readonly agent: Pick<EventAgent, 'onUnasked'>;
  /** SIP URIs of the servers that profiles come from, as of now. */
  readonly servers: () => readonly string[];
  readonly fetch: () => void;
  readonly restart: () => void;
}

/** A PBX that nudges all the time is answered, and not obeyed. */
const BURST = 3;
const INTERVAL = seconds(10);

/**
 * Takes nudges from the servers of the accounts, from those that profiles come from, and from whoever shows the password of a
 * caller; 481 for others who may call in. @returns ends it
 */
export function takeNudges({ clock, log, agent, servers, fetch, restart }: CheckSyncParts): () => void {
  const bucket = new TokenBucket(clock, BURST, INTERVAL);
  const ends = NUDGES.map((name) =>
    agent.onUnasked(
      name,
      ({ event, source }) => {
        const nudge = readNudge(event);
        if (nudge === undefined) return 489;
        if (!bucket.take()) return 503;
        log.info('provisioning.nudged', { event: event.name, from: source.address, nudge });
        fetch();
        if (nudge === 'restart') restart();
        return 200;
      },
      { from: 'servers', peers: servers, passwords: true, advertised: name === 'check-sync' },
    ),
  );
  return () => {
    for (const end of ends) end();
  };
}
