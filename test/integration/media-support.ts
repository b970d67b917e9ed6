// What the tests of the media engine share: sound to send and to compare, engines on files, waiting for events.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Millis, millis } from '../../src/base/units.ts';
import {
  type EngineEvents,
  type EngineOptions,
  type MediaEngine,
  type NativeEngine,
  openEngine,
  type StreamParameters,
} from '../../src/media/index.ts';
import { RecordingLog } from '../support/recording-log.ts';

const RATE_HZ = 8000;

/** A rising or falling sweep: no two moments of it are alike, so that a correlation has one peak. */
export function sweep(seconds: number, fromHz: number, toHz: number): Int16Array {
  const count = Math.round(seconds * RATE_HZ);
  return Int16Array.from({ length: count }, (_, at) => {
    const time = at / RATE_HZ;
    const phase = 2 * Math.PI * (fromHz * time + ((toHz - fromHz) * time * time) / (2 * seconds));
    return Math.round(9000 * Math.sin(phase));
  });
}

/** Writes 8 kHz mono (Microsoft's PCM WAVE format). */
export function writeWav(file: string, samples: Int16Array): void {
  const header = Buffer.alloc(44);
  header.write('RIFF', 0);
  header.writeUInt32LE(36 + samples.byteLength, 4);
  header.write('WAVEfmt ', 8);
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(1, 22);
  header.writeUInt32LE(RATE_HZ, 24);
  header.writeUInt32LE(RATE_HZ * 2, 28);
  header.writeUInt16LE(2, 32);
  header.writeUInt16LE(16, 34);
  header.write('data', 36);
  header.writeUInt32LE(samples.byteLength, 40);
  writeFileSync(file, Buffer.concat([header, Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength)]));
}

/** Reads a recording; throws where its header does not say the truth. */
export function readWav(file: string): Int16Array {
  const bytes = readFileSync(file);
  if (bytes.toString('latin1', 0, 4) !== 'RIFF' || bytes.readUInt32LE(24) !== RATE_HZ) throw new Error('no recording');
  const length = bytes.readUInt32LE(40);
  if (bytes.length < 44 + length) throw new Error('the header announces more than there is');
  return Int16Array.from({ length: length / 2 }, (_, at) => bytes.readInt16LE(44 + 2 * at));
}

/** The greatest normalised correlation of half a second of `voice` (from `at` seconds) with any place of `heard`. */
export function correlation(heard: Int16Array, voice: Int16Array, at: number): number {
  const pattern = voice.subarray(at * RATE_HZ, at * RATE_HZ + RATE_HZ / 2);
  const patternEnergy = pattern.reduce((sum, sample) => sum + sample * sample, 0);
  let best = 0;
  for (let lag = 0; lag + pattern.length <= heard.length; lag += 1) {
    let product = 0;
    let energy = 0;
    for (let index = 0; index < pattern.length; index += 1) {
      const sample = heard[lag + index] ?? 0;
      product += sample * (pattern[index] ?? 0);
      energy += sample * sample;
    }
    if (energy > 0) best = Math.max(best, product / Math.sqrt(energy * patternEnergy));
  }
  return best;
}

/** A folder that lasts for a test. */
export class Scratch {
  readonly path: string = mkdtempSync(join(tmpdir(), 'doorphone-media-'));

  file(name: string): string {
    return join(this.path, name);
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

/** Ports of the tests of one file: files run side by side. */
export type Ports = EngineOptions['ports'];

export function virtualEngine(ports: Ports): NativeEngine {
  return openEngine({ device: { kind: 'virtual' }, ports, speaker: 100, microphone: 100 }, { log: new RecordingLog() });
}

export function fileEngine(ports: Ports, input: string, output: string): NativeEngine {
  return openEngine(
    { device: { kind: 'file', input, output }, ports, speaker: 100, microphone: 100 },
    { log: new RecordingLog() },
  );
}

/** Sound both ways in PCMA to a port of this machine. */
export function streamTo(port: number, changes: Partial<StreamParameters> = {}): StreamParameters {
  return {
    remoteAddress: '127.0.0.1',
    remotePort: port,
    remoteRtcpAddress: '127.0.0.1',
    remoteRtcpPort: port + 1,
    codec: 'PCMA',
    payloadType: 8,
    eventPayloadType: 101,
    localEventPayloadType: 101,
    packetTime: millis(20),
    direction: 'sendrecv',
    send: undefined,
    receive: undefined,
    ...changes,
  };
}

/** The next event of a name that fits. */
export function next<Name extends keyof EngineEvents>(
  engine: MediaEngine,
  name: Name,
  fits: (...args: EngineEvents[Name]) => boolean = () => true,
): Promise<EngineEvents[Name]> {
  return new Promise((done) => {
    const stop = engine.on(name, (...args) => {
      if (!fits(...args)) return;
      stop();
      done(args);
    });
  });
}

/** Lets time pass: the engine's is the machine's. */
export function pass(ms: number): Promise<void> {
  return new Promise((done) => setTimeout(done, ms));
}

export const never: Millis = millis(0);
