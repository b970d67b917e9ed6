// What is measured: the product and baresip, each started as its users start it, and told to call by its own control
// socket. Both have the same address, the same speech file as microphone and nothing as loudspeaker.

import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Inbox } from './stamper.mjs';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const SPEECH = `${ROOT}sounds/visitor.en.wav`;
/** baresip hangs up when its file ends: it is made longer than any call here. */
const SPEECH_SECONDS = 120;
const WAV_HEAD = 44;
let speech = SPEECH;

/** Makes the microphone's file: the visitor's speech again and again, 16 bits at 8 kHz. */
export function makeSpeech(folder) {
  const wav = readFileSync(SPEECH);
  const voice = wav.subarray(WAV_HEAD);
  const length = SPEECH_SECONDS * 16000;
  const head = Buffer.from(wav.subarray(0, WAV_HEAD));
  head.writeUInt32LE(length + WAV_HEAD - 8, 4);
  head.writeUInt32LE(length, 40);
  speech = `${folder}/speech.wav`;
  writeFileSync(speech, Buffer.concat([head, Buffer.alloc(length, voice)]));
}
const BARESIP_CONTROL_PORT = 4444;
export const DOOR_CODE = '42#';

/** A process under measurement. */
class Subject {
  events = new Inbox();
  replies = new Inbox();

  constructor(stamper, { folder, address, port, phone, register = false, options = {} }) {
    Object.assign(this, { stamper, folder, address, port, phone, register, options });
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    this.log = `${folder}/log`;
    this.writeFiles();
  }

  get endpoint() {
    return { address: this.address, port: this.port };
  }

  get uri() {
    return `sip:door@${this.address}:${this.port}`;
  }

  /** Starts the process. @returns when */
  async launch() {
    const { pid, at } = await this.stamper.start(this.log, this.command);
    this.pid = pid;
    return at;
  }

  /** Starts it and waits until it takes commands. */
  async start() {
    const startedAt = await this.launch();
    await this.connect();
    return startedAt;
  }

  /** Connects to its control socket as soon as there is one. */
  async connect() {
    for (let tries = 0; this.control === undefined; tries += 1) {
      this.control = await this.stamper.stream(this.controlPath).catch(() => undefined);
      if (this.control !== undefined) break;
      if (tries > 500 || !existsSync(`/proc/${this.pid}`)) {
        throw new Error(`${this.name} takes no commands:\n${readFileSync(this.log, 'utf8').slice(-2000)}`);
      }
      await sleep(10);
    }
    this.control.received.watch(({ at, data }) => this.read(at, data));
    await this.connected();
  }

  /** Kilobytes: resident, and of them anonymous. */
  memory() {
    const text = readFileSync(`/proc/${this.pid}/smaps_rollup`, 'utf8');
    const field = (name) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)?.[1]);
    return { resident: field('Rss'), anonymous: field('Anonymous') };
  }

  async stop() {
    await this.control?.close().catch(() => undefined);
    this.control = undefined;
    try {
      process.kill(this.pid, 'SIGTERM');
      for (let tries = 0; existsSync(`/proc/${this.pid}`) && tries < 100; tries += 1) await sleep(20);
      process.kill(this.pid, 'SIGKILL');
    } catch (thrown) {
      if (thrown.code !== 'ESRCH') throw thrown;
    }
  }
}

/** `doorphone run`, configured as a house would be; `options.configuration` adds sections. */
export class Doorphone extends Subject {
  name = 'doorphone';
  #rest = '';
  #events = undefined;

  get command() {
    const files = ['--config', `${this.folder}/doorphone.yaml`, '--state', `${this.folder}/state`];
    const flags = this.options.nodeFlags ?? [];
    return [process.execPath, ...flags, `${ROOT}bin/doorphone`, 'run', ...files, '--socket', this.controlPath];
  }

  get controlPath() {
    return `${this.folder}/control.sock`;
  }

  get pressBytes() {
    return '{"id":7,"command":"press","button":"front"}\n';
  }

  writeFiles() {
    const { phone, address, port } = this;
    const registrar = this.register ? { registrar: `sip:${phone.address}:${phone.port}` } : { register: false };
    const configuration = {
      name: 'Front door',
      board: 'virtual',
      accounts: [{ uri: `sip:door@${phone.address}`, ...registrar }],
      sip: { listen: [`udp:${address}:${port}`] },
      audio: { device: 'file', input: speech },
      buttons: { front: { line: 'button', call: [phone.uri] } },
      doors: { main: { relay: 'relay', openFor: '100ms', code: DOOR_CODE } },
    };
    // JSON is YAML.
    writeFileSync(`${this.folder}/doorphone.yaml`, JSON.stringify(configuration, null, 2), { mode: 0o600 });
  }

  async connected() {
    this.#events = await this.stamper.stream(this.controlPath);
    let rest = '';
    this.#events.received.watch(({ at, data }) => {
      const lines = (rest + data.toString()).split('\n');
      rest = lines.pop();
      for (const line of lines) {
        const { event } = JSON.parse(line);
        if (event !== undefined) this.events.push({ at, ...event });
      }
    });
    await this.#events.send('{"id":1,"command":"events","follow":true}\n');
    await this.events.next('service.started', ({ type }) => type === 'service.started');
  }

  async stop() {
    await this.#events?.close().catch(() => undefined);
    await super.stop();
  }

  read(at, data) {
    const lines = (this.#rest + data.toString()).split('\n');
    this.#rest = lines.pop();
    for (const line of lines) this.replies.push({ at, ...JSON.parse(line) });
  }

  /** Presses the button. @returns when the byte was written */
  async dial() {
    return await this.control.send(this.pressBytes);
  }

  /** Waits for the end of the call. */
  async ended() {
    return await this.events.next('call.ended', ({ type }) => type === 'call.ended');
  }
}

/** baresip with ctrl_tcp. */
export class Baresip extends Subject {
  name = 'baresip';
  #rest = Buffer.alloc(0);

  get command() {
    return ['baresip', '-f', this.folder];
  }

  get controlPath() {
    return `127.0.0.1 ${BARESIP_CONTROL_PORT}`;
  }

  writeFiles() {
    const { phone, address, port } = this;
    const registration = this.register ? 'regint=300;auth_user=door;auth_pass=door' : 'regint=0';
    const encryption = this.options.encrypted ? ';mediaenc=srtp' : '';
    const route = `;outbound="sip:${phone.address}:${phone.port}"`;
    const account = `<sip:door@${phone.address}>;${registration};answermode=auto;audio_codecs=PCMA${encryption}`;
    writeFileSync(`${this.folder}/accounts`, `${account}${this.register ? route : ''}\n`);
    const lines = [
      ...['poll_method epoll', `sip_listen ${address}:${port}`, `audio_source aufile,${speech}`],
      ...['audio_player none,none', 'audio_alert none,none', 'ausrc_srate 8000', 'ausrc_channels 1', 'audio_level no'],
      ...['rtp_ports 20000-20100', 'module_path /usr/lib/baresip/modules', 'statmode_default off'],
      ...['g711', 'aufile', 'srtp'].map((name) => `module ${name}.so`),
      ...['account', 'menu', 'ctrl_tcp'].map((name) => `module_app ${name}.so`),
      `ctrl_tcp_listen 127.0.0.1:${BARESIP_CONTROL_PORT}`,
    ];
    writeFileSync(`${this.folder}/config`, `${lines.join('\n')}\n`);
  }

  async connected() {
    await this.#command('about');
    await this.replies.next('answer to about', ({ response }) => response === true);
  }

  /** ctrl_tcp's netstrings: `LENGTH:JSON,`. */
  read(at, data) {
    this.#rest = Buffer.concat([this.#rest, data]);
    for (;;) {
      const colon = this.#rest.indexOf(':');
      const end = colon + 1 + Number(this.#rest.subarray(0, colon).toString());
      if (colon < 0 || this.#rest.length <= end) return;
      const message = JSON.parse(this.#rest.subarray(colon + 1, end).toString());
      this.#rest = this.#rest.subarray(end + 1);
      (message.event === true ? this.events : this.replies).push({ at, ...message });
    }
  }

  async dial() {
    return await this.#command('dial', this.phone.uri);
  }

  async ended() {
    return await this.events.next('CALL_CLOSED', ({ type }) => type === 'CALL_CLOSED');
  }

  async #command(command, params = '') {
    const json = JSON.stringify({ command, params, token: 'bench' });
    return await this.control.send(`${Buffer.byteLength(json)}:${json},`);
  }
}

export function sleep(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
