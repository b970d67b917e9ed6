// A responder to the multicast questions of devices (224.0.1.75, port 5060), as PBXs of the field have them: each dialect is
// a way of answering that was seen. A program of its own, since it runs on another machine of the test's network.
//
//   node pnp-responder.mjs ADDRESS DIALECT URL [SOURCE]    SOURCE: another address of ours, which the answers come from

import { createSocket } from 'node:dgram';

const [address, dialect, url, source] = process.argv.slice(2);
const GROUP = '224.0.1.75';
const PORT = 5060;

const header = (text, name) => new RegExp(`^${name}:[ \\t]*(.*?)\\r?$`, 'im').exec(text)?.[1] ?? '';
const uriOf = (value) => /<([^>]*)>/.exec(value)?.[1] ?? value;
const message = (lines, body = '') => Buffer.from([...lines, '', body].join('\r\n'));

function ok(question, cseq = header(question, 'CSeq')) {
  return message([
    'SIP/2.0 200 OK',
    `Via: ${header(question, 'Via')}`,
    `From: ${header(question, 'From')}`,
    `To: ${header(question, 'To')};tag=responder`,
    `Call-ID: ${header(question, 'Call-ID')}`,
    `CSeq: ${cseq}`,
    'Expires: 0',
    'Content-Length: 0',
  ]);
}

const start = (question) => `NOTIFY ${uriOf(header(question, 'Contact'))} SIP/2.0`;

/** What is sent, and whether from the port of the group or from one of its own. */
const DIALECTS = {
  // Most: 200, then the address alone.
  plain: (question) => [
    { bytes: ok(question) },
    {
      bytes: message(
        [
          start(question),
          `Via: SIP/2.0/UDP ${address}:${PORT};branch=z9hG4bKplain`,
          'Max-Forwards: 70',
          `From: <${uriOf(header(question, 'To'))}>;tag=responder`,
          `To: ${header(question, 'From')}`,
          `Call-ID: ${header(question, 'Call-ID')}`,
          'CSeq: 3 NOTIFY',
          `Contact: <sip:${address}:${PORT}>`,
          'Event: ua-profile;profile-type="device";vendor="OEM";model="OEM";version="7.1.19"',
          'Subscription-State: terminated;reason=timeout',
          'Content-Type: application/url',
          `Content-Length: ${url.length}`,
        ],
        url,
      ),
    },
  ],
  // A responder that knows the address of its makers' phones alone: without a separator (Yealink).
  bare: (question) => (/^SUBSCRIBE sip:MAC[0-9a-f]{12}@/.test(question) ? DIALECTS.plain(question) : []),
  // A UCM: its own content type, our Via sent back, another port.
  ucm: (question) => [
    { bytes: ok(question) },
    {
      own: true,
      bytes: message(
        [
          start(question),
          `Via: ${header(question, 'Via')}`,
          `From: ${header(question, 'From')}`,
          `To: ${header(question, 'To')};tag=ucm`,
          `Call-ID: ${header(question, 'Call-ID')}`,
          'CSeq: 1 NOTIFY',
          'Contact:',
          'Event: ua-profile;effective-by=0',
          'Content-Type: application/x-gs-ucm-url',
          `Content-Length: ${url.length + 2}`,
        ],
        `${url}\r\n`,
      ),
    },
  ],
  // All in the content type, nothing in the body, and no 200.
  indirect: (question) => [
    {
      bytes: message([
        start(question),
        `Via: SIP/2.0/UDP ${address}:${PORT};branch=z9hG4bKindirect`,
        `From: <${uriOf(header(question, 'To'))}>;tag=pbx`,
        `To: ${header(question, 'From')}`,
        `Call-ID: ${header(question, 'Call-ID')}`,
        'CSeq: 2 NOTIFY',
        'Event: ua-profile',
        'Subscription-State: terminated;reason=noresource',
        `Content-Type: message/external-body; access-type=URL; URL="${url}"`,
        'Content-Length: 0',
      ]),
    },
  ],
  // Everything wrong that may be wrong: order, tags, names, numbers, length.
  sloppy: (question) => [
    {
      own: true,
      bytes: message(
        [
          start(question),
          `Via: SIP/2.0/UDP ${address}:${PORT};branch=z9hG4bKsloppy`,
          'Record-Route: <sip:127.0.0.1:5080;lr>',
          `From: <${uriOf(header(question, 'To'))}>`,
          `To: <${uriOf(header(question, 'From'))}>`,
          'Call-ID: anything@responder',
          'CSeq: 1 NOTIFY',
          'Event: ua-profile',
          'Content-Type: application/url',
          `Content-Length: ${url.length + 4}`,
        ],
        `${url}\r\n`,
      ),
    },
    { bytes: ok(question, '7 SUBSCRIBE') },
  ],
};

const socket = createSocket({ type: 'udp4', reuseAddr: true });
const own = createSocket('udp4');
socket.on('message', (bytes, { address: from, port }) => {
  const question = bytes.toString('latin1');
  if (/^SIP\/2\.0 200/.test(question)) process.stdout.write(`acknowledged by ${from}\n`);
  if (!question.startsWith('SUBSCRIBE')) return;
  process.stdout.write(`asked by ${from}: ${header(question, 'Event')}\n`);
  for (const { bytes: answer, own: isOwn = false } of DIALECTS[dialect](question))
    (isOwn || source !== undefined ? own : socket).send(answer, port, from);
});
own.on('message', (_, { address: from }) => process.stdout.write(`acknowledged by ${from}\n`));
own.bind({ address: source ?? address });
socket.bind(PORT, () => {
  socket.addMembership(GROUP, address);
  process.stdout.write('listens\n');
});
