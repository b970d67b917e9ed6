import { createSocket } from 'node:dgram';
import { afterEach, describe, expect, it } from 'vitest';
import { loadNative } from '../../../../src/native.ts';
import {
  type DatagramPeer,
  type DatagramSocket,
  type DatagramSystem,
  NodeDatagramNetwork,
} from '../../../../src/sip/transport/index.ts';

const addon = loadNative();
const system: DatagramSystem = {
  open: (address, port, beside) => addon.datagramOpen(address, port, beside),
  seal: (descriptor) => addon.datagramSeal(descriptor),
};
const open: { close(): void }[] = [];

afterEach(() => {
  for (const socket of open.splice(0)) socket.close();
});

const failure = (socket: DatagramSocket, bytes: Buffer, port: number, address: string): Promise<string> =>
  new Promise((done) => socket.send(bytes, port, address, ({ code }) => done(code)));

describe.each([
  ['by itself', new NodeDatagramNetwork()],
  ['with the addon', new NodeDatagramNetwork(system)],
  ['with an intake', new NodeDatagramNetwork(undefined, 100)],
])('NodeDatagramNetwork %s', (_, network) => {
  async function bind(address: string, port = 0): Promise<DatagramSocket> {
    const socket = await network.bind(address, port);
    open.push(socket);
    return socket;
  }

  it('gives a free port and carries datagrams with their source', async () => {
    const [one, other] = [await bind('127.0.0.1'), await bind('127.0.0.1')];
    expect(one.port).toBeGreaterThan(0);
    const arrived = new Promise<string>((done) =>
      other.onMessage((bytes, address, port) => done(`${bytes.toString()} ${address} ${port}`)),
    );
    one.send(Buffer.from('hello'), other.port, '127.0.0.1', () => undefined);
    expect(await arrived).toBe(`hello 127.0.0.1 ${one.port}`);
  });

  it('says which port is in use, and what to do', async () => {
    const { port } = await bind('127.0.0.1');
    const refused = network.bind('127.0.0.1', port);
    await expect(refused).rejects.toMatchObject({ code: 'port-in-use' });
    await expect(refused).rejects.toThrow(`127.0.0.1:${port}`);
    await expect(refused).rejects.toHaveProperty('mend', expect.stringContaining('sip.listen'));
  });

  it('says which address is not of this machine', async () => {
    // TEST-NET-3 (RFC 5737) is nobody's.
    await expect(network.bind('203.0.113.77', 0)).rejects.toMatchObject({ code: 'address-not-available' });
  });

  it('reports a datagram that is too long', async () => {
    const socket = await bind('127.0.0.1');
    expect(await failure(socket, Buffer.alloc(66_000), 9, '127.0.0.1')).toBe('EMSGSIZE');
  });

  it('reports what is sent after close', async () => {
    const socket = await bind('127.0.0.1');
    socket.close();
    socket.close();
    expect(await failure(socket, Buffer.from('x'), 9, '127.0.0.1')).toBe('closed');
  });

  it('reports an address that is none', async () => {
    const socket = await bind('127.0.0.1');
    expect(await failure(socket, Buffer.from('x'), 9, 'no.address')).not.toBe('');
  });

  it('knows at once which address reaches a target', () => {
    expect(network.addressTowards('127.0.0.1')).toBe('127.0.0.1');
    expect(network.addressTowards('no.address')).toBeUndefined();
  });
});

describe('a socket for one peer alone', () => {
  const network = new NodeDatagramNetwork(system);

  async function bind(address: string): Promise<DatagramSocket> {
    const socket = await network.bind(address, 0);
    open.push(socket);
    return socket;
  }

  function connect(socket: DatagramSocket, address: string, port: number): DatagramPeer {
    const peer = socket.connect(address, port);
    if (peer === undefined) throw new Error('not connected');
    open.push(peer);
    return peer;
  }

  /** The next thing that a socket gets. */
  const next = (socket: Pick<DatagramSocket, 'onMessage'>): Promise<string> =>
    new Promise((done) => socket.onMessage((bytes, address, port) => done(`${bytes.toString()} ${address} ${port}`)));

  it.each([
    ['127.0.0.1', '127.0.0.1'],
    ['0.0.0.0', '127.0.0.1'],
    ['::1', '::1'],
  ])('beside one on %s has its address and port, and gets what comes from its peer', async (bound, loopback) => {
    const [common, far, stranger] = [await bind(bound), await bind(loopback), await bind(loopback)];
    const peer = connect(common, loopback, far.port);
    const arrived = next(far);
    peer.send(Buffer.from('request'), () => undefined);
    expect(await arrived).toBe(`request ${loopback} ${common.port}`);
    const answered = next(peer);
    far.send(Buffer.from('answer'), common.port, loopback, () => undefined);
    expect(await answered).toBe(`answer ${loopback} ${far.port}`);
    const other = next(common);
    stranger.send(Buffer.from('other'), common.port, loopback, () => undefined);
    expect(await other).toBe(`other ${loopback} ${stranger.port}`);
  });

  it('is told when nobody listens there', async () => {
    const common = await bind('127.0.0.1');
    const gone = await network.bind('127.0.0.1', 0);
    const { port } = gone;
    gone.close();
    const peer = connect(common, '127.0.0.1', port);
    const refused = new Promise<string>((done) => peer.onError(({ code }) => done(code)));
    peer.send(Buffer.from('x'), () => undefined);
    expect(await refused).toBe('ECONNREFUSED');
  });

  it('opens the port to nobody else, however many there are', async () => {
    const common = await bind('127.0.0.1');
    for (let port = 40_001; port < 40_020; port += 1) connect(common, '127.0.0.1', port);
    const intruder = createSocket({ type: 'udp4', reuseAddr: true });
    const outcome = new Promise<string>((done) => {
      intruder.once('error', ({ message }) => done(message));
      intruder.bind(common.port, '127.0.0.1', () => done('it has the port'));
    });
    expect(await outcome).toContain('EADDRINUSE');
    intruder.close();
    await expect(network.bind('127.0.0.1', common.port)).rejects.toMatchObject({ code: 'port-in-use' });
  });

  it('leaves its port free when all are closed', async () => {
    const common = await network.bind('127.0.0.1', 0);
    const peer = common.connect('127.0.0.1', 40_001);
    peer?.close();
    peer?.close();
    common.close();
    const again = await network.bind('127.0.0.1', common.port);
    open.push(again);
    expect(again.port).toBe(common.port);
    expect(common.connect('127.0.0.1', 40_001)).toBeUndefined();
  });

  it('cannot be had without a route, or without the addon', async () => {
    const common = await bind('127.0.0.1');
    // From the loopback no other network is reached.
    expect(common.connect('203.0.113.77', 5060)).toBeUndefined();
    const plain = await new NodeDatagramNetwork().bind('127.0.0.1', 0);
    open.push(plain);
    expect(plain.connect('127.0.0.1', 40_001)).toBeUndefined();
  });
});
