import { createHash, X509Certificate } from 'node:crypto';
import type { ServerOptions } from 'node:https';
import { createServer } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Secret } from '../../../src/base/secret.ts';
import { HttpClient, type HttpClientOptions, type HttpGet, type HttpTls } from '../../../src/http/index.ts';
import { type CertificateParts, makeCertificate } from '../../support/certificates.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { SeededRandom } from '../../support/seeded-random.ts';
import { MadeUpNetwork, until, type WebAnswer, WebServer } from '../../support/web-server.ts';

const YEAR = 365 * 86_400_000;
const HOST = 'boot.example';
const authority = makeCertificate({
  commonName: 'Test authority',
  authority: true,
  from: new Date(Date.UTC(2020, 0)),
  until: new Date(Date.UTC(2060, 0)),
});
const serverCertificate = (parts: CertificateParts = {}): ServerOptions & { cert: string } => {
  const { certificate, key } = makeCertificate({ issuer: authority, names: [`DNS:${HOST}`], ...parts });
  return { cert: certificate, key };
};
const TRUSTING: HttpTls = { ca: authority.certificate };
const pinOf = (pem: string): string => {
  const key = new X509Certificate(pem).publicKey.export({ type: 'spki', format: 'der' });
  return `sha256/${createHash('sha256').update(key).digest('base64')}`;
};

let clock: FakeClock;
let network: MadeUpNetwork;
const servers: WebServer[] = [];

beforeEach(() => {
  clock = new FakeClock();
  // The machine's certificates are of its own time.
  clock.stepWall(Date.now() - clock.wall().getTime());
  network = new MadeUpNetwork({
    [HOST]: [['192.0.2.10']],
    'other.example': [['192.0.2.20']],
    'inside.example': [['10.0.0.1']],
  });
});

afterEach(async () => {
  for (const server of servers.splice(0)) await server.stop();
});

async function serve(answer: WebAnswer, tls?: ServerOptions): Promise<WebServer> {
  const server = await WebServer.start(answer, tls);
  servers.push(server);
  return server;
}

function client(options: Partial<HttpClientOptions> = {}): HttpClient {
  return new HttpClient({
    clock,
    random: new SeededRandom(1),
    network,
    tls: TRUSTING,
    builtAt: new Date(0),
    userAgent: 'doorphone/1',
    ...options,
  });
}

const plain: HttpGet['policy'] = { http: true, redirects: 'same-host' };

async function outcome(get: Promise<Awaited<ReturnType<HttpClient['get']>>>) {
  const result = await get;
  expect(clock.timers).toEqual([]);
  return result.ok
    ? { status: result.value.status, body: String(result.value.body) }
    : { code: result.error.code, message: result.error.message };
}

describe('fetching', () => {
  it('gets a file, says who asks, and leaves no connection', async () => {
    const server = await serve((_, response) => response.end('name: Door'));
    const url = `http://${HOST}:${server.port}/a.yaml?token=1`;
    expect(await outcome(client().get({ url, policy: plain }))).toEqual({ status: 200, body: 'name: Door' });
    expect(server.requests[0]?.headers).toMatchObject({
      host: `${HOST}:${server.port}`,
      'user-agent': 'doorphone/1',
      'accept-encoding': 'identity',
    });
    expect(server.paths).toEqual(['/a.yaml?token=1']);
    await until(() => server.sockets.size === 0);
  });

  it('asks only for what has changed', async () => {
    const server = await serve((request, response) => {
      response.statusCode = request.headers['if-none-match'] === '"7"' ? 304 : 200;
      response.end();
    });
    const url = `http://${HOST}:${server.port}/`;
    expect(
      await outcome(client().get({ url, policy: plain, etag: '"7"', lastModified: 'Thu, 01 Jan 2026 00:00:00 GMT' })),
    ).toMatchObject({ status: 304 });
    expect(server.requests[0]?.headers['if-modified-since']).toBe('Thu, 01 Jan 2026 00:00:00 GMT');
  });

  it.each([404, 500, 503])('hands on a %i without its body', async (status) => {
    const server = await serve((_, response) => {
      response.writeHead(status, { 'Retry-After': '7' });
      response.end('x'.repeat(5_000_000));
    });
    const found = await client().get({ url: `http://${HOST}:${server.port}/`, policy: plain });
    expect(found.ok && [found.value.status, found.value.body.length, found.value.header('retry-after')]).toEqual([
      status,
      0,
      '7',
    ]);
    await until(() => server.sockets.size === 0);
  });

  it.each(['file:///etc/passwd', 'ftp://boot.example/a', 'data:text/plain,a', 'gopher://boot.example/'])(
    'does not fetch %s',
    async (url) => {
      expect(await outcome(client().get({ url, policy: plain }))).toMatchObject({ code: 'forbidden' });
      expect(network.dialled).toEqual([]);
    },
  );

  it('does not fetch plain HTTP unless that is allowed', async () => {
    const policy = { ...plain, http: false };
    expect(await outcome(client().get({ url: `http://${HOST}/`, policy }))).toMatchObject({ code: 'forbidden' });
  });

  it('says that a name is not known, or that nobody listens', async () => {
    expect(await outcome(client().get({ url: 'http://nobody.example/', policy: plain }))).toMatchObject({
      code: 'no-address',
    });
    const server = await serve((_, response) => response.end());
    const { port } = server;
    await servers.pop()?.stop();
    expect(await outcome(client().get({ url: `http://${HOST}:${port}/`, policy: plain }))).toMatchObject({
      code: 'unreachable',
    });
  });

  it('tells no user, password or query in a fault', async () => {
    const url = `http://anna:geheim@${HOST}:1/a.yaml?key=geheim#geheim`;
    const { message = '' } = {
      message: '',
      ...(await outcome(client().get({ url, policy: { ...plain, http: false } }))),
    };
    expect(message).toContain('/a.yaml');
    expect(message).not.toMatch(/geheim|anna/);
  });
});

describe('a hostile server', () => {
  it('is cut off at the limit, announced or not', async () => {
    let sent = 0;
    const server = await serve((request, response) => {
      if (request.url === '/announced') response.setHeader('Content-Length', 1 << 30);
      const more = (): void => {
        while (!response.destroyed && response.write(Buffer.alloc(65_536))) sent += 65_536;
        sent += 65_536;
      };
      response.on('drain', more);
      more();
    });
    for (const path of ['announced', 'endless']) {
      const got = await outcome(client().get({ url: `http://${HOST}:${server.port}/${path}`, policy: plain }));
      expect(got).toMatchObject({ code: 'too-large' });
      await until(() => server.sockets.size === 0);
    }
    // What the kernel's buffers hold is beyond our reach.
    expect(sent).toBeLessThan(100_000_000);
  });

  it('takes no half file for a whole one', async () => {
    const server = await serve((request, response) => {
      if (request.url === '/length') response.setHeader('Content-Length', 100);
      response.write('name: Do');
      setImmediate(() => request.socket.destroySoon());
    });
    for (const path of ['length', 'chunked']) {
      const got = await outcome(client().get({ url: `http://${HOST}:${server.port}/${path}`, policy: plain }));
      expect(got).toMatchObject({ code: 'truncated' });
    }
  });

  it('is not unpacked', async () => {
    const server = await serve((_, response) => {
      response.setHeader('Content-Encoding', 'gzip');
      response.end(gzipSync(Buffer.alloc(100_000_000)));
    });
    const got = await outcome(client().get({ url: `http://${HOST}:${server.port}/`, policy: plain }));
    expect(got).toMatchObject({ code: 'bad-response', message: expect.stringContaining('compressed') });
  });

  it('answers what is no HTTP, or not what was asked', async () => {
    const server = await serve((request, response) => {
      if (request.url === '/garbage') request.socket.end('SSH-2.0-OpenSSH\r\n\r\n');
      else if (request.url === '/headers') request.socket.end(`HTTP/1.1 200 OK\r\nA: ${'a'.repeat(40_000)}\r\n\r\n`);
      else if (request.url === '/nothing') request.socket.end();
      else response.writeHead(Number(request.url?.slice(1))).end();
    });
    const code = async (path: string) => {
      const got = await client().get({ url: `http://${HOST}:${server.port}/${path}`, policy: plain });
      return got.ok ? got.value.status : got.error.code;
    };
    expect(await code('garbage')).toBe('bad-response');
    expect(await code('headers')).toBe('bad-response');
    expect(['bad-response', 'unreachable']).toContain(await code('nothing'));
    expect(await code('304')).toBe('bad-response');
    expect(await code('206')).toBe('bad-response');
    expect(clock.timers).toEqual([]);
  });

  it('may say anything: what comes of it is a value', async () => {
    const random = new SeededRandom(11);
    const seeds = [
      'HTTP/1.1 200 OK\r\nETag: "a"\r\nContent-Length: 5\r\n\r\nhello',
      'HTTP/1.1 401 No\r\nWWW-Authenticate: Digest realm="a", nonce="b", qop="auth", algorithm=MD5, opaque="c"\r\n\r\n',
      'HTTP/1.1 302 There\r\nLocation: http://boot.example/\r\n\r\n',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n',
      'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n',
      'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 None\r\n\r\n',
    ];
    let round = 0;
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', () => {
        const bytes = Buffer.from(seeds[round % seeds.length] ?? '');
        for (let changes = round % 4; changes > 0; changes -= 1) {
          bytes[Math.floor(random.uniform() * bytes.length)] = Math.floor(random.uniform() * 256);
        }
        socket.end(bytes);
      });
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const bound = server.address();
    const port = typeof bound === 'object' && bound !== null ? bound.port : 0;
    const ours = client();
    const credentials = { host: HOST, username: 'a', password: new Secret('b'), basic: true };
    for (; round < 400; round += 1) {
      await ours.get({ url: `http://${HOST}:${port}/`, policy: plain, credentials });
      expect(clock.timers).toEqual([]);
    }
    await new Promise<void>((done) => server.close(() => done()));
  });

  it('cannot have us send back what is no header field', async () => {
    const ours = client();
    const server = await serve((_, response) => response.end());
    const get = { url: `http://${HOST}:${server.port}/`, policy: plain, etag: '"\u0001\n"' };
    expect(await outcome(ours.get(get))).toMatchObject({ code: 'bad-response' });
  });

  it('is waited for so long for its first byte', async () => {
    const server = await serve(() => undefined);
    const got = outcome(client().get({ url: `http://${HOST}:${server.port}/`, policy: plain }));
    await until(() => server.requests.length === 1);
    clock.advance(14_999);
    expect(clock.timers.length).toBeGreaterThan(0);
    clock.advance(1);
    expect(await got).toMatchObject({ code: 'timeout', message: expect.stringContaining('no answer after 15 s') });
    await until(() => server.sockets.size === 0);
  });

  it('may come byte by byte, but not for ever', async () => {
    let send: (() => void) | undefined;
    const server = await serve((_, response) => {
      response.writeHead(200, { 'Content-Length': '1000' });
      send = () => response.write('a');
      send();
    });
    let seen = 0;
    const sink = () => ({
      write: async () => {
        seen += 1;
        return await Promise.resolve(undefined);
      },
    });
    const got = outcome(client().get({ url: `http://${HOST}:${server.port}/`, policy: plain, sink }));
    await until(() => seen === 1);
    for (let piece = 2; piece <= 6; piece += 1) {
      clock.advance(13_000);
      send?.();
      await until(() => seen === piece || clock.timers.length === 0);
    }
    expect(await got).toMatchObject({ code: 'timeout', message: expect.stringContaining('not complete after 60 s') });
    await until(() => server.sockets.size === 0);
  });

  it('may not stall within the body', async () => {
    let seen = false;
    const server = await serve((_, response) => {
      response.writeHead(200, { 'Content-Length': '1000' });
      response.write('a');
    });
    const write = async () => {
      seen = true;
      return await Promise.resolve(undefined);
    };
    const got = outcome(
      client().get({ url: `http://${HOST}:${server.port}/`, policy: plain, sink: () => ({ write }) }),
    );
    await until(() => seen);
    clock.advance(15_000);
    expect(await got).toMatchObject({ code: 'timeout', message: expect.stringContaining('nothing more came') });
  });

  it('is left when we are closed', async () => {
    const server = await serve(() => undefined);
    const ours = client();
    const got = outcome(ours.get({ url: `http://${HOST}:${server.port}/`, policy: plain }));
    await until(() => server.requests.length === 1);
    ours.close();
    expect(await got).toMatchObject({ code: 'stopped' });
    await until(() => server.sockets.size === 0);
  });
});

describe('redirects', () => {
  const to =
    (location: string): WebAnswer =>
    (_, response) =>
      response.writeHead(302, { Location: location }).end();

  it('are followed to the same host', async () => {
    const server = await serve((request, response) => {
      if (request.url === '/b') response.end('here');
      else response.writeHead(307, { Location: '/b' }).end();
    });
    expect(await outcome(client().get({ url: `http://${HOST}:${server.port}/a`, policy: plain }))).toMatchObject({
      body: 'here',
    });
  });

  it('come to an end', async () => {
    const server = await serve(to('/again'));
    expect(await outcome(client().get({ url: `http://${HOST}:${server.port}/`, policy: plain }))).toMatchObject({
      code: 'redirects',
    });
    expect(server.requests.length).toBe(6);
  });

  it.each([
    ['another host', 'http://other.example/', 'another host'],
    ['metadata', 'http://169.254.169.254/latest/meta-data/', 'cloud'],
    ['this machine', 'http://127.0.0.1/', 'this machine'],
    ['this machine, as a number', 'http://2130706433/', 'this machine'],
    ['this machine, in IPv6', 'http://[::ffff:127.0.0.1]/', 'this machine'],
    ['a private host', 'http://inside.example/', 'private'],
    ['a local file', 'file:///etc/passwd', 'file:'],
  ])('to %s are refused', async (_, location, text) => {
    const server = await serve(to(location));
    const got = await outcome(client().get({ url: `http://${HOST}:${server.port}/`, policy: plain }));
    expect(got).toMatchObject({ code: 'forbidden', message: expect.stringContaining(text) });
    expect(network.dialled).toEqual(['192.0.2.10']);
  });

  it('are refused where the same name has moved into the house meanwhile', async () => {
    network = new MadeUpNetwork({ [HOST]: [['192.0.2.10'], ['10.0.0.1']] });
    const server = await serve(to('/again'));
    const got = await outcome(client().get({ url: `http://${HOST}:${server.port}/`, policy: plain }));
    expect(got).toMatchObject({ code: 'forbidden', message: expect.stringContaining('private') });
    expect(network.dialled).toEqual(['192.0.2.10']);
  });

  it('do not lead from https to http', async () => {
    const server = await serve(to(`http://${HOST}/`), serverCertificate());
    const got = await outcome(client().get({ url: `https://${HOST}:${server.port}/`, policy: plain }));
    expect(got).toMatchObject({ code: 'forbidden', message: expect.stringContaining('https to http') });
  });
});

describe('a name', () => {
  it('whose addresses are partly forbidden leads to the others', async () => {
    network = new MadeUpNetwork({ [HOST]: [['127.0.0.1', '192.0.2.10']] });
    const server = await serve((_, response) => response.end('here'));
    expect(await outcome(client().get({ url: `http://${HOST}:${server.port}/`, policy: plain }))).toMatchObject({
      body: 'here',
    });
    expect(network.dialled).toEqual(['192.0.2.10']);
  });

  it('that resolves to metadata is not gone to', async () => {
    network = new MadeUpNetwork({ [HOST]: [['169.254.169.254']] });
    expect(await outcome(client().get({ url: `http://${HOST}/`, policy: plain }))).toMatchObject({ code: 'forbidden' });
    expect(network.dialled).toEqual([]);
  });
});

describe('TLS', () => {
  const answer: WebAnswer = (_, response) => response.end('secret');

  async function get(tls: ServerOptions, options: Partial<HttpClientOptions> = {}) {
    const server = await serve(answer, tls);
    const got = await outcome(client(options).get({ url: `https://${HOST}:${server.port}/`, policy: plain }));
    return { got, server };
  }

  it('is spoken with a server whose certificate is in order', async () => {
    expect((await get(serverCertificate())).got).toMatchObject({ body: 'secret' });
  });

  it.each<[string, () => ServerOptions, string]>([
    [
      'expired',
      () => serverCertificate({ from: new Date(Date.now() - 2 * YEAR), until: new Date(Date.now() - YEAR) }),
      'has expired',
    ],
    [
      'future',
      () => serverCertificate({ from: new Date(Date.now() + YEAR), until: new Date(Date.now() + 2 * YEAR) }),
      'not valid yet',
    ],
    [
      'foreign',
      () => serverCertificate({ issuer: makeCertificate({ commonName: 'Stranger', authority: true }) }),
      'not trusted',
    ],
    [
      'self-signed',
      () => serverCertificate({ issuer: makeCertificate({ commonName: 'test' }), commonName: 'test' }),
      'is signed by itself',
    ],
    ['somebody else’s', () => serverCertificate({ names: ['DNS:bank.example'] }), 'is for DNS:bank.example'],
  ])('is not spoken with one whose certificate is %s; not a byte is asked', async (_, tls, text) => {
    const { got, server } = await get(tls());
    expect(got).toMatchObject({ code: 'certificate-refused', message: expect.stringContaining(text) });
    expect(server.requests).toEqual([]);
  });

  it('takes a pinned key for proof, and no other', async () => {
    const own = makeCertificate({ commonName: 'self' });
    const tls = { cert: own.certificate, key: own.key };
    const pins = [pinOf(own.certificate)];
    expect((await get(tls, { tls: { pins } })).got).toMatchObject({ body: 'secret' });
    const bare = pins.map((pin) => pin.replace('sha256/', ''));
    expect((await get(tls, { tls: { pins: bare } })).got).toMatchObject({ body: 'secret' });
    const other = await get(serverCertificate(), { tls: { ...TRUSTING, pins } });
    expect(other.got).toMatchObject({ code: 'certificate-refused', message: expect.stringContaining('pinned') });
    expect(other.server.requests).toEqual([]);
    // With an authority named, both count.
    expect((await get(tls, { tls: { ...TRUSTING, pins } })).got).toMatchObject({ code: 'certificate-refused' });
  });

  it('is older than 1.2 with nobody', async () => {
    const { got } = await get({
      ...serverCertificate(),
      minVersion: 'TLSv1.1',
      maxVersion: 'TLSv1.1',
      ciphers: 'DEFAULT@SECLEVEL=0',
    });
    expect(got).toMatchObject({ code: 'tls-refused' });
  });

  it('shows our certificate to a server that wants one', async () => {
    const own = makeCertificate({ issuer: authority, commonName: 'b827eb010203' });
    const wanting = { ...serverCertificate(), requestCert: true, rejectUnauthorized: true, ca: authority.certificate };
    const tls = { ...TRUSTING, certificate: own.certificate, key: new Secret(own.key) };
    expect((await get(wanting, { tls })).got).toMatchObject({ body: 'secret' });
    expect((await get(wanting)).got).toMatchObject({ code: 'certificate-wanted' });
  });

  it('says so where the other side speaks none', async () => {
    const server = await serve(answer);
    const got = await outcome(client().get({ url: `https://${HOST}:${server.port}/`, policy: plain }));
    expect(got).toMatchObject({ code: 'tls-refused', message: expect.stringContaining('does not speak TLS') });
  });

  it('waits so long for a handshake', async () => {
    let connected = 0;
    const silent = createServer((socket) => {
      connected += 1;
      socket.on('error', () => undefined).resume();
    });
    await new Promise<void>((done) => silent.listen(0, '127.0.0.1', done));
    const bound = silent.address();
    const port = typeof bound === 'object' && bound !== null ? bound.port : 0;
    const got = outcome(client().get({ url: `https://${HOST}:${port}/`, policy: plain }));
    await until(() => connected === 1);
    clock.advance(10_000);
    expect(await got).toMatchObject({ code: 'timeout', message: expect.stringContaining('no connection') });
    await new Promise<void>((done) => silent.close(() => done()));
  });
});

describe('a board that starts without the time', () => {
  // node:tls judges by the machine's own clock: a certificate of the future stands for a board of the past.
  const begins = new Date(Date.now() + YEAR);
  const ends = new Date(Date.now() + 2 * YEAR);
  const future = (parts: CertificateParts = {}) => serverCertificate({ from: begins, until: ends, ...parts });

  async function get(tls: ServerOptions, builtAt: Date) {
    const server = await serve((_, response) => response.end('here'), tls);
    return await outcome(client({ builtAt }).get({ url: `https://${HOST}:${server.port}/`, policy: plain }));
  }

  it('judges certificates by the date of the build', async () => {
    expect(await get(future(), new Date(begins.getTime() + 1000))).toMatchObject({ body: 'here' });
    expect(await get(future(), new Date(ends.getTime() + 1000))).toMatchObject({
      message: expect.stringContaining('has expired'),
    });
  });

  it('still trusts nobody whom it does not know', async () => {
    const stranger = makeCertificate({ commonName: 'Test authority', authority: true });
    const built = new Date(begins.getTime() + 1000);
    expect(await get(future({ issuer: stranger }), built)).toMatchObject({
      message: expect.stringContaining('not trusted'),
    });
    const leaf = makeCertificate({ issuer: authority, commonName: 'leaf', names: ['DNS:a.example'] });
    const forged = future({ issuer: leaf });
    expect(await get({ ...forged, cert: forged.cert + leaf.certificate }, built)).toMatchObject({
      message: expect.stringContaining('not trusted'),
    });
    expect(await get(future({ names: ['DNS:bank.example'] }), built)).toMatchObject({
      message: expect.stringContaining('bank.example'),
    });
  });
});

describe('credentials', () => {
  const hash = (algorithm: string, text: string): string => createHash(algorithm).update(text).digest('hex');
  const secret = { host: HOST, username: 'anna', password: new Secret('geheim'), basic: true };

  /** RFC 7616 §3.4, its own arithmetic. */
  function digestServer(algorithm: 'MD5' | 'SHA-256', nonces: readonly string[]): WebAnswer {
    const openssl = algorithm === 'MD5' ? 'md5' : 'sha256';
    let turn = 0;
    return (request, response) => {
      const given = request.headers.authorization ?? '';
      const field = (name: string): string => new RegExp(`[ ,]${name}="?([^",]+)"?`).exec(given)?.[1] ?? '';
      const ha1 = hash(openssl, 'anna:door:geheim');
      const ha2 = hash(openssl, `GET:${field('uri')}`);
      const nonce = nonces[turn] ?? '';
      const right = hash(openssl, `${ha1}:${nonce}:${field('nc')}:${field('cnonce')}:auth:${ha2}`);
      if (field('response') === right && field('uri') === request.url) {
        response.end('in');
        return;
      }
      const stale = given !== '' && nonces[turn + 1] !== undefined;
      if (stale) turn += 1;
      const next = `Digest realm="door", nonce="${nonces[turn]}", algorithm=${algorithm}, qop="auth"${stale ? ', stale=true' : ''}`;
      response.writeHead(401, { 'WWW-Authenticate': `Basic realm="door", ${next}` }).end();
    };
  }

  it.each(['MD5', 'SHA-256'] as const)(
    'answer digest by %s, rather than Basic, and go on with the nonce',
    async (algorithm) => {
      const server = await serve(digestServer(algorithm, ['n1']));
      const ours = client();
      const get: HttpGet = { url: `http://${HOST}:${server.port}/a?b=c`, policy: plain, credentials: secret };
      expect(await outcome(ours.get(get))).toMatchObject({ body: 'in' });
      expect(await outcome(ours.get(get))).toMatchObject({ body: 'in' });
      expect(server.requests.map(({ headers }) => /nc=(\d+)/.exec(headers.authorization ?? '')?.[1])).toEqual([
        undefined,
        '00000001',
        '00000002',
      ]);
    },
  );

  it('are answered anew where the nonce is stale', async () => {
    const server = await serve(digestServer('SHA-256', ['n1', 'n2']));
    expect(
      await outcome(
        client().get({
          url: `http://${HOST}:${server.port}/`,
          policy: plain,
          credentials: { ...secret, password: new Secret('geheim') },
        }),
      ),
    ).toMatchObject({ body: 'in' });
    const wrong = await serve(digestServer('MD5', ['n1']));
    const got = await outcome(
      client().get({
        url: `http://${HOST}:${wrong.port}/`,
        policy: plain,
        credentials: { ...secret, password: new Secret('falsch') },
      }),
    );
    expect(got).toMatchObject({ code: 'unauthorized' });
    expect(wrong.requests.length).toBe(2);
    expect(JSON.stringify(got)).not.toContain('falsch');
  });

  const basic: WebAnswer = (request, response) => {
    if (request.headers.authorization === `Basic ${Buffer.from('anna:geheim').toString('base64')}`) response.end('in');
    else response.writeHead(401, { 'WWW-Authenticate': 'Basic realm="a, b"' }).end();
  };

  it('go as Basic over TLS alone, to whom somebody has vouched for', async () => {
    const secure = await serve(basic, serverCertificate());
    const url = `https://${HOST}:${secure.port}/`;
    expect(await outcome(client().get({ url, policy: plain, credentials: secret }))).toMatchObject({ body: 'in' });
    expect(await outcome(client().get({ url, policy: plain, credentials: { ...secret, basic: false } }))).toMatchObject(
      { code: 'unauthorized' },
    );
    const open = await serve(basic);
    expect(
      await outcome(client().get({ url: `http://${HOST}:${open.port}/`, policy: plain, credentials: secret })),
    ).toMatchObject({ code: 'unauthorized', message: expect.stringContaining('plain HTTP') });
    expect(open.requests.length).toBe(1);
  });

  it('go to their own host and to no other, wherever it sends us', async () => {
    const other = await serve(basic);
    const first = await serve((_, response) =>
      response.writeHead(302, { Location: `http://other.example:${other.port}/` }).end(),
    );
    const policy = { ...plain, redirects: 'any' as const };
    const got = await outcome(client().get({ url: `http://${HOST}:${first.port}/`, policy, credentials: secret }));
    expect(got).toMatchObject({ code: 'unauthorized', message: expect.stringContaining('none for it') });
    expect(other.requests.map(({ headers }) => headers.authorization)).toEqual([undefined]);
  });
});
