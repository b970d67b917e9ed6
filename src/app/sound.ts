// The sound of a configuration: the engine on the device that can be had, and the mixer of its card.

import { DoorphoneError, describeError } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import type { AudioConfiguration, BoardData, CodecName, Configuration } from '../config/index.ts';
import { alsaMixerLibrary, CardMixer, cardOfDevice } from '../hardware/drivers/index.ts';
import type { Mixer } from '../hardware/ports/index.ts';
import { type DeviceOptions, type EngineState, engineFor, type MediaEngine, openEngine } from '../media/index.ts';
import { loadNative } from '../native.ts';
import type { Faults } from './faults.ts';
import { voiceOf } from './voice.ts';

export interface Sound {
  readonly engine: MediaEngine;
  /** What sets the volumes; undefined: the engine does. */
  readonly mixer: Mixer | undefined;
}

/** The configured sound device, else what is left of it: a door without a loudspeaker still rings. */
export function openSound(
  { audio, media }: Configuration,
  board: BoardData | undefined,
  { log, faults }: { readonly log: Log; readonly faults: Faults },
): Sound {
  const { speaker, microphone } = audio;
  for (const candidate of devicesFrom(deviceOf(audio, board))) {
    try {
      const voice = voiceOf(audio, candidate.kind === 'alsa' ? `alsa:${candidate.name}` : candidate.kind);
      const options = { device: candidate, ...engineFor(media.codecs), ports: media.ports, speaker, microphone, voice };
      const engine = openEngine(options, { log });
      sayMissingCodecs(media.codecs, engine.state, faults);
      return { engine, mixer: mixerOf(candidate, audio, board) };
    } catch (thrown) {
      if (candidate.kind === 'virtual') throw thrown;
      const mend = thrown instanceof DoorphoneError ? thrown.mend : undefined;
      const what = thrown instanceof DoorphoneError ? thrown.message : describeError(thrown);
      faults.begin('sound', `audio: ${what}`, mend ?? 'mend audio in the configuration, then reload');
    }
  }
  throw new DoorphoneError('no-sound', 'no sound device could be opened');
}

/** What a call is offered where nothing that the configuration names can be had. */
const EVERY_PHONE_HAS: readonly CodecName[] = ['PCMA', 'PCMU'];

/** The codecs that can be had, in the order of preference. */
export function usableCodecs(codecs: readonly CodecName[], { opus = false }: EngineState): readonly CodecName[] {
  const usable = codecs.filter((codec) => codec !== 'opus' || opus);
  return usable.length === 0 ? EVERY_PHONE_HAS : usable;
}

export const OPUS_MISSING = {
  what: 'opus is not offered, as libopus.so.0 is not installed',
  mend: 'apt install libopus0, then restart the service',
};

function sayMissingCodecs(codecs: readonly CodecName[], state: EngineState, faults: Faults): void {
  if (!codecs.includes('opus') || state.opus === true) return;
  faults.begin('opus', `media.codecs: ${OPUS_MISSING.what}`, OPUS_MISSING.mend);
}

function devicesFrom(device: DeviceOptions): readonly DeviceOptions[] {
  switch (device.kind) {
    case 'virtual':
      return [device];
    case 'file':
      return [device, { ...device, input: undefined }, { kind: 'virtual' }];
    case 'alsa':
      return [device, { kind: 'virtual' }];
  }
}

/** @returns undefined: it is not there */
function cardNamed(device: string): string | undefined {
  const found = loadNative().alsaResolve(device);
  return found === undefined ? undefined : cardOfDevice(found);
}

/** The device that a configuration asks for: where it leaves it to the board, the board's. */
export function deviceOf({ device }: AudioConfiguration, board: Pick<BoardData, 'sound'> | undefined): DeviceOptions {
  if (device.kind !== 'auto') return device;
  return { kind: 'alsa', name: /^alsa:(.+)$/.exec(board?.sound ?? '')?.[1] ?? 'default' };
}

function mixerOf(
  device: DeviceOptions,
  { mixer, controls }: AudioConfiguration,
  board: BoardData | undefined,
): Mixer | undefined {
  if (device.kind !== 'alsa' || mixer === 'off') return undefined;
  const { speaker, microphone } = controls;
  // The board's names are of its own card; on another one they do no harm, for it has none of these or means the same by them.
  const names = {
    ...board?.controls,
    ...(speaker === undefined ? {} : { speaker: [speaker] }),
    ...(microphone === undefined ? {} : { microphone: [microphone] }),
  };
  return new CardMixer(() => (mixer === 'auto' ? cardNamed(device.name) : mixer), names, alsaMixerLibrary);
}
