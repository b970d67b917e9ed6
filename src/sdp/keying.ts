// Which keys a line comes to: SDES in offer and answer (RFC 4568 §5.1, RFC 8643 §3).

import { ok, type Result } from '../base/result.ts';
import { type CryptoLine, isSameKey, usableCryptoLines } from './crypto-attribute.ts';
import type { LocalMedia } from './local-description.ts';
import { isSecure } from './profile.ts';
import { type Refusal, refusal } from './refusal.ts';
import type { MediaDescription } from './types.ts';

/** One suite, a key each way. */
export interface KeyPair {
  readonly send: CryptoLine;
  readonly receive: CryptoLine;
}

/** One key in both directions would be one key stream used twice (RFC 3711 §9.1). */
const isForeign = (theirs: CryptoLine, ours: readonly CryptoLine[]): boolean =>
  !ours.some((line) => isSameKey(line, theirs));

/**
 * RFC 4568 §5.1.2: of the offer's lines the first that can be used is answered, under its tag and its name, with our own
 * key for its suite.
 */
export function chooseKeys(line: MediaDescription, { crypto = [], srtp }: LocalMedia): KeyPair | undefined {
  if (srtp === 'off') return undefined;
  for (const receive of usableCryptoLines(line.attributes)) {
    const ours = crypto.find(({ suite }) => suite === receive.suite);
    if (ours === undefined || !isForeign(receive, crypto)) continue;
    const { tag, name } = receive;
    return { send: { ...ours, tag, ...(name === undefined ? {} : { name }) }, receive };
  }
  return undefined;
}

/** RFC 4568 §5.1.3: one line, under a tag and with the suite of our offer. RFC 8643 §3.3: none means plain. */
export function answeredKeys(
  offered: MediaDescription,
  line: MediaDescription,
  { srtp }: LocalMedia,
): Result<KeyPair | undefined, Refusal> {
  const ours = usableCryptoLines(offered.attributes);
  const secure = isSecure(line.protocol);
  if (ours.length === 0) {
    return secure ? refusal('bad-answer', 'the answer has SRTP, which was not offered') : ok(undefined);
  }
  const written = line.attributes.some(({ name }) => name === 'crypto');
  const pair = matchingPair(ours, line);
  const insisted = srtp === 'required' || isSecure(offered.protocol);
  if (insisted && (pair === undefined || !secure)) {
    return refusal('encryption-required', 'the answer has no key for a line that was offered');
  }
  if (pair !== undefined) return ok(pair);
  if (written || secure) return refusal('bad-answer', 'the answer has a key for no line that was offered');
  return ok(undefined);
}

function matchingPair(ours: readonly CryptoLine[], line: MediaDescription): KeyPair | undefined {
  for (const receive of usableCryptoLines(line.attributes)) {
    const send = ours.find(({ tag, suite }) => tag === receive.tag && suite === receive.suite);
    if (send !== undefined && isForeign(receive, ours)) return { send, receive };
  }
  return undefined;
}
