// Sound through the real libasound: what is heard and said, what is late, and a sound server that dies in a call.

import { readFileSync } from 'node:fs';
import { describe, expect } from 'vitest';
import { excerpt, findVoice, loadSpeech, loudness, type Sound, soundingShare } from '../support/audio-analysis.ts';
import type { Baresip } from './rig/baresip.ts';
import { account, type Doorphone } from './rig/doorphone.ts';
import { ADDRESSES } from './rig/network.ts';
import { type Rig, test } from './rig/rig.ts';
import type { CardOptions, SoundServer } from './rig/sound-server.ts';
import { elapse, until } from './rig/stream.ts';

const RESIDENT = loadSpeech('resident.en');
const VISITOR = loadSpeech('visitor.en');
/** What one voice must reach, and what the other may not: see test/unit/support/audio-analysis.test.ts. */
const HEARD = 0.6;
/** Of what is said: the loudspeaker gives all of it to the microphone. */
const AN_ECHO_AT_MOST = 0.5;
const NOT_HEARD = 0.3;

interface House {
  readonly sound: SoundServer;
  readonly door: Doorphone;
  readonly resident: Baresip;
}

/** A registrar, a phone, and a door with a sound card. */
async function house(rig: Rig, card: CardOptions, audio: object = {}): Promise<House> {
  const pbx = await rig.kamailio();
  const resident = await rig.baresip('phone', { user: '101', registrar: pbx.address });
  const sound = await rig.soundServer();
  const door = await rig.doorphone({
    configuration: { accounts: [account()], audio: { device: 'alsa:default', ...audio } },
    environment: sound.cardEnvironment(card),
  });
  await door.registered();
  return { sound, door, resident };
}

async function talk({ door, resident }: House): Promise<void> {
  await door.press();
  await door.saw('call.answered');
  await resident.saw('CALL_ESTABLISHED');
}

/** The longest time between two packets of sound that the door sent since then, in milliseconds. */
function longestGap(rig: Rig, sinceMs: number): number {
  const times = rig.wire
    .rtpFrom(ADDRESSES.door)
    .map(({ atMs }) => atMs)
    .filter((atMs) => atMs >= sinceMs);
  return Math.max(...times.slice(1).map((atMs, index) => atMs - (times[index] ?? 0)));
}

/** How much processor time a process and its threads have used, in milliseconds. */
function processorTimeMs(pid: number): number {
  // proc(5): the fields after the name in parentheses begin with the third; 14 and 15 are utime and stime, in 10 ms.
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
  return 10 * (Number(fields[11]) + Number(fields[12]));
}

function heardIn(recording: Sound, voice: Sound): number {
  return findVoice(recording, voice).correlation;
}

describe('a call through ALSA', () => {
  test.for(['server', 'card'] as const)('is heard and said: %s', async (kind, { rig }) => {
    const place = await house(rig, { kind });
    const { sound, door, resident } = place;
    sound.say('visitor.en');
    const heard = sound.recordSpeaker();
    await talk(place);
    // A frame that the card's clock costs splits a window of the comparison in two: there must be windows without.
    await elapse(10_000);
    await resident.hangup();
    await door.saw('call.ended');
    await until('the phone has written its recording', () => soundingShare(resident.recording()) > 0);
    expect(door.allOf('fault')).toEqual([]);
    expect(heardIn(heard(), RESIDENT)).toBeGreaterThan(HEARD);
    expect(heardIn(heard(), VISITOR)).toBeLessThan(NOT_HEARD);
    expect(heardIn(resident.recording(), VISITOR)).toBeGreaterThan(HEARD);
    expect(heardIn(resident.recording(), RESIDENT)).toBeLessThan(NOT_HEARD);
  });

  test('takes less than 300 ms through jitter buffer, speaker and microphone', async ({ rig }) => {
    const untouched = { echoCancellation: false, noiseSuppression: false, gainControl: false };
    const place = await house(rig, { kind: 'card', loopback: true }, untouched);
    await talk(place);
    await elapse(6_000);
    const sent = rig.wire.rtpFrom(ADDRESSES.phone);
    const echoed = rig.wire.rtpFrom(ADDRESSES.door);
    const said = findVoice(excerpt(rig.wire.voiceFrom(ADDRESSES.phone), 1_000, 6_000), RESIDENT);
    const back = findVoice(excerpt(rig.wire.voiceFrom(ADDRESSES.door), 1_000, 6_000), RESIDENT);
    expect(back.correlation).toBeGreaterThan(HEARD);
    const period = (1000 * RESIDENT.samples.length) / RESIDENT.rate;
    const startsApart = (echoed[0]?.atMs ?? 0) - (sent[0]?.atMs ?? 0);
    const roundTrip = (((back.lagMs - said.lagMs + startsApart) % period) + period) % period;
    expect(roundTrip).toBeGreaterThan(20);
    expect(roundTrip).toBeLessThan(300);
  });

  test('finds by calibration how the loudspeaker is heard, and remembers it', async ({ rig }) => {
    const { door } = await house(rig, { kind: 'card', loopback: true });
    const { delayMs, echoDb, clips, advice } = await door.execute('calibrate', {});
    expect(delayMs).toBeGreaterThan(20);
    expect(delayMs).toBeLessThan(300);
    // The loopback gives all of it back, though the sound server loses and adds frames meanwhile.
    expect(echoDb).toBeGreaterThan(-3);
    expect(echoDb).toBeLessThan(2);
    expect(clips).toBe(0);
    expect(advice).toEqual([]);
    expect((await door.status()).media.voice?.echoDelayMs).toBe(Math.round(delayMs ?? 0));
  });

  test('takes the loudspeaker out of the microphone', async ({ rig }) => {
    const place = await house(rig, { kind: 'card', loopback: true });
    await talk(place);
    await elapse(8_000);
    const { voice } = (await place.door.status()).media;
    expect(voice).toMatchObject({ echoCancellation: true, noiseSuppression: true, gainControl: true, clips: 0 });
    expect(voice?.echoDelayMs).toBeGreaterThan(0);
    expect(voice?.echoDelayMs).toBeLessThan(300);
    // A sound server loses and adds frames, which each time is another way of the echo.
    expect(voice?.echoAttenuationDb).toBeGreaterThan(10);
    // What is left is the resident's voice still, lifted by the gain control where nobody else speaks.
    const left = excerpt(rig.wire.voiceFrom(ADDRESSES.door), 4_000, 8_000);
    expect(loudness(left) / loudness(RESIDENT)).toBeLessThan(AN_ECHO_AT_MOST);
  });
});

test('a sound server that dies in a call is told, disturbs no packet, and is used again when it is back', async ({
  rig,
}) => {
  const place = await house(rig, { kind: 'server' });
  const { sound, door, resident } = place;
  await talk(place);
  await elapse(1_000);

  const died = Date.now();
  await sound.kill();
  expect(await door.saw('fault')).toMatchObject({ what: expect.stringContaining('alsa:default') });
  expect((await door.saw('media.lost', { fits: (event) => event.leg === 'microphone' })).call).toBeDefined();
  await door.saw('media.lost', { fits: (event) => event.leg === 'speaker' });
  const usedBefore = processorTimeMs(door.pid);
  await elapse(2_000);
  const used = processorTimeMs(door.pid) - usedBefore;
  expect(used).toBeLessThan(300);
  expect((await door.status()).state).toBe('talking');

  const back = Date.now();
  await sound.start();
  sound.say('visitor.en');
  const heard = sound.recordSpeaker();
  await until('the door is heard', () => heardIn(heard(), RESIDENT) > HEARD);
  await until('the visitor is heard', () => heardIn(rig.wire.voiceFrom(ADDRESSES.door, back), VISITOR) > HEARD);
  // Thirty milliseconds more than the grid's twenty: the capture's own stamps are late on a busy machine.
  expect(longestGap(rig, died)).toBeLessThan(50);
  await resident.hangup();
  expect((await door.saw('call.ended')).reason).toBe('hangup-remote');
});
