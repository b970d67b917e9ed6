// One session of the door's with a scripted phone at its other end, either way: what the tests of src/sip/session begin
// with beside sip-bench.ts.

import type { SipRequest } from '../../src/sip/message/types.ts';
import type { Body, Session } from '../../src/sip/session/types.ts';
import type { ScriptedPhone } from './scripted-phone.ts';
import { type Bench, bench, DOOR, deliver, offer, PHONE, peerAccount, SessionEars } from './sip-bench.ts';

type HeaderList = readonly (readonly [name: string, value: string])[];
type Options = NonNullable<Parameters<typeof bench>[0]>;

export interface InSession extends Bench {
  readonly session: Session;
  readonly ears: SessionEars;
  /** The INVITE that began it, as it arrived or was sent. */
  readonly invite: SipRequest;
}

export interface InDialog {
  readonly sdp?: string;
  readonly type?: string;
  readonly headers?: HeaderList;
  readonly from?: ScriptedPhone;
  /** The phone's tag; default: `phone-tag` where the door called. */
  readonly tag?: string;
}

export const PHONE_URI = `sip:phone@${PHONE}`;
export const DOOR_URI = `sip:door@${DOOR.address}`;
/** What a phone says that knows UPDATE and PRACK. */
export const ALLOWS: readonly [string, string] = ['Allow', 'INVITE, ACK, CANCEL, BYE, PRACK, UPDATE'];

/** A description whose text tells it from others. */
export const sdp = (text: string): Body => ({ type: 'application/sdp', data: Buffer.from(`v=0 ${text}`) });

/** The door has called the phone; the INVITE has arrived. Without an offer where that is undefined. */
export async function callOut(how: { offer?: Body | undefined; options?: Options } = {}) {
  const made = await bench(how.options);
  const offered = 'offer' in how ? how.offer : offer;
  const session = made.agent.invite({ target: PHONE_URI, account: peerAccount, offer: offered });
  const ears = new SessionEars(session);
  deliver(made.clock);
  const called: InSession = { ...made, session, ears, invite: made.phone.request('INVITE') };
  return called;
}

/** As `callOut`, and the phone has answered. */
export async function talkOut(headers: HeaderList = [], options?: Options): Promise<InSession> {
  const made = await callOut(options === undefined ? {} : { options });
  made.phone.answer(made.invite, 200, { sdp: 'v=0 answer', headers });
  deliver(made.clock);
  made.ears.heard.length = 0;
  return made;
}

/** The phone has called the door. */
export async function callIn(
  how: { sdp?: string; headers?: HeaderList; options?: Options } = { sdp: 'v=0 offer' },
): Promise<InSession> {
  const made = await bench(how.options);
  const invite = made.phone.make('INVITE', {
    uri: DOOR_URI,
    from: `<${PHONE_URI}>;tag=phone-tag`,
    to: `<${DOOR_URI}>`,
    callId: 'call-1',
    sequence: 1,
    headers: [['Contact', made.phone.contact], ...(how.headers ?? [])],
    ...(how.sdp === undefined ? {} : { sdp: how.sdp }),
  });
  made.phone.send(invite, DOOR);
  deliver(made.clock);
  const session = made.calls[0];
  if (session === undefined) throw new Error('no call came in');
  return { ...made, session, ears: new SessionEars(session), invite };
}

/** As `callIn`, answered and acknowledged. */
export async function talkIn(headers: HeaderList = [], options?: Options): Promise<InSession> {
  const made = await callIn({ sdp: 'v=0 offer', headers, ...(options === undefined ? {} : { options }) });
  made.session.accept(sdp('answer'));
  deliver(made.clock);
  peerSends(made, 'ACK', 1);
  deliver(made.clock);
  made.ears.heard.length = 0;
  return made;
}

/** A request of the phone's in the dialog. */
export function peerSends(made: InSession, method: string, sequence: number, more: InDialog = {}): SipRequest {
  const { phone, session } = made;
  const { from: sender = phone, tag = 'phone-tag', ...content } = more;
  const request = sender.make(method, {
    uri: DOOR_URI,
    from: `<${PHONE_URI}>;tag=${tag}`,
    to: `<${DOOR_URI}>;tag=${doorTag(made)}`,
    callId: session.id,
    sequence,
    ...content,
  });
  sender.send(request, DOOR);
  return request;
}

function doorTag({ phone, session, invite }: InSession): string {
  if (session.direction === 'outgoing') return invite.fromTag ?? '';
  return phone.responses('INVITE').find((response) => response.toTag !== undefined)?.toTag ?? '';
}
