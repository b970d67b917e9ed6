// Multicast by node:dgram, each interface by itself: left to the routing table, a question goes out by one of them alone,
// and often by the wrong one.

import { createSocket, type Socket } from 'node:dgram';
import { networkInterfaces } from 'node:os';
import type { PnpInterface, PnpNetwork, PnpSocket } from './pnp-search.ts';

/** Nobody beyond the first router is asked. */
const TIME_TO_LIVE = 1;

/** The machine's multicast. Only src/app makes one. */
export class NodePnpNetwork implements PnpNetwork {
  interfaces(): readonly PnpInterface[] {
    return Object.entries(networkInterfaces()).flatMap(([name, list = []]) =>
      list
        .filter(({ family, internal }) => family === 'IPv4' && !internal)
        .map(({ address, netmask }) => ({ name, address, netmask })),
    );
  }

  async open({ address }: PnpInterface): Promise<PnpSocket> {
    const socket = createSocket('udp4');
    try {
      await new Promise<void>((bound, failed) => {
        socket.once('error', failed);
        socket.bind({ address, port: 0, exclusive: true }, bound);
      });
      socket.setMulticastInterface(address);
      socket.setMulticastTTL(TIME_TO_LIVE);
      return faceOf(socket);
    } catch (thrown) {
      socket.close();
      throw thrown;
    }
  }
}

function faceOf(socket: Socket): PnpSocket {
  // An interface that goes down while we ask: nobody answers there, and that is all.
  socket.removeAllListeners('error');
  socket.on('error', () => undefined);
  return {
    port: socket.address().port,
    send: (bytes, port, address) => socket.send(bytes, port, address, () => undefined),
    onMessage: (listener) => socket.on('message', (bytes, { address, port }) => listener(bytes, address, port)),
    close: () => socket.close(),
  };
}
