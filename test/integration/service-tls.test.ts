// The service over TLS: a registrar that proves itself and one that does not, calls by the connection that the door has
// opened, certificates that change under it.

import { writeFileSync } from 'node:fs';
import { createServer, type Server, type TLSSocket, connect as tlsConnect } from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import { createResponse, parseMessage, serialize } from '../../src/sip/message/index.ts';
import type { SipMessage, SipRequest } from '../../src/sip/message/types.ts';
import { StreamFramer } from '../../src/sip/transport/stream-framer.ts';
import { Stream, until } from '../interop/rig/stream.ts';
import { type MadeCertificate, makeCertificate } from '../support/certificates.ts';
import { doorphone, ServiceFolder, ServiceProcess } from '../support/service-process.ts';

const authority = makeCertificate({ commonName: 'House authority', authority: true });
const issue = (name: string): MadeCertificate => makeCertificate({ names: [`DNS:${name}`], issuer: authority });

const cleanups: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

/** A registrar on TLS that binds whoever asks. */
class TlsRegistrar {
  readonly messages = new Stream<SipMessage>('messages at the registrar', (message) =>
    message.kind === 'request' ? message.method : String(message.status),
  );
  /** Connections that were tried, whatever became of TLS on them. */
  tries = 0;
  readonly #connections: TLSSocket[] = [];

  private constructor(
    private readonly server: Server,
    readonly port: number,
  ) {
    server.on('connection', () => {
      this.tries += 1;
    });
    server.on('tlsClientError', () => undefined);
    server.on('secureConnection', (socket) => this.#serve(socket));
  }

  static async start({ certificate, key }: MadeCertificate): Promise<TlsRegistrar> {
    const server = createServer({ cert: certificate, key });
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    const address = server.address();
    const registrar = new TlsRegistrar(server, typeof address === 'object' && address !== null ? address.port : 0);
    cleanups.push(() => registrar.stop());
    return registrar;
  }

  get connections(): number {
    return this.#connections.length;
  }

  /** Shows another certificate from now on. */
  show({ certificate, key }: MadeCertificate): void {
    this.server.setSecureContext({ cert: certificate, key });
  }

  send(text: string): void {
    this.#connections.at(-1)?.write(text);
  }

  async request(method: string): Promise<SipRequest> {
    const found = await this.messages.find(
      method,
      (message) => message.kind === 'request' && message.method === method,
    );
    if (found.kind !== 'request') throw new Error('no request');
    return found;
  }

  stop(): void {
    this.server.close();
    for (const socket of this.#connections) socket.destroy();
  }

  #serve(socket: TLSSocket): void {
    this.#connections.push(socket);
    const framer = new StreamFramer();
    socket.on('error', () => socket.destroy());
    socket.on('data', (bytes) => {
      for (const frame of framer.push(bytes)) {
        const parsed = frame.kind === 'message' ? parseMessage(frame.bytes) : undefined;
        if (parsed?.ok !== true) continue;
        this.messages.push(parsed.value);
        if (parsed.value.kind === 'request' && parsed.value.method !== 'ACK') this.#answer(socket, parsed.value);
      }
    });
  }

  #answer(socket: TLSSocket, request: SipRequest): void {
    const contact = request.headers.get('Contact');
    const headers = contact === undefined ? [] : [['Contact', `${contact};expires=300`] as const];
    socket.write(serialize(createResponse(request, 200, { headers })));
  }
}

/** A door that registers at `localhost` over TLS, and trusts the authority. */
async function start(port: number, tls: Readonly<Record<string, string>> = {}): Promise<ServiceProcess> {
  const folder = new ServiceFolder();
  writeFileSync(folder.file('ca.pem'), authority.certificate);
  folder.configure({
    accounts: [{ uri: `sips:door@localhost:${port}` }],
    sip: { listen: ['udp:127.0.0.1:0'], tls: { ca: 'ca.pem', ...tls }, accept: ['127.0.0.0/8'] },
  });
  const service = await ServiceProcess.startIn(folder);
  cleanups.push(() => service.stop());
  return service;
}

describe('an account over TLS', () => {
  it('registers, and is called by the connection that it has opened', async () => {
    const registrar = await TlsRegistrar.start(issue('localhost'));
    const service = await start(registrar.port);
    await service.saw('registration.changed', { fits: ({ registered }) => registered });
    const register = await registrar.request('REGISTER');
    expect(register.topVia.protocol).toBe('tls');
    const contact = /<([^>]+)>/.exec(register.headers.get('Contact') ?? '')?.[1];
    // RFC 5630 §5.1.1.1: an account that is sips is reached by sips.
    expect(contact).toMatch(/^sips:door@127\.0\.0\.1:\d+/);
    registrar.send(
      [
        `OPTIONS ${contact} SIP/2.0`,
        'Via: SIP/2.0/TLS localhost;branch=z9hG4bKregistrar',
        'From: <sip:pbx@localhost>;tag=1',
        `To: <${contact}>`,
        'Call-ID: 1@localhost',
        'CSeq: 1 OPTIONS',
        'Content-Length: 0',
        '\r\n',
      ].join('\r\n'),
    );
    await registrar.messages.find('200 to OPTIONS', (message) => {
      return message.kind === 'response' && message.cseq.method === 'OPTIONS' && message.status === 200;
    });
    expect(registrar.connections).toBe(1);
  });

  it('at a server that is somebody else says so, once, and registers when that is mended', async () => {
    const registrar = await TlsRegistrar.start(issue('other.example'));
    const service = await start(registrar.port);
    const fault = await service.saw('fault');
    expect(fault.what).toMatch(/^the certificate of tls 127\.0\.0\.1:\d+ is for other\.example, not for localhost$/);
    expect(fault.mend).toContain('address the server by a name');
    await until('the state says why', async () => {
      const { accounts } = await service.status();
      return accounts[0]?.registered === false && accounts[0].reason === fault.what;
    });
    await until('it was tried again', () => Promise.resolve(registrar.tries > 2));
    expect(service.allOf('fault')).toHaveLength(1);
    expect(registrar.messages.items).toEqual([]);
    registrar.show(issue('localhost'));
    await service.saw('registration.changed', { fits: ({ registered }) => registered });
  });

  it('shows its certificate to a server that asks for one, and none where it has none', async () => {
    const own = issue('door.example');
    const shownByServer = issue('localhost');
    const server = createServer({
      cert: shownByServer.certificate,
      key: shownByServer.key,
      ca: authority.certificate,
      requestCert: true,
      rejectUnauthorized: true,
    });
    const shown: (string | undefined)[] = [];
    server.on('secureConnection', (socket) => shown.push(socket.getPeerX509Certificate()?.subjectAltName));
    server.on('tlsClientError', () => undefined);
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    cleanups.push(() => server.close());
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const without = await start(port);
    expect((await without.saw('fault')).mend).toContain('sip.tls.certificate');
    await without.stop();
    const folder = new ServiceFolder();
    writeFileSync(folder.file('ca.pem'), authority.certificate);
    writeFileSync(folder.file('door.pem'), own.certificate + own.key, { mode: 0o600 });
    folder.configure({
      accounts: [{ uri: `sips:door@localhost:${port}` }],
      sip: { listen: ['udp:127.0.0.1:0'], tls: { ca: 'ca.pem', certificate: 'door.pem' } },
    });
    const service = await ServiceProcess.startIn(folder);
    cleanups.push(() => service.stop());
    await until('the certificate was shown', () => Promise.resolve(shown.includes('DNS:door.example')));
  });
});

describe('a door that listens on TLS', () => {
  async function listening(): Promise<{ readonly service: ServiceProcess; readonly port: number }> {
    const folder = new ServiceFolder();
    const { certificate, key } = issue('door.example');
    writeFileSync(folder.file('door.pem'), certificate + key, { mode: 0o600 });
    folder.configure({
      sip: { listen: ['udp:127.0.0.1:0', 'tcp:127.0.0.1:0', 'tls:127.0.0.1:0'], tls: { certificate: 'door.pem' } },
    });
    const service = await ServiceProcess.startIn(folder);
    cleanups.push(() => service.stop());
    const { addresses } = await service.log.find('sip.listening', ({ event }) => event === 'sip.listening');
    const places = Array.isArray(addresses) ? addresses.map(String) : [];
    expect(places.map((place) => place.slice(0, 3))).toEqual(['udp', 'tcp', 'tls']);
    return { service, port: Number(/:(\d+)$/.exec(places[2] ?? '')?.[1]) };
  }

  /** The names in the certificate that is shown at the port. */
  const shownAt = (port: number): Promise<string | undefined> =>
    new Promise((done, failed) => {
      const socket = tlsConnect({ host: '127.0.0.1', port, ca: authority.certificate, servername: 'door.example' });
      socket.on('error', failed);
      socket.on('secureConnect', () => {
        done(socket.getPeerX509Certificate()?.subjectAltName);
        socket.destroy();
      });
    });

  it('shows its certificate, and a new one after a reload', async () => {
    const { service, port } = await listening();
    expect(await shownAt(port)).toBe('DNS:door.example');
    const renewed = makeCertificate({ names: ['DNS:door.example', 'URI:sip:door.example'], issuer: authority });
    writeFileSync(service.folder.file('door.pem'), renewed.certificate + renewed.key);
    expect(await service.command('reload')).toMatchObject({ code: 0 });
    expect(await shownAt(port)).toBe('DNS:door.example, URI:sip:door.example');
  });

  it('refuses a reload with files that do not fit, and goes on with those it has', async () => {
    const { service, port } = await listening();
    writeFileSync(service.folder.file('door.pem'), issue('a.example').certificate + issue('b.example').key);
    const { code, stderr } = await service.command('reload');
    expect(code).toBe(1);
    expect(stderr).toContain('sip.tls.certificate: names');
    expect(stderr).toContain('whose key is not that of the certificate');
    expect(await shownAt(port)).toBe('DNS:door.example');
  });

  it('is refused by check, and does not start, when its key is another’s', async () => {
    const folder = new ServiceFolder();
    cleanups.push(() => folder.remove());
    writeFileSync(folder.file('door.pem'), issue('door.example').certificate);
    writeFileSync(folder.file('door.key'), issue('door.example').key, { mode: 0o600 });
    folder.configure({
      sip: { listen: ['tls:127.0.0.1:0'], tls: { certificate: 'door.pem', key: 'door.key' } },
    });
    const said = /doorphone\.yaml:\d+:\d+: sip\.tls\.key: names \S+door\.key, whose key is not that of/;
    const checked = await doorphone(['check', folder.configurationFile]);
    expect(checked.code).toBe(1);
    expect(checked.stdout + checked.stderr).toMatch(said);
    const started = await doorphone(['run', '--config', folder.configurationFile, '--state', folder.path]);
    expect(started.code).toBe(1);
    expect(started.stderr).toMatch(said);
  });
});
