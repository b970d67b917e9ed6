// Rows about how long a sound takes from one sound card to another one, through two ends of a call: two of our engines, and
// two of baresip. Both have the same virtual cards (../card), which run by the machine's own clock, and all of them the same
// seconds.

import { execFile, execFileSync, spawn } from 'node:child_process';
import { mkdirSync, openSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { compare } from './rows.mjs';
import { quantile, summarize } from './statistics.mjs';
import { sleep } from './subjects.mjs';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const PROGRAM = `${ROOT}build/native/bench/delay`;
const CALLS = 7;
const CHIRPS = 20;
const SETTLED_MS = 3000;
const SIP_PORT = 5080;

/** Our lanes: packet time, what is done to the voice, wideband. */
const LANES = {
  ours20: { packetMs: 20 },
  ours10: { packetMs: 10 },
  voice20: { packetMs: 20, voice: true },
  voice10: { packetMs: 10, voice: true },
  wide20: { packetMs: 20, wide: true },
};
const PEERS = { baresip20: { packetMs: 20, port: SIP_PORT }, baresip10: { packetMs: 10, port: SIP_PORT + 10 } };

/**
 * @param folder a place in memory, for the cards
 * @param address where the peers find each other
 * @returns by lane: the delays in ms, the cards’ period, how often they ran dry or over
 */
export async function measureDelay(folder, address) {
  execFileSync('make', ['-s', '-C', `${ROOT}native`, '../build/native/bench/delay']);
  const card = `${ROOT}build/bench/virtual-card.so`;
  const flags = ['-std=gnu11', '-D_GNU_SOURCE', '-O2', '-Wall', '-Wextra', '-Werror', '-shared', '-fPIC', '-DPIC'];
  execFileSync('cc', [...flags, '-o', card, `${ROOT}test/card/virtual-card.c`, '-lasound']);
  const lane = async (name, run) => {
    const place = `${folder}/${name}`;
    return [name, await run(makeCards(place, card), place)];
  };
  const lanes = [
    ...Object.entries(LANES).map(([name, plan]) => lane(name, (env, place) => runEngines(env, place, plan))),
    ...Object.entries(PEERS).map(([name, plan]) =>
      lane(name, (env, place) => runPeers(env, place, { ...plan, address })),
    ),
  ];
  return Object.fromEntries(await Promise.all(lanes));
}

/** Two cards. @returns the environment in which they are there */
function makeCards(folder, card) {
  mkdirSync(folder, { recursive: true });
  execFileSync(PROGRAM, ['make', folder]);
  const pcm = (name) => `pcm.${name} { type virtual; folder "${folder}/${name}" }\n`;
  writeFileSync(`${folder}/asound.conf`, `pcm_type.virtual { lib "${card}" }\n${pcm('left')}${pcm('right')}`);
  return { ...process.env, ALSA_CONFIG_PATH: `${folder}/asound.conf` };
}

async function runProgram(env, args) {
  const { stdout } = await promisify(execFile)(PROGRAM, args, { env });
  return JSON.parse(stdout);
}

async function runEngines(env, folder, { packetMs, voice = false, wide = false }) {
  return await runProgram(env, ['engines', CALLS, CHIRPS, packetMs, Number(voice), Number(wide), folder].map(String));
}

async function runPeers(env, folder, plan) {
  const calls = [];
  for (let call = 0; call < CALLS; call += 1) {
    const { address, port } = plan;
    const right = startBaresip(env, folder, { ...plan, card: 'right', port: port + 2 });
    await sleep(700 + 3 * call);
    const left = startBaresip(env, folder, { ...plan, card: 'left' }, `/dial sip:right@${address}:${port + 2}`);
    await sleep(SETTLED_MS);
    calls.push(await runProgram(env, ['watch', String(CHIRPS), folder]));
    await Promise.all([left, right].map(stop));
  }
  return { ...calls.at(-1), delays_ms: calls.flatMap(({ delays_ms }) => delays_ms) };
}

/** As it comes, but for the cards and their rate. */
function startBaresip(env, folder, { card, port, address, packetMs }, command) {
  const home = `${folder}/baresip-${card}`;
  mkdirSync(home, { recursive: true });
  const options = `regint=0;answermode=auto;audio_codecs=PCMA;mediaenc=srtp;ptime=${packetMs}`;
  writeFileSync(`${home}/accounts`, `<sip:${card}@${address}>;${options}\n`);
  const lines = [
    ...['poll_method epoll', `sip_listen ${address}:${port}`, `audio_source alsa,${card}`, `audio_player alsa,${card}`],
    ...['audio_alert none,none', 'ausrc_srate 48000', 'auplay_srate 48000', 'ausrc_channels 1', 'auplay_channels 1'],
    `rtp_ports ${4 * port}-${4 * port + 7}`,
    ...['module_path /usr/lib/baresip/modules', 'audio_level no'],
    ...['g711', 'alsa', 'srtp'].map((name) => `module ${name}.so`),
    ...['account', 'menu'].map((name) => `module_app ${name}.so`),
  ];
  writeFileSync(`${home}/config`, `${lines.join('\n')}\n`);
  const log = openSync(`${home}/log`, 'a');
  const commands = command === undefined ? [] : ['-e', command];
  return spawn('baresip', ['-f', home, ...commands], { env, stdio: ['ignore', log, log] });
}

async function stop(child) {
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await Promise.race([ended, sleep(2000)]);
  child.kill('SIGKILL');
}

export function delayRows(lanes) {
  const row = (what, ours, peer, aim) => {
    const heard = (lane) => lane?.delays_ms.filter((delay) => delay !== null);
    return compare(what, 'ms', summarize(heard(ours)), summarize(heard(peer) ?? []), {
      aim,
      note: describe(ours, peer),
    });
  };
  const { ours20, ours10, voice20, voice10, wide20, baresip20, baresip10 } = lanes;
  return [
    row('card to card, 20 ms packets', ours20, baresip20, 45),
    row('card to card, 10 ms packets', ours10, baresip10, 25),
    row('card to card, 20 ms packets, echo canceller on', voice20, undefined),
    row('card to card, 10 ms packets, echo canceller on', voice10, undefined),
    row('card to card, 20 ms packets, G.722', wide20, undefined),
  ];
}

function describe(ours, peer) {
  const text = ({ delays_ms, period_ms, buffer_ms, xruns }) => {
    const heard = delays_ms.filter((delay) => delay !== null);
    return `p95 ${quantile(heard, 0.95).toFixed(1)}, card ${period_ms}/${buffer_ms} ms, xruns ${xruns}, lost ${delays_ms.length - heard.length}`;
  };
  return peer === undefined ? text(ours) : `${text(ours)}; baresip ${text(peer)}`;
}
