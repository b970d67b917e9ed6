// The user agent alone, without door and media: takes every call with one and the same description. A door has one
// visitor; this shows what its signalling can carry. run.mjs bundles it; `node --expose-gc agent.mjs ADDRESS PORT` as a
// child process. A message to it asks for its memory; it says so with `{ heap, anonymous }` in octets.

import { readFileSync } from 'node:fs';
import { SystemClock } from '../../src/base/clock.ts';
import { silentLog } from '../../src/base/log.ts';
import { SystemRandom } from '../../src/base/random.ts';
import { NodeDatagramNetwork, SipAgent } from '../../src/sip/index.ts';

const [, , address, port] = process.argv;
const lines = [
  'v=0',
  `o=door 1 1 IN IP4 ${address}`,
  's=-',
  `c=IN IP4 ${address}`,
  't=0 0',
  'm=audio 16384 RTP/AVP 8 101',
];
lines.push('a=rtpmap:8 PCMA/8000', 'a=rtpmap:101 telephone-event/8000', 'a=fmtp:101 0-15', 'a=ptime:20', 'a=sendrecv');
const answer = { type: 'application/sdp', data: Buffer.from(`${lines.join('\r\n')}\r\n`) };

const agent = new SipAgent({
  clock: new SystemClock(),
  random: new SystemRandom(),
  log: silentLog,
  network: new NodeDatagramNetwork(),
  listen: [{ protocol: 'udp', address, port: Number(port) }],
  accounts: [{ uri: `sip:door@${address}`, register: false }],
  admit: () => undefined,
  resolve: (host) => Promise.resolve([host]),
  userAgent: 'doorphone-bench',
});
agent.on('invite', (session) => session.accept(answer));
await agent.start();

process.on('message', () => {
  globalThis.gc();
  const [, kilobytes] = /^RssAnon:\s+(\d+)/m.exec(readFileSync('/proc/self/status', 'utf8'));
  process.send({ heap: process.memoryUsage().heapUsed, anonymous: 1024 * Number(kilobytes) });
});
process.on('disconnect', () => process.exit());
process.send('ready');
