// Offer and answer of one audio stream (RFC 3264), as pure functions: digits (RFC 4733), packet time, direction, hold,
// SRTP by SDES (RFC 4568) offered plainly or opportunistically (RFC 8643). Other media are refused line by line.

import { ok, type Result } from '../base/result.ts';
import { type AcceptedLine, type AgreedMedia, type Agreement, agree, reachableAddress } from './agreement.ts';
import { codecFormats } from './audio.ts';
import { answeredKeys, chooseKeys } from './keying.ts';
import { type LocalMedia, localLine, localSession, refusedLine } from './local-description.ts';
import { isKnownProfile, isSecure } from './profile.ts';
import { type Refusal, refusal } from './refusal.ts';
import { sharesPort } from './rtcp.ts';
import type { MediaDescription, SessionDescription } from './types.ts';

/**
 * Answers an offer: one audio line is taken, every other line is refused with port 0, in the offer's order (RFC 3264 §6).
 * Of several that could be taken the first with keys is, else the first: some phones offer a plain line and a secure one
 * for the same sound. The codec is the first of the offer's that is ours, under the offer's number.
 */
export function answerOffer(
  offer: SessionDescription,
  local: LocalMedia,
): Result<{ readonly answer: SessionDescription; readonly agreed: AgreedMedia }, Refusal> {
  if (offer.media.length === 0) return refusal('no-audio', 'the offer has no media');
  let reason = refusal('no-audio', 'the offer has no audio line that is switched on');
  let taken: { readonly line: MediaDescription; readonly accepted: AcceptedLine } | undefined;
  for (const line of offer.media) {
    if (line.media !== 'audio' || line.port === 0) continue;
    const accepted = acceptOffered(offer, line, local);
    if (!accepted.ok) reason = reason.error.code === 'no-audio' ? accepted : reason;
    else if (taken === undefined || (taken.accepted.keys === undefined && accepted.value.keys !== undefined)) {
      taken = { line, accepted: accepted.value };
    }
  }
  if (taken === undefined) return reason;
  const agreement = agree(offer, taken.line, local, taken.accepted);
  const ours = answeredLine(taken.line, local, taken.accepted, agreement);
  const lines = offer.media.map((line) => (line === taken.line ? ours : refusedLine(line)));
  return ok({ answer: { ...localSession(local, lines), times: offer.times }, agreed: agreement.agreed });
}

/**
 * Answers an offer that switches every audio line off (RFC 3264 §8.2): the session goes on without sound.
 * @returns undefined where the offer is none of these
 */
export function answerSwitchedOff(offer: SessionDescription, local: LocalMedia): SessionDescription | undefined {
  const audio = offer.media.filter(({ media }) => media === 'audio');
  if (audio.length === 0 || audio.some(({ port }) => port !== 0)) return undefined;
  return { ...localSession(local, offer.media.map(refusedLine)), times: offer.times };
}

function acceptOffered(
  offer: SessionDescription,
  line: MediaDescription,
  local: LocalMedia,
): Result<AcceptedLine, Refusal> {
  if (!isKnownProfile(line.protocol)) {
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
  if (keys === undefined && isSecure(line.protocol)) {
    const why = local.srtp === 'off' ? 'encryption is off here' : 'the offer has no key that can be used';
    return refusal('encryption-refused', why);
  }
  return ok({ format, address, keys });
}

function answeredLine(
  line: MediaDescription,
  local: LocalMedia,
  { format, keys }: AcceptedLine,
  { agreed, answeredDirection }: Agreement,
): MediaDescription {
  return localLine(local, {
    protocol: line.protocol,
    formats: [format],
    eventType: agreed.eventPayloadType,
    packetTime: agreed.packetTime,
    direction: answeredDirection,
    rtcpMux: sharesPort(line, [format.payloadType, agreed.eventPayloadType]),
    crypto: keys === undefined ? [] : [keys.send],
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
  if (!isKnownProfile(line.protocol)) return refusal('bad-answer', 'the answer has a profile that was not offered');
  const offeredCodecs = codecFormats(offered).map(({ codec }) => codec);
  const format = codecFormats(line).find(({ codec }) => offeredCodecs.includes(codec));
  if (format === undefined) return refusal('no-common-codec', 'the answer has no codec that was offered');
  const address = reachableAddress(answer, line, local);
  if (address === undefined) return refusal('unreachable', 'the answer has no numeric address of our family');
  const keys = answeredKeys(offered, line, local);
  return keys.ok ? ok(agree(answer, line, local, { format, address, keys: keys.value }, offered).agreed) : keys;
}
