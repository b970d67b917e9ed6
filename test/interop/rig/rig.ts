// One test's network with its peers: made before the test, taken away after it, its logs shown when it failed.

import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { test as base } from 'vitest';
import { Baresip, type BaresipOptions } from './baresip.ts';
import { Authority, type Certificate } from './certificates.ts';
import { NameServer, type Zone } from './dns.ts';
import { account, Doorphone, type DoorphoneOptions } from './doorphone.ts';
import { type FleetNodeOptions, Kamailio, type KamailioOptions } from './kamailio.ts';
import { Linphone, type LinphoneOptions } from './linphone.ts';
import { Mosquitto } from './mosquitto.ts';
import { ADDRESSES, type Host, type HostName, Network } from './network.ts';
import { Nginx, type NginxOptions } from './nginx.ts';
import type { Endpoint } from './pcap.ts';
import { Postgres } from './postgres.ts';
import type { Program, ProgramOptions } from './program.ts';
import { ProvisionServer } from './provision-server.ts';
import { RtpEngine } from './rtpengine.ts';
import { describeSip } from './sip-text.ts';
import { Sipp, type SippOptions } from './sipp.ts';
import { SoundServer } from './sound-server.ts';
import { until } from './stream.ts';
import { StunServer } from './stun-server.ts';
import { Wire } from './wire.ts';

interface Stoppable {
  stop(): Promise<unknown>;
}

/** Everything a test needs; what it starts is stopped for it. */
export class Rig {
  readonly #started: Stoppable[] = [];
  #authority: Authority | undefined;

  private constructor(
    readonly folder: string,
    readonly network: Network,
    readonly wire: Wire,
  ) {}

  static async create(): Promise<Rig> {
    const folder = mkdtempSync(`${tmpdir()}/doorphone-interop-`);
    const network = Network.create(Object.keys(ADDRESSES) as HostName[]);
    return new Rig(folder, network, await Wire.tap(network, folder));
  }

  host(name: HostName): Host {
    return this.network.host(name);
  }

  async kamailio(options: KamailioOptions = {}, host: HostName = 'pbx'): Promise<Kamailio> {
    const kamailio = this.#keep(Kamailio.registrar(this.host(host), this.folder, options));
    await kamailio.start();
    return kamailio;
  }

  /** The registrar's relay for sound. */
  async relay(): Promise<RtpEngine> {
    const relay = this.#keep(new RtpEngine(this.host('pbx'), this.folder));
    await relay.start();
    return relay;
  }

  /** A STUN server on the Internet. */
  async stunServer(host: HostName): Promise<StunServer> {
    const server = this.#keep(new StunServer(this.host(host), this.folder));
    await server.start();
    return server;
  }

  /** A certificate of the registrar's, which an authority of the test's own vouches for. */
  certificate(file: string, names: readonly string[] = [`IP:${ADDRESSES.pbx}`]): Certificate {
    this.#authority ??= new Authority(this.folder);
    return this.#authority.issue(file, { names });
  }

  /** The file with the authority that vouches for them. */
  get authority(): string {
    this.#authority ??= new Authority(this.folder);
    return this.#authority.certificate;
  }

  /** A proxy between a device and the registrar. */
  async proxy(host: HostName): Promise<Kamailio> {
    const proxy = this.#keep(Kamailio.proxy(this.host(host), this.folder));
    await proxy.start();
    return proxy;
  }

  /** An edge proxy (RFC 5626) before the registrar. */
  async edge(host: HostName): Promise<Kamailio> {
    const edge = this.#keep(Kamailio.proxy(this.host(host), this.folder, 'edge'));
    await edge.start();
    return edge;
  }

  async baresip(host: HostName, options: BaresipOptions): Promise<Baresip> {
    return this.#keep(await Baresip.start(this.host(host), this.folder, options));
  }

  async linphone(host: HostName, options: LinphoneOptions): Promise<Linphone> {
    return this.#keep(await Linphone.start(this.host(host), this.folder, options));
  }

  async nameServer(zone: Zone): Promise<NameServer> {
    const server = this.#keep(new NameServer(this.host('dns'), this.folder));
    await server.start(zone);
    return server;
  }

  async sipp(options: SippOptions, host: HostName = 'sipp'): Promise<Sipp> {
    return this.#keep(await Sipp.start(this.host(host), this.folder, options));
  }

  async mosquitto(): Promise<Mosquitto> {
    const broker = this.#keep(new Mosquitto(this.host('pbx'), this.folder));
    await broker.start();
    return broker;
  }

  async nginx(options: NginxOptions): Promise<Nginx> {
    const server = this.#keep(new Nginx(this.host('pbx'), this.folder, options));
    await server.start();
    return server;
  }

  /** The database that nodes share, on the desk's machine. */
  async postgres(domain: string, publisherPassword: string): Promise<Postgres> {
    const database = this.#keep(new Postgres(this.host('desk'), this.folder));
    await database.start(domain, publisherPassword);
    return database;
  }

  /** A node of examples/fleet. */
  async fleetNode(host: HostName, options: FleetNodeOptions): Promise<Kamailio> {
    const node = this.#keep(Kamailio.fleetNode(this.host(host), this.folder, options));
    await node.start();
    return node;
  }

  /** The product's provisioning server, on the proxy's machine. @param texts the files of its folder */
  async provisionServer(texts: Readonly<Record<string, string>>): Promise<ProvisionServer> {
    const server = this.#keep(new ProvisionServer(this.host('proxy'), this.folder, texts));
    await server.start();
    return server;
  }

  /** A machine's sound server: its programs run there. */
  async soundServer(host: HostName = 'door'): Promise<SoundServer> {
    const server = this.#keep(new SoundServer(this.host(host), this.folder));
    await server.start();
    return server;
  }

  /** A registered door whose buttons ring 101 and 102 at the registrar. */
  async doorOfTwo(): Promise<Doorphone> {
    const door = await this.doorphone({
      configuration: {
        accounts: [account()],
        buttons: {
          front: { line: 'button', call: [`sip:101@${ADDRESSES.pbx}`] },
          back: { line: 'button2', call: [`sip:102@${ADDRESSES.pbx}`] },
        },
      },
    });
    await door.registered();
    return door;
  }

  /** A door of that configuration, and waits until it runs. */
  async doorphone(options: DoorphoneOptions = {}, host: HostName = 'door'): Promise<Doorphone> {
    const door = this.prepareDoorphone(options, host);
    await door.start();
    return door;
  }

  /** A door that the test starts itself. */
  prepareDoorphone(options: DoorphoneOptions = {}, host: HostName = 'door'): Doorphone {
    const folder = host === 'door' ? this.folder : `${this.folder}/${host}`;
    return this.#keep(new Doorphone(this.host(host), folder, options));
  }

  /** Any other program on a host, until the test ends. */
  program(on: HostName, options: Pick<ProgramOptions, 'name' | 'command'>): Program {
    return this.#keep(this.host(on).start({ ...options, logFolder: this.folder }));
  }

  /** Somebody on a host who listens at port 5060 and never says a word. */
  async deafPort(on: HostName): Promise<void> {
    const host = this.host(on);
    const program = host.start({
      name: 'deaf',
      logFolder: this.folder,
      command: [process.execPath, '-e', "require('dgram').createSocket('udp4').bind(5060)"],
    });
    this.#keep(program);
    await until('somebody listens', () => host.listensOnUdp(program.pid, 5060));
  }

  /** Sends one UDP datagram from port 5060 of a host. */
  async sendDatagram(from: HostName, text: string, to: Endpoint): Promise<void> {
    const script = `const socket = require('dgram').createSocket('udp4');
      socket.bind(5060, () => socket.send(process.argv[1], ${to.port}, '${to.address}', () => socket.close()));`;
    const sender = this.host(from).start({
      name: 'datagram',
      logFolder: this.folder,
      command: [process.execPath, '-e', script, text],
    });
    const { code } = await sender.exited;
    if (code !== 0) throw new Error(`the datagram was not sent: ${sender.text}`);
  }

  /** Ends all, latest first, and takes the network away. */
  async remove(): Promise<void> {
    for (const peer of this.#started.reverse()) await peer.stop();
    await this.wire.stop();
    this.network.remove();
  }

  /** For a failed test: what the wire showed and what the product and the peers said last. */
  describe(): string {
    const wire = this.wire.sip.items.slice(-60).map((message) => `  ${describeSip(message)}`);
    const logs = readdirSync(this.folder)
      .filter((name) =>
        /^(doorphone|kamailio|linphone|rtpengine|turnserver|dnsmasq|mosquitto|nginx|postgres|publish|provision-server|pulseaudio|sipp).*\.(log|errors)$/.test(
          name,
        ),
      )
      .flatMap((name) => [`-- ${name}`, ...lastLines(`${this.folder}/${name}`)]);
    return [`logs and wire.pcap are kept in ${this.folder}`, '-- SIP on the wire', ...wire, ...logs].join('\n');
  }

  #keep<Peer extends Stoppable>(peer: Peer): Peer {
    this.#started.push(peer);
    return peer;
  }
}

function lastLines(path: string): string[] {
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line.trim() !== '')
    .slice(-25)
    .map((line) => `  ${line}`);
}

/** A test with a rig of its own. */
export const test = base.extend<{ rig: Rig }>({
  rig: async ({ task }, use) => {
    const rig = await Rig.create();
    await use(rig);
    await rig.remove();
    if (task.result?.state === 'fail') process.stderr.write(`\n${task.name}\n${rig.describe()}\n`);
    else rmSync(rig.folder, { recursive: true, force: true });
  },
});
