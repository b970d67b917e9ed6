// A real UDP socket for a test's peer.

import { createSocket, type Socket } from 'node:dgram';

export interface Place {
  readonly address: string;
  readonly port: number;
}

/** Resolves when it is bound; with port 0 the system chooses. */
export async function bindUdp(address: string, port = 0): Promise<Socket> {
  const socket = createSocket('udp4');
  await new Promise<void>((bound, failed) => {
    socket.once('error', failed);
    socket.bind({ address, port, exclusive: true }, bound);
  });
  return socket;
}
