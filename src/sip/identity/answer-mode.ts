// How a caller wants its call to be answered: Answer-Mode (RFC 5373), and what phones and PBXs say instead of it in
// Call-Info (`answer-after`) and Alert-Info (`info=alert-autoanswer`, `intercom=true`): habits of many makers, written
// down nowhere. Whether it gets its wish is its host's to decide.

import { parseValued } from '../message/index.ts';
import type { SipRequest } from '../message/types.ts';

/** What the caller asks for. */
export interface AnswerMode {
  readonly mode: 'manual' | 'auto';
  /** Rather no call than one that is answered in another way (RFC 5373 §4.2). */
  readonly required: boolean;
}

/**
 * Reads the wish of an INVITE; undefined where it has none. Priv-Answer-Mode asks for more than a door has to give
 * (§4.1: refused unless the caller is authorised by name), so that Answer-Mode counts alone.
 */
export function readAnswerMode(request: SipRequest): AnswerMode | undefined {
  const value = request.headers.get('Answer-Mode');
  const read = value === undefined ? undefined : parseValued(value);
  if (read?.ok === true) {
    const mode = read.value.value.toLowerCase();
    const required = read.value.parameters.has('require');
    // §4: other values are for extensions that nobody here knows.
    return mode === 'manual' || mode === 'auto' ? { mode, required } : undefined;
  }
  return wantsIntercom(request) ? { mode: 'auto', required: false } : undefined;
}

/** A wait before the answer (`answer-after=5`) is not kept: a call that is to be answered anyway is answered now. */
function wantsIntercom(request: SipRequest): boolean {
  const callInfo = request.headers.all('Call-Info').join(',');
  const alertInfo = request.headers.all('Alert-Info').join(',');
  return (
    /;\s*answer-after\s*=\s*\d/i.test(callInfo) ||
    /(?:info\s*=\s*"?(?:alert-autoanswer|auto-?answer|intercom)|intercom\s*=\s*true|;\s*answer-after\s*=\s*\d)/i.test(
      alertInfo,
    )
  );
}
