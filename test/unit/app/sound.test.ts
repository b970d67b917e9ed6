// Which sound device a configuration means.

import { expect, it } from 'vitest';
import { deviceOf, usableCodecs } from '../../../src/app/sound.ts';
import type { AudioConfiguration } from '../../../src/config/index.ts';
import { FakeEngine } from '../../support/fake-engine.ts';

const audio = (device: AudioConfiguration['device']): AudioConfiguration => ({
  device,
  speaker: 80,
  microphone: 80,
  echoCancellation: false,
  noiseSuppression: true,
  gainControl: true,
  voiceActivityDetection: false,
  mixer: 'auto',
  announcements: { ringback: 'tone', busy: 'tone', failure: 'tone', opened: 'tone' },
  controls: {},
});

it('is the board’s where the configuration names none', () => {
  expect(deviceOf(audio({ kind: 'auto' }), { sound: 'alsa:card=usb' })).toEqual({ kind: 'alsa', name: 'card=usb' });
});

it('is the system’s where the board names none either', () => {
  expect(deviceOf(audio({ kind: 'auto' }), {})).toEqual({ kind: 'alsa', name: 'default' });
  expect(deviceOf(audio({ kind: 'auto' }), undefined)).toEqual({ kind: 'alsa', name: 'default' });
});

it('is the configuration’s, whatever the board has', () => {
  const own = { kind: 'alsa', name: 'plughw:1' } as const;
  expect(deviceOf(audio(own), { sound: 'alsa:card=usb' })).toEqual(own);
});

it('offers opus where its library is there, and never nothing', () => {
  const { state } = new FakeEngine();
  expect(usableCodecs(['opus', 'G722'], { ...state, opus: true })).toEqual(['opus', 'G722']);
  expect(usableCodecs(['opus', 'G722'], { ...state, opus: false })).toEqual(['G722']);
  expect(usableCodecs(['opus'], state)).toEqual(['PCMA', 'PCMU']);
});
