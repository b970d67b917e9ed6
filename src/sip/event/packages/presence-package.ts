// The event package `presence` (RFC 3856) and its documents (PIDF, RFC 3863): whether the door would take a call.

import { err, ok, type Result } from '../../../base/result.ts';
import { minutes } from '../../../base/units.ts';
import type { EventBody } from '../environment.ts';
import type { EventPackage, Watch, WatchRefusal, WatchRequest } from '../event-package.ts';
import { writeXml } from '../xml-writer.ts';

export const PIDF_TYPE = 'application/pidf+xml';

/** What is known of the door. */
export interface PresenceSource {
  /** Whether it would take a call now. */
  readonly isOpen: boolean;
  /** Since when, in the time of day. */
  readonly since: Date;
}

/** RFC 3863 §4.1: one tuple. @param entity who it is about: the address of record */
export function writePidf({ isOpen, since }: PresenceSource, entity: string): EventBody {
  const status = { name: 'status', children: [{ name: 'basic', children: [isOpen ? 'open' : 'closed'] }] };
  const data = writeXml({
    name: 'presence',
    attributes: { xmlns: 'urn:ietf:params:xml:ns:pidf', entity },
    children: [
      {
        name: 'tuple',
        attributes: { id: 'door' },
        children: [
          status,
          { name: 'contact', children: [entity] },
          { name: 'timestamp', children: [since.toISOString()] },
        ],
      },
    ],
  });
  return { type: PIDF_TYPE, data };
}

/** The package, with what it is told of. */
export class PresencePackage implements EventPackage {
  readonly name = 'presence';
  readonly types = [PIDF_TYPE];
  /** RFC 3856 §6.4. */
  readonly expires = minutes(60);

  /** @param allowed whether anybody may watch at all */
  constructor(
    private readonly source: PresenceSource,
    private readonly allowed: () => boolean,
  ) {}

  watch({ resource }: WatchRequest): Result<Watch, WatchRefusal> {
    if (!this.allowed()) return err({ status: 403 });
    const { source } = this;
    let told: boolean | undefined;
    const full = (): EventBody => {
      told = source.isOpen;
      return writePidf(source, resource);
    };
    return ok({ full, changes: () => (source.isOpen === told ? undefined : full()) });
  }
}
