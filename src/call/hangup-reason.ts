// What our CANCEL or BYE says of why (RFC 3326): phones show a missed call by it, gateways give it to the telephone
// network.

import { formatReason, type HangupOptions } from '../sip/index.ts';
import type { HangupReason } from './types.ts';

/** ITU-T Q.850: 16 is normal clearing, 19 no answer from the user. A refusal is a response, and needs none. */
const REASONS: Readonly<Record<HangupReason, HangupOptions>> = {
  'hangup-local': say(16, 'Normal call clearing'),
  cancelled: say(16, 'Normal call clearing'),
  'no-answer': say(19, 'No answer'),
  limit: say(16, 'Longest duration reached'),
  refused: {},
};

/** The Reason that goes with a hang-up of ours. */
export function reasonOfHangup(reason: HangupReason): HangupOptions {
  return REASONS[reason];
}

/** RFC 3326 §3.1: phones that stop ringing for it show no missed call. */
export const ANSWERED_ELSEWHERE: HangupOptions = {
  reason: formatReason({ protocol: 'SIP', cause: 200, text: 'Call completed elsewhere' }),
};

/** The same call comes again at once, from another address of ours: it is none that was missed. */
export const CALLED_ANEW: HangupOptions = {
  reason: formatReason({ protocol: 'SIP', cause: 200, text: 'Called anew' }),
};

function say(cause: number, text: string): HangupOptions {
  return { reason: formatReason({ protocol: 'Q.850', cause, text }) };
}
