// Offer and answer of one audio stream (RFC 3264), as pure functions: digits (RFC 4733), packet time, direction, hold,
// SRTP with keys by SDES (RFC 4568) or DTLS (RFC 5763), offered plainly or opportunistically (RFC 8643), ICE-lite in
// answers (RFC 8839). Other media are refused line by line.

import { ok, type Result } from '../base/result.ts';
import { type AcceptedLine, type AgreedMedia, type Agreement, agree, reachableAddress } from './agreement.ts';
import { codecFormats, codecTraits } from './codec.ts';
import { withCryptoFault } from './crypto-attribute.ts';
import { dtlsAttributes } from './dtls.ts';
import { agreeIce, ICE_LITE, ICE_MISMATCH, iceAttributes, isReachable, readIceOffer } from './ice.ts';
import { answeredKeying, chooseKeying, isEncrypted, type PeerLine } from './keying.ts';
import { localLine, localSession, refusedLine } from './local-description.ts';
import type { LocalMedia } from './local-media.ts';
import { isKnownProfile, isSecure } from './profile.ts';
import { type Refusal, refusal } from './refusal.ts';
import { answeredReports, rtcpAttribute, sharesPort } from './rtcp.ts';
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
    else if (taken === undefined || (!isEncrypted(taken.accepted.keying) && isEncrypted(accepted.value.keying))) {
      taken = { line, accepted: accepted.value };
    }
  }
  if (taken === undefined) return reason;
  const agreement = agree(offer, taken.line, local, taken.accepted);
  const ours = answeredLine(offer, taken.line, local, taken.accepted, agreement);
  const lines = offer.media.map((line) => (line === taken.line ? ours : refusedLine(line)));
  const session = localSession(local, lines, agreement.agreed.ice === undefined ? [] : ICE_LITE);
  return ok({ answer: { ...session, times: offer.times }, agreed: agreement.agreed });
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
  const peer = { session: offer, line, media: { address, port: line.port } };
  const keying = chooseKeying(peer, local);
  if (!isEncrypted(keying) && local.srtp === 'required') {
    return refusal('encryption-required', noUsableKey(line));
  }
  if (!isEncrypted(keying) && isSecure(line.protocol)) {
    return refusal('encryption-refused', local.srtp === 'off' ? 'encryption is off here' : noUsableKey(line));
  }
  return ok({ format, address, keying, ...acceptIce(peer, local) });
}

const noUsableKey = ({ attributes }: MediaDescription): string =>
  withCryptoFault('the offer has no key that can be used', attributes);

/** ICE where the offer has it, and its checks can reach us. */
function acceptIce({ session, line, media }: PeerLine, local: LocalMedia): Pick<AcceptedLine, 'ice' | 'iceAttributes'> {
  // Behind a NAT that we know of, no candidate of ours is where checks could come to.
  const suits = local.ice !== undefined && local.mapped === undefined && isReachable(local.address, media.address);
  const offered = suits ? readIceOffer(session, line, media) : undefined;
  if (local.ice === undefined || offered === undefined) return { ice: undefined, iceAttributes: [] };
  if (offered.mismatch) return { ice: undefined, iceAttributes: [ICE_MISMATCH] };
  const ice = agreeIce(offered, local.ice);
  return { ice, iceAttributes: ice === undefined ? [] : iceAttributes(ice.credentials, local, sharesPort(line, [])) };
}

function answeredLine(
  offer: SessionDescription,
  line: MediaDescription,
  local: LocalMedia,
  { format, keying, iceAttributes: ice }: AcceptedLine,
  { agreed, answeredDirection }: Agreement,
): MediaDescription {
  const { dtls, noisePayloadType, eventPayloadType, eventClock } = agreed;
  const shares = sharesPort(line, [format.payloadType, noisePayloadType, eventPayloadType]);
  return localLine(local, {
    protocol: line.protocol,
    formats: [format],
    noises:
      noisePayloadType === undefined ? [] : [{ clock: codecTraits(format.codec).clock, payloadType: noisePayloadType }],
    events:
      eventPayloadType === undefined || eventClock === undefined
        ? []
        : [{ clock: eventClock, payloadType: eventPayloadType }],
    packetTime: agreed.packetTime,
    direction: answeredDirection,
    rtcpMux: shares,
    rtcp: [...(shares ? [] : rtcpAttribute(local.mapped)), ...answeredReports(offer, line)],
    crypto: keying.keys === undefined ? [] : [keying.keys.send],
    dtls: dtls === undefined || local.dtls === undefined ? [] : dtlsAttributes(local.dtls, dtls),
    ice,
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
  const media = { address, port: line.port };
  const keying = answeredKeying(offered, { session: answer, line, media }, local);
  if (!keying.ok) return keying;
  // Only where there is ICE already does an offer of ours hold it; an answer without it ends it (RFC 8839 §4.4.3). Where
  // ours was a restart, the peer's credentials are others now (§4.4.2).
  const peer = readIceOffer(answer, line, media);
  const established = local.ice?.established;
  const ice = peer === undefined || established === undefined ? undefined : { ...established, peer };
  return ok(
    agree(answer, line, local, { format, address, keying: keying.value, ice, iceAttributes: [] }, offered).agreed,
  );
}
