// `doorphone dhcp-inform`: asks what the network's DHCP server says of servers for profiles, and writes it down for the service,
// which may not ask itself. A process of its own, of a few seconds, with the one privilege that it needs.

import { createSocket } from 'node:dgram';
import { networkInterfaces } from 'node:os';
import { SystemClock } from '../base/clock.ts';
import { DoorphoneError, describeError } from '../base/errors.ts';
import { SystemRandom } from '../base/random.ts';
import type { DhcpLease } from '../provisioning/client/dhcp/dhcp-options.ts';
import { type InformInterface, type InformSocket, inform } from '../provisioning/client/dhcp/inform.ts';
import { HELPER_FILE } from '../provisioning/client/dhcp/lease-files.ts';
import { formatHelperFile } from '../provisioning/client/dhcp/lease-formats.ts';
import { writeWhole } from './store-file.ts';

export interface DhcpInformOptions {
  /** Left out: where the service looks. */
  readonly file?: string;
  readonly warn: (what: string) => void;
}

export interface DhcpInformOutcome {
  readonly file: string;
  /** The interfaces at which somebody has answered. */
  readonly answered: readonly string[];
}

const MOST_INTERFACES = 16;
/** Nothing in it is secret: every machine of the network is told it. */
const MODE = 0o644;

/** Asks by every interface; where nobody answers the file stays as it is. @throws DoorphoneError when it cannot be written */
export async function runDhcpInform({ file = HELPER_FILE, warn }: DhcpInformOptions): Promise<DhcpInformOutcome> {
  const parts = { clock: new SystemClock(), random: new SystemRandom(), open: openPort, warn };
  const asked = await Promise.all(interfaces().map((at) => inform(at, parts)));
  const leases = asked.filter((lease): lease is DhcpLease => lease !== undefined);
  if (leases.length > 0) write(file, formatHelperFile(leases));
  return { file, answered: leases.map(({ where }) => where) };
}

function write(file: string, text: string): void {
  try {
    writeWhole(file, text, MODE);
  } catch (thrown) {
    throw new DoorphoneError('not-written', `${file}: ${describeError(thrown)}`, {
      mend: 'run it as doorphone-dhcp.service does',
    });
  }
}

/** The first address of each. */
function interfaces(): readonly InformInterface[] {
  const all = Object.entries(networkInterfaces()).flatMap(([name, list = []]) => {
    const own = list.find(({ family, internal }) => family === 'IPv4' && !internal);
    return own === undefined ? [] : [{ name, address: own.address, mac: own.mac.replaceAll(':', '') }];
  });
  return all.slice(0, MOST_INTERFACES);
}

/** Bound to our address, which leads a broadcast to its interface, and goes before sockets that are bound to none. */
async function openPort(address: string, port: number): Promise<InformSocket> {
  const socket = createSocket({ type: 'udp4', reuseAddr: true });
  await new Promise<void>((bound, failed) => {
    socket.once('error', (error) => {
      socket.close();
      failed(error);
    });
    socket.bind({ address, port }, bound);
  });
  socket.removeAllListeners('error');
  // An interface that goes down meanwhile: nobody answers there, and that is all.
  socket.on('error', () => undefined);
  socket.setBroadcast(true);
  return {
    broadcast: (bytes, to) => socket.send(bytes, to, '255.255.255.255', () => undefined),
    onMessage: (listener) => socket.on('message', listener),
    close: () => socket.close(),
  };
}
