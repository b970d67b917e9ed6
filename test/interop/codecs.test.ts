// Every codec with a phone that is not ours, offered by either side; and whether wideband is wide from end to end.

import { describe, expect } from 'vitest';
import { hertz } from '../../src/base/units.ts';
import { excerpt, findVoice, loadSpeech, type Sound, soundingShare, toneShare } from '../support/audio-analysis.ts';
import type { Baresip } from './rig/baresip.ts';
import { account, DOOR_CODE, type Doorphone } from './rig/doorphone.ts';
import { ADDRESSES } from './rig/network.ts';
import { type Rig, test } from './rig/rig.ts';
import { elapse, until } from './rig/stream.ts';
import { writeWav } from './rig/wav.ts';

/** Each voice has a tone beyond what 8 kHz can carry, too low to be told from it by ear. */
const RESIDENT_TONE = hertz(5_000);
const VISITOR_TONE = hertz(6_000);
const TONE_LEVEL = 0.01;
/** Of the energy of a second of speech: such a tone, and what is there without it. */
const TONE_HEARD = 0.0005;
const HEARD = 0.6;
const NOT_HEARD = 0.3;

/** A speech file at 16 kHz. */
function doubled({ rate, samples }: Sound): Sound {
  const twice = new Float32Array(2 * samples.length);
  for (const [at, sample] of samples.entries()) {
    twice[2 * at] = sample;
    twice[2 * at + 1] = (sample + (samples[at + 1] ?? sample)) / 2;
  }
  return { rate: hertz(2 * rate), samples: twice };
}

function withTone({ rate, samples }: Sound, tone: number): Sound {
  const sung = samples.map((sample, at) => sample + TONE_LEVEL * Math.sin((2 * Math.PI * tone * at) / rate));
  return { rate, samples: sung };
}

const RESIDENT = doubled(loadSpeech('resident.en'));
const VISITOR = doubled(loadSpeech('visitor.en'));

interface House {
  readonly door: Doorphone;
  readonly resident: Baresip;
}

/** A phone with one codec and a door that likes the same one best. */
async function house(rig: Rig, codec: string, name: string, voice: Sound): Promise<House> {
  const pbx = await rig.kamailio();
  const resident = await rig.baresip('phone', { user: '101', registrar: pbx.address, codecs: [name], voice });
  const spoken = `${rig.folder}/visitor.wav`;
  writeWav(spoken, withTone(VISITOR, VISITOR_TONE), 30_000);
  const heard = `${rig.folder}/door/heard.wav`;
  const door = await rig.doorphone({
    configuration: {
      accounts: [account()],
      media: { codecs: [codec, 'PCMA'] },
      audio: { device: 'file', input: spoken, output: heard },
    },
  });
  await door.registered();
  return { door, resident };
}

async function endCall({ door, resident }: House): Promise<Sound> {
  await resident.hangup();
  await door.saw('call.ended');
  await until('the phone has written its recording', () => soundingShare(resident.recording()) > 0);
  return resident.recording();
}

const middle = (sound: Sound): Sound => excerpt(sound, 1_500, 2_500);

const WIDE = [
  ['G722', 'G722', 9],
  ['L16/16000', 'L16/16000/1', 99],
] as const;

describe('wideband', () => {
  test.for(WIDE)('%s is spoken both ways with baresip, wide from end to end', async ([codec, name, type], { rig }) => {
    const place = await house(rig, codec, name, withTone(RESIDENT, RESIDENT_TONE));
    const { door, resident } = place;
    await door.press();
    expect(await door.saw('call.answered')).toMatchObject({ codec });
    expect(await door.status()).toMatchObject({ call: { codec } });
    await elapse(3_500);
    for (const digit of DOOR_CODE) await resident.sendDigits(digit);
    await door.saw('door.opened');
    const recording = await endCall(place);
    expect(door.allOf('call.ended')[0]?.media).toMatchObject({ codec, packetsLost: 0 });
    expect(rig.wire.rtpFrom(ADDRESSES.door, type).length).toBeGreaterThan(150);
    const heard = door.heard();
    expect(heard.rate).toBe(16_000);
    expect(recording.rate).toBe(16_000);
    expect(findVoice(heard, RESIDENT).correlation).toBeGreaterThan(HEARD);
    expect(findVoice(heard, VISITOR).correlation).toBeLessThan(NOT_HEARD);
    expect(findVoice(recording, VISITOR).correlation).toBeGreaterThan(HEARD);
    expect(findVoice(recording, RESIDENT).correlation).toBeLessThan(NOT_HEARD);
    expect(toneShare(middle(heard), RESIDENT_TONE)).toBeGreaterThan(TONE_HEARD);
    expect(toneShare(middle(heard), VISITOR_TONE)).toBeLessThan(TONE_HEARD);
    expect(toneShare(middle(recording), VISITOR_TONE)).toBeGreaterThan(TONE_HEARD);
  });

  test('is taken from a phone that offers it, and stays through hold and resume', async ({ rig }) => {
    const place = await house(rig, 'G722', 'G722', withTone(RESIDENT, RESIDENT_TONE));
    const { door, resident } = place;
    await resident.dial(`sip:door@${ADDRESSES.pbx}`);
    expect(await door.saw('call.answered')).toMatchObject({ codec: 'G722' });
    await elapse(1_000);
    await resident.hold();
    await elapse(500);
    await resident.resume();
    await elapse(2_500);
    expect(await door.status()).toMatchObject({ call: { codec: 'G722' } });
    await resident.hangup();
    await door.saw('call.ended');
    expect(findVoice(door.heard(), RESIDENT).correlation).toBeGreaterThan(HEARD);
  });

  test('a phone of 8 kHz is talked to on a wide device', async ({ rig }) => {
    const place = await house(rig, 'G722', 'PCMA', loadSpeech('resident.en'));
    const { door } = place;
    await door.press();
    expect(await door.saw('call.answered')).toMatchObject({ codec: 'PCMA' });
    await elapse(3_000);
    const recording = await endCall(place);
    expect(findVoice(door.heard(), RESIDENT).correlation).toBeGreaterThan(HEARD);
    expect(findVoice(recording, loadSpeech('visitor.en')).correlation).toBeGreaterThan(HEARD);
    expect(toneShare(middle(recording), VISITOR_TONE)).toBeLessThan(TONE_HEARD);
  });
});

/** Every third sample: what is compared ends at 7 kHz, and baresip's Opus at 8. */
function thinned({ rate, samples }: Sound): Sound {
  const thin = new Float32Array(Math.floor(samples.length / 3));
  for (let at = 0; at < thin.length; at += 1) thin[at] = samples[3 * at] ?? 0;
  return { rate: hertz(rate / 3), samples: thin };
}

/** Each sample three times over, smoothed. */
function tripled({ rate, samples }: Sound): Sound {
  const wide = new Float32Array(3 * samples.length);
  for (let at = 0; at < wide.length; at += 1) {
    const from = samples[Math.floor(at / 3)] ?? 0;
    const to = samples[Math.floor(at / 3) + 1] ?? from;
    wide[at] = from + ((to - from) * (at % 3)) / 3;
  }
  return { rate: hertz(3 * rate), samples: wide };
}

test('opus is spoken both ways with baresip, wide from end to end', async ({ rig }) => {
  const place = await house(rig, 'opus', 'opus/48000/2', tripled(withTone(RESIDENT, RESIDENT_TONE)));
  const { door, resident } = place;
  await door.press();
  expect(await door.saw('call.answered')).toMatchObject({ codec: 'opus' });
  expect((await door.status()).faults).toEqual([]);
  await elapse(3_500);
  for (const digit of DOOR_CODE) await resident.sendDigits(digit);
  await door.saw('door.opened');
  const recording = thinned(await endCall(place));
  expect(recording.rate).toBe(16_000);
  expect(findVoice(door.heard(), RESIDENT).correlation).toBeGreaterThan(HEARD);
  expect(findVoice(door.heard(), VISITOR).correlation).toBeLessThan(NOT_HEARD);
  expect(findVoice(recording, VISITOR).correlation).toBeGreaterThan(HEARD);
  expect(findVoice(recording, RESIDENT).correlation).toBeLessThan(NOT_HEARD);
  expect(toneShare(middle(door.heard()), RESIDENT_TONE)).toBeGreaterThan(TONE_HEARD);
  expect(toneShare(middle(recording), VISITOR_TONE)).toBeGreaterThan(TONE_HEARD);
});

test('L16/8000 is spoken both ways with baresip', async ({ rig }) => {
  const place = await house(rig, 'L16/8000', 'L16/8000/1', loadSpeech('resident.en'));
  const { door } = place;
  await door.press();
  expect(await door.saw('call.answered')).toMatchObject({ codec: 'L16/8000' });
  await elapse(3_000);
  const recording = await endCall(place);
  expect(door.heard().rate).toBe(8_000);
  expect(findVoice(door.heard(), loadSpeech('resident.en')).correlation).toBeGreaterThan(HEARD);
  expect(findVoice(recording, loadSpeech('visitor.en')).correlation).toBeGreaterThan(HEARD);
});
