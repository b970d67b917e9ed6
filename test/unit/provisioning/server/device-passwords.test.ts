// Devices that show a password (RFC 6080 §5.2.1): by SIP and for their files, and what those get who know none.

import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { Secret } from '../../../../src/base/secret.ts';
import { seconds } from '../../../../src/base/units.ts';
import { Authenticator } from '../../../../src/http/authenticate.ts';
import { readIndirection } from '../../../../src/provisioning/event/index.ts';
import type { FileRequest, FileResponse } from '../../../../src/provisioning/server/file-service.ts';
import { answerOwner } from '../../../../src/provisioning/server/owner-service.ts';
import { readSettings } from '../../../../src/provisioning/server/settings.ts';
import { DigestClient } from '../../../../src/sip/auth/index.ts';
import { parseMessage } from '../../../../src/sip/message/index.ts';
import type { SipRequest } from '../../../../src/sip/message/types.ts';
import { SeededRandom } from '../../../support/seeded-random.ts';
import { DEVICE, KeptFile, type ProfileSubscribe, SERVER, type Served, served, subscribe } from './support.ts';

const OTHER = '000000000001';
const hash = (algorithm: string, text: string): string => createHash(algorithm).update(text).digest('hex');

const settings = (more = ''): string => `
files: http:10.0.0.5:8080
sip: [ udp:10.0.0.5:5060 ]
approve: automatic
users:
  ${DEVICE}: own-secret
  "${OTHER}": { sha256: ${hash('sha256', `${OTHER}:doorphone:its-secret`)} }
  fleet: shared-secret
${more}`;

const folder = (more = '') => ({
  'server.yaml': settings(more),
  'common.yaml': 'name: Common',
  [`devices/${DEVICE}.yaml`]: 'name: Front door',
  'users/door@example.com.yaml': 'name: Of the user',
});

const client = (username: string, password: string): DigestClient =>
  new DigestClient({ random: new SeededRandom(5), credentials: { username, password: new Secret(password) } });

function parsed(bytes: Buffer): SipRequest | undefined {
  const message = parseMessage(bytes);
  return message.ok && message.value.kind === 'request' ? message.value : undefined;
}

/** A SUBSCRIBE that is challenged, and again with the answer. @returns the second, where there was a challenge */
function shows(made: Served, digest: DigestClient, wanted: ProfileSubscribe = {}): SipRequest | undefined {
  let sent: SipRequest | undefined;
  made.network.swallow = ({ bytes, to }) => {
    if (to.address === SERVER.address && bytes.toString().startsWith('SUBSCRIBE')) sent = parsed(bytes);
    return false;
  };
  subscribe(made, wanted);
  const first = sent;
  const response = made.device.response('SUBSCRIBE');
  if (first === undefined || response.status !== 401) return undefined;
  const given = digest.answer(first, response);
  if (!given.ok) throw new Error(given.error.message);
  subscribe(made, { ...wanted, sequence: first.cseq.number + 1, headers: [...(wanted.headers ?? []), ...given.value] });
  return sent;
}

const statuses = (made: Served): readonly number[] => made.device.statuses('SUBSCRIBE');
const metrics = (made: Served): string => {
  const asked = { method: 'GET', path: '/metrics', address: '', header: () => undefined };
  return answerOwner(
    asked,
    made.server.fleet,
    () => 0,
    () => made.server.passwords.refusals,
  ).body.toString();
};

describe('a device that has a password', () => {
  it('is challenged by SHA-256 alone, shows it, is told of its profile, and that the server knows it too', async () => {
    const made = await served(folder());
    const digest = client(DEVICE, 'own-secret');
    const sent = shows(made, digest);
    expect(statuses(made)).toEqual([401, 200]);
    const [challenge] = made.device.responses('SUBSCRIBE');
    expect(challenge?.headers.all('WWW-Authenticate')).toEqual([
      expect.stringMatching(/^Digest realm="doorphone", qop="auth", algorithm=SHA-256, nonce="/),
    ]);
    if (sent === undefined) throw new Error('no second SUBSCRIBE');
    expect(digest.accepted(sent, made.device.response('SUBSCRIBE'))).toBe('right');
    expect(made.notifies()).toHaveLength(1);
  });

  it('is asked by MD5 too where the owner says so', async () => {
    const md5 = `digest: [ SHA-256, MD5 ]`;
    const made = await served({
      ...folder(),
      'server.yaml': `files: http:10.0.0.5:8080\n${md5}\nusers: { ${DEVICE}: own-secret }`,
    });
    // As far as there is room: what it brings is the bound.
    subscribe(made, { headers: [['X-Serial-Number', '0'.repeat(120)]] });
    const offered = made.device.response('SUBSCRIBE').headers.all('WWW-Authenticate');
    expect(offered.map((value) => /algorithm=([^,]+)/.exec(value)?.[1])).toEqual(['SHA-256', 'MD5']);
  });

  it('whose hash alone is kept is let in as well', async () => {
    const made = await served(folder());
    shows(made, client(OTHER, 'its-secret'), { user: `MAC%3a${OTHER}`, userAgent: 'phone/1' });
    expect(statuses(made)).toEqual([401, 200]);
  });

  it('refreshes without another challenge (the dialog lives where it was begun), and has the proof once', async () => {
    const made = await served(folder());
    shows(made, client(DEVICE, 'own-secret'));
    const toTag = made.device.response('SUBSCRIBE').toTag ?? '';
    subscribe(made, { toTag, sequence: 7 });
    expect(statuses(made)).toEqual([401, 200, 200]);
    expect(made.device.responses('SUBSCRIBE').map(({ headers }) => headers.has('Authentication-Info'))).toEqual([
      false,
      true,
      false,
    ]);
  });

  it('goes on after a restart of the server', async () => {
    const file = new KeptFile();
    const before = await served(folder(), file);
    shows(before, client(DEVICE, 'own-secret'));
    await before.server.stop();
    const after = await served({ ...folder(), [`devices/${DEVICE}.yaml`]: 'name: Changed' }, file);
    after.settle();
    expect(after.notifies()).toHaveLength(1);
  });

  it('must show its own, not that of all, nor another’s', async () => {
    const made = await served(folder());
    shows(made, client('fleet', 'shared-secret'));
    shows(made, client(OTHER, 'its-secret'), { callId: 'c2' });
    expect(statuses(made)).toEqual([401, 403, 401, 403]);
    expect(made.notifies()).toEqual([]);
    expect(metrics(made)).toContain('doorphone_fleet_logins_refused_total{by="sip",why="other-device"} 2');
  });
});

describe('a device that is not named', () => {
  it('is let in by a password that is no other device’s', async () => {
    const made = await served(folder());
    shows(made, client('fleet', 'shared-secret'), { user: 'MAC%3a000000000009', userAgent: 'phone/1' });
    shows(made, client(DEVICE, 'own-secret'), { user: 'MAC%3a000000000009', userAgent: 'phone/1', callId: 'c2' });
    expect(statuses(made)).toEqual([401, 200, 401, 403]);
  });

  it('is not asked where nobody has a password', async () => {
    const made = await served({ [`devices/${DEVICE}.yaml`]: 'name: Front door' });
    subscribe(made);
    expect(statuses(made)).toEqual([200]);
  });
});

describe('who knows no password', () => {
  it('is counted, locked out, told of in a few lines, and learns nothing', async () => {
    const made = await served(folder());
    for (let guess = 0; guess < 8; guess += 1) shows(made, client(DEVICE, `guess ${guess}`), { callId: `g${guess}` });
    expect(statuses(made).slice(-1)).toEqual([503]);
    expect(made.device.response('SUBSCRIBE').headers.get('Retry-After')).toBe('60');
    expect(made.notifies()).toEqual([]);
    expect(made.server.fleet.devices).toEqual([]);
    expect(metrics(made)).toMatch(/logins_refused_total\{by="sip",why="wrong-password"\} 5$/m);
    expect(metrics(made)).toMatch(/logins_refused_total\{by="sip",why="locked-out"\} 3$/m);
    const lines = made.log.lines.filter(({ event }) => event === 'fleet.login-refused');
    expect(lines.length).toBeLessThanOrEqual(7);
    expect(JSON.stringify(made.log.lines)).not.toMatch(/own-secret|its-secret|shared-secret|guess/);
    made.clock.advance(seconds(600));
    shows(made, client(DEVICE, 'own-secret'), { callId: 'right' });
    expect(statuses(made).slice(-2)).toEqual([401, 200]);
  });

  it('gets no more bytes than it brings', async () => {
    const made = await served(folder('digest: [ SHA-256 ]'));
    let brought = 0;
    let sent = 0;
    made.network.swallow = ({ bytes, to, from }) => {
      if (from.address === '10.0.0.2') brought += bytes.length;
      if (to.address === '10.0.0.2') sent += bytes.length;
      return false;
    };
    for (const [at, padding] of [0, 20, 40, 60, 80, 100, 200].entries()) {
      subscribe(made, { callId: `c${at}`, headers: [['X', 'x'.repeat(padding)]] });
      expect(sent).toBeLessThanOrEqual(brought);
      [brought, sent] = [0, 0];
    }
  });

  it('replays what it has overheard in vain', async () => {
    const made = await served(folder());
    const sent = shows(made, client(DEVICE, 'own-secret'));
    if (sent === undefined) throw new Error('no second SUBSCRIBE');
    const headers = [['Authorization', sent.headers.get('Authorization') ?? '']] as const;
    subscribe(made, { callId: 'replay', headers });
    expect(made.device.response('SUBSCRIBE').status).toBe(401);
    expect(made.device.response('SUBSCRIBE').headers.get('WWW-Authenticate')).toContain('stale=true');
  });
});

describe('the file of a device', () => {
  const request = (path: string, more: Partial<FileRequest> & { authorization?: string } = {}): FileRequest => ({
    method: 'GET',
    path,
    address: '10.0.0.2',
    header: (name) => (name === 'authorization' ? more.authorization : undefined),
    ...more,
  });

  async function subscribed(): Promise<{ made: Served; path: string }> {
    const made = await served(folder());
    shows(made, client(DEVICE, 'own-secret'));
    const [notify] = made.notifies();
    const read = readIndirection(notify?.headers.get('Content-Type') ?? '', notify?.body ?? Buffer.alloc(0));
    if (!read.ok) throw new Error(read.error);
    return { made, path: new URL(read.value.url).pathname };
  }

  /** Fetches as our device does: its answer to a challenge. */
  function fetched(made: Served, path: string, username: string, password: string, secure = false): FileResponse {
    const url = new URL(`${secure ? 'https' : 'http'}://10.0.0.5${path}`);
    const asking = new Authenticator(
      { host: '10.0.0.5', username, password: new Secret(password), basic: true },
      new SeededRandom(6),
    );
    const first = made.server.answerFile(request(path, { secure }));
    expect(first.status).toBe(401);
    const answer = asking.answer(url, undefined, { 'www-authenticate': first.headers['WWW-Authenticate'] });
    if (!answer.ok) throw new Error(answer.error.message);
    return made.server.answerFile(request(path, { secure, authorization: answer.value }));
  }

  it('is given to who shows its password by digest, with a proof', async () => {
    const { made, path } = await subscribed();
    const file = fetched(made, path, DEVICE, 'own-secret');
    expect(file.status).toBe(200);
    expect(JSON.parse(file.body.toString())).toMatchObject({ name: 'Front door' });
    expect(file.headers['Authentication-Info']).toMatch(/rspauth="[0-9a-f]{64}"/);
  });

  it.each([
    ['fleet', 'shared-secret', 404],
    [OTHER, 'its-secret', 404],
    [DEVICE, 'a guess', 401],
  ])('is not given to %s by %s', async (username, password, status) => {
    const { made, path } = await subscribed();
    expect(fetched(made, path, username, password).status).toBe(status);
  });

  it('may be asked for by Basic over TLS, and only there (RFC 7617 §4)', async () => {
    const { made, path } = await subscribed();
    const basic = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`;
    const status = (text: string, secure: boolean): number =>
      made.server.answerFile(request(path, { secure, authorization: basic(text) })).status;
    expect(made.server.answerFile(request(path, { secure: true })).headers['WWW-Authenticate']).toMatch(
      /^Digest .*, Basic realm="doorphone", charset="UTF-8"$/,
    );
    expect(made.server.answerFile(request(path)).headers['WWW-Authenticate']).not.toContain('Basic');
    expect(status(`${DEVICE}:own-secret`, true)).toBe(200);
    expect(status(`${DEVICE}:own-secret`, false)).toBe(401);
    expect(status(`${DEVICE}:a guess`, true)).toBe(401);
    expect(status(`${OTHER}:its-secret`, true)).toBe(404);
    expect(metrics(made)).toMatch(/logins_refused_total\{by="http",why="wrong-password"\} 1$/m);
  });

  it('wants the new password as soon as the owner has changed it', async () => {
    const { made, path } = await subscribed();
    made.folder.texts['server.yaml'] = settings().replace('own-secret', 'new-secret');
    made.folder.changed();
    made.settle();
    expect(fetched(made, path, DEVICE, 'own-secret').status).toBe(401);
    expect(fetched(made, path, DEVICE, 'new-secret').status).toBe(200);
  });
});

describe('users in server.yaml', () => {
  const read = (text: string, mode?: number) =>
    readSettings(text, {
      folder: '/profiles',
      environment: { DOOR: 'of the environment' },
      readFile: (path) => {
        if (path === '/profiles/secrets/door') return { text: 'of a file\n', mode: 0o600 };
        throw Object.assign(new Error('no such file'), { code: 'ENOENT' });
      },
      ...(mode === undefined ? {} : { mode }),
    });
  const users = (text: string): string => `files: http:10.0.0.5:80\nusers:\n  ${text}\n`;

  it('may be in files and in the environment, and are never shown', () => {
    const found = read('files: http:10.0.0.5:80\nusers:\n  a: { file: secrets/door }\n  b: { env: DOOR }\n');
    if (!('users' in found)) throw new Error(found.join('\n'));
    expect([...found.users].map(([name, known]) => [name, known instanceof Secret ? known.reveal() : known])).toEqual([
      ['a', 'of a file'],
      ['b', 'of the environment'],
    ]);
    expect(JSON.stringify([...found.users])).not.toContain('of a file');
  });

  it.each([
    ['a: { file: nothing }', 'server.yaml:3:6: users.a: names /profiles/nothing, which does not exist'],
    ['a: { env: NOTHING }', 'server.yaml:3:6: users.a: names the variable NOTHING, which is not set'],
    ['a: 7', 'server.yaml:3:6: users.a: is no password'],
    ['"a b": x', 'server.yaml:3:10: users.a b: is no user name'],
    ['a: { sha256: xyz }', 'server.yaml:3:16: users.a.sha256: is no hash'],
    [`a: { md5: ${'a'.repeat(32)} }`, 'server.yaml:3:6: users.a: has no sha256, by which devices may be asked'],
  ])('that say %s are a fault with line and key', (text, fault) => {
    const found = read(users(text));
    expect(found).toEqual([expect.stringContaining(fault)]);
  });

  it.each([
    ['over no TLS', 'sip: [ udp:0.0.0.0:5060 ]', /^server\.yaml:\d+:\d+: users: show no password here.*add tls:/],
    [
      'where this server only publishes',
      'publish: { server: "sip:boot", username: a, password: b, files: /srv, url: "https://boot" }',
      /users: count for devices that come to this server itself/,
    ],
    ['over TLS', 'sip: [ tls:0.0.0.0:5061 ]\ncertificate: c', undefined],
  ])('%s are warned of where they do nothing', (_, text, said) => {
    const found = read(`files: http:10.0.0.5:80\n${text}\nusers: { a: secret }\n`);
    expect('warnings' in found ? found.warnings : found).toEqual(
      said === undefined ? [] : [expect.stringMatching(said)],
    );
  });

  it('in clear in a file that everybody can read are warned of', () => {
    const found = read(users('a: secret'), 0o644);
    expect('warnings' in found && found.warnings[0]).toMatch(/users\.a: is in clear in a file/);
  });
});
