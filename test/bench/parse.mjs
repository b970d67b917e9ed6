// How fast SIP messages are read: microseconds, messages a second and octets allocated, for an INVITE of 1300 octets
// and a 401. `node test/bench/parse.mjs`; with `--cpu-prof` behind `node` for a profile. The best round is what the
// machine can do; the median tells how busy it was.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { SAMPLE_MESSAGES } from './messages.mjs';
import { measureAllocation, readDispatchFields, timeRound } from './timing.mjs';

const ROUNDS = 101;
const MESSAGES_A_ROUND = 5000;

/** Octets of heap are counted over so many. */
const ALLOCATION_COUNT = 100;

function measure(read, bytes) {
  const rounds = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    rounds.push(timeRound(read, bytes, MESSAGES_A_ROUND));
  }
  rounds.sort((a, b) => a - b);
  return {
    median: rounds[Math.floor(ROUNDS / 2)],
    best: rounds[0],
    allocated: measureAllocation(read, bytes, ALLOCATION_COUNT),
  };
}

const folder = await mkdtemp(join(tmpdir(), 'parse-bench-'));
try {
  const outfile = join(folder, 'message.mjs');
  const entry = fileURLToPath(new URL('../../src/sip/message/index.ts', import.meta.url));
  await build({ entryPoints: [entry], outfile, bundle: true, platform: 'node', format: 'esm', target: 'node20' });
  const { parseMessage } = await import(pathToFileURL(outfile).href);
  const read = (bytes) => {
    const parsed = parseMessage(bytes);
    if (!parsed.ok) throw new Error(parsed.error.message);
    return readDispatchFields(parsed.value);
  };
  for (const [name, text] of Object.entries(SAMPLE_MESSAGES)) {
    const bytes = Buffer.from(text);
    const { median, best, allocated } = measure(read, bytes);
    const rate = Math.round(1e6 / median).toLocaleString('en');
    console.log(
      `${name.padEnd(6)} ${bytes.length} octets: ${median.toFixed(2)} µs (best ${best.toFixed(2)}), ` +
        `${rate} messages/s, ${Math.round(allocated)} octets allocated each`,
    );
  }
} finally {
  await rm(folder, { recursive: true });
}
