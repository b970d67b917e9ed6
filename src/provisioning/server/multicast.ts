// The group that devices without a server ask (224.0.1.75, port 5060), joined on every interface that is up.

import { createSocket } from 'node:dgram';
import { networkInterfaces } from 'node:os';
import { describeError } from '../../base/errors.ts';
import type { Log } from '../../base/log.ts';
import { PNP_GROUP, PNP_PORT } from '../event/index.ts';
import type { MulticastSocket } from './pnp-responder.ts';

/** Joins the group. @param responder makes what takes the datagrams, and answers by the socket */
export function joinPnpGroup(
  log: Log,
  responder: (socket: MulticastSocket) => { receive(bytes: Buffer, address: string, port: number): void },
): Promise<{ close(): void }> {
  const socket = createSocket({ type: 'udp4', reuseAddr: true });
  const face: MulticastSocket = { send: (bytes, address, port) => socket.send(bytes, port, address) };
  const taker = responder(face);
  socket.on('message', (bytes, { address, port }) => taker.receive(bytes, address, port));
  return new Promise((done, fail) => {
    socket.once('error', fail);
    // Bound to the group itself: what is for the port alone goes to the server's own socket.
    socket.bind(PNP_PORT, PNP_GROUP, () => {
      socket.removeListener('error', fail);
      socket.on('error', (error) => log.warn('pnp.socket', { reason: describeError(error) }));
      for (const address of localAddresses()) join(address);
      done({ close: () => socket.close() });
    });
  });

  function join(address: string): void {
    try {
      socket.addMembership(PNP_GROUP, address);
      log.info('pnp.listening', { group: PNP_GROUP, interface: address });
    } catch (thrown) {
      log.warn('pnp.not-joined', { interface: address, reason: describeError(thrown) });
    }
  }
}

function localAddresses(): readonly string[] {
  return Object.values(networkInterfaces()).flatMap((all) =>
    (all ?? []).filter(({ family }) => family === 'IPv4').map(({ address }) => address),
  );
}
