// PostgreSQL as a process of the test's own: Debian's programs, a folder of data of its own, no service of the system's.

import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import type { Host } from './network.ts';
import type { Program } from './program.ts';

const RECIPE = new URL('../../../examples/fleet/', import.meta.url).pathname;
/** The package's own: it will not run as root. */
const AS_POSTGRES = ['setpriv', '--reuid=postgres', '--regid=postgres', '--clear-groups'] as const;

export class Postgres {
  static readonly password = 'of-the-nodes';
  readonly #data: string;
  #program: Program | undefined;

  constructor(
    private readonly host: Host,
    private readonly folder: string,
  ) {
    this.#data = `${folder}/postgres`;
  }

  /** As Kamailio writes it. */
  get url(): string {
    return `postgres://kamailio:${Postgres.password}@${this.host.address}/kamailio`;
  }

  /** Starts it with the tables of the recipe. */
  async start(domain: string, publisherPassword: string): Promise<void> {
    mkdirSync(this.#data);
    // What leads to the folder is the test's own, and shut to others.
    chmodSync(this.folder, 0o711);
    const uid = Number(spawnSync('id', ['-u', 'postgres'], { encoding: 'utf8' }).stdout);
    chownSync(this.#data, uid, uid);
    const bin = `/usr/lib/postgresql/${readdirSync('/usr/lib/postgresql').sort().at(-1)}/bin`;
    await this.#run('initdb', [`${bin}/initdb`, '-N', '-A', 'trust', '-E', 'UTF8', '--locale=C', '-D', this.#data]);
    writeFileSync(
      `${this.#data}/pg_hba.conf`,
      'local all all trust\nhost kamailio kamailio 10.77.0.0/24 scram-sha-256\n',
    );
    this.#program = this.host.start({
      name: 'postgres',
      logFolder: this.folder,
      cwd: '/',
      command: [
        ...AS_POSTGRES,
        `${bin}/postgres`,
        ...['-D', this.#data, '-h', this.host.address, '-k', this.#data, '-c', 'fsync=off'],
      ],
    });
    await this.#program.lines.find('PostgreSQL', (line) => line.includes('ready to accept connections'));
    await this.#run('database.sh', ['sh', `${RECIPE}database.sh`, domain], {
      PGHOST: this.#data,
      NODES_PASSWORD: Postgres.password,
      PUBLISHER_PASSWORD: publisherPassword,
    });
  }

  async stop(): Promise<void> {
    await this.#program?.stop();
  }

  async #run(name: string, command: readonly string[], environment: NodeJS.ProcessEnv = {}): Promise<void> {
    const program = this.host.start({
      name,
      logFolder: this.folder,
      cwd: '/',
      env: { ...process.env, ...environment },
      command: [...AS_POSTGRES, ...command],
    });
    const { code } = await program.exited;
    if (code !== 0) throw new Error(`${name}: ${program.text}`);
  }
}
