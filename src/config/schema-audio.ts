// `audio`: microphone and speaker.

import * as v from 'valibot';
import { audioDevice, key, lineOfText, mixerName, path, percent } from './values.ts';

/** `tone`, `off`, or a path. */
const announcement = (title: string, description: string) =>
  v.optional(
    key(path, {
      title,
      description: `${description} \`tone\`: ours; \`off\`: nothing is heard; else a WAV file, 60 s at most.`,
      examples: ['sounds/nobody-home.wav'],
    }),
    'tone',
  );

export const audio = v.strictObject({
  device: v.optional(
    key(audioDevice, {
      title: 'Sound device',
      description:
        '`auto` (what the board or its add-ons have, else `alsa:default`), `alsa:NAME`, `alsa:card=CARD` (by its id, name or USB ' +
        'id, or a part of its name), `file` (WAV files in place of microphone and speaker) or `virtual` (silence).',
      requiresRestart: true,
    }),
    'auto',
  ),
  input: v.exactOptional(
    key(path, {
      title: 'What the microphone hears',
      description: 'Device `file`: a WAV file, paced in real time and looped. Left out: silence.',
      requiresRestart: true,
    }),
  ),
  output: v.exactOptional(
    key(path, {
      title: 'What the speaker plays',
      description: 'Device `file`: the WAV file that is written. Left out: nothing is.',
      requiresRestart: true,
    }),
  ),
  speaker: v.optional(key(percent, { title: 'Speaker volume', description: '0 is silent.' }), 80),
  microphone: v.optional(key(percent, { title: 'Microphone gain', description: '0 is silent.' }), 80),
  mixer: v.optional(
    key(mixerName, {
      title: 'Mixer',
      description:
        'Whose mixer sets the volumes: `auto`, that of the device’s card where it has one; the ALSA name of a card, `hw:NAME`; ' +
        '`off`: the card is left alone, and samples are scaled.',
      requiresRestart: true,
    }),
    'auto',
  ),
  controls: v.optional(
    key(
      v.strictObject({
        speaker: v.exactOptional(
          key(lineOfText(44), {
            title: 'Speaker’s control',
            description: 'As `amixer scontrols` names it.',
            examples: ['Headphone'],
            requiresRestart: true,
          }),
        ),
        microphone: v.exactOptional(
          key(lineOfText(44), {
            title: 'Microphone’s control',
            description: 'As `amixer scontrols` names it.',
            examples: ['Capture'],
            requiresRestart: true,
          }),
        ),
      }),
      {
        title: 'Controls of the card',
        description:
          'Which of the mixer’s controls are set. Left out: the board’s, else the usual names are looked for.',
      },
    ),
    {},
  ),
  announcements: v.optional(
    key(
      v.strictObject({
        ringback: announcement('It rings', 'While somebody is called; a file is repeated.'),
        busy: announcement('Busy', 'Who is called is busy.'),
        failure: announcement('Nobody can be had', 'Nobody answers, or nobody can be reached.'),
        opened: announcement('Open', 'A door is opened; over a conversation too, which is weakened meanwhile.'),
      }),
      { title: 'Announcements', description: 'What the door itself lets visitors hear.' },
    ),
    {},
  ),
  echoCancellation: v.optional(
    key(v.boolean(), {
      title: 'Echo cancellation',
      description:
        'Takes the speaker’s sound out of the microphone’s. `false`: nothing keeps it back; for a handset, or a card that ' +
        'takes it out itself. Of no effect with `file` and `virtual`.',
    }),
    true,
  ),
  noiseSuppression: v.optional(
    key(v.boolean(), {
      title: 'Noise suppression',
      description: 'Weakens wind, traffic and hum in the microphone’s sound. Of no effect with `file` and `virtual`.',
    }),
    true,
  ),
  gainControl: v.optional(
    key(v.boolean(), {
      title: 'Gain control',
      description:
        'Brings voices that are near and far to one loudness, and limits peaks. Of no effect with `file` and `virtual`.',
    }),
    true,
  ),
  voiceActivityDetection: v.optional(
    key(v.boolean(), {
      title: 'Voice activity detection',
      description:
        'While nobody speaks at the door, a description of its noise is sent (comfort noise, RFC 3389) and no sound, to ' +
        'phones that take it; with opus to those that ask for it (usedtx).',
    }),
    false,
  ),
});
