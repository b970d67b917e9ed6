// A door lives for years: what a call, a registration, a watcher, a lost broker leave behind must be nothing. The parts of
// a service as it wires them, with time, network and sound in memory; what lives on the heap is looked at once everything
// that waits for its end has had it.

import { expect, it } from 'vitest';
import { CommandRegistry } from '../../../src/api/commands.ts';
import { Journal } from '../../../src/api/journal.ts';
import { registrationChanged } from '../../../src/app/account-state.ts';
import { silentLog } from '../../../src/base/log.ts';
import { Secret } from '../../../src/base/secret.ts';
import { seconds } from '../../../src/base/units.ts';
import { Calls } from '../../../src/call/index.ts';
import { AdmissionPolicy, DoorController } from '../../../src/door/index.ts';
import { VirtualBoard } from '../../../src/hardware/drivers/index.ts';
import { MqttBridge } from '../../../src/mqtt/bridge.ts';
import type { LinkListener } from '../../../src/mqtt/link.ts';
import { SipAgent } from '../../../src/sip/agent/sip-agent.ts';
import type { Account } from '../../../src/sip/agent/types.ts';
import type { SipRequest } from '../../../src/sip/message/types.ts';
import { CALL_SETTINGS } from '../../support/call-rig.ts';
import { configured } from '../../support/door-rig.ts';
import { FakeClock, settle } from '../../support/fake-clock.ts';
import { FakeEngine } from '../../support/fake-engine.ts';
import { grown, growth, type LiveHeap, liveHeap } from '../../support/live-heap.ts';
import { MemoryNetwork } from '../../support/memory-network.ts';
import { peerSdp } from '../../support/peer-sdp.ts';
import { subscribeTo } from '../../support/scripted-notifier.ts';
import { ScriptedPhone } from '../../support/scripted-phone.ts';
import { ScriptedRegistrar } from '../../support/scripted-registrar.ts';
import { SeededRandom } from '../../support/seeded-random.ts';

const DOOR = { address: '203.0.113.2', port: 5060 };
const PHONE = '203.0.113.3';
/** On the Internet, where a binding is looked at every 25 s. */
const SERVER = '203.0.113.1';
/** Longer than a registration and any transaction lives. */
const QUIET_MS = 330_000;
/** The events that the journal keeps: it is full before anything is counted. */
const JOURNAL = 1000;
const WARM_UP = 25;
const DAYS = 25;
const DAYS_OF_LEAK = 5;
const CALLS_A_DAY = 6;
/** What may be more of a day: strings that are longer by chance. An entry for each call, with its key, would be twice that. */
const LEAK_BYTES = 500;
/** A machine that others use takes its time. */
const PATIENCE_MS = 240_000;
/** The shortest time that one may. */
const WATCHED_S = 60;
const SCALED = { percent: 80, muted: false, by: 'engine' } as const;

/** A door in a house. */
class House {
  readonly clock = new FakeClock();
  readonly network = new MemoryNetwork(this.clock);
  readonly engine = new FakeEngine();
  readonly account: Account = {
    uri: `sip:door@${SERVER}`,
    username: 'door',
    password: new Secret('sesame'),
    expires: seconds(300),
    register: true,
  };
  readonly agent: SipAgent;
  readonly journal = new Journal(this.clock, silentLog);
  readonly board: VirtualBoard;
  readonly door: DoorController;
  #broker: LinkListener | undefined;
  #turns = 0;

  constructor(
    readonly registrar: ScriptedRegistrar,
    readonly phone: ScriptedPhone,
    { clock, network }: Pick<House, 'clock' | 'network'>,
  ) {
    this.clock = clock;
    this.network = network;
    const { account, engine, journal } = this;
    const [random, log, commands] = [new SeededRandom(3), silentLog, new CommandRegistry()];
    this.board = new VirtualBoard({ clock, log, onProcessExit: () => () => undefined });
    this.agent = new SipAgent({
      clock,
      random,
      log,
      network: network.host(DOOR.address),
      listen: [{ protocol: 'udp', ...DOOR }],
      accounts: [account],
      admit: () => undefined,
      resolve: () => Promise.reject(new Error('no resolver')),
      userAgent: 'doorphone/test',
    });
    const { agent } = this;
    const target = `sip:101@${PHONE}`;
    const configuration = configured({ accounts: [account], buttons: { front: { line: 'button', call: [target] } } });
    const calls = new Calls({ clock, random, log, agent, engine }, CALL_SETTINGS);
    const admission = new AdmissionPolicy(
      { accept: [], targets: [target], accountUris: [account.uri] },
      { log, servers: () => agent.servers, lookup: async () => [] },
    );
    const services = { clock, random, log, journal, commands, calls, engine, board: this.board, agent, admission };
    this.door = new DoorController({ ...services, accounts: [account] }, configuration);
    const settings = { url: 'mqtt://broker', prefix: 'doorphone/front', commands: [], homeAssistant: false };
    const bridge = new MqttBridge(settings, {
      ...{ clock, random, log, journal, commands },
      state: () => ({
        ...this.door.state(),
        accounts: [],
        accepts: [],
        mqtt: { configured: true, connected: true },
        media: {
          realtime: true,
          memoryLocked: true,
          device: 'virtual',
          fault: null,
          volume: { speaker: SCALED, microphone: SCALED },
        },
        version: '0',
        uptime: 0,
      }),
      openLink: (_, listener) => {
        this.#broker = listener;
        return {
          connect: () => listener.connected(),
          publish: (_topic, _payload, _retain, delivered) => delivered?.(),
          subscribe: () => undefined,
          close: () => Promise.resolve(),
        };
      },
    });
    agent.on('registration', (state, cause) =>
      journal.record('registration.changed', registrationChanged(state, cause)),
    );
    bridge.start();
    phone.onMessage = (message) => message.kind === 'request' && this.#answer(message);
    registrar.phone.onDatagram = isKeepAlive;
  }

  static async build(): Promise<House> {
    const clock = new FakeClock();
    const network = new MemoryNetwork(clock);
    const registrar = await ScriptedRegistrar.start(network, () => clock.now(), 'sesame', SERVER);
    const house = new House(registrar, await ScriptedPhone.plug(network, PHONE), { clock, network });
    await house.agent.start();
    house.door.start();
    clock.advance(1000);
    return house;
  }

  #answer(request: SipRequest): void {
    if (request.method === 'NOTIFY') this.phone.answer(request, 200);
    if (request.method !== 'INVITE') return;
    this.phone.answer(request, 180);
    this.phone.answer(request, 200, { sdp: peerSdp({ address: PHONE }) });
  }

  /** A visitor is let in, and the phone hangs up. */
  call(): void {
    this.board.setLine('button', true);
    this.clock.advance(100);
    this.board.setLine('button', false);
    this.clock.advance(100);
    const session = this.engine.session;
    if (session === undefined) throw new Error('nobody talks');
    this.engine.startMedia();
    for (const digit of '42#') this.engine.emit('digit', session.id, digit, this.clock.now());
    const { callId, from, to } = this.phone.request('INVITE');
    this.#turns += 1;
    const bye = this.phone.make('BYE', {
      uri: `sip:door@${DOOR.address}`,
      from: `<${to.uri}>;tag=phone-tag`,
      to: `<${from.uri}>;tag=${from.parameters.get('tag')}`,
      callId,
      sequence: 1,
    });
    this.phone.send(bye, DOOR);
    this.clock.advance(100);
    if (this.phone.response('BYE').status !== 200) throw new Error('the phone could not hang up');
  }

  /** Nobody is there; the visitor presses again, and goes. */
  giveUp(): void {
    this.phone.onMessage = (message) => {
      if (message.kind === 'request' && message.method === 'INVITE') this.phone.answer(message, 180);
    };
    for (const pressed of [true, false, true, false]) {
      this.board.setLine('button', pressed);
      this.clock.advance(1000);
    }
    this.phone.onMessage = (message) => message.kind === 'request' && this.#answer(message);
    this.phone.request('CANCEL');
  }

  /** A phone watches the door for a while, from a dialog of its own. */
  watch(): void {
    this.#turns += 1;
    subscribeTo(this.phone, DOOR, { callId: `watch-${this.#turns}`, expires: String(WATCHED_S) });
    this.clock.advance(WATCHED_S * 1000 + 1000);
    if (this.phone.response('SUBSCRIBE').status !== 200) throw new Error('the phone may not watch');
  }

  /** Registrar and broker go, and come back. */
  async fail(): Promise<void> {
    this.registrar.kill();
    this.#broker?.disconnected('ended');
    this.clock.advance(60_000);
    await this.registrar.restart();
    this.registrar.phone.onDatagram = isKeepAlive;
  }

  /** Lets everything come to its end, and has those who stand around forget it. */
  async rest(): Promise<void> {
    this.clock.advance(QUIET_MS);
    const { network, phone, registrar, engine } = this;
    const kept: unknown[][] = [network.sent, phone.received, registrar.notes, registrar.phone.received];
    for (const list of [...kept, engine.sessions, engine.played]) list.length = 0;
    await settle();
  }
}

const isKeepAlive = (bytes: Buffer): boolean => bytes.toString().trim() === '';

/** What a door goes through in a day. */
async function live(house: House, days: number, more: () => void = () => undefined): Promise<LiveHeap> {
  for (let day = 0; day < days; day += 1) {
    for (let call = 0; call < CALLS_A_DAY; call += 2) {
      house.call();
      house.giveUp();
    }
    house.watch();
    await house.fail();
    more();
  }
  await house.rest();
  return await liveHeap();
}

it('a door keeps nothing of its days, and would be seen to keep a thing', { timeout: PATIENCE_MS }, async () => {
  const house = await House.build();
  const first = await live(house, WARM_UP);
  const isFull = house.journal.recent.length === JOURNAL;
  const second = await live(house, DAYS);
  // As a table would that no call is taken out of.
  const forgotten = new Set<unknown>();
  const keep = (): void => house.engine.sessions.forEach((session) => void forgotten.add(session));
  const third = await live(house, DAYS_OF_LEAK, keep);
  expect(isFull).toBe(true);
  expect(grown(first, second), JSON.stringify(growth(first, second))).toBeLessThan(DAYS * LEAK_BYTES);
  expect(grown(second, third), JSON.stringify(growth(second, third))).toBeGreaterThan(DAYS_OF_LEAK * LEAK_BYTES);
  expect(forgotten.size).toBe(DAYS_OF_LEAK * CALLS_A_DAY);
});
