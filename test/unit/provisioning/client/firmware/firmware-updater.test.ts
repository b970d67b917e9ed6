import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { minutes } from '../../../../../src/base/units.ts';
import type { FirmwareOffer } from '../../../../../src/config/index.ts';
import { HttpClient } from '../../../../../src/http/index.ts';
import { firmwareMachine } from '../../../../../src/provisioning/client/firmware/firmware-machine.ts';
import {
  FirmwareTrial,
  FirmwareUpdater,
  type FirmwareUpdaterParts,
  PackageStore,
  statementOf,
} from '../../../../../src/provisioning/client/firmware/index.ts';
import { FakeClock } from '../../../../support/fake-clock.ts';
import { RecordingLog } from '../../../../support/recording-log.ts';
import { SeededRandom } from '../../../../support/seeded-random.ts';
import { MadeUpNetwork, until, type WebAnswer, WebServer } from '../../../../support/web-server.ts';

const signer = generateKeyPairSync('ed25519');
const other = generateKeyPairSync('ed25519');
const PACKAGE = Buffer.from(Array.from({ length: 300_000 }, (_, at) => (at * 7919) & 0xff));

let clock: FakeClock;
let folder: string;
let store: PackageStore;
let server: WebServer;
let answer: WebAnswer;
let records: Record<string, unknown>[];
let quiet: boolean;
const running: FirmwareUpdater[] = [];
const journal = {
  record: (type: string, fields: object): void => {
    records.push({ type, ...fields });
  },
};

beforeEach(async () => {
  clock = new FakeClock();
  folder = mkdtempSync(join(tmpdir(), 'doorphone-package-'));
  store = new PackageStore(folder);
  records = [];
  quiet = true;
  answer = serveWhole;
  server = await WebServer.start((request, response) => answer(request, response));
});

afterEach(async () => {
  for (const updater of running.splice(0)) updater.stop();
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** RFC 9110 §14.2 */
const serveWhole: WebAnswer = (request, response) => {
  const [, from] = /^bytes=(\d+)-$/.exec(request.headers.range ?? '') ?? [];
  const start = from !== undefined && request.headers['if-range'] === '"v1"' ? Number(from) : undefined;
  const rest = PACKAGE.subarray(start ?? 0);
  response.writeHead(start === undefined ? 200 : 206, {
    ETag: '"v1"',
    'Content-Length': rest.length,
    ...(start === undefined ? {} : { 'Content-Range': `bytes ${start}-${PACKAGE.length - 1}/${PACKAGE.length}` }),
  });
  response.end(rest);
};

function offerOf(more: Partial<FirmwareOffer> = {}, key = signer): FirmwareOffer {
  const named = { version: '1.3.0', sha256: createHash('sha256').update(PACKAGE).digest('hex'), ...more };
  const signature = sign(null, statementOf(named), key.privateKey).toString('base64');
  return { url: `http://boot.example:${server.port}/doorphone.deb`, signature, proveWithin: minutes(5), ...named };
}

function updater(parts: Partial<FirmwareUpdaterParts> = {}): FirmwareUpdater {
  const random = new SeededRandom(3);
  const made = new FirmwareUpdater({
    clock,
    random,
    journal,
    http: new HttpClient({
      clock,
      random,
      network: new MadeUpNetwork({ 'boot.example': [['192.168.1.10']] }),
      tls: {},
      builtAt: new Date(0),
      userAgent: 'doorphone',
    }),
    store,
    signers: [signer.publicKey],
    version: '1.2.0',
    whereto: ({ url }) => ({ url, policy: { http: true, redirects: 'same-host' } }),
    isQuiet: () => quiet,
    ...parts,
  });
  running.push(made);
  return made;
}

const states = (): unknown[] =>
  records.filter(({ progress }) => progress === undefined || progress === 0).map(({ state }) => state);
const last = (): Record<string, unknown> => records.at(-1) ?? {};

describe('a new version', () => {
  it('is fetched, and handed over when nobody talks', async () => {
    quiet = false;
    const ours = updater();
    const offer = offerOf();
    ours.consider(offer);
    await until(() => ours.state === 'waiting');
    expect(readFileSync(store.pathOf(offer.sha256)).equals(PACKAGE)).toBe(true);
    clock.advance(5000);
    expect(ours.state).toBe('waiting');
    expect(existsSync(join(folder, 'request.json'))).toBe(false);
    quiet = true;
    clock.advance(1000);
    await until(() => last().state === 'handed-over');
    expect(JSON.parse(readFileSync(join(folder, 'request.json'), 'utf8'))).toEqual({
      version: '1.3.0',
      previous: '1.2.0',
      sha256: offer.sha256,
      signature: offer.signature,
      proveWithin: 300,
    });
    expect(states()).toEqual(['downloading', 'verified', 'handed-over']);
    expect(records.some(({ progress }) => progress === 100)).toBe(true);
  });

  it('goes on from where the connection broke', async () => {
    const part = join(folder, `${offerOf().sha256}.part`);
    answer = (request, response) => {
      response.writeHead(200, { ETag: '"v1"', 'Content-Length': PACKAGE.length });
      response.write(PACKAGE.subarray(0, 100_000));
      void until(() => existsSync(part) && statSync(part).size > 0).then(() => request.socket.destroySoon());
    };
    const ours = updater();
    ours.consider(offerOf());
    await until(() => ours.state === 'pausing');
    answer = serveWhole;
    clock.advance(2000);
    await until(() => ours.state === 'waiting');
    const range = Number(/^bytes=(\d+)-$/.exec(server.requests[1]?.headers.range ?? '')?.[1]);
    expect(range).toBeGreaterThan(0);
    expect(range).toBeLessThanOrEqual(100_000);
    expect(readFileSync(store.pathOf(offerOf().sha256)).equals(PACKAGE)).toBe(true);
  });

  it('is begun anew where the server has another file by now', async () => {
    const { sha256 } = offerOf();
    await store.begin(sha256);
    await store.restart(sha256, '"v0"');
    await store.append(sha256, Buffer.from('what came of the other'));
    const ours = updater();
    ours.consider(offerOf());
    await until(() => ours.state === 'waiting');
    expect(server.requests[0]?.headers).toMatchObject({ range: 'bytes=22-', 'if-range': '"v0"' });
    expect(readFileSync(store.pathOf(sha256)).equals(PACKAGE)).toBe(true);
  });

  it('that is not the one announced is thrown away, and not asked for again', async () => {
    const ours = updater();
    const offer = offerOf({ sha256: 'ab'.repeat(32) });
    ours.consider(offer);
    await until(() => last().state === 'failed');
    expect(last().why).toContain('hash');
    expect(existsSync(store.pathOf(offer.sha256))).toBe(false);
    ours.consider(offer);
    expect(server.requests).toHaveLength(1);
  });

  it('without a signature that counts is not even fetched', () => {
    updater().consider(offerOf({}, other));
    expect(last()).toMatchObject({ state: 'failed', why: expect.stringContaining('not signed') });
    updater({ signers: [] }).consider(offerOf());
    expect(last()).toMatchObject({ state: 'failed' });
    // The signature is for one version: an old package is no newer one.
    updater().consider({ ...offerOf(), version: '9.9.9' });
    expect(last()).toMatchObject({ version: '9.9.9', state: 'failed' });
    expect(server.requests).toHaveLength(0);
  });

  it('that runs already is none', () => {
    const ours = updater({ version: '1.3.0' });
    ours.consider(offerOf());
    ours.consider(undefined);
    expect([ours.state, records]).toEqual(['idle', []]);
  });

  it('that was tried is not tried again', async () => {
    const { sha256 } = offerOf();
    writeFileSync(join(folder, 'result.json'), JSON.stringify({ sha256, version: '1.3.0', why: 'it said nothing' }));
    updater().consider(offerOf());
    await until(() => last().state === 'failed');
    expect(last().why).toBe('it was tried: it said nothing');
    expect(server.requests).toHaveLength(0);
  });

  it('that nobody installs is said to be so', async () => {
    const ours = updater();
    ours.consider(offerOf());
    await until(() => ours.state === 'waiting');
    clock.advance(1000);
    await until(() => last().state === 'handed-over');
    await until(() => clock.timers.length === 1);
    clock.advance(60_000);
    await until(() => last().state === 'failed');
    expect(last().why).toContain('no helper');
  });

  it('gives way to a newer offer', async () => {
    quiet = false;
    const ours = updater();
    ours.consider(offerOf());
    await until(() => ours.state === 'waiting');
    ours.consider(undefined);
    expect([ours.state, clock.timers]).toEqual(['idle', []]);
    ours.consider(offerOf({ version: '1.4.0' }));
    await until(() => ours.state === 'waiting');
    expect(last()).toMatchObject({ version: '1.4.0', state: 'verified' });
  });

  it('does not fill the disk', async () => {
    class Full extends PackageStore {
      override room(): Promise<number> {
        return Promise.resolve(1000);
      }
    }
    const ours = updater({ store: new Full(folder) });
    ours.consider(offerOf());
    await until(() => ours.state === 'pausing');
    expect(server.requests).toHaveLength(0);
  });
});

it('every state of the table leads back to rest', () => {
  for (const [state, rows] of Object.entries(firmwareMachine)) {
    const reached = new Set([state]);
    for (const name of reached) {
      const row = Object.entries(firmwareMachine).find(([one]) => one === name)?.[1] ?? {};
      for (const { to } of Object.values(row)) reached.add(to);
    }
    expect([...reached], state).toContain('idle');
    expect(Object.keys(rows).length, state).toBeGreaterThan(0);
  }
});

describe('a version on trial', () => {
  async function trial(works: () => boolean, version = '1.3.0'): Promise<FirmwareTrial> {
    await store.writeLetter('trial.json', { version: '1.3.0', proveWithin: 120 });
    const made = new FirmwareTrial({ clock, log: new RecordingLog(), journal, store, version, works });
    await made.begin();
    return made;
  }

  it('says that it works as soon as it does', async () => {
    let works = false;
    await trial(() => works);
    clock.advance(60_000);
    expect(records).toEqual([]);
    works = true;
    clock.advance(1000);
    await until(() => last().state === 'confirmed');
    expect(existsSync(join(folder, 'confirm'))).toBe(true);
    expect(clock.timers).toEqual([]);
  });

  it('asks for the old one where it does not', async () => {
    await trial(() => false);
    clock.advance(120_000);
    await until(() => last().state === 'returning');
    expect(existsSync(join(folder, 'revert'))).toBe(true);
    expect(existsSync(join(folder, 'confirm'))).toBe(false);
    expect(clock.timers).toEqual([]);
  });

  it('confirms once', async () => {
    await trial(() => true);
    clock.advance(300_000);
    await until(() => last().state === 'confirmed');
    expect(records).toHaveLength(1);
    expect(existsSync(join(folder, 'revert'))).toBe(false);
  });

  it('is not what another version, or none, is on', async () => {
    await trial(() => false, '1.2.0');
    expect(clock.timers).toEqual([]);
    writeFileSync(join(folder, 'trial.json'), '{"version":"1.3.0","proveWithin":-1}');
    await new FirmwareTrial({
      clock,
      log: new RecordingLog(),
      journal,
      store,
      version: '1.3.0',
      works: () => false,
    }).begin();
    expect(clock.timers).toEqual([]);
  });
});
