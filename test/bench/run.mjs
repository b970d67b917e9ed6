// The figures of the product and of its peers, measured in one run: `make bench`, or `node test/bench/run.mjs [--json]
// [--only PART,…]` as root. Asserts nothing about time: it prints, and people judge. docs/bench.md says how to read it.

import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { CONCEALMENT_FLAGS, concealmentRows, measureConcealment } from './concealment.mjs';
import { delayRows, measureDelay } from './delay.mjs';
import { compileWebrtc, ECHO_FLAGS, echoRows, measureEcho } from './echo.mjs';
import { measureFleet } from './fleet.mjs';
import { fleetRows } from './fleet-rows.mjs';
import { measureFlood, measureLoad } from './load.mjs';
import * as loadRows from './load-rows.mjs';
import { bestKernel, measureCalls, measureMedia, measureParsers, prepareMedia } from './media.mjs';
import { measurePauses, PAUSES_FLAGS, pausesRows } from './pauses.mjs';
import { Phone } from './phone.mjs';
import * as rows from './rows.mjs';
import * as signalling from './signalling.mjs';
import { Stamper } from './stamper.mjs';
import { measureStreams } from './streams.mjs';
import { Baresip, Doorphone, makeSpeech, sleep } from './subjects.mjs';
import { printTable } from './table.mjs';

const HERE = fileURLToPath(new URL('.', import.meta.url));
const BUILD = fileURLToPath(new URL('../../build/bench/', import.meta.url));
const SUBJECT_ADDRESS = '10.78.0.1';
const PHONE_ADDRESS = '10.78.0.2';
const INSIDE = 'DOORPHONE_BENCH_INSIDE';
const PARTS = [
  'start',
  'signalling',
  'streams',
  'media',
  'delay',
  'echo',
  'concealment',
  'pauses',
  'parsers',
  'load',
  'flood',
  'fleet',
];

const STARTS = 10;
const SETTLED_MS = 1000;
const RESTED_PRESSES = 10;
const REST_MS = 2000;
const PRESSES = 200;
const PRESSES_A_TURN = 50;
const CALLS = 20;
const DIGITS = 20;
const STREAM_SECONDS = 20;
/** V8 clears up once behind a start: no call costs that. */
const CLEARED_UP_MS = 12_000;
const HOGS = 2;

/** Runs itself again in a network of its own: no address of the machine is touched, nothing is left behind. */
function enterNetwork() {
  if (process.getuid() !== 0) {
    process.stderr.write('bench: needs root, for a network of its own and real-time scheduling\n');
    process.exit(1);
  }
  const command = ['--net', process.execPath, fileURLToPath(import.meta.url), ...process.argv.slice(2)];
  const { status } = spawnSync('unshare', command, { stdio: 'inherit', env: { ...process.env, [INSIDE]: '1' } });
  process.exit(status ?? 1);
}

function setNetworkUp() {
  execFileSync('ip', ['link', 'set', 'lo', 'up']);
  for (const address of [SUBJECT_ADDRESS, PHONE_ADDRESS])
    execFileSync('ip', ['addr', 'add', `${address}/32`, 'dev', 'lo']);
}

function compile() {
  mkdirSync(BUILD, { recursive: true });
  const flags = ['-std=gnu11', '-D_GNU_SOURCE', '-O2', '-Wall', '-Wextra', '-Werror'];
  const cc = (name, sources, rest) => {
    execFileSync('cc', [...flags, '-o', `${BUILD}${name}`, ...sources.map((source) => `${HERE}${source}`), ...rest]);
    return `${BUILD}${name}`;
  };
  return {
    stamper: cc('stamper', ['stamper.c', 'rtp-sender.c'], ['-lsrtp2', '-lpthread']),
    spandsp: cc('spandsp', ['peers/spandsp.c'], ['-lspandsp']),
    libsrtp2: cc('libsrtp2', ['peers/libsrtp2.c'], ['-lsrtp2']),
    libsrtp2OpenSsl: cc(
      'libsrtp2-openssl',
      ['peers/libsrtp2.c'],
      [`${BUILD}../bench-peers/libsrtp2/libsrtp2.a`, '-lcrypto'],
    ),
    evp: cc('evp', ['peers/evp.c'], ['-lcrypto']),
    libre: cc('libre', ['peers/libre.c'], ['-DHAVE_INTTYPES_H', '-DHAVE_STDBOOL_H', '-lre']),
    echo: cc('echo', ['peers/echo.c'], ECHO_FLAGS),
    webrtc: compileWebrtc(BUILD),
    concealment: cc('concealment', ['peers/concealment.c'], CONCEALMENT_FLAGS),
    pauses: cc('pauses', ['peers/pauses.c'], PAUSES_FLAGS),
    sofia: cc('sofia', ['peers/sofia.c'], ['-I/usr/include/sofia-sip-1.12', '-lsofia-sip-ua']),
  };
}

/** The product and baresip, each with a phone of its own at the other end. */
async function openLanes(stamper, folder, options = {}) {
  const lanes = [];
  for (const [index, Kind] of [Doorphone, Baresip].entries()) {
    const phone = await Phone.open(stamper, {
      address: PHONE_ADDRESS,
      port: 5060 + 10 * index,
      rtpPort: 40000 + 10 * index,
    });
    const port = 5060 + 10 * index;
    const subject = new Kind(stamper, {
      folder: `${folder}/${index}`,
      address: SUBJECT_ADDRESS,
      port,
      phone,
      ...options,
    });
    lanes.push({ subject, phone });
  }
  return lanes;
}

async function closeLanes(lanes) {
  for (const { subject, phone } of lanes) {
    await subject.stop();
    await phone.close();
  }
}

async function measureStarts(stamper, folder) {
  const lanes = await openLanes(stamper, `${folder}/start`, { register: true });
  const starts = { doorphone: [], baresip: [], bareNode: [] };
  // The first reads the files from the disk; it does not count.
  for (let turn = 0; turn <= STARTS; turn += 1) {
    for (const { subject, phone } of lanes) {
      const figures = await signalling.measureStart(subject, phone, SETTLED_MS);
      if (turn > 0) starts[subject.name].push(figures);
    }
    const { phone } = lanes[0];
    starts.bareNode.push(
      await signalling.measureBareNode(stamper, phone, `${HERE}bare-node.mjs`, `${folder}/node.log`),
    );
  }
  for (const { phone } of lanes) await phone.close();
  return starts;
}

async function measureSignalling(stamper, folder) {
  const lanes = await openLanes(stamper, `${folder}/signalling`);
  const figures = { doorphone: { rested: [], dial: [] }, baresip: { rested: [], dial: [] } };
  for (const { subject } of lanes) await subject.start();
  for (let turn = 0; turn <= RESTED_PRESSES; turn += 1) {
    await sleep(REST_MS);
    for (const { subject, phone } of lanes) {
      const taken = await signalling.dialOnce(subject, phone);
      // The first after a start is a figure of its own.
      if (turn > 0) figures[subject.name].rested.push(taken);
    }
  }
  for (let done = 0; done < PRESSES; done += PRESSES_A_TURN) {
    for (const { subject, phone } of lanes) {
      figures[subject.name].dial.push(...(await signalling.measureDialling(subject, phone, PRESSES_A_TURN)));
    }
  }
  for (const { subject, phone } of lanes) {
    const own = figures[subject.name];
    own.outgoing = await signalling.measureOutgoing(subject, phone, CALLS);
    own.incoming = await signalling.measureIncoming(subject, phone, CALLS);
    const digits = subject.name === 'doorphone' ? signalling.measureDigits : signalling.measurePeerDigits;
    own.digits = await digits(subject, phone, DIGITS);
    own.memory = subject.memory();
  }
  await closeLanes(lanes);
  return figures;
}

async function measureLastingCalls(stamper, folder) {
  const yardstick = await stamper.udp(PHONE_ADDRESS, 41000);
  Object.assign(yardstick, { address: PHONE_ADDRESS, port: 41000 });
  const run = async (options, lanes) =>
    await measureStreams({ stamper, lanes, yardstick, seconds: STREAM_SECONDS, ...options });
  const lanes = await openLanes(stamper, `${folder}/streams`, { options: { encrypted: true } });
  for (const { subject } of lanes) await subject.start();
  await sleep(CLEARED_UP_MS);
  const figures = {
    plain: await run({}, lanes),
    encrypted: await run({ encrypted: true }, lanes),
    loaded: await run({ hogs: HOGS }, lanes),
  };
  await closeLanes(lanes);
  return figures;
}

async function measureFlooded(stamper, folder) {
  const phone = await Phone.open(stamper, { address: PHONE_ADDRESS, port: 5064, rtpPort: 40040 });
  try {
    return await measureFlood(folder, { subject: SUBJECT_ADDRESS, phone, build: BUILD });
  } finally {
    await phone.close();
  }
}

function measureCosts(programs, folder) {
  prepareMedia();
  const figure = measureMedia(programs, folder);
  return { figure, kernel: bestKernel(figure), calls: measureCalls() };
}

const USAGE = `usage: node test/bench/run.mjs [--json] [--only PART,…]
  --json   the table as JSON
  --only   these parts alone: ${PARTS.join(', ')}
`;

/** @returns what is wrong with the arguments, or which parts are wanted */
function readArguments() {
  try {
    const options = { help: { type: 'boolean' }, json: { type: 'boolean' }, only: { type: 'string' } };
    const { values } = parseArgs({ args: process.argv.slice(2), options });
    const parts = values.only?.split(',') ?? PARTS;
    const unknown = parts.find((part) => !PARTS.includes(part));
    return { ...values, parts, wrong: unknown === undefined ? undefined : `there is no part "${unknown}"` };
  } catch (thrown) {
    return { wrong: thrown.message };
  }
}

/** Ends the program where nothing is to be measured. */
function wantedParts() {
  const { help, parts, wrong } = readArguments();
  if (wrong !== undefined) {
    process.stderr.write(`bench: ${wrong}\n${USAGE}`);
    process.exit(2);
  }
  if (help !== true) return parts;
  process.stdout.write(USAGE);
  process.exit(0);
}

async function main() {
  const parts = wantedParts();
  if (process.env[INSIDE] !== '1') enterNetwork();
  setNetworkUp();
  const folder = mkdtempSync(`${tmpdir()}/doorphone-bench-`);
  const programs = compile();
  const stamper = new Stamper(programs.stamper);
  const say = (text) => process.stderr.write(`bench: ${text}\n`);
  const table = [];
  try {
    if (parts.includes('start')) {
      say(`${STARTS} starts of each`);
      table.push(...rows.startRows(await measureStarts(stamper, folder)));
    }
    // What comes now has calls, and the file is in the memory of those who have them.
    makeSpeech(folder);
    if (parts.includes('signalling')) {
      say(`${RESTED_PRESSES} presses at rest, ${PRESSES} warm, ${CALLS} calls each way, ${DIGITS} codes`);
      table.push(...rows.signallingRows(await measureSignalling(stamper, folder)));
    }
    if (parts.includes('streams')) {
      say(`calls of ${STREAM_SECONDS} s: plain, encrypted, with both cores loaded`);
      table.push(...rows.streamRows(await measureLastingCalls(stamper, folder)));
    }
    if (parts.includes('media')) {
      say('codec, SRTP, messages');
      table.push(...rows.costRows(measureCosts(programs, folder)));
    }
    if (parts.includes('delay')) {
      say('from sound card to sound card, in calls');
      const cards = mkdtempSync('/dev/shm/doorphone-bench-');
      table.push(...delayRows(await measureDelay(cards, SUBJECT_ADDRESS)));
      rmSync(cards, { recursive: true, force: true });
    }
    if (parts.includes('echo')) {
      say('echo in a room of figures');
      table.push(...echoRows(measureEcho(programs)));
    }
    if (parts.includes('concealment')) {
      say('lost packets');
      table.push(...concealmentRows(measureConcealment(programs.concealment)));
    }
    if (parts.includes('pauses')) {
      say('pauses in noise');
      table.push(...pausesRows(measurePauses(programs.pauses)));
    }
    if (parts.includes('parsers')) {
      say('parsers of the npm packages');
      table.push(...loadRows.parserRows(measureParsers(folder)));
    }
    if (parts.includes('load')) {
      say('calls a second, beside SIPp');
      const ends = { subject: SUBJECT_ADDRESS, phone: PHONE_ADDRESS, build: BUILD };
      table.push(...loadRows.loadRows(await measureLoad(stamper, folder, ends)));
    }
    if (parts.includes('flood')) {
      say('a call in a flood of OPTIONS');
      table.push(...loadRows.floodRows(await measureFlooded(stamper, folder)));
    }
    if (parts.includes('fleet')) {
      say('a fleet of doors, beside Kamailio’s presence server');
      const ends = { subject: SUBJECT_ADDRESS, phone: PHONE_ADDRESS };
      table.push(...fleetRows(await measureFleet(`${folder}/fleet`, ends)));
    }
  } catch (thrown) {
    process.stderr.write(`bench: ${thrown.message}; what the processes said is in ${folder}\n`);
    process.exitCode = 1;
    return;
  } finally {
    await stamper.end();
  }
  rmSync(folder, { recursive: true, force: true });
  if (process.argv.includes('--json')) process.stdout.write(`${JSON.stringify({ rows: table }, null, 2)}\n`);
  else printTable(table);
}

await main();
