// How many calls a second our user agent carries, beside SIPp as the called side; what a call that is up holds of memory;
// what a call of the door's own sounds like meanwhile; and how a call fares while somebody asks the agent 500 times a
// second.

import { execFileSync, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { runScenario, SippServer } from './sipp.mjs';
import { Baresip, Doorphone, sleep } from './subjects.mjs';

/** Calls a second, until one step is not clean. */
const RATES = [50, 100, 200, 400, 800];
/** The agent has room for 400 transactions, and an answered INVITE's lives for 32 s: what warms it and a burst stay below. */
const WARMING = { rate: 100, count: 100 };
const BURST = 150;
/** And this goes beyond it. */
const LASTING = { rate: 100, count: 500 };
const STEP_HOLD_MS = 100;
/** Calls that are up at once while memory is read. */
const HELD_CALLS = 100;
const HELD_MS = 2000;
/** The agent takes 20 calls at once and one each half second from one address: the load comes from a town of phones. */
const SOURCES = Array.from({ length: 1000 }, (_, index) => `10.79.${1 + (index >> 7)}.${1 + (index & 127)}`);
/** RTCP needs two reports each way until a round trip is known. */
const MEDIA_CALL_MS = 14_000;
const FLOOD_RATE = 500;
const FLOOD_SECONDS = Number(process.env.DOORPHONE_BENCH_FLOOD_SECONDS ?? 10);
const ASK_EVERY_MS = 50;

/** The user agent in a process of its own. */
class Agent {
  static async start(bundle, { address, port }) {
    const agent = new Agent();
    agent.child = fork(bundle, [address, String(port)], { execArgv: ['--expose-gc'] });
    await once(agent.child, 'message');
    return agent;
  }

  /** Octets: heap after a collection, and anonymous memory. */
  async memory() {
    this.child.send('memory');
    const [memory] = await once(this.child, 'message');
    return memory;
  }

  async stop() {
    const exited = once(this.child, 'exit');
    this.child.disconnect();
    await exited;
  }
}

async function bundleAgent(folder) {
  const outfile = `${folder}agent.mjs`;
  const entry = fileURLToPath(new URL('agent.mjs', import.meta.url));
  const options = { bundle: true, packages: 'external', platform: 'node', format: 'esm', target: 'node20' };
  await build({ entryPoints: [entry], outfile, ...options });
  return outfile;
}

/** @returns the steps that were clean (every call came off, nothing was repeated), and the one after them */
async function climb(folder, open, ends) {
  const steps = [];
  for (const rate of RATES) {
    const step = await call(`${folder}-${rate}`, open, { ...ends, rate, count: BURST, warming: WARMING });
    steps.push(step);
    if (!step.clean) break;
  }
  return steps;
}

/** Calls a server that has just been started. */
async function call(folder, open, { rate, count, warming, ...ends }) {
  const server = await open();
  try {
    const options = { scenario: 'call', hold: STEP_HOLD_MS, sources: SOURCES, patience: count / rate + 3, ...ends };
    if (warming !== undefined) await runScenario({ ...options, ...warming, folder: `${folder}-warming` });
    const outcome = await runScenario({ ...options, rate, count, folder });
    return { ...outcome, rate, clean: outcome.succeeded === count && outcome.repeated === 0 };
  } finally {
    await server.stop();
  }
}

/** Octets that a call takes while it is up. */
async function measureHeld(folder, open, ends) {
  const server = await open();
  const before = await server.memory();
  const options = {
    scenario: 'call',
    rate: HELD_CALLS,
    count: HELD_CALLS,
    hold: HELD_MS,
    sources: SOURCES,
    patience: 8,
  };
  const run = runScenario({ ...options, ...ends, folder });
  await sleep(1000 + HELD_MS / 2);
  const during = await server.memory();
  await run;
  await server.stop();
  const each = (field) => (during[field] - before[field]) / HELD_CALLS;
  return { heap: each('heap'), anonymous: each('anonymous') };
}

/** A call from a door to baresip, which sends RTCP. @returns what ends it, and gives the door's own statistics of it */
async function startMediaCall(stamper, folder, { subject, phone }) {
  const peer = new Baresip(stamper, {
    folder: `${folder}/peer`,
    address: phone,
    port: 5092,
    phone: { address: phone },
  });
  const target = { address: phone, port: 5092, uri: peer.uri };
  const door = new Doorphone(stamper, { folder: `${folder}/door`, address: subject, port: 5090, phone: target });
  await peer.start();
  await door.start();
  await door.dial();
  await door.events.next('call.answered', ({ type }) => type === 'call.answered');
  const startedAt = performance.now();
  return async () => {
    await sleep(Math.max(0, MEDIA_CALL_MS - (performance.now() - startedAt)));
    await door.control.send('{"id":8,"command":"hangup"}\n');
    const { media } = await door.ended();
    await door.stop();
    await peer.stop();
    return media;
  };
}

export async function measureLoad(stamper, folder, { subject, phone, build: buildFolder }) {
  execFileSync('ip', ['addr', 'add', '10.79.0.0/16', 'dev', 'lo']);
  mkdirSync(`${folder}/load`, { recursive: true });
  const bundle = await bundleAgent(buildFolder);
  const target = { address: subject, port: 5080 };
  const servers = {
    doorphone: async () => await Agent.start(bundle, target),
    sipp: async () => await SippServer.start(`${folder}/load/uas`, target),
  };
  const ends = { target, local: { address: phone, port: 6000 } };
  const figures = {};
  const endMediaCall = await startMediaCall(stamper, `${folder}/load`, { subject, phone });
  for (const [name, open] of Object.entries(servers)) {
    const held = await measureHeld(`${folder}/load/${name}-held`, open, ends);
    const steps = await climb(`${folder}/load/${name}`, open, ends);
    const lasting = await call(`${folder}/load/${name}-lasting`, open, { ...ends, ...LASTING });
    figures[name] = { held, steps, lasting };
  }
  return { ...figures, media: await endMediaCall() };
}

/** @returns ms from a request in a call to its answer, at rest and in the flood; and how the flood itself was answered */
export async function measureFlood(folder, { subject, phone, build: buildFolder }) {
  const target = { address: subject, port: 5086 };
  const agent = await Agent.start(await bundleAgent(buildFolder), target);
  try {
    const { call } = await phone.call(`sip:door@${subject}:5086`, target);
    const rest = await askInCall(phone, call, 2000);
    const local = { address: phone.address, port: 6100 };
    const count = FLOOD_RATE * FLOOD_SECONDS;
    const options = { scenario: 'options', rate: FLOOD_RATE, count, patience: FLOOD_SECONDS + 5 };
    const flood = runScenario({ ...options, target, local, folder: `${folder}/flood` });
    const during = await askInCall(phone, call, 1000 * FLOOD_SECONDS);
    const flooded = await flood;
    await call.hangup();
    return { rest, during, flood: { ...flooded, count } };
  } finally {
    await agent.stop();
  }
}

async function askInCall(phone, call, forMs) {
  const samples = [];
  const until = performance.now() + forMs;
  while (performance.now() < until) {
    call.sequence += 1;
    const cseq = `${call.sequence} INFO`;
    const sentAt = await call.send('INFO', call.sequence);
    const answer = await phone.responses.next(`answer to ${cseq}`, ({ header }) => header('CSeq') === cseq);
    if (answer.status !== 200) throw new Error(`INFO in a call is answered with ${answer.status}`);
    samples.push((answer.at - sentAt) / 1e6);
    await sleep(ASK_EVERY_MS);
  }
  return samples;
}
