import { describe, expect, it } from 'vitest';
import { DoorphoneError } from '../../../src/base/errors.ts';
import { Secret } from '../../../src/base/secret.ts';
import { millis } from '../../../src/base/units.ts';
import { type EngineOptions, openEngine, type StreamParameters } from '../../../src/media/index.ts';
import { RecordingLog } from '../../support/recording-log.ts';
import { AddonError, RecordingAddon } from './recording-addon.ts';

const options: EngineOptions = {
  device: { kind: 'file', input: 'speech.wav', output: 'heard.wav' },
  ports: { first: 16_384, last: 16_484 },
  speaker: 80,
  microphone: 70,
};

const stream: StreamParameters = {
  remoteAddress: '192.0.2.9',
  remotePort: 4000,
  remoteRtcpAddress: '192.0.2.10',
  remoteRtcpPort: 4001,
  codec: 'PCMA',
  payloadType: 8,
  eventPayloadType: 101,
  localEventPayloadType: 96,
  packetTime: millis(20),
  direction: 'sendrecv',
  send: undefined,
  receive: undefined,
};

function start(addon = new RecordingAddon(), log = new RecordingLog()) {
  return { addon, log, engine: openEngine(options, { log, addon }) };
}

describe('the engine', () => {
  it('hands its options to the addon', () => {
    const { addon } = start();
    expect(addon.created).toEqual([
      {
        device: options.device,
        wideband: false,
        opus: false,
        sessions: 0,
        firstPort: 16_384,
        lastPort: 16_484,
        speaker: 80,
        microphone: 70,
        voice: { echoCancellation: false, noiseSuppression: false, gainControl: false },
      },
    ]);
  });

  it('says in the log when it may not run in real time', () => {
    const addon = new RecordingAddon();
    addon.state = [0, 0, 0, 0, 0];
    const { log, engine } = start(addon);
    expect(engine.state.realtime).toBe(false);
    expect(log.lines.map((line) => line.event)).toContain('media.not-realtime');
  });

  it('says in the log when its memory may be paged out', () => {
    const addon = new RecordingAddon();
    addon.state = [1, 0, 0, 0, 0, 0, 0];
    const { log, engine } = start(addon);
    expect(engine.state.memoryLocked).toBe(false);
    expect(log.lines.map((line) => line.event)).toContain('media.memory-not-locked');
    const granted = start();
    expect(granted.engine.state.memoryLocked).toBe(true);
    expect(granted.log.lines.map((line) => line.event)).not.toContain('media.memory-not-locked');
  });

  it('turns the addon’s errors into ones with a mend', () => {
    const addon = new RecordingAddon();
    addon.fault = new AddonError('file-not-found', 'speech.wav does not exist');
    expect(() => start(addon)).toThrow(
      expect.objectContaining({ code: 'file-not-found', line: expect.stringContaining('speech.wav') }),
    );
    expect(() => start(addon)).toThrow(DoorphoneError);
  });

  it('leaves errors alone that are not the addon’s', () => {
    const addon = new RecordingAddon();
    addon.fault = new AddonError('EACCES', 'something else');
    expect(() => start(addon)).toThrow(addon.fault);
  });

  it('says every event with its session and stamp', () => {
    const { addon, engine } = start();
    const said: unknown[] = [];
    engine.on('started', (...args) => said.push(['started', ...args]));
    engine.on('digit', (...args) => said.push(['digit', ...args]));
    engine.on('digitSent', (...args) => said.push(['digitSent', ...args]));
    engine.on('reception', (...args) => said.push(['reception', ...args]));
    addon.say([1, 9, 0, 10.5], [2, 9, 0, 11], [3, 9, 35, 12], [4, 9, 65, 13], [5, 9, 0, 14], [6, 9, 0, 15]);
    expect(said).toEqual([
      ['started', 9, 'in', 10.5],
      ['started', 9, 'out', 11],
      ['digit', 9, '#', 12],
      ['digitSent', 9, 'A', 13],
      ['reception', 9, true, 14],
      ['reception', 9, false, 15],
    ]);
  });

  it('says whether a handshake has brought keys', () => {
    const { addon, engine } = start();
    const said: unknown[] = [];
    engine.on('secured', (...args) => said.push(args));
    engine.on('unsecured', (...args) => said.push(args));
    addon.say([8, 9, 260, 1], [9, 9, 257, 2], [9, 9, 258, 3], [9, 9, 259, 4], [9, 9, 516, 5], [9, 9, 261, 6]);
    expect(said).toEqual([
      [9, 1, 'AEAD_AES_128_GCM', 1],
      [9, 1, 'timeout', 2],
      [9, 1, 'fingerprint', 3],
      [9, 1, 'no-srtp', 4],
      [9, 2, 'refused', 5],
      [9, 1, 'protocol', 6],
    ]);
  });

  it('says that the peer’s keys are over', () => {
    const { addon, engine } = start();
    const said: unknown[] = [];
    engine.on('keySpent', (...args) => said.push(args));
    addon.say([11, 9, 0, 1]);
    expect(said).toEqual([[9, 1]]);
  });

  it('knows the fingerprint of its certificate', () => {
    expect(start().engine.fingerprint).toEqual({ hash: 'sha-256', value: new Uint8Array(32).fill(0x5a) });
  });

  it('takes more events than one batch holds, and those that a listener brings about', () => {
    const { addon, engine } = start();
    const digits: string[] = [];
    engine.on('digit', (_session, digit) => {
      digits.push(digit);
      if (digits.length === 3) addon.say([3, 9, 57, 1]);
    });
    addon.say(...Array.from({ length: 100 }, (_, at) => [3, 9, 48 + (at % 9), 1]));
    expect(digits).toHaveLength(101);
    expect(digits.filter((digit) => digit === '9')).toHaveLength(1);
  });

  it('names the device and what is wrong with it', () => {
    const { addon, engine, log } = start();
    const faults: unknown[] = [];
    engine.on('device', (fault) => faults.push(fault));
    addon.say([7, 4, 28, 1], [7, 0, 0, 2]);
    expect(faults).toEqual(['heard.wav cannot be written (ENOSPC)', undefined]);
    expect(log.lines.map((line) => line.event)).toEqual(
      expect.arrayContaining(['media.device-fault', 'media.device-back']),
    );
    addon.state = [1, 3, 500, 2, 19];
    expect(engine.state).toEqual({
      realtime: true,
      memoryLocked: false,
      device: 'file',
      deviceFault: 'sound device file failed (ENODEV)',
      eventsDropped: 3,
      turns: 500,
      opus: false,
    });
  });

  it('says that a device does one thing at a time, which is no fault', () => {
    const { addon, engine, log } = start();
    const faults: unknown[] = [];
    engine.on('device', (fault) => faults.push(fault));
    addon.state = [1, 0, 0, 7, 16];
    addon.say([7, 7, 16, 1]);
    expect(faults).toEqual([]);
    expect(log.lines.at(-1)).toMatchObject({ event: 'media.half-duplex', fields: { device: 'file' } });
    expect(engine.state).toMatchObject({ deviceFault: undefined, byTurns: true });
    addon.say([7, 2, 19, 2], [7, 7, 16, 3]);
    expect(faults).toEqual(['sound device file failed (ENODEV)', undefined]);
  });

  it('names the cards that are there where its own is not', () => {
    const addon = new RecordingAddon();
    addon.cards = [['Device', 'USB Audio Device']];
    const device = { kind: 'alsa', name: 'card=Jabra' } as const;
    const engine = openEngine({ ...options, device }, { log: new RecordingLog(), addon });
    const faults: unknown[] = [];
    engine.on('device', (fault) => faults.push(fault));
    addon.say([7, 1, 19, 1]);
    expect(faults).toEqual([
      'sound device alsa:card=Jabra cannot be opened (ENODEV); there are Device (USB Audio Device)',
    ]);
    // As it was then: the state is read often, and cards are looked for slowly.
    addon.cards = [];
    addon.state = [1, 0, 0, 1, 19];
    expect(engine.state.deviceFault).toBe(faults[0]);
    addon.say([7, 1, 19, 2]);
    expect(engine.state.deviceFault).toContain('there is no sound card');
  });

  it('plays tones by their numbers and sets the volume', () => {
    const { addon, engine } = start();
    for (const tone of ['ringback', 'busy', 'failure', 'none'] as const) engine.play(tone);
    engine.setGain(10, 20);
    expect(addon.tones).toEqual([1, 2, 3, 0]);
    expect(addon.gains).toEqual([[10, 20]]);
  });

  it('announces, and takes files, silence or tones for its sounds', () => {
    const { addon, engine } = start();
    engine.announce('opened');
    expect(addon.announced).toEqual([4]);
    addon.soundMs = 1500;
    engine.setSound('busy', { file: '/busy.wav' });
    expect(engine.soundLength('busy')).toBe(1500);
    engine.setSound('busy', 'tone');
    expect(engine.soundLength('busy')).toBeUndefined();
    engine.setSound('opened', 'off');
    expect(addon.sounds).toEqual([
      [2, '/busy.wav', false],
      [2, undefined, false],
      [4, undefined, true],
    ]);
    addon.fault = new AddonError('file-not-found', '/gone.wav does not exist');
    expect(() => engine.setSound('failure', { file: '/gone.wav' })).toThrow(
      expect.objectContaining({ code: 'file-not-found' }),
    );
    expect(engine.soundLength('failure')).toBeUndefined();
  });

  it('passes on whether tones count, and the digits that come by them', () => {
    const { addon, engine } = start();
    const digits: unknown[] = [];
    engine.on('toneDigit', (...digit) => digits.push(digit));
    engine.setToneDigits(true);
    addon.say([10, 9, '#'.charCodeAt(0), 12.5]);
    expect(addon.toneDigits).toEqual([true]);
    expect(digits).toEqual([[9, '#', 12.5]]);
  });

  it('reads levels, and what a calibration has come to', () => {
    const { addon, engine } = start();
    addon.levelNumbers = [-20, -9, 1, -30, -12, 2];
    expect(engine.levels).toEqual({
      speaker: { rmsDbfs: -20, peakDbfs: -9, clipped: 1 },
      microphone: { rmsDbfs: -30, peakDbfs: -12, clipped: 2 },
    });
    expect([engine.beginCalibration(), engine.beginCalibration()]).toEqual([true, false]);
    expect(engine.takeCalibration()).toBeUndefined();
    addon.calibrationAnswer = 2;
    expect(engine.takeCalibration()).toBe('disturbed');
    addon.calibrationAnswer = 3;
    expect(engine.takeCalibration()).toBe('failed');
    addon.calibrationAnswer = 1;
    addon.calibrationNumbers = [1, 42.5, -9, -18, -27, -60, 3, 4];
    addon.calibrationPath = [0, 0.5, -0.25, 0.125];
    const levels = { speakerDbfs: -18, microphoneDbfs: -27, noiseDbfs: -60, clips: 3 };
    expect(engine.takeCalibration()).toEqual({
      way: { delay: 42.5, db: -9, path: Float32Array.of(0, 0.5, -0.25, 0.125) },
      ...levels,
    });
    addon.calibrationNumbers = [0, 42.5, -9, -18, -27, -60, 3, 0];
    expect(engine.takeCalibration()).toEqual({ way: undefined, ...levels });
    expect(engine.expectEcho({ delay: millis(42) })).toBe(false);
    expect(engine.expectEcho({ delay: millis(42), path: Float32Array.of(1) })).toBe(true);
    expect(addon.echoes).toEqual([
      [42, undefined],
      [42, Float32Array.of(1)],
    ]);
    engine.close();
    expect(engine.levels.speaker.clipped).toBe(0);
  });

  it('passes on the threads’ sign of life; one that is closed has nothing that could hang', () => {
    const { addon, engine } = start();
    expect(engine.feelPulse()).toBe(true);
    addon.pulse = false;
    expect(engine.feelPulse()).toBe(false);
    engine.close();
    expect(engine.feelPulse()).toBe(true);
  });

  it('reads the histogram of lateness', () => {
    const { addon, engine } = start();
    addon.lateness = [0.01, 5, Number.POSITIVE_INFINITY, 1];
    expect(engine.lateness()).toEqual([
      { upTo: 0.01, packets: 5 },
      { upTo: Number.POSITIVE_INFINITY, packets: 1 },
    ]);
  });

  it('closes its sessions with itself, once, and says nothing afterwards', () => {
    const { addon, engine } = start();
    const first = engine.openSession({ address: '0.0.0.0', silenceAfter: millis(0) });
    engine.openSession({ address: '0.0.0.0', silenceAfter: millis(0) });
    first.close();
    addon.state = [1, 0, 77, 0, 0];
    engine.close();
    engine.close();
    expect(addon.closedSessions).toEqual([9, 10]);
    expect(engine.state.turns).toBe(77);
    expect(() => addon.say([1, 9, 0, 1])).not.toThrow();
  });
});

describe('a session', () => {
  it('translates what has been agreed', () => {
    const { addon, engine } = start();
    const session = engine.openSession({ address: '0.0.0.0', silenceAfter: millis(5000) });
    expect(session.localPort).toBe(16_384);
    session.configure(stream);
    session.configure({ ...stream, codec: 'PCMU', payloadType: 0, eventPayloadType: undefined, direction: 'recvonly' });
    session.configure({ ...stream, direction: 'sendonly' });
    session.configure({ ...stream, direction: 'inactive' });
    expect(addon.configured.map(([id]) => id)).toEqual([9, 9, 9, 9]);
    const [first] = addon.configured;
    expect(first?.[1]).toMatchObject({ remoteRtcpAddress: '192.0.2.10', receivedEventPayloadType: 96 });
    expect(
      addon.configured.map(([, given]) => [given.codec, given.eventPayloadType, given.sends, given.receives]),
    ).toEqual([
      [8, 101, true, true],
      [0, -1, false, true],
      [8, 101, true, false],
      [8, 101, false, false],
    ]);
  });

  it('opens its device for wideband where that is wanted', () => {
    const addon = new RecordingAddon();
    openEngine({ ...options, wideband: true }, { log: new RecordingLog(), addon });
    expect(addon.created[0]?.wideband).toBe(true);
    addon.state = [1, 0, 0, 0, 0, 1];
    expect(openEngine({ ...options, opus: true }, { log: new RecordingLog(), addon }).state.opus).toBe(true);
    expect(addon.created[1]).toMatchObject({ wideband: false, opus: true });
  });

  it('numbers codecs as the addon does, and pairs them with what the peer may send', () => {
    const { addon, engine } = start();
    const session = engine.openSession({ address: '0.0.0.0', silenceAfter: millis(5000) });
    const formats = [
      { codec: 'L16/16000', payloadType: 99 },
      { codec: 'G722', payloadType: 9 },
    ] as const;
    const eventPayloadTypes = [101, 102];
    const noise = { noisePayloadType: 105, noisePayloadTypes: [105, 13] };
    const types = { payloadType: 97, formats, eventPayloadTypes, eventClock: 8000, ...noise };
    session.configure({ ...stream, codec: 'L16/16000', ...types });
    const [, given] = addon.configured[0] ?? [];
    expect(given).toMatchObject({ codec: 129, payloadType: 97, noisePayloadType: 105, eventClockHz: 8000 });
    expect([...(given?.formats ?? [])]).toEqual([99, 129, 9, 9, 105, 254, 13, 254, 101, 255, 102, 255]);
  });

  it('passes keys as their bytes, with the suite that they are for', () => {
    const { addon, engine } = start();
    const bytes = Buffer.from(Array.from({ length: 30 }, (_, at) => at));
    const suite = 'AES_CM_128_HMAC_SHA1_80';
    const session = engine.openSession({ address: '0.0.0.0', silenceAfter: millis(0) });
    session.configure({ ...stream, send: { suite, key: new Secret(bytes.toString('base64')) } });
    expect(addon.configured[0]?.[1].sendKey).toEqual(bytes);
    expect(addon.configured[0]?.[1].sendSuite).toBe(suite);
    expect(addon.configured[0]?.[1].receiveSuite).toBeUndefined();
    expect(addon.configured[0]?.[1].receiveKey).toBeUndefined();
  });

  it('passes keys that packets name behind each other, with their names', () => {
    const { addon, engine } = start();
    const keys = [1, 2].map((seed) => Buffer.alloc(30, seed));
    const named = keys.map((key, at) => ({ mki: Buffer.of(0, at + 7), key: new Secret(key.toString('base64')) }));
    const receive = { suite: 'AES_CM_128_HMAC_SHA1_80', key: new Secret(''), named } as const;
    engine.openSession({ address: '0.0.0.0', silenceAfter: millis(0) }).configure({ ...stream, receive });
    expect(addon.configured[0]?.[1].receiveKey).toEqual(Buffer.concat(keys));
    expect(addon.configured[0]?.[1].receiveMki).toEqual(Buffer.of(0, 7, 0, 8));
  });

  it('passes how many packets each key lasts for, in 64 bits', () => {
    const { addon, engine } = start();
    const suite = 'AES_CM_128_HMAC_SHA1_80';
    const key = new Secret(Buffer.alloc(30).toString('base64'));
    const session = engine.openSession({ address: '0.0.0.0', silenceAfter: millis(0) });
    session.configure({ ...stream, receive: { suite, key, lifetime: 2 ** 48 } });
    expect(addon.configured[0]?.[1].receiveLifetimes).toEqual(Buffer.of(0, 1, 0, 0, 0, 0, 0, 0));
    const named = [1024, undefined].map((lifetime, at) => ({ mki: Buffer.of(at), key, lifetime }));
    session.configure({ ...stream, receive: { suite, key, named } });
    expect(addon.configured[1]?.[1].receiveLifetimes).toEqual(
      Buffer.from(`${'0'.repeat(13)}400${'0'.repeat(16)}`, 'hex'),
    );
  });

  it('hands over who the peer is in DTLS, and our half of ICE', () => {
    const { addon, engine } = start();
    const session = engine.openSession({ address: '0.0.0.0', silenceAfter: millis(0) });
    session.configure(stream);
    const fingerprints = [
      { hash: 'sha-256', value: new Uint8Array(32).fill(1) },
      { hash: 'sha-512', value: new Uint8Array(64).fill(2) },
    ] as const;
    const ice = { ufrag: 'evtj', password: new Secret('VOkJxbRl1RmTxUk/WvJxBt') };
    session.configure({ ...stream, dtls: { association: 3, role: 'server', fingerprints }, ice });
    const [plain, secured] = addon.configured.map(([, parameters]) => parameters);
    expect(plain).toMatchObject({ dtlsAssociation: 0, dtlsFingerprints: undefined, iceUfrag: undefined });
    expect(secured).toMatchObject({ dtlsAssociation: 3, dtlsRole: 2, iceUfrag: 'evtj' });
    expect(secured?.icePassword).toBe('VOkJxbRl1RmTxUk/WvJxBt');
    expect(secured?.dtlsFingerprints).toEqual(
      Buffer.concat([Buffer.of(1), Buffer.alloc(32, 1), Buffer.of(3), Buffer.alloc(64, 2)]),
    );
  });

  it('sends digits that last long enough where nothing else is said', () => {
    const { addon, engine } = start();
    const session = engine.openSession({ address: '0.0.0.0', silenceAfter: millis(0) });
    session.sendDigits('42#');
    session.sendDigits('1', millis(90));
    expect(addon.digits).toEqual([
      [9, '42#', 160],
      [9, '1', 90],
    ]);
  });

  it('takes the ports of another, or stays where it was', () => {
    const { addon, engine } = start();
    const session = engine.openSession({ address: '192.0.2.1', silenceAfter: millis(0) });
    const other = engine.openSession({ address: '192.0.2.2', silenceAfter: millis(0) });
    addon.fault = new AddonError('engine-busy', 'more than the media engine can take at once');
    expect(() => session.takePorts(other)).toThrow();
    expect(session.localPort).toBe(16_384);
    addon.fault = undefined;
    session.takePorts(other);
    expect([session.localPort, addon.moved]).toEqual([16_386, [[9, 10]]]);
  });

  it('asks STUN servers by its sockets, and hears what they say', () => {
    const { addon, engine } = start();
    const session = engine.openSession({ address: '192.168.7.2', silenceAfter: millis(0) });
    const server = { address: '192.0.2.9', port: 3478 };
    expect([session.askMapping('rtp', server), session.askMapping('rtcp', server)]).toEqual([1, 2]);
    session.keepMapping('rtcp', server);
    addon.mappings = [
      [1, '203.0.113.7', 40_000],
      [2, '', 0],
    ];
    expect([session.takeMapping(), session.takeMapping(), session.takeMapping()]).toEqual([
      { request: 1, mapped: { address: '203.0.113.7', port: 40_000 } },
      { request: 2, mapped: undefined },
      undefined,
    ]);
    session.endMapping();
    expect(addon.asked).toEqual([
      [9, 0, '192.0.2.9', 3478],
      [9, 1, '192.0.2.9', 3478],
    ]);
    expect([addon.kept, addon.endedMappings]).toEqual([[[9, 1, '192.0.2.9', 3478]], [9]]);
  });

  it('tells zero from not yet', () => {
    const { addon, engine } = start();
    const session = engine.openSession({ address: '0.0.0.0', silenceAfter: millis(0) });
    addon.statistics = [
      1,
      2,
      3,
      4,
      5,
      6,
      7,
      8.5,
      9.5,
      Number.NaN,
      0,
      0,
      Number.NaN,
      Number.NaN,
      0.25,
      2,
      4.41,
      Number.NaN,
    ];
    expect(session.statistics()).toEqual({
      packetsSent: 1,
      packetsReceived: 2,
      packetsLost: 3,
      packetsLate: 4,
      packetsDuplicate: 5,
      packetsRefused: 6,
      framesConcealed: 7,
      jitterMs: 8.5,
      jitterBufferMs: 9.5,
      roundTripMs: undefined,
      remoteLossShare: 0,
      firstSentAt: 0,
      firstReceivedAt: undefined,
      lastReceivedAt: undefined,
      maxLatenessMs: 0.25,
      protection: 'awaits-keys',
      mos: 4.41,
      remoteMos: undefined,
    });
  });

  it('keeps its final figures', () => {
    const { addon, engine } = start();
    const session = engine.openSession({ address: '0.0.0.0', silenceAfter: millis(0) });
    addon.statistics = addon.statistics.with(0, 12);
    const final = session.close();
    addon.statistics = addon.statistics.with(0, 99);
    expect(final.packetsSent).toBe(12);
    expect(session.close()).toBe(final);
    expect(session.statistics()).toBe(final);
    expect(addon.closedSessions).toEqual([9]);
  });

  it('switches what is done to the microphone’s sound, and says what comes of it', () => {
    const addon = new RecordingAddon();
    const { engine } = start(addon);
    const voice = { echoCancellation: true, noiseSuppression: false, gainControl: true };
    engine.setVoice(voice);
    expect(addon.voices).toEqual([voice]);
    expect(engine.voiceSwitches).toEqual(voice);
    expect(engine.voiceFigures).toMatchObject({ echoDelayMs: undefined, echoAttenuationDb: undefined, clips: 0 });
    addon.voiceNumbers = [42.5, 38.2, -3, -20, -30, -25, 7, 2];
    expect(engine.voiceFigures).toEqual({
      echoDelayMs: 42.5,
      echoAttenuationDb: 38.2,
      gainDb: -3,
      speakerDbfs: -20,
      microphoneDbfs: -30,
      sentDbfs: -25,
      clips: 7,
      echoBeginnings: 2,
    });
    engine.close();
    addon.voiceNumbers = [];
    expect(engine.voiceFigures.echoDelayMs).toBe(42.5);
  });
});
