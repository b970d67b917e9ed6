// Sessions of TLS that are resumed, against a server of node:tls. What has to hold: who was proved by a full handshake is
// who is spoken with, as RFC 5922 §7.3 has it, and nothing outlives the credentials or the certificate.

import { once } from 'node:events';
import { connect as connectTcp, createServer as createTcpServer, type Server } from 'node:net';
import { createServer, type TLSSocket } from 'node:tls';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Secret } from '../../../../src/base/secret.ts';
import { minutes } from '../../../../src/base/units.ts';
import type { Endpoint } from '../../../../src/sip/message/types.ts';
import { NodeStreamNetwork, type StreamSocket, type TlsCredentials } from '../../../../src/sip/transport/index.ts';
import { TlsSessions } from '../../../../src/sip/transport/tls-sessions.ts';
import { makeCertificate } from '../../../support/certificates.ts';
import { FakeClock } from '../../../support/fake-clock.ts';

const authority = makeCertificate({ commonName: 'Test authority', authority: true });
const HOUR = minutes(60);
const YEAR = 365 * 24 * HOUR;
const VERSIONS = ['TLSv1.2', 'TLSv1.3'] as const;

let clock = new FakeClock();
let client: NodeStreamNetwork;
const servers: Server[] = [];
const sockets: StreamSocket[] = [];

beforeEach(() => {
  clock = new FakeClock();
  client = new NodeStreamNetwork({ ca: authority.certificate }, clock);
});

afterEach(() => {
  for (const socket of sockets.splice(0)) socket.cut();
  for (const server of servers.splice(0)) server.close();
});

/** A server, and whether each of its handshakes was a resumption. */
async function serve(version: (typeof VERSIONS)[number]): Promise<{ port: number; resumed: boolean[] }> {
  const { certificate, key } = makeCertificate({ issuer: authority, names: ['DNS:pbx.example'] });
  const resumed: boolean[] = [];
  const server = createServer({ cert: certificate, key, maxVersion: version }, (secure: TLSSocket) => {
    resumed.push(secure.isSessionReused());
    secure.on('error', () => undefined);
    secure.on('data', (bytes) => secure.write(bytes));
  });
  server.on('tlsClientError', () => undefined);
  return { port: await listening(server), resumed };
}

async function listening(server: Server): Promise<number> {
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('no port');
  return address.port;
}

/** Opens a connection and has an octet come back by it: then the session is there as well. What it proved, or the fault. */
function open(port: number, serverName = 'pbx.example', network = client): Promise<readonly string[] | string> {
  const target: Endpoint = { protocol: 'tls', address: '127.0.0.1', port, serverName };
  return new Promise((done) => {
    const socket = network.connect(
      target,
      {},
      {
        reached: () => undefined,
        drained: () => undefined,
        opened: () => socket.write(Buffer.from('x')),
        data: () => {
          socket.cut();
          done(socket.identities);
        },
        closed: ({ code }) => done(code),
      },
    );
    sockets.push(socket);
  });
}

describe.each(VERSIONS)('a connection by %s to a server that was proved a while ago', (version) => {
  it('resumes its session, and has the identity of the handshake that it goes back to, again and again', async () => {
    const { port, resumed } = await serve(version);
    for (let turn = 0; turn < 4; turn += 1) expect(await open(port)).toEqual(['pbx.example']);
    expect(resumed).toEqual([false, true, true, true]);
  });

  it('proves it anew an hour after the last full handshake, however often it was resumed', async () => {
    const { port, resumed } = await serve(version);
    for (let turn = 0; turn < 4; turn += 1) {
      await open(port);
      clock.advance(HOUR / 2.5);
    }
    expect(resumed).toEqual([false, true, true, false]);
  });

  it('proves it anew when its certificate has ended meanwhile', async () => {
    const { port, resumed } = await serve(version);
    await open(port);
    clock.stepWall(10 * YEAR);
    await open(port);
    expect(resumed).toEqual([false, false]);
  });

  it('by another name resumes nothing: what was proved for one is not for the other', async () => {
    const { port, resumed } = await serve(version);
    expect(await open(port)).toEqual(['pbx.example']);
    expect(await open(port, 'bank.example')).toBe('certificate-refused');
    expect(await open(port)).toEqual(['pbx.example']);
    expect([resumed.at(0), resumed.at(-1)]).toEqual([false, true]);
  });

  it.each<[string, () => TlsCredentials]>([
    ['authorities', () => ({ ca: `${authority.certificate}${makeCertificate({ authority: true }).certificate}` })],
    [
      'a certificate of ours',
      () => {
        const { certificate, key } = makeCertificate({ issuer: authority, names: ['DNS:door.example'] });
        return { ca: authority.certificate, certificate, key: new Secret(key) };
      },
    ],
  ])('resumes nothing from before other %s', async (_, credentials) => {
    const { port, resumed } = await serve(version);
    await open(port);
    client.use(credentials());
    await open(port);
    expect(resumed).toEqual([false, false]);
  });

  it('is not to be had when its authority is trusted no longer', async () => {
    const { port } = await serve(version);
    await open(port);
    client.use({ ca: makeCertificate({ authority: true }).certificate });
    expect(await open(port)).toBe('certificate-refused');
  });

  it('begins anew for a while where a resumption did not get through', async () => {
    const { port, resumed } = await serve(version);
    let connections = 0;
    const moody = createTcpServer((near) => {
      connections += 1;
      near.on('error', () => undefined);
      if (connections === 2) {
        near.once('data', () => near.destroy());
        return;
      }
      const far = connectTcp(port, '127.0.0.1');
      far.on('error', () => undefined);
      near.pipe(far).pipe(near);
    });
    const door = await listening(moody);
    expect(await open(door)).toEqual(['pbx.example']);
    expect(typeof (await open(door))).toBe('string');
    for (let turn = 0; turn < 3; turn += 1) expect(await open(door)).toEqual(['pbx.example']);
    expect(resumed).toEqual([false, false, false, false]);
    clock.advance(HOUR);
    await open(door);
    await open(door);
    expect(resumed.slice(4)).toEqual([false, true]);
  });
});

describe('sessions that are kept', () => {
  it('are those of 32 servers at most, the latest', () => {
    const sessions = new TlsSessions(clock);
    const target = (port: number): Endpoint => ({ protocol: 'tls', address: '192.0.2.1', port });
    const proof = sessions.proof(['pbx.example'], clock.wall().getTime() + HOUR);
    for (let port = 1; port <= 40; port += 1) sessions.keep(target(port), { ticket: Buffer.of(port), proof });
    expect(sessions.find(target(8))).toBeUndefined();
    expect(sessions.find(target(9))?.ticket).toEqual(Buffer.of(9));
    expect(sessions.find(target(40))?.proof.identities).toEqual(['pbx.example']);
  });
});
