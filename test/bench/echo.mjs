// Rows about the echo: what is left of it and what becomes of a voice beside it, in a room of figures, beside SpeexDSP and
// WebRTC. The room is the same in every run; what a turn costs is of this processor.

import { execFileSync, spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { compare } from './rows.mjs';
import { soundFigures, soundFlags } from './sound-program.mjs';

const HERE = fileURLToPath(new URL('.', import.meta.url));
const TURNS = 3;
const RATES = [8000, 16_000];

const VOICE = readdirSync(`${HERE}../../native/voice`).flatMap((file) => file.match(/^(.*)\.c$/)?.[1] ?? []);
export const ECHO_FLAGS = soundFlags([...VOICE.map((name) => `voice/${name}`), 'dsp/level'], ['-ldl']);

/** Of libwebrtc-audio-processing, the newest first; each has its own interface in C++. */
const WEBRTC = [
  { module: 'webrtc-audio-processing-1', flags: ['-DWEBRTC_AEC3'] },
  { module: 'webrtc-audio-processing', flags: [] },
];

/** @returns the shared object that peers/webrtc.cc becomes; undefined where its library is not there */
export function compileWebrtc(build) {
  for (const { module, flags } of WEBRTC) {
    const { status, stdout } = spawnSync('pkg-config', ['--cflags', '--libs', module], { encoding: 'utf8' });
    if (status !== 0) continue;
    const shared = ['-std=c++17', '-O2', '-Wall', '-shared', '-fPIC', '-o', `${build}webrtc.so`];
    execFileSync('c++', [...shared, ...flags, `${HERE}peers/webrtc.cc`, ...stdout.trim().split(/\s+/)]);
    return `${build}webrtc.so`;
  }
  return undefined;
}

/** @param programs built from peers/echo.c, and peers/webrtc.cc */
export function measureEcho({ echo, webrtc }) {
  const run = (rate) => soundFigures(echo, String(rate), webrtc ?? '');
  return RATES.map((rate) => ({ rate, runs: Array.from({ length: TURNS }, () => run(rate)) }));
}

const ROWS = [
  ['echo left by the linear part at 1 s', 'dB', 'linear_1s_db', -1, { aim: -20 }],
  ['echo left after 2 s, one side talks', 'dB', 'echo_db', -1, { aim: -35 }],
  ['a voice is weakened while both talk', 'dB', 'voice_db', -1, { aim: 3 }],
  ['all else beside that voice', 'dB', 'clean_db', -1, { note: 'it was 6 dB above it before' }],
  ['sound comes out later by', 'ms', 'late_ms', 1, {}],
  ['canceller and noise suppression, a turn of 20 ms', 'µs', 'turn_ns', 0.001, { note: 'processor time' }],
];

export function echoRows(rates) {
  return rates.flatMap(({ rate, runs }) => {
    const peers = Object.keys(runs[0]).filter((name) => name !== 'ours');
    const figures = (name, figure, scale) =>
      runs.map((run) => scale * run[name][figure]).filter((value) => Number.isFinite(value));
    return ROWS.flatMap(([what, unit, figure, scale, options]) =>
      peers
        .filter((peer) => runs[0][peer][figure] !== undefined)
        .map((peer) =>
          compare(`${rate / 1000} kHz: ${what}`, unit, figures('ours', figure, scale), figures(peer, figure, scale), {
            peer,
            ...options,
          }),
        ),
    );
  });
}
