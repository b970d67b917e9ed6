// A device's profile as a transaction: what is wrong changes nothing, what does not work goes back, and a power cut at any
// moment leaves a door that rings.

import { beforeEach, describe, expect, it } from 'vitest';
import { Journal } from '../../../../src/api/journal.ts';
import { millis, seconds } from '../../../../src/base/units.ts';
import {
  type Configuration,
  type LayeredOutcome,
  type LayerText,
  parseWithProfile,
} from '../../../../src/config/index.ts';
import { ProfileKeeper } from '../../../../src/provisioning/client/profile-keeper.ts';
import { type MemoryFile, ProfileStore } from '../../../../src/provisioning/client/profile-store.ts';
import type { ProfileText } from '../../../../src/provisioning/client/types.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { RecordingLog } from '../../../support/recording-log.ts';

const OWN = { text: 'name: Board\nboard: virtual', file: '/etc/doorphone/doorphone.yaml' };

class Memory implements MemoryFile {
  text = '';
  full = false;
  read(): string {
    return this.text;
  }
  replace(text: string): void {
    if (this.full) throw new Error('no space left on device');
    this.text = text;
  }
}

/** One life of the service: what is in force, and what works. */
class Life {
  readonly clock: FakeClock;
  readonly journal: Journal;
  readonly store: ProfileStore;
  readonly keeper: ProfileKeeper;
  inForce: Configuration | undefined;
  /** Names of configurations that work. */
  working = new Set(['Board', 'A', 'B', 'C']);
  /** Names of configurations that cannot be started. */
  broken = new Set<string>();
  busy = false;
  waiting: Configuration | undefined;
  /** What was done with texts, in order. */
  readonly steps: string[] = [];

  keep: readonly string[] = [];

  constructor(
    readonly memory: Memory,
    clock = new FakeClock(),
    /** What the board's own file says. */
    public own = OWN.text,
  ) {
    this.clock = clock;
    const log = new RecordingLog();
    this.journal = new Journal(clock, log);
    this.store = new ProfileStore(memory);
    this.keeper = new ProfileKeeper({
      clock,
      log,
      journal: this.journal,
      store: this.store,
      prepare: (texts) => {
        this.steps.push(`prepare ${texts.join(' + ')}`);
        return Promise.resolve();
      },
      check: (profile: LayerText | undefined) => {
        this.steps.push(`check ${profile?.text ?? ''}`);
        return this.check(profile);
      },
      putIntoForce: (configuration) => {
        if (this.broken.has(configuration.name)) return Promise.resolve(false);
        if (this.busy) this.waiting = configuration;
        else this.#use(configuration);
        return Promise.resolve(true);
      },
      works: () => this.working.has(this.inForce?.name ?? ''),
      proveWithin: () => seconds(60),
    });
    const { configuration } = this.keeper.begin();
    if (configuration === undefined) throw new Error('nothing to begin with');
    this.#use(configuration);
  }

  /** The board's own file, with a profile over it. */
  check(profile: { readonly text: string; readonly file?: string } | undefined): LayeredOutcome {
    const options = { file: OWN.file, environment: {}, readFile: () => ({ text: '', mode: undefined }) };
    return parseWithProfile(
      { ...OWN, text: this.own },
      { text: profile?.text ?? '', file: profile?.file ?? OWN.file },
      this.keep,
      options,
    );
  }

  #use(configuration: Configuration): void {
    this.inForce = configuration;
    this.keeper.inForce(configuration);
  }

  idle(): void {
    this.busy = false;
    if (this.waiting !== undefined) this.#use(this.waiting);
  }

  get name(): string | undefined {
    return this.inForce?.name;
  }

  get events(): readonly string[] {
    return this.journal.recent.map(({ type }) => type);
  }
}

const profile = (text: string): ProfileText => ({
  text,
  where: 'https://boot.example.com/x.yaml',
  server: { from: 'configured', uri: 'sip:boot.example.com', by: 'the configuration' },
  signed: false,
});
const named = (name: string, serial?: number): ProfileText =>
  profile(`name: ${name}\n${serial === undefined ? '' : `profile: { serial: ${serial} }`}`);

let memory: Memory;
let life: Life;
beforeEach(() => {
  memory = new Memory();
  life = new Life(memory);
});

describe('a profile that works', () => {
  it('is in force at once, and good when it has proved itself', async () => {
    expect(await life.keeper.take(named('A', 3))).toEqual({ kind: 'applied' });
    expect(life.name).toBe('A');
    expect(life.keeper.report()).toEqual({ verdict: 'proving' });
    expect(life.events).toEqual([]);
    life.clock.advance(seconds(1));
    expect(life.events).toEqual(['provisioning.applied']);
    expect(life.keeper.report()).toEqual({ verdict: 'applied', serial: 3 });
    expect(life.store.memory.server?.uri).toBe('sip:boot.example.com');
    expect(new Life(memory).name).toBe('A');
  });

  it('is prepared before it is checked, beside the one that may come back', async () => {
    await life.keeper.take(named('A'));
    life.clock.advance(seconds(1));
    life.steps.length = 0;
    await life.keeper.take(named('B'));
    expect(life.steps).toEqual(['prepare name: A\n + name: B\n', 'check name: B\n']);
    expect(life.keeper.texts).toEqual(['name: A\n', 'name: B\n']);
  });

  it('that comes again is no news', async () => {
    await life.keeper.take(named('A'));
    life.clock.advance(seconds(1));
    expect(await life.keeper.take(named('A'))).toEqual({ kind: 'unchanged' });
    expect(life.events).toEqual(['provisioning.applied']);
  });

  it('waits while somebody talks', async () => {
    life.busy = true;
    expect(await life.keeper.take(named('A'))).toEqual({ kind: 'waiting' });
    life.clock.advance(seconds(600));
    expect(life.name).toBe('Board');
    expect(life.keeper.report()).toEqual({ verdict: 'waiting' });
    life.idle();
    life.clock.advance(seconds(1));
    expect(life.name).toBe('A');
    expect(life.events).toEqual(['provisioning.applied']);
  });

  it('gives way to a newer one that comes while it waits', async () => {
    life.busy = true;
    await life.keeper.take(named('A'));
    await life.keeper.take(named('B'));
    life.idle();
    life.clock.advance(seconds(1));
    expect(life.name).toBe('B');
    expect(life.store.memory.good?.text).toContain('B');
  });
});

describe('a profile that makes no sense', () => {
  it('changes nothing; all that is wrong is one event', async () => {
    const verdict = await life.keeper.take(profile('name: A\nlog: { level: loud }\ndoors: 7'));
    expect(verdict.kind).toBe('rejected');
    expect(life.name).toBe('Board');
    const rejected = life.journal.recent.filter(({ type }) => type === 'provisioning.rejected');
    expect(rejected).toHaveLength(1);
    expect(JSON.stringify(rejected[0])).toMatch(/x\.yaml:2:15: log\.level.*x\.yaml:3:8: doors/);
    expect(life.keeper.report()).toMatchObject({ verdict: 'rejected', reason: expect.stringContaining('log.level') });
  });

  it('for it takes the last account away: a door that rings nobody would prove itself at once', async () => {
    const account = (more: string): string => `accounts: [{ uri: "sip:door@example.com"${more} }]`;
    await life.keeper.take(profile(`name: A\n${account('')}`));
    life.clock.advance(seconds(1));
    for (const text of ['name: B', 'name: C\naccounts: []']) {
      const verdict = await life.keeper.take(profile(text));
      expect(verdict).toMatchObject({ kind: 'rejected', faults: [expect.stringContaining('last account')] });
    }
    expect(life.name).toBe('A');
    // Who wants calls without a registrar says so.
    expect((await life.keeper.take(profile(`name: B\n${account(', register: false')}`))).kind).toBe('applied');
  });

  it('is said once, however often it comes', async () => {
    for (let at = 0; at < 5; at += 1) await life.keeper.take(profile('doors: 7'));
    expect(life.events).toEqual(['provisioning.rejected']);
  });

  it.each([
    ['a lower serial number', 'name: B\nprofile: { serial: 4 }'],
    ['none, after one that had one', 'name: B'],
    ['a time that is over', 'name: B\nprofile: { serial: 9, notAfter: "2001-01-01T00:00:00Z" }'],
  ])('by %s', async (_, text) => {
    await life.keeper.take(named('A', 5));
    life.clock.advance(seconds(1));
    expect((await life.keeper.take(profile(text))).kind).toBe('rejected');
    expect(life.name).toBe('A');
  });
});

describe('a profile that does not work', () => {
  beforeEach(async () => {
    await life.keeper.take(named('A', 1));
    life.clock.advance(seconds(1));
  });

  it('goes back to the last good one, and says so to the house and to the server', async () => {
    await life.keeper.take(named('Dead', 2));
    expect(life.name).toBe('Dead');
    life.clock.advance(seconds(59));
    expect(life.name).toBe('Dead');
    life.clock.advance(seconds(1));
    expect(life.name).toBe('A');
    expect(life.events.slice(1)).toEqual(['provisioning.rolled-back']);
    expect(life.keeper.report()).toEqual({
      verdict: 'rolled-back',
      serial: 1,
      refused: 2,
      reason: 'it did not work within 60 s',
    });
  });

  it('has the time that it asks for itself', async () => {
    await life.keeper.take(profile('name: Dead\nprofile: { serial: 2, proveWithin: 5s }'));
    life.clock.advance(seconds(5));
    expect(life.name).toBe('A');
  });

  it('is not tried again at once: a board does not go to and fro', async () => {
    await life.keeper.take(named('Dead', 2));
    life.clock.advance(seconds(60));
    expect((await life.keeper.take(named('Dead', 2))).kind).toBe('rejected');
    expect(life.name).toBe('A');
    expect(life.keeper.report().verdict).toBe('rolled-back');
    life.clock.advance(seconds(600));
    expect((await life.keeper.take(named('Dead', 2))).kind).toBe('applied');
  });

  it('is tried three times, and again when it changes', async () => {
    for (let at = 0; at < 5; at += 1) {
      await life.keeper.take(named('Dead', 2));
      life.clock.advance(seconds(1860));
    }
    expect(life.events.filter((type) => type === 'provisioning.rolled-back')).toHaveLength(3);
    expect(await life.keeper.take(named('Dead', 2))).toEqual({
      kind: 'rejected',
      faults: ['it has failed three times'],
    });
    await life.keeper.take(named('B', 2));
    life.clock.advance(seconds(1));
    expect(life.name).toBe('B');
  });

  it('leaves what it was not put into', async () => {
    life.broken.add('Broken');
    expect((await life.keeper.take(named('Broken', 2))).kind).toBe('rejected');
    expect(life.name).toBe('A');
    expect(life.events.at(-1)).toBe('provisioning.rolled-back');
    expect(life.keeper.state).toBe('settled');
  });

  it('leaves what it could not be put into when the call was over', async () => {
    life.busy = true;
    expect((await life.keeper.take(named('Broken', 2))).kind).toBe('waiting');
    if (life.waiting === undefined) throw new Error('nothing waits');
    life.busy = false;
    life.keeper.notInForce(life.waiting);
    expect(life.name).toBe('A');
    expect(life.keeper.state).toBe('settled');
    expect(life.keeper.report()).toMatchObject({ verdict: 'rolled-back', reason: 'it could not be put into force' });
  });

  it('is not what a third one falls back to', async () => {
    await life.keeper.take(named('Dead', 2));
    await life.keeper.take(named('Dead too', 3));
    life.clock.advance(seconds(60));
    expect(life.name).toBe('A');
  });
});

describe('a service that ends', () => {
  it('while a profile proves itself: it gets one more start, then the last good one is back', async () => {
    await life.keeper.take(named('A', 1));
    life.clock.advance(seconds(1));
    await life.keeper.take(named('Crash', 2));
    const second = new Life(memory);
    expect(second.name).toBe('Crash');
    const third = new Life(memory);
    expect(third.name).toBe('Crash');
    const fourth = new Life(memory);
    expect(fourth.name).toBe('A');
    expect(fourth.events).toEqual(['provisioning.rolled-back']);
    expect(new Life(memory).events).toEqual([]);
  });

  it('and starts again with one that works: that is its proof', async () => {
    life.working.delete('B');
    await life.keeper.take(named('B', 1));
    const second = new Life(memory);
    second.clock.advance(seconds(1));
    expect(second.events).toEqual(['provisioning.applied']);
    expect(second.store.memory.proving).toBeUndefined();
  });

  it.each(['', '{', 'null', '{"past":7,"bad":[]}', '{"past":[],"bad":[],"good":{"text":7}}', '\0\0\0\0'])(
    'and finds %j for its memory: the board’s own file is what is left',
    (text) => {
      memory.text = text;
      expect(new Life(memory).name).toBe('Board');
    },
  );

  it('and whose good profile makes no sense any more: the board’s own file, and one event', async () => {
    await life.keeper.take(named('A', 1));
    life.clock.advance(seconds(1));
    memory.text = memory.text.replace('name: A', 'naem: A');
    const second = new Life(memory);
    expect(second.name).toBe('Board');
    expect(second.events).toEqual(['provisioning.rejected']);
  });

  it('and whose good profile’s time is over meanwhile', async () => {
    await life.keeper.take(profile('name: A\nprofile: { serial: 1, notAfter: "2099-01-01T00:00:00Z" }'));
    life.clock.advance(seconds(1));
    memory.text = memory.text.replace('2099', '1999');
    expect(new Life(memory).name).toBe('Board');
  });
});

describe('a full disk', () => {
  it('takes no profile, and stops nothing', async () => {
    memory.full = true;
    for (let times = 0; times < 5; times += 1) await life.keeper.take(named('A'));
    const verdict = await life.keeper.take(named('A'));
    expect(verdict).toEqual({ kind: 'rejected', faults: ['it could not be written down: no space left on device'] });
    expect(life.name).toBe('Board');
    memory.full = false;
    expect((await life.keeper.take(named('A'))).kind).toBe('applied');
  });
});

describe('a disk that is full by the time that', () => {
  it('a profile has to give way: the last good one is back all the same', async () => {
    await life.keeper.take(named('A'));
    await life.clock.advance(seconds(1));
    await life.keeper.take(named('Bad'));
    life.memory.full = true;
    await life.clock.advance(seconds(60));
    expect(life.name).toBe('A');
    expect(life.keeper.state).toBe('settled');
    await life.clock.advance(seconds(120));
    expect(life.events.filter((type) => type === 'provisioning.rolled-back')).toHaveLength(1);
  });

  it('a service starts with one that is not proved: what cannot be counted is not tried', async () => {
    await life.keeper.take(named('A'));
    await life.clock.advance(seconds(1));
    await life.keeper.take(named('B'));
    memory.full = true;
    const next = new Life(memory, life.clock);
    expect(next.name).toBe('A');
    expect(next.keeper.state).toBe('settled');
  });
});

describe('the board’s own file', () => {
  it('that changes while a profile waits is what the profile comes over', async () => {
    life.busy = true;
    await life.keeper.take(named('A'));
    const { configuration } = life.check(life.keeper.layer);
    if (configuration === undefined) throw new Error('no configuration');
    life.keeper.adopt(configuration);
    life.busy = false;
    life.keeper.inForce(configuration);
    life.inForce = configuration;
    life.clock.advance(millis(1000));
    expect(life.events).toEqual(['provisioning.applied']);
  });
});

describe('a fault of the board’s own file', () => {
  it('is not held against a profile: it is taken as soon as the file is mended', async () => {
    life.own = 'name: Board\nboard: virtual\nlog: { level: loud }';
    for (let turn = 0; turn < 5; turn += 1) {
      const verdict = await life.keeper.take(named('A'));
      expect(verdict).toMatchObject({ kind: 'rejected', faults: [expect.stringContaining('doorphone.yaml:3:')] });
    }
    life.own = OWN.text;
    expect(await life.keeper.take(named('A'))).toEqual({ kind: 'applied' });
  });

  it('at the start costs a profile that proves itself nothing', async () => {
    life.working.delete('A');
    await life.keeper.take(named('A'));
    expect(() => new Life(memory, life.clock, 'log: { level: loud }')).toThrow('nothing to begin with');
    const next = new Life(memory, life.clock);
    expect([next.name, next.keeper.state]).toEqual(['A', 'proving']);
  });
});

describe('the end of a profile', () => {
  const day = 24 * 60 * 60 * 1000;
  /** So many days from now. */
  const endingIn = (days: number): ProfileText =>
    profile(`name: A\nprofile: { notAfter: "${new Date(life.clock.wall().getTime() + days * day).toISOString()}" }`);

  it('is said a week before and when it has come, once each; the door goes on with it', async () => {
    await life.keeper.take(endingIn(30));
    life.clock.advance(seconds(1));
    const passed = (days: number): readonly string[] => {
      for (let hour = 0; hour < days * 24; hour += 1) life.clock.advance(60 * 60 * 1000);
      return life.events;
    };
    expect(passed(22)).toEqual(['provisioning.applied']);
    expect(passed(2)).toEqual(['provisioning.applied', 'provisioning.expires']);
    expect(passed(7)).toEqual(['provisioning.applied', 'provisioning.expires', 'provisioning.expired']);
    expect(life.name).toBe('A');
    expect(passed(10)).toHaveLength(3);
    expect(new Life(memory, life.clock).name).toBe('Board');
  });
});

describe('keys that the board keeps', () => {
  it('are said where a profile names them', async () => {
    life.keep = ['name'];
    await life.keeper.take(named('A'));
    expect(life.journal.recent[0]).toMatchObject({
      type: 'provisioning.warned',
      warnings: [expect.stringMatching(/x\.yaml:1:1: name: is kept by the board/)],
    });
  });
});

describe('who looks while a profile waits', () => {
  it('changes nothing: it is in force and proves itself when nobody talks', async () => {
    life.busy = true;
    await life.keeper.take(named('A'));
    expect(life.check(life.keeper.layer).configuration?.name).toBe('A');
    life.idle();
    expect(life.keeper.state).toBe('proving');
    await life.clock.advance(seconds(1));
    expect(life.events).toContain('provisioning.applied');
  });
});

describe('a board that is to forget', () => {
  it('forgets the profile that proves itself, too', async () => {
    await life.keeper.take(named('A', 7));
    expect(life.keeper.state).toBe('proving');
    life.keeper.forget();
    life.clock.advance(seconds(120));
    expect(life.events).toEqual([]);
    expect(life.store.current).toBeUndefined();
    expect(life.keeper.report()).toEqual({ verdict: 'none' });
    expect(new Life(memory, life.clock).name).toBe('Board');
  });
});
