// `demo` in a terminal: the stage, a live screen, and a person's keys.

import { stripVTControlCharacters } from 'node:util';
import type { DoorphoneEvent } from '../api/events.ts';
import type { Clock, Timer } from '../base/clock.ts';
import { seconds } from '../base/units.ts';
import { type ScreenView, Terminal } from './screen.ts';
import { CODE, type Play, Stage } from './stage.ts';
import { Timeline } from './timeline.ts';

/** Lines that are kept to be shown. */
const KEPT_LINES = 200;
/** The clock of a call runs on the screen also while nothing happens. */
const REDRAW_EVERY = seconds(1);

/** Plays until the person quits. @returns the exit code */
export async function playLive(play: Play, clock: Clock): Promise<number> {
  const stage = await Stage.open(play, clock);
  const live = new Live(stage, clock);
  try {
    return await live.run();
  } finally {
    await stage.close();
    process.stdout.write(`recordings of what both sides heard: ${stage.folder}\n`);
  }
}

class Live {
  readonly #terminal = new Terminal(process.stdin, process.stdout);
  readonly #timeline = new Timeline();
  readonly #events: string[] = [];
  readonly #messages: string[] = [];
  #notice = `the phone sends the code ${CODE}`;
  #redraw: Timer | undefined;
  #quit: () => void = () => undefined;

  constructor(
    private readonly stage: Stage,
    private readonly clock: Clock,
  ) {}

  async run(): Promise<number> {
    const { stage } = this;
    stage.on('step', (step, at) => {
      if (step === 'press') this.#timeline.clear();
      this.#timeline.stamp(step, at);
      const line = this.#timeline.render().at(-1);
      if (line !== undefined && this.#timeline.stamps.at(-1)?.step === step) this.#add(this.#events, line);
    });
    stage.on('event', (event) => this.#add(this.#events, describeEvent(event)));
    stage.on('message', ({ topic, payload }) => this.#add(this.#messages, `${topic}  ${payload}`));
    await stage.start();
    const quit = new Promise<void>((done) => {
      this.#quit = done;
    });
    const leave = (): void => this.#terminal.close();
    process.once('exit', leave).once('SIGTERM', this.#quit).once('SIGINT', this.#quit);
    this.#terminal.open(
      (key) => this.#onKey(key),
      () => this.#draw(),
    );
    this.#tick();
    await quit;
    this.#redraw?.cancel();
    leave();
    process.off('exit', leave);
    return 0;
  }

  #onKey(key: string): void {
    switch (key) {
      case '\r':
      case '\n':
      case ' ':
        this.#notice = '';
        this.stage.press();
        break;
      case 'o':
        void this.#command('open');
        break;
      case 'h':
        void this.#command('hangup');
        break;
      case 'q':
      case '\u0003':
      case '\u0004':
        this.#quit();
        break;
      default:
    }
    this.#draw();
  }

  async #command(name: 'open' | 'hangup'): Promise<void> {
    this.#notice = (await this.stage.command(name)) ?? '';
    this.#draw();
  }

  #add(lines: string[], line: string): void {
    lines.push(stripVTControlCharacters(line));
    if (lines.length > KEPT_LINES) lines.shift();
    this.#draw();
  }

  #tick(): void {
    this.#draw();
    this.#redraw = this.clock.after(REDRAW_EVERY, 'screen', () => this.#tick());
  }

  #draw(): void {
    this.#terminal.draw(this.#view());
  }

  #view(): ScreenView {
    const state = this.stage.state;
    const call = state?.call ?? null;
    const since = call === null ? 0 : Math.floor((this.clock.wall().getTime() - Date.parse(call.since)) / 1000);
    return {
      state: state?.state ?? 'idle',
      open: Object.values(state?.doors ?? {}).some((door) => door.open),
      call:
        call === null
          ? undefined
          : `${call.peer}  ${call.codec ?? ''}${call.encrypted ? ' encrypted' : ''}  ${since} s`,
      phone: this.stage.phoneDoing,
      broker: `broker on 127.0.0.1:${this.stage.brokerPort}`,
      events: this.#events,
      messages: this.#messages,
      notice: this.#notice,
    };
  }
}

/** Time of day, type, and the fields in short. */
function describeEvent({ time, type, ...fields }: DoorphoneEvent): string {
  const shown = Object.entries(fields)
    .filter(([name, value]) => name !== 'call' && typeof value !== 'object')
    .map(([name, value]) => `${name} ${value}`);
  return `${time.slice(11, 23)}  ${type.padEnd(20)} ${shown.join(', ')}`;
}
