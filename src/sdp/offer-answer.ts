// Offer and answer of one audio stream (RFC 3264), as pure functions: digits (RFC 4733), packet time, direction, hold,
// SRTP by SDES (RFC 4568) offered plainly or opportunistically (RFC 8643). Other media are refused line by line.

import { err, ok, type Result } from '../base/result.ts';
import { type AcceptedLine, type AgreedMedia, agree, type Refusal, reachableAddress } from './agreement.ts';
import { codecFormats } from './audio.ts';
import { type CryptoLine, usableCryptoLines } from './crypto-attribute.ts';
import { type LocalMedia, localLine, localSession, refusedLine } from './local-description.ts';
import type { MediaDescription, SessionDescription } from './types.ts';

const PLAIN_PROFILES = ['RTP/AVP', 'RTP/AVPF'];
const SECURE_PROFILES = ['RTP/SAVP', 'RTP/SAVPF'];

const refusal = (code: Refusal['code'], message: string) => err({ code, message });

/**
 * Answers an offer: the first audio line that can be taken is, every other line is refused with port 0, in the offer's
 * order (RFC 3264 §6). The codec is the first of the offer's that is ours, under the offer's number.
 */
export function answerOffer(
  offer: SessionDescription,
  local: LocalMedia,
): Result<{ readonly answer: SessionDescription; readonly agreed: AgreedMedia }, Refusal> {
  if (offer.media.length === 0) return refusal('no-audio', 'the offer has no media');
  let reason = refusal('no-audio', 'the offer has no audio line that is switched on');
  for (const [index, line] of offer.media.entries()) {
    if (line.media !== 'audio' || line.port === 0) continue;
    const accepted = acceptOffered(offer, line, local);
    if (accepted.ok) {
      const agreed = agree(offer, line, local, accepted.value);
      const ours = answeredLine(line, local, accepted.value, agreed);
      const lines = offer.media.map((other, at) => (at === index ? ours : refusedLine(other)));
      return ok({ answer: { ...localSession(local, lines), times: offer.times }, agreed });
    }
    reason = reason.error.code === 'no-audio' ? accepted : reason;
  }
  return reason;
}

function acceptOffered(
  offer: SessionDescription,
  line: MediaDescription,
  local: LocalMedia,
): Result<AcceptedLine, Refusal> {
  const secure = SECURE_PROFILES.includes(line.protocol);
  if (!secure && !PLAIN_PROFILES.includes(line.protocol)) {
    return refusal('no-audio', 'the audio line has a profile that is not spoken here');
  }
  const format = codecFormats(line).find(({ codec }) => local.codecs.includes(codec));
  if (format === undefined) return refusal('no-common-codec', 'the offer has no codec of ours');
  const address = reachableAddress(offer, line, local);
  if (address === undefined) return refusal('unreachable', 'the offer has no numeric address of our family');
  const keys = chooseKeys(line, local);
  if (keys === undefined && local.srtp === 'required') {
    return refusal('encryption-required', 'the offer has no key that can be used');
  }
  if (keys === undefined && secure) {
    const why = local.srtp === 'off' ? 'encryption is off here' : 'the offer has no key that can be used';
    return refusal('encryption-refused', why);
  }
  return ok({ format, address, keys });
}

/** RFC 4568 §5.1.2: the first line that can be used is answered under its tag, with a key of our own. */
function chooseKeys(line: MediaDescription, local: LocalMedia): AcceptedLine['keys'] {
  const { crypto, srtp } = local;
  if (srtp === 'off' || crypto === undefined) return undefined;
  const receive = usableCryptoLines(line.attributes).find((candidate) => isForeign(candidate, crypto));
  return receive === undefined ? undefined : { send: { ...crypto, tag: receive.tag }, receive };
}

/** One key in both directions would be one key stream used twice (RFC 3711 §9.1). */
const isForeign = (theirs: CryptoLine, ours: CryptoLine): boolean => theirs.key.reveal() !== ours.key.reveal();

function answeredLine(
  line: MediaDescription,
  local: LocalMedia,
  { format, keys }: AcceptedLine,
  agreed: AgreedMedia,
): MediaDescription {
  return localLine(local, {
    protocol: line.protocol,
    formats: [format],
    eventType: agreed.eventPayloadType,
    packetTime: agreed.packetTime,
    direction: agreed.direction,
    crypto: keys?.send,
  });
}

/**
 * Reads the answer to our offer (RFC 3264 §7).
 * @param offer as `createOffer` made it
 * @param local what the offer was made of
 */
export function readAnswer(
  offer: SessionDescription,
  answer: SessionDescription,
  local: LocalMedia,
): Result<AgreedMedia, Refusal> {
  if (answer.media.length !== offer.media.length) return refusal('bad-answer', 'the answer has another count of lines');
  const index = offer.media.findIndex(({ media, port }) => media === 'audio' && port !== 0);
  const offered = offer.media[index];
  const line = answer.media[index];
  if (offered === undefined || line?.media !== 'audio') return refusal('bad-answer', 'the answer has no audio line');
  if (line.port === 0) return refusal('refused', 'the answer switches the audio line off');
  const known = [...PLAIN_PROFILES, ...SECURE_PROFILES].includes(line.protocol);
  if (!known) return refusal('bad-answer', 'the answer has a profile that was not offered');
  const offeredCodecs = codecFormats(offered).map(({ codec }) => codec);
  const format = codecFormats(line).find(({ codec }) => offeredCodecs.includes(codec));
  if (format === undefined) return refusal('no-common-codec', 'the answer has no codec that was offered');
  const address = reachableAddress(answer, line, local);
  if (address === undefined) return refusal('unreachable', 'the answer has no numeric address of our family');
  const keys = answeredKeys(offered, line, local);
  return keys.ok ? ok(agree(answer, line, local, { format, address, keys: keys.value })) : keys;
}

/** RFC 4568 §5.1.3: one line, under a tag and with the suite of our offer. RFC 8643 §3.2: none means plain. */
function answeredKeys(
  offered: MediaDescription,
  line: MediaDescription,
  local: LocalMedia,
): Result<AcceptedLine['keys'], Refusal> {
  const { crypto, srtp } = local;
  const secure = SECURE_PROFILES.includes(line.protocol);
  if (srtp === 'off' || crypto === undefined) {
    return secure ? refusal('bad-answer', 'the answer has SRTP, which was not offered') : ok(undefined);
  }
  const written = line.attributes.some(({ name }) => name === 'crypto');
  const receive = usableCryptoLines(line.attributes).find(
    (candidate) => candidate.tag === crypto.tag && isForeign(candidate, crypto),
  );
  const insisted = srtp === 'required' || SECURE_PROFILES.includes(offered.protocol);
  if (insisted && (receive === undefined || !secure)) {
    return refusal('encryption-required', 'the answer has no key for the line that was offered');
  }
  if (receive !== undefined) return ok({ send: crypto, receive });
  if (written || secure) return refusal('bad-answer', 'the answer has a key for no line that was offered');
  return ok(undefined);
}
