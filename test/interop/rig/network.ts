// A network of the test's own: a switch, and hosts that are network namespaces on it. Nothing of the machine's network is
// touched, so that tests cannot clash with each other or with what the machine runs.

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { Program, type ProgramOptions } from './program.ts';

/** The hosts' names and addresses; every test's network has them all. */
export const ADDRESSES = {
  pbx: '10.77.0.1',
  door: '10.77.0.2',
  proxy: '10.77.0.3',
  phone: '10.77.0.11',
  desk: '10.77.0.12',
  hall: '10.77.0.13',
  sipp: '10.77.0.21',
  dns: '10.77.0.53',
  stranger: '10.77.0.66',
} as const;

/** A host's address of IPv6, once `Network.addIpv6` has been called. */
export function ipv6Of(name: HostName): string {
  return `fd77::${ADDRESSES[name].split('.').at(-1)}`;
}

/** A host's address on what stands for the Internet (RFC 5737), once `Network.becomeInternet` has been called. */
export function internetOf(name: HostName): string {
  return `203.0.113.${ADDRESSES[name].split('.').at(-1)}`;
}

/** What a machine has behind a NAT. */
export const INNER_ADDRESS = '192.168.7.2';

export type HostName = keyof typeof ADDRESSES;

/** Begins the names of this run's namespaces, so that those of a broken-off test are known and another run's left alone. */
export function runPrefix(): string {
  return `doorphone-interop-${process.env.DOORPHONE_INTEROP_RUN ?? process.pid}`;
}

let created = 0;

/** A machine on the test's network. */
export class Host {
  constructor(
    readonly name: HostName,
    readonly namespace: string,
  ) {}

  get address(): string {
    return ADDRESSES[this.name];
  }

  get ipv6(): string {
    return ipv6Of(this.name);
  }

  get internet(): string {
    return internetOf(this.name);
  }

  /** Changes the machine's network: lines of `ip -batch`. */
  configure(commands: readonly string[]): void {
    batch(this.namespace, commands);
  }

  /** Whether a UDP port is taken here. @param pid of any process that runs here */
  listensOnUdp(pid: number, port: number): boolean {
    const place = `:${port.toString(16).toUpperCase().padStart(4, '0')} `;
    return ['udp', 'udp6'].some((family) => readFileSync(`/proc/${pid}/net/${family}`, 'utf8').includes(place));
  }

  /** Starts a process here. */
  start(options: ProgramOptions): Program {
    return new Program({ ...options, command: ['ip', 'netns', 'exec', this.namespace, ...options.command] });
  }
}

/** A switch with its hosts. */
export class Network {
  readonly #hosts = new Map<HostName, Host>();
  readonly #routers: string[] = [];
  #isInternet = false;

  private constructor(private readonly prefix: string) {}

  /** Makes the switch and the hosts named. */
  static create(names: readonly HostName[]): Network {
    created += 1;
    const network = new Network(`${runPrefix()}-${process.pid}-${created}`);
    const hub = network.switchNamespace;
    ip('netns', 'add', hub);
    batch(hub, ['link add hub type bridge', 'link set hub up']);
    for (const name of names) network.#addHost(name);
    return network;
  }

  /** Where all traffic passes: a capture here sees everything. */
  get switchNamespace(): string {
    return `${this.prefix}-switch`;
  }

  /** @throws Error when the test did not ask for this host */
  host(name: HostName): Host {
    const host = this.#hosts.get(name);
    if (host === undefined) throw new Error(`this network has no host "${name}"`);
    return host;
  }

  /**
   * Puts a machine behind a router that translates addresses and ports, as a house's does: it is `INNER_ADDRESS` then, and
   * what the others see is its old address with ports of the router's choice. Nothing gets in that did not go out before,
   * and what is idle is forgotten after a few seconds; or, where it keeps the ports, after half a minute.
   * @param keepsPorts a machine's port looks the same to everybody, as most routers of houses have it (RFC 4787 §4.1)
   */
  putBehindNat(name: HostName, { keepsPorts = false } = {}): void {
    const host = this.host(name);
    const router = `${this.prefix}-router`;
    ip('netns', 'add', router);
    this.#routers.push(router);
    batch(this.switchNamespace, [
      `link del ${name}`,
      `link add ${name} type veth peer name eth0 netns ${router}`,
      `link set ${name} master hub up`,
    ]);
    batch(router, [
      'link set lo up',
      `addr add ${this.#isInternet ? host.internet : host.address}/24 dev eth0`,
      'link set eth0 up',
      `link add inner type veth peer name eth0 netns ${host.namespace}`,
      'addr add 192.168.7.1/24 dev inner',
      'link set inner up',
    ]);
    batch(host.namespace, [
      `addr add ${INNER_ADDRESS}/24 dev eth0`,
      'link set eth0 up',
      'route add default via 192.168.7.1',
    ]);
    const inRouter = (...command: readonly string[]): void => {
      run(['netns', 'exec', router, ...command]);
    };
    inRouter('sysctl', '-qw', 'net.ipv4.ip_forward=1');
    // As routers of houses do; what the router itself took would stand in the way of what comes from within later.
    inRouter('iptables', '-A', 'INPUT', '-i', 'eth0', '-p', 'udp', '-j', 'DROP');
    const idle = keepsPorts ? 30 : 6;
    for (const flow of ['udp_timeout', 'udp_timeout_stream']) {
      inRouter('sysctl', '-qw', `net.netfilter.nf_conntrack_${flow}=${idle}`);
    }
    const ports = keepsPorts ? [] : ['--to-ports', '50000-51000', '--random'];
    for (const protocol of ['udp', 'tcp']) {
      const leaving = ['-t', 'nat', '-A', 'POSTROUTING', '-o', 'eth0', '-p', protocol, '-j', 'MASQUERADE'];
      inRouter('iptables', ...leaving, ...ports);
    }
  }

  /** Gives every machine an address of IPv6 as well. Nobody looks for duplicates: they are good at once. */
  addIpv6(): void {
    for (const host of this.#hosts.values()) host.configure([`addr add ${host.ipv6}/64 dev eth0 nodad`]);
  }

  /** Gives every machine a public address in the place of its own, as far as peers can tell. Before one is put behind a NAT. */
  becomeInternet(): void {
    this.#isInternet = true;
    for (const host of this.#hosts.values()) {
      host.configure(['addr flush dev eth0', `addr add ${host.internet}/24 dev eth0`]);
    }
  }

  /** Takes the namespaces away; the processes in them must have ended. */
  remove(): void {
    for (const host of this.#hosts.values()) ip('netns', 'del', host.namespace);
    for (const router of this.#routers) ip('netns', 'del', router);
    ip('netns', 'del', this.switchNamespace);
  }

  #addHost(name: HostName): void {
    const host = new Host(name, `${this.prefix}-${name}`);
    ip('netns', 'add', host.namespace);
    batch(this.switchNamespace, [
      `link add ${name} type veth peer name eth0 netns ${host.namespace}`,
      `link set ${name} master hub up`,
    ]);
    batch(host.namespace, ['link set lo up', `addr add ${host.address}/24 dev eth0`, 'link set eth0 up']);
    this.#hosts.set(name, host);
  }
}

/** Ends every process in namespaces that tests of this run left, and removes them. */
export function removeLeftovers(): void {
  const prefix = `${runPrefix()}-`;
  const names = ip('netns', 'list')
    .split('\n')
    .map((line) => line.split(' ')[0] ?? '')
    .filter((name) => name.startsWith(prefix));
  for (const name of names) {
    for (const pid of ip('netns', 'pids', name)
      .split('\n')
      .filter((line) => line !== '')) {
      process.kill(Number(pid), 'SIGKILL');
    }
    ip('netns', 'del', name);
  }
}

function batch(namespace: string, commands: readonly string[]): void {
  run(['-n', namespace, '-batch', '-'], `${commands.join('\n')}\n`);
}

function ip(...args: string[]): string {
  return run(args);
}

function run(args: readonly string[], input?: string): string {
  const outcome = spawnSync('ip', args, { encoding: 'utf8', input });
  if (outcome.status !== 0) throw new Error(`ip ${args.join(' ')}: ${outcome.stderr || String(outcome.error)}`);
  return outcome.stdout;
}
