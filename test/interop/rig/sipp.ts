// SIPp with the scenarios of this folder: peers that misbehave on purpose.

import { readFileSync, writeFileSync } from 'node:fs';
import type { Host } from './network.ts';
import type { Program } from './program.ts';
import { until } from './stream.ts';

export interface SippOptions {
  /** A file of `scenarios/`, without `.xml`. */
  readonly scenario: string;
  /** Whom a scenario calls that begins itself: `10.77.0.2:5060`. */
  readonly target?: string;
  /** The user part of what it calls. */
  readonly service?: string;
  /** What stands for `@NAME@` in the scenario: SIPp's own variables cannot be a status. */
  readonly fill?: { readonly [name: string]: string };
  /** Whether it repeats and passes over repetitions by itself; a scenario that does both on purpose wants false. */
  readonly retransmissions?: boolean;
  /** Its own; default 5060. */
  readonly port?: number;
  readonly timeoutSeconds?: number;
}

/** One run of a scenario: one call. */
export class Sipp {
  readonly #program: Program;
  readonly #errorFile: string;

  private constructor(host: Host, logFolder: string, options: SippOptions) {
    const { scenario, target, service, fill = {}, retransmissions = true, port = 5060, timeoutSeconds = 40 } = options;
    this.#errorFile = `${logFolder}/sipp-${scenario}.errors`;
    const file = `${logFolder}/${scenario}.xml`;
    let text = readFileSync(new URL(`../scenarios/${scenario}.xml`, import.meta.url), 'utf8');
    for (const [word, value] of Object.entries(fill)) text = text.replaceAll(`@${word}@`, value);
    writeFileSync(file, text);
    this.#program = host.start({
      name: `sipp-${scenario}`,
      logFolder,
      cwd: logFolder,
      env: { ...process.env, TERM: 'dumb' },
      command: [
        ...(['sipp', '-sf', file] as const),
        ...['-i', host.address, '-p', `${port}`, '-mi', host.address, '-m', '1', '-nostdin', '-trace_screen'],
        ...['-trace_err', '-error_file', this.#errorFile],
        ...['-trace_msg', '-message_file', `${logFolder}/sipp-${scenario}.messages`],
        ...['-timeout', `${timeoutSeconds}s`, '-timeout_error'],
        ...(retransmissions ? [] : ['-nr']),
        ...(service === undefined ? [] : ['-s', service]),
        // By itself it leaves the user out of the digest's URI, which is to be the Request-URI (RFC 3261 §22.4).
        ...(service === undefined || target === undefined ? [] : ['-auth_uri', `${service}@${target}`]),
        ...(target === undefined ? [] : [target]),
      ],
    });
  }

  /** Starts one; a scenario that waits for a call has its socket when this returns. */
  static async start(host: Host, logFolder: string, options: SippOptions): Promise<Sipp> {
    const sipp = new Sipp(host, logFolder, options);
    if (options.target === undefined)
      await until('SIPp has its socket', () => host.listensOnUdp(sipp.#program.pid, options.port ?? 5060));
    return sipp;
  }

  /** Waits for the end of the call. @throws Error with SIPp's own words when the peer did not keep to the scenario */
  async passed(): Promise<void> {
    const { code } = await this.#program.exited;
    if (code !== 0) throw new Error(`${this.#program.name} ended with ${code}: ${this.#errors()}`);
  }

  async stop(): Promise<void> {
    await this.#program.stop();
  }

  #errors(): string {
    try {
      return readFileSync(this.#errorFile, 'utf8').slice(0, 4000);
    } catch (thrown) {
      return `no error file (${String(thrown)})`;
    }
  }
}
