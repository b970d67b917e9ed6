// The service's log: one structured line an event on standard error; JSON for programs, aligned and coloured in a
// terminal. Secrets print as [secret], and so does whatever stands under a name that promises one, at any depth.
// Nothing that a caller hands over, and nothing that happens to standard error, throws or blocks here.

import { stripVTControlCharacters } from 'node:util';
import type { Clock } from '../base/clock.ts';
import type { Log, LogFields } from '../base/log.ts';
import { Secret } from '../base/secret.ts';
import { type LineSink, standardErrorSink } from './log-sink.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

const RANK: { readonly [Level in LogLevel]: number } = { debug: 0, info: 1, warn: 2, error: 3 };

export interface ServiceLogOptions {
  readonly clock: Clock;
  readonly sink: LineSink;
  readonly level: LogLevel;
  /** `json`: one object a line. `plain` and `coloured`: for eyes. */
  readonly format: 'json' | 'plain' | 'coloured';
}

/** The log of this process on standard error: for eyes where that is a terminal (https://no-color.org is obeyed). */
export function standardErrorLog(options: { readonly clock: Clock; readonly level: LogLevel }): ServiceLog {
  const colour = (process.env.NO_COLOR ?? '') === '';
  const format = process.stderr.isTTY ? (colour ? 'coloured' : 'plain') : 'json';
  return new ServiceLog({ ...options, format, sink: standardErrorSink() });
}

/** The Log of a running service. The level may be changed while it runs. */
export class ServiceLog implements Log {
  level: LogLevel;
  /** Lines that standard error would not take since the last that it took. */
  #lost = 0;
  readonly #options: ServiceLogOptions;

  constructor(options: ServiceLogOptions) {
    this.#options = options;
    this.level = options.level;
  }

  debug(event: string, fields?: LogFields): void {
    this.#write('debug', event, fields);
  }

  info(event: string, fields?: LogFields): void {
    this.#write('info', event, fields);
  }

  warn(event: string, fields?: LogFields): void {
    this.#write('warn', event, fields);
  }

  error(event: string, fields?: LogFields): void {
    this.#write('error', event, fields);
  }

  #write(level: LogLevel, event: string, fields: LogFields = {}): void {
    if (RANK[level] < RANK[this.level]) return;
    if (this.#lost > 0 && this.#options.sink.write(this.#format('warn', 'log.lost', { lines: this.#lost })))
      this.#lost = 0;
    if (this.#lost > 0 || !this.#options.sink.write(this.#format(level, event, fields))) this.#lost += 1;
  }

  #format(level: LogLevel, event: string, fields: LogFields): string {
    const time = this.#options.clock.wall();
    const printable = printableFields(fields);
    if (this.#options.format === 'json') return formatJson(time, level, event, printable);
    const line = formatTerminal(time, level, event, printable);
    return this.#options.format === 'coloured' ? line : stripVTControlCharacters(line);
  }
}

/** Names under which a secret may stand, whoever put it there: `password`, `sipPassword`, `code`, `masterKey`, `digits`. */
const SECRET_NAME = /(?:password|passwd|passphrase|secret|authorization)$|^(?:code|key|digits?|pin)$|[a-z](?:Key|Pin)$/;

const isSecretName = (name: string): boolean => SECRET_NAME.test(name) || SECRET_NAME.test(name.toLowerCase());

const DEEPEST = 4;
const LONGEST_TEXT = 2000;
const MOST_ITEMS = 50;

type Printable = string | number | boolean | null | readonly Printable[] | { readonly [name: string]: Printable };

/** Plain data without secrets, of bounded size. A getter that throws costs its field, not the line. */
function printableFields(fields: LogFields): { readonly [name: string]: Printable } {
  return printableObject(fields, DEEPEST);
}

function printableObject(object: object, depth: number): { readonly [name: string]: Printable } {
  const printable: { [name: string]: Printable } = {};
  for (const name of Object.keys(object).slice(0, MOST_ITEMS)) {
    try {
      const value: unknown = Reflect.get(object, name);
      if (value === undefined || typeof value === 'function') continue;
      printable[name] =
        isSecretName(name) && value !== null && typeof value !== 'boolean' ? '[secret]' : print(value, depth);
    } catch (thrown) {
      printable[name] = `[unreadable: ${thrown instanceof Error ? thrown.name : typeof thrown}]`;
    }
  }
  return printable;
}

function print(value: unknown, depth: number): Printable {
  switch (typeof value) {
    case 'string':
      return value.length > LONGEST_TEXT ? `${value.slice(0, LONGEST_TEXT)}…` : value;
    case 'number':
      return Number.isFinite(value) ? value : String(value);
    case 'boolean':
      return value;
    case 'object':
      return value === null ? null : printObject(value, depth);
    default:
      return String(value);
  }
}

function printObject(value: object, depth: number): Printable {
  if (value instanceof Secret) return '[secret]';
  if (value instanceof Error) return value.message.slice(0, LONGEST_TEXT);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'no time' : value.toISOString();
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  if (depth === 0) return '[…]';
  if (Array.isArray(value)) return value.slice(0, MOST_ITEMS).map((item) => print(item, depth - 1));
  if (value instanceof Map || value instanceof Set) return `[${value.size} entries]`;
  return printableObject(value, depth - 1);
}

/** The three names are the line's own: a field of the same name gets an underscore. */
function formatJson(
  time: Date,
  level: LogLevel,
  event: string,
  fields: { readonly [name: string]: Printable },
): string {
  const own = { time: time.toISOString(), level, event };
  const renamed = Object.entries(fields).map(([name, value]) => [Object.hasOwn(own, name) ? `${name}_` : name, value]);
  return `${JSON.stringify({ ...own, ...Object.fromEntries(renamed) })}\n`;
}

const COLOUR: { readonly [Level in LogLevel]: string } = {
  debug: '\u001b[2m',
  info: '\u001b[32m',
  warn: '\u001b[33m',
  error: '\u001b[31m',
};
const PLAIN = '\u001b[0m';
const FAINT = '\u001b[2m';
const EVENT_WIDTH = 22;

function formatTerminal(
  time: Date,
  level: LogLevel,
  event: string,
  fields: { readonly [name: string]: Printable },
): string {
  const pairs = Object.entries(fields).map(([name, value]) => `${FAINT}${bare(name)}=${PLAIN}${bare(value)}`);
  const head = `${FAINT}${clockTime(time)}${PLAIN} ${COLOUR[level]}${level.padEnd(5)}${PLAIN}`;
  return `${[head, bare(event).padEnd(EVENT_WIDTH), ...pairs].join(' ').trimEnd()}\n`;
}

/** Local time of day with milliseconds. */
function clockTime(time: Date): string {
  const two = (part: number): string => String(part).padStart(2, '0');
  const day = `${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}`;
  return `${day}.${String(time.getMilliseconds()).padStart(3, '0')}`;
}

/** Quoted as JSON unless it is a plain word: a peer's text must not move the cursor or forge a line. */
function bare(value: Printable): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  if (typeof value !== 'string' || /^[^\s"\p{C}]+$/u.test(text)) return text;
  return JSON.stringify(text).replace(/[\p{C}\u2028\u2029]/gu, escapeCharacter);
}

function escapeCharacter(character: string): string {
  return `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`;
}
