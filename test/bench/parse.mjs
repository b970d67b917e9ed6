// How fast SIP messages are read: microseconds, messages a second and octets allocated, for an INVITE of 1300 octets
// and a 401. `node test/bench/parse.mjs`; with `--cpu-prof` behind `node` for a profile. The best round is what the
// machine can do; the median tells how busy it was.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { build } from 'esbuild';

const ROUNDS = 101;
const MESSAGES_A_ROUND = 5000;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc');

const sdp = [
  'v=0',
  'o=door 3905442389 3905442389 IN IP4 192.0.2.17',
  's=-',
  'c=IN IP4 192.0.2.17',
  't=0 0',
  'm=audio 16384 RTP/AVP 8 0 101',
  'a=rtpmap:8 PCMA/8000',
  'a=rtpmap:0 PCMU/8000',
  'a=rtpmap:101 telephone-event/8000',
  'a=fmtp:101 0-16',
  'a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:PS1uQCVeeCFCanVmcjkpPywjNWhcYD0mXXtxaVBR',
  'a=ptime:20',
  'a=maxptime:60',
  'a=sendrecv',
  'a=rtcp:16385',
  'a=ssrc:2890844526 cname:door@192.0.2.17',
  '',
].join('\r\n');

const invite = [
  'INVITE sip:101@pbx.example.com SIP/2.0',
  'Via: SIP/2.0/UDP 192.0.2.10:5060;rport;branch=z9hG4bK4f0c8d2a7be84d6fa3d01b6cf2b14c5a',
  'Via: SIP/2.0/UDP 192.0.2.17:5060;rport=5060;received=192.0.2.17;branch=z9hG4bK77ef4c2312983.1',
  'Record-Route: <sip:192.0.2.10;lr;ftag=1928301774;did=a31.8f2>',
  'Max-Forwards: 69',
  'From: "Front door" <sip:door@pbx.example.com>;tag=1928301774',
  'To: <sip:101@pbx.example.com>',
  'Call-ID: a84b4c76e66710f2b7@192.0.2.17',
  'CSeq: 314159 INVITE',
  'Contact: <sip:door@192.0.2.17:5060;transport=udp>;+sip.instance="<urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6>"',
  'Allow: INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE, PRACK, NOTIFY',
  'Supported: replaces, timer, outbound, path',
  'Session-Expires: 1800',
  'Min-SE: 90',
  'User-Agent: doorphone/0.1.0',
  'P-Asserted-Identity: "Front door" <sip:door@pbx.example.com>',
  'Accept: application/sdp, application/dtmf-relay',
  'Content-Type: application/sdp',
  `Content-Length: ${Buffer.byteLength(sdp)}`,
  '',
  sdp,
].join('\r\n');

const unauthorized = [
  'SIP/2.0 401 Unauthorized',
  'Via: SIP/2.0/UDP 192.0.2.17:5060;rport=5060;branch=z9hG4bK77ef4c2312983.1;received=192.0.2.17',
  'From: <sip:door@pbx.example.com>;tag=456248',
  'To: <sip:door@pbx.example.com>;tag=37GkEhwl6',
  'Call-ID: 843817637684230@998sdasdh09',
  'CSeq: 1826 REGISTER',
  'WWW-Authenticate: Digest realm="pbx.example.com", nonce="ZmYwYTEzNjA4ZTQ0ZDc1Nw==", algorithm=SHA-256, qop="auth"',
  'Server: proxy/5.7',
  'Content-Length: 0',
  '',
  '',
].join('\r\n');

/** Reads what dispatch reads of a message: where it belongs and who it is from. */
function readDispatchFields(message) {
  return (
    message.topVia.host.length +
    (message.topVia.branch ?? '').length +
    message.callId.length +
    (message.fromTag ?? '').length +
    (message.toTag ?? '').length +
    message.cseq.number +
    message.cseq.method.length +
    message.from.uri.length
  );
}

function run(parseMessage, bytes, count) {
  let sum = 0;
  for (let index = 0; index < count; index += 1) {
    const parsed = parseMessage(bytes);
    if (!parsed.ok) throw new Error(parsed.error.message);
    sum += readDispatchFields(parsed.value);
  }
  return sum;
}

/** Octets of heap for one message: the heap's growth over so few that nothing is collected meanwhile. */
function measureAllocation(parseMessage, bytes) {
  collectGarbage();
  run(parseMessage, bytes, 20);
  const before = process.memoryUsage().heapUsed;
  run(parseMessage, bytes, 100);
  return (process.memoryUsage().heapUsed - before) / 100;
}

function measure(parseMessage, bytes) {
  const rounds = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const start = process.hrtime.bigint();
    run(parseMessage, bytes, MESSAGES_A_ROUND);
    rounds.push(Number(process.hrtime.bigint() - start) / 1000 / MESSAGES_A_ROUND);
  }
  rounds.sort((a, b) => a - b);
  return {
    median: rounds[Math.floor(ROUNDS / 2)],
    best: rounds[0],
    allocated: measureAllocation(parseMessage, bytes),
  };
}

const folder = await mkdtemp(join(tmpdir(), 'parse-bench-'));
try {
  const outfile = join(folder, 'message.mjs');
  const entry = fileURLToPath(new URL('../../src/sip/message/index.ts', import.meta.url));
  await build({ entryPoints: [entry], outfile, bundle: true, platform: 'node', format: 'esm', target: 'node20' });
  const { parseMessage } = await import(pathToFileURL(outfile).href);
  for (const [name, text] of Object.entries({ INVITE: invite, 401: unauthorized })) {
    const bytes = Buffer.from(text);
    const { median, best, allocated } = measure(parseMessage, bytes);
    const rate = Math.round(1e6 / median).toLocaleString('en');
    console.log(
      `${name.padEnd(6)} ${bytes.length} octets: ${median.toFixed(2)} µs (best ${best.toFixed(2)}), ` +
        `${rate} messages/s, ${Math.round(allocated)} octets allocated each`,
    );
  }
} finally {
  await rm(folder, { recursive: true });
}
