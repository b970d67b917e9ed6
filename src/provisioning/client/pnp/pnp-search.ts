// Asks on every network that we are in whether somebody knows our profile (224.0.1.75:5060): ten seconds at the most, by
// several spellings of our address. Whoever answers first on a network is believed, which is no proof of anything: it is
// for a device that nobody has configured yet, and what it leads to is checked where it is fetched.

import type { Clock, Timer } from '../../../base/clock.ts';
import { describeError } from '../../../base/errors.ts';
import type { Log } from '../../../base/log.ts';
import type { Random } from '../../../base/random.ts';
import { millis, seconds } from '../../../base/units.ts';
import { PNP_GROUP, PNP_PORT, PNP_SPELLINGS } from '../../event/index.ts';
import type { ServerFound } from '../types.ts';
import { readAnswer } from './pnp-answer.ts';
import { type PnpDevice, writeQuestion } from './pnp-request.ts';

/** One of our addresses, and the network that it is in. */
export interface PnpInterface {
  readonly name: string;
  /** IPv4. */
  readonly address: string;
  readonly netmask: string;
}

/** A socket that sends to groups by one interface. */
export interface PnpSocket {
  readonly port: number;
  send(bytes: Buffer, port: number, address: string): void;
  /** Sets who gets the datagrams; one listener. */
  onMessage(listener: (bytes: Buffer, address: string, port: number) => void): void;
  close(): void;
}

/** Where multicast is to be had. */
export interface PnpNetwork {
  /** Those that are up. */
  interfaces(): readonly PnpInterface[];
  open(at: PnpInterface): Promise<PnpSocket>;
}

export interface PnpSearchOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly network: PnpNetwork;
  readonly device: PnpDevice;
}

/** The whole of it. */
const PATIENCE = seconds(10);
/** Each spelling is asked by so long after the one before, and once more soon after: a datagram may be lost. */
const SPACING = seconds(2.5);
const REPETITION = millis(500);
/** Further answers are acknowledged, so that nobody repeats his. */
const LINGERING = seconds(2);
/** What is looked at on one interface. */
const MOST_DATAGRAMS = 64;
const MOST_INTERFACES = 16;

/** One search. */
export class PnpSearch {
  readonly #sockets: PnpSocket[] = [];
  readonly #timers: Timer[] = [];
  #found: ServerFound | undefined;
  #over = false;
  #done: (found: ServerFound | undefined) => void = () => undefined;

  constructor(private readonly options: PnpSearchOptions) {}

  /** Resolves with the first answer that is good, or when the time is over. To be called once. */
  async run(): Promise<ServerFound | undefined> {
    const { network, clock } = this.options;
    const result = new Promise<ServerFound | undefined>((done) => {
      this.#done = done;
    });
    await Promise.all(
      network
        .interfaces()
        .slice(0, MOST_INTERFACES)
        .map(async (at) => this.#ask(at)),
    );
    if (this.#sockets.length === 0) this.stop();
    else this.#timers.push(clock.after(PATIENCE, 'multicast search', () => this.stop()));
    return result;
  }

  /** Ends it: nothing is sent or read any more. */
  stop(): void {
    if (this.#over) return;
    this.#over = true;
    for (const timer of this.#timers) timer.cancel();
    for (const socket of this.#sockets) socket.close();
    this.#done(this.#found);
  }

  async #ask(at: PnpInterface): Promise<void> {
    const { network, log, device, random } = this.options;
    let socket: PnpSocket;
    try {
      socket = await network.open(at);
    } catch (thrown) {
      log.warn('pnp.not-asked', { interface: at.name, reason: describeError(thrown) });
      return;
    }
    if (this.#over) {
      socket.close();
      return;
    }
    this.#sockets.push(socket);
    const callIds = new Set<string>();
    this.#listen(socket, at, callIds);
    PNP_SPELLINGS.forEach((spelling, index) => {
      const question = writeQuestion(device, spelling, { address: at.address, port: socket.port }, random);
      const send = (): void => {
        callIds.add(question.callId);
        socket.send(question.bytes, PNP_PORT, PNP_GROUP);
      };
      this.#later(index * SPACING, send);
      this.#later(index * SPACING + REPETITION, send);
    });
  }

  #later(wait: number, send: () => void): void {
    const { clock } = this.options;
    if (wait === 0) send();
    else this.#timers.push(clock.after(millis(wait), 'multicast question', () => this.#found ?? send()));
  }

  #listen(socket: PnpSocket, at: PnpInterface, callIds: ReadonlySet<string>): void {
    const { device, log } = this.options;
    const local = { address: at.address, port: socket.port };
    let left = MOST_DATAGRAMS;
    socket.onMessage((bytes, address, sourcePort) => {
      if (this.#over || left === 0) return;
      left -= 1;
      if (!isOnNetwork(address, at)) {
        log.warn('pnp.answer-from-elsewhere', { from: address, interface: at.name });
        return;
      }
      const answer = readAnswer(bytes, { mac: device.mac, callIds, local, sourcePort });
      if (answer.kind === 'foreign') return;
      socket.send(answer.reply.bytes, answer.reply.port, address);
      if (answer.kind === 'useless') log.warn('pnp.answer-of-no-use', { from: address, why: answer.why });
      else this.#take(answer.url, address);
    });
  }

  #take(url: string, address: string): void {
    const { log, clock } = this.options;
    if (this.#found !== undefined) {
      if (this.#found.uri !== url) log.warn('pnp.second-answer', { from: address });
      return;
    }
    this.#found = { from: 'pnp', uri: url, by: `a multicast answer of ${address}` };
    log.info('pnp.answered', { from: address });
    this.#done(this.#found);
    this.#timers.push(clock.after(LINGERING, 'multicast search', () => this.stop()));
  }
}

/** Whether an address is in the network of an interface of ours. */
export function isOnNetwork(address: string, { address: own, netmask }: PnpInterface): boolean {
  const [one, other, mask] = [numberOf(address), numberOf(own), numberOf(netmask)];
  if (one === undefined || other === undefined || mask === undefined) return false;
  return ((one ^ other) & mask) === 0;
}

function numberOf(address: string): number | undefined {
  const bytes = address.split('.').map(Number);
  if (bytes.length !== 4 || bytes.some((byte) => !Number.isInteger(byte) || byte < 0 || byte > 255)) return undefined;
  return bytes.reduce((number, byte) => (number << 8) | byte, 0);
}
