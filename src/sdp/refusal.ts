// Why an offer or an answer comes to nothing.

import { type Err, err } from '../base/result.ts';

/**
 * Why there is no agreement:
 * - `bad-offer`, `bad-answer`: against the rules
 * - `no-audio`: no audio line that is switched on, or none of a profile that we speak
 * - `refused`: the answer switched our line off
 * - `unreachable`: no numeric unicast address, or one of another family than ours
 * - `no-common-codec`
 * - `encryption-required`: by us, and the peer has no key that we can use
 * - `encryption-refused`: the peer insists on SRTP, which is off here, or has no key that we can use
 */
export interface Refusal {
  readonly code:
    | 'bad-offer'
    | 'bad-answer'
    | 'no-audio'
    | 'refused'
    | 'unreachable'
    | 'no-common-codec'
    | 'encryption-required'
    | 'encryption-refused';
  /** One sentence, without any key. */
  readonly message: string;
}

export const refusal = (code: Refusal['code'], message: string): Err<Refusal> => err({ code, message });
