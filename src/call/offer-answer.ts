// Offers and answers of one call, in the order in which they are said (RFC 3264 §5–8): our description keeps its
// identity and counts its versions, its lines and its profile; our SRTP keys stay the same while their suite is in use.
// What we want to do (hold) is kept apart from what comes of it, as RFC 6337 §5.3 asks. A DTLS association lives as long as
// both sides mean it (RFC 8842 §3.1), ICE's credentials as long as the peer's (RFC 8839 §4.4.1).

import type { Random } from '../base/random.ts';
import { err, ok, type Result } from '../base/result.ts';
import { Secret } from '../base/secret.ts';
import {
  type AgreedMedia,
  answerOffer,
  answerSwitchedOff,
  type CryptoLine,
  type CryptoSuite,
  createOffer,
  type Direction,
  type Fingerprint,
  type IceCredentials,
  isUnspecified,
  type KeyingMethod,
  type LocalMedia,
  type MappedPlace,
  masterOctets,
  parseSdp,
  protocolOf,
  readAnswer,
  reviseDescription,
  type Refusal as SdpRefusal,
  type SessionDescription,
  writeSdp,
} from '../sdp/index.ts';
import type { Body, Refusal } from '../sip/index.ts';
import type { CallSettings } from './types.ts';

const SDP_TYPE = 'application/sdp';

const SESSION_ID_BYTES = 4;
/** RFC 8842 §4: 120 random bits. */
const TLS_NAME_BYTES = 15;
/** RFC 8839 §5.4: 24 random bits at least … */
const UFRAG_BYTES = 6;
/** … and 128. Both make Base64 without padding, whose letters are ICE's. */
const ICE_PASSWORD_BYTES = 18;

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

/** Where we receive: a numeric address of ours, and the RTP port. */
export type Place = AgreedMedia['local'] & {
  /** Where the peer is to send, where a NAT lies between us. */
  readonly mapped?: MappedPlace | undefined;
};

export interface OfferAnswerOptions extends Place {
  readonly random: Random;
  readonly settings: CallSettings;
  /** Of our certificate in DTLS. */
  readonly fingerprint: Fingerprint;
  /** The way to keys that is offered as a demand, whatever the settings offer first. */
  readonly demanded?: KeyingMethod | undefined;
}

/** What the peer's offer comes to. */
export interface Answered {
  readonly body: Body;
  readonly agreed: AgreedMedia;
}

/** What an offer may change. */
export interface OfferChange {
  /** What we want to do from now on. */
  readonly direction?: Direction;
}

/** An offer of ours, with what it was made of. */
interface Offered {
  readonly description: SessionDescription;
  readonly local: LocalMedia;
  /** What of it counts once it is answered. */
  readonly change: OfferChange;
  /** What we wanted to do until then. */
  readonly before: Direction;
}

/** The descriptions of one call. */
export class OfferAnswer {
  readonly #random: Random;
  #local: LocalMedia;
  /** What we said last. */
  #ours: SessionDescription | undefined;
  /** Our latest offer. */
  #offered: Offered | undefined;
  /** The latest answer to it that was read, and what it came to. */
  #read: { readonly data: Buffer; readonly agreed: AgreedMedia } | undefined;
  /** What was agreed last. */
  #agreed: AgreedMedia | undefined;

  /** @param before what has been said so far; default: nothing */
  constructor(
    private readonly options: OfferAnswerOptions,
    before?: OfferAnswer,
  ) {
    this.#random = options.random;
    this.#local = before === undefined ? localMedia(options) : before.#local;
    if (before === undefined) return;
    this.#ours = before.#ours;
    this.#offered = before.#offered;
    this.#read = before.#read;
    this.#agreed = before.#agreed;
  }

  /** Goes on from here with one of several who hear the same offer (RFC 3261 §13.2.2.4): what one answers is none of another's. */
  fork(): OfferAnswer {
    return new OfferAnswer(this.options, this);
  }

  /**
   * The network has moved us: what we say from now on names another place. It is no matter of agreement, since nothing
   * arrives at the old one. Keys (RFC 4568 §7.1.4) and ICE's checks (RFC 8839 §4.4.1.1.1) begin anew, and so does a handshake
   * whose association has not been moved along (RFC 8842 §3.2).
   */
  moveTo(place: Place, keepsAssociation: boolean): void {
    const { crypto, dtls, ice } = this.#local;
    const restarted = ice?.established && { ...ice.established, credentials: this.#drawCredentials() };
    this.#local = {
      ...this.#local,
      ...place,
      // ICE's candidates are our own ports.
      mapped: restarted === undefined ? place.mapped : undefined,
      crypto: crypto?.map((line) => this.#renewed(line)),
      dtls: dtls && { ...dtls, established: keepsAssociation ? dtls.established : undefined },
      ice: restarted && { established: restarted },
    };
    if (restarted !== undefined && this.#agreed !== undefined) this.#agreed = { ...this.#agreed, ice: restarted };
  }

  /**
   * What we offer, as a body.
   * @param change what changes: it counts, in offers and answers, once this offer is answered; an offer that is refused
   * leaves everything as it was (RFC 3261 §14.1)
   */
  offer(change: OfferChange = {}): Body {
    const local = { ...this.#local, ...change };
    const description = this.#revise(createOffer(local, this.#ours));
    this.#offered = { description, local, change, before: this.#local.direction };
    this.#read = undefined;
    return toBody(description);
  }

  /** Offers what was before our latest offer, as far as that can be: the peer is to refuse nothing of it (RFC 6141 §3.4). */
  offerAsBefore(): Body {
    return this.offer(this.#offered === undefined ? {} : { direction: this.#offered.before });
  }

  /**
   * Reads the answer to our latest offer. The same answer again comes to the same object.
   * @returns an error as one sentence, without any key
   */
  readAnswer(body: Body): Result<AgreedMedia, string> {
    if (this.#read?.data.equals(body.data) === true) return ok(this.#read.agreed);
    const offered = this.#offered;
    if (offered === undefined) return err('there is no offer to answer');
    const answer = parse(body);
    if (!answer.ok) return answer;
    // An answer that was read before may have begun an association.
    const local = { ...offered.local, dtls: this.#local.dtls };
    const read = readAnswer(offered.description, answer.value, local);
    if (!read.ok) return err(read.error.message);
    this.#local = { ...this.#local, ...offered.change };
    const agreed = this.#settle(read.value);
    this.#read = { data: body.data, agreed };
    return ok(agreed);
  }

  /** Answers the peer's offer; or says how to refuse it (RFC 3261 §21.4.26, §20.43). */
  answer(body: Body): Result<Answered, Refusal> {
    const offer = parse(body);
    if (!offer.ok) return err({ status: 400, reason: 'Bad Session Description', headers: [warning(399, offer.error)] });
    const ice = { fresh: this.#drawCredentials(), established: this.#agreed?.ice };
    const answered = answerOffer(offer.value, { ...this.#local, ice });
    if (answered.ok) {
      const { answer, agreed } = answered.value;
      return ok({ body: toBody(this.#revise(answer)), agreed: this.#settle(agreed) });
    }
    const silent = this.#agreed === undefined ? undefined : answerSwitchedOff(offer.value, this.#local);
    if (silent !== undefined && this.#agreed !== undefined) {
      return ok({ body: toBody(this.#revise(silent)), agreed: { ...this.#agreed, direction: 'inactive' } });
    }
    const { code, message } = answered.error;
    return err({ status: 488, reason: 'Not Acceptable Here', headers: [warning(WARN_CODES[code], message)] });
  }

  #renewed(line: CryptoLine): CryptoLine {
    return { ...line, key: new Secret(this.#random.bytes(masterOctets(line.suite)).toString('base64')) };
  }

  /** Something is agreed: what follows from it for what we say later. */
  #settle(agreed: AgreedMedia): AgreedMedia {
    const before = this.#agreed;
    // Held by an address of zeros, a peer is where it was before: what it sends comes from there. RTCP goes nowhere.
    this.#agreed =
      isUnspecified(agreed.remoteAddress) && before !== undefined
        ? { ...agreed, remoteAddress: before.remoteAddress }
        : agreed;
    this.#local = {
      ...this.#local,
      protocol: agreed.protocol,
      payloadTypes: new Map([...(this.#local.payloadTypes ?? []), ...(agreed.payloadTypes ?? [])]),
      crypto: this.#cryptoAfter(before?.suite, agreed.suite),
      dtls: this.#dtlsAfter(agreed),
      ice: agreed.ice === undefined ? undefined : { established: agreed.ice },
    };
    return this.#agreed;
  }

  #dtlsAfter({ dtls: established }: AgreedMedia): LocalMedia['dtls'] {
    const { dtls } = this.#local;
    if (dtls === undefined) return undefined;
    const associations = Math.max(dtls.associations, established?.association ?? 0);
    return { ...dtls, associations, established };
  }

  #drawCredentials(): IceCredentials {
    const chance = this.#random.bytes(UFRAG_BYTES + ICE_PASSWORD_BYTES);
    const password = new Secret(chance.subarray(UFRAG_BYTES).toString('base64'));
    return { ufrag: chance.subarray(0, UFRAG_BYTES).toString('base64'), password };
  }

  /**
   * The suite in use is offered first from now on. One that was in use and is not any more gets a fresh key: its next
   * use is a new beginning for the peer, with the roll-over counter at zero, and no keystream may come twice.
   */
  #cryptoAfter(before: CryptoSuite | undefined, now: CryptoSuite | undefined): readonly CryptoLine[] | undefined {
    const renewed = this.#local.crypto?.map((line) => {
      if (before === undefined || before === now || line.suite !== before) return line;
      return this.#renewed(line);
    });
    const inUse = renewed?.find(({ suite }) => suite === now);
    return inUse === undefined ? renewed : [inUse, ...(renewed ?? []).filter((line) => line !== inUse)];
  }

  #revise(next: SessionDescription): SessionDescription {
    this.#ours = this.#ours === undefined ? next : reviseDescription(this.#ours, next);
    return this.#ours;
  }
}

/** What we bring to a session that begins. */
function localMedia(options: OfferAnswerOptions): LocalMedia {
  const { address, port, mapped, random, settings, fingerprint, demanded } = options;
  const { codecs, packetTime, profile, srtp, suites, keying } = settings;
  const secret = srtp === 'off' ? [] : suites;
  // Drawn at once: each draw costs a turn of the generator, on the way from the button to the INVITE.
  const octets = secret.reduce((sum, suite) => sum + masterOctets(suite), SESSION_ID_BYTES + TLS_NAME_BYTES);
  const chance = random.bytes(octets);
  const name = chance.subarray(SESSION_ID_BYTES, SESSION_ID_BYTES + TLS_NAME_BYTES).toString('base64');
  return {
    origin: { sessionId: chance.readUInt32BE(), version: 1, address: mapped?.rtp.address ?? address },
    address,
    port,
    mapped,
    codecs,
    telephoneEvent: true,
    packetTime,
    direction: 'sendrecv',
    srtp,
    profile,
    protocol: demanded !== undefined && srtp !== 'off' ? protocolOf(profile, demanded) : undefined,
    keying,
    crypto: srtp === 'off' ? undefined : cryptoLines(secret, chance.subarray(SESSION_ID_BYTES + TLS_NAME_BYTES)),
    dtls: { fingerprint, name, associations: 0 },
  };
}

/** A key for each suite, under tags from 1 up. */
function cryptoLines(suites: readonly CryptoSuite[], chance: Buffer): readonly CryptoLine[] {
  let taken = 0;
  return suites.map((suite, index) => {
    const octets = chance.subarray(taken, taken + masterOctets(suite));
    taken += octets.length;
    return { tag: index + 1, suite, key: new Secret(octets.toString('base64')) };
  });
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
