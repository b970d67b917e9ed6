// Rows about what one packet and one message cost, beside the libraries that others use. Ours and theirs take turns, so
// that a slow moment of the machine meets both.

import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { SAMPLE_MESSAGES } from './messages.mjs';
import { summarize } from './statistics.mjs';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const TURNS = 7;

/** Builds what must not be timed by the first turn. */
export function prepareMedia() {
  execFileSync('make', ['-s', '-C', `${ROOT}native`, '../build/native/bench/streams']);
  execFileSync('make', ['--no-print-directory', '-C', `${ROOT}native`, 'bench', 'BENCH_ARGUMENTS=--json']);
}

/** @returns a function that gives a summary of the turns by program and figure, ns */
export function measureMedia(programs, folder) {
  const files = ['INVITE', '401'].map((name) => {
    writeFileSync(`${folder}/${name}.sip`, SAMPLE_MESSAGES[name]);
    return `${folder}/${name}.sip`;
  });
  const turns = [];
  for (let turn = 0; turn < TURNS; turn += 1) {
    turns.push({
      ours: runJson('make', ['-s', '-C', `${ROOT}native`, 'bench', 'BENCH_ARGUMENTS=--json']),
      parser: parseMessages(),
      spandsp: runJson(programs.spandsp, []),
      libsrtp2: runJson(programs.libsrtp2, []),
      libsrtp2OpenSsl: runJson(programs.libsrtp2OpenSsl, []),
      evp: runJson(programs.evp, []),
      libre: runJson(programs.libre, files),
      sofia: runJson(programs.sofia, files),
    });
  }
  return (program, figure) => summarize(turns.map((turn) => turn[program][figure]).filter(Number.isFinite));
}

/** What streams cost, one and many at once; a call with and without what is done to the voice, percent of a core. */
export function measureCalls() {
  return {
    streams: runJson(`${ROOT}build/native/bench/streams`, ['--json']),
    voice: runJson(process.execPath, [`${ROOT}test/bench/voice-call.mjs`]),
  };
}

/** The quickest kernel that this processor has. */
export function bestKernel(figure) {
  for (const kernel of ['avx2', 'sse41', 'portable']) {
    if (figure('ours', `g711_alaw_${kernel}_encode_ns_per_sample`) !== undefined) return kernel;
  }
  throw new Error('native/bench/media.c printed no G.711');
}

const LINE = /^(\S+)\s+(\d+) octets: [\d.]+ µs \(best ([\d.]+)\), .* messages\/s, ([\d,]+) octets allocated/gm;

/** Reads what parse.mjs prints; its best rounds, as those of the others. */
function parseMessages() {
  const text = execFileSync(process.execPath, [`${ROOT}test/bench/parse.mjs`], { encoding: 'utf8' });
  const figures = {};
  for (const [, name, octets, best, allocated] of text.matchAll(LINE)) {
    if (Number(octets) !== Buffer.byteLength(SAMPLE_MESSAGES[name])) {
      throw new Error(`the ${name} of parse.mjs is not that of messages.mjs`);
    }
    figures[`${name}_ns`] = 1000 * Number(best);
    figures[`${name}_allocated`] = Number(allocated.replaceAll(',', ''));
  }
  return figures;
}

/** Our parser and those of the npm packages, as parsers.mjs measures them; in so much room that nothing is collected. */
export function measureParsers(folder) {
  const room = ['--min-semi-space-size=64', '--max-semi-space-size=64'];
  return runJson(process.execPath, [...room, `${ROOT}test/bench/parsers.mjs`, folder]);
}

function runJson(program, args) {
  return JSON.parse(execFileSync(program, args, { encoding: 'utf8' }));
}
