// What messages that end a session say of why (RFC 3326).

import { type Reason, readReasons } from '../identity/index.ts';
import type { SipMessage } from '../message/types.ts';

/** The reasons of a message, for a SessionEnd; nothing where there are none. */
export function reasonsOf(message: SipMessage): { readonly reasons?: readonly Reason[] } {
  const reasons = readReasons(message);
  return reasons.length === 0 ? {} : { reasons };
}
