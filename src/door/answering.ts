// How a call into the door is answered: what the configuration says, and within that what the caller asks for (RFC 5373
// §4.5.1; see src/sip/identity/answer-mode.ts). A caller can always have less than the configuration gives, a call that
// rings; more, a door that listens at once, only where `on-request` says so, and only for those whom a server of the
// accounts or a password stands for: a header field alone must not open a microphone (§7, "bug my phone").

import type { CallCaller } from '../call/index.ts';
import type { SipConfiguration } from '../config/index.ts';

/** What becomes of a call. `refuse` with the phrase of a 403, and why for the event. */
export type Answering =
  | { readonly act: 'answer' | 'ring' }
  | { readonly act: 'refuse'; readonly phrase: string; readonly why: string };

const ANSWER: Answering = { act: 'answer' };
const RING: Answering = { act: 'ring' };
const CLOSED: Answering = { act: 'refuse', phrase: 'Forbidden', why: 'the door takes no calls' };
/** The phrase is RFC 5373's. */
const NOT_AUTOMATIC: Answering = {
  act: 'refuse',
  phrase: 'automatic answer forbidden',
  why: 'the caller insists on an automatic answer',
};

/** Decides. @param rule `sip.answer` */
export function answeringOf(
  rule: SipConfiguration['answer'],
  caller: Pick<CallCaller, 'answerMode' | 'isVouchedFor'> | undefined,
): Answering {
  const wish = caller?.answerMode;
  const mayHaveAuto = rule === 'on-request' && caller?.isVouchedFor === true;
  switch (rule) {
    case 'never':
      return CLOSED;
    case 'automatic':
      return wish?.mode === 'manual' ? RING : ANSWER;
    case 'manual':
    case 'on-request':
      if (wish?.mode !== 'auto') return RING;
      if (mayHaveAuto) return ANSWER;
      return wish.required ? NOT_AUTOMATIC : RING;
  }
}
