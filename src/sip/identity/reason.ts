// Why a request was sent, and sometimes why a response: Reason (RFC 3326).

import { parseValued } from '../message/index.ts';
import type { SipMessage } from '../message/types.ts';

/** One reason. */
export interface Reason {
  /** `SIP`: `cause` is a status; `Q.850`: a cause of the telephone network. Others are read as they are. */
  readonly protocol: string;
  readonly cause: number | undefined;
  readonly text: string | undefined;
}

/** RFC 3326 §2 has one a protocol; more than this nobody needs. */
const MAXIMUM_REASONS = 4;
const LONGEST_TEXT = 120;

/** RFC 3326 §2: of a call that somebody else has answered. */
export const COMPLETED_ELSEWHERE: Reason = { protocol: 'SIP', cause: 200, text: 'Call completed elsewhere' };

/** Reads the reasons of a message; what cannot be read is passed over. */
export function readReasons(message: SipMessage): readonly Reason[] {
  if (!message.headers.has('Reason')) return [];
  const values = message.headers.list('Reason').slice(0, MAXIMUM_REASONS);
  return values.flatMap((value): Reason[] => {
    const read = parseValued(value);
    if (!read.ok) return [];
    const { parameters } = read.value;
    const [cause, text] = [parameters.get('cause'), parameters.get('text')];
    const number = typeof cause === 'string' && /^\d{1,3}$/.test(cause) ? Number(cause) : undefined;
    return [
      {
        protocol: read.value.value,
        cause: number,
        text: typeof text === 'string' ? text.replace(/\p{Cc}/gu, ' ').slice(0, LONGEST_TEXT) : undefined,
      },
    ];
  });
}

/** The cause that a protocol gives; names of protocols have no case (RFC 3261 §7.3.1). */
export function causeOf(reasons: readonly Reason[], protocol: 'SIP' | 'Q.850'): number | undefined {
  return reasons.find((reason) => reason.protocol.toLowerCase() === protocol.toLowerCase())?.cause;
}

/** Writes the value of a Reason header field. @param text without quotes and backslashes */
export function formatReason({ protocol, cause, text }: Reason): string {
  const written = [protocol, ...(cause === undefined ? [] : [`cause=${cause}`])];
  return [...written, ...(text === undefined ? [] : [`text="${text.replace(/["\\]/g, "'")}"`])].join(';');
}
