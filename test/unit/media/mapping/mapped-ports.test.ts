// One session ahead, asked for by RFC 8489: when a call waits, and what its peer is told.

import { describe, expect, it } from 'vitest';
import { millis, seconds } from '../../../../src/base/units.ts';
import { MappedPorts, type MappingTrouble } from '../../../../src/media/index.ts';
import type { MediaPath, TransportAddress } from '../../../../src/media/types.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { FakeEngine, type FakeMediaSession } from '../../../support/fake-engine.ts';
import { RecordingLog } from '../../../support/recording-log.ts';
import { SeededRandom } from '../../../support/seeded-random.ts';

const DOOR = '192.168.7.2';
const SERVER = { address: '192.0.2.1', port: 3478 };
const OTHER = { address: '192.0.2.2', port: 3479 };
const OUT = { local: DOOR, remote: '198.51.100.9' };
const HOUSE = { local: DOOR, remote: '192.168.7.30' };
/** More than a server takes to be heard. */
const HEARD = 20;
const SILENCE = seconds(3);

const outside = (port: number, address = '203.0.113.7') => ({
  rtp: { address, port },
  rtcp: { address, port: port + 1 },
});

function rig(servers: readonly TransportAddress[] = [SERVER]) {
  const clock = new FakeClock();
  const engine = new FakeEngine();
  const log = new RecordingLog();
  const said: (MappingTrouble | undefined)[] = [];
  const world = { servers, address: DOOR };
  const ports = new MappedPorts({
    clock,
    random: new SeededRandom(),
    log,
    engine,
    silenceAfter: SILENCE,
    findServers: (found) => found(world.servers),
    localAddress: () => world.address,
    troubled: (trouble) => said.push(trouble),
  });
  const spare = (): FakeMediaSession => {
    if (engine.session === undefined) throw new Error('no session was opened');
    return engine.session;
  };
  /** A server sees the newest session there, and is heard. */
  const sees = (server: TransportAddress, ...view: Parameters<typeof outside>): void => {
    spare().serverSays(server, outside(...view));
    clock.advance(HEARD);
  };
  /** A call that leads out: whether it has waited, and what it got. */
  const call = (path: MediaPath = OUT) => {
    const got: { after: number; mapped: unknown; session: FakeMediaSession | undefined }[] = [];
    const begun = clock.now();
    ports.prepare(path, () => {
      const opened = ports.open(path, SILENCE);
      const session = engine.sessions.find(({ id }) => id === opened.media.id);
      got.push({ after: clock.now() - begun, mapped: opened.mapped, session });
    });
    return got;
  };
  /** Waits for the next round of requests. */
  const untilAsked = (session = spare()): void => {
    const before = session.asked.length;
    for (let waited = 0; session.asked.length === before && waited < seconds(40); waited += 10) clock.advance(10);
  };
  const start = (): void => {
    ports.start();
    clock.advance(0);
  };
  return { clock, engine, log, ports, said, world, spare, sees, call, untilAsked, start };
}

/** With a mapping known. */
function ready(servers?: readonly TransportAddress[]) {
  const made = rig(servers);
  made.start();
  made.sees(SERVER, 40_000);
  return made;
}

describe('a call out of the house', () => {
  it('has the ports that a server has seen, at once', () => {
    const { call, spare, engine, ports } = ready();
    const asked = spare();
    expect(call()).toEqual([{ after: 0, mapped: outside(40_000), session: asked }]);
    expect([engine.sessions.length, asked.address, asked.silenceAfter]).toEqual([1, DOOR, SILENCE]);
    expect(ports.address).toBe('203.0.113.7');
  });

  it('has its ports emptied of what came before it', () => {
    const { call, spare } = ready();
    const before = spare().drained;
    call();
    expect(spare().drained).toBe(before + 1);
  });

  it('is followed by a session of the next one’s, asked for by both sockets', () => {
    const { call, clock, engine, spare, sees } = ready();
    call();
    clock.advance(0);
    expect(engine.sessions).toHaveLength(2);
    expect(spare().asked).toMatchObject([
      { component: 'rtp', server: SERVER },
      { component: 'rtcp', server: SERVER },
    ]);
    sees(SERVER, 40_002);
    expect(call()).toMatchObject([{ after: 0, mapped: outside(40_002), session: engine.sessions[1] }]);
  });

  it('waits for an answer that is on its way, and for no more', () => {
    const { start, call, sees, clock } = rig();
    start();
    const first = call();
    const second = call();
    clock.advance(100);
    expect([first, second]).toEqual([[], []]);
    sees(SERVER, 40_000);
    // One session is there: the second call has its own address, rather than wait once more.
    expect(first).toMatchObject([{ after: expect.closeTo(110, -2), mapped: outside(40_000) }]);
    expect(second).toMatchObject([{ mapped: undefined }]);
  });

  it('goes on with the house’s address where no server answers within a second', () => {
    const { start, call, clock, said } = rig();
    start();
    const waiting = call();
    clock.advance(1000);
    expect(waiting).toMatchObject([{ mapped: undefined }]);
    expect(waiting[0]?.after).toBeLessThanOrEqual(1000);
    expect(call()).toMatchObject([{ after: 0, mapped: undefined }]);
    // One unanswered inquiry may be two lost datagrams.
    expect(said).toEqual([]);
    clock.advance(5000);
    expect(said).toEqual(['silent']);
    expect(call()).toMatchObject([{ after: 0, mapped: undefined }]);
  });

  it('does not wait for a name that nobody resolves for longer than a second', () => {
    const clock = new FakeClock();
    const ports = new MappedPorts({
      clock,
      random: new SeededRandom(),
      log: new RecordingLog(),
      engine: new FakeEngine(),
      silenceAfter: SILENCE,
      findServers: () => undefined,
      localAddress: () => DOOR,
      troubled: () => undefined,
    });
    ports.start();
    clock.advance(0);
    let begun = 0;
    ports.prepare(OUT, () => (begun += 1));
    clock.advance(999);
    expect(begun).toBe(0);
    clock.advance(1);
    expect(begun).toBe(1);
  });
});

describe('a call in the house', () => {
  it.each([
    ['to a phone there', HOUSE],
    ['to who knows where', { local: DOOR, remote: undefined }],
    ['by an address that is public itself', { local: '198.51.100.2', remote: '203.0.113.200' }],
    ['by another of our addresses', { local: '10.0.0.2', remote: '198.51.100.9' }],
  ])('%s: is told our own address, without delay', (_, path) => {
    const { call, spare, engine } = ready();
    const mapped = spare();
    expect(call(path)).toMatchObject([{ after: 0, mapped: undefined }]);
    expect(engine.session?.address).toBe(path.local);
    expect(mapped.closed).toBe(false);
  });

  it('does not wait while a mapping is on its way', () => {
    const { start, call } = rig();
    start();
    expect(call(HOUSE)).toMatchObject([{ after: 0, mapped: undefined }]);
  });
});

describe('requests (RFC 8489 §6.2.1)', () => {
  it('are sent again after 500 ms, those that are unanswered, and given up after a second', () => {
    const { start, spare, clock } = rig();
    start();
    expect(spare().asked).toHaveLength(2);
    spare().serverSays(SERVER, { rtp: outside(40_000).rtp });
    clock.advance(480);
    expect(spare().asked).toHaveLength(2);
    clock.advance(40);
    expect(spare().asked.map(({ component }) => component)).toEqual(['rtp', 'rtcp', 'rtcp']);
    expect(spare().asked[2]?.request).toBe(spare().asked[1]?.request);
    clock.advance(480);
    expect(spare().asked).toHaveLength(3);
    expect(spare().inquiries).toEqual([]);
  });

  it('that are answered for RTP alone serve: RTCP of a call is no reason to be silent', () => {
    const { start, spare, clock, call } = rig();
    start();
    spare().serverSays(SERVER, { rtp: outside(40_000).rtp, rtcp: 'refused' });
    clock.advance(1100);
    expect(call()).toMatchObject([{ after: 0, mapped: { rtp: outside(40_000).rtp, rtcp: undefined } }]);
  });

  it('whose answer comes too late are as if there had been none', () => {
    const { start, spare, clock, call } = rig();
    start();
    const { inquiries } = spare();
    const [rtp] = [...inquiries];
    clock.advance(1100);
    expect(rtp).toBeDefined();
    spare().serverSays(SERVER, outside(40_000));
    clock.advance(100);
    expect(call()).toMatchObject([{ mapped: undefined }]);
  });

  it.each([
    ['a private address', outside(40_000, '10.1.2.3')],
    ['a carrier’s shared one', outside(40_000, '100.64.1.1')],
    ['none that a host can have', outside(40_000, '224.0.0.1')],
    ['an error', { rtp: 'refused', rtcp: 'refused' } as const],
  ])('that are answered by %s are of no use', (_, view) => {
    const { start, spare, clock, call, said, untilAsked } = rig();
    start();
    const asked = spare();
    const waiting = call();
    asked.serverSays(SERVER, view);
    clock.advance(HEARD);
    expect(waiting).toMatchObject([{ mapped: undefined }]);
    untilAsked(asked);
    asked.serverSays(SERVER, view);
    clock.advance(HEARD);
    expect(said).toEqual(['unusable']);
  });
});

describe('the mapping', () => {
  it('is looked at every 15 to 25 seconds, and the newest counts', () => {
    const { spare, clock, call, sees, engine, untilAsked } = ready();
    for (let round = 1; round <= 20; round += 1) {
      const before = spare().asked.length;
      clock.advance(14_900);
      expect(spare().asked).toHaveLength(before);
      const since = clock.now();
      untilAsked();
      expect(clock.now() - since).toBeLessThanOrEqual(10_100);
      sees(SERVER, 40_000 + 2 * round);
    }
    expect(engine.sessions).toHaveLength(1);
    expect(call()).toMatchObject([{ after: 0, mapped: outside(40_040) }]);
  });

  it('is not offered any more when it was not confirmed for half a minute', () => {
    const { clock, call } = ready();
    clock.advance(seconds(29));
    const { after } = call()[0] ?? { after: -1 };
    expect(after).toBe(0);
    const stale = ready();
    stale.clock.advance(seconds(31));
    expect(stale.call()).toMatchObject([{ after: 0, mapped: undefined }]);
  });

  it('is back when the server is', () => {
    const { clock, call, said, spare, sees, untilAsked } = ready();
    clock.advance(seconds(120));
    expect(said).toEqual(['silent']);
    const before = spare().asked.length;
    // Not more often than every 15 s, and not more rarely than every 30.
    clock.advance(seconds(30));
    const asked = (spare().asked.length - before) / 4;
    expect(asked).toBeGreaterThanOrEqual(1);
    expect(asked).toBeLessThanOrEqual(2);
    untilAsked();
    sees(SERVER, 41_000);
    expect(said).toEqual(['silent', undefined]);
    expect(call()).toMatchObject([{ after: 0, mapped: outside(41_000) }]);
  });

  it('is kept while the call rings, until there is sound', () => {
    const { clock, ports, engine } = ready();
    const { media } = ports.open(OUT, SILENCE);
    const [ringing] = engine.sessions;
    clock.advance(seconds(25));
    expect(ringing?.kept.map(({ component }) => component)).toEqual(['rtp', 'rtcp']);
    clock.advance(seconds(50));
    expect(ringing?.kept.length).toBeGreaterThanOrEqual(6);
    expect(ringing?.kept.every(({ server }) => server === SERVER)).toBe(true);
    const kept = ringing?.kept.length;
    media.close();
    clock.advance(seconds(60));
    expect(ringing?.kept).toHaveLength(kept ?? -1);
  });

  it('is anew after a change of the network, and calls wait for that', () => {
    const { ports, world, clock, spare, call, sees, engine } = ready();
    world.address = '192.168.9.9';
    ports.networkChanged();
    expect(engine.open).toEqual([]);
    const path = { local: '192.168.9.9', remote: '198.51.100.9' };
    const waiting = call(path);
    clock.advance(0);
    expect(spare().address).toBe('192.168.9.9');
    expect(waiting).toEqual([]);
    sees(SERVER, 45_000);
    expect(waiting).toMatchObject([{ mapped: outside(45_000) }]);
  });

  it('is not looked for where there is no NAT, until the network changes', () => {
    const { ports, world, start, clock, engine, said, spare } = rig();
    world.address = '198.51.100.2';
    start();
    clock.advance(seconds(60));
    expect([engine.sessions, said, ports.address]).toEqual([[], [], undefined]);
    world.address = DOOR;
    ports.networkChanged();
    clock.advance(0);
    expect(spare().asked).toHaveLength(2);
  });
});

describe('two servers', () => {
  it('are asked at the same time; the first answer serves', () => {
    const { start, call, sees, spare } = rig([SERVER, OTHER]);
    start();
    const waiting = call();
    expect(spare().asked).toHaveLength(4);
    sees(OTHER, 40_000);
    expect(waiting).toMatchObject([{ mapped: outside(40_000) }]);
  });

  it('that agree are no trouble, one that is silent neither', () => {
    const { start, sees, clock, said, call } = rig([SERVER, OTHER]);
    start();
    sees(SERVER, 40_000);
    sees(OTHER, 40_000);
    clock.advance(seconds(20));
    expect(call()).toMatchObject([{ after: 0, mapped: outside(40_000) }]);
    clock.advance(0);
    sees(OTHER, 40_002);
    clock.advance(2000);
    expect(said).toEqual([]);
  });

  it('that see other ports tell of a NAT that no STUN helps with', () => {
    const { start, spare, clock, said, call, ports, untilAsked, engine } = rig([SERVER, OTHER]);
    start();
    spare().serverSays(SERVER, outside(40_000));
    spare().serverSays(OTHER, outside(50_000));
    clock.advance(HEARD);
    expect([said, ports.trouble]).toEqual([['symmetric'], 'symmetric']);
    expect(call()).toMatchObject([{ after: 0, mapped: undefined }]);
    // A router that is mended is noticed.
    const [asked] = engine.sessions;
    untilAsked(asked);
    asked?.serverSays(SERVER, outside(40_000));
    clock.advance(HEARD);
    expect(call()).toMatchObject([{ after: 0, mapped: undefined }]);
    asked?.serverSays(OTHER, outside(40_000));
    clock.advance(HEARD);
    expect(said).toEqual(['symmetric', undefined]);
  });
});

describe('the session ahead', () => {
  it('gives way to a call that has no room else', () => {
    const { engine, call, ports } = ready();
    engine.maxSessions = 1;
    expect(call(HOUSE)).toMatchObject([{ mapped: undefined }]);
    expect(engine.open).toHaveLength(1);
    expect(() => ports.open(HOUSE, SILENCE)).toThrow(expect.objectContaining({ code: 'too-many-sessions' }));
  });

  it('is done without where there is no port for it', () => {
    const { engine, start, call, said, clock, log } = rig();
    engine.noPort = true;
    start();
    engine.noPort = false;
    expect(call()).toMatchObject([{ after: 0, mapped: undefined }]);
    expect(said).toEqual([]);
    expect(log.lines.map(({ event }) => event)).toContain('media.no-spare-session');
    clock.advance(seconds(21));
    expect(engine.session?.asked.length).toBeGreaterThan(0);
  });

  it('ends with the service: nothing is asked or kept any more', () => {
    const { ports, clock, engine, call } = ready();
    const waiting = call();
    clock.advance(0);
    call();
    ports.stop();
    expect(engine.open).toHaveLength(1);
    engine.open[0]?.close();
    expect(waiting).toHaveLength(1);
    expect(clock.timers.filter(({ name }) => name !== 'mapping kept')).toEqual([]);
  });

  it('tells of names that lead nowhere', () => {
    const { start, clock, said, engine, call } = rig([]);
    start();
    expect(call()).toMatchObject([{ after: 0, mapped: undefined }]);
    clock.advance(millis(5000));
    expect([said, engine.sessions.length]).toEqual([['unresolved'], 1]);
  });
});
