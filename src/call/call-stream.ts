// The sound of one call: its RTP session (and another at a new address, when the network has moved us), what is in force for it, who holds whom, and the handshake that brings its keys.
// It does what offers and answers have come to; how they come about is in call-negotiation.ts.

import { type Millis, millis, seconds } from '../base/units.ts';
import type { MediaPath, MediaSession, PortSource, StreamStatistics } from '../media/types.ts';
import type { AgreedMedia } from '../sdp/index.ts';
import { Handshake } from './handshake.ts';
import { Hold } from './hold.ts';
import { qualityOf, reportMedia } from './media-report.ts';
import type { Place } from './offer-answer.ts';
import { natOf, streamOf } from './stream-parameters.ts';
import type { CallFormat, CallMediaReport, CallQuality, CallSettings } from './types.ts';

/** What the sound depends on, and who is told of it. */
export interface StreamUser {
  /** The peer is known to be where it says: before, nobody gets the door's sound, and nobody's comes in. */
  readonly peerIsReal: () => boolean;
  /** Where the peer's signalling comes from. */
  readonly heardFrom: () => string | undefined;
  readonly held: (by: 'us' | 'peer', held: boolean) => void;
  readonly formatChanged: (format: CallFormat) => void;
}

/** RTP ports of ours, and where they are. */
interface Ports {
  readonly place: Place;
  readonly media: MediaSession;
}

/** A peer that was heard so lately is heard still. */
const LATELY = seconds(1);
/** More moves than a call has: what was counted before them is let go. */
const MAXIMUM_MOVES = 16;

/** The RTP session of one call, from `open` to `close`. */
export class CallStream {
  #ports: Ports | undefined;
  /** At another address of ours: they serve as soon as they are agreed on. */
  #next: Ports | undefined;
  /** What arrived before was another phone's. */
  #since = millis(-1);
  /** Of ports that are closed. */
  readonly #earlier: StreamStatistics[] = [];
  /** What the media session was last configured with. */
  #agreed: AgreedMedia | undefined;
  /** Somebody else has taken the peer's place: no sound any more, either way. */
  #silenced = false;
  #announced = false;
  #silenceSaid = false;
  readonly #handshake = new Handshake();
  readonly #hold: Hold;

  constructor(
    private readonly source: PortSource,
    private readonly settings: CallSettings,
    private readonly user: StreamUser,
  ) {
    this.#hold = new Hold((by, held) => user.held(by, held));
  }

  /** MediaSession.id, by which the engine's events find their call. */
  get id(): number | undefined {
    return this.#ports?.media.id;
  }

  /** What is in force; undefined before something is. */
  get agreed(): AgreedMedia | undefined {
    return this.#agreed;
  }

  get format(): CallFormat | undefined {
    return this.#agreed && this.#formatOf(this.#agreed);
  }

  /** How it sounds; undefined before something is in force. */
  get quality(): CallQuality | undefined {
    if (this.#agreed === undefined || this.#ports === undefined) return undefined;
    return qualityOf(this.#ports.media.statistics(), this.#earlier);
  }

  /** The address that we receive at, or are about to; undefined before `open`. */
  get address(): string | undefined {
    return (this.#next ?? this.#ports)?.place.address;
  }

  /** Whether a handshake has been agreed on, which outlives a move. */
  get keepsHandshake(): boolean {
    return this.#agreed?.dtls !== undefined;
  }

  /** Whether we hold the peer. */
  get holds(): boolean {
    return this.#hold.ours;
  }

  /**
   * Opens the RTP ports. Those that there were, and what was agreed on for them, are of no account any more; where nothing
   * was, they serve on.
   * @returns where they are
   * @throws DoorphoneError `no-port`, `too-many-sessions`; everything is then as it was
   */
  open(path: MediaPath): Place {
    const isFresh = this.#agreed === undefined && this.#ports?.place.address === path.local;
    const ports = isFresh && this.#ports !== undefined ? this.#ports : this.#openFor(path);
    this.#next?.media.close();
    if (ports !== this.#ports) this.#settleIn(ports);
    this.#agreed = undefined;
    this.#handshake.follow(undefined);
    return ports.place;
  }

  /**
   * The network has moved us: opens ports at the new address. Those that there are serve on until something is agreed that
   * names the new ones, since the peer sends to them until it knows (RFC 3264 §8.3.1). Keys of a handshake (DTLS) are moved
   * with their ports: whoever has them goes on with them, and few phones begin another handshake for an address.
   * @throws as `open`; everything is then as it was
   */
  move(path: MediaPath): Place {
    const opened = this.#openFor(path);
    if (this.keepsHandshake && this.#ports !== undefined) {
      const { media } = this.#ports;
      try {
        media.takePorts(opened.media);
      } finally {
        opened.media.close();
      }
      this.#ports = { place: opened.place, media };
      return opened.place;
    }
    this.#next?.media.close();
    this.#next = opened;
    return opened.place;
  }

  /**
   * The peer does not agree to the move, and the session goes on as it was (RFC 3261 §14.1). Where it is heard no more, the
   * old address is gone: from the new one at least we can be heard, and most send back to where sound comes from.
   * @throws as `configure`
   */
  moveRefused(now: Millis): void {
    if (this.#next === undefined || this.#agreed === undefined) return;
    if (!this.isHeard(now)) this.configure({ ...this.#agreed, local: this.#next.place });
  }

  /** Puts into force what is agreed. @throws what the engine throws; the stream is then as it was */
  configure(agreed: AgreedMedia): void {
    const before = this.format;
    const ports = this.#portsFor(agreed.local);
    const association = this.#handshake.follow(agreed.dtls);
    const flows = this.user.peerIsReal() && !this.#silenced && !this.#hold.ours;
    // Without the zone of a link-local address, which says which way and not who.
    const heardFrom = this.user.heardFrom()?.split('%', 1)[0];
    const stream = streamOf(agreed, {
      direction: flows ? agreed.direction : 'inactive',
      association,
      leavesOutPauses: this.settings.voiceActivityDetection ?? false,
      playoutDelay: this.settings.playoutDelay,
    });
    ports?.media.configure({ ...stream, ...natOf(agreed, heardFrom) });
    if (ports !== undefined && ports === this.#next) this.#settleIn(ports);
    const isNew = agreed !== this.#agreed;
    this.#agreed = agreed;
    if (isNew && this.#announced) this.#hold.follow(agreed.direction);
    this.#sayChanged(before);
  }

  /** As `configure`, for another phone than before: it is to be heard anew, and has a handshake of its own. */
  takeOver(agreed: AgreedMedia, now: Millis): void {
    this.#since = now;
    this.#handshake.renew();
    this.configure(agreed);
  }

  /** Whether sound comes from the phone that is meant. */
  isHeard(now: Millis): boolean {
    const heardAt = this.#ports?.media.statistics().lastReceivedAt;
    return heardAt !== undefined && heardAt > this.#since && now - heardAt <= LATELY;
  }

  /** The same once more: what may flow of it is something else than before. @throws as `configure` */
  again(): void {
    if (this.#agreed !== undefined) this.configure(this.#agreed);
  }

  /** As `again`, where a handshake has failed: whoever is there now may be able to. @throws as `configure` */
  handshakeAgain(): void {
    if (!this.#handshake.failed) return;
    this.#handshake.retry();
    this.again();
  }

  /** Ends the sound, either way, from the next time on that something is put into force. */
  silence(): void {
    this.#silenced = true;
  }

  /** Our wish to hold. @returns whether it is another than before */
  wantHold(held: boolean): boolean {
    return this.#hold.want(held);
  }

  /** Says what is agreed on, once; what changes of it is said from then on. */
  announce(say: (format: CallFormat) => void): void {
    const agreed = this.#agreed;
    if (this.#announced || agreed === undefined) return;
    this.#announced = true;
    say(this.#formatOf(agreed));
    this.#hold.follow(agreed.direction);
  }

  /** Sends digits as RTP. @returns whether that is the way that they are to go */
  sendDigits(digits: string): boolean {
    if (this.settings.dtmf !== 'rtp' || this.#agreed?.eventPayloadType === undefined) return false;
    this.#ports?.media.sendDigits(digits);
    return true;
  }

  /** The engine's word that nothing arrives, or that something does again. @returns whether that is news */
  reception(silent: boolean): boolean {
    if (silent === this.#silenceSaid) return false;
    const direction = this.#agreed?.direction;
    // On hold the peer sends nothing, rightly.
    if (silent && direction !== 'sendrecv' && direction !== 'recvonly') return false;
    this.#silenceSaid = silent;
    return true;
  }

  secured(association: number): void {
    const before = this.format;
    if (this.#handshake.succeeded(association)) this.#sayChanged(before);
  }

  /** @returns whether that is news */
  unsecured(association: number): boolean {
    return this.#handshake.broke(association);
  }

  /** Frees the ports. @returns what was said, where something had been agreed on */
  close(): CallMediaReport | undefined {
    this.#next?.media.close();
    const last = this.#ports?.media.close();
    const { format } = this;
    return format === undefined || last === undefined ? undefined : reportMedia(format, last, this.#earlier);
  }

  #openFor(path: MediaPath): Ports {
    const { media, mapped } = this.source.open(path, this.settings.silenceAfter);
    return { place: { address: path.local, port: media.localPort, mapped }, media };
  }

  /** Those that an agreement names; where it names some that are closed, those that are to come: they are offered next. */
  #portsFor({ address, port }: AgreedMedia['local']): Ports | undefined {
    const named = [this.#next, this.#ports].find((ports) => {
      const place = ports?.place;
      return place?.address === address && place.port === port;
    });
    return named ?? this.#next ?? this.#ports;
  }

  #settleIn(ports: Ports): void {
    const counted = this.#ports?.media.close();
    if (counted !== undefined && this.#earlier.length < MAXIMUM_MOVES) this.#earlier.push(counted);
    this.#ports = ports;
    this.#next = undefined;
  }

  #sayChanged(before: CallFormat | undefined): void {
    const now = this.format;
    const changed = before?.codec !== now?.codec || before?.encrypted !== now?.encrypted;
    if (now !== undefined && changed && this.#announced) this.user.formatChanged(now);
  }

  #formatOf({ codec, encrypted, dtls }: AgreedMedia): CallFormat {
    return { codec, encrypted: dtls === undefined ? encrypted : this.#handshake.secured };
  }
}
