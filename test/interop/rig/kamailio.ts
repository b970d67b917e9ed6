// The registrar and its proxies.

import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import type { Certificate } from './certificates.ts';
import type { Host } from './network.ts';
import type { Program } from './program.ts';

/** The digest users that kamailio.cfg knows. */
export const PASSWORDS = {
  door: "door's own password",
  101: 'password-101',
  102: 'password-102',
  103: 'password-103',
} as const;

export interface KamailioOptions {
  /** The longest registration that it grants, in seconds. */
  readonly maxExpires?: number;
  /** How long a nonce is good, in seconds; afterwards it is refused as stale. */
  readonly nonceExpires?: number;
  /** Of its challenges. */
  readonly algorithm?: 'MD5' | 'SHA-256';
  /** It takes TCP and TLS as well, with this certificate. */
  readonly streams?: Certificate;
  /** It answers INVITE and REGISTER with 503 and Retry-After. */
  readonly overloaded?: boolean;
  /** It helps phones behind a NAT: where a request comes from is where its sender is. */
  readonly natHelp?: boolean;
  /** As `natHelp`, and sound goes by rtpengine, with these flags. */
  readonly relay?: string;
  /** It is a presence server as well, for the packages `presence`, `message-summary` and `reg`. */
  readonly events?: boolean;
  /** It leads who asks for a profile to the machine `proxy`. */
  readonly profiles?: boolean;
  /** It knows flows (RFC 5626): devices are bound by each edge proxy that they come by. */
  readonly flows?: boolean;
  /** It listens at its address of IPv6 alone. */
  readonly ipv6?: boolean;
  /** It listens at its public address alone. */
  readonly internet?: boolean;
}

/** What the recipe's node.cfg says. */
export interface FleetNodeOptions {
  readonly domain: string;
  readonly database: string;
}

/** Debian's empty tables of Kamailio's. */
const TABLES = '/usr/share/kamailio/dbtext/kamailio';

/** A Kamailio that can be killed and started again. */
export class Kamailio {
  #program: Program | undefined;

  private constructor(
    private readonly host: Host,
    readonly address: string,
    private readonly folder: string,
    private readonly name: string,
    private readonly defines: readonly string[],
  ) {}

  /** A registrar with a proxy. */
  static registrar(host: Host, folder: string, options: KamailioOptions = {}): Kamailio {
    const { maxExpires = 120, nonceExpires = 300, algorithm = 'MD5', streams, overloaded = false, relay } = options;
    const name = host.name === 'pbx' ? 'kamailio' : `kamailio-${host.name}`;
    const template = readFileSync(new URL('kamailio.cfg', import.meta.url), 'utf8');
    const filled = template
      .replaceAll('10.77.0.1:', `${placeOf(host, options)}:`)
      .replaceAll('@MAX_EXPIRES@', String(maxExpires))
      .replaceAll('@NONCE_EXPIRE@', String(nonceExpires))
      .replaceAll('@ALGORITHM@', algorithm)
      .replaceAll('@MEDIA@', relay ?? '')
      .replaceAll('@FOLDER@', folder);
    writeFileSync(`${folder}/${name}.cfg`, filled);
    if (streams !== undefined) writeFileSync(`${folder}/tls.cfg`, tlsConfiguration(streams));
    if (options.events === true) cpSync(TABLES, `${folder}/dbtext`, { recursive: true });
    const defines = [
      ...(streams === undefined ? [] : ['WITH_STREAMS']),
      ...(overloaded ? ['OVERLOADED'] : []),
      ...(options.natHelp === true || relay !== undefined ? ['WITH_NAT'] : []),
      ...(relay === undefined ? [] : ['WITH_RELAY']),
      ...(options.events === true ? ['WITH_EVENTS'] : []),
      ...(options.profiles === true ? ['WITH_PROFILES'] : []),
      ...(options.flows === true ? ['WITH_FLOWS'] : []),
    ];
    return new Kamailio(host, options.internet === true ? host.internet : host.address, folder, name, defines);
  }

  /** A proxy before the registrar: one that records routes, or an edge that keeps flows. */
  static proxy(host: Host, folder: string, kind: 'proxy' | 'edge' = 'proxy'): Kamailio {
    const name = `kamailio-${host.name}`;
    const template = readFileSync(new URL(`${kind}.cfg`, import.meta.url), 'utf8');
    writeFileSync(`${folder}/${name}.cfg`, template.replaceAll('@ADDRESS@', host.address));
    return new Kamailio(host, host.address, folder, name, []);
  }

  /** A node of examples/fleet. */
  static fleetNode(host: Host, parent: string, options: FleetNodeOptions): Kamailio {
    const name = `kamailio-${host.name}`;
    // Each has sockets of its own for its administrator.
    const folder = `${parent}/${name}`;
    mkdirSync(folder);
    const recipe = (file: string): string =>
      readFileSync(new URL(`../../../examples/fleet/${file}`, import.meta.url), 'utf8');
    const own = recipe('node.cfg')
      .replaceAll('192.0.2.11', host.address)
      .replace(/postgres:[^!]+/, options.database)
      .replaceAll('fleet.example.com', options.domain);
    writeFileSync(`${folder}/node.cfg`, own);
    writeFileSync(`${folder}/${name}.cfg`, recipe('kamailio.cfg'));
    return new Kamailio(host, host.address, folder, name, []);
  }

  /** Starts it and waits until it takes requests. */
  async start(): Promise<void> {
    this.#program = this.host.start({
      name: this.name,
      logFolder: this.folder,
      command: [
        ...(['kamailio', '-DD', '-E', '-m', '32', '-M', '8', '-Y', this.folder] as const),
        ...this.defines.flatMap((define) => ['-A', define]),
        ...['-f', `${this.folder}/${this.name}.cfg`],
      ],
    });
    await this.#program.lines.find('start of Kamailio', (line) => line.includes('kamailio is ready'));
  }

  /** Waits for a line of its log. */
  async said(pattern: RegExp, options: { withinMs?: number; from?: number } = {}): Promise<string> {
    if (this.#program === undefined) throw new Error('Kamailio was not started');
    return await this.#program.lines.find(String(pattern), (line) => pattern.test(line), options);
  }

  /** What an administrator says to it while it runs (`ul.rm location door`). */
  async administer(...words: readonly string[]): Promise<void> {
    const program = this.host.start({
      name: `kamcmd-${words[0]}`,
      logFolder: this.folder,
      command: ['kamcmd', '-s', `unix:${this.folder}/kamailio.ctl`, ...words],
    });
    const { code } = await program.exited;
    if (code !== 0) throw new Error(`kamcmd ${words.join(' ')}: ${program.text}`);
  }

  /** Takes it away without a farewell; its bindings are lost. */
  async kill(): Promise<void> {
    await this.#program?.kill();
  }

  async stop(): Promise<void> {
    await this.#program?.stop();
  }
}

/** As it stands in a URI. */
function placeOf(host: Host, { ipv6, internet }: KamailioOptions): string {
  if (internet === true) return host.internet;
  return ipv6 === true ? `[${host.ipv6}]` : host.address;
}

function tlsConfiguration({ certificate, key }: Certificate): string {
  return `[server:default]
method = TLSv1.2+
verify_certificate = no
require_certificate = no
certificate = ${certificate}
private_key = ${key}

[client:default]
method = TLSv1.2+
verify_certificate = no
require_certificate = no
`;
}
