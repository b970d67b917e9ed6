// Which control of a card is set, and how; and cards that come and go.

import { beforeEach, describe, expect, it } from 'vitest';
import { DoorphoneError } from '../../../../src/base/errors.ts';
import { CardMixer } from '../../../../src/hardware/drivers/mixer/card-mixer.ts';
import type { MixerElement } from '../../../../src/hardware/drivers/mixer/mixer-library.ts';
import { FakeMixerLibrary, FakeSide } from '../../../support/fake-mixer-library.ts';

let library: FakeMixerLibrary;
let mixer: CardMixer;

beforeEach(() => {
  library = new FakeMixerLibrary();
  mixer = new CardMixer(
    () => 'hw:Device',
    {},
    () => Promise.resolve(library),
  );
});

const element = (name: string, sides: { playback?: FakeSide; capture?: FakeSide }): MixerElement => ({
  name,
  playback: sides.playback,
  capture: sides.capture,
});

/** As a common USB card has them. */
function usbCard(): { speaker: FakeSide; sidetone: FakeSide; microphone: FakeSide } {
  const speaker = new FakeSide({ min: 0, max: 37 }, { min: -2837, max: -6 });
  const sidetone = new FakeSide({ min: 0, max: 31 }, { min: -2300, max: 800 });
  const microphone = new FakeSide({ min: 0, max: 35 }, { min: -1200, max: 2300 });
  library.cards.set('hw:Device', [
    element('Mic', { playback: sidetone, capture: microphone }),
    element('Speaker', { playback: speaker }),
  ]);
  return { speaker, sidetone, microphone };
}

describe('a card', () => {
  it('has its speaker set by decibels, and says how it is then', async () => {
    const { speaker, sidetone } = usbCard();
    expect(await mixer.set('speaker', { percent: 100 })).toEqual({ control: 'Speaker', percent: 100, muted: false });
    expect(speaker.value).toBe(37);
    await mixer.set('speaker', { percent: 50 });
    // Half as loud is by far not half of the decibels, and so of the steps.
    expect(speaker.value).toBe(23);
    expect(sidetone.value).toBe(0);
    expect(library.inUse).toBe(0);
  });

  it('has its microphone set by the capture side, not by what it gives to the speaker', async () => {
    const { sidetone, microphone } = usbCard();
    expect(await mixer.set('microphone', { percent: 100 })).toMatchObject({ control: 'Mic', percent: 100 });
    expect(microphone.value).toBe(35);
    expect(sidetone.value).toBe(0);
  });

  it('is muted and not by its switch, and keeps its volume meanwhile', async () => {
    const { speaker } = usbCard();
    await mixer.set('speaker', { percent: 70 });
    const { value } = speaker;
    expect(await mixer.set('speaker', { muted: true })).toMatchObject({ muted: true });
    expect([speaker.isOn, speaker.value]).toEqual([false, value]);
    expect(await mixer.set('speaker', { muted: false })).toMatchObject({ muted: false });
  });

  it('without a switch cannot be muted, which is said', async () => {
    const master = new FakeSide({ min: 0, max: 10 }, undefined, false);
    library.cards.set('hw:Device', [element('Master', { playback: master })]);
    expect(await mixer.set('speaker', { muted: true, percent: 50 })).toEqual({
      control: 'Master',
      percent: 50,
      muted: undefined,
    });
    expect([master.isOn, master.value]).toEqual([true, 5]);
  });

  it('has the control set that is nearest to the sound, whatever their order', async () => {
    const [master, pcm] = [new FakeSide({ min: 0, max: 10 }), new FakeSide({ min: 0, max: 10 })];
    library.cards.set('hw:Device', [element('Master', { playback: master }), element('PCM', { playback: pcm })]);
    expect(await mixer.set('speaker', { percent: 100 })).toMatchObject({ control: 'PCM' });
    expect([master.value, pcm.value]).toEqual([0, 10]);
  });

  it('has the control set that was named for it, in whatever case', async () => {
    usbCard();
    const line = new FakeSide({ min: 0, max: 10 });
    library.cards.set('hw:Device', [
      ...(library.cards.get('hw:Device') ?? []),
      element('Line Out', { playback: line }),
    ]);
    const named = new CardMixer(
      () => 'hw:Device',
      { speaker: ['line out'] },
      () => Promise.resolve(library),
    );
    expect(await named.set('speaker', { percent: 100 })).toMatchObject({ control: 'Line Out' });
    expect(line.value).toBe(10);
  });

  it('that has nothing for a side says so', async () => {
    library.cards.set('hw:Device', [element('Speaker', { playback: new FakeSide({ min: 0, max: 1 }) })]);
    expect(await mixer.set('microphone', { percent: 10 })).toBeUndefined();
    expect(library.inUse).toBe(0);
  });
});

describe('a card that is not there', () => {
  it('is an error, and no more once it is back', async () => {
    const error: unknown = await mixer.set('speaker', { percent: 10 }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(DoorphoneError);
    expect(error).toMatchObject({ code: 'mixer-missing', message: 'hw:Device has no mixer that opens (ENOENT)' });
    usbCard();
    expect(await mixer.set('speaker', { percent: 100 })).toMatchObject({ percent: 100 });
  });

  it('is one also where it is not even found', async () => {
    const lost = new CardMixer(
      () => undefined,
      {},
      () => Promise.resolve(library),
    );
    await expect(lost.set('speaker', { percent: 10 })).rejects.toMatchObject({ code: 'mixer-missing' });
  });

  it('does not load the library twice', async () => {
    let loaded = 0;
    const counted = new CardMixer(
      () => 'hw:Device',
      {},
      () => {
        loaded += 1;
        return Promise.resolve(library);
      },
    );
    expect(loaded).toBe(0);
    usbCard();
    await Promise.all([counted.set('speaker', { percent: 1 }), counted.set('speaker', { percent: 2 })]);
    expect([loaded, library.opened]).toEqual([1, 2]);
  });
});
