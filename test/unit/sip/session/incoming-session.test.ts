import { describe, expect, it } from 'vitest';
import type { SipRequest } from '../../../../src/sip/message/types.ts';
import type { Session } from '../../../../src/sip/session/types.ts';
import type { ScriptedPhone } from '../../../support/scripted-phone.ts';
import { answer, type Bench, bench, DOOR, deliver, offer, PHONE, SessionEars } from '../../../support/sip-bench.ts';

const CALLER = `"Kitchen" <sip:kitchen@${PHONE}>;tag=caller`;
const DOOR_URI = `sip:door@${DOOR.address}`;

interface Called extends Bench {
  readonly invite: SipRequest;
  readonly session: Session;
  readonly ears: SessionEars;
}

interface Invite {
  readonly sdp?: string;
  readonly headers?: readonly (readonly [string, string])[];
}

function sendInvite(phone: ScriptedPhone, { sdp, headers = [] }: Invite = {}): SipRequest {
  const invite = phone.make('INVITE', {
    uri: DOOR_URI,
    from: CALLER,
    to: `<${DOOR_URI}>`,
    callId: 'call-1',
    sequence: 1,
    headers: [['Contact', phone.contact], ...headers],
    ...(sdp === undefined ? {} : { sdp }),
  });
  phone.send(invite, DOOR);
  return invite;
}

/** The phone has called the door. */
async function called(how: Invite = { sdp: 'v=0 offer' }): Promise<Called> {
  const made = await bench();
  const invite = sendInvite(made.phone, how);
  deliver(made.clock);
  const session = made.calls[0];
  if (session === undefined) throw new Error('no call came in');
  return { ...made, invite, session, ears: new SessionEars(session) };
}

/** A request of the caller's inside the call. */
function inDialog({ phone }: Bench, method: string, sequence: number, sdp?: string): void {
  const toTag = phone.responses('INVITE').find((response) => response.toTag !== undefined)?.toTag ?? '';
  const to = `<${DOOR_URI}>;tag=${toTag}`;
  const content = sdp === undefined ? {} : { sdp };
  phone.send(phone.make(method, { uri: DOOR_URI, from: CALLER, to, callId: 'call-1', sequence, ...content }), DOOR);
}

describe('being called (RFC 3261 §13.3)', () => {
  it('shows who calls, from where, with what', async () => {
    const { session } = await called();
    expect([session.id, session.direction, session.state]).toEqual(['call-1', 'incoming', 'calling']);
    expect([session.peer.displayName, session.peer.uri]).toEqual(['Kitchen', `sip:kitchen@${PHONE}`]);
    expect(session.source).toEqual({ protocol: 'udp', address: PHONE, port: 5060 });
    expect(session.offer?.data.toString()).toBe('v=0 offer');
  });

  it('rings, answers, is acknowledged, and is hung up by the caller', async () => {
    const made = await called();
    made.session.ring();
    deliver(made.clock);
    expect(made.session.state).toBe('early');
    made.session.accept(answer);
    deliver(made.clock);
    const response = made.phone.response('INVITE');
    expect([response.status, response.contentType, response.body.toString()]).toEqual([
      200,
      'application/sdp',
      'v=0 answer',
    ]);
    expect(response.headers.get('Contact')).toBe('<sip:door@10.0.0.9:5060>');
    expect(response.headers.get('Allow')).toContain('BYE');
    inDialog(made, 'ACK', 1);
    deliver(made.clock);
    inDialog(made, 'BYE', 2);
    deliver(made.clock);
    expect(made.phone.statuses('INVITE')).toEqual([180, 200]);
    expect(new Set(made.phone.responses('INVITE').map(({ toTag }) => toTag)).size).toBe(1);
    expect(made.phone.statuses('BYE')).toEqual([200]);
    expect(made.ears.heard).toEqual(['acknowledged', 'ended remote-hangup']);
  });

  it('copies the recorded route into what makes the dialog (§12.1.1)', async () => {
    const route: [string, string][] = [
      ['Record-Route', '<sip:10.0.0.6;lr;k=v>'],
      ['Record-Route', '<sip:10.0.0.5;lr>'],
    ];
    const made = await called({ sdp: 'v=0', headers: route });
    made.session.ring();
    made.session.accept(answer);
    deliver(made.clock);
    for (const response of made.phone.responses('INVITE')) {
      expect(response.headers.list('Record-Route')).toEqual(['<sip:10.0.0.6;lr;k=v>', '<sip:10.0.0.5;lr>']);
    }
  });

  it('is one call however often its INVITE comes', async () => {
    const made = await called();
    made.session.ring();
    for (let repetition = 0; repetition < 3; repetition += 1) made.phone.send(made.invite, DOOR);
    deliver(made.clock);
    expect(made.calls).toHaveLength(1);
    expect(made.phone.statuses('INVITE')).toEqual([180, 180, 180, 180]);
  });

  it('sends early media and other provisional answers', async () => {
    const made = await called();
    made.session.ring(183, answer);
    deliver(made.clock);
    expect(made.phone.response('INVITE').status).toBe(183);
    expect(made.phone.response('INVITE').body.toString()).toBe('v=0 answer');
  });

  it('rings on every minute, so that no proxy gives up (§13.3.1.1)', async () => {
    const made = await called();
    made.session.ring();
    made.clock.advance(125_000);
    expect(made.phone.statuses('INVITE')).toEqual([180, 180, 180]);
    made.session.reject({ status: 486 });
    deliver(made.clock);
    made.phone.send(made.phone.make('ACK', ackOf(made)), DOOR);
    made.clock.advance(125_000);
    expect(made.phone.statuses('INVITE')).toEqual([180, 180, 180, 486]);
  });

  it('refuses with the status, phrase and headers that it is told, until the ACK', async () => {
    const made = await called();
    made.session.reject({ status: 486, reason: 'Talking', headers: [['Retry-After', '30']] });
    expect(made.ears.end).toEqual({ reason: 'rejected', status: 486, phrase: 'Talking' });
    made.clock.advance(600);
    expect(made.phone.statuses('INVITE')).toEqual([486, 486]);
    expect(made.phone.response('INVITE').reason).toBe('Talking');
    expect(made.phone.response('INVITE').headers.get('Retry-After')).toBe('30');
    made.phone.send(made.phone.make('ACK', ackOf(made)), DOOR);
    made.clock.advance(10_000);
    expect(made.phone.statuses('INVITE')).toHaveLength(2);
  });

  it('declines when it is hung up before it was answered', async () => {
    const made = await called();
    made.session.hangup();
    deliver(made.clock);
    expect(made.phone.statuses('INVITE')).toEqual([603]);
    expect(made.ears.end).toEqual({ reason: 'rejected', status: 603 });
  });
});

/** The ACK of a refusal has the branch of its INVITE (§17.1.1.3). */
function ackOf({ invite, phone }: Called) {
  const { branch } = invite.topVia;
  return {
    uri: DOOR_URI,
    from: CALLER,
    to: phone.response('INVITE').headers.get('To') ?? '',
    callId: 'call-1',
    sequence: 1,
    ...(branch === undefined ? {} : { branch }),
  };
}

describe('the 2xx and its ACK (RFC 3261 §13.3.1.4)', () => {
  it('is repeated with T1 doubling up to T2 until the ACK comes', async () => {
    const made = await called();
    const begin = made.clock.now();
    const times: number[] = [];
    made.phone.onMessage = (message) => {
      if (message.kind === 'response' && message.status === 200) times.push(made.clock.now() - begin);
    };
    made.session.accept(answer);
    made.clock.advance(12_000);
    expect(times).toEqual([0, 500, 1500, 3500, 7500, 11_500]);
    inDialog(made, 'ACK', 1);
    made.clock.advance(60_000);
    expect(times).toHaveLength(6);
    expect(made.ears.heard).toEqual(['acknowledged']);
  });

  it('ends the call with a BYE after 64*T1 without an ACK', async () => {
    const made = await called();
    made.session.accept(answer);
    made.clock.advance(31_990);
    expect(made.phone.requests('BYE')).toHaveLength(0);
    made.clock.advance(20);
    expect(made.phone.requests('BYE')).toHaveLength(1);
    expect(made.ears.heard).toEqual(['ended no-ack']);
  });

  it('holds its BYE back until the ACK is there (§15)', async () => {
    const made = await called();
    made.session.accept(answer);
    deliver(made.clock);
    made.session.hangup();
    expect(made.ears.end).toEqual({ reason: 'local-hangup' });
    made.clock.advance(1000);
    expect(made.phone.requests('BYE')).toHaveLength(0);
    inDialog(made, 'ACK', 1);
    deliver(made.clock);
    expect(made.phone.requests('BYE')).toHaveLength(1);
    expect(made.phone.request('BYE').requestUri).toBe(`sip:phone@${PHONE}:5060`);
  });

  it('tells of one ACK once', async () => {
    const made = await called();
    made.session.accept(answer);
    deliver(made.clock);
    inDialog(made, 'ACK', 1);
    inDialog(made, 'ACK', 1);
    deliver(made.clock);
    expect(made.ears.heard).toEqual(['acknowledged']);
  });

  it('takes a BYE for an ACK that was lost', async () => {
    const made = await called();
    made.session.accept(answer);
    deliver(made.clock);
    inDialog(made, 'BYE', 2);
    made.clock.advance(60_000);
    expect(made.phone.statuses('INVITE')).toEqual([200]);
    expect(made.ears.heard).toEqual(['ended remote-hangup']);
    expect(made.phone.requests('BYE')).toHaveLength(0);
  });
});

describe('an INVITE without an offer (RFC 3261 §13.2.1)', () => {
  it('gets ours in the 2xx; the answer comes with the ACK', async () => {
    const made = await called({});
    expect(made.session.offer).toBeUndefined();
    made.session.accept(offer);
    deliver(made.clock);
    expect(made.phone.response('INVITE').body.toString()).toBe('v=0 offer');
    inDialog(made, 'ACK', 1, 'v=0 theirs');
    deliver(made.clock);
    expect(made.ears.heard).toEqual(['answer: v=0 theirs', 'acknowledged']);
  });
});

describe('before it is answered', () => {
  it('is cancelled: 200 to the CANCEL, 487 to the INVITE (§9.2)', async () => {
    const made = await called();
    made.session.ring();
    deliver(made.clock);
    const { branch } = made.invite.topVia;
    const cancel = { uri: DOOR_URI, from: CALLER, to: `<${DOOR_URI}>`, callId: 'call-1', sequence: 1 };
    made.phone.send(made.phone.make('CANCEL', { ...cancel, ...(branch === undefined ? {} : { branch }) }), DOOR);
    deliver(made.clock);
    expect(made.phone.statuses('CANCEL')).toEqual([200]);
    expect(made.phone.statuses('INVITE')).toEqual([180, 487]);
    expect(made.ears.end).toEqual({ reason: 'cancelled' });
  });

  it('keeps a call whose CANCEL came too late', async () => {
    const made = await called();
    made.session.accept(answer);
    const { branch } = made.invite.topVia;
    const cancel = { uri: DOOR_URI, from: CALLER, to: `<${DOOR_URI}>`, callId: 'call-1', sequence: 1 };
    made.phone.send(made.phone.make('CANCEL', { ...cancel, ...(branch === undefined ? {} : { branch }) }), DOOR);
    deliver(made.clock);
    expect(made.phone.statuses('CANCEL')).toEqual([200]);
    expect(made.session.state).toBe('confirmed');
  });

  it('ends when the time that the caller gave is over (§13.3.1)', async () => {
    const made = await called({ sdp: 'v=0', headers: [['Expires', '20']] });
    made.session.ring();
    made.clock.advance(19_990);
    expect(made.ears.end).toBeUndefined();
    made.clock.advance(20);
    expect(made.ears.end).toEqual({ reason: 'cancelled' });
    expect(made.phone.statuses('INVITE')).toEqual([180, 487]);
  });

  it('ends with an early BYE (§15.1.2)', async () => {
    const made = await called();
    made.session.ring();
    deliver(made.clock);
    inDialog(made, 'BYE', 2);
    deliver(made.clock);
    expect(made.phone.statuses('BYE')).toEqual([200]);
    expect(made.phone.statuses('INVITE')).toEqual([180, 487]);
    expect(made.ears.end).toEqual({ reason: 'remote-hangup' });
  });

  it('refuses a second INVITE in the same dialog with 500 (§14.2)', async () => {
    const made = await called();
    made.session.ring();
    deliver(made.clock);
    inDialog(made, 'INVITE', 2, 'v=0 second');
    deliver(made.clock);
    expect(made.phone.statuses('INVITE')).toEqual([180, 500]);
    expect(made.session.state).toBe('early');
  });
});

describe('a network that loses every message once', () => {
  it('still rings, answers and ends the call', async () => {
    const made = await bench();
    const lost = new Set<string>();
    made.network.swallow = ({ bytes }) => {
      const text = bytes.toString('latin1');
      if (lost.has(text)) return false;
      lost.add(text);
      return true;
    };
    const invite = sendInvite(made.phone, { sdp: 'v=0 offer' });
    made.clock.advance(400);
    expect(made.calls).toHaveLength(0);
    made.phone.send(invite, DOOR);
    deliver(made.clock);
    const session = made.calls[0];
    if (session === undefined) throw new Error('no call came in');
    const ears = new SessionEars(session);
    let ack: SipRequest | undefined;
    made.phone.onMessage = (message) => {
      if (message.kind !== 'response' || message.status !== 200) return;
      const to = message.headers.get('To') ?? '';
      ack ??= made.phone.make('ACK', { uri: DOOR_URI, from: CALLER, to, callId: 'call-1', sequence: 1 });
      made.phone.send(ack, DOOR);
    };
    session.accept(answer);
    made.clock.advance(4000);
    expect(ears.heard).toEqual(['acknowledged']);
    session.hangup();
    made.clock.advance(501);
    expect(made.phone.requests('BYE')).toHaveLength(1);
    expect(ears.heard.at(-1)).toBe('ended local-hangup');
  });
});
