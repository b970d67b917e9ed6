// What is wrong with a sound device, in words. The numbers are native/engine/audio_io.h's `enum audio_fault`.

import { getSystemErrorName } from 'node:util';
import type { DeviceOptions, DeviceSide } from './types.ts';

const AUDIO_FAULT_OPEN = 1;
const AUDIO_FAULT_LOST = 2;
const AUDIO_FAULT_STALLED = 3;
const AUDIO_FAULT_RECORDING = 4;
const AUDIO_FAULT_NO_MICROPHONE = 5;
const AUDIO_FAULT_NO_SPEAKER = 6;
const AUDIO_FAULT_BY_TURNS = 7;

/** `file`, `virtual`, `alsa:default`: how a device is named in state and logs. */
export function deviceName(device: DeviceOptions): string {
  return device.kind === 'alsa' ? `alsa:${device.name}` : device.kind;
}

/** ENOENT, ENODEV and ENXIO: it is not there. */
const NOT_THERE = [2, 19, 6];

/** Whether the card is not there: which ones are is worth saying then. */
export function isMissingCard(device: DeviceOptions, fault: number, systemError: number): boolean {
  return device.kind === 'alsa' && fault === AUDIO_FAULT_OPEN && NOT_THERE.includes(systemError);
}

/** @param cards id and name of each, as ALSA has them */
export function describeCards(cards: readonly (readonly [id: string, name: string])[]): string {
  if (cards.length === 0) return 'there is no sound card';
  return `there are ${cards.map(([id, name]) => (id === name ? id : `${id} (${name})`)).join(', ')}`;
}

/** Whether the device works, but does one thing at a time (half-duplex). */
export const isByTurns = (fault: number): boolean => fault === AUDIO_FAULT_BY_TURNS;

/** What such a fault takes from a call; 0 takes nothing. */
export function lostSides(fault: number): readonly DeviceSide[] {
  if (fault === 0 || isByTurns(fault)) return [];
  if (fault === AUDIO_FAULT_NO_MICROPHONE) return ['microphone'];
  if (fault === AUDIO_FAULT_NO_SPEAKER) return ['speaker'];
  return ['microphone', 'speaker'];
}

/**
 * @param fault a number of `enum audio_fault`
 * @param systemError the errno of the fault, or 0
 * @returns one line for a person; undefined when nothing is wrong
 */
export function describeDeviceFault(device: DeviceOptions, fault: number, systemError: number): string | undefined {
  const reason = systemError > 0 ? ` (${getSystemErrorName(-systemError)})` : '';
  switch (fault) {
    case 0:
    case AUDIO_FAULT_BY_TURNS:
      return undefined;
    case AUDIO_FAULT_OPEN:
      return `sound device ${deviceName(device)} cannot be opened${reason}`;
    case AUDIO_FAULT_LOST:
      return `sound device ${deviceName(device)} failed${reason}`;
    case AUDIO_FAULT_STALLED:
      return `sound device ${deviceName(device)} has stopped moving samples${reason}`;
    case AUDIO_FAULT_RECORDING:
      return `${device.kind === 'file' ? device.output : deviceName(device)} cannot be written${reason}`;
    case AUDIO_FAULT_NO_MICROPHONE:
      return `sound device ${deviceName(device)} has no microphone that can be opened${reason}; it plays all the same`;
    case AUDIO_FAULT_NO_SPEAKER:
      return `sound device ${deviceName(device)} has no speaker that can be opened${reason}; it records all the same`;
    default:
      return `sound device ${deviceName(device)} reports fault ${fault}${reason}`;
  }
}
