// The numbers that the addon writes into our arrays, by place. native/binding/layout.h holds the same places.

import { type Millis, millis } from '../base/units.ts';
import type {
  CalibrationFigures,
  DoorSound,
  EngineState,
  FingerprintHash,
  HandshakeFailure,
  Protection,
  SoundLevel,
  SoundLevels,
  SrtpSuite,
  StreamStatistics,
  Tone,
  VoiceFigures,
} from './types.ts';

/** How many numbers `sessionStatistics` and `sessionClose` write. */
export const STATISTICS_LENGTH = 18;
/** How many numbers `engineState` writes. */
export const STATE_LENGTH = 7;
/** How many numbers `voice` writes. */
export const VOICE_LENGTH = 8;
/** How many numbers `levels` writes. */
export const LEVELS_LENGTH = 6;
/** How many numbers `calibrationTake` writes. */
export const CALIBRATION_LENGTH = 8;
/** Samples of the longest response that it writes: 160 ms at 16 kHz. */
export const ECHO_PATH_MOST = 2560;
/** How many numbers one event takes in the array of `engineTakeEvents`. */
export const EVENT_LENGTH = 4;

/** The number of each tone for `play`, `announce` and `setSound`. */
export const toneNumbers: { readonly [Name in Tone | DoorSound]: number } = {
  none: 0,
  ringback: 1,
  busy: 2,
  failure: 3,
  opened: 4,
};

/** The first number of an event. */
export const eventKinds = {
  startedIn: 1,
  startedOut: 2,
  digit: 3,
  digitSent: 4,
  receptionSilent: 5,
  receptionBack: 6,
  device: 7,
  secured: 8,
  unsecured: 9,
  toneDigit: 10,
  keySpent: 11,
} as const;

/** `enum srtp_suite`, by number. */
const suites: readonly SrtpSuite[] = [
  'AES_CM_128_HMAC_SHA1_80',
  'AES_CM_128_HMAC_SHA1_32',
  'AES_256_CM_HMAC_SHA1_80',
  'AES_256_CM_HMAC_SHA1_32',
  'AEAD_AES_128_GCM',
  'AEAD_AES_256_GCM',
];

/** `enum dtls_failure` from 1. */
const failures: readonly HandshakeFailure[] = ['timeout', 'fingerprint', 'no-srtp', 'refused', 'protocol'];

/** `enum stream_protection`. */
const protections: readonly Protection[] = ['plain', 'encrypted', 'awaits-keys', 'without-keys'];

/** `enum dtls_hash`. */
export const hashNumbers: { readonly [Name in FingerprintHash]: number } = { 'sha-256': 1, 'sha-384': 2, 'sha-512': 3 };

/** `enum dtls_role`. */
export const roleNumbers = { client: 1, server: 2 } as const;

/** Which association an event `secured` or `unsecured` is about. */
export const associationOf = (value: number): number => Math.floor(value / 256);

/** The suite of an event `secured`. */
export const suiteOf = (value: number): SrtpSuite => suites[value % 256] ?? 'AES_CM_128_HMAC_SHA1_80';

/** Why, of an event `unsecured`. */
export const failureOf = (value: number): HandshakeFailure => failures[(value % 256) - 1] ?? 'protocol';

/** "Not yet" is NaN on the addon's side. */
function stamp(value: number | undefined): Millis | undefined {
  return value === undefined || Number.isNaN(value) ? undefined : millis(value);
}

function known(value: number | undefined): number | undefined {
  return value === undefined || Number.isNaN(value) ? undefined : value;
}

/** Reads what `sessionStatistics` wrote. */
export function readStatistics(numbers: Float64Array): StreamStatistics {
  return {
    packetsSent: numbers[0] ?? 0,
    packetsReceived: numbers[1] ?? 0,
    packetsLost: numbers[2] ?? 0,
    packetsLate: numbers[3] ?? 0,
    packetsDuplicate: numbers[4] ?? 0,
    packetsRefused: numbers[5] ?? 0,
    framesConcealed: numbers[6] ?? 0,
    jitterMs: numbers[7] ?? 0,
    jitterBufferMs: numbers[8] ?? 0,
    roundTripMs: known(numbers[9]),
    remoteLossShare: known(numbers[10]),
    firstSentAt: stamp(numbers[11]),
    firstReceivedAt: stamp(numbers[12]),
    lastReceivedAt: stamp(numbers[13]),
    maxLatenessMs: numbers[14] ?? 0,
    protection: protections[numbers[15] ?? 0] ?? 'plain',
    mos: known(numbers[16]),
    remoteMos: known(numbers[17]),
  };
}

/** What `engineState` wrote, beside the device's fault, which is a pair of numbers. */
export interface RawState extends Pick<EngineState, 'realtime' | 'memoryLocked' | 'eventsDropped' | 'turns' | 'opus'> {
  readonly fault: number;
  readonly systemError: number;
}

/** Reads what `engineState` wrote. */
export function readState(numbers: Float64Array): RawState {
  return {
    realtime: numbers[0] === 1,
    eventsDropped: numbers[1] ?? 0,
    turns: numbers[2] ?? 0,
    fault: numbers[3] ?? 0,
    systemError: numbers[4] ?? 0,
    opus: numbers[5] === 1,
    memoryLocked: numbers[6] === 1,
  };
}

/** Reads what `voice` wrote. */
export function readVoice(numbers: Float64Array): VoiceFigures {
  return {
    echoDelayMs: known(numbers[0]),
    echoAttenuationDb: known(numbers[1]),
    gainDb: numbers[2] ?? 0,
    speakerDbfs: numbers[3] ?? 0,
    microphoneDbfs: numbers[4] ?? 0,
    sentDbfs: numbers[5] ?? 0,
    clips: numbers[6] ?? 0,
    echoBeginnings: numbers[7] ?? 0,
  };
}

/** Reads what `levels` wrote. */
export function readLevels(numbers: Float64Array): SoundLevels {
  const at = (place: number): SoundLevel => ({
    rmsDbfs: numbers[place] ?? 0,
    peakDbfs: numbers[place + 1] ?? 0,
    clipped: numbers[place + 2] ?? 0,
  });
  return { speaker: at(0), microphone: at(3) };
}

/** Reads what `calibrationTake` wrote. */
export function readCalibration(numbers: Float64Array, path: Float32Array): CalibrationFigures {
  const way = { delay: millis(numbers[1] ?? 0), db: numbers[2] ?? 0, path: path.slice(0, numbers[7] ?? 0) };
  return {
    way: numbers[0] === 1 ? way : undefined,
    speakerDbfs: numbers[3] ?? 0,
    microphoneDbfs: numbers[4] ?? 0,
    noiseDbfs: numbers[5] ?? 0,
    clips: numbers[6] ?? 0,
  };
}
