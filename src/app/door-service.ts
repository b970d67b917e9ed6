// One configuration at work: engine, board, agent, calls, door, MQTT, wired together. It begins with `start` and ends
// with `stop`; a changed configuration that cannot be put into force live is a new DoorService.

import { CommandRegistry } from '../api/commands.ts';
import type { Journal } from '../api/journal.ts';
import type { StateReport } from '../api/state.ts';
import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import type { Random } from '../base/random.ts';
import { type Millis, seconds } from '../base/units.ts';
import { Calls, peerAddress } from '../call/index.ts';
import { type Configuration, calledBy, describeKeysInTheClear } from '../config/index.ts';
import { AdmissionPolicy, DoorController, type TamperMemory } from '../door/index.ts';

import type { Board, Keypad } from '../hardware/ports/index.ts';
import { MappedPorts, type MediaEngine } from '../media/index.ts';
import type { MqttBridge } from '../mqtt/bridge.ts';
import { loadNative } from '../native.ts';
import {
  type Account,
  type DatagramSystem,
  type Endpoint,
  formatHostPort,
  NodeDatagramNetwork,
  NodeStreamNetwork,
  type PinnedServer,
  SipAgent,
} from '../sip/index.ts';
import { accountState, registrationChanged } from './account-state.ts';
import { Announcements } from './announcements.ts';
import { asksForSysfs, configuredBoard, machineName, openBoard, thisMachine } from './boards.ts';
import { Calibration } from './calibration.ts';
import { EchoMemory, type EchoStore } from './echo-memory.ts';
import { Faults } from './faults.ts';
import { keptOutputsWarning } from './kept-outputs.ts';
import { openMatrixKeypads } from './matrix-keypads.ts';
import { withModules } from './modules.ts';
import { resolveHost, systemDns } from './names.ts';
import { type NetworkNews, type NetworkReader, NetworkWatcher } from './network-watcher.ts';
import { keepRecord, type OutputMemory, recordOf } from './output-record.ts';
import { openSerialDevices, type SerialDevices } from './serial-devices.ts';
import { openSound, usableCodecs } from './sound.ts';
import { SoundVolume } from './sound-volume.ts';
import { findStunServers, reportStun, stunWarning } from './stun.ts';
import { levelsState, voiceOf, voiceState } from './voice.ts';

export interface ServiceContext {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly journal: Journal;
  /** What is wrong with the process itself. */
  readonly faults: Faults;
  readonly version: string;
  /** The URN of this device, the same after every start; left out: it has none to show. */
  readonly instance?: string;
  /** Looks at the machine's network; left out: nobody notices that it has changed. */
  readonly network?: NetworkReader;
  /** Says when to look; left out: it is looked at every second. */
  readonly networkNews?: NetworkNews;
  /** Where the end of a block by the tamper switch is kept; left out: it ends with the service. */
  readonly tamperMemory?: TamperMemory;
  /** Where it is kept which relays there are, for `doorphone release`; left out: nowhere. */
  readonly outputMemory?: OutputMemory;
  /** Where it is kept how far behind the echo is; left out: it is found anew after each start. */
  readonly echoStore?: EchoStore;
  /** When the process began to serve, on the clock. */
  readonly startedAt: Millis;
}

/** How long a peer that ought to send may be silent before an event says so. */
const SILENCE_AFTER = seconds(3);

/** A door at work. */
export class DoorService {
  /** What can be asked of this service; `status` and `reload` are the process's own. */
  readonly commands = new CommandRegistry();
  readonly engine: MediaEngine;
  readonly board: Board;
  readonly #serial: SerialDevices;
  readonly #matrices: readonly Keypad[];
  readonly agent: SipAgent;
  /** What is wrong with this configuration's parts; the next DoorService finds its own. */
  readonly #faults: Faults;
  readonly #streams: NodeStreamNetwork;
  readonly #volume: SoundVolume;
  readonly #announcements: Announcements;
  readonly #echo: EchoMemory;
  readonly #door: DoorController;
  readonly #calls: Calls;
  #admission: AdmissionPolicy;
  /** Where there are STUN servers: the ports of calls. */
  readonly #mapped: MappedPorts | undefined;
  #mqtt: MqttBridge | undefined;
  readonly #watcher: NetworkWatcher | undefined;
  readonly #networkListeners: (() => void)[] = [];
  /** What there is to say of outputs that outlive the service. */
  #kept: string | undefined;
  /** Whether the board asks for its lines by sysfs. */
  readonly #sysfs: boolean;
  #stopped = false;

  /** @throws DoorphoneError when the board or the engine cannot be had at all */
  constructor(
    private configuration: Configuration,
    private readonly context: ServiceContext,
  ) {
    const { clock, random, log, journal, version } = context;
    this.#faults = new Faults(journal, log);
    const board = openBoard(configuration, { clock, log, faults: this.#faults });
    this.board = withModules(board, configuration, { clock, random, log, journal, faults: this.#faults });
    this.#serial = openSerialDevices(configuration, { clock, random, log, journal, faults: this.#faults });
    this.#matrices = openMatrixKeypads(configuration, { clock, log, faults: this.#faults, board: this.board });
    const data = configuredBoard(configuration);
    this.#sysfs = data !== undefined && asksForSysfs(data);
    const sound = openSound(configuration, data, { log, faults: this.#faults });
    this.engine = sound.engine;
    this.#volume = new SoundVolume(
      {
        clock,
        log,
        journal,
        faults: this.#faults,
        engine: this.engine,
        mixer: sound.mixer,
      },
      configuration.audio,
    );
    this.#announcements = new Announcements(this.engine, this.#faults);
    this.#announcements.apply(configuration.audio);
    this.engine.setToneDigits(configuration.media.inbandDigits);
    this.#echo = new EchoMemory({ engine: this.engine, journal, log, store: context.echoStore });
    const calibration = new Calibration({
      clock,
      engine: this.engine,
      isBusy: () => this.#door.state().call !== null,
      found: (echo) => this.#echo.keep(echo),
    });
    this.commands.handle('calibrate', () => calibration.run());
    this.commands.handle('volume', (asked, by) => this.#volume.command(asked, by));
    this.#admission = this.#admissionFor(configuration);
    const accounts = accountsOf(configuration);
    const { sessionExpires } = configuration.sip;
    this.#streams = new NodeStreamNetwork(configuration.sip.tls ?? {}, clock);
    this.agent = new SipAgent({
      clock,
      random,
      log,
      network: new NodeDatagramNetwork(datagramSystem()),
      streams: this.#streams,
      listen: placesOf(configuration),
      accounts,
      ...(context.instance === undefined ? {} : { instance: context.instance }),
      outbound: configuration.sip.outbound === 'auto',
      admit: (peer) => this.#admission.admit(peer),
      callers: () => this.#admission.callers,
      callerAlgorithms: () => this.configuration.sip.digest,
      resolve: resolveHost,
      dns: systemDns(() => this.configuration.sip.resolvers),
      sessionExpires: sessionExpires === 'off' ? undefined : sessionExpires,
      userAgent: `doorphone/${version}`,
      dialogDetail: () => this.configuration.sip.watchers,
    });
    this.#mapped = this.#createMappedPorts();
    this.#calls = new Calls(
      {
        clock,
        random,
        log,
        agent: this.agent,
        engine: this.engine,
        ...(this.#mapped === undefined ? {} : { ports: this.#mapped }),
      },
      callSettings(configuration, this.engine),
    );
    this.#door = new DoorController(
      {
        clock,
        random,
        log,
        journal,
        commands: this.commands,
        calls: this.#calls,
        engine: this.engine,
        board: this.board,
        keypads: [...this.#serial.keypads, ...this.#matrices],
        readers: this.#serial.readers,
        agent: this.agent,
        accounts,
        admission: this.#admission,
        ...(context.tamperMemory === undefined ? {} : { tamperMemory: context.tamperMemory }),
      },
      configuration,
    );
    this.#watcher = this.#createWatcher();
    this.#reportAgent();
  }

  /** Opens the sockets and begins to serve. @throws DoorphoneError `port-in-use` and the like; nothing is left open */
  async start(): Promise<void> {
    try {
      await this.agent.start();
      const addresses = this.agent.listening.map(formatPlace);
      this.context.log.info('sip.listening', { addresses });
      this.#sayWhoMayCall();
      this.#sayWarnings();
      this.agent.prepare(targetsOf(this.configuration));
      this.#watcher?.start();
      this.#mapped?.start();
      this.#door.start();
      this.#sayKeptOutputs();
      this.#leaveWord();
      this.#volume.start();
      this.#echo.start();
      await this.#startMqtt();
    } catch (thrown) {
      await this.stop();
      throw thrown;
    }
  }

  /** Ends the call, releases the relays, removes the registrations, says `offline`. Safe to call again. */
  async stop(): Promise<void> {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#watcher?.stop();
    this.#echo.stop();
    this.#door.stop();
    this.#calls.stop();
    this.#mapped?.stop();
    this.#serial.close();
    for (const keypad of this.#matrices) keypad.close();
    await Promise.all([this.agent.stop(), this.#mqtt?.stop(), this.#volume.stop()]);
    this.engine.close();
    this.board.close();
  }

  /** Calls `listener` when the machine's network is another one, after the agent has been told. */
  onNetworkChanged(listener: () => void): void {
    this.#networkListeners.push(listener);
  }

  /** The server, or none, that has to show one of certain keys where it is spoken to by TLS. */
  pin(server: PinnedServer | undefined): void {
    this.#streams.pin(server);
  }

  /** Whether a call is up or a door is open: nothing is restarted meanwhile. */
  get busy(): boolean {
    const { call, doors } = this.#door.state();
    return call !== null || Object.values(doors).some((door) => door.open);
  }

  /** Whether the sound's threads have given the last sign of life that they were asked for; asks for the next. */
  feelPulse(): boolean {
    return this.engine.feelPulse();
  }

  /** Puts into force what needs no restart: buttons, doors, limits, who may call in. */
  apply(configuration: Configuration): void {
    this.#streams.use(configuration.sip.tls ?? {});
    this.configuration = configuration;
    this.#admission = this.#admissionFor(configuration);
    this.#sayWhoMayCall();
    this.#sayWarnings();
    this.#calls.settings = callSettings(configuration, this.engine);
    this.#volume.apply(configuration.audio);
    this.#announcements.apply(configuration.audio);
    this.engine.setToneDigits(configuration.media.inbandDigits);
    this.engine.setVoice(voiceOf(configuration.audio, this.engine.state.device));
    this.#door.apply(configuration, this.#admission, accountsOf(configuration));
    this.#sayKeptOutputs();
    this.#leaveWord();
    this.agent.prepare(targetsOf(configuration));
  }

  state(): StateReport {
    const { clock, version, startedAt } = this.context;
    const { realtime, memoryLocked, device, deviceFault, byTurns } = this.engine.state;
    const door = this.#door.state();
    const unheard = stunWarning(this.#mapped?.trouble);
    const warnings = [...warningsOf(this.configuration), unheard, this.#kept].filter((one) => one !== undefined);
    const faults = [...door.faults, ...this.#faults.list, ...this.context.faults.list];
    return {
      ...door,
      state: door.state === 'idle' && faults.length > 0 ? 'fault' : door.state,
      faults,
      ...(warnings.length === 0 ? {} : { warnings }),
      accounts: this.agent.registrations.map(accountState),
      accepts: this.#admission.description,
      mqtt: { configured: this.configuration.mqtt !== undefined, connected: this.#mqtt?.connected ?? false },
      media: {
        realtime,
        memoryLocked,
        device,
        fault: deviceFault ?? null,
        ...(byTurns === true ? { byTurns } : {}),
        volume: this.#volume.report,
        voice: voiceState(this.engine),
        levels: levelsState(this.engine),
        ...(this.#mapped === undefined ? {} : { mapped: this.#mapped.address ?? null }),
      },
      version,
      uptime: Math.floor((clock.now() - startedAt) / 1000),
    };
  }

  #sayWhoMayCall(): void {
    this.context.log.info('sip.admission', { mayCallIn: this.#admission.description });
  }

  /** Where a host calls from: all of the servers that calls to it go to. @throws Error when it has no address */
  async #addressesOf(host: string): Promise<readonly string[]> {
    const addresses = await this.agent.addressesOf(host);
    if (addresses.length === 0) throw new Error(`${host} has no address`);
    return addresses;
  }

  /** Once the relays are taken: which chips they are on counts. */
  #sayKeptOutputs(): void {
    const before = this.#kept;
    this.#kept = keptOutputsWarning(this.board);
    if (this.#kept !== undefined && this.#kept !== before) {
      this.context.log.warn('service.warning', { what: this.#kept });
    }
  }

  /** Once the relays are taken and before any is on: for whoever is to release them when this process cannot. */
  #leaveWord(): void {
    const { outputMemory } = this.context;
    if (outputMemory === undefined) return;
    const machine = machineName(thisMachine());
    keepRecord(recordOf(this.configuration, this.board, { machine, sysfs: this.#sysfs }), outputMemory, this.#faults);
  }

  #sayWarnings(): void {
    for (const what of warningsOf(this.configuration)) this.context.log.warn('service.warning', { what });
  }

  #admissionFor(configuration: Configuration): AdmissionPolicy {
    const { sip, accounts } = configuration;
    return new AdmissionPolicy(
      {
        accept: sip.accept,
        targets: targetsOf(configuration),
        accountUris: accounts.flatMap(urisOf),
      },
      { log: this.context.log, servers: () => this.agent.servers, lookup: (host) => this.#addressesOf(host) },
    );
  }

  #createWatcher(): NetworkWatcher | undefined {
    const { clock, log, network, networkNews } = this.context;
    if (network === undefined) return undefined;
    const changed = (): void => {
      // First: calls that move with the agent wait for what is found out there.
      this.#mapped?.networkChanged();
      this.agent.networkChanged();
      for (const listener of this.#networkListeners) listener();
    };
    const news = networkNews === undefined ? {} : { news: networkNews };
    return new NetworkWatcher({ clock, log, read: network, ...news, changed });
  }

  #createMappedPorts(): MappedPorts | undefined {
    const { clock, random, log } = this.context;
    const { stun } = this.configuration.media;
    if (stun.length === 0) return undefined;
    const { agent, engine } = this;
    return new MappedPorts({
      clock,
      random,
      log,
      engine,
      silenceAfter: SILENCE_AFTER,
      findServers: (found) => findStunServers(agent, stun, found),
      localAddress: (server) => agent.localAddress(server),
      troubled: (trouble) => {
        reportStun(this.#faults, trouble);
        const what = stunWarning(trouble);
        if (what !== undefined) log.warn('service.warning', { what });
      },
    });
  }

  #reportAgent(): void {
    const { journal } = this.context;
    this.agent.on('registration', (state, cause) => {
      journal.record('registration.changed', registrationChanged(state, cause));
    });
    this.agent.on('messagesWaiting', ({ uri }, { waiting, voice }) => {
      journal.record('messages.waiting', { account: uri, waiting, ...voice });
    });
    this.agent.on('message', ({ from, authenticatedAs, type: contentType, body }) => {
      const user = authenticatedAs === undefined ? {} : { user: authenticatedAs };
      journal.record('message.received', { from: peerAddress(from.uri), ...user, contentType, length: body.length });
    });
    // Said and over: what a scanner sends must not stand in the state, where each telling would add another.
    this.agent.on('fault', (what, mend) => journal.record('fault', { what, mend }));
  }

  /** Loaded here and not with the program: a call must not wait for it at start. */
  async #startMqtt(): Promise<void> {
    const { mqtt } = this.configuration;
    if (mqtt === undefined) return;
    const [{ MqttBridge }, { openClientLink }] = await Promise.all([
      import('../mqtt/bridge.ts'),
      import('../mqtt/client-link.ts'),
    ]);
    if (this.#stopped) return;
    const { clock, random, log, journal } = this.context;
    this.#mqtt = new MqttBridge(mqtt, {
      clock,
      random,
      log,
      journal,
      commands: this.commands,
      state: () => this.state(),
      openLink: openClientLink,
    });
    this.#mqtt.start();
  }
}

/** What the addon does for UDP. */
function datagramSystem(): DatagramSystem {
  const addon = loadNative();
  return {
    open: (address, port, beside) => addon.datagramOpen(address, port, beside),
    seal: (descriptor) => addon.datagramSeal(descriptor),
  };
}

/** The configuration's accounts; they call under the door's name. */
function accountsOf(configuration: Configuration): readonly Account[] {
  const publish = configuration.sip.publish === 'presence';
  return configuration.accounts.map((account) => ({ displayName: configuration.name, publish, ...account }));
}

/** Who the account is, and its servers. */
function urisOf({ uri, registrar, registrars = [], outboundProxy, outboundProxies = [] }: Account): string[] {
  const named = [uri, registrar, ...registrars.flat(), outboundProxy, ...outboundProxies];
  return named.filter((one) => one !== undefined);
}

/** What works, and should be known. */
function warningsOf(configuration: Configuration): readonly string[] {
  const keys = describeKeysInTheClear(configuration);
  return keys === undefined ? [] : [keys];
}

/** Whom the buttons call. */
function targetsOf({ buttons }: Configuration): readonly string[] {
  return Object.values(buttons).flatMap(calledBy);
}

function callSettings(
  { audio, media, sip }: Configuration,
  engine: MediaEngine,
): ConstructorParameters<typeof Calls>[1] {
  const { srtp, keying, suites, profile, packetTime, playoutDelay } = media;
  const codecs = usableCodecs(media.codecs, engine.state);
  const { voiceActivityDetection } = audio;
  return {
    ...{ codecs, srtp, keying, suites, profile, packetTime, playoutDelay, voiceActivityDetection },
    dtmf: sip.dtmf,
    silenceAfter: SILENCE_AFTER,
  };
}

function placesOf({ sip }: Configuration): readonly Endpoint[] {
  return sip.listen.map(({ transport, address, port }) => ({ protocol: transport, address, port }));
}

/** As it stands in `sip.listen`, with the port that the system gave. */
function formatPlace({ protocol, address, port }: SipAgent['listening'][number]): string {
  return `${protocol}:${formatHostPort(address, port)}`;
}
