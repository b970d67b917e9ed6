// Rows about calls that last: how evenly packets come, and what a call costs. The product, baresip and the yardstick (a
// C thread that does nothing but send) run in the same seconds, so that what else the machine does meets them alike.

import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { pacing } from './statistics.mjs';
import { sleep } from './subjects.mjs';

const PACKET_OCTETS = 172;
const SRTP_TAG_OCTETS = 10;

/** Calls every subject and lets them talk. @returns per name: pacing, CPU share in percent */
export async function measureStreams({ stamper, lanes, yardstick, seconds, encrypted = false, hogs = 0 }) {
  const calls = [];
  for (const { subject, phone } of lanes) {
    const { call } = await phone.call(subject.uri, subject.endpoint, { encrypted });
    await call.speak({ realtime: true });
    calls.push(call);
  }
  await yardstick.startRtp({ to: { address: yardstick.address, port: yardstick.port }, realtime: true });
  const load = startHogs(hogs);
  // Until every jitter buffer and adaptive timer has settled.
  await sleep(1500);
  const inboxes = [...lanes.map(({ phone }) => phone.rtp.received), yardstick.received];
  const before = await cpuTimes(stamper, lanes);
  for (const inbox of inboxes) inbox.takeAll();
  await sleep(seconds * 1000);
  const after = await cpuTimes(stamper, lanes);
  const packets = inboxes.map((inbox) => inbox.takeAll());
  for (const child of load) child.kill('SIGKILL');
  await yardstick.stopRtp();
  const outcome = { yardstick: { pacing: pacing(packets.at(-1).map(({ at }) => at)) } };
  for (const [index, { subject, phone }] of lanes.entries()) {
    const octets = PACKET_OCTETS + (encrypted ? SRTP_TAG_OCTETS : 0);
    const voice = packets[index].filter(({ data }) => data.length === octets);
    outcome[subject.name] = {
      pacing: pacing(voice.map(({ at }) => at)),
      cpu: (100 * (after[index].cpu - before[index].cpu)) / (after[index].at - before[index].at),
      memory: subject.memory(),
      threads: threadClasses(subject.pid),
    };
    await phone.rtp.stopRtp();
    await calls[index].hangup();
    const { media } = await subject.ended();
    if (media !== undefined) checkReception(subject.name, media, seconds, encrypted);
  }
  return outcome;
}

/** The figures are of a call in which both sides were heard, or they are worth nothing. */
function checkReception(name, media, seconds, encrypted) {
  if (media.packetsReceived < seconds * 45 || media.encrypted !== encrypted) {
    throw new Error(`${name} received ${media.packetsReceived} packets, encrypted ${media.encrypted}`);
  }
}

async function cpuTimes(stamper, lanes) {
  const times = [];
  for (const { subject } of lanes) {
    times.push({ cpu: await stamper.cpuTime(subject.pid), at: Number(process.hrtime.bigint()) });
  }
  return times;
}

/** Processes that do nothing else than run. */
function startHogs(count) {
  return Array.from({ length: count }, () => spawn(process.execPath, ['-e', 'for(;;);'], { stdio: 'ignore' }));
}

const CLASSES = ['SCHED_OTHER', 'SCHED_FIFO', 'SCHED_RR', 'SCHED_BATCH', '', 'SCHED_IDLE'];

/** The real-time classes among a process's threads: `SCHED_FIFO 50`; else `SCHED_OTHER`. */
export function threadClasses(pid) {
  const classes = new Set();
  for (const task of readdirSync(`/proc/${pid}/task`)) {
    const stat = readFileSync(`/proc/${pid}/task/${task}/stat`, 'utf8');
    // proc(5): fields 40 and 41, counted behind the name, which may hold spaces.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const [priority, policy] = [Number(fields[37]), Number(fields[38])];
    if (priority > 0) classes.add(`${CLASSES[policy]} ${priority}`);
  }
  return classes.size === 0 ? 'SCHED_OTHER' : [...classes].join(', ');
}
