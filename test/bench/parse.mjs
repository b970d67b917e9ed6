// How fast SIP messages are read: microseconds, messages a second and octets allocated, for an INVITE of 1300 octets
// and a 401. `node test/bench/parse.mjs`; with `--cpu-prof` behind `node` for a profile. The best round is what the
// machine can do; the median tells how busy it was.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { build } from 'esbuild';
import { SAMPLE_MESSAGES } from './messages.mjs';

const ROUNDS = 101;
const MESSAGES_A_ROUND = 5000;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc');

/** Reads what dispatch reads of a message: where it belongs and who it is from. */
function readDispatchFields(message) {
  return (
    message.topVia.host.length +
    (message.topVia.branch ?? '').length +
    message.callId.length +
    (message.fromTag ?? '').length +
    (message.toTag ?? '').length +
    message.cseq.number +
    message.cseq.method.length +
    message.from.uri.length
  );
}

function run(parseMessage, bytes, count) {
  let sum = 0;
  for (let index = 0; index < count; index += 1) {
    const parsed = parseMessage(bytes);
    if (!parsed.ok) throw new Error(parsed.error.message);
    sum += readDispatchFields(parsed.value);
  }
  return sum;
}

/** Octets of heap for one message: the heap's growth over so few that nothing is collected meanwhile. */
function measureAllocation(parseMessage, bytes) {
  collectGarbage();
  run(parseMessage, bytes, 20);
  const before = process.memoryUsage().heapUsed;
  run(parseMessage, bytes, 100);
  return (process.memoryUsage().heapUsed - before) / 100;
}

function measure(parseMessage, bytes) {
  const rounds = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const start = process.hrtime.bigint();
    run(parseMessage, bytes, MESSAGES_A_ROUND);
    rounds.push(Number(process.hrtime.bigint() - start) / 1000 / MESSAGES_A_ROUND);
  }
  rounds.sort((a, b) => a - b);
  return {
    median: rounds[Math.floor(ROUNDS / 2)],
    best: rounds[0],
    allocated: measureAllocation(parseMessage, bytes),
  };
}

const folder = await mkdtemp(join(tmpdir(), 'parse-bench-'));
try {
  const outfile = join(folder, 'message.mjs');
  const entry = fileURLToPath(new URL('../../src/sip/message/index.ts', import.meta.url));
  await build({ entryPoints: [entry], outfile, bundle: true, platform: 'node', format: 'esm', target: 'node20' });
  const { parseMessage } = await import(pathToFileURL(outfile).href);
  for (const [name, text] of Object.entries(SAMPLE_MESSAGES)) {
    const bytes = Buffer.from(text);
    const { median, best, allocated } = measure(parseMessage, bytes);
    const rate = Math.round(1e6 / median).toLocaleString('en');
    console.log(
      `${name.padEnd(6)} ${bytes.length} octets: ${median.toFixed(2)} µs (best ${best.toFixed(2)}), ` +
        `${rate} messages/s, ${Math.round(allocated)} octets allocated each`,
    );
  }
} finally {
  await rm(folder, { recursive: true });
}
