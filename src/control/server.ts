// The control socket of a running service: takes requests, hands them to the registry of commands, streams events.
// The file's permissions are its authentication. It holds no rule of its own.
//
// A press travels from the byte on the socket to the handler inside of one data callback: nothing is awaited before.

import { chmodSync, lstatSync, mkdirSync, unlinkSync } from 'node:fs';
import { createConnection, createServer, type Server, type Socket } from 'node:net';
import { dirname } from 'node:path';
import type { CommandName, CommandRegistry } from '../api/commands.ts';
import type { Journal } from '../api/journal.ts';
import { DoorphoneError, describeError } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import {
  type CommandRequest,
  LineSplitter,
  parseRequest,
  type Reply,
  type Request,
  type RequestId,
} from './protocol.ts';

/** Owner and group may command the door; nobody else may. */
const SOCKET_MODE = 0o660;
/** What the kernel's `sun_path` holds without its end. */
const LONGEST_PATH_BYTES = 107;
/** A client that does not read its replies is dropped when this much waits for it. */
const LONGEST_BACKLOG_BYTES = 1024 * 1024;
const MOST_CLIENTS = 64;
/** What one client may have asked for without an answer yet. */
const MOST_PENDING = 64;

export interface ControlServerOptions {
  readonly path: string;
  readonly registry: CommandRegistry;
  readonly journal: Journal;
  readonly log: Log;
}

/** Listens on a Unix socket from `start` to `stop`. */
export class ControlServer {
  readonly #options: ControlServerOptions;
  readonly #clients = new Set<Client>();
  #server: Server | undefined;

  constructor(options: ControlServerOptions) {
    this.#options = options;
  }

  /**
   * @throws DoorphoneError `socket-in-use` when another service answers there, `socket-not-possible` when the path is
   * too long, is something else than a socket, or cannot be written
   */
  async start(): Promise<void> {
    const { path, log } = this.#options;
    await clearPath(path);
    const server = createServer({ allowHalfOpen: true }, (socket) => this.#accept(socket));
    await listen(server, path);
    server.on('error', (error) => log.error('control.failed', { reason: error.message }));
    this.#server = server;
  }

  /** Ends every client and takes the socket's file away. */
  async stop(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server === undefined) return;
    const closed = new Promise<void>((done) => server.close(() => done()));
    for (const client of this.#clients) client.end();
    await closed;
  }

  /**
   * Who has said all that it will may be gone: that is seen only when something is written to it, and where it follows events
   * there may be none for hours. So it gives way to who comes now.
   */
  #accept(socket: Socket): void {
    if (this.#clients.size >= MOST_CLIENTS) {
      const silent = [...this.#clients].find(({ saysNoMore }) => saysNoMore);
      if (silent === undefined) {
        socket.destroy();
        return;
      }
      silent.drop();
    }
    const client = new Client(socket, this.#options, () => this.#clients.delete(client));
    this.#clients.add(client);
  }
}

/** One connection. */
class Client {
  readonly #splitter = new LineSplitter();
  #unfollow: (() => void) | undefined;
  #pending = 0;
  /** The client has said all that it will; it may still read. */
  #ended = false;

  constructor(
    private readonly socket: Socket,
    private readonly options: ControlServerOptions,
    private readonly onClose: () => void,
  ) {
    socket.on('data', (chunk) => this.#read(chunk));
    // A client may go away at any moment; 'close' follows.
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.#unfollow?.();
      onClose();
    });
    socket.on('end', () => {
      this.#ended = true;
      this.#endWhenDone();
    });
  }

  /** Whether it has closed its side, and is told events all the same. */
  get saysNoMore(): boolean {
    return this.#ended && this.#pending === 0;
  }

  /** Ends it at once. */
  drop(): void {
    this.socket.destroy();
    this.onClose();
  }

  /** What has been said is delivered, unless the client does not read. */
  end(): void {
    if (this.socket.writableLength > 0) this.socket.destroy();
    else this.socket.destroySoon();
  }

  #endWhenDone(): void {
    if (this.#ended && this.#pending === 0 && this.#unfollow === undefined) this.end();
  }

  #read(chunk: Buffer): void {
    if (this.socket.destroyed || this.#splitter.push(chunk, (line) => this.#take(line))) return;
    this.#refuse(null, 'bad-request', 'the line is too long');
    this.end();
  }

  #take(line: string): void {
    if (line.trim() === '' || this.socket.destroyed) return;
    const request = parseRequest(line);
    if (request.ok) this.#carryOut(request.value);
    else this.#reply({ id: request.error.id, ok: false, error: request.error.error });
  }

  #carryOut(request: Request): void {
    if (request.command === 'events') this.#streamEvents(request.id, request.follow);
    else this.#execute(request);
  }

  #execute<Name extends CommandName>({ id, command, parameters }: CommandRequest<Name>): void {
    if (this.#pending >= MOST_PENDING) {
      this.#refuse(id, 'too-many-requests', 'wait for the replies first');
      return;
    }
    this.#pending += 1;
    const settle = (reply: Reply): void => {
      this.#pending -= 1;
      this.#reply(reply);
      this.#endWhenDone();
    };
    this.options.registry.execute(command, parameters, 'control').then(
      (outcome) => settle({ id, ...outcome }),
      (thrown: unknown) => settle({ id, ok: false, error: { code: 'failed', message: describeError(thrown) } }),
    );
  }

  #streamEvents(id: RequestId, follow: boolean): void {
    if (follow && this.#unfollow !== undefined) {
      this.#refuse(id, 'bad-request', 'events are followed already');
      return;
    }
    const { recent } = this.options.journal;
    for (const event of recent) this.#reply({ id, ok: true, event });
    if (!follow) this.#reply({ id, ok: true, result: { events: recent.length } });
    else this.#unfollow = this.options.journal.subscribe((event) => this.#reply({ id, ok: true, event }));
  }

  #refuse(id: RequestId, code: string, message: string): void {
    this.#reply({ id, ok: false, error: { code, message } });
  }

  #reply(reply: Reply): void {
    if (this.socket.destroyed) return;
    this.socket.write(`${JSON.stringify(reply)}\n`);
    if (this.socket.writableLength <= LONGEST_BACKLOG_BYTES) return;
    this.options.log.warn('control.client-dropped', { reason: 'it does not read its replies' });
    this.socket.destroy();
  }
}

/** Makes the folder, and takes away a socket that nobody answers at. */
async function clearPath(path: string): Promise<void> {
  if (Buffer.byteLength(path) > LONGEST_PATH_BYTES) {
    const mend = 'name a shorter one with --socket';
    throw notPossible(path, `has a path longer than ${LONGEST_PATH_BYTES} bytes`, mend);
  }
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o750 });
  } catch (cause) {
    throw notPossible(path, `cannot be made: its folder cannot be made (${errorCode(cause)})`, WRITABLE, cause);
  }
  const kind = kindOf(path);
  if (kind === 'nothing') return;
  if (kind === 'other')
    throw notPossible(path, 'cannot be made: a file of that name is no socket', 'move the file away');
  if (await answers(path)) {
    throw new DoorphoneError('socket-in-use', `another service answers at the control socket ${path}`, {
      mend: 'stop it, or give this one a socket of its own with --socket',
    });
  }
  try {
    unlinkSync(path);
  } catch (cause) {
    if (errorCode(cause) !== 'ENOENT') throw notPossible(path, 'is stale and cannot be taken away', WRITABLE, cause);
  }
}

const WRITABLE = 'make the folder writable for this user, or name another with --socket';

function kindOf(path: string): 'nothing' | 'socket' | 'other' {
  try {
    return lstatSync(path).isSocket() ? 'socket' : 'other';
  } catch (cause) {
    if (errorCode(cause) === 'ENOENT') return 'nothing';
    throw notPossible(path, `cannot be looked at (${errorCode(cause)})`, WRITABLE, cause);
  }
}

/** Whether somebody listens at the socket. One that may not be entered is taken for alive. */
function answers(path: string): Promise<boolean> {
  return new Promise((done) => {
    const probe = createConnection(path);
    probe.on('connect', () => {
      probe.destroy();
      done(true);
    });
    probe.on('error', (error) => done(!['ECONNREFUSED', 'ENOENT'].includes(errorCode(error))));
  });
}

/** Node binds inside of `listen`, so the mask holds for our file alone; nobody can connect before the mode is right. */
function listen(server: Server, path: string): Promise<void> {
  return new Promise((done, fail) => {
    server.once('error', (cause) => fail(describeListenError(path, cause)));
    server.once('listening', () => {
      server.removeAllListeners('error');
      done();
    });
    const mask = process.umask(0o777 & ~SOCKET_MODE);
    try {
      server.listen(path);
      chmodSync(path, SOCKET_MODE);
    } catch {
      // The bind failed: 'error' says why.
      return;
    } finally {
      process.umask(mask);
    }
  });
}

function describeListenError(path: string, cause: Error): DoorphoneError {
  if (errorCode(cause) === 'EADDRINUSE') {
    const mend = 'stop it, or give this one a socket of its own with --socket';
    return new DoorphoneError('socket-in-use', `another service took the control socket ${path}`, { mend, cause });
  }
  return notPossible(path, `cannot be made (${errorCode(cause)})`, WRITABLE, cause);
}

function notPossible(path: string, what: string, mend: string, cause?: unknown): DoorphoneError {
  return new DoorphoneError('socket-not-possible', `the control socket ${path} ${what}`, { mend, cause });
}

function errorCode(cause: unknown): string {
  return cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown error';
}
