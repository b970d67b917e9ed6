import { describe, expect, it } from 'vitest';
import { millis } from '../../../../src/base/units.ts';
import type { SourceKind } from '../../../../src/config/index.ts';
import { ServerFinder, type ServerSource } from '../../../../src/provisioning/client/discovery/server-finder.ts';
import type { ServerFound } from '../../../../src/provisioning/client/types.ts';
import { FakeClock, settle } from '../../../support/fake-clock.ts';
import { RecordingLog } from '../../../support/recording-log.ts';
import { SeededRandom } from '../../../support/seeded-random.ts';

const server = (from: SourceKind, uri: string): ServerFound => ({ from, uri, by: `the ${from}` });
const HOURS = 3_600_000;

async function finding(answers: Partial<Record<SourceKind, ServerSource>>, seed = 4, spread = 0) {
  const clock = new FakeClock();
  const log = new RecordingLog();
  const asked: SourceKind[] = [];
  const found: string[] = [];
  const nothing: (readonly SourceKind[])[] = [];
  const sources = new Map<SourceKind, ServerSource>();
  const order: readonly SourceKind[] = ['configured', 'remembered', 'pnp', 'registrar'];
  for (const kind of order) {
    const answer = answers[kind];
    if (answer === undefined) continue;
    sources.set(kind, () => {
      asked.push(kind);
      return answer();
    });
  }
  const finder = new ServerFinder({
    clock,
    random: new SeededRandom(seed),
    log,
    order,
    sources,
    found: ({ uri }) => found.push(uri),
    nothing: (tried) => nothing.push(tried),
  });
  finder.start(millis(spread));
  await settle();
  return { clock, log, finder, asked, found, nothing };
}

describe('the order', () => {
  it('ends with the first source that knows one', async () => {
    const made = await finding({
      remembered: () => [],
      pnp: async () => [server('pnp', 'https://a.example/')],
      registrar: () => [server('registrar', 'sip:pbx.example')],
    });
    expect(made.asked).toEqual(['remembered', 'pnp']);
    expect(made.found).toEqual(['https://a.example/']);
    await made.clock.advanceAsync(24 * HOURS);
    expect(made.asked).toEqual(['remembered', 'pnp']);
  });

  it('goes on behind a source that fails', async () => {
    const made = await finding({
      pnp: () => Promise.reject(new Error('no network')),
      registrar: () => [server('registrar', 'sip:pbx.example')],
    });
    expect(made.found).toEqual(['sip:pbx.example']);
  });

  it('takes the next one where a server is of no use, and keeps it until there is one', async () => {
    const later: ServerFound[] = [];
    const made = await finding({
      remembered: () => [server('remembered', 'sip:old.example')],
      registrar: () => later,
    });
    const old = server('remembered', 'sip:old.example');
    made.finder.useless(old);
    await settle();
    expect(made.finder.current?.uri).toBe('sip:old.example');
    expect(made.nothing).toEqual([]);
    // It is said again and again, and not heard before the next round.
    const asked = made.asked.length;
    made.finder.useless(old);
    await settle();
    expect(made.asked.length).toBe(asked);
    later.push(server('registrar', 'sip:pbx.example'));
    // The next round is due; it begins with the old one, which still is of no use.
    await made.clock.advanceAsync(33_000);
    made.finder.useless(old);
    await settle();
    expect(made.found).toEqual(['sip:old.example', 'sip:pbx.example']);
  });

  it('a server that answers ends the search for others', async () => {
    let asked = 0;
    const made = await finding({
      remembered: () => [server('remembered', 'sip:old.example')],
      pnp: () => {
        asked += 1;
        return [];
      },
    });
    made.finder.useless(server('remembered', 'sip:old.example'));
    await settle();
    made.finder.useful();
    await made.clock.advanceAsync(24 * HOURS);
    expect(asked).toBe(1);
    expect(made.found).toEqual(['sip:old.example']);
  });
});

describe('where nobody knows any', () => {
  it('says once what was tried', async () => {
    const made = await finding({ remembered: () => [], pnp: () => [] });
    await made.clock.advanceAsync(2 * HOURS);
    expect(made.nothing).toEqual([['remembered', 'pnp']]);
  });

  it('asks again, less and less often, at moments of chance, for ever', async () => {
    const times: number[] = [];
    const made = await finding({ pnp: () => [] });
    const start = made.clock.now();
    for (let minute = 0, count = 1; minute < 120; minute += 1) {
      await made.clock.advanceAsync(60_000);
      if (made.asked.length > count) times.push(made.clock.now() - start);
      count = made.asked.length;
    }
    expect(made.asked.length).toBeGreaterThan(10);
    expect(made.asked.length).toBeLessThan(35);
    const others = await finding({ pnp: () => [] }, 5);
    await others.clock.advanceAsync(2 * HOURS);
    expect(others.clock.timers[0]?.in).not.toBe(made.clock.timers[0]?.in);
  });

  it('looks soon after the network has changed', async () => {
    const made = await finding({ pnp: () => [] });
    await made.clock.advanceAsync(2 * HOURS);
    const before = made.asked.length;
    made.finder.networkChanged();
    await made.clock.advanceAsync(2_000);
    expect(made.asked.length).toBe(before + 1);
  });

  it('finds one that comes later', async () => {
    const there: ServerFound[] = [];
    const made = await finding({ pnp: () => there });
    there.push(server('pnp', 'https://a.example/'));
    await made.clock.advanceAsync(HOURS);
    expect(made.found).toEqual(['https://a.example/']);
  });
});

describe('a fleet after a power cut', () => {
  it('begins at moments of chance within the time that it has', async () => {
    const first = new Set<number>();
    for (let seed = 1; seed <= 20; seed += 1) {
      const made = await finding({ pnp: () => [] }, seed, 20_000);
      expect(made.asked).toEqual([]);
      first.add(Math.floor((made.clock.timers[0]?.in ?? Number.NaN) / 1000));
      await made.clock.advanceAsync(20_000);
      expect(made.asked.length).toBeGreaterThan(0);
    }
    expect(first.size).toBeGreaterThan(8);
  });

  it('but at once where somebody waits', async () => {
    const made = await finding({ pnp: () => [server('pnp', 'https://a.example/')] }, 4, 20_000);
    made.finder.now();
    await settle();
    expect(made.found).toEqual(['https://a.example/']);
    await made.clock.advanceAsync(HOURS);
    expect(made.asked).toEqual(['pnp']);
  });
});

it('a round that ends late, after stop, is not heard', async () => {
  let answer: (servers: readonly ServerFound[]) => void = () => undefined;
  const made = await finding({
    pnp: () =>
      new Promise((done) => {
        answer = done;
      }),
  });
  made.finder.stop();
  answer([server('pnp', 'https://a.example/')]);
  await made.clock.advanceAsync(HOURS);
  expect(made.found).toEqual([]);
  expect(made.nothing).toEqual([]);
});

it('a network that changes does not take a server away that is of use', async () => {
  const made = await finding({ pnp: () => [server('pnp', 'https://a.example/')] });
  made.finder.networkChanged();
  await made.clock.advanceAsync(HOURS);
  expect(made.asked).toEqual(['pnp']);
});

it('an address that opens a profile is not for the log', async () => {
  const opens = server('pnp', 'https://user:pass@a.example:8443/6986e1cc52725e62/b827eb010203.yaml?key=1');
  const made = await finding({ pnp: () => [opens] });
  made.finder.useless(opens);
  await settle();
  const said = JSON.stringify(made.log.lines);
  expect(said).toContain('https://a.example:8443');
  expect(said).not.toMatch(/6986e1cc|pass|key/);
});
