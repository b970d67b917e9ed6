// Which keys a line comes to, in offer and answer: SDES (RFC 4568 §5.1) or DTLS (RFC 5763 §5), in a secure profile or
// opportunistically in a plain one (RFC 8643 §3).

import { ok, type Result } from '../base/result.ts';
import { type CryptoLine, sharesKey, usableCryptoLines, withCryptoFault } from './crypto-attribute.ts';
import { type AgreedDtls, answeredDtls, chooseDtls } from './dtls.ts';
import { hasFingerprint } from './fingerprint.ts';
import type { LocalMedia } from './local-media.ts';
import { isDtls, isSecure, type KeyingMethod } from './profile.ts';
import { type Refusal, refusal } from './refusal.ts';
import type { RtcpDestination } from './rtcp.ts';
import type { MediaDescription, SessionDescription } from './types.ts';

/** One suite, a key each way, or some of the peer's. */
export interface KeyPair {
  readonly send: CryptoLine;
  readonly receive: CryptoLine;
}

/** What encryption comes to: one of the two, or neither. */
export interface Keying {
  readonly keys: KeyPair | undefined;
  readonly dtls: AgreedDtls | undefined;
}

const PLAIN: Keying = { keys: undefined, dtls: undefined };

export const isEncrypted = ({ keys, dtls }: Keying): boolean => keys !== undefined || dtls !== undefined;

/** A line of the peer's, and where RTP of it goes. */
export interface PeerLine {
  readonly session: SessionDescription;
  readonly line: MediaDescription;
  readonly media: RtcpDestination;
}

/** One key in both directions would be one key stream used twice (RFC 3711 §9.1). */
const isForeign = (theirs: CryptoLine, ours: readonly CryptoLine[]): boolean =>
  !ours.some((line) => sharesKey(line, theirs));

/** What is spoken here, in our order; DTLS only where there is a certificate. */
export function methodsOf({ srtp, keying = ['sdes'], dtls }: LocalMedia): readonly KeyingMethod[] {
  return srtp === 'off' ? [] : keying.filter((method) => method === 'sdes' || dtls !== undefined);
}

/** Which way an offer of ours holds: what its profile says, or what is in use, or the first of ours. */
export function offeredMethod(local: LocalMedia, protocol: string): KeyingMethod | undefined {
  if (isDtls(protocol) || local.dtls?.established !== undefined) return 'dtls';
  return isSecure(protocol) ? 'sdes' : methodsOf(local)[0];
}

/** What an offered line comes to: the first method of ours that it has (RFC 8643 §3.2: one, never two). */
export function chooseKeying({ session, line, media }: PeerLine, local: LocalMedia): Keying {
  for (const method of methodsOf(local)) {
    if (method === 'sdes' && !isDtls(line.protocol)) {
      const keys = chooseKeys(line, local);
      if (keys !== undefined) return { keys, dtls: undefined };
    }
    if (method === 'dtls') {
      const dtls = chooseDtls(session, line, media, local.dtls);
      if (dtls !== undefined) return { keys: undefined, dtls };
    }
  }
  return PLAIN;
}

/**
 * RFC 4568 §5.1.2: of the offer's lines the first that can be used is answered, under its tag and its name, with our own
 * key for its suite. Whether packets name their key is each side's own (§6.1): ours do not.
 */
function chooseKeys(line: MediaDescription, { crypto = [] }: LocalMedia): KeyPair | undefined {
  for (const receive of usableCryptoLines(line.attributes)) {
    const ours = crypto.find(({ suite }) => suite === receive.suite);
    if (ours === undefined || !isForeign(receive, crypto)) continue;
    const { tag, name } = receive;
    return { send: { ...ours, tag, ...(name === undefined ? {} : { name }) }, receive };
  }
  return undefined;
}

/**
 * What the answer to our line comes to. RFC 4568 §5.1.3: a key or some, under a tag and with the suite of our offer;
 * RFC 8842 §5.4: a fingerprint; RFC 8643 §3.3: neither means plain.
 */
export function answeredKeying(
  offered: MediaDescription,
  answer: PeerLine,
  local: LocalMedia,
): Result<Keying, Refusal> {
  const { line } = answer;
  const ours = usableCryptoLines(offered.attributes);
  const handshake = hasFingerprint(offered.attributes);
  const secure = isSecure(line.protocol);
  if (ours.length === 0 && !handshake) {
    return secure ? refusal('bad-answer', 'the answer has SRTP, which was not offered') : ok(PLAIN);
  }
  const keying: Keying = {
    keys: matchingPair(ours, line),
    dtls: handshake ? answeredDtls(answer.session, line, answer.media, local.dtls) : undefined,
  };
  const insisted = local.srtp === 'required' || isSecure(offered.protocol);
  if (insisted && (!isEncrypted(keying) || (!secure && isSecure(offered.protocol)))) {
    return refusal(
      'encryption-required',
      withCryptoFault('the answer has no key for a line that was offered', line.attributes),
    );
  }
  if (isEncrypted(keying)) return ok(keying);
  if (secure || saysKeys(answer, handshake)) {
    return refusal('bad-answer', withCryptoFault('the answer has a key for no line that was offered', line.attributes));
  }
  return ok(PLAIN);
}

/** Whether an answer means to encrypt: then it must not be taken for plain. */
function saysKeys({ session, line }: PeerLine, handshake: boolean): boolean {
  if (line.attributes.some(({ name }) => name === 'crypto')) return true;
  return handshake && (hasFingerprint(line.attributes) || hasFingerprint(session.attributes));
}

function matchingPair(ours: readonly CryptoLine[], line: MediaDescription): KeyPair | undefined {
  for (const receive of usableCryptoLines(line.attributes)) {
    const send = ours.find(({ tag, suite }) => tag === receive.tag && suite === receive.suite);
    if (send !== undefined && isForeign(receive, ours)) return { send, receive };
  }
  return undefined;
}
