// A phone: linphone, told by its daemon's standard input what to do. The daemon and `linphonec` are one library with two
// faces; this one says every state of a call on a line of its own.

import { mkdirSync, writeFileSync } from 'node:fs';
import { loadSpeech } from '../../support/audio-analysis.ts';
import { PASSWORDS } from './kamailio.ts';
import type { Host } from './network.ts';
import type { Program } from './program.ts';
import { elapse, until } from './stream.ts';
import { writeWav } from './wav.ts';

export interface LinphoneOptions {
  /** A user of the registrar; without `registrar` it is called and calls directly. */
  readonly user: '101' | '102' | '103';
  readonly registrar?: string;
  readonly answer?: 'auto' | 'manual';
  readonly mediaEncryption?: 'srtp' | 'dtls';
  /** Whether a call without that encryption is refused. */
  readonly mandatory?: boolean;
  /** It is at its registrar by TLS, over a connection that it keeps: the file with the authority that it trusts. */
  readonly tls?: string;
  /** What it says, one of the speech files. */
  readonly speech?: string;
  /** Of the daemon; default: the test's own. */
  readonly environment?: NodeJS.ProcessEnv;
  /** Further lines of its configuration, by section. */
  readonly settings?: { readonly [section: string]: readonly string[] };
}

const SPEECH_MS = 60_000;
const DIGIT_MS = 400;

/** A running linphone. */
export class Linphone {
  readonly #program: Program;
  readonly #folder: string;

  private constructor(
    readonly host: Host,
    logFolder: string,
    readonly options: LinphoneOptions,
  ) {
    this.#folder = `${logFolder}/linphone-${host.name}`;
    // Without its folder for a database linphone never opens its ports.
    mkdirSync(`${this.#folder}/.local/share/linphone`, { recursive: true });
    writeFileSync(`${this.#folder}/rc`, this.#configuration());
    writeWav(this.speechFile, loadSpeech(options.speech ?? 'resident.en'), SPEECH_MS);
    this.#program = host.start({
      name: `linphone-${host.name}`,
      logFolder,
      cwd: this.#folder,
      env: { ...(options.environment ?? process.env), HOME: this.#folder },
      command: [
        ...(['linphone-daemon', '--disable-stats-events', '--config', `${this.#folder}/rc`] as const),
        ...['--log', `${this.#folder}/log`],
        ...(options.answer === 'manual' ? [] : ['--auto-answer']),
      ],
    });
  }

  /** Starts one, and waits until its port is open, and until it is registered if it is to be. */
  static async start(host: Host, logFolder: string, options: LinphoneOptions): Promise<Linphone> {
    // It takes a machine without a default route for one without a network.
    host.configure(['route replace default dev eth0']);
    const phone = new Linphone(host, logFolder, options);
    await until('linphone has its port', () => phone.#program.running && host.listensOnUdp(phone.#program.pid, 5060));
    if (options.registrar !== undefined) {
      const identity = `sip:${options.user}@${options.registrar}`;
      const server = options.tls === undefined ? options.registrar : `${options.registrar}:5061;transport=tls`;
      phone.command(`register ${identity} sip:${server} ${PASSWORDS[options.user]}`);
      await until('linphone is registered', () => {
        phone.command('register-status ALL');
        return phone.#program.text.includes('LinphoneRegistrationOk');
      });
    }
    return phone;
  }

  /** Its direct address. */
  get uri(): string {
    return `sip:${this.options.user}@${this.host.address}`;
  }

  get speechFile(): string {
    return `${this.#folder}/speech.wav`;
  }

  /** The place where the next line will stand. */
  get mark(): number {
    return this.#program.lines.mark;
  }

  /** One line to the daemon. */
  command(line: string): void {
    this.#program.write(`${line}\n`);
  }

  /** Waits for a state of the call: `IncomingReceived`, `StreamsRunning`, `Paused`, `PausedByRemote`, `End`, `Released`. */
  async callState(state: string, options: { withinMs?: number; from?: number } = {}): Promise<void> {
    await this.saw(state, new RegExp(`Event: LinphoneCall${state}$`), options);
  }

  async saw(what: string, pattern: RegExp, options: { withinMs?: number; from?: number } = {}): Promise<string> {
    return await this.#program.lines.find(what, (line) => pattern.test(line), options);
  }

  /** Says the speech into the call that is up; with `use_cn` this ends linphone 5.1, which then needs a microphone. */
  speak(call = 1): void {
    this.command(`incall-player-start ${this.speechFile} ${call}`);
  }

  /** RFC 4733 digits. It passes over a digit that comes while one is being sent. */
  async sendDigits(digits: string): Promise<void> {
    for (const digit of digits) {
      this.command(`dtmf ${digit}`);
      await elapse(DIGIT_MS);
    }
  }

  async stop(): Promise<void> {
    await this.#program.stop();
  }

  #configuration(): string {
    const { mediaEncryption, mandatory = false, user, tls, settings = {} } = this.options;
    const sections: { [section: string]: string[] } = {
      sip: [
        ...['sip_port=5060', 'sip_tcp_port=5060', 'sip_tls_port=-2', 'use_ipv6=0'],
        // It matches no addresses in certificates, and ours have no others.
        ...(tls === undefined ? [] : [`root_ca=${tls}`, 'verify_server_cn=0']),
        `contact=sip:${user}@${this.host.address}`,
        `media_encryption=${mediaEncryption ?? 'none'}`,
        `media_encryption_mandatory=${mandatory ? 1 : 0}`,
      ],
      rtp: ['audio_rtp_port=21000'],
      sound: ['echocancellation=0'],
      ...codec(0, 'PCMA'),
      ...codec(1, 'PCMU'),
    };
    for (const [section, lines] of Object.entries(settings)) {
      sections[section] = [...(sections[section] ?? []), ...lines];
    }
    const text = Object.entries(sections).map(([section, lines]) => `[${section}]\n${lines.join('\n')}\n`);
    return text.join('\n');
  }
}

function codec(index: number, name: string): { [section: string]: string[] } {
  return { [`audio_codec_${index}`]: [`mime=${name}`, 'rate=8000', 'channels=1', 'enabled=1'] };
}
