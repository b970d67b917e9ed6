// The other end of the control socket: what the command line speaks with.

import { createConnection, type Socket } from 'node:net';
import type { CommandName, CommandOutcome, CommandParameters, CommandRefusal, CommandResult } from '../api/commands.ts';
import type { DoorphoneEvent } from '../api/events.ts';
import type { Clock } from '../base/clock.ts';
import { DoorphoneError } from '../base/errors.ts';
import { type Millis, seconds } from '../base/units.ts';
import { isObject, LineSplitter } from './protocol.ts';

/** How long a command may take to be accepted. */
const DEFAULT_TIMEOUT = seconds(1);

/** What one reply line may hold, read with care: the other end may be anything. */
type ReceivedReply = Readonly<Record<string, unknown>>;

interface Waiting {
  readonly take: (reply: ReceivedReply) => void;
  readonly fail: (error: DoorphoneError) => void;
}

/** A connection to a running service. */
export class ControlClient {
  readonly #socket: Socket;
  readonly #clock: Clock;
  readonly #waiting = new Map<number, Waiting>();
  #lastId = 0;
  #closing = false;

  private constructor(socket: Socket, clock: Clock) {
    this.#socket = socket;
    this.#clock = clock;
    const splitter = new LineSplitter();
    socket.on('data', (chunk) => {
      if (!splitter.push(chunk, (line) => this.#take(line))) socket.destroy();
    });
    // What ended the connection matters less than that it ended; 'close' follows.
    socket.on('error', () => undefined);
    socket.on('close', () => this.#failAll());
  }

  /**
   * Connects to the service at `path`.
   * @throws DoorphoneError `not-running` when none listens there, `not-permitted` when its file may not be used
   */
  static connect(path: string, clock: Clock): Promise<ControlClient> {
    return new Promise((done, fail) => {
      const socket = createConnection(path);
      socket.once('error', (cause) => fail(describeConnectError(path, cause)));
      socket.once('connect', () => {
        socket.removeAllListeners('error');
        done(new ControlClient(socket, clock));
      });
    });
  }

  /**
   * Asks for a command and waits for its outcome; a refusal is an outcome.
   * @throws DoorphoneError `timeout`, `connection-lost`
   */
  request<Name extends CommandName>(
    command: Name,
    parameters: CommandParameters<Name>,
    timeout: Millis = DEFAULT_TIMEOUT,
  ): Promise<CommandOutcome<Name>> {
    return new Promise((done, fail) => {
      const id = this.#nextId();
      const settle = (): void => {
        timer.cancel();
        this.#waiting.delete(id);
      };
      const timer = this.#clock.after(timeout, `reply to ${command}`, () => {
        settle();
        const mend = 'look at its log; it may be stuck';
        fail(new DoorphoneError('timeout', `the service did not answer within ${timeout / 1000} s`, { mend }));
      });
      this.#waiting.set(id, {
        take: (reply) => {
          settle();
          done(readOutcome<Name>(reply));
        },
        fail: (error) => {
          settle();
          fail(error);
        },
      });
      this.#socket.write(`${JSON.stringify({ id, command, ...parameters })}\n`);
    });
  }

  /**
   * Hands over what has happened, oldest first; then, with `follow`, what happens, until the connection is closed.
   * Resolves at the end of the list, or when this side closes.
   * @throws DoorphoneError `connection-lost` when the service goes away while it is followed, or the refusal's code
   */
  events(follow: boolean, take: (event: DoorphoneEvent) => void): Promise<void> {
    return new Promise((done, fail) => {
      const id = this.#nextId();
      this.#waiting.set(id, {
        take: (reply) => {
          if (reply.ok === true && isObject(reply.event)) return take(reply.event as DoorphoneEvent);
          this.#waiting.delete(id);
          if (reply.ok === true) return done();
          const { code, message } = readRefusal(reply.error);
          return fail(new DoorphoneError(code, message));
        },
        fail: (error) => (this.#closing ? done() : fail(error)),
      });
      this.#socket.write(`${JSON.stringify({ id, command: 'events', follow })}\n`);
    });
  }

  /** Ends the connection; what is waited for fails, a followed stream ends. */
  close(): void {
    this.#closing = true;
    this.#socket.destroy();
  }

  #nextId(): number {
    this.#lastId += 1;
    return this.#lastId;
  }

  #take(line: string): void {
    const reply = parseReply(line);
    const waiting = typeof reply?.id === 'number' ? this.#waiting.get(reply.id) : undefined;
    if (reply === undefined || waiting === undefined) this.#socket.destroy();
    else waiting.take(reply);
  }

  #failAll(): void {
    const mend = 'look at its log, then try again';
    const error = new DoorphoneError('connection-lost', 'the service closed the connection', { mend });
    for (const waiting of [...this.#waiting.values()]) waiting.fail(error);
    this.#waiting.clear();
  }
}

function parseReply(line: string): ReceivedReply | undefined {
  try {
    const reply: unknown = JSON.parse(line);
    return isObject(reply) ? reply : undefined;
  } catch {
    return undefined;
  }
}

function readOutcome<Name extends CommandName>(reply: ReceivedReply): CommandOutcome<Name> {
  if (reply.ok === true && isObject(reply.result)) return { ok: true, result: reply.result as CommandResult<Name> };
  return { ok: false, error: readRefusal(reply.error) };
}

function readRefusal(error: unknown): CommandRefusal {
  if (isObject(error) && typeof error.code === 'string' && typeof error.message === 'string') {
    return { code: error.code, message: error.message };
  }
  return { code: 'bad-reply', message: 'the service answered in an unknown way' };
}

function describeConnectError(path: string, cause: Error): DoorphoneError {
  const code = 'code' in cause ? String(cause.code) : '';
  if (code === 'EACCES' || code === 'EPERM') {
    const mend = 'run this as its user or one of its group';
    return new DoorphoneError('not-permitted', `this user may not use the control socket ${path}`, { mend, cause });
  }
  return new DoorphoneError('not-running', `no service answers at ${path}`, {
    mend: 'start it with "doorphone run", or name its socket with --socket',
    cause,
  });
}
