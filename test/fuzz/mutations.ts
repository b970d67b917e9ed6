// What fuzz tests do to inputs, repeatable from a seed, and how long they go on.

import type { SeededRandom } from '../support/seeded-random.ts';

/** Seconds that one fuzz test runs: DOORPHONE_FUZZ_SECONDS, else one. */
export const fuzzSeconds = Number(process.env.DOORPHONE_FUZZ_SECONDS ?? '1') || 1;

/** Runs `round` until the time is over, at least a thousand times. @returns how often it ran */
export function fuzz(round: (index: number) => void): number {
  const end = process.hrtime.bigint() + BigInt(Math.round(fuzzSeconds * 1e9));
  let index = 0;
  while (index < 1000 || process.hrtime.bigint() < end) {
    round(index);
    index += 1;
  }
  return index;
}

const pick = (random: SeededRandom, bound: number): number => Math.floor(random.uniform() * bound);

/** Octets that mean something to a grammar of text. */
const SIGNIFICANT = Buffer.from('\r\n\t \0:;,<>"\\=@[]%/?|.0123456789-+\xff\xc3', 'latin1');

type Mutation = (bytes: Buffer, random: SeededRandom, corpus: readonly Buffer[]) => Buffer;

const flipBit: Mutation = (bytes, random) => {
  const at = pick(random, bytes.length);
  const copy = Buffer.from(bytes);
  copy[at] = (copy[at] ?? 0) ^ (1 << pick(random, 8));
  return copy;
};

const putSignificant: Mutation = (bytes, random) => {
  const copy = Buffer.from(bytes);
  copy[pick(random, copy.length)] = SIGNIFICANT[pick(random, SIGNIFICANT.length)] ?? 0;
  return copy;
};

const insertSignificant: Mutation = (bytes, random) => {
  const at = pick(random, bytes.length + 1);
  const inserted = Buffer.alloc(1 + pick(random, 8), SIGNIFICANT[pick(random, SIGNIFICANT.length)]);
  return Buffer.concat([bytes.subarray(0, at), inserted, bytes.subarray(at)]);
};

const truncate: Mutation = (bytes, random) => bytes.subarray(0, pick(random, bytes.length + 1));

const cutOut: Mutation = (bytes, random) => {
  const from = pick(random, bytes.length);
  const to = from + pick(random, Math.min(64, bytes.length - from + 1));
  return Buffer.concat([bytes.subarray(0, from), bytes.subarray(to)]);
};

const repeatPart: Mutation = (bytes, random) => {
  const from = pick(random, bytes.length);
  const part = bytes.subarray(from, from + 1 + pick(random, 40));
  const times = 1 + pick(random, 50);
  return Buffer.concat([bytes.subarray(0, from), ...Array.from({ length: times }, () => part), bytes.subarray(from)]);
};

const splice: Mutation = (bytes, random, corpus) => {
  const other = corpus[pick(random, corpus.length)] ?? bytes;
  return Buffer.concat([bytes.subarray(0, pick(random, bytes.length)), other.subarray(pick(random, other.length))]);
};

const MUTATIONS = [flipBit, putSignificant, insertSignificant, truncate, cutOut, repeatPart, splice];

/** A member of the corpus with one to four faults put in. */
export function mutate(corpus: readonly Buffer[], random: SeededRandom): Buffer {
  let bytes = corpus[pick(random, corpus.length)] ?? Buffer.alloc(0);
  for (let count = 1 + pick(random, 4); count > 0 && bytes.length > 0; count -= 1) {
    bytes = (MUTATIONS[pick(random, MUTATIONS.length)] ?? flipBit)(bytes, random, corpus);
  }
  return bytes;
}
