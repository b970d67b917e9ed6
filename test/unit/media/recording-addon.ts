// An addon that keeps what it is told, to see what crosses into it.

import type {
  EngineHandle,
  MediaAddon,
  NativeEngineOptions,
  NativeStreamParameters,
  NativeVoiceSwitches,
} from '../../../src/native.ts';

function isHandle(value: object): value is EngineHandle {
  return 'engine' in value;
}

/** An Error as the addon throws it. */
export class AddonError extends Error {
  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

/** Stands in for the addon: one engine, any number of sessions. */
export class RecordingAddon implements MediaAddon {
  readonly errorCodes: readonly string[] = [];
  readonly created: NativeEngineOptions[] = [];
  readonly configured: [number, NativeStreamParameters][] = [];
  readonly moved: [number, number][] = [];
  readonly digits: [number, string, number][] = [];
  readonly asked: [number, number, string, number][] = [];
  readonly kept: [number, number, string, number][] = [];
  readonly endedMappings: number[] = [];
  /** What STUN servers say. */
  mappings: [number, string, number][] = [];
  readonly tones: number[] = [];
  readonly gains: [number, number][] = [];
  readonly voices: NativeVoiceSwitches[] = [];
  readonly closedSessions: number[] = [];
  /** What the arrays are filled with. */
  statistics: readonly number[] = new Array<number>(18).fill(0);
  state: readonly number[] = [1, 0, 0, 0, 0, 0, 1];
  lateness: readonly number[] = [];
  voiceNumbers: readonly number[] = [Number.NaN, Number.NaN, 0, -100, -100, -100, 0, 0];
  /** Set: the next call throws it. */
  fault: AddonError | undefined;
  closed: boolean = false;

  #events: number[][] = [];
  #wake: () => void = () => undefined;
  #nextSession = 8;

  engineCreate(options: NativeEngineOptions, wake: () => void): EngineHandle {
    this.#throwFault();
    this.created.push(options);
    this.#wake = wake;
    const handle = { engine: undefined };
    if (!isHandle(handle)) throw new Error('not a handle');
    return handle;
  }

  engineClose(): void {
    this.closed = true;
  }

  sessionOpen(): readonly [number, number] {
    this.#throwFault();
    this.#nextSession += 1;
    return [this.#nextSession, 16_384];
  }

  sessionConfigure(_engine: EngineHandle, session: number, parameters: NativeStreamParameters): void {
    this.#throwFault();
    this.configured.push([session, parameters]);
  }

  sessionTakePorts(_engine: EngineHandle, session: number, from: number): number {
    this.#throwFault();
    this.moved.push([session, from]);
    return 16_386;
  }

  sessionDigits(_engine: EngineHandle, session: number, digits: string, durationMs: number): void {
    this.digits.push([session, digits, durationMs]);
  }

  sessionClose(_engine: EngineHandle, session: number, statistics: Float64Array): void {
    this.closedSessions.push(session);
    statistics.set(this.statistics);
  }

  sessionStatistics(_engine: EngineHandle, _session: number, statistics: Float64Array): void {
    statistics.set(this.statistics);
  }

  sessionAskMapping(_engine: EngineHandle, session: number, component: number, address: string, port: number): number {
    this.#throwFault();
    this.asked.push([session, component, address, port]);
    return this.asked.length;
  }

  sessionTakeMapping(): readonly [number, string, number] | undefined {
    return this.mappings.shift();
  }

  sessionKeepMapping(_engine: EngineHandle, session: number, component: number, address: string, port: number): void {
    this.kept.push([session, component, address, port]);
  }

  sessionEndMapping(_engine: EngineHandle, session: number): void {
    this.endedMappings.push(session);
  }

  play(_engine: EngineHandle, tone: number): void {
    this.tones.push(tone);
  }

  readonly announced: number[] = [];

  announce(_engine: EngineHandle, tone: number): void {
    this.announced.push(tone);
  }

  readonly sounds: [number, string | undefined, boolean][] = [];
  soundMs = 0;

  setSound(_engine: EngineHandle, tone: number, file: string | undefined, silent: boolean): number {
    this.#throwFault();
    this.sounds.push([tone, file, silent]);
    return this.soundMs;
  }

  soundTry(): void {
    this.#throwFault();
  }

  opusFound(): boolean {
    return false;
  }

  setGain(_engine: EngineHandle, speaker: number, microphone: number): void {
    this.gains.push([speaker, microphone]);
  }

  setVoice(_engine: EngineHandle, switches: NativeVoiceSwitches): void {
    this.voices.push(switches);
  }

  voice(_engine: EngineHandle, numbers: Float64Array): void {
    numbers.set(this.voiceNumbers);
  }

  readonly toneDigits: boolean[] = [];

  setToneDigits(_engine: EngineHandle, counted: boolean): void {
    this.toneDigits.push(counted);
  }

  levelNumbers: readonly number[] = [-100, -100, 0, -100, -100, 0];

  levels(_engine: EngineHandle, numbers: Float64Array): void {
    numbers.set(this.levelNumbers);
  }

  calibrations = 0;
  calibrationNumbers: readonly number[] = [];
  calibrationAnswer = 0;
  calibrationPath: readonly number[] = [];
  readonly echoes: (readonly [delayMs: number, path: Float32Array | undefined])[] = [];

  calibrationBegin(): boolean {
    this.calibrations += 1;
    return this.calibrations === 1;
  }

  calibrationTake(_engine: EngineHandle, numbers: Float64Array, path: Float32Array): number {
    numbers.set(this.calibrationNumbers);
    path.set(this.calibrationPath);
    return this.calibrationAnswer;
  }

  setEcho(_engine: EngineHandle, delayMs: number, path: Float32Array | undefined): boolean {
    this.echoes.push([delayMs, path]);
    return path !== undefined;
  }

  engineTakeEvents(_engine: EngineHandle, events: Float64Array): number {
    if (this.closed) throw new AddonError('engine-closed', 'the media engine is closed');
    const taken = this.#events.splice(0, Math.floor(events.length / 4));
    events.set(taken.flat());
    return taken.length;
  }

  engineState(_engine: EngineHandle, state: Float64Array): void {
    state.set(this.state);
  }

  /** Whether the threads have answered. */
  pulse: boolean = true;

  engineFeelPulse(): boolean {
    return this.pulse;
  }

  engineFingerprint(_engine: EngineHandle, fingerprint: Uint8Array): void {
    fingerprint.fill(0x5a);
  }

  engineLateness(_engine: EngineHandle, pairs: Float64Array): number {
    pairs.set(this.lateness);
    return this.lateness.length / 2;
  }

  cards: (readonly [id: string, name: string])[] = [];

  alsaCards(): readonly (readonly [id: string, name: string])[] {
    return this.cards;
  }

  alsaResolve(name: string): string | undefined {
    return name;
  }

  datagramOpen(): number {
    return -1;
  }

  datagramSeal(): number {
    return -1;
  }

  /** Puts events into the ring and wakes JavaScript once. */
  say(...events: number[][]): void {
    this.#events.push(...events);
    this.#wake();
  }

  #throwFault(): void {
    if (this.fault !== undefined) throw this.fault;
  }
}
