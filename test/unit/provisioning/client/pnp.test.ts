// The search by multicast, against responders as they are in the field.

import { describe, expect, it } from 'vitest';
import { readAnswer } from '../../../../src/provisioning/client/pnp/pnp-answer.ts';
import {
  isOnNetwork,
  type PnpInterface,
  type PnpNetwork,
  PnpSearch,
  type PnpSocket,
} from '../../../../src/provisioning/client/pnp/pnp-search.ts';
import type { ServerFound } from '../../../../src/provisioning/client/types.ts';
import { parseMessage } from '../../../../src/sip/message/index.ts';
import type { SipMessage } from '../../../../src/sip/message/types.ts';
import { FakeClock, settle } from '../../../support/fake-clock.ts';
import { PNP_DIALECTS, pnpAnswers, USUAL_DIALECT } from '../../../support/pnp-responder.ts';
import { RecordingLog } from '../../../support/recording-log.ts';
import { SeededRandom } from '../../../support/seeded-random.ts';

const MAC = 'b827eb010203';
const URL = 'https://192.0.2.7:8443/prov/{mac}.yaml';
const HOUSE: PnpInterface = { name: 'eth0', address: '192.0.2.20', netmask: '255.255.255.0' };
const OTHER: PnpInterface = { name: 'wlan0', address: '198.51.100.4', netmask: '255.255.255.192' };
const RESPONDER = { address: '192.0.2.7', port: 8160 };

interface Sent {
  readonly bytes: Buffer;
  readonly port: number;
  readonly address: string;
  readonly by: string;
}

/** Interfaces in memory. */
class FakeMulticast implements PnpNetwork {
  readonly sent: Sent[] = [];
  readonly listeners = new Map<string, (bytes: Buffer, address: string, port: number) => void>();
  broken: string | undefined;
  onSend: (sent: Sent) => void = () => undefined;

  constructor(private readonly all: readonly PnpInterface[]) {}

  interfaces(): readonly PnpInterface[] {
    return this.all;
  }

  open(at: PnpInterface): Promise<PnpSocket> {
    if (this.broken === at.name) return Promise.reject(new Error('it is down'));
    return Promise.resolve({
      port: 40_001,
      send: (bytes, port, address) => {
        const sent = { bytes, port, address, by: at.name };
        this.sent.push(sent);
        this.onSend(sent);
      },
      onMessage: (listener) => this.listeners.set(at.name, listener),
      close: () => this.listeners.delete(at.name),
    });
  }

  deliver(bytes: Buffer, from: { address: string; port: number }, by = 'eth0'): void {
    this.listeners.get(by)?.(bytes, from.address, from.port);
  }
}

function searching(interfaces: readonly PnpInterface[] = [HOUSE]) {
  const clock = new FakeClock();
  const log = new RecordingLog();
  const network = new FakeMulticast(interfaces);
  const device = { mac: MAC, vendor: 'doorphone', model: 'virtual', version: '1.0' };
  const search = new PnpSearch({ clock, random: new SeededRandom(7), log, network, device });
  const results: (ServerFound | undefined)[] = [];
  const run = async (): Promise<void> => {
    void search.run().then((found) => results.push(found));
    await settle();
  };
  const questions = () => network.sent.filter(({ address }) => address === '224.0.1.75');
  return { clock, log, network, search, results, run, questions };
}

function messageOf(bytes: Buffer): SipMessage {
  const parsed = parseMessage(bytes);
  if (!parsed.ok) throw new Error(parsed.error.message);
  return parsed.value;
}

describe('the question', () => {
  it('goes to the group, with the hardware address wherever responders look for it', async () => {
    const made = searching();
    await made.run();
    const [first] = made.questions();
    expect([first?.address, first?.port]).toEqual(['224.0.1.75', 5060]);
    const text = first?.bytes.toString() ?? '';
    expect(text).toContain(`SUBSCRIBE sip:MAC%3a${MAC}@224.0.1.75 SIP/2.0\r\n`);
    expect(text).toContain(`From: <sip:MAC%3a${MAC}@224.0.1.75>;tag=`);
    expect(text).toContain(`Contact: <sip:MAC%3a${MAC}@192.0.2.20:40001>\r\n`);
    expect(text).toMatch(new RegExp(`User-Agent: .*${MAC}\r\n`));
    expect(text).toContain('Expires: 0\r\n');
    expect(text).toContain(
      'Event: ua-profile;profile-type="device";vendor="doorphone";model="virtual";version="1.0"\r\n',
    );
    expect(text).toContain('Accept: application/url');
    expect(text).toContain(';rport');
  });

  it('comes by each spelling, twice, for ten seconds at the most', async () => {
    const made = searching();
    await made.run();
    await made.clock.advanceAsync(9_999);
    expect(made.results).toEqual([]);
    await made.clock.advanceAsync(1);
    expect(made.results).toEqual([undefined]);
    const users = made.questions().map(({ bytes }) => /^SUBSCRIBE sip:([^@]*)@/.exec(bytes.toString())?.[1]);
    const spelled = ['MAC%3a', 'MAC%3A', 'MAC'].map((spelling) => `${spelling}${MAC}`);
    expect(users).toEqual(spelled.flatMap((user) => [user, user]));
    await made.clock.advanceAsync(60_000);
    expect(made.questions()).toHaveLength(6);
    expect(made.clock.timers).toEqual([]);
  });

  it('goes out by every interface that is up, and one that fails does not matter', async () => {
    const made = searching([HOUSE, OTHER, { ...OTHER, name: 'eth1' }]);
    made.network.broken = 'eth0';
    await made.run();
    expect(made.questions().map(({ by }) => by)).toEqual(['wlan0', 'eth1']);
    expect(made.log.lines.map(({ event }) => event)).toContain('pnp.not-asked');
  });

  it('without any interface there is nobody to ask', async () => {
    const made = searching([]);
    await made.run();
    expect(made.results).toEqual([undefined]);
  });
});

describe('answers of the field', () => {
  it.each(PNP_DIALECTS.map((dialect) => [dialect.name, dialect] as const))('%s', async (_, dialect) => {
    const made = searching();
    await made.run();
    const question = made.questions()[0]?.bytes ?? Buffer.alloc(0);
    for (const answer of pnpAnswers(dialect, question, RESPONDER, URL)) made.network.deliver(answer, RESPONDER);
    await settle();
    expect(made.results).toEqual([{ from: 'pnp', uri: URL, by: 'a multicast answer of 192.0.2.7' }]);
    const replies = made.network.sent.filter(({ address }) => address === RESPONDER.address);
    expect(replies).toHaveLength(1);
    const [reply] = replies.map(({ bytes }) => messageOf(bytes));
    expect(reply?.kind === 'response' && [reply.status, reply.cseq.method]).toEqual([200, 'NOTIFY']);
    expect(replies[0]?.port).toBe(RESPONDER.port);
  });

  it('asks no more once it has an answer, and acknowledges those that come late', async () => {
    const made = searching();
    await made.run();
    const question = made.questions()[0]?.bytes ?? Buffer.alloc(0);
    const deliver = (url: string, address: string): void => {
      for (const answer of pnpAnswers(USUAL_DIALECT, question, { ...RESPONDER, address }, url)) {
        made.network.deliver(answer, { ...RESPONDER, address });
      }
    };
    deliver(URL, '192.0.2.7');
    deliver('https://192.0.2.66/evil', '192.0.2.66');
    await made.clock.advanceAsync(20_000);
    expect(made.results.map((found) => found?.uri)).toEqual([URL]);
    expect(made.questions()).toHaveLength(1);
    expect(made.log.lines.filter(({ event }) => event === 'pnp.second-answer')).toHaveLength(1);
    expect(made.network.sent.filter(({ address }) => address === '192.0.2.66')).toHaveLength(1);
  });

  it('the answer to a later spelling counts as well', async () => {
    const made = searching();
    await made.run();
    await made.clock.advanceAsync(5_000);
    const question = made.questions().at(-1)?.bytes ?? Buffer.alloc(0);
    for (const answer of pnpAnswers(USUAL_DIALECT, question, RESPONDER, URL)) made.network.deliver(answer, RESPONDER);
    await settle();
    expect(made.results.map((found) => found?.uri)).toEqual([URL]);
  });
});

describe('what is not believed', () => {
  const refused = async (bytes: (question: Buffer) => readonly Buffer[], from = RESPONDER) => {
    const made = searching();
    await made.run();
    const question = made.questions()[0]?.bytes ?? Buffer.alloc(0);
    for (const answer of bytes(question)) made.network.deliver(answer, from);
    await made.clock.advanceAsync(10_000);
    expect(made.results).toEqual([undefined]);
    return made;
  };

  it.each(['203.0.113.9', '192.0.3.7', '10.0.0.1'])('an answer from another network: %s', async (address) => {
    const made = await refused((question) => pnpAnswers(USUAL_DIALECT, question, RESPONDER, URL), {
      ...RESPONDER,
      address,
    });
    expect(made.network.sent.some((sent) => sent.address === address)).toBe(false);
    expect(made.log.lines.map(({ event }) => event)).toContain('pnp.answer-from-elsewhere');
  });

  it.each(['tftp://192.0.2.7/', 'ftp://192.0.2.7/x', 'file:///etc/passwd', 'nothing at all'])('%s', async (url) => {
    const made = await refused((question) => pnpAnswers(USUAL_DIALECT, question, RESPONDER, url));
    expect(made.log.lines.map(({ event }) => event)).toContain('pnp.answer-of-no-use');
  });

  it('an answer for another device: not even answered', async () => {
    const made = await refused((question) => {
      const foreign = Buffer.from(
        question
          .toString()
          .replaceAll(MAC, 'b827ebffffff')
          .replace(/Call-ID: /, '$&x'),
      );
      return pnpAnswers(USUAL_DIALECT, foreign, RESPONDER, URL).slice(1);
    });
    expect(made.network.sent.filter(({ address }) => address === RESPONDER.address)).toEqual([]);
  });

  it('another event', async () => {
    await refused((question) =>
      pnpAnswers(USUAL_DIALECT, question, RESPONDER, URL).map((bytes) =>
        Buffer.from(bytes.toString().replace('Event: ua-profile', 'Event: check-sync')),
      ),
    );
  });

  it('a flood is not read to its end', async () => {
    const made = searching();
    await made.run();
    const junk = Buffer.from('x');
    for (let count = 0; count < 64; count += 1) made.network.deliver(junk, RESPONDER);
    const question = made.questions()[0]?.bytes ?? Buffer.alloc(0);
    for (const answer of pnpAnswers(USUAL_DIALECT, question, RESPONDER, URL)) made.network.deliver(answer, RESPONDER);
    await made.clock.advanceAsync(10_000);
    expect(made.results).toEqual([undefined]);
  });

  it('bytes at random, and answers with bytes changed, break nothing', () => {
    const random = new SeededRandom(99);
    const reader = { mac: MAC, callIds: new Set<string>(), local: { address: '192.0.2.20', port: 5 }, sourcePort: 6 };
    const question = Buffer.from(
      `SUBSCRIBE sip:MAC%3a${MAC}@224.0.1.75 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.20:5;branch=z9hG4bK1;rport\r\nFrom: <sip:MAC%3a${MAC}@224.0.1.75>;tag=1\r\nTo: <sip:MAC%3a${MAC}@224.0.1.75>\r\nCall-ID: c\r\nCSeq: 1 SUBSCRIBE\r\nContact: <sip:MAC%3a${MAC}@192.0.2.20:5>\r\nContent-Length: 0\r\n\r\n`,
    );
    let urls = 0;
    for (const dialect of PNP_DIALECTS) {
      for (const answer of pnpAnswers(dialect, question, RESPONDER, URL)) {
        for (let round = 0; round < 50; round += 1) {
          const changed = Buffer.from(answer);
          for (let change = 0; change < round % 5; change += 1) {
            changed[Math.floor(random.uniform() * changed.length)] = Math.floor(random.uniform() * 256);
          }
          if (readAnswer(changed, reader).kind === 'url') urls += 1;
        }
      }
    }
    expect(urls).toBeGreaterThan(PNP_DIALECTS.length);
  });
});

describe('the network of an interface', () => {
  it.each([
    ['192.0.2.254', HOUSE, true],
    ['192.0.3.1', HOUSE, false],
    ['198.51.100.63', OTHER, true],
    ['198.51.100.64', OTHER, false],
    ['::1', OTHER, false],
  ])('%s in that of %s: %s', (address, at, expected) => {
    expect(isOnNetwork(address, at)).toBe(expected);
  });
});
