// Messages as peers send them to the door, to be mutated: the torture tests of RFC 4475 and RFC 5118, and one request of
// every method that the agent takes, so that mutations reach the sessions and subscriptions behind the parser.

import { messagesOf } from '../conformance/sip/message-archive.ts';

const SDP = [
  'v=0',
  'o=- 1 1 IN IP4 127.0.0.1',
  's=-',
  'c=IN IP4 127.0.0.1',
  't=0 0',
  'm=audio 40000 RTP/AVP 8 101',
  'a=rtpmap:8 PCMA/8000',
  'a=rtpmap:101 telephone-event/8000',
  '',
].join('\r\n');

const PARTS = `--b\r\nContent-Type: application/sdp\r\n\r\n${SDP}--b\r\nContent-Type: text/plain\r\n\r\nx\r\n--b--\r\n`;

/** Method, further header fields, body with its type. */
const REQUESTS: readonly (readonly [string, readonly string[], (readonly [string, string])?])[] = [
  ['INVITE', ['Supported: 100rel, timer, replaces', 'Session-Expires: 1800;refresher=uas'], ['application/sdp', SDP]],
  ['INVITE', ['Require: 100rel'], ['application/sdp', SDP]],
  ['INVITE', ['Replaces: other@host;to-tag=1;from-tag=2;early-only'], ['application/sdp', SDP]],
  ['INVITE', [], ['multipart/mixed;boundary=b', PARTS]],
  ['INVITE', ['Reason: Q.850;cause=16;text="x"', 'Alert-Info: <http://a/>;info=alert-autoanswer']],
  ['OPTIONS', ['Accept: application/sdp']],
  ['BYE', ['Reason: SIP;cause=200;text="Call completed elsewhere"']],
  ['CANCEL', []],
  ['ACK', []],
  ['UPDATE', ['Session-Expires: 90;refresher=uac'], ['application/sdp', SDP]],
  ['PRACK', ['RAck: 1 1 INVITE']],
  ['INFO', [], ['application/dtmf-relay', 'Signal=5\r\nDuration=160\r\n']],
  ['MESSAGE', [], ['text/plain', 'hello']],
  ['REFER', ['Refer-To: <sip:b@127.0.0.1?Replaces=a%3Bto-tag%3D1%3Bfrom-tag%3D2>', 'Referred-By: <sip:c@d>']],
  ['SUBSCRIBE', ['Event: dialog;sla', 'Expires: 300', 'Accept: application/dialog-info+xml']],
  ['SUBSCRIBE', ['Event: presence', 'Expires: 0']],
  [
    'NOTIFY',
    ['Event: message-summary', 'Subscription-State: active;expires=99'],
    ['text/plain', 'Messages-Waiting: yes\r\n'],
  ],
  ['NOTIFY', ['Event: check-sync;reboot=false', 'Subscription-State: terminated;reason=noresource;retry-after=9']],
  ['PUBLISH', ['Event: presence', 'SIP-If-Match: x', 'Expires: 60']],
  ['REGISTER', ['Contact: *', 'Expires: 0']],
];

/** @param target host and port of the agent @param peer host and port of who sends */
export function requestsTo(target: string, peer: string, protocol: 'UDP' | 'TCP' = 'UDP'): readonly Buffer[] {
  return REQUESTS.map(([method, fields, body], at) => {
    const [type, text] = body ?? ['', ''];
    return Buffer.from(
      [
        `${method} sip:door@${target} SIP/2.0`,
        `Via: SIP/2.0/${protocol} ${peer};branch=z9hG4bKfuzz${at};rport`,
        'Max-Forwards: 70',
        `From: <sip:peer@${peer}>;tag=f${at}`,
        `To: <sip:door@${target}>`,
        `Call-ID: fuzz-${at}`,
        `CSeq: ${at + 1} ${method}`,
        `Contact: <sip:peer@${peer}>`,
        ...fields,
        ...(body === undefined ? [] : [`Content-Type: ${type}`]),
        `Content-Length: ${Buffer.byteLength(text)}`,
        '',
        text,
      ].join('\r\n'),
    );
  });
}

/** Every message of both torture tests. */
export const tortures = (): readonly Buffer[] =>
  [...messagesOf(4475).values(), ...messagesOf(5118).values()].map((bytes) => Buffer.from(bytes));
