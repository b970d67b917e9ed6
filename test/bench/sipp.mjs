// SIPp, as it is started, and what it writes down: how many calls came off, and how long each waited for its answer.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { sleep } from './subjects.mjs';

const SCENARIOS = fileURLToPath(new URL('scenarios/', import.meta.url));

function start(args, folder) {
  return spawn('sipp', [...args, '-nostdin'], { cwd: folder, stdio: 'ignore', env: { ...process.env, TERM: 'dumb' } });
}

/** SIPp as the peer that is called: answers everything. */
export class SippServer {
  static async start(folder, { address, port }) {
    mkdirSync(folder, { recursive: true });
    const server = new SippServer();
    server.child = start(['-sn', 'uas', '-i', address, '-p', String(port)], folder);
    // It says nothing when it is ready.
    await sleep(300);
    return server;
  }

  /** Anonymous memory in octets. */
  async memory() {
    const [, kilobytes] = /^RssAnon:\s+(\d+)/m.exec(readFileSync(`/proc/${this.child.pid}/status`, 'utf8'));
    return { anonymous: 1024 * Number(kilobytes) };
  }

  async stop() {
    if (this.child.exitCode !== null) return;
    const exited = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await exited;
  }
}

/**
 * Runs a scenario `rate` times a second until `count` are done.
 * @param sources addresses of the callers, in turn; without, they all come from `local`
 * @returns how many were made, came off, were repeated, and the answers' delays in ms
 */
export async function runScenario({ scenario, folder, target, local, rate, count, sources, hold = 0, patience }) {
  mkdirSync(folder, { recursive: true });
  const text = readFileSync(`${SCENARIOS}${scenario}.xml`, 'utf8').replaceAll('@HOLD@', String(hold));
  writeFileSync(`${folder}/${scenario}.xml`, text.replaceAll('@PORT@', String(local.port)));
  const args = ['-sf', `${scenario}.xml`, '-i', local.address, '-p', String(local.port), '-r', String(rate)];
  args.push(
    '-m',
    String(count),
    '-l',
    String(count),
    '-timeout',
    `${Math.ceil(patience)}s`,
    '-timer_resol',
    '1',
    '-max_socket',
    '2000',
  );
  args.push('-trace_stat', '-stf', 'statistics.csv', '-fd', '1', '-trace_rtt', '-rtt_freq', '1');
  if (sources !== undefined) {
    writeFileSync(`${folder}/sources.csv`, `SEQUENTIAL\n${sources.join(';\n')};\n`);
    args.push('-t', 'ui', '-inf', 'sources.csv', '-ip_field', '0');
  }
  const child = start([...args, `${target.address}:${target.port}`], folder);
  // Its own -timeout waits on for calls that went wrong; what is not done by then has failed.
  const overdue = setTimeout(() => child.kill('SIGKILL'), 1000 * (patience + 1));
  await once(child, 'exit');
  clearTimeout(overdue);
  return readStatistics(folder);
}

function readStatistics(folder) {
  const [head, ...lines] = readFileSync(`${folder}/statistics.csv`, 'utf8').trim().split('\n');
  const last = lines.at(-1)?.split(';') ?? [];
  const field = (name) => Number(last[head.split(';').indexOf(name)]);
  const file = readdirSync(folder).find((name) => name.endsWith('_rtt.csv'));
  const delays = file === undefined ? [] : readFileSync(`${folder}/${file}`, 'utf8').trim().split('\n').slice(1);
  return {
    made: field('TotalCallCreated'),
    succeeded: field('SuccessfulCall(C)'),
    repeated: field('Retransmissions(C)'),
    delays: delays.map((line) => Number(line.split(';')[1])),
  };
}
