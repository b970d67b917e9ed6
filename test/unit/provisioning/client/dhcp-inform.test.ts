// DHCPINFORM: what is asked, which answers count, and by which port.

import { describe, expect, it } from 'vitest';
import { seconds } from '../../../../src/base/units.ts';
import { type InformParts, type InformSocket, inform } from '../../../../src/provisioning/client/dhcp/inform.ts';
import { readInformAnswer, writeInform } from '../../../../src/provisioning/client/dhcp/inform-message.ts';
import { formatHelperFile, readHelperFile } from '../../../../src/provisioning/client/dhcp/lease-formats.ts';
import { FakeClock, settle } from '../../../support/fake-clock.ts';
import { SeededRandom } from '../../../support/seeded-random.ts';

const MAC = 'b827eb010203';
const ETH0 = { name: 'eth0', address: '10.99.0.108', mac: MAC };
const QUESTION = { xid: 0x12345678, mac: MAC, address: '10.99.0.108', relayed: false, wanted: [66, 141] };

/** A server's answer, put together by the table of RFC 2131 §2. */
function ack(question: Buffer, options: readonly number[], type = 5): Buffer {
  const message = Buffer.alloc(240);
  message.set([2, 1, 6, 0]);
  question.copy(message, 4, 4, 8);
  question.copy(message, 12, 12, 16);
  question.copy(message, 24, 24, 44);
  message.set([99, 130, 83, 99], 236);
  return Buffer.concat([message, Buffer.from([53, 1, type, ...options, 255])]);
}

const boot = [66, 4, ...Buffer.from('boot')];

describe('a question', () => {
  it('is as RFC 2131 §4.4.3 has it', () => {
    const bytes = writeInform(QUESTION);
    expect(bytes).toHaveLength(300);
    expect([...bytes.subarray(0, 12)]).toEqual([1, 1, 6, 0, 0x12, 0x34, 0x56, 0x78, 0, 0, 0, 0]);
    expect([...bytes.subarray(12, 28)]).toEqual([10, 99, 0, 108, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    expect(bytes.toString('hex', 28, 44)).toBe(`${MAC}00000000000000000000`);
    expect([...bytes.subarray(236, 249)]).toEqual([99, 130, 83, 99, 53, 1, 8, 55, 2, 66, 141, 255, 0]);
  });

  it('by way of a relay names us as that (§4.1)', () => {
    expect([...writeInform({ ...QUESTION, relayed: true }).subarray(24, 28)]).toEqual([10, 99, 0, 108]);
  });
});

describe('an answer', () => {
  const sent = writeInform(QUESTION);

  it('gives its options', () => {
    expect(readInformAnswer(ack(sent, boot), QUESTION)?.get(66)?.toString()).toBe('boot');
  });

  it.each([
    ['to another question', ack(sent, boot), { ...QUESTION, xid: 1 }],
    ['to another machine', ack(sent, boot), { ...QUESTION, mac: 'b827eb010204' }],
    ['that refuses', ack(sent, boot, 6), QUESTION],
    ['that is a question', Buffer.from(sent), QUESTION],
    ['cut short', ack(sent, boot).subarray(0, 239), QUESTION],
    ['with nothing in it', Buffer.alloc(0), QUESTION],
  ])('%s is none', (_, bytes, question) => {
    expect(readInformAnswer(bytes, question)).toBeUndefined();
  });
});

class FakePort implements InformSocket {
  readonly sent: Buffer[] = [];
  closed = false;
  listener: (bytes: Buffer) => void = () => undefined;

  broadcast(bytes: Buffer, port: number): void {
    expect(port).toBe(67);
    this.sent.push(bytes);
  }

  onMessage(listener: (bytes: Buffer) => void): void {
    this.listener = listener;
  }

  close(): void {
    this.closed = true;
  }
}

function machine(taken: readonly number[] = []) {
  const clock = new FakeClock();
  const ports = new Map<number, FakePort>();
  const warnings: string[] = [];
  const parts: InformParts = {
    clock,
    random: new SeededRandom(3),
    open: async (_, port) => {
      if (taken.includes(port)) throw new Error('it is taken');
      const made = new FakePort();
      ports.set(port, made);
      return made;
    },
    warn: (what) => warnings.push(what),
  };
  return { clock, ports, warnings, parts };
}

describe('asking', () => {
  it('by port 68 has the answer, and closes all', async () => {
    const { clock, ports, parts } = machine();
    const asked = inform(ETH0, parts);
    await settle();
    clock.advance(seconds(0));
    const port = ports.get(68);
    port?.listener(Buffer.from('something else'));
    port?.listener(ack(port.sent[0] ?? Buffer.alloc(0), boot));
    const lease = await asked;
    expect(lease?.where).toBe('eth0');
    expect(lease?.v4.get(66)?.toString()).toBe('boot');
    expect([...ports.values()].map(({ closed }) => closed)).toEqual([true, true]);
    expect(clock.timers).toEqual([]);
  });

  it('is heard at port 67 where port 68 is deaf', async () => {
    const { clock, ports, parts } = machine();
    const asked = inform(ETH0, parts);
    await settle();
    clock.advance(seconds(1));
    const port = ports.get(67);
    expect(port?.sent).toHaveLength(1);
    port?.listener(ack(port.sent[0] ?? Buffer.alloc(0), boot));
    expect((await asked)?.v4.get(66)?.toString()).toBe('boot');
  });

  it('ends when nobody answers', async () => {
    const { clock, ports, parts } = machine();
    const asked = inform(ETH0, parts);
    await settle();
    clock.advance(seconds(30));
    expect(await asked).toBeUndefined();
    expect([...ports.values()].map(({ sent }) => sent.length)).toEqual([2, 2]);
  });

  it('says which ports it cannot have, and goes on by the other', async () => {
    const { clock, ports, warnings, parts } = machine([67]);
    const asked = inform(ETH0, parts);
    await settle();
    clock.advance(seconds(30));
    await asked;
    expect(warnings).toEqual(['port 67 at eth0 is not to be had: it is taken']);
    expect(ports.get(68)?.sent).toHaveLength(2);
    expect(await inform(ETH0, machine([67, 68]).parts)).toBeUndefined();
  });
});

it('what is written down is read again', () => {
  const v4 = new Map([[66, Buffer.from('https://boot.example/')]]);
  const [read] = readHelperFile(formatHelperFile([{ where: 'eth0', v4, v6: new Map() }]));
  expect(read).toEqual({ where: 'eth0', v4, v6: new Map() });
});
