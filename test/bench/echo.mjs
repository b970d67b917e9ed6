// Rows about the echo: what is left of it and what becomes of a voice beside it, in a room of figures, beside SpeexDSP.
// The room is the same in every run; what a turn costs is of this processor.

import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { compare } from './rows.mjs';

const NATIVE = fileURLToPath(new URL('../../native/', import.meta.url));
const TURNS = 3;

/** What peers/echo.c is made of, beside itself. */
export const ECHO_SOURCES = [
  ...['delay-search', 'echo-filter', 'gain-control', 'high-pass', 'residual', 'spectrum', 'voice'].map(
    (name) => `${NATIVE}voice/${name}.c`,
  ),
  `${NATIVE}dsp/level.c`,
  `${NATIVE}dsp/resampler.c`,
  `${NATIVE}fileio/wav-parse.c`,
];
export const ECHO_FLAGS = ['-O3', `-I${NATIVE}`, `-I${NATIVE}../test/native`, ...ECHO_SOURCES, '-lm', '-ldl'];

/** @param program built from peers/echo.c */
export function measureEcho(program) {
  return Array.from({ length: TURNS }, () => JSON.parse(execFileSync(program, { cwd: NATIVE, encoding: 'utf8' })));
}

export function echoRows(runs) {
  const both = (figure, scale) => ['ours', 'speex'].map((name) => runs.map((run) => scale * run[`${name}_${figure}`]));
  const row = (what, unit, figure, scale, options) =>
    compare(what, unit, ...both(figure, scale), { peer: 'SpeexDSP', ...options });
  return [
    row('echo left by the linear part at 1 s', 'dB', 'linear_1s_db', -1, { aim: -20 }),
    row('echo left after 2 s, one side talks', 'dB', 'echo_db', -1, { aim: -35 }),
    row('a voice is weakened while both talk', 'dB', 'voice_db', -1, { aim: 3 }),
    row('all else below that voice', 'dB', 'clean_db', -1, { note: 'it was 6 dB below the echo' }),
    row('canceller and noise suppression, a turn of 20 ms', 'µs', 'turn_ns', 0.001, {
      note: 'at 8 kHz; processor time',
    }),
  ];
}
