// Enrollment against a notifier by hand (RFC 6080 §5, §6; RFC 6665).

import { describe, expect, it } from 'vitest';
import { Secret } from '../../../../src/base/secret.ts';
import { millis, seconds } from '../../../../src/base/units.ts';
import { Enrollment, type EnrollmentOptions } from '../../../../src/provisioning/client/enrollment/enrollment.ts';
import { ProfileEnrollment } from '../../../../src/provisioning/client/enrollment/profile-enrollment.ts';
import type { ProfileOffer } from '../../../../src/provisioning/client/types.ts';
import type { SubscribeOptions } from '../../../../src/sip/agent/types.ts';
import type { SipRequest } from '../../../../src/sip/message/types.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { RecordingLog } from '../../../support/recording-log.ts';
import { type NotifyTexts, notify } from '../../../support/scripted-notifier.ts';
import { SeededRandom } from '../../../support/seeded-random.ts';
import { bench, DOOR, deliver, PHONE } from '../../../support/sip-bench.ts';

const INSTANCE = 'urn:uuid:f81d4fae-7ced-11d0-a765-00a0c91e6bf6';
const URL = 'https://boot.example.com/b827eb010203.yaml';
const INDIRECT = `message/external-body;access-type="URL";URL="${URL}";size=120;hash=da39a3ee5e6b4b0d3255bfef95601890afd80709`;

async function enrolling(changes: Partial<EnrollmentOptions> = {}) {
  // Nobody may call in: notifications of servers that were asked must come through all the same.
  const made = await bench({ admit: () => ({ status: 0 }) });
  const { agent, phone, clock, log } = made;
  const offers: ProfileOffer[] = [];
  const states: string[] = [];
  const enrollment = new Enrollment({
    clock,
    random: new SeededRandom(3),
    log,
    agent,
    server: { from: 'configured', uri: `sip:${PHONE}`, by: 'the configuration' },
    device: { instance: INSTANCE, vendor: 'doorphone.example', model: 'virtual', version: '1.0' },
    offered: (offer) => offers.push(offer),
    changed: (type, state, why) => states.push(`${type} ${state}${why === undefined ? '' : `: ${why}`}`),
    ...changes,
  });
  enrollment.start();
  deliver(clock);
  deliver(clock);
  const asked = (): readonly SipRequest[] => phone.requests('SUBSCRIBE');
  const answer = (status: number, headers: readonly (readonly [string, string])[] = []): void => {
    phone.answer(phone.request('SUBSCRIBE'), status, { toTag: 'notifier-tag', headers });
    deliver(clock);
  };
  const tell = (texts: Partial<NotifyTexts> = {}): void => {
    notify(phone, phone.request('SUBSCRIBE'), DOOR, { state: 'active;expires=86400', ...texts });
    deliver(clock);
  };
  const enrol = (texts: Partial<NotifyTexts> = {}): void => {
    answer(200, [['Expires', '86400']]);
    tell({ event: 'ua-profile', ...texts });
  };
  return { ...made, enrollment, offers, states, asked, answer, tell, enrol };
}

/** How long after the last request the next one comes. */
function waitForNext(made: Awaited<ReturnType<typeof enrolling>>, limit: number): number {
  const before = made.asked().length;
  for (let waited = 0; waited < limit; waited += 1000) {
    made.clock.advance(1000);
    if (made.asked().length > before) return waited + 1000;
  }
  return Number.POSITIVE_INFINITY;
}

describe('the request (RFC 6080 §5.1.4, §6.2)', () => {
  it('a device asks by its URN, anonymously, and shows which one it is', async () => {
    const { asked } = await enrolling();
    const [request] = asked();
    expect(request?.requestUri).toBe(`sip:urn%3Auuid%3Af81d4fae-7ced-11d0-a765-00a0c91e6bf6@${PHONE}`);
    expect(request?.from.uri).toBe(`sip:anonymous@${PHONE}`);
    expect(request?.headers.get('Contact')).toContain(`;+sip.instance="<${INSTANCE}>"`);
    expect(request?.headers.get('Event')).toBe(
      'ua-profile;profile-type=device;vendor="doorphone.example";model="virtual";version="1.0"',
    );
    expect(request?.headers.get('Expires')).toBe('86400');
    expect(request?.headers.list('Accept')).toContain('message/external-body');
    expect(request?.headers.list('Accept')).toContain('application/yaml');
  });

  it('an address of its own, where the server gave it one, is used as it is', async () => {
    const uri = `sip:door-17@${PHONE}`;
    const { asked } = await enrolling({ server: { from: 'remembered', uri, by: 'the last time' } });
    expect(asked()[0]?.requestUri).toBe(uri);
    expect(asked()[0]?.from.uri).toBe(uri);
  });

  it('a user’s is asked for at the account’s address, by the account (§5.1.4.3)', async () => {
    const account = { uri: `sip:door@${PHONE}`, expires: seconds(300), register: false };
    const { asked } = await enrolling({ profile: { type: 'user', account } });
    const [request] = asked();
    expect([request?.requestUri, request?.from.uri]).toEqual([`sip:door@${PHONE}`, `sip:door@${PHONE}`]);
    expect(request?.headers.get('Event')).toContain('profile-type=user');
    expect(request?.headers.get('Contact')).toContain(`;+sip.instance="<${INSTANCE}>"`);
  });

  it('a network’s is asked for in its domain, without a user, by nobody (§5.1.4.1)', async () => {
    const asked: SubscribeOptions[] = [];
    const agent = {
      subscribe: (options: SubscribeOptions) => {
        asked.push(options);
        throw new Error('it is enough to have been asked');
      },
    };
    await enrolling({ agent, profile: { type: 'local-network', domain: 'lan.example.net' } });
    expect(asked.map(({ target, account }) => [target, account.uri])).toEqual([
      ['sip:_sipuaconfig.lan.example.net', 'sip:anonymous@anonymous.invalid'],
    ]);
  });

  it('tells the server how it stands with the profile, and again when that changes', async () => {
    const made = await enrolling();
    made.enrol();
    made.enrollment.report({ verdict: 'applied', serial: 17 });
    deliver(made.clock);
    expect(made.asked()).toHaveLength(2);
    expect(made.asked()[1]?.headers.get('Doorphone-Profile')).toBe('applied;serial=17');
    made.enrollment.report({ verdict: 'applied', serial: 17 });
    deliver(made.clock);
    expect(made.asked()).toHaveLength(2);
  });
});

describe('digest (RFC 6080 §5.2.1)', () => {
  it('answers no challenge without TLS', async () => {
    const made = await enrolling({ username: 'door', password: new Secret('open sesame') });
    made.answer(401, [['WWW-Authenticate', 'Digest realm="boot", nonce="n1", algorithm=SHA-256, qop="auth"']]);
    expect(made.asked()).toHaveLength(1);
    expect(made.states.at(-1)).toMatch(/^device delaying: 401/);
  });
});

describe('whom the password is for (RFC 6080 §5.2.1)', () => {
  it.each([
    ['sips:boot.example.com', true],
    ['sip:boot.example.com;transport=tls', true],
    ['sip:boot.example.com', false],
    ['sip:boot.example.com;transport=tcp', false],
  ])('%s: %s', (uri, expected) => {
    const asked: SubscribeOptions[] = [];
    const clock = new FakeClock();
    const password = new Secret('open sesame');
    new Enrollment({
      clock,
      random: new SeededRandom(3),
      log: new RecordingLog(),
      agent: {
        subscribe: (options) => {
          asked.push(options);
          throw new Error('it is enough to have been asked');
        },
      },
      server: { from: 'configured', uri, by: 'the configuration' },
      device: { instance: INSTANCE, vendor: 'doorphone.example', model: 'virtual', version: '1.0' },
      username: 'door',
      password,
      offered: () => undefined,
    }).start();
    clock.advance(1);
    expect(asked.map(({ account }) => account.password)).toEqual([expected ? password : undefined]);
  });
});

describe('several addresses (figure 7, loop 2)', () => {
  async function asking() {
    const made = await bench({ admit: () => ({ status: 0 }) });
    const { agent, phone, clock, log } = made;
    const states: string[] = [];
    const account = { uri: `sip:anonymous@${PHONE}`, expires: seconds(300), register: false };
    const enrollment = new ProfileEnrollment({
      clock,
      random: new SeededRandom(3),
      log,
      agent,
      server: { from: 'configured', uri: `sip:${PHONE}`, by: 'the configuration' },
      type: 'device',
      addresses: ['first', 'second'].map((user) => ({ uri: `sip:${user}@${PHONE}`, account })),
      event: 'ua-profile;profile-type=device',
      instance: INSTANCE,
      headers: [],
      offered: () => undefined,
      changed: (state) => states.push(state),
    });
    enrollment.start(millis(0));
    deliver(clock);
    deliver(clock);
    const answer = (status: number): void => {
      phone.answer(phone.request('SUBSCRIBE'), status, { toTag: 't' });
      deliver(clock);
      deliver(clock);
    };
    const asked = () => phone.requests('SUBSCRIBE').map(({ requestUri }) => /sip:(\w+)@/.exec(requestUri)?.[1]);
    return { clock, states, answer, asked };
  }

  it('are asked one behind the other, then there is a delay', async () => {
    const made = await asking();
    made.answer(404);
    expect(made.asked()).toEqual(['first', 'second']);
    made.answer(500);
    expect(made.states.at(-1)).toBe('delaying');
    made.clock.advance(31_000);
    expect(made.asked()).toHaveLength(2);
    made.clock.advance(20_000);
    expect(made.asked().length).toBeGreaterThan(2);
  });

  it('are not asked again where none has such profiles', async () => {
    const made = await asking();
    made.answer(404);
    made.answer(489);
    expect(made.states.at(-1)).toBe('refused');
    made.clock.advance(8 * 3600_000);
    expect(made.asked()).toEqual(['first', 'second']);
  });
});

describe('what notifications offer (§6.5, §6.7, RFC 4483)', () => {
  it('a URL with what is known of its content', async () => {
    const made = await enrolling();
    made.enrol({
      event: 'ua-profile;effective-by=3600',
      type: INDIRECT,
      body: 'Content-Type: application/yaml\r\nContent-ID: <17@boot>\r\n\r\n',
    });
    expect(made.offers).toEqual([
      {
        server: { from: 'configured', uri: `sip:${PHONE}`, by: 'the configuration' },
        type: 'device',
        effectiveBy: 3_600_000,
        kind: 'url',
        url: URL,
        size: 120,
        hash: 'da39a3ee5e6b4b0d3255bfef95601890afd80709',
        contentId: '17@boot',
      },
    ]);
    expect(made.states).toEqual(['device delaying', 'device asking', 'device enrolled']);
    expect(made.phone.statuses('NOTIFY')).toEqual([200]);
  });

  it('a URL that stands in the type alone', async () => {
    const made = await enrolling();
    made.enrol({ headers: [['Content-Type', INDIRECT]] });
    expect(made.offers.map((offer) => offer.kind === 'url' && offer.url)).toEqual([URL]);
  });

  it('a bare URL', async () => {
    const made = await enrolling();
    made.enrol({ type: 'application/url', body: `${URL}\r\n` });
    expect(made.offers.map((offer) => offer.kind === 'url' && offer.url)).toEqual([URL]);
  });

  it('the profile itself', async () => {
    const made = await enrolling();
    made.enrol({ type: 'application/yaml', body: 'name: Front door' });
    const [offer] = made.offers;
    expect(offer?.kind === 'body' && offer.data.toString()).toBe('name: Front door');
    expect(offer?.effectiveBy).toBeUndefined();
  });

  it('nothing: there is no profile yet, and the subscription stands (§6.8)', async () => {
    const made = await enrolling();
    made.enrol();
    expect(made.offers.map(({ kind }) => kind)).toEqual(['none']);
    expect(made.enrollment.status?.state).toBe('enrolled');
  });

  it('nothing while the server has not decided', async () => {
    const made = await enrolling();
    made.enrol({ state: 'pending;expires=600' });
    expect(made.offers).toEqual([]);
  });

  it.each([
    ['a type that was not asked for', 'application/octet-stream', 'x', [415], ['none']],
    ['an indirection without a URL', 'message/external-body;access-type=URL', 'x', [200], []],
    ['one by mail', 'message/external-body;access-type=mail-server;URL="https://a/b"', 'x', [200], []],
  ])('not %s', async (_, type, body, answers, kinds) => {
    const made = await enrolling();
    made.enrol({ type, body });
    expect(made.phone.statuses('NOTIFY')).toEqual(answers);
    expect(made.offers.map(({ kind }) => kind)).toEqual(kinds);
  });

  it('changes come one after another', async () => {
    const made = await enrolling();
    made.enrol({ type: 'application/url', body: 'https://a.example/1' });
    made.tell({ sequence: 2, type: 'application/url', body: 'https://a.example/2' });
    // Out of order, and once more: refused, and nothing is offered.
    made.tell({ sequence: 1, type: 'application/url', body: 'https://a.example/0' });
    expect(made.offers.map((offer) => offer.kind === 'url' && offer.url)).toEqual([
      'https://a.example/1',
      'https://a.example/2',
    ]);
    expect(made.phone.statuses('NOTIFY')).toEqual([200, 200, 500]);
  });
});

describe('asking again (§5.3.2, figure 7)', () => {
  it('waits 64*T1, then twice that, and so on: never less, half as much again at the most', async () => {
    const made = await enrolling();
    for (const expected of [32, 64, 128, 256]) {
      made.answer(500);
      const waited = waitForNext(made, 2 * expected * 1000) / 1000;
      expect(waited).toBeGreaterThanOrEqual(expected);
      expect(waited).toBeLessThanOrEqual(expected * 1.5 + 1);
    }
  });

  it('waits no longer than 2^8 * 64*T1 allows', async () => {
    const made = await enrolling();
    let longest = 0;
    for (let round = 0; round < 11; round += 1) {
      made.answer(403);
      longest = waitForNext(made, 4 * 3600_000);
    }
    expect(longest).toBeGreaterThanOrEqual(8_192_000);
    expect(longest).toBeLessThanOrEqual(8_192_000 * 1.5 + 1000);
  });

  it('waits as long as the server says, where that is longer', async () => {
    const made = await enrolling();
    made.answer(503, [['Retry-After', '600']]);
    const waited = waitForNext(made, 3600_000) / 1000;
    expect(waited).toBeGreaterThanOrEqual(600);
    expect(waited).toBeLessThanOrEqual(901);
  });

  it('asks again where the server is silent', async () => {
    const made = await enrolling();
    made.clock.advance(34_000);
    expect(made.states.at(-1)).toMatch(/^device delaying: /);
    expect(waitForNext(made, 60_000)).toBeLessThanOrEqual(49_000);
  });

  it.each([404, 489, 405, 501])('%i: not before the network changes, or the next start', async (status) => {
    const made = await enrolling();
    made.answer(status);
    expect(made.enrollment.status?.state).toBe('refused');
    expect(waitForNext(made, 8 * 3600_000)).toBe(Number.POSITIVE_INFINITY);
    made.enrollment.networkChanged();
    deliver(made.clock);
    expect(made.asked()).toHaveLength(2);
  });

  it.each(['rejected', 'noresource', 'invariant'])('%s ends it likewise (RFC 6665 §4.1.3)', async (reason) => {
    const made = await enrolling();
    made.enrol();
    made.tell({ sequence: 2, state: `terminated;reason=${reason}` });
    expect(made.enrollment.status?.state).toBe('refused');
    expect(waitForNext(made, 8 * 3600_000)).toBe(Number.POSITIVE_INFINITY);
  });

  it('deactivated: asks anew at once', async () => {
    const made = await enrolling();
    made.enrol();
    made.clock.advance(60_000);
    made.tell({ sequence: 2, state: 'terminated;reason=deactivated' });
    deliver(made.clock);
    expect(made.asked().length).toBe(2);
    expect(made.asked()[1]?.callId).not.toBe(made.asked()[0]?.callId);
  });

  it('probation: when the server says', async () => {
    const made = await enrolling();
    made.enrol();
    made.clock.advance(60_000);
    made.tell({ sequence: 2, state: 'terminated;reason=probation;retry-after=1200' });
    const waited = waitForNext(made, 3600_000) / 1000;
    expect(waited).toBeGreaterThanOrEqual(1200);
    expect(waited).toBeLessThanOrEqual(1321);
  });

  it('a server that ends each subscription as soon as it is there is asked less and less', async () => {
    const made = await enrolling();
    const waits: number[] = [];
    for (let round = 0; round < 4; round += 1) {
      made.answer(200);
      made.tell({ state: 'terminated;reason=timeout', type: 'application/url', body: URL });
      waits.push(waitForNext(made, 3600_000));
    }
    expect(made.offers).toHaveLength(4);
    expect(waits[0]).toBeGreaterThanOrEqual(32_000);
    expect(waits[3]).toBeGreaterThanOrEqual(256_000);
  });

  it('is refreshed for ever', async () => {
    const made = await enrolling();
    made.enrol({ state: 'active;expires=3600' });
    for (let hours = 0, sequence = 2; hours < 24; hours += 1) {
      const before = made.asked().length;
      made.clock.advance(3_500_000);
      if (made.asked().length === before) throw new Error('it was not refreshed');
      made.answer(200, [['Expires', '3600']]);
      made.tell({ event: 'ua-profile', state: 'active;expires=3600', sequence: sequence++ });
    }
    expect(new Set(made.asked().map(({ callId }) => callId)).size).toBe(1);
  });

  it('stops: unsubscribes, and asks no more', async () => {
    const made = await enrolling();
    made.enrol();
    made.enrollment.stop();
    deliver(made.clock);
    expect(made.asked().at(-1)?.headers.get('Expires')).toBe('0');
    made.answer(200);
    expect(waitForNext(made, 8 * 3600_000)).toBe(Number.POSITIVE_INFINITY);
  });
});

describe('a fleet after a power cut', () => {
  it('comes back at moments of chance within the time that it has', async () => {
    const first: number[] = [];
    for (let seed = 1; seed <= 20; seed += 1) {
      const made = await enrolling({ spread: millis(20_000), random: new SeededRandom(seed) });
      first.push(made.asked().length > 0 ? 0 : waitForNext(made, 30_000));
    }
    expect(Math.max(...first)).toBeLessThanOrEqual(20_000);
    expect(new Set(first).size).toBeGreaterThan(8);
  });
});
