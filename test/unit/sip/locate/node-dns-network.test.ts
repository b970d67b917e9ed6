// Node's sockets to a server on the loopback.

import { createSocket, type Socket } from 'node:dgram';
import { createServer } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { DnsChannel } from '../../../../src/sip/locate/dns/network.ts';
import { NodeDnsNetwork } from '../../../../src/sip/locate/dns/node-dns-network.ts';
import { bindUdp } from '../../../support/udp-socket.ts';

const network = new NodeDnsNetwork();
const open: { close(): unknown }[] = [];

afterEach(() => {
  for (const each of open.splice(0)) each.close();
});

/** What a channel tells, as promises. */
function ears(): { message: Promise<string>; failed: Promise<string>; user: Parameters<typeof network.datagrams>[1] } {
  let hear: (text: string) => void = () => undefined;
  let fail: (reason: string) => void = () => undefined;
  const message = new Promise<string>((done) => {
    hear = done;
  });
  const failed = new Promise<string>((done) => {
    fail = done;
  });
  return { message, failed, user: { message: (bytes) => hear(bytes.toString()), failed: (reason) => fail(reason) } };
}

const kept = <Each extends { close(): unknown }>(each: Each): Each => {
  open.push(each);
  return each;
};

async function udpServer(): Promise<Socket> {
  return kept(await bindUdp('127.0.0.1'));
}

describe('datagrams', () => {
  it('go to the server, and its answer comes back', async () => {
    const server = await udpServer();
    server.on('message', (bytes, { port }) => server.send(`answer to ${bytes}`, port, '127.0.0.1'));
    const { message, user } = ears();
    kept(network.datagrams({ address: '127.0.0.1', port: server.address().port }, user)).send(Buffer.from('question'));
    expect(await message).toBe('answer to question');
  });

  it('from anybody else are never heard', async () => {
    const server = await udpServer();
    const forger = await udpServer();
    server.on('message', (_, { port }) => {
      forger.send('forged', port, '127.0.0.1', () => server.send('true', port, '127.0.0.1'));
    });
    const { message, user } = ears();
    kept(network.datagrams({ address: '127.0.0.1', port: server.address().port }, user)).send(Buffer.from('question'));
    expect(await message).toBe('true');
  });

  it('leave from ports of their own', async () => {
    const server = await udpServer();
    const ports = new Set<number>();
    const all = new Promise<void>((done) => {
      server.on('message', (_, { port }) => {
        ports.add(port);
        if (ports.size === 8) done();
      });
    });
    for (let turn = 0; turn < 8; turn += 1) {
      const channel: DnsChannel = network.datagrams({ address: '127.0.0.1', port: server.address().port }, ears().user);
      kept(channel).send(Buffer.from('question'));
    }
    await all;
    expect(ports.size).toBe(8);
  });

  it('to nobody: it is told at once, by ICMP', async () => {
    const server = createSocket('udp4');
    await new Promise<void>((bound) => server.bind(0, '127.0.0.1', bound));
    const { port } = server.address();
    await new Promise<void>((closed) => server.close(() => closed()));
    const { failed, user } = ears();
    kept(network.datagrams({ address: '127.0.0.1', port }, user)).send(Buffer.from('question'));
    expect(await failed).toContain('ECONNREFUSED');
  });

  it('to what is no address fail, and throw nothing', async () => {
    const { failed, user } = ears();
    kept(network.datagrams({ address: 'fe80::1%nothing', port: 53 }, user)).send(Buffer.from('question'));
    expect(await failed).not.toBe('');
  });
});

describe('a stream', () => {
  it('carries messages with their lengths before them, however it is cut', async () => {
    const server = kept(
      createServer((socket) => {
        socket.on('data', (bytes) => {
          expect(bytes.readUInt16BE(0)).toBe(8);
          socket.write(Buffer.from([0]));
          setImmediate(() => {
            socket.write(Buffer.from([6, ...Buffer.from('ans')]));
            setImmediate(() => socket.write('wer'));
          });
        });
      }),
    );
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    const address = server.address();
    const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
    const { message, user } = ears();
    kept(network.stream({ address: '127.0.0.1', port }, user)).send(Buffer.from('question'));
    expect(await message).toBe('answer');
  });

  it('that is refused, or closed without an answer, is told of', async () => {
    const server = createServer((socket) => socket.destroy());
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    const address = server.address();
    const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
    const first = ears();
    kept(network.stream({ address: '127.0.0.1', port }, first.user)).send(Buffer.from('question'));
    await first.failed;
    await new Promise<void>((closed) => server.close(() => closed()));
    const second = ears();
    kept(network.stream({ address: '127.0.0.1', port }, second.user)).send(Buffer.from('question'));
    expect(await second.failed).toContain('ECONNREFUSED');
  });
});
