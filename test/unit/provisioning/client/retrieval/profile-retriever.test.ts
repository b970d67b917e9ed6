import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DoorphoneError } from '../../../../../src/base/errors.ts';
import { Secret } from '../../../../../src/base/secret.ts';
import { HttpClient } from '../../../../../src/http/index.ts';
import {
  type FetchingDevice,
  ProfileRetriever,
  type ProfileRetrieverOptions,
  type RetrievalSettings,
  userAgentOf,
} from '../../../../../src/provisioning/client/retrieval/index.ts';
import type { ProfileOffer, ServerFound } from '../../../../../src/provisioning/client/types.ts';
import { FakeClock } from '../../../../support/fake-clock.ts';
import { SeededRandom } from '../../../../support/seeded-random.ts';
import { MadeUpNetwork, type WebAnswer, WebServer } from '../../../../support/web-server.ts';

const device: FetchingDevice = { mac: 'b827eb010203', vendor: 'doorphone', model: 'DS1', version: '1.0.0' };
const configured: ServerFound = { from: 'configured', uri: 'sip:boot.example', by: 'the configuration' };
const multicast: ServerFound = { from: 'pnp', uri: 'http://boot.example/', by: 'a multicast answer of 192.168.1.9' };
const YAML = 'name: North door\n';
const sha = (algorithm: 'sha1' | 'sha256', text: string): string => createHash(algorithm).update(text).digest('hex');

let clock: FakeClock;
let network: MadeUpNetwork;
let server: WebServer;
let files: Record<string, string | Buffer>;
let answer: WebAnswer | undefined;

beforeEach(async () => {
  clock = new FakeClock();
  network = new MadeUpNetwork({ 'boot.example': [['192.168.1.10']], 'far.example': [['192.0.2.1']] });
  files = {};
  answer = undefined;
  server = await WebServer.start((request, response) => {
    if (answer !== undefined) {
      answer(request, response);
      return;
    }
    const path = request.url?.split('?')[0] ?? '';
    const file = files[path];
    if (file === undefined) {
      response.writeHead(404).end();
      return;
    }
    const etag = `"${createHash('sha1').update(file).digest('hex')}"`;
    if (request.headers['if-none-match'] === etag) response.writeHead(304).end();
    else response.writeHead(200, { ETag: etag, 'Content-Type': 'application/yaml' }).end(file);
  });
});

afterEach(async () => await server.stop());

function retriever(
  settings: Partial<RetrievalSettings> = {},
  options: Partial<ProfileRetrieverOptions> = {},
): ProfileRetriever {
  const random = new SeededRandom(7);
  const builtAt = new Date(0);
  return new ProfileRetriever({
    clock,
    random,
    http: new HttpClient({ clock, random, network, tls: {}, builtAt, userAgent: userAgentOf(device) }),
    device,
    settings: { http: true, redirects: 'same-host', trust: [], ...settings },
    builtAt,
    ...options,
  });
}

type UrlOffer = Extract<ProfileOffer, { kind: 'url' }>;
const offer = (path: string, more: Partial<UrlOffer> = {}): ProfileOffer => ({
  kind: 'url',
  server: configured,
  type: 'device',
  url: `http://boot.example:${server.port}${path}`,
  ...more,
});

async function fault(ours: ProfileRetriever, offered: ProfileOffer) {
  const result = await ours.retrieve(offered);
  if (result.ok) throw new Error('it was fetched');
  return result.error;
}

describe('a profile', () => {
  it('is fetched, with who asks and how it stands', async () => {
    files['/b827eb010203.yaml'] = YAML;
    const ours = retriever({}, { report: () => ({ verdict: 'applied', serial: 16 }) });
    const got = await ours.retrieve(offer('/{mac}.yaml?k=geheim'));
    expect(got).toEqual({
      ok: true,
      value: {
        text: YAML,
        where: `http://boot.example:${server.port}/b827eb010203.yaml`,
        server: configured,
        signed: false,
      },
    });
    expect(server.requests[0]?.headers).toMatchObject({
      'user-agent': 'doorphone DS1 1.0.0 b827eb010203',
      'doorphone-profile': 'applied;serial=16',
    });
  });

  it('is the device’s, else the model’s, else the common one', async () => {
    files['/p/common.yaml'] = 'name: Common\n';
    const ours = retriever();
    expect(await ours.retrieve(offer('/p/'))).toMatchObject({ value: { text: 'name: Common\n' } });
    expect(server.paths).toEqual(['/p/b827eb010203.yaml', '/p/DS1.yaml', '/p/common.yaml']);
    files['/p/DS1.yaml'] = 'name: Model\n';
    expect(await ours.retrieve(offer('/p/'))).toMatchObject({ value: { text: 'name: Model\n' } });
    files['/p/b827eb010203.yaml'] = YAML;
    expect(await ours.retrieve(offer('/p/'))).toMatchObject({ value: { text: YAML } });
    expect(await ours.retrieve(offer('/p/'))).toEqual({ ok: true, value: 'unchanged' });
  });

  it('that has not changed is not fetched again', async () => {
    files['/a.yaml'] = YAML;
    const ours = retriever();
    await ours.retrieve(offer('/a.yaml'));
    expect(await ours.retrieve(offer('/a.yaml'))).toEqual({ ok: true, value: 'unchanged' });
    expect(server.requests[1]?.headers['if-none-match']).toBeDefined();
    ours.forget();
    expect(await ours.retrieve(offer('/a.yaml'))).toMatchObject({ value: { text: YAML } });
  });

  it('that is in force by its hash is not asked for at all', async () => {
    files['/a.yaml'] = YAML;
    const ours = retriever({}, { known: () => YAML });
    for (const algorithm of ['sha1', 'sha256'] as const) {
      expect(await ours.retrieve(offer('/a.yaml', { hash: sha(algorithm, YAML) }))).toEqual({
        ok: true,
        value: 'unchanged',
      });
    }
    expect(server.requests).toEqual([]);
  });

  it('that was fetched and is not in force is fetched again', async () => {
    files['/a.yaml'] = YAML;
    let inForce: string | undefined = 'name: Old\n';
    const ours = retriever({}, { known: () => inForce });
    const named = offer('/a.yaml', { contentId: '1@boot.example' });
    await ours.retrieve(named);
    expect(await ours.retrieve(named)).toMatchObject({ value: { text: YAML } });
    inForce = YAML;
    expect(await ours.retrieve(named)).toEqual({ ok: true, value: 'unchanged' });
    expect(await ours.retrieve(offer('/a.yaml'))).toEqual({ ok: true, value: 'unchanged' });
    expect(server.requests.map(({ headers }) => headers['if-none-match'] !== undefined)).toEqual([false, false, true]);
  });

  it('is told from another by its Content-ID', async () => {
    files['/a.yaml'] = YAML;
    const ours = retriever();
    await ours.retrieve(offer('/a.yaml', { contentId: '1@boot.example' }));
    expect(await ours.retrieve(offer('/a.yaml', { contentId: '1@boot.example' }))).toEqual({
      ok: true,
      value: 'unchanged',
    });
    expect(server.requests.length).toBe(1);
    files['/a.yaml'] = 'name: New\n';
    expect(await ours.retrieve(offer('/a.yaml', { contentId: '2@boot.example' }))).toMatchObject({
      value: { text: 'name: New\n' },
    });
  });

  it('must be the one that was announced', async () => {
    files['/a.yaml'] = YAML;
    const ours = retriever();
    const good = { size: YAML.length, hash: sha('sha1', YAML), expires: new Date(clock.wall().getTime() + 1000) };
    expect(await ours.retrieve(offer('/a.yaml', good))).toMatchObject({ ok: true });
    ours.forget();
    expect(await fault(ours, offer('/a.yaml', { size: 3 }))).toMatchObject({ code: 'mismatch' });
    expect(await fault(ours, offer('/a.yaml', { hash: sha('sha256', 'other') }))).toMatchObject({ code: 'mismatch' });
    expect(await fault(ours, offer('/a.yaml', { size: 1 << 30 }))).toMatchObject({ code: 'too-large' });
    const before = server.requests.length;
    expect(await fault(ours, offer('/a.yaml', { expires: new Date(clock.wall().getTime() - 1) }))).toMatchObject({
      code: 'expired',
    });
    expect(server.requests.length).toBe(before);
  });

  it('has no date held against it by a clock that is not set', async () => {
    files['/a.yaml'] = YAML;
    const builtAt = new Date(clock.wall().getTime() + 1000);
    const ours = retriever({}, { builtAt });
    expect(await ours.retrieve(offer('/a.yaml', { expires: new Date(0) }))).toMatchObject({ ok: true });
  });

  it.each([
    ['text/html', '/a.yaml', 'log-in'],
    ['application/xml', '/a.yaml', 'application/xml'],
    ['text/plain', '/a.cfg', 'neither'],
  ])('is no %s at %s', async (type, path, text) => {
    answer = (_, response) => response.writeHead(200, { 'Content-Type': type }).end('<a/>');
    expect(await fault(retriever(), offer(path))).toMatchObject({
      code: 'format',
      message: expect.stringContaining(text),
    });
  });

  it('is text in UTF-8', async () => {
    for (const bytes of [Buffer.of(0x6e, 0xff, 0xfe), Buffer.from('a: \0')]) {
      files['/a.yaml'] = bytes;
      expect(await fault(retriever(), offer('/a.yaml'))).toMatchObject({ code: 'format' });
    }
  });

  it('may come in the notification', async () => {
    const body: ProfileOffer = {
      kind: 'body',
      server: configured,
      type: 'device',
      contentType: 'application/yaml',
      data: Buffer.from(YAML),
    };
    expect(await retriever().retrieve(body)).toMatchObject({ value: { text: YAML, signed: false } });
    const trust = [rawKey(generateKeyPairSync('ed25519').publicKey)];
    expect(await fault(retriever({ trust }), body)).toMatchObject({ code: 'signature' });
    expect(await retriever().retrieve({ kind: 'none', server: configured, type: 'device' })).toEqual({
      ok: true,
      value: 'unchanged',
    });
  });
});

describe('an address that is no good', () => {
  it.each(['tftp://boot.example/a.cfg', 'ftp://boot.example/a.cfg'])('%s is refused, and why', async (url) => {
    const found = await fault(retriever(), offer('', { url }));
    expect(found).toMatchObject({ code: 'forbidden', message: expect.stringContaining('neither who the server is') });
    expect(found.retryAfter).toBeUndefined();
  });

  it.each([
    ['file:///etc/shadow', 'forbidden'],
    ['http://169.254.169.254/latest/user-data.yaml', 'forbidden'],
    ['http://127.0.0.1/a.yaml', 'forbidden'],
    ['http://[::1]/a.yaml', 'forbidden'],
    ['a.yaml', 'bad-url'],
    ['http://boot.example/{secret}.yaml', 'bad-url'],
  ])('%s is refused', async (url, code) => {
    const found = await fault(retriever(), offer('', { url }));
    expect(found.code).toBe(code);
    expect(found.retryAfter).toBeUndefined();
    expect(network.dialled).toEqual([]);
  });

  it('is beyond the house where somebody in it has named it', async () => {
    files['/a.yaml'] = YAML;
    const far = { url: `http://far.example:${server.port}/a.yaml`, server: multicast };
    expect(await fault(retriever(), offer('', far))).toMatchObject({ code: 'forbidden' });
    expect(
      await retriever().retrieve(offer('', { server: multicast, url: `http://boot.example:${server.port}/a.yaml` })),
    ).toMatchObject({ ok: true });
    expect(await retriever({ redirects: 'any' }).retrieve(offer('', far))).toMatchObject({ ok: true });
  });

  it('is this machine, unless the owner has named it so', async () => {
    files['/a.yaml'] = YAML;
    const url = `http://127.0.0.1:${server.port}/a.yaml`;
    expect(await fault(retriever(), offer('', { url }))).toMatchObject({ code: 'forbidden' });
    const own: ServerFound = { ...configured, uri: 'sip:127.0.0.1:5070' };
    expect(await retriever().retrieve(offer('', { url, server: own }))).toMatchObject({ ok: true });
    const claimed: ServerFound = { ...multicast, uri: 'sip:127.0.0.1' };
    expect(await fault(retriever(), offer('', { url, server: claimed }))).toMatchObject({ code: 'forbidden' });
  });
});

describe('signed profiles', () => {
  const signer = generateKeyPairSync('ed25519');
  const other = generateKeyPairSync('ed25519');
  const pem = String(signer.publicKey.export({ type: 'spki', format: 'pem' }));

  it.each([
    ['32 bytes in base64, signature raw', rawKey(signer.publicKey), (bytes: Buffer) => bytes],
    ['PEM, signature in base64', pem, (bytes: Buffer) => Buffer.from(`${bytes.toString('base64')}\n`)],
  ])('are taken: %s', async (_, key, form) => {
    files['/a.yaml'] = YAML;
    files['/a.yaml.sig'] = form(sign(null, Buffer.from(YAML), signer.privateKey));
    const trust = [rawKey(other.publicKey), key];
    expect(await retriever({ trust }).retrieve(offer('/a.yaml?k=1'))).toMatchObject({
      value: { text: YAML, signed: true },
    });
    expect(server.requests.map(({ url }) => url)).toEqual(['/a.yaml?k=1', '/a.yaml.sig?k=1']);
  });

  it('alone are taken', async () => {
    files['/a.yaml'] = YAML;
    const ours = retriever({ trust: [rawKey(signer.publicKey)] });
    expect(await fault(ours, offer('/a.yaml'))).toMatchObject({
      code: 'signature',
      message: expect.stringContaining('is not signed'),
    });
    for (const wrong of [
      sign(null, Buffer.from(YAML), other.privateKey),
      sign(null, Buffer.from('name: Other\n'), signer.privateKey),
      Buffer.alloc(64),
      Buffer.from('no signature'),
    ]) {
      files['/a.yaml.sig'] = wrong;
      expect(await fault(ours, offer('/a.yaml'))).toMatchObject({ code: 'signature' });
    }
  });

  it('need keys that are keys', () => {
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey;
    for (const text of ['', 'AAAA', String(rsa.export({ type: 'spki', format: 'pem' }))]) {
      expect(() => retriever({ trust: [text] })).toThrow(DoorphoneError);
    }
  });
});

describe('trying again', () => {
  const status = (code: number, headers: Record<string, string> = {}): void => {
    answer = (_, response) => response.writeHead(code, headers).end();
  };

  it.each([404, 403, 410, 400])('is left to a new offer after %i', async (code) => {
    status(code);
    expect((await fault(retriever(), offer('/a.yaml'))).retryAfter).toBeUndefined();
  });

  it('comes after growing times for what may pass', async () => {
    status(503);
    const ours = retriever();
    const waits: number[] = [];
    for (let time = 0; time < 8; time += 1) waits.push((await fault(ours, offer('/a.yaml'))).retryAfter ?? -1);
    for (const [at, wait] of waits.entries()) {
      const full = Math.min(60_000, 2000 * 2 ** at);
      expect(wait).toBeGreaterThanOrEqual(full / 2);
      expect(wait).toBeLessThanOrEqual(full);
    }
    answer = undefined;
    files['/a.yaml'] = YAML;
    await ours.retrieve(offer('/a.yaml'));
    status(500);
    expect((await fault(ours, offer('/a.yaml'))).retryAfter).toBeLessThanOrEqual(2000);
  });

  it('waits as long as it is told, and a little more, so that not all come at once', async () => {
    for (const [code, header] of [
      [503, '100'],
      [429, new Date(clock.wall().getTime() + 100_000).toUTCString()],
    ] as const) {
      status(code, { 'Retry-After': header });
      const { retryAfter = 0 } = await fault(retriever(), offer('/a.yaml'));
      expect(retryAfter).toBeGreaterThan(100_000);
      expect(retryAfter).toBeLessThanOrEqual(125_000);
    }
    status(503, { 'Retry-After': '999999999' });
    expect((await fault(retriever(), offer('/a.yaml'))).retryAfter).toBeLessThanOrEqual(86_400_000 * 1.25);
    status(503, { 'Retry-After': 'soon' });
    expect((await fault(retriever(), offer('/a.yaml'))).retryAfter).toBeLessThanOrEqual(2000);
  });

  it('comes where a name is not known yet', async () => {
    const url = 'http://later.example/a.yaml';
    expect(await fault(retriever(), offer('', { url }))).toMatchObject({
      code: 'no-address',
      retryAfter: expect.any(Number),
    });
  });
});

describe('credentials', () => {
  const basic: WebAnswer = (request, response) => {
    const given = Buffer.from((request.headers.authorization ?? '').replace('Basic ', ''), 'base64').toString();
    response.writeHead(401, { 'WWW-Authenticate': 'Basic realm="a"', 'X-Given': given }).end();
  };

  it('are told to nobody in clear', async () => {
    answer = basic;
    const login = { username: 'anna', password: new Secret('geheim') };
    const url = `http://anna:geheim@boot.example:${server.port}/a.yaml`;
    for (const found of [
      await fault(retriever(login), offer('/a.yaml')),
      await fault(retriever(), offer('', { url })),
    ]) {
      expect(found).toMatchObject({ code: 'unauthorized' });
      expect(JSON.stringify(found)).not.toMatch(/geheim|anna/);
    }
    expect(server.requests.every(({ headers }) => headers.authorization === undefined)).toBe(true);
  });

  it('answer digest, from the configuration or the URL', async () => {
    const seen: string[] = [];
    answer = (request, response) => {
      const given = request.headers.authorization;
      if (given === undefined) {
        response
          .writeHead(401, { 'WWW-Authenticate': 'Digest realm="a", nonce="n", algorithm=SHA-256, qop="auth"' })
          .end();
        return;
      }
      seen.push(/username="([^"]*)"/.exec(given)?.[1] ?? '');
      response.writeHead(200, { 'Content-Type': 'text/yaml' }).end(YAML);
    };
    const login = { username: 'anna', password: new Secret('geheim') };
    expect(await retriever(login).retrieve(offer('/a.yaml'))).toMatchObject({ ok: true });
    const url = `http://bert:p%40ss@boot.example:${server.port}/a.yaml`;
    expect(await retriever(login).retrieve(offer('', { url }))).toMatchObject({ ok: true });
    expect(seen).toEqual(['anna', 'bert']);
  });
});

function rawKey(key: KeyObject): string {
  return key.export({ type: 'spki', format: 'der' }).subarray(-32).toString('base64');
}
