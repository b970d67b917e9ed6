// A door that takes callers with a password (`sip.accept` with credentials), and a phone that it knows nothing else of.

import { Secret } from '../../src/base/secret.ts';
import { DigestClient } from '../../src/sip/auth/index.ts';
import type { SipRequest } from '../../src/sip/message/types.ts';
import { type Request, ScriptedPhone } from './scripted-phone.ts';
import { SeededRandom } from './seeded-random.ts';
import { bench, DOOR, deliver, PHONE } from './sip-bench.ts';

export const ROAMING = '10.0.0.77';
export const DOOR_URI = `sip:door@${DOOR.address}`;
const CALLERS = new Map([['alice', new Secret('wonderland')]]);
const SDP = [
  `v=0\r\no=alice 3908 3908 IN IP4 ${ROAMING}\r\ns=Talk\r\nc=IN IP4 ${ROAMING}\r\nt=0 0\r\nm=audio 4000 RTP/AVP 8 0 101`,
  'a=rtpmap:8 PCMA/8000\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=sendrecv\r\n',
].join('\r\n');

/** A door that knows PHONE, and callers with a password; a phone somewhere else. */
export async function door(
  callers: ReadonlyMap<string, Secret> = CALLERS,
  options: Parameters<typeof bench>[0] = {},
  prepare: Parameters<typeof bench>[1] = async () => undefined,
) {
  const made = await bench(
    {
      admit: ({ source }) => (source.address === PHONE ? undefined : { status: 0, reason: 'unknown' }),
      callers: () => callers,
      ...options,
    },
    prepare,
  );
  const roaming = await ScriptedPhone.plug(made.network, ROAMING);
  const bytes = { brought: 0, sent: 0 };
  made.network.swallow = (datagram) => {
    if (datagram.from.address === ROAMING) bytes.brought += datagram.bytes.length;
    if (datagram.to.address === ROAMING) bytes.sent += datagram.bytes.length;
    return false;
  };
  return { ...made, roaming, bytes };
}

/** A request without a body. */
export const plain = (more: Partial<Request> = {}): Request => ({
  uri: DOOR_URI,
  from: `<sip:alice@${ROAMING}>;tag=caller`,
  to: `<${DOOR_URI}>`,
  callId: 'roaming-1',
  sequence: 1,
  headers: [
    ['Contact', `<sip:alice@${ROAMING}>`],
    ['User-Agent', 'a phone/1.0'],
    ['Allow', 'INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE, REFER'],
  ],
  ...more,
});

/** An INVITE as a phone writes it, with its description. */
export const call = (more: Partial<Request> = {}): Request => plain({ sdp: SDP, ...more });

export const digest = (username = 'alice', password = 'wonderland'): DigestClient =>
  new DigestClient({ random: new SeededRandom(5), credentials: { username, password: new Secret(password) } });

/** A request again with an answer to its latest 401. */
export function again(phone: ScriptedPhone, sent: SipRequest, client: DigestClient, request: SipRequest): SipRequest {
  const given = client.answer(sent, phone.response(sent.method));
  if (!given.ok) throw new Error(given.error.message);
  for (const [name, value] of given.value) request.headers.append(name, value);
  return request;
}

export type Made = Awaited<ReturnType<typeof door>>;

/** Sends a request without credentials, then with. @returns the latter */
export function show(made: Made, client: DigestClient, method: string, request: Request): SipRequest {
  const { roaming, clock } = made;
  const first = roaming.make(method, request);
  roaming.send(first, DOOR);
  deliver(clock);
  const second = again(roaming, first, client, roaming.make(method, { ...request, sequence: request.sequence + 1 }));
  roaming.send(second, DOOR);
  deliver(clock);
  return second;
}

/** Calls without credentials, then with. */
export function login(made: Made, client: DigestClient, more: Partial<Request> = {}): SipRequest {
  return show(made, client, 'INVITE', call(more));
}
