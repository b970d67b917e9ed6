// A name server with a zone of the test's own: dnsmasq, which answers from its arguments alone.

import type { Host } from './network.ts';
import type { Program } from './program.ts';
import { until } from './stream.ts';

export interface ServiceRecord {
  /** `_sip._udp.example.test` */
  readonly name: string;
  readonly target: string;
  readonly port: number;
  readonly priority: number;
  readonly weight?: number;
}

export interface NaptrRecord {
  readonly name: string;
  readonly order: number;
  readonly preference: number;
  /** `SIP+D2U` */
  readonly service: string;
  readonly replacement: string;
}

export interface Zone {
  readonly hosts: { readonly [name: string]: string };
  readonly services?: readonly ServiceRecord[];
  readonly naptr?: readonly NaptrRecord[];
  /** Seconds; default 60. */
  readonly timeToLive?: number;
}

/** A running name server. */
export class NameServer {
  #program: Program | undefined;

  constructor(
    private readonly host: Host,
    private readonly folder: string,
  ) {}

  /** As `sip.resolvers` names it. */
  get resolver(): string {
    return `${this.host.address}:53`;
  }

  async start(zone: Zone): Promise<void> {
    const { hosts, services = [], naptr = [], timeToLive = 60 } = zone;
    const program = this.host.start({
      name: 'dnsmasq',
      logFolder: this.folder,
      command: [
        ...(['dnsmasq', '--keep-in-foreground', '--no-resolv', '--no-hosts', '--no-poll', '--user=root'] as const),
        ...['--conf-file=/dev/null', '--log-queries', '--log-facility=-', `--listen-address=${this.host.address}`],
        ...['--bind-interfaces', '--pid-file=', '--local=/example.test/', `--local-ttl=${timeToLive}`],
        ...Object.entries(hosts).map(([name, address]) => `--host-record=${name},${address}`),
        ...services.map(
          ({ name, target, port, priority, weight = 0 }) =>
            `--srv-host=${name},${target},${port},${priority},${weight}`,
        ),
        ...naptr.map(
          ({ name, order, preference, service, replacement }) =>
            `--naptr-record=${name},${order},${preference},S,${service},,${replacement}`,
        ),
      ],
    });
    this.#program = program;
    await until('the name server has started', () => {
      if (!program.running) throw new Error(`dnsmasq ended:\n${program.text}`);
      return program.text.includes('started, version');
    });
  }

  /** The questions that came, as `NAPTR example.test`. */
  get questions(): readonly string[] {
    return (this.#program?.lines.items ?? []).flatMap((line) => {
      const [, type, name] = /query\[(\w+)\] (\S+) from/.exec(line) ?? [];
      return type === undefined || name === undefined ? [] : [`${type} ${name}`];
    });
  }

  async kill(): Promise<void> {
    await this.#program?.kill();
  }

  async stop(): Promise<void> {
    await this.#program?.stop();
  }
}
