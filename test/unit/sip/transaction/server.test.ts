import { beforeEach, describe, expect, it } from 'vitest';
import { createResponse } from '../../../../src/sip/message/index.ts';
import type { Endpoint, SipResponse } from '../../../../src/sip/message/types.ts';
import type { ServerTransaction } from '../../../../src/sip/transaction/types.ts';
import { incoming, type RequestTexts } from '../../../support/sip-messages.ts';
import { peer, RecordingUser, reliablePeer, transactions } from '../../../support/sip-transactions.ts';

let { clock, transport, handler, layer, log } = transactions();
let user = new RecordingUser();
let start = 0;

beforeEach(() => {
  ({ clock, transport, handler, layer, log } = transactions());
  user = new RecordingUser();
  start = clock.now();
});

/** A request comes in; the transaction that the handler was given. */
function receive(method: string, texts: RequestTexts = {}, source: Endpoint = peer): ServerTransaction {
  layer.receive(incoming(method, texts), source);
  const transaction = handler.requests.at(-1);
  if (transaction === undefined) throw new Error('the handler was given nothing');
  transaction.attach(user);
  return transaction;
}

const reply = (transaction: ServerTransaction, status: number): SipResponse => {
  const response = createResponse(transaction.request, status, { toTag: 'door' });
  transaction.respond(response);
  return response;
};

const ack = (texts: RequestTexts = {}): void =>
  layer.receive(incoming('ACK', { to: '<sip:door@192.0.2.9>;tag=door', ...texts }), peer);

describe('INVITE', () => {
  it('gets its 100 after 200 ms, without a To tag, with its Timestamp (§17.2.1, §8.2.6.1)', () => {
    receive('INVITE', { extra: ['Timestamp: 54'] });
    clock.advance(199);
    expect(transport.sent).toHaveLength(0);
    clock.advance(1);
    const [trying] = transport.responses(100);
    expect(trying?.headers.get('To')).toBe('<sip:door@192.0.2.9>');
    expect(trying?.headers.get('Timestamp')).toBe('54');
    clock.advance(60_000);
    expect(transport.sent).toHaveLength(1);
  });

  it('gets no 100 when its user was faster', () => {
    const transaction = receive('INVITE');
    clock.advance(150);
    reply(transaction, 180);
    clock.advance(1000);
    expect(transport.responses(100)).toHaveLength(0);
  });

  it('is handed up once; repetitions get the latest provisional response', () => {
    const transaction = receive('INVITE');
    layer.receive(incoming('INVITE'), peer);
    expect(transport.sent).toHaveLength(0);
    clock.advance(200);
    layer.receive(incoming('INVITE'), peer);
    expect(transport.responses(100)).toHaveLength(2);
    reply(transaction, 180);
    layer.receive(incoming('INVITE'), peer);
    expect(transport.responses(180)).toHaveLength(2);
    expect(handler.requests).toHaveLength(1);
  });

  it('repeats a refusal at T1, doubling up to T2, until its ACK, and tells of it (§17.2.1)', () => {
    const transaction = receive('INVITE');
    reply(transaction, 486);
    expect(transaction.completed).toBe(true);
    clock.advance(12_000);
    expect(transport.times(486, start)).toEqual([0, 500, 1500, 3500, 7500, 11_500]);
    layer.receive(incoming('INVITE'), peer);
    expect(transport.responses(486)).toHaveLength(7);
    ack();
    clock.advance(4999);
    expect(transport.responses(486)).toHaveLength(7);
    expect(user.told).toEqual(['acknowledged']);
    expect(handler.acks).toHaveLength(0);
  });

  it('absorbs further ACKs for T4 (timer I), then they are the handler’s', () => {
    const transaction = receive('INVITE');
    reply(transaction, 486);
    ack();
    clock.advance(4999);
    ack();
    expect(user.told).toEqual(['acknowledged']);
    expect(handler.acks).toHaveLength(0);
    clock.advance(1);
    expect(layer.counters.servers).toBe(0);
    ack();
    expect(handler.acks).toHaveLength(1);
  });

  it('without an ACK: repeated for 64*T1, then the user is told (timer H)', () => {
    const transaction = receive('INVITE');
    reply(transaction, 486);
    clock.advance(32_000);
    expect(transport.times(486, start)).toEqual([
      0, 500, 1500, 3500, 7500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500,
    ]);
    expect(user.told).toEqual(['timeout']);
    expect(clock.timers).toEqual([]);
    expect(layer.counters.servers).toBe(0);
  });

  it('does not repeat a refusal over a reliable transport, but still waits for the ACK', () => {
    const transaction = receive('INVITE', {}, reliablePeer);
    reply(transaction, 486);
    clock.advance(31_999);
    expect(transport.responses(486)).toHaveLength(1);
    expect(user.told).toEqual([]);
    clock.advance(1);
    expect(user.told).toEqual(['timeout']);
  });

  it('accepted: its user repeats the 2xx, the layer absorbs the INVITE’s repetitions (RFC 6026 §7.1)', () => {
    const transaction = receive('INVITE');
    const accepted = reply(transaction, 200);
    layer.receive(incoming('INVITE'), peer);
    clock.advance(5000);
    expect(transport.responses(200)).toHaveLength(1);
    transaction.respond(accepted);
    expect(transport.responses(200)).toHaveLength(2);
    clock.advance(26_999);
    layer.receive(incoming('INVITE'), peer);
    expect(handler.requests).toHaveLength(1);
    clock.advance(1);
    expect(layer.counters.servers).toBe(0);
    transaction.respond(accepted);
    expect(transport.responses(200)).toHaveLength(2);
  });

  it('accepted: ACKs go to the handler, with the INVITE’s branch as with their own', () => {
    const transaction = receive('INVITE');
    reply(transaction, 200);
    ack();
    ack({ branch: 'z9hG4bKown' });
    expect(handler.acks).toHaveLength(2);
    expect(user.told).toEqual([]);
  });

  it('ignores what its user sends after a final response', () => {
    const transaction = receive('INVITE');
    reply(transaction, 486);
    reply(transaction, 200);
    reply(transaction, 180);
    expect(transport.sent).toHaveLength(1);
  });

  it('stays when a response could not be sent, so that the INVITE is not handed up twice (RFC 6026 §8.8)', () => {
    const transaction = receive('INVITE');
    reply(transaction, 486);
    transport.sent[0]?.fail({ code: 'EHOSTUNREACH', message: 'no route' });
    expect(user.told).toEqual(['transport failed']);
    layer.receive(incoming('INVITE'), peer);
    expect(handler.requests).toHaveLength(1);
    clock.advance(32_000);
    expect(user.told).toEqual(['transport failed', 'timeout']);
  });

  it('an ACK before any response is nobody’s', () => {
    receive('INVITE');
    ack();
    expect(user.told).toEqual([]);
    expect(handler.acks).toHaveLength(0);
  });
});

describe('other requests', () => {
  it('are handed up once; a repetition before the answer is dropped, one after it answered again (§17.2.2)', () => {
    const transaction = receive('OPTIONS');
    layer.receive(incoming('OPTIONS'), peer);
    clock.advance(10_000);
    expect(transport.sent).toHaveLength(0);
    reply(transaction, 200);
    layer.receive(incoming('OPTIONS'), peer);
    expect(transport.responses(200)).toHaveLength(2);
    expect(handler.requests).toHaveLength(1);
    clock.advance(31_999);
    layer.receive(incoming('OPTIONS'), peer);
    expect(transport.responses(200)).toHaveLength(3);
    clock.advance(1);
    expect(layer.counters.servers).toBe(0);
    layer.receive(incoming('OPTIONS'), peer);
    expect(handler.requests).toHaveLength(2);
  });

  it('get no 100 of the layer’s', () => {
    receive('REGISTER');
    clock.advance(60_000);
    expect(transport.sent).toHaveLength(0);
  });

  it('discard a second final response', () => {
    const transaction = receive('BYE');
    reply(transaction, 200);
    reply(transaction, 481);
    expect(transport.sent).toHaveLength(1);
  });

  it('are over at once over a reliable transport', () => {
    reply(receive('OPTIONS', {}, reliablePeer), 200);
    clock.advance(0);
    expect(layer.counters.servers).toBe(0);
  });
});

describe('matching (§17.2.3)', () => {
  it.each([
    ['another branch', { branch: 'z9hG4bKother' }],
    ['another sent-by host', { via: 'SIP/2.0/UDP 192.0.2.2:5060;branch=z9hG4bK776asdhds' }],
    ['another sent-by port', { via: 'SIP/2.0/UDP 192.0.2.1:5062;branch=z9hG4bK776asdhds' }],
  ])('%s is another transaction', (_, texts) => {
    receive('OPTIONS');
    layer.receive(incoming('OPTIONS', texts), peer);
    expect(handler.requests).toHaveLength(2);
  });

  it('another method with the same branch is another transaction', () => {
    receive('OPTIONS');
    layer.receive(incoming('INFO'), peer);
    expect(handler.requests).toHaveLength(2);
  });

  it('parameters of the Via and the case of the branch do not matter', () => {
    receive('OPTIONS');
    layer.receive(
      incoming('OPTIONS', { via: 'SIP/2.0/UDP 192.0.2.1:5060;received=192.0.2.1;branch=Z9HG4BK776ASDHDS' }),
      peer,
    );
    expect(handler.requests).toHaveLength(1);
  });

  describe.each([
    ['no branch', 'SIP/2.0/UDP 192.0.2.1:5060'],
    ['a branch without the cookie', 'SIP/2.0/UDP 192.0.2.1:5060;branch=1'],
    ['the cookie and nothing else', 'SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK'],
  ])('a peer of RFC 2543 with %s', (_, via) => {
    it('repeats, cancels and acknowledges by its headers', () => {
      const transaction = receive('INVITE', { via });
      layer.receive(incoming('INVITE', { via }), peer);
      expect(handler.requests).toHaveLength(1);
      layer.receive(incoming('CANCEL', { via }), peer);
      expect(user.told).toEqual(['cancelled']);
      reply(transaction, 487);
      ack({ via });
      expect(user.told).toEqual(['cancelled', 'acknowledged']);
    });

    it('makes another call with another CSeq, Call-ID, From tag or Request-URI', () => {
      receive('INVITE', { via });
      layer.receive(incoming('INVITE', { via, cseq: '314160 INVITE' }), peer);
      layer.receive(incoming('INVITE', { via, callId: 'other' }), peer);
      layer.receive(incoming('INVITE', { via, from: '<sip:alice@192.0.2.1>;tag=2' }), peer);
      layer.receive(incoming('INVITE', { via, uri: 'sip:other@192.0.2.9' }), peer);
      expect(handler.requests).toHaveLength(5);
    });

    it('does not acknowledge with the tag of somebody else’s response', () => {
      reply(receive('INVITE', { via }), 486);
      ack({ via, to: '<sip:door@192.0.2.9>;tag=stranger' });
      expect(user.told).toEqual([]);
      expect(handler.acks).toHaveLength(1);
    });
  });
});

describe('CANCEL (§9.2)', () => {
  it('is answered with 200, the user is told, and its 487 follows', () => {
    const transaction = receive('INVITE');
    reply(transaction, 180);
    layer.receive(incoming('CANCEL'), peer);
    const [accepted] = transport.responses(200);
    expect(accepted?.cseq).toEqual({ number: 314159, method: 'CANCEL' });
    expect(accepted?.toTag).toBe('door');
    expect(user.told).toEqual(['cancelled']);
    reply(transaction, 487);
    expect(transport.responses(487)[0]?.cseq.method).toBe('INVITE');
    expect(handler.requests).toHaveLength(1);
  });

  it('that is repeated is answered again and told once', () => {
    receive('INVITE');
    layer.receive(incoming('CANCEL'), peer);
    layer.receive(incoming('CANCEL'), peer);
    expect(transport.responses(200)).toHaveLength(2);
    expect(user.told).toEqual(['cancelled']);
  });

  it('after the final response has no effect but its 200', () => {
    const transaction = receive('INVITE');
    reply(transaction, 200);
    layer.receive(incoming('CANCEL'), peer);
    expect(transport.responses(200).map(({ cseq }) => cseq.method)).toEqual(['INVITE', 'CANCEL']);
    expect(user.told).toEqual([]);
  });

  it('of another request is answered and changes nothing', () => {
    const transaction = receive('OPTIONS');
    layer.receive(incoming('CANCEL'), peer);
    expect(transport.responses(200).map(({ cseq }) => cseq.method)).toEqual(['CANCEL']);
    expect(user.told).toEqual([]);
    reply(transaction, 200);
    expect(transport.responses(200)).toHaveLength(2);
  });

  it('of nothing gets 481, with a To tag', () => {
    layer.receive(incoming('CANCEL'), peer);
    const [refusal] = transport.responses(481);
    expect(refusal?.toTag).toMatch(/^.{8,}$/);
    expect(handler.requests).toHaveLength(0);
  });

  it('from another hop does not cancel', () => {
    receive('INVITE');
    layer.receive(incoming('CANCEL', { via: 'SIP/2.0/UDP 203.0.113.5;branch=z9hG4bK776asdhds' }), peer);
    expect(transport.responses(481)).toHaveLength(1);
    expect(user.told).toEqual([]);
  });
});

describe('CANCEL under another source address', () => {
  it('does not cancel: it goes by the hop of its INVITE (§9.1)', () => {
    receive('INVITE');
    layer.receive(incoming('CANCEL'), { ...peer, address: '192.0.2.66' });
    expect(user.told).toEqual([]);
    expect(transport.responses(200)).toHaveLength(0);
  });
});

describe('a response that is sent once', () => {
  it.each(['INVITE', 'BYE'])('to %s is never repeated, whatever comes', (method) => {
    const transaction = receive(method);
    transaction.respondOnce(createResponse(transaction.request, 481));
    for (let copy = 0; copy < 10; copy += 1) layer.receive(incoming(method), peer);
    layer.receive(incoming('CANCEL'), peer);
    clock.advance(31_999);
    expect(transport.responses(481)).toHaveLength(1);
    expect(transport.sent).toHaveLength(1);
    expect(handler.requests).toHaveLength(1);
    clock.advance(64_000);
    expect(layer.counters.servers).toBe(0);
    expect(clock.timers).toEqual([]);
  });
});

describe('silence', () => {
  it('absorbs repetitions, CANCEL and ACK of a stranger, and sends nothing', () => {
    const transaction = receive('INVITE');
    transaction.ignore();
    layer.receive(incoming('INVITE'), peer);
    layer.receive(incoming('CANCEL'), peer);
    layer.receive(incoming('CANCEL'), peer);
    ack();
    reply(transaction, 200);
    clock.advance(31_999);
    layer.receive(incoming('INVITE'), peer);
    expect(transport.sent).toHaveLength(0);
    expect(handler.requests).toHaveLength(1);
    expect(handler.acks).toHaveLength(0);
    expect(user.told).toEqual([]);
    clock.advance(1);
    expect(layer.counters.servers).toBe(0);
  });

  it('works for other requests as well', () => {
    receive('OPTIONS').ignore();
    layer.receive(incoming('OPTIONS'), peer);
    clock.advance(32_000);
    expect(transport.sent).toHaveLength(0);
    expect(handler.requests).toHaveLength(1);
    expect(layer.counters.servers).toBe(0);
  });
});

describe('a flood', () => {
  const flood = (method: string, count: number, from = 0): void => {
    for (let at = from; at < from + count; at += 1) {
      layer.receive(incoming(method, { branch: `z9hG4bK${method}${at}`, callId: `${method}${at}` }), peer);
    }
  };

  it('of requests that are answered: the oldest makes room, all are handed up', () => {
    for (let at = 0; at < 1000; at += 1) {
      flood('OPTIONS', 1, at);
      reply(handler.requests.at(-1) as ServerTransaction, 200);
    }
    expect(handler.requests).toHaveLength(1000);
    expect(layer.counters).toMatchObject({ servers: 75, refused: 0 });
    expect(clock.timers).toHaveLength(75);
  });

  it('of requests that nobody answers: the surplus gets 503, and one line in the log', () => {
    flood('INVITE', 1000);
    expect(layer.counters).toMatchObject({ servers: 75, refused: 925 });
    expect(handler.requests).toHaveLength(75);
    expect(transport.responses(503)).toHaveLength(925);
    expect(log.lines.filter(({ event }) => event === 'transaction.overload')).toHaveLength(1);
  });

  it('does not keep out a BYE, nor the ACK and the CANCEL of a call that is there', () => {
    const call = receive('INVITE');
    flood('INVITE', 1000);
    layer.receive(incoming('BYE', { branch: 'z9hG4bKbye', to: '<sip:door@192.0.2.9>;tag=door' }), peer);
    expect(handler.requests.at(-1)?.request.method).toBe('BYE');
    layer.receive(incoming('CANCEL'), peer);
    expect(user.told).toEqual(['cancelled']);
    reply(call, 487);
    ack();
    expect(user.told).toEqual(['cancelled', 'acknowledged']);
  });

  it('of calls that are accepted: the oldest makes room, and a BYE gets through', () => {
    for (let at = 0; at < 300; at += 1) {
      flood('INVITE', 1, at);
      reply(handler.requests.at(-1) as ServerTransaction, 200);
    }
    expect(handler.requests).toHaveLength(300);
    expect(layer.counters).toMatchObject({ servers: 75, refused: 0 });
    layer.receive(incoming('BYE', { branch: 'z9hG4bKbye', to: '<sip:door@192.0.2.9>;tag=door' }), peer);
    expect(handler.requests.at(-1)?.request.method).toBe('BYE');
    // The 2xx of one that was thrown out can still be repeated.
    const sent = transport.sent.length;
    reply(handler.requests[0] as ServerTransaction, 200);
    expect(transport.sent).toHaveLength(sent + 1);
  });

  it('never throws out a call that is accepted or waits for its answer', () => {
    const accepted = receive('INVITE');
    reply(accepted, 200);
    for (let at = 0; at < 500; at += 1) {
      flood('OPTIONS', 1, at);
      reply(handler.requests.at(-1) as ServerTransaction, 200);
    }
    const handedUp = handler.requests.length;
    layer.receive(incoming('INVITE'), peer);
    expect(handler.requests).toHaveLength(handedUp);
  });
});

describe('what is screened (RFC 3261 §8.2.7)', () => {
  it('and dropped makes no state and no answer; a repetition is asked about again', () => {
    handler.screening = 'drop';
    for (const method of ['INVITE', 'OPTIONS', 'CANCEL']) layer.receive(incoming(method), peer);
    layer.receive(incoming('INVITE'), peer);
    clock.advance(60_000);
    expect(handler.screened).toBe(4);
    expect([handler.requests, transport.sent, clock.timers]).toEqual([[], [], []]);
    expect(layer.counters.servers).toBe(0);
  });

  it('and answered is answered once for each copy, alike, and makes no state', () => {
    handler.screening = createResponse(incoming('INVITE'), 401);
    layer.receive(incoming('INVITE'), peer);
    layer.receive(incoming('INVITE'), peer);
    clock.advance(60_000);
    const answers = transport.responses(401);
    expect(answers).toHaveLength(2);
    expect(answers[0]?.toTag).toBe(answers[1]?.toTag);
    expect(layer.counters.servers).toBe(0);
  });

  it('is no repetition, no ACK, and no CANCEL of a request that was taken', () => {
    receive('INVITE');
    handler.screening = 'drop';
    layer.receive(incoming('INVITE'), peer);
    layer.receive(incoming('CANCEL'), peer);
    ack();
    expect(handler.screened).toBe(1);
    expect(user.told).toEqual(['cancelled']);
  });

  it('is a CANCEL from another hop than its INVITE’s', () => {
    receive('INVITE');
    handler.screening = 'drop';
    layer.receive(incoming('CANCEL'), { ...peer, address: '192.0.2.66' });
    expect(handler.screened).toBe(2);
    expect([user.told, transport.sent]).toEqual([[], []]);
  });

  it('and taken may fail in its user’s hands: 500, and its room is free again', () => {
    const fault = new Error('a fault of the program');
    handler.request = () => {
      throw fault;
    };
    expect(() => layer.receive(incoming('OPTIONS'), peer)).toThrow(fault);
    clock.advance(60_000);
    expect(transport.responses(500)).toHaveLength(1);
    expect(layer.counters.servers).toBe(0);
  });
});
