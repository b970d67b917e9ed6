// A phone: baresip, which says a speech file, records what it hears and is told by ctrl_tcp what to do.

import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { loadSpeech, type Sound } from '../../support/audio-analysis.ts';
import { PASSWORDS } from './kamailio.ts';
import type { Host } from './network.ts';
import type { Program } from './program.ts';
import { Stream, until } from './stream.ts';
import { loadFirstChannel, writeWav } from './wav.ts';

export interface BaresipOptions {
  /** A user of the registrar; without `registrar` it is called and calls directly. */
  readonly user: 'door' | '101' | '102' | '103' | 'guest';
  readonly registrar?: string;
  readonly answer?: 'auto' | 'manual';
  /** What it shows who challenges its calls; default: its password at the registrar. */
  readonly credentials?: { readonly username: string; readonly password: string };
  /** In the order of preference: `PCMA`, `G722`, `L16/16000/1`. */
  readonly codecs?: readonly string[];
  /** `srtp-mand`: SDES is demanded; `dtls_srtp`: DTLS is. */
  readonly mediaEncryption?: 'srtp' | 'srtp-mand' | 'dtls_srtp';
  /** RTCP on the port of RTP (RFC 5761), where the other side agrees. */
  readonly rtcpMux?: boolean;
  /** Its offers hold ICE (RFC 8445), in full. */
  readonly ice?: boolean;
  /** It is at its address of IPv6 alone. */
  readonly ipv6?: boolean;
  /** It is at its public address. */
  readonly internet?: boolean;
  /** How much sound its packets hold, and what it asks for, in milliseconds. */
  readonly packetMs?: number;
  /** What it says, one of the speech files. */
  readonly speech?: string;
  /** In place of it: a sound, at the rate at which its codecs want to have it. */
  readonly voice?: Sound;
  /** Whose presence it watches: SIP URIs. */
  readonly watches?: readonly string[];
}

/** A ctrl_tcp event: `CALL_INCOMING`, `CALL_ESTABLISHED`, `CALL_CLOSED`, `CALL_DTMF_START`, `REGISTER_OK` … */
export interface BaresipEvent {
  readonly type: string;
  readonly peeruri?: string;
  readonly param?: string;
}

interface Reply {
  readonly token: string;
  readonly ok: boolean;
  readonly data: string;
}

const CONTROL_PORT = 4444;
/** baresip hangs up when its file ends, so that the file is made longer than any call here. */
const SPEECH_MS = 120_000;
/** A network namespace's own TCP ports can only be reached from within: this joins one to standard input and output. */
const JOIN = `const s=require('net').connect(${CONTROL_PORT},'127.0.0.1');process.stdin.pipe(s);s.pipe(process.stdout)`;

/** A running baresip. */
export class Baresip {
  readonly events: Stream<BaresipEvent>;
  readonly #replies: Stream<Reply>;
  readonly #folder: string;
  readonly #program: Program;
  #control: Program | undefined;
  #token = 0;

  private constructor(
    readonly host: Host,
    logFolder: string,
    readonly options: BaresipOptions,
  ) {
    this.events = new Stream(`baresip ${host.name}`, (event) => JSON.stringify(event));
    this.#replies = new Stream(`baresip ${host.name} replies`, (reply) => JSON.stringify(reply));
    this.#folder = `${logFolder}/baresip-${host.name}`;
    mkdirSync(this.#folder, { recursive: true });
    writeFileSync(`${this.#folder}/accounts`, this.#account());
    writeFileSync(`${this.#folder}/config`, this.#configuration());
    const contacts = (options.watches ?? []).map((uri) => `<${uri}>;presence=p2p\n`);
    writeFileSync(`${this.#folder}/contacts`, contacts.join(''));
    writeWav(`${this.#folder}/speech.wav`, this.#voice(), SPEECH_MS);
    const name = `baresip-${host.name}`;
    const family = options.ipv6 === true ? ['-6'] : [];
    const command = ['baresip', '-s', ...family, '-f', this.#folder] as const;
    this.#program = host.start({ name, logFolder, command });
  }

  /** What it offers is all that its modules have, whatever its account says. */
  #codecModules(): string[] {
    const { codecs = ['PCMA'] } = this.options;
    const moduleOf = (codec: string): string => {
      if (codec.startsWith('L16')) return 'l16';
      if (codec.startsWith('opus')) return 'opus';
      return codec.startsWith('PCM') ? 'g711' : codec.toLowerCase();
    };
    return [...new Set(codecs.map(moduleOf))];
  }

  #voice(): Sound {
    return this.options.voice ?? loadSpeech(this.options.speech ?? 'resident.en');
  }

  /** Starts one, and waits until it is registered if it is to be. */
  static async start(host: Host, logFolder: string, options: BaresipOptions): Promise<Baresip> {
    const phone = new Baresip(host, logFolder, options);
    await phone.#program.lines.find('start of baresip', (line) => line.includes('baresip is ready'));
    phone.#connect(logFolder);
    await phone.command('about');
    // Without the events that came before the control connection: the state is asked.
    if (options.registrar !== undefined) {
      await until(`${options.user} is registered`, async () => (await phone.command('reginfo')).includes('OK'));
    }
    return phone;
  }

  /** Its direct address. */
  get uri(): string {
    return `sip:${this.options.user}@${this.#place}`;
  }

  /** As it stands in a URI. */
  get #place(): string {
    if (this.options.internet === true) return this.host.internet;
    return this.options.ipv6 === true ? `[${this.host.ipv6}]` : this.host.address;
  }

  async dial(uri: string): Promise<void> {
    await this.command('dial', uri);
  }

  async accept(): Promise<void> {
    await this.command('accept');
  }

  async hangup(): Promise<void> {
    await this.command('hangup');
  }

  async hold(): Promise<void> {
    await this.command('hold');
  }

  async resume(): Promise<void> {
    await this.command('resume');
  }

  /** Sends RFC 4733 digits; several at once follow each other without a pause. */
  async sendDigits(digits: string): Promise<void> {
    await this.command('sndcode', digits);
  }

  /** Waits for an event. */
  async saw(type: string, options: { withinMs?: number; from?: number } = {}): Promise<BaresipEvent> {
    return await this.events.find(type, (event) => event.type === type, options);
  }

  /** Waits until its contact list says that of the one contact that it watches. */
  async sees(presence: 'Online' | 'Offline'): Promise<void> {
    await until(`${this.host.name} sees ${presence}`, async () => (await this.command('contacts')).includes(presence));
  }

  /** Sends a command and gives what it answers. @throws Error when baresip refuses it */
  async command(command: string, params = ''): Promise<string> {
    this.#token += 1;
    const token = String(this.#token);
    const json = Buffer.from(JSON.stringify({ command, params, token }));
    this.#control?.write(`${json.length}:${json.toString()},`);
    const reply = await this.#replies.find(`answer to ${command}`, (candidate) => candidate.token === token);
    if (!reply.ok) throw new Error(`baresip ${this.host.name} refuses ${command} ${params}: ${reply.data}`);
    return reply.data;
  }

  /** What it heard in its last call. Only whole when the call is over; what came after a hold is not in it. */
  recording(): Sound {
    const name = readdirSync(this.#folder)
      .filter((file) => file.endsWith('-dec.wav'))
      .sort()
      .at(-1);
    if (name === undefined) throw new Error(`baresip ${this.host.name} recorded nothing`);
    return loadFirstChannel(`${this.#folder}/${name}`);
  }

  async kill(): Promise<void> {
    await this.#program.kill();
  }

  async stop(): Promise<void> {
    await this.#control?.kill();
    await this.#program.stop();
  }

  #connect(logFolder: string): void {
    const reader = new NetstringReader((text) => {
      const message: BaresipEvent & Reply & { event?: boolean } = JSON.parse(text);
      if (message.event === true) this.events.push(message);
      else this.#replies.push(message);
    });
    this.#control = this.host.start({
      name: `baresip-${this.host.name}-control`,
      logFolder,
      command: [process.execPath, '-e', JOIN],
      onOutput: (chunk) => reader.write(chunk),
    });
  }

  #account(): string {
    const { user, registrar, answer = 'auto', codecs = ['PCMA', 'PCMU'], mediaEncryption, ice = false } = this.options;
    const { packetMs } = this.options;
    const registers = registrar !== undefined && user !== 'guest';
    const own = registers ? { username: user, password: PASSWORDS[user] } : undefined;
    const { credentials = own } = this.options;
    const parameters = [
      `regint=${registers ? 60 : 0}`,
      ...(credentials === undefined ? [] : [`auth_user=${credentials.username};auth_pass=${credentials.password}`]),
      `answermode=${answer}`,
      ...(ice ? ['medianat=ice'] : []),
      `audio_codecs=${codecs.join(',')}`,
      ...(mediaEncryption === undefined ? [] : [`mediaenc=${mediaEncryption}`]),
      ...(packetMs === undefined ? [] : [`ptime=${packetMs}`]),
    ];
    return `<sip:${user}@${registrar ?? this.#place}>;${parameters.join(';')}\n`;
  }

  #configuration(): string {
    return `${[
      'poll_method epoll',
      `sip_listen ${this.#place}:5060`,
      `audio_source aufile,${this.#folder}/speech.wav`,
      // Debian's has no player that only swallows; without one the recording still gets every sample.
      'audio_player none,none',
      'audio_alert none,none',
      `ausrc_srate ${this.#voice().rate}`,
      'ausrc_channels 1',
      'audio_level no',
      'rtp_ports 20000-20100',
      `rtcp_mux ${this.options.rtcpMux === true ? 'yes' : 'no'}`,
      'jitter_buffer_delay 2-5',
      'module_path /usr/lib/baresip/modules',
      ...this.#codecModules().map((name) => `module ${name}.so`),
      ...['aufile', 'sndfile', 'srtp', 'dtls_srtp', 'ice'].map((name) => `module ${name}.so`),
      ...['account', 'menu', 'ctrl_tcp', ...(this.options.watches === undefined ? [] : ['contact', 'presence'])].map(
        (name) => `module_app ${name}.so`,
      ),
      `ctrl_tcp_listen 127.0.0.1:${CONTROL_PORT}`,
      `snd_path ${this.#folder}`,
      'statmode_default off',
    ].join('\n')}\n`;
  }
}

/** Cuts `<length>:<bytes>,` out of a stream. */
class NetstringReader {
  #rest: Buffer = Buffer.alloc(0);

  constructor(private readonly take: (text: string) => void) {}

  write(chunk: Buffer): void {
    this.#rest = Buffer.concat([this.#rest, chunk]);
    for (;;) {
      const colon = this.#rest.indexOf(':');
      if (colon < 0) return;
      const end = colon + 1 + Number(this.#rest.subarray(0, colon).toString());
      if (!(this.#rest.length > end)) return;
      this.take(this.#rest.subarray(colon + 1, end).toString());
      this.#rest = this.#rest.subarray(end + 1);
    }
  }
}
