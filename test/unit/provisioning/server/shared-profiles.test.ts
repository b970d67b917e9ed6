// Profiles of users and of local networks (RFC 6080 §5.1.4): for whom they are, and what becomes of a change.

import { describe, expect, it } from 'vitest';
import { readIndirection } from '../../../../src/provisioning/event/index.ts';
import { ProfileLayers } from '../../../../src/provisioning/server/layers.ts';
import type { SipRequest } from '../../../../src/sip/message/types.ts';
import { DEVICE, KeptFile, type Served, served, subscribe } from './support.ts';

const ALICE = 'sip:alice@example.com';
const FOLDER = {
  [`devices/${DEVICE}.yaml`]: `accounts: [ { uri: "${ALICE}" } ]`,
  'users/alice@example.com.yaml': 'name: Of Alice\nprofile: { serial: 4 }',
  'networks/lan.example.com.yaml': 'media: { packetTime: 30ms }',
};
/** Of the device, by its hardware address (RFC 6080 §5.1.4.2). */
const INSTANCE = `urn:uuid:00000000-0000-1000-8000-${DEVICE}`;

/** The server has seen the device, and approved it. */
async function known(texts: { [path: string]: string } = FOLDER, file = new KeptFile()): Promise<Served> {
  const made = await served({ ...texts }, file);
  subscribe(made, { callId: 'device' });
  return made;
}

function askUser(made: Served, uri = ALICE, instance = INSTANCE): void {
  subscribe(made, { type: 'user', uri, instance, callId: `user-${uri}`, userAgent: 'phone' });
}

const told = (made: Served, callId: string): readonly SipRequest[] =>
  made.notifies().filter((notify) => notify.callId === callId);

function profileOf(made: Served, notify: SipRequest | undefined): unknown {
  const read = readIndirection(notify?.headers.get('Content-Type') ?? '', notify?.body ?? Buffer.alloc(0));
  if (!read.ok) throw new Error(read.error);
  const path = new URL(read.value.url).pathname;
  const answer = made.server.answerFile({ method: 'GET', path, address: '10.0.0.2', header: () => undefined });
  return answer.status === 200 ? JSON.parse(answer.body.toString()) : answer.status;
}

describe('a user’s profile', () => {
  it('is for a device whose own profile names the account', async () => {
    const made = await known();
    askUser(made);
    expect(made.device.response('SUBSCRIBE').status).toBe(200);
    const [notify] = told(made, `user-${ALICE}`);
    expect(profileOf(made, notify)).toEqual({ profile: { serial: 4 }, name: 'Of Alice' });
  });

  it.each([
    ['of whom there is none', 'sip:bob@example.com', INSTANCE],
    ['for a device that is not known', ALICE, 'urn:uuid:00000000-0000-1000-8000-000000000009'],
    ['for somebody who shows no device', ALICE, 'urn:uuid:f81d4fae-7ced-11d0-a765-00a0c91e6bf6'],
  ])('%s is refused', async (_, uri, instance) => {
    const made = await known();
    askUser(made, uri, instance);
    expect(made.device.response('SUBSCRIBE').status).toBe(404);
  });

  it('for a device that waits for approval is refused', async () => {
    const made = await known({ ...FOLDER, 'common.yaml': FOLDER[`devices/${DEVICE}.yaml`] ?? '' });
    const other = '000000000001';
    subscribe(made, { user: other, callId: 'other' });
    askUser(made, ALICE, `urn:uuid:00000000-0000-1000-8000-${other}`);
    expect(made.device.response('SUBSCRIBE').status).toBe(404);
    made.server.fleet.approve(other);
    askUser(made, 'sip:alice@example.com;x=2', `urn:uuid:00000000-0000-1000-8000-${other}`);
    expect(made.device.response('SUBSCRIBE').status).toBe(200);
  });

  it('that changes is told again; one that is gone is told as empty', async () => {
    const made = await known();
    askUser(made);
    made.folder.texts['users/alice@example.com.yaml'] = 'name: Changed';
    made.folder.changed();
    made.settle();
    const second = told(made, `user-${ALICE}`).at(-1);
    expect(profileOf(made, second)).toEqual({ name: 'Changed' });
    made.folder.texts['common.yaml'] = 'log: { level: warn }';
    made.folder.changed();
    made.settle();
    expect(told(made, `user-${ALICE}`).at(-1)).toBe(second);
    delete made.folder.texts['users/alice@example.com.yaml'];
    made.folder.changed();
    made.settle();
    expect(profileOf(made, told(made, `user-${ALICE}`).at(-1))).toEqual({});
  });

  it('has its address after a restart, and what changed meanwhile is told', async () => {
    const file = new KeptFile();
    const made = await known(FOLDER, file);
    askUser(made);
    const first = told(made, `user-${ALICE}`)[0];
    await made.server.stop();
    const again = await served({ ...FOLDER, 'users/alice@example.com.yaml': 'name: Meanwhile' }, file);
    again.settle();
    expect(profileOf(again, first)).toEqual({ name: 'Meanwhile' });
    expect(profileOf(again, told(again, `user-${ALICE}`)[0])).toEqual({ name: 'Meanwhile' });
  });
});

describe('a network’s profile', () => {
  it('is for whoever asks in its domain', async () => {
    const made = await known();
    subscribe(made, { type: 'local-network', uri: 'sip:_sipuaconfig.LAN.example.com', callId: 'network' });
    expect(profileOf(made, told(made, 'network')[0])).toEqual({ media: { packetTime: '30ms' } });
    subscribe(made, { type: 'local-network', uri: 'sip:_sipuaconfig.example.org', callId: 'none' });
    expect(made.device.response('SUBSCRIBE').status).toBe(404);
  });
});

it('files under names that nobody was told are not there', async () => {
  const made = await known();
  const path = `/${'0'.repeat(32)}/profile.yaml`;
  expect(made.server.answerFile({ method: 'GET', path, address: '10.0.0.2', header: () => undefined }).status).toBe(
    404,
  );
});

describe('what makes no sense', () => {
  it.each([
    ['users/alice@example.com.yaml', 'accounts: []', 'users/alice@example.com.yaml:1:1: accounts:'],
    [
      'users/alice@example.com.yaml',
      'doors: { main: { openFor: long } }',
      'users/alice@example.com.yaml:1:27: doors.main.openFor:',
    ],
    ['users/alice.yaml', 'name: x', 'users/alice.yaml:1:1: names no user'],
    ['networks/a@b.yaml', 'media: {}', 'networks/a@b.yaml:1:1: names no local-network'],
    ['networks/lan.example.com.yaml', 'name: x', 'networks/lan.example.com.yaml:1:1: name:'],
  ])('%s: %s', (path, text, fault) => {
    const layers = ProfileLayers.read(new Map([[path, text]]));
    if (!(layers instanceof ProfileLayers)) throw new Error('no YAML');
    expect(layers.sharedFaults.join('\n')).toContain(fault);
  });

  it('is not what the device’s own profile may say', () => {
    const layers = ProfileLayers.read(new Map([['users/a@b.yaml', 'doors: { main: { openFor: 2s } }']]));
    expect(layers instanceof ProfileLayers && layers.sharedFaults).toEqual([]);
  });
});
