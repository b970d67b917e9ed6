// The live screen: what the door is doing, what to press, what happened. `render` is pure; `Terminal` owns the tty.

import type { ReadStream, WriteStream } from 'node:tty';
import type { ServiceState } from '../api/state.ts';

export interface ScreenLine {
  readonly text: string;
  /** A step of the main job, to be seen at a glance. */
  readonly step: boolean;
}

export interface ScreenView {
  readonly state: ServiceState;
  readonly open: boolean;
  /** What is said about the call: peer, codec, since when. */
  readonly call: string | undefined;
  /** What the indoor phone is doing. */
  readonly phone: string;
  readonly broker: string;
  /** The steps of the visit and the events, oldest first. */
  readonly events: readonly ScreenLine[];
  /** The latest MQTT messages, oldest first. */
  readonly messages: readonly string[];
  /** A last line of help or a complaint. */
  readonly notice: string;
}

const ESCAPE = '\u001b[';
const style = (code: string) => (text: string) => `${ESCAPE}${code}m${text}${ESCAPE}0m`;
const bold = style('1');
const dim = style('2');
const green = style('32;1');
const yellow = style('33;1');
const cyan = style('36;1');
const red = style('31;1');
const reverse = style('7');

const CLOSED_DOOR = ['╭───────╮', '│       │', '│      ●│', '│       │', '╰───────╯'];
const OPEN_DOOR = ['╭───────╮', '│╲      │', '│ │     │', '│╱      │', '╰───────╯'];

const STATES: { readonly [state in ServiceState]: string } = {
  idle: green('waiting for a visitor'),
  ringing: yellow('ringing'),
  talking: cyan('talking'),
  fault: red('out of order'),
};

/** The lines of the screen, none wider than `columns`, at most `rows`. */
export function render(view: ScreenView, columns: number, rows: number): string[] {
  const door = view.open ? OPEN_DOOR.map(green) : CLOSED_DOOR;
  const facts = [
    bold('doorphone') + dim('  a door, a phone and a house on this machine'),
    `door   ${STATES[view.state]}${view.open ? green(', open') : ''}`,
    `call   ${view.call ?? dim('none')}`,
    `phone  ${view.phone}`,
    `mqtt   ${dim(view.broker)}`,
  ];
  const head = [
    '',
    ...door.map((line, index) => ` ${line}   ${facts[index] ?? ''}`),
    '',
    ` ${key('Enter')} rings   ${key('o')} opens   ${key('h')} hangs up   ${key('q')} quits   ${dim(view.notice)}`,
    '',
  ];
  const room = Math.max(4, rows - head.length - 3);
  const messageRows = Math.min(view.messages.length, Math.max(2, Math.floor(room / 3)));
  const lines = [
    ...head,
    heading('what happened', columns),
    ...view.events.slice(-(room - messageRows)).map(({ text, step }) => (step ? ` ${bold(text)}` : ` ${dim(text)}`)),
    heading('what the house hears (MQTT)', columns),
    ...view.messages.slice(-messageRows).map((line) => ` ${dim(line)}`),
  ];
  return lines.slice(0, rows).map((line) => cut(line, columns));
}

const key = (name: string): string => reverse(` ${name} `);

function heading(text: string, columns: number): string {
  return dim(`─ ${text} ${'─'.repeat(Math.max(0, columns - text.length - 4))}`);
}

/** Cuts a line to `columns` cells; escape sequences take none. */
function cut(line: string, columns: number): string {
  let cells = 0;
  let result = '';
  for (const part of line.split(new RegExp(`(${ESCAPE.replace('[', '\\[')}[0-9;]*m)`))) {
    if (part.startsWith(ESCAPE)) {
      result += part;
    } else {
      const shown = [...part].slice(0, Math.max(0, columns - cells));
      cells += shown.length;
      result += shown.join('');
    }
  }
  return result;
}

/** Puts the terminal into a screen of its own and gives it back. */
export class Terminal {
  #open = false;

  constructor(
    private readonly input: ReadStream,
    private readonly output: WriteStream,
  ) {}

  /** `onKey` gets each key as it is pressed; `onResize` asks for a new picture. */
  open(onKey: (key: string) => void, onResize: () => void): void {
    this.#open = true;
    this.output.write(`${ESCAPE}?1049h${ESCAPE}?25l`);
    this.input.setRawMode(true);
    this.input.setEncoding('utf8');
    this.input.on('data', (keys: string | Buffer) => {
      for (const pressed of String(keys)) onKey(pressed);
    });
    this.input.resume();
    this.output.on('resize', onResize);
  }

  draw(view: ScreenView): void {
    if (!this.#open) return;
    const lines = render(view, this.output.columns, this.output.rows);
    this.output.write(`${ESCAPE}H${lines.map((line) => `${line}${ESCAPE}K`).join('\r\n')}${ESCAPE}J`);
  }

  /** Safe to call again: it is also called when the process ends. */
  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.input.setRawMode(false);
    this.input.pause();
    this.output.write(`${ESCAPE}?25h${ESCAPE}?1049l`);
  }
}
