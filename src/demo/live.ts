// `demo` in a terminal: the stage, a live screen, and a person's keys.

import { stripVTControlCharacters } from 'node:util';
import type { DoorphoneEvent } from '../api/events.ts';
import type { Clock, Timer } from '../base/clock.ts';
import { type Millis, millis, seconds } from '../base/units.ts';
import type { BrokerMessage } from './broker.ts';
import { type ScreenLine, type ScreenView, Terminal } from './screen.ts';
import { CODE, type Play, Stage } from './stage.ts';
import { STEPS } from './timeline.ts';

/** Lines that are kept to be shown. */
const KEPT_LINES = 200;
/** The clock of a call runs on the screen also while nothing happens. */
const REDRAW_EVERY = seconds(1);

/** Each digit is shown as it comes; which of them is the last is known only afterwards. */
const LIVE_STEPS = { ...STEPS, digit: 'digit' };

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
  readonly #events: ScreenLine[] = [];
  readonly #messages: string[] = [];
  #pressedAt: Millis = millis(0);
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
      if (step === 'press') this.#pressedAt = at;
      const sincePress = (at - this.#pressedAt).toFixed(1).padStart(9);
      this.#addEvent({ text: `${sincePress} ms  ${LIVE_STEPS[step]}`, step: true });
    });
    stage.on('event', (event) => this.#addEvent({ text: describeEvent(event), step: false }));
    stage.on('message', (message) => this.#addMessage(describeMessage(message)));
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

  #addEvent(line: ScreenLine): void {
    this.#events.push({ ...line, text: stripVTControlCharacters(line.text) });
    if (this.#events.length > KEPT_LINES) this.#events.shift();
    this.#draw();
  }

  #addMessage(line: string): void {
    this.#messages.push(stripVTControlCharacters(line));
    if (this.#messages.length > KEPT_LINES) this.#messages.shift();
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

/** The topic's last part, then an event by its type; state and availability as they are. */
function describeMessage({ topic, payload }: BrokerMessage): string {
  const fields: unknown = payload.startsWith('{') ? JSON.parse(payload) : undefined;
  if (typeof fields !== 'object' || fields === null || !('type' in fields)) return `${topic}  ${payload}`;
  const { type, ...rest } = fields;
  return `${topic}  ${type}  ${JSON.stringify({ ...rest, time: undefined, call: undefined })}`;
}
