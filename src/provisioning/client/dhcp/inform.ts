// Asks the DHCP server of each network that we are in what it would tell a door (RFC 2131 §4.4.3): for systems whose own
// client does not keep it. It needs ports below 1024, which the service itself may not have: see `doorphone dhcp-inform`.

import type { Clock, Timer } from '../../../base/clock.ts';
import { describeError } from '../../../base/errors.ts';
import type { Random } from '../../../base/random.ts';
import { seconds } from '../../../base/units.ts';
import type { DhcpLease } from './dhcp-options.ts';
import { readInformAnswer, writeInform } from './inform-message.ts';

/** An interface with an address. */
export interface InformInterface {
  readonly name: string;
  /** IPv4. */
  readonly address: string;
  /** Twelve hexadecimal digits. */
  readonly mac: string;
}

export interface InformSocket {
  /** To everybody in the network of the socket's address. */
  broadcast(bytes: Buffer, port: number): void;
  onMessage(listener: (bytes: Buffer) => void): void;
  close(): void;
}

export interface InformParts {
  readonly clock: Clock;
  readonly random: Random;
  /** Rejects where the port is not to be had. */
  readonly open: (address: string, port: number) => Promise<InformSocket>;
  /** One sentence about what did not go as it should. */
  readonly warn: (what: string) => void;
}

/** What servers for profiles may stand in, and the network's domain. */
const WANTED = [15, 43, 66, 72, 114, 120, 141, 150, 159, 160, 161];
const SERVER_PORT = 67;
const CLIENT_PORT = 68;
/** When is asked, after the beginning: as a client first, then as a relay does, and both once more (§4.1). */
const ROUNDS = [
  { at: seconds(0), relayed: false },
  { at: seconds(1), relayed: true },
  { at: seconds(4), relayed: false },
  { at: seconds(5), relayed: true },
];
const PATIENCE = seconds(8);

/** Asks by one interface. @returns undefined: nobody has answered */
export async function inform(at: InformInterface, parts: InformParts): Promise<DhcpLease | undefined> {
  const { clock, random, open, warn } = parts;
  const question = { xid: Number.parseInt(random.hex(4), 16), mac: at.mac, address: at.address, wanted: WANTED };
  const sockets = new Map<number, InformSocket>();
  for (const port of [CLIENT_PORT, SERVER_PORT]) {
    try {
      sockets.set(port, await open(at.address, port));
    } catch (thrown) {
      warn(`port ${port} at ${at.name} is not to be had: ${describeError(thrown)}`);
    }
  }
  if (sockets.size === 0) return undefined;
  const timers: Timer[] = [];
  const options = await new Promise<ReadonlyMap<number, Buffer> | undefined>((done) => {
    for (const socket of sockets.values()) {
      socket.onMessage((bytes) => {
        const answer = readInformAnswer(bytes, question);
        if (answer !== undefined) done(answer);
      });
    }
    for (const { at: wait, relayed } of ROUNDS) {
      const socket = sockets.get(relayed ? SERVER_PORT : CLIENT_PORT);
      const ask = (): void => socket?.broadcast(writeInform({ ...question, relayed }), SERVER_PORT);
      timers.push(clock.after(wait, 'question to DHCP', ask));
    }
    timers.push(clock.after(PATIENCE, 'question to DHCP', () => done(undefined)));
  });
  for (const timer of timers) timer.cancel();
  for (const socket of sockets.values()) socket.close();
  return options === undefined ? undefined : { where: at.name, v4: options, v6: new Map() };
}
