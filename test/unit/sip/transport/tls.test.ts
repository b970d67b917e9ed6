import { createHash, X509Certificate } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Secret } from '../../../../src/base/secret.ts';
import { copyRequest, createResponse, formatHostPort } from '../../../../src/sip/message/index.ts';
import type { Endpoint } from '../../../../src/sip/message/types.ts';
import {
  NodeDatagramNetwork,
  NodeStreamNetwork,
  type SendFailure,
  type TlsCredentials,
  TransportLayer,
} from '../../../../src/sip/transport/index.ts';
import { type CertificateParts, CLIENT_AUTH, makeCertificate, SERVER_AUTH } from '../../../support/certificates.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { RecordingLog } from '../../../support/recording-log.ts';
import { SeededRandom } from '../../../support/seeded-random.ts';
import { outgoing } from '../../../support/sip-messages.ts';

const authority = makeCertificate({ commonName: 'Test authority', authority: true });
const stranger = makeCertificate({ commonName: 'Another authority', authority: true });
const issued = (parts: CertificateParts): TlsCredentials => {
  const { certificate, key } = makeCertificate({ issuer: authority, ...parts });
  return { certificate, key: new Secret(key) };
};
const trusting = { ca: authority.certificate };

const open: TransportLayer[] = [];
let clock = new FakeClock();

beforeEach(() => {
  clock = new FakeClock();
});

afterEach(() => {
  for (const layer of open.splice(0)) layer.close();
  clock.advance(60_000);
});

interface Agent {
  readonly layer: TransportLayer;
  readonly network: NodeStreamNetwork;
  readonly faults: { readonly what: string; readonly mend: string }[];
  /** What was answered, and to whom. */
  readonly statuses: number[];
  readonly sources: Endpoint[];
  readonly port: number;
}

/** A user agent on 127.0.0.1 that answers every request with 200; it listens for TLS where it has a certificate. */
async function agent(credentials: TlsCredentials, address = '127.0.0.1'): Promise<Agent> {
  const network = new NodeStreamNetwork(credentials, clock);
  const faults: { what: string; mend: string }[] = [];
  const statuses: number[] = [];
  const sources: Endpoint[] = [];
  const layer = new TransportLayer({
    clock,
    random: new SeededRandom(1),
    log: new RecordingLog(),
    network: new NodeDatagramNetwork(),
    streams: network,
    receive: (message, source) => {
      sources.push(source);
      if (message.kind === 'response') statuses.push(message.status);
      else layer.send(createResponse(message, 200), layer.responseTarget(message, source), () => undefined);
    },
    fault: (what, mend) => faults.push({ what, mend }),
  });
  open.push(layer);
  await layer.listen([
    { protocol: 'udp', address, port: 0 },
    ...(credentials.certificate === undefined ? [] : [{ protocol: 'tls', address, port: 0 } as const]),
  ]);
  return { layer, network, faults, statuses, sources, port: layer.listening.at(-1)?.port ?? 0 };
}

/** Sends an OPTIONS; resolves with its status, or with what kept it from being answered. */
async function ask(caller: Agent, target: Endpoint, parameters = ''): Promise<number | SendFailure> {
  const { host, port } = caller.layer.via(target);
  const via = `SIP/2.0/TLS ${formatHostPort(host, port)};branch=z9hG4bK${caller.statuses.length}${parameters}`;
  let failure: SendFailure | undefined;
  const before = caller.statuses.length;
  caller.layer.send(copyRequest(outgoing('OPTIONS'), 'Via', via), target, (why) => {
    failure = why;
  });
  for (;;) {
    clock.advance(0);
    const status = caller.statuses[before];
    if (status !== undefined) return status;
    if (failure !== undefined) return failure;
    await new Promise((turn) => setImmediate(turn));
  }
}

const tls = (port: number, serverName?: string, address = '127.0.0.1'): Endpoint => ({
  protocol: 'tls',
  address,
  port,
  ...(serverName === undefined ? {} : { serverName }),
});

describe('a server that proves to be the domain that was asked for (RFC 5922 §7.3)', () => {
  it.each([
    ['a SIP URI', ['URI:sip:pbx.example', 'DNS:other.example'], 'pbx.example'],
    ['a DNS name', ['DNS:pbx.example'], 'PBX.example'],
    ['one of several', ['DNS:a.example', 'DNS:b.example'], 'b.example'],
    ['its common name, where it has no other names', [], 'test'],
  ])('by %s', async (_, names, serverName) => {
    const server = await agent(issued({ names }));
    const caller = await agent(trusting);
    expect(await ask(caller, tls(server.port, serverName))).toBe(200);
    expect(await ask(caller, tls(server.port, serverName))).toBe(200);
    expect(caller.layer.connections).toEqual({ accepted: 0, opened: 1 });
    expect(caller.faults).toEqual([]);
  });

  it.each(['127.0.0.1', '::1'])('by its address %s, where it is addressed by that', async (address) => {
    const server = await agent(issued({ names: [`IP:${address}`] }), address);
    const caller = await agent(trusting, address);
    expect(await ask(caller, tls(server.port, undefined, address))).toBe(200);
  });

  it('by being the very certificate that is trusted', async () => {
    const own = makeCertificate({ names: ['DNS:pbx.example'] });
    const server = await agent({ certificate: own.certificate, key: new Secret(own.key) });
    const caller = await agent({ ca: own.certificate });
    expect(await ask(caller, tls(server.port, 'pbx.example'))).toBe(200);
  });

  it('with each connection anew: a name that it has proved does not do for another', async () => {
    const server = await agent(issued({ names: ['DNS:pbx.example'] }));
    const caller = await agent(trusting);
    expect(await ask(caller, tls(server.port, 'pbx.example'))).toBe(200);
    expect(await ask(caller, tls(server.port, 'other.example'))).toMatchObject({ code: 'certificate-refused' });
    clock.advance(600_000);
    expect(caller.layer.connections.opened).toBe(0);
    expect(await ask(caller, tls(server.port, 'pbx.example'))).toBe(200);
  });
});

describe('a server that does not', () => {
  const DAY = 86_400_000;
  it.each<[string, CertificateParts, string, string, string]>([
    ['another host', { names: ['DNS:other.example'] }, 'pbx.example', 'is for other.example, not for pbx', 'address'],
    ['a domain above', { names: ['DNS:example'] }, 'pbx.example', 'is for example, not for pbx.example', 'address'],
    // §7.2: no form of wildcard.
    ['a wildcard', { names: ['DNS:*.example'] }, 'pbx.example', 'is for *.example, not for', 'address'],
    // §7.1: DNS names do not count beside a SIP URI, nor a common name beside any.
    ['a URI of another', { names: ['URI:sip:a.example', 'DNS:pbx.example'] }, 'pbx.example', 'is for a.example', ''],
    ['its common name alone', { names: ['IP:10.0.0.1'], commonName: 'pbx.example' }, 'pbx.example', 'for nobody', ''],
    ['a user of the domain', { names: ['URI:sip:bob@pbx.example'] }, 'pbx.example', 'is for nobody', 'address'],
    ['a sips URI', { names: ['URI:sips:pbx.example'] }, 'pbx.example', 'is for nobody', 'address'],
    ['another address', { names: ['IP:127.0.0.2'] }, '127.0.0.1', 'is for nobody, not for 127.0.0.1', 'address'],
    [
      'a past time',
      { names: ['DNS:a.example'], until: new Date(Date.now() - DAY / 2) },
      'a.example',
      'expired',
      'renew',
    ],
    ['a future time', { names: ['DNS:a.example'], from: new Date(Date.now() + DAY / 2) }, 'a.example', 'yet', 'clock'],
    ['a stranger', { names: ['DNS:a.example'], issuer: stranger }, 'a.example', 'not known here', 'sip.tls.ca'],
    [
      'other ends',
      { names: ['DNS:a.example'], usages: [CLIENT_AUTH] },
      'a.example',
      'not made for a server',
      'serverAuth',
    ],
  ])('but has a certificate of %s is refused, with one event', async (_, parts, serverName, what, mend) => {
    const server = await agent(issued(parts));
    const caller = await agent(trusting);
    const target = serverName === '127.0.0.1' ? tls(server.port) : tls(server.port, serverName);
    const failure = await ask(caller, target);
    expect(failure).toMatchObject({ code: 'certificate-refused', message: expect.stringContaining(what) });
    await ask(caller, target);
    expect(caller.faults).toHaveLength(1);
    expect(caller.faults[0]?.what).toContain(what);
    expect(caller.faults[0]?.mend).toContain(mend);
    expect(server.sources).toEqual([]);
    expect(caller.layer.connections.opened).toBe(0);
  });

  it('but has signed its certificate itself is refused', async () => {
    const own = makeCertificate({ names: ['DNS:pbx.example'] });
    const server = await agent({ certificate: own.certificate, key: new Secret(own.key) });
    const caller = await agent(trusting);
    expect(await ask(caller, tls(server.port, 'pbx.example'))).toMatchObject({
      code: 'certificate-refused',
      message: expect.stringContaining('signed by itself'),
    });
  });

  it('is refused by default too: the authorities of Node.js know nothing of it', async () => {
    const server = await agent(issued({ names: ['DNS:pbx.example'] }));
    const caller = await agent({});
    expect(await ask(caller, tls(server.port, 'pbx.example'))).toMatchObject({ code: 'certificate-refused' });
  });

  it('speak TLS at all is said', async () => {
    const plain = new NodeStreamNetwork({}, clock);
    const listener = await plain.listen({ protocol: 'tcp', address: '127.0.0.1', port: 0 }, (socket) => ({
      reached: () => undefined,
      opened: () => undefined,
      data: () => socket.write(Buffer.from('SIP/2.0 400 Bad Request\r\n\r\n')),
      drained: () => undefined,
      closed: () => undefined,
    }));
    const caller = await agent(trusting);
    expect(await ask(caller, tls(listener.port, 'pbx.example'))).toMatchObject({ code: 'tls-refused' });
    expect(caller.faults[0]?.what).toContain('does not speak TLS');
    listener.close();
  });
});

describe('certificates of ours', () => {
  it('are shown to a server that asks, which then may send its requests back by the connection (RFC 5923 §8.2)', async () => {
    const server = await agent({ ...issued({ names: ['DNS:pbx.example'] }), ...trusting });
    const caller = await agent({ ...issued({ names: ['URI:sip:door.example'] }), ...trusting });
    expect(await ask(caller, tls(server.port, 'pbx.example'))).toBe(200);
    const [source] = server.sources;
    if (source === undefined) throw new Error('no source');
    expect(await ask(server, { ...source, serverName: 'door.example' })).toBe(200);
    expect(server.layer.connections).toEqual({ accepted: 1, opened: 0 });
    const another = await ask(server, { ...source, serverName: 'other.example' });
    expect(another).toMatchObject({ code: 'ECONNREFUSED' });
  });

  it('make the port in our Via ours, where it has `alias`: requests for it come by the connection (RFC 5923 §8.2)', async () => {
    const server = await agent({ ...issued({ names: ['DNS:pbx.example'] }), ...trusting });
    const caller = await agent({ ...issued({ names: ['DNS:door.example'] }), ...trusting });
    const without = await agent(trusting);
    for (const [at, asking] of [caller, without].entries()) {
      expect(await ask(asking, tls(server.port, 'pbx.example'), ';alias')).toBe(200);
      const own = asking.layer.via(tls(server.port, 'pbx.example')).port ?? 0;
      const back = await ask(server, tls(own, 'door.example'));
      if (at === 0) expect(back).toBe(200);
      else expect(back).not.toBe(200);
      expect(server.layer.connections).toEqual({ accepted: at + 1, opened: 0 });
    }
  });

  it('are not asked of a server twice: a numeric address of the same place is reached by the same connection', async () => {
    const server = await agent(issued({ names: ['DNS:pbx.example'] }));
    const caller = await agent(trusting);
    expect(await ask(caller, tls(server.port))).toMatchObject({ code: 'certificate-refused' });
    expect(await ask(caller, tls(server.port, 'pbx.example'))).toBe(200);
    expect(await ask(caller, tls(server.port))).toBe(200);
    expect(caller.layer.connections.opened).toBe(1);
  });

  it('of whom we do not know are worth nothing, and none is needed to be answered', async () => {
    const server = await agent({ ...issued({ names: ['DNS:pbx.example'] }), ...trusting });
    const caller = await agent({ ...issued({ names: ['URI:sip:door.example'], issuer: stranger }), ...trusting });
    expect(await ask(caller, tls(server.port, 'pbx.example'))).toBe(200);
    const [source] = server.sources;
    if (source === undefined) throw new Error('no source');
    const back = await ask(server, { ...source, serverName: 'door.example' });
    expect(back).toMatchObject({ code: 'ECONNREFUSED' });
  });

  it('can be changed while we listen: the next connection has the new ones', async () => {
    const server = await agent(issued({ names: ['DNS:old.example'], usages: [SERVER_AUTH] }));
    const caller = await agent(trusting);
    expect(await ask(caller, tls(server.port, 'old.example'))).toBe(200);
    server.network.use(issued({ names: ['DNS:new.example'] }));
    expect(await ask(caller, tls(server.port, 'old.example'))).toBe(200);
    expect(await ask(caller, tls(server.port, 'new.example'))).toBe(200);
  });

  it('that cannot be used are refused with a sentence, and the old ones stay', async () => {
    const { certificate } = makeCertificate();
    const { key } = makeCertificate();
    const server = await agent(issued({ names: ['DNS:pbx.example'] }));
    expect(() => server.network.use({ certificate, key: new Secret(key) })).toThrow('sip.tls cannot be used');
    expect(await ask(await agent(trusting), tls(server.port, 'pbx.example'))).toBe(200);
  });

  it('are needed to listen', async () => {
    const network = new NodeStreamNetwork({}, clock);
    const refused = network.listen(tls(0), () => {
      throw new Error('nobody connects');
    });
    await expect(refused).rejects.toMatchObject({ code: 'no-certificate' });
  });
});

describe('a server with a pinned key (RFC 6080 §5.2.1)', () => {
  /** As `openssl x509 -pubkey | openssl pkey -pubin -outform der | openssl dgst -sha256 -binary | base64` has it. */
  const hashOf = ({ certificate = '' }: TlsCredentials): string => {
    const key = new X509Certificate(certificate).publicKey.export({ type: 'spki', format: 'der' });
    return createHash('sha256').update(key).digest('base64');
  };
  const unsigned = (): TlsCredentials => {
    const { certificate, key } = makeCertificate({ names: ['DNS:somebody.example'] });
    return { certificate, key: new Secret(key) };
  };

  it('is believed by that key, whoever signed, whatever name it has; and again by a session', async () => {
    const own = unsigned();
    const [server, caller] = [await agent(own), await agent(trusting)];
    caller.network.pin({ host: 'BOOT.example', keys: ['another', hashOf(own)], certified: false });
    expect(await ask(caller, tls(server.port, 'boot.example'))).toBe(200);
    caller.layer.networkChanged();
    expect(await ask(caller, tls(server.port, 'boot.example'))).toBe(200);
  });

  it('is not believed with another key, though all else is right', async () => {
    const own = issued({ names: ['DNS:boot.example'] });
    const [server, caller] = [await agent(own), await agent(trusting)];
    caller.network.pin({ host: 'boot.example', keys: [hashOf(unsigned())], certified: false });
    expect(await ask(caller, tls(server.port, 'boot.example'))).toMatchObject({
      code: 'certificate-refused',
      message: `the key of tls 127.0.0.1:${server.port} is none of those that are pinned`,
    });
    expect(server.sources).toEqual([]);
  });

  it('needs its certificate as well where that is asked for', async () => {
    const own = unsigned();
    const [server, caller] = [await agent(own), await agent(trusting)];
    caller.network.pin({ host: 'boot.example', keys: [hashOf(own)], certified: true });
    expect(await ask(caller, tls(server.port, 'boot.example'))).toMatchObject({ code: 'certificate-refused' });
  });

  it('is no matter of other servers', async () => {
    const [server, caller] = [await agent(unsigned()), await agent(trusting)];
    caller.network.pin({ host: 'boot.example', keys: [], certified: false });
    expect(await ask(caller, tls(server.port, 'pbx.example'))).toMatchObject({ code: 'certificate-refused' });
    const good = await agent(issued({ names: ['DNS:pbx.example'] }));
    expect(await ask(caller, tls(good.port, 'pbx.example'))).toBe(200);
  });

  it('is asked for its key on the next connection where it is pinned later', async () => {
    const own = issued({ names: ['DNS:boot.example'] });
    const [server, caller] = [await agent(own), await agent(trusting)];
    expect(await ask(caller, tls(server.port, 'boot.example'))).toBe(200);
    caller.network.pin({ host: 'boot.example', keys: [hashOf(unsigned())], certified: false });
    caller.network.use(trusting);
    const later = await agent(own);
    expect(await ask(caller, tls(later.port, 'boot.example'))).toMatchObject({ code: 'certificate-refused' });
  });

  it('is not spoken to by a connection of before that has shown another key', async () => {
    const own = issued({ names: ['DNS:boot.example', 'DNS:pbx.example'] });
    const [server, caller] = [await agent(own), await agent(trusting)];
    expect(await ask(caller, tls(server.port, 'boot.example'))).toBe(200);
    expect(await ask(caller, tls(server.port, 'pbx.example'))).toBe(200);
    expect(caller.layer.connections.opened).toBe(1);
    caller.network.pin({ host: 'boot.example', keys: [hashOf(unsigned())], certified: false });
    // Under its name, and where a Contact or a Record-Route says its address alone.
    expect(await ask(caller, tls(server.port, 'boot.example'))).toMatchObject({ code: 'certificate-refused' });
    expect(await ask(caller, tls(server.port))).toMatchObject({ code: 'certificate-refused' });
    caller.network.pin(undefined);
    expect(await ask(caller, tls(server.port, 'boot.example'))).toBe(200);
    expect(server.sources).toHaveLength(3);
  });

  it('is not spoken to by a connection to another name of its, which has shown another key', async () => {
    const own = issued({ names: ['DNS:boot.example', 'DNS:pbx.example'] });
    const [server, caller] = [await agent(own), await agent(trusting)];
    caller.network.pin({ host: 'boot.example', keys: [hashOf(unsigned())], certified: false });
    expect(await ask(caller, tls(server.port, 'pbx.example'))).toBe(200);
    expect(await ask(caller, tls(server.port, 'boot.example'))).toMatchObject({ code: 'certificate-refused' });
    expect(await ask(caller, tls(server.port, 'pbx.example'))).toBe(200);
  });

  it('is spoken to by a connection of before that has shown the key', async () => {
    const own = issued({ names: ['DNS:boot.example'] });
    const [server, caller] = [await agent(own), await agent(trusting)];
    expect(await ask(caller, tls(server.port, 'boot.example'))).toBe(200);
    caller.network.pin({ host: 'boot.example', keys: [hashOf(own)], certified: true });
    expect(await ask(caller, tls(server.port, 'boot.example'))).toBe(200);
    expect(caller.layer.connections.opened).toBe(1);
  });
});
