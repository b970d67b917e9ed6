// Who sets the volume: the card where it has a mixer, else the engine, never both.

import { beforeEach, describe, expect, it } from 'vitest';
import { Journal } from '../../../src/api/journal.ts';
import { Faults } from '../../../src/app/faults.ts';
import { SoundVolume } from '../../../src/app/sound-volume.ts';
import { DoorphoneError } from '../../../src/base/errors.ts';
import { millis, seconds } from '../../../src/base/units.ts';
import type { Mixer, MixerChange, MixerLevel, SoundSide } from '../../../src/hardware/ports/index.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { FakeEngine } from '../../support/fake-engine.ts';
import { RecordingLog } from '../../support/recording-log.ts';

/** A card whose controls are what a test says; a percentage is what it was set to. */
class FakeMixer implements Mixer {
  readonly sets: (readonly [SoundSide, MixerChange])[] = [];
  controls: { [Side in SoundSide]?: { control: string; hasSwitch: boolean } } = {
    speaker: { control: 'Speaker', hasSwitch: true },
  };
  fault: DoorphoneError | Error | undefined;
  hangs = false;
  readonly #levels = { speaker: { percent: 33, muted: false }, microphone: { percent: 33, muted: false } };

  set(side: SoundSide, change: MixerChange): Promise<MixerLevel | undefined> {
    this.sets.push([side, change]);
    if (this.hangs) return new Promise(() => undefined);
    if (this.fault !== undefined) return Promise.reject(this.fault);
    const found = this.controls[side];
    if (found === undefined) return Promise.resolve(undefined);
    Object.assign(this.#levels[side], change);
    const { percent, muted } = this.#levels[side];
    return Promise.resolve({ control: found.control, percent, muted: found.hasSwitch ? muted : undefined });
  }
}

let clock: FakeClock;
let journal: Journal;
let faults: Faults;
let engine: FakeEngine;
let mixer: FakeMixer;

beforeEach(() => {
  clock = new FakeClock();
  const log = new RecordingLog();
  journal = new Journal(clock, log);
  faults = new Faults(journal, log);
  engine = new FakeEngine();
  mixer = new FakeMixer();
});

const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 30; turn += 1) await Promise.resolve();
};

async function started(own: Mixer | undefined = mixer): Promise<SoundVolume> {
  const log = new RecordingLog();
  const volume = new SoundVolume({ clock, log, journal, faults, engine, mixer: own }, { speaker: 80, microphone: 70 });
  volume.start();
  clock.advance(seconds(10));
  await settle();
  return volume;
}

const ask = async (volume: SoundVolume, side: string, change: { percent?: number; muted?: boolean }) =>
  await volume.command({ side, ...change }, 'control');

describe('a device without a mixer', () => {
  it('has its samples scaled', async () => {
    const volume = new SoundVolume(
      { clock, log: new RecordingLog(), journal, faults, engine, mixer: undefined },
      { speaker: 80, microphone: 70 },
    );
    volume.start();
    clock.advance(seconds(10));
    await settle();
    expect(engine.gains.at(-1)).toEqual([80, 70]);
    await ask(volume, 'speaker', { percent: 10 });
    expect(engine.gains.at(-1)).toEqual([10, 70]);
    expect(volume.report).toEqual({
      speaker: { percent: 10, muted: false, by: 'engine' },
      microphone: { percent: 70, muted: false, by: 'engine' },
    });
  });
});

describe('a card with a mixer', () => {
  it('is set at the start and not muted; the engine leaves the samples of that side as they are', async () => {
    const volume = await started();
    expect(mixer.sets).toContainEqual(['speaker', { percent: 80, muted: false }]);
    // It has no control for the microphone.
    expect(engine.gains.at(-1)).toEqual([100, 70]);
    expect(volume.report.speaker).toEqual({ percent: 80, muted: false, by: 'card', control: 'Speaker' });
    expect(volume.report.microphone).toEqual({ percent: 70, muted: false, by: 'engine' });
  });

  it('is not touched before the door had its time to begin', async () => {
    const log = new RecordingLog();
    const volume = new SoundVolume({ clock, log, journal, faults, engine, mixer }, { speaker: 80, microphone: 70 });
    volume.start();
    await settle();
    expect(mixer.sets).toEqual([]);
    // The engine scales samples meanwhile, as it was made to.
    expect(engine.gains).toEqual([]);
    await volume.stop();
    clock.advance(seconds(10));
    await settle();
    expect(mixer.sets).toEqual([]);
  });

  it('is muted and heard again by command, and is as loud as before then', async () => {
    const volume = await started();
    await ask(volume, 'speaker', { muted: true });
    expect(mixer.sets.at(-1)).toEqual(['speaker', { muted: true }]);
    expect(engine.gains.at(-1)).toEqual([0, 70]);
    expect(volume.report.speaker).toMatchObject({ percent: 80, muted: true });
    await ask(volume, 'speaker', { muted: false });
    expect(engine.gains.at(-1)).toEqual([100, 70]);
  });

  it('that has no switch is muted by the engine', async () => {
    mixer.controls.speaker = { control: 'PCM', hasSwitch: false };
    const volume = await started();
    await ask(volume, 'speaker', { muted: true });
    expect(engine.gains.at(-1)).toEqual([0, 70]);
    expect(volume.report.speaker).toEqual({ percent: 80, muted: true, by: 'card', control: 'PCM' });
  });

  it('follows the configuration, but only where that says something new', async () => {
    const volume = await started();
    await ask(volume, 'speaker', { percent: 20 });
    const before = mixer.sets.length;
    volume.apply({ speaker: 80, microphone: 60 });
    await settle();
    expect(volume.report.speaker.percent).toBe(20);
    expect(engine.gains.at(-1)).toEqual([100, 60]);
    volume.apply({ speaker: 50, microphone: 60 });
    await settle();
    expect(mixer.sets.slice(before)).toEqual([
      ['microphone', { percent: 60 }],
      ['speaker', { percent: 50 }],
    ]);
  });

  it('that was away is set anew when it is back', async () => {
    mixer.fault = new DoorphoneError('mixer-missing', 'hw:Device has no mixer that opens (ENOENT)');
    const volume = await started();
    expect(engine.gains.at(-1)).toEqual([80, 70]);
    // What is wrong with the device is said by the device.
    expect(faults.list).toEqual([]);
    await ask(volume, 'speaker', { percent: 30 });
    mixer.fault = undefined;
    engine.emit('device', 'sound device alsa:hw:Device failed', millis(1), ['microphone', 'speaker']);
    engine.emit('device', undefined, millis(2), []);
    await settle();
    expect(mixer.sets).toContainEqual(['speaker', { percent: 30, muted: false }]);
    expect(engine.gains.at(-1)).toEqual([100, 70]);
  });
});

describe('what a mixer needs and is not installed', () => {
  it('is one fault with the mend, and the engine sets the volume', async () => {
    mixer.fault = new DoorphoneError('mixer-unusable', 'the mixer needs koffi', { mend: 'npm install koffi' });
    const volume = await started();
    await ask(volume, 'speaker', { percent: 30 });
    expect(faults.list).toEqual(['audio: the mixer needs koffi']);
    expect(journal.recent.filter(({ type }) => type === 'fault')).toHaveLength(1);
    expect(engine.gains.at(-1)).toEqual([30, 70]);
  });

  it('a mixer that throws what nobody knows is a fault as well', async () => {
    mixer.fault = new Error('segments are missing');
    await started();
    expect(faults.list).toEqual(['audio: the mixer fails: segments are missing']);
  });
});

describe('the command', () => {
  it('shows how loud it is, and tells what it has changed', async () => {
    const volume = await started();
    expect(await volume.command({}, 'control')).toEqual({ ok: true, result: volume.report });
    expect(await volume.command({ side: 'speaker' }, 'control')).toEqual({ ok: true, result: volume.report });
    expect(journal.recent).toEqual([]);
    await volume.command({ side: 'speaker', percent: 55 }, 'mqtt');
    expect(journal.recent.at(-1)).toMatchObject({
      type: 'volume.changed',
      side: 'speaker',
      percent: 55,
      muted: false,
      by: 'mqtt',
    });
  });

  it.each([
    [{ side: 'bell', percent: 1 }, /speaker or microphone/],
    [{ percent: 1 }, /which/],
    [{ muted: true }, /which/],
    [{ side: 'speaker', percent: 101 }, /0 to 100/],
    [{ side: 'speaker', percent: -1 }, /0 to 100/],
    [{ side: 'speaker', percent: 1.5 }, /0 to 100/],
    [{ side: 'speaker', percent: Number.NaN }, /0 to 100/],
  ])('refuses %j', async (asked, why) => {
    const volume = await started();
    const before = mixer.sets.length;
    const outcome = await volume.command(asked, 'control');
    expect(outcome).toMatchObject({ ok: false, error: { code: 'bad-request', message: expect.stringMatching(why) } });
    expect(mixer.sets).toHaveLength(before);
  });
});

describe('the end', () => {
  it('waits for what is being set, and sets nothing afterwards', async () => {
    const volume = await started();
    await volume.stop();
    const before = mixer.sets.length;
    volume.apply({ speaker: 1, microphone: 1 });
    await settle();
    expect(mixer.sets).toHaveLength(before);
  });

  it('does not wait for a sound server that hangs', async () => {
    mixer.hangs = true;
    const volume = await started();
    let stopped = false;
    const stopping = volume.stop().then(() => {
      stopped = true;
    });
    await settle();
    expect(stopped).toBe(false);
    clock.advance(seconds(1));
    await stopping;
    expect(stopped).toBe(true);
  });
});
