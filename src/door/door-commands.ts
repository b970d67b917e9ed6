// The commands that a door carries out, from the catalogue to the parts. Each returns when it is accepted.

import {
  type CommandOrigin,
  type CommandOutcome,
  type CommandRefusal,
  type CommandRegistry,
  refuse,
} from '../api/commands.ts';
import { DoorphoneError } from '../base/errors.ts';
import { err, ok, type Result } from '../base/result.ts';
import type { Board } from '../hardware/ports/index.ts';
import { parseTel, parseUri } from '../sip/index.ts';
import type { Buttons } from './buttons.ts';
import type { Conversation } from './conversation.ts';
import { type Doors, unknownName } from './doors.ts';

/** RFC 4733 §3.2: the sixteen keys; no more than a person types at a time. */
const DIGITS = /^[0-9*#A-D]{1,64}$/;

export interface CommandParts {
  readonly board: Board;
  readonly buttons: Buttons;
  readonly conversation: Conversation;
  readonly doors: Doors;
  readonly press: (button: string) => void;
  /** Whether a button calls somebody. */
  readonly isCalled: (target: string) => boolean;
}

/** Registers all commands but `status` and `reload`. */
export function handleCommands(commands: CommandRegistry, parts: CommandParts): void {
  const { conversation } = parts;
  commands.handle('press', ({ button }) => press(parts, button));
  commands.handle('call', ({ uri }) => {
    return isAddress(uri) ? outcome(conversation.dial(uri), (call) => ({ call })) : badAddress(uri);
  });
  commands.handle('answer', () => outcome(conversation.answer(), (call) => ({ call })));
  commands.handle('hangup', () => outcome(conversation.hangup(), (call) => ({ call })));
  commands.handle('hold', () => outcome(conversation.hold(true), (call) => ({ call })));
  commands.handle('resume', () => outcome(conversation.hold(false), (call) => ({ call })));
  commands.handle('transfer', ({ uri }, origin) => {
    if (!isAddress(uri)) return badAddress(uri);
    // As `call`, which MQTT does not carry: a broker is no reason to ring numbers that cost.
    if (origin === 'mqtt' && !parts.isCalled(uri)) return refuse('not-allowed', `no button calls "${uri}"`);
    return outcome(conversation.transfer(uri), (calls) => calls);
  });
  commands.handle('dtmf', ({ digits }) => {
    const keys = digits.toUpperCase();
    if (!DIGITS.test(keys)) return refuse('bad-digits', 'digits are 0-9, *, #, A-D');
    return outcome(conversation.sendDigits(keys), (count) => ({ digits: count }));
  });
  commands.handle('open', ({ door }, origin) => {
    const name = only('door', door, parts.doors.names);
    if (!name.ok) return { ok: false, error: name.error };
    return outcome(parts.doors.open(name.value, { by: origin }), (forMs) => ({ door: name.value, forMs }));
  });
  commands.handle('line', ({ line, active }, origin) => {
    try {
      if (active !== undefined) setLine(parts, line, active, origin);
      return { ok: true, result: { line, active: parts.board.read(line).active } };
    } catch (thrown) {
      if (thrown instanceof DoorphoneError) return refuse(thrown.code, thrown.line);
      throw thrown;
    }
  });
}

const isAddress = (uri: string): boolean => parseUri(uri).ok || parseTel(uri).ok;

function badAddress(uri: string): { ok: false; error: CommandRefusal } {
  return refuse('bad-uri', `"${uri}" is no SIP address; write sip:101@example.com`);
}

function press({ buttons, press: pressButton }: CommandParts, button: string | undefined): CommandOutcome<'press'> {
  const name = only('button', button, buttons.names);
  if (!name.ok) return { ok: false, error: name.error };
  pressButton(name.value);
  return { ok: true, result: { button: name.value } };
}

/** Drives a line by hand. A door's relay opens as by `open`: bounded in time, and said in an event. */
function setLine({ board, doors }: CommandParts, line: string, active: boolean, origin: CommandOrigin): void {
  const { direction } = board.read(line);
  const door = doors.onLine(line);
  if (direction === 'input') board.setLine(line, active);
  else if (door === undefined) board.output(line).set(active);
  else if (active) {
    const opened = doors.open(door, { by: origin });
    if (!opened.ok) throw new DoorphoneError(opened.error.code, opened.error.message);
  } else doors.close(door);
}

/** The name that was given, or the only one that there is. */
function only(
  kind: 'door' | 'button',
  name: string | undefined,
  known: readonly string[],
): Result<string, CommandRefusal> {
  if (name !== undefined) return known.includes(name) ? ok(name) : err(unknownName(kind, name, known));
  const [first, second] = known;
  if (first === undefined) return err({ code: `no-${kind}`, message: `no ${kind} is configured` });
  if (second === undefined) return ok(first);
  return err({ code: `which-${kind}`, message: `say which ${kind}: ${known.join(', ')}` });
}

function outcome<Value, Reply>(
  result: Result<Value, CommandRefusal>,
  reply: (value: Value) => Reply,
): { ok: true; result: Reply } | { ok: false; error: CommandRefusal } {
  return result.ok ? { ok: true, result: reply(result.value) } : { ok: false, error: result.error };
}
