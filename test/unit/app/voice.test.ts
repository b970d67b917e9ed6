// What is done to the microphone's sound, as configured and as told.

import { expect, it } from 'vitest';
import { levelsState, voiceOf, voiceState } from '../../../src/app/voice.ts';
import { FakeEngine } from '../../support/fake-engine.ts';

const audio = {
  device: { kind: 'auto' },
  speaker: 80,
  microphone: 80,
  echoCancellation: true,
  noiseSuppression: false,
  gainControl: true,
  voiceActivityDetection: false,
  mixer: 'auto',
  announcements: { ringback: 'tone', busy: 'tone', failure: 'tone', opened: 'tone' },
  controls: {},
} as const;

it('is what is configured, with a sound card', () => {
  const asked = { echoCancellation: true, noiseSuppression: false, gainControl: true };
  expect(voiceOf(audio, 'alsa:default')).toEqual(asked);
});

it.each(['file', 'virtual'])('is nothing where the sound is of no room: %s', (device) => {
  const nothing = { echoCancellation: false, noiseSuppression: false, gainControl: false };
  expect(voiceOf(audio, device)).toEqual(nothing);
});

it('is told in whole milliseconds and decibels', () => {
  const engine = new FakeEngine();
  expect(voiceState(engine)).toMatchObject({ echoDelayMs: null, echoAttenuationDb: null });
  engine.setVoice({ echoCancellation: true, noiseSuppression: true, gainControl: false });
  engine.voiceFigures = {
    ...engine.voiceFigures,
    echoDelayMs: 42.5,
    echoAttenuationDb: 38.4,
    speakerDbfs: -20.4,
    clips: 3,
  };
  expect(voiceState(engine)).toEqual({
    echoCancellation: true,
    noiseSuppression: true,
    gainControl: false,
    echoDelayMs: 43,
    echoAttenuationDb: 38,
    gainDb: 0,
    levels: { speaker: -20, microphone: -100, sent: -100 },
    clips: 3,
  });
});

it('has the levels of the last second in whole decibels', () => {
  const engine = new FakeEngine();
  engine.levels = {
    speaker: { rmsDbfs: -23.4, peakDbfs: -9.6, clipped: 0 },
    microphone: { rmsDbfs: -100, peakDbfs: 0, clipped: 7 },
  };
  expect(levelsState(engine)).toEqual({
    speaker: { rms: -23, peak: -10, clipped: 0 },
    microphone: { rms: -100, peak: 0, clipped: 7 },
  });
});
