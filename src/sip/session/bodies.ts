// Bodies between messages and their users. What they say is not looked at here.

import { readBodyParts } from '../message/index.ts';
import type { SipMessage } from '../message/types.ts';
import { SESSION_TYPE } from './capabilities.ts';
import type { Body } from './types.ts';

/** Dispositions of a description that is an offer or an answer; the early session of RFC 3959 is none of ours. */
const SESSION = new Set([undefined, 'session']);

/** The body of one of the types, found among parts where there are several (RFC 5621); undefined where there is none. */
export function bodyOf(message: SipMessage, types: readonly string[]): Body | undefined {
  const { contentType } = message;
  if (message.body.length === 0 || contentType === undefined) return undefined;
  if (types.includes(contentType)) return { type: contentType, data: message.body };
  if (!contentType.startsWith('multipart/')) return undefined;
  const parts = readBodyParts(message, (type) => types.includes(type));
  const found = parts.ok ? parts.value.find((part) => types.includes(part.contentType)) : undefined;
  return found === undefined ? undefined : { type: found.contentType, data: found.data };
}

/** The offer or answer in a message, alone or beside what else its sender put in; other bodies are none. */
export function sessionBodyOf(message: SipMessage): Body | undefined {
  if (message.contentType?.startsWith('multipart/') !== true) return bodyOf(message, [SESSION_TYPE]);
  const parts = readBodyParts(message, (type) => type === SESSION_TYPE);
  const found = parts.ok
    ? parts.value.find((part) => part.contentType === SESSION_TYPE && SESSION.has(part.disposition))
    : undefined;
  return found === undefined ? undefined : { type: SESSION_TYPE, data: found.data };
}
