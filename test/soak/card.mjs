// A sound card that can be taken away: PulseAudio with null sinks, which libasound reaches by its `pulse` plugin; where
// PulseAudio is not installed there is none, and the engine is silent.

import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { setTimeout as pass } from 'node:timers/promises';

const START_MS = 15_000;

export class Card {
  #folder = mkdtempSync(`${tmpdir()}/doorphone-soak-`);
  #server = undefined;

  static isThere() {
    return existsSync('/usr/bin/pulseaudio');
  }

  get #socket() {
    return `${this.#folder}/socket`;
  }

  async plugIn() {
    rmSync(this.#socket, { force: true });
    const { DBUS_SESSION_BUS_ADDRESS: _bus, PULSE_SERVER: _server, ...rest } = process.env;
    const environment = { ...rest, HOME: this.#folder, XDG_RUNTIME_DIR: this.#folder };
    const sink = (name) => ['-L', `module-null-sink sink_name=${name} rate=48000 channels=2`];
    const door = ['-L', `module-native-protocol-unix auth-anonymous=1 socket=${this.#socket}`];
    const flags = ['-n', '--daemonize=no', '--exit-idle-time=-1', '--disallow-exit=yes'];
    this.#server = spawn('pulseaudio', [...flags, ...sink('speaker'), ...sink('microphone'), ...door], {
      env: environment,
      stdio: 'ignore',
    });
    const end = Date.now() + START_MS;
    while (!existsSync(this.#socket)) {
      if (Date.now() > end) throw new Error('PulseAudio does not start');
      await pass(50);
    }
  }

  /** Has this process's libasound find it under `door`. */
  announce() {
    const pulse = (device) => `{ type pulse; server "unix:${this.#socket}"; device "${device}" }`;
    const text = `pcm.door { type asym; playback.pcm ${pulse('speaker')} capture.pcm ${pulse('microphone.monitor')} }\n`;
    writeFileSync(`${this.#folder}/asound.conf`, text);
    process.env.ALSA_CONFIG_PATH = `${this.#folder}/asound.conf`;
  }

  async pullOut() {
    const server = this.#server;
    this.#server = undefined;
    if (server === undefined) return;
    const gone = new Promise((done) => server.once('exit', done));
    server.kill('SIGKILL');
    await gone;
  }

  async end() {
    await this.pullOut();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
