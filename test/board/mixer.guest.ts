// The mixer of a card that the kernel has (snd-dummy), set by the service, and looked at with amixer.

import { execFileSync } from 'node:child_process';
import { Door, elapse, expect, scenario } from './guest.ts';

const CARD = ['-c', 'Dummy', '-M'];

const configuration = (speaker: number, more: string = ''): string => `
name: Front door
board: virtual
audio: { device: "alsa:plughw:CARD=Dummy", speaker: ${speaker}, microphone: 40${more} }
sip: { listen: [ "udp:127.0.0.1:5060" ] }
buttons: { front: { line: button, call: [ "sip:101@127.0.0.1:5070" ] } }
`;

const door = new Door(configuration(65));

/** What amixer shows of a control's left channel: percent, and `[on]` or `[off]` where there is a switch for it. */
function amixer(control: string): { percent: number; decibels: string; text: string } {
  const text = execFileSync('amixer', [...CARD, 'sget', control], { encoding: 'utf8' });
  const [, percent, decibels = ''] =
    /Front Left: (?:Playback |Capture )?[-0-9]+ \[([0-9]+)%\](?: \[([-0-9.]+dB)\])?/.exec(text) ?? [];
  return { percent: Number(percent), decibels, text };
}

/** @throws Error where amixer shows another percentage, by more than a step of the control */
function assertShown(control: string, wanted: number): void {
  const { percent, text } = amixer(control);
  if (Math.abs(percent - wanted) > 1) throw new Error(`${control} is at ${percent} %, not ${wanted}:\n${text}`);
}

/** Waits until amixer shows a percentage: it is asked twice a second, as it takes this board's processor. */
async function shown(control: string, wanted: number): Promise<void> {
  for (let tries = 0; tries < 40 && Math.abs(amixer(control).percent - wanted) > 1; tries += 1) await elapse(500);
  assertShown(control, wanted);
}

interface Side {
  readonly percent: number;
  readonly muted: boolean;
  readonly by: string;
  readonly control?: string;
}

const volume = (...words: string[]): { readonly speaker: Side; readonly microphone: Side } =>
  JSON.parse(door.command('volume', ...words, '--json'));

await scenario({
  'the card is set as the configuration says': async () => {
    execFileSync('amixer', [...CARD, '-q', 'sset', 'Master', '3%']);
    await door.start();
    await shown('Master', 65);
    const { speaker, microphone } = volume();
    expect('by', [speaker.by, speaker.control], ['card', 'Master']);
    return { speaker, microphone, amixer: amixer('Master').decibels };
  },

  'a command sets it, as amixer shows it': () => {
    const facts = [0, 25, 60, 100].map((percent) => {
      const { speaker } = volume('speaker', String(percent));
      assertShown('Master', percent);
      return [percent, speaker.percent, amixer('Master').decibels] as const;
    });
    return { facts };
  },

  'a reload sets it': async () => {
    const mark = door.mark;
    door.configure(configuration(30));
    door.command('reload');
    await shown('Master', 30);
    // Nothing was restarted for it.
    expect('faults', door.faults(mark), []);
  },

  'the control that is named is the one that is set': async () => {
    expect('exit code', await door.kill('SIGTERM'), 0);
    door.configure(configuration(55, ', controls: { speaker: CD }'));
    await door.start();
    await shown('CD', 55);
    expect('control', volume().speaker.control, 'CD');
    assertShown('Master', 30);
  },

  'a card that nobody is to touch is left alone': async () => {
    expect('exit code', await door.kill('SIGTERM'), 0);
    door.configure(configuration(77, ', mixer: off'));
    await door.start();
    expect('by', volume().speaker, { percent: 77, muted: false, by: 'engine' });
    volume('speaker', '12');
    assertShown('Master', 30);
  },

  'it ends in time': async () => {
    expect('exit code', await door.kill('SIGTERM'), 0);
  },
});
