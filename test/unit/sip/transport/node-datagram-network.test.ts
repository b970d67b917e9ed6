import { afterEach, describe, expect, it } from 'vitest';
import { type DatagramSocket, NodeDatagramNetwork } from '../../../../src/sip/transport/index.ts';

const network = new NodeDatagramNetwork();
const open: DatagramSocket[] = [];

afterEach(() => {
  for (const socket of open.splice(0)) socket.close();
});

async function bind(address: string, port = 0): Promise<DatagramSocket> {
  const socket = await network.bind(address, port);
  open.push(socket);
  return socket;
}

const failure = (socket: DatagramSocket, bytes: Buffer, port: number, address: string): Promise<string> =>
  new Promise((done) => socket.send(bytes, port, address, ({ code }) => done(code)));

describe('NodeDatagramNetwork', () => {
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
