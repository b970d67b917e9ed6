import { beforeEach, describe, expect, it } from 'vitest';
import type { SipRequest } from '../../../../src/sip/message/types.ts';
import type { ClientTransaction } from '../../../../src/sip/transaction/types.ts';
import { answer, message, outgoing } from '../../../support/sip-messages.ts';
import { peer, RecordingUser, reliablePeer, transactions } from '../../../support/sip-transactions.ts';

let { clock, transport, handler, layer } = transactions();
let user = new RecordingUser();
let start = 0;

beforeEach(() => {
  ({ clock, transport, handler, layer } = transactions());
  user = new RecordingUser();
  start = clock.now();
});

const begin = (method: string, target = peer): ClientTransaction => layer.request(outgoing(method), target, user);
const receive = (transaction: ClientTransaction, status: number, toTag?: string): void =>
  layer.receive(answer(transaction.request, status, toTag), peer);

describe('what goes out', () => {
  it('has a Via on top with the magic cookie, our sent-by and rport (§8.1.1.7, §18.1.1, RFC 3581 §3)', () => {
    const { request } = begin('OPTIONS');
    expect(request.headers.list('Via')).toHaveLength(1);
    expect(request.headers.get('Via')).toMatch(/^SIP\/2\.0\/UDP 192\.0\.2\.9:5060;branch=z9hG4bK[0-9a-f]{24};rport$/);
  });

  it('leaves the request of the user as it was, so that it can be sent again with credentials', () => {
    const request = outgoing('REGISTER');
    const first = layer.request(request, peer, user);
    expect(request.headers.has('Via')).toBe(false);
    request.headers.set('Authorization', 'Digest x="y"');
    const second = layer.request(request, peer, user);
    expect(first.request.headers.has('Authorization')).toBe(false);
    expect(second.request.headers.list('Via')).toHaveLength(1);
    expect(second.request.topVia.branch).not.toBe(first.request.topVia.branch);
  });

  it('keeps the body', () => {
    const request = outgoing('INVITE', { extra: ['Content-Type: application/sdp'] });
    request.body = Buffer.from('v=0\r\n');
    layer.request(request, peer, user);
    expect(transport.sent[0]?.text).toContain('\r\n\r\nv=0\r\n');
  });
});

describe('INVITE', () => {
  it('is repeated after 500·2^n ms and given up after 64*T1, with seven sent (§17.1.1.2)', () => {
    begin('INVITE');
    clock.advance(31_999);
    expect(transport.times('INVITE', start)).toEqual([0, 500, 1500, 3500, 7500, 15_500, 31_500]);
    expect(user.told).toEqual([]);
    clock.advance(1);
    expect(user.told).toEqual(['timeout']);
    clock.advance(100_000);
    expect(transport.sent).toHaveLength(7);
    expect(layer.counters.clients).toBe(0);
    expect(clock.timers).toEqual([]);
  });

  it('is sent once over a reliable transport', () => {
    begin('INVITE', reliablePeer);
    clock.advance(32_000);
    expect(transport.times('INVITE', start)).toEqual([0]);
    expect(user.told).toEqual(['timeout']);
  });

  it('repetitions are the very same message', () => {
    begin('INVITE');
    clock.advance(4000);
    expect(new Set(transport.sent.map(({ text }) => text)).size).toBe(1);
  });

  it('is repeated no more after a provisional response, and waits without end (§17.1.1.2)', () => {
    const transaction = begin('INVITE');
    clock.advance(600);
    receive(transaction, 100);
    clock.advance(200_000);
    expect(transport.times('INVITE', start)).toEqual([0, 500]);
    expect(user.told).toEqual(['100']);
    receive(transaction, 180);
    expect(user.told).toEqual(['100', '180 a6c85cf']);
  });

  it('acknowledges a refusal as §17.1.1.3 builds it, and again for each repetition, told once', () => {
    const invite = outgoing('INVITE', { extra: ['Route: <sip:proxy.example;lr>, <sip:two.example;lr>', 'Require: x'] });
    const transaction = layer.request(invite, peer, user);
    receive(transaction, 486, '99sa0xk');
    receive(transaction, 486, '99sa0xk');
    clock.advance(31_000);
    receive(transaction, 486, '99sa0xk');
    expect(user.told).toEqual(['486 99sa0xk']);
    const acks = transport.requests('ACK');
    expect(acks).toHaveLength(3);
    const [ack] = acks;
    expect(ack?.requestUri).toBe('sip:bob@192.0.2.1');
    expect(ack?.headers.all('Via')).toEqual(transaction.request.headers.all('Via'));
    expect(ack?.headers.get('To')).toBe('Bob <sip:bob@192.0.2.1>;tag=99sa0xk');
    expect(ack?.headers.get('From')).toBe('<sip:door@192.0.2.9>;tag=88sja8x');
    expect(ack?.headers.get('Call-ID')).toBe('987asjd97y7atg');
    expect(ack?.headers.get('CSeq')).toBe('986759 ACK');
    expect(ack?.headers.list('Route')).toEqual(['<sip:proxy.example;lr>', '<sip:two.example;lr>']);
    expect(ack?.headers.has('Require')).toBe(false);
    expect(transport.sent.at(-1)?.target).toEqual(peer);
  });

  it('absorbs repetitions for 32 s (timer D), then they are strays', () => {
    const transaction = begin('INVITE');
    receive(transaction, 404);
    clock.advance(31_999);
    receive(transaction, 404);
    expect(handler.strays).toHaveLength(0);
    clock.advance(1);
    receive(transaction, 404);
    expect(handler.strays).toHaveLength(1);
    expect(transport.requests('ACK')).toHaveLength(2);
    expect(user.told).toEqual(['404 a6c85cf']);
  });

  it('is over at once after a refusal over a reliable transport', () => {
    const transaction = begin('INVITE', reliablePeer);
    receive(transaction, 404);
    expect(transport.requests('ACK')).toHaveLength(1);
    clock.advance(0);
    expect(layer.counters.clients).toBe(0);
  });

  it('hands up every 2xx for 64*T1, from every branch, and acknowledges none (RFC 6026 §8.4)', () => {
    const transaction = begin('INVITE');
    receive(transaction, 200, 'one');
    receive(transaction, 200, 'two');
    receive(transaction, 180, 'two');
    receive(transaction, 486, 'three');
    clock.advance(31_999);
    receive(transaction, 200, 'one');
    expect(user.told).toEqual(['200 one', '200 two', '200 one']);
    expect(transport.requests('ACK')).toHaveLength(0);
    clock.advance(1);
    receive(transaction, 200, 'one');
    expect(handler.strays.map(({ toTag }) => toTag)).toEqual(['one']);
  });

  it('tells of a transport failure, and nothing afterwards (§17.1.4)', () => {
    const transaction = begin('INVITE');
    transport.sent[0]?.fail({ code: 'EHOSTUNREACH', message: 'no route' });
    expect(user.told).toEqual(['transport failed']);
    clock.advance(100_000);
    receive(transaction, 180);
    expect(user.told).toEqual(['transport failed']);
    expect(transport.sent).toHaveLength(1);
  });

  it('goes on when a late failure of a repetition comes after the peer has answered', () => {
    const transaction = begin('INVITE');
    clock.advance(500);
    receive(transaction, 180);
    transport.sent[1]?.fail({ code: 'EHOSTUNREACH', message: 'no route' });
    receive(transaction, 200);
    expect(user.told).toEqual(['180 a6c85cf', '200 a6c85cf']);
  });

  it('tells of an ACK that could not be sent (Figure 5)', () => {
    const transaction = begin('INVITE');
    receive(transaction, 486);
    transport.sent.at(-1)?.fail({ code: 'EHOSTUNREACH', message: 'no route' });
    expect(user.told).toEqual(['486 a6c85cf', 'transport failed']);
    expect(layer.counters.clients).toBe(0);
  });
});

describe('CANCEL', () => {
  const cancels = (): readonly SipRequest[] => transport.requests('CANCEL');

  it('waits for a provisional response (§9.1), and takes its identity from the INVITE', () => {
    const invite = outgoing('INVITE', {
      extra: ['Route: <sip:proxy.example;lr>', 'Require: 100rel', 'Proxy-Require: y'],
    });
    const transaction = layer.request(invite, peer, user);
    transaction.cancel([['Reason', 'SIP;cause=200;text="answered elsewhere"']]);
    clock.advance(500);
    expect(cancels()).toHaveLength(0);
    receive(transaction, 100);
    expect(cancels()).toHaveLength(1);
    const [cancel] = cancels();
    expect(cancel?.requestUri).toBe('sip:bob@192.0.2.1');
    expect(cancel?.headers.list('Via')).toEqual(transaction.request.headers.list('Via'));
    expect(cancel?.headers.get('To')).toBe('Bob <sip:bob@192.0.2.1>');
    expect(cancel?.headers.get('From')).toBe(transaction.request.headers.get('From'));
    expect(cancel?.callId).toBe('987asjd97y7atg');
    expect(cancel?.cseq).toEqual({ number: 986759, method: 'CANCEL' });
    expect(cancel?.headers.list('Route')).toEqual(['<sip:proxy.example;lr>']);
    expect(cancel?.headers.has('Require')).toBe(false);
    expect(cancel?.headers.has('Proxy-Require')).toBe(false);
    expect(cancel?.headers.get('Reason')).toBe('SIP;cause=200;text="answered elsewhere"');
  });

  it('is sent at once after a provisional response, once however often it is asked for', () => {
    const transaction = begin('INVITE');
    receive(transaction, 180);
    transaction.cancel();
    transaction.cancel();
    receive(transaction, 183);
    expect(cancels()).toHaveLength(1);
  });

  it('is repeated like any request, and its 200 is not the INVITE’s', () => {
    const transaction = begin('INVITE');
    receive(transaction, 180);
    transaction.cancel();
    const cancelledAt = clock.now();
    clock.advance(1500);
    expect(transport.times('CANCEL', cancelledAt)).toEqual([0, 500, 1500]);
    const [cancel] = cancels();
    if (cancel !== undefined) layer.receive(answer(cancel, 200), peer);
    clock.advance(10_000);
    expect(cancels()).toHaveLength(3);
    expect(user.told).toEqual(['180 a6c85cf']);
    receive(transaction, 487);
    expect(user.told).toEqual(['180 a6c85cf', '487 a6c85cf']);
    expect(transport.requests('ACK')).toHaveLength(1);
  });

  it('that crosses a 200: the 200 comes to the user', () => {
    const transaction = begin('INVITE');
    receive(transaction, 180);
    transaction.cancel();
    receive(transaction, 200);
    expect(user.told).toEqual(['180 a6c85cf', '200 a6c85cf']);
    clock.advance(32_000);
    expect(user.told).toEqual(['180 a6c85cf', '200 a6c85cf']);
  });

  it('asked for before any response is never sent when the first response is final', () => {
    const transaction = begin('INVITE');
    transaction.cancel();
    receive(transaction, 200);
    receive(transaction, 180);
    clock.advance(1000);
    expect(cancels()).toHaveLength(0);
    expect(user.told).toEqual(['200 a6c85cf']);
  });

  it('after a final response does nothing', () => {
    const transaction = begin('INVITE');
    receive(transaction, 404);
    transaction.cancel();
    expect(cancels()).toHaveLength(0);
  });

  it('without a final response for 64*T1: the user is told timeout (§9.1)', () => {
    const transaction = begin('INVITE');
    receive(transaction, 180);
    transaction.cancel();
    clock.advance(31_999);
    expect(user.told).toEqual(['180 a6c85cf']);
    clock.advance(1);
    expect(user.told).toEqual(['180 a6c85cf', 'timeout']);
    expect(layer.counters.clients).toBe(0);
  });

  it('asked for without any response: timer B ends it', () => {
    begin('INVITE').cancel();
    clock.advance(32_000);
    expect(user.told).toEqual(['timeout']);
    expect(cancels()).toHaveLength(0);
  });

  it('asked for by the user from within the callback of the first provisional response is sent', () => {
    const told: number[] = [];
    const transaction: ClientTransaction = layer.request(outgoing('INVITE'), peer, {
      response: ({ status }) => {
        told.push(status);
        if (status === 180) transaction.cancel();
      },
      timeout: () => told.push(0),
      transportFailed: () => told.push(-1),
    });
    receive(transaction, 180);
    expect(cancels()).toHaveLength(1);
  });

  it('is not there for other requests', () => {
    const transaction = begin('OPTIONS');
    receive(transaction, 100);
    transaction.cancel();
    expect(cancels()).toHaveLength(0);
  });
});

describe('other requests', () => {
  it('are repeated after 500, 1000, 2000, 4000, 4000 … ms and given up after 64*T1 (§17.1.2.2)', () => {
    begin('REGISTER');
    clock.advance(32_000);
    const expected = [0, 500, 1500, 3500, 7500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500];
    expect(transport.times('REGISTER', start)).toEqual(expected);
    expect(user.told).toEqual(['timeout']);
    expect(clock.timers).toEqual([]);
  });

  it('are repeated every T2 after a provisional response', () => {
    const transaction = begin('OPTIONS');
    receive(transaction, 100);
    clock.advance(32_000);
    expect(transport.times('OPTIONS', start)).toEqual([0, 500, 4500, 8500, 12_500, 16_500, 20_500, 24_500, 28_500]);
    expect(user.told).toEqual(['100', 'timeout']);
  });

  it.each([200, 301, 404, 500, 603])('end with a %s, told once; repetitions are absorbed for T4', (status) => {
    const transaction = begin('OPTIONS');
    receive(transaction, status);
    clock.advance(4999);
    receive(transaction, status);
    expect(user.told).toEqual([`${status} a6c85cf`]);
    expect(transport.times('OPTIONS', start)).toEqual([0]);
    clock.advance(1);
    expect(layer.counters.clients).toBe(0);
    receive(transaction, status);
    expect(handler.strays).toHaveLength(1);
  });

  it('stop and stay silent when they are abandoned', () => {
    const transaction = begin('REGISTER');
    clock.advance(600);
    transaction.abandon();
    clock.advance(60_000);
    receive(transaction, 200);
    expect(transport.times('REGISTER', start)).toEqual([0, 500]);
    expect(user.told).toEqual([]);
    expect(layer.counters.clients).toBe(0);
  });

  it('tell of a transport failure', () => {
    begin('BYE');
    transport.sent[0]?.fail({ code: 'ENETUNREACH', message: 'no network' });
    expect(user.told).toEqual(['transport failed']);
    expect(clock.timers).toEqual([]);
  });
});

describe('matching (§17.1.3)', () => {
  it('takes the method of CSeq into account: a CANCEL’s 481 is not the INVITE’s', () => {
    const transaction = begin('INVITE');
    receive(transaction, 180);
    transaction.cancel();
    const [cancel] = transport.requests('CANCEL');
    if (cancel !== undefined) layer.receive(answer(cancel, 481), peer);
    expect(user.told).toEqual(['180 a6c85cf']);
  });

  it('tells two requests of one dialog apart', () => {
    const other = new RecordingUser();
    begin('OPTIONS');
    const second = layer.request(outgoing('OPTIONS'), peer, other);
    receive(second, 200);
    expect(user.told).toEqual([]);
    expect(other.told).toEqual(['200 a6c85cf']);
  });

  it('drops a response with a second Via (§8.1.3.3)', () => {
    const transaction = begin('OPTIONS');
    const response = answer(transaction.request, 200);
    response.headers.append('Via', 'SIP/2.0/UDP 192.0.2.77;branch=z9hG4bKother');
    layer.receive(response, peer);
    expect(user.told).toEqual([]);
    expect(handler.strays).toEqual([]);
  });

  it('hands a response of nobody’s to the handler', () => {
    const stray = message(
      'SIP/2.0 200 OK',
      'Via: SIP/2.0/UDP 192.0.2.9:5060;branch=z9hG4bKgone',
      'From: <sip:a@b>;tag=1',
      'To: <sip:c@d>;tag=2',
      'Call-ID: x',
      'CSeq: 1 INVITE',
    );
    layer.receive(stray, peer);
    expect(handler.strays).toEqual([stray]);
  });
});

describe('the ACK of a 2xx', () => {
  it('has a branch of its own, leaves no transaction, and is sent again as it was', () => {
    const invite = begin('INVITE');
    receive(invite, 200);
    const again = layer.sendAck(outgoing('ACK'), peer);
    clock.advance(100);
    again();
    const [first, second] = transport.requests('ACK');
    expect(first).toBe(second);
    expect(first?.topVia.branch).toMatch(/^z9hG4bK/);
    expect(first?.topVia.branch).not.toBe(invite.request.topVia.branch);
    expect(layer.counters.clients).toBe(1);
  });
});

describe('close', () => {
  it('stops every timer and tells nobody', () => {
    begin('INVITE');
    begin('REGISTER');
    layer.close();
    clock.advance(100_000);
    expect(transport.sent).toHaveLength(2);
    expect(user.told).toEqual([]);
    expect(clock.timers).toEqual([]);
  });
});
