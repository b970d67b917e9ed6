import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CommandRegistry, refuse } from '../../../src/api/commands.ts';
import type { DoorphoneEvent } from '../../../src/api/events.ts';
import { Journal } from '../../../src/api/journal.ts';
import { silentLog } from '../../../src/base/log.ts';
import { seconds } from '../../../src/base/units.ts';
import { ControlClient, ControlServer } from '../../../src/control/index.ts';
import { FakeClock } from '../../support/fake-clock.ts';

let folder: string;
let path: string;
let clock: FakeClock;
let open: { stop(): unknown }[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'doorphone-client-'));
  path = join(folder, 'control.sock');
  clock = new FakeClock();
  open = [];
});
afterEach(async () => {
  for (const thing of open.reverse()) await thing.stop();
  rmSync(folder, { recursive: true });
});

async function serve(registry: CommandRegistry, journal = new Journal(clock, silentLog)): Promise<ControlServer> {
  const server = new ControlServer({ path, registry, journal, log: silentLog });
  await server.start();
  open.push(server);
  return server;
}

/** Anything that listens there, but no service of ours. */
async function impostor(answer: (socket: Socket) => void): Promise<Server> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => answer(socket));
  });
  await new Promise<void>((done) => server.listen(path, done));
  open.push({ stop: () => new Promise((done) => server.close(done)) });
  return server;
}

async function client(): Promise<ControlClient> {
  const made = await ControlClient.connect(path, clock);
  open.push({ stop: () => made.close() });
  return made;
}

describe('a client', () => {
  it('gets results and refusals, in any order', async () => {
    const registry = new CommandRegistry();
    let release: () => void = () => undefined;
    const held = new Promise<void>((done) => {
      release = done;
    });
    registry.handle('reload', async () => {
      await held;
      return { ok: true, result: { file: '/etc/x.yaml' } };
    });
    registry.handle('hangup', () => refuse('no-call', 'there is no call'));
    await serve(registry);
    const asking = await client();
    const reload = asking.request('reload', {});
    expect(await asking.request('hangup', {})).toEqual({
      ok: false,
      error: { code: 'no-call', message: 'there is no call' },
    });
    release();
    expect(await reload).toEqual({ ok: true, result: { file: '/etc/x.yaml' } });
    expect(clock.timers).toEqual([]);
  });

  it('waits one second for an answer, unless it is told otherwise', async () => {
    const registry = new CommandRegistry();
    registry.handle('press', () => new Promise(() => undefined));
    await serve(registry);
    const asking = await client();
    const press = asking.request('press', {}).catch((error: unknown) => error);
    const patient = asking.request('press', {}, seconds(5)).catch((error: unknown) => error);
    clock.advance(1000);
    expect(await press).toMatchObject({ code: 'timeout', message: 'the service did not answer within 1 s' });
    expect(clock.timers).toEqual([{ name: 'reply to press', in: 4000 }]);
    clock.advance(4000);
    expect(await patient).toMatchObject({ code: 'timeout' });
  });

  it('reads what happened, and follows what happens until it closes', async () => {
    const journal = new Journal(clock, silentLog);
    journal.record('door.closed', { door: 'main' });
    await serve(new CommandRegistry(), journal);
    const past: DoorphoneEvent[] = [];
    await (await client()).events(false, (event) => past.push(event));
    expect(past).toMatchObject([{ type: 'door.closed', door: 'main' }]);

    const following = await client();
    const types: string[] = [];
    const ended = following.events(true, (event) => {
      types.push(event.type);
      if (event.type === 'door.closed') journal.record('service.stopping', {});
      else following.close();
    });
    await ended;
    expect(types).toEqual(['door.closed', 'service.stopping']);
  });

  it('says so when the service goes away', async () => {
    const registry = new CommandRegistry();
    registry.handle('press', () => new Promise(() => undefined));
    const server = await serve(registry);
    const asking = await client();
    const press = asking.request('press', {}).catch((error: unknown) => error);
    const events = asking.events(true, () => undefined).catch((error: unknown) => error);
    await server.stop();
    expect(await press).toMatchObject({ code: 'connection-lost' });
    expect(await events).toMatchObject({ code: 'connection-lost' });
    expect(clock.timers).toEqual([]);
  });

  it.each(['no JSON\n', '[]\n', '{"id":99,"ok":true}\n', 'x'.repeat(100_000)])(
    'does not trust what answers: %.20s',
    async (reply) => {
      await impostor((socket) => socket.write(reply));
      const asking = await client();
      await expect(asking.request('press', {})).rejects.toMatchObject({ code: 'connection-lost' });
    },
  );

  it('takes a reply without a known form for a refusal', async () => {
    await impostor((socket) => socket.write('{"id":1,"ok":true}\n'));
    expect(await (await client()).request('press', {})).toMatchObject({ ok: false, error: { code: 'bad-reply' } });
  });

  it('names the path and the mend where nobody listens', async () => {
    await expect(ControlClient.connect(path, clock)).rejects.toMatchObject({
      code: 'not-running',
      line: `no service answers at ${path}; start it with "doorphone run", or name its socket with --socket`,
    });
  });
});
