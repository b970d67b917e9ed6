// The provisioning server as a device and its owner see it (RFC 6080, RFC 6665, RFC 4483).

import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { seconds } from '../../../../src/base/units.ts';
import { readIndirection } from '../../../../src/provisioning/event/index.ts';
import type { FileRequest, FileResponse } from '../../../../src/provisioning/server/file-service.ts';
import { answerOwner } from '../../../../src/provisioning/server/owner-service.ts';
import type { SipRequest } from '../../../../src/sip/message/types.ts';
import { DEVICE, KeptFile, type Served, served, subscribe, URN } from './support.ts';

const own = { [`devices/${DEVICE}.yaml`]: 'name: Front door\nboard: virtual' };

const request = (path: string, headers: Readonly<Record<string, string>> = {}, method = 'GET'): FileRequest => ({
  method,
  path,
  address: '10.0.0.2',
  header: (name) => headers[name],
});

function indirectionOf(notify: SipRequest | undefined) {
  const read = readIndirection(notify?.headers.get('Content-Type') ?? '', notify?.body ?? Buffer.alloc(0));
  if (!read.ok) throw new Error(read.error);
  return read.value;
}

/** Fetches what a NOTIFY names, as a device does. */
function fetch(
  made: Served,
  notify: SipRequest | undefined,
  headers: Readonly<Record<string, string>> = {},
): FileResponse {
  return made.server.answerFile(request(new URL(indirectionOf(notify).url).pathname, headers));
}

const profileIn = (response: FileResponse): Record<string, unknown> => JSON.parse(response.body.toString());

describe('a device that subscribes', () => {
  it('is told where its profile is, with size, hash and name of the content, and finds it there', async () => {
    const made = await served(own);
    subscribe(made);
    expect(made.device.response('SUBSCRIBE').status).toBe(200);
    const [notify] = made.notifies();
    expect(notify?.headers.get('Subscription-State')).toMatch(/^active;expires=3[56]\d\d$/);
    const content = indirectionOf(notify);
    expect(content.url).toMatch(/^http:\/\/10\.0\.0\.5:8080\/[0-9a-f]{32}\/b827eb010203\.yaml$/);
    const file = fetch(made, notify);
    expect(file.status).toBe(200);
    expect(file.body.length).toBe(content.size);
    expect(createHash('sha1').update(file.body).digest('hex')).toBe(content.hash);
    expect(content.contentId).toContain('-1-');
    expect(profileIn(file)).toEqual({ profile: { serial: 1 }, name: 'Front door', board: 'virtual' });
  });

  it('has a day where it asks for no time (RFC 6080 §6.4)', async () => {
    const made = await served(own);
    subscribe(made, { expires: '999999' });
    expect(made.device.response('SUBSCRIBE').headers.get('Expires')).toBe('86400');
  });

  it.each([
    ['for a user profile', { type: 'user' }, 404],
    ['for a local-network profile', { type: 'local-network', user: 'anonymous' }, 404],
    ['under no name of a device', { user: 'alice' }, 404],
    ['without a word that it understands', { accept: 'text/plain' }, 406],
  ])('%s is refused', async (_, wanted, status) => {
    const made = await served(own);
    subscribe(made, wanted);
    expect(made.device.response('SUBSCRIBE').status).toBe(status);
    expect(made.notifies()).toEqual([]);
  });

  it('that understands a bare URL only gets one', async () => {
    const made = await served(own);
    subscribe(made, { accept: 'application/url' });
    const [notify] = made.notifies();
    expect(notify?.contentType).toBe('application/url');
    expect(notify?.body.toString()).toMatch(/^http:\/\/.*b827eb010203\.yaml$/);
  });

  it('that wants the profile itself over a wire in the clear is given its address', async () => {
    const made = await served(own);
    subscribe(made, { accept: 'application/yaml' });
    expect(made.notifies()[0]?.contentType).toBe('message/external-body');
  });

  it('is told by when a change must count, where the owner says so (RFC 6080 §6.2.3)', async () => {
    const made = await served({ [`devices/${DEVICE}.yaml`]: 'name: A\nprofile: { effectiveBy: 0 }' });
    subscribe(made);
    expect(made.notifies()[0]?.headers.get('Event')).toBe('ua-profile;effective-by=0');
  });
});

describe('a fleet that comes all at once', () => {
  const few = { 'server.yaml': 'files: http:10.0.0.5:8080\nsip: [ udp:10.0.0.5:5060 ]\nrate: 2\napprove: automatic' };
  const doors = [1, 2, 3].map((number) => `MAC%3a00000000000${number}`);

  it('is taken at the owner’s rate; the others are told when to come again (RFC 3261 §21.5.4)', async () => {
    const made = await served({ ...own, ...few });
    for (const [at, user] of doors.entries()) subscribe(made, { user, callId: `c${at}`, settles: false });
    made.settle();
    const statuses = made.device.responses('SUBSCRIBE').map(({ status }) => status);
    expect(statuses).toEqual([200, 200, 503]);
    const wait = Number(made.device.responses('SUBSCRIBE')[2]?.headers.get('Retry-After'));
    expect(wait).toBeGreaterThanOrEqual(1);
    made.clock.advance(seconds(wait));
    subscribe(made, { user: doors[2] ?? '', callId: 'c2', sequence: 2 });
    expect(made.device.response('SUBSCRIBE').status).toBe(200);
  });

  it('is remembered, each of them: a repetition has the answer of the first (RFC 3261 §17.2.2)', async () => {
    const made = await served({ 'server.yaml': `${few['server.yaml']}`.replace('rate: 2', 'rate: 1000') });
    const mac = (number: number): string => `MAC%3a00000000${number.toString().padStart(4, '0')}`;
    const ask = (number: number): void =>
      subscribe(made, { user: mac(number), callId: `c${number}`, branch: `z9hG4bKb${number}`, settles: false });
    for (let number = 0; number < 320; number += 1) ask(number);
    made.clock.advance(10);
    ask(0);
    made.clock.advance(10);
    const answers = made.device.responses('SUBSCRIBE').filter(({ callId }) => callId === 'c0');
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    expect(answers[1]?.toTag).toBe(answers[0]?.toTag);
    expect(made.notifies().filter(({ callId }) => callId === 'c0')).toHaveLength(1);
  });

  it('gets its files at that rate, too (RFC 9110 §10.2.3)', async () => {
    const made = await served({ ...own, ...few });
    subscribe(made);
    const [notify] = made.notifies();
    const answers = [1, 2, 3].map(() => fetch(made, notify));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 503]);
    expect(Number(answers[2]?.headers['Retry-After'])).toBeGreaterThanOrEqual(1);
  });
});

describe('a change in the folder', () => {
  it('is told to whom it concerns, once, with a higher serial number', async () => {
    const made = await served({ ...own, 'devices/000000000001.yaml': 'name: Other' });
    subscribe(made);
    subscribe(made, { user: 'MAC%3a000000000001', callId: 'c2' });
    const before = made.notifies().length;
    made.folder.texts[`devices/${DEVICE}.yaml`] = 'name: North door\nboard: virtual';
    made.folder.changed();
    made.settle();
    const after = made.notifies().slice(before);
    expect(after.map(({ callId }) => callId)).toEqual(['c1']);
    expect(profileIn(fetch(made, after[0]))).toEqual({ profile: { serial: 2 }, name: 'North door', board: 'virtual' });
    made.folder.changed();
    made.settle();
    expect(made.notifies()).toHaveLength(before + 1);
  });

  it('that makes no sense is told to nobody, and said with file and line', async () => {
    const made = await served(own);
    subscribe(made);
    const before = made.notifies().length;
    made.folder.texts['common.yaml'] = 'name: [';
    made.folder.changed();
    made.settle();
    expect(made.notifies()).toHaveLength(before);
    const line = made.log.lines.find(({ event }) => event === 'fleet.not-applied');
    expect(JSON.stringify(line)).toContain('common.yaml:1:');
    expect(profileIn(fetch(made, made.notifies()[0]))).toMatchObject({ name: 'Front door' });
  });
});

describe('what devices without a file of their own get', () => {
  it('is looked at too, before anybody hears of it', async () => {
    const made = await served({
      'common.yaml': 'name: C',
      'server.yaml': 'files: http:10.0.0.5:8080\napprove: automatic',
    });
    subscribe(made);
    const before = made.notifies().length;
    made.folder.texts['common.yaml'] = 'name: C\nlog: { level: loud }';
    made.folder.changed();
    made.settle();
    expect(made.notifies()).toHaveLength(before);
    expect(JSON.stringify(made.log.lines)).toContain('common.yaml:2:15: log.level');
  });
});

describe('a device that nobody has named', () => {
  it('waits: subscribed, told nothing, and told as soon as it is approved', async () => {
    const made = await served({ 'common.yaml': 'name: Common' });
    subscribe(made);
    expect(made.device.response('SUBSCRIBE').status).toBe(200);
    expect(made.notifies().map(({ body }) => body.length)).toEqual([0]);
    const list = JSON.parse(answerOwner(request('/devices'), made.server.fleet, () => 0).body.toString());
    expect(list).toMatchObject([{ id: DEVICE, approved: false, model: 'one', address: '10.0.0.2' }]);
    expect(JSON.stringify(list)).not.toContain(made.server.fleet.devices[0]?.token);
    expect(answerOwner(request(`/approve/${DEVICE}`, {}, 'POST'), made.server.fleet, () => 0).status).toBe(200);
    made.settle();
    expect(profileIn(fetch(made, made.notifies().at(-1)))).toMatchObject({ name: 'Common' });
  });

  it('gets nothing by knowing a path while it waits', async () => {
    const made = await served({ 'common.yaml': 'name: Common' });
    subscribe(made);
    const token = made.server.fleet.devices[0]?.token;
    expect(made.server.answerFile(request(`/${token}/${DEVICE}.yaml`)).status).toBe(404);
  });

  it('needs no approval where the owner says so, and is approved when it gets a file of its own', async () => {
    const automatic = await served({
      'common.yaml': 'name: C',
      'server.yaml': 'files: http:10.0.0.5:8080\napprove: automatic',
    });
    subscribe(automatic);
    expect(automatic.notifies()[0]?.body.length).toBeGreaterThan(0);
    const manual = await served({ 'common.yaml': 'name: C' });
    subscribe(manual);
    manual.folder.texts[`devices/${DEVICE}.yaml`] = 'name: D';
    manual.folder.changed();
    manual.settle();
    expect(profileIn(fetch(manual, manual.notifies().at(-1)))).toMatchObject({ name: 'D' });
  });

  it('is one of a bounded number: who invents names gets 503 in the end', async () => {
    const made = await served({ 'common.yaml': 'name: C' });
    for (let at = 0; at < 1001; at += 1) {
      made.server.fleet.see({ id: at.toString(16).padStart(12, '0'), address: '10.0.0.3' });
    }
    subscribe(made);
    const response = made.device.response('SUBSCRIBE');
    expect(response.status).toBe(503);
    expect(response.headers.get('Retry-After')).toBe('600');
  });
});

describe('files', () => {
  it('are sent again only when they have changed (RFC 9110 §13.1.2)', async () => {
    const made = await served(own);
    subscribe(made);
    const [notify] = made.notifies();
    const tag = fetch(made, notify).headers.ETag ?? '';
    const again = fetch(made, notify, { 'if-none-match': `W/"x", ${tag}` });
    expect([again.status, again.body.length]).toEqual([304, 0]);
    made.folder.texts[`devices/${DEVICE}.yaml`] = 'name: Other';
    made.folder.changed();
    expect(fetch(made, notify, { 'if-none-match': tag }).status).toBe(200);
  });

  it.each([
    `/${'0'.repeat(32)}/${DEVICE}.yaml`,
    `/${DEVICE}.yaml`,
    '/',
    '/devices',
    `/../${DEVICE}.yaml`,
    `/${'0'.repeat(32)}/../../etc/passwd`,
  ])("%s is nobody's", async (path) => {
    const made = await served(own);
    subscribe(made);
    expect(made.server.answerFile(request(path)).status).toBe(404);
  });

  it('are not had with the token of another device', async () => {
    const made = await served({ ...own, 'devices/000000000001.yaml': 'name: Other' });
    subscribe(made);
    const token = made.server.fleet.devices[0]?.token;
    expect(made.server.answerFile(request(`/${token}/000000000001.yaml`)).status).toBe(404);
    expect(made.server.answerFile(request(`/${token}/${DEVICE}.yaml`, {}, 'POST')).status).toBe(405);
  });

  it("go by the device's name alone where the owner allows it", async () => {
    const made = await served({ ...own, 'server.yaml': 'files: http:10.0.0.5:8080\nplainNames: true' });
    expect(profileIn(made.server.answerFile(request(`/${DEVICE}.yaml`)))).toMatchObject({ name: 'Front door' });
  });
});

describe('what devices report', () => {
  it('by SUBSCRIBE and by HTTP is seen by the owner', async () => {
    const made = await served(own);
    subscribe(made, { headers: [['Doorphone-Profile', 'applied;serial=1']] });
    const shown = () => JSON.parse(answerOwner(request('/devices'), made.server.fleet, () => 0).body.toString())[0];
    expect(shown()).toMatchObject({ applied: 1, verdict: 'applied', reason: null });
    fetch(made, made.notifies()[0], {
      'doorphone-profile': 'rolled-back;serial=1;refused=2;reason="not registered within 60 s"',
    });
    expect(shown()).toMatchObject({ applied: 1, verdict: 'rolled-back', reason: 'not registered within 60 s' });
    const metrics = answerOwner(request('/metrics'), made.server.fleet, () => 7).body.toString();
    expect(metrics).toContain('doorphone_fleet_subscriptions 7\n');
    expect(metrics).toContain('doorphone_fleet_up_to_date 1\n');
    expect(metrics).toContain('doorphone_fleet_verdicts{verdict="rolled-back"} 1\n');
  });
});

describe('a restart of the server', () => {
  /** A server that had a subscriber and has ended, and what it has kept. */
  async function aLife() {
    const file = new KeptFile();
    const first = await served(own, file);
    subscribe(first);
    void first.server.stop();
    first.settle();
    await Promise.resolve();
    return { first, file };
  }

  it('ends no subscription: a change made meanwhile is told in the old dialog', async () => {
    const { first, file } = await aLife();
    expect(first.notifies()).toHaveLength(1);
    const second = await served({ [`devices/${DEVICE}.yaml`]: 'name: North door' }, file);
    second.settle();
    const [notify] = second.notifies();
    expect(notify?.callId).toBe('c1');
    expect(profileIn(fetch(second, notify))).toEqual({ profile: { serial: 2 }, name: 'North door' });
  });

  it('tells nobody anything where nothing has changed', async () => {
    const { file } = await aLife();
    const second = await served(own, file);
    second.settle();
    expect(second.notifies()).toEqual([]);
    expect(second.server.subscriptions).toBe(1);
  });
});

describe('a device that looks for a server by multicast', () => {
  const ask = (user: string, callId = 'p1'): Buffer =>
    Buffer.from(
      [
        `SUBSCRIBE sip:${user}@224.0.1.75 SIP/2.0`,
        'Via: SIP/2.0/UDP 10.0.0.2:5059;branch=z9hG4bKp1;rport',
        `From: <sip:${user}@224.0.1.75>;tag=a1`,
        `To: <sip:${user}@224.0.1.75>`,
        `Call-ID: ${callId}`,
        'CSeq: 1 SUBSCRIBE',
        'Max-Forwards: 70',
        'Expires: 0',
        'Contact: <sip:10.0.0.2:5059>',
        'Event: ua-profile;profile-type="device";vendor="yealink";model="W52P";version="25.81.0.10"',
        'Accept: application/url',
        'Content-Length: 0',
        '',
        '',
      ].join('\r\n'),
    );

  it.each(['MAC%3ab827eb010203', 'MAC%3AB827EB010203', 'MACb827eb010203'])(
    'as %s is answered, then told',
    async (user) => {
      const made = await served(own);
      const sent: string[] = [];
      const responder = made.server.respondTo({
        send: (bytes, address, port) => sent.push(`${address}:${port} ${bytes}`),
      });
      responder.receive(ask(user), '10.0.0.2', 5059);
      expect(sent).toHaveLength(2);
      expect(sent[0]).toMatch(/^10\.0\.0\.2:5059 SIP\/2\.0 200 OK\r\n/);
      expect(sent[1]).toMatch(/^10\.0\.0\.2:5059 NOTIFY sip:10\.0\.0\.2:5059 SIP\/2\.0\r\n/);
      expect(sent[1]).toContain('Event: ua-profile\r\n');
      expect(sent[1]).toContain('Subscription-State: terminated;reason=timeout\r\n');
      expect(sent[1]).toMatch(
        /Content-Type: application\/url\r\n(?:.*\r\n)*\r\nhttp:\/\/10\.0\.0\.5:8080\/[0-9a-f]{32}\/b827eb010203\.yaml$/,
      );
      responder.receive(ask(user), '10.0.0.2', 5059);
      expect(sent[3]).toBe(sent[1]);
    },
  );

  it('gets silence while it waits for approval, and is on the list', async () => {
    const made = await served({ 'common.yaml': 'name: C' });
    const sent: Buffer[] = [];
    made.server.respondTo({ send: (bytes) => sent.push(bytes) }).receive(ask('MAC%3ab827eb010203'), '10.0.0.2', 5059);
    expect(sent).toEqual([]);
    expect(made.server.fleet.devices.map(({ id }) => id)).toEqual([DEVICE]);
  });

  it.each([
    ['no SIP', Buffer.from('hello')],
    ['no device', ask('alice')],
    ['another event', Buffer.from(ask('MAC%3ab827eb010203').toString().replace('ua-profile', 'presence'))],
    ['another method', Buffer.from(ask('MAC%3ab827eb010203').toString().replaceAll('SUBSCRIBE', 'OPTIONS'))],
  ])('%s is met with silence', async (_, bytes) => {
    const made = await served(own);
    const sent: Buffer[] = [];
    made.server.respondTo({ send: (message) => sent.push(message) }).receive(bytes, '10.0.0.2', 5059);
    expect(sent).toEqual([]);
  });
});

describe('a call to the server', () => {
  it('is refused', async () => {
    const made = await served(own);
    made.device.send(
      made.device.make('INVITE', {
        uri: `sip:${URN}@10.0.0.5`,
        from: '<sip:a@b>;tag=1',
        to: `<sip:${URN}@10.0.0.5>`,
        callId: 'i1',
        sequence: 1,
        headers: [['Contact', made.device.contact]],
      }),
      { address: '10.0.0.5', port: 5060 },
    );
    made.settle();
    expect(made.device.statuses('INVITE').at(-1)).toBeGreaterThanOrEqual(400);
  });
});
