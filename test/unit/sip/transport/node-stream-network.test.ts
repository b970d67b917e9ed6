import { afterEach, describe, expect, it } from 'vitest';
import type { Endpoint } from '../../../../src/sip/message/types.ts';
import {
  NodeStreamNetwork,
  type SendFailure,
  type StreamEvents,
  type StreamListener,
  type StreamSocket,
} from '../../../../src/sip/transport/index.ts';
import { FakeClock } from '../../../support/fake-clock.ts';

const network = new NodeStreamNetwork({}, new FakeClock());
const opened: { close(): void }[] = [];

afterEach(() => {
  for (const each of opened.splice(0)) each.close();
});

const tcp = (address: string, port = 0): Endpoint => ({ protocol: 'tcp', address, port });

/** Keeps what a connection tells, and lets a test wait for it. */
class Ears implements StreamEvents {
  readonly told: string[] = [];
  failure: SendFailure | undefined;
  #waiting: (() => void)[] = [];

  reached(): void {
    this.#tell('reached');
  }

  opened(): void {
    this.#tell('opened');
  }

  data(bytes: Buffer): void {
    this.#tell(bytes.toString());
  }

  drained(): void {
    this.#tell('drained');
  }

  closed(failure: SendFailure): void {
    this.failure = failure;
    this.#tell(`closed ${failure.code}`);
  }

  /** Resolves when something that begins so was told. */
  async heard(what: string): Promise<string> {
    for (;;) {
      const found = this.told.find((line) => line.startsWith(what));
      if (found !== undefined) return found;
      await new Promise<void>((done) => this.#waiting.push(done));
    }
  }

  #tell(what: string): void {
    this.told.push(what);
    for (const done of this.#waiting.splice(0)) done();
  }
}

interface Server {
  readonly listener: StreamListener;
  readonly ears: Ears;
  readonly accepted: Promise<StreamSocket>;
}

async function listen(address: string, port = 0): Promise<Server> {
  const ears = new Ears();
  let accept: (socket: StreamSocket) => void = () => undefined;
  const accepted = new Promise<StreamSocket>((done) => {
    accept = done;
  });
  const listener = await network.listen(tcp(address, port), (socket) => {
    accept(socket);
    return ears;
  });
  opened.push(listener);
  return { listener, ears, accepted };
}

function connect(address: string, port: number, from?: string): { readonly socket: StreamSocket; readonly ears: Ears } {
  const ears = new Ears();
  const socket = network.connect(tcp(address, port), { address: from }, ears);
  opened.push({ close: () => socket.cut() });
  return { socket, ears };
}

describe('NodeStreamNetwork', () => {
  it.each(['127.0.0.1', '::1'])('carries octets both ways over %s', async (address) => {
    const server = await listen(address);
    const { socket, ears } = connect(address, server.listener.port);
    await ears.heard('opened');
    socket.write(Buffer.from('to the server'));
    await server.ears.heard('to the server');
    const far = await server.accepted;
    far.write(Buffer.from('to the client'));
    await ears.heard('to the client');
    expect(far.remote).toMatchObject({ address, port: socket.local?.port });
    expect(socket.local?.address).toBe(address);
    await ears.heard('drained');
    expect(socket.queued).toBe(0);
  });

  it('comes from the address that it is told to', async () => {
    const server = await listen('127.0.0.1');
    const { ears } = connect('127.0.0.1', server.listener.port, '127.0.0.7');
    await ears.heard('opened');
    expect((await server.accepted).remote.address).toBe('127.0.0.7');
  });

  it('sends what was written before it closes, and tells the other side', async () => {
    const server = await listen('127.0.0.1');
    const { socket, ears } = connect('127.0.0.1', server.listener.port);
    await ears.heard('opened');
    socket.write(Buffer.alloc(100_000, 'x'));
    socket.close();
    await server.ears.heard('closed');
    const got = server.ears.told.filter((line) => line.startsWith('x')).join('');
    expect(got).toHaveLength(100_000);
    expect(ears.told.filter((line) => line.startsWith('closed'))).toEqual([]);
  });

  it('says that a connection was refused, in words', async () => {
    const { listener } = await listen('127.0.0.1');
    listener.close();
    const { ears } = connect('127.0.0.1', listener.port);
    expect(await ears.heard('closed')).toBe('closed ECONNREFUSED');
    expect(ears.failure?.message).toBe(`tcp 127.0.0.1:${listener.port} refuses connections`);
  });

  it('says that a peer has broken off', async () => {
    const server = await listen('127.0.0.1');
    const { ears } = connect('127.0.0.1', server.listener.port);
    await ears.heard('opened');
    (await server.accepted).cut();
    await ears.heard('closed');
    expect(ears.told.filter((line) => line.startsWith('closed'))).toHaveLength(1);
  });

  it('says which port is in use, and what to do', async () => {
    const { listener } = await listen('127.0.0.1');
    const refused = listen('127.0.0.1', listener.port);
    await expect(refused).rejects.toMatchObject({ code: 'port-in-use' });
    await expect(refused).rejects.toThrow(`tcp 127.0.0.1:${listener.port}`);
    await expect(refused).rejects.toHaveProperty('mend', expect.stringContaining('ss -lntp'));
  });

  it('says which address is not of this machine', async () => {
    // TEST-NET-3 (RFC 5737) is nobody's.
    await expect(listen('203.0.113.77')).rejects.toMatchObject({ code: 'address-not-available' });
  });
});
