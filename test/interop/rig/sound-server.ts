// A sound card that real ALSA clients can use where the machine has none: PulseAudio with null sinks, which libasound
// reaches by its `pulse` plugin. A null sink paces like a card; its monitor gives back what it was played.

import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { hertz } from '../../../src/base/units.ts';
import { loadSpeech, type Sound } from '../../support/audio-analysis.ts';
import type { Host } from './network.ts';
import type { Program } from './program.ts';
import { until } from './stream.ts';
import { writeWav } from './wav.ts';

const RATE = hertz(8000);
/** Longer than any call here. */
const SPEECH_MS = 120_000;
/** The sinks: what the door's speaker plays into, and what its microphone hears. */
const SPEAKER = 'speaker';
const MICROPHONE = 'microphone';

/** What the door's ALSA configuration makes of the server. */
export interface CardOptions {
  /** `server`: any rate. `card`: 48 kHz and two channels only, as most cards have it. */
  readonly kind: 'server' | 'card';
  /** The microphone hears the speaker instead of what is said to it. */
  readonly loopback?: boolean;
}

/** A running sound server. */
export class SoundServer {
  readonly #folder: string;
  readonly #socket: string;
  #server: Program | undefined;
  readonly #clients: Program[] = [];
  #starts = 0;

  constructor(
    private readonly host: Host,
    private readonly logFolder: string,
  ) {
    this.#folder = `${logFolder}/sound`;
    this.#socket = `${this.#folder}/socket`;
    mkdirSync(this.#folder, { recursive: true });
  }

  async start(): Promise<void> {
    this.#starts += 1;
    rmSync(this.#socket, { force: true });
    const sink = (name: string): string[] => ['-L', `module-null-sink sink_name=${name} rate=48000 channels=2`];
    this.#server = this.host.start({
      name: `pulseaudio-${this.#starts}`,
      logFolder: this.logFolder,
      env: this.#environment(),
      command: [
        ...(['pulseaudio', '-n', '--daemonize=no', '--exit-idle-time=-1', '--disallow-exit=yes'] as const),
        // Sinks first: who finds the socket finds them too.
        ...sink(SPEAKER),
        ...sink(MICROPHONE),
        ...['-L', `module-native-protocol-unix auth-anonymous=1 socket=${this.#socket}`],
      ],
    });
    await until('the sound server has its socket', () => existsSync(this.#socket));
  }

  /** The environment of a door whose ALSA device `default` is this server. */
  cardEnvironment({ kind, loopback = false }: CardOptions): NodeJS.ProcessEnv {
    const file = `${this.#folder}/asound.conf`;
    const pulse = (device: string): string => `{ type pulse; server "unix:${this.#socket}"; device "${device}" }`;
    const pcm = (device: string): string =>
      kind === 'server'
        ? pulse(device)
        : `{ type plug; slave { pcm ${pulse(device)}; rate 48000; channels 2; format S16_LE } }`;
    writeFileSync(
      file,
      `pcm.default { type asym; playback.pcm ${pcm(SPEAKER)}
        capture.pcm ${pcm(`${loopback ? SPEAKER : MICROPHONE}.monitor`)} }\n`,
    );
    return { ...this.#environment(), ALSA_CONFIG_PATH: file };
  }

  /** Says one of the speech files to the microphone, or what is made of it, over and over. */
  say(speech: string, sound: Sound = loadSpeech(speech)): void {
    const file = `${this.#folder}/${speech}.wav`;
    writeWav(file, sound, SPEECH_MS);
    this.#client('paplay', () => undefined, `--device=${MICROPHONE}`, file);
  }

  /** Begins to record what the speaker plays. @returns what it has played so far */
  recordSpeaker(): () => Sound {
    const chunks: Buffer[] = [];
    const format = ['--format=s16le', `--rate=${RATE}`, '--channels=1', '--raw', '--latency-msec=20'];
    this.#client('parec', (chunk) => chunks.push(chunk), `--device=${SPEAKER}.monitor`, ...format);
    return () => {
      const bytes = Buffer.concat(chunks);
      const samples = Float32Array.from({ length: bytes.length >> 1 }, (_, at) => bytes.readInt16LE(2 * at) / 32768);
      return { rate: RATE, samples };
    };
  }

  /** Takes it away in the middle of what it does. */
  async kill(): Promise<void> {
    await this.#server?.kill();
  }

  async stop(): Promise<void> {
    for (const client of this.#clients) await client.stop();
    await this.#server?.stop();
  }

  #client(program: string, onOutput: (chunk: Buffer) => void, ...args: readonly string[]): void {
    this.#clients.push(
      this.host.start({
        name: `${program}-${this.#clients.length}`,
        logFolder: this.logFolder,
        env: this.#environment(),
        command: [program, `--server=unix:${this.#socket}`, ...args],
        onOutput,
      }),
    );
  }

  /** Nothing of the machine's own PulseAudio, if it has one. */
  #environment(): NodeJS.ProcessEnv {
    const { DBUS_SESSION_BUS_ADDRESS: _bus, PULSE_SERVER: _server, ...rest } = process.env;
    return {
      ...rest,
      HOME: this.#folder,
      XDG_RUNTIME_DIR: this.#folder,
      PULSE_RUNTIME_PATH: `${this.#folder}/run`,
      PULSE_COOKIE: `${this.#folder}/cookie`,
    };
  }
}
