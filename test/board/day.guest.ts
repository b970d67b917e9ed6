// Days on the wall, with time that skips what nothing happens in: a call an hour, a registrar and a broker that are away
// now and then. What the service takes up is told hour by hour, and must not grow.

import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { PCMA } from '../interop/rig/rtp.ts';
import { HouseBroker } from '../support/house-broker.ts';
import { UdpPhone } from '../support/udp-phone.ts';
import { Door, elapse, expect, scenario, tell } from './guest.ts';

const HOURS = Number(process.env.HOURS ?? '24');
/** After each quarter of them. */
const LIVE_HOURS: readonly number[] = [1, 2, 3, 4].map((quarter) => Math.floor((HOURS * quarter) / 4));
const HOUR_MS = 3_600_000;
const TALK_MS = 4_000;
const EXPIRES_S = 600;
/** In every fifth hour the registrar is away, longer than a registration lives; in every seventh the broker. */
const REGISTRAR_AWAY = { every: 5, forMs: 900_000 };
const BROKER_AWAY = { every: 7, forMs: 300_000 };
/** Back-off grows to a minute at most, with half of it by chance. */
const BACK_WITHIN_MS = 100_000;
/** What lives on the heap after half of the time and at the end may differ by this, beside so much for each call between. */
const [SLACK_KB, MOST_KB_A_CALL] = [2048, 2];
/** Addresses of the Internet: there a binding is looked at every 25 s. */
const [SERVER, DOOR, PHONE] = ['203.0.113.1', '203.0.113.2', '203.0.113.3'];

for (const address of [SERVER, DOOR, PHONE]) execFileSync('ip', ['address', 'add', `${address}/32`, 'dev', 'lo']);
let phone = await UdpPhone.plug(PHONE, 5070);
const door = new Door(`
name: Front door
board: virtual
audio: { device: virtual }
sip: { listen: [ "udp:${DOOR}:5060" ] }
accounts: [ { uri: "sip:door@${SERVER}", registrar: "sip:${SERVER}", expires: ${EXPIRES_S}s } ]
buttons: { front: { line: button, call: [ "${phone.uri}" ] } }
doors: { main: { relay: relay, openFor: 1s, code: "42#" } }
mqtt: { url: "mqtt://127.0.0.1:1883" }
`);

/** Keeps one binding, and lists it to who asks (RFC 3261 §10.3). */
class Registrar {
  answered = 0;
  #binding = '';
  #socket: UdpPhone | undefined;

  /** What it has heard so far is forgotten as well: of a month that is much. */
  async come(): Promise<void> {
    this.#socket?.unplug();
    const socket = await UdpPhone.plug(SERVER, 5060);
    socket.onMessage = (message) => {
      if (message.method !== 'REGISTER') return;
      this.answered += 1;
      this.#binding = message.header('Contact') ?? this.#binding;
      const headers = this.#binding === '' ? [] : [`Contact: ${this.#binding};expires=${EXPIRES_S}`];
      socket.respond(message, 200, { headers });
    };
    this.#socket = socket;
  }

  /** It keeps nothing over a restart. */
  leave(): void {
    this.#binding = '';
    this.#socket?.unplug();
    this.#socket = undefined;
  }
}

/** In this program: one of its own wakes ten times a second, which are most of what happens on a quiet day. */
class Broker {
  #broker: HouseBroker | undefined;

  async come(): Promise<void> {
    this.#broker = await HouseBroker.start({ port: 1883 });
  }

  async leave(): Promise<void> {
    await this.#broker?.kill();
  }
}

/** What the service takes up. */
interface Size {
  readonly hour: number;
  readonly memoryKb: number;
  /** Of it: JavaScript's heap and what else is the process's own, not files. */
  readonly ownKb: number;
  readonly descriptors: number;
  readonly threads: number;
  readonly logBytes: number;
  readonly stateBytes: number;
}

const registrar = new Registrar();
const broker = new Broker();
const sizes: Size[] = [];
/** What lives on the heap, looked at rarely: to look sweeps away what else would have been swept later. */
const live: { readonly hour: number; readonly kb: number }[] = [];
let logBytes = 0;
let calls = 0;

function size(hour: number): Size {
  const status = readFileSync(`/proc/${door.pid}/status`, 'utf8');
  const number = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1]);
  const state = `${door.folder}/state`;
  const files = readdirSync(state, { withFileTypes: true }).filter((entry) => entry.isFile());
  return {
    hour,
    memoryKb: number('VmRSS'),
    ownKb: number('RssAnon'),
    descriptors: readdirSync(`/proc/${door.pid}/fd`).length,
    threads: number('Threads'),
    logBytes,
    stateBytes: files.reduce((total, { name }) => total + statSync(`${state}/${name}`).size, 0),
  };
}

/** A visitor is let in, and the phone hangs up. */
async function call(): Promise<void> {
  const [mark, from] = [door.mark, phone.messages.mark];
  await door.execute('press', { button: 'front' });
  const talk = await phone.takeCall({ format: PCMA }, from);
  await elapse(TALK_MS / 2);
  talk.rtp.press('42#');
  await door.saw('door.opened', () => true, mark);
  await elapse(TALK_MS / 2);
  await talk.hangup();
  await door.saw('call.ended', ({ reason }) => reason === 'hangup-remote', mark);
}

async function isAway(server: Registrar | Broker, forMs: number, event: 'registration.changed' | 'mqtt.changed') {
  const key = event === 'mqtt.changed' ? 'connected' : 'registered';
  const mark = door.mark;
  await server.leave();
  await elapse(forMs);
  await door.saw(event, ({ [key]: works }) => works === false, mark);
  await server.come();
  await elapse(BACK_WITHIN_MS);
  await door.saw(event, ({ [key]: works }) => works === true, mark);
}

async function hour(at: number): Promise<void> {
  const end = performance.now() + HOUR_MS;
  await call();
  if (at % REGISTRAR_AWAY.every === REGISTRAR_AWAY.every - 1) {
    await isAway(registrar, REGISTRAR_AWAY.forMs, 'registration.changed');
  }
  if (at % BROKER_AWAY.every === BROKER_AWAY.every - 1) await isAway(broker, BROKER_AWAY.forMs, 'mqtt.changed');
  await elapse(end - performance.now());
  logBytes += door.log.reduce((total, line) => total + line.length + 1, 0);
  calls += door.events.filter(({ event }) => event === 'call.ended').length;
  // What was seen is not kept: a month of it is much for a board.
  door.forget();
  await registrar.come();
  phone.unplug();
  phone = await UdpPhone.plug(PHONE, 5070);
  sizes.push(size(at + 1));
  if ((at + 1) % 24 === 0) tell({ day: (at + 1) / 24, ...sizes.at(-1) });
  if (LIVE_HOURS.includes(at + 1)) live.push({ hour: at + 1, kb: Math.round((await door.liveBytes()) / 1024) });
}

await scenario({
  'the service starts, registers, and has its broker': async () => {
    await registrar.come();
    await broker.come();
    await door.startMeasured();
    await door.saw('registration.changed', ({ registered }) => registered === true);
    await door.saw('mqtt.changed', ({ connected }) => connected === true);
  },

  'a call an hour, while registrar and broker go and come back': async () => {
    for (let at = 0; at < HOURS; at += 1) await hour(at);
    expect('calls', calls, HOURS);
    return { hours: HOURS, calls, registersAnswered: registrar.answered };
  },

  'nothing grows': () => {
    const [first, settled, last] = [sizes[0], sizes[Math.floor(sizes.length / 4)], sizes.at(-1)];
    if (first === undefined || settled === undefined || last === undefined) throw new Error('nothing was measured');
    const facts = { first, settled, last, logBytesAnHour: Math.round(last.logBytes / HOURS), live };
    const grown = (what: 'memoryKb' | 'ownKb'): boolean => last[what] > 1.25 * settled[what] + 4096;
    const leaks = (): boolean => {
      const [, half, , end] = live;
      return half === undefined || end === undefined || end.kb - half.kb > SLACK_KB + (calls / 2) * MOST_KB_A_CALL;
    };
    const isRight =
      last.descriptors <= settled.descriptors &&
      last.threads <= settled.threads &&
      last.stateBytes <= settled.stateBytes + 4096 &&
      facts.logBytesAnHour < 10_000 &&
      !grown('memoryKb') &&
      !grown('ownKb') &&
      !leaks();
    if (!isRight) throw new Error(JSON.stringify(sizes));
    return facts;
  },

  'it ends in time': async () => {
    expect('exit code', await door.kill('SIGTERM'), 0);
    registrar.leave();
    await broker.leave();
    phone.unplug();
  },
});
