// What the engine says of wrong files, ports, addresses and datagrams.

import { randomBytes } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Secret } from '../../src/base/secret.ts';
import { millis } from '../../src/base/units.ts';
import { nativeMends } from '../../src/media/native-error.ts';
import { trySound } from '../../src/media/sound-probe.ts';
import type { SrtpSuite } from '../../src/media/types.ts';
import { loadNative, type NativeStreamParameters } from '../../src/native.ts';
import { SeededRandom } from '../support/seeded-random.ts';
import { fileEngine, never, pass, Scratch, streamTo, sweep, virtualEngine, writeWav } from './media-support.ts';

const ports = { first: 20_400, last: 20_499 };

function code(expected: string, text = ''): unknown {
  return expect.objectContaining({ name: 'DoorphoneError', code: expected, message: expect.stringContaining(text) });
}

describe('codes', () => {
  it('are the same on both sides', () => {
    expect(new Set(loadNative().errorCodes)).toEqual(new Set(Object.keys(nativeMends)));
  });
});

describe('files', () => {
  let scratch: Scratch;
  beforeEach(() => {
    scratch = new Scratch();
    writeWav(scratch.file('good.wav'), sweep(0.1, 300, 400));
  });
  afterEach(() => scratch.remove());

  it('that are missing or wrong are named', () => {
    const output = scratch.file('heard.wav');
    const missing = scratch.file('missing.wav');
    expect(() => fileEngine(ports, missing, output)).toThrow(code('file-not-found', missing));
    const wrong = scratch.file('wrong.wav');
    writeFileSync(wrong, 'this is text, and no sound at all: far from it, however long it is');
    expect(() => fileEngine(ports, wrong, output)).toThrow(code('file-not-wav', wrong));
    writeFileSync(wrong, Buffer.concat([Buffer.from('RIFF\0\0\0\0WAVEdata'), Buffer.alloc(8)]));
    expect(() => fileEngine(ports, wrong, output)).toThrow(code('file-not-wav', 'no format'));
    expect(existsSync(output)).toBe(false);
    // The same without an engine.
    expect(() => trySound(missing)).toThrow(code('file-not-found', missing));
    expect(() => trySound(wrong)).toThrow(code('file-not-wav', wrong));
    writeWav(scratch.file('long.wav'), sweep(61, 300, 400));
    expect(() => trySound(scratch.file('long.wav'))).toThrow(code('file-too-large', 'longer than 60 s'));
    expect(() => trySound(scratch.file('good.wav'))).not.toThrow();
    const unwritable = scratch.file('no/such/folder.wav');
    expect(() => fileEngine(ports, scratch.file('good.wav'), unwritable)).toThrow(
      code('recording-unwritable', unwritable),
    );
  });
});

describe('addresses and ports', () => {
  it('that cannot be had are refused with the reason', () => {
    const engine = virtualEngine({ first: 20_500, last: 20_503 });
    const open = (address: string) => engine.openSession({ address, silenceAfter: never });
    expect(() => open('door.example.com')).toThrow(code('bad-address', 'door.example.com'));
    expect(() => open('192.0.2.1')).toThrow(code('bad-address', '192.0.2.1'));
    const first = open('127.0.0.1');
    const second = open('127.0.0.1');
    expect(new Set([first.localPort, second.localPort])).toEqual(new Set([20_500, 20_502]));
    expect(() => open('127.0.0.1')).toThrow(code('no-port'));
    first.close();
    expect(open('127.0.0.1').localPort).toBe(first.localPort);
    engine.close();
    expect(() => open('127.0.0.1')).toThrow(code('engine-closed'));
  });

  it('are taken by eight sessions at most', () => {
    const engine = virtualEngine(ports);
    const open = () => engine.openSession({ address: '127.0.0.1', silenceAfter: never });
    for (let session = 0; session < 8; session += 1) open();
    expect(open).toThrow(code('too-many-sessions'));
    engine.close();
  });

  it('leave no descriptor behind after two hundred sessions', () => {
    const descriptors = (): number => readdirSync('/proc/self/fd').length;
    const engine = virtualEngine(ports);
    engine.openSession({ address: '127.0.0.1', silenceAfter: never }).close();
    const before = descriptors();
    for (let round = 0; round < 200; round += 1) {
      const session = engine.openSession({ address: '127.0.0.1', silenceAfter: never });
      session.configure(streamTo(9));
      session.close();
    }
    expect(descriptors()).toBe(before);
    engine.close();
  });
});

/** Master key and salt in octets: RFC 4568 §6.2, RFC 6188 §4, RFC 7714 §12. */
const SUITES: readonly (readonly [SrtpSuite, number])[] = [
  ['AES_CM_128_HMAC_SHA1_80', 30],
  ['AES_CM_128_HMAC_SHA1_32', 30],
  ['AES_256_CM_HMAC_SHA1_80', 46],
  ['AES_256_CM_HMAC_SHA1_32', 46],
  ['AEAD_AES_128_GCM', 28],
  ['AEAD_AES_256_GCM', 44],
];

describe('parameters', () => {
  it.each(SUITES)('%s is there, with keys of %i octets', (suite, octets) => {
    const engine = virtualEngine(ports);
    const session = engine.openSession({ address: '127.0.0.1', silenceAfter: never });
    const key = (length: number) => new Secret(randomBytes(length).toString('base64'));
    expect(() => session.configure(streamTo(9, { send: { suite, key: key(octets) } }))).not.toThrow();
    expect(() => session.configure(streamTo(9, { receive: { suite, key: key(octets) } }))).not.toThrow();
    expect(() => session.configure(streamTo(9, { send: { suite, key: key(octets - 1) } }))).toThrow('sendKey');
    engine.close();
  });

  it('a suite without its key is no plain RTP, nor a key without its suite', () => {
    const addon = loadNative();
    const device = { kind: 'virtual' } as const;
    const voice = { echoCancellation: true, noiseSuppression: true, gainControl: true };
    const options = {
      device,
      wideband: false,
      opus: false,
      sessions: 0,
      firstPort: ports.first,
      lastPort: ports.last,
      speaker: 50,
      microphone: 50,
      voice,
    };
    const engine = addon.engineCreate(options, () => undefined);
    const [session] = addon.sessionOpen(engine, '127.0.0.1', 0);
    const plain = {
      remoteAddress: '127.0.0.1',
      remotePort: 9,
      remoteRtcpAddress: '127.0.0.1',
      remoteRtcpPort: 10,
      codec: 8,
      payloadType: 8,
      formats: undefined,
      eventClockHz: 0,
      corrects: false,
      tellsQuality: false,
      mostBits: 0,
      mostRateHz: 0,
      constantBits: false,
      omitsPauses: false,
      leastDelayMs: 0,
      mostDelayMs: 0,
      noisePayloadType: 0,
      eventPayloadType: -1,
      receivedEventPayloadType: -1,
      signallingAddress: undefined,
      packetTimeMs: 20,
      sends: true,
      receives: true,
      sendSuite: undefined,
      sendKey: undefined,
      receiveSuite: undefined,
      receiveKey: undefined,
      dtlsAssociation: 0,
      dtlsRole: 0,
      dtlsFingerprints: undefined,
      iceUfrag: undefined,
      icePassword: undefined,
    };
    const configure = (part: Partial<NativeStreamParameters>) => () =>
      addon.sessionConfigure(engine, session, { ...plain, ...part });
    expect(configure({})).not.toThrow();
    expect(configure({ sendSuite: 'AEAD_AES_128_GCM' })).toThrow('sendKey');
    expect(configure({ sendKey: new Uint8Array(30) })).toThrow('sendKey');
    expect(configure({ receiveSuite: 'NULL', receiveKey: new Uint8Array(30) })).toThrow('receiveSuite');
    expect(configure({ leastDelayMs: 20, mostDelayMs: 500 })).not.toThrow();
    expect(configure({ leastDelayMs: 20, mostDelayMs: 501 })).toThrow('mostDelayMs');
    expect(configure({ leastDelayMs: 30, mostDelayMs: 20 })).toThrow('out of range');
    const receiveSuite = 'AES_CM_128_HMAC_SHA1_80';
    const two = { receiveSuite, receiveKey: randomBytes(60) };
    expect(configure({ ...two, receiveMki: Uint8Array.of(0, 1, 0, 2) })).not.toThrow();
    expect(configure({ ...two, receiveMki: Uint8Array.of(0, 1, 2) })).toThrow('receiveMki');
    expect(configure({ ...two, receiveMki: Uint8Array.of(1, 1) })).toThrow('out of range');
    expect(configure({ ...two, receiveMki: undefined })).toThrow('receiveMki');
    expect(configure({ receiveMki: Uint8Array.of(1) })).toThrow('receiveMki');
    const named = { ...two, receiveMki: Uint8Array.of(1, 2) };
    expect(configure({ ...named, receiveLifetimes: new Uint8Array(16) })).not.toThrow();
    expect(configure({ ...named, receiveLifetimes: new Uint8Array(8) })).toThrow('receiveLifetimes');
    expect(configure({ ...named, receiveLifetimes: new Uint8Array(0) })).toThrow('receiveLifetimes');
    expect(configure({ receiveLifetimes: new Uint8Array(8) })).toThrow('receiveLifetimes');
    const five = { receiveSuite, receiveKey: randomBytes(150), receiveMki: Uint8Array.of(1, 2, 3, 4, 5) };
    expect(configure({ ...five, receiveLifetimes: new Uint8Array(40) })).toThrow('receiveLifetimes');
    expect(configure({ sendSuite: receiveSuite, sendKey: randomBytes(60) })).toThrow('sendKey');
    const fingerprint = Buffer.concat([Buffer.of(1), randomBytes(32)]);
    const dtls = { dtlsAssociation: 1, dtlsRole: 1, dtlsFingerprints: fingerprint };
    expect(configure(dtls)).not.toThrow();
    expect(configure({ ...dtls, dtlsRole: 3 })).toThrow('dtlsRole');
    expect(configure({ ...dtls, dtlsFingerprints: undefined })).toThrow('out of range');
    expect(configure({ ...dtls, dtlsFingerprints: fingerprint.subarray(1) })).toThrow('dtlsFingerprints');
    expect(configure({ ...dtls, dtlsFingerprints: fingerprint.subarray(0, 32) })).toThrow('dtlsFingerprints');
    expect(configure({ iceUfrag: 'abcd' })).toThrow('icePassword');
    expect(configure({ iceUfrag: 'a'.repeat(33), icePassword: 'b'.repeat(22) })).toThrow('out of range');
    addon.engineClose(engine);
  });

  it('that are wrong are refused, and keys are not told', () => {
    const engine = virtualEngine(ports);
    const session = engine.openSession({ address: '127.0.0.1', silenceAfter: never });
    const key = 'c2hvcnQta2V5';
    expect(() => session.configure(streamTo(9, { remoteAddress: 'phone.example.com' }))).toThrow(code('bad-address'));
    expect(() => session.configure(streamTo(9, { remoteAddress: '::1' }))).toThrow(code('bad-address'));
    expect(() => session.configure(streamTo(9, { packetTime: millis(25) }))).toThrow(code('invalid-argument'));
    expect(() => session.configure(streamTo(9, { payloadType: 200 }))).toThrow(code('invalid-argument'));
    expect(() => session.configure(streamTo(0))).toThrow(code('invalid-argument'));
    let said = '';
    try {
      session.configure(streamTo(9, { send: { suite: 'AES_CM_128_HMAC_SHA1_80', key: new Secret(key) } }));
    } catch (thrown) {
      said = String(thrown);
    }
    expect(said).toContain('sendKey');
    expect(said).not.toContain(key);
    expect(() => session.sendDigits('12x')).toThrow(code('invalid-argument'));
    expect(() => session.sendDigits('1'.repeat(33))).toThrow(code('engine-busy'));
    engine.close();
  });

  it('of the wrong type are refused by the addon itself', () => {
    const addon = loadNative();
    const call = (name: string, ...args: unknown[]): unknown => Reflect.apply(Reflect.get(addon, name), addon, args);
    const wrong = expect.objectContaining({ code: 'invalid-argument' });
    expect(() => call('engineCreate')).toThrow(wrong);
    expect(() => call('engineCreate', {}, () => undefined)).toThrow(wrong);
    expect(() => call('engineCreate', null, () => undefined)).toThrow(wrong);
    expect(() => call('engineClose', {})).toThrow(wrong);
    expect(() => call('engineClose', 7)).toThrow(wrong);
    expect(() => call('play', {}, 1)).toThrow(wrong);
    const voice = { echoCancellation: false, noiseSuppression: false, gainControl: false };
    const options = {
      device: { kind: 'virtual' },
      wideband: false,
      opus: false,
      sessions: 0,
      firstPort: 20_400,
      lastPort: 20_499,
      speaker: 50,
      microphone: 50,
      voice,
    };
    expect(() => call('engineCreate', { ...options, speaker: Number.NaN }, () => undefined)).toThrow(wrong);
    expect(() => call('engineCreate', { ...options, voice: {} }, () => undefined)).toThrow(wrong);
    expect(() => call('engineCreate', { ...options, firstPort: 30_000 }, () => undefined)).toThrow(wrong);
    expect(() => call('engineCreate', { ...options, device: { kind: 'tape' } }, () => undefined)).toThrow(wrong);
    const engine = call('engineCreate', options, () => undefined);
    expect(() => call('sessionOpen', engine, '127.0.0.1\0.evil', 0)).toThrow(wrong);
    expect(() => call('sessionOpen', engine, '1'.repeat(5000), 0)).toThrow(wrong);
    expect(() => call('engineState', engine, new Float64Array(2))).toThrow(wrong);
    expect(() => call('engineState', engine, new Uint8Array(100))).toThrow(wrong);
    expect(() => call('play', engine, 2.5)).toThrow(wrong);
    // 160 ms at the device's 8 kHz count; at another rate the delay alone does.
    expect(call('setEcho', engine, 42, new Float32Array(1280))).toBe(true);
    expect(call('setEcho', engine, 42, new Float32Array(2560))).toBe(false);
    expect(call('setEcho', engine, 42, undefined)).toBe(false);
    expect(() => call('setEcho', engine, 42, new Float32Array(1280).fill(Number.NaN))).toThrow(wrong);
    expect(() => call('setEcho', engine, 42, new Float64Array(1280))).toThrow(wrong);
    expect(() => call('setEcho', engine, 42, 'path')).toThrow(wrong);
    expect(() => call('setEcho', engine, -1, undefined)).toThrow(wrong);
    expect(() => call('setEcho', engine, 42)).toThrow(wrong);
    expect(() => call('calibrationTake', engine, new Float64Array(8), new Float32Array(1280))).toThrow(wrong);
    expect(() => call('calibrationTake', engine, new Float64Array(7), new Float32Array(2560))).toThrow(wrong);
    call('engineClose', engine);
    call('engineClose', engine);
    expect(() => call('play', engine, 0)).toThrow(expect.objectContaining({ code: 'engine-closed' }));
  });
});

describe('datagrams', () => {
  let socket: Socket;
  beforeEach(() => {
    socket = createSocket('udp4');
  });
  afterEach(() => socket.close());

  it('that are no RTP are dropped and counted, and the call goes on', async () => {
    const random = new SeededRandom(7);
    await new Promise<void>((done) => socket.bind(0, '127.0.0.1', done));
    const engine = virtualEngine(ports);
    const session = engine.openSession({ address: '127.0.0.1', silenceAfter: never });
    session.configure(streamTo(socket.address().port));
    let sent = 0;
    const send = async (bytes: Buffer, port: number): Promise<void> => {
      sent += 1;
      await new Promise((done) => socket.send(bytes, port, '127.0.0.1', done));
    };
    for (let round = 0; round < 600; round += 1) {
      const length = 1 + Math.floor(random.uniform() * (round % 20 === 0 ? 9000 : 100));
      await send(random.bytes(length), session.localPort + (round % 2));
    }
    // The beginning of a packet, ever longer.
    const packet = Buffer.concat([Buffer.from('8008000100000000000000ff', 'hex'), Buffer.alloc(160, 0xd5)]);
    for (let length = 1; length < 12; length += 1) await send(packet.subarray(0, length), session.localPort);
    await pass(100);
    const before = session.statistics();
    expect(before.packetsRefused).toBeGreaterThan(sent * 0.95);
    expect(before.packetsReceived).toBe(0);
    for (let number = 0; number < 5; number += 1) {
      packet.writeUInt16BE(number, 2);
      packet.writeUInt32BE(number * 160, 4);
      await send(packet, session.localPort);
    }
    await pass(100);
    expect(session.close().packetsReceived).toBe(5);
    engine.close();
  });
});
