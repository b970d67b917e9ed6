// What `doorphone status` says of the sound to eyes.

import { expect, it } from 'vitest';
import type { StateReport, VoiceState } from '../../../src/api/state.ts';
import { describeStatus } from '../../../src/cli/status.ts';

const AT_WORK: VoiceState = {
  echoCancellation: true,
  noiseSuppression: true,
  gainControl: true,
  echoDelayMs: 42,
  echoAttenuationDb: 38,
  gainDb: 4,
  levels: { speaker: -20, microphone: -30, sent: -26 },
  clips: 0,
};

/** The line that begins with `name`; undefined: there is none. */
function line(name: string, device: string, voice: VoiceState, byTurns?: boolean): string | undefined {
  const report: StateReport = {
    state: 'idle',
    call: null,
    doors: {},
    accounts: [],
    mqtt: { configured: false, connected: false },
    media: {
      realtime: true,
      memoryLocked: true,
      device,
      fault: null,
      voice,
      ...(byTurns === undefined ? {} : { byTurns }),
    },
    faults: [],
    version: '1.0.0',
    uptime: 60,
  };
  const lines = describeStatus(report, new Date(0)).split('\n');
  return lines.find((text) => text.startsWith(`${name} `))?.replace(/^\S+ +/, '');
}

it('says what becomes of an echo', () => {
  expect(line('voice', 'alsa:default', AT_WORK)).toBe(
    'echo taken out, 42 ms behind, weakened by 38 dB; noise weakened; gain 4 dB',
  );
});

it('says that a card does one thing at a time', () => {
  expect(line('sound', 'alsa:default', AT_WORK, true)).toBe('alsa:default, which plays and records by turns');
  expect(line('sound', 'alsa:default', AT_WORK)).toBe('alsa:default');
});

it('says that it is left in where that is configured', () => {
  const voice = { ...AT_WORK, echoCancellation: false };
  expect(line('voice', 'alsa:default', voice)).toMatch(
    /^echo left in \(audio\.echoCancellation: false\); noise weakened/,
  );
  const off = { ...voice, noiseSuppression: false, gainControl: false };
  expect(line('voice', 'alsa:default', off)).toBe('echo left in (audio.echoCancellation: false)');
});

it('says nothing of it where no loudspeaker is', () => {
  const none = { ...AT_WORK, echoCancellation: false, noiseSuppression: false, gainControl: false };
  expect(line('voice', 'file', none)).toBeUndefined();
  expect(line('voice', 'virtual', none)).toBeUndefined();
});
