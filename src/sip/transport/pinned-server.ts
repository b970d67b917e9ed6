// A server that has to show one of certain keys (RFC 6080 §5.2.1), whichever connection it is spoken with by: by one that
// was there before its key was pinned, or that goes to it by another name, only where it has shown that key.

import { hostsEqual } from '../message/index.ts';
import type { Endpoint } from '../message/types.ts';

export interface PinnedServer {
  /** As it is asked for: a name, or a numeric address. */
  readonly host: string;
  /** SHA-256 of public keys (SPKI), in base64 (RFC 7469 §2.4). */
  readonly keys: readonly string[];
  /** Whether its certificate must be right as well; else the key is enough, whoever signed. */
  readonly certified: boolean;
}

/** A connection, as far as keys go. */
export interface KeyedConnection {
  readonly remote: Endpoint;
  /** The key that its other end has shown; undefined: none yet, or none at all, as where a session was resumed. */
  readonly keyHash: string | undefined;
}

/** Who is to be there (RFC 5922 §7.3). */
export const wantedAt = ({ serverName, address }: Endpoint): string => serverName ?? address;

/** Whether that is the server whose key is pinned. */
export const isPinnedAt = ({ host }: PinnedServer, target: Endpoint): boolean => hostsEqual(host, wantedAt(target));

/** Whether the other end has shown a key that is pinned. */
export const hasShownKey = ({ keyHash }: Pick<KeyedConnection, 'keyHash'>, { keys }: PinnedServer): boolean =>
  keyHash !== undefined && keys.includes(keyHash);

/**
 * Whether a connection may be spoken by to `target`.
 * @param pinned what is pinned now; `before`: when the connection was begun, whose handshake asks for that key by itself
 */
export function satisfiesPin(
  connection: KeyedConnection,
  target: Endpoint,
  { pinned, before }: { readonly pinned: PinnedServer | undefined; readonly before: PinnedServer | undefined },
): boolean {
  const { remote } = connection;
  if (pinned === undefined || !(isPinnedAt(pinned, target) || isPinnedAt(pinned, remote))) return true;
  if (pinned === before && isPinnedAt(pinned, remote)) return true;
  return hasShownKey(connection, pinned);
}
