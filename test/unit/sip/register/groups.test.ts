// Priority groups of registrars: which one serves when some of them are dead, and the way back.

import { describe, expect, it } from 'vitest';
import { Secret } from '../../../../src/base/secret.ts';
import { seconds } from '../../../../src/base/units.ts';
import type { Account } from '../../../../src/sip/agent/types.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { DOOR_CONTACT, ScriptedRegistrar } from '../../../support/scripted-registrar.ts';
import { type Bench, bench } from '../../../support/sip-bench.ts';

const ADDRESSES = ['10.0.0.5', '10.0.0.6', '10.0.0.7'] as const;
const [A, B, C] = ADDRESSES.map((address) => `sip:${address}`);

const account: Account = {
  uri: 'sip:door@house.example',
  password: new Secret('sesame'),
  registrars: [[A ?? '', B ?? ''], [C ?? '']],
  expires: seconds(300),
  register: true,
};

interface House extends Bench {
  readonly a: ScriptedRegistrar;
  readonly b: ScriptedRegistrar;
  readonly c: ScriptedRegistrar;
  /** Which of a, b, c know the door. */
  bound(): string;
  /** Lets time go by, at most so many seconds, until `is`. @returns the seconds that it took */
  until(is: () => boolean, limit: number): number;
}

async function house(own: Account = account, dead: readonly string[] = []): Promise<House> {
  const clock = new FakeClock();
  const registrars: ScriptedRegistrar[] = [];
  const made = await bench({ clock, accounts: [own] }, async (network) => {
    for (const address of ADDRESSES) {
      const registrar = await ScriptedRegistrar.start(network, () => clock.now(), 'sesame', address);
      if (dead.includes(`sip:${address}`)) registrar.kill();
      registrars.push(registrar);
    }
  });
  const [a, b, c] = registrars;
  if (a === undefined || b === undefined || c === undefined) throw new Error('no registrars');
  const bound = (): string =>
    [a, b, c].map(({ bindings }, index) => (bindings.has(DOOR_CONTACT) ? 'abc'.charAt(index) : '')).join('');
  const until = (is: () => boolean, limit: number): number => {
    const began = clock.now();
    while (!is() && clock.now() - began < limit * 1000) clock.advance(50);
    return (clock.now() - began) / 1000;
  };
  return { ...made, a, b, c, bound, until };
}

const reports = ({ registrations }: Bench): unknown[] =>
  registrations.map(({ registered, details }) => [registered, details?.registrar]);

describe('groups of registrars', () => {
  it('serve by their first, and the others hear nothing', async () => {
    const made = await house();
    made.clock.advance(120_000);
    expect(made.bound()).toBe('a');
    expect([made.b, made.c].map(({ notes }) => notes.length)).toEqual([0, 0]);
    expect(reports(made)).toEqual([[true, A]]);
  });

  it('serve by the next of the group when the first is dead at the start, within 3 s', async () => {
    const made = await house(account, [A ?? '']);
    expect(made.until(() => made.bound() === 'b', 10)).toBeLessThanOrEqual(3);
    expect(made.c.notes).toHaveLength(0);
  });

  it('serve by a worse group only when the whole better one is dead', async () => {
    const made = await house(account, [A ?? '', B ?? '']);
    expect(made.until(() => made.bound() === 'c', 20)).toBeLessThanOrEqual(5);
    expect(reports(made)).toEqual([
      [false, A],
      [true, C],
    ]);
  });

  it('are left when they die in service, one after the other', async () => {
    const made = await house();
    made.clock.advance(10_000);
    made.a.kill();
    expect(made.until(() => made.bound().includes('b'), 20)).toBeLessThanOrEqual(7);
    made.b.kill();
    expect(made.until(() => made.bound().includes('c'), 20)).toBeLessThanOrEqual(9);
    expect(made.agent.registrations[0]).toMatchObject({ registered: true, details: { registrar: C } });
  });

  it('are left for one that says 503, and asked again when it said', async () => {
    const made = await house();
    made.clock.advance(5000);
    made.a.override = () => ({ status: 503, headers: [['Retry-After', '3600']] });
    expect(made.until(() => made.bound().includes('b'), 10)).toBeLessThanOrEqual(4);
    expect(made.registrations.map(({ registered, reason }) => [registered, reason])).toEqual([
      [true, null],
      [false, '503 Service Unavailable'],
      [true, null],
    ]);
  });

  it('are not left for a refusal: that is for a person to mend', async () => {
    const made = await house();
    made.a.override = () => ({ status: 403 });
    made.clock.advance(120_000);
    expect([made.b, made.c].map(({ notes }) => notes.length)).toEqual([0, 0]);
    expect(made.registrations.at(-1)).toMatchObject({ registered: false, status: 403 });
  });

  it('tell an outage of all of them once, and end it within seconds of the first return', async () => {
    const made = await house();
    made.clock.advance(5000);
    for (const each of [made.a, made.b, made.c]) each.kill();
    made.clock.advance(20_000);
    expect(reports(made)).toEqual([
      [true, A],
      [false, A],
    ]);
    await made.b.restart();
    expect(made.until(() => made.bound().includes('b'), 20)).toBeLessThanOrEqual(6);
  });

  it('bring no more than one attempt a second, however fast each is refused', async () => {
    const made = await house();
    for (const each of [made.a, made.b, made.c]) each.override = () => ({ status: 500 });
    made.clock.advance(3000);
    const attempts = (): number =>
      [made.a, made.b, made.c].flatMap(({ notes }) => notes).filter(({ status }) => status === 500).length;
    const before = attempts();
    made.clock.advance(20_000);
    expect(attempts() - before).toBeGreaterThan(10);
    expect(attempts() - before).toBeLessThanOrEqual(20);
  });
});

describe('the way back to a better group', () => {
  async function onTheWorse(): Promise<House> {
    const made = await house({ ...account, registrars: [[A ?? ''], [C ?? '']] });
    made.clock.advance(5000);
    made.a.kill();
    made.until(() => made.bound().includes('c'), 20);
    return made;
  }

  it('is taken when the better one has answered for half a minute, and the old binding goes', async () => {
    const made = await onTheWorse();
    await made.a.restart();
    const took = made.until(() => made.bound() === 'a', 120);
    expect(took).toBeGreaterThan(30);
    expect(took).toBeLessThan(60);
    expect(made.agent.registrations[0]).toMatchObject({ registered: true, details: { registrar: A } });
    // One change, and it says why.
    expect(reports(made).slice(-2)).toEqual([
      [true, C],
      [true, A],
    ]);
  });

  it('is never taken with both bound, so that nothing rings twice', async () => {
    const made = await onTheWorse();
    await made.a.restart();
    const seen = new Set<string>();
    made.until(() => {
      seen.add(made.bound());
      return made.bound() === 'a';
    }, 120);
    expect([...seen].filter((bound) => bound.length > 1)).toEqual([]);
  });

  it('is not taken to a server that answers now and then', async () => {
    const made = await onTheWorse();
    for (let turn = 0; turn < 20; turn += 1) {
      await made.a.restart();
      made.clock.advance(15_000);
      made.a.kill();
      made.clock.advance(15_000);
    }
    expect(reports(made).at(-1)).toEqual([true, C]);
    expect(reports(made)).toHaveLength(3);
  });

  it('takes longer to a server that was lost again soon', async () => {
    const made = await onTheWorse();
    const proofs: number[] = [];
    for (let turn = 0; turn < 3; turn += 1) {
      await made.a.restart();
      proofs.push(made.until(() => made.bound() === 'a', 600));
      made.a.kill();
      made.until(() => made.bound().includes('c'), 30);
    }
    expect(proofs[1]).toBeGreaterThan(60);
    expect(proofs[2]).toBeGreaterThan(120);
    expect(proofs[2]).toBeLessThan(160);
  });

  it('is turned round on when the better one refuses after all', async () => {
    const made = await onTheWorse();
    await made.a.restart();
    made.a.override = (request) => (request.headers.has('Contact') ? { status: 403 } : undefined);
    made.until(() => made.a.bindsTried.some(({ status }) => status === 403), 120);
    expect(made.until(() => made.bound() === 'c', 10)).toBeLessThanOrEqual(2);
    expect(reports(made).at(-1)).toEqual([true, C]);
  });

  it('ends with the service: the binding of the registrar that serves is removed, and nobody is asked any more', async () => {
    const made = await onTheWorse();
    await made.a.restart();
    const stopped = made.agent.stop();
    await made.clock.advanceAsync(10);
    await stopped;
    expect(made.bound()).toBe('');
    expect(made.clock.timers).toEqual([]);
  });
});
