// A whole door without network, sound and wires: real rules, real calls, and by hand whatever is outside.

import { CommandRegistry } from '../../src/api/commands.ts';
import type { DoorphoneEvent, EventType } from '../../src/api/events.ts';
import { Journal } from '../../src/api/journal.ts';
import { Secret } from '../../src/base/secret.ts';
import { millis, minutes, seconds } from '../../src/base/units.ts';
import { Calls } from '../../src/call/index.ts';
import type { Configuration, MotionConfiguration, TamperConfiguration } from '../../src/config/index.ts';
import { AdmissionPolicy, DoorController, type DoorServices, type TamperMemory } from '../../src/door/index.ts';
import { VirtualBoard } from '../../src/hardware/drivers/index.ts';
import type { Account } from '../../src/sip/agent/types.ts';
import { FakeAgent } from './fake-agent.ts';
import { FakeClock } from './fake-clock.ts';
import { FakeEngine, type FakeMediaSession } from './fake-engine.ts';
import { peerSdp } from './peer-sdp.ts';
import { ProcessExits } from './process-exits.ts';
import { RecordingLog } from './recording-log.ts';
import { SeededRandom } from './seeded-random.ts';

export const ACCOUNT: Account = { uri: 'sip:door@example.com', expires: seconds(300), register: true };

/** One button, one door, one account; as a file with those keys alone would be. */
export const CONFIGURATION: Configuration = {
  name: 'Front door',
  board: 'virtual',
  addons: [],
  lines: {},
  lamps: {},
  keypads: {},
  readers: {},
  modules: {},
  accounts: [ACCOUNT],
  sip: {
    listen: [{ transport: 'udp', address: '0.0.0.0', port: 5060 }],
    answer: 'automatic',
    transfer: 'known',
    watchers: 'calls',
    publish: 'off',
    clickToDial: false,
    digest: ['SHA-256', 'MD5'],
    sessionExpires: 'off',
    outbound: 'off',
    dtmf: 'rtp',
  },
  media: {
    codecs: ['PCMA', 'PCMU'],
    srtp: 'off',
    suites: ['AES_CM_128_HMAC_SHA1_80'],
    keying: ['sdes'],
    profile: 'avp',
    ports: { first: 16384, last: 16484 },
    stun: [],
    packetTime: millis(20),
    playoutDelay: { least: millis(5), most: millis(200) },
    inbandDigits: false,
  },
  audio: {
    device: { kind: 'virtual' },
    speaker: 80,
    microphone: 80,
    echoCancellation: true,
    noiseSuppression: true,
    gainControl: true,
    voiceActivityDetection: false,
    mixer: 'auto',
    announcements: { ringback: 'tone', busy: 'tone', failure: 'tone', opened: 'tone' },
    controls: {},
  },
  calls: { ringFor: seconds(30), maxDuration: minutes(5), pressAgain: 'cancel' },
  buttons: { front: { line: 'button', call: ['sip:101@example.com'] } },
  doors: { main: { relay: 'relay', openFor: seconds(3), code: new Secret('42#') } },
  log: { level: 'info', digits: false },
};

/** A configuration that differs from CONFIGURATION in whole sections or in keys of one. */
export function configured(changes: {
  readonly sip?: Partial<Configuration['sip']>;
  readonly calls?: Partial<Configuration['calls']>;
  readonly log?: Partial<Configuration['log']>;
  readonly buttons?: Configuration['buttons'];
  readonly doors?: Configuration['doors'];
  readonly accounts?: Configuration['accounts'];
  readonly lamps?: Configuration['lamps'];
  readonly keypads?: Configuration['keypads'];
  readonly readers?: Configuration['readers'];
  readonly tamper?: TamperConfiguration;
  readonly motion?: MotionConfiguration;
}): Configuration {
  return {
    ...CONFIGURATION,
    sip: { ...CONFIGURATION.sip, ...changes.sip },
    calls: { ...CONFIGURATION.calls, ...changes.calls },
    log: { ...CONFIGURATION.log, ...changes.log },
    buttons: changes.buttons ?? CONFIGURATION.buttons,
    doors: changes.doors ?? CONFIGURATION.doors,
    accounts: changes.accounts ?? CONFIGURATION.accounts,
    lamps: changes.lamps ?? CONFIGURATION.lamps,
    keypads: changes.keypads ?? CONFIGURATION.keypads,
    readers: changes.readers ?? CONFIGURATION.readers,
    ...(changes.tamper === undefined ? {} : { tamper: changes.tamper }),
    ...(changes.motion === undefined ? {} : { motion: changes.motion }),
  };
}

/** The admission that a configuration asks for. */
export function admissionFor(
  configuration: Configuration,
  agent: FakeAgent,
  lookup: (host: string) => Promise<readonly string[]> = async () => [],
): AdmissionPolicy {
  const rules = {
    accept: configuration.sip.accept,
    targets: Object.values(configuration.buttons).flatMap((button) => button.call),
    accountUris: configuration.accounts.map((account) => account.uri),
  };
  return new AdmissionPolicy(rules, { log: new RecordingLog(), servers: () => agent.servers, lookup });
}

/** A started door and everything around it. */
export class DoorRig {
  readonly clock = new FakeClock();
  readonly log = new RecordingLog();
  readonly random = new SeededRandom();
  readonly journal = new Journal(this.clock, this.log);
  readonly commands = new CommandRegistry();
  readonly agent = new FakeAgent();
  readonly engine = new FakeEngine();
  readonly exits = new ProcessExits();
  readonly board = new VirtualBoard({ clock: this.clock, log: this.log, onProcessExit: this.exits.onProcessExit });
  readonly calls: Calls;
  readonly door: DoorController;

  /** @param tamperMemory what is kept of a block between two lives */
  constructor(
    readonly configuration: Configuration = CONFIGURATION,
    tamperMemory?: TamperMemory,
    credentials: Pick<DoorServices, 'keypads' | 'readers'> = {},
  ) {
    const { clock, log, random, journal, commands, agent, engine, board } = this;
    agent.registrations = configuration.accounts.map((account) => ({ account, registered: true, reason: null }));
    const { codecs, srtp, keying, suites, profile, packetTime } = configuration.media;
    const settings = {
      codecs,
      srtp,
      keying,
      suites,
      profile,
      packetTime,
      dtmf: configuration.sip.dtmf,
      silenceAfter: seconds(5),
    };
    this.calls = new Calls({ clock, random, log, agent, engine }, settings);
    const services = { clock, random, log, journal, commands, calls: this.calls, engine, board, agent };
    this.door = new DoorController(
      {
        ...services,
        ...credentials,
        accounts: configuration.accounts,
        admission: admissionFor(configuration, agent),
        ...(tamperMemory === undefined ? {} : { tamperMemory }),
      },
      configuration,
    );
    this.door.start();
  }

  /** A finger on a button: down and up again. */
  pressButton(line = 'button'): void {
    this.board.setLine(line, true);
    this.clock.advance(100);
    this.board.setLine(line, false);
  }

  /** Presses, and has the phone answer. */
  talk(): void {
    this.pressButton();
    this.agent.session.peerProgresses(180);
    this.agent.session.peerAccepts(peerSdp());
  }

  /** The peer presses keys, 100 ms each. */
  peerTypes(digits: string): void {
    for (const digit of digits) {
      this.engine.emit('digit', this.media.id, digit, this.clock.now());
      this.clock.advance(100);
    }
  }

  get media(): FakeMediaSession {
    if (this.engine.session === undefined) throw new Error('no media session was opened');
    return this.engine.session;
  }

  get relay(): boolean {
    return this.board.read('relay').active;
  }

  /** The events of these types, without their time, oldest first. */
  events<Type extends EventType>(...types: Type[]): readonly Omit<DoorphoneEvent<Type>, 'time'>[] {
    return this.journal.recent.flatMap((event) => {
      if (!types.some((type) => type === event.type)) return [];
      const { time: _time, ...fields } = event;
      return [fields as Omit<DoorphoneEvent<Type>, 'time'>];
    });
  }

  /** The types of all events so far but those of lines. */
  get story(): readonly EventType[] {
    return this.journal.recent.map((event) => event.type).filter((type) => type !== 'line.changed');
  }
}
