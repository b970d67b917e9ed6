// Rows about load: parsers side by side, calls a second, memory a call, a flood.

import { compare } from './rows.mjs';
import { quantile } from './statistics.mjs';

/** `parsers` as parsers.mjs prints it. */
export function parserRows({ doorphone, ...peers }) {
  const rows = [];
  for (const message of ['INVITE', '401']) {
    for (const [peer, figures] of Object.entries(peers)) {
      const [ours, theirs] = [doorphone[message], figures[message]];
      const note = `${rate(ours)} messages/s beside ${rate(theirs)}`;
      rows.push(compare(`SIP ${message} parsed and read`, 'µs', ours.ns / 1000, theirs.ns / 1000, { peer, note }));
      const kilobytes = [ours.allocated / 1000, theirs.allocated / 1000];
      const aim = message === 'INVITE' ? 5 : undefined;
      rows.push(compare(`SIP ${message}: heap allocated`, 'kB', ...kilobytes, { peer, aim }));
    }
  }
  return rows;
}

const rate = ({ ns }) => Math.round(1e9 / ns).toLocaleString('en');

export function loadRows({ doorphone, sipp, media }) {
  const peer = 'SIPp';
  const [ours, theirs] = [highest(doorphone), highest(sipp)];
  const held = (field) => [doorphone.held[field] / 1000, sipp.held[field] / 1000];
  return [
    compare('calls a second, in clean bursts of 150', '1/s', ours?.rate, theirs?.rate, {
      peer,
      note: `more is better; ${howItEnded(doorphone)}; SIPp ${howItEnded(sipp)}`,
    }),
    ...delayRows(doorphone, sipp),
    compare('answer/seizure ratio, 500 calls in 5 s', '%', answered(doorphone.lasting), answered(sipp.lasting), {
      peer,
      note: '400 transactions, each up to 32 s, are what the agent has room for',
    }),
    compare('heap a call, while it is up', 'kB', held('heap')[0], undefined),
    compare('memory a call, anonymous', 'kB', ...held('anonymous'), { peer }),
    compare('RTP jitter of a door’s call meanwhile', 'ms', media?.jitterMs, undefined),
    compare('RTP lost of it', 'packets', media?.packetsLost, undefined, {
      note: `of ${media?.packetsReceived} received`,
    }),
    compare('RTP round trip of it', 'ms', media?.roundTripMs, undefined),
  ];
}

const highest = ({ steps }) => steps.findLast(({ clean }) => clean);

/** The answers' delays and the share of answered calls at every rate, beside SIPp's at the same. */
function delayRows(doorphone, sipp) {
  return doorphone.steps.flatMap((ours) => {
    const theirs = sipp.steps.find((step) => step.rate === ours.rate);
    const at = `at ${ours.rate}/s`;
    const p99 = (step) => quantile(step.delays, 0.99);
    const note = `p99 ${p99(ours)}${theirs === undefined ? '' : `, SIPp ${p99(theirs)}`}; its clock steps 4 ms`;
    return [
      compare(`INVITE → 200 ${at}, mean`, 'ms', mean(ours), theirs && mean(theirs), { peer: 'SIPp', note }),
      compare(`answer/seizure ratio ${at}`, '%', answered(ours), theirs && answered(theirs), { peer: 'SIPp' }),
    ];
  });
}

const mean = ({ delays }) => delays.reduce((sum, delay) => sum + delay, 0) / delays.length;
const answered = ({ made, succeeded }) => (100 * succeeded) / made;

function howItEnded({ steps }) {
  const last = steps.at(-1);
  if (last.clean) return `clean up to ${last.rate}/s`;
  return `at ${last.rate}/s ${last.succeeded} of ${last.made}, ${last.repeated} repeated`;
}

export function floodRows({ rest, during, flood }) {
  const what = (share) => `INFO in a call, 500 OPTIONS/s, ${share}`;
  const note = `${flood.succeeded} of ${flood.count} OPTIONS answered`;
  return [
    compare(what('p50'), 'ms', quantile(during, 0.5), quantile(rest, 0.5), { peer: 'at rest', aim: 20, note }),
    compare(what('p99'), 'ms', quantile(during, 0.99), quantile(rest, 0.99), { peer: 'at rest', aim: 20 }),
    compare(what('max'), 'ms', Math.max(...during), Math.max(...rest), { peer: 'at rest', aim: 20 }),
  ];
}
