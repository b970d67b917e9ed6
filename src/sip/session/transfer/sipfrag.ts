// message/sipfrag as NOTIFY carries it for REFER: the status line of the response that counts, and no more, since the
// rest would tell the referrer what is between us and the target (RFC 3515 §2.4.5, §5.2; RFC 3420).

import { reasonPhrase } from '../../message/index.ts';
import type { Body } from '../types.ts';

export const SIPFRAG_TYPE = 'message/sipfrag';

/** How far a referred request has come. */
export interface ReferStatus {
  readonly status: number;
  readonly phrase: string;
}

export function writeSipfrag(status: number): Body {
  return { type: `${SIPFRAG_TYPE};version=2.0`, data: Buffer.from(`SIP/2.0 ${status} ${reasonPhrase(status)}\r\n`) };
}

/** Reads the status line that such a body begins with; undefined where there is none. */
export function readSipfrag(data: Buffer): ReferStatus | undefined {
  const line = data.subarray(0, LONGEST_LINE).toString('utf8').split(/\r?\n/, 1)[0] ?? '';
  const [, status, phrase = ''] = /^SIP\/2\.0 ([1-6]\d\d)(?: ([^\r\n]*))?$/i.exec(line) ?? [];
  return status === undefined ? undefined : { status: Number(status), phrase };
}

const LONGEST_LINE = 256;
