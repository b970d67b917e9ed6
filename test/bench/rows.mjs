// From measurements to the rows of the table: what is compared with what, in which unit, and what is aimed at.

import { summarize } from './statistics.mjs';

/** A row with the samples of both. `aim` is the highest value wanted, of our median, in `unit`. */
export function compare(what, unit, ours, theirs, { peer = 'baresip', aim, note } = {}) {
  return { what, unit, ours: asSummary(ours), peer, theirs: asSummary(theirs), aim, note };
}

function asSummary(value) {
  if (value === undefined) return undefined;
  if (Array.isArray(value)) return summarize(value);
  return typeof value === 'number' ? summarize([value]) : value;
}

export function startRows({ doorphone, baresip, bareNode }) {
  const of = (starts, field) => starts.map((start) => start[field]);
  const memory = (starts, field) => starts.map((start) => start.memory[field] / 1024);
  const both = (field) => [of(doorphone, field), of(baresip, field)];
  return [
    compare('process start → REGISTER', 'ms', ...both('register'), { aim: 90 }),
    compare('process start → REGISTER', 'ms', of(doorphone, 'register'), bareNode, {
      peer: 'bare Node',
      note: 'to the first datagram of an empty program',
    }),
    compare('first press after start → INVITE', 'ms', ...both('first'), { aim: 5 }),
    compare('second press → INVITE', 'ms', ...both('second')),
    compare('memory at rest, resident', 'MB', memory(doorphone, 'resident'), memory(baresip, 'resident'), { aim: 58 }),
    compare('memory at rest, anonymous', 'MB', memory(doorphone, 'anonymous'), memory(baresip, 'anonymous')),
  ];
}

export function signallingRows({ doorphone, baresip }) {
  const call = (way, field) => [doorphone[way][field], baresip[way][field]];
  return [
    compare('press → INVITE, after a rest', 'ms', doorphone.rested, baresip.rested, {
      note: '2 s, in a young process',
    }),
    compare('press → INVITE, warm', 'ms', doorphone.dial, baresip.dial, { aim: 0.25 }),
    compare('peer’s 200 → our ACK', 'ms', ...call('outgoing', 'acknowledged')),
    compare('peer’s 200 → our first RTP', 'ms', ...call('outgoing', 'media'), { aim: 2 }),
    compare('INVITE in → 180', 'ms', ...call('incoming', 'ringing'), {
      aim: 0.35,
      note: 'none where a call is answered at once',
    }),
    compare('INVITE in → 200', 'ms', ...call('incoming', 'accepted'), { aim: 1 }),
    compare('own 200 → first RTP', 'ms', ...call('incoming', 'ownMedia'), {
      aim: 1,
      note: 'ours waits for the ACK, which comes at once',
    }),
    compare('INVITE in → first RTP', 'ms', ...call('incoming', 'media')),
    compare('last digit in RTP → door.opened', 'ms', doorphone.digits, baresip.digits, {
      note: 'baresip: to its event of a digit, behind its jitter buffer',
    }),
    compare(
      'memory after these calls, resident',
      'MB',
      doorphone.memory.resident / 1024,
      baresip.memory.resident / 1024,
    ),
  ];
}

export function streamRows({ plain, encrypted, loaded }) {
  const cpu = (figures) => [figures.doorphone.cpu, figures.baresip.cpu];
  return [
    ...pacingRows('idle', plain),
    ...pacingRows('both cores loaded', loaded),
    compare('CPU of a G.711 call', '% of a core', ...cpu(plain)),
    compare('CPU of an encrypted call', '% of a core', ...cpu(encrypted), { aim: 0.25 }),
    compare(
      'memory in a call, resident',
      'MB',
      plain.doorphone.memory.resident / 1024,
      plain.baresip.memory.resident / 1024,
    ),
  ];
}

/** Both beside baresip and beside a bare C thread at SCHED_FIFO in the same seconds, which is the yardstick. */
function pacingRows(when, { doorphone, baresip, yardstick }) {
  const note = `doorphone ${doorphone.threads}, baresip ${baresip.threads}`;
  const ours = doorphone.pacing;
  const theirs = baresip.pacing;
  const bare = yardstick.pacing;
  return [
    compare(`pacing ${when}: deviation`, 'ms', ours.deviation, theirs.deviation, { note }),
    compare(`pacing ${when}: deviation`, 'ms', ours.deviation, bare.deviation, {
      peer: 'C thread',
      aim: 1.5 * bare.deviation,
      note: 'SCHED_FIFO 50',
    }),
    compare(`pacing ${when}: lateness p50`, 'ms', ours.lateness.p50, theirs.lateness.p50),
    compare(`pacing ${when}: lateness p99.9`, 'ms', ours.lateness.p999, theirs.lateness.p999),
    compare(`pacing ${when}: lateness max`, 'ms', ours.lateness.max, theirs.lateness.max, {
      note: `C thread ${bare.lateness.max.toFixed(3)}; packets ${ours.packets}, ${theirs.packets}, ${bare.packets}`,
    }),
  ];
}

/** What a packet may cost beside each peer's: a share of its time. */
const SUITE_AIMS = {
  AES_CM_128_HMAC_SHA1_80: { libre: 0.75, libsrtp2OpenSsl: 0.68, evp: 1.07 },
  AEAD_AES_128_GCM: { libre: 0.9, libsrtp2OpenSsl: 0.8, evp: undefined },
  AEAD_AES_256_GCM: { libre: undefined, libsrtp2OpenSsl: undefined, evp: undefined },
};
const SRTP_PEERS = {
  libre: { peer: 'libre' },
  libsrtp2OpenSsl: { peer: 'libsrtp2', note: 'on OpenSSL, built here' },
  evp: { peer: 'bare EVP', note: 'ciphers alone: no header, no window' },
  libsrtp2: { peer: 'libsrtp2', note: 'as Debian builds it, on NSS' },
};

/** Aims are shares of the peer's time in the same run. */
function shareOf(share, theirs) {
  return share === undefined || theirs === undefined ? undefined : share * theirs.median;
}

function suiteRows(figure) {
  const rows = [];
  for (const [suite, shares] of Object.entries(SUITE_AIMS)) {
    for (const way of ['protect', 'unprotect']) {
      for (const [program, { peer, note }] of Object.entries(SRTP_PEERS)) {
        const theirs = figure(program, `${suite}_${way}_ns`);
        const options = { peer, note, aim: shareOf(shares[program], theirs) };
        rows.push(
          compare(`SRTP ${suite} ${way}, 172 octets`, 'ns', figure('ours', `${suite}_${way}_ns`), theirs, options),
        );
      }
    }
  }
  return rows;
}

function callRows({ streams, voice }) {
  const one = streams.one_us / 10_000;
  return [
    compare(`CPU of one of ${streams.many} streams`, '% of a core', streams.many_us / 10_000, one, {
      peer: 'one alone',
      aim: 1.2 * one,
      note: 'fewest of five turns; encrypted G.711, both ways',
    }),
    compare('CPU of an encrypted call, echo canceller on', '% of a core', voice.on, voice.off, {
      peer: 'off',
      note: 'an engine alone, speech both ways',
    }),
  ];
}

export function costRows({ figure, kernel, calls }) {
  const rows = callRows(calls);
  for (const [law, name] of Object.entries({ ulaw: 'µ-law', alaw: 'A-law' })) {
    for (const [way, share] of Object.entries({ encode: 0.09, decode: 0.08 })) {
      const ours = figure('ours', `g711_${law}_${kernel}_${way}_ns_per_sample`);
      const theirs = figure('spandsp', `${law}_${way}_ns`);
      const aim = kernel === 'avx2' ? shareOf(share, theirs) : undefined;
      rows.push(compare(`G.711 ${name} ${way}`, 'ns/sample', ours, theirs, { peer: 'spandsp', aim, note: kernel }));
    }
  }
  rows.push(...suiteRows(figure));
  for (const [name, aim] of Object.entries({ 401: undefined, INVITE: 2.5 })) {
    const ours = micro(figure('parser', `${name}_ns`));
    const allocated = figure('parser', `${name}_allocated`).median;
    const note = `${Math.round(1e6 / ours.median)}/s, ${allocated} octets allocated`;
    const what = `SIP ${name} parsed and read`;
    rows.push(compare(what, 'µs', ours, micro(figure('sofia', `${name}_ns`)), { peer: 'sofia-sip', aim, note }));
    rows.push(compare(what, 'µs', ours, micro(figure('libre', `${name}_ns`)), { peer: 'libre' }));
  }
  return rows;
}

function micro({ n, median, min, max }) {
  return { n, median: median / 1000, min: min / 1000, max: max / 1000 };
}
