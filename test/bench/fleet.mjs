// A fleet of doors at one server: how many subscribe a second, how fast all of them hear of a change and have it, what each
// costs, and what becomes of them after a power cut. Beside it Kamailio's presence server with the same doors.
// DOORPHONE_BENCH_DOORS says how many there are.

import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { Doors } from './fleet/doors.mjs';
import { Publisher } from './fleet/publisher.mjs';
import { Kamailio, ProvisionServer } from './fleet/servers.mjs';
import { sleep } from './subjects.mjs';

const DOORS = Number(process.env.DOORPHONE_BENCH_DOORS ?? 2000);
/** The doors of one large house. */
const HOUSE = 200;
const SOCKETS = 100;
const AT_ONCE = 25;
const PATIENCE = 180_000;
/** FLEET_SPREAD of src/app/provisioning-servers.ts. */
const SPREAD = 25_000;
/** The default of `rate` in server.yaml, and what is no limit. */
const RATE = 500;
const NO_LIMIT = { rate: 100_000 };
const REFRESHES = 1000;
const REFRESH_RATE = 100;
const SETTLED = 3000;
const OURS = { port: 5260 };
const THEIRS = { port: 5270 };

export async function measureFleet(folder, { subject, phone }) {
  mkdirSync(folder, { recursive: true });
  makeCertificate(folder, subject);
  const place = { address: subject, local: phone };
  const ours = await measureQuick(`${folder}/quick`, place);
  const theirs = await measureKamailio(`${folder}/kamailio`, place);
  const house = await measureDefault(`${folder}/house`, { ...place, count: HOUSE, rush: false });
  const fleet = await measureDefault(`${folder}/fleet`, { ...place, count: DOORS, rush: true });
  return { doors: DOORS, house: { doors: HOUSE, ...house }, fleet, ours, theirs };
}

function makeCertificate(folder, address) {
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', `${folder}/key.pem`];
  const name = ['-subj', `/CN=${address}`, '-addext', `subjectAltName=IP:${address}`, '-days', '2'];
  execFileSync('openssl', ['req', '-x509', ...key, ...name, '-out', `${folder}/server.pem`], { stdio: 'ignore' });
}

async function withDoors({ server, count, local, port }, use) {
  const startup = await server.start();
  const doors = new Doors({ count, sockets: SOCKETS, local: { address: local, port }, server });
  await doors.open();
  try {
    return { startup, ...(await use(doors)) };
  } finally {
    doors.close();
    await server.stop();
  }
}

/** Without a limit: what the server can do. */
async function measureQuick(folder, { address, local }) {
  const server = new ProvisionServer({ folder, address, ...OURS, count: DOORS, files: 'http', settings: NO_LIMIT });
  return await withDoors({ server, count: DOORS, local, port: 20_000 }, async (doors) => {
    const subscribed = await subscribe(server, doors);
    const begun = server.cpu;
    await doors.refresh(REFRESHES, REFRESH_RATE);
    const refresh = (server.cpu - begun) / REFRESHES;
    await sleep(SETTLED);
    const names = ['Other door', 'Third door'];
    return { ...subscribed, refresh, ...(await tellTwice(server, doors, () => server.change(names.shift()))) };
  });
}

async function measureKamailio(folder, { address, local }) {
  const server = new Kamailio({ folder, address, ...THEIRS });
  return await withDoors({ server, count: DOORS, local, port: 21_000 }, async (doors) => {
    const subscribed = await subscribe(server, doors);
    const begun = server.cpu;
    await doors.refresh(REFRESHES, REFRESH_RATE);
    const refresh = (server.cpu - begun) / REFRESHES;
    const publisher = new Publisher({ count: DOORS, local: { address: local, port: 20_999 }, server });
    await publisher.open();
    const twice = await tellTwice(server, doors, async () => await publisher.publishAll(AT_ONCE));
    publisher.close();
    return { ...subscribed, refresh, ...twice };
  });
}

async function subscribe(server, doors) {
  doors.fetches = false;
  const [memory, cpu] = [server.memory, server.cpu];
  const seconds = await doors.subscribeAll(AT_ONCE);
  const used = server.cpu - cpu;
  await sleep(SETTLED);
  return {
    rate: doors.count / seconds,
    cpu: used / doors.count,
    memory: (server.memory - memory) / doors.count,
    repetitions: doors.repetitions,
    refused: doors.refused,
  };
}

/**
 * Two changes for all. Kamailio makes at the first what it changes at the second, and V8 has compiled little of ours before:
 * a server is there for years.
 */
async function tellTwice(server, doors, change) {
  const first = await tell(server, doors, change);
  await sleep(SETTLED);
  return { first, told: await tell(server, doors, change) };
}

/**
 * One change for all.
 * @returns NOTIFYs acknowledged a second, from the first to the last, what each costs; and the seconds of all of it, from
 * before the server knew of anything
 */
async function tell(server, doors, change) {
  doors.forget();
  const [cpu, begun] = [server.cpu, performance.now()];
  await change();
  const all = await doors.reach(doors.notified, doors.count, PATIENCE);
  if (!all) throw new Error(`${server.name} has told ${doors.notified.length} of ${doors.count} doors`);
  const seconds = (doors.notified.at(-1) - doors.notified[0]) / 1000;
  const whole = (doors.notified.at(-1) - begun) / 1000;
  return { rate: doors.count / seconds, whole, cpu: (server.cpu - cpu) / doors.count, repetitions: doors.repetitions };
}

/** As server.yaml has it from the beginning, files by HTTPS. @param rush whether the power is cut, too */
async function measureDefault(folder, { address, local, count, rush }) {
  const server = new ProvisionServer({ folder, address, ...OURS, count, files: 'https' });
  return await withDoors({ server, count, local, port: 22_000 }, async (doors) => {
    doors.fetches = false;
    doors.powerCut((1000 * count) / (0.8 * RATE));
    await doors.reach(doors.granted, count, PATIENCE);
    doors.fetches = true;
    const changed = await applyAll(server, doors);
    if (!rush) return { changed };
    const spread = await cutPower(doors, SPREAD);
    // Devices of other makers: none waits a moment, each comes back when it is told to.
    doors.obedient = true;
    const atOnce = await cutPower(doors, 0);
    return { changed, spread, atOnce };
  });
}

async function applyAll(server, doors) {
  doors.forget();
  const [cpu, begun] = [server.cpu, performance.now()];
  server.change('Other door');
  await doors.reach(doors.reported, doors.count, PATIENCE);
  const after = (list) => (list.length < doors.count ? Number.POSITIVE_INFINITY : (list.at(-1) - begun) / 1000);
  return {
    notified: after(doors.notified),
    applied: after(doors.applied),
    reported: after(doors.reported),
    cpu: (server.cpu - cpu) / doors.count,
    failures: doors.fetchFailures,
    repetitions: doors.repetitions,
  };
}

async function cutPower(doors, spread) {
  doors.forget();
  const begun = performance.now();
  doors.powerCut(spread);
  const all = await doors.reach(doors.granted, doors.count, PATIENCE);
  const seconds = all ? (doors.granted.at(-1) - begun) / 1000 : Number.POSITIVE_INFINITY;
  // Who comes at once comes at once; what counts is how they come back.
  const returning = peakOf(doors.asked.slice(doors.count));
  return { seconds, refused: doors.refused, peak: peakOf(doors.asked), returning, granted: peakOf(doors.granted) };
}

/** The most of any second. */
function peakOf(moments) {
  let [peak, first] = [0, 0];
  for (let at = 0; at < moments.length; at += 1) {
    while (moments[at] - moments[first] >= 1000) first += 1;
    peak = Math.max(peak, at - first + 1);
  }
  return peak;
}
