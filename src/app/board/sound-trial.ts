// Plays a tone through the loudspeaker and records what the microphone hears of it, by the same engine that carries calls: its
// packets come back to a socket of ours on this machine.

import { createSocket } from 'node:dgram';
import type { Clock } from '../../base/clock.ts';
import { millis, seconds } from '../../base/units.ts';
import type { MediaEngine, StreamParameters } from '../../media/index.ts';
import { bad, type Finding, good, thrownFinding, untried, warning } from './finding.ts';
import { type Examiner, isYes, pause } from './trial.ts';

const RATE_HZ = 8000;
/** Of the engine's tones. */
const TONE_HZ = 425;
const PCMA = 8;
/** RFC 3550 §5.1, without contributing sources: ours has none. */
const RTP_HEADER_BYTES = 12;
/** A card has begun by then. */
const WARM_UP = millis(400);
const QUIET = millis(500);
/** The tone's way through buffers, air and back. */
const WAY = millis(200);
const RECORDED = seconds(1);
/** So much louder must the tone be than the room at its frequency. */
const CLEARLY_DB = 10;
/** Nothing but the rounding of a codec. */
const SILENCE_DB = -75;

/** What was recorded, in dB below the loudest that there is. */
export interface SoundHeard {
  readonly levelDb: number;
  /** At the tone's frequency, while it was not played, and while it was. */
  readonly beforeDb: number;
  readonly toneDb: number;
}

/** ITU-T G.711 §2.2 (A-law), to a sample between -1 and 1. */
function expandALaw(code: number): number {
  const bits = code ^ 0x55;
  const exponent = (bits >> 4) & 7;
  const mantissa = ((bits & 0x0f) << 4) + 8;
  const magnitude = exponent === 0 ? mantissa : (mantissa + 0x100) << (exponent - 1);
  return ((bits & 0x80) === 0 ? -magnitude : magnitude) / 32768;
}

/** Without what stands still: an offset of the card's, and A-law's silence, which is not quite zero. */
function samplesOf(codes: Uint8Array): readonly number[] {
  const samples = Array.from(codes, expandALaw);
  const mean = samples.reduce((sum, sample) => sum + sample, 0) / Math.max(1, samples.length);
  return samples.map((sample) => sample - mean);
}

/** Of a sine at full scale it is 0. */
function levelOf(samples: readonly number[]): number {
  const power = samples.reduce((sum, sample) => sum + sample * sample, 0) / Math.max(1, samples.length);
  return decibels(power * 2);
}

/** The share of one frequency. */
function levelAt(hertz: number, samples: readonly number[]): number {
  let [real, imaginary] = [0, 0];
  for (const [at, sample] of samples.entries()) {
    const angle = (2 * Math.PI * hertz * at) / RATE_HZ;
    real += sample * Math.cos(angle);
    imaginary += sample * Math.sin(angle);
  }
  const amplitude = (2 * Math.hypot(real, imaginary)) / Math.max(1, samples.length);
  return decibels(amplitude * amplitude);
}

const decibels = (power: number): number => Math.round(10 * Math.log10(Math.max(power, 1e-12)));

/** @param quiet before the tone, A-law. @param loud while it is played */
export function analyse(quiet: Uint8Array, loud: Uint8Array): SoundHeard {
  const [before, after] = [samplesOf(quiet), samplesOf(loud)];
  return { levelDb: levelOf(after), beforeDb: levelAt(TONE_HZ, before), toneDb: levelAt(TONE_HZ, after) };
}

/** Plays and records. Rejects where no socket is to be had. @throws DoorphoneError as the engine's sessions do */
export async function playAndRecord(engine: MediaEngine, clock: Clock): Promise<SoundHeard> {
  let heard: Uint8Array[] = [];
  const socket = createSocket('udp4');
  socket.on('message', (datagram) => heard.push(datagram.subarray(RTP_HEADER_BYTES)));
  await new Promise<void>((done, fail) => {
    socket.once('error', fail);
    socket.bind(0, '127.0.0.1', done);
  });
  const session = engine.openSession({ address: '127.0.0.1', silenceAfter: seconds(60) });
  const record = async (time: typeof QUIET): Promise<Uint8Array> => {
    heard = [];
    await pause(clock, time);
    return Buffer.concat(heard);
  };
  try {
    session.configure(parametersTo(socket.address().port));
    await pause(clock, WARM_UP);
    const quiet = await record(QUIET);
    engine.play('failure');
    await pause(clock, WAY);
    return analyse(quiet, await record(RECORDED));
  } finally {
    engine.play('none');
    session.close();
    socket.close();
  }
}

function parametersTo(port: number): StreamParameters {
  return {
    remoteAddress: '127.0.0.1',
    remotePort: port,
    remoteRtcpAddress: '127.0.0.1',
    remoteRtcpPort: port,
    codec: 'PCMA',
    payloadType: PCMA,
    eventPayloadType: undefined,
    localEventPayloadType: undefined,
    packetTime: millis(20),
    direction: 'sendonly',
    send: undefined,
    receive: undefined,
  };
}

const BY_TURNS = 'it plays and records by turns, so that the microphone was not tried';
const BY_TURNS_MEND = 'call the door, and listen while you are silent';

/** What is to be said of it. @param device its name @param byTurns it does not record while it plays */
export function judge(device: string, { levelDb, beforeDb, toneDb }: SoundHeard, byTurns = false): Finding {
  if (byTurns) return warning(device, BY_TURNS, BY_TURNS_MEND);
  const said = `the microphone records ${levelDb} dB, the tone ${toneDb} dB of it, ${beforeDb} dB before`;
  if (levelDb < SILENCE_DB) {
    const mend = 'unmute the card’s capture and turn it up; check the microphone’s plug';
    return bad(device, 'the microphone records nothing at all', mend);
  }
  if (toneDb >= beforeDb + CLEARLY_DB) return good(device, said);
  const mend = 'listen whether the tone is heard: if not, turn the card up, check amplifier and loudspeaker';
  return warning(device, `${said}: it does not hear the loudspeaker`, mend);
}

/** Tries the sound of a board. Never throws. @param open opens the configured device */
export async function trySound(open: () => MediaEngine, clock: Clock, { ask, say }: Examiner): Promise<Finding> {
  const subject = 'sound';
  if (ask === undefined) return untried(subject, 'would ask whether to play a tone and record a second');
  if (!isYes(await ask('sound: play a tone, and record a second? [y/N] '))) return untried(subject, 'nobody said yes');
  let engine: MediaEngine | undefined;
  try {
    engine = open();
    const { device } = engine.state;
    const heard = await playAndRecord(engine, clock);
    const { deviceFault, byTurns } = engine.state;
    if (deviceFault !== undefined) return bad(device, deviceFault, 'look at `aplay -l` and at audio.device');
    const finding = judge(device, heard, byTurns);
    if (finding.result !== 'warning') return finding;
    say(finding.what);
    const isHeard = isYes(await ask('sound: did you hear the tone? [y/N] '));
    return isHeard
      ? finding
      : bad(device, 'the tone was not heard', 'turn the card up, check amplifier and loudspeaker');
  } catch (thrown) {
    return thrownFinding(subject, thrown, 'look at audio.device');
  } finally {
    engine?.close();
  }
}
