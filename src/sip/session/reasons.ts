// What messages that end a session say of why (RFC 3326, RFC 3261 §20.43).

import { type Reason, readReasons } from '../identity/index.ts';
import type { SipMessage, SipResponse } from '../message/types.ts';

/** The reasons of a message, for a SessionEnd; nothing where there are none. */
export function reasonsOf(message: SipMessage): { readonly reasons?: readonly Reason[] } {
  const reasons = readReasons(message);
  return reasons.length === 0 ? {} : { reasons };
}

/** More than that says nothing more. */
const MAXIMUM_WARNINGS = 8;

/** The codes of the warnings in a response, for a SessionEnd; nothing where there are none. */
export function warningsOf({ headers }: SipResponse): { readonly warnings?: readonly number[] } {
  if (!headers.has('Warning')) return {};
  const values = headers.list('Warning').slice(0, MAXIMUM_WARNINGS);
  const warnings = values.flatMap((value) => {
    const code = /^(\d{3})[ \t]/.exec(value.trim())?.[1];
    return code === undefined ? [] : [Number(code)];
  });
  return warnings.length === 0 ? {} : { warnings };
}
