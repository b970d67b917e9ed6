// The measuring program (stamper.c) from JavaScript: channels that send and receive, every event with its stamp. What
// JavaScript does between two events delays them, but never falsifies a stamp.

import { spawn } from 'node:child_process';
import { once } from 'node:events';

const HEAD = 14;
const PATIENCE_MS = 10_000;

/** A queue of events that can be waited for. */
export class Inbox {
  #items = [];
  #waiting = [];
  #watchers = [];

  push(item) {
    for (const watch of this.#watchers) watch(item);
    const index = this.#waiting.findIndex(({ fits }) => fits(item));
    if (index < 0) this.#items.push(item);
    else this.#waiting.splice(index, 1)[0].take(item);
  }

  /** Takes out the first event that fits, now or when it comes. What does not fit stays. */
  async next(what, fits = () => true, withinMs = PATIENCE_MS) {
    const index = this.#items.findIndex(fits);
    if (index >= 0) return this.#items.splice(index, 1)[0];
    return await new Promise((resolve, reject) => {
      const take = (item) => {
        clearTimeout(timer);
        resolve(item);
      };
      const waiter = { fits, take };
      const timer = setTimeout(() => {
        this.#waiting.splice(this.#waiting.indexOf(waiter), 1);
        reject(new Error(`${what} did not come within ${withinMs} ms`));
      }, withinMs);
      this.#waiting.push(waiter);
    });
  }

  /** Hands every event that comes from now on to `take` as well. @returns what ends that */
  watch(take) {
    this.#watchers.push(take);
    return () => this.#watchers.splice(this.#watchers.indexOf(take), 1);
  }

  /** Takes everything out. */
  takeAll() {
    return this.#items.splice(0);
  }
}

/** One socket of the measuring program. */
export class Channel {
  /** `{ at, data, from }` for datagrams, `{ at, data }` for bytes of a stream, `{ at, ended }` at its end. */
  received = new Inbox();
  #outcomes = [];

  constructor(stamper, number) {
    this.stamper = stamper;
    this.number = number;
  }

  /** Sends; `to` is `{ address, port }` for datagrams. @returns when, in ns: right before the system call */
  async send(data, to) {
    return (await this.ask('S', to === undefined ? Buffer.from(data) : Buffer.concat([pack(to), Buffer.from(data)])))
      .at;
  }

  /** Begins to send RTP every 20 ms. `key`: 30 octets for SRTP; `realtime`: from a SCHED_FIFO thread. */
  async startRtp({ to, payloadType = 8, key, realtime = false }) {
    const head = Buffer.from([payloadType, realtime ? 1 : 0, key === undefined ? 0 : 1]);
    await this.ask('P', Buffer.concat([pack(to), head, key ?? Buffer.alloc(30)]));
  }

  async stopRtp() {
    await this.ask('H', Buffer.alloc(0));
  }

  async close() {
    await this.ask('Q', Buffer.alloc(0));
    this.stamper.release(this.number);
  }

  /** Sends an order and waits for its outcome; they come in the order of the orders. */
  ask(operation, payload) {
    return new Promise((resolve, reject) => {
      this.#outcomes.push({ resolve, reject });
      this.stamper.write(operation, this.number, payload);
    });
  }

  take(kind, at, payload) {
    if (kind === 'd') this.received.push({ at, from: unpack(payload), data: payload.subarray(6) });
    else if (kind === 'b') this.received.push({ at, data: payload });
    else if (kind === 'e') this.received.push({ at, data: Buffer.alloc(0), ended: true });
    else if (kind === 'f') this.#outcomes.shift()?.reject(new Error(`errno ${payload.readUInt32LE(0)}`));
    else this.#outcomes.shift()?.resolve({ at, payload });
  }
}

/** The running program. */
export class Stamper {
  #child;
  #channels = [];
  #rest = Buffer.alloc(0);
  #process;

  constructor(program) {
    this.#child = spawn(program, [], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#child.stdout.on('data', (chunk) => this.#read(chunk));
    this.#child.stdin.on('error', () => undefined);
    this.#process = this.#make();
  }

  async udp(address, port) {
    return await this.#open('U', `${address} ${port}`);
  }

  /** Connects to a Unix socket, or to "ADDRESS PORT". */
  async stream(path) {
    return await this.#open('C', path);
  }

  /** Starts a process. @returns its number, and when */
  async start(log, command) {
    const { at, payload } = await this.#process.ask('X', Buffer.from([log, ...command, ''].join('\0')));
    return { pid: payload.readUInt32LE(0), at };
  }

  /** CPU time of a process with all its threads, in ns. */
  async cpuTime(pid) {
    const number = Buffer.alloc(4);
    number.writeUInt32LE(pid);
    return (await this.#process.ask('T', number)).at;
  }

  /** Ends the program and every process that it started. */
  async end() {
    const exited = once(this.#child, 'exit');
    this.#child.stdin.end();
    await exited;
  }

  write(operation, channel, payload) {
    const head = Buffer.alloc(6);
    head.writeUInt32LE(payload.length + 2);
    head.write(operation, 4);
    head[5] = channel;
    this.#child.stdin.write(Buffer.concat([head, payload]));
  }

  release(number) {
    delete this.#channels[number];
  }

  async #open(operation, text) {
    const channel = this.#make();
    try {
      await channel.ask(operation, Buffer.from(text));
    } catch (cause) {
      this.release(channel.number);
      throw new Error(`cannot open ${text}: ${cause.message}`, { cause });
    }
    return channel;
  }

  #make() {
    let number = 0;
    while (this.#channels[number] !== undefined) number += 1;
    this.#channels[number] = new Channel(this, number);
    return this.#channels[number];
  }

  #read(chunk) {
    this.#rest = Buffer.concat([this.#rest, chunk]);
    while (this.#rest.length >= HEAD) {
      const end = 4 + this.#rest.readUInt32LE(0);
      if (this.#rest.length < end) return;
      const kind = String.fromCharCode(this.#rest[4]);
      // Nanoseconds since 1970 do not fit a double: the day's are enough.
      const at = Number(this.#rest.readBigUInt64LE(6) % 86_400_000_000_000n);
      this.#channels[this.#rest[5]]?.take(kind, at, Buffer.from(this.#rest.subarray(HEAD, end)));
      this.#rest = this.#rest.subarray(end);
    }
  }
}

function pack({ address, port }) {
  return Buffer.from([...address.split('.').map(Number), port >> 8, port & 255]);
}

function unpack(payload) {
  return { address: [...payload.subarray(0, 4)].join('.'), port: payload.readUInt16BE(4) };
}
