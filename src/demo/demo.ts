// `doorphone demo`: the whole product on this machine, without hardware.

import { fileURLToPath } from 'node:url';
import { SystemClock } from '../base/clock.ts';
import { DoorphoneError } from '../base/errors.ts';
import { playLive } from './live.ts';
import { playOnce } from './once.ts';
import type { Play } from './stage.ts';
import { CODE } from './stage.ts';

export interface DemoOptions {
  readonly once: boolean;
  readonly json: boolean;
  readonly version: string;
}

/** The file beside the program's own, in `dist/`, or one of the package's folders. */
function packaged(path: string): string {
  return fileURLToPath(new URL(`../${path}`, import.meta.url));
}

/** Plays the demonstration. @returns the exit code: 0, or 1 when a step failed */
export async function runDemo({ once, json, version }: DemoOptions): Promise<number> {
  const language = /^de/i.test(process.env.LC_ALL ?? process.env.LANG ?? '') ? 'de' : 'en';
  const voices = {
    visitor: packaged(`sounds/visitor.${language}.wav`),
    resident: packaged(`sounds/resident.${language}.wav`),
  };
  const play: Play = { ...voices, digits: CODE, phoneProgram: packaged('dist/indoor-phone.js'), version };
  const clock = new SystemClock();
  if (!once && !json && process.stdin.isTTY && process.stdout.isTTY) return playLive(play, clock);
  try {
    const outcome = await playOnce(play, voices, clock);
    const { text, ...figures } = outcome;
    process.stdout.write(json ? `${JSON.stringify(figures, null, 2)}\n` : `${text.join('\n')}\n`);
    return outcome.ok ? 0 : 1;
  } catch (thrown) {
    if (!json || !(thrown instanceof DoorphoneError)) throw thrown;
    const failed = { step: thrown.code, why: thrown.line };
    process.stdout.write(`${JSON.stringify({ ok: false, failed }, null, 2)}\n`);
    return 1;
  }
}
