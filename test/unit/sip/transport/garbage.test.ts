import { describe, expect, it } from 'vitest';
import { createResponse, serialize } from '../../../../src/sip/message/index.ts';
import type { Endpoint } from '../../../../src/sip/message/types.ts';
import { TransactionLayer } from '../../../../src/sip/transaction/index.ts';
import { TransportLayer } from '../../../../src/sip/transport/index.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { MemoryNetwork } from '../../../support/memory-network.ts';
import { RecordingLog } from '../../../support/recording-log.ts';
import { SeededRandom } from '../../../support/seeded-random.ts';
import { incoming, outgoing } from '../../../support/sip-messages.ts';
import { RecordingHandler, RecordingUser } from '../../../support/sip-transactions.ts';

const ROUNDS = 4000;
const place = (address: string): Endpoint => ({ protocol: 'udp', address, port: 5060 });

/** Spoils a datagram: cuts it, doubles a part, throws bytes in, or is nothing but chance. */
function spoil(bytes: Buffer, random: SeededRandom): Buffer {
  const pick = (bound: number): number => Math.floor(random.uniform() * bound);
  const [from, to] = [pick(bytes.length), pick(bytes.length)].sort((a, b) => a - b);
  switch (pick(6)) {
    case 0:
      return bytes.subarray(0, to);
    case 1:
      return Buffer.concat([bytes.subarray(0, to), bytes.subarray(from)]);
    case 2:
      return Buffer.concat([bytes.subarray(0, from), random.bytes(pick(40)), bytes.subarray(to)]);
    case 3:
      return random.bytes(pick(1500));
    case 4: {
      const flipped = Buffer.from(bytes);
      for (let flips = pick(8); flips >= 0; flips -= 1) flipped[pick(flipped.length)] = pick(256);
      return flipped;
    }
    default:
      return Buffer.concat([bytes, Buffer.alloc(pick(70_000), 'a')]);
  }
}

describe('garbage at the SIP port', () => {
  it.each([11, 12, 13])('throws nothing and leaves nothing behind (seed %s)', async (seed) => {
    const clock = new FakeClock();
    const network = new MemoryNetwork(clock);
    const random = new SeededRandom(seed);
    const log = new RecordingLog();
    const handler = new RecordingHandler();
    const transport = new TransportLayer({
      clock,
      random: new SeededRandom(1),
      log,
      network: network.host('192.0.2.9'),
      receive: (message, source) => layer.receive(message, source),
    });
    const layer = new TransactionLayer({ clock, random, log, transport, handler });
    await transport.listen([place('192.0.2.9')]);
    const peer = await network.host('192.0.2.1').bind('192.0.2.1', 5060);

    layer.request(outgoing('INVITE'), place('192.0.2.1'), new RecordingUser());
    const ours = incoming('INVITE', { via: `SIP/2.0/UDP 192.0.2.9:5060;branch=z9hG4bKguess;rport` });
    const seeds = [
      ...['INVITE', 'ACK', 'CANCEL', 'OPTIONS', 'BYE'].map((method) => serialize(incoming(method))),
      ...[100, 180, 200, 401, 486].map((status) => serialize(createResponse(ours, status))),
    ];
    for (let round = 0; round < ROUNDS; round += 1) {
      const bytes = seeds[round % seeds.length] ?? Buffer.alloc(0);
      peer.send(spoil(bytes, random), 5060, '192.0.2.9', () => undefined);
      clock.advance(5);
      for (const transaction of handler.requests.splice(0))
        transaction.respond(createResponse(transaction.request, 486));
    }
    clock.advance(200_000);
    expect(log.lines.filter(({ level }) => level === 'error')).toEqual([]);
    expect(layer.counters).toEqual({ clients: 0, servers: 0, refused: 0 });
    expect(clock.timers).toEqual([]);
    const { notSip, malformed } = transport.counters;
    expect(notSip).toBeGreaterThan(100);
    expect(malformed).toBeGreaterThan(100);
    expect(log.lines.filter(({ event }) => event === 'transport.dropped')).toHaveLength(1);
  });
});
