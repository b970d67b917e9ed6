// A storm of bytes at every port of a door that talks: nothing crashes, the call and its sound go on, what was refused is
// counted, memory and log stay as they were, and the door rings afterwards. Repeatable: $DOORPHONE_FUZZ_SEED.

import type { Socket } from 'node:dgram';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { mutate } from '../fuzz/mutations.ts';
import { SeededRandom } from '../support/seeded-random.ts';
import { DOOR_CODE, ServiceProcess } from '../support/service-process.ts';
import { describe as describeMedia, type PhoneCall, UdpPhone } from '../support/udp-phone.ts';
import { bindUdp, type Place } from '../support/udp-socket.ts';

const SABOTEUR = new URL('../support/service-saboteur.mjs', import.meta.url).pathname;
const SEED = Number(process.env.DOORPHONE_FUZZ_SEED ?? '20518');
const MEBIBYTE = 1024 * 1024;

/** Datagrams of one storm, by port. */
const SIP_DATAGRAMS = 9_000;
const RTP_DATAGRAMS = 5_000;
const RTCP_DATAGRAMS = 5_000;

const random = new SeededRandom(SEED);
const below = (bound: number): number => Math.floor(random.uniform() * bound);

/** Random octets of any length that UDP carries; mostly as short as real ones. */
const noise = (): Buffer => random.bytes(random.uniform() < 0.005 ? below(65_507) : below(1_500));

let phone: UdpPhone;
let stranger: UdpPhone;
/** Somebody of the phone's own host: let in by address, and as hostile. */
let neighbour: Socket;
let service: ServiceProcess;
let call: PhoneCall;
let sip: Place;

beforeEach(async () => {
  phone = await UdpPhone.plug('127.0.0.2');
  stranger = await UdpPhone.plug('127.0.0.9');
  neighbour = await bindUdp('127.0.0.2');
  service = await ServiceProcess.start({
    configuration: { buttons: { front: { line: 'button', call: [phone.uri] } } },
    environment: { DOORPHONE_SABOTAGE: 'memory' },
    node: ['--expose-gc', '--import', SABOTEUR],
  });
  sip = { address: '127.0.0.1', port: await service.sipPort() };
  await service.execute('press', {});
  call = await phone.takeCall();
  await service.saw('call.answered');
  await call.rtp.hears(10);
});
afterEach(async () => {
  call.rtp.unplug();
  for (const end of [phone, stranger]) end.unplug();
  neighbour.close();
  await service.stop();
});

/** Messages as they come to a door; none of them belongs to its call. */
function sipCorpus(): Buffer[] {
  const head = (first: string, cseq: string): string =>
    [
      first,
      'Via: SIP/2.0/UDP 127.0.0.9:5060;branch=z9hG4bK-storm;rport',
      'Max-Forwards: 70',
      'From: "Storm" <sip:storm@127.0.0.9>;tag=storm',
      'To: <sip:door@127.0.0.1>',
      'Call-ID: storm',
      `CSeq: ${cseq}`,
      'Contact: <sip:storm@127.0.0.9:5060>',
    ].join('\r\n');
  const sdp = describeMedia('127.0.0.9', 4000, 8);
  const withSdp = (text: string): string =>
    `${text}\r\nContent-Type: application/sdp\r\nContent-Length: ${sdp.length}\r\n\r\n${sdp}`;
  const methods = ['OPTIONS', 'REGISTER', 'BYE', 'CANCEL', 'ACK', 'MESSAGE', 'INFO', 'SUBSCRIBE', 'PRACK', 'UPDATE'];
  return [
    withSdp(head('INVITE sip:door@127.0.0.1 SIP/2.0', '1 INVITE')),
    withSdp(head('SIP/2.0 200 OK', '1 INVITE')),
    `${head('SIP/2.0 401 Unauthorized', '1 REGISTER')}\r\nWWW-Authenticate: Digest realm="x", nonce="y"\r\n\r\n`,
    ...methods.map(
      (method) => `${head(`${method} sip:door@127.0.0.1 SIP/2.0`, `1 ${method}`)}\r\nContent-Length: 0\r\n\r\n`,
    ),
  ].map((text) => Buffer.from(text));
}

/** RTP with every field by chance, sometimes the phone's own source and a digit; sometimes cut off. */
function rtpPacket(): Buffer {
  const packet = random.bytes(12 + below(200));
  packet.writeUInt8(0x80 | below(64), 0);
  packet.writeUInt8([0, 8, 101, 0x80 | 101, below(256)][below(5)] ?? 0, 1);
  if (random.uniform() < 0.5) packet.writeUInt32BE(0x50484f4e, 8);
  return random.uniform() < 0.2 ? packet.subarray(0, below(packet.length)) : packet;
}

/** Compound RTCP whose lengths and counts do not fit what is there (RFC 3550 §6). */
function rtcpPacket(): Buffer {
  const packet = random.bytes(8 + 4 * below(40));
  packet.writeUInt8(0x80 | below(64), 0);
  packet.writeUInt8(200 + below(8), 1);
  packet.writeUInt16BE(random.uniform() < 0.5 ? packet.length / 4 - 1 : below(65_536), 2);
  return random.uniform() < 0.2 ? packet.subarray(0, below(packet.length)) : packet;
}

/** The phone asks, and is answered when the service has been through all that came before. */
async function caughtUp(): Promise<void> {
  const from = phone.messages.mark;
  phone.ask('OPTIONS', sip);
  await phone.final('OPTIONS', from);
}

async function storm(): Promise<void> {
  const rtp = call.rtp.target;
  const rtcp = { ...rtp, port: rtp.port + 1 };
  const corpus = sipCorpus();
  const send = (bytes: Buffer, to: Place): void => {
    if (random.uniform() < 0.5) stranger.send(bytes, to);
    else neighbour.send(bytes, to.port, to.address);
  };
  for (let sent = 0; sent < SIP_DATAGRAMS; sent += 1) {
    // Each its own transaction, or the same again.
    const message = random.uniform() < 0.3 ? noise() : mutate(corpus, random);
    const text = message.toString('latin1').replace('branch=z9hG4bK-storm', `branch=z9hG4bK-${below(5_000)}`);
    send(Buffer.from(text.replace('Call-ID: storm', `Call-ID: ${below(5_000)}`), 'latin1').subarray(0, 65_507), sip);
    // No more than a socket's buffer holds, so that it is read, not dropped by the kernel.
    if (sent % 40 === 0) await caughtUp();
  }
  for (let sent = 0; sent < Math.max(RTP_DATAGRAMS, RTCP_DATAGRAMS); sent += 1) {
    send(random.uniform() < 0.3 ? noise() : rtpPacket(), rtp);
    send(random.uniform() < 0.3 ? noise() : rtcpPacket(), rtcp);
    // The phone's own sockets, too: what it sends is believed more.
    if (sent % 10 === 0) call.rtp.sendBytes(noise().subarray(0, 1_400), rtp);
    if (sent % 20 === 0) await nextTurn();
  }
  await caughtUp();
}

async function usedMemory(): Promise<number> {
  const from = service.log.mark;
  service.signal('SIGUSR2');
  const line = await service.log.find('memory', ({ event }) => event === 'test.memory', { from });
  return Number(line.heapUsed);
}

it(`survives a storm at its ports, twice (seed ${SEED})`, async () => {
  await storm();
  const [heap, resident, lines] = [await usedMemory(), service.residentBytes(), service.log.mark];
  const arrived = call.rtp.arrivals.mark;
  await storm();
  const growth = { heap: (await usedMemory()) - heap, resident: service.residentBytes() - resident };

  // The sound went on through it: every packet that the door sent came, in order.
  const heard = call.rtp.arrivals.items.slice(arrived);
  expect(heard.length).toBeGreaterThan(20);
  const jumps = heard.slice(1).filter((one, at) => ((one.sequence - (heard[at]?.sequence ?? 0)) & 0xffff) !== 1);
  expect(jumps.length).toBeLessThan(heard.length / 20);
  expect(await service.status()).toMatchObject({ state: 'talking', call: { peer: phone.uri } });

  // Nobody opened the door by it, not with the very code from another host or another port of the phone's host.
  for (const intruder of ['127.0.0.9', '127.0.0.2']) await pressFrom(intruder);
  await caughtUp();
  expect(service.allOf('door.opened')).toEqual([]);
  // The phone does.
  const mark = service.events.mark;
  call.rtp.press('#');
  call.rtp.press(DOOR_CODE);
  await service.saw('door.opened', { from: mark });

  expect(growth.heap).toBeLessThan(4 * MEBIBYTE);
  expect(growth.resident).toBeLessThan(24 * MEBIBYTE);
  expect(service.log.items.slice(lines).length).toBeLessThan(30);
  expect(service.events.items.length).toBeLessThan(60);

  await call.hangup();
  const end = await service.saw('call.ended');
  expect(end.reason).toBe('hangup-remote');
  expect(end.media?.packetsRefused).toBeGreaterThan(RTP_DATAGRAMS);
  const dropped = await service.saw('fault', { fits: ({ what }) => what.includes('at the SIP port') });
  expect(dropped.mend).toEqual(expect.any(String));

  const from = phone.messages.mark;
  const at = service.events.mark;
  await service.execute('press', {});
  const again = await phone.takeCall({}, from);
  await service.saw('call.answered', { from: at });
  await again.rtp.hears();
  await again.hangup();
}, 60_000);

/** The door's code as RFC 4733 digits, from where the call does not come from, with the call's own source. */
async function pressFrom(address: string): Promise<void> {
  const socket = await bindUdp(address);
  const { target } = call.rtp;
  for (const [index, key] of ['4', '2', '#'].entries()) {
    for (let repeat = 0; repeat < 3; repeat += 1) {
      const packet = Buffer.alloc(16);
      packet.writeUInt8(0x80, 0);
      packet.writeUInt8(101, 1);
      packet.writeUInt16BE(2_000 + 3 * index + repeat, 2);
      packet.writeUInt32BE(900_000 + 2_000 * index, 4);
      packet.writeUInt32BE(0x50484f4e, 8);
      packet.writeUInt8(key === '#' ? 11 : Number(key), 12);
      packet.writeUInt8(0x8a, 13);
      packet.writeUInt16BE(800, 14);
      socket.send(packet, target.port, target.address);
    }
  }
  await call.rtp.hears(3);
  socket.close();
}
