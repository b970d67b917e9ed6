// A server of files by HTTPS: a client certificate and a password wanted, everything compressed that may be.

import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import type { Certificate } from './certificates.ts';
import type { Host } from './network.ts';
import type { Program } from './program.ts';

export interface NginxOptions {
  readonly certificate: Certificate;
  /** Who vouches for those who ask; left out: nobody has to show a certificate. */
  readonly clientAuthority?: string;
  /** Left out: nobody has to show a password. */
  readonly login?: { readonly user: string; readonly password: string };
}

export class Nginx {
  static readonly port = 8443;
  readonly #files: string;
  #program: Program | undefined;
  /** nginx opens what it writes to by name, which a socket has not. */
  #reader: Program | undefined;

  constructor(
    private readonly host: Host,
    private readonly folder: string,
    options: NginxOptions,
  ) {
    this.#files = `${folder}/files`;
    mkdirSync(this.#files, { recursive: true });
    if (options.login !== undefined) {
      const { user, password } = options.login;
      const hash = spawnSync('openssl', ['passwd', '-apr1', password], { encoding: 'utf8' }).stdout.trim();
      writeFileSync(`${folder}/htpasswd`, `${user}:${hash}\n`);
    }
    writeFileSync(`${folder}/nginx.conf`, configurationOf(host, folder, options));
  }

  get url(): string {
    return `https://${this.host.address}:${Nginx.port}`;
  }

  /** A line each request: `GET /x.yaml 200 user "User-Agent"`. */
  get log(): Program['lines'] {
    if (this.#reader === undefined) throw new Error('nginx was not started');
    return this.#reader.lines;
  }

  write(name: string, text: string): void {
    writeFileSync(`${this.#files}/${name}`, text);
  }

  async start(): Promise<void> {
    this.#program = this.host.start({
      name: 'nginx',
      logFolder: this.folder,
      command: ['nginx', '-p', this.folder, '-c', `${this.folder}/nginx.conf`],
    });
    await this.#program.lines.find('start of nginx', (line) => line.includes('start worker process '));
    this.#reader = this.host.start({
      name: 'nginx-requests',
      logFolder: this.folder,
      command: ['tail', '-n', '+1', '-F', `${this.folder}/nginx.requests`],
    });
  }

  async stop(): Promise<void> {
    await this.#reader?.stop();
    await this.#program?.stop();
  }
}

function configurationOf(host: Host, folder: string, { certificate, clientAuthority, login }: NginxOptions): string {
  const client =
    clientAuthority === undefined ? '' : `ssl_client_certificate ${clientAuthority}; ssl_verify_client on;`;
  const password = login === undefined ? '' : `auth_basic "profiles"; auth_basic_user_file ${folder}/htpasswd;`;
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${folder}/tmp;`,
  );
  return `user root;
daemon off;
worker_processes 1;
pid ${folder}/nginx.pid;
error_log stderr notice;
events {}
http {
  ${temporary.join(' ')}
  log_format short '$request_method $uri $status $remote_user "$http_user_agent"';
  access_log ${folder}/nginx.requests short;
  default_type application/octet-stream;
  gzip on; gzip_min_length 1; gzip_types *;
  server {
    listen ${host.address}:${Nginx.port} ssl;
    ssl_certificate ${certificate.certificate};
    ssl_certificate_key ${certificate.key};
    ${client}
    ${password}
    root ${folder}/files;
    location /moved/ { return 302 /common.yaml; }
    location /away/ { return 302 https://169.254.169.254/latest.yaml; }
  }
}
`;
}
