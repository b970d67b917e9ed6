// A media engine without sound: keeps what it was told, says what the test has it say.

import { Emitter } from '../../src/base/emitter.ts';
import { DoorphoneError } from '../../src/base/errors.ts';
import { type Millis, millis } from '../../src/base/units.ts';
import type {
  CalibrationOutcome,
  Component,
  DoorSound,
  EngineEvents,
  EngineState,
  Fingerprint,
  KnownEcho,
  MappingAnswer,
  MediaEngine,
  MediaSession,
  SoundLevels,
  SoundSource,
  StreamParameters,
  StreamStatistics,
  Tone,
  TransportAddress,
  VoiceFigures,
  VoiceSwitches,
} from '../../src/media/types.ts';

/** The statistics of a stream that has sent and received nothing. */
export const emptyStatistics: StreamStatistics = {
  packetsSent: 0,
  packetsReceived: 0,
  packetsLost: 0,
  packetsLate: 0,
  packetsDuplicate: 0,
  packetsRefused: 0,
  framesConcealed: 0,
  jitterMs: 0,
  jitterBufferMs: 0,
  roundTripMs: undefined,
  mos: undefined,
  remoteMos: undefined,
  remoteLossShare: undefined,
  firstSentAt: undefined,
  firstReceivedAt: undefined,
  lastReceivedAt: undefined,
  maxLatenessMs: 0,
  protection: 'plain',
};

/** A STUN request of a session. */
export interface FakeInquiry {
  readonly request: number;
  readonly component: Component;
  readonly server: TransportAddress;
}

/** One session of a FakeEngine: `configured` and `digits` are what it was told, in order. */
export class FakeMediaSession implements MediaSession {
  readonly configured: StreamParameters[] = [];
  readonly digits: { readonly digits: string; readonly duration: Millis | undefined }[] = [];
  /** What `statistics()` answers; a test may change it. */
  stats: StreamStatistics = emptyStatistics;
  closed: boolean = false;
  /** STUN requests as they were sent, those that are out, and what was sent to be seen. */
  readonly asked: FakeInquiry[] = [];
  readonly inquiries: FakeInquiry[] = [];
  readonly kept: { readonly component: Component; readonly server: TransportAddress }[] = [];
  /** How often what had come was dropped. */
  drained = 0;
  readonly #answers: MappingAnswer[] = [];
  #nextRequest = 0;

  constructor(
    readonly id: number,
    public localPort: number,
    public address: string,
    readonly silenceAfter: Millis,
    private readonly sessions: readonly FakeMediaSession[],
  ) {}

  askMapping(component: Component, server: TransportAddress): number {
    this.#assertUnconfigured();
    const known = this.inquiries.find((one) => one.component === component && samePlace(one.server, server));
    const inquiry = known ?? { request: this.#nextRequest, component, server };
    if (known === undefined) {
      this.#nextRequest += 1;
      this.inquiries.push(inquiry);
    }
    this.asked.push(inquiry);
    return inquiry.request;
  }

  /** A server answers what is out to it: where it sees us, by component; it says nothing of what is left out. */
  serverSays(server: TransportAddress, views: Partial<Record<Component, TransportAddress | 'refused'>>): void {
    for (const { request, component, server: asked } of this.inquiries) {
      const mapped = samePlace(asked, server) ? views[component] : undefined;
      if (mapped === undefined) continue;
      this.#answers.push({ request, mapped: mapped === 'refused' ? undefined : mapped });
    }
  }

  takeMapping(): MappingAnswer | undefined {
    this.#assertUnconfigured();
    const answer = this.#answers.shift();
    const at = this.inquiries.findIndex(({ request }) => request === answer?.request);
    if (at >= 0) this.inquiries.splice(at, 1);
    return answer;
  }

  keepMapping(component: Component, server: TransportAddress): void {
    this.#assertOpen();
    this.kept.push({ component, server });
  }

  endMapping(): void {
    this.#assertUnconfigured();
    this.inquiries.length = 0;
    this.#answers.length = 0;
    this.drained += 1;
  }

  takePorts({ id }: MediaSession): void {
    this.#assertOpen();
    const from = this.sessions.find((session) => session.id === id);
    if (from === undefined || from.closed || from.configured.length > 0) throw new Error(`session ${id} has no ports`);
    this.localPort = from.localPort;
    this.address = from.address;
  }

  /** The parameters that hold now. */
  get parameters(): StreamParameters | undefined {
    return this.configured.at(-1);
  }

  configure(parameters: StreamParameters): void {
    this.#assertOpen();
    this.configured.push(parameters);
  }

  sendDigits(digits: string, duration?: Millis): void {
    this.#assertOpen();
    this.digits.push({ digits, duration });
  }

  statistics(): StreamStatistics {
    return this.stats;
  }

  close(): StreamStatistics {
    this.closed = true;
    return this.stats;
  }

  #assertOpen(): void {
    if (this.closed) throw new Error(`media session ${this.id} is closed`);
  }

  #assertUnconfigured(): void {
    this.#assertOpen();
    if (this.configured.length > 0) throw new Error(`media session ${this.id} is configured`);
  }
}

/** A MediaEngine in memory. `played` holds every `play()`, `sessions` every session ever opened. */
export class FakeEngine implements MediaEngine {
  readonly played: Tone[] = [];
  readonly sessions: FakeMediaSession[] = [];
  /** What `state` answers; a test may change it. */
  state: EngineState = {
    realtime: true,
    memoryLocked: true,
    device: 'virtual',
    deviceFault: undefined,
    eventsDropped: 0,
    turns: 0,
  };
  readonly fingerprint: Fingerprint = { hash: 'sha-256', value: new Uint8Array(32).fill(0xab) };
  /** How many sessions may be open at once; the next `openSession` throws `too-many-sessions`. */
  maxSessions = 8;
  /** Set: `openSession` throws `no-port`, as when the range is used up. */
  noPort: boolean = false;
  closed: boolean = false;

  readonly #events = new Emitter<EngineEvents>();
  #nextId = 1;
  #nextPort = 16_384;

  on<Name extends keyof EngineEvents>(name: Name, listener: (...args: EngineEvents[Name]) => void): () => void {
    return this.#events.on(name, listener);
  }

  /** Says an event, as the engine's thread would. */
  emit<Name extends keyof EngineEvents>(name: Name, ...args: EngineEvents[Name]): void {
    this.#events.emit(name, ...args);
  }

  /** Says `started` both ways for a session (default: the newest), as when the first packets pass. */
  startMedia(session: MediaSession | undefined = this.session, at: Millis = millis(0)): void {
    if (session === undefined) throw new Error('no session was opened');
    this.emit('started', session.id, 'out', at);
    this.emit('started', session.id, 'in', at);
  }

  /** The newest session. */
  get session(): FakeMediaSession | undefined {
    return this.sessions.at(-1);
  }

  /** The sessions that are open now. */
  get open(): readonly FakeMediaSession[] {
    return this.sessions.filter((session) => !session.closed);
  }

  /** What the speaker plays now. */
  get tone(): Tone {
    return this.played.at(-1) ?? 'none';
  }

  feelPulse(): boolean {
    return true;
  }

  openSession(options: { readonly address: string; readonly silenceAfter: Millis }): FakeMediaSession {
    if (this.closed) throw new Error('the media engine is closed');
    if (this.noPort) throw new DoorphoneError('no-port', 'no RTP port is free');
    if (this.open.length >= this.maxSessions) {
      throw new DoorphoneError('too-many-sessions', `${this.maxSessions} media sessions are open`);
    }
    const { address, silenceAfter } = options;
    const session = new FakeMediaSession(this.#nextId, this.#freePort(), address, silenceAfter, this.sessions);
    this.#nextId += 1;
    this.sessions.push(session);
    return session;
  }

  #freePort(): number {
    if (this.noPort) throw new DoorphoneError('no-port', 'no RTP port is free');
    this.#nextPort += 2;
    return this.#nextPort - 2;
  }

  play(tone: Tone): void {
    this.played.push(tone);
  }

  readonly announced: string[] = [];

  announce(sound: 'opened'): void {
    this.announced.push(sound);
  }

  readonly sounds = new Map<DoorSound, SoundSource>();
  /** How long files last; a test may change it. */
  lengths: { readonly [Name in DoorSound]?: Millis } = {};

  setSound(sound: DoorSound, source: SoundSource): void {
    this.sounds.set(sound, source);
  }

  soundLength(sound: DoorSound): Millis | undefined {
    return this.lengths[sound];
  }

  readonly gains: (readonly [speaker: number, microphone: number])[] = [];

  setGain(speaker: number, microphone: number): void {
    this.gains.push([speaker, microphone]);
  }

  voiceSwitches: VoiceSwitches = { echoCancellation: false, noiseSuppression: false, gainControl: false };
  voiceFigures: VoiceFigures = {
    echoDelayMs: undefined,
    echoAttenuationDb: undefined,
    gainDb: 0,
    speakerDbfs: -100,
    microphoneDbfs: -100,
    sentDbfs: -100,
    clips: 0,
    echoBeginnings: 0,
  };

  levels: SoundLevels = {
    speaker: { rmsDbfs: -100, peakDbfs: -100, clipped: 0 },
    microphone: { rmsDbfs: -100, peakDbfs: -100, clipped: 0 },
  };

  /** How many were begun; the next answers `calibration`, which a test may change. */
  calibrations = 0;
  calibration: CalibrationOutcome | undefined;
  isCalibrating = false;
  readonly expected: KnownEcho[] = [];

  beginCalibration(): boolean {
    if (this.isCalibrating) return false;
    this.isCalibrating = true;
    this.calibrations += 1;
    return true;
  }

  takeCalibration(): CalibrationOutcome | undefined {
    if (this.calibration !== undefined) this.isCalibrating = false;
    return this.calibration;
  }

  expectEcho(echo: KnownEcho): boolean {
    this.expected.push(echo);
    return echo.path !== undefined;
  }

  toneDigits = false;

  setToneDigits(counted: boolean): void {
    this.toneDigits = counted;
  }

  setVoice(switches: VoiceSwitches): void {
    this.voiceSwitches = switches;
  }

  close(): void {
    this.closed = true;
    for (const session of this.open) session.close();
  }
}

const samePlace = (left: TransportAddress, right: TransportAddress): boolean =>
  left.address === right.address && left.port === right.port;
