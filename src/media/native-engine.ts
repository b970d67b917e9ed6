// The MediaEngine on the addon: commands down, events up. Every stamp is the engine thread's own.

import { Emitter } from '../base/emitter.ts';
import type { Log } from '../base/log.ts';
import { type Millis, millis } from '../base/units.ts';
import { type EngineHandle, loadNative, type MediaAddon } from '../native.ts';
import { describeCards, describeDeviceFault, deviceName, isByTurns, isMissingCard, lostSides } from './device-fault.ts';
import {
  associationOf,
  CALIBRATION_LENGTH,
  ECHO_PATH_MOST,
  EVENT_LENGTH,
  eventKinds,
  failureOf,
  LEVELS_LENGTH,
  readCalibration,
  readLevels,
  readState,
  readVoice,
  STATE_LENGTH,
  suiteOf,
  toneNumbers,
  VOICE_LENGTH,
} from './layout.ts';
import { callNative } from './native-error.ts';
import { NativeSession } from './native-session.ts';
import type {
  CalibrationOutcome,
  DoorSound,
  EngineEvents,
  EngineOptions,
  EngineState,
  Fingerprint,
  KnownEcho,
  MediaEngine,
  MediaSession,
  SoundLevels,
  SoundSource,
  Tone,
  VoiceFigures,
  VoiceSwitches,
} from './types.ts';

/** Events are taken from the addon's ring this many at a time. */
const BATCH = 32;
/** More pairs than the addon's histogram has. */
const LATENESS_PAIRS = 512;
/** The microphone's sound as it is. */
const UNTOUCHED: VoiceSwitches = { echoCancellation: false, noiseSuppression: false, gainControl: false };
/** SHA-256. */
const FINGERPRINT_BYTES = 32;
const DUPLEX_MEND =
  'it cannot play and record at once: who speaks is heard, the other side first; end what else uses the card, or take another';

export interface EngineDependencies {
  readonly log: Log;
  /** The addon; default: the one in build/. */
  readonly addon?: MediaAddon;
}

/** How many packets left at most so late against their grid. */
export interface LatenessBucket {
  /** Milliseconds; the last is Infinity. */
  readonly upTo: number;
  readonly packets: number;
}

/** The real-time engine. It does not keep the process alive: whoever waits for calls does. */
export class NativeEngine implements MediaEngine {
  readonly #addon: MediaAddon;
  readonly #handle: EngineHandle;
  readonly #log: Log;
  readonly #options: EngineOptions;
  readonly #events = new Emitter<EngineEvents>();
  readonly #sessions = new Set<NativeSession>();
  /** Of sounds from files. */
  readonly #lengths = new Map<DoorSound, Millis>();
  readonly #batch = new Float64Array(BATCH * EVENT_LENGTH);
  #final: EngineState | undefined;
  #finalVoice: VoiceFigures | undefined;
  #voice: VoiceSwitches;
  /** Which cards there were when its own was missed: to look for them takes time, and the state is read often. */
  #cards: string | undefined;
  #hasFailed = false;
  readonly fingerprint: Fingerprint;

  /** Opens the device and starts the thread. @throws DoorphoneError any of `nativeMends` */
  constructor(options: EngineOptions, { log, addon = loadNative() }: EngineDependencies) {
    const { device, ports, speaker, microphone, wideband = false, opus = false, voice = UNTOUCHED } = options;
    const { sessions = 0 } = options;
    this.#addon = addon;
    this.#log = log;
    this.#options = options;
    this.#voice = voice;
    this.#handle = callNative(() =>
      addon.engineCreate(
        { device, wideband, opus, sessions, firstPort: ports.first, lastPort: ports.last, speaker, microphone, voice },
        () => this.#takeEvents(),
      ),
    );
    const value = new Uint8Array(FINGERPRINT_BYTES);
    callNative(() => addon.engineFingerprint(this.#handle, value));
    this.fingerprint = { hash: 'sha-256', value };
    const { realtime, memoryLocked, device: name } = this.state;
    log.info('media.engine-started', { device: name, realtime, memoryLocked });
    if (!realtime) log.warn('media.not-realtime', { mend: 'grant CAP_SYS_NICE, or LimitRTPRIO=60 in the service' });
    if (!memoryLocked)
      log.warn('media.memory-not-locked', { mend: 'grant CAP_IPC_LOCK, or LimitMEMLOCK=128M in the service' });
  }

  on<Name extends keyof EngineEvents>(name: Name, listener: (...args: EngineEvents[Name]) => void): () => void {
    return this.#events.on(name, listener);
  }

  get state(): EngineState {
    return this.#final ?? this.#readState();
  }

  feelPulse(): boolean {
    return this.#final !== undefined || callNative(() => this.#addon.engineFeelPulse(this.#handle));
  }

  openSession(options: { readonly address: string; readonly silenceAfter: Millis }): MediaSession {
    const [id, port] = callNative(() => this.#addon.sessionOpen(this.#handle, options.address, options.silenceAfter));
    const session = new NativeSession(this.#addon, this.#handle, id, port, (closed) => this.#sessions.delete(closed));
    this.#sessions.add(session);
    return session;
  }

  play(tone: Tone): void {
    callNative(() => this.#addon.play(this.#handle, toneNumbers[tone]));
  }

  announce(sound: 'opened'): void {
    callNative(() => this.#addon.announce(this.#handle, toneNumbers[sound]));
  }

  setSound(sound: DoorSound, source: SoundSource): void {
    const file = typeof source === 'string' ? undefined : source.file;
    const length = callNative(() => this.#addon.setSound(this.#handle, toneNumbers[sound], file, source === 'off'));
    if (file === undefined) this.#lengths.delete(sound);
    else this.#lengths.set(sound, millis(length));
  }

  soundLength(sound: DoorSound): Millis | undefined {
    return this.#lengths.get(sound);
  }

  setGain(speaker: number, microphone: number): void {
    callNative(() => this.#addon.setGain(this.#handle, speaker, microphone));
  }

  get voiceSwitches(): VoiceSwitches {
    return this.#voice;
  }

  get voiceFigures(): VoiceFigures {
    return this.#finalVoice ?? this.#readVoice();
  }

  get levels(): SoundLevels {
    const numbers = new Float64Array(LEVELS_LENGTH);
    if (this.#final === undefined) callNative(() => this.#addon.levels(this.#handle, numbers));
    return readLevels(numbers);
  }

  beginCalibration(): boolean {
    return callNative(() => this.#addon.calibrationBegin(this.#handle));
  }

  takeCalibration(): CalibrationOutcome | undefined {
    const numbers = new Float64Array(CALIBRATION_LENGTH);
    const path = new Float32Array(ECHO_PATH_MOST);
    switch (callNative(() => this.#addon.calibrationTake(this.#handle, numbers, path))) {
      case 0:
        return undefined;
      case 1:
        return readCalibration(numbers, path);
      case 2:
        return 'disturbed';
      default:
        return 'failed';
    }
  }

  expectEcho({ delay, path }: KnownEcho): boolean {
    return callNative(() => this.#addon.setEcho(this.#handle, delay, path));
  }

  setToneDigits(counted: boolean): void {
    callNative(() => this.#addon.setToneDigits(this.#handle, counted));
  }

  setVoice(switches: VoiceSwitches): void {
    const { echoCancellation, noiseSuppression, gainControl } = switches;
    callNative(() => this.#addon.setVoice(this.#handle, { echoCancellation, noiseSuppression, gainControl }));
    this.#voice = { echoCancellation, noiseSuppression, gainControl };
  }

  /** How late packets left, since the engine started. */
  lateness(): readonly LatenessBucket[] {
    const pairs = new Float64Array(LATENESS_PAIRS * 2);
    const count = callNative(() => this.#addon.engineLateness(this.#handle, pairs));
    return Array.from({ length: count }, (_, at) => ({
      upTo: pairs[at * 2] ?? 0,
      packets: pairs[at * 2 + 1] ?? 0,
    }));
  }

  close(): void {
    if (this.#final !== undefined) return;
    for (const session of [...this.#sessions]) session.close();
    this.#takeEvents();
    this.#final = this.#readState();
    this.#finalVoice = this.#readVoice();
    this.#addon.engineClose(this.#handle);
    this.#log.info('media.engine-stopped', { turns: this.#final.turns, eventsDropped: this.#final.eventsDropped });
  }

  #readState(): EngineState {
    const numbers = new Float64Array(STATE_LENGTH);
    callNative(() => this.#addon.engineState(this.#handle, numbers));
    const { fault, systemError, ...state } = readState(numbers);
    const { device } = this.#options;
    return {
      ...state,
      device: deviceName(device),
      deviceFault: this.#describe(fault, systemError),
      ...(isByTurns(fault) ? { byTurns: true } : {}),
    };
  }

  #readVoice(): VoiceFigures {
    const numbers = new Float64Array(VOICE_LENGTH);
    callNative(() => this.#addon.voice(this.#handle, numbers));
    return readVoice(numbers);
  }

  #describe(fault: number, systemError: number): string | undefined {
    const { device } = this.#options;
    const text = describeDeviceFault(device, fault, systemError);
    if (text === undefined || !isMissingCard(device, fault, systemError)) return text;
    this.#cards ??= describeCards(this.#addon.alsaCards());
    return `${text}; ${this.#cards}`;
  }

  #takeEvents(): void {
    for (;;) {
      if (this.#final !== undefined) return;
      const count = this.#addon.engineTakeEvents(this.#handle, this.#batch);
      if (count === 0) return;
      // Copied: a listener may cause another round before this one has ended.
      const events = this.#batch.slice(0, count * EVENT_LENGTH);
      for (let at = 0; at < events.length; at += EVENT_LENGTH) {
        const [kind = 0, session = 0, value = 0, stamp = 0] = events.subarray(at, at + EVENT_LENGTH);
        this.#emit(kind, session, value, millis(stamp));
      }
    }
  }

  #emit(kind: number, session: number, value: number, at: Millis): void {
    switch (kind) {
      case eventKinds.startedIn:
        this.#events.emit('started', session, 'in', at);
        break;
      case eventKinds.startedOut:
        this.#events.emit('started', session, 'out', at);
        break;
      case eventKinds.digit:
        this.#events.emit('digit', session, String.fromCharCode(value), at);
        break;
      case eventKinds.toneDigit:
        this.#events.emit('toneDigit', session, String.fromCharCode(value), at);
        break;
      case eventKinds.digitSent:
        this.#events.emit('digitSent', session, String.fromCharCode(value), at);
        break;
      case eventKinds.receptionSilent:
        this.#events.emit('reception', session, true, at);
        break;
      case eventKinds.receptionBack:
        this.#events.emit('reception', session, false, at);
        break;
      case eventKinds.secured:
        this.#events.emit('secured', session, associationOf(value), suiteOf(value), at);
        break;
      case eventKinds.unsecured:
        this.#events.emit('unsecured', session, associationOf(value), failureOf(value), at);
        break;
      case eventKinds.keySpent:
        this.#events.emit('keySpent', session, at);
        break;
      case eventKinds.device:
        this.#emitDevice(session, value, at);
        break;
      default:
        this.#log.error('media.unknown-event', { kind });
    }
  }

  #emitDevice(fault: number, systemError: number, at: Millis): void {
    this.#cards = undefined;
    const text = this.#describe(fault, systemError);
    if (isByTurns(fault))
      this.#log.warn('media.half-duplex', { device: deviceName(this.#options.device), mend: DUPLEX_MEND });
    // One that works, and did before, is nothing new.
    if (text === undefined && !this.#hasFailed) return;
    this.#hasFailed = text !== undefined;
    if (text === undefined) this.#log.info('media.device-back', {});
    else this.#log.warn('media.device-fault', { fault: text });
    this.#events.emit('device', text, at, lostSides(fault));
  }
}

/**
 * Opens the sound device and starts the engine.
 * @throws DoorphoneError `addon-missing`, `alsa-missing`, `file-not-found` and the others of `nativeMends`
 */
export function openEngine(options: EngineOptions, dependencies: EngineDependencies): NativeEngine {
  return new NativeEngine(options, dependencies);
}
