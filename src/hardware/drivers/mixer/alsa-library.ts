// libasound's mixer ("ALSA Library API", simple mixer interface), by koffi. Both are looked for when a mixer is first used:
// a door without a card, or without the packages, never loads them. Opening a card may wait for a sound server, so it is
// done on a thread of libuv's; what follows only asks the kernel.

import { DoorphoneError } from '../../../base/errors.ts';
import type { ElementSide, MixerElement, MixerLibrary, OpenCard } from './mixer-library.ts';
import { isRange, type Range } from './scale.ts';

const LIBRARY = 'libasound.so.2';
/** SND_MIXER_SCHN_MONO, which is the first channel of several too. */
const FIRST_CHANNEL = 0;
/** A card with more has something wrong with it. */
const MOST_ELEMENTS = 256;

/** An address. */
type Pointer = unknown;
/** The last number of each is what its pointer is filled with. */
type AskChannel = (element: Pointer, channel: number, value: number[]) => number;
type AskRange = (element: Pointer, min: number[], max: number[]) => number;
type Test = (element: Pointer) => number;
type Set = (element: Pointer, value: number) => number;

interface SideFunctions {
  readonly hasVolume: Test;
  readonly hasSwitch: Test;
  readonly stepsRange: AskRange;
  readonly decibelsRange: AskRange;
  readonly readSteps: AskChannel;
  readonly readDecibels: AskChannel;
  readonly readSwitch: AskChannel;
  readonly writeSteps: Set;
  readonly writeDecibels: (element: Pointer, value: number, direction: number) => number;
  readonly writeSwitch: Set;
}

interface Functions {
  readonly open: (mixer: Pointer[], mode: number) => number;
  readonly attach: { async(mixer: Pointer, card: string, done: (error: unknown, result: number) => void): void };
  readonly register: (mixer: Pointer, options: null, classes: null) => number;
  readonly load: { async(mixer: Pointer, done: (error: unknown, result: number) => void): void };
  readonly first: (mixer: Pointer) => Pointer;
  readonly next: (element: Pointer) => Pointer;
  readonly isActive: Test;
  readonly name: (element: Pointer) => string;
  readonly close: (mixer: Pointer) => number;
  readonly playback: SideFunctions;
  readonly capture: SideFunctions;
}

/** @throws DoorphoneError `mixer-unusable` */
export async function alsaMixerLibrary(): Promise<MixerLibrary> {
  const functions = await bind();
  return { open: (card) => open(functions, card) };
}

async function bind(): Promise<Functions> {
  const koffi = await import('koffi').catch((cause: unknown) => {
    throw unusable('the package koffi', 'npm install koffi, or set audio.mixer to off', cause);
  });
  try {
    const library = koffi.load(LIBRARY);
    const func = (prototype: string) => library.func(prototype);
    const side = (name: 'playback' | 'capture'): SideFunctions => ({
      hasVolume: func(`int snd_mixer_selem_has_${name}_volume(void *element)`),
      hasSwitch: func(`int snd_mixer_selem_has_${name}_switch(void *element)`),
      stepsRange: func(`int snd_mixer_selem_get_${name}_volume_range(void *element, _Out_ long *min, _Out_ long *max)`),
      decibelsRange: func(`int snd_mixer_selem_get_${name}_dB_range(void *element, _Out_ long *min, _Out_ long *max)`),
      readSteps: func(`int snd_mixer_selem_get_${name}_volume(void *element, int channel, _Out_ long *value)`),
      readDecibels: func(`int snd_mixer_selem_get_${name}_dB(void *element, int channel, _Out_ long *value)`),
      readSwitch: func(`int snd_mixer_selem_get_${name}_switch(void *element, int channel, _Out_ int *value)`),
      writeSteps: func(`int snd_mixer_selem_set_${name}_volume_all(void *element, long value)`),
      writeDecibels: func(`int snd_mixer_selem_set_${name}_dB_all(void *element, long value, int direction)`),
      writeSwitch: func(`int snd_mixer_selem_set_${name}_switch_all(void *element, int value)`),
    });
    return {
      open: func('int snd_mixer_open(_Out_ void **mixer, int mode)'),
      attach: func('int snd_mixer_attach(void *mixer, const char *name)'),
      register: func('int snd_mixer_selem_register(void *mixer, void *options, void *classes)'),
      load: func('int snd_mixer_load(void *mixer)'),
      first: func('void *snd_mixer_first_elem(void *mixer)'),
      next: func('void *snd_mixer_elem_next(void *element)'),
      isActive: func('int snd_mixer_selem_is_active(void *element)'),
      name: func('const char *snd_mixer_selem_get_name(void *element)'),
      close: func('int snd_mixer_close(void *mixer)'),
      playback: side('playback'),
      capture: side('capture'),
    };
  } catch (cause) {
    throw unusable(LIBRARY, 'apt install libasound2 (Debian 13 and newer: libasound2t64)', cause);
  }
}

function unusable(what: string, mend: string, cause: unknown): DoorphoneError {
  return new DoorphoneError('mixer-unusable', `the mixer of the sound card needs ${what}, which is not there`, {
    mend,
    cause,
  });
}

async function open(functions: Functions, card: string): Promise<OpenCard | number> {
  const handle: Pointer[] = [null];
  const made = functions.open(handle, 0);
  if (made < 0) return made;
  const [mixer] = handle;
  let result = await answer((done) => functions.attach.async(mixer, card, done));
  if (result >= 0) result = functions.register(mixer, null, null);
  if (result >= 0) result = await answer((done) => functions.load.async(mixer, done));
  if (result < 0) {
    functions.close(mixer);
    return result;
  }
  return { elements: [...elementsOf(functions, mixer)], close: () => void functions.close(mixer) };
}

function answer(call: (done: (error: unknown, result: number) => void) => void): Promise<number> {
  return new Promise((resolve, reject) => {
    call((error, result) => (error === null || error === undefined ? resolve(result) : reject(error)));
  });
}

function* elementsOf(functions: Functions, mixer: Pointer): Generator<MixerElement> {
  let element = functions.first(mixer);
  for (let count = 0; element !== null && count < MOST_ELEMENTS; count += 1) {
    if (functions.isActive(element) !== 0) {
      yield {
        name: functions.name(element),
        playback: sideOf(functions.playback, element),
        capture: sideOf(functions.capture, element),
      };
    }
    element = functions.next(element);
  }
}

function sideOf(functions: SideFunctions, element: Pointer): ElementSide | undefined {
  if (functions.hasVolume(element) === 0) return undefined;
  const steps = rangeOf(functions.stepsRange, element);
  if (steps === undefined) return undefined;
  return {
    steps,
    decibels: rangeOf(functions.decibelsRange, element),
    hasSwitch: functions.hasSwitch(element) !== 0,
    readSteps: () => read((value) => functions.readSteps(element, FIRST_CHANNEL, value)),
    writeSteps: (value) => void functions.writeSteps(element, value),
    readDecibels: () => read((value) => functions.readDecibels(element, FIRST_CHANNEL, value)),
    writeDecibels: (value) => void functions.writeDecibels(element, value, 0),
    readSwitch: () => read((value) => functions.readSwitch(element, FIRST_CHANNEL, value)) !== 0,
    writeSwitch: (on) => void functions.writeSwitch(element, on ? 1 : 0),
  };
}

function rangeOf(ask: AskRange, element: Pointer): Range | undefined {
  const [min, max] = [[0], [0]];
  if (ask(element, min, max) < 0) return undefined;
  const range = { min: min[0] ?? 0, max: max[0] ?? 0 };
  return isRange(range) ? range : undefined;
}

function read(ask: (value: number[]) => number): number {
  const value = [0];
  ask(value);
  return value[0] ?? 0;
}
