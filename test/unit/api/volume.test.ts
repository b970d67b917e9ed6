import { expect, it } from 'vitest';
import { readVolume } from '../../../src/api/volume.ts';

it.each([
  [[], {}],
  [[''], {}],
  [['speaker'], { side: 'speaker' }],
  [['speaker', '0'], { side: 'speaker', percent: 0 }],
  [['microphone', '100'], { side: 'microphone', percent: 100 }],
  [['speaker', 'mute'], { side: 'speaker', muted: true }],
  [['speaker', 'unmute'], { side: 'speaker', muted: false }],
])('%j is %j', (words, value) => {
  expect(readVolume(words)).toEqual({ ok: true, value });
});

it.each([
  [['bell'], /speaker or microphone/],
  [['speaker', '101'], /0 to 100/],
  [['speaker', '-1'], /0 to 100/],
  [['speaker', '5.5'], /0 to 100/],
  [['speaker', '1', '2'], /side and a level/],
])('%j is refused', (words, why) => {
  const outcome = readVolume(words);
  expect(outcome.ok).toBe(false);
  if (!outcome.ok) expect(outcome.error).toMatch(why);
});
