// A random walk: two agents of ours at the ends of one call, over a network that loses, doubles and mixes, ring, answer,
// offer, refuse, refresh, hang up at random moments. Whatever they do: nothing throws, nobody takes one answer for
// another, both ends know the same while they talk, and in the end nothing is left.

import { describe, expect, it } from 'vitest';
import { seconds } from '../../src/base/units.ts';
import type { Negotiation } from '../../src/sip/session/types.ts';
import { SeededRandom } from '../support/seeded-random.ts';
import { call, type Pair, type Party, pair } from '../support/two-agents.ts';
import { fuzzSeconds } from './mutations.ts';

/** Rough enough that everything is lost, doubled and overtaken at some time. */
const rough = { loss: 0.15, duplication: 0.15, delay: 20, jitter: 150 };

class Walk {
  readonly #open: (() => void)[] = [];

  constructor(
    private readonly made: Pair,
    private readonly random: SeededRandom,
  ) {
    for (const party of [made.caller, made.callee]) {
      party.onNegotiation = (negotiation) => this.#negotiate(party, negotiation);
    }
  }

  /** @param hangups whether somebody may end it on the way */
  walk(count: number, hangups: boolean): void {
    for (let step = 0; step < count; step += 1) {
      this.#act(hangups);
      this.made.clock.advance(Math.floor(this.random.uniform() ** 3 * 4000));
    }
    for (const settle of this.#open.splice(0)) settle();
  }

  #act(hangups: boolean): void {
    const { caller, callee } = this.made;
    const party = this.random.uniform() < 0.5 ? caller : callee;
    const dice = Math.floor(this.random.uniform() * 14);
    if (dice === 0) callee.session?.ring();
    else if (dice === 1) this.#ringWithSound(callee);
    else if (dice === 2) callee.answerCall();
    else if (dice === 3 && hangups) party.session?.hangup();
    else if (dice === 4 && hangups) callee.session?.reject({ status: 486 });
    else if (dice < 8) party.reoffer();
    else if (dice < 10) party.session?.sendInfo({ type: 'application/dtmf', data: Buffer.from('1') });
    else if (dice === 10) for (const settle of this.#open.splice(0)) settle();
  }

  #ringWithSound(callee: Party): void {
    const { session } = callee;
    if (session?.state === 'calling' || session?.state === 'early') session.ring(183, callee.answerToCall());
  }

  /** Answered at once, later, or not at all as asked. */
  #negotiate(party: Party, negotiation: Negotiation): void {
    const dice = this.random.uniform();
    if (dice < 0.6) party.accept(negotiation);
    else if (dice < 0.7 && negotiation.offer !== undefined && party.session?.state === 'confirmed') {
      negotiation.reject({ status: 488 });
    } else this.#open.push(() => party.accept(negotiation));
  }
}

async function run(seed: number, hangups: boolean): Promise<void> {
  const random = new SeededRandom(seed);
  const sessionExpires = random.uniform() < 0.3 ? seconds(90) : undefined;
  const made = await pair({ seed, conditions: rough, options: { sessionExpires } });
  const { clock, network, caller, callee } = made;
  const walk = new Walk(made, random);
  call(made, random.uniform() < 0.3);
  walk.walk(30, hangups);
  callee.answerCall();
  network.conditions = { delay: 20 };
  clock.advance(60_000);
  const talking = caller.session?.state === 'confirmed' && callee.session?.state === 'confirmed';
  if (talking && callee.heard.includes('acknowledged')) expect(caller.agreed).toBe(callee.agreed);
  caller.session?.hangup();
  callee.session?.hangup();
  clock.advance(200_000);
  expect(caller.ends).toHaveLength(1);
  expect(callee.ends.length).toBe(callee.session === undefined ? 0 : 1);
  expect(clock.timers).toEqual([]);
  expect([...caller.faults, ...callee.faults]).toEqual([]);
}

/** Walks as long as the time allows, and so often at least. */
const LEAST_WALKS = 40;
const timeout = 120_000 + fuzzSeconds * 2000;

describe('two ends of a call', () => {
  it.each([
    ['with hang-ups on the way', true],
    ['that is meant to last', false],
  ])('%s come through a random walk', { timeout }, async (_, hangups) => {
    const end = process.hrtime.bigint() + BigInt(Math.round(fuzzSeconds * 1e9));
    for (let seed = 1; seed <= LEAST_WALKS || process.hrtime.bigint() < end; seed += 1) {
      await run(seed, hangups).catch((thrown: unknown) => {
        throw new Error(`seed ${seed}: ${String(thrown)}`, { cause: thrown });
      });
    }
  });
});
