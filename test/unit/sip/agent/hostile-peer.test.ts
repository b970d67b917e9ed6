// What a peer that means harm can do to the service by messages that the grammar allows.

import { describe, expect, it } from 'vitest';
import { type Request, ScriptedPhone } from '../../../support/scripted-phone.ts';
import { answer, bench, DOOR, deliver, offer, PHONE, peerAccount, SessionEars } from '../../../support/sip-bench.ts';

const DOOR_URI = `sip:door@${DOOR.address}`;
const plain: Request = {
  uri: DOOR_URI,
  from: `<sip:kitchen@${PHONE}>;tag=caller`,
  to: `<${DOOR_URI}>`,
  callId: 'call-1',
  sequence: 1,
};

type Lines = readonly (readonly [name: string, value: string])[];

/** An INVITE as text, with header fields that no builder would write. */
function rawInvite(lines: Lines): Buffer {
  const wanted = new Map<string, string>([
    ['Via', `SIP/2.0/UDP ${PHONE}:5060;branch=z9hG4bK-raw`],
    ['From', plain.from],
    ['To', plain.to],
    ['Call-ID', plain.callId],
    ['CSeq', '1 INVITE'],
    ['Contact', `<sip:kitchen@${PHONE}>`],
    ['Content-Length', '0'],
    ...lines,
  ]);
  const text = [...wanted].map(([name, value]) => `${name}: ${value}\r\n`).join('');
  return Buffer.from(`INVITE ${DOOR_URI} SIP/2.0\r\n${text}\r\n`);
}

describe('an address that names nobody', () => {
  it.each([
    ['From', '*;tag=caller'],
    ['To', '*'],
    ['Record-Route', '*'],
    ['Record-Route', '<sip:10.0.0.5;lr>, *'],
  ])('in %s: %s of an INVITE is refused, and no BYE to it ends the service later', async (name, value) => {
    const made = await bench();
    const socket = await made.network.host('10.0.0.7').bind('10.0.0.7', 5060);
    socket.send(rawInvite([[name, value]]), DOOR.port, DOOR.address, () => undefined);
    deliver(made.clock);
    made.calls[0]?.accept(answer);
    made.clock.advance(70_000);
    expect(made.log.lines.filter(({ level }) => level === 'error')).toEqual([]);
    expect(made.calls).toEqual([]);
    expect(made.clock.timers).toEqual([]);
  });

  it('in the Record-Route of an answer is passed over: the call is acknowledged and can be ended', async () => {
    const made = await bench();
    const session = made.agent.invite({ target: `sip:phone@${PHONE}`, account: peerAccount, offer });
    const ears = new SessionEars(session);
    deliver(made.clock);
    made.phone.answer(made.phone.request('INVITE'), 200, {
      headers: [
        ['Contact', made.phone.contact],
        ['Record-Route', '*'],
      ],
    });
    deliver(made.clock);
    expect(ears.heard).toEqual(['accepted 200']);
    expect(made.phone.requests('ACK')).toHaveLength(1);
    session.hangup();
    deliver(made.clock);
    expect(made.phone.requests('BYE')).toHaveLength(1);
  });
});

describe('a fault in a user of the agent', () => {
  it('that a request sets off is answered with 500 and takes no room for ever', async () => {
    const made = await bench({
      admit: () => {
        throw new Error('a fault of the program');
      },
    });
    made.phone.send(made.phone.make('OPTIONS', plain), DOOR);
    deliver(made.clock);
    expect(made.phone.statuses('OPTIONS')).toEqual([500]);
    made.clock.advance(40_000);
    expect(made.clock.timers).toEqual([]);
  });

  it('that a timer sets off is logged, and the agent goes on', async () => {
    const made = await bench();
    const session = made.agent.invite({ target: 'sip:x@nowhere.example', account: peerAccount, offer });
    session.on('ended', () => {
      throw new Error('a fault of the program');
    });
    await made.clock.advanceAsync(10);
    expect(made.log.lines.filter(({ event }) => event === 'agent.timer-failed')).toHaveLength(1);
    const phone = await ScriptedPhone.plug(made.network, '10.0.0.8');
    phone.send(phone.make('OPTIONS', plain), DOOR);
    deliver(made.clock);
    expect(phone.statuses('OPTIONS')).toEqual([200]);
  });
});
