// Our parser beside those of the npm packages `sip`, `jssip` and `sip.js`, which test/bench/install puts into a folder of
// the bench's own: the same messages, the same fields read, in turns in one process. `node test/bench/parsers.mjs FOLDER`
// prints JSON: parser → message → { ns, allocated }; the best round, as those of the other parsers.

import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { SAMPLE_MESSAGES } from './messages.mjs';
import { measureAllocation, readDispatchFields, repeat, timeRound } from './timing.mjs';

const PEERS = fileURLToPath(new URL('../../build/bench-peers/', import.meta.url));
const ROUNDS = 11;
/** Messages a round: such that a round of each takes some 10 ms. */
const COUNTS = { doorphone: 3000, sip: 1000, jssip: 80, 'sip.js': 6 };
/** So few that nothing is collected meanwhile, in a young generation as large as media.mjs makes it. */
const ALLOCATION_COUNTS = { doorphone: 100, sip: 100, jssip: 20, 'sip.js': 4 };
/** What a warm program has parsed already, in rounds. */
const WARM_ROUNDS = 6;
const quiet = { error: () => undefined, warn: () => undefined, log: () => undefined, debug: () => undefined };

async function ourReader(folder) {
  const outfile = `${folder}/message.mjs`;
  const entry = fileURLToPath(new URL('../../src/sip/message/index.ts', import.meta.url));
  await build({ entryPoints: [entry], outfile, bundle: true, platform: 'node', format: 'esm', target: 'node20' });
  const { parseMessage } = await import(pathToFileURL(outfile).href);
  return (bytes) => {
    const parsed = parseMessage(bytes);
    if (!parsed.ok) throw new Error(parsed.error.message);
    return readDispatchFields(parsed.value);
  };
}

function sipReader(require) {
  const { parse } = require('sip');
  return (bytes) => {
    const { headers } = parse(bytes);
    const [via] = headers.via;
    const { from, to, cseq } = headers;
    const tags = (from.params.tag ?? '').length + (to.params.tag ?? '').length;
    return (
      via.host.length + via.params.branch.length + headers['call-id'].length + tags + method(cseq) + from.uri.length
    );
  };
}

const method = ({ seq, method: name }) => seq + name.length;

function jssipReader(require) {
  const { parseMessage } = require('jssip/lib/Parser.js');
  return (bytes) => readWebPhoneMessage(parseMessage(bytes.toString(), {}));
}

async function sipJsReader() {
  const file = `${PEERS}node_modules/sip.js/lib/core/messages/parser.js`;
  const { Parser } = await import(pathToFileURL(file).href);
  return (bytes) => readWebPhoneMessage(Parser.parseMessage(bytes.toString(), quiet));
}

/** jssip and sip.js have one origin and name alike. */
function readWebPhoneMessage(message) {
  const { via, from, fromTag, toTag } = message;
  return (
    via.host.length +
    via.branch.length +
    (message.call_id ?? message.callId).length +
    (fromTag ?? '').length +
    (toTag ?? '').length +
    Number(message.cseq) +
    message.method.length +
    from.uri.toString().length
  );
}

const require = createRequire(`${PEERS}package.json`);
const readers = {
  doorphone: await ourReader(process.argv[2]),
  sip: sipReader(require),
  jssip: jssipReader(require),
  'sip.js': await sipJsReader(),
};
const figures = {};
for (const [message, text] of Object.entries(SAMPLE_MESSAGES)) {
  const bytes = Buffer.from(text);
  const best = Object.fromEntries(Object.keys(readers).map((name) => [name, Number.POSITIVE_INFINITY]));
  for (const [name, read] of Object.entries(readers)) repeat(read, bytes, WARM_ROUNDS * COUNTS[name]);
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [name, read] of Object.entries(readers)) {
      best[name] = Math.min(best[name], timeRound(read, bytes, COUNTS[name]));
    }
  }
  for (const [name, read] of Object.entries(readers)) {
    const allocated = measureAllocation(read, bytes, ALLOCATION_COUNTS[name]);
    figures[name] = { ...figures[name], [message]: { ns: 1000 * best[name], allocated } };
  }
}
process.stdout.write(`${JSON.stringify(figures)}\n`);
