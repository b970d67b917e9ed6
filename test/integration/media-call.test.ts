// Two engines talk over loopback: what one plays, the other records.

import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Secret } from '../../src/base/secret.ts';
import { millis } from '../../src/base/units.ts';
import type { NativeEngine, SrtpParameters } from '../../src/media/index.ts';
import {
  correlation,
  fileEngine,
  never,
  next,
  pass,
  readWav,
  Scratch,
  streamTo,
  sweep,
  writeWav,
} from './media-support.ts';

const ports = { first: 20_000, last: 20_099 };
const doorVoice = sweep(2, 300, 3000);
const phoneVoice = sweep(2, 3200, 500);

function key(): SrtpParameters {
  return { suite: 'AES_CM_128_HMAC_SHA1_80', key: new Secret(randomBytes(30).toString('base64')) };
}

describe('a call between two engines', () => {
  let scratch: Scratch;
  let door: NativeEngine;
  let phone: NativeEngine;

  beforeEach(() => {
    scratch = new Scratch();
    writeWav(scratch.file('door.wav'), doorVoice);
    writeWav(scratch.file('phone.wav'), phoneVoice);
    door = fileEngine(ports, scratch.file('door.wav'), scratch.file('door-heard.wav'));
    phone = fileEngine(ports, scratch.file('phone.wav'), scratch.file('phone-heard.wav'));
  });
  afterEach(() => {
    door.close();
    phone.close();
    scratch.remove();
  });

  it.each([
    ['PCMA', 8, false],
    ['PCMU', 0, false],
    ['PCMA', 8, true],
  ] as const)(
    'carries each voice to the other side (%s, payload type %d, SRTP %s)',
    async (codec, payloadType, secured) => {
      const [doorKey, phoneKey] = secured ? [key(), key()] : [undefined, undefined];
      const doorSession = door.openSession({ address: '127.0.0.1', silenceAfter: never });
      const phoneSession = phone.openSession({ address: '127.0.0.1', silenceAfter: never });
      const started = next(door, 'started', (_, direction) => direction === 'in');
      const agreed = { codec, payloadType };
      doorSession.configure(streamTo(phoneSession.localPort, { ...agreed, send: doorKey, receive: phoneKey }));
      phoneSession.configure(streamTo(doorSession.localPort, { ...agreed, send: phoneKey, receive: doorKey }));
      const [id, , at] = await started;
      await pass(3000);
      const figures = doorSession.close();
      const phoneFigures = phoneSession.close();
      door.close();
      phone.close();

      const heardByDoor = correlation(readWav(scratch.file('door-heard.wav')), phoneVoice, 0.5);
      const heardByPhone = correlation(readWav(scratch.file('phone-heard.wav')), doorVoice, 0.5);
      console.log(`correlation: door heard ${heardByDoor.toFixed(4)}, phone heard ${heardByPhone.toFixed(4)}`);
      // G.711 alone leaves 0.999 (a signal-to-noise ratio of some 38 dB).
      expect(heardByDoor).toBeGreaterThan(0.99);
      expect(heardByPhone).toBeGreaterThan(0.99);
      expect(correlation(readWav(scratch.file('door-heard.wav')), doorVoice, 0.5)).toBeLessThan(0.5);
      expect(id).toBe(doorSession.id);
      expect(at).toBe(figures.firstReceivedAt);
      expect(figures.packetsLost).toBe(0);
      expect(figures.packetsRefused).toBe(0);
      expect(figures.packetsSent).toBeGreaterThan(140);
      expect(phoneFigures.packetsReceived).toBeGreaterThan(140);
    },
  );

  it('sends a description of silence in the place of silence, encrypted like the rest', async () => {
    writeWav(
      scratch.file('nobody.wav'),
      doorVoice.map(() => 0),
    );
    const quiet = fileEngine(ports, scratch.file('nobody.wav'), scratch.file('quiet-heard.wav'));
    const [quietKey, phoneKey] = [key(), key()];
    const quietSession = quiet.openSession({ address: '127.0.0.1', silenceAfter: never });
    const phoneSession = phone.openSession({ address: '127.0.0.1', silenceAfter: never });
    const keys = { send: quietKey, receive: phoneKey };
    quietSession.configure(streamTo(phoneSession.localPort, { ...keys, noisePayloadType: 13 }));
    phoneSession.configure(streamTo(quietSession.localPort, { send: phoneKey, receive: quietKey }));
    await pass(3000);
    quiet.close();
    const { packetsReceived, packetsLost, packetsRefused, framesConcealed } = phoneSession.statistics();
    // Less than a second of sound, until the silence is known for one, and a description or two.
    expect(packetsReceived).toBeGreaterThan(30);
    expect(packetsReceived).toBeLessThan(60);
    expect({ packetsLost, packetsRefused, framesConcealed }).toEqual({
      packetsLost: 0,
      packetsRefused: 0,
      framesConcealed: 0,
    });
    expect(correlation(readWav(scratch.file('quiet-heard.wav')), phoneVoice, 0.5)).toBeGreaterThan(0.99);
  });

  it('accepts as many packets as the other side’s key lasts for, and goes on with the next key', async () => {
    const [doorKey, phoneKey, nextKey] = [key(), key(), key()];
    const lasting = { ...phoneKey, lifetime: 64 };
    const doorSession = door.openSession({ address: '127.0.0.1', silenceAfter: never });
    const phoneSession = phone.openSession({ address: '127.0.0.1', silenceAfter: never });
    const spent = next(door, 'keySpent');
    doorSession.configure(streamTo(phoneSession.localPort, { send: doorKey, receive: lasting }));
    phoneSession.configure(streamTo(doorSession.localPort, { send: phoneKey, receive: doorKey }));
    expect((await spent)[0]).toBe(doorSession.id);
    expect(doorSession.statistics().packetsReceived).toBe(64);
    expect(doorSession.statistics().packetsRefused).toBeGreaterThan(100);
    phoneSession.configure(streamTo(doorSession.localPort, { send: nextKey, receive: doorKey }));
    doorSession.configure(streamTo(phoneSession.localPort, { send: doorKey, receive: nextKey }));
    await pass(500);
    expect(doorSession.statistics().packetsReceived).toBeGreaterThan(64 + 15);
  });

  it('takes its keys from a handshake, by nothing but the OpenSSL that Node carries', async () => {
    const doorSession = door.openSession({ address: '127.0.0.1', silenceAfter: never });
    const phoneSession = phone.openSession({ address: '127.0.0.1', silenceAfter: never });
    const secured = [next(door, 'secured'), next(phone, 'secured')];
    const dtls = { association: 1, role: 'client', fingerprints: [phone.fingerprint] } as const;
    const answered = { association: 1, role: 'server', fingerprints: [door.fingerprint] } as const;
    doorSession.configure(streamTo(phoneSession.localPort, { dtls }));
    phoneSession.configure(streamTo(doorSession.localPort, { dtls: answered }));
    const suites = (await Promise.all(secured)).map(([, , suite]) => suite);
    expect(suites).toEqual(['AEAD_AES_128_GCM', 'AEAD_AES_128_GCM']);
    await pass(3000);
    expect(doorSession.statistics().protection).toBe('encrypted');
    door.close();
    phone.close();
    expect(correlation(readWav(scratch.file('door-heard.wav')), phoneVoice, 0.5)).toBeGreaterThan(0.99);
    expect(correlation(readWav(scratch.file('phone-heard.wav')), doorVoice, 0.5)).toBeGreaterThan(0.99);
  });

  it('gets no keys from another certificate than the announced one', async () => {
    const doorSession = door.openSession({ address: '127.0.0.1', silenceAfter: never });
    const phoneSession = phone.openSession({ address: '127.0.0.1', silenceAfter: never });
    const failed = next(door, 'unsecured');
    const dtls = { association: 1, role: 'client', fingerprints: [door.fingerprint] } as const;
    const answered = { association: 1, role: 'server', fingerprints: [door.fingerprint] } as const;
    doorSession.configure(streamTo(phoneSession.localPort, { dtls }));
    phoneSession.configure(streamTo(doorSession.localPort, { dtls: answered }));
    expect((await failed)[2]).toBe('fingerprint');
    expect(doorSession.close()).toMatchObject({ packetsSent: 0, packetsReceived: 0, protection: 'without-keys' });
  });

  it('says digits once, with stamps that follow each other', async () => {
    const doorSession = door.openSession({ address: '127.0.0.1', silenceAfter: never });
    const phoneSession = phone.openSession({ address: '127.0.0.1', silenceAfter: never });
    const heard: string[] = [];
    const stamps = new Map<string, number>();
    door.on('digit', (_, digit, at) => {
      heard.push(digit);
      stamps.set(`heard ${digit}`, at);
    });
    phone.on('digitSent', (_, digit, at) => stamps.set(`sent ${digit}`, at));
    doorSession.configure(streamTo(phoneSession.localPort));
    phoneSession.configure(streamTo(doorSession.localPort));
    const last = next(phone, 'digitSent', (_, digit) => digit === '#');
    phoneSession.sendDigits('42#', millis(80));
    await last;
    await pass(400);
    expect(heard).toEqual(['4', '2', '#']);
    // A digit is known from its first packet, before its last one has gone.
    for (const digit of heard) expect(stamps.get(`heard ${digit}`)).toBeLessThan(stamps.get(`sent ${digit}`) ?? 0);
  });

  it('sends the first packet at once, not with the next turn', async () => {
    const waits: number[] = [];
    for (let round = 0; round < 10; round += 1) {
      const session = door.openSession({ address: '127.0.0.1', silenceAfter: never });
      const out = next(door, 'started', (_, direction) => direction === 'out');
      const before = Number(process.hrtime.bigint()) / 1e6;
      session.configure(streamTo(9));
      const [, , at] = await out;
      waits.push(at - before);
      session.close();
    }
    waits.sort((left, right) => left - right);
    console.log(`agreement to first packet: ${waits.map((wait) => wait.toFixed(3)).join(' ')} ms`);
    // A thread that waited for its turn would need 10 ms on average. The middle one, as others use the machine too.
    expect(waits[5]).toBeLessThan(5);
    expect(waits[0]).toBeGreaterThanOrEqual(0);
  });

  it('says when the peer falls silent and when it is back', async () => {
    const doorSession = door.openSession({ address: '127.0.0.1', silenceAfter: millis(300) });
    const phoneSession = phone.openSession({ address: '127.0.0.1', silenceAfter: never });
    doorSession.configure(streamTo(phoneSession.localPort));
    phoneSession.configure(streamTo(doorSession.localPort));
    await next(door, 'started', (_, direction) => direction === 'in');
    phoneSession.configure(streamTo(doorSession.localPort, { direction: 'recvonly' }));
    const [, silent] = await next(door, 'reception');
    expect(silent).toBe(true);
    phoneSession.configure(streamTo(doorSession.localPort));
    const [session, still] = await next(door, 'reception');
    expect([session, still]).toEqual([doorSession.id, false]);
  });

  it('plays a file in a tone’s place', async () => {
    const file = scratch.file('busy.wav');
    writeWav(file, sweep(0.5, 1000, 1000));
    door.setSound('busy', { file });
    expect(door.soundLength('busy')).toBe(500);
    door.play('busy');
    await pass(1000);
    door.close();
    const heard = readWav(scratch.file('door-heard.wav'));
    const first = heard.findIndex((sample) => Math.abs(sample) > 200);
    const last = heard.findLastIndex((sample) => Math.abs(sample) > 200);
    // Once, from its beginning to its end.
    expect(last - first).toBeGreaterThan(3900);
    expect(last - first).toBeLessThan(4010);
  });

  it('plays tones to the visitor', async () => {
    door.play('busy');
    await pass(1500);
    door.close();
    const recorded = readWav(scratch.file('door-heard.wav'));
    // Whole blocks of 100 ms, whatever the moment in which it was stopped.
    const heard = recorded.subarray(0, recorded.length - (recorded.length % 800));
    const energy = heard.reduce((sum, sample) => sum + sample * sample, 0);
    // ETSI TR 101 041-2: 425 Hz, half a second on, half a second off.
    let real = 0;
    let imaginary = 0;
    let total = 0;
    for (let from = 0; from + 800 <= heard.length; from += 800) {
      real = 0;
      imaginary = 0;
      for (let at = 0; at < 800; at += 1) {
        real += (heard[from + at] ?? 0) * Math.cos((2 * Math.PI * 425 * at) / 8000);
        imaginary += (heard[from + at] ?? 0) * Math.sin((2 * Math.PI * 425 * at) / 8000);
      }
      total += (2 * (real * real + imaginary * imaginary)) / 800;
    }
    expect(energy).toBeGreaterThan(0);
    expect(total / energy).toBeGreaterThan(0.9);
  });
});
