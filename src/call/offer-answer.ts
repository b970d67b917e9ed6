// Offers and answers of one call, in the order in which they are said (RFC 3264 §5–8): our description keeps its
// identity and counts its versions, our SRTP key stays the same for the whole call.

import type { Random } from '../base/random.ts';
import { err, ok, type Result } from '../base/result.ts';
import { Secret } from '../base/secret.ts';
import {
  type AgreedMedia,
  answerOffer,
  createOffer,
  type LocalMedia,
  parseSdp,
  readAnswer,
  reviseDescription,
  type Refusal as SdpRefusal,
  type SessionDescription,
  writeSdp,
} from '../sdp/index.ts';
import type { Body, Refusal } from '../sip/index.ts';
import type { CallSettings } from './types.ts';

const SDP_TYPE = 'application/sdp';

/** Master key and salt of AES_CM_128_HMAC_SHA1_80 (RFC 4568 §6.2). */
const KEY_BYTES = 30;
const SESSION_ID_BYTES = 4;

/** RFC 3261 §20.43 by what was wrong with an offer. */
const WARN_CODES: Readonly<Record<SdpRefusal['code'], number>> = {
  'bad-offer': 399,
  'bad-answer': 399,
  'no-audio': 304,
  refused: 304,
  unreachable: 301,
  'no-common-codec': 305,
  'encryption-required': 399,
  'encryption-refused': 399,
};

export interface OfferAnswerOptions {
  /** Where we receive: a numeric address of ours, and the RTP port. */
  readonly address: string;
  readonly port: number;
  readonly random: Random;
  readonly settings: CallSettings;
}

/** What the peer's offer comes to. */
export interface Answered {
  readonly body: Body;
  readonly agreed: AgreedMedia;
}

/** The descriptions of one call. */
export class OfferAnswer {
  readonly #local: LocalMedia;
  /** What we said last. */
  #ours: SessionDescription | undefined;
  /** Our latest offer. */
  #offered: SessionDescription | undefined;
  /** The latest answer to it that was read, and what it came to. */
  #read: { readonly data: Buffer; readonly agreed: AgreedMedia } | undefined;

  constructor({ address, port, random, settings }: OfferAnswerOptions) {
    const { codecs, packetTime, srtp } = settings;
    // Drawn at once: each draw costs a turn of the generator, on the way from the button to the INVITE.
    const chance = random.bytes(SESSION_ID_BYTES + KEY_BYTES);
    const key = new Secret(chance.subarray(SESSION_ID_BYTES).toString('base64'));
    this.#local = {
      origin: { sessionId: chance.readUInt32BE(), version: 1, address },
      address,
      port,
      codecs,
      telephoneEvent: true,
      packetTime,
      direction: 'sendrecv',
      srtp,
      crypto: srtp === 'off' ? undefined : { tag: 1, suite: 'AES_CM_128_HMAC_SHA1_80', key },
    };
  }

  /** What we offer, as a body. */
  offer(): Body {
    this.#offered = this.#revise(createOffer(this.#local));
    this.#read = undefined;
    return toBody(this.#offered);
  }

  /**
   * Reads the answer to our latest offer. The same answer again comes to the same object.
   * @returns an error as one sentence, without any key
   */
  readAnswer(body: Body): Result<AgreedMedia, string> {
    if (this.#read?.data.equals(body.data) === true) return ok(this.#read.agreed);
    if (this.#offered === undefined) return err('there is no offer to answer');
    const answer = parse(body);
    if (!answer.ok) return answer;
    const agreed = readAnswer(this.#offered, answer.value, this.#local);
    if (!agreed.ok) return err(agreed.error.message);
    this.#read = { data: body.data, agreed: agreed.value };
    return agreed;
  }

  /** Answers the peer's offer; or says how to refuse it (RFC 3261 §21.4.26, §20.43). */
  answer(body: Body): Result<Answered, Refusal> {
    const offer = parse(body);
    if (!offer.ok) return err({ status: 400, reason: 'Bad Session Description', headers: [warning(399, offer.error)] });
    const answered = answerOffer(offer.value, this.#local);
    if (!answered.ok) {
      const { code, message } = answered.error;
      return err({ status: 488, reason: 'Not Acceptable Here', headers: [warning(WARN_CODES[code], message)] });
    }
    const { answer, agreed } = answered.value;
    return ok({ body: toBody(this.#revise(answer)), agreed });
  }

  #revise(next: SessionDescription): SessionDescription {
    this.#ours = this.#ours === undefined ? next : reviseDescription(this.#ours, next);
    return this.#ours;
  }
}

function toBody(description: SessionDescription): Body {
  return { type: SDP_TYPE, data: Buffer.from(writeSdp(description), 'utf8') };
}

function parse(body: Body): Result<SessionDescription, string> {
  const type = body.type.split(';', 1)[0]?.trim().toLowerCase();
  if (type !== SDP_TYPE) return err('the body is no session description');
  const parsed = parseSdp(body.data);
  return parsed.ok
    ? parsed
    : err(`the session description is broken in line ${parsed.error.line}: ${parsed.error.message}`);
}

function warning(code: number, text: string): readonly [string, string] {
  return ['Warning', `${code} doorphone "${text.replaceAll(/["\\]/g, "'")}"`];
}
