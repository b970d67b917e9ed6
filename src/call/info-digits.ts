// Digits in INFO requests. No RFC defines these bodies (RFC 6086 §2 names them legacy use of INFO); phones and PBXs agree
// on `application/dtmf-relay` (lines `Signal=` and `Duration=`) and on `application/dtmf` (the digit alone), and some
// send the one under the other's name, so either content is read under either type.

import type { Millis } from '../base/units.ts';
import type { Body } from '../sip/index.ts';

/** No digit needs more; a longer body is not one. */
const MAX_BODY_BYTES = 256;

const TYPES: ReadonlySet<string> = new Set(['application/dtmf-relay', 'application/dtmf']);

/** Events by number (RFC 4733 §3.2), as some senders write them: 10 is the star. 16, the flash, is no digit. */
const BY_EVENT_NUMBER: Readonly<Record<string, string>> = { 10: '*', 11: '#', 12: 'A', 13: 'B', 14: 'C', 15: 'D' };

/** The digit in the body of an INFO: 0-9 * # A-D; undefined when it carries none. Never throws. */
export function readInfoDigit(body: Body): string | undefined {
  const type = body.type.split(';', 1)[0]?.trim().toLowerCase() ?? '';
  if (!TYPES.has(type) || body.data.length > MAX_BODY_BYTES) return undefined;
  const text = body.data.toString('latin1');
  const signal = /^[ \t]*signal[ \t]*=[ \t]*([^\r\n]*)/im.exec(text)?.[1] ?? text;
  return toDigit(signal.trim());
}

/** The body of an INFO that sends one digit. */
export function writeInfoDigit(digit: string, duration: Millis): Body {
  const text = `Signal=${digit}\r\nDuration=${Math.round(duration)}\r\n`;
  return { type: 'application/dtmf-relay', data: Buffer.from(text, 'latin1') };
}

function toDigit(signal: string): string | undefined {
  if (/^[0-9*#a-d]$/i.test(signal)) return signal.toUpperCase();
  return Object.hasOwn(BY_EVENT_NUMBER, signal) ? BY_EVENT_NUMBER[signal] : undefined;
}
