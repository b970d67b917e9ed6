// The control socket's language: one JSON object a line. Which commands there are, what each takes, and how a line is
// cut out of a stream. Shared by server and client; no socket here.

import type { CommandName, CommandParameters, CommandRefusal, CommandResult } from '../api/commands.ts';
import type { DoorphoneEvent } from '../api/events.ts';
import { nearestName } from '../base/nearest-name.ts';
import { err, ok, type Result } from '../base/result.ts';

/** A longer line is no request. */
export const LONGEST_LINE_BYTES = 64 * 1024;
/** A longer text is no name, URI or row of digits. */
const LONGEST_TEXT = 1024;

/** What a client chose to tell its requests apart; null when a line had none that could be read. */
export type RequestId = string | number | null;

export type Reply =
  | { readonly id: RequestId; readonly ok: true; readonly result: CommandResult<CommandName> | EventsResult }
  | { readonly id: RequestId; readonly ok: true; readonly event: DoorphoneEvent }
  | { readonly id: RequestId; readonly ok: false; readonly error: CommandRefusal };

/** What `events` ends with when it does not follow. */
export interface EventsResult {
  readonly events: number;
}

interface Parameter {
  readonly type: 'string' | 'boolean' | 'number';
  readonly required: boolean;
}

const TYPE_NAMES = { string: 'a text', boolean: 'true or false', number: 'a number' } as const;

type ParameterTable<Parameters> = { readonly [Name in keyof Required<Parameters>]: Parameter };

const text = { type: 'string', required: false } as const;
const neededText = { type: 'string', required: true } as const;
const number = { type: 'number', required: false } as const;
const flag = { type: 'boolean', required: false } as const;

/** The compiler checks that every parameter of the catalogue stands here, and no other. */
const PARAMETERS: { readonly [Name in CommandName]: ParameterTable<CommandParameters<Name>> } = {
  press: { button: text },
  call: { uri: neededText },
  answer: {},
  hangup: {},
  hold: {},
  resume: {},
  transfer: { uri: neededText },
  dtmf: { digits: neededText },
  open: { door: text },
  line: { line: neededText, active: flag },
  volume: { side: text, percent: number, muted: flag },
  calibrate: {},
  status: {},
  reload: {},
  provision: { now: flag },
  identity: {},
  reset: {},
};

const EVENTS_PARAMETERS: ParameterTable<{ follow?: boolean }> = { follow: flag };

/** A request that may be carried out. */
export type Request =
  | { readonly id: RequestId; readonly command: 'events'; readonly follow: boolean }
  | { [Name in CommandName]: CommandRequest<Name> }[CommandName];

export interface CommandRequest<Name extends CommandName> {
  readonly id: RequestId;
  readonly command: Name;
  readonly parameters: CommandParameters<Name>;
}

/** What is wrong with a line, with the id that it had. Never quotes a value: it may be a row of digits. */
export interface BadRequest {
  readonly id: RequestId;
  readonly error: CommandRefusal;
}

/** Reads one line. Never throws. */
export function parseRequest(line: string): Result<Request, BadRequest> {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return bad(null, 'the line is not JSON');
  }
  if (!isObject(value)) return bad(null, 'the line is not a JSON object');
  const { id: givenId, command, ...parameters } = value;
  const id = typeof givenId === 'string' || typeof givenId === 'number' ? givenId : null;
  if (givenId !== undefined && givenId !== null && id === null) return bad(null, '"id" is neither a text nor a number');
  if (typeof command !== 'string') return bad(id, '"command" is missing');
  if (command === 'events') {
    const wrong = checkParameters(parameters, EVENTS_PARAMETERS);
    return wrong === undefined ? ok({ id, command, follow: parameters.follow === true }) : bad(id, wrong);
  }
  if (!isCommandName(command)) return bad(id, `there is no command ${quote(command)}${suggest(command)}`);
  return readCommand(id, command, parameters);
}

function readCommand<Name extends CommandName>(
  id: RequestId,
  command: Name,
  parameters: Readonly<Record<string, unknown>>,
): Result<Request, BadRequest> {
  const wrong = checkParameters(parameters, PARAMETERS[command]);
  if (wrong !== undefined) return bad(id, wrong);
  const request = { id, command, parameters };
  return ok(request as Request);
}

function checkParameters(
  given: Readonly<Record<string, unknown>>,
  known: { readonly [name: string]: Parameter },
): string | undefined {
  for (const [name, { type, required }] of Object.entries(known)) {
    const value = given[name];
    if (value === undefined) {
      if (required) return `"${name}" is missing`;
    } else if (typeof value !== type) {
      return `"${name}" is not ${TYPE_NAMES[type]}`;
    } else if (typeof value === 'string' && (value === '' || value.length > LONGEST_TEXT)) {
      return `"${name}" is ${value === '' ? 'empty' : `longer than ${LONGEST_TEXT} characters`}`;
    }
  }
  const unknown = Object.keys(given).find((name) => !Object.hasOwn(known, name));
  if (unknown === undefined) return undefined;
  const names = Object.keys(known);
  return names.length === 0
    ? `${quote(unknown)} is not known; this command takes nothing`
    : `${quote(unknown)} is not known; this command takes ${names.join(', ')}`;
}

function isCommandName(command: string): command is CommandName {
  return Object.hasOwn(PARAMETERS, command);
}

function suggest(command: string): string {
  const nearest = nearestName(command.slice(0, 32), [...Object.keys(PARAMETERS), 'events']);
  return nearest === undefined ? '' : `; the nearest is "${nearest}"`;
}

const quote = (name: string): string => JSON.stringify(name.slice(0, 32));

function bad(id: RequestId, message: string): Result<never, BadRequest> {
  return err({ id, error: { code: 'bad-request', message } });
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const NEWLINE = 0x0a;

/** Cuts a stream of bytes into lines, of which it holds one at most. */
export class LineSplitter {
  #rest: Buffer = Buffer.alloc(0);

  /** Calls `take` for every complete line, without its end. @returns false when a line is too long: give up */
  push(chunk: Buffer, take: (line: string) => void): boolean {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    let start = 0;
    for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, start)) {
      if (end - start > LONGEST_LINE_BYTES) return false;
      take(bytes.toString('utf8', start, end));
      start = end + 1;
    }
    this.#rest = bytes.subarray(start);
    return this.#rest.length <= LONGEST_LINE_BYTES;
  }
}
