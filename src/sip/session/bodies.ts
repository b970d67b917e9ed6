// Bodies between messages and their users. What they say is not looked at here.

import type { SipMessage } from '../message/types.ts';
import { SESSION_TYPE } from './capabilities.ts';
import type { Body } from './types.ts';

/** The body of a message with its type; undefined where there is none. */
export function bodyOf(message: SipMessage): Body | undefined {
  if (message.body.length === 0 || message.contentType === undefined) return undefined;
  return { type: message.contentType, data: message.body };
}

/** The offer or answer in a message; a body of another type, which its sender called optional, is none. */
export function sessionBodyOf(message: SipMessage): Body | undefined {
  const body = bodyOf(message);
  return body?.type === SESSION_TYPE ? body : undefined;
}
