// The numbers of reliable provisional responses: RSeq, RAck, and the order in which they count (RFC 3262 §3, §4, §7).

import type { CSeq, SipRequest, SipResponse } from '../message/types.ts';
import { optionTags } from './peer-capabilities.ts';

/** Option tag of RFC 3262. */
export const RELIABLE = '100rel';

const MAXIMUM = 2 ** 32 - 1;

/** What a PRACK acknowledges (§7.2). */
export interface Acknowledged {
  readonly rseq: number;
  readonly cseq: CSeq;
}

/** The number of a response that is to be acknowledged; undefined where it is not sent reliably (§4: never a 100). */
export function readRSeq(response: SipResponse): number | undefined {
  if (response.status <= 100 || response.status >= 200) return undefined;
  return optionTags(response, 'Require').includes(RELIABLE) ? number(response.headers.get('RSeq')) : undefined;
}

/** What a PRACK says in its RAck; undefined where that is missing or malformed. */
export function readRAck(prack: SipRequest): Acknowledged | undefined {
  const [, response, sequence, method] =
    /^(\d{1,10})[ \t]+(\d{1,10})[ \t]+(\S+)$/.exec(prack.headers.get('RAck') ?? '') ?? [];
  const rseq = number(response);
  if (rseq === undefined || sequence === undefined || method === undefined) return undefined;
  return { rseq, cseq: { number: Number(sequence), method } };
}

export function formatRAck({ rseq, cseq }: Acknowledged): string {
  return `${rseq} ${cseq.number} ${cseq.method}`;
}

function number(text: string | undefined): number | undefined {
  if (text === undefined || !/^\d{1,10}$/.test(text)) return undefined;
  const value = Number(text);
  return value >= 1 && value <= MAXIMUM ? value : undefined;
}

/** The order of one INVITE's reliable responses in one dialog (§4). */
export class ReliableOrder {
  #latest: number | undefined;

  /** Whether a response is the next one. A repetition, or one whose predecessor is missing, must not be looked at. */
  isNext(rseq: number): boolean {
    if (this.#latest !== undefined && rseq !== this.#latest + 1) return false;
    this.#latest = rseq;
    return true;
  }
}
