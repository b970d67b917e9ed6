// What is done to the microphone's sound: as it is configured, and as it is told.

import type { LevelState, MediaState, VoiceState } from '../api/state.ts';
import type { AudioConfiguration } from '../config/index.ts';
import type { MediaEngine, SoundLevel, VoiceSwitches } from '../media/index.ts';

/**
 * A file has no loudspeaker beside it, and is sent as it is.
 * @param device as the engine names it: `alsa:default`
 */
export function voiceOf(
  { echoCancellation, noiseSuppression, gainControl }: AudioConfiguration,
  device: string,
): VoiceSwitches {
  const isRoom = device.startsWith('alsa:');
  return {
    echoCancellation: isRoom && echoCancellation,
    noiseSuppression: isRoom && noiseSuppression,
    gainControl: isRoom && gainControl,
  };
}

/** In whole milliseconds and decibels: a state that says the same is not told again. */
export function voiceState({ voiceSwitches, voiceFigures }: MediaEngine): VoiceState {
  const { echoDelayMs, echoAttenuationDb, gainDb, speakerDbfs, microphoneDbfs, sentDbfs, clips } = voiceFigures;
  return {
    ...voiceSwitches,
    echoDelayMs: echoDelayMs === undefined ? null : Math.round(echoDelayMs),
    echoAttenuationDb: echoAttenuationDb === undefined ? null : Math.round(echoAttenuationDb),
    gainDb: Math.round(gainDb),
    levels: {
      speaker: Math.round(speakerDbfs),
      microphone: Math.round(microphoneDbfs),
      sent: Math.round(sentDbfs),
    },
    clips,
  };
}

/** In whole decibels. */
export function levelsState({
  levels: { speaker, microphone },
}: Pick<MediaEngine, 'levels'>): NonNullable<MediaState['levels']> {
  return { speaker: levelState(speaker), microphone: levelState(microphone) };
}

function levelState({ rmsDbfs, peakDbfs, clipped }: SoundLevel): LevelState {
  return { rms: Math.round(rmsDbfs), peak: Math.round(peakDbfs), clipped };
}
