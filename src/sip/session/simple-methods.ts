// Requests in a dialog that are answered at once and change nothing in it.

import { createResponse } from '../message/index.ts';
import type { ServerTransaction } from '../transaction/index.ts';
import { bodyOf } from './bodies.ts';
import { CAPABILITY_HEADERS, INFO_TYPES, refuseBody } from './capabilities.ts';
import type { Body } from './types.ts';

/** RFC 3261 §11. */
export function answerOptions(transaction: ServerTransaction): void {
  transaction.respond(createResponse(transaction.request, 200, { headers: CAPABILITY_HEADERS }));
}

/** INFO (RFC 6086 §4.2.2). @returns what it carries, where that is understood */
export function takeInfo(transaction: ServerTransaction): Body | undefined {
  const { request } = transaction;
  const refusal = refuseBody(request, INFO_TYPES);
  transaction.respond(refusal ?? createResponse(request, 200));
  return refusal === undefined ? bodyOf(request, INFO_TYPES) : undefined;
}
