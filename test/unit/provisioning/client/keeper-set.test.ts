// Several profiles of one board: they count together, one at a time proves itself, and each goes back alone.

import { beforeEach, describe, expect, it } from 'vitest';
import { Journal } from '../../../../src/api/journal.ts';
import { seconds } from '../../../../src/base/units.ts';
import { type Configuration, parseWithProfiles } from '../../../../src/config/index.ts';
import { DEVICE, KeeperSet, nameOfSlot, type ProfileSlot } from '../../../../src/provisioning/client/keeper-set.ts';
import { ProfileKeeper } from '../../../../src/provisioning/client/profile-keeper.ts';
import { ProfileStore } from '../../../../src/provisioning/client/profile-store.ts';
import type { ProfileText } from '../../../../src/provisioning/client/types.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { RecordingLog } from '../../../support/recording-log.ts';

const USER: ProfileSlot = { type: 'user', user: 'sip:door@example.com' };
const NETWORK: ProfileSlot = { type: 'local-network' };
const OWN = {
  text: 'name: Board\naccounts: [ { uri: "sip:door@example.com" } ]\nbuttons: {}',
  file: '/etc/doorphone.yaml',
};

/** What the disk holds, by slot. */
type Disk = Map<string, string>;

class Life {
  readonly clock: FakeClock;
  readonly journal: Journal;
  readonly set: KeeperSet;
  inForce: Configuration | undefined;
  /** Whether what is in force works. */
  works = (_: Configuration | undefined): boolean => true;

  constructor(
    readonly disk: Disk = new Map(),
    clock = new FakeClock(),
  ) {
    this.clock = clock;
    const log = new RecordingLog();
    this.journal = new Journal(clock, log);
    this.set = new KeeperSet((slot) => this.#keeperFor(slot, log));
    for (const slot of [DEVICE, USER, NETWORK]) this.set.keeper(slot);
    const { configuration } = this.set.begin();
    if (configuration === undefined) throw new Error('nothing to begin with');
    this.#use(configuration);
  }

  get name(): string | undefined {
    return this.inForce?.name;
  }

  get events(): readonly string[] {
    return this.journal.recent.map(({ type }) => type);
  }

  #use(configuration: Configuration): void {
    this.inForce = configuration;
    this.set.inForce(configuration);
  }

  #keeperFor(slot: ProfileSlot, log: RecordingLog): ProfileKeeper {
    const name = nameOfSlot(slot);
    const options = { file: OWN.file, environment: {}, readFile: () => ({ text: '', mode: undefined }) };
    return new ProfileKeeper({
      clock: this.clock,
      log,
      journal: this.journal,
      store: new ProfileStore({
        read: () => this.disk.get(name) ?? '',
        replace: (text) => this.disk.set(name, text),
      }),
      check: (profile) => {
        const instead = profile === undefined ? undefined : { text: profile.text, where: profile.file };
        const placed = this.set.layers(slot, instead);
        const layers = placed.map((one) => ({ ...one.slot, text: one.profile.text, file: one.profile.where }));
        const outcome = parseWithProfiles(OWN, layers, [], options);
        const own = placed.findIndex((one) => nameOfSlot(one.slot) === name);
        return { ...outcome, conditions: outcome.conditions[own] ?? {} };
      },
      putIntoForce: (configuration) => {
        this.#use(configuration);
        return Promise.resolve(true);
      },
      works: () => this.works(this.inForce),
      proveWithin: () => seconds(60),
      settled: () => this.set.settled(),
    });
  }
}

const profile = (text: string): ProfileText => ({
  text,
  where: 'https://boot.example.com/x.yaml',
  server: { from: 'configured', uri: 'sip:boot.example.com', by: 'the configuration' },
  signed: false,
});

/** Lets what was promised happen. */
const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
};

let life: Life;
beforeEach(() => {
  life = new Life();
});

describe('the profiles of a board', () => {
  it('count together, and are all there again at the next start', async () => {
    await life.set.take(DEVICE, profile('name: Of the device\ncalls: { ringFor: 20s }'));
    life.clock.advance(seconds(1));
    await life.set.take(USER, profile('name: Of the user'));
    life.clock.advance(seconds(1));
    expect([life.name, life.inForce?.calls.ringFor]).toEqual(['Of the user', 20_000]);
    const next = new Life(life.disk);
    expect([next.name, next.inForce?.calls.ringFor]).toEqual(['Of the user', 20_000]);
  });

  it('one that comes while another proves itself is taken afterwards', async () => {
    life.works = () => false;
    await life.set.take(DEVICE, profile('name: Of the device'));
    expect(await life.set.take(USER, profile('name: Of the user'))).toEqual({ kind: 'waiting' });
    expect(life.name).toBe('Of the device');
    life.works = () => true;
    life.clock.advance(seconds(1));
    await settle();
    expect(life.name).toBe('Of the user');
  });

  it('two that come at once are taken one after the other', async () => {
    const [device, user] = await Promise.all([
      life.set.take(DEVICE, profile('name: Of the device')),
      life.set.take(USER, profile('name: Of the user')),
    ]);
    expect([device.kind, user.kind, life.name]).toEqual(['applied', 'waiting', 'Of the device']);
  });

  it('one that does not work goes back alone', async () => {
    await life.set.take(DEVICE, profile('calls: { ringFor: 20s }'));
    life.clock.advance(seconds(1));
    life.works = (configuration) => configuration?.name !== 'Of the user';
    await life.set.take(USER, profile('name: Of the user'));
    life.clock.advance(seconds(60));
    await settle();
    expect(life.events.at(-1)).toBe('provisioning.rolled-back');
    expect([life.name, life.inForce?.calls.ringFor]).toEqual(['Board', 20_000]);
  });

  it('a start with one that has not proved itself yet lets it do so among the others', async () => {
    await life.set.take(USER, profile('name: Of the user'));
    life.clock.advance(seconds(1));
    life.works = () => false;
    await life.set.take(DEVICE, profile('calls: { ringFor: 20s }'));
    const next = new Life(life.disk);
    expect([next.name, next.inForce?.calls.ringFor]).toEqual(['Of the user', 20_000]);
    expect(next.set.keeper(DEVICE).state).toBe('proving');
    next.clock.advance(seconds(1));
    expect(next.events).toContain('provisioning.applied');
  });

  it('one that makes no sense without those below it gives way at the start', async () => {
    await life.set.take(DEVICE, profile('doors: { main: { relay: relay } }'));
    life.clock.advance(seconds(1));
    await life.set.take(USER, profile('doors: { main: { openFor: 2s } }\nname: Of the user'));
    life.clock.advance(seconds(1));
    expect(life.inForce?.doors.main).toMatchObject({ openFor: 2000 });
    life.disk.delete('device');
    const next = new Life(life.disk);
    expect([next.name, next.events]).toEqual(['Board', ['provisioning.rejected']]);
    expect(next.set.layers()).toEqual([]);
  });

  it('what says what is not its matter is refused, and changes nothing', async () => {
    const verdict = await life.set.take(NETWORK, profile('name: Of the network'));
    expect(verdict.kind).toBe('rejected');
    expect(life.name).toBe('Board');
  });

  it('are forgotten all', async () => {
    await life.set.take(DEVICE, profile('name: Of the device'));
    life.clock.advance(seconds(1));
    await life.set.take(USER, profile('name: Of the user'));
    life.set.forget();
    expect(life.set.layers()).toEqual([]);
    expect(new Life(life.disk).name).toBe('Board');
  });
});
