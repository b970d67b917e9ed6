import { existsSync, linkSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createConnection, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CommandRegistry, refuse } from '../../../src/api/commands.ts';
import { Journal } from '../../../src/api/journal.ts';
import { DoorphoneError } from '../../../src/base/errors.ts';
import { ControlServer } from '../../../src/control/index.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { RecordingLog } from '../../support/recording-log.ts';

let folder: string;
let path: string;
let registry: CommandRegistry;
let journal: Journal;
let log: RecordingLog;
let open: { stop(): unknown }[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'doorphone-control-'));
  path = join(folder, 'control.sock');
  registry = new CommandRegistry();
  log = new RecordingLog();
  journal = new Journal(new FakeClock(), log);
  open = [];
});
afterEach(async () => {
  for (const thing of open.reverse()) await thing.stop();
  rmSync(folder, { recursive: true });
});

async function start(at = path): Promise<ControlServer> {
  const server = new ControlServer({ path: at, registry, journal, log });
  await server.start();
  open.push(server);
  return server;
}

/** A client that knows nothing of ours: bytes out, lines in. */
class RawClient {
  readonly lines: unknown[] = [];
  readonly closed: Promise<void>;
  #text = '';
  #wake: () => void = () => undefined;

  constructor(readonly socket: Socket) {
    socket.on('data', (chunk: Buffer) => {
      this.#text += chunk.toString();
      const parts = this.#text.split('\n');
      this.#text = parts.pop() ?? '';
      this.lines.push(...parts.map((line): unknown => JSON.parse(line)));
      this.#wake();
    });
    socket.on('error', () => undefined);
    this.closed = new Promise((done) => {
      socket.on('close', () => {
        done();
        this.#wake();
      });
    });
  }

  async next(count = 1): Promise<unknown[]> {
    while (this.lines.length < count && !this.socket.destroyed) {
      await new Promise<void>((done) => {
        this.#wake = done;
      });
    }
    return this.lines.splice(0, count);
  }
}

async function connect(): Promise<RawClient> {
  const socket = createConnection(path);
  await new Promise((done) => socket.once('connect', done));
  const client = new RawClient(socket);
  open.push({ stop: () => socket.destroy() });
  return client;
}

/** Everything that was sent before has been read when this is over: another client was answered, twice. */
async function roundTrips(): Promise<void> {
  const client = await connect();
  for (const id of [1, 2]) {
    client.socket.write(`{"id":${id},"command":"status"}\n`);
    await client.next();
  }
  client.socket.destroy();
}

async function failure(action: Promise<unknown>): Promise<DoorphoneError> {
  const thrown: unknown = await action.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!(thrown instanceof DoorphoneError)) throw new Error(`no DoorphoneError: ${String(thrown)}`);
  return thrown;
}

describe('a request', () => {
  it('is handed to its handler and answered with its id', async () => {
    registry.handle('press', ({ button }, origin) => ({ ok: true, result: { button: `${button} by ${origin}` } }));
    registry.handle('hangup', () => refuse('no-call', 'there is no call'));
    await start();
    const client = await connect();
    client.socket.write('{"id":1,"command":"press","button":"front"}\n{"id":"two","command":"hangup"}\n');
    client.socket.write('{"command":"answer"}\r\n');
    const replies = await client.next(3);
    expect(replies).toHaveLength(3);
    // The id tells replies apart; their order is not promised.
    expect(new Set(replies)).toEqual(
      new Set([
        { id: 1, ok: true, result: { button: 'front by control' } },
        { id: 'two', ok: false, error: { code: 'no-call', message: 'there is no call' } },
        { id: null, ok: false, error: { code: 'unavailable', message: 'this service does not carry out "answer"' } },
      ]),
    );
  });

  it('reaches its handler before the loop turns: in the callback of its last byte', async () => {
    let handled = false;
    registry.handle('press', () => {
      handled = true;
      return { ok: true, result: { button: 'front' } };
    });
    await start();
    const client = await connect();
    for (const byte of '{"id":1,"command":"press"}') client.socket.write(byte);
    await roundTrips();
    expect(handled).toBe(false);
    client.socket.write('\n');
    expect(await client.next()).toEqual([{ id: 1, ok: true, result: { button: 'front' } }]);
  });

  it('keeps its parameters: a line is set, cleared or asked for', async () => {
    const asked: unknown[] = [];
    registry.handle('line', (parameters) => {
      asked.push(parameters);
      return { ok: true, result: { line: parameters.line, active: parameters.active ?? true } };
    });
    await start();
    const client = await connect();
    for (const rest of [',"active":true', ',"active":false', '']) {
      client.socket.write(`{"id":1,"command":"line","line":"relay"${rest}}\n`);
    }
    await client.next(3);
    expect(asked).toEqual([{ line: 'relay', active: true }, { line: 'relay', active: false }, { line: 'relay' }]);
  });

  it('whose handler throws is a refusal, and the service lives on', async () => {
    registry.handle('status', () => {
      throw new Error('it broke');
    });
    await start();
    const client = await connect();
    client.socket.write('{"id":1,"command":"status"}\n{"id":2,"command":"status"}\n');
    expect(await client.next(2)).toEqual([
      { id: 1, ok: false, error: { code: 'failed', message: 'it broke' } },
      { id: 2, ok: false, error: { code: 'failed', message: 'it broke' } },
    ]);
  });

  it('is answered even when the client has already closed its side', async () => {
    let release: () => void = () => undefined;
    const held = new Promise<void>((done) => {
      release = done;
    });
    registry.handle('reload', async () => {
      await held;
      return { ok: true, result: { file: 'x' } };
    });
    await start();
    const client = await connect();
    client.socket.end('{"id":1,"command":"reload"}\n');
    await roundTrips();
    release();
    expect(await client.next()).toEqual([{ id: 1, ok: true, result: { file: 'x' } }]);
    await client.closed;
  });

  it('serves many clients at once, each with its own replies', async () => {
    registry.handle('open', ({ door }) => ({ ok: true, result: { door: door ?? '', forMs: 3000 } }));
    await start();
    const clients = await Promise.all(Array.from({ length: 40 }, connect));
    for (const [at, client] of clients.entries())
      client.socket.write(`{"id":${at},"command":"open","door":"d${at}"}\n`);
    for (const [at, client] of clients.entries()) {
      expect(await client.next()).toEqual([{ id: at, ok: true, result: { door: `d${at}`, forMs: 3000 } }]);
    }
  });
});

describe('a line that is no request', () => {
  it.each([
    ['press', null, 'the line is not JSON'],
    ['\u00ff{"', null, 'the line is not JSON'],
    ['[1]', null, 'the line is not a JSON object'],
    ['null', null, 'the line is not a JSON object'],
    ['{"id":7}', 7, '"command" is missing'],
    ['{"id":7,"command":["press"]}', 7, '"command" is missing'],
    ['{"id":{},"command":"press"}', null, '"id" is neither a text nor a number'],
    ['{"id":7,"command":"pres"}', 7, 'there is no command "pres"; the nearest is "press"'],
    ['{"id":7,"command":"__proto__"}', 7, 'there is no command "__proto__"'],
    ['{"id":7,"command":"toString"}', 7, 'there is no command "toString"'],
    ['{"id":7,"command":"press","button":1}', 7, '"button" is not a text'],
    ['{"id":7,"command":"press","button":null}', 7, '"button" is not a text'],
    ['{"id":7,"command":"press","button":""}', 7, '"button" is empty'],
    ['{"id":7,"command":"press","buton":"front"}', 7, '"buton" is not known; this command takes button'],
    ['{"id":7,"command":"hangup","now":true}', 7, '"now" is not known; this command takes nothing'],
    ['{"id":7,"command":"call"}', 7, '"uri" is missing'],
    ['{"id":7,"command":"dtmf","digits":471147}', 7, '"digits" is not a text'],
    ['{"id":7,"command":"line","line":"relay","active":1}', 7, '"active" is not true or false'],
    ['{"id":7,"command":"events","follow":"yes"}', 7, '"follow" is not true or false'],
  ])('%s', async (line, id, message) => {
    const called: string[] = [];
    registry.handle('press', () => {
      called.push('press');
      return { ok: true, result: { button: '' } };
    });
    await start();
    const client = await connect();
    client.socket.write(`${line}\n`);
    expect(await client.next()).toEqual([{ id, ok: false, error: { code: 'bad-request', message } }]);
    expect(called).toEqual([]);
    client.socket.write('{"id":8,"command":"press"}\n');
    expect(await client.next()).toEqual([{ id: 8, ok: true, result: { button: '' } }]);
  });

  it('never echoes the digits that stood in it', async () => {
    await start();
    const client = await connect();
    client.socket.write(
      '{"id":1,"command":"dtmf","digits":471147}\n{"id":2,"command":"dtmf","471147":1,"digits":["471147"]}\n',
    );
    const said = JSON.stringify(await client.next(2));
    expect(said).not.toContain('471147');
    expect(log.text).not.toContain('471147');
  });

  it('and that does not end is refused and the client sent away', async () => {
    await start();
    const client = await connect();
    client.socket.write('x'.repeat(70_000));
    expect(await client.next()).toEqual([
      { id: null, ok: false, error: { code: 'bad-request', message: 'the line is too long' } },
    ]);
    await client.closed;
  });

  it('an empty one is passed over', async () => {
    registry.handle('press', () => ({ ok: true, result: { button: 'front' } }));
    await start();
    const client = await connect();
    client.socket.write('\n \r\n{"id":1,"command":"press"}\n');
    expect(await client.next()).toEqual([{ id: 1, ok: true, result: { button: 'front' } }]);
  });
});

describe('events', () => {
  it('are what happened, then the count', async () => {
    journal.record('door.opened', { door: 'main', by: 'control', forMs: 3000 });
    journal.record('door.closed', { door: 'main' });
    await start();
    const client = await connect();
    client.socket.write('{"id":1,"command":"events"}\n');
    expect(await client.next(3)).toEqual([
      {
        id: 1,
        ok: true,
        event: { time: '2026-01-01T00:00:00.000Z', type: 'door.opened', door: 'main', by: 'control', forMs: 3000 },
      },
      { id: 1, ok: true, event: { time: '2026-01-01T00:00:00.000Z', type: 'door.closed', door: 'main' } },
      { id: 1, ok: true, result: { events: 2 } },
    ]);
  });

  it('are followed as they happen, by several clients, until they go', async () => {
    journal.record('service.stopping', {});
    await start();
    const [one, other] = await Promise.all([connect(), connect()]);
    for (const client of [one, other]) {
      client.socket.write('{"id":1,"command":"events","follow":true}\n');
      expect(await client.next()).toMatchObject([{ event: { type: 'service.stopping' } }]);
    }
    journal.record('door.closed', { door: 'main' });
    expect(await one.next()).toMatchObject([{ id: 1, ok: true, event: { type: 'door.closed' } }]);
    expect(await other.next()).toMatchObject([{ id: 1, ok: true, event: { type: 'door.closed' } }]);
    one.socket.destroy();
    await one.closed;
    journal.record('door.closed', { door: 'garage' });
    expect(await other.next()).toMatchObject([{ event: { door: 'garage' } }]);
  });

  it('are followed once by each connection', async () => {
    await start();
    const client = await connect();
    client.socket.write('{"id":1,"command":"events","follow":true}\n{"id":2,"command":"events","follow":true}\n');
    expect(await client.next()).toEqual([
      { id: 2, ok: false, error: { code: 'bad-request', message: 'events are followed already' } },
    ]);
  });

  it('followed by programs that were ended keep nobody else out', async () => {
    registry.handle('status', () => refuse('tested', 'answered'));
    await start();
    for (let times = 0; times < 100; times += 1) {
      const { socket } = await connect();
      await new Promise<void>((done) => socket.end('{"id":1,"command":"events","follow":true}\n', done));
      socket.destroy();
    }
    const client = await connect();
    client.socket.write('{"id":2,"command":"status"}\n');
    expect(await client.next()).toMatchObject([{ id: 2, ok: false, error: { code: 'tested' } }]);
  });

  it('do not pile up for a client that does not read: it is dropped, and the others are served', async () => {
    registry.handle('press', () => ({ ok: true, result: { button: 'front' } }));
    await start();
    const [sleeper, reader] = await Promise.all([connect(), connect()]);
    sleeper.socket.write('{"id":1,"command":"events","follow":true}\n');
    sleeper.socket.pause();
    reader.socket.write('{"id":1,"command":"events","follow":true}\n{"id":2,"command":"press"}\n');
    await reader.next();
    const what = 'x'.repeat(10_000);
    for (let round = 0; round < 30 && log.lines.length === 0; round += 1) {
      for (let event = 0; event < 10; event += 1) journal.record('fault', { what, mend: '' });
      expect(await reader.next(10)).toHaveLength(10);
    }
    expect(log.lines).toEqual([
      { level: 'warn', event: 'control.client-dropped', fields: { reason: 'it does not read its replies' } },
    ]);
    sleeper.socket.resume();
    await sleeper.closed;
    reader.socket.write('{"id":3,"command":"press"}\n');
    expect(await reader.next()).toMatchObject([{ id: 3, ok: true }]);
  });
});

describe('the file of the socket', () => {
  it('lets owner and group in, nobody else, whatever the mask of the process', async () => {
    const mask = process.umask(0);
    open.push({ stop: () => process.umask(mask) });
    await start();
    expect(statSync(path).mode & 0o777).toBe(0o660);
    expect(process.umask()).toBe(0);
  });

  it('is taken away on stop, with every client, also one that does not read', async () => {
    const server = await start();
    const [client, sleeper] = await Promise.all([connect(), connect()]);
    sleeper.socket.write('{"id":1,"command":"events","follow":true}\n');
    sleeper.socket.pause();
    client.socket.write('{"id":1,"command":"status"}\n');
    await client.next();
    for (let event = 0; event < 40; event += 1) journal.record('fault', { what: 'x'.repeat(20_000), mend: '' });
    await server.stop();
    await client.closed;
    expect(existsSync(path)).toBe(false);
    await server.stop();
  });

  it('is made in a folder that does not exist yet', async () => {
    path = join(folder, 'run/doorphone/control.sock');
    await start(path);
    expect(statSync(path).isSocket()).toBe(true);
  });

  it('replaces one that a killed service left behind', async () => {
    const dead = createServer();
    await new Promise<void>((done) => dead.listen(join(folder, 'dead.sock'), done));
    // A hard link outlives the close, as the file of a killed process does.
    linkSync(join(folder, 'dead.sock'), path);
    await new Promise((done) => dead.close(done));
    expect(statSync(path).isSocket()).toBe(true);
    registry.handle('press', () => ({ ok: true, result: { button: 'front' } }));
    await start();
    const client = await connect();
    client.socket.write('{"id":1,"command":"press"}\n');
    expect(await client.next()).toMatchObject([{ ok: true }]);
  });

  it('of a living service is left alone: the second one says so', async () => {
    registry.handle('press', () => ({ ok: true, result: { button: 'first' } }));
    await start();
    const error = await failure(new ControlServer({ path, registry: new CommandRegistry(), journal, log }).start());
    expect({ code: error.code, line: error.line }).toEqual({
      code: 'socket-in-use',
      line:
        `another service answers at the control socket ${path}; ` +
        'stop it, or give this one a socket of its own with --socket',
    });
    const client = await connect();
    client.socket.write('{"id":1,"command":"press"}\n');
    expect(await client.next()).toMatchObject([{ result: { button: 'first' } }]);
  });

  it('is not made over a file that is no socket', async () => {
    writeFileSync(path, 'precious');
    const error = await failure(new ControlServer({ path, registry, journal, log }).start());
    expect(error.code).toBe('socket-not-possible');
    expect(error.line).toContain(`${path} cannot be made: a file of that name is no socket`);
  });

  it('that cannot be made is one clear error', async () => {
    writeFileSync(join(folder, 'file'), '');
    const below = await failure(
      new ControlServer({ path: join(folder, 'file/x.sock'), registry, journal, log }).start(),
    );
    expect(below.line).toMatch(/its folder cannot be made \((EEXIST|ENOTDIR)\); make the folder writable/);
    const long = join(folder, 'x'.repeat(120));
    const tooLong = await failure(new ControlServer({ path: long, registry, journal, log }).start());
    expect(tooLong.line).toContain('has a path longer than 107 bytes; name a shorter one with --socket');
  });

  it('in a folder that nobody may write is one clear error', async () => {
    const error = await failure(new ControlServer({ path: '/proc/control.sock', registry, journal, log }).start());
    expect(error.code).toBe('socket-not-possible');
    expect(error.line).toMatch(
      /^the control socket \/proc\/control\.sock cannot be made \([A-Z]+\); make the folder writable/,
    );
  });
});
