// The indoor phone as the demonstration sees it: another process, which says what it does in lines of JSON.

import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import type { Clock } from '../base/clock.ts';
import { DoorphoneError } from '../base/errors.ts';
import { seconds } from '../base/units.ts';

/** What the phone is started with, as JSON in its first argument. */
export interface PhoneOrders {
  /** What its microphone hears; undefined: silence. */
  readonly voice: string | undefined;
  /** Where its speaker is recorded. */
  readonly recording: string;
  /** Sent as RFC 4733 digits; empty: none. */
  readonly digits: string;
}

/** A line of the phone's. */
export type PhoneLine =
  | { readonly type: 'ready'; readonly port: number }
  | { readonly type: 'doing'; readonly what: string }
  | { readonly type: 'failed'; readonly what: string };

/** One indoor phone in a process of its own. */
export class PhoneProcess {
  #doing = 'starts';
  #ended = false;

  private constructor(
    private readonly child: ChildProcessByStdio<Writable, Readable, null>,
    readonly port: number,
  ) {}

  /**
   * Starts the phone and waits until its sockets are open.
   * @param program the built phone, `indoor-phone.js`
   * @throws DoorphoneError `phone-failed`
   */
  static async start(program: string, orders: PhoneOrders, clock: Clock): Promise<PhoneProcess> {
    const child = spawn(process.execPath, [program, JSON.stringify(orders)], { stdio: ['pipe', 'pipe', 'inherit'] });
    const lines = createInterface({ input: child.stdout });
    const port = await new Promise<number>((resolve, reject) => {
      const fail = (what: string): void =>
        reject(new DoorphoneError('phone-failed', `the indoor phone did not start: ${what}`));
      const timer = clock.after(seconds(10), 'indoor phone', () => fail('it said nothing for 10 s'));
      child.once('exit', (code) => fail(`it ended with ${code ?? 'a signal'}`));
      lines.on('line', (text) => {
        const line = readLine(text);
        if (line?.type === 'failed') fail(line.what);
        if (line?.type !== 'ready') return;
        timer.cancel();
        resolve(line.port);
      });
    });
    const phone = new PhoneProcess(child, port);
    phone.#doing = 'waits';
    child.removeAllListeners('exit').once('exit', () => {
      phone.#ended = true;
      phone.#doing = 'ended';
    });
    lines.on('line', (text) => {
      const line = readLine(text);
      if (line?.type === 'doing') phone.#doing = line.what;
    });
    return phone;
  }

  /** What it is doing, for a person. */
  get doing(): string {
    return this.#doing;
  }

  /** Asks it to end, and waits until its recording is whole. */
  async stop(): Promise<void> {
    if (this.#ended) return;
    const ended = new Promise<void>((done) => this.child.once('exit', () => done()));
    // The phone ends when nobody writes to it any more: also when this process is killed.
    this.child.stdin.end();
    await ended;
  }
}

function readLine(text: string): PhoneLine | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isPhoneLine(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isPhoneLine(value: unknown): value is PhoneLine {
  if (typeof value !== 'object' || value === null || !('type' in value)) return false;
  if (value.type === 'ready') return 'port' in value && typeof value.port === 'number';
  return (value.type === 'doing' || value.type === 'failed') && 'what' in value && typeof value.what === 'string';
}
