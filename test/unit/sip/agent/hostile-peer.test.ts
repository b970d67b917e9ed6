// What a peer that means harm can do to the service by messages that the grammar allows.

import { describe, expect, it } from 'vitest';
import type { Admission } from '../../../../src/sip/agent/types.ts';
import { createResponse } from '../../../../src/sip/message/index.ts';
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
  it('that a request sets off before it is let in is silence, logged, and takes no room', async () => {
    const made = await bench({
      admit: () => {
        throw new Error('a fault of the program');
      },
    });
    made.phone.send(made.phone.make('OPTIONS', plain), DOOR);
    deliver(made.clock);
    expect(made.phone.received).toEqual([]);
    expect(made.log.lines.map(({ event }) => event)).toContain('transport.handler-failed');
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

describe('what strangers can make the door send', () => {
  const SCANNER = '10.0.0.66';
  const onlyPhone: Admission = ({ source }) =>
    source.address === PHONE ? undefined : { status: 0, reason: 'unknown' };

  /** A door that knows PHONE alone, a scanner, and what went between the door and it, in bytes. */
  async function scanned(admit: Admission = onlyPhone) {
    const made = await bench({ admit });
    const scanner = await ScriptedPhone.plug(made.network, SCANNER);
    const bytes = { brought: 0, sent: 0 };
    made.network.swallow = (datagram) => {
      if (datagram.from.address === SCANNER) bytes.brought += datagram.bytes.length;
      if (datagram.to.address === SCANNER) bytes.sent += datagram.bytes.length;
      return false;
    };
    return { ...made, scanner, bytes };
  }

  it('nothing by a CANCEL of nothing', async () => {
    const { scanner, clock } = await scanned();
    for (let at = 0; at < 100; at += 1) scanner.send(scanner.make('CANCEL', { ...plain, callId: `c${at}` }), DOOR);
    clock.advance(1000);
    expect(scanner.received).toEqual([]);
  });

  it('a few 481 by CANCELs under the address of somebody who is known', async () => {
    const { phone, clock } = await scanned();
    for (let at = 0; at < 1000; at += 1) phone.send(phone.make('CANCEL', { ...plain, callId: `c${at}` }), DOOR);
    clock.advance(1000);
    expect(phone.statuses('CANCEL').length).toBeGreaterThan(0);
    expect(phone.statuses('CANCEL').length).toBeLessThanOrEqual(6);
  });

  it.each(['INVITE', 'BYE'])(
    'no more bytes than they bring by a %s in a dialog that does not exist',
    async (method) => {
      const { scanner, clock, bytes } = await scanned();
      const headers: [string, string][] = [['User-Agent', 'a scanner that has learnt to bring some bytes along']];
      const to = `<${DOOR_URI}>;tag=gone`;
      scanner.send(scanner.make(method, { ...plain, to, headers, branch: 'z9hG4bK-same' }), DOOR);
      clock.advance(60_000);
      expect(scanner.statuses(method)).toEqual([481]);
      expect(bytes.sent).toBeLessThanOrEqual(bytes.brought);
    },
  );

  it('nothing more by repeating less of it under the same branch', async () => {
    const { scanner, clock } = await scanned();
    const long = { ...plain, from: `"${'long '.repeat(100)}" <sip:x@${SCANNER}>;tag=1`, to: `<${DOOR_URI}>;tag=gone` };
    const headers: [string, string][] = [['User-Agent', 'a scanner that has learnt to bring some bytes along']];
    scanner.send(scanner.make('BYE', { ...long, headers, branch: 'z9hG4bK-same' }), DOOR);
    deliver(clock);
    const short = { ...plain, to: `<${DOOR_URI}>;tag=gone`, branch: 'z9hG4bK-same' };
    for (let copy = 0; copy < 100; copy += 1) scanner.send(scanner.make('BYE', short), DOOR);
    clock.advance(1000);
    expect(scanner.statuses('BYE')).toEqual([481]);
  });

  it('nothing by coming when there is no room left', async () => {
    const { phone, scanner, clock } = await scanned();
    const headers: [string, string][] = [['Contact', phone.contact]];
    for (let at = 0; at < 1000; at += 1) {
      phone.send(phone.make('INVITE', { ...plain, headers, callId: `full-${at}` }), DOOR);
    }
    deliver(clock);
    expect(phone.statuses('INVITE').filter((status) => status === 503).length).toBeLessThanOrEqual(6);
    for (let at = 0; at < 100; at += 1) scanner.send(scanner.make('INVITE', { ...plain, callId: `s-${at}` }), DOOR);
    deliver(clock);
    expect(scanner.received).toEqual([]);
  });

  it('nothing by what cannot be read; who is known is told', async () => {
    const { network, clock } = await scanned();
    const got = new Map<string, string[]>();
    for (const address of [SCANNER, PHONE]) {
      const socket = await network.host(address).bind(address, 5099);
      const heard: string[] = [];
      got.set(address, heard);
      socket.onMessage((bytes) => heard.push(bytes.toString().slice(0, 12)));
      const text =
        `OPTIONS ${DOOR_URI} SIP/2.0\r\nVia: SIP/2.0/UDP ${address}:5099;branch=z9hG4bK-bad\r\n` +
        `From: <sip:x@${address}>;tag=1\r\nTo: <${DOOR_URI}>\r\nCall-ID: bad\r\nCSeq: 1 INVITE\r\n` +
        `User-Agent: enough bytes to make the answer smaller than the question was\r\n\r\n`;
      socket.send(Buffer.from(text), DOOR.port, DOOR.address, () => undefined);
    }
    clock.advance(1000);
    expect(got.get(SCANNER)).toEqual([]);
    expect(got.get(PHONE)).toEqual(['SIP/2.0 400 ']);
  });

  it('few lines in the log, at any level', async () => {
    const { agent, phone, scanner, clock, log } = await scanned();
    agent.invite({ target: `sip:phone@${PHONE}`, account: peerAccount, offer });
    deliver(clock);
    phone.answer(phone.request('INVITE'), 200);
    deliver(clock);
    const invite = phone.request('INVITE');
    const dialog = {
      callId: invite.callId,
      from: `<sip:phone@${PHONE}>;tag=phone-tag`,
      to: `<${DOOR_URI}>;tag=${invite.fromTag}`,
    };
    const before = log.lines.length;
    for (let at = 0; at < 500; at += 1) {
      scanner.send(scanner.make('BYE', { ...plain, ...dialog, sequence: at + 1 }), DOOR);
      const stray = scanner.make('OPTIONS', { ...plain, callId: `r${at}`, branch: `z9hG4bK-r${at}` });
      const via = `SIP/2.0/UDP ${DOOR.address}:${DOOR.port};branch=z9hG4bK-r${at}`;
      stray.headers.set('Via', via);
      scanner.send(createResponse(stray, 200), DOOR);
    }
    clock.advance(1000);
    expect(log.lines.length - before).toBeLessThanOrEqual(12);
  });
});
